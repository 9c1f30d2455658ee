# shellcheck shell=sh disable=SC2034 # what the sourcing script reads
# For the tests of the command, used as a person would: an environment without settings of ours, a throwaway
# folder with a home in it, nothing on standard input, and TAP. Sourced, not run. GSS_EDHOC names the
# command, MECH_SO the plugin.

absolute() {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
    esac
}
command=$(absolute "${GSS_EDHOC:-./gss-edhoc}")
plugin=$(absolute "${MECH_SO:-.libs/mech_edhoc.so}")
unset GSS_EDHOC_IDENTITY GSS_EDHOC_SERVICE_IDENTITY GSS_EDHOC_CERTIFICATE GSS_EDHOC_TRUST \
    GSS_EDHOC_ANCHORS GSS_EDHOC_CRLS GSS_EDHOC_REVOKED GSS_EDHOC_SUITES GSS_EDHOC_OPTIONS \
    GSS_EDHOC_TRACE GSS_EDHOC_LOG GSS_MECH_CONFIG XDG_CONFIG_HOME SSH_AUTH_SOCK NO_COLOR
LC_ALL=C
export LC_ALL
umask 022
exec </dev/null

work=$(mktemp -d "${TMPDIR:-/tmp}/gss-edhoc.XXXXXX") || exit 99
at_end() { :; } # a script may have more to do
trap 'at_end; chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT PIPE TERM
cd "$work" || exit 99
HOME=$work/home
export HOME
mkdir "$HOME"

tests=0
told='out err' # files that say more of what failed

# result DESCRIPTION: passes when the command before it did
result() {
    status=$?
    tests=$((tests + 1))
    if [ "$status" -eq 0 ]; then
        echo "ok $tests - $1"
    else
        echo "not ok $tests - $1"
        for file in $told; do
            sed "s/^/#   $file: /" "$file" 2>/dev/null
        done
    fi
}

# skip DESCRIPTION REASON
skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

# run ARG...: the command, with its output in out and err, its exit status in $exited
run() {
    "$command" "$@" >out 2>err
    exited=$?
}
