#!/bin/sh
# libvirt: a daemon that listens on TCP and authenticates by SASL, and virsh. Over TCP libvirt insists on
# a security layer, which GSS-SPNEGO has. Prints TAP; asserts what the server saw. For
# tools/check-debian.sh: a daemon of root's that would manage the machine.
# packages: libvirt-daemon libvirt-clients libsasl2-modules-gssapi-mit
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/../apps/lib.sh"
[ "$(id -u)" = 0 ] || tap_skip_all 'libvirtd runs as root'
installed libvirtd libvirt-daemon
installed virsh libvirt-clients
[ -n "$(find /usr/lib -name libgssapiv2.so 2> /dev/null)" ] ||
    tap_skip_all 'libgssapiv2.so is not installed (Debian: libsasl2-modules-gssapi-mit)'
app_open

keygen x25519 service libvirt@localhost || exit 1
keygen x25519 alice alice || exit 1
keygen ed25519 bob bob || exit 1
keygen x25519 mallory alice || exit 1
keygen x25519 impostor libvirt@localhost || exit 1
trust server.trust alice bob
trust client.trust service
trust impostor.trust impostor

# The driver for QEMU ends the daemon if there is no such user; no machine is started here.
id libvirt-qemu > /dev/null 2>&1 || useradd --system libvirt-qemu || exit 1

mkdir sasl run
echo 'mech_list: GSS-SPNEGO' > sasl/libvirt.conf

libvirt_start() {
    tried=0
    while [ $tried -lt 20 ]; do
        tried=$((tried + 1))
        next_port
        fresh
        cat > libvirtd.conf << END
listen_tls = 0
listen_tcp = 1
listen_addr = "127.0.0.1"
tcp_port = "$PORT"
auth_tcp = "sasl"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_dir = "$SANDBOX/run"
sasl_allowed_username_list = ["alice"]
log_outputs = "1:stderr"
log_filters = "1:rpc.virnetsaslcontext 1:rpc.virnetserverclient 1:daemon 3:*"
END
        background env SASL_CONF_PATH="$SANDBOX/sasl" GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/service" \
            GSS_EDHOC_TRUST="$SANDBOX/server.trust" \
            libvirtd --listen --config "$SANDBOX/libvirtd.conf" --pid-file "$SANDBOX/run/pid" \
            >> command.out 2>> server.out
        LIBVIRT_PID=$PID
        soon libvirt_decides
        kill -0 "$LIBVIRT_PID" 2> /dev/null && return
        grep -q 'Address already in use' server.out || return 1 # else: somebody has that port
    done
    return 1
}
libvirt_decides() { listens || ! kill -0 "$LIBVIRT_PID" 2> /dev/null; }
listens() { grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$PORT") 00000000:0000 0A " /proc/net/tcp; }

libvirt_start || {
    check 'libvirtd starts' false
    app_done libvirt "$(version libvirt-daemon)"
    exit
}

# ask WHO: which machines there are, of libvirt's test driver
ask() {
    fresh
    CLIENT_STATUS=0
    GSS_EDHOC_IDENTITY="$SANDBOX/$1" GSS_EDHOC_TRUST="$SANDBOX/${TRUST:-client.trust}" \
        SASL_CONF_PATH="$SANDBOX/sasl" timeout 20 virsh -c "test+tcp://localhost:$PORT/default" list --all \
        > client.out 2>&1 < /dev/null || CLIENT_STATUS=$?
}

ask alice
check 'alice gets an answer' [ "$CLIENT_STATUS" = 0 ]
check 'alice sees the machine' says client.out '^ *1 +test +running'
check 'the server saw alice' saw 'AUTH_ALLOW: .*identity=alice'
check 'and a layer that seals' saw 'SSF (128|256)|ssf=(128|256)|negotiated .*128'
ask bob
check 'bob, who has a key but no leave: refused' [ "$CLIENT_STATUS" != 0 ]
check 'bob: the server knew him' saw 'AUTH_DENY: .*identity=bob'
ask mallory
check 'a stranger: refused' [ "$CLIENT_STATUS" != 0 ]
TRUST=impostor.trust ask alice
check 'a server with another key: refused' [ "$CLIENT_STATUS" != 0 ]

app_done libvirt "$(version libvirt-daemon)"
