# shellcheck shell=sh disable=SC2034 # what the sourcing script reads
# Shared by the tests with real applications: the sandbox, the keys and the TAP of the end-to-end
# tests (../e2e/lib.sh), and here programs in the background, ports, and an Apache. Sourced, not
# run. Wants MECH_SO, the plugin, and GSS_EDHOC, the command, as absolute paths; APPS, this folder,
# from a script that is elsewhere.
#
# In the sandbox, client.out is what the client said, server.out what the server saw (of an Apache,
# its access log) and server.err its log of errors; a failed test prints them.

APPS=${APPS:-$(cd "$(dirname "$0")" && pwd)} || exit 1
# shellcheck source=tests/e2e/lib.sh
. "$APPS/../e2e/lib.sh"

# -- The sandbox -------------------------------------------------------------------------------

app_open() {
    : "${MECH_SO:?the path of mech_edhoc.so}" "${GSS_EDHOC:?the path of gss-edhoc}"
    APP_PIDS=
    sandbox_open
    trap app_close EXIT
    unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY \
        CURL_HOME CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR KRB5_TRACE LD_LIBRARY_PATH
    export LC_ALL=C.UTF-8
    umask 022
    PATH=$PATH:/usr/sbin:/sbin
    # A server that root starts drops its privileges, and must get at its files all the same.
    chmod 711 "$SANDBOX"
    [ "$(id -u)" != 0 ] || app_copy_build
    cd "$SANDBOX" || exit 1
    fresh
}

# That user may not be able to enter the build folder, as in root's home.
app_copy_build() {
    cp "$MECH_SO" "$SANDBOX/mech_edhoc.so" && cp "$GSS_EDHOC" "$SANDBOX/gss-edhoc" || exit 1
    MECH_SO=$SANDBOX/mech_edhoc.so
    GSS_EDHOC=$SANDBOX/gss-edhoc
    if [ -n "${GSS_DEFAULT:-}" ]; then
        cp "$GSS_DEFAULT" "$SANDBOX/gss_default.so" || exit 1
        GSS_DEFAULT=$SANDBOX/gss_default.so
    fi
    echo "edhoc $MECH_OID $MECH_SO" > "$GSS_MECH_CONFIG"
}

app_close() {
    for pid in $APP_PIDS; do stop "$pid"; done
    cd / && sandbox_close
}

# installed PROGRAM PACKAGE: or else all is skipped
installed() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) [ -x "$(command -v "$1")" ] || [ -x "/usr/sbin/$1" ] ;;
    esac || tap_skip_all "$1 is not installed (Debian: $2)"
}

# version PACKAGE: the Debian package's, as its authors count
version() {
    # shellcheck disable=SC2016 # dpkg's variable
    dpkg-query -W -f '${Version}' "$1" 2> /dev/null | sed 's/^[0-9]*://; s/[-+].*//' | grep . || echo '?'
}

# app_done NAME VERSION: the plan, and the line for tools/check.sh's table
app_done() {
    tap_done
    echo "# app: $1 $2"
}

# An empty page for the logs of the next thing that happens; servers append to theirs. What was in
# server.err goes to all.err.
fresh() {
    [ ! -s "$SANDBOX/server.err" ] || cat "$SANDBOX/server.err" >> "$SANDBOX/all.err"
    for page in client.out server.out server.err command.out; do : > "$SANDBOX/$page"; done
}

# -- In the background -------------------------------------------------------------------------

# background COMMAND...: runs it; its process in $PID, stopped at the end at the latest
background() {
    "$@" &
    PID=$!
    APP_PIDS="$APP_PIDS $PID"
}

# stop PID: of one that `background` started
stop() {
    case " $APP_PIDS " in
    *" $1 "*) ;;
    *) return 0 ;;
    esac
    APP_PIDS=$(echo " $APP_PIDS " | sed "s/ $1 / /")
    kill "$1" 2> /dev/null
    stopping=0
    while [ $stopping -lt 100 ] && kill -0 "$1" 2> /dev/null; do
        stopping=$((stopping + 1))
        sleep 0.05
    done
    kill -9 "$1" 2> /dev/null
    wait "$1" 2> /dev/null
    return 0
}

# Another port each time, in $PORT. Who finds it taken asks for the next.
next_port() {
    PORT=$((20000 + (${PORT:-$$} * 7 + 13) % 12000))
}

# soon COMMAND...: succeeds, at most five seconds from now
soon() {
    patience=0
    until "$@"; do
        patience=$((patience + 1))
        [ $patience -lt 100 ] || return 1
        sleep 0.05
    done
}

# saw PATTERN: the server wrote such a line, or does so presently: it may answer first and log later
saw() { soon says server.out "$1"; }
logged() { soon says server.err "$1"; }

# count FILE PATTERN, count_is FILE PATTERN NUMBER: of lines
count() { grep -Ec -- "$2" "$SANDBOX/$1"; }
count_is() { [ "$(count "$1" "$2")" = "$3" ]; }

# -- Apache ------------------------------------------------------------------------------------

# One virtual server, over HTTP on $PORT and HTTPS on $TLS_PORT, whose names are web.example and
# other.example; its pages are programs in cgi/. Its key and its trust are known only from its
# configuration. apache_start FILE takes the <Location>s from FILE.

MODULES=/usr/lib/apache2/modules

apache_installed() {
    installed apache2 apache2-bin
    installed $MODULES/mod_auth_gssapi.so libapache2-mod-auth-gssapi
}

# Root's Apache serves as somebody else, whose the service's key must be then.
apache_user() {
    [ "$(id -u)" = 0 ] || return 0
    for user in www-data nobody; do
        id "$user" > /dev/null 2>&1 && echo $user && return
    done
}

# apache_owns FILE...
apache_owns() {
    [ -z "$(apache_user)" ] || chown -R "$(apache_user):$(id -gn "$(apache_user)")" "$@"
}

apache_configure() {
    for module in mpm_event authz_core authz_user authn_core env alias log_config unixd cgid ssl \
        auth_gssapi; do
        grep -q "_${module}_module" "$SANDBOX/apache.builtin" ||
            echo "LoadModule ${module}_module $MODULES/mod_$module.so"
    done
    [ -z "$(apache_user)" ] || printf 'User %s\nGroup %s\n' "$(apache_user)" "$(id -gn "$(apache_user)")"
    cat << END
ServerName web.example
ServerRoot $SANDBOX
DocumentRoot $SANDBOX/cgi
PidFile $SANDBOX/apache.pid
ScriptSock $SANDBOX/apache.cgisock
DefaultRuntimeDir $SANDBOX
Mutex pthread
SSLSessionCache none
Listen 127.0.0.1:$PORT
Listen 127.0.0.1:$TLS_PORT
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
KeepAlive On
KeepAliveTimeout 10
ErrorLog $SANDBOX/server.err
LogLevel notice
LogFormat "%m %U %>s user=%u conn=%k scheme=%{REQUEST_SCHEME}x name=%{GSS_NAME}e kind=%{EDHOC_KIND}e key=%{EDHOC_KEY}e comment=\"%{EDHOC_COMMENT}e\" local=%{EDHOC_LOCAL}e" seen
CustomLog $SANDBOX/server.out seen
<VirtualHost 127.0.0.1:$TLS_PORT>
    ServerName web.example
    SSLEngine On
    SSLCertificateFile $SANDBOX/tls.pem
    SSLCertificateKeyFile $SANDBOX/tls.key
</VirtualHost>
<Directory $SANDBOX>
    Require all denied
</Directory>
<Location />
    Include $SANDBOX/gssapi.conf
</Location>
END
    cat "$1"
    echo "ScriptAlias / $SANDBOX/cgi/" # last, since the first that fits counts
}

# What each <Location> says again that changes one of mod_auth_gssapi's settings: they are not merged.
apache_gssapi() {
    cat << END
AuthType GSSAPI
AuthName edhoc
GssapiConnectionBound On
GssapiAllowedMech $MECH_OID
GssapiCredStore edhoc_service_identity:$SANDBOX/service.d
GssapiCredStore edhoc_trust:$SANDBOX/server.trust
GssapiNameAttributes EDHOC_KIND urn:gss-edhoc:kind
GssapiNameAttributes EDHOC_KEY urn:gss-edhoc:key-sha256
GssapiNameAttributes EDHOC_COMMENT urn:gss-edhoc:comment
GssapiNameAttributes EDHOC_LOCAL local-login-user
GssapiPublishMech On
Require valid-user
END
}

# apache_start FILE: it listens when this returns
apache_start() {
    mkdir -p cgi
    apache2 -l | sed 's/^ *mod_\(.*\)\.c$/_\1_module/' > apache.builtin
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout tls.key \
        -out tls.pem -subj /CN=web.example -addext 'subjectAltName=DNS:web.example,DNS:other.example' \
        > command.out 2>&1 || return
    apache_gssapi > gssapi.conf
    apache_owns service.d
    tried=0
    while [ $tried -lt 20 ]; do
        tried=$((tried + 1))
        next_port
        TLS_PORT=$PORT
        next_port
        apache_configure "$1" > apache.conf
        fresh
        background apache2 -f "$SANDBOX/apache.conf" -DFOREGROUND > command.out 2>&1
        APACHE_PID=$PID
        soon apache_decides
        says server.err 'resuming normal operations' && return
        stop "$APACHE_PID"
        grep -q 'could not bind' command.out || return 1 # else: somebody has that port
    done
    return 1
}

apache_decides() {
    says server.err 'resuming normal operations' || ! kill -0 "$APACHE_PID" 2> /dev/null
}
