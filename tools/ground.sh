# shellcheck shell=sh
# Throwaway Debians: made by debootstrap in a temporary folder, gone with whoever made them. Sourced by
# tools/deb.sh and tools/check-debian.sh. The mirror is the one that this machine's apt uses.
#
#   GROUND_CACHE=FOLDER  keeps the bare systems for the next run; otherwise nothing stays
#   GROUND_KEEP=yes      leaves the systems as they are, to look at what failed in them, and says where

ground_open() {
    [ "$(id -u)" = 0 ] || { echo 'this needs root: debootstrap and chroot do' >&2; exit 1; }
    need debootstrap util-linux iproute2 || exit 1
    GROUND=$(mktemp -d "${TMPDIR:-/var/tmp}/gss-edhoc-ground.XXXXXX") || exit 1
    trap ground_close EXIT
    trap 'exit 1' HUP INT PIPE TERM
    chmod 755 "$GROUND"
    GROUND_MIRROR=$(apt-get indextargets --format '$(LABEL) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
        sed -n 's/^Debian main //p' | head -n 1)
    [ -n "$GROUND_MIRROR" ] || { echo "apt's sources name no mirror of Debian" >&2; exit 1; }
}

# Nothing is mounted here but in namespaces, which are gone with their processes.
ground_close() {
    [ -z "${GROUND_KEEP-}" ] || { echo "kept: $GROUND"; return; }
    cd / && rm -rf --one-file-system "${GROUND:?}"
}

# ground_make NAME SUITE [ARCHITECTURE]: a bare system, with nothing that would start a daemon
ground_make() {
    ground_base=$2-${3:-$(dpkg --print-architecture)}
    ground_tar=${GROUND_CACHE:+$GROUND_CACHE/$ground_base.tar}
    mkdir "$GROUND/$1"
    if [ -n "$ground_tar" ] && [ -e "$ground_tar" ]; then
        tar -xf "$ground_tar" -C "$GROUND/$1"
        return
    fi
    # Its mounts too are in a namespace: what ends early leaves none behind.
    nice -n 10 unshare --mount debootstrap --variant=minbase ${3:+--arch="$3"} "$2" "$GROUND/$1" "$GROUND_MIRROR" \
        > "$GROUND/$1.log" 2>&1 || { tail -n 3 "$GROUND/$1.log"; return 1; }
    ground_configure "$1" "$2"
    [ -z "$ground_tar" ] || tar -cf "$ground_tar" -C "$GROUND/$1" .
}

ground_configure() {
    printf '#!/bin/sh\nexit 101\n' > "$GROUND/$1/usr/sbin/policy-rc.d"
    chmod 755 "$GROUND/$1/usr/sbin/policy-rc.d"
    echo "deb $GROUND_MIRROR $2 main" > "$GROUND/$1/etc/apt/sources.list"
    {
        apt-config dump | grep -E '^Acquire::.*(Proxy|Check)'
        echo 'APT::Install-Recommends "false";'
        echo 'Acquire::Languages "none";'
    } > "$GROUND/$1/etc/apt/apt.conf.d/99ground"
    echo '127.0.0.1 localhost' > "$GROUND/$1/etc/hosts"
}

# ground_copy FROM TO
ground_copy() { cp -a --reflink=auto "$GROUND/$1" "$GROUND/$2"; }
ground_drop() {
    ground_dropped=$((${ground_dropped:-0} + 1))
    if [ -n "${GROUND_KEEP-}" ]; then
        mv "$GROUND/$1" "$GROUND/$1.$ground_dropped" # another of that name may be made
    else
        rm -rf --one-file-system "${GROUND:?}/$1"
    fi
}

# online NAME COMMAND...: in that system, as its root, with a process tree and mounts of its own
online() {
    ground_root=$GROUND/$1
    shift
    # shellcheck disable=SC2016 # for the shell inside
    nice -n 10 unshare --mount --pid --ipc --uts --fork --kill-child ${GROUND_NET:+--net} sh -c '
        root=$1
        shift
        # A root that is a mount point is what unshare in there wants.
        mount --bind "$root" "$root" && mount -t proc proc "$root/proc" &&
            mount -t tmpfs tmpfs "$root/dev/shm" || exit
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" 2> /dev/null
        ip link set lo up 2> /dev/null
        hostname localhost
        chroot "$root" "$@"
        exit $?' sh "$ground_root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive CI="${CI-}" "$@"
}

# inside NAME COMMAND...: the same with no network but a loopback of its own
inside() { GROUND_NET=none online "$@"; }

# ground_need NAME PACKAGE...
ground_need() {
    ground_name=$1
    shift
    online "$ground_name" apt-get -qq update < /dev/null &&
        online "$ground_name" apt-get -qq install -y "$@" < /dev/null
}

# ground_source NAME FOLDER: what the checkout has, without what was built in it
ground_source() {
    mkdir -p "$GROUND/$1$2"
    if [ -e .git ]; then
        git ls-files -z --cached --others --exclude-standard | tar --null -T - --ignore-failed-read -c
    else
        tar -c --exclude=./build --exclude='*.o' .
    fi 2> /dev/null | tar -x --no-same-owner -C "$GROUND/$1$2"
}
