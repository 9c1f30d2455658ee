#!/bin/sh
# Handshakes between this machine and a big-endian one: MIT's gss-client and gss-server of both, the other
# machine's under qemu-user. For tools/check-debian.sh, which has built the checkout for both and unpacked
# the other's programs in /s390x. Prints TAP.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/e2e/lib.sh
. "$top/tests/e2e/lib.sh"
GSS_EDHOC=$top/build/amd64/gss-edhoc
GSS_RUN=
MECH_SO=$top/build/amd64/.libs/mech_edhoc.so
QEMU=qemu-s390x-static
sandbox_open

mkdir "$SANDBOX/amd64" "$SANDBOX/s390x"
for program in gss-client gss-server; do
    ln -s "$(command -v $program)" "$SANDBOX/amd64/$program"
    printf '#!/bin/sh\nexec %s /s390x/usr/bin/%s "$@"\n' $QEMU $program > "$SANDBOX/s390x/$program"
    chmod 755 "$SANDBOX/s390x/$program"
done
for machine in amd64 s390x; do
    echo "edhoc $MECH_OID $top/build/$machine/.libs/mech_edhoc.so" > "$SANDBOX/$machine.conf"
done

SERVICE=HTTP@web.example
keygen x25519 alice alice && keygen x25519 service "$SERVICE" || exit 1
# A key that the other machine made.
$QEMU "$top/build/s390x/gss-edhoc" keygen -t ed25519 -o "$SANDBOX/bob" bob > "$SANDBOX/command.out" 2>&1
check 's390x makes a key' [ -s "$SANDBOX/bob.pub" ]
trust both.trust alice bob service

# meet CLIENT-MACHINE SERVER-MACHINE WHO [GSS-CLIENT-OPTION...]
meet() {
    client_machine=$1 server_machine=$2 who=$3
    shift 3
    GSS_RUN="env PATH=$SANDBOX/$server_machine:$PATH"
    server_start "GSS_MECH_CONFIG=$SANDBOX/$server_machine.conf" "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/service" \
        "GSS_EDHOC_TRUST=$SANDBOX/both.trust" -- -once -verbose "$SERVICE" || { check 'gss-server starts' false; return; }
    GSS_RUN="env PATH=$SANDBOX/$client_machine:$PATH"
    client "GSS_MECH_CONFIG=$SANDBOX/$client_machine.conf" "GSS_EDHOC_IDENTITY=$SANDBOX/$who" \
        "GSS_EDHOC_TRUST=$SANDBOX/both.trust" -- "$@" 127.0.0.1 "$SERVICE" 'either end first'
    server_wait
    about="$client_machine to $server_machine"
    check "$about: gss-client ends well" [ "$CLIENT_STATUS" = 0 ]
    check "$about: the server saw $who" says server.out "^Accepted connection: \"$who\"\$"
    check "$about: the message arrived" says server.out '^Received message: "either end first"$'
    check "$about: its MIC verified" says client.out '^Signature verified\.$'
}
meet s390x amd64 alice
meet amd64 s390x alice
meet s390x amd64 bob
meet amd64 s390x bob
meet s390x s390x alice
meet s390x amd64 alice -spnego -user alice
tap_done
