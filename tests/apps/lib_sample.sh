# shellcheck shell=sh disable=SC2034 # what the sourcing script reads
# For the tests with MIT's gss-server and gss-client: one server that goes on while clients come, and
# what it says about each of them. Sourced after lib.sh.

# What gss-server says of a client that hangs up would stay in its buffer.
GSS_RUN='stdbuf -oL'

# service_start SETTING=VALUE... -- ARG...: a gss-server that goes on, on $PORT
service_start() {
    server_start "$@" || {
        check 'gss-server starts' false
        app_done "$APP_NAME" "$(version krb5-gss-samples)"
        exit
    }
    service_read=0
}

# talk SETTING=VALUE... -- ARG...: gss-client. What it said is in client.out, its exit status in
# $CLIENT_STATUS, what the server said meanwhile in seen.out.
talk() {
    talk_env=
    while [ "$1" != -- ]; do talk_env="$talk_env $1"; shift; done
    shift
    : > seen.out
    CLIENT_STATUS=0
    # shellcheck disable=SC2086 # a list of words
    env $talk_env timeout --foreground 60 gss-client -port "$PORT" "$@" > client.out 2>&1 ||
        CLIENT_STATUS=$?
    soon service_is_done
    service_read=$(wc -c < server.out)
}

# The last that it says about a client, before it waits for the next: how many of these lines are to
# be expected is in $CLIENTS.
service_is_done() {
    tail -c "+$((service_read + 1))" server.out > seen.out
    [ "$(grep -Ec '^(NOOP token|reading token flags|GSS-API error)' seen.out)" -ge "${CLIENTS:-1}" ]
}

# seen WHO [OID]: the server accepted this one, by that mechanism
seen() {
    says seen.out "^Accepted connection: \"$1\"\$" && { [ -z "${2-}" ] || seen_by "$2"; }
}
seen_by() { grep -Fq "Accepted connection using mechanism OID { $(echo "$1" | tr . ' ') }." seen.out; }
# seen_nobody: it refused, or the client hung up before it could
seen_nobody() { says seen.out '^(GSS-API error|reading token flags)' && says_not seen.out '^Accepted'; }
