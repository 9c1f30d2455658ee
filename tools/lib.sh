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
    # Daemons that come along are not started.
    # shellcheck disable=SC2016,SC2086 # for root's shell; a list of words
    $sudo sh -c 'policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" > $policy && chmod 755 $policy || exit
        fi
        apt-get -qq update &&
            DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" > /dev/null' \
        sh $missing
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
