#!/bin/sh
# The main job in under a minute: builds the mechanism in build/demo, makes two throwaway identities,
# and lets MIT's own gss-client and gss-server authenticate each other over it. Complete on a fresh
# Debian or Ubuntu machine: installs what is missing, touches nothing outside the checkout but a
# temporary folder. Exit status 0 only if everything went as it says.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/lib.sh
. tools/lib.sh
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

SERVICE=HTTP@web.example
MESSAGE='Meet me at the usual place.'

# Builds the two, unless the environment names some that there are already.
build() {
    need autoconf automake libtool pkg-config make gcc libc6-dev libkrb5-dev libssl-dev libcbor-dev \
        krb5-gss-samples || exit 1
    make_configure || exit 1
    echo 'building in build/demo'
    mkdir -p build/demo
    (cd build/demo && { [ -e Makefile ] || ../../configure --quiet; } && make -j2) \
        > build/demo.log 2>&1 < /dev/null || { tail -n 20 build/demo.log; exit 1; }
    MECH_SO=$PWD/build/demo/.libs/mech_edhoc.so
    GSS_EDHOC=$PWD/build/demo/gss-edhoc
}
[ -n "${MECH_SO-}" ] && [ -n "${GSS_EDHOC-}" ] || build
GSS_RUN=
sandbox_open

# expect TEXT COMMAND...: what must hold
expect() {
    expected=$1
    shift
    "$@" && return
    echo "demo: this went wrong: $expected" >&2
    sed 's/^/  gss-client: /' "$SANDBOX/client.out" >&2
    sed 's/^/  gss-server: /' "$SANDBOX/server.out" "$SANDBOX/server.err" >&2
    exit 1
}

# exchange SETTINGS OPTION...: one connection with one sealed message; the sizes of its tokens in $m1,
# $m2, $m3, $total
exchange() {
    both=$1
    shift
    server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/service" \
        "GSS_EDHOC_TRUST=$SANDBOX/service.trust" ${both:+"GSS_EDHOC_OPTIONS=$both"} \
        -- -once -verbose "$SERVICE" || expect 'gss-server starts' false
    client "GSS_EDHOC_IDENTITY=$SANDBOX/alice" "GSS_EDHOC_TRUST=$SANDBOX/alice.trust" \
        ${both:+"GSS_EDHOC_OPTIONS=$both"} -- "$@" 127.0.0.1 "$SERVICE" "$MESSAGE"
    server_wait
    # shellcheck disable=SC2046 # numbers
    set -- $(client_token_sizes) $(server_token_sizes)
    [ $# = 3 ] || expect 'the client sends two tokens, the server one' false
    m1=$1 m3=$2 m2=$3 total=$(($1 + $2 + $3))
    expect 'gss-client ends well' [ "$CLIENT_STATUS" = 0 ]
    expect 'the client is sure of the service' says client.out "^\"alice\" to \"$SERVICE\","
    expect 'the service is sure of the client' says server.out '^Accepted connection: "alice"$'
    expect 'the message arrived' says server.out "^Received message: \"$MESSAGE\"$"
    expect 'its MIC verified' says client.out '^Signature verified\.$'
}

# The length of the sealed message, of which gss-server -verbose prints every byte.
sealed_length() {
    awk '/^Received message/ { exit } counting { n += NF } /^Message token/ { counting = 1 }
         END { print n }' "$SANDBOX/server.out"
}

keygen x25519 alice alice && keygen x25519 service "$SERVICE" || exit 1
trust alice.trust service
trust service.trust alice
echo
echo 'Two keys, made by gss-edhoc keygen. Each side pins the other with one line of its trust file:'
sed 's/^/    /' "$SANDBOX/alice.trust" "$SANDBOX/service.trust"

# row LEFT TEXT RIGHT: one line of the picture
row() { printf '  |%2s %-49s%15s|\n' "$@"; }

exchange ''
echo
printf '%-28s%44s\n' 'gss-client' 'gss-server' 'alice' "$SERVICE"
row '' '' ''
row '--' 'message_1: ephemeral key, suites, target' "$(printf '%3d bytes' "$m1") -->"
row '<-' 'message_2: ephemeral key; encrypted: who I am' "$(printf '%3d bytes' "$m2") ---"
row '--' 'message_3: encrypted: who I am' "$(printf '%3d bytes' "$m3") -->"
row '==' "sealed: \"$MESSAGE\"" "$(printf '%3d bytes' "$(sealed_length)") ==>"
row '<=' 'its MIC' '==='
row '' '' ''
sed -n 's/^"alice" to.*/gss-client:  &/p' "$SANDBOX/client.out"
sed -n 's/^Accepted connection: .*/gss-server:  &/p; s/^Received message: .*/gss-server:  &/p' \
    "$SANDBOX/server.out"
sed -n 's/^Signature verified.*/gss-client:  &/p' "$SANDBOX/client.out"

by_value=$total
exchange cred-by-reference,hide-target
by_reference=$total
echo
echo 'All three tokens together, framing included:'
printf '    %4d bytes  by reference, target hidden      (at most 215)\n' "$by_reference"
printf '    %4d bytes  by value, target named           (at most 320)\n' "$by_value"
echo '  krb5 needs about 850, NTLMSSP about 430.'
expect 'at most 215 bytes by reference' [ "$by_reference" -le 215 ]
expect 'at most 320 bytes by value' [ "$by_value" -le 320 ]

# The same with a service whose key nobody has pinned.
: > "$SANDBOX/alice.trust"
server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/service" \
    "GSS_EDHOC_TRUST=$SANDBOX/service.trust" -- -once "$SERVICE" || expect 'gss-server starts' false
client "GSS_EDHOC_IDENTITY=$SANDBOX/alice" "GSS_EDHOC_TRUST=$SANDBOX/alice.trust" \
    -- 127.0.0.1 "$SERVICE" "$MESSAGE"
server_wait
echo
echo "And when alice has not pinned the service's key, gss-client ends with:"
grep '^GSS-API error' "$SANDBOX/client.out" | tail -n 1 | sed 's/^/    /'
expect 'gss-client fails' [ "$CLIENT_STATUS" = 1 ]
expect 'the error names service and file' \
    says client.out "no pinned key for $SERVICE in $SANDBOX/alice.trust"
expect 'the service accepted nobody' says_not server.out '^Accepted connection'
echo
echo 'All as expected.'
