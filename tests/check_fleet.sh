#!/bin/sh
# The command with OpenSSH's CAs and certificates, all made by the real ssh-keygen: what it shows of
# them, what it does with lines of CAs, and what it takes over from OpenSSH's own files. TAP.
# GSS_EDHOC names the command, MECH_SO the plugin.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
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
    "$GSS_EDHOC" "$@" >stdout 2>command.err || STATUS=$?
    cat stdout command.err >command.out
}
succeeds() { [ "$STATUS" = 0 ] && [ ! -s command.err ]; }
# refused TEXT: nothing but one error that says so
refused() { [ "$STATUS" = 1 ] && [ ! -s stdout ] && has "$1"; }
has() { grep -qF -e "$1" command.out; }
# row TEXT...: one line has all of them
row() {
    cp command.out rows
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

tap_done
