#!/bin/sh
# Builds the Debian packages in bare systems made by debootstrap, twice, and compares; runs lintian; then
# installs, upgrades, removes and purges them in a bare system as an administrator would; and runs
# autopkgtest: the demo and the applications over what was installed. In the first system the RPM spec is
# built as well. The packages are left in build/deb-SUITE/.
#
#     sh tools/deb.sh              Debian 12 and 13
#     sh tools/deb.sh SUITE...     others
#     DEB_SKIP='tests rpm autopkgtest' ...    without these, which take the longest
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/lib.sh
. tools/lib.sh
# shellcheck source=tools/ground.sh
. tools/ground.sh

passed=0 failed=0
wanted() { case " ${DEB_SKIP-} " in *" $1 "*) return 1 ;; esac }

# check TEXT COMMAND...
check() {
    deb_text=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok       $deb_text"
    else
        failed=$((failed + 1))
        echo "NOT ok   $deb_text"
        return 1
    fi
}

# logged FILE COMMAND...: what it says goes to build/deb-SUITE/FILE, and its end here if it fails
logged() {
    deb_log=$out/$1
    shift
    "$@" > "$deb_log" 2>&1 && return
    tail -n 20 "$deb_log" | sed 's/^/    /'
    return 1
}

# -- Building ----------------------------------------------------------------------------------

# deb_build NAME FOLDER OPTIONS UMASK TIMEZONE: the packages in FOLDER above the source
deb_build() {
    # shellcheck disable=SC2016 # for the shell inside
    inside "$1" sh -ec 'umask $3; export TZ=$4 DEB_BUILD_OPTIONS=$2
        mkdir -p "$1/gss-edhoc-0.1"; cd "$1/gss-edhoc-0.1"; tar -xf /source.tar --strip-components=1
        cp /gss-edhoc_0.1.orig.tar.xz ..
        dpkg-buildpackage -us -uc' sh "$2" "$3" "$4" "$5"
}

# The release as `make dist` makes it, and debian/ beside it.
deb_tarball() {
    # shellcheck disable=SC2016
    inside "$1" sh -ec 'cd /checkout; autoreconf -fi; mkdir -p build/dist; cd build/dist; ../../configure --quiet
        make dist; mv gss-edhoc-0.1.tar.xz /gss-edhoc_0.1.orig.tar.xz; cd /
        tar -xf gss-edhoc_0.1.orig.tar.xz; cp -r checkout/debian gss-edhoc-0.1/
        tar -cf source.tar gss-edhoc-0.1'
}

same_debs() {
    for deb in "$1"/*.deb; do
        cmp "$deb" "$2/${deb##*/}" || return
    done
}

BUILD_NEEDS='build-essential debhelper autoconf automake libtool pkg-config libkrb5-dev libssl-dev
    libcbor-dev check krb5-gss-samples openssl openssh-client python3 lintian'

build_packages() {
    # shellcheck disable=SC2086 # a list of words
    logged build-needs.log ground_need build $BUILD_NEEDS && ground_source build /checkout &&
        logged dist.log deb_tarball build || { check 'a release to build from' false; return 1; }
    check "built$(wanted tests && echo ', with its tests')" logged build.log deb_build build /first "parallel=2$(wanted tests || echo ' nocheck')" 022 UTC ||
        { grep '^not ok' "$out/build.log"; return 1; }
    grep -E '^# (TOTAL|PASS|FAIL|SKIP|ERROR):' "$out/build.log" | tr '\n' ' ' | sed 's/^/    /; s/$/\n/'
    check 'built again elsewhere, with another umask, clock and order' logged rebuild.log \
        deb_build build /another/place 'nocheck parallel=1' 077 Pacific/Kiritimati
    check 'both are equal' same_debs "$GROUND/build/first" "$GROUND/build/another/place"
    cp "$GROUND"/build/first/*.deb "$GROUND"/build/first/*.dsc "$GROUND"/build/first/*.tar.* "$out/"
    (cd "$out" && sha256sum ./*.deb) | sed 's/^\(.\{16\}\)[^ ]*/    \1.../'
}

# Its own exit status counts what is overridden, once that is shown.
run_lintian() {
    # shellcheck disable=SC2016
    inside build sh -c 'exec lintian --allow-root --display-info --show-overrides --fail-on none \
        /first/*.changes' < /dev/null > "$out/lintian.log" 2>&1 &&
        ! grep '^[EWO]:' "$out/lintian.log" | grep -qv '^O: [a-z-]*: initial-upload-closes-no-bugs '
}

# The same with a higher version, for an upgrade, and what it does with the conffile.
build_successor() {
    # shellcheck disable=SC2016
    inside build sh -ec 'cd /checkout/debian; sed -i "1s/0.1-1/0.1-2/" changelog
        echo "# The next version says more." >> ../mech.conf
        cd /; rm -rf next; mkdir -p next/gss-edhoc-0.1; tar -xf source.tar -C next; cd next/gss-edhoc-0.1
        cp /checkout/debian/changelog debian/; cat /checkout/mech.conf > mech.conf; cp /gss-edhoc_0.1.orig.tar.xz ..
        DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -b -us -uc'
}

# -- An administrator's life with them ---------------------------------------------------------

files_of() {
    (cd "$GROUND/bare" && find . -xdev \( -path ./var/cache -o -path ./var/log -o -path ./var/lib/dpkg \
        -o -path ./var/lib/apt -o -path ./tmp -o -path ./var/tmp -o -path ./debs -o -path ./next \
        -o -path ./etc/ld.so.cache \) -prune -o -print | LC_ALL=C sort)
}
in_bare() { inside bare "$@" < /dev/null; }
has() { [ -e "$GROUND/bare$1" ]; }
has_not() { [ ! -e "$GROUND/bare$1" ]; }
conf_says() { grep -q "$1" "$GROUND/bare/etc/gss/mech.d/edhoc.conf"; }

live_with() {
    rm -rf "$GROUND/bare/debs" "$GROUND/bare/next"
    mkdir "$GROUND/bare/debs" "$GROUND/bare/next"
    cp "$GROUND"/build/first/*.deb "$GROUND/bare/debs/"
    cp "$GROUND"/build/next/*.deb "$GROUND/bare/next/"
    rm -f "$GROUND"/bare/debs/*-dbgsym* "$GROUND"/bare/next/*-dbgsym*
    # Not ours to judge: what ours depend on comes first, and stays.
    # shellcheck disable=SC2046 # a list of words
    logged bare-needs.log ground_need bare krb5-gss-samples $(cd "$GROUND/bare" && echo ./debs/*.deb) &&
        in_bare dpkg -P gss-edhoc gss-mech-edhoc > /dev/null || { check 'what they depend on' false; return; }
    files_of > "$out/files.before"

    check 'installed' logged install.log in_bare sh -c 'dpkg -i /debs/*.deb'
    grep -E '^(Unpacking|Setting up)' "$out/install.log" | sed 's/^/    /'
    # shellcheck disable=SC2016
    check 'registered: gss-edhoc check finds nothing wrong' logged check.log in_bare sh -ec '
        cd /etc/gss/edhoc/service.d; gss-edhoc keygen -o host.pem HTTP@web.example > /dev/null
        gss-edhoc keygen -o /root/client.pem alice > /dev/null
        gss-edhoc trust add --client /root/client.pem.pub > /dev/null
        gss-edhoc check -a HTTP@web.example'
    sed 's/^/    /' "$out/check.log"
    in_bare sh -c 'echo "# ours" >> /etc/gss/mech.d/edhoc.conf'
    check 'upgraded' logged upgrade.log in_bare sh -c 'dpkg --force-confold -i /next/*.deb'
    grep -E '^(Unpacking|Setting up|Configuration)|keep' "$out/upgrade.log" | sed 's/^/    /'
    check 'an edited registration stays as it is' conf_says '^# ours'
    check 'removed' logged remove.log in_bare dpkg -r gss-edhoc gss-mech-edhoc
    check 'the registration stays, as configuration does' has /etc/gss/mech.d/edhoc.conf
    check 'installed again' logged again.log in_bare sh -c 'dpkg --force-confold -i /next/*.deb'
    check 'and the key is still the one' logged check-again.log in_bare gss-edhoc check -a HTTP@web.example
    check 'purged' logged purge.log in_bare dpkg -P gss-edhoc gss-mech-edhoc
    sed 's/^/    /' "$out/purge.log"
    check 'the registration is gone' has_not /etc/gss/mech.d/edhoc.conf
    files_of > "$out/files.after"
    check "what stays is the administrator's, and nothing else" stays
    echo '    stays:' "$(diff "$out/files.before" "$out/files.after" | sed -n 's/^> \.//p' | tr '\n' ' ')"
}

stays() {
    [ "$(diff "$out/files.before" "$out/files.after" | grep '^[<>]')" = '> ./etc/gss/edhoc
> ./etc/gss/edhoc/service.d
> ./etc/gss/edhoc/service.d/host.pem
> ./etc/gss/edhoc/service.d/host.pem.pub
> ./etc/gss/edhoc/trust
> ./root/client.pem
> ./root/client.pem.pub' ]
}

# -- autopkgtest, and the RPM ------------------------------------------------------------------

# Debian 13's null testbed promises no container; this one is in namespaces of its own.
run_autopkgtest() {
    logged autopkgtest-needs.log ground_need pkgtest autopkgtest build-essential || return
    mkdir "$GROUND/pkgtest/debs"
    cp "$GROUND"/build/first/*.deb "$GROUND"/build/first/*.dsc "$GROUND"/build/first/*.tar.* "$GROUND/pkgtest/debs/"
    # shellcheck disable=SC2016
    logged autopkgtest.log online pkgtest sh -c 'cd /debs && rm -f *-dbgsym* && ls && exec autopkgtest \
        --ignore-restrictions=isolation-container --no-built-binaries --summary-file=/summary --test-name=demo --test-name=apps ./*.deb ./*.dsc -- null' \
        < /dev/null
    deb_status=$?
    sed 's/^/    /' "$GROUND/pkgtest/summary" 2> /dev/null
    grep -E '^(ok|not ok) ' "$out/autopkgtest.log" | sed 's/[0-9].*//' | sort | uniq -c | sed 's/^/    /'
    return $deb_status
}

build_rpm() {
    logged rpm-needs.log ground_need build rpm elfutils || return
    # shellcheck disable=SC2016
    logged rpm.log inside build sh -ec 'rm -rf /rpm; mkdir -p /rpm/SOURCES /rpm/SPECS
        tar -xJf /gss-edhoc_0.1.orig.tar.xz -C /tmp gss-edhoc-0.1/rpm/gss-edhoc.spec
        cp /gss-edhoc_0.1.orig.tar.xz /rpm/SOURCES/gss-edhoc-0.1.tar.xz
        rpmspec --define "_topdir /rpm" -q /tmp/gss-edhoc-0.1/rpm/gss-edhoc.spec
        rpmbuild --define "_topdir /rpm" --nodeps --nocheck -bb /tmp/gss-edhoc-0.1/rpm/gss-edhoc.spec
        for rpm in $(find /rpm/RPMS -name "*.rpm"); do echo "$rpm"; rpm -qlp "$rpm"; done' < /dev/null
}

# Each application names its packages; autopkgtest wants them all in one place.
autopkgtest_names_packages() {
    sed -n 's/^# packages: //p' tests/apps/*.sh | tr ' ' '\n' | sort -u > "$GROUND/named"
    sed -n '/^Tests: apps/,$s/^ \([a-z0-9.+-]*\),\{0,1\}$/\1/p' debian/tests/control | sort -u | diff "$GROUND/named" -
}

# -- All of it ---------------------------------------------------------------------------------

ground_open
began=$(date +%s)
rpm_done=
check 'debian/tests/control names the packages of all applications' autopkgtest_names_packages
[ $# -gt 0 ] || set -- bookworm trixie
for suite in "$@"; do
    out=$PWD/build/deb-$suite
    rm -rf "$out" && mkdir -p "$out"
    echo "== $suite: logs and packages in build/deb-$suite/"
    ground_make base "$suite" || { check "debootstrap $suite" false; continue; }
    ground_copy base build && build_packages || continue
    check 'lintian: no error, no warning, one override' run_lintian
    sed 's/^/    /' "$out/lintian.log"
    check 'a successor, for the upgrade' logged next.log build_successor
    ground_copy base bare && live_with
    ground_drop bare
    if wanted rpm && [ -z "$rpm_done" ]; then
        check 'the RPM spec, parsed and built' build_rpm
        grep -E '^(/rpm/RPMS|/usr/(bin|lib|share|lib64)/[^ ]*$|/etc)' "$out/rpm.log" | sed 's/^/    /'
        rpm_done=yes
    fi
    if wanted autopkgtest; then
        ground_copy base pkgtest
        check 'autopkgtest' run_autopkgtest
        ground_drop pkgtest
    fi
    ground_drop build
    ground_drop base
done
echo "$(($(date +%s) - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
