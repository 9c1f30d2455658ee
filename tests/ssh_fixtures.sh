#!/bin/sh
# Makes the certificates and revocation lists of tests/check_ssh_cert.c and tests/check_krl.c with the
# real ssh-keygen:
#     sh tests/ssh_fixtures.sh DIRECTORY
# For each certificate NAME.cert, the binary that stands in base64 in NAME-cert.pub.
set -eu
cd "$1"
exec 3>&2 2>ssh-keygen.log >&2
trap 'test $? -eq 0 || cat ssh-keygen.log >&3' EXIT
export TZ=UTC

key() { # NAME TYPE [BITS]
    ssh-keygen -q -N '' -C "$1" -f "$1" -t "$2" ${3+-b "$3"}
}

certificate() { # NAME CA KEY ARGUMENTS OF ssh-keygen
    name=$1 signer=$2
    cp "$3.pub" "$name.pub"
    shift 3
    ssh-keygen -q -s "$signer" "$@" "$name.pub"
    cut -d' ' -f2 "$name-cert.pub" | base64 -d >"$name.cert"
}

key ca-ed25519 ed25519
key ca-p256 ecdsa 256
key ca-p384 ecdsa 384
key ca-p521 ecdsa 521
key ca-rsa rsa 2048
key ca-weak rsa 1024
key ed25519 ed25519
key p256 ecdsa 256
key p384 ecdsa 384
key p521 ecdsa 521
key rsa rsa 2048

span='-V 20260101000000Z:20270101000000Z'
for ca in ed25519 p256 p384 p521; do
    for key in ed25519 p256 p384; do
        certificate "$key-by-$ca" "ca-$ca" $key -I 'alice today' -n alice@example.org,alice $span -z 7
    done
done
certificate by-rsa-512 ca-rsa ed25519 -t rsa-sha2-512 -I 'alice today' -n alice@example.org,alice $span -z 7
certificate by-rsa-256 ca-rsa p256 -t rsa-sha2-256 -I 'alice today' -n alice@example.org,alice $span -z 7
certificate by-rsa-sha1 ca-rsa p256 -t ssh-rsa -I 'alice today' -n alice $span
certificate by-weak ca-weak ed25519 -t rsa-sha2-512 -I 'alice today' -n alice $span
certificate of-rsa ca-ed25519 rsa -I 'alice today' -n alice $span
certificate of-p521 ca-ed25519 p521 -I 'alice today' -n alice $span
certificate host ca-ed25519 p256 -h -I web -n web.example.org,'*.web.example.org' -z 9 -V always:forever
certificate forced ca-ed25519 ed25519 -I forced -n alice -z 10 -O force-command=/bin/true -O clear -O source-address=10.0.0.0/8 -V 20260101000000Z:forever
certificate extended ca-ed25519 ed25519 -I extended -n alice -z 11 -O clear -O extension:login@example.org=octocat -O permit-pty
certificate bare ca-ed25519 ed25519 -I '' -O clear

# ---- revocation lists: each NAME.krl, and what `ssh-keygen -Q` says of each certificate and key ----

certificate serial-0 ca-ed25519 ed25519 -I zero -n alice
for serial in 1 2 3 64 65 66 67 68 69 70 71 72 500 18446744073709551615; do
    certificate "serial-$serial" ca-ed25519 ed25519 -I "number $serial" -n alice -z $serial
done
certificate other-7 ca-p256 ed25519 -I 'alice today' -n alice -z 7
certificate other-500 ca-p256 p384 -I 'somebody else' -n alice -z 500

krl() { # NAME CA SPECIFICATION
    printf '%s\n' "$3" | tr '|' '\n' >"$1.spec"
    ssh-keygen -q -k -f "$1.krl" ${2:+-s "$2"} "$1.spec"
}

krl serials ca-ed25519.pub 'serial: 2|serial: 500'
krl range ca-ed25519.pub 'serial: 2-68'
krl bitmap ca-ed25519.pub 'serial: 2|serial: 64|serial: 66|serial: 68|serial: 70|serial: 72'
krl highest ca-ed25519.pub 'serial: 70-18446744073709551615'
krl last ca-ed25519.pub 'serial: 18446744073709551611|serial: 18446744073709551613|serial: 18446744073709551615'
krl overlapping ca-ed25519.pub 'serial: 1-3|serial: 2-66|serial: 65'
krl of-p256 ca-p256.pub 'serial: 7'
krl of-rsa ca-rsa.pub 'serial: 7'
krl wild none 'serial: 7|id: number 66'
krl ids ca-ed25519.pub 'id: alice today|id: number 64|id: web'
krl key '' "key: $(cat ed25519.pub)|key: $(cat rsa.pub)|key: $(cat p256.pub)"
krl sha1 '' "sha1: $(cat ed25519.pub)|sha1: $(cat p384.pub)"
krl sha256 '' "sha256: $(cat p256.pub)|sha256: $(cat p384.pub)"
krl hash '' "hash: $(ssh-keygen -lf p384.pub | cut -d' ' -f2)"
krl ca '' "key: $(cat ca-p256.pub)"
krl ca-rsa '' "sha256: $(cat ca-rsa.pub)"
krl ca-521 '' "sha1: $(cat ca-p521.pub)"
ssh-keygen -q -k -f empty.krl
ssh-keygen -q -k -f cert.krl serial-500-cert.pub
ssh-keygen -q -k -f zero.krl serial-0-cert.pub
cp serials.krl updated.krl
ssh-keygen -q -k -u -f updated.krl -s ca-p256.pub of-p256.spec

asked=
for pub in ed25519 p256 p384 ca-ed25519 ca-p256 ca-p384 *-cert.pub; do
    case $pub in of-*) ;; *) asked="$asked ${pub%.pub}.pub" ;; esac
done
for krl in *.krl; do # "NAME.pub (comment): REVOKED", or ok
    ssh-keygen -Q -f "$krl" $asked | sed "s/^\([^ ]*\)\.pub (.*): \([a-zA-Z]*\)$/$krl \1 \2/" || :
done >expected

# A list of keys, with a certificate in it, which is revoked by its key.
{ cat ed25519.pub; echo '# a comment'; echo; cat p384-by-p384-cert.pub ca-rsa.pub; } >list
