#!/bin/sh
# Cyrus SASL: its sample client and server, and sasl_pair.c, with the mechanism by its own SASL name
# (GS2, RFC 5801) and by GSS-SPNEGO; with and without channel binding (-PLUS), with and without success
# data, with and without a fourth message. Prints TAP; asserts what the server saw.
# packages: sasl2-bin libsasl2-modules-gssapi-mit libsasl2-dev gcc libc6-dev openssl
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
installed sasl-sample-client sasl2-bin
installed sasl-sample-server sasl2-bin
installed openssl openssl
SASL_PLUGIN=$(find /usr/lib -name libgs2.so 2> /dev/null | head -n 1)
[ -n "$SASL_PLUGIN" ] || tap_skip_all 'libgs2.so is not installed (Debian: libsasl2-modules-gssapi-mit)'
app_open

GS2='GS2-TVQBD6KGPEG'
SPNEGO='GSS-SPNEGO'

keygen x25519 imap imap@localhost || exit 1
keygen x25519 alice alice || exit 1
keygen ed25519 bob bob@laptop || exit 1
keygen x25519 mallory alice || exit 1 # the right name, another key
trust server.trust alice bob
trust client.trust imap

# -- Cyrus's samples ---------------------------------------------------------------------------

# They talk base64 by standard input and output, among other things that they say. A fifo leads the
# client's lines to the server.
mkfifo back

# sample WHO MECHANISM FLAGS: FLAGS are both programs', OPTIONS the mechanism's
sample() {
    fresh
    mechanism=$2
    # shellcheck disable=SC2086 # words
    env GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/imap" GSS_EDHOC_TRUST="$SANDBOX/server.trust" \
        timeout --foreground 20 stdbuf -oL sasl-sample-server $3 -m "$mechanism" -s imap \
        -d localhost < back 2> server.err | tee server.out | grep --line-buffered '^S: ' |
        env ${OPTIONS:+"GSS_EDHOC_OPTIONS=$OPTIONS"} GSS_EDHOC_IDENTITY="$SANDBOX/$1" \
            GSS_EDHOC_TRUST="$SANDBOX/client.trust" timeout --foreground 20 stdbuf -oL \
            sasl-sample-client $3 -m "$mechanism" -s imap -n "${SERVER:-localhost}" -a alice \
            -u alice 2> command.out | tee client.out | grep --line-buffered '^C: ' > back
}
server_saw() {
    says server.out '^Negotiation complete$' && says server.out "^Username: $1\$" &&
        says server.out "^SSF: $2\$"
}

for mechanism in $GS2 $SPNEGO; do
    case $mechanism in
    "$GS2") ssf=0 ;;
    *) ssf=128 ;;
    esac
    for flags in '' -l; do
        for OPTIONS in '' confirm; do
            about="$mechanism${flags:+, success data}${OPTIONS:+, $OPTIONS}"
            sample alice "$mechanism" "$flags"
            check "$about: the server saw alice" server_saw alice $ssf
            check "$about: the client is content" says client.out '^Negotiation complete$'
            check "$about: the server has the client's message" \
                says server.out "decoded message 'client message 1'"
            check "$about: the client has the server's" says client.out "decoded message 'srv message 1'"
        done
    done
    OPTIONS=
    sample mallory "$mechanism" ''
    check "$mechanism: a stranger is refused" says_not server.out '^Negotiation complete$'
    check "$mechanism: and the server says why" says server.err "$SANDBOX/server\.trust"
    SERVER=other.example sample alice "$mechanism" ''
    check "$mechanism: a server that the client does not know: refused" \
        says_not server.out '^Negotiation complete$'
    check "$mechanism: and the client says so" says command.out "$SANDBOX/client\.trust"
done
sample alice $GS2 '-f noplain,noactive,forwardsec'
check "$GS2: who wants forward secrecy gets it: the server saw alice" server_saw alice 0
sample alice $SPNEGO '-b max=1'
check "$SPNEGO: signed only: the server saw alice" server_saw alice 1
check "$SPNEGO: signed only: the messages arrive" says server.out "decoded message 'client message 1'"

# -- What the samples cannot do ----------------------------------------------------------------

if ! cc -std=gnu11 -D_GNU_SOURCE -o sasl_pair "$APPS/sasl_pair.c" -lsasl2 > command.out 2>&1; then
    TAP_COUNT=$((TAP_COUNT + 1))
    echo "ok $TAP_COUNT # SKIP sasl_pair.c cannot be built (Debian: libsasl2-dev)"
    app_done cyrus-sasl "$(version sasl2-bin)"
    exit
fi

# pair WHO MECHANISM ARGUMENT...: both sides in one process
trust both.trust imap alice bob
pair() {
    fresh
    who=$1
    shift
    PAIR_STATUS=0
    env ${OPTIONS:+"GSS_EDHOC_OPTIONS=$OPTIONS"} GSS_EDHOC_IDENTITY="$SANDBOX/$who" \
        GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/imap" GSS_EDHOC_TRUST="$SANDBOX/both.trust" \
        timeout --foreground 20 ./sasl_pair imap "$@" > server.out 2>&1 || PAIR_STATUS=$?
}
pair_saw() { # USER AUTHID SSF
    [ $PAIR_STATUS = 0 ] && says server.out "^server saw: user=$1 authid=$2 ssf=$3\$"
}
pair_fails() { [ $PAIR_STATUS = 1 ] && says_not server.out '^server saw'; }

for success in no yes; do
    for OPTIONS in '' confirm; do
        about="success-data=$success${OPTIONS:+, $OPTIONS}"
        pair alice $GS2 success-data=$success
        check "$about: $GS2: the server saw alice" pair_saw alice alice 0
        check "$about: $GS2: nobody spoke of channel bindings" says server.out '^header: n,,$'
        pair alice $GS2 success-data=$success client-cb=finished server-cb=finished
        check "$about: $GS2-PLUS is offered" says server.out "^offered: $GS2-PLUS $GS2\$"
        check "$about: $GS2-PLUS: the server saw alice" pair_saw alice alice 0
        check "$about: $GS2-PLUS: they were bound" says server.out '^header: p=tls-exporter,,$'
        pair alice $GS2 success-data=$success client-cb=finished server-cb=begun
        check "$about: $GS2-PLUS, two channels: refused" pair_fails
        check "$about: $GS2-PLUS, two channels: the server says why" \
            says server.out '^server log: .*channel bindings of the two sides differ'
        pair alice $SPNEGO success-data=$success
        check "$about: $SPNEGO: the server saw alice" pair_saw alice alice 128
        pair bob $SPNEGO success-data=$success max-ssf=256
        check "$about: $SPNEGO: the server saw bob, a larger key" pair_saw bob@laptop bob@laptop 256
        pair alice $SPNEGO success-data=$success max-ssf=1
        check "$about: $SPNEGO: the server saw alice, signed only" pair_saw alice alice 1
    done
done
OPTIONS=

pair alice $GS2 server-cb=finished
check 'only the server has a channel binding: alice' pair_saw alice alice 0
pair alice $GS2 client-cb=finished
check 'only the client has a channel binding: alice' pair_saw alice alice 0
pair alice $GS2 client-cb=finished critical=yes
check 'only the client has one, and insists: refused' pair_fails
pair alice $GS2 client-cb=finished server-cb=finished critical=yes
check 'both have one, and the client insists: alice' pair_saw alice alice 0
pair alice $GS2 client-cb=finished server-cb=finished client-cb-type=tls-unique
check 'one is called otherwise: refused' pair_fails

pair alice $GS2 authzid=operator
check 'alice may be the operator' pair_saw operator alice 0
pair alice $GS2 authzid=operator client-cb=finished server-cb=finished
check 'alice may be the operator, with channel binding too' pair_saw operator alice 0
pair alice $GS2 authzid=root
check 'but not root' pair_fails
pair bob $GS2 authid=bob@laptop
check 'bob is bob' pair_saw bob@laptop bob@laptop 0
pair bob $GS2 authid=bob@laptop authzid=operator
check 'bob may not be the operator' pair_fails
pair bob $GS2 authid=alice
check 'bob, who calls himself alice, has no such key' pair_fails
pair mallory $GS2 authid=alice
check 'mallory has one, but it is not known' pair_fails

# A key that is encrypted: SASL asks for a password, and that opens it.
openssl pkcs8 -topk8 -in alice -out sealed -passout pass:sesame > command.out 2>&1
chmod 600 sealed
cp alice.pub sealed.pub
pair sealed $GS2 password=sesame
check 'an encrypted key and its password: the server saw alice' pair_saw alice alice 0
check 'an encrypted key and its password: it was asked for' says server.out '^client is asked'
pair sealed $GS2 password=simsim
check 'an encrypted key and another password: refused' pair_fails
pair sealed $GS2
check 'an encrypted key and no password: refused' pair_fails

app_done cyrus-sasl "$(version sasl2-bin)"
