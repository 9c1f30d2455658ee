#!/bin/sh
# OpenLDAP: slapd and ldapwhoami, with the mechanism's own SASL name (GS2, RFC 5801), with channel
# binding over TLS, and with GSS-SPNEGO, which has a security layer. Prints TAP; asserts what the server
# saw.
# packages: slapd ldap-utils libsasl2-modules-gssapi-mit openssl perl-base
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
installed slapd slapd
installed ldapwhoami ldap-utils
installed openssl openssl
installed perl perl-base
SASL_PLUGIN=$(find /usr/lib -name libgs2.so 2> /dev/null | head -n 1)
[ -n "$SASL_PLUGIN" ] || tap_skip_all 'libgs2.so is not installed (Debian: libsasl2-modules-gssapi-mit)'
app_open

GS2='GS2-TVQBD6KGPEG'

# -- Who there is ------------------------------------------------------------------------------

keygen x25519 ldap ldap@localhost || exit 1
keygen x25519 alice alice || exit 1
keygen ed25519 bob bob@laptop || exit 1
keygen x25519 mallory alice || exit 1 # the right name, another key
keygen x25519 eve eve || exit 1
trust server.trust alice bob
trust client.trust ldap

for who in tls middle; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout $who.key \
        -out $who.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        > command.out 2>&1 || exit 1
done

mkdir run

# A listener on the wire between client and server: writes down what both say.
cat > relay.pl << 'END'
use IO::Socket::INET; use IO::Select;
my ($to, $file, $port) = @ARGV;
open(my $log, '>', $file) or die; $log->autoflush(1);
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or die;
open(my $p, '>', "$port.new") or die; print $p $listen->sockport, "\n"; close $p;
rename "$port.new", $port or die;
while (my $a = $listen->accept) {
    my $b = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $to) or next;
    my %other = ($a => $b, $b => $a);
    my $both = IO::Select->new($a, $b);
    while ($both->count == 2) {
        foreach my $in ($both->can_read) {
            my $n = sysread($in, my $bytes, 65536);
            if (!$n) { $both->remove($in); last; }
            print $log $bytes;
            syswrite($other{$in}, $bytes);
        }
    }
    close $a; close $b;
}
END

# The directory. Alice may act for Bob, and reads and writes below ou=sealed only through a layer that
# seals.
cat > entries.ldif << 'END'
dn: dc=example
objectClass: organization
objectClass: dcObject
dc: example
o: Example

dn: ou=people,dc=example
objectClass: organizationalUnit
ou: people

dn: cn=Alice,ou=people,dc=example
objectClass: person
cn: Alice
sn: Liddell
authzTo: dn.exact:cn=Bob,ou=people,dc=example

dn: cn=Bob,ou=people,dc=example
objectClass: person
cn: Bob
sn: Dobbs

dn: ou=sealed,dc=example
objectClass: organizationalUnit
ou: sealed
END

# -- slapd -------------------------------------------------------------------------------------

slapd_configure() {
    cat << END
include         /etc/ldap/schema/core.schema
pidfile         $SANDBOX/run/slapd.pid
argsfile        $SANDBOX/run/slapd.args
sasl-host       localhost
sasl-cbinding   tls-endpoint
authz-policy    to
authz-regexp    uid=alice,cn=(gss-spnego|gs2-tvqbd6kgpeg|gs2-tvqbd6kgpeg-plus),cn=auth cn=Alice,ou=people,dc=example
TLSCertificateFile    $SANDBOX/tls.pem
TLSCertificateKeyFile $SANDBOX/tls.key
modulepath      /usr/lib/ldap
moduleload      back_mdb
database        mdb
maxsize         16777216
suffix          dc=example
rootdn          cn=nobody,dc=example
directory       $SANDBOX/run
access to attrs=authzTo by * auth
access to dn.subtree="ou=sealed,dc=example"
    by dn.exact="cn=Alice,ou=people,dc=example" sasl_ssf=128 write
access to * by users read by anonymous auth
END
}

# It listens when this returns, on $PORT and with TLS on $TLS_PORT.
slapd_start() {
    slapd_configure > slapd.conf
    slapadd -f slapd.conf -l entries.ldif > command.out 2>&1 || return
    tried=0
    while [ $tried -lt 20 ]; do
        tried=$((tried + 1))
        next_port
        TLS_PORT=$PORT
        next_port
        fresh
        background env GSS_EDHOC_SERVICE_IDENTITY="$SANDBOX/ldap" \
            GSS_EDHOC_TRUST="$SANDBOX/server.trust" \
            slapd -h "ldap://127.0.0.1:$PORT ldaps://127.0.0.1:$TLS_PORT" -f "$SANDBOX/slapd.conf" -d stats \
            >> command.out 2>> server.out
        SLAPD_PID=$PID
        soon slapd_decides
        says server.out 'slapd starting' && return
        stop "$SLAPD_PID"
        grep -q 'Address already in use' server.out || return 1 # else: somebody has that port
    done
    return 1
}
slapd_decides() { says server.out 'slapd starting' || ! kill -0 "$SLAPD_PID" 2> /dev/null; }

slapd_start || {
    check 'slapd starts' false
    app_done openldap "$(version slapd)"
    exit
}
background perl relay.pl "$PORT" "$SANDBOX/wire" "$SANDBOX/relay.port"
soon [ -s relay.port ] || { echo 'Bail out! no relay'; exit 1; }
RELAY_PORT=$(cat relay.port)

# -- One client --------------------------------------------------------------------------------

# ldap WHO COMMAND ARGUMENT...: one of the LDAP commands, as who has that key
ldap() {
    who=$1 program=$2
    shift 2
    fresh
    CLIENT_STATUS=0
    # shellcheck disable=SC2086 # a list of words
    env ${LDAP_ENV:-LDAPNOINIT=1} GSS_EDHOC_IDENTITY="$SANDBOX/$who" \
        GSS_EDHOC_TRUST="$SANDBOX/${TRUST:-client.trust}" \
        timeout --foreground 20 "$program" -N -H "${LDAP_URL:-ldap://localhost:$PORT}" "$@" \
        > client.out 2>&1 || CLIENT_STATUS=$?
}
succeeds() { [ "$CLIENT_STATUS" = 0 ]; }
fails_with() { [ "$CLIENT_STATUS" = "$1" ]; }
whoami_is() { succeeds && says client.out "^dn:$1\$"; }
# bound MECHANISM DN SSF: the server logs so
bound() { saw "BIND dn=\"$2\" mech=$1 bind_ssf=$3 "; }
ALICE='cn=alice,ou=people,dc=example'

LDAP_ENV="LDAPTLS_REQCERT=never" ldap alice ldapsearch -ZZ -x -b '' -s base supportedSASLMechanisms
for mechanism in $GS2 $GS2-PLUS GSS-SPNEGO; do
    check "slapd offers $mechanism" says client.out "^supportedSASLMechanisms: $mechanism\$"
done

# -- GS2: the mechanism by its own name --------------------------------------------------------

ldap alice ldapwhoami -Y $GS2 -U alice
check "$GS2: alice is whom the directory calls so" whoami_is "$ALICE"
check "$GS2: the server saw alice" saw 'BIND authcid="alice" authzid="alice"'
check "$GS2: the server says how she came" bound $GS2 "$ALICE" 0

ldap bob ldapwhoami -Y $GS2 -U bob@laptop
check "$GS2: bob, with a key that signs and a host in his name" \
    whoami_is 'uid=bob@laptop,cn=gs2-tvqbd6kgpeg,cn=auth'
check "$GS2: the server saw bob" saw 'BIND authcid="bob@laptop" authzid="bob@laptop"'

ldap alice ldapwhoami -Y $GS2 -U alice -e '!authzid=dn:cn=Bob,ou=people,dc=example'
check "$GS2: alice acts for bob, whom she may act for" whoami_is 'cn=bob,ou=people,dc=example'
check "$GS2: the server saw that it is alice" bound $GS2 "$ALICE" 0
ldap bob ldapwhoami -Y $GS2 -U bob@laptop -e '!authzid=dn:cn=Alice,ou=people,dc=example'
check "$GS2: bob may not act for alice" fails_with 1
check "$GS2: the server did not let him" saw ' err=123 '

# -- GS2 with channel binding ------------------------------------------------------------------

# The client looks neither at the name nor at the signature of the server's TLS certificate. The
# mechanism ties its authentication to that very certificate all the same. slapd calls it the same,
# with and without.
LDAP_ENV='LDAPTLS_REQCERT=never LDAPSASL_CBINDING=tls-endpoint'
ldap alice ldapwhoami -ZZ -Y $GS2-PLUS -U alice
check "$GS2-PLUS over TLS: alice" whoami_is "$ALICE"
check "$GS2-PLUS over TLS: the server saw alice, and TLS" \
    saw "BIND dn=\"$ALICE\" mech=$GS2 bind_ssf=0 ssf=256"
ldap alice ldapwhoami -ZZ -Y $GS2 -U alice
check "$GS2 over TLS: alice" whoami_is "$ALICE"
ldap eve ldapwhoami -ZZ -Y $GS2-PLUS -U eve
check "$GS2-PLUS over TLS: a stranger is refused" fails_with 49
ldap alice ldapwhoami -ZZ -Y GSS-SPNEGO -O maxssf=0
check 'GSS-SPNEGO over TLS, no layer wanted: alice' whoami_is "$ALICE"
check 'GSS-SPNEGO over TLS, no layer wanted: the server saw alice, and that nothing is sealed twice' \
    saw "BIND dn=\"$ALICE\" mech=GSS-SPNEGO bind_ssf=[01] ssf=256"

# A man in the middle ends TLS with a certificate of his own and begins it anew.
mkfifo up down
MIDDLE_PORT=$((PORT - 1))
in_the_middle() { # PROGRAM-AND-ARGUMENTS REDIRECTIONS, words for a shell
    background sh -c "exec timeout --foreground 30 openssl $1 $2 2> /dev/null"
}
through_the_middle() { # MECHANISM: alice, through him
    in_the_middle "s_server -accept 127.0.0.1:$MIDDLE_PORT -naccept 1 -quiet -cert middle.pem -key middle.key" \
        '> up < down'
    in_the_middle "s_client -quiet -connect 127.0.0.1:$TLS_PORT" '< up > down'
    middle_tries=0
    while [ $middle_tries -lt 50 ]; do
        middle_tries=$((middle_tries + 1))
        LDAP_URL=ldaps://localhost:$MIDDLE_PORT ldap alice ldapwhoami -Y "$1" -U alice
        says client.out "Can't contact LDAP server" || return
        sleep 0.1
    done
}
through_the_middle $GS2
check "$GS2 through a man in the middle: nobody notices" whoami_is "$ALICE"
through_the_middle $GS2-PLUS
check "$GS2-PLUS through a man in the middle: refused" eval '! succeeds'
check "$GS2-PLUS through a man in the middle: the server says why" saw 'hannel bindings'
check "$GS2-PLUS through a man in the middle: the server let nobody in" says_not server.out 'mech='
LDAP_ENV=

# -- GSS-SPNEGO, which has a layer -------------------------------------------------------------

ldap alice ldapwhoami -Y GSS-SPNEGO
check 'GSS-SPNEGO: alice' whoami_is "$ALICE"
check 'GSS-SPNEGO: the server saw alice, and that it is sealed with 128 bits' \
    bound GSS-SPNEGO "$ALICE" 128
check 'GSS-SPNEGO: the client says the same' says client.out '^SASL SSF: 128$'

ldap bob ldapwhoami -Y GSS-SPNEGO
check 'GSS-SPNEGO: bob, whose suite has 256 bits' \
    bound GSS-SPNEGO 'uid=bob@laptop,cn=gss-spnego,cn=auth' 256

ldap alice ldapwhoami -Y GSS-SPNEGO -O maxssf=1
check 'GSS-SPNEGO, maxssf=1: signed, not sealed' bound GSS-SPNEGO "$ALICE" 1
check 'GSS-SPNEGO, maxssf=1: and that works' whoami_is "$ALICE"
ldap alice ldapwhoami -Y GSS-SPNEGO -O maxssf=0
check 'GSS-SPNEGO, maxssf=0: nothing is sealed' bound GSS-SPNEGO "$ALICE" '[01]'
check 'GSS-SPNEGO, maxssf=0: and that works' whoami_is "$ALICE"

# The same work with a layer and without, and somebody listens.
SECRET='the-treasure-is-under-the-old-oak'
{
    printf 'dn: cn=Map,ou=sealed,dc=example\nobjectClass: person\ncn: Map\nsn: Map\n'
    printf 'description: %s\n' $SECRET
    awk 'BEGIN { for (i = 0; i < 4000; i++) printf "telephoneNumber: +49 30 %06d\n", i }'
} > map.ldif
heard() { grep -aq -- "$1" wire; }

LDAP_URL=ldap://localhost:$RELAY_PORT
ldap alice ldapadd -f map.ldif -Y $GS2 -U alice
check 'without a layer: the server does not let alice write' fails_with 50
check 'without a layer: and the listener heard it' heard $SECRET
: > wire
ldap alice ldapadd -f map.ldif -Y GSS-SPNEGO
check 'with a layer: the server lets alice write 80 kB' succeeds
check 'with a layer: the server saw it' saw 'ADD dn="cn=Map,ou=sealed,dc=example"'
ldap alice ldapsearch -LLL -o ldif-wrap=no -Y GSS-SPNEGO -b ou=sealed,dc=example cn=Map
check 'with a layer: alice reads it back' count_is client.out '^telephoneNumber: ' 4000
check 'with a layer: all of it' says client.out "^description: $SECRET\$"
check 'with a layer: the listener heard more than 150 kB' [ "$(wc -c < wire)" -gt 150000 ]
check 'with a layer: but nothing of what it was' eval "! heard $SECRET && ! heard telephoneNumber"
LDAP_URL=

# -- Who is refused ----------------------------------------------------------------------------

for mechanism in $GS2 GSS-SPNEGO; do
    for who in mallory eve; do
        ldap $who ldapwhoami -Y "$mechanism" -U alice
        check "$mechanism: $who, whose key is not pinned, is refused" fails_with 49
        check "$mechanism: the server let nobody in as $who" says_not server.out 'authcid=|mech='
        check "$mechanism: the server refused $who" saw 'RESULT tag=97 err=49 '
        check "$mechanism: the client is not told why" says_not client.out 'server\.trust|pinned'
    done
    check "$mechanism: slapd's log names the file to edit" says server.out "$SANDBOX/server\.trust"

    sed 's/localhost/other.example/' ldap.pub > other.trust
    TRUST=other.trust ldap alice ldapwhoami -Y "$mechanism" -U alice
    check "$mechanism: a server that the client does not know: refused" eval '! succeeds'
    check "$mechanism: a server that the client does not know: never asked" says_not server.out ' BIND '

    ldap nobody ldapwhoami -Y "$mechanism" -U alice
    check "$mechanism: a client without key: refused" eval '! succeeds'
done

ldap alice ldapwhoami -Y GSS-SPNEGO
check 'after all that alice is let in again' whoami_is "$ALICE"

app_done openldap "$(version slapd)"
