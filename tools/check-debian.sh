#!/bin/sh
# What does not belong on a developer's machine: other Debians, other architectures, Heimdal, and programs
# that bring much along. Each ground is a throwaway system made by debootstrap; nothing is mounted or
# started outside of it. Prints a table as it goes: ground, program, version, result, seconds; and at last
# how many tests passed. Logs are in build/debian/.
#
#     sh tools/check-debian.sh             all of it, about an hour
#     sh tools/check-debian.sh GROUND...   some of it: heimdal firefox libvirt trixie sid experimental
#                                           i386 s390x
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/lib.sh
. tools/lib.sh
# shellcheck source=tools/ground.sh
. tools/ground.sh

LOGS=$PWD/build/debian
passed=0 failed=0 skipped=0

# -- The table ---------------------------------------------------------------------------------

print_row() { printf '%-16s %-28s %-18s %-42s %5s\n' "$@"; }

# row GROUND PROGRAM VERSION LOG STATUS: the result is counted from TAP's or automake's words in the log
row() {
    # shellcheck disable=SC2046 # three numbers
    set -- "$@" $(awk '
        # The last summary counts: with VERBOSE=1 automake says it more than once.
        /^# TOTAL: / { pass = fail = skip = 0; counted = 1 }
        /^# PASS: /  { pass = $3 }
        /^# (FAIL|XPASS|ERROR): / { fail += $3 }
        /^# SKIP: /  { skip = $3 }
        /^ok .*# SKIP|^1\.\.0 # SKIP/ { tap_skip++; next }
        /^ok /       { tap_pass++ }
        /^not ok /   { tap_fail++ }
        END { if (!counted) { pass = tap_pass; fail = tap_fail; skip = tap_skip }
              print pass + 0, fail + 0, skip + 0 }' "$4")
    [ "$5" = 0 ] || [ "$7" != 0 ] || set -- "$1" "$2" "$3" "$4" "$5" "$6" 1 "$8"
    passed=$((passed + $6)) failed=$((failed + $7)) skipped=$((skipped + $8))
    row_result="$6 passed"
    [ "$7" = 0 ] || row_result="$7 FAILED, $6 passed"
    [ "$8" = 0 ] || row_result="$row_result, $8 skipped"
    print_row "$1" "$2" "$3" "$row_result" "$(($(date +%s) - row_began))"
    [ "$7" = 0 ] || { grep -E '^not ok' "$4" | grep . || tail -n 3 "$4"; } | sort -u | head -n 8 | sed 's/^/    /'
}

# no_row GROUND PROGRAM REASON: it could not be started
no_row() {
    print_row "$1" "$2" '-' "not started: $3" "$(($(date +%s) - row_began))"
    skipped=$((skipped + 1))
}
begin() { row_began=$(date +%s); }

# -- What several grounds do -------------------------------------------------------------------

BUILD_NEEDS='build-essential debhelper autoconf automake libtool pkg-config libkrb5-dev libssl-dev
    libcbor-dev check krb5-gss-samples openssl openssh-client python3'

reason() { grep -aE '^(E|W): |error|Unable|No such' "$1" | tail -n 1 | cut -c 1-70 | grep . || tail -n 1 "$1"; }

# make_ground NAME SUITE [ARCHITECTURE]: with the checkout in /src and what it is built with
make_ground() {
    begin
    ground_make "$@" > "$LOGS/$1-needs.log" 2>&1 &&
        { [ "$2-${3-}" = bookworm-s390x ] || ground_need "$1" $BUILD_NEEDS >> "$LOGS/$1-needs.log" 2>&1; } || {
        no_row "$1" debootstrap "$(reason "$LOGS/$1-needs.log")"
        return 1
    }
    ground_source "$1" /src
}

version_in() { # NAME PACKAGE
    # shellcheck disable=SC2016 # dpkg's variable
    chroot "$GROUND/$1" dpkg-query -W -f '${Version}\n' "$2" 2> /dev/null | head -n 1 |
        sed 's/^[0-9]*://; s/[-+].*//' | grep . || echo '?'
}
libraries_in() { echo "OpenSSL $(version_in "$1" libssl-dev), krb5 $(version_in "$1" libkrb5-dev)"; }

# build_packages NAME OPTIONS: of the checkout in /src, and installs them
build_packages() {
    # shellcheck disable=SC2016 # for the shell inside
    inside "$1" sh -ec 'cd /src && DEB_BUILD_OPTIONS=$1 dpkg-buildpackage -b -us -uc
        rm -f /*-dbgsym*.deb' sh "$2" < /dev/null &&
        inside "$1" sh -c 'dpkg -i /gss-*.deb' < /dev/null
}

# run_script NAME SCRIPT: one of tests/apps or tests/ground, over the installed packages
run_script() {
    # shellcheck disable=SC2016 # for the shell inside
    inside "$1" sh -c 'cd /src; MECH_SO=$(ls /usr/lib/*/gss/mech_edhoc.so) GSS_EDHOC=/usr/bin/gss-edhoc \
        GSS_DEFAULT=$(ls /usr/lib/*/gss-edhoc/gss_default.so) srcdir=/src; export MECH_SO GSS_EDHOC GSS_DEFAULT srcdir
        exec sh "$1"' sh "$2" < /dev/null
}

# script_row GROUND SCRIPT: with its packages first
script_row() {
    begin
    script_name=${2##*/}
    script_log=$LOGS/$1-${script_name%.sh}.log
    # shellcheck disable=SC2046 # a list of words
    ground_need "$1" $(sed -n 's/^# packages: //p' "$2") > "$script_log" 2>&1 || {
        no_row "$1" "${script_name%.sh}" "$(reason "$script_log")"
        return
    }
    run_script "$1" "$2" > "$script_log" 2>&1
    script_status=$?
    script_app=$(sed -n 's/^# app: //p' "$script_log" | tail -n 1)
    if ! grep -Eq '^(not )?ok ' "$script_log" && grep -q '^1\.\.0 # SKIP' "$script_log"; then
        no_row "$1" "${script_name%.sh}" "$(sed -n 's/^1\.\.0 # SKIP //p' "$script_log")"
    else
        row "$1" "${script_name%.sh}" "${script_app##* }" "$script_log" "$script_status"
    fi
}

# secrets_row NAME: do times depend on secrets with this compiler, libcrypto and architecture?
secrets_row() {
    begin
    ground_need "$1" valgrind libc6-dbg > "$LOGS/$1-secrets.log" 2>&1 || {
        no_row "$1" 'secrets, valgrind' "$(reason "$LOGS/$1-secrets.log")"
        return
    }
    ground_source "$1" /secrets
    inside "$1" sh -ec 'cd /secrets; autoreconf -fi; ./configure --quiet CFLAGS="-g -O1"; make -j2
        make check-valgrind VALGRIND_TESTS=tests/check_secrets' > "$LOGS/$1-secrets.log" 2>&1 < /dev/null
    row "$1" 'secrets, valgrind' "$(version_in "$1" valgrind)" "$LOGS/$1-secrets.log" $?
}

# -- Grounds -----------------------------------------------------------------------------------

# The packages, their tests, and the applications.
suite_rows() { # NAME SUITE [ARCHITECTURE]
    begin
    build_packages "$1" parallel=2 > "$LOGS/$1-packages.log" 2>&1
    suite_status=$?
    row "$1" 'packages, make check' "$(libraries_in "$1")" "$LOGS/$1-packages.log" $suite_status
    if [ $suite_status != 0 ]; then # the applications tell more
        build_packages "$1" 'parallel=2 nocheck' > "$LOGS/$1-packages-nocheck.log" 2>&1 || return
    fi
    secrets_row "$1"
    [ -z "${3-}" ] || return # another architecture: that is enough
    for script in tests/apps/*.sh tests/ground/pkcs11.sh; do
        case $script in */lib*.sh) continue ;; esac
        script_row "$1" "$script"
    done
}

# sid with the OpenSSL that comes next.
ground_experimental() {
    make_ground experimental sid || return
    begin
    echo "deb $GROUND_MIRROR experimental main" > "$GROUND/experimental/etc/apt/sources.list.d/experimental.list"
    ground_need experimental -t experimental libssl-dev openssl >> "$LOGS/experimental-needs.log" 2>&1 || {
        no_row experimental OpenSSL "$(reason "$LOGS/experimental-needs.log")"
        return
    }
    suite_rows experimental sid
}

# One program of tests/ground in a Debian 12 with our packages, which are built once for all of them.
ground_program() { # SCRIPT
    if [ ! -e "$GROUND/bookworm" ]; then
        make_ground bookworm bookworm || return
        begin
        build_packages bookworm 'parallel=2 nocheck' > "$LOGS/bookworm-packages.log" 2>&1 || {
            no_row bookworm packages "$(reason "$LOGS/bookworm-packages.log")"
            return
        }
    fi
    ground_copy bookworm "$1"
    script_row "$1" "tests/ground/$1.sh"
}

# A big-endian machine under qemu-user: built by a cross compiler, because an emulated one takes hours.
# Its unit tests, and handshakes of its gss-client and gss-server with this machine's.
ground_big_endian() {
    begin
    ground_make s390x bookworm > "$LOGS/s390x-needs.log" 2>&1 &&
        online s390x dpkg --add-architecture s390x &&
        ground_need s390x crossbuild-essential-s390x qemu-user-static $BUILD_NEEDS libkrb5-dev:s390x \
            libssl-dev:s390x libcbor-dev:s390x check:s390x >> "$LOGS/s390x-needs.log" 2>&1 &&
        online s390x sh -c 'cd /tmp && apt-get -qq download krb5-gss-samples:s390x && mkdir /s390x &&
            dpkg -x krb5-gss-samples*.deb /s390x' >> "$LOGS/s390x-needs.log" 2>&1 || {
        no_row s390x debootstrap "$(reason "$LOGS/s390x-needs.log")"
        return
    }
    ground_source s390x /src
    begin
    # shellcheck disable=SC2016 # for the shell inside
    inside s390x sh -ec 'cd /src; autoreconf -fi; mkdir -p build/s390x build/amd64; cd build/amd64
        ../../configure --quiet; make -j2; cd ../s390x
        ../../configure --quiet --host=s390x-linux-gnu PKG_CONFIG_LIBDIR=/usr/lib/s390x-linux-gnu/pkgconfig:/usr/share/pkgconfig
        make -j2; make -j2 check TESTS=
        printf "#!/bin/sh\nexec qemu-s390x-static %s \"\$@\"\n" "$PWD/gss-edhoc" > emulated; chmod 755 emulated
        units=$(ls tests/check_* | grep -v "\.")
        SLOW_STRIDE=11 CK_TIMEOUT_MULTIPLIER=20 make -k -j2 check TESTS="$(echo $units)" LOG_COMPILER=qemu-s390x-static \
            AM_TESTS_ENVIRONMENT="export MECH_SO=$PWD/.libs/mech_edhoc.so CK_TAP_LOG_FILE_NAME=- GSS_EDHOC=$PWD/emulated;"' > "$LOGS/s390x-units.log" 2>&1 < /dev/null
    row s390x 'unit tests, qemu-user' "$(libraries_in s390x)" "$LOGS/s390x-units.log" $?
    begin
    inside s390x sh -c 'cd /src && exec sh tests/ground/big_endian.sh' > "$LOGS/s390x-handshake.log" 2>&1 < /dev/null
    row s390x 'handshakes with amd64' "$(libraries_in s390x)" "$LOGS/s390x-handshake.log" $?
}

# -- All of it ---------------------------------------------------------------------------------

ground_open
rm -rf "$LOGS" && mkdir -p "$LOGS"
began=$(date +%s)
print_row GROUND PROGRAM VERSION RESULT SECONDS
[ $# -gt 0 ] || set -- heimdal firefox libvirt trixie sid experimental i386 s390x
for ground in "$@"; do
    case $ground in
    heimdal | firefox | libvirt) ground_program "$ground" ;;
    trixie | sid) make_ground "$ground" "$ground" && suite_rows "$ground" "$ground" ;;
    experimental) ground_experimental ;;
    i386) make_ground i386 bookworm i386 && suite_rows i386 bookworm i386 ;;
    s390x) ground_big_endian ;;
    *) echo "no such ground: $ground" >&2; exit 2 ;;
    esac
    ground_drop "$ground"
done
[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$(($(date +%s) - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
