#!/bin/sh
# MIT's gss-client and gss-server with every flag that they have, over the mechanism by its own OID and
# by SPNEGO, with certificates and CRLs, OpenSSH's keys and its agent, an encrypted key and a
# passphrase, and files that change while the server runs. Prints TAP; asserts what the server saw.
# packages: krb5-gss-samples openssl openssh-client
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/apps/lib_sample.sh
. "$(dirname "$0")/lib_sample.sh"
installed gss-server krb5-gss-samples
installed gss-client krb5-gss-samples
installed openssl openssl
installed ssh-keygen openssh-client
app_open

APP_NAME=gss-sample
SERVICE=host@web.example.org

# setting NAME FILE: an environment variable of the mechanism's
setting() { echo "GSS_EDHOC_$1=$SANDBOX/$2"; }
service() { # IDENTITY [SETTING=VALUE...]: the server, verbose
    service_identity=$1
    shift
    service_start "$(setting SERVICE_IDENTITY "$service_identity")" "$@" -- \
        ${SERVER_FLAGS:+"$SERVER_FLAGS"} -verbose "$SERVICE"
}
accepted() { [ "$CLIENT_STATUS" = 0 ] && seen "$1" "$MECH_OID"; }
refused() { [ "$CLIENT_STATUS" != 0 ] && seen_nobody; }
arrives() { count_is seen.out '^Received message: "hello"$' "${1:-1}"; }
verified() { count_is client.out '^Signature verified\.$' "${1:-1}"; }
flag() { says client.out "GSS_C_$1_FLAG" && says seen.out "GSS_C_$1_FLAG"; }
no_flag() { says_not client.out "GSS_C_$1_FLAG" && says_not seen.out "GSS_C_$1_FLAG"; }

# -- Every flag --------------------------------------------------------------------------------

keygen x25519 server $SERVICE || exit 1
keygen x25519 alice alice || exit 1
trust server.trust alice
trust client.trust server

# flagged ARG...: alice, to the server with the usual key
flagged() {
    talk "$(setting IDENTITY alice)" "$(setting TRUST client.trust)" -- "$@" localhost $SERVICE hello
}

# All but -v1, an older protocol, of which MIT's own gss-server wants to know nothing, and -krb5 and
# -iakerb, which are other mechanisms.

# every_flag HOW ARG...: with these arguments each time, and SERVER_FLAGS at the server
every_flag() {
    how=$1
    shift
    service server "$(setting TRUST server.trust)"
    flagged "$@"
    check "$how: accepted" accepted alice
    check "$how: the message arrives" arrives
    check "$how: its MIC verifies" verified
    check "$how: both have INTEG and MUTUAL" eval 'flag INTEG && flag MUTUAL'
    check "$how: nothing is delegated, nobody is anonymous" eval 'no_flag DELEG && no_flag ANON'
    flagged -seq "$@"
    check "$how, -seq: accepted, and it verifies" eval 'accepted alice && verified'
    check "$how, -seq: both have SEQUENCE" flag SEQUENCE
    flagged -noreplay "$@"
    check "$how, -noreplay: accepted, and it verifies" eval 'accepted alice && verified'
    flagged -nomutual "$@"
    check "$how, -nomutual: accepted, and it verifies" eval 'accepted alice && verified'
    flagged -dce "$@"
    check "$how, -dce: accepted, and it verifies" eval 'accepted alice && verified'
    check "$how, -dce: three legs, as it should be, and as always" \
        count_is client.out 'Sending init_sec_context token' 2
    flagged -d "$@"
    check "$how, -d: accepted, and it verifies" eval 'accepted alice && verified'
    check "$how, -d: nothing is delegated" no_flag DELEG
    flagged -seq -noreplay -nomutual -dce -d "$@"
    check "$how, all of these at once: accepted, and it verifies" eval 'accepted alice && verified'
    flagged -nw "$@"
    check "$how, -nw: in clear, its MIC verifies" eval 'accepted alice && arrives && verified'
    flagged -nx "$@"
    check "$how, -nx: wrapped, not sealed, its MIC verifies" eval 'accepted alice && arrives && verified'
    flagged -nm "$@"
    check "$how, -nm: no MIC wanted" eval 'accepted alice && arrives && says client.out "^Response received"'
    flagged -nw -nm "$@"
    check "$how, -nw -nm: neither sealed nor signed" eval 'accepted alice && arrives'
    flagged -q "$@"
    check "$how, -q: quiet" eval 'accepted alice && says_not client.out Signature'
    flagged -na "$@"
    check "$how, -na: nobody asked for authentication" says seen.out '^Accepted unauthenticated connection'
    flagged -seq -mcount 3 "$@"
    check "$how, -mcount 3: three messages, three MICs" eval 'arrives 3 && verified 3'
    CLIENTS=3 flagged -ccount 3 "$@"
    check "$how, -ccount 3: three connections, three MICs" \
        eval 'count_is seen.out "^Accepted connection: .alice.\$" 3 && verified 3'
    talk "$(setting IDENTITY alice)" "$(setting TRUST client.trust)" -- "$@" -f localhost $SERVICE \
        "$APPS/lib.sh"
    check "$how, -f: a file" eval 'accepted alice && verified'
    server_stop
}
# A hundred of them take a while, as gss-client sends every message in three small packets. So each
# kind of hundred has a server of its own, and goes on while the other tests run, which change their files:
# these have others.
mkdir hundred && cp server server.pub alice alice.pub server.trust client.trust hundred/ || exit 1
hundred() { # FILE SERVER-FLAG ARG...
    hundred=$1 hundred_flag=$2
    shift 2
    service_start "$(setting SERVICE_IDENTITY hundred/server)" "$(setting TRUST hundred/server.trust)" -- \
        ${hundred_flag:+"$hundred_flag"} -verbose $SERVICE
    mv server.out "$hundred.server"
    APP_PIDS="$APP_PIDS $SERVER_PID" SERVER_PID=
    background env "$(setting IDENTITY hundred/alice)" "$(setting TRUST hundred/client.trust)" \
        timeout --foreground 300 gss-client -port "$PORT" "$@" localhost $SERVICE hello \
        > "$hundred.client" 2>&1
    HUNDREDS="$HUNDREDS $PID"
}
HUNDREDS=
hundred messages '' -mech "$MECH_BRACES" -seq -mcount 100
hundred clients -export -mech "$MECH_BRACES" -ccount 100
hundred spnego-messages -export -spnego -seq -mcount 100
hundred spnego-clients '' -spnego -user alice -mech "$MECH_BRACES" -ccount 100

every_flag 'by OID' -mech "$MECH_BRACES"
every_flag 'by SPNEGO' -spnego
every_flag 'by SPNEGO, -user' -spnego -user alice -mech "$MECH_BRACES"
SERVER_FLAGS=-export
every_flag 'by OID, the server -export' -mech "$MECH_BRACES"
every_flag 'by SPNEGO, the server -export' -spnego -user alice -mech "$MECH_BRACES"
SERVER_FLAGS=

# -- A passphrase ------------------------------------------------------------------------------

openssl pkcs8 -topk8 -in alice -out sealed -passout pass:sesame > command.out 2>&1 && chmod 600 sealed
cp alice.pub sealed.pub
# sealed ARG...: alice, whose key is encrypted
sealed() {
    talk "$(setting IDENTITY sealed)" "$(setting TRUST client.trust)" -- -mech "$MECH_BRACES" "$@" \
        localhost $SERVICE hello
}
service server "$(setting TRUST server.trust)"
for how in '' -spnego; do
    about="-user -pass${how:+ }$how"
    # shellcheck disable=SC2086 # nothing or a word
    {
        sealed $how -user alice -pass sesame
        check "$about: the passphrase opens the key" eval 'accepted alice && verified'
        sealed $how -user alice -pass simsim
        check "$about: another does not" eval '[ $CLIENT_STATUS != 0 ]'
        check "$about: and it says so" says client.out "$SANDBOX/sealed"
        check "$about: and the passphrase is not shown" says_not client.out simsim
        sealed $how -user bob -pass sesame
        check "$about: alice's key is not bob's" eval '[ $CLIENT_STATUS != 0 ]'
        sealed $how -user alice
        check "${about% -pass*}${how:+ $how}: without passphrase the key stays closed" \
            eval '[ $CLIENT_STATUS != 0 ]'
    }
done
flagged -mech "$MECH_BRACES" -user alice -pass sesame
check '-user -pass: a key that is not encrypted has none' eval '[ $CLIENT_STATUS != 0 ]'
check '-user -pass: a key that is not encrypted: it says so' says client.out 'not encrypted'
server_stop

# -- OpenSSH's keys ----------------------------------------------------------------------------

mkdir -m 700 ssh
ssh-keygen -q -t ed25519 -N '' -C alice@laptop -f ssh/id_ed25519
ssh-keygen -q -t ecdsa -b 256 -N '' -C alice@laptop -f ssh/id_ecdsa
ssh-keygen -q -t rsa -b 2048 -N '' -C alice@laptop -f ssh/id_rsa
for key in ed25519 ecdsa; do echo "alice $(cat ssh/id_$key.pub)"; done > ssh.trust

# as IDENTITY [SETTING=VALUE...]: with that identity
as() {
    as_identity=$1
    shift
    talk "GSS_EDHOC_IDENTITY=$as_identity" "$(setting TRUST client.trust)" "$@" -- \
        -mech "$MECH_BRACES" localhost $SERVICE hello
}
service server "$(setting TRUST ssh.trust)"
for key in ed25519 ecdsa; do
    as "$SANDBOX/ssh/id_$key"
    check "OpenSSH's id_$key: the server saw alice" eval 'accepted alice && verified'
done
as "$SANDBOX/ssh/id_rsa"
check "OpenSSH's id_rsa: refused" eval '[ $CLIENT_STATUS != 0 ]'
check "OpenSSH's id_rsa: and it says what to do" says client.out 'ssh-keygen -t'

background ssh-agent -D -a "$SANDBOX/agent" > command.out 2>&1
soon [ -S agent ]
AGENT="SSH_AUTH_SOCK=$SANDBOX/agent"
ssh_add() { env "$AGENT" ssh-add -q "$@" < /dev/null > command.out 2>&1; }
as agent: "$AGENT"
check 'an agent without keys: refused' eval '[ $CLIENT_STATUS != 0 ]'
check 'an agent without keys: it says what to do' says client.out ssh-add
ssh_add ssh/id_ed25519
mv ssh/id_ed25519 ssh/elsewhere
as agent: "$AGENT"
check 'ssh-agent: the server saw alice' eval 'accepted alice && verified'
ssh_add ssh/id_ecdsa ssh/id_rsa
for key in ed25519 ecdsa; do
    as "agent:$(ssh-keygen -l -f ssh/id_$key.pub | cut -d ' ' -f 2)" "$AGENT"
    check "ssh-agent, $key by its fingerprint: the server saw alice" eval 'accepted alice && verified'
done
as "agent:SHA256:$(printf '%043d' 0)" "$AGENT"
check 'ssh-agent, a fingerprint that it does not have: refused' eval '[ $CLIENT_STATUS != 0 ]'
as agent: "SSH_AUTH_SOCK=$SANDBOX/no-agent"
check 'no agent: refused, at once' eval '[ $CLIENT_STATUS != 0 ] && says client.out no-agent'
server_stop

# -- Certificates ------------------------------------------------------------------------------

# root -> sub -> web (P-256), web25519 (Ed25519), upn (alice@corp.example, P-256), and CRLs
mkdir -m 700 ca
sh "$APPS/../x509_fixtures.sh" ca || exit 1
pem() { # NAME: key and chain in one file
    cat "ca/$1.key" "ca/$1.crt" ca/sub.crt > "$1.pem" && chmod 600 "$1.pem"
}
for name in web web25519 upn subject revoked foreign; do pem $name; done
cat ca/sub.crt ca/root.crt > ca/bundle.pem
ROOT=$(setting ANCHORS ca/root.crt)
CRLS=$(setting CRLS ca/crls.pem)

# A certificate of the CA at the server, the agent at the client: no suite has both.
ssh_agent() { as "agent:$(ssh-keygen -l -f ssh/id_ed25519.pub | cut -d ' ' -f 2)" "$AGENT" "$ROOT"; }
: > client.trust
service web.pem "$(setting TRUST ssh.trust)"
ssh_agent
check 'P-256 certificate, Ed25519 agent: refused' refused
check 'P-256 certificate, Ed25519 agent: and the client says what to do' \
    says client.out 'gss-edhoc keygen -t x25519'
server_stop
service web25519.pem "$(setting TRUST ssh.trust)"
ssh_agent
check 'Ed25519 certificate, Ed25519 agent: the server saw alice' eval 'accepted alice && verified'
check 'Ed25519 certificate, Ed25519 agent: the client saw the service' \
    says client.out '" to "host@web\.example\.org",'
server_stop
mkdir -m 700 both
cp web.pem both/1.pem
cp server both/2.pem
cp server.pub both/2.pem.pub
service both "$(setting TRUST ssh.trust)"
ssh_agent
check 'P-256 certificate and an X25519 key, neither pinned: refused' refused
trust client.trust server
ssh_agent
check 'P-256 certificate and an X25519 key that is pinned: the server saw alice' \
    eval 'accepted alice && verified'
server_stop
: > client.trust

# Both have certificates, two levels below the root, and look at CRLs.
with_certificate() { # NAME [SETTING=VALUE...]
    certificate=$1
    shift
    as "$SANDBOX/$certificate.pem" "$ROOT" "$CRLS" "$@"
}
service web.pem "$ROOT" "$CRLS"
with_certificate upn
check 'certificates on both sides, CRLs: the server saw who' eval 'accepted alice@corp.example && verified'
check 'certificates on both sides, CRLs: the client saw the service' \
    says client.out '^"alice@corp\.example" to "host@web\.example\.org",'
check 'certificates on both sides, CRLs: the server sees that it was a certificate' \
    says seen.out '^Attribute urn:gss-edhoc:certificate Authenticated'
with_certificate foreign
check 'a certificate of another CA: refused' refused
check "a certificate of another CA: the server's log says why" says seen.out "$SANDBOX/ca/root\.crt|issuer"
as "$SANDBOX/alice" "$ROOT" "$CRLS"
check 'a raw key that nobody pinned: refused' refused
with_certificate upn "$(setting ANCHORS ca/stranger.crt)"
check 'a client that trusts another CA: refused' eval '[ $CLIENT_STATUS != 0 ]'
with_certificate upn "$(setting CRLS ca/root.crl)"
check 'a client that has no CRL of the CA below the root: refused' eval '[ $CLIENT_STATUS != 0 ]'
with_certificate upn "GSS_EDHOC_OPTIONS=cred-by-reference"
check 'cred-by-reference: a certificate is sent whole all the same' \
    eval 'accepted alice@corp.example && verified'

# The chain in a file of its own
cp ca/upn.key upn.key && chmod 600 upn.key
cat ca/upn.crt ca/sub.crt > upn.chain
as "$SANDBOX/upn.key" "$(setting CERTIFICATE upn.chain)" "$ROOT" "$CRLS"
check 'GSS_EDHOC_CERTIFICATE, the chain apart from the key: the server saw who' \
    eval 'accepted alice@corp.example && verified'

eventually_revoked() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        # To the client itself nobody is revoked: it does not look at its own certificate.
        with_certificate upn
        refused && return
        sleep 0.25
    done
    return 1
}
# The certificate of the client is revoked while the server runs.
(cd ca && openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -revoke upn.crt &&
    openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -gencrl -crldays 30 -out sub.crl) \
    > command.out 2>&1
cat ca/root.crl ca/sub.crl > crls.new && mv crls.new ca/crls.pem
check 'revoked while the server runs: refused' eventually_revoked
check "revoked while the server runs: the server's log says so" says seen.out revoked
check 'revoked while the server runs: the client is not told' says_not client.out revoked
server_stop
service revoked.pem "$ROOT"
with_certificate upn
check "the server's certificate is revoked: the client refuses" eval '[ $CLIENT_STATUS != 0 ]'
check "the server's certificate is revoked: and says so" says client.out revoked
server_stop

# Raw keys at one side, certificates at the other
service web25519.pem "$(setting TRUST server.trust)"
as "$SANDBOX/alice" "$ROOT"
check 'a raw X25519 key, to a certificate: the server saw alice' eval 'accepted alice && verified'
server_stop
trust client.trust server
service server "$ROOT"
as "$SANDBOX/subject.pem"
check 'a certificate without other names, to a raw X25519 key: the server saw its subject' \
    eval 'accepted ".*Carol.*" && verified'
server_stop

# -- Files that change while the server runs ---------------------------------------------------

# The server looks once per second whether a file is another.
eventually() { # WHO COMMAND...: that key, until the command succeeds, but not for ever
    eventual=$1
    shift
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        as "$SANDBOX/$eventual"
        "$@" && return
        sleep 0.25
    done
    return 1
}

keygen ed25519 bob bob || exit 1
trust server.trust alice
service server "$(setting TRUST server.trust)"
as "$SANDBOX/bob"
check 'bob, who is not in the trust file: refused' refused
cat bob.pub >> server.trust
check 'bob, whose line is added while the server runs: accepted' eventually bob accepted bob
as "$SANDBOX/alice"
check 'alice still is' eval 'accepted alice && verified'
trust new.trust bob
mv new.trust server.trust
check 'alice, whose line is taken out: refused' eventually alice refused
as "$SANDBOX/bob"
check 'bob still is not' eval 'accepted bob && verified'
cp server.trust sound.trust
{ echo 'this is no trust line'; cat alice.pub; } > new.trust
mv new.trust server.trust
check 'a line that cannot be understood, and alice after it: she is accepted' eventually alice accepted alice
as "$SANDBOX/bob"
check 'and bob, whose line was taken out at the same time, is refused' refused
cp sound.trust server.trust
check 'and when that is put right, bob is accepted' eventually bob accepted bob
server_stop

# -- The hundreds ------------------------------------------------------------------------------

for pid in $HUNDREDS; do wait "$pid"; done
for kind in messages spnego-messages; do
    check "-mcount 100, $kind: a hundred arrive in sequence" \
        count_is $kind.server '^Received message: "hello"$' 100
    check "-mcount 100, $kind: a hundred MICs verify" count_is $kind.client '^Signature verified\.$' 100
done
for kind in clients spnego-clients; do
    check "-ccount 100, $kind: a hundred accepted" \
        soon count_is $kind.server '^Accepted connection: "alice"$' 100
    check "-ccount 100, $kind: a hundred MICs verify" count_is $kind.client '^Signature verified\.$' 100
done

app_done gss-sample "$(version krb5-gss-samples)"
