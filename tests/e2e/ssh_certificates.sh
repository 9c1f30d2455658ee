#!/bin/sh
# OpenSSH certificates end to end: a CA, a user's certificate beside its key and in ssh-agent, a host's
# beside its own, all made by the real ssh-keygen; and a revocation list that changes under a running
# server. Prints TAP.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
for program in gss-server gss-client ssh-keygen ssh-agent ssh-add; do
    [ -x "$(command -v $program)" ] ||
        tap_skip_all "$program is not installed (Debian: krb5-gss-samples, openssh-client)"
done
sandbox_open
agent_stop() { [ -z "${SSH_AGENT_PID:-}" ] || kill "$SSH_AGENT_PID"; }
trap 'agent_stop; sandbox_close' EXIT
cd "$SANDBOX" || exit 1

SERVICE=host@localhost
key() { ssh-keygen -q -N '' -C "$1" -f "$1" -t "$2"; }
sign() { # CA KEY ARGUMENTS
    sign_ca=$1 sign_key=$2
    shift 2
    ssh-keygen -q -s "$sign_ca" "$@" "$sign_key.pub"
}
both_succeed() { [ "$CLIENT_STATUS" = 0 ] && [ "$SERVER_STATUS" = 0 ]; }
client_fails() { [ "$CLIENT_STATUS" = 1 ]; }

# What the server says goes to either.
server_says() { cat "$SANDBOX/server.out" "$SANDBOX/server.err" | tr -d '\n' | grep -Eq -- "$1"; }

# exchange CLIENT-SETTING...: one connection
exchange() {
    server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/hostkey" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
        "GSS_EDHOC_LOG=$SANDBOX/log" ${REVOKED:+"GSS_EDHOC_REVOKED=$REVOKED"} -- -once -verbose host || return
    client "$@" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" -- localhost $SERVICE 'hello, world'
    server_wait
}

key ca ed25519 && key hostkey ed25519 && key alice ed25519 || exit 1
sign ca hostkey -h -I localhost -n localhost -z 1 || exit 1
sign ca alice -I 'alice, today' -n alice@example.org,alice -V +1d -z 2 || exit 1
echo "*@example.org cert-authority $(cat ca.pub)" >server.trust
echo "*@localhost cert-authority,server $(cat ca.pub)" >client.trust

fingerprint() { ssh-keygen -lf "$1" | cut -d' ' -f2; }
# The last line of the log has all these texts.
logged() {
    tail -n 1 log >last
    for text in "$@"; do grep -qF -e "$text" last || return; done
}

: >log
exchange "GSS_EDHOC_IDENTITY=$SANDBOX/alice"
check 'certificates beside the keys: both believe' both_succeed
check 'the log tells certificate, CA and line' logged ': accepted program="gss-server" ' \
    'client="alice@example.org" ' "key=$(fingerprint alice.pub) " 'certificate="alice, today" ' 'serial=2 ' \
    "ca=$(fingerprint ca.pub) " "trust=\"$SANDBOX/server.trust:1\" "
check 'the client is its principal' says server.out '^Accepted connection: "alice@example.org"$'
check 'the server is the target' says client.out '^"alice@example.org" to "host@localhost",'

eval "$(ssh-agent -s)" >/dev/null
ssh-add -q alice 2>/dev/null
exchange GSS_EDHOC_IDENTITY=agent: "SSH_AUTH_SOCK=$SSH_AUTH_SOCK"
check 'a certificate in ssh-agent' both_succeed
check 'the agent'\''s client is its principal' says server.out 'connection: "alice@example.org"$'

mv alice-cert.pub away
exchange "GSS_EDHOC_IDENTITY=$SANDBOX/alice"
check 'without a certificate: not let in' client_fails
check 'the log tells the key that was proven' logged ': refused ' "key=$(fingerprint alice.pub) " 'why="'
check 'the server says what it lacks' server_says 'not pinned in the trust file'
sign ca alice -I 'alice, for the other site' -n alice@example.net -V +1d
exchange "GSS_EDHOC_IDENTITY=$SANDBOX/alice"
check 'a principal that the line does not match: not let in' client_fails
check 'the server says which line and which principal' \
    server_says 'believes this CA for "\*@example.org", and the certificate names "alice@example.net"'
key stranger ed25519
sign stranger alice -I 'signed by a stranger' -n alice@example.org -V +1d
exchange "GSS_EDHOC_IDENTITY=$SANDBOX/alice"
check 'a CA that nobody knows: not let in' client_fails
logged_without_ca() { logged 'certificate="signed by a stranger" ' && ! grep -q ' ca=' last; }
check 'the log tells whose certificate, and no CA' logged_without_ca
check 'the server shows its fingerprint' \
    server_says "$(ssh-keygen -lf stranger.pub | cut -d' ' -f2 | tr '+' '.')"
sign ca alice -I 'alice, with a condition' -n alice@example.org -V +1d -O force-command=/bin/true
exchange "GSS_EDHOC_IDENTITY=$SANDBOX/alice"
check 'a critical option: not let in' client_fails
check 'the server says which' server_says 'critical option "force-command"'
mv away alice-cert.pub

# -- Revoked under a running server ------------------------------------------------------------

ssh-keygen -q -k -f revoked
: >trace
server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/hostkey" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
    "GSS_EDHOC_REVOKED=$SANDBOX/revoked" "GSS_EDHOC_TRACE=$SANDBOX/trace" -- -verbose host || exit 1
connect() {
    client "GSS_EDHOC_IDENTITY=$SANDBOX/alice" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" -- \
        localhost $SERVICE 'hello, world'
}
connect
check 'not revoked: let in' [ "$CLIENT_STATUS" = 0 ]
echo 'serial: 2' >spec
ssh-keygen -q -k -f revoked.new -s ca.pub spec && mv revoked.new revoked
sleep 2
connect
check 'revoked by its serial number, under a running server: not let in' client_fails
check 'the trace says why' says trace 'serial number 2 is listed in'
server_stop

REVOKED=$SANDBOX/alice.pub
exchange "GSS_EDHOC_IDENTITY=$SANDBOX/alice"
check 'revoked by its key, in a list of keys: not let in' client_fails
check 'the server says so' server_says 'a key was revoked'
echo nonsense >broken
REVOKED=$SANDBOX/broken
exchange "GSS_EDHOC_IDENTITY=$SANDBOX/alice"
check 'a broken list: nobody is let in' client_fails

tap_done
