# shellcheck shell=sh disable=SC2034 # what the sourcing script reads
# Shared by the end-to-end tests and tools/demo.sh: a sandbox with throwaway keys and a mech.conf of
# its own, in which MIT's gss-server and gss-client run over the plugin. Sourced, not run. Wants
#
#   MECH_SO     the plugin, mech_edhoc.so
#   GSS_EDHOC   the command, gss-edhoc
#   GSS_RUN     what to put before MIT's programs, for example `valgrind --quiet`; may be empty

MECH_OID='1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869'
# gss-client of MIT krb5 1.20 knows an OID only in braces.
MECH_BRACES="{ $(echo "$MECH_OID" | tr . ' ') }"

# -- The sandbox: nothing of the user's or the machine's configuration comes in -----------------

sandbox_open() {
    SANDBOX=$(mktemp -d "${TMPDIR:-/tmp}/gss-edhoc.XXXXXX") || exit 1
    SERVER_PID=
    # The shell runs the first trap on every way out; a signal must only lead there.
    trap sandbox_close EXIT
    trap 'exit 1' HUP INT PIPE TERM
    unset GSS_EDHOC_IDENTITY GSS_EDHOC_SERVICE_IDENTITY GSS_EDHOC_CERTIFICATE GSS_EDHOC_TRUST \
        GSS_EDHOC_ANCHORS GSS_EDHOC_CRLS GSS_EDHOC_REVOKED GSS_EDHOC_SUITES GSS_EDHOC_OPTIONS GSS_EDHOC_TRACE GSS_EDHOC_LOG \
        SSH_AUTH_SOCK
    export HOME="$SANDBOX/home" XDG_CONFIG_HOME="$SANDBOX/home/.config"
    export KRB5_CONFIG=/dev/null KRB5CCNAME="$SANDBOX/no-ccache" KRB5_KTNAME="$SANDBOX/no-keytab"
    export GSS_MECH_CONFIG="$SANDBOX/mech.conf"
    mkdir -p "$XDG_CONFIG_HOME"
    echo "edhoc $MECH_OID $MECH_SO" > "$GSS_MECH_CONFIG"
}

sandbox_close() {
    server_stop
    rm -rf "$SANDBOX"
}

# keygen TYPE FILE NAME: a key in the sandbox, FILE and FILE.pub
keygen() {
    "$GSS_EDHOC" keygen -t "$1" -o "$SANDBOX/$2" "$3" > "$SANDBOX/keygen.out" 2>&1 ||
        { cat "$SANDBOX/keygen.out" >&2; return 1; }
}

# trust FILE KEY...: a trust file that pins these keys
trust() {
    trust_file=$SANDBOX/$1
    shift
    : > "$trust_file"
    for key in "$@"; do cat "$SANDBOX/$key.pub" >> "$trust_file"; done
}

# -- gss-server and gss-client -----------------------------------------------------------------

# server_start SETTING=VALUE... -- ARG...: gss-server with these environment variables and arguments,
# listening on $PORT when this returns. Fails when it does not come up; what it said is in server.out.
server_start() {
    server_env=
    while [ "$1" != -- ]; do server_env="$server_env $1"; shift; done
    shift
    tried=0
    while [ $tried -lt 20 ]; do
        tried=$((tried + 1))
        PORT=$((20000 + (${PORT:-$$} * 7 + 13) % 12000))
        rm -f "$SANDBOX/server.out" "$SANDBOX/server.err" # not to be taken for this one's
        touch "$SANDBOX/server.out" "$SANDBOX/server.err"
        # A client that hangs up early must not end it for those that follow: it writes on, and
        # sees an error instead of the signal.
        # shellcheck disable=SC2086 # both are lists of words
        env --ignore-signal=PIPE $server_env timeout --foreground 300 $GSS_RUN gss-server -port "$PORT" "$@" \
            > "$SANDBOX/server.out" 2> "$SANDBOX/server.err" &
        SERVER_PID=$!
        server_is_up && return 0
        server_stop
        grep -q 'binding socket' "$SANDBOX/server.err" || return 1 # else: somebody has that port
    done
    return 1
}

server_is_up() {
    waited=0
    while [ $waited -lt 200 ]; do
        grep -q '^starting\.\.\.' "$SANDBOX/server.err" && return 0
        grep -q 'binding socket' "$SANDBOX/server.err" && return 1
        [ -s "$SANDBOX/server.out" ] && return 1 # it speaks before it listens only when it fails
        waited=$((waited + 1))
        sleep 0.05
    done
    return 1
}

# Waits for a server that was started with -once. Its exit status is in $SERVER_STATUS.
server_wait() {
    SERVER_STATUS=0
    wait "$SERVER_PID" || SERVER_STATUS=$?
    SERVER_PID=
}

server_stop() {
    [ -n "$SERVER_PID" ] || return 0
    kill "$SERVER_PID" 2> /dev/null
    server_wait
}

# client SETTING=VALUE... -- ARG...: gss-client with our mechanism; output in client.out, exit status
# in $CLIENT_STATUS.
client() {
    client_env=
    while [ "$1" != -- ]; do client_env="$client_env $1"; shift; done
    shift
    CLIENT_STATUS=0
    # shellcheck disable=SC2086 # both are lists of words
    env $client_env timeout --foreground 60 $GSS_RUN gss-client -port "$PORT" -mech "$MECH_BRACES" "$@" \
        > "$SANDBOX/client.out" 2>&1 || CLIENT_STATUS=$?
}

# says FILE PATTERN, says_not FILE PATTERN: in the sandbox, an extended regular expression
says() { grep -Eq -- "$2" "$SANDBOX/$1"; }
says_not() { ! says "$1" "$2"; }

# Sizes of the tokens of the last exchange, first to last, as the two programs printed them.
client_token_sizes() { grep -Eo 'init_sec_context token \(size=[0-9]+' "$SANDBOX/client.out" | grep -Eo '[0-9]+$'; }
server_token_sizes() { grep -Eo 'accept_sec_context token \(size=[0-9]+' "$SANDBOX/server.out" | grep -Eo '[0-9]+$'; }

# -- TAP ---------------------------------------------------------------------------------------

TAP_COUNT=0

# check TEXT COMMAND...: one test point, good if the command succeeds
check() {
    TAP_COUNT=$((TAP_COUNT + 1))
    tap_text=$1
    shift
    if "$@"; then
        echo "ok $TAP_COUNT - $tap_text"
    else
        echo "not ok $TAP_COUNT - $tap_text"
        echo "# failed: $*"
        for f in client.out server.out server.err command.out; do
            [ -s "$SANDBOX/$f" ] && head -c 4000 "$SANDBOX/$f" | sed "s/^/# $f: /"
        done
    fi
}

tap_skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

tap_done() {
    echo "1..$TAP_COUNT"
}
