#!/bin/sh
# Exim, which authenticates by Cyrus SASL: an unmodified mail server that takes mail from whoever has a
# key that it knows. The client is Cyrus's smtptest. Prints TAP; asserts what the server saw.
# packages: exim4-daemon-heavy cyrus-clients libsasl2-modules-gssapi-mit
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
SMTPTEST=/usr/lib/cyrus/bin/smtptest
installed exim4 exim4-daemon-heavy
installed $SMTPTEST cyrus-clients
# Not setuid: GSS_MECH_CONFIG counts for nothing in a program that is.
EXIM=$(command -v exim4 || echo /usr/sbin/exim4)
"$EXIM" -bV 2> /dev/null | grep -q '^Authenticators.*: .*cyrus_sasl' ||
    tap_skip_all 'this Exim knows no Cyrus SASL (Debian: exim4-daemon-heavy)'
[ -n "$(find /usr/lib -name libgs2.so 2> /dev/null)" ] ||
    tap_skip_all 'libgs2.so is not installed (Debian: libsasl2-modules-gssapi-mit)'
app_open
cp "$EXIM" exim && chmod 755 exim || exit 1

GS2='GS2-TVQBD6KGPEG'

keygen x25519 service smtp@localhost || exit 1
keygen x25519 alice alice || exit 1
keygen ed25519 bob bob || exit 1
keygen x25519 mallory alice || exit 1
keygen x25519 impostor smtp@localhost || exit 1
trust server.trust alice bob
trust client.trust service
trust impostor.trust impostor

# Root's Exim serves as somebody else, whose the service's key must be then.
exim_user=$(id -un)
if [ "$exim_user" = root ]; then
    exim_user=nobody
    id Debian-exim > /dev/null 2>&1 && exim_user=Debian-exim
fi
mkdir spool log
: > server.out
for log in main reject panic; do ln -s ../server.out log/$log; done
[ "$(id -u)" != 0 ] || chown -R "$exim_user" spool log service server.out

# What it takes stays in its spool.
cat > exim.conf << END
primary_hostname = localhost
exim_path = $SANDBOX/exim
exim_user = $exim_user
exim_group = $(id -gn "$exim_user")
spool_directory = $SANDBOX/spool
log_file_path = $SANDBOX/log/%s
pid_file_path = $SANDBOX/spool/exim.pid
keep_environment = ^GSS_ : ^KRB5
tls_advertise_hosts =
queue_only = true
acl_smtp_rcpt = rcpt
never_users =
begin acl
rcpt:
  accept authenticated = *
  deny message = who are you?
begin authenticators
edhoc:
  driver = cyrus_sasl
  public_name = $GS2
  server_service = smtp
  server_hostname = localhost
  server_set_id = \$auth1
END

# It listens when this returns, on $PORT.
exim_start() {
    tried=0
    while [ $tried -lt 20 ]; do
        tried=$((tried + 1))
        next_port
        background env GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/service" \
            GSS_EDHOC_TRUST="$SANDBOX/server.trust" \
            "$SANDBOX/exim" -C "$SANDBOX/exim.conf" -bdf -oX "127.0.0.1.$PORT" >> command.out 2>&1
        EXIM_PID=$PID
        soon exim_decides
        says server.out 'daemon started' && return
        stop "$EXIM_PID"
        grep -q 'Address already in use' server.out command.out || return 1 # else: somebody has that port
    done
    return 1
}
exim_decides() { says server.out 'daemon started' || ! kill -0 "$EXIM_PID" 2> /dev/null; }

exim_start || {
    check 'Exim starts' false
    app_done exim "$(version exim4-daemon-heavy)"
    exit
}

# -- Clients -----------------------------------------------------------------------------------

printf 'MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: %s\r\n\r\n%s\r\n.\r\nQUIT\r\n' alice@localhost \
    bob@localhost 'The usual place' 'Meet me there.' > letter

# mail WHO [OPTION...]: sends the letter as who has that key; the server's log of it in server.out
mail() {
    who=$1
    shift
    fresh
    env GSS_EDHOC_IDENTITY="$SANDBOX/$who" \
        GSS_EDHOC_TRUST="$SANDBOX/${TRUST:-client.trust}" \
        timeout 20 $SMTPTEST -p "$PORT" -m $GS2 -f "$SANDBOX/letter" "$@" localhost > client.out 2>&1 < /dev/null
}

mail alice -a alice -u alice
check 'alice: authenticated' says client.out '^S: 235 '
check 'alice: Exim took her letter' saw '<= alice@localhost .*A=edhoc:alice'
mail bob -a bob -u bob
check 'bob, by signature: Exim knows him' saw '<= alice@localhost .*A=edhoc:bob'
mail bob -a alice -u alice
check 'bob as alice: nobody is taken for alice' says_not server.out 'A=edhoc:alice'
mail mallory -a alice -u alice
check 'a stranger: refused' says client.out '^S: 5[0-9][0-9] '
check 'a stranger: no letter' says_not server.out '<= '
check 'a stranger: the log says which mechanism refused' saw 'edhoc authenticator failed'
TRUST=impostor.trust mail alice -a alice -u alice
check 'a server with another key: no letter' says_not server.out '<= '
mail alice -m ANONYMOUS
check 'without authentication: no letter' says_not server.out '<= '

app_done exim "$(version exim4-daemon-heavy)"
