#!/bin/sh
# gss-edhoc run: an unmodified program that names no mechanism gets ours where there is a key for it.
# gss-client without -mech is such a program. TAP; GSS_DEFAULT is what run preloads.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
: "${MECH_SO:=$PWD/.libs/mech_edhoc.so}" "${GSS_EDHOC:=$PWD/gss-edhoc}" "${GSS_RUN:=}"
: "${GSS_DEFAULT:=$PWD/.libs/gss_default.so}"
SERVICE=HTTP@web.example

command -v gss-server > /dev/null && command -v gss-client > /dev/null ||
    tap_skip_all 'gss-server and gss-client are missing (Debian: krb5-gss-samples)'
sandbox_open
unset LD_PRELOAD
keygen x25519 alice alice && keygen x25519 service "$SERVICE" || exit 99
trust both.trust alice service

# serve: one client, in server.out what it saw
serve() {
    server_start "GSS_EDHOC_SERVICE_IDENTITY=$SANDBOX/service" "GSS_EDHOC_TRUST=$SANDBOX/both.trust" \
        -- -once -verbose "$SERVICE" || { check 'gss-server starts' false; exit; }
}

# run_client SETTING=VALUE... -- ARG...: gss-client under gss-edhoc run
run_client() {
    run_env=
    while [ "$1" != -- ]; do run_env="$run_env $1"; shift; done
    shift
    CLIENT_STATUS=0
    # shellcheck disable=SC2086 # both are lists of words
    env $run_env timeout --foreground 60 $GSS_RUN "$GSS_EDHOC" run -l "$GSS_DEFAULT" -- \
        gss-client -port "$PORT" "$@" 127.0.0.1 "$SERVICE" 'to the default' > "$SANDBOX/client.out" 2>&1 ||
        CLIENT_STATUS=$?
}
tokens() { echo "$(client_token_sizes | wc -l) $(server_token_sizes | wc -l)"; }
ALICE="GSS_EDHOC_IDENTITY=$SANDBOX/alice GSS_EDHOC_TRUST=$SANDBOX/both.trust"

# -- Which mechanism ---------------------------------------------------------------------------

serve
# shellcheck disable=SC2086 # a list of words
run_client $ALICE --
server_wait
check 'no mechanism named, a key: gss-client ends well' [ "$CLIENT_STATUS" = 0 ]
check 'the server saw alice' says server.out '^Accepted connection: "alice"$'
check 'by this mechanism' \
    grep -Fq "Accepted connection using mechanism OID { $(echo "$MECH_OID" | tr . ' ') }." "$SANDBOX/server.out"
check 'the server had the last word: two tokens each way' [ "$(tokens)" = '2 2' ]
check 'and the message arrived' says server.out '^Received message: "to the default"$'

serve
run_client "GSS_EDHOC_TRUST=$SANDBOX/both.trust" --
server_stop
check 'no mechanism named, no key: Kerberos, as without us' says client.out 'Kerberos'
check 'the server saw nobody' says_not server.out '^Accepted'

serve
# shellcheck disable=SC2086
run_client $ALICE -- -krb5
server_stop
check 'Kerberos named: Kerberos, whatever key there is' says client.out 'Kerberos'

serve
# shellcheck disable=SC2086
run_client $ALICE -- -spnego
server_wait
check 'SPNEGO named: SPNEGO, and ours in it' says server.out '^Accepted connection: "alice"$'

# -- What the program gets ---------------------------------------------------------------------

# run ARG...: in command.out what was said, in $STATUS how it ended
run() {
    STATUS=0
    # shellcheck disable=SC2086
    $GSS_RUN "$GSS_EDHOC" run -l "$GSS_DEFAULT" "$@" > "$SANDBOX/command.out" 2>&1 || STATUS=$?
}
# shellcheck disable=SC2016 # for the shell that is run
run sh -c 'echo "$GSS_EDHOC_OPTIONS"; exit 7'
check 'the status is the program'\''s' [ "$STATUS" = 7 ]
check 'confirm is set' says command.out '^confirm$'
export GSS_EDHOC_OPTIONS=hide-target,cred-by-reference
# shellcheck disable=SC2016
run sh -c 'echo "$GSS_EDHOC_OPTIONS"'
check 'beside what is set already' says command.out '^confirm,hide-target,cred-by-reference$'
export GSS_EDHOC_OPTIONS=none
# shellcheck disable=SC2016
run -- sh -c 'echo "$GSS_EDHOC_OPTIONS"'
check 'and instead of none' says command.out '^confirm$'
export GSS_EDHOC_OPTIONS=nonsense
run true
check 'a setting that is none is told before the program runs' \
    says command.out '^gss-edhoc: GSS_EDHOC_OPTIONS: "nonsense" is no option'
check 'with its own status' [ "$STATUS" = 125 ]
unset GSS_EDHOC_OPTIONS

run "$SANDBOX/nothing"
check 'a program that is not there: 127' [ "$STATUS" = 127 ]
run "$SANDBOX"
check 'one that cannot be run: 126' [ "$STATUS" = 126 ]
GSS_DEFAULT=$SANDBOX/gone.so run true
check 'nothing to preload: 125' [ "$STATUS" = 125 ]
check 'and it says what' says command.out "^gss-edhoc: $SANDBOX/gone\.so: .*cannot be preloaded"
run
check 'no program: wrong usage' [ "$STATUS" = 2 ]
run --nonsense true
check 'no such option: wrong usage' [ "$STATUS" = 2 ]

if [ -z "$GSS_RUN" ]; then
    : > "$SANDBOX/command.out"
    before=$(dirname "$GSS_DEFAULT")/mech_edhoc.so # any object will do
    # shellcheck disable=SC2016
    LD_PRELOAD=$before "$GSS_EDHOC" run -l "$GSS_DEFAULT" sh -c 'echo "$LD_PRELOAD"' > "$SANDBOX/command.out" 2>&1
    check 'what was preloaded stays, and comes first' grep -Fxq "$before:$GSS_DEFAULT" "$SANDBOX/command.out"
fi

tap_done
