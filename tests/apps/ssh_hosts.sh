#!/bin/sh
# Decisions about host certificates beside OpenSSH's own: a real ssh talks to a real sshd that shows the
# certificate, with the same known_hosts that `gss-edhoc trust import` takes over; and what `gss-edhoc
# check --peer` makes of it. Where they differ, doc/mechanism.md 8.5.1 says why. Prints TAP.
# packages: openssh-client openssh-server
set -u
if [ "${IN_NAMESPACE:-}" != yes ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    IN_NAMESPACE=yes exec unshare -m sh "$0" # for /run/sshd, which sshd wants of root
fi
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
SSHD=/usr/sbin/sshd
for program in ssh ssh-keygen $SSHD; do
    [ -x "$(command -v $program)" ] ||
        tap_skip_all "$program is not installed (Debian: openssh-client, openssh-server)"
done
app_open
if [ "$(id -u)" = 0 ]; then
    [ "${IN_NAMESPACE:-}" = yes ] || tap_skip_all 'no mount namespace (unshare -m) for /run/sshd'
    mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd || tap_skip_all 'nothing can be mounted here'
fi
umask 022
export TZ=UTC

# -- Keys and certificates ---------------------------------------------------------------------

key() { ssh-keygen -q -N '' -C "$1" -f "$1" -t "$2" ${3:+-b "$3"}; }
public() { cut -d' ' -f1,2 "$1.pub"; }
for name in ca ed25519 other; do key $name ed25519 || exit 1; done
key ca-p256 ecdsa 256 && key ca-p521 ecdsa 521 && key ca-rsa rsa 2048 && key p256 ecdsa 256 &&
    key p384 ecdsa 384 || exit 1
cat >login <<'END'
Host *
    User nobody
    BatchMode yes
    PreferredAuthentications none
    StrictHostKeyChecking yes
    GlobalKnownHostsFile /dev/null
    UpdateHostKeys no
    IdentityFile none
END
# certificate NAME CA KEY ARGUMENT...: NAME is a key with NAME-cert.pub
certificate() {
    name=$1 ca=$2
    cp "$3" "$name" && cp "$3.pub" "$name.pub"
    shift 3
    ssh-keygen -q -s "$ca" -I "$name" "$@" "$name.pub" || exit 1
    cat >"$name.sshd" <<END
HostKey $SANDBOX/$name
HostCertificate $SANDBOX/$name-cert.pub
PidFile none
UsePAM no
StrictModes no
LogLevel QUIET
END
}
certificate plain ca ed25519 -h -n web.example -z 5
certificate two ca p256 -h -n web.example,mail.example
certificate p521 ca-p521 p384 -h -n web.example
certificate rsa ca-rsa p256 -t rsa-sha2-512 -h -n web.example
certificate rsa256 ca-rsa ed25519 -t rsa-sha2-256 -h -n web.example
certificate stranger other ed25519 -h -n web.example
certificate mail ca ed25519 -h -n mail.example
certificate user ca ed25519 -n web.example
certificate expired ca ed25519 -h -n web.example -V 20200101:20210101
certificate future ca ed25519 -h -n web.example -V 20990101:20991231
certificate upper ca ed25519 -h -n WEB.example
certificate critical ca ed25519 -h -n web.example -O critical:x@example.org=1
certificate extended ca ed25519 -h -n web.example -O extension:x@example.org=1
certificate wild ca ed25519 -h -n '*.example'
certificate none ca ed25519 -h

# -- One row -----------------------------------------------------------------------------------

# Certificates first. OpenSSH 10.6 takes the bare key of one only if that was on offer, too.
CERTIFICATES=ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com
PLAIN=ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384

# ssh accepts a host when it goes on to ask who the user is.
ssh_accepts() { # CERTIFICATE HOST [OPTION]
    LC_ALL=C timeout 20 ssh -F login -o UserKnownHostsFile="$SANDBOX/known_hosts" -o HostKeyAlgorithms=$CERTIFICATES,$PLAIN \
        -o ProxyCommand="$SSHD -i -f $SANDBOX/$1.sshd" ${3:+-o "$3"} "$2" true </dev/null >ssh.out 2>&1
    grep -q 'Permission denied' ssh.out
}
we_accept() { # CERTIFICATE HOST [KRL]
    rm -f trust list
    "$GSS_EDHOC" trust import -f trust --revoked=list known_hosts >command.out 2>&1 || return
    [ -e list ] || echo '# nobody' >list
    GSS_EDHOC_TRUST=$SANDBOX/trust GSS_EDHOC_REVOKED=$SANDBOX/${3:-list} \
        "$GSS_EDHOC" check --peer="$1-cert.pub" "host@$2" >command.out 2>&1
}

rows=0 accepted=0 differ=0
# row CERTIFICATE HOST KNOWN_HOSTS-LINES [DIFFERENCE]: lines with {KEY} for a public key, | between them;
# a difference is the number of doc/mechanism.md 8.5.1, or 9.2 for what Debian 12's release does otherwise
row() {
    printf '%s\n' "$3" | tr '|' '\n' >template
    for known in ca ca-p256 ca-p521 ca-rsa other ed25519; do
        sed -i "s|{$known}|$(public $known)|" template
    done
    mv template known_hosts
    theirs=no ours=no
    ! ssh_accepts "$1" "$2" ${4:+"${5:-}"} || theirs=yes
    ! we_accept "$1" "$2" ${4:+"${6:-}"} || ours=yes
    rows=$((rows + 1))
    [ $ours = no ] || accepted=$((accepted + 1))
    [ $ours = $theirs ] || differ=$((differ + 1))
    case ${4:-same} in
    same) [ $ours = $theirs ] ;;
    9.2=*)
        [ $ours = "${4#*=}" ] &&
            { [ $ours = $theirs ] || ssh -V 2>&1 | grep -Eq '^OpenSSH_([0-9]\.|10\.[0-2])'; }
        ;;
    *) [ $ours = no ] && [ $theirs = yes ] ;;
    esac
    check "$1 as $2, $3: here $ours, in ssh $theirs${4:+ ($4)}" [ $? = 0 ]
}

for cert in plain two mail user expired future upper critical extended stranger; do
    row $cert web.example '@cert-authority *.example {ca}'
    row $cert mail.example '@cert-authority * {ca}'
done
for cert in p521 rsa rsa256 plain; do
    row $cert web.example '@cert-authority web.example {ca-p521}|@cert-authority *.example {ca-rsa}'
done
for line in '@cert-authority web.example {ca}' '@cert-authority w?b.example {ca}' \
    '@cert-authority *.example,!web.example {ca}' '@cert-authority *.other {ca}' \
    '@cert-authority *.other,web.* {ca}' '@cert-authority *.Example {ca}' '@cert-authority WEB.example {ca}' \
    '@cert-authority *.example {ca-p256}|@cert-authority *.example {ca}' '@cert-authority web.example {ed25519}' \
    '@cert-authority *.example {other}' 'mail.example {other}|@cert-authority *.example {ca}' \
    'web.example {ed25519}' 'web.example {other}' 'mail.example {ed25519}' \
    'web.example {ed25519}|@cert-authority *.other {ca}' \
    '@revoked * {ca}|@cert-authority *.example {ca}' '@revoked * {ed25519}|@cert-authority *.example {ca}' \
    '@revoked * {other}|@cert-authority *.example {ca}' '@revoked web.example {ca}|@cert-authority * {ca}'; do
    row plain web.example "$line"
done
for host in WEB.example Web.Example web.example.org a.web.example; do
    row plain $host '@cert-authority *.example {ca}'
done
row mail MAIL.example '@cert-authority mail.* {ca}'
row two mail.example '@cert-authority web.example,mail.example {ca}'
row two web.example '@cert-authority web.example,mail.example {other}'
row extended web.example '@cert-authority ???.example {ca}'
row expired web.example 'web.example {ed25519}'
row user web.example 'web.example {ed25519}|@cert-authority * {ca}'
row stranger web.example 'web.example {ed25519}|@cert-authority * {ca}'

# What differs.
row plain web.example 'web.example {other}|@cert-authority *.example {ca}' 2
row plain web.example '@cert-authority *.example {ca}|web.example {other}' 2
row wild web.example '@cert-authority * {ca}' 9.2=yes
row wild a.b.example '@cert-authority * {ca}' 9.2=yes
row wild other.org '@cert-authority * {ca}' 9.2=no
for host in web.example a.b.example other.org; do
    row none $host '@cert-authority * {ca}' 9.2=no
done

echo "# $rows decisions, $accepted accepted, $differ differ"
check 'there are sixty and more' [ $rows -ge 60 ]
check 'twenty and more are accepted' [ $accepted -ge 20 ]

# -- Revoked by a list of OpenSSH's ------------------------------------------------------------

echo '@cert-authority *.example {ca}' | sed "s|{ca}|$(public ca)|" >known_hosts
# revokes KRL CERTIFICATE: both refuse it
revokes() {
    ! ssh_accepts "$2" web.example "RevokedHostKeys=$SANDBOX/$1" && ! we_accept "$2" web.example "$1" &&
        grep -q 'listed\|revoked' command.out
}
lets_in() { ssh_accepts "$2" web.example "RevokedHostKeys=$SANDBOX/$1" && we_accept "$2" web.example "$1"; }
krl() { printf '%s\n' "$3" >spec && ssh-keygen -q -k -f "$1" ${2:+-s "$2"} spec; }
krl by-serial ca.pub 'serial: 5'
krl by-range ca.pub 'serial: 2-100'
krl by-id ca.pub 'id: plain'
krl by-key '' "key: $(cat ed25519.pub)"
krl by-hash '' "sha256: $(cat ed25519.pub)"
krl by-ca '' "key: $(cat ca.pub)"
krl other-serial ca.pub 'serial: 6'
krl other-ca other.pub 'serial: 5'
for list in by-serial by-range by-id by-key by-hash by-ca; do
    check "-r: $list" revokes $list plain
done
for list in other-serial other-ca; do check "-r: $list is for others" lets_in $list plain; done
for list in by-serial by-range; do check "-r: $list does not mean serial 0" lets_in $list two; done
check '-r: a list of keys' revokes ed25519.pub plain

app_done ssh_hosts "$(version openssh-server)"
