#!/bin/sh
# Whatever mech/ and gss_glue/ call, tests/check_faults makes fail, or tests/faults/others says why not.
# Prints TAP; runs in a build folder.
set -u
faults=${srcdir:-.}/tests/faults

nm -g mech/*/.libs/*.o gss_glue/.libs/*.o > faults.symbols 2> /dev/null
if ! grep -q ' U malloc$' faults.symbols; then
    echo '1..0 # SKIP no objects here whose symbols nm shows'
    rm -f faults.symbols
    exit 0
fi
awk 'NF == 3 { print $3 }' faults.symbols | sort -u > faults.ours
{
    sed -n 's/^FAULT[A-Z_]*([A-Z]*, [^,]*, [^,]*, \([^,]*\),.*/\1/p' "$faults/faults.def"
    sed -n 's/^REAL(\(.*\));/\1/p' "$faults/faults.c"
} > faults.wrapped
missing=$(awk '/ [Uw] / { print $2 }' faults.symbols | sort -u | grep -vxFf faults.ours |
    grep -vxFf faults.wrapped | grep -v '^#' | grep -vxEf "$faults/others")
echo 1..1
if [ -z "$missing" ]; then
    echo "ok 1 - every call that can fail is made to fail"
else
    echo "not ok 1 - every call that can fail is made to fail"
    echo "$missing" | sed 's/^/# in neither tests\/faults\/faults.def nor tests\/faults\/others: /'
fi
rm -f faults.symbols faults.ours faults.wrapped
