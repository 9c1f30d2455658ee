#!/bin/sh
# A user's and a machine's keys over the years, by the command: which is for whom, the next one, all
# of them. TAP. GSS_EDHOC names the command, MECH_SO the plugin.

# shellcheck source=tests/command_lib.sh
. "$(dirname "$0")/command_lib.sh"
own=$HOME/.config/gss-edhoc
GSS_MECH_CONFIG=$work/mech.conf
export GSS_MECH_CONFIG
mkdir -p "$own"
echo "edhoc 1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869 $plugin" > mech.conf

succeeds() { [ "$exited" -eq 0 ] && [ ! -s err ]; }
# fails STATUS TEXT: one line on stderr that says so, and nothing on stdout
fails() {
    [ "$exited" -eq "$1" ] && grep -qF -e "$2" err && [ "$(wc -l < err)" -eq 1 ] && [ ! -s out ]
}
# says TEXT...: each is on stdout
says() {
    for text in "$@"; do grep -qF -e "$text" out || return 1; done
}
silent_of() { ! grep -qF -e "$1" out; }

# -- One identity per target -------------------------------------------------------------------

run keygen usual
run keygen -o "$own/work.pem" work
run keygen -t ed25519 -o "$own/play.pem" play
run keygen -o web.pem HTTP@web.work
cp web.pem.pub "$own/trust"

run check HTTP@web.work
succeeds && silent_of choice && says "identity: $own/identity.pem"
result 'check: without the file, it is the usual key'
printf '# mine\nHTTP@*.work work.pem\n*@play play.pem\n*@gone gone.pem\n' > "$own/identities"
run check HTTP@web.work
succeeds && says "ok: choice: $own/identities line 2 (HTTP@*.work) has $own/work.pem for HTTP@web.work" \
    "identity: $own/work.pem"
result 'check: the line that has a key for the target'
run check HTTP@web.example
says "no line of $own/identities is for HTTP@web.example" "identity: $own/identity.pem"
result 'check: no line is for the target'
run check
says "gss-edhoc check SERVICE@HOST says which one"
result 'check: without a target'
run check HTTP@gone
[ "$exited" -eq 1 ] && says "FAIL: identity: $own/gone.pem does not exist"
result 'check: the key of the line does not exist'
GSS_EDHOC_IDENTITY=$own/play.pem run check HTTP@web.work
says "the environment names an identity, so $own/identities is not looked at" "identity: $own/play.pem"
result 'check: the environment wins, and says so'
cp "$own/identities" well
echo 'HTTP@a' >> "$own/identities"
run check HTTP@web.work
[ "$exited" -eq 1 ] && says "FAIL: choice: $own/identities line 5: patterns and no place" &&
    ! grep -q '^ok: identity\|can begin' out
result 'check: a broken line'
mv well "$own/identities"

run show "$own/identities"
[ "$exited" -eq 1 ] && says "identities line 2: HTTP@*.work" "place        $own/work.pem" 'names        work' \
    'ed25519, signatures' 'identities line 4: *@gone' && grep -q 'gone.pem does not exist' err
result 'show: each line of the file, and the key that is missing'
run show "$own/play.pem"
succeeds && says "for          *@play ($own/identities line 3)"
result 'show: what a key is for'
run show web.pem
succeeds && silent_of 'for  '
result 'show: a key that is for nobody'

# -- The next key ------------------------------------------------------------------------------

# Another mode than keygen's. Only of root's keys their group may read.
if [ "$(id -u)" -eq 0 ]; then mode=640; else mode=700; fi
run keygen -o mail.pem imap@mail
sed -i 's/^imap@mail /imap@mail,imap@mx /' mail.pem.pub
chmod $mode mail.pem
cp mail.pem before.pem
run rotate --commit mail.pem
fails 1 'mail.pem.next does not exist; make it with: gss-edhoc rotate mail.pem'
result 'rotate --commit: without a next key'
run rotate mail.pem
succeeds && says "$(cat mail.pem.next.pub)" 'rotate --commit mail.pem' && cmp -s mail.pem before.pem &&
    grep -q '^imap@mail,imap@mx ecdh-x25519 ' mail.pem.next.pub
result 'rotate: the next key has the same names and type, and its line is printed'
[ "$(stat -c %a mail.pem.next)" = $mode ] && [ "$(stat -c %u:%g mail.pem.next)" = "$(stat -c %u:%g mail.pem)" ]
result 'rotate: who may read the one may read the other'
run rotate mail.pem
fails 1 'mail.pem.next exists, so a rotation has begun'
result 'rotate: one at a time'
cp mail.pem.next next.pem
cp mail.pem.pub before.pub
cp mail.pem.next.pub next.pub
run rotate --commit mail.pem
succeeds && cmp -s mail.pem next.pem && cmp -s mail.pem.pub next.pub && cmp -s mail.pem.old before.pem &&
    cmp -s mail.pem.old.pub before.pub && [ ! -e mail.pem.next ] && [ ! -e mail.pem.next.pub ]
result 'rotate --commit: key and line are the next ones, those before are kept'
kid=$("$command" show before.pem | sed -n 's/^ *key id *//p')
says "gss-edhoc trust remove $kid"
result 'rotate --commit: says which line is to go'
[ "$(stat -c %a mail.pem)" = $mode ]
result 'rotate --commit: the mode stays'
run rotate mail.pem && run rotate --commit --discard mail.pem
succeeds && says 'is gone' && cmp -s mail.pem.old before.pem
result 'rotate --commit --discard: the key before is not kept'

# What a commit leaves that is stopped between the two renames.
run rotate mail.pem
mv mail.pem.next mail.pem
cp mail.pem.next.pub next.pub
run show mail.pem
succeeds && says 'imap@mail,imap@mx' 'note         mail.pem.pub is of another key'
result 'between the two renames, the key has its names'
run rotate mail.pem
fails 1 'mail.pem.next.pub exists, so a rotation has begun'
result 'rotate: a commit was stopped'
run rotate --commit mail.pem
succeeds && cmp -s mail.pem.pub next.pub && [ ! -e mail.pem.next.pub ]
result 'rotate --commit: ends what was stopped'

ln -s mail.pem link.pem
run rotate link.pem
fails 1 'is a symbolic link'
result 'rotate: a symbolic link'
run rotate none.pem
fails 1 'none.pem'
result 'rotate: no key'
cp mail.pem nameless.pem
run rotate nameless.pem
fails 1 'nameless.pem has no name'
result 'rotate: a key without a name'
run rotate mail.pem
"$command" keygen -t ed25519 -o sign.pem imap@mail > out 2>&1
cp sign.pem mail.pem.next
cp sign.pem.pub mail.pem.next.pub
run rotate --commit mail.pem
fails 1 'mail.pem.next is ed25519, and mail.pem is x25519'
result 'rotate --commit: a next key of another type'
cp web.pem.pub mail.pem.next.pub
run rotate --commit mail.pem
fails 1 mail.pem.next && [ -e mail.pem.next ]
result 'rotate --commit: a next line of another key'
rm mail.pem.next mail.pem.next.pub
"$command" keygen -t x25519 -o other.pem imap@other > out 2>&1
ln -s other.pem mail.pem.next
cp other.pem.pub mail.pem.next.pub
run rotate --commit mail.pem
fails 1 mail.pem.next && [ -L mail.pem.next ] && [ "$(stat -c %a other.pem)" = 600 ]
result 'rotate --commit: a link to another key, whose mode stays'
rm mail.pem.next
ln other.pem mail.pem.next
run rotate --commit mail.pem
fails 1 'mail.pem.next' && [ "$(stat -c %a other.pem)" = 600 ]
result 'rotate --commit: a second name of another key'
rm mail.pem.next mail.pem.next.pub
touch mail.pem-cert.pub
run rotate mail.pem
fails 1 'mail.pem-cert.pub is for this key alone'
result 'rotate: an OpenSSH certificate beside the key'
rm mail.pem-cert.pub

# certified FILE: a new key and a certificate for it
certified() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=x \
        -addext subjectAltName=DNS:x -keyout "$1.key" -out "$1.crt" > out 2>&1 &&
        cat "$1.key" "$1.crt" > "$1" && chmod 600 "$1"
}
certified tls.pem && run rotate tls.pem
fails 1 'tls.pem has a certificate; put a new key and its certificates into tls.pem.next'
result 'rotate: a key with a certificate'
certified tls.pem.next && cp tls.pem.next next.pem && run rotate --commit tls.pem
succeeds && cmp -s tls.pem next.pem && [ -e tls.pem.old ] && [ ! -e tls.pem.pub ]
result 'rotate --commit: a key with a certificate'

# -- All of them -------------------------------------------------------------------------------

rm "$own/identities"
run list
succeeds && says IDENTITIES 'usual' SERVICES 'none that this user may read' ANCHORS 'none; the setting anchors' TRUST
result 'list: a user with one key'
printf 'HTTP@*.work work.pem\n*@play play.pem\n' > "$own/identities"
mkdir -p machine.d
cp mail.pem mail.pem.pub machine.d
certified machine.d/tls.pem && cp machine.d/tls.pem.crt anchors.pem
{
    cat mail.pem.pub
    echo "bob client,valid-before=\"20200101\" $(cut -d' ' -f2- "$own/play.pem.pub") it's \"his\" \\ key"
} > both.trust
GSS_EDHOC_SERVICE_IDENTITY=$work/machine.d
GSS_EDHOC_TRUST=$work/both.trust
GSS_EDHOC_ANCHORS=$work/anchors.pem
export GSS_EDHOC_SERVICE_IDENTITY GSS_EDHOC_TRUST GSS_EDHOC_ANCHORS
kid() { "$command" show "$1" | sed -n 's/^ *key id *//p'; }
run list
succeeds && grep -Eq "^usual +x25519 +$(kid "$own/identity.pem") +- +- +$own/identity.pem +\*$" out &&
    grep -Eq "^play +ed25519 +$(kid "$own/play.pem") +- +- +$own/play.pem +\*@play$" out
result 'list: identities, and for whom they are'
grep -Eq "^imap@mail,imap@mx +x25519 +[0-9a-f]{16} +- +- +$work/machine.d/mail.pem$" out &&
    grep -Eq "^\*@x +p256 +[0-9a-f]{16} +X.509 +20[0-9-]{8} +$work/machine.d/tls.pem$" out
result 'list: services, also by certificate'
grep -Eq "^CN=x +20[0-9-]{8} +$work/anchors.pem$" out
result 'list: anchors'
grep -Eq "^client +bob +ssh-ed25519 +[0-9a-f]{16} +expired:\.\.2020-01-01 +it's.*key +$work/both.trust:2$" out &&
    says "it's_\"his\"_\\_key"
result 'list: trust, with its end'
awk '/^[A-Z]+$/ { n = 0; next } NF == 0 { next } n == 0 { n = NF } NF != n { exit 1 }' out
result 'list: as many words in each line as in the heading'

run list --json
succeeds && says "\"comment\": \"it's \\\"his\\\" \\\\ key\"" '"valid_before": "2020-01-01T00:00:00Z"' \
    '"targets": "*@play"' '"certificate": "X.509"' '"expires": null' '"line": "2"'
result 'list --json: the same, with all that is in a comment'
if command -v python3 > /dev/null; then
    python3 -c 'import json, sys
all = json.load(open("out"))
assert list(all) == ["identities", "services", "anchors", "trust"]
assert [len(all[key]) for key in all] == [3, 2, 1, 2], all
assert {row["names"] for row in all["identities"]} == {"usual", "work", "play"}' 2> err
    result 'list --json: is JSON'
fi
run trust list --json -f both.trust
succeeds && [ "$(head -c 1 out)" = '[' ] && says '"file": "both.trust", "line": "2"' '"role": "client"'
result 'trust list --json'
: > none.trust
run trust list --json -f none.trust
succeeds && [ "$(cat out)" = '[]' ]
result 'trust list --json: without a line'
# What the file is called, and a comment, with all that JSON and a terminal could stumble over.
hostile=$(printf 'a"b\\c\nd\033[31m\377\342\200\250\177\302\237')
printf 'bob %s \342\200\250\\u0041 "q"\360\237\230\200\342\200\251\342\200\247\342\202\250\302\240\n' "$(cut -d' ' -f2- "$own/play.pem.pub")" > "$hostile"
run trust list --json -f "$hostile"
succeeds && [ "$(wc -l < out)" -eq 3 ] &&
    says '"comment": "\u2028\\u0041 \"q\"'"$(printf '\360\237\230\200\\u2029\342\200\247\342\202\250\302\240')"'"' \
        '"file": "a\"b\\c\u000ad\u001b[31m\ufffd\u2028\u007f\u009f"'
result 'trust list --json: hostile text is escaped'
run trust list -f "$hostile"
succeeds && [ "$(wc -l < out)" -eq 2 ] && says 'a"b\c\x0ad\x1b[31m\xff'
result 'trust list: hostile text drives no terminal'
GSS_EDHOC_IDENTITY=$work/gone.pem run list
[ "$exited" -eq 1 ] && grep -q 'gone.pem does not exist' err && says 'imap@mail'
result 'list: what is missing is told, the rest is listed'
echo 'HTTP@a' >> "$own/identities"
run list
[ "$exited" -eq 1 ] && grep -q 'identities line 3' err && says 'usual' 'bob'
result 'list: a broken file of identities'
unset GSS_EDHOC_SERVICE_IDENTITY GSS_EDHOC_TRUST GSS_EDHOC_ANCHORS

# -- Encrypted keys ----------------------------------------------------------------------------

umask 077
echo 'open sesame' > pass
head -c 1024 /dev/zero | tr '\0' x > longest
umask 022
run keygen --passphrase-file=pass -o locked.pem alice
succeeds && grep -q 'BEGIN ENCRYPTED PRIVATE KEY' locked.pem && [ "$(stat -c %a locked.pem)" = 600 ] &&
    [ -s locked.pem.pub ]
result 'keygen --passphrase-file: an encrypted key'
openssl asn1parse -in locked.pem > out 2> err && says 'prim: OBJECT            :PBES2' 'aes-256-cbc' 'hmacWithSHA256' &&
    openssl pkey -in locked.pem -passin file:pass -noout 2> err
result 'it is PBES2, and openssl opens it'
! openssl pkey -in locked.pem -passin pass:open -noout > out 2>&1
result 'another passphrase does not'
printf 'open sesame' | "$command" keygen --passphrase-file - -o piped.pem alice > out 2> err &&
    openssl pkey -in piped.pem -passin file:pass -noout 2> err
result 'keygen --passphrase-file -: from standard input, without a newline'
run keygen --passphrase-file longest -o longest.pem alice
succeeds && run rotate --passphrase-file longest longest.pem && succeeds
result 'keygen --passphrase-file: of the greatest length'
run show locked.pem
fails 1 'needs the passphrase'
result 'show: an encrypted key is not opened'
run rotate locked.pem
fails 1 'needs the passphrase'
result 'rotate: an encrypted key without its passphrase'
run rotate --passphrase-file pass locked.pem && openssl pkey -in locked.pem.next -passin file:pass -noout 2> err &&
    run rotate --passphrase-file pass --commit locked.pem && succeeds
result 'rotate --passphrase-file: the next key has the same passphrase'

cp pass open
chmod 644 open
run keygen --passphrase-file open -o no.pem alice
fails 1 'chmod 600 open' && [ ! -e no.pem ]
result 'keygen: a passphrase that others can read'
: > empty
printf 'a\nb\n' > two
head -c 1025 /dev/zero | tr '\0' x > long
printf 'a\0b\n' > nul
chmod 600 empty two long nul
for file in empty two long nul; do
    run keygen --passphrase-file $file -o no.pem alice
    [ "$exited" -eq 1 ] && [ ! -e no.pem ] && [ ! -s out ] && ! grep -q xxx err
    result "keygen: no passphrase: $file"
done
run keygen --passphrase-file none -o no.pem alice
fails 1 none && [ ! -e no.pem ]
result 'keygen: no file with a passphrase'
mkdir service.d
run keygen --passphrase-file pass -o service.d/web.pem HTTP@web
fails 2 'no server can open an encrypted key'
result 'keygen: no encrypted key in service.d'

# -- Keys that nothing would take --------------------------------------------------------------

for name in HTTP@web.example.org ldap@dir host@here; do
    XDG_CONFIG_HOME=$work/new run keygen $name
    fails 2 "$name is a service, and without -o" && [ ! -e new ]
    result "keygen: a service is no user: $name"
done
XDG_CONFIG_HOME=$work/new run keygen alice@laptop
succeeds && [ -e new/gss-edhoc/identity.pem ]
result 'keygen: a user with an @'
cd service.d || exit 99
run keygen -o web HTTP@web
cd .. && mv service.d/out service.d/err .
fails 2 'in service.d only files called *.pem are keys' && [ ! -e service.d/web ]
result 'keygen: in service.d itself, a name that nobody takes'

echo "1..$tests"
