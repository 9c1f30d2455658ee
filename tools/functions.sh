#!/bin/sh
# Figures of the functions: how many, how long (lines between the braces: median, p90, longest), those
# that are too long by name, how many static ones have a single caller, and which names exist in more
# than one file. Reports, and judges nothing.
#
#     sh tools/functions.sh [CHECKOUT]
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 2
cd "${1:-$here/..}" || exit 2

# figures TREE LIMIT FOLDER...: of the sources in these folders, those that there are
figures() {
    tree=$1 limit=$2
    shift 2
    # shellcheck disable=SC2046 # no blanks in our file names
    LC_ALL=C awk -v tree="$tree" -v limit="$limit" -f "$here/source.awk" -f "$here/functions.awk" \
        $(find "$@" -name '*.[ch]' 2> /dev/null | LC_ALL=C sort)
}

# Before the command had a folder of its own it was in tools/.
figures product 40 mech gss_glue command tools
figures tests 60 tests
