#!/bin/sh
# Where nothing is configured, an acceptor takes sshd's keys that have a host certificate. In a mount
# namespace of its own, in which /etc/ssh is a throwaway folder. Prints TAP.
set -u
if [ "${IN_NAMESPACE:-}" != yes ]; then
    root=$([ "$(id -u)" = 0 ] || echo -r)
    # shellcheck disable=SC2086 # -r or nothing
    if unshare -m $root true 2>/dev/null && [ -d /etc/ssh ]; then
        # shellcheck disable=SC2086
        IN_NAMESPACE=yes exec unshare -m $root sh "$0"
    fi
fi
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
[ "${IN_NAMESPACE:-}" = yes ] || tap_skip_all 'no mount namespace (unshare -m), or no /etc/ssh'
for program in gss-server gss-client ssh-keygen; do
    [ -x "$(command -v $program)" ] ||
        tap_skip_all "$program is not installed (Debian: krb5-gss-samples, openssh-client)"
done
sandbox_open
cd "$SANDBOX" || exit 1
umask 022
mkdir ssh empty
mount --bind ssh /etc/ssh || tap_skip_all 'nothing can be mounted here'
[ ! -d /etc/gss ] || mount --bind empty /etc/gss || exit 1
[ "$(stat -c %u /)" = "$(id -u)" ] || tap_skip_all 'the folders above belong to nobody here'

SERVICE=host@localhost
key() { ssh-keygen -q -N '' -C "$1" -f "$1" -t "$2"; }
both_succeed() { [ "$CLIENT_STATUS" = 0 ] && [ "$SERVER_STATUS" = 0 ]; }
server_says() { cat "$SANDBOX/server.out" "$SANDBOX/server.err" | tr -d '\n' | grep -Eq -- "$1"; }
acceptor() { "$GSS_EDHOC" check -a "$@" >command.out 2>&1; }
command_says() { grep -qF -e "$1" command.out; }

key ca ed25519 && key alice ed25519 && key ssh/ssh_host_ed25519_key ed25519 &&
    key ssh/ssh_host_rsa_key rsa || exit 1
ssh-keygen -q -s ca -I alice -n alice -V +1d alice.pub
echo "* cert-authority $(cat ca.pub)" >trust
export GSS_EDHOC_TRUST="$SANDBOX/trust"

acceptor $SERVICE
check 'sshd'\''s bare keys are not taken' command_says 'gss-edhoc keygen -o'
ssh-keygen -q -s ca -I web -n localhost ssh/ssh_host_ed25519_key.pub
acceptor $SERVICE
check 'a user'\''s certificate is no host'\''s' command_says 'the keys of sshd were passed over: /etc/ssh/ssh_host_ed25519_key-cert.pub is not a host'
ssh-keygen -q -s ca -h -I web -n localhost ssh/ssh_host_ed25519_key.pub
ssh-keygen -q -s ca -h -I web -n localhost ssh/ssh_host_rsa_key.pub
acceptor $SERVICE
check 'one with a host certificate is' command_says 'ok: name: /etc/ssh/ssh_host_ed25519_key answers to host@localhost'
check 'one that EDHOC cannot use is passed over' [ "$(grep -c '^ok: identity' command.out)" = 1 ]
server_start -- -once -verbose host || exit 1
client "GSS_EDHOC_IDENTITY=$SANDBOX/alice" -- localhost $SERVICE 'hello, world'
server_wait
check 'a service on a host of the fleet needs no key of its own' both_succeed
check 'and believes its people' says server.out 'Accepted connection: "alice"'
# As a user who gets at the command: not in a checkout that only root can enter.
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$GSS_EDHOC" "$@" >command.out 2>&1; }
chmod 755 "$SANDBOX"
if [ "$(id -u)" = 0 ] && nobody --version; then
    nobody check -a $SERVICE
    check 'they are root'\''s' command_says 'the keys of sshd were passed over: /etc/ssh/ssh_host_'
fi
mkdir -p empty/edhoc/service.d
if [ -d /etc/gss ]; then
    "$GSS_EDHOC" keygen -o empty/edhoc/service.d/own.pem $SERVICE >command.out 2>&1
    acceptor $SERVICE
    check 'a key in service.d comes instead' command_says 'ok: name: /etc/gss/edhoc/service.d/own.pem answers'
fi
GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/none acceptor $SERVICE
check 'what is configured and not there is told' command_says 'FAIL: identity'
check 'what is configured is not made up for' [ "$(grep -c '^ok: identity' command.out)" = 0 ]

tap_done
