#!/bin/sh
# python3-gssapi: the two programs of doc/examples/, and all that the library offers, over the
# mechanism. Prints TAP.
# packages: python3-gssapi python3-parameterized
set -u
: "${GSS_DEFAULT:?the path of gss_default.so}"
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
# Debian's own interpreter is the one that has the package.
PYTHON=/usr/bin/python3
EXAMPLES=$(cd "$APPS/../../doc/examples" && pwd) || exit 1
installed $PYTHON python3-gssapi
$PYTHON -c 'import gssapi' 2> /dev/null || tap_skip_all 'python3-gssapi is not installed'
app_open
export PYTHONDONTWRITEBYTECODE=1 MECH_OID

keygen x25519 server demo@localhost || exit 1
keygen x25519 alice alice || exit 1
keygen ed25519 mallory alice || exit 1
keygen x25519 impostor demo@localhost || exit 1
sed 's/^alice /alice local-user="al" /; s/$/ alice'"'"'s desk/' alice.pub > server.trust
cat server.pub > client.trust
sed 's/demo@/imap@/' server.pub > imap.trust
cat impostor.pub > impostor.trust

# -- The example programs ----------------------------------------------------------------------

start_server() {
    # shellcheck disable=SC2086 # a list of words
    background env GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/server" GSS_EDHOC_TRUST="$SANDBOX/server.trust" \
        ${GSS_RUN:-} $PYTHON "$EXAMPLES/server.py" 0 >> server.out 2>> server.err
    soon says server.out '^listening on port [0-9]+$'
    PORT=$(sed -n 's/^listening on port //p' server.out)
}

# say WHO TRUST HOST MESSAGE
say() {
    fresh
    CLIENT_STATUS=0
    # shellcheck disable=SC2086 # a list of words
    GSS_EDHOC_IDENTITY="$SANDBOX/$1" GSS_EDHOC_TRUST="$SANDBOX/$2" \
        timeout 20 ${GSS_RUN:-} $PYTHON "$EXAMPLES/client.py" "$3" "$PORT" "$4" > client.out 2>&1 ||
        CLIENT_STATUS=$?
}
succeeds() { [ "$CLIENT_STATUS" = 0 ]; }
fails() { [ "$CLIENT_STATUS" = 1 ]; }

start_server
check 'server.py listens' [ -n "$PORT" ]

say alice client.trust localhost 'Grüße!'
check 'client.py: succeeds' succeeds
check 'client.py: the server knows who says what' saw '^alice says: Grüße!$'
check 'client.py: the client knows who answers' says client.out '^demo@localhost says: Hello, alice!$'

say mallory client.trust localhost 'let me in'
check 'a stranger: fails' fails
check 'a stranger: the server says why, and names the file' saw "^refused: .*$SANDBOX/server\\.trust"
check 'a stranger: the server hears nothing' says_not server.out 'says:'
check 'a stranger: hears that it was refused, not why' \
    says client.out 'peer says: authentication failed \(error code 1\)$'

say alice impostor.trust localhost 'who are you?'
check 'a server with another key: the client refuses' fails
check 'a server with another key: and names the file' says client.out "$SANDBOX/impostor\\.trust"
check 'a server with another key: the server hears of it' saw '^refused: .*peer says: '

say alice client.trust 127.0.0.1 'hello'
check 'a host that nobody pinned: the client refuses' fails
check 'a host that nobody pinned: and says so' says client.out 'no pinned key for demo@127\.0\.0\.1'

say no-such-key client.trust localhost 'hello'
check 'no key: the client fails' fails
check 'no key: and says how to make one' says client.out 'gss-edhoc keygen'
stop "$PID"

# -- The library -------------------------------------------------------------------------------

fresh
ALICE_KEY=$("$GSS_EDHOC" show alice | sed -n 's/^ *key id *//p')
export ALICE_KEY
# shellcheck disable=SC2086 # a list of words
timeout 60 ${GSS_RUN:-} $PYTHON "$APPS/python_checks.py" > checks 2>&1
while read -r line; do
    case $line in
    'ok '*) check "${line#ok }" true ;;
    'not ok '*) check "${line#not ok }" false ;;
    done) ;;
    *) echo "# ${line#\# }" ;;
    esac
done < checks
check 'the library: all tests ended' [ "$(tail -n 1 checks)" = 'done' ]

# -- The library's own tests -------------------------------------------------------------------

# They name no mechanism, so it is preloaded as `gss-edhoc run` does.
keygen x25519 suite-client host@suite.example || exit 1
keygen x25519 suite-server host@suite.example || exit 1
{ sed 's/ / client /' suite-client.pub; sed 's/ / server /' suite-server.pub; } > suite.trust

# Kerberos, which has no credential here, is not to ask the DNS for a KDC.
cat > krb5.conf << END
[libdefaults]
default_realm = NONE
dns_lookup_kdc = false
dns_canonicalize_hostname = false
END

run_suite() {
    KRB5_CONFIG="$SANDBOX/krb5.conf" GSS_EDHOC_IDENTITY="$SANDBOX/suite-client" \
        GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/suite-server" GSS_EDHOC_TRUST="$SANDBOX/suite.trust" LD_PRELOAD="$GSS_DEFAULT" \
        timeout 100 $PYTHON "$APPS/python_suite.py" > suite 2> client.out
}

if [ -n "${GSS_RUN:-}${LD_PRELOAD:-}" ] || ! $PYTHON -c 'import parameterized, gssapi.tests' 2> /dev/null; then
    echo "# without the library's own tests: no python3-parameterized, or not the only one to preload"
else
    fresh
    run_suite
    check "the library's own tests ended" [ "$(tail -n 1 suite)" = 'done' ]
    check "the library's own tests are many" [ "$(grep -c '^ok ' suite)" -ge 100 ]
    check "the library's own tests: nothing differs that need not" says_not suite '^not ok'
    echo "# $(count suite '^ok ') of the library's own tests passed, $(count suite '^skip ') are Kerberos's own"
    grep '^not ok' suite | sed 's/^/# /'
fi

app_done python3-gssapi "$(version python3-gssapi)"
