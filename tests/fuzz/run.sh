#!/bin/sh
# Runs every fuzz target for $FUZZ_SECONDS, over seeds of its own and what earlier runs have found beside
# it, and prints TAP. What ends a target is kept in the build folder, with the command that repeats it.
# `make fuzz FUZZ_SECONDS=600` calls this.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${FUZZ:?the program, see Makefile.am}" "${FUZZ_SECONDS:=5}"
work=$PWD/fuzz
export LSAN_OPTIONS="suppressions=$here/../lsan.supp:print_suppressions=0"

count=0
status=0
targets=$(FUZZ_TARGET=list "$FUZZ") || exit 2
for target in $targets; do
    count=$((count + 1))
    mkdir -p "$work/$target/corpus" "$work/$target/seeds" "$work/$target/found"
    FUZZ_TARGET=$target FUZZ_SEEDS="$work/$target/seeds" "$FUZZ" || exit 2
    if FUZZ_TARGET=$target "$FUZZ" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 \
        -dict="$here/words.dict" -artifact_prefix="$work/$target/found/" -print_final_stats=1 \
        "$work/$target/corpus" "$work/$target/seeds" > "$work/$target/log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target/log")
        echo "ok $count - $target: $runs inputs"
    else
        status=1
        echo "not ok $count - $target"
        tail -n 25 "$work/$target/log" | sed 's/^/# /'
        echo "# repeat with: FUZZ_TARGET=$target $FUZZ $work/$target/found/..."
    fi
done
echo "1..$count"
exit $status
