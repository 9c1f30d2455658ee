#!/bin/sh
# The command with OpenSSH's CAs and certificates, all made by the real ssh-keygen: what it shows of
# them, what it does with lines of CAs, and what it takes over from OpenSSH's own files. TAP.
# GSS_EDHOC names the command, MECH_SO the plugin.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
fixtures=$(cd "$(dirname "$0")" && pwd)/ssh_fixtures.sh
[ -x "$(command -v ssh-keygen)" ] ||
    tap_skip_all "ssh-keygen is not installed (Debian: openssh-client)"
sandbox_open
cd "$SANDBOX" || exit 1
TZ=UTC
export TZ
umask 022

key() { ssh-keygen -q -N '' -C "$1" -f "$1" -t "$2" ${3:+-b "$3"}; }
sign() { # CA KEY ARGUMENTS: KEY-cert.pub
    sign_ca=$1 sign_key=$2
    shift 2
    ssh-keygen -q -s "$sign_ca" "$@" "$sign_key.pub"
}
fingerprint() { ssh-keygen -lf "$1" | cut -d' ' -f2; }
# run ARG...: the command; what it says is in command.out (and stderr alone in command.err)
run() {
    STATUS=0
    "$GSS_EDHOC" "$@" >"$SANDBOX/stdout" 2>"$SANDBOX/command.err" || STATUS=$?
    cat "$SANDBOX/stdout" "$SANDBOX/command.err" >"$SANDBOX/command.out"
}
succeeds() { [ "$STATUS" = 0 ] && [ ! -s "$SANDBOX/command.err" ]; }
# refused TEXT: nothing but one error that says so
refused() { [ "$STATUS" = 1 ] && [ ! -s "$SANDBOX/stdout" ] && has "$1"; }
has() { grep -qF -e "$1" "$SANDBOX/command.out"; }
# row TEXT...: one line has all of them
row() {
    cp "$SANDBOX/command.out" rows
    for text in "$@"; do
        grep -F -e "$text" rows >fewer
        mv fewer rows
    done
    [ -s rows ]
}
lines_are() { [ "$(grep -c . "$1")" = "$2" ]; }

key ca ed25519 && key ca-rsa rsa 2048 && key ca-521 ecdsa 521 && key user ed25519 &&
    key web ecdsa 256 || exit 1

# -- Lines of CAs ------------------------------------------------------------------------------

for ca in ca ca-rsa ca-521; do
    run trust add -f trust "*@$ca.example cert-authority,valid-before=\"20990101\" $(cat $ca.pub)"
    check "trust add: a line of a CA ($ca)" succeeds
    check "and tells its fingerprint ($ca)" has "fingerprint $(fingerprint $ca.pub)"
done
run trust add -f trust "*@ca.example cert-authority $(cat ca.pub)"
check 'trust add: no line twice' refused 'trust line 1; to change what that line says, remove it first'
run trust add -f trust "ca@ca.example client $(cat ca.pub)"
check 'trust add: a pin of a CA'\''s own key is another thing' succeeds
run trust list -f trust
check 'trust list: with its fingerprint' row 'both' '*@ca.example' 'CA:ssh-ed25519' \
    "$(fingerprint ca.pub)" '..2099-01-01' 'trust:1'
check 'trust list: of any type' row '*@ca-rsa.example' 'CA:ssh-rsa' "$(fingerprint ca-rsa.pub)"
check 'trust list: all lines, in their order' row 'client' 'ca@ca.example' ' ssh-ed25519 ' 'trust:4'
run show trust
check 'show: of a trust file, too' succeeds
check 'show: whose certificates' has 'CA of        OpenSSH certificates, for users and hosts'
check 'show: its fingerprint' has "fingerprint  $(fingerprint ca-521.pub)"
check 'show: its last second' has 'valid until  2099-01-01 00:00:00 UTC'
run trust remove -f trust '*@ca.example'
check 'trust remove: by its pattern' row removed 'trust line 1: *@ca.example cert-authority'
run trust remove -f trust ca-rsa.pub
check 'trust remove: by its .pub, of any type' row removed '*@ca-rsa.example'
run trust remove -f trust "$(fingerprint ca-521.pub)"
check 'trust remove: by its fingerprint' row removed '*@ca-521.example'
run trust remove -f trust ca.pub
check 'trust remove: the pin stayed' row removed 'ca@ca.example'

# -- Certificates, as ssh-keygen shows them ----------------------------------------------------

mkdir fixtures && sh "$fixtures" "$SANDBOX/fixtures" || exit 1
cd fixtures || exit 1
# plain FILE: fields without their indentation; times are UTC for both; data that is one text is shown
# as that text here, and in hexadecimal there
plain() { sed -E 's/^[ \t]*//; s/[ \t]*$//; s/ \(UTC[^)]*\)$//; s/ UNKNOWN OPTION: 000000076f63746f636174 \(len 11\)/ octocat/' "$1"; }
compared=0 same=0
for cert in *-cert.pub; do
    case $cert in
    of-*) continue ;; # keys that EDHOC cannot use
    esac
    ssh-keygen -L -f "$cert" >theirs 2>&1 || continue
    run show "$cert"
    plain theirs | sed 1d >theirs.plain
    plain "$SANDBOX/stdout" | sed -n '2,/^good for /p' | sed '$d' >ours.plain
    compared=$((compared + 1))
    if cmp -s ours.plain theirs.plain; then
        same=$((same + 1))
    else
        echo "# $cert"; diff ours.plain theirs.plain | sed 's/^/# /'
    fi
done
echo "# $same of $compared certificates"
check 'show: of 30 certificates and more, every field as ssh-keygen -L has it' \
    [ $same = $compared ] && check 'that is so many' [ $same -ge 30 ]
for cert in of-rsa of-p521; do
    run show $cert-cert.pub
    check "show: a certificate for a key that cannot be used ($cert)" refused 'ssh-ed25519'
done
run show by-weak-cert.pub
check 'show: a weak CA'\''s signature is told' row 'signature    no good: ' 2048
run show ed25519-by-p384-cert.pub
check 'show: a good signature is told' has 'signature    good'
check 'show: what it is good for' has 'good for     a client, where a trust line has this CA'
run show forced-cert.pub
check 'show: a critical option is told' row 'good for     nobody' force-command
run show bare-cert.pub
check 'show: that it names nobody is told' row 'good for     nobody' 'ssh-keygen -n NAME'
sed 's/\(.*\)AA/\1AB/' host-cert.pub >bent
run show bent
check 'show: a signature that does not verify, or a form that is none' row 'no good'
head -c 200 host-cert.pub >short
run show short
check 'show: a certificate that is cut short' refused 'short line'
run show serials.krl
check 'show: a revocation list' refused 'ssh-keygen -Q -l -f serials.krl'
cat host-cert.pub ed25519-by-p256-cert.pub >two
run show two
check 'show: several in one file' row 'two line 2: OpenSSH certificate'
cp host-cert.pub p256-cert.pub
run show p256
check 'show: of a key, with its certificate' row 'Key ID: "web"'
cd ..

# -- X.509: the recipe of mech_edhoc(8) --------------------------------------------------------

manual=$(dirname "$fixtures")/../doc/mech_edhoc.8
if [ -x "$(command -v openssl)" ]; then
    mkdir x509 && cd x509 || exit 1
    sed -n '/^\.\\" recipe x509/,/^\.\\" end/p' "$manual" | sed '/^\./d; s/\\e/\\/g' >recipe
    sh -e recipe >"$SANDBOX/command.out" 2>&1
    check 'the recipe runs' [ $? = 0 ]
    check 'the recipe has its lines' [ "$(wc -l <recipe)" = 11 ]
    run show alice.pem
    check 'show: the issuer' has 'issuer       CN=Example CA'
    check 'show: the name of a client' has 'as a client  alice@example.org'
    check 'show: what it is good for' has 'good for     a client'
    run show web.crt
    check 'show: a server'\''s names' row names 'dns web.example.org'
    : >nobody
    export GSS_EDHOC_ANCHORS="$PWD/ca.pem" GSS_EDHOC_TRUST="$PWD/nobody"
    GSS_EDHOC_IDENTITY=$PWD/alice.pem run check
    check 'check: an identity of the recipe' row ok 'know this client as alice@example.org'
    GSS_EDHOC_IDENTITY=$PWD/alice.pem GSS_EDHOC_CRLS=$PWD/crl.pem run check
    check 'check: it is revoked' row FAIL certificate revoked
    GSS_EDHOC_SERVICE_IDENTITY=$PWD/web.pem GSS_EDHOC_CRLS=$PWD/crl.pem \
        run check -a HTTP@web.example.org
    check 'check: a service of the recipe' row ok 'answers to HTTP@web.example.org'
    unset GSS_EDHOC_ANCHORS GSS_EDHOC_TRUST
    cd ..
fi

tap_done
