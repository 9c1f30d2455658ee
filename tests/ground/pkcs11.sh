#!/bin/sh
# Keys in a token: SoftHSM by way of OpenSSL's PKCS#11 provider, in both sides of a handshake. The keys are
# made in the token and never leave it. Prints TAP. For tools/check-debian.sh: Debian 12 has no such provider.
# packages: pkcs11-provider softhsm2 opensc openssl openssh-client krb5-gss-samples
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/../apps/lib.sh"
PROVIDER=$(find /usr/lib -path '*/ossl-modules/pkcs11.so' | head -n 1)
SOFTHSM=$(find /usr/lib -name libsofthsm2.so | head -n 1)
[ -n "$PROVIDER" ] || tap_skip_all 'no PKCS#11 provider for OpenSSL (Debian: pkcs11-provider)'
[ -n "$SOFTHSM" ] || tap_skip_all 'no SoftHSM (Debian: softhsm2)'
installed softhsm2-util softhsm2
installed pkcs11-tool opensc
app_open
GSS_RUN=

# -- A token, and OpenSSL told of it -------------------------------------------------------------

mkdir tokens
cat > softhsm.conf << END
directories.tokendir = $SANDBOX/tokens
objectstore.backend = file
log.level = ERROR
END
cat > openssl.cnf << END
openssl_conf = init
[init]
providers = providers
[providers]
default = default_provider
pkcs11 = pkcs11_provider
[default_provider]
activate = 1
[pkcs11_provider]
pkcs11-module-path = $SOFTHSM
# SoftHSM uses libcrypto, too, and falls over it when both are taken down at exit.
pkcs11-module-quirks = no-deinit
activate = 1
END
export SOFTHSM2_CONF="$SANDBOX/softhsm.conf" OPENSSL_CONF="$SANDBOX/openssl.cnf"
PIN=48210573
printf %s $PIN > pin
chmod 600 pin
softhsm2-util --init-token --free --label fleet --so-pin 5678 --pin $PIN > command.out 2>&1 || exit 1

# made TYPE LABEL ID: a key pair in it
made() {
    pkcs11-tool --module "$SOFTHSM" --token-label fleet --pin $PIN --keypairgen --key-type "$1" --label "$2" \
        --id "$3" > command.out 2>&1 || exit 1
}
made EC:edwards25519 alice 01
made EC:prime256v1 alice-p256 02
made EC:edwards25519 web 03
made EC:prime256v1 web-p256 04
uri() { echo "pkcs11:token=fleet;object=$1;type=private"; }
with_file() { echo "$(uri "$1")?pin-source=file:$SANDBOX/pin"; }
with_pin() { echo "$(uri "$1")?pin-value=$PIN"; }

# -- What is told of such a key ------------------------------------------------------------------

# show PLACE: into command.out
show() { timeout 20 "$GSS_EDHOC" show "$1" > command.out 2>&1 < /dev/null; }
# pin KEY NAME FILE: the key's trust line, with its name
pin() { "$GSS_EDHOC" show "$(with_file "$1")" | sed -n "s/^ *trust line *NAME/$2/p" >> "$3"; }

check 'an Ed25519 key is shown' show "$(with_file alice)"
check 'with a trust line' says command.out '^ *trust line *NAME ssh-ed25519 AAAA'
check 'a P-256 key is shown' show "$(with_file alice-p256)"
check 'with a trust line, too' says command.out '^ *trust line *NAME ecdsa-sha2-nistp256 AAAA'
openssl pkey -in "$(with_file alice-p256)" -pubout -out public.pem 2> command.out
ssh-keygen -i -m PKCS8 -f public.pem > public.ssh 2> command.out
show "$(with_file alice-p256)"
check 'which is what ssh-keygen makes of the public key' grep -Fq " $(cut -d' ' -f2 public.ssh)" command.out
show "$(with_pin alice)"
check 'a PIN in the URI opens it' says command.out '^ *trust line *NAME ssh-ed25519'
check 'and is not told' says_not command.out $PIN

# not_shown PLACE: refused, and nobody was asked
not_shown() { ! show "$1" && says command.out 'open no private key' && says_not command.out 'Enter|PIN for'; }
check 'no PIN: refused without asking for it' not_shown "$(uri alice)"
check 'a wrong PIN: refused' not_shown "$(uri alice)?pin-value=1111"
check 'which is not told either' says_not command.out 1111
check 'no such key: refused' not_shown "$(with_file nobody)"

# -- Handshakes ----------------------------------------------------------------------------------

pin alice alice server.trust
pin alice-p256 alice server.trust
pin web host@localhost client.trust
pin web-p256 host@localhost p256.trust

# serve PLACE [SETTING=VALUE]: gss-server with that key
serve() {
    server_start "GSS_EDHOC_SERVICE_IDENTITY=$1" "GSS_EDHOC_TRUST=$SANDBOX/server.trust" \
        "GSS_EDHOC_LOG=$SANDBOX/log" ${2:+"$2"} -- -verbose host
}
# ask PLACE TRUST [SETTING=VALUE]: gss-client with that key
ask() {
    client "GSS_EDHOC_IDENTITY=$1" "GSS_EDHOC_TRUST=$SANDBOX/$2" ${3:+"$3"} -- localhost host@localhost 'from a token'
}
: > log
serve "$(with_file web)" || exit 1
ask "$(with_file alice)" client.trust
check 'Ed25519 in tokens on both sides' [ "$CLIENT_STATUS" = 0 ]
check 'the server saw alice' saw 'Accepted connection: "alice"'
check 'and her message, sealed' saw 'from a token'
ask "$(with_file alice)" client.trust
check 'a second time' [ "$CLIENT_STATUS" = 0 ]
ask "$(uri alice)" client.trust
check 'without a PIN: no' [ "$CLIENT_STATUS" != 0 ]
check 'nobody was asked for one' says_not client.out 'Enter'
server_stop
serve "$(with_file web-p256)" || exit 1
ask "$(with_pin alice-p256)" p256.trust
check 'P-256 in tokens on both sides' [ "$CLIENT_STATUS" = 0 ]
check 'the server saw alice' saw 'Accepted connection: "alice"'
ask "$(with_file alice)" client.trust
check 'a service with another key than the one pinned: refused' [ "$CLIENT_STATUS" != 0 ]
server_stop

# -- With a certificate, and by ssh-agent ----------------------------------------------------------

usual() { env -u OPENSSL_CONF openssl "$@" 2> command.out; } # without the token
usual req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj '/CN=Fleet CA' -days 30 \
    -addext keyUsage=critical,keyCertSign -out ca.crt
openssl req -new -key "$(with_file alice-p256)" -subj /CN=alice -out alice.csr 2> command.out
echo subjectAltName=email:alice@corp.example > alice.ext
usual x509 -req -in alice.csr -CA ca.crt -CAkey ca.key -days 30 -extfile alice.ext -out alice.crt
serve "$(with_file web-p256)" "GSS_EDHOC_ANCHORS=$SANDBOX/ca.crt" || exit 1
ask "$(with_file alice-p256)" p256.trust "GSS_EDHOC_CERTIFICATE=$SANDBOX/alice.crt"
check 'a certificate for a key in a token' [ "$CLIENT_STATUS" = 0 ]
check 'the server saw the name in it' saw 'Accepted connection: "alice@corp.example"'

eval "$(ssh-agent -s -P '/usr/lib/*')" > command.out
APP_PIDS="$APP_PIDS $SSH_AGENT_PID"
printf '#!/bin/sh\necho %s\n' $PIN > askpass
chmod 700 askpass
SSH_ASKPASS="$SANDBOX/askpass" SSH_ASKPASS_REQUIRE=force ssh-add -s "$SOFTHSM" > command.out 2>&1 < /dev/null
fingerprint=$(ssh-keygen -l -f public.ssh | cut -d' ' -f2)
check 'ssh-agent has the key of the token' [ "$(ssh-add -l | grep -c "$fingerprint")" = 1 ]
ask "agent:$fingerprint" p256.trust
check 'and signs with it' [ "$CLIENT_STATUS" = 0 ]
check 'the server saw alice' saw 'Accepted connection: "alice"'
server_stop
check 'the log has who came in' says log 'alice'
check 'and no PIN' says_not log $PIN

app_done pkcs11-provider "$(version pkcs11-provider)"
