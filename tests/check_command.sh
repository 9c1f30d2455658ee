#!/bin/sh
# The command gss-edhoc, used as a person would: TAP. GSS_EDHOC names the program.

# shellcheck source=tests/command_lib.sh
. "$(dirname "$0")/command_lib.sh"

said() { [ "$exited" -eq "$1" ] && grep -qF -e "$3" "$2"; }
succeeds() { [ "$exited" -eq 0 ] && [ ! -s err ]; }
# fails STATUS TEXT: one line on stderr that says so, and nothing on stdout
fails() {
    said "$1" err "$2" && [ "$(wc -l <err)" -eq 1 ] && grep -q '^gss-edhoc: ' err && [ ! -s out ]
}

mode() { stat -c %a "$1"; }

# hex BYTES...: as a file
hex() {
    for digits in "$@"; do
        while [ -n "$digits" ]; do
            rest=${digits#??}
            printf "\\$(printf %03o "0x${digits%"$rest"}")"
            digits=$rest
        done
    done
}

# -- Usage -------------------------------------------------------------------------------------

run --version
succeeds && grep -q '^gss-edhoc ' out
result 'prints its version'
run --help
succeeds && grep -q keygen out && grep -q show out && grep -q trust out && grep -q check out
result 'prints help'
run
[ "$exited" -eq 2 ] && grep -q Usage err && [ ! -s out ]
result 'without a command, help goes to stderr'
run nonsense
fails 2 'no command "nonsense"'
result 'refuses an unknown command'
for sub in keygen show; do
    run $sub --help
    succeeds && grep -q "^Usage: gss-edhoc $sub" out
    result "$sub explains itself"
    run $sub
    fails 2 'is missing'
    result "$sub wants an argument"
    run $sub a b
    fails 2 'only'
    result "$sub takes one argument"
    run $sub --nonsense
    fails 2 'no option --nonsense'
    result "$sub refuses unknown options"
done
run keygen -t
fails 2 'needs a value'
result 'keygen -t wants a value'
run keygen -t rsa alice
fails 2 'types are x25519'
result 'keygen names the types it knows'
run trust add --nonsense
fails 2 'trust add: no option --nonsense; see gss-edhoc trust --help'
result 'wrong usage: names the help of that command'
run nonsense
fails 2 'no command "nonsense"; see gss-edhoc --help'
result 'wrong usage: of none'
"$command" --help >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'standard output' err
result 'says when its output is lost'

# -- keygen ------------------------------------------------------------------------------------

for type in x25519 x448 p256dh p384dh ed25519 ed448 p256 p384; do
    run keygen --type=$type --output=$type.pem alice
    succeeds && [ "$(mode $type.pem)" = 600 ] && [ "$(mode $type.pem.pub)" = 644 ]
    result "keygen makes a key: $type"
    grep -qxF "$(cat $type.pem.pub)" out && [ "$(wc -l <$type.pem.pub)" -eq 1 ]
    result "and prints the line to paste: $type"
    run show $type.pem
    succeeds && grep -q "^    type         $type, " out && grep -qF "$(cat $type.pem.pub)" out
    result "show explains the key: $type"
    sed -n '2p' $type.pem >secret
    ! grep -qF -f secret out
    result "without its secret: $type"
    run show $type.pem.pub
    succeeds && said 0 out "$type.pem.pub line 1: alice" && grep -q "^    type         $type, " out
    result "show explains the .pub file: $type"
    if command -v openssl >/dev/null; then
        openssl pkey -in $type.pem -noout 2>err
        result "openssl reads the key: $type"
    else
        skip "openssl reads the key: $type" "no openssl"
    fi
done

cp x25519.pem before
run keygen -o x25519.pem alice
fails 1 'not overwritten' && cmp -s x25519.pem before
result 'never overwrites a key'
echo other >only.pem.pub
run keygen -o only.pem alice
fails 1 'only.pem.pub exists' && [ ! -e only.pem ] && [ "$(cat only.pem.pub)" = other ]
result 'nor a .pub file, and then leaves no key'
ln -s nowhere link.pem
run keygen -o link.pem alice
fails 1 'not overwritten' && [ ! -e nowhere ]
result 'nor follows a dangling link'
run keygen -o absent/key.pem alice
fails 1 'absent/key.pem: cannot be made'
result 'names a file that cannot be made'
run keygen -o '' alice
fails 2 'is empty'
result 'refuses an empty file name'
(
    trap '' XFSZ
    ulimit -f 0
    "$command" keygen -o full.pem alice >/dev/null 2>&1
)
[ $? -eq 1 ] && [ ! -e full.pem ] && [ ! -e full.pem.pub ]
result 'leaves nothing behind when the disk is full'
(umask 000 && "$command" keygen -o umask0.pem alice >out 2>err) &&
    [ "$(mode umask0.pem)" = 600 ] && [ "$(mode umask0.pem.pub)" = 644 ]
result 'a loose umask makes no loose files'
(umask 077 && "$command" keygen -o umask77.pem alice >out 2>err) && [ "$(mode umask77.pem)" = 600 ]
result 'works under a tight umask'

run keygen alice
succeeds && [ "$(mode "$HOME/.config/gss-edhoc/identity.pem")" = 600 ] &&
    [ "$(mode "$HOME/.config/gss-edhoc")" = 700 ] && [ "$(mode "$HOME/.config")" = 700 ]
result 'the default is the identity in ~/.config, whose folders it makes'
run keygen alice
fails 1 'identity.pem exists'
result 'which it does not overwrite either'
XDG_CONFIG_HOME=$work/xdg
export XDG_CONFIG_HOME
run keygen alice
succeeds && [ -e "$work/xdg/gss-edhoc/identity.pem.pub" ]
result 'or in XDG_CONFIG_HOME'
run show xdg/gss-edhoc/identity.pem
succeeds && grep -q 'type         x25519, static Diffie-Hellman' out
result 'and the type is X25519'
unset XDG_CONFIG_HOME

run keygen -o host.pem HTTP@Web.Example.ORG.
succeeds && grep -q '^HTTP@web.example.org ecdh-x25519 ' host.pem.pub
result 'host names are kept in one form'
n=0
for name in '' 'a b' 'a,b' '*' 'a?' '!a' '#a' '"a"' '@host' 'HTTP@' 'ssh-ed25519' 'a\b' \
    "$(printf 'a\tb')" "$(printf 'a\033[2J')" "$(printf 'a\377')" "$(printf '%256s' x | tr ' ' x)"; do
    n=$((n + 1))
    run keygen -o "bad$n.pem" "$name"
    fails 2 'the name' && [ ! -e "bad$n.pem" ]
    result "refuses a name that others could not pin ($n)"
done
for name in HTTP/web.example.org http://web.example.org/ HTTP@web.example.org:443 a@b@c; do
    run keygen -o never.pem "$name"
    fails 2 'SERVICE@HOST' && [ ! -e never.pem ]
    result "keygen makes no key for a name that never matches: $name"
done
mkdir service.d
run keygen -o service.d/web HTTP@web.example.org
fails 2 'write -o service.d/web.pem' && [ ! -e service.d/web ]
result 'keygen puts no key into service.d that no acceptor takes'
run keygen -o long.pem "$(printf '%255s' x | tr ' ' x)"
succeeds
result 'takes a name of 255 bytes'
run keygen -o umlaut.pem "$(printf 'b\303\274cher')"
succeeds
result 'takes a name in UTF-8'

# -- show: keys and trust files ----------------------------------------------------------------

chmod 644 ed25519.pem
run show ed25519.pem
fails 1 'chmod 600 ed25519.pem'
result 'a private key that others can read'
chmod 600 ed25519.pem
cp p256dh.pem other.pem
cp ed25519.pem.pub other.pem.pub
run show other.pem
fails 1 'other.pem.pub is not the public half of other.pem'
result 'a .pub file of another type of key'
cp p256.pem.pub other.pem.pub
run show other.pem
succeeds && said 0 out 'other.pem.pub is of another key; only its names count'
result 'a .pub file of another key'
rm other.pem.pub
run show other.pem
succeeds && grep -q 'type         p256, signatures' out && grep -q 'names        none' out
result 'without .pub, a P-256 key signs and has no name'
printf '%s\n' '-----BEGIN OPENSSH PRIVATE KEY-----' AAAA >openssh
chmod 600 openssh
run show openssh
[ "$exited" -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ]
result "a broken key in OpenSSH's format"

key=$(cut -d' ' -f2- ed25519.pem.pub)
{
    echo '# a comment'
    echo
    echo "alice,alice@laptop $key alice's laptop"
    echo "*@example.org server,valid-before=\"20200101\" $(cut -d' ' -f2- x448.pem.pub)"
    echo "bob client,local-user=\"bobby\",valid-after=\"29990101\" $(cut -d' ' -f2- p384.pem.pub)"
} >trust
run show trust
succeeds && [ "$(grep -c '^trust line' out)" -eq 3 ] && said 0 out "comment      alice's laptop"
result 'a trust file, line by line'
grep -qF 'trust line 4: *@example.org' out && grep -qF '2020-01-01 00:00:00 UTC (expired)' out &&
    grep -qF '2999-01-01 00:00:00 UTC (not valid yet)' out && grep -q 'local user   bobby' out
result 'with their options'
echo "carol nonsense $key" >>trust
echo "dave $key" >>trust
run show trust
[ "$exited" -eq 1 ] && grep -q '^gss-edhoc: trust line 6: "nonsense"' err &&
    grep -q '^trust line 7: dave' out
result 'a wrong line is told, and the others shown'
chmod 666 trust
run show trust
said 1 out 'it would be refused as a trust file'
result 'a trust file that others can write'
head -c 100000 /dev/zero | tr '\000' '\n' | sed 's/^/root:x:0:0/' >passwd
run show passwd
[ "$exited" -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -le 6 ] && grep -q 'seems to be something else' err
result 'what is no trust file, in few words'
printf -- '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n' >request
run show request
fails 1 'request: PEM, but neither a private key nor certificates'
result 'another kind of PEM'
: >empty
run show empty
succeeds && said 0 out 'without a line'
result 'an empty trust file'
run show absent
fails 1 'absent: cannot be opened: No such file'
result 'a file that is not there'
run show .
fails 1 'a directory'
result 'a directory'
run show 'pkcs11:token=none;object=x?pin-value=4821'
fails 1 "pkcs11:token=none;object=x: OpenSSL's providers here open no private key by this URI" &&
    ! grep -q 4821 out err
result 'a key in a token that is not there, without telling the PIN'
mkfifo fifo
run show fifo
fails 1 'not a regular file'
result 'a FIFO, without waiting'
printf 'alice %s\n\000\n' "$key" >nul
run show nul
[ "$exited" -eq 1 ] && grep -q 'nul line 2: a NUL' err
result 'a NUL byte in a trust file'
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n' >certificate
run show certificate
[ "$exited" -eq 1 ] && [ ! -s out ]
result 'a certificate that is none'
if command -v ssh-keygen >/dev/null; then
    ssh-keygen -q -t ed25519 -N '' -C alice@laptop -f ssh_key
    run show ssh_key.pub
    succeeds && grep -qF "$(ssh-keygen -l -f ssh_key.pub | cut -d' ' -f2)" out &&
        grep -q '^    trust line   NAME ssh-ed25519 ' out
    result "OpenSSH's .pub file, with ssh-keygen's fingerprint"
    ssh-keygen -l -f ed25519.pem.pub >out 2>err
    result "ssh-keygen reads our .pub file"
else
    for what in "OpenSSH's .pub file" "ssh-keygen reads our .pub file"; do
        skip "$what" "no ssh-keygen"
    done
fi

# -- trust -------------------------------------------------------------------------------------

mkdir edit
cd edit || exit 99
for type in x25519 ed25519 ed448 p256 p256dh; do cp ../$type.pem.pub .; done
host=$(sed 's/^alice/HTTP@web.example.org/' x25519.pem.pub)
kid_of() { "$command" show "$1" | sed -n 's/^    key id  *//p'; }

run trust --help
succeeds && grep -q '^Usage: gss-edhoc trust add' out
result 'trust explains itself'
run trust
fails 2 'the subcommand is missing'
result 'trust wants a subcommand'
run trust nonsense
fails 2 'no subcommand "nonsense"'
result 'trust refuses an unknown subcommand'
for sub in add remove import; do
    run trust $sub -f pins
    fails 2 'is missing'
    result "trust $sub wants an argument"
    run trust $sub --nonsense
    fails 2 'no option --nonsense'
    result "trust $sub refuses unknown options"
done
run trust remove -f pins alice ''
fails 2 'trust remove: an argument is empty'
result 'trust refuses what an unset variable left'
run show ''
fails 1 'the name of a file is empty'
result 'and so does show'
run trust list --client
fails 2 'no option --client'
result 'and options of its siblings'
run trust list extra
fails 2 'too many arguments'
result 'trust list takes no argument'
run trust add -f '' x25519.pem.pub
fails 2 'FILE is empty'
result 'an empty file name'

# add
run trust add -f pins x25519.pem.pub
succeeds && [ "$(cat pins)" = "$(cat x25519.pem.pub)" ] && [ "$(mode pins)" = 644 ] &&
    said 0 out "added to pins line 1: alice ecdh-x25519, key id $(kid_of x25519.pem.pub)"
result 'trust add makes the file and says what it added'
printf '# mine\n\n\talice  client  %s   a  comment\n# last, without newline' \
    "$(cut -d' ' -f2- x25519.pem.pub)" >pins
cp pins before
run trust add -f pins ed25519.pem.pub
{
    cat before
    echo
    cat ed25519.pem.pub
} >expected
succeeds && cmp -s pins expected && grep -q 'pins line 5: alice ssh-ed25519' out
result 'what is there stays as it is, byte by byte'
cp pins before
run trust add -f pins ed25519.pem.pub
fails 1 'pinned to the same names on pins line 5' && cmp -s pins before
result 'refuses a duplicate'
run trust add -f pins -n 'carol,dave' ed25519.pem.pub
succeeds && grep -q '^carol,dave ssh-ed25519 ' pins
result 'but not the same key for others'
run trust add -f pins p256.pem.pub
cp pins before
run trust add -f pins p256dh.pem.pub
succeeds
result 'another key of the same curve is another key'
sed 's/^alice/erin/' p256.pem.pub | "$command" trust add -f pins - >out 2>err &&
    grep -q 'erin ecdsa-sha2-nistp256' out && grep -q '^erin ecdsa' pins
result 'trust add in a pipe'
# shellcheck disable=SC2046 # a line as words
run trust add -f pins $(sed 's/^alice/frank/' p256.pem.pub)
succeeds && grep -q '^frank ecdsa-sha2-nistp256 ' pins
result 'a line as arguments'
run trust add -f pins "$(sed 's/^alice/*@db.example.org server/' p256.pem.pub)"
succeeds && grep -q '^\*@db.example.org server ecdsa-sha2-nistp256 ' pins
result 'a line as one argument'
cp pins before
run trust add -f pins "$(sed 's/^alice/*@www.example.org/' p256.pem.pub)"
fails 1 'needs the option client or server' && cmp -s pins before
result 'a wildcard without a role'
run trust add -f pins --server "$(sed 's/^alice/*@www.example.org/' p256.pem.pub)"
succeeds && grep -q '^\*@www.example.org server ' pins
result 'which an option can tell'
run trust add -f pins --client --valid-after=20260101 --valid-before=20991231Z --local-user=al \
    -n gina p256.pem.pub
succeeds && grep -qF 'gina client,valid-after="20260101",valid-before="20991231Z",local-user="al" ' pins
result 'options'
cp pins before
n=0
for bad in --valid-before=2027 --valid-before=20271301 '--valid-before=20270101",client="' \
    '--local-user=a"b' '--principals=a b' --principals=; do
    n=$((n + 1))
    run trust add -f pins "$bad" ed448.pem.pub
    fails 2 trust: && cmp -s pins before
    result "refuses options that would break the line ($n)"
done
run trust add -f pins -n '#a' ed448.pem.pub
fails 1 'cannot begin with #' && cmp -s pins before
result 'or hide it in a comment'
run trust add -f pins "alice $(cut -d' ' -f2- ed448.pem.pub)
mallory"
fails 1 'not one line' && cmp -s pins before
result 'or make two of it'
sed 's/^alice//; s/^ //' ed448.pem.pub >nameless.pub
run trust add -f pins nameless.pub
fails 1 'nameless.pub line 1: no principals' && said 1 err '-n PRINCIPALS'
result 'a key without a name'
run trust add -f pins ../x25519.pem
fails 1 'a private key' && cmp -s pins before
result 'a private key given by mistake'
run trust add -f pins absent.pub
fails 1 'absent.pub: cannot be opened'
result 'a .pub file that is not there'
run trust add -f pins empty.pub </dev/null
fails 1 'empty.pub'
result 'nor an empty one'
run trust add -f pins - </dev/null
fails 1 'standard input: no key in it'
result 'nothing on standard input'
echo "alice ecdsa-sha2-nistp256 $(cut -d' ' -f3 p256dh.pem.pub)" >wrong.pub
run trust add -f pins wrong.pub
fails 1 'wrong.pub line 1' && cmp -s pins before
result 'a line whose type is not that of its key'
cp pins whole
cat ed448.pem.pub wrong.pub >two.pub
run trust add -f pins two.pub
fails 1 'two.pub line 2' && cmp -s pins whole
result 'all or nothing'

# A key pinned under both uses: the same point as ECDSA and as static Diffie-Hellman key.
{ # string "ecdh-nistp256", string curve, string point
    printf '\000\000\000\015ecdh-nistp256'
    cut -d' ' -f3 p256.pem.pub | base64 -d | tail -c +24
} | base64 | tr -d '\n' >blob
echo "henry ecdh-nistp256 $(cat blob)" >both.pub
run trust add -f pins both.pub
fails 1 'this key is pinned as ecdsa-sha2-nistp256' && cmp -s pins whole
result 'a key under both uses'

# A line that cannot be understood is told, and stays as it is.
{
    echo "bob $(cut -d' ' -f2- ed448.pem.pub)"
    echo "alice nonsense $(cut -d' ' -f2- ed448.pem.pub)"
    echo 'carol ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB'
} >half
cp half before
run trust list -f half
[ "$exited" -eq 1 ] && [ "$(wc -l <out)" -eq 2 ] && grep -q 'half:1$' out && [ "$(wc -l <err)" -eq 2 ] &&
    grep -q '^gss-edhoc: half line 2: "nonsense" .*; the line grants nothing' err &&
    grep -q '^gss-edhoc: half line 3: "ssh-rsa" .*; the line is passed over' err
result 'trust list tells lines that cannot be understood'
run trust remove -f half alice
fails 1 'nothing in it matches alice; a line that cannot be understood grants nothing: half line 2' &&
    cmp -s half before
result 'trust remove does not find a name on a line that cannot be understood, and says so'
run trust add -f half ed25519.pem.pub
[ "$exited" -eq 0 ] && grep -q 'half line 2: "nonsense"' err && head -3 half | cmp -s before - &&
    [ "$(wc -l <half)" -eq 4 ]
result 'trust add leaves it'
run trust remove -f half bob
[ "$exited" -eq 0 ] && grep -q 'half line 1: "nonsense"' err && ! grep -q bob half &&
    [ "$(wc -l <half)" -eq 3 ]
result 'and so does trust remove'

# A broken or unsafe file is never rewritten.
{
    echo '# fine'
    echo "alice, bob $(cut -d' ' -f2- ed448.pem.pub)"
} >broken
cp broken before
for sub in 'add -f broken ed25519.pem.pub' 'remove -f broken alice' 'list -f broken' \
    'import -f broken -n bob ed25519.pem.pub'; do
    # shellcheck disable=SC2086 # words
    run trust $sub
    fails 1 'broken line 2: the principal "" is empty' && cmp -s broken before
    result "a broken file: trust ${sub%% *}"
done
cp pins loose
chmod 664 loose
run trust add -f loose ed448.pem.pub
fails 1 'loose: mode 0664' && said 1 err 'chmod go-w'
result 'a file that others can write'
run trust remove -f absent alice
fails 1 'absent does not exist'
result 'remove from a file that is not there'
ln -s nowhere dangling
run trust add -f dangling ed448.pem.pub
fails 1 'a symbolic link to nothing' && [ ! -e nowhere ]
result 'a dangling link'
mkdir real
cp x25519.pem.pub real/pins
chmod 640 real/pins
ln -s real/pins link
run trust add -f link ed448.pem.pub
succeeds && [ -L link ] && [ "$(wc -l <real/pins)" -eq 2 ] && [ "$(mode real/pins)" = 640 ]
result 'a link stays a link, and the mode what it was'
[ -z "$(find . -name '*.lock' -o -name 'pins.*' -o -name 'link.*')" ]
result 'nothing is left beside the files'
run trust add -f absent/pins ed448.pem.pub
fails 1 'absent/pins'
result 'a folder that is not there'
(
    trap '' XFSZ
    ulimit -f 0
    "$command" trust add -f real/pins p256.pem.pub >/dev/null 2>&1
)
[ $? -eq 1 ] && [ "$(wc -l <real/pins)" -eq 2 ] && [ "$(find real | wc -l)" -eq 2 ]
result 'a full disk leaves the old file'
n=0
while [ $n -lt 8 ]; do
    n=$((n + 1))
    "$command" trust add -f together -n "user$n" ed25519.pem.pub >together.$n 2>&1 &
done
wait
[ "$(wc -l <together)" -eq 8 ] && [ "$(sort -u together | wc -l)" -eq 8 ]
result 'eight at the same time lose nothing'
if command -v flock >/dev/null; then
    flock -o together.lock sleep 12 >/dev/null 2>&1 &
    holder=$!
    sleep 0.3
    run trust add -f together -n late ed25519.pem.pub
    fails 1 'another gss-edhoc is editing it'
    result 'waits for others, but not for ever'
    kill $holder
    wait $holder 2>/dev/null
    rm -f together.lock
else
    skip "waits for others, but not for ever" "no flock"
fi
HOME=$work/edit/home
mkdir "$HOME"
if [ "$(id -u)" -ne 0 ]; then
    run trust add ed25519.pem.pub
    succeeds && [ -s "$HOME/.config/gss-edhoc/trust" ] && [ "$(mode "$HOME/.config/gss-edhoc")" = 700 ]
    result "a user's default file is in ~/.config"
else
    mkdir -p "$HOME/.config/gss-edhoc"
    cp ed25519.pem.pub "$HOME/.config/gss-edhoc/trust"
fi
run trust list
succeeds && grep -q "ssh-ed25519 .*$HOME/.config/gss-edhoc/trust:1" out
result 'trust list shows what clients look at'

# list
{
    cat ed25519.pem.pub
    echo "b$(printf '\303\274')cher,bob client,valid-before=\"20200101\" $(cut -d' ' -f2- ed448.pem.pub) B's key"
    echo "*@x.example.org server,valid-after=\"29990101\" $(cut -d' ' -f2- x25519.pem.pub)"
} >table
run trust list -f table
succeeds && [ "$(wc -l <out)" -eq 4 ] && grep -q '^ROLE  *PRINCIPALS  *TYPE' out &&
    grep -q "^both  *alice  *ssh-ed25519  *$(kid_of ed25519.pem.pub)  *-  *-  *table:1$" out &&
    grep -q "^client .* expired:\.\.2020-01-01  *B's_key  *table:2$" out &&
    grep -q "^server .* not-yet:2999-01-01\.\.  *-  *table:3$" out
result 'trust list prints a table'
awk 'NF != 7 { exit 1 }' out
result 'trust list: each line has seven words'
! grep -q "$(printf '\033')" out
result 'without colours in a pipe'
if command -v script >/dev/null; then
    TERM=xterm script -qec "'$command' trust list -f table" /dev/null </dev/null >out 2>err
    exited=$?
    [ $exited -eq 0 ] && [ "$(grep -c "$(printf '\033')\[31mexpired" out)" -eq 1 ]
    result 'and what has expired in red in a terminal'
fi
run trust list -f /dev/null
[ "$exited" -eq 1 ] && [ ! -s out ]
result 'a device is no trust file'
: >none
run trust list -f none
succeeds && grep -qx 'no trust line in none' out
result 'an empty trust file has no table'

# remove
cat >pins <<END
# mine
alice,alice@laptop $(cut -d' ' -f2- ed25519.pem.pub) two names

$host
bob $(cut -d' ' -f2- ed448.pem.pub)
*@db.example.org,www@db.example.org server $(cut -d' ' -f2- p256.pem.pub)
# end
END
cp pins before
run trust remove -f pins HTTP@WEB.example.org.
grep -v '^HTTP' before >expected
succeeds && cmp -s pins expected && said 0 out 'removed pins line 4: HTTP@web.example.org ecdh-x25519'
result 'trust remove by name'
run trust remove -f pins alice
succeeds && grep -q "^alice@laptop ssh-ed25519 .* two names$" pins &&
    said 0 out 'alice removed; the key stays pinned to alice@laptop'
result 'one name of several'
run trust remove -f pins www@db.example.org
succeeds && grep -q '^\*@db.example.org server ' pins && said 0 out 'still lets www@db.example.org in'
result 'and says which pattern still lets it in'
cp pins before
run trust remove -f pins imap@db.example.org
fails 1 'no line names imap@db.example.org; line 5 lets it in' && cmp -s pins before
result 'a name that only a pattern matches'
run trust remove -f pins carol
fails 1 'nothing in it matches carol' && cmp -s pins before
result 'nothing matches'
run trust remove -f pins bob carol
fails 1 'nothing in it matches carol' && cmp -s pins before
result 'all or nothing, here too'
run trust remove -f pins ed448.pem.pub
succeeds && ! grep -q ssh-ed448 pins
result 'by .pub file'
run trust remove -f pins "$(kid_of p256.pem.pub)"
succeeds && ! grep -q nistp256 pins
result 'by key id'
fingerprint=$("$command" show ed25519.pem.pub | sed -n 's/^    fingerprint  *//p')
run trust remove -f pins "$fingerprint"
succeeds && [ "$(cat pins)" = "$(printf '# mine\n\n# end')" ]
result 'by fingerprint; what pins nothing stays'

# import
if command -v ssh-keygen >/dev/null; then
    for type in ed25519 ecdsa rsa; do
        ssh-keygen -q -t $type -N '' -C "me@$type" -f ssh_$type
    done
    run trust import -f ssh_pins ssh_ed25519.pub
    said 1 err 'no principals' && said 1 err '-n PRINCIPALS' && [ ! -e ssh_pins ]
    result 'trust import wants to know whose key it is'
    run trust import -f ssh_pins -n carol ssh_ecdsa.pub ssh_ed25519
    fails 1 "ssh_ed25519: a private key, which belongs in nobody's trust file; give ssh_ed25519.pub" &&
        [ ! -e ssh_pins ]
    result 'trust import wants no private key'
    run trust import -f ssh_pins -n carol ssh_ed25519.pub ssh_ecdsa.pub
    succeeds && [ "$(cat ssh_pins)" = "$(sed 's/^/carol /' ssh_ed25519.pub ssh_ecdsa.pub)" ] &&
        said 0 out 'added to ssh_pins line 1: carol ssh-ed25519'
    result "OpenSSH's public keys"
    run trust import -f ssh_pins -n carol ssh_ed25519.pub
    succeeds && said 0 out 'there already: ssh_pins line 1' && [ "$(wc -l <ssh_pins)" -eq 2 ]
    result 'a second time changes nothing'
    cp ssh_pins before
    run trust import -f ssh_pins -n carol ssh_rsa.pub
    said 1 err 'ssh_rsa.pub line 1: an RSA key: no EDHOC cipher suite signs with RSA' &&
        cmp -s ssh_pins before
    result 'an RSA key'
    {
        echo 'sk-ssh-ed25519@openssh.com AAAA fido'
        echo 'ssh-dss AAAA old'
        echo 'ecdsa-sha2-nistp521 AAAA large'
        echo 'ssh-ed25519-cert-v01@openssh.com AAAA cert'
    } >useless
    run trust import -f ssh_pins -n carol useless
    said 1 err 'line 1: a key of a security key (FIDO)' && said 1 err 'line 2: a DSA key' &&
        said 1 err 'line 3: an ECDSA key on P-521' && said 1 err 'line 4: an OpenSSH certificate' &&
        cmp -s ssh_pins before
    result 'each other kind has its own sentence'
    cat ssh_rsa.pub ssh_ed25519.pub >some
    run trust import -f ssh_pins -n dora --skip-unusable some
    said 0 err 'an RSA key' && grep -q '^dora ssh-ed25519 ' ssh_pins && ! grep -q rsa ssh_pins
    result 'which can be skipped'
    run trust import -f ssh_pins -n dora --skip-unusable ssh_rsa.pub
    said 1 err 'no key to import'
    result 'but not all of them'

    key=$(cut -d' ' -f1,2 ssh_ecdsa.pub)
    cat >authorized_keys <<END
# comment

from="10.0.0.0/8,!10.1.*",command="echo \"a b\", c",no-pty $key with options
END
    cp ssh_pins before
    run trust import -f ssh_pins -n erin authorized_keys
    said 1 err 'authorized_keys line 3: ' && said 1 err 'from, command, no-pty; drop them' &&
        cmp -s ssh_pins before
    result 'authorized_keys options are told by name, not by value'
    run trust import -f ssh_pins -n erin --client --ignore-options authorized_keys
    succeeds && grep -q '^erin client ecdsa-sha2-nistp256 .* with options$' ssh_pins
    result 'and dropped on request'
    echo "cert-authority,from=\"x\" $key" >authorized_ca
    run trust import -f ssh_pins -n erin authorized_ca
    said 1 err 'what these options say: from; drop them'
    result "a CA's, too"

    key=$(cut -d' ' -f1,2 ssh_ed25519.pub)
    echo "Web.Example.org,192.0.2.1 $key" >known_hosts
    run trust import -f hosts known_hosts
    succeeds && grep -qxF "host@web.example.org,host@192.0.2.1 server $key" hosts
    result 'known_hosts: the names are those of the host'
    run trust import -f hosts -n HTTP@web.example.org known_hosts
    succeeds && grep -qxF "HTTP@web.example.org server $key" hosts
    result 'unless others are named'
    echo "web.example.org $key" >hashed
    ssh-keygen -q -H -f hashed >/dev/null 2>&1
    cp hosts before
    run trust import -f hosts hashed
    said 1 err 'hashed' && said 1 err '-n host@NAME' && cmp -s hosts before
    result 'a hashed host has no name'
    run trust import -f hosts -n smtp@web.example.org hashed
    [ "$exited" -eq 0 ] && grep -qxF "smtp@web.example.org server $key" hosts
    result 'until it is named'
    cp hosts before
    n=0
    for first in '@authority *.example.org' '@revoked web' '*.example.org' '[web]:2222' '!web'; do
        n=$((n + 1))
        echo "$first $key" >odd_hosts
        run trust import -f hosts odd_hosts
        said 1 err 'odd_hosts line 1: ' && cmp -s hosts before
        result "a known_hosts line that is not taken ($n)"
    done
    echo 'something else' >something
    run trust import -f hosts something
    said 1 err 'no public key as in' && cmp -s hosts before
    result 'a file of something else'
    run trust import -f hosts -n me ../x25519.pem.pub
    said 1 err 'gss-edhoc trust add'
    result 'a trust line is not to be imported but added'
    sed 's/^/host@pipe.example.org /' ssh_ed25519.pub | cut -d' ' -f2- |
        "$command" trust import -f hosts -n pipe - >out 2>err && grep -q '^pipe ssh-ed25519 ' hosts
    result 'in a pipe'
    ssh-keygen -Y find-principals -s /dev/null -f hosts >out 2>err
    ! grep -q 'hosts:[0-9]*:' err
    result 'what is imported is a valid allowed_signers file'
else
    skip "trust import" "no ssh-keygen"
fi
cd .. || exit 99
HOME=$work/home

# -- show: certificates and OpenSSH private keys -----------------------------------------------

if command -v openssl >/dev/null; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout cert_key -out cert \
        -subj '/O=Corp, Inc/CN=web' -days 300 -addext 'subjectAltName=DNS:web.example.org,IP:127.0.0.1' \
        -addext 'keyUsage=critical,digitalSignature' -addext 'extendedKeyUsage=serverAuth' \
        >openssl.log 2>&1
    run show cert
    succeeds && said 0 out 'cert: certificate 1 of 1' && grep -q 'subject      CN=web,O=Corp\\, Inc' out &&
        grep -q 'issuer       CN=web,O=Corp\\, Inc' out && ! grep -q 'as a client' out &&
        grep -q 'names        dns web.example.org' out && grep -q '^                 ip 127.0.0.1' out &&
        grep -q 'valid until  20' out && grep -q 'good for     a server$' out &&
        grep -q 'key          p256, signatures' out
    result 'a certificate'
    openssl x509 -in cert -outform DER -out cert.der
    run show cert.der
    succeeds && said 0 out 'certificate in DER' && grep -q 'dns web.example.org' out
    result 'a certificate in DER'
    cat cert_key cert >cert.pem
    chmod 600 cert.pem
    run show cert.pem
    succeeds && said 0 out 'cert.pem: private key' && grep -q 'names        those in its certificate' out &&
        grep -q '^certificate 1$' out && grep -q 'dns web.example.org' out && ! grep -q 'trust line' out
    result 'a private key with its certificate'
    openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa_key -out rsa_cert -subj /CN=ca >>openssl.log 2>&1
    run show rsa_cert
    succeeds && grep -q 'key          of no use but a CA.s: .*RSA' out && grep -q 'names        none' out
    result "a CA's certificate with an RSA key"
    cat cert rsa_cert >bundle
    run show bundle
    succeeds && said 0 out 'bundle: certificate 2 of 2'
    result 'several certificates'
    sed '3,5d' cert >cut_cert
    run show cut_cert
    fails 1 'cut_cert'
    result 'a certificate with lines missing'
else
    skip "certificates" "no openssl"
fi
if command -v ssh-keygen >/dev/null; then
    run show ssh_key
    succeeds && grep -q 'type         ed25519, signatures' out &&
        grep -qF "$(ssh-keygen -l -f ssh_key.pub | cut -d' ' -f2)" out &&
        grep -qF "trust line   NAME $(cut -d' ' -f1,2 ssh_key.pub)" out
    result "OpenSSH's private key"
    ssh-keygen -q -t ed25519 -N secret -C '' -f ssh_locked
    run show ssh_locked
    fails 1 'ssh-add ssh_locked'
    result "OpenSSH's encrypted private key"
fi

# -- show: captured tokens (doc/mechanism.md, test values) -------------------------------------

oid=06212a864886f71401be40937ab55281e05682f319818c348292318799f62b84a8c545
g_x=8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a

hex 604f $oid 0306 5820 $g_x 40 39ff464382f600 >token
run show token
succeeds && said 0 out 'token: first token, 81 bytes' && grep -q 'METHOD       3: static' out &&
    grep -q 'SUITES_I     6 selected$' out && grep -q "G_X          32 bytes: $g_x" out &&
    grep -q 'C_I          empty' out && grep -q 'target       (hidden)' out
result 'a first token'
hex 6063 $oid 0306 5820 $g_x 40 39ff4657827448545450407765622e6578616d706c652e6f726700 >token
run show token
succeeds && grep -q 'target       HTTP@web.example.org' out && grep -q 'options      none' out
result 'a first token with a target'
hex 03820604 5820 $g_x 40 39ff464382f601 >token
run show token
succeeds && said 0 out 'without framing' && said 0 out '4 selected, but preferred before it: 6' &&
    grep -q 'options      confirm' out
result 'a second message_1'
hex 604f 06062b0601050502 >token
run show token
[ "$exited" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ]
result 'a token cut short'
hex 6008 06062b0601050502 >token
run show token
fails 1 'another GSS-API mechanism'
result "another mechanism's token"
hex 6029 $oid 0306582085 40 >token
run show token
[ "$exited" -eq 1 ] && grep -q 'not METHOD, SUITES_I' err
result 'a framed token that is no message_1'
hex 604b $oid 0306 5820 $g_x 40 39ff4641ff >token
run show token
[ "$exited" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ]
result 'a malformed EAD item'
hex 01 75 61757468656e7469636174696f6e206661696c6564 >token
run show token
succeeds && grep -q 'ERR_CODE     1' out && grep -q 'ERR_INFO     authentication failed' out
result 'an error message'
hex 01 65 1b5b324a0a >token
run show token
succeeds && grep -q 'ERR_INFO     (unprintable) 1b5b324a0a' out
result 'an error message that would drive the terminal'
hex 02 820401 >token
run show token
succeeds && grep -q 'ERR_CODE     2 (wrong cipher suite' out && grep -q 'CBOR 820401' out
result 'a refused cipher suite'
hex 4400010203 >token
run show token
succeeds && said 0 out 'nothing more can be told'
result 'an encrypted message'
head -c 100 /dev/zero >zeros
run show zeros
[ "$exited" -eq 1 ] && [ "$(wc -l <err)" -ge 1 ]
result 'a file of zeros is nothing'
truncate -s 1T huge
run show huge
fails 1 'at most'
result 'a file of absurd size'

echo "1..$tests"
