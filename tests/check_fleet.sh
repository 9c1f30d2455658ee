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
# In the signature, which comes last.
awk '{ at = length($2) - 7
       $2 = substr($2, 1, at - 1) (substr($2, at, 1) == "A" ? "B" : "A") substr($2, at + 1)
       print }' host-cert.pub >bent
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

# -- trust import: known_hosts -----------------------------------------------------------------

public() { cut -d' ' -f1,2 "../$1.pub"; } # type and key
mkdir import && cd import || exit 1
for host in web db mail port both; do ssh-keygen -q -N '' -t ed25519 -C $host -f ../h-$host; done
{
    echo "Web.example.org,192.0.2.1 $(public h-web)"
    echo "db.example.org $(public h-db)"
    echo "[web.example.org]:2222 $(public h-port)"
    echo "*.mail.example.org,!old.mail.example.org $(public h-mail)"
} >known_hosts
imports() { # FILE LINE...: it was taken, and FILE has these lines and no other
    [ "$STATUS" = 0 ] && [ ! -s "$SANDBOX/command.err" ] || return
    imports_file=$1
    shift
    printf '%s\n' "$@" | sort >expected
    sort "$imports_file" | cmp -s expected - ||
        { sed 's/^/# /' "$imports_file" && return 1; }
}
run trust import -f t1 -n HTTP@web.example.org known_hosts
check '-n SERVICE@HOST takes the lines of that host, and no other' \
    imports t1 "HTTP@web.example.org server $(public h-web)"
check 'and says that there were others' has 'passed over: 3 lines of others'
run trust import -f t2 -n HTTP@WEB.example.org,imap@192.0.2.1 known_hosts
check 'hosts are compared in lower case, services are not' \
    imports t2 "HTTP@web.example.org,imap@192.0.2.1 server $(public h-web)"
run trust import -f t3 -n HTTP@nobody.example.org known_hosts
check 'a host that is not there' refused 'no line is of HTTP@nobody.example.org: all 4 are of others'
run trust import -f t4 -n 'HTTP@[web.example.org]:2222' known_hosts
check 'a port only when it is asked for' imports t4 "HTTP@web.example.org server $(public h-port)"
run trust import -f t5 -n imap@a.mail.example.org known_hosts
check 'a pattern of the line is no reason to take more than the host' \
    imports t5 "imap@a.mail.example.org server $(public h-mail)"
run trust import -f t6 -n imap@old.mail.example.org known_hosts
check 'a host that the line excludes' refused 'no line is of imap@old.mail.example.org'
run trust import -f t7 -n 'HTTP@*.example.org' known_hosts
check 'a pattern takes each host by its name' imports t7 \
    "HTTP@web.example.org server $(public h-web)" "HTTP@db.example.org server $(public h-db)" \
    "HTTP@*.mail.example.org,!HTTP@old.mail.example.org server $(public h-mail)"
run trust import -f t8 -n web known_hosts
check 'a name that is no service'\''s' refused '-n SERVICE@HOST, not "web"'

sed '4d; s/^Web/web/' known_hosts >hashed
ssh-keygen -q -H -f hashed >/dev/null 2>&1
check 'the names are hashed' [ "$(grep -c '^|1|' hashed)" = 4 ]
run trust import -f t9 -n HTTP@web.example.org hashed
check 'a hashed name is found' imports t9 "HTTP@web.example.org server $(public h-web)"
run trust import -f t10 -n 'HTTP@[web.example.org]:2222' hashed
check 'with its port, too' imports t10 "HTTP@web.example.org server $(public h-port)"
run trust import -f t11 -n 'HTTP@*.example.org' hashed
check 'no pattern matches a hashed name, and that is said' \
    refused 'of 4 the name is hashed, which no pattern matches: name the host in full'
run trust import -f t12 -n 'HTTP@*.example.org,HTTP@db.example.org' hashed
check 'but for the name beside it' imports t12 "HTTP@db.example.org server $(public h-db)"
check 'and is said then, too' has 'of 3 the name is hashed'
echo "|1|AAAA|BBBB $(public h-web)" >bent
run trust import -f t13 -n HTTP@web.example.org bent
check 'what is no hash' has 'bent line 1: not a hashed name'

# -- trust import: CAs -------------------------------------------------------------------------

{
    echo "@cert-authority *.example.org,!bad.example.org $(public ca)"
    echo "@cert-authority *.example.net,[*.example.net]:2222 $(public ca-rsa)"
    echo "web.example.org $(public h-web)"
} >known_cas
run trust import -f c1 -n 'HTTP@*.web.example.org' known_cas
check '@cert-authority: as far as is asked' imports c1 \
    "HTTP@*.web.example.org,!HTTP@bad.example.org cert-authority,server $(public ca)"
run trust import -f c2 -n '*@*' known_cas
check '@cert-authority: or as far as the line goes, for every service' imports c2 \
    "*@*.example.org,!*@bad.example.org cert-authority,server $(public ca)" \
    "*@*.example.net cert-authority,server $(public ca-rsa)" "*@web.example.org server $(public h-web)"
run trust import -f c3 -n HTTP@bad.example.org known_cas
check '@cert-authority: not a host that it excludes' refused 'no line is of'
sed -n 1p known_cas >one_ca
run trust import -f c4 one_ca
check '@cert-authority: without -n, ssh'\''s own service' imports c4 \
    "host@*.example.org,!host@bad.example.org cert-authority,server $(public ca)"
check 'the role is that of a server' row 'host@*.example.org' cert-authority
run trust import -f c5 -n '?@w?b.example.org' known_cas
check 'a ? is one character, in the line or in -n' imports c5 "?@web.example.org server $(public h-web)" \
    "?@w?b.example.org,!?@bad.example.org cert-authority,server $(public ca)"
echo "@cert-authority ?.example.org $(public ca)" >narrow_ca
run trust import -f c6 -n 'HTTP@*.example.org' narrow_ca
check 'a line is never widened' imports c6 "HTTP@?.example.org cert-authority,server $(public ca)"

{
    echo "cert-authority,principals=\"alice@example.org,bob\" $(public ca)"
    echo "$(public user) alice's key"
} >authorized_keys
run trust import -f a1 -n alice authorized_keys
check 'authorized_keys: the lines name nobody, -n does' imports a1 \
    "alice cert-authority,client $(public ca)" "alice $(public user) alice's key"
sed -n 1p authorized_keys >authorized_ca
run trust import -f a2 authorized_ca
check 'authorized_keys: a CA has its principals' imports a2 \
    "alice@example.org,bob cert-authority,client $(public ca)"
echo "CERT-AUTHORITY,principals=\"*\" $(public ca)" >authorized_star
run trust import -f a3 authorized_star
check 'authorized_keys: a principal is never a pattern' has 'would be a pattern here'
echo "cert-authority $(public ca)" >authorized_all
run trust import -f a4 authorized_all
check 'authorized_keys: a CA for whom?' has 'a CA for whom?'
echo "cert-authority,from=\"10.0.0.1\",no-pty $(public ca)" >authorized_from
run trust import -f a5 -n alice authorized_from
check 'authorized_keys: conditions that cannot be kept' has 'what these options say: from, no-pty; drop'

{
    echo "# signers"
    echo "*@example.org cert-authority $(public ca) people"
    echo "alice@example.org namespaces=\"gss-*\",valid-before=\"20990101\" $(public user)"
    echo "bob $(public h-web)"
} >signers
run trust import -f s1 signers
check 'allowed_signers: as they are, for clients' imports s1 \
    "*@example.org cert-authority,client $(public ca) people" \
    "alice@example.org namespaces=\"gss-*\",valid-before=\"20990101\",client $(public user)" \
    "bob client $(public h-web)"
run trust import -f s2 -n alice@example.org signers
check 'allowed_signers: -n takes the lines of that name' imports s2 \
    "alice@example.org cert-authority,client $(public ca) people" \
    "alice@example.org namespaces=\"gss-*\",valid-before=\"20990101\",client $(public user)"
echo "carol $(public user)" >my_allowed_signers
run trust import -f s3 my_allowed_signers
check 'allowed_signers: known by the name of its file' imports s3 "carol client $(public user)"
cp my_allowed_signers some_file
run trust import -f s4 some_file
check 'what does not say so is a host' imports s4 "host@carol server $(public user)"
cat signers known_cas >mixed
run trust import -f s5 mixed
check 'a mixture does not decide which a bare name is' row 'mixed line 4: a host'\''s key or a person'\''s'
echo "dave namespaces=\"git\" $(public user)" >git_signers
run trust import -f s6 git_signers
check 'a line for something else' has 'does not match "gss-edhoc"'
{
    echo "@revoked * $(public h-db) stolen"
    echo "web.example.org $(public h-web)"
    echo "db.example.org $(public h-db)"
} >known_revoked
run trust import -f r1 known_revoked
check '@revoked: without a list, refused' row 'known_revoked line 1: @revoked' '--revoked=LIST'
echo "db.example.org $(public h-db)" >known_before
run trust import -f r1 known_before
run trust import -f r1 --revoked=list known_revoked
check '@revoked: added to the list' [ "$(cat list)" = "$(public h-db) stolen" ]
check '@revoked: and its key pinned by no line' row 'passed over, revoked in list' 'known_revoked line 3'
check '@revoked: the others are' grep -qxF "host@web.example.org server $(public h-web)" r1
check '@revoked: a line that pins it already is told' row 'note: r1 line 1 (host@db.example.org)'
run trust import -f r1 --revoked=list known_revoked
check '@revoked: once' [ "$(wc -l <list)" = 1 ]
echo "@revoked mail.example.org $(public ca-521)" >known_ca
run trust import -f r1 --revoked=list -n HTTP@web.example.org known_ca
check '@revoked: -n says whose' refused 'no line is of HTTP@web.example.org'
run trust import -f r1 --revoked=list -n HTTP@mail.example.org known_ca
check '@revoked: a CA'\''s key of any type' grep -qxF "$(public ca-521)" list
awk -v key="$(public h-web)" 'NR == 1 { print "@revoked", $1, key }' hashed >hashed_revoked
run trust import -f r1 --revoked=list -n 'HTTP@*.example.org' hashed_revoked
check '@revoked: a pattern matches no hashed name, and that is said' refused 'the name is hashed'
ssh-keygen -q -k -f krl
run trust import -f r1 --revoked=krl known_revoked
check '@revoked: OpenSSH'\''s list is for ssh-keygen' refused 'ssh-keygen -k -u -f krl'
cd ..

# -- check -------------------------------------------------------------------------------------

mkdir check && cd check || exit 1
cp ../user ../user.pub ../web ../web.pub . && ssh-keygen -q -N '' -t ed25519 -f plain
sign ../ca user -I 'alice today' -n alice,alice@example.org -z 7 -V +1d
sign ../ca web -h -I 'the web' -n web.example.org,www.example.org -z 8 -V always:forever
echo "*@example.org cert-authority,client,local-user=\"al\" $(public ca)" >trust
echo "*@*.example.org cert-authority,server $(public ca)" >>trust
export GSS_EDHOC_TRUST="$PWD/trust" GSS_EDHOC_IDENTITY="$PWD/user" \
    GSS_EDHOC_SERVICE_IDENTITY="$PWD/web"
ca=$(fingerprint ../ca.pub)
well() { [ "$STATUS" = 0 ] && ! grep -q '^FAIL' "$SANDBOX/command.out"; }
run check HTTP@web.example.org
check 'check: with a certificate all is well' well
check 'check: who signed, and until when' row ok certificate "$PWD/user is for a user" \
    'key id "alice today", serial 7' "signed by the CA $ca" "until 20"
check 'check: who it may be' row ok 'first of these that the line matches: alice, alice@example.org'
check 'check: whom the same lines make of it' row ok 'trust line 1 knows this client as alice@example.org'
check 'check: which line has the target' row ok 'trust line 2 believes host certificates of the CA' \
    "$ca for HTTP@web.example.org"
check 'check: a line of a CA is enough to begin' row ok 'handshake: can begin'
check 'check: without a list nothing is revoked' row ok 'certificate: not revoked, for no list is configured'
echo '# nothing' >nothing
GSS_EDHOC_REVOKED=$PWD/nothing run check
check 'check: not revoked, and where' row ok "certificate: not revoked in $PWD/nothing"
run check -a HTTP@www.example.org
check 'check: a server with a host certificate' well
check 'check: its hosts' row ok identity 'web.example.org, www.example.org'
check 'check: for ever' row ok certificate 'is for a host' ', for ever'
check 'check: its name' row ok 'answers to HTTP@www.example.org'
check 'check: a line of a CA is for clients' row ok 'trust: 1 line for clients'
run list
check 'list: the hosts of a certificate' row '*@web.example.org,*@www.example.org' OpenSSH
run check -a HTTP@mail.example.org
check 'check: a host that is not in it' row FAIL name mail.example.org principal
echo 'serial: 7' >spec && ssh-keygen -q -k -f revoked -s ../ca.pub spec
GSS_EDHOC_REVOKED=$PWD/revoked run check
check 'check: our own is revoked' row FAIL certificate 'serial number 7'
sign ../ca user -I 'alice last year' -n alice@example.org -V 20200101:20210101
run check
check 'check: expired, it is passed over' row warn certificate 'expired on 2021-01-01' 'the key itself is sent'
sign ../ca user -I 'alice next year' -n alice@example.org -V 20370101:20370102
run check
check 'check: not yet valid' row warn certificate 'is not valid before 2037-01-01'
sign ../ca user -h -I 'not a host' -n alice@example.org
run check
check 'check: one for hosts' row warn certificate 'is for hosts, so it is passed over'
sign ../ca user -I forced -n alice@example.org -O force-command=true
run check
check 'check: a critical option' row FAIL certificate 'critical option'
sign ../ca user -I nobody
run check
check 'check: no principal' row FAIL certificate 'names nobody'

sign ../ca user -I 'alice today' -n alice,alice@example.org -z 7 -V +1d
run check -a --peer=user-cert.pub
check 'check --peer: a client is believed' well
check 'check --peer: as whom, by which line' row ok 'peer: believed as alice@example.org, by' \
    'trust line 1, until 20'
check 'check --peer: revoked or not' row ok 'peer: not revoked, for no list'
check 'check --peer: may log in' row ok 'peer: may log in as al'
check 'check --peer: who signed' row ok certificate "signed by the CA $ca"
run check -p web-cert.pub HTTP@web.example.org
check 'check --peer: a server' row ok 'peer: believed as HTTP@web.example.org' 'trust line 2, for ever'
run check -p web-cert.pub HTTP@db.example.org
check 'check --peer: a server with another name' row FAIL peer 'host of HTTP@db.example.org is none of its principals'
run check -p user-cert.pub HTTP@web.example.org
check 'check --peer: a user is no server' row FAIL peer 'a user certificate'
GSS_EDHOC_REVOKED=$PWD/revoked run check -a -p user-cert.pub
check 'check --peer: revoked' row FAIL peer 'serial number 7 is listed'
echo "alice@example.org client $(public user)" >>trust
run check -a -p user-cert.pub
check 'check --peer: a pin for that very name decides' row ok 'peer: believed as alice@example.org' 'trust line 3'
sed -i 3d trust
echo "alice@example.org client $(cut -d' ' -f1,2 plain.pub)" >>trust
run check -a -p user-cert.pub
check 'check --peer: a name that is another key'\''s' row FAIL peer 'is pinned to a key' 'trust line 3'
sed 's/^/alice@example.org /' plain.pub >plain-named.pub
run check -a -p plain-named.pub
check 'check --peer: a .pub' row ok 'peer: believed as alice@example.org' 'trust line 3, for ever'
run check -a -p ../fixtures/of-rsa-cert.pub
check 'check --peer: a key that cannot be used' row FAIL peer ssh-rsa-cert
run check -p user-cert.pub
check 'check --peer: as what?' [ "$STATUS" = 2 ]
if [ -d ../x509 ]; then
    GSS_EDHOC_ANCHORS=$SANDBOX/x509/ca.pem run check -a -p ../x509/alice.crt
    check 'check --peer: an X.509 certificate' row FAIL peer 'alice@example.org' 'is pinned'
    sed -i 3d trust
    GSS_EDHOC_ANCHORS=$SANDBOX/x509/ca.pem run check -a -p ../x509/alice.crt
    check 'check --peer: by the anchors' row ok 'alice@example.org, by the anchors'
    run show ../x509/alice.key
    sed -n 's/^ *trust line *NAME/*@example.org client/p' "$SANDBOX/stdout" >>trust
    GSS_EDHOC_ANCHORS=$SANDBOX/x509/ca.pem run check -a -p ../x509/alice.crt
    check 'check --peer: a pin that had no say is not named' row ok 'alice@example.org, by the anchors'
fi
unset GSS_EDHOC_TRUST GSS_EDHOC_IDENTITY GSS_EDHOC_SERVICE_IDENTITY
cd ..

tap_done
