#!/bin/sh
# Kerberos, NTLMSSP and the mechanism side by side in one gss-server: each by its own OID and by SPNEGO.
# Then the good neighbour: with the plugin registered and no key for it, the others' applications
# behave exactly as before. Prints TAP; asserts what the server saw.
# packages: krb5-kdc krb5-admin-server krb5-user krb5-gss-samples gss-ntlmssp gcc libc6-dev libkrb5-dev
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/apps/lib_sample.sh
. "$(dirname "$0")/lib_sample.sh"
# shellcheck source=tests/apps/lib_kdc.sh
. "$(dirname "$0")/lib_kdc.sh"
installed gss-server krb5-gss-samples
installed gss-client krb5-gss-samples
kdc_installed
NTLMSSP=$(find /usr/lib -name gssntlmssp.so 2> /dev/null | head -n 1)
[ -n "$NTLMSSP" ] || tap_skip_all 'gssntlmssp.so is not installed (Debian: gss-ntlmssp)'
app_open

APP_NAME=side-by-side

KRB5_OID='1.2.840.113554.1.2.2'
NTLM_OID='1.3.6.1.4.1.311.2.2.10'
braces() { echo "{ $(echo "$1" | tr . ' ') }"; }

# -- A KDC, users of all three -----------------------------------------------------------------

kdc_start host/localhost || {
    check 'the KDC starts' false
    app_done $APP_NAME "$(version krb5-kdc)"
    exit
}

echo 'DOMAIN:nick:hush' > ntlm.users
export NTLM_USER_FILE="$SANDBOX/ntlm.users"

keygen x25519 host host@localhost || exit 1
keygen x25519 alice alice || exit 1
trust server.trust alice
trust client.trust host
{
    echo "edhoc $MECH_OID $MECH_SO"
    echo "ntlmssp $NTLM_OID $NTLMSSP"
} > mech.conf
grep ntlmssp mech.conf > without.conf

# -- One server for all ------------------------------------------------------------------------

server_up() { # SETTING=VALUE...
    service_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/host" \
        "GSS_EDHOC_TRUST=$SANDBOX/server.trust" "$@" -- -verbose host@localhost
}
# client_of_all SETTING=VALUE... -- ARG...
client_of_all() {
    client_settings=
    while [ "$1" != -- ]; do client_settings="$client_settings $1"; shift; done
    shift
    # shellcheck disable=SC2086 # a list of words
    talk "GSS_EDHOC_IDENTITY=$SANDBOX/alice" "GSS_EDHOC_TRUST=$SANDBOX/client.trust" \
        $client_settings -- "$@" localhost host@localhost hello
}
got_message() { says seen.out '^Received message: "hello"$' && says client.out '^Signature verified\.$'; }

KRB5=$(braces $KRB5_OID)
NTLM=$(braces $NTLM_OID)

# all_three TEXT: by OID and by SPNEGO, each with the message that follows. gss-client does not get on
# with NTLMSSP once it is authenticated, plugin or not: it wants a list of name types that
# gss-ntlmssp does not have.
all_three() {
    client_of_all -- -mech "$KRB5"
    check "$1: Kerberos: the server saw kim" seen 'kim@REALM\.EXAMPLE' $KRB5_OID
    check "$1: Kerberos: the message arrives, its MIC verifies" got_message
    client_of_all -- -mech "$NTLM"
    check "$1: NTLMSSP: the server saw nick" seen 'DOMAIN\\nick' $NTLM_OID
    client_of_all -- -mech "$MECH_BRACES"
    check "$1: EDHOC: the server saw alice" seen alice "$MECH_OID"
    check "$1: EDHOC: the message arrives, its MIC verifies" got_message
    client_of_all -- -spnego -user kim -mech "$KRB5"
    check "$1: SPNEGO, Kerberos: the server saw kim" seen 'kim@REALM\.EXAMPLE' $KRB5_OID
    check "$1: SPNEGO, Kerberos: the message arrives, its MIC verifies" got_message
    client_of_all -- -spnego -user "DOMAIN\\nick" -mech "$NTLM"
    check "$1: SPNEGO, NTLMSSP: the server saw nick" seen 'DOMAIN\\nick' $NTLM_OID
    client_of_all -- -spnego -user alice -mech "$MECH_BRACES"
    check "$1: SPNEGO, EDHOC: the server saw alice" seen alice "$MECH_OID"
    check "$1: SPNEGO, EDHOC: the message arrives, its MIC verifies" got_message
}

server_up
all_three 'side by side'
client_of_all -- -spnego
check 'SPNEGO, a client of all three: Kerberos, as without us' seen 'kim@REALM\.EXAMPLE' $KRB5_OID
client_of_all KRB5CCNAME="$SANDBOX/none" -- -spnego
check 'SPNEGO, a client without ticket: EDHOC' seen alice "$MECH_OID"
check 'SPNEGO, a client without ticket: the message arrives' got_message
client_of_all KRB5CCNAME="$SANDBOX/none" GSS_EDHOC_IDENTITY="$SANDBOX/none" -- -spnego
check 'SPNEGO, a client without ticket and key: NTLMSSP' seen 'DOMAIN\\nick' $NTLM_OID
all_three 'and again'
server_stop

# The server has no key of Kerberos's: a client that begins with Kerberos has to begin anew, with
# us, and both protect the list of mechanisms (mechListMIC).
case $(version libgssapi-krb5-2) in
1.21* | 1.22 | 1.22.[01]) second_choices=fail ;; # krb5's ticket 9183: it reads no mechListMIC
*) second_choices=work ;;
esac
if [ $second_choices = fail ]; then
    check 'SPNEGO, second choice # SKIP krb5 1.21.0 to 1.22.1 reads no mechListMIC (its ticket 9183)' true
else
    server_up KRB5_KTNAME="$SANDBOX/none"
    client_of_all -- -spnego
    check 'SPNEGO, second choice: EDHOC' seen alice "$MECH_OID"
    check 'SPNEGO, second choice: the message arrives, its MIC verifies' got_message
    check 'SPNEGO, second choice: the client began with Kerberos' \
        says client.out '^Sending init_sec_context token \(size=[5-9][0-9][0-9]\)'
    client_of_all -- -spnego -seq
    check 'SPNEGO, second choice, in sequence: EDHOC' seen alice "$MECH_OID"
    check 'SPNEGO, second choice, in sequence: the message arrives, its MIC verifies' got_message
    client_of_all GSS_EDHOC_OPTIONS=confirm -- -spnego
    check 'SPNEGO, second choice, confirm: EDHOC' seen alice "$MECH_OID"
    check 'SPNEGO, second choice, confirm: the message arrives, its MIC verifies' got_message
    server_stop
fi

# -- The good neighbour: no key of ours --------------------------------------------------------

# The same clients and the same server, with the plugin and without. The sizes of Kerberos's tokens
# vary by themselves; what SPNEGO offers is looked at further down.
neighbours() { # FILE: who was seen, by how many tokens, with which flags
    : > "$1"
    service_start -- -verbose host@localhost
    for arguments in "-mech $KRB5" "-mech $NTLM" '-spnego' "-spnego -user kim -mech $KRB5" \
        "-spnego -user DOMAIN\\nick -mech $NTLM"; do
        # shellcheck disable=SC2086 # words
        case $arguments in
        *-mech*) client_of_all GSS_EDHOC_IDENTITY="$SANDBOX/none" -- \
            ${arguments%%-mech*} -mech "${arguments#*-mech }" ;;
        *) client_of_all GSS_EDHOC_IDENTITY="$SANDBOX/none" -- "$arguments" ;;
        esac
        {
            echo "== $arguments"
            client_token_sizes | wc -l
            grep -E '^(Accepted connection|context flag|Received message)|localname' seen.out
        } >> "$1"
    done
    server_stop
}
same() { cmp -s "$1" "$2" || { diff "$1" "$2" | head -n 40 | sed 's/^/# /'; return 1; }; }

neighbours with.txt
GSS_MECH_CONFIG=$SANDBOX/without.conf neighbours without.txt
check 'no key: gss-client and gss-server see the same' same without.txt with.txt
check 'no key: and that is all five' [ "$(grep -c '^Accepted connection:' with.txt)" = 5 ]

if ! cc -std=gnu11 -D_GNU_SOURCE -o neighbour "$APPS/neighbour.c" -lgssapi_krb5 > command.out 2>&1; then
    TAP_COUNT=$((TAP_COUNT + 1))
    echo "ok $TAP_COUNT # SKIP neighbour.c cannot be built (Debian: libkrb5-dev)"
    app_done $APP_NAME "$(version krb5-gss-samples)"
    exit
fi

# look FILE [SETTING=VALUE...]
look() {
    look_file=$1
    shift
    env "$@" timeout --foreground 60 ./neighbour look host@localhost kim secret > "$look_file" 2>&1
}
NOTHING="KRB5CCNAME=$SANDBOX/none KRB5_KTNAME=$SANDBOX/none NTLM_USER_FILE=$SANDBOX/none"

# compare TEXT SETTING=VALUE...: everything that neighbour.c asks, with the plugin and without
compare() {
    compare_text=$1
    shift
    look with.txt GSS_MECH_CONFIG="$SANDBOX/mech.conf" "$@"
    look without.txt GSS_MECH_CONFIG="$SANDBOX/without.conf" "$@"
    check "no key, $compare_text: acquire, inquire, export, offers, hints and errors are the same" \
        same without.txt with.txt
    check "no key, $compare_text: and all of it was asked" [ "$(wc -l < with.txt)" -ge "$LINES_ASKED" ]
}
LINES_ASKED=200
compare 'Kerberos and NTLMSSP configured' NTLM_USER_FILE="$NTLM_USER_FILE"
LINES_ASKED=80
compare 'Kerberos configured' NTLM_USER_FILE="$SANDBOX/none"
compare 'NTLMSSP configured' KRB5CCNAME="$SANDBOX/none" KRB5_KTNAME="$SANDBOX/none"
LINES_ASKED=40
# shellcheck disable=SC2086 # a list of words
compare 'nothing configured' $NOTHING

# The same questions do notice us where there is a key.
look with.txt GSS_EDHOC_IDENTITY="$SANDBOX/alice" GSS_EDHOC_TRUST="$SANDBOX/client.trust"
check 'with a key: SPNEGO offers Kerberos first, then us' \
    says with.txt 'offer: 303a06092a864886f71201020206212a864886f71401be40'
check 'with a key: export_cred of everything still works' says_not with.txt 'export_cred [a-z]*: [^0]'

# -- What it costs -----------------------------------------------------------------------------

# Not asserted, but written down: milliseconds of a process that lists mechanisms and acquires its
# default credential, the quickest of 50.
cost() { # TEXT FILE-WITHOUT FILE-WITH
    echo "# cost: $1: $(GSS_MECH_CONFIG="$SANDBOX/$2" ./neighbour time 50) ms without the plugin," \
        "$(GSS_MECH_CONFIG="$SANDBOX/$3" ./neighbour time 50) ms with it"
}
echo "edhoc $MECH_OID $MECH_SO" > only.conf
: > empty.conf
cost 'Kerberos alone' empty.conf only.conf
cost 'Kerberos and NTLMSSP' without.conf mech.conf
if [ -x "$(command -v valgrind)" ]; then
    for conf in empty only; do
        GSS_MECH_CONFIG="$SANDBOX/$conf.conf" valgrind --tool=callgrind --callgrind-out-file=/dev/null \
            ./neighbour load > $conf.count 2>&1
    done
    echo "# cost: Kerberos alone: $(sed -n 's/.*Collected : //p' empty.count) instructions without," \
        "$(sed -n 's/.*Collected : //p' only.count) with"
fi

app_done $APP_NAME "$(version krb5-gss-samples)"
