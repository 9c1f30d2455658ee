#!/bin/sh
# Measures the mechanism beside Kerberos, NTLMSSP and bare libcrypto, and writes a table and a picture:
# build/bench/results.md, .svg and .json. Complete on a fresh Debian
# or Ubuntu machine: installs what is missing, builds in build/bench, touches nothing outside the
# checkout but a temporary folder, listens on loopback only. About ten minutes.
#
#     sh bench/run.sh                  all of it
#     sh bench/run.sh SECTION...       some of it: engine contexts threads calls messages memory
#                                      plugin lines attack choose fleet http web instructions
#     MECH_SO=... GSS_EDHOC=... sh bench/run.sh    with another build's plugin and command
#     BENCH_BUILD=... sh bench/run.sh                in that build folder
#     BENCH_LINES='10 1000' sh bench/run.sh        other sizes of trust files
set -u
cd "$(dirname "$0")/.." || exit 1
TOP=$PWD
# shellcheck source=tools/lib.sh
. tools/lib.sh

need autoconf automake libtool pkg-config make gcc libc6-dev libkrb5-dev libssl-dev libcbor-dev openssl openssh-client \
    krb5-kdc krb5-admin-server krb5-user gss-ntlmssp apache2-bin libapache2-mod-auth-gssapi \
    gnuplot-nox valgrind || exit 1
make_configure || exit 1
OUT=${BENCH_BUILD:-$TOP/build/bench}
mkdir -p "$OUT"
(cd "$OUT" && { [ -e Makefile ] || ../../configure --quiet; } && make -j2 all bench-programs) \
    > build/bench.log 2>&1 < /dev/null || { tail -n 20 build/bench.log; exit 1; }
: "${MECH_SO:=$OUT/.libs/mech_edhoc.so}" "${GSS_EDHOC:=$OUT/gss-edhoc}"
PLUGIN=$MECH_SO # what is run is a copy
: "${BENCH_LINES:=10 1000 10000 100000 1000000}"

APPS=$TOP/tests/apps
# shellcheck source=tests/apps/lib.sh
. tests/apps/lib.sh
# shellcheck source=tests/apps/lib_kdc.sh
. tests/apps/lib_kdc.sh

# -- What is measured: keys, certificates, tickets, users --------------------------------------

# keys FOLDER TYPE: a client and a service that trust each other
keys() {
    mkdir -p "$1" && keygen "$2" "$1/client" client && keygen "$2" "$1/service" bench@localhost &&
        cat "$1/client.pub" "$1/service.pub" > "$1/trust"
}

# certificate FILE SUBJECT-ALTERNATIVE-NAME: key and certificate in one file
certificate() {
    openssl req -x509 -CA x509/ca.crt -CAkey x509/ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -nodes -days 30 -subj /CN=bench -addext "subjectAltName=$2" -addext basicConstraints=CA:FALSE \
        -keyout "$1" -out "$1.crt" 2> openssl.err && cat "$1.crt" >> "$1" && rm "$1.crt"
}

certificates() {
    mkdir -p x509 many/service
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Bench CA' \
        -keyout x509/ca.key -out x509/ca.crt 2> openssl.err || return
    certificate x509/client email:client@localhost && certificate x509/service DNS:localhost || return
    cp x509/ca.crt x509/anchors
    : > x509/trust
    # One that is wanted among 255 others.
    for number in $(seq 255); do
        certificate "many/service/$number.pem" "DNS:host$number.example" || return
    done
    cp x509/service many/service/last.pem
    cp x509/client x509/anchors x509/trust many
}

prepare() {
    keys x25519 x25519 && keys ed25519 ed25519 && keys p256 p256 && keys stranger x25519 || return
    cp x25519/service.pub stranger/trust # so that the stranger believes the service
    certificates || return
    kdc_start bench/localhost HTTP/localhost || return
    export KRB5RCACHEDIR="$SANDBOX/rcache"
    mkdir -m 1777 rcache
    echo 'DOMAIN:nick:hush' > ntlm
    ntlmssp=$(find /usr/lib -name gssntlmssp.so | head -n 1)
    echo "ntlmssp 1.3.6.1.4.1.311.2.2.10 $ntlmssp" >> mech.conf
}

# -- The sections ------------------------------------------------------------------------------

gss() { (cd "$SANDBOX" && "$OUT/bench/bench_gss" "$@"); }

bench_engine() { "$OUT/bench/bench_engine"; }
bench_contexts() { gss contexts .; }
bench_threads() { gss threads .; }
bench_calls() { gss calls .; }
bench_messages() { gss messages .; }
bench_memory() { gss memory .; }

# Milliseconds of gss_indicate_mechs in a new process, with the plugin and without; the medians.
bench_plugin() {
    echo "edhoc $MECH_OID $MECH_SO" > only.conf
    : > empty.conf
    for _ in $(seq 21); do
        for conf in only empty; do
            GSS_MECH_CONFIG=$SANDBOX/$conf.conf "$OUT/bench/bench_load" >> "load.$conf" || return
        done
    done
    printf 'ms plugin loaded\t%s\n' \
        "$(sort -g load.only | awk 'NR == 11')" > load.both
    printf 'ms without plugin\t%s\n' "$(sort -g load.empty | awk 'NR == 11')" >> load.both
    cat load.both
}

# A trust file of so many lines, made once. One that has just been written is read twice: it may have
# been written again within the same tick.
lines() { [ -e "x25519/$1" ] || { gss lines . "$@" && sleep 3; }; }

bench_lines() {
    for count in $BENCH_LINES; do
        lines "lines-$count" x25519 "$count" && gss trust . "lines-$count" || return
    done
}

# What somebody without a key can ask for, and how it grows with the trust file.
bench_attack() {
    lines lines-100000 x25519 100000 && lines same-10000 same 10000 && lines same-2 same 2 || return
    gss garbage . lines-100000
    gss stranger . lines-100000
    gss names . ../x25519/same-10000 ../x25519/same-2
}

bench_choose() { gss choose . many; }

# 10,000 users of a CA, of a hundred names, all with one key: what is remembered is the certificate. And the
# same key pinned.
fleet() {
    mkdir -p fleet/users && for key in ca user service; do
        ssh-keygen -q -t ed25519 -N '' -C $key -f fleet/$key || return
    done
    ssh-keygen -q -s fleet/ca -h -I service -n localhost fleet/service.pub || return
    cp fleet/user fleet/client
    for number in $(seq 10000); do
        ln fleet/user "fleet/users/$number" && ln fleet/user.pub "fleet/users/$number.pub" || return
    done
    for name in $(seq 0 99); do
        (cd fleet/users && ssh-keygen -q -s ../ca -I "user $name" -n "user$name@example.org" \
            -z "+$((100 * name + 1))" $(seq -f %g.pub $((100 * name + 1)) $((100 * name + 100)))) || return
    done
    echo "*@example.org,*@localhost cert-authority $(cat fleet/ca.pub)" > fleet/trust
    { echo "client client $(cat fleet/user.pub)" && sed -n 1p fleet/trust; } > fleet/pinned
    sleep 3 # as above
}

bench_fleet() { fleet > fleet.log 2>&1 && gss fleet . 10000; }

# Instructions of one context, both sides: what 100 more of them take. And of its floor.
bench_instructions() {
    for kind in x25519 ed25519 p256 suite2; do
        for what in once bare; do
            for count in 20 120; do
                (cd "$SANDBOX" && counted "$OUT/bench/bench_gss" $what . $kind $count) > count.$count 2>&1 || return
            done
            one_more "$([ $what = once ] && echo instructions || echo floor) $kind"
        done
    done
}

# counted COMMAND...: under callgrind, which tells how many instructions it saw
counted() { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@"; }

# one_more NAME: a result from count.20 and count.120
one_more() {
    sed -n 's/.*Collected : //p' count.20 count.120 |
        awk -v name="$1" '{ n[NR] = $1 } END { printf "%s\t%d\n", name, (n[2] - n[1]) / 100 }'
}

# In place of tests/apps's: plain pages, and three ways to ask for a login.
apache_configure() {
    for module in mpm_event authz_core authz_user authn_core alias log_config unixd auth_gssapi; do
        grep -q "_${module}_module" "$SANDBOX/apache.builtin" ||
            echo "LoadModule ${module}_module $MODULES/mod_$module.so"
    done
    [ -z "$(apache_user)" ] || printf 'User %s\nGroup %s\n' "$(apache_user)" "$(id -gn "$(apache_user)")"
    cat << END
ServerName localhost
ServerRoot $SANDBOX
DocumentRoot $SANDBOX/pages
PidFile $SANDBOX/apache.pid
DefaultRuntimeDir $SANDBOX
Mutex pthread
Listen 127.0.0.1:$PORT
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
KeepAlive On
MaxKeepAliveRequests 0
ErrorLog $SANDBOX/server.err
LogLevel crit core:notice mpm_event:notice
<Location />
    Require all granted
</Location>
END
    location edhoc "$MECH_OID" "edhoc_service_identity:$SANDBOX/web/service" "edhoc_trust:$SANDBOX/web/trust"
    location krb5 1.2.840.113554.1.2.2 "keytab:$SANDBOX/web/keytab"
    location many "$MECH_OID" "edhoc_service_identity:$SANDBOX/web/service" "edhoc_trust:$SANDBOX/web/p256-10000"
}

# location PAGE MECHANISM STORE...
location() {
    cat << END
<Location /$1>
    AuthType GSSAPI
    AuthName bench
    GssapiConnectionBound On
    GssapiAllowedMech $2
    Require valid-user
END
    shift 2
    printf '    GssapiCredStore %s\n' "$@"
    echo '</Location>'
}

# The server knows Kerberos, which is in MIT's library, and us.
web() {
    lines p256-10000 p256 10000 || return
    mkdir -p pages web service.d
    for page in bare edhoc krb5 many; do echo hello > pages/$page; done
    cp -p x25519/service x25519/service.pub x25519/trust x25519/p256-10000 keytab web
    apache_owns web
    echo "edhoc $MECH_OID $MECH_SO" > web.conf
    sleep 3 # so that no file is young any more
}

bench_http() {
    web || return
    mech_conf=$GSS_MECH_CONFIG
    export GSS_MECH_CONFIG="$SANDBOX/web.conf"
    apache_start /dev/null || { cat server.err command.out >&2; return 1; }
    export GSS_MECH_CONFIG="$mech_conf"
    gss http . "$PORT"
    http_status=$?
    stop "$APACHE_PID"
    return $http_status
}

# Instructions of the server for each request or login, without the kernel's.
bench_web() {
    web || return
    apache2 -l | sed 's/^ *mod_\(.*\)\.c$/_\1_module/' > apache.builtin
    for visit in 'bare request' 'request without token' 'request with garbage' "krb5's request with garbage" \
        'edhoc login' 'krb5 login'; do
        for count in 20 120; do
            serve_counted "$visit" $count > count.$count 2>&1 || { cat count.$count >&2; return 1; }
        done
        one_more "server's instructions $visit"
    done
}

# serve_counted VISIT COUNT: in a server of its own
serve_counted() {
    next_port
    apache_configure > apache.conf
    background env GSS_MECH_CONFIG="$SANDBOX/web.conf" valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        apache2 -X -f "$SANDBOX/apache.conf"
    ready=0
    until gss visit . "$PORT" "$1" 1 2> /dev/null; do
        ready=$((ready + 1))
        [ $ready -lt 100 ] || return
        sleep 0.2
    done
    gss visit . "$PORT" "$1" "$2"
    counted_status=$?
    stop "$PID"
    return $counted_status
}

# -- The report --------------------------------------------------------------------------------

machine() {
    echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors"
    echo "system: $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), Linux $(uname -r)"
    echo "versions: $(openssl version | cut -d ' ' -f 1-2), MIT krb5 $(krb5-config --version | cut -d ' ' -f 4)," \
        "gss-ntlmssp $(version gss-ntlmssp), Apache $(version apache2-bin), gcc $(gcc -dumpfullversion)"
    [ "$PLUGIN" = "$OUT/.libs/mech_edhoc.so" ] || echo "plugin: another build's"
    echo "commit: $(git -C "$TOP" log -1 --format='%h of %cs' 2> /dev/null || echo unknown)"
    echo "date: $(date +%Y-%m-%d)"
}

# Of all sections that were measured, now or earlier.
report() {
    cat "$OUT"/*.tsv > results.all
    awk -v out="$OUT" -v before='319c43b' -v machine="$(machine)" -f "$TOP/bench/report.awk" \
        "$TOP/bench/goals" "$TOP/bench/baseline.tsv" results.all
    cat "$TOP/bench/missed.md" >> "$OUT/results.md"
    awk -F '\t' '/logins\/s/ { sub(/.* /, "", $1); print $1, $2 }' results.all > "$OUT/logins.dat"
    # The picture wants all of them.
    if [ -s "$OUT/contexts.tsv" ] && [ -s "$OUT/messages.tsv" ] && [ -s "$OUT/lines.dat" ] &&
        [ -s "$OUT/logins.dat" ]; then
        (cd "$OUT" && gnuplot "$TOP/bench/plot.gp") || status=1
    fi
    sed -n '/^## Goals/,/^## Establishing/p' "$OUT/results.md" | grep '^|'
    echo "the whole of it: $OUT/results.*"
}

# -- Running them ------------------------------------------------------------------------------

app_open
echo 'preparing keys, certificates, a KDC' >&2
prepare > prepare.log 2>&1 || { cat prepare.log command.out openssl.err; echo 'bench: preparing failed'; exit 1; }

[ $# -gt 0 ] || set -- engine contexts threads calls messages memory plugin lines attack choose fleet http \
    web instructions
status=0
for section in "$@"; do
    began=$(date +%s)
    "bench_$section" > "$OUT/$section.out" || { echo "bench: $section failed" >&2; status=1; }
    sed "s/^/$section /" "$OUT/$section.out" > "$OUT/$section.tsv"
    cat "$OUT/$section.tsv" || exit 1 # nobody reads on
    echo "$section: $(($(date +%s) - began)) s" >&2
done
report
exit $status
