#!/bin/sh
# How good are the tests? Changes one place of mech/ or gss_glue/ at a time, builds, and runs the tests: a
# mutant that no test notices has survived. The same seed gives the same mutants of the same sources.
# Works in build/mutate on what is committed. Prints each survivor as a line, then the score; all of them
# are in build/mutate/mutants.txt.
#
#     sh tools/mutate.sh [COUNT [SEED [FILE...]]]     default 200 mutants, seed 1, of all sources
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/lib.sh
. tools/lib.sh
count=${1:-200} seed=${2:-1}
[ $# -lt 2 ] || shift
[ $# -lt 1 ] || shift
files=${*:-}

need autoconf automake libtool pkg-config make gcc libc6-dev libkrb5-dev libssl-dev libcbor-dev check \
    krb5-gss-samples openssl openssh-client coreutils || exit 1
TOP=$PWD
WORK=$TOP/build/mutate
rm -rf "$WORK" && mkdir -p "$WORK/source" "$WORK/build" || exit 1
git archive HEAD | tar x -C "$WORK/source" || exit 1
cd "$WORK/source" && autoreconf -fi > "$WORK/build.log" 2>&1 || exit 1

# Short builds count here, and a mutant may well have warnings.
echo 'building'
cd "$WORK/build" || exit 1
# shellcheck disable=SC2015 # either may fail
../source/configure --quiet CFLAGS='-O0 -w' LDFLAGS='-fuse-ld=gold' >> "$WORK/build.log" 2>&1 &&
    make -j2 all >> "$WORK/build.log" 2>&1 && make -j2 check TESTS= >> "$WORK/build.log" 2>&1 ||
    { tail "$WORK/build.log"; exit 1; }

# -- The judges: quick ones first --------------------------------------------------------------

export MECH_SO="$WORK/build/.libs/mech_edhoc.so" GSS_EDHOC="$WORK/build/gss-edhoc" GSS_RUN='' \
    GSS_DEFAULT="$WORK/build/.libs/gss_default.so" srcdir="$WORK/source" CK_TAP_LOG_FILE_NAME=/dev/null
export CK_DEFAULT_TIMEOUT=20

# judge TEST: does it pass? TAP's words count for scripts.
cat > "$WORK/judge" << 'END'
case $1 in
*.sh) timeout 120 sh "$srcdir/$1" > "$1.out" 2>&1 && ! grep -q '^not ok' "$1.out" ;;
*) timeout 120 "./$1" > /dev/null 2>&1 ;;
esac
END

tests=$(awk '/^(UNIT|SCRIPT)_TESTS = / { on = 1; next } on { print $1 } !/\\$/ { on = 0 }' Makefile)
mkdir -p tests/e2e
for test in $tests; do
    began=$(date +%s%N)
    if sh "$WORK/judge" "$test"; then
        echo "$((($(date +%s%N) - began) / 1000000)) $test"
    else
        echo "$test fails as it is, and is no judge" >&2
    fi
done | sort -n > "$WORK/judges"
echo "$(wc -l < "$WORK/judges") judges, $(awk '{ s += $1 } END { printf "%d", s / 1000 }' "$WORK/judges") s in all"
[ -s "$WORK/judges" ] || exit 1

# The first that fails ends it; two at a time.
survives() {
    sed 's/^[0-9]* //' "$WORK/judges" | xargs -P 2 -n 1 sh -c 'sh "$0" "$1" || exit 255' "$WORK/judge" 2> /dev/null
}

# -- The mutants -------------------------------------------------------------------------------

cd "$WORK/source" || exit 1
# shellcheck disable=SC2046,SC2086 # no blanks in our file names
LC_ALL=C awk -f "$TOP/tools/mutants.awk" ${files:-$(find mech gss_glue -name '*.c' | LC_ALL=C sort)} > "$WORK/all"
openssl enc -aes-128-ctr -nosalt -pass "pass:$seed" -pbkdf2 < /dev/zero 2> /dev/null | head -c 8000000 > "$WORK/random"
# Some do not build: more than are wanted.
shuf -n $((count * 2)) --random-source="$WORK/random" "$WORK/all" > "$WORK/chosen"
echo "$(wc -l < "$WORK/all") possible, $count of them with seed $seed"

killed=0 survived=0
: > "$WORK/mutants.txt"
while [ $((killed + survived)) -lt "$count" ] && IFS='	' read -r file line instead what; do
    cp -p "$file" "$WORK/saved"
    # The line as it is written, with all its blanks.
    LC_ALL=C awk -F '\t' -v file="$file" -v line="$line" -v what="$what" '
        FILENAME == ARGV[1] { if ($1 == file && $2 == line && $4 == what) text = $3; next }
        FNR == line { $0 = text }
        { print }' "$WORK/chosen" "$WORK/saved" > "$file"
    if ! (cd ../build && make -j2 all && make -j2 check TESTS=) > "$WORK/build.log" 2>&1; then
        result='does not build'
    elif (cd ../build && survives); then
        result=SURVIVED
        survived=$((survived + 1))
        echo "$file:$line: $what:$instead"
    else
        result=killed
        killed=$((killed + 1))
    fi
    printf '%s\t%s:%s\t%s\t%s\n' "$result" "$file" "$line" "$what" "$instead" >> "$WORK/mutants.txt"
    cp "$WORK/saved" "$file"
done < "$WORK/chosen"
(cd ../build && make -j2 all) > "$WORK/build.log" 2>&1
echo "$killed of $((killed + survived)) mutants killed: $((100 * killed / (killed + survived))) %"
