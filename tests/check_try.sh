#!/bin/sh
# `gss-edhoc try`: handshakes within one process and over loopback, and what is told of each step: TAP.
# GSS_EDHOC names the command.

# shellcheck source=tests/command_lib.sh
. "$(dirname "$0")/command_lib.sh"
GSS_MECH_CONFIG=$work/mech.conf
export GSS_MECH_CONFIG
: >mech.conf
told='out err listener.out'
listener=
at_end() { [ -z "$listener" ] || kill "$listener" 2>/dev/null; }

try() { run try "$@"; }

# said FILE TEXT...: lines of the file have the texts, in this order
said() {
    file=$1
    shift
    at=0
    for text in "$@"; do
        next=$(tail -n +$((at + 1)) "$file" | grep -nF -m 1 -e "$text" | cut -d: -f1)
        [ -n "$next" ] || return 1
        at=$((at + next))
    done
}

keygen() { # TYPE FILE NAME
    "$command" keygen -t "$1" -o "$2" "$3" >keygen.out 2>&1 || exit 99
}
keygen x25519 me.pem alice
keygen x25519 mallory.pem alice
keygen p384 web384.pem HTTP@web.example.org
keygen x25519 web.pem HTTP@web.example.org
cat web.pem.pub me.pem.pub >pins
cat web.pem.pub mallory.pem.pub >other
GSS_EDHOC_IDENTITY=$work/me.pem GSS_EDHOC_SERVICE_IDENTITY=$work/web.pem GSS_EDHOC_TRUST=$work/pins
export GSS_EDHOC_IDENTITY GSS_EDHOC_SERVICE_IDENTITY GSS_EDHOC_TRUST
own=$("$command" show me.pem | sed -n 's/^ *fingerprint *//p')

# -- Both sides here ---------------------------------------------------------------------------

try HTTP@web.example.org
[ $exited -eq 0 ] && [ ! -s err ] &&
    said out "client: key $work/me.pem: x25519, $own" "client: trust: 2 lines in $work/pins" \
        "server: key $work/web.pem: x25519, SHA256:" 'client: METHOD 3, cipher suite 6' \
        'client: -> message_1, ' 'server: asked for HTTP@web.example.org' \
        "server: authenticates with $work/web.pem" 'server: -> message_2, ' \
        'client: the peer has proven to hold the key of HTTP@web.example.org: x25519, SHA256:' \
        "client: believed by $work/pins line 1" 'client: -> message_3, ' 'client: done; good without end' \
        "server: the peer has proven to hold the key of alice: x25519, $own" \
        "server: believed by $work/pins line 2, local user alice" 'server: done' 'ok: both sides accept; '
result 'tells each step of a handshake'
grep -qE '^client: -> message_1, [0-9]+ bytes \([0-9]+\.[0-9] ms\)$' out
result 'with sizes and times'
sed -n 2p me.pem >secret
openssl pkey -in me.pem -outform DER | tail -c 32 | od -An -tx1 | tr -d ' \n' >secret.hex
! grep -qF -f secret out && [ "$(wc -c <secret.hex)" -eq 64 ] && ! grep -qiF -f secret.hex out
result 'and no secret'
GSS_EDHOC_OPTIONS=confirm,hide-target try HTTP@WEB.example.org.
[ $exited -eq 0 ] && said out 'server: -> message_2' 'server: asked for HTTP@web.example.org' \
    'server: -> message_4, ' 'client: done' 'ok: both'
result 'with a fourth message, and the name hidden until the third'
GSS_EDHOC_SUITES=3,24,6 GSS_EDHOC_SERVICE_IDENTITY=$work/web384.pem try HTTP@web.example.org
[ $exited -eq 1 ] && grep -q 'server: FAIL: no cipher suite' out
result 'keys that do not go together'
GSS_EDHOC_TRUST=$work/other try HTTP@web.example.org
[ $exited -eq 1 ] && said out 'client: -> message_3' 'server: -> error message' \
    "server: FAIL: the peer's key is not pinned" && ! grep -q '^ok' out &&
    grep -qF "no line in $work/other pins" out
result "tells the server's reason, which a client never hears"
try imap@mail.example.org
[ $exited -eq 1 ] && said out 'client: FAIL: ' && grep -q "no pinned key for imap@mail.example.org in $work/pins" out
result "the client's reason not to begin"
GSS_EDHOC_SERVICE_IDENTITY=$work/absent.pem try HTTP@web.example.org
[ $exited -eq 1 ] && said out 'client: key' "server: FAIL:" 'run this as root' 'gss-edhoc try --listen'
result 'without the key of the service, what to do'
GSS_EDHOC_SERVICE_IDENTITY=$work/me.pem try HTTP@web.example.org
[ $exited -eq 1 ] && said out 'server: FAIL: ' && grep -q 'HTTP@web.example.org' out
result 'a key that is for another name'

# -- Wrong usage -------------------------------------------------------------------------------

for words in '' 'a b' HTTP/web.example.org alice '--listen' '--nonsense' '-k HTTP@web.example.org' \
    '--listen 1 --connect x:1' '--connect :1'; do
    # shellcheck disable=SC2086 # words
    try $words
    [ $exited -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ]
    result "wrong usage: ${words:-nothing}"
done
for where in 127.0.0.1:99999 127.0.0.1: 127.0.0.1:x; do
    try --listen $where
    [ $exited -eq 2 ] && grep -q 'write \[HOST:\]PORT' err
    result "no port: $where"
done
try --connect web.example.org HTTP@web.example.org
[ $exited -eq 2 ] && grep -q 'web.example.org: write HOST:PORT; see gss-edhoc try --help' err
result 'a host without its port'
try 'HTTP@[::1]'
[ $exited -eq 2 ] && grep -q 'has brackets' err
result 'an address of IPv6, with brackets'
try HTTP@::1
[ $exited -eq 1 ] && grep -q 'client: FAIL: .*no pinned key for HTTP@::1' out
result 'and without'

# -- Over loopback -----------------------------------------------------------------------------

# listen ARG...: in the background; $port is where
listen() {
    : >listener.out
    "$command" try --listen 127.0.0.1:0 "$@" >listener.out 2>&1 &
    listener=$!
    while ! grep -q '^listening' listener.out && kill -0 $listener 2>/dev/null; do sleep 0.05; done
    port=$(sed -n 's/^listening on 127.0.0.1:\([0-9]*\);.*/\1/p' listener.out)
}
# ends STATUS: so does the listener
ends() {
    wait "$listener"
    [ $? -eq "$1" ]
    ended=$?
    listener=
    return $ended
}

listen
try --connect "127.0.0.1:$port" HTTP@web.example.org
ends 0 && [ $exited -eq 0 ] && said out 'client: -> message_1' 'client: -> message_3' 'ok: both sides accept' &&
    ! grep -q '^server' out && said listener.out 'connection from 127.0.0.1:' "server: key $work/web.pem" \
    'server: -> message_2' 'local user alice' 'ok: both sides accept' && ! grep -q '^client' listener.out
result 'two processes, one side each'
listen HTTP@web.example.org
GSS_EDHOC_OPTIONS=confirm try --connect "localhost:$port" HTTP@web.example.org
ends 0 && [ $exited -eq 0 ] && said listener.out 'server: -> message_4'
result 'with a fourth message'
listen
GSS_EDHOC_IDENTITY=$work/mallory.pem try --connect "127.0.0.1:$port" HTTP@web.example.org
ends 1 && [ $exited -eq 1 ] && said out 'client: done' 'FAIL: ' 'the other side' &&
    grep -qF "no line in $work/pins pins" listener.out
result 'a client that is refused hears of it, and the other side says why'
listen
try --connect "127.0.0.1:$port" HTTP@other.example.org
ends 1 && [ $exited -eq 1 ] && said out 'client: FAIL: ' &&
    said listener.out 'server: FAIL: the other side: it has closed the connection'
result 'a client that does not begin'
if command -v python3 >/dev/null; then
    listen
    printf 'GET / HTTP/1.0\r\n\r\n' >request
    python3 -c "import socket,sys
s=socket.create_connection(('127.0.0.1',$port)); s.sendall(open('request','rb').read()); s.recv(1)"
    ends 1 && grep -q 'it is no gss-edhoc try' listener.out
    result 'who speaks something else is told apart'
    listen
    python3 -c "import socket
s=socket.create_connection(('127.0.0.1',$port)); s.sendall(b'edhc\xff\xff\xff\xff'); s.recv(1)"
    ends 1 && grep -q 'it is no gss-edhoc try' listener.out
    result 'a length has a bound'
    listen -k
    python3 -c "import socket
s=socket.create_connection(('127.0.0.1',$port)); s.sendall(b'edh'); s.close()"
    try --connect "127.0.0.1:$port" HTTP@web.example.org
    [ $exited -eq 0 ] && grep -q 'it has closed the connection' listener.out
    result 'one that hangs up does not end a listener that keeps on'
    kill $listener
    wait $listener 2>/dev/null
    listener=
else
    for what in 'who speaks something else is told apart' 'a length has a bound' \
        'one that hangs up does not end a listener that keeps on'; do
        skip "$what" "no python3"
    done
fi
listen
old=$port
try --connect "127.0.0.1:$port" HTTP@web.example.org
ends 0
try --connect "127.0.0.1:$old" HTTP@web.example.org
[ $exited -eq 1 ] && grep -q 'Connection refused' err
result 'nobody listens'
GSS_EDHOC_SERVICE_IDENTITY=$work/absent.pem try --listen 127.0.0.1:0
[ $exited -eq 1 ] && grep -q 'server: FAIL: .*absent.pem does not exist' out && ! grep -q '^listening' out
result 'a listener without a key does not begin'

echo "1..$tests"
