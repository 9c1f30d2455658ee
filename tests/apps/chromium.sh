#!/bin/sh
# A headless Chromium as it is, signing in to Apache httpd with mod_auth_gssapi. Prints TAP; asserts
# what the server saw.
# packages: apache2-bin libapache2-mod-auth-gssapi chromium-headless-shell openssl
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
apache_installed
installed chromium-headless-shell chromium-headless-shell
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
echo "<p>hello $REMOTE_USER</p>"
[ "$QUERY_STRING" ] || echo '<script src="/script?1"></script><img src="/page?1"><img src="/page?2">'
END
printf '#!/bin/sh\nprintf "Content-Type: text/javascript\\r\\n\\r\\n"\necho "%s"\n' \
    "document.write('<p>scripted for \$REMOTE_USER</p>')" > cgi/script
chmod 755 cgi/page cgi/script

: > locations
apache_start locations || {
    check 'Apache starts' false
    app_done chromium "$(version chromium-headless-shell)"
    exit
}

# browse WHO ALLOWED URL: what the page has become in client.out
browse() {
    fresh
    rm -rf profile
    GSS_EDHOC_IDENTITY="$SANDBOX/$1" GSS_EDHOC_TRUST="$SANDBOX/client.trust" \
        timeout 25 chromium-headless-shell --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$SANDBOX/profile" --auth-server-allowlist="$2" --ignore-certificate-errors \
        --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE localhost' \
        --dump-dom "$3" > client.out 2> command.out
}

browse alice localhost "http://localhost:$PORT/page"
check 'alice sees the page' says client.out 'hello alice'
check 'and what its script made' says client.out 'scripted for alice'
check 'the server saw alice' saw '^GET /page 200 user=alice '
check 'the server saw alice in all that the page needs' \
    soon count_is server.out '^GET /(page|script) 200 user=alice ' 4

browse alice localhost "https://localhost:$TLS_PORT/page"
check 'HTTPS: alice sees the page' says client.out 'hello alice'
check 'HTTPS: the server saw alice' saw '^GET /page 200 user=alice .*scheme=https '

browse alice elsewhere.example "http://localhost:$PORT/page"
check 'a site that the browser may not sign in to: it does not' says_not client.out hello
check 'a site that the browser may not sign in to: the server saw nobody' says_not server.out 'user=[^-]'

browse mallory localhost "http://localhost:$PORT/page"
check 'a stranger: sees nothing' says_not client.out hello
check 'a stranger: the server saw nobody' says_not server.out 'user=[^-]'
check 'a stranger: the log names the file to edit' logged "$SANDBOX/server\\.trust"

app_done chromium "$(version chromium-headless-shell)"
