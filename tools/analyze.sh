#!/bin/sh
# The static analyzers over the product's sources; no finding is the rule. tools/check.sh installs them.
# What is wrong about a finding is said where it is silenced: in .clang-tidy, here, or in the line itself.
#
#     sh tools/analyze.sh gcc BUILD-FOLDER    gcc -fanalyzer, in a folder of its own
#     sh tools/analyze.sh clang-tidy
#     sh tools/analyze.sh cppcheck
set -u
cd "$(dirname "$0")/.." || exit 2
FOLDERS='mech gss_glue command preload'
# ANALYZER: see mech/base/report.h. The quotes are for the compiler.
# shellcheck disable=SC2089
DEFINES='-D_GNU_SOURCE -DANALYZER -DGSSCONFDIR="/etc/gss" -DPKGLIBDIR="/usr/lib" -DPLUGINDIR="/usr/lib/gss" -DMIT_PLUGINDIR="/usr/lib/gss"'

# Not malloc-leak: gcc 12 loses what a structure keeps as soon as another file sees it. Leaks are
# clang-tidy's, LeakSanitizer's and valgrind's to find.
analyze_gcc() {
    mkdir -p "$1" && top=$PWD && cd "$1" && { [ -e Makefile ] || "$top/configure" --quiet CC=gcc; } &&
        make -j2 all CFLAGS='-g -O1 -fanalyzer -DANALYZER -Werror -Wno-unused-result -Wno-analyzer-malloc-leak'
}

# shellcheck disable=SC2086,SC2038 # lists of words, no blanks in our file names
analyze_clang_tidy() {
    find $FOLDERS -name '*.c' | xargs -P 2 -n 6 sh -c '
        defines=$1
        shift
        clang-tidy --quiet "$@" -- -std=gnu11 $defines -Imech 2> /dev/null' sh "$DEFINES"
}

# shellcheck disable=SC2086,SC2090
analyze_cppcheck() {
    cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
        --std=c11 -j2 $DEFINES -I mech $FOLDERS bench
}

case ${1-} in
gcc) analyze_gcc "${2:?a build folder}" ;;
clang-tidy) analyze_clang_tidy ;;
cppcheck) analyze_cppcheck ;;
*) echo "usage: sh tools/analyze.sh gcc|clang-tidy|cppcheck" >&2; exit 2 ;;
esac
