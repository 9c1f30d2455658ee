#!/bin/sh
# Builds with warnings as errors and runs every test: gcc, clang, sanitizers, valgrind, make distcheck,
# and the linters. Complete on a fresh Debian or Ubuntu machine: installs what is missing, builds in
# build/check-*, touches nothing outside the checkout. A table of the applications comes before the last
# line, which says how many tests passed.
#
#     sh tools/check.sh              all of it
#     sh tools/check.sh STAGE...     some of it: lint static gcc clang sanitizers tsan valgrind fuzz
#                                    distcheck apps
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/lib.sh
. tools/lib.sh

PACKAGES='autoconf automake libtool pkg-config make gcc clang libc6-dev xz-utils
    libkrb5-dev libssl-dev libcbor-dev check krb5-gss-samples openssl openssh-client locales
    valgrind libc6-dbg clang-format shellcheck mandoc libclang-rt-14-dev clang-tidy cppcheck'

# -- The stages: each runs on its own, in a folder of its own, and prints a log ------------------

# build NAME CONFIGURE-ARGUMENT...: configure and make in build/check-NAME, and stay there
build() {
    rm -rf "build/check-$1" && mkdir -p "build/check-$1" && cd "build/check-$1" || return
    shift
    ../../configure --quiet "$@" && make -j2
}

stage_gcc() { build gcc --enable-werror CC=gcc && make -j2 check; }
# For its warnings, and for what it makes of the units; the longest of them and the scripts are gcc's.
CLANG_SKIPS='$(addprefix tests/check_,faults hostile decisions tampering ssh_cert ssh_decisions)'
stage_clang() {
    build clang --enable-werror CC=clang &&
        make -j2 check TESTS="\$(filter-out $CLANG_SKIPS,\$(UNIT_TESTS))"
}
# Without forks, as under valgrind: LeakSanitizer looks once for each program, not once for each test, which
# took two thirds of the time.
stage_sanitizers() {
    build sanitizers --enable-werror --enable-sanitizers CC=gcc CFLAGS='-g -O1' && CK_FORK=no make -j2 check
}
# The tests with threads, under ThreadSanitizer.
stage_tsan() { build tsan --enable-werror --enable-tsan CC=gcc CFLAGS='-g -O1' && make -j2 tsan; }
stage_valgrind() { build valgrind CC=gcc CFLAGS='-g -O1' && make -j2 check-valgrind; }
# All tests with gcc, on what is released, built elsewhere: in the whole run it is stage gcc too.
stage_distcheck() {
    rm -rf build/check-distcheck && mkdir -p build/check-distcheck && cd build/check-distcheck || return
    ../../configure --quiet CC=gcc && make -j2 distcheck DISTCHECK_CONFIGURE_FLAGS='--enable-werror CC=gcc'
}

# The unmodified applications of tests/apps; their TAP is counted here, in the words of automake.
stage_apps() {
    build apps CC=gcc || return
    count_tap ../check-apps.tap make check-apps
}

# A short run of every fuzz target; `make fuzz FUZZ_SECONDS=600` is the long one.
stage_fuzz() {
    rm -rf build/check-fuzz && mkdir -p build/check-fuzz && cd build/check-fuzz || return
    ../../configure --quiet --enable-fuzzers CC=clang CFLAGS='-g -O1' || return
    count_tap ../check-fuzz.tap make fuzz FUZZ_SECONDS=1
}

# Runs what prints TAP into a file and here, and counts it in the words of automake.
count_tap() {
    tap=$1
    shift
    "$@" > "$tap" 2>&1
    tap_status=$?
    cat "$tap"
    awk '/^ok / && /# SKIP/ { skip++; next }
         /^1\.\.0 # SKIP/   { skip++ }
         /^ok /             { pass++ }
         /^not ok /         { fail++ }
         END { printf "# PASS: %d\n# FAIL: %d\n# SKIP: %d\n", pass, fail, skip }' "$tap"
    return $tap_status
}

# What ran: application, version, result. A script that is skipped says why.
applications() {
    [ -e build/check-apps.tap ] || return 0
    awk 'function row() {
             result = (fail > 0) ? fail " failed" : (pass > 0) ? pass " passed" : "skipped"
             if (script != "")
                 printf "%-20s %-24s %s\n", script, (app == "") ? why : app, result
         }
         /^== /           { row(); script = $2; app = ""; why = ""; pass = fail = 0 }
         /^1\.\.0 # SKIP/ { why = substr($0, 13) }
         /^# app: /       { app = substr($0, 8) }
         /^ok /           { pass++ }
         /^not ok /       { fail++ }
         END { row() }' build/check-apps.tap
}

# One linter; counted like a test, in the words of automake's summary.
lint() {
    echo "+ $1"
    shift
    if "$@"; then echo '# PASS:  1'; else echo '# FAIL:  1'; return 1; fi
}

stage_lint() {
    lint_status=0
    # shellcheck disable=SC2046 # no blanks in our file names
    {
        lint 'clang-format' clang-format --dry-run -Werror \
            $(find mech gss_glue command preload tests bench -name '*.[ch]') || lint_status=1
        lint 'shellcheck' shellcheck -x -S warning .ci/run $(find tools tests bench -name '*.sh') ||
            lint_status=1
    }
    for page in doc/*.[1-8]; do
        lint "mandoc $page" mandoc -T lint -W warning "$page" || lint_status=1
    done
    rm -rf build/check-lint
    lint 'gcc -fanalyzer' sh tools/analyze.sh gcc build/check-lint || return
    lint 'doors between the rooms' sh tools/doors.sh build/check-lint || lint_status=1
    lint 'calls that are not ours to make' sh tools/calls.sh build/check-lint || lint_status=1
    return $lint_status
}

stage_static() {
    lint_status=0
    lint 'clang-tidy' sh tools/analyze.sh clang-tidy || lint_status=1
    lint 'cppcheck' sh tools/analyze.sh cppcheck || lint_status=1
    return $lint_status
}

# Each application test names its Debian packages on a line of its own.
APP_PACKAGES=$(sed -n 's/^# packages: //p' tests/apps/*.sh | tr ' ' '\n' | sort -u | tr '\n' ' ')
# A machine has one mail server. Where that is another, Exim would take its place: its test is skipped.
if [ -e /usr/sbin/sendmail ] && ! dpkg-query -W exim4-daemon-heavy > /dev/null 2>&1; then
    APP_PACKAGES=$(echo "$APP_PACKAGES" | sed 's/exim4-daemon-heavy//')
fi

# -- Running them ------------------------------------------------------------------------------

# Runs stages one after the other: a line about each, the log and the count in build/.
run_stages() {
    for stage in "$@"; do
        log=build/check-$stage.log
        began=$(date +%s)
        ("stage_$stage") > "$log" 2>&1 < /dev/null
        status=$?
        # The summaries of automake: "# PASS:  12", "# ERROR: 1" and so on.
        counts=$(awk -v status=$status '
            /^# PASS: /                 { passed += $3 }
            /^# (FAIL|XPASS|ERROR): /   { failed += $3 }
            /^# (SKIP|XFAIL): /         { skipped += $3 }
            END { if (status != 0 && failed == 0) failed = 1
                  print passed + 0, failed + 0, skipped + 0 }' "$log")
        echo "$counts" > "build/check-$stage.count"
        # shellcheck disable=SC2086 # three numbers
        set -- "$stage" $counts $(($(date +%s) - began))
        printf '%-11s %5d passed  %3d failed  %3d skipped  %4d s\n' "$@"
        [ "$status" = 0 ] || complain "$log"
    done
}

complain() {
    {
        echo "from $1:"
        grep -E '^(not ok|# failed|FAIL:|ERROR:)|error:|warning:|undefined reference|\*\*\*' "$1" |
            head -n 20 | grep . || tail -n 12 "$1"
    } | sed 's/^/    /'
}

# A lane is a process of its own, so that it can be stopped as a group.
if [ "${1-}" = --lane ]; then
    shift
    run_stages "$@"
    exit 0
fi

lanes=
stop_lanes() {
    for lane in $lanes; do kill "$lane" 2> /dev/null && wait "$lane"; done
}
trap stop_lanes EXIT
trap 'exit 1' HUP INT PIPE TERM

# shellcheck disable=SC2086 # lists of words
need $PACKAGES $APP_PACKAGES && make_configure || exit 1
rm -f build/check-*.count build/check-apps.tap

began=$(date +%s)
echo 'running the stages, two at a time; logs are build/check-*.log'
if [ $# -gt 0 ]; then
    timeout 1800 sh tools/check.sh --lane "$@" & lanes=$!
else
    timeout 1800 sh tools/check.sh --lane clang apps distcheck sanitizers tsan & lanes=$!
    timeout 1800 sh tools/check.sh --lane lint valgrind fuzz static & lanes="$lanes $!"
fi
for lane in $lanes; do wait "$lane"; done
lanes=

applications
wanted=${*:-lint static clang distcheck apps sanitizers tsan valgrind fuzz}
for stage in $wanted; do
    cat "build/check-$stage.count" 2> /dev/null || echo '0 1 0' # it did not even end
done | awk -v seconds=$(($(date +%s) - began)) '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        if (skipped > 0) printf "%d skipped\n", skipped
        printf "%d s\n", seconds
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0 || passed == 0
    }'
