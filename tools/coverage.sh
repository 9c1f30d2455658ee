#!/bin/sh
# How much of mech/ and gss_glue/ the tests run: builds in build/coverage, runs `make check`, prints the
# files and the lines that were not run (build/coverage/lines.txt, branches.txt), and fails below 95 % of
# the lines or 85 % of the branches. `make coverage` calls this.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/lib.sh
. tools/lib.sh

need autoconf automake libtool pkg-config make gcc libc6-dev libkrb5-dev libssl-dev libcbor-dev check \
    krb5-gss-samples openssl openssh-client gcovr || exit 1
make_configure || exit 1
rm -rf build/coverage && mkdir -p build/coverage && cd build/coverage || exit 1
echo 'building and testing in build/coverage'
# shellcheck disable=SC2015 # either may fail
../../configure --quiet CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=atomic' > build.log 2>&1 &&
    make -j2 >> build.log 2>&1 || { tail -n 20 build.log; exit 1; }
make -j2 check > check.log 2>&1 || grep -E '^(FAIL|ERROR)' check.log | head -n 20

# Of processes that end inside of libraries, gcov has a few counts that make no sense.
report() { gcovr --gcov-ignore-parse-errors -j2 -r ../.. -f '../../mech/.*' -f '../../gss_glue/.*' "$@" mech gss_glue; }
report -o lines.txt 2> gcovr.log
report --branches -o branches.txt 2> gcovr.log
cat lines.txt
tail -n 2 branches.txt | sed 's/TOTAL/of branches/'
report --fail-under-line 95 --fail-under-branch 85 > failed.txt 2> gcovr.log
