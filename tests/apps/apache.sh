#!/bin/sh
# Apache httpd with mod_auth_gssapi, and curl --negotiate: HTTP Negotiate (SPNEGO) over the mechanism.
# Prints TAP; asserts what the server saw.
# packages: apache2-bin libapache2-mod-auth-gssapi curl openssl
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
apache_installed
installed curl curl
installed openssl openssl
app_open

# -- Who there is ------------------------------------------------------------------------------

mkdir service.d
keygen x25519 service.d/web.pem HTTP@web.example || exit 1
cp service.d/web.pem.pub web.pub
keygen x25519 alice alice || exit 1
keygen ed25519 bob bob@laptop || exit 1
keygen x25519 mallory alice || exit 1 # the right name, another key
keygen x25519 eve eve || exit 1
keygen x25519 impostor HTTP@web.example || exit 1

# alice may log in as al; bob, who has a host in his name, as nobody.
sed 's/^alice /alice local-user="al" /; s/$/ alice'"'"'s desk/' alice.pub > server.trust
cat bob.pub >> server.trust
cat web.pub > client.trust

mkdir cgi
cat > cgi/page << 'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
echo "hello ${REMOTE_USER:-nobody}, by $AUTH_TYPE, ${GSS_NAME:-no name}, ${GSS_MECH:-no mech}"
END
chmod 755 cgi/page
for page in local required onerequest anymech bob; do cp cgi/page cgi/$page; done

cat > locations << 'END'
<Location /local>
    Include gssapi.conf
    GssapiLocalName On
</Location>
<Location /required>
    Include gssapi.conf
    GssapiRequiredNameAttributes "local-login-user=al"
</Location>
<Location /onerequest>
    Include gssapi.conf
    GssapiConnectionBound Off
</Location>
<Location /anymech>
    Include anymech.conf
</Location>
<Location /bob>
    Require user bob@laptop
</Location>
END
apache_gssapi | grep -v '^GssapiAllowedMech ' > anymech.conf
apache_start locations || {
    check 'Apache starts' false
    app_done apache "$(version apache2-bin)"
    exit
}

# -- One client --------------------------------------------------------------------------------

# fetch WHO CURL-ARGUMENT... : the page in client.out, the status of the last answer in $STATUS
fetch() {
    who=$1
    shift
    fresh
    STATUS=$(GSS_EDHOC_IDENTITY="$SANDBOX/$who" GSS_EDHOC_TRUST="$SANDBOX/${TRUST:-client.trust}" \
        timeout 20 curl --silent --show-error --max-time 10 --resolve "*:$PORT:127.0.0.1" \
        --resolve "*:$TLS_PORT:127.0.0.1" --cacert tls.pem --verbose --stderr client.err \
        --output client.out --write-out '%{http_code}' "$@")
    # Of what curl tells, what a test looks at, without the tokens.
    tr -d '\r' < client.err | sed -En '/^([<>] (GET|POST|HTTP)|curl:|\* (Connected|Established|gss))/p
        s/^([<>] (Authorization|WWW-Authenticate): Negotiate)( ......)?.*/\1\3/p' > command.out
    : "${STATUS:=000}"
}
negotiate() {
    who=$1
    shift
    fetch "$who" --negotiate --user : "$@"
}
status_is() { [ "$STATUS" = "$1" ]; }

WEB=http://web.example:$PORT
TLS=https://web.example:$TLS_PORT

negotiate alice "$WEB/page"
check 'alice gets the page' status_is 200
check 'the server saw alice' saw '^GET /page 200 user=alice .* name=alice '
check 'the page saw alice' says client.out '^hello alice, by Negotiate, alice, '
check 'the server saw what kind of name it is' saw 'kind=user '
KEY=$("$GSS_EDHOC" show alice | sed -n "s,^ *key id *,,p")
check 'the server saw her key' saw "key=${KEY:-unknown}[0-9a-f]{48} "
check 'the server saw the comment in its trust file' saw "comment=\"alice's desk\""
check 'the server saw the local user in its trust file' saw 'local=al$'
check 'one round trip more than with Kerberos' [ "$(count command.out '^< HTTP/1')" = 2 ]
# curl 8.23 has other words for it.
check 'on one connection' [ "$(count command.out '^\* (Connected|Established connection) to')" = 1 ]

negotiate bob "$WEB/page"
check 'bob, with a key that signs, gets the page' status_is 200
check 'the server saw bob' saw '^GET /page 200 user=bob@laptop '

negotiate bob "$WEB/bob"
check 'Require user: bob gets his page' status_is 200
negotiate alice "$WEB/bob"
check 'Require user: alice does not' status_is 401
check 'Require user: nor was the page run' says_not client.out hello

# -- Like a browser ----------------------------------------------------------------------------

fetch alice "$WEB/page"
check 'without authentication: 401' status_is 401
check 'without authentication: Negotiate is offered' says command.out '^< WWW-Authenticate: Negotiate$'

fetch alice --anyauth --user : "$WEB/page"
check 'asked first, then authenticated: 200' status_is 200
check 'asked first, then authenticated: it was asked' count_is command.out '^< HTTP/1.1 401' 2
check 'asked first, then authenticated: the server saw alice' saw '^GET /page 200 user=alice '

# -- Keep-alive and HTTPS ----------------------------------------------------------------------

negotiate alice "$WEB/page" "$WEB/page?2" -o again.out "$WEB/page?3" -o again.out
check 'three pages on one connection: 200' status_is 200200200
check 'three pages on one connection: the last is there too' grep -q '^hello alice,' again.out
check 'three pages on one connection: the server saw alice in each' \
    soon count_is server.out '^GET /page 200 user=alice ' 3
check 'three pages on one connection: authenticated once' \
    soon count_is server.out '^GET /page 401 ' 1
check 'three pages on one connection: it was one' says server.out 'user=alice conn=3 '

negotiate alice --data-binary @"$SANDBOX/apache.conf" "$WEB/page"
check 'a POST: 200' status_is 200
check 'a POST: the server saw alice' saw '^POST /page 200 user=alice '

negotiate alice "$TLS/page"
check 'HTTPS: 200' status_is 200
check 'HTTPS: the server saw alice' saw '^GET /page 200 user=alice .*scheme=https '

negotiate alice --parallel --parallel-immediate --parallel-max 8 "$WEB/page?[1-24]" -o many.out
check '24 pages, 8 at a time: all are there' \
    soon count_is server.out '^GET /page 200 user=alice ' 24

# -- Names and local users ---------------------------------------------------------------------

negotiate alice "$WEB/local"
check 'GssapiLocalName: alice gets the page' status_is 200
check 'GssapiLocalName: as the user al' saw '^GET /local 200 user=al .* name=alice '
negotiate bob "$WEB/local"
check 'GssapiLocalName: bob, who has no local user, does not' status_is 401
check 'GssapiLocalName: and the log says why' logged 'gss_localname\(\) failed'

negotiate alice "$WEB/required"
check 'GssapiRequiredNameAttributes: alice gets the page' status_is 200
negotiate bob "$WEB/required"
check 'GssapiRequiredNameAttributes: bob is told 403' status_is 403

negotiate alice "$WEB/anymech"
check 'without GssapiAllowedMech: alice gets the page' status_is 200
check 'without GssapiAllowedMech: the server saw alice' saw '^GET /anymech 200 user=alice '

# -- Who is refused ----------------------------------------------------------------------------

for who in mallory eve; do
    negotiate $who "$WEB/page"
    check "$who, whose key is not pinned: 401" status_is 401
    check "$who: the page was not run" says_not client.out hello
    check "$who: the server saw nobody" says_not server.out 'user=[^-]|name=[^-]'
    check "$who: the log names the file to edit" logged "$SANDBOX/server\.trust"
done

negotiate alice "http://other.example:$PORT/page"
check 'a host that is not in the trust file: refused' status_is 401
check 'a host that is not in the trust file: the client says so' \
    says command.out "no pinned key for HTTP@other\.example in $SANDBOX/client\.trust"
check 'a host that is not in the trust file: the server got no token' \
    says_not command.out '^> Authorization:'

sed 's/web\.example/other.example/' web.pub > other.trust
TRUST=other.trust negotiate alice "http://other.example:$PORT/page"
check 'a host name that the server does not have: 401' status_is 401
check 'a host name that the server does not have: its log names it' logged 'HTTP@other\.example'

sed 's/HTTP@/imap@/' web.pub > imap.trust
TRUST=imap.trust negotiate alice --service-name imap "$WEB/page"
check 'a service that the server is not: 401' status_is 401
check 'a service that the server is not: its log names it' logged 'imap@web\.example'

cat impostor.pub > impostor.trust
TRUST=impostor.trust negotiate alice "$WEB/page"
check 'a server with another key: no page' status_is 401
check 'a server with another key: the client says so' says command.out "$SANDBOX/impostor\.trust"
check 'a server with another key: the server saw nobody' says_not server.out 'user=[^-]|name=[^-]'

negotiate alice "$WEB/onerequest"
check 'without GssapiConnectionBound: 401' status_is 401
check 'without GssapiConnectionBound: the log says so' logged 'GssapiConnectionBound'

negotiate nobody "$WEB/page"
check 'a client without key: 401' status_is 401
# curl 8.23 asks for a credential before it begins.
check 'a client without key: it says that SPNEGO has nothing to offer' \
    says command.out 'SPNEGO cannot find mechanisms to negotiate|gss_acquire_cred.. failed: No credentials were supplied'

# After all that, it still works.
negotiate alice "$TLS/page" "$WEB/page" -o again.out
check 'in the end alice gets her page' status_is 200200
fresh
check 'Apache did not crash' says_not all.err 'exit signal|Segmentation|AddressSanitizer'

app_done apache "$(version apache2-bin)"
