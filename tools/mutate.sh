#!/bin/sh
# How good are the tests? Changes one place of mech/ or gss_glue/ at a time, builds, and runs the tests that
# execute this line, quick ones first, until one fails: a mutant that no test notices has survived. The same
# seed gives the same mutants of the same sources.
# Works in build/mutate on what is committed. Prints the survivors, then the score; what became of each
# mutant is in build/mutate/mutants.txt meanwhile. On the same commit it goes on where it was interrupted.
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
TAB=$(printf "\t")

# -- Once for each commit: the builds, the judges, and which lines each of them executes -----------

# build NAME FLAG...: all programs, in a folder of their own. A mutant may well have warnings.
build() (
    mkdir -p "$WORK/$1" && cd "$WORK/$1" || exit
    shift
    # shellcheck disable=SC2015 # either may fail
    ../source/configure --quiet CC=gcc LDFLAGS=-fuse-ld=gold "$@" > build.log 2>&1 &&
        make -j2 all >> build.log 2>&1 && make -j2 check TESTS= >> build.log 2>&1 ||
        { tail build.log; exit 1; }
)

# judge SECONDS TEST: does it pass, in the build folder where this is called? TAP's words count for
# scripts. Neither time nor memory is without end.
write_judge() {
    cat << 'END'
export MECH_SO="$PWD/.libs/mech_edhoc.so" GSS_EDHOC="$PWD/gss-edhoc" GSS_RUN='' \
    GSS_DEFAULT="$PWD/.libs/gss_default.so" srcdir="$PWD/../source" CK_TAP_LOG_FILE_NAME=/dev/null
ulimit -v 8000000
case $2 in
*.sh) timeout -k 5 "$1" sh "$srcdir/$2" > "$2.out" 2>&1 && ! grep -q '^not ok' "$2.out" ;;
*) make "$2" && timeout -k 5 "$1" "./$2" ;;
esac > /dev/null 2>&1
END
}

# What gcov says of the judge that ran last, a line each: FILE:LINE, and + where it was executed.
executed() {
    find . -name '*.gcda' -exec gcov -t {} + 2> /dev/null | awk -F ': *' '
        $3 == "Source" { file = $4; sub(".*/source/", "", file) }
        file ~ /^(mech|gss_glue)\/.*\.c$/ && $2 > 0 && $1 !~ /-$/ { print file ":" $2, ($1 ~ /[0-9]/) ? "+" : "" }'
}

# passes TEST: MILLISECONDS TEST
passes() {
    began=$(date +%s%N)
    sh "$WORK/judge" 300 "$1" && echo "$((($(date +%s%N) - began) / 1000000)) $1"
}

# judges: those that pass, quick ones first. lines: FILE:LINE and the tests that execute it, or nothing
# at all: those look at the sources, or at what was built. Some cannot pass where other users must note
# their lines in our folder.
meet_judges() (
    cd "$WORK/seen" || exit
    mkdir -p tests/e2e ../plain/tests/e2e
    for test in $(awk '/^(UNIT|SCRIPT)_TESTS = / { on = 1; next } on { print $1 } !/\\$/ { on = 0 }' Makefile); do
        find . -name '*.gcda' -delete
        passes "$test" || (cd ../plain && passes "$test") || echo "$test fails as it is, and is no judge" >&2
        executed | sed "s|\$| $test|" >> lines
    done | sort -n > "$WORK/judges"
    awk 'FILENAME == ARGV[1] { if ($2 == "+") { runs[$1, $3]; any[$1]; any[$3] } lines[$1]; next }
        { judges[++n] = $2 }
        END {
            for (line in lines) {
                printf "%s", line
                for (i = 1; i <= n; i++)
                    if ((line, judges[i]) in runs || (line in any && !(judges[i] in any)))
                        printf " %s", judges[i]
                print ""
            }
        }' lines "$WORK/judges" > "$WORK/lines"
)

prepare() {
    rm -rf "$WORK" && mkdir -p "$WORK/source" || return
    echo 'building twice'
    git archive HEAD | tar x -C "$WORK/source" && (cd "$WORK/source" && autoreconf -fi > ../autoreconf.log 2>&1) &&
        build plain CFLAGS='-O0 -w' || return
    # Who leaves by _exit() would not tell what it executed.
    build seen CFLAGS='-O0 -w --coverage -fprofile-update=atomic' CPPFLAGS=-D_exit=exit || return
    write_judge > "$WORK/judge"
    echo 'meeting the judges'
    meet_judges
    [ -s "$WORK/judges" ] && git rev-parse HEAD > "$WORK/commit"
}

[ "$(cat "$WORK/commit" 2> /dev/null)" = "$(git rev-parse HEAD)" ] || prepare || exit 1
echo "$(wc -l < "$WORK/judges") judges, $(awk '{ s += $1 } END { printf "%d", s / 1000 }' "$WORK/judges") s in all"

# -- The mutants -------------------------------------------------------------------------------

cd "$WORK/source" || exit 1
# shellcheck disable=SC2046,SC2086 # no blanks in our file names
LC_ALL=C awk -f "$TOP/tools/mutants.awk" ${files:-$(find mech gss_glue -name '*.c' | LC_ALL=C sort)} > "$WORK/all"
openssl enc -aes-128-ctr -nosalt -pass "pass:$seed" -pbkdf2 < /dev/zero 2> /dev/null | head -c 8000000 > "$WORK/random"
# Some do not build: more than are wanted.
shuf -n $((count * 2)) --random-source="$WORK/random" "$WORK/all" > "$WORK/chosen.new"
if ! cmp -s "$WORK/chosen.new" "$WORK/chosen"; then
    mv "$WORK/chosen.new" "$WORK/chosen"
    : > "$WORK/mutants.txt"
fi
echo "$(wc -l < "$WORK/all") possible, $count of them with seed $seed"

# judges_of FILE LINE: SECONDS TEST of those that execute it; of what has no code of its own, the last line
# before it that has.
judges_of() {
    awk -v file="$1" -v line="$2" '
        FILENAME == ARGV[1] { limit[$2] = int($1 * 5 / 1000) + 5; next }
        { split($1, at, ":") }
        at[1] == file && at[2] + 0 <= line && at[2] + 0 > best { best = at[2] + 0; judges = $0 }
        END { n = split(judges, name, " "); for (i = 2; i <= n; i++) print limit[name[i]], name[i] }' \
        "$WORK/judges" "$WORK/lines"
}

# The sources as they are committed, also where the last mutant was interrupted.
restore() {
    [ ! -s "$WORK/mutated" ] || cp "$WORK/saved" "$(cat "$WORK/mutated")"
    : > "$WORK/mutated"
}

# try NUMBER FILE LINE: what becomes of this mutant. The first judge that fails twice ends it, the second
# time with a minute more: being slow on a busy machine is no failure. Judges wait more than they work, so
# three at a time.
try() {
    cp "$2" "$WORK/saved" && echo "$2" > "$WORK/mutated"
    LC_ALL=C awk -F '\t' -v number="$1" -v line="$3" '
        FILENAME == ARGV[1] { if (FNR == number) text = $3; next }
        FNR == line { $0 = text }
        { print }' "$WORK/chosen" "$WORK/saved" > "$2"
    judges_of "$2" "$3" > "$WORK/its_judges"
    : > "$WORK/killer"
    if ! (cd ../plain && make all) > "$WORK/build.log" 2>&1; then
        echo 'does not build'
    elif [ ! -s "$WORK/its_judges" ]; then
        echo 'SURVIVED, not executed'
    elif (cd ../plain && xargs -P 3 -L 1 sh -c 'sh "$0" "$@" || sh "$0" $(($1 + 60)) "$2" ||
        { echo "$2" >> ../killer; exit 255; }' "$WORK/judge" < "$WORK/its_judges") 2> /dev/null; then
        echo SURVIVED
    else
        echo "killed by $(head -n 1 "$WORK/killer")"
    fi
    restore
}

restore
number=0
while IFS=$TAB read -r file line instead what; do
    number=$((number + 1))
    [ "$number" -gt "$(wc -l < "$WORK/mutants.txt")" ] || continue
    [ "$(grep -c -E '^(killed|SURVIVED)' "$WORK/mutants.txt")" -lt "$count" ] || break
    result=$(try "$number" "$file" "$line")
    printf '%s\t%s\t%s:%s\t%s\t%s\n' "$result" "$number" "$file" "$line" "$what" "$instead" >> "$WORK/mutants.txt"
done < "$WORK/chosen"
grep ^SURVIVED "$WORK/mutants.txt"
awk '/^killed/ { killed++ } /^(killed|SURVIVED)/ { all++ }
    END { printf "%d of %d mutants killed: %.1f %%\n", killed, all, 100 * killed / all }' "$WORK/mutants.txt"
