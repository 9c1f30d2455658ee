#!/bin/sh
# MIT's own gss-client and gss-server over the mechanism, through the real mechglue: what a user of an
# application gets to see, success and failure, on both sides. Prints TAP.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
for program in gss-server gss-client; do
    [ -x "$(command -v $program)" ] ||
        tap_skip_all "$program is not installed (Debian: krb5-gss-samples)"
done
sandbox_open

SERVICE=host@localhost
PEER='"alice" to "host@localhost"'

# exchange SERVER-KEY CLIENT-KEY ARG...: one connection between parties that know each other
exchange() {
    exchange_server=$1 exchange_client=$2
    shift 2
    trust server.trust "$exchange_client"
    trust client.trust "$exchange_server"
    server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/$exchange_server" \
        "GSS_EDHOC_TRUST=$SANDBOX/server.trust" -- -once -verbose host || return
    client "GSS_EDHOC_IDENTITY=$SANDBOX/$exchange_client" \
        "GSS_EDHOC_TRUST=$SANDBOX/client.trust" ${OPTIONS:+"GSS_EDHOC_OPTIONS=$OPTIONS"} -- "$@"
    server_wait
}

both_succeed() { [ "$CLIENT_STATUS" = 0 ] && [ "$SERVER_STATUS" = 0 ]; }
client_fails() { [ "$CLIENT_STATUS" = 1 ] && [ "$SERVER_STATUS" = 0 ]; }
authenticated() {
    both_succeed && says server.out '^Accepted connection: "alice"$' && says client.out "^$PEER,"
}
replay_agrees() {
    if says client.out GSS_C_REPLAY_FLAG; then says server.out GSS_C_REPLAY_FLAG
    else says_not server.out GSS_C_REPLAY_FLAG; fi
}
count_is() { [ "$(grep -Ec -- "$2" "$SANDBOX/$1")" = "$3" ]; }

# -- The main course ---------------------------------------------------------------------------

keygen x25519 server host@localhost || exit 1
keygen x25519 client alice || exit 1

exchange server client localhost $SERVICE 'hello, world'
check 'default: both authenticate each other' authenticated
check 'default: the message arrives' says server.out '^Received message: "hello, world"$'
check 'default: its MIC verifies' says client.out '^Signature verified\.$'
check 'default: both name our mechanism' says server.out "mechanism OID \{ $(echo $MECH_OID | tr . ' ') \}"
check 'default: the client sends two tokens' count_is client.out 'Sending init_sec_context token' 2
check 'default: the server sends one' count_is server.out 'Sending accept_sec_context token' 1
for flag in MUTUAL REPLAY INTEG; do
    check "default: the client has $flag" says client.out "GSS_C_${flag}_FLAG"
    check "default: the server has $flag" says server.out "GSS_C_${flag}_FLAG"
done
check 'default: nothing is delegated, nobody anonymous' says_not server.out 'GSS_C_(DELEG|ANON)_FLAG'

exchange server client -seq localhost $SERVICE 'in order'
check '-seq: established' authenticated
check '-seq: the client has SEQUENCE' says client.out GSS_C_SEQUENCE_FLAG
check '-seq: the server has SEQUENCE' says server.out GSS_C_SEQUENCE_FLAG

exchange server client -noreplay localhost $SERVICE 'once more'
check '-noreplay: established' authenticated
check '-noreplay: MIC verifies' says client.out '^Signature verified\.$'
check '-noreplay: both agree on REPLAY' replay_agrees

exchange server client -nomutual localhost $SERVICE 'one way'
check '-nomutual: established, mutual all the same' authenticated
check '-nomutual: MIC verifies' says client.out '^Signature verified\.$'

exchange server client -na localhost $SERVICE 'nobody knows'
check '-na: no authentication asked for, none done' both_succeed
check '-na: the server says so' says server.out '^Accepted unauthenticated connection\.$'

exchange server client -nw localhost $SERVICE 'in clear'
check '-nw: established' authenticated
check '-nw: MIC over an unwrapped message verifies' says client.out '^Signature verified\.$'

exchange server client -nx localhost $SERVICE 'wrapped, not sealed'
check '-nx: established' authenticated
check '-nx: the message arrives' says server.out '^Received message: "wrapped, not sealed"$'
check '-nx: MIC verifies' says client.out '^Signature verified\.$'

exchange server client -nm localhost $SERVICE 'no answer'
check '-nm: established' authenticated
check '-nm: the message arrives' says server.out '^Received message: "no answer"$'
check '-nm: an empty response, no MIC' says client.out '^Response received\.$'

exchange server client -seq -mcount 5 localhost $SERVICE 'again'
check '-mcount 5: established' authenticated
check '-mcount 5: five messages arrive' count_is server.out '^Received message: "again"$' 5
check '-mcount 5: five MICs verify' count_is client.out '^Signature verified\.$' 5

server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/server" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
    -- host
client "GSS_EDHOC_IDENTITY=$SANDBOX/client" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" \
    -- -ccount 3 localhost $SERVICE 'hello again'
check '-ccount 3: the client succeeds' [ "$CLIENT_STATUS" = 0 ]
check '-ccount 3: three MICs verify' count_is client.out '^Signature verified\.$' 3
server_stop
check '-ccount 3: three connections accepted' \
    count_is server.out '^Accepted connection: "alice"$' 3

head -c 1048576 /dev/urandom > "$SANDBOX/mebibyte"
exchange server client -f localhost $SERVICE "$SANDBOX/mebibyte"
check '-f: a file of 1 MiB: established' authenticated
check '-f: MIC verifies' says client.out '^Signature verified\.$'

exchange server client -mcount 2 -f -nx localhost $SERVICE "$SANDBOX/mebibyte"
check '-f -nx -mcount 2: two MICs verify' count_is client.out '^Signature verified\.$' 2

for OPTIONS in confirm hide-target cred-by-reference hide-target,cred-by-reference,confirm; do
    exchange server client localhost $SERVICE 'with options'
    check "options=$OPTIONS: established" authenticated
    check "options=$OPTIONS: MIC verifies" says client.out '^Signature verified\.$'
    case $OPTIONS in
    *confirm*) check "options=$OPTIONS: the server sends two" \
        count_is server.out 'Sending accept_sec_context token' 2 ;;
    esac
done
OPTIONS=

# -- All kinds of keys -------------------------------------------------------------------------

for type in x25519 ed25519 x448 ed448 p256 p256dh p384 p384dh; do
    keygen "$type" "server-$type" host@localhost || exit 1
    keygen "$type" "client-$type" alice || exit 1
done

# Pairs that share a cipher suite, client:server.
for pair in x25519:x25519 x25519:ed25519 ed25519:x25519 ed25519:ed25519 x25519:p256 p256:x25519 \
    p256:p256 p256:p256dh p256dh:p256 p256dh:p256dh p384:p384 p384:p384dh p384dh:p384 \
    p384dh:p384dh x448:x448 x448:ed448 ed448:x448 ed448:ed448; do
    exchange "server-${pair#*:}" "client-${pair%:*}" localhost $SERVICE 'any key will do'
    check "$pair: both authenticate each other" authenticated
    check "$pair: MIC verifies" says client.out '^Signature verified\.$'
done

# An Ed25519 client and a P-384 server have no suite; the client can tell from its trust file.
exchange server-p384 client-ed25519 localhost $SERVICE 'no way'
check 'ed25519:p384: refused' client_fails
check 'ed25519:p384: and the client says what to do' says client.out 'gss-edhoc keygen -t x25519'

# -- Failures that a user can cause ------------------------------------------------------------

no_word_of_success() { says_not server.out '^Accepted connection' && says_not client.out 'verified'; }

keygen x25519 mallory mallory || exit 1
keygen x25519 impostor host@localhost || exit 1

trust client.trust server
server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/server" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
    -- -once host
client "GSS_EDHOC_IDENTITY=$SANDBOX/client" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" \
    -- localhost imap@localhost 'wrong service'
server_wait
check 'wrong service name: the client fails' client_fails
check 'wrong service name: it names service and file' \
    says client.out "no pinned key for imap@localhost in $SANDBOX/client.trust"
check 'wrong service name: nobody reports success' no_word_of_success

# The client wants imap@localhost and has that key pinned, but a server with another name answers.
sed 's/^host@/imap@/' "$SANDBOX/server.pub" > "$SANDBOX/imap.trust"
server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/server" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
    -- -once host
client "GSS_EDHOC_IDENTITY=$SANDBOX/client" "GSS_EDHOC_TRUST=$SANDBOX/imap.trust" \
    -- localhost imap@localhost 'wrong service'
server_wait
check 'a service asked for that is not here: refused' client_fails
check 'a service asked for that is not here: the server names both' says server.out 'imap@localhost'
check 'a service asked for that is not here: the client hears of it' says client.out 'peer says: '
check 'a service asked for that is not here: nobody reports success' no_word_of_success

server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/server" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
    -- -once host
client "GSS_EDHOC_TRUST=$SANDBOX/client.trust" -- localhost $SERVICE 'no key'
server_wait
check 'a client without key: fails' client_fails
check 'a client without key: says where it looked' \
    says client.out "$XDG_CONFIG_HOME/gss-edhoc/identity\.pem"

server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/no-such-file" -- -once host && server_stop
check 'a server without key: does not start' says_not server.err 'starting'
check 'a server without key: says so' says server.out 'acquiring credentials'

# A key that others can read is refused.
cp -p "$SANDBOX/client" "$SANDBOX/client-open"
cp -p "$SANDBOX/client.pub" "$SANDBOX/client-open.pub"
chmod 644 "$SANDBOX/client-open"
server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/server" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
    -- -once host
client "GSS_EDHOC_IDENTITY=$SANDBOX/client-open" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" \
    -- localhost $SERVICE 'too open'
server_wait
check 'a key that others can read: refused' client_fails
check 'a key that others can read: by name' says client.out "$SANDBOX/client-open"

for OPTIONS in '' cred-by-reference; do
    how=${OPTIONS:-by value}
    trust server.trust client
    trust client.trust server
    server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/server" \
        "GSS_EDHOC_TRUST=$SANDBOX/server.trust" -- -once host
    client "GSS_EDHOC_IDENTITY=$SANDBOX/mallory" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" \
        ${OPTIONS:+"GSS_EDHOC_OPTIONS=$OPTIONS"} -- -q localhost $SERVICE 'let me in'
    server_wait
    check "a client's key not pinned ($how): the server refuses" no_word_of_success
    check "a client's key not pinned ($how): and names the file to edit" \
        says server.out "GSS-API error accepting context: .*$SANDBOX/server.trust"
    check "a client's key not pinned ($how): the client is not told why" \
        says_not client.out "$SANDBOX/server.trust|UNKNOWN|not pinned"

    server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/impostor" \
        "GSS_EDHOC_TRUST=$SANDBOX/server.trust" -- -once host
    client "GSS_EDHOC_IDENTITY=$SANDBOX/client" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" \
        ${OPTIONS:+"GSS_EDHOC_OPTIONS=$OPTIONS"} -- localhost $SERVICE 'are you real?'
    server_wait
    check "a server's key not pinned ($how): the client refuses" client_fails
    check "a server's key not pinned ($how): and names the file to edit" \
        says client.out "GSS-API error initializing context: .*$SANDBOX/client.trust"
    check "a server's key not pinned ($how): the server hears that it failed" \
        says server.out 'peer says: authentication failed'
    check "a server's key not pinned ($how): nobody reports success" no_word_of_success
done
OPTIONS=

tap_done
