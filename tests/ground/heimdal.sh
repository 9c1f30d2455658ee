#!/bin/sh
# Debian's Heimdal over the plugin: gss_side.c built with Heimdal's library and with MIT's, each as
# initiator and as acceptor. Heimdal reads /etc/gss/mech, so this is for a system that is thrown away
# (tools/check-debian.sh). Prints TAP.
# packages: heimdal-multidev libkrb5-dev heimdal-clients gcc libc6-dev pkg-config
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/../apps/lib.sh"
installed /usr/include/heimdal/gssapi/gssapi.h heimdal-multidev
app_open

SIDE=$APPS/gss_side.c
build() {
    # shellcheck disable=SC2046 # words
    cc -Wall -Wextra -Werror -o "side_$1" "$SIDE" $(pkg-config --cflags --libs "$2") > command.out 2>&1
}
check 'built with MIT' build mit mit-krb5-gssapi
check 'built with Heimdal' build heimdal heimdal-gssapi
fresh

keygen x25519 service HTTP@web.example || exit 1
keygen ed25519 alice alice || exit 1
keygen x25519 mallory alice || exit 1
trust both.trust service alice
echo "edhoc $MECH_OID $MECH_SO -" > /etc/gss/mech

# converse INITIATOR ACCEPTOR WHO
converse() {
    fresh
    rm -f back && mkfifo back
    GSS_EDHOC_IDENTITY="$SANDBOX/$3" GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/service" \
        GSS_EDHOC_TRUST="$SANDBOX/both.trust"
    export GSS_EDHOC_IDENTITY GSS_EDHOC_SERVICE_IDENTITY GSS_EDHOC_TRUST
    timeout 20 "./side_$2" accept < back 2> server.out | {
        timeout 20 "./side_$1" init HTTP@web.example 2> client.out > back
        echo $? > initiator.status
    }
}
initiator_ended() { [ "$(cat initiator.status)" = "$1" ]; }

for pair in 'heimdal heimdal' 'heimdal mit' 'mit heimdal'; do
    # shellcheck disable=SC2086 # two words
    converse $pair alice
    check "$pair: the initiator ends well" initiator_ended 0
    check "$pair: its library knows the mechanism" says client.out '^the mechanism is there$'
    check "$pair: the acceptor saw alice" says server.out '^accepted: alice$'
    check "$pair: the message arrived, through an exported context" says server.out '^message: sealed$'
    check "$pair: its MIC verified" says client.out '^MIC verified$'
    check "$pair: the initiator is sure of the service" says client.out '^acceptor: HTTP@web.example$'
done
converse heimdal heimdal mallory
check 'a stranger: the acceptor refuses' says_not server.out '^accepted'
check 'a stranger: Heimdal tells our words' says server.out "no line in $SANDBOX/both\\.trust"
check "Heimdal's own tool knows the mechanism" sh -c "gsstool supported-mechanisms 2>&1 | grep -q 2554.6866"
rm -f /etc/gss/mech

app_done heimdal "$(version heimdal-multidev)"
