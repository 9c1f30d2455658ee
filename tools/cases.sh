#!/bin/sh
# The test cases of a build, one a line, from the logs of `make check`: how often each ran, and where it
# stands. Two builds are compared with diff, so that no case gets lost when tests move.
#
#     sh tools/cases.sh build/work
set -eu
cd "$1/tests"

for log in *.log e2e/*.log; do
    sed -nE "s|^(not )?ok [0-9]+ *-? *|${log%.log} |p" "$log"
done |
    # Check's lines: FILE:CASE:TEST: Passed; of the scripts' the words are the name.
    sed -E 's|^([^ ]+) [^ ]*/[a-z0-9_]+\.c:([^:]+):([^:]+):.*|\1 \3 (\2)|' |
    sort | uniq -c
