#!/bin/sh
# Makes the certificates of tests/check_x509.c and of the end-to-end tests with OpenSSL's own command:
#     sh tests/x509_fixtures.sh DIRECTORY
# root -> sub -> leaves, a name-constrained CA, a CA with RSA, a stranger's CA, and CRLs.
set -eu
cd "$1"
exec 3>&2 2>openssl.log
trap 'test $? -eq 0 || cat openssl.log >&3' EXIT

key() { # FILE TYPE
    case $2 in
    ed25519 | ed448 | x25519) openssl genpkey -algorithm "$2" -out "$1.key" ;;
    rsa*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$1.key" ;;
    *) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -pkeyopt ec_param_enc:named_curve -out "$1.key" ;;
    esac
}

serial=100
# NAME TYPE ISSUER SUBJECT EXTENSIONS [more arguments of openssl x509]
certificate() {
    name=$1 type=$2 issuer=$3 subject=$4 extensions=$5
    shift 5
    serial=$((serial + 1))
    key "$name" "$type"
    openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
    printf '%s\n' "$extensions" | tr '|' '\n' >"$name.ext"
    if [ "$issuer" = self ]; then
        openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 3650 -set_serial $serial \
            -extfile "$name.ext" -out "$name.crt" "$@"
    else
        openssl x509 -req -in "$name.csr" -CA "$issuer.crt" -CAkey "$issuer.key" -days 365 \
            -set_serial $serial -extfile "$name.ext" -out "$name.crt" "$@"
    fi
    openssl x509 -in "$name.crt" -outform DER -out "$name.der"
}

ca='basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign|subjectKeyIdentifier=hash'
certificate root P-256 self '/CN=Test Root' "$ca"
certificate sub P-384 root '/CN=Test Sub CA' "$ca" -days 3000
certificate stranger P-256 self '/CN=Stranger Root' "$ca"
certificate rsa rsa2048 self '/CN=RSA Root' "$ca"
certificate weak rsa1024 self '/CN=Weak Root' "$ca"
certificate short P-256 root '/CN=Short CA' "basicConstraints=critical,CA:TRUE,pathlen:0|keyUsage=critical,keyCertSign"
certificate below P-256 short '/CN=Below Short CA' "$ca"
certificate constrained P-256 root '/CN=Constrained CA' "$ca|nameConstraints=critical,permitted;DNS:allowed.example"
certificate clientca P-256 root '/CN=Client CA' "$ca|extendedKeyUsage=clientAuth"

leaf='basicConstraints=CA:FALSE'
sign='keyUsage=critical,digitalSignature'
server="$leaf|$sign|extendedKeyUsage=serverAuth"
client="$leaf|$sign|extendedKeyUsage=clientAuth"
certificate web P-256 sub '/CN=web' "$server|subjectAltName=DNS:web.example.org,DNS:*.wild.example.org,IP:127.0.0.1,IP:::1"
certificate web384 P-384 sub '/CN=web' "$server|subjectAltName=DNS:web.example.org"
certificate web25519 ed25519 sub '/CN=web' "$server|subjectAltName=DNS:web.example.org"
certificate web448 ed448 sub '/CN=web' "$server|subjectAltName=DNS:web.example.org"
certificate direct P-256 root '/CN=direct' "$server|subjectAltName=DNS:web.example.org"
certificate plain P-256 sub '/CN=plain' "$leaf|subjectAltName=DNS:web.example.org"
certificate anyeku P-256 sub '/CN=any' "$leaf|extendedKeyUsage=anyExtendedKeyUsage|subjectAltName=DNS:web.example.org"
certificate agreement P-256 sub '/CN=agreement' "$leaf|keyUsage=critical,keyAgreement|subjectAltName=DNS:web.example.org"
certificate cnonly P-256 sub '/CN=web.example.org' "$server"
certificate partial P-256 sub '/CN=partial' "$server|subjectAltName=DNS:w*.example.org"
certificate foreign P-256 stranger '/CN=foreign' "$server|subjectAltName=DNS:web.example.org"
certificate selfsigned P-256 self '/CN=selfsigned' "$server|subjectAltName=DNS:web.example.org"
certificate rsaleaf rsa2048 sub '/CN=rsaleaf' "$server|subjectAltName=DNS:web.example.org"
certificate byrsa P-256 rsa '/CN=byrsa' "$server|subjectAltName=DNS:web.example.org"
certificate byweak P-256 weak '/CN=byweak' "$server|subjectAltName=DNS:web.example.org"
certificate bysha1 P-256 rsa '/CN=bysha1' "$server|subjectAltName=DNS:web.example.org" -sha1
certificate toodeep P-256 below '/CN=toodeep' "$server|subjectAltName=DNS:web.example.org"
certificate inside P-256 constrained '/CN=inside' "$server|subjectAltName=DNS:www.allowed.example"
certificate outside P-256 constrained '/CN=outside' "$server|subjectAltName=DNS:web.example.org"
certificate notca P-256 web '/CN=notca' "$server|subjectAltName=DNS:web.example.org"
certificate critical P-256 sub '/CN=critical' "$server|1.2.3.4.5=critical,ASN1:NULL|subjectAltName=DNS:web.example.org"
certificate serverofclientca P-256 clientca '/CN=odd' "$leaf|$sign|subjectAltName=DNS:web.example.org"
certificate revoked P-256 sub '/CN=revoked' "$server|subjectAltName=DNS:web.example.org"
certificate upn P-256 sub '/CN=upn' "$client|subjectAltName=email:mail@corp.example,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@corp.example"
certificate email P-256 sub '/CN=email' "$client|subjectAltName=DNS:laptop.example.org,email:bob@corp.example"
certificate dns P-256 sub '/CN=dns' "$client|subjectAltName=DNS:*.x.example.org,DNS:Laptop.Example.org"
certificate subject ed25519 sub '/O=Corp, Inc/CN=Carol' "$client"
certificate nosubject P-256 sub '/' "$client"
certificate badupn P-256 sub '/CN=badupn' "$client|subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:nodomain"
certificate clientplain P-256 sub '/CN=clientplain' "$leaf|subjectAltName=email:dave@corp.example"

# web with another last byte of its signature
last=$(tail -c 1 web.der | od -An -tu1)
{ head -c -1 web.der && printf "\\$(printf %03o $(((last + 1) % 256)))"; } >forged.der

cat sub.crt >chain.pem
cat root.crt >anchors.pem
cat rsa.crt >>anchors.pem

# CRLs: both CAs' (good), the sub CA's alone, and outdated ones.
for issuer in root sub; do
    : >$issuer.index
    echo 01 >$issuer.crlnumber
    printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\n' \
        $issuer.index $issuer.crlnumber >$issuer.cnf
done
openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -revoke revoked.crt
openssl ca -config root.cnf -keyfile root.key -cert root.crt -gencrl -crldays 30 -out root.crl
openssl ca -config sub.cnf -keyfile sub.key -cert sub.crt -gencrl -crldays 30 -out sub.crl
cat root.crl sub.crl >crls.pem
