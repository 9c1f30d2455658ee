# shellcheck shell=sh
# What tools/check.sh and tools/demo.sh need to begin: packages, and a configure script. Sourced.

# need PACKAGE...: installs those that are missing
need() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2> /dev/null | grep -q ' installed$' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "installing$missing"
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    # shellcheck disable=SC2086 # lists of words
    $sudo apt-get -qq update &&
        $sudo env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq install -y --no-install-recommends $missing > /dev/null
}

# Makes ./configure if it is missing or older than what it is made from.
make_configure() {
    mkdir -p build
    if [ -e config.status ]; then
        echo 'This checkout is configured in place, and cannot be built elsewhere at the same time.' \
            "Please run \`make distclean' first." >&2
        return 1
    fi
    if [ -e configure ] && [ -e Makefile.in ] &&
        [ -z "$(find configure.ac Makefile.am -newer Makefile.in)" ]; then return; fi
    echo 'making configure (autoreconf)'
    autoreconf -fi > build/autoreconf.log 2>&1 || { cat build/autoreconf.log; return 1; }
}
