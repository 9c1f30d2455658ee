#!/bin/sh
# Firefox, headless and as it is, signing in to Apache httpd with mod_auth_gssapi. Prints TAP; asserts
# what the server saw. For tools/check-debian.sh: a browser is much to install for a test.
# packages: firefox-esr apache2-bin libapache2-mod-auth-gssapi openssl
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/../apps/lib.sh"
apache_installed
installed firefox-esr firefox-esr
installed openssl openssl
app_open

mkdir service.d
keygen x25519 service.d/web.pem HTTP@localhost || exit 1
keygen ed25519 alice alice || exit 1
keygen x25519 mallory alice || exit 1
cat alice.pub > server.trust
cat service.d/web.pem.pub > client.trust

mkdir cgi
cat > cgi/page << 'END'
#!/bin/sh
printf 'Content-Type: text/html\r\n\r\n'
echo "<p>hello $REMOTE_USER</p><img src='/picture?1'><img src='/picture?2'>"
END
cp cgi/page cgi/picture
chmod 755 cgi/page cgi/picture

: > locations
apache_start locations || {
    check 'Apache starts' false
    app_done firefox "$(version firefox-esr)"
    exit
}

# browse WHO SITE PAGE: SITE is what Firefox may sign in to
browse() {
    fresh
    rm -rf profile && mkdir profile
    cat > profile/user.js << END
user_pref("network.negotiate-auth.trusted-uris", "$2");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
END
    GSS_EDHOC_IDENTITY="$SANDBOX/$1" GSS_EDHOC_TRUST="$SANDBOX/client.trust" MOZ_DISABLE_CONTENT_SANDBOX=1 \
        MOZ_CRASHREPORTER_DISABLE=1 timeout 60 firefox-esr --headless --no-remote --profile "$SANDBOX/profile" \
        --screenshot "$SANDBOX/page.png" "$3" > client.out 2> command.out
}

browse alice localhost "http://localhost:$PORT/page"
check 'the server saw alice' saw '^GET /page 200 user=alice '
check 'the server saw alice in all that the page needs' soon count_is server.out '^GET /picture 200 user=alice ' 2
check 'a page was painted' [ -s page.png ]
browse alice elsewhere.example "http://localhost:$PORT/page"
check 'a site that the browser may not sign in to: the server saw nobody' says_not server.out 'user=[^-]'
check 'but it was asked' saw '^GET /page 401 '
browse mallory localhost "http://localhost:$PORT/page"
check 'a stranger: the server saw nobody' says_not server.out 'user=[^-]'
check 'a stranger: the log names the file to edit' logged "$SANDBOX/server\\.trust"

app_done firefox "$(version firefox-esr)"
