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
