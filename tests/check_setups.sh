#!/bin/sh
# `gss-edhoc check` on set-ups that work and on many that are broken, each in its own way: TAP. Every
# answer must say what is wrong and what to do. GSS_EDHOC names the command, MECH_SO the plugin.

# shellcheck source=tests/command_lib.sh
. "$(dirname "$0")/command_lib.sh"
# As the build registers it: by its path, where MIT does not look in that folder anyway.
object=$(sed -n 's/^edhoc [^ ]* \([^ ]*\).*/\1/p' "${command%/*}/edhoc.conf" 2>/dev/null)
object=${object:-mech_edhoc.so}
chmod 755 "$work"
# Some tests become another user, who may not enter the build folder in root's home.
if [ "$(id -u)" -eq 0 ]; then
    cp "$plugin" mech_edhoc.so && cp "$command" gss-edhoc || exit 99
    plugin=$work/mech_edhoc.so
    command=$work/gss-edhoc
fi
mkdir -p home/.config/gss-edhoc
GSS_MECH_CONFIG=$work/mech.conf
export GSS_MECH_CONFIG

oid=1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869
register() { echo "edhoc $*" >mech.conf; }
register $oid "$plugin"

# check ARG...: `gss-edhoc check`, its output in out and err, its exit status in $exited
check() { run check "$@"; }

# Each line is one answer, and stderr stays empty.
well_formed() { [ ! -s err ] && [ -s out ] && ! grep -qvE '^(ok|warn|FAIL): [a-z]+: ' out; }
# has VERDICT TEXT...: one and the same line has the verdict and all the texts
has() {
    grep "^$1: " out >lines
    shift
    for text in "$@"; do
        grep -F -e "$text" lines >fewer
        mv fewer lines
    done
    [ -s lines ]
}
# finds TEXT...: the only thing that is wrong is what has all these texts
finds() {
    [ "$exited" -eq 1 ] && well_formed && [ "$(grep -c '^FAIL' out)" -eq 1 ] && has FAIL "$@"
}
good() { [ "$exited" -eq 0 ] && well_formed && ! grep -qE '^(warn|FAIL)' out; }

# -- Keys and certificates ---------------------------------------------------------------------

keygen() { # TYPE FILE NAME
    "$command" keygen -t "$1" -o "$2" "$3" >keygen.out 2>&1 || exit 99
}
keygen x25519 me.pem alice
keygen ed448 odd.pem alice
keygen x25519 web.pem HTTP@web.example.org
keygen p384 web384.pem HTTP@web.example.org
cp web.pem.pub pins
line=$(cat web.pem.pub)

{
    printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\nserial=serial\ncrlnumber=crlnumber\nnew_certs_dir=.\n'
    printf 'default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n'
    printf '[ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
    printf 'subjectKeyIdentifier=hash\n'
    for purpose in serverAuth clientAuth; do
        printf '[%s]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n' $purpose
        # shellcheck disable=SC2016 # for openssl
        printf 'extendedKeyUsage=%s\nsubjectAltName=$ENV::SAN\n' $purpose
    done
} >ca.cnf
: >index
echo 1000 >serial
echo 01 >crlnumber
SAN=DNS:nobody # openssl wants the variable set, whichever section it reads
export SAN

# new_key FILE
new_key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" >>openssl.log 2>&1 &&
        chmod 600 "$1"
}
date_in() { date -u -d "@$(($(date +%s) + $1 * 86400))" +%Y%m%d%H%M%SZ; }
# certify FILE PURPOSE SAN FROM TO: key and chain in one PEM; FROM and TO in days from now
certify() {
    new_key "$1" &&
        openssl req -new -key "$1" -subj "/CN=${1%.pem}" -out csr >>openssl.log 2>&1 &&
        SAN=$3 openssl ca -batch -notext -config ca.cnf -keyfile ca.key -cert ca.crt -in csr \
            -extensions "$2" -startdate "$(date_in "$4")" -enddate "$(date_in "$5")" \
            -out "${1%.pem}.crt" >>openssl.log 2>&1 &&
        cat "${1%.pem}.crt" >>"$1"
}
have_openssl=no
if command -v openssl >/dev/null && new_key ca.key &&
    openssl req -x509 -new -key ca.key -subj '/CN=Test CA' -days 3650 -config ca.cnf \
        -extensions ext -out ca.crt >>openssl.log 2>&1; then
    have_openssl=yes
else
    sed 's/^/# /' openssl.log 2>/dev/null
fi

# -- What works --------------------------------------------------------------------------------

GSS_EDHOC_IDENTITY=$work/me.pem
GSS_EDHOC_TRUST=$work/pins
export GSS_EDHOC_IDENTITY GSS_EDHOC_TRUST
check HTTP@WEB.example.org
good && has ok "registered on $work/mech.conf line 1 as $plugin" && has ok 'has loaded it' &&
    has ok "$work/me.pem: x25519" alice && has ok "pins line 1 pins HTTP@web.example.org" &&
    has ok 'METHOD 3, cipher suite 6'
result 'a client that can begin, and by what'
check
good && has ok '1 line for servers' && has ok 'suites: 6, 4, 1'
result 'a client without a target'
GSS_EDHOC_SERVICE_IDENTITY=$work/web.pem GSS_EDHOC_TRUST=$work/me.pem.pub check -a HTTP@web.example.org
good && has ok 'web.pem answers to HTTP@web.example.org' && has ok '1 line for clients'
result 'a server'
check HTTP/web.example.org
[ "$exited" -eq 2 ] && grep -q 'write SERVICE@HOST' err && [ ! -s out ]
result 'a name in the manner of Kerberos is wrong usage'
check HTTP@web.example.org extra
[ "$exited" -eq 2 ] && [ "$(wc -l <err)" -eq 1 ]
result 'two names are wrong usage'

# -- The plugin --------------------------------------------------------------------------------

GSS_MECH_CONFIG=$work/absent check HTTP@web.example.org
finds 'not registered' "only $work/absent is read, which does not exist" "the line: edhoc $oid $object"
result 'a configuration that does not exist'
echo '# edhoc' >mech.conf
check HTTP@web.example.org
finds 'not registered' 'has no line for it' "the line: edhoc $oid $object"
result 'a configuration without the mechanism'
register 1.2.840.113556.1.8000 "$plugin"
check HTTP@web.example.org
finds 'mech.conf line 1' 'the wrong OID 1.2.840.113556.1.8000' "must be $oid"
result 'a wrong OID'
register $oid "$plugin"
echo "old 1.2.3 $plugin" >>mech.conf
check HTTP@web.example.org
[ "$exited" -eq 0 ] && well_formed && has warn 'mech.conf line 2' 'another OID (1.2.3)' 'remove that line'
result 'a leftover with a wrong OID is a warning'
register $oid "$plugin" '[options=confirm]'
echo "edhoc $oid $plugin [options=none]" >>mech.conf
check HTTP@web.example.org
[ "$exited" -eq 0 ] && well_formed &&
    has warn 'mech.conf line 1 registers it as well' 'mech.conf line 2 do' 'remove one of the lines'
result 'two registrations'
as_nobody=
[ "$(id -u)" -ne 0 ] || as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups --'
register $oid "$plugin"
chmod 000 mech.conf
# shellcheck disable=SC2086 # words
if $as_nobody "$command" --version >out 2>err; then
    $as_nobody "$command" check >out 2>err
    exited=$?
    [ "$exited" -eq 1 ] && well_formed &&
        has FAIL 'not registered for user' "may not read $work/mech.conf" "chmod a+rX $work/mech.conf"
    result 'a registration that this user may not read'
else
    skip 'a registration that this user may not read' 'cannot become another user'
fi
chmod 644 mech.conf
register $oid "$work/nowhere/mech_edhoc.so"
check HTTP@web.example.org
finds "$work/nowhere/mech_edhoc.so: No such file" 'install the plugin'
result 'an object that is not there'
register $oid nonesuch_edhoc.so
check HTTP@web.example.org
finds /gss/nonesuch_edhoc.so 'No such file'
result "a relative path is taken from MIT's folder"
echo 'this is no object' >junk.so
register $oid "$work/junk.so"
check HTTP@web.example.org
finds 'junk.so cannot be loaded' 'install it again'
result 'an object that is damaged'
register $oid "$work"
check HTTP@web.example.org
finds 'is not a file'
result 'an object that is a folder'
library=$(ldd "$plugin" 2>/dev/null | sed -n 's/.*libcbor.* => \([^ ]*\) .*/\1/p')
if [ -n "$library" ]; then
    register $oid "$library"
    check HTTP@web.example.org
    finds 'is a library, but no GSS-API mechanism'
    result 'a library that is no mechanism'
else
    skip 'a library that is no mechanism' 'no ldd'
fi
cc=${CC:-cc}
echo 'int other; void nothing(void) { other++; }' >other.c
if $cc -shared -fPIC -o libother.so other.c 2>cc.log && echo 'extern int other; int *p = &other;' >lacks.c &&
    $cc -shared -fPIC -o lacks.so lacks.c -L. -lother 2>>cc.log; then
    rm libother.so
    register $oid "$work/lacks.so"
    check HTTP@web.example.org
    finds libother.so 'install the package that has that library'
    result 'a library that the object needs is missing'
    $cc -shared -fPIC -Wl,-soname,libcbor.so.0.99 -o libother.so other.c 2>>cc.log
    $cc -shared -fPIC -o lacks.so lacks.c -L. -lother 2>>cc.log
    rm libother.so
    check HTTP@web.example.org
    finds libcbor.so.0.99 'install libcbor of that version' 'apt install libcbor'
    result 'libcbor is missing'
    echo '#include <stdlib.h>' >crash.c
    echo '__attribute__((constructor)) static void crash(void) { abort(); }' >>crash.c
    $cc -shared -fPIC -o crash.so crash.c 2>>cc.log
    register $oid "$work/crash.so"
    check HTTP@web.example.org
    finds 'crash.so ends a program'
    result 'an object that crashes takes nothing with it'
else
    skip 'a library that the object needs is missing' 'no C compiler'
    skip 'libcbor is missing' 'no C compiler'
    skip 'an object that crashes takes nothing with it' 'no C compiler'
fi
register $oid "$plugin" '[trust=/etc/gss/edhoc/trust'
check HTTP@web.example.org
[ "$exited" -eq 1 ] && well_formed && has FAIL plugin 'line 1: the options have no closing ]'
result 'a registration that is not closed'
register $oid "$plugin" '[trsut=/etc/gss/edhoc/trust]'
check HTTP@web.example.org
finds settings 'trsut: is no setting'
result 'a setting that is misspelt'
register $oid "$plugin"

# -- Variables ---------------------------------------------------------------------------------

GSS_EDHOC_IDENTIY=$work/me.pem check HTTP@web.example.org
[ "$exited" -eq 0 ] && well_formed && [ "$(grep -c '^warn' out)" -eq 1 ] &&
    has warn 'settings: the variable GSS_EDHOC_IDENTIY' 'did you mean GSS_EDHOC_IDENTITY?'
result 'a variable that is misspelt'
# shellcheck disable=SC2154 # no variable of the shell's
env gss_edhoc_trust="$work/pins" "$command" check HTTP@web.example.org >out 2>err
[ $? -eq 0 ] && has warn 'variable gss_edhoc_trust' 'did you mean GSS_EDHOC_TRUST?'
result 'a variable in small letters'
GSS_EDHOC_KEYTAB=x check HTTP@web.example.org
[ "$exited" -eq 0 ] && has warn 'variable GSS_EDHOC_KEYTAB' 'mech_edhoc(8) lists them'
result 'a variable that there is not'

# -- Keys --------------------------------------------------------------------------------------

GSS_EDHOC_IDENTITY=$work/absent.pem check HTTP@web.example.org
finds 'absent.pem does not exist' 'gss-edhoc keygen'
result 'no key'
(
    unset GSS_EDHOC_IDENTITY
    check HTTP@web.example.org
    finds "$work/home/.config/gss-edhoc/identity.pem does not exist" 'make a key'
)
result 'no key in the default place'
cp me.pem open.pem
chmod 644 open.pem
GSS_EDHOC_IDENTITY=$work/open.pem check HTTP@web.example.org
finds 'open.pem: mode 0644 lets others' "chmod 600 $work/open.pem"
result 'a key that others can read'
cp me.pem shut.pem
chmod 000 shut.pem
# shellcheck disable=SC2086 # words
if $as_nobody "$command" --version >out 2>err; then
    cp pins nobody_pins
    mkdir closed
    cp me.pem closed
    chmod 644 closed/me.pem
    chmod 000 closed
    GSS_EDHOC_IDENTITY=$work/closed/me.pem $as_nobody "$command" check HTTP@web.example.org >out 2>err
    exited=$?
    chmod 700 closed
    finds 'closed/me.pem: cannot be opened: Permission denied' "may not enter the folder $work/closed;" \
        "chmod a+x $work/closed"
    result 'a key in a folder that may not be entered'
    GSS_EDHOC_IDENTITY=$work/shut.pem $as_nobody "$command" check HTTP@web.example.org >out 2>err
    exited=$?
    finds 'shut.pem: cannot be opened: Permission denied' 'chown, chmod 600' GSS_EDHOC_IDENTITY
    result 'a key that cannot be read'
else
    skip 'a key in a folder that may not be entered' 'cannot become another user'
    skip 'a key that cannot be read' 'cannot become another user'
fi
GSS_EDHOC_IDENTITY=$work/home check HTTP@web.example.org
finds "$work/home: not a regular file but a directory" "like $work/home/identity.pem"
result 'a folder where a key is wanted'
GSS_EDHOC_IDENTITY=$work/me.pem/ check HTTP@web.example.org
finds "$work/me.pem/: cannot be opened: Not a directory; $work/me.pem is a file" && ! grep -q chmod out
result 'a key with a slash after it'
GSS_EDHOC_IDENTITY=$work/me.pem.pub check HTTP@web.example.org
finds "$work/me.pem.pub: by its name and mode a public key" 'without .pub' && ! grep -q chmod out
result 'a .pub file for a key'
# shellcheck disable=SC2088 # which is the mistake
GSS_EDHOC_IDENTITY='~/me.pem' check HTTP@web.example.org
finds 'GSS_EDHOC_IDENTITY: "~/me.pem": ~ is not expanded here' 'write the whole path'
result 'a place that a shell would have expanded'
GSS_EDHOC_TRUST=$work/home/ check HTTP@web.example.org
finds "like $work/home/trust;"
result 'a folder with a slash after it'
GSS_EDHOC_TRUST=$work/home check HTTP@web.example.org
finds "$work/home: not a regular file but a directory" "like $work/home/trust"
result 'a folder where a trust file is wanted'
(
    umask 0377
    XDG_CONFIG_HOME=$work/strict/config "$command" keygen bob >out 2>err
)
[ "$(stat -c %a strict strict/config strict/config/gss-edhoc | sort -u)" = 700 ]
result 'folders are made with their modes under any umask'
echo nonsense >nonsense.pem
chmod 600 nonsense.pem
GSS_EDHOC_IDENTITY=$work/nonsense.pem check HTTP@web.example.org
finds 'nonsense.pem: no PEM private key'
result 'a key file without a key'
cp me.pem mixed.pem
cp odd.pem.pub mixed.pem.pub
GSS_EDHOC_IDENTITY=$work/mixed.pem check HTTP@web.example.org
finds 'mixed.pem.pub is not the public half'
result 'a .pub file of another type of key'
keygen x25519 other.pem alice
cp other.pem mixed.pem
cp me.pem.pub mixed.pem.pub
GSS_EDHOC_IDENTITY=$work/mixed.pem check HTTP@web.example.org
[ "$exited" -eq 0 ] && well_formed && has warn 'mixed.pem.pub is of another key'
result 'a .pub file of another key'
cp me.pem ended.pem
sed 's/ / valid-before="20260102" /' me.pem.pub >ended.pem.pub
GSS_EDHOC_IDENTITY=$work/ended.pem check HTTP@web.example.org
finds 'ended.pem.pub expired on 2026-01-02' renew
result 'a key that has expired by its own .pub file'

# -- Certificates ------------------------------------------------------------------------------

if [ $have_openssl = yes ]; then
    mail=email:alice@corp.example
    certify client.pem clientAuth $mail -1 300 && certify expired.pem clientAuth $mail -20 -10 &&
        certify soon.pem clientAuth $mail -1 7 && certify future.pem clientAuth $mail 10 20 &&
        certify wrong.pem serverAuth $mail -1 300 &&
        certify server.pem serverAuth DNS:web.example.org -1 300 &&
        certify revoked.pem clientAuth $mail -1 300 &&
        openssl ca -config ca.cnf -keyfile ca.key -cert ca.crt -revoke revoked.crt >>openssl.log 2>&1 &&
        openssl ca -config ca.cnf -keyfile ca.key -cert ca.crt -gencrl -crldays 30 -out crl \
            >>openssl.log 2>&1
    result 'openssl makes certificates'
    GSS_EDHOC_ANCHORS=$work/ca.crt
    GSS_EDHOC_TRUST=$work/none
    : >none
    export GSS_EDHOC_ANCHORS
    GSS_EDHOC_IDENTITY=$work/client.pem check HTTP@web.example.org
    good && has ok 'will know this client as alice@corp.example' &&
        has ok 'certificate of a CA in' 'for the host web.example.org' && has ok 'METHOD 0'
    result 'a client with a certificate, a server with one'
    GSS_EDHOC_IDENTITY=$work/expired.pem check HTTP@web.example.org
    finds '"CN=expired"' 'expired on 20' 'renew it'
    result 'a certificate that has expired'
    GSS_EDHOC_IDENTITY=$work/soon.pem check HTTP@web.example.org
    [ "$exited" -eq 0 ] && well_formed && [ "$(grep -c '^warn' out)" -eq 1 ] &&
        has warn '"CN=soon"' 'expires in ' ' days' 'renew it'
    result 'a certificate that expires soon is a warning, and no failure'
    GSS_EDHOC_IDENTITY=$work/future.pem check HTTP@web.example.org
    finds '"CN=future"' 'is not valid before' 'the clock says' 'set it'
    result 'a certificate that is not valid yet, or a clock that is slow'
    GSS_EDHOC_IDENTITY=$work/wrong.pem check HTTP@web.example.org
    finds 'wrong.pem is not for client authentication' 'extendedKeyUsage clientAuth'
    result "a server's certificate on a client"
    GSS_EDHOC_SERVICE_IDENTITY=$work/server.pem check -a HTTP@web.example.org
    good && has ok 'server.pem answers to HTTP@web.example.org'
    result 'a server with a certificate'
    GSS_EDHOC_SERVICE_IDENTITY=$work/server.pem check -a HTTP@www.example.org
    finds 'no certificate here has www.example.org' 'with that DNS name'
    result 'a name that is not in the certificate'
    GSS_EDHOC_SERVICE_IDENTITY=$work/client.pem check -a
    finds 'client.pem is not for server authentication' 'extendedKeyUsage serverAuth'
    result "a client's certificate on a server"
    GSS_EDHOC_CRLS=$work/crl GSS_EDHOC_IDENTITY=$work/revoked.pem check HTTP@web.example.org
    finds '"CN=revoked"' revoked
    result 'a certificate that was revoked'
    cat me.pem expired.crt >stolen.pem
    chmod 600 stolen.pem
    GSS_EDHOC_IDENTITY=$work/stolen.pem check HTTP@web.example.org
    finds 'not for this private key'
    result 'a certificate of another key'
    openssl genpkey -algorithm RSA -out rsa.pem >>openssl.log 2>&1
    chmod 600 rsa.pem
    GSS_EDHOC_IDENTITY=$work/rsa.pem check HTTP@web.example.org
    finds rsa.pem RSA
    result 'an RSA key'
    unset GSS_EDHOC_ANCHORS
    GSS_EDHOC_TRUST=$work/pins
    GSS_EDHOC_ANCHORS=$work/absent.crt check HTTP@web.example.org
    finds trust 'absent.crt: cannot be opened' 'make that file' 'no certificate is believed' &&
        has ok 'pins line 1 pins HTTP@web.example.org'
    result 'anchors that are not there refuse certificates, and pinned keys go on'
    : >empty.crl
    GSS_EDHOC_ANCHORS=$work/ca.crt GSS_EDHOC_CRLS=$work/empty.crl check HTTP@web.example.org
    finds trust 'empty.crl: the file is empty' 'no certificate is believed'
    result 'so does a list of revoked certificates'
    GSS_EDHOC_REVOKED=$work/absent.krl check HTTP@web.example.org
    [ "$exited" -eq 1 ] && has FAIL 'absent.krl: cannot be opened' 'nobody is believed'
    result 'a list of revoked keys that is not there refuses everybody'
else
    skip 'certificates' 'no openssl'
fi

# -- Trust -------------------------------------------------------------------------------------

check HTTP@db.example.org
finds 'no line pins HTTP@db.example.org' "$work/pins" 'gss-edhoc trust add'
result 'nobody pins the target'
check host@web.example.org
finds 'no line pins host@web.example.org' 'line 1 pins HTTP@web.example.org' 'another service'
result 'another service on that host is pinned'
check HTTP@web
finds 'no line pins HTTP@web;' "did you mean HTTP@web.example.org, $work/pins line 1?" 'the whole one'
result 'a short host name'
sed 's/web.example.org/web/' pins >short_pins
GSS_EDHOC_TRUST=$work/short_pins check HTTP@web.example.org
finds "did you mean HTTP@web, $work/short_pins line 1?" 'on both sides'
result 'a short host name in the trust file'
check http@web.example.org
finds "did you mean HTTP@web.example.org, $work/pins line 1?" 'upper and lower case'
result "a service's name in another case"
check HTTP@web.exmaple.org
finds "did you mean HTTP@web.example.org, $work/pins line 1?" 'letter of difference'
result 'a name that is misspelt'
GSS_EDHOC_TRUST=$work/me.pem.pub check HTTP@web.example.org
finds 'no line pins HTTP@web.example.org' "line 1 of $work/me.pem.pub (alice) pins this side's own key" \
    "get the server's .pub file"
result "a client's own line in its trust file"
sed 's/ / client /' me.pem.pub >both_sides
GSS_EDHOC_TRUST=$work/both_sides check HTTP@web.example.org
finds 'no line pins HTTP@web.example.org' 'get its .pub file' && ! grep -q "this side's own key" out
result "a client's own line for the server on the same machine"
GSS_EDHOC_SERVICE_IDENTITY=$work/web.pem GSS_EDHOC_TRUST=$work/web.pem.pub check -a
finds "web.pem.pub line 1 (HTTP@web.example.org) pins this side's own key" 'the keys of clients'
result "a server's own line in its trust file"
GSS_EDHOC_SERVICE_IDENTITY=$work/web.pem GSS_EDHOC_TRUST=$work/me.pem.pub check -a http@web.example.org
finds 'no key here is for http@web.example.org; did you mean HTTP@web.example.org?'
result "a server's own name in another case"
echo "$line" | sed 's/ / valid-before="20260102" /' >old_pins
GSS_EDHOC_TRUST=$work/old_pins check HTTP@web.example.org
finds 'old_pins line 1' 'expired on 2026-01-02' valid-before
result 'a trust line that has expired'
echo "$line" | sed 's/ / valid-after="29990101" /' >new_pins
GSS_EDHOC_TRUST=$work/new_pins check HTTP@web.example.org
finds 'new_pins line 1' 'not valid before 2999-01-01' clock
result 'a trust line that is not valid yet'
echo "$line" | sed "s/ / valid-before=\"$(date_in 5)\" /" >soon_pins
GSS_EDHOC_TRUST=$work/soon_pins check HTTP@web.example.org
[ "$exited" -eq 0 ] && well_formed && has warn 'soon_pins line 1' 'expires in ' ' days'
result 'a trust line that expires soon'
echo "$line" | sed 's/ / client /' >client_pins
GSS_EDHOC_TRUST=$work/client_pins check HTTP@web.example.org
finds 'client_pins line 1' 'as a client only' 'add the option server'
result 'a trust line for the other role'
{
    echo '# one'
    echo "alice nonsense $line"
    echo "bob ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"
    echo "$line"
} >bad_pins
GSS_EDHOC_TRUST=$work/bad_pins check HTTP@web.example.org
finds 'bad_pins line 2: "nonsense"' 'grants nothing' 'mend it or remove it' &&
    has warn 'bad_pins line 3: "ssh-rsa"' 'passed over' && has ok 'bad_pins line 4 pins'
result 'a line of trust that cannot be understood, and one that is passed over'
echo "$line" | sed 's/ / nonsense /' >bad_pins
GSS_EDHOC_TRUST=$work/bad_pins check HTTP@web.example.org
[ "$exited" -eq 1 ] && well_formed && has FAIL 'bad_pins line 1: "nonsense"' &&
    has FAIL 'no line pins HTTP@web.example.org but one that cannot be understood' 'mend that line'
result 'the line of trust for the target cannot be understood'
echo "alice, bob $line" >bad_pins
GSS_EDHOC_TRUST=$work/bad_pins check HTTP@web.example.org
finds 'bad_pins line 1: the principal "" is empty' 'nothing in the file counts'
result 'a trust file that cannot be understood'
cp pins loose_pins
chmod 666 loose_pins
GSS_EDHOC_TRUST=$work/loose_pins check HTTP@web.example.org
finds 'loose_pins: mode 0666' 'chmod go-w'
result 'a trust file that others can write'
GSS_EDHOC_TRUST=$work/absent_pins check HTTP@web.example.org
finds 'absent_pins: cannot be opened' 'make that file'
result 'a trust file that is not there'
: >empty_pins
GSS_EDHOC_TRUST=$work/empty_pins check
finds 'no servers are pinned' 'trust add'
result 'a trust file with nothing in it'
sed 's/^alice/HTTP@web.example.org/' me.pem.pub >own_pins
GSS_EDHOC_TRUST=$work/own_pins check HTTP@web.example.org
finds 'own_pins line 1' "this side's own key" 'two keys'
result 'the same key on both sides'

# -- Suites ------------------------------------------------------------------------------------

GSS_EDHOC_IDENTITY=$work/odd.pem check HTTP@web.example.org
finds suites 'no cipher suite joins' 'gss-edhoc keygen'
result 'no cipher suite for both keys'
GSS_EDHOC_SUITES=24 check HTTP@web.example.org
finds suites 'none of those configured can use' 'unset GSS_EDHOC_SUITES'
result 'no cipher suite configured for the key'
GSS_EDHOC_SUITES=7 check HTTP@web.example.org
finds settings 'cipher suites are numbers among'
result 'a cipher suite that there is not'
GSS_EDHOC_SERVICE_IDENTITY=$work/web384.pem GSS_EDHOC_TRUST=$work/me.pem.pub check -a
[ "$exited" -eq 1 ] && well_formed && has warn 'me.pem.pub line 1 (alice)' 'keygen -t x25519' &&
    has FAIL 'none for any client'
result 'a server that can talk to none of its clients'

# -- Acceptor ----------------------------------------------------------------------------------

mkdir service.d
GSS_EDHOC_SERVICE_IDENTITY=$work/service.d GSS_EDHOC_TRUST=$work/me.pem.pub check -a
finds 'service.d has no key' 'gss-edhoc keygen -o'
result 'a folder without keys'
chmod 777 service.d
GSS_EDHOC_SERVICE_IDENTITY=$work/service.d GSS_EDHOC_TRUST=$work/me.pem.pub check -a
finds 'service.d: mode 0777 lets others' 'chmod go-w' && ! grep -q 'name the file' out
result 'a folder of keys where others may write'
chmod 755 service.d
cp web.pem.pub service.d/web.pem
GSS_EDHOC_SERVICE_IDENTITY=$work/service.d GSS_EDHOC_TRUST=$work/me.pem.pub check -a
finds 'web.pem: no PEM private key in it; make one with' && ! grep -q 'chgrp' out
result 'a folder with a .pub file for a key'
rm service.d/web.pem
cp web.pem web.pem.pub service.d
GSS_EDHOC_SERVICE_IDENTITY=$work/service.d GSS_EDHOC_TRUST=$work/me.pem.pub check -a imap@mail.example.org
finds 'no key here is for imap@mail.example.org' 'gss-edhoc keygen -o FILE imap@mail.example.org'
result 'a service without a key'
[ "$(id -u)" != 0 ] || has ok 'user: root' 'runuser -u USER -- gss-edhoc check -a'
result 'root is told that a service may be another user'

cp nonsense.pem service.d/cert.pem
GSS_EDHOC_SERVICE_IDENTITY=$work/service.d GSS_EDHOC_TRUST=$work/me.pem.pub check -a HTTP@web.example.org
[ "$exited" -eq 0 ] && well_formed && [ "$(grep -c '^warn' out)" -eq 1 ] &&
    has warn 'service.d/cert.pem: no PEM private key in it' 'passed over' 'move it out' &&
    has ok 'web.pem answers to HTTP@web.example.org'
result 'a certificate in the folder of keys stops nothing'
rm service.d/cert.pem
# shellcheck disable=SC2086 # words
if $as_nobody "$command" --version >out 2>err; then
    cp web.pem service.d/mine.pem
    cp web.pem.pub service.d/mine.pem.pub
    cp web.pem service.d/ldap.pem
    [ -z "$as_nobody" ] || chown 65534 service.d/mine.pem
    chmod 000 service.d/ldap.pem service.d/web.pem
    chmod 600 service.d/mine.pem
    GSS_EDHOC_SERVICE_IDENTITY=$work/service.d GSS_EDHOC_TRUST=$work/me.pem.pub \
        $as_nobody "$command" check -a HTTP@web.example.org >out 2>err
    exited=$?
    [ "$exited" -eq 0 ] && well_formed && [ "$(grep -c '^warn' out)" -eq 2 ] &&
        has warn 'service.d/ldap.pem: cannot be opened: Permission denied' 'passed over' 'chmod 640' &&
        has ok 'mine.pem answers to HTTP@web.example.org'
    result "another service's key that this one may not read stops nothing"
    chmod 000 service.d/mine.pem
    GSS_EDHOC_SERVICE_IDENTITY=$work/service.d GSS_EDHOC_TRUST=$work/me.pem.pub \
        $as_nobody "$command" check -a HTTP@web.example.org >out 2>err
    exited=$?
    finds 'service.d has no key for this user: ' 'ldap.pem: cannot be opened' 'chgrp, chmod 640'
    result 'a folder of keys for others only'
    rm -f service.d/ldap.pem* service.d/mine.pem*
    chmod 600 service.d/web.pem
else
    skip "another service's key that this one may not read stops nothing" 'cannot become another user'
    skip 'a folder of keys for others only' 'cannot become another user'
fi

# -- The log and the trace ---------------------------------------------------------------------

cp me.pem.pub clients
# check -a of a server whose only set-up fault, if any, is its log's
served() {
    GSS_EDHOC_SERVICE_IDENTITY=$work/web.pem GSS_EDHOC_TRUST=$work/clients check -a
}
# warns TEXT...: nothing fails, and what there is to warn of has all these texts
warns() {
    [ "$exited" -eq 0 ] && well_formed && [ "$(grep -c '^warn' out)" -eq 1 ] && has warn "$@"
}
served
good && has ok 'log: none' 'log=syslog in mech.conf'
result 'a server without a log'
GSS_EDHOC_LOG=syslog served
[ "$exited" -eq 0 ] && well_formed && if [ -S /dev/log ]; then
    has ok 'log: syslog' gss-edhoc
else
    has warn 'log: /dev/log: ' 'start a syslog daemon'
fi
result 'a server that tells syslog'
GSS_EDHOC_LOG=$work/log served
warns "$work/log does not exist" 'install -m 640 -o' && [ ! -e log ]
result 'a log that is not there'
: >log
GSS_EDHOC_LOG=$work/log served
good && has ok "log: $work/log; nobody was refused lately"
result 'a log with nothing in it'
i=0
while [ $i -lt 9000 ]; do
    echo '2026-11-26T12:00:00.000Z gss-edhoc[7]: accepted program="x" client="alice"'
    i=$((i + 1))
done >log
for i in 1 2 3 4 5 6; do
    echo "2026-11-26T12:00:0$i.000Z gss-edhoc[7]: refused program=\"x\" why=\"reason $i\""
done >>log
GSS_EDHOC_LOG=$work/log served
[ "$exited" -eq 0 ] && well_formed && has ok 'the last that were refused' &&
    [ "$(grep -c '^warn: log: ' out)" -eq 5 ] && has warn 12:00:02 'why="reason 2"' &&
    has warn 'reason 6' && ! has warn 'reason 1'
result 'a log that tells of refusals'
ln -s log link
GSS_EDHOC_LOG=$work/link served
warns "$work/link is a symbolic link" 'name the file itself'
result 'a log that is a link'
GSS_EDHOC_LOG=$work/home served
warns "$work/home cannot be written: Is a directory" 'name a file'
result 'a log that is a folder'
GSS_EDHOC_TRACE=$work/nowhere/trace check HTTP@web.example.org
warns "trace: $work/nowhere/trace cannot be made: No such file"
result 'a trace in a folder that is not there'
GSS_EDHOC_TRACE=$work/trace check HTTP@web.example.org
good && has ok "trace: $work/trace" GSS_EDHOC_TRACE && [ ! -e trace ]
result 'a trace that can be made'
register $oid "$plugin" "[trace=$work/trace]"
check HTTP@web.example.org
warns "trace: $work/trace does not exist" 'install -m 640'
result 'a trace in mech.conf that is not there'
register $oid "$plugin" '[trace=/dev/stderr]'
check HTTP@web.example.org
[ "$exited" -eq 0 ] && has ok 'trace: /dev/stderr, as mech.conf says'
result 'a trace in mech.conf to stderr'
register $oid "$plugin"

# -- The clock ---------------------------------------------------------------------------------

echo 'long time(long *t) { if (t) *t = 1000000000; return 1000000000; }' >clock.c
if $cc -shared -fPIC -o clock.so clock.c 2>>cc.log && (
    LD_PRELOAD=$work/clock.so ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
    export LD_PRELOAD ASAN_OPTIONS
    "$command" check HTTP@web.example.org >out 2>err
    [ $? -eq 1 ] && [ -s out ]
) && grep -q 'clock: .*2001-09-09\|FAIL: clock' out; then
    exited=1
    finds clock 'it says 2001-09-09' 'set it'
    result 'a clock that is years behind'
else
    skip 'a clock that is years behind' 'no C compiler, or it cannot be preloaded'
fi

# -- Where the output goes ---------------------------------------------------------------------

if command -v script >/dev/null; then
    escape=$(printf '\033')
    TERM=xterm script -qec "'$command' check HTTP@db.example.org" /dev/null </dev/null >out 2>err
    [ $? -eq 1 ] && grep -q "^$escape\[1;31mFAIL$escape\[0m: trust: " out &&
        grep -q "^$escape\[32mok$escape\[0m: clock: " out
    result 'colours in a terminal'
    NO_COLOR=1 TERM=xterm script -qec "'$command' check HTTP@db.example.org" /dev/null </dev/null >out 2>err
    [ $? -eq 1 ] && grep -q '^FAIL: trust: ' out && ! grep -q "$escape" out
    result 'none with NO_COLOR'
    TERM=dumb script -qec "'$command' check HTTP@db.example.org" /dev/null </dev/null >out 2>err
    [ $? -eq 1 ] && ! grep -q "$escape" out
    result 'none in a dumb terminal'
else
    skip 'colours in a terminal' 'no script'
fi
"$command" check >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'standard output' err
result 'says when its output is lost'

echo "1..$tests"
