#!/bin/sh
# A service's key is exchanged while an acceptor runs and a client logs in again and again, by the
# recipe of the manual: both lines pinned, the keys swapped, the old line removed. Prints TAP, and how
# many logins there were.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
for program in gss-server gss-client; do
    [ -x "$(command -v $program)" ] ||
        tap_skip_all "$program is not installed (Debian: krb5-gss-samples)"
done
sandbox_open
cd "$SANDBOX" || exit 1

mkdir service.d
keygen x25519 service.d/host.pem host@localhost || exit 1
keygen x25519 client alice || exit 1
trust server.trust client
cp service.d/host.pem.pub client.trust
old=$("$GSS_EDHOC" show service.d/host.pem | sed -n 's/^ *key id *//p')

# A program that goes on as long as the file is there; each login is a line.
log_in() {
    while [ -e going ]; do
        client "GSS_EDHOC_IDENTITY=$SANDBOX/client" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" -- \
            localhost host@localhost hello
        echo "$CLIENT_STATUS" >> logins
        [ "$CLIENT_STATUS" = 0 ] || cp client.out failed.out
    done
}
logins() { grep -c . logins; }
# At least five more than so many.
some_more() {
    waited=0
    while [ "$(logins)" -lt $(($1 + 5)) ] && [ $waited -lt 600 ]; do
        waited=$((waited + 1))
        sleep 0.05
    done
}
edit() { "$GSS_EDHOC" "$@" > command.out 2>&1; }

server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/service.d" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" -- host
: > logins
touch going
log_in &
LOGGING_IN=$!
some_more 0
check 'rotate: the next key' edit rotate service.d/host.pem
check 'its line is pinned beside the other' edit trust add -f client.trust --server service.d/host.pem.next.pub
some_more "$(logins)"
check 'rotate --commit' edit rotate --commit service.d/host.pem
sleep 1.2 # a process looks at its files once a second
some_more "$(logins)"
check 'the line before is removed' edit trust remove -f client.trust "$old"
some_more "$(logins)"
rm going
wait $LOGGING_IN
server_stop

check 'one line is left' [ "$(grep -c host@localhost client.trust)" = 1 ]
check 'there were logins all the time' [ "$(logins)" -ge 20 ]
check 'none of them failed' [ "$(grep -vc '^0$' logins)" = 0 ]
[ ! -e failed.out ] || sed 's/^/# /' failed.out
echo "# $(logins) logins, $(grep -vc '^0$' logins) failed"
tap_done
