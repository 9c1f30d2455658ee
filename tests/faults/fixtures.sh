#!/bin/sh
# What tests/check_faults.c needs beside raw keys, made by the real commands in the folder it is in:
# certificates with CRLs, OpenSSH certificates with a revocation list, and an agent that holds a key.
# It is ended by `kill $(cat agent.pid)`.
set -eu
exec 3>&2 2> fixtures.log
trap 'test $? -eq 0 || cat fixtures.log >&3' EXIT
umask 077

# -- X.509: a root, a sub CA, a server, a client, a client that was revoked ----------------------

certificate() { # NAME ISSUER EXTENSIONS
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$1" -out "$1.csr"
    echo "$3" | tr '|' '\n' > "$1.ext"
    serial=$((${serial:-0} + 1))
    if [ "$2" = self ]; then
        openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 30 -set_serial $serial -extfile "$1.ext" -out "$1.crt"
    else
        openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -days 30 -set_serial $serial \
            -extfile "$1.ext" -out "$1.crt"
        cat "$1.key" "$1.crt" "$2.crt" > "$1.pem"
    fi
}
ca='basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign|subjectKeyIdentifier=hash'
certificate root self "$ca"
certificate sub root "$ca|nameConstraints=critical,permitted;DNS:web.example.org,permitted;email:example.org"
certificate web sub 'extendedKeyUsage=serverAuth|subjectAltName=DNS:web.example.org'
certificate narrow root "$ca|nameConstraints=critical,permitted;DNS:other.example.org"
certificate outside narrow 'extendedKeyUsage=serverAuth|subjectAltName=DNS:web.example.org'
certificate alice sub 'extendedKeyUsage=clientAuth|subjectAltName=email:alice@example.org'
certificate revoked sub 'extendedKeyUsage=clientAuth|subjectAltName=email:bob@example.org'
for i in root sub; do
    : > $i.index
    echo 01 > $i.crlnumber
    printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\n' $i.index $i.crlnumber > $i.cnf
done
openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -revoke revoked.crt
for i in root sub; do
    openssl ca -config $i.cnf -keyfile $i.key -cert $i.crt -gencrl -crldays 20 -out $i.crl
done
cat root.crl sub.crl > crls.pem
: > nobody

# -- OpenSSH: a CA, a host, a user, a user that was revoked --------------------------------------

command -v ssh-agent > /dev/null || exit 0
for key in ssh-ca ssh-host ssh-user ssh-revoked; do ssh-keygen -q -N '' -C $key -f $key -t ed25519 >&2; done
ssh-keygen -q -s ssh-ca -h -I web -n web.example.org ssh-host.pub
ssh-keygen -q -s ssh-ca -I alice -n alice@example.org -z 2 ssh-user.pub
ssh-keygen -q -s ssh-ca -I bob -n bob@example.org -z 3 ssh-revoked.pub
echo 'serial: 3' > krl.spec
ssh-keygen -q -k -f krl -s ssh-ca.pub krl.spec
cat ssh-revoked-cert.pub > list
echo "*@example.org cert-authority $(cat ssh-ca.pub)" > ssh-clients
echo "HTTP@*.example.org,host@* cert-authority,server $(cat ssh-ca.pub)" > ssh-servers
cut -d' ' -f1,2 ssh-user.pub | sed 's/^/alice client /' > agent-clients
timeout 3600 ssh-agent -D -a agent > /dev/null 3>&- & echo $! > agent.pid
for i in 1 2 3 4 5 6 7 8 9; do [ -S agent ] || sleep 0.1; done
SSH_AUTH_SOCK=$PWD/agent ssh-add -q ssh-user
