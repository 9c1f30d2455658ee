#!/bin/sh
# The doors between the rooms of the house (doc/design.md), by the symbols of a build: where X.c uses
# what Y.c defines, X.c includes the header that declares it, and Y's room is one that X's may know; no
# circle of rooms, and none of files. Each source has a header of its own name, and a header declares
# one source's functions (or none: state). Prints the rooms, the arrows between them, and what is
# wrong; exit status 1 if anything is.
#
#     sh tools/doors.sh BUILD-FOLDER
set -u
build=${1:?usage: sh tools/doors.sh BUILD-FOLDER}
build=$(cd "$build" && pwd) || exit 2
cd "$(dirname "$0")/.." || exit 2

list=$(mktemp "${TMPDIR:-/tmp}/doors.XXXXXX") || exit 2
trap 'rm -f "$list"' EXIT
trap 'exit 2' HUP INT PIPE TERM
find mech gss_glue command -name '*.[ch]' | LC_ALL=C sort > "$list"
# shellcheck disable=SC2046 # no blanks in our file names
(cd "$build" && nm -A -P $(find mech gss_glue command -name '*.o')) |
    LC_ALL=C awk -f tools/source.awk -f tools/doors.awk "$list" -
