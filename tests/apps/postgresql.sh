#!/bin/sh
# PostgreSQL: an unmodified server that asks for `gss include_realm=0`, and libpq, which names no
# mechanism and so runs under `gss-edhoc run`. With its defaults libpq tries an encrypted connection
# first (gssencmode=prefer). Prints TAP; asserts what the server saw.
# packages: postgresql postgresql-client python3-psycopg2
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
installed psql postgresql-client
BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2> /dev/null | sort -V | tail -n 1)
installed "${BIN:-/usr/lib/postgresql}/initdb" postgresql
: "${GSS_DEFAULT:?the path of gss_default.so}"
app_open
for variable in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do unset "$variable"; done

# The server does not run as root.
as_server=
if [ "$(id -u)" = 0 ]; then
    as_server='runuser -u nobody --'
    id postgres > /dev/null 2>&1 && as_server='runuser -u postgres --'
fi

keygen x25519 service postgres@localhost || exit 1
keygen x25519 alice alice || exit 1
keygen ed25519 bob bob || exit 1
keygen x25519 mallory alice || exit 1
keygen x25519 impostor postgres@localhost || exit 1
trust server.trust alice bob
trust client.trust service
trust impostor.trust impostor

# -- The server --------------------------------------------------------------------------------

mkdir data run
if [ -n "$as_server" ]; then
    # shellcheck disable=SC2086 # words
    owner=$($as_server id -un)
    chown -R "$owner" data run service
fi

postgres_make() {
    # shellcheck disable=SC2086 # words
    $as_server "$BIN/initdb" --no-sync -A peer -U root -D "$SANDBOX/data" > command.out 2>&1 || return
    cat > data/pg_hba.conf << END
local all root trust
hostgssenc sealed  all 127.0.0.1/32 gss include_realm=0
hostgssenc world   all 127.0.0.1/32 gss include_realm=0
hostnogssenc world all 127.0.0.1/32 gss include_realm=0
END
}

# It listens when this returns, on $PORT.
postgres_start() {
    tried=0
    while [ $tried -lt 20 ]; do
        tried=$((tried + 1))
        next_port
        fresh
        # shellcheck disable=SC2086 # words
        background $as_server env GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/service" \
            GSS_EDHOC_TRUST="$SANDBOX/server.trust" "$BIN/postgres" -D "$SANDBOX/data" -k "$SANDBOX/run" \
            -p "$PORT" -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=8MB \
            -c log_connections=on -c log_min_messages=info >> command.out 2>> server.out
        POSTGRES_PID=$PID
        soon postgres_decides
        says server.out 'ready to accept connections' && return
        stop "$POSTGRES_PID"
        grep -q 'Address already in use' server.out || return 1 # else: somebody has that port
    done
    return 1
}
postgres_decides() {
    says server.out 'ready to accept connections' || ! kill -0 "$POSTGRES_PID" 2> /dev/null
}

postgres_make && postgres_start || {
    check 'PostgreSQL starts' false
    app_done postgresql "$(version postgresql-client)"
    exit
}
psql -q -h "$SANDBOX/run" -p "$PORT" -U root -d postgres > command.out 2>&1 << END
CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN;
CREATE DATABASE world; CREATE DATABASE sealed;
END

# -- Clients -----------------------------------------------------------------------------------

WHOAMI='SELECT user, gss_authenticated, encrypted, principal FROM pg_stat_gssapi WHERE pid = pg_backend_pid()'

# sql WHO SETTINGS SQL: psql as who has that key, as role alice unless SETTINGS say otherwise
sql() {
    fresh
    CLIENT_STATUS=0
    # shellcheck disable=SC2086 # words
    env GSS_EDHOC_IDENTITY="$SANDBOX/$1" GSS_EDHOC_TRUST="$SANDBOX/${TRUST:-client.trust}" \
        timeout 20 ${RUN-"$GSS_EDHOC" run -l "$GSS_DEFAULT" --} psql -X -A -t -v ON_ERROR_STOP=1 \
        -d "host=localhost hostaddr=127.0.0.1 port=$PORT dbname=world user=alice $2" -c "$3" \
        > client.out 2>&1 || CLIENT_STATUS=$?
}
succeeds() { [ "$CLIENT_STATUS" = 0 ]; }
fails() { [ "$CLIENT_STATUS" != 0 ]; }

sql alice '' "$WHOAMI"
check "libpq's defaults: succeeds" succeeds
check "libpq's defaults: alice, sealed" says client.out '^alice\|t\|t\|alice$'
check "libpq's defaults: the server's log says so" \
    saw 'connection authorized: user=alice .*authenticated=yes, encrypted=yes,.* principal=alice'
sql alice 'gssencmode=disable' "$WHOAMI"
check 'gssencmode=disable: alice, not sealed' says client.out '^alice\|t\|f\|alice$'
sql alice 'gssencmode=require dbname=sealed' "$WHOAMI"
check 'gssencmode=require: alice, sealed' says client.out '^alice\|t\|t\|alice$'
sql bob 'user=bob' "$WHOAMI"
check 'bob, by signature' says client.out '^bob\|t\|t\|bob$'
sql alice '' "SELECT md5(string_agg(i::text, '')) FROM generate_series(1, 300000) i"
check 'an answer out of 2 MB' says client.out '^[0-9a-f]{32}$'
sql alice '' "SELECT repeat('x', 3000000)"
check '3 MB through the sealed connection' [ "$(tr -d '\n' < client.out | wc -c)" = 3000000 ]

sql bob 'user=alice' "$WHOAMI"
check 'bob as alice: refused' fails
check 'bob as alice: the server says why' \
    saw 'provided user name \(alice\) and authenticated user name \(bob\) do not match'
sql mallory '' "$WHOAMI"
check 'a stranger: refused' fails
check 'a stranger: nobody was authorized' says_not server.out 'connection authorized'
check 'a stranger: the log names the file to edit' saw "$SANDBOX/server\\.trust"
TRUST=impostor.trust sql alice '' "$WHOAMI"
check 'a server with another key: refused' fails
check 'a server with another key: psql says why' says client.out "$SANDBOX/impostor\\.trust"
RUN='' sql alice '' "$WHOAMI"
check 'without gss-edhoc run: libpq takes krb5, and fails' fails
check 'without gss-edhoc run: nobody was authorized' says_not server.out 'connection authorized'

# A program whose GSS-API library nobody else may see: Python loads the libraries of a module so.
if /usr/bin/python3 -c 'import psycopg2' 2> /dev/null; then
    fresh
    env GSS_EDHOC_IDENTITY="$SANDBOX/alice" GSS_EDHOC_TRUST="$SANDBOX/client.trust" \
        timeout 20 "$GSS_EDHOC" run -l "$GSS_DEFAULT" -- /usr/bin/python3 -c '
import psycopg2, sys
c = psycopg2.connect(sys.argv[1]).cursor()
c.execute(sys.argv[2])
print("|".join(str(x) for x in c.fetchone()))' \
        "host=localhost hostaddr=127.0.0.1 port=$PORT dbname=world user=alice" "$WHOAMI" > client.out 2>&1
    check 'psycopg2: alice, sealed' says client.out '^alice\|True\|True\|alice$'
else
    check 'psycopg2: # SKIP not installed (Debian: python3-psycopg2)' true
fi

app_done postgresql "$(version postgresql-client-"$("$BIN/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')")"
