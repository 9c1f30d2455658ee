# shellcheck shell=sh
# What tools/check.sh and tools/demo.sh need to begin: packages, and a configure script. Sourced.

# The service of a package that brings a daemon, by its name in /etc/init.d.
service_of() {
    case $1 in
    apache2 | krb5-admin-server | krb5-kdc | postgresql | slapd) echo "$1" ;;
    exim4-daemon-heavy) echo exim4 ;;
    sasl2-bin) echo saslauthd ;;
    esac
}

# need PACKAGE...: installs those that are missing; daemons among them are told, and neither started
# now nor at the next boot
need() {
    missing='' services=''
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2> /dev/null | grep -q ' installed$' && continue
        missing="$missing $package"
        services="$services $(service_of "$package")"
    done
    [ -n "$missing" ] || return 0
    echo "installing$missing"
    # shellcheck disable=SC2086 # a list of words
    services=$(echo $services)
    [ -z "$services" ] ||
        echo "Among them are daemons: $services. They are not started, and disabled (update-rc.d NAME enable);" \
            "the tests start what they need for themselves."
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    # A policy that is there already is put aside meanwhile.
    # shellcheck disable=SC2016,SC2086 # for root's shell; a list of words
    $sudo sh -c 'policy=/usr/sbin/policy-rc.d services=$1
        shift
        trap "rm -f $policy; [ ! -e $policy.aside ] || mv $policy.aside $policy" EXIT
        [ ! -e $policy ] || mv $policy $policy.aside || exit
        printf "#!/bin/sh\nexit 101\n" > $policy && chmod 755 $policy || exit
        apt-get -qq update &&
            DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" > /dev/null || exit
        for service in $services; do update-rc.d "$service" disable > /dev/null 2>&1; done
        exit 0' sh "$services" $missing
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
