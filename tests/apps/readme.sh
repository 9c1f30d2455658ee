#!/bin/sh
# The README's commands, run as they stand in it: "First use", "Apache and curl", and "OpenSSH
# certificates". As root in a mount and network namespace of its own, with a copy of /etc: what it makes
# there goes away with it. Prints TAP.
# packages: apache2-bin libapache2-mod-auth-gssapi curl krb5-gss-samples openssh-client iproute2
set -u
if [ "${IN_NAMESPACE:-}" != yes ] && [ "$(id -u)" = 0 ] && unshare -mn true 2>/dev/null; then
    IN_NAMESPACE=yes exec unshare -mn sh "$0"
fi
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
README=$APPS/../../README.md
[ "${IN_NAMESPACE:-}" = yes ] || tap_skip_all 'it needs root and namespaces (unshare -mn)'
apache_installed
installed curl curl
installed gss-server krb5-gss-samples
installed ssh-keygen openssh-client
installed ip iproute2
installed setpriv util-linux
app_open

# -- A machine called web.example.org ----------------------------------------------------------

mkdir etc bin www www/private spool root alice || exit 1
cp -a /etc/. etc 2>/dev/null
mount --bind etc /etc && ip link set lo up || tap_skip_all 'nothing can be mounted here'
echo '127.0.0.1 localhost web.example.org' >/etc/hosts
grep -v '^alice:' etc/passwd >passwd
echo "alice:x:4711:4711::$SANDBOX/alice:/bin/sh" >>passwd && cp passwd /etc/passwd
chown 4711:4711 alice
cp "$MECH_SO" mech_edhoc.so
cp "$GSS_EDHOC" bin/gss-edhoc
echo 'it is private' >www/private/index.html
clean() { # nothing of the mechanism is configured
    rm -rf /etc/gss root/* alice/* alice/.[a-z]*
    mkdir -p /etc/gss/mech.d /etc/apache2/conf-available /etc/apache2/conf-enabled
    echo "edhoc $MECH_OID $SANDBOX/mech_edhoc.so" >/etc/gss/mech.d/edhoc.conf
}
clean

cat >apache.conf <<END
$(apache2 -l | sed 's/^ *mod_\(.*\)\.c$/_\1_module/' >apache.builtin
for module in mpm_event authz_core authz_user authn_core alias dir log_config unixd auth_gssapi; do
    grep -q "_${module}_module" apache.builtin || echo "LoadModule ${module}_module $MODULES/mod_$module.so"
done)
User www-data
Group www-data
ServerName web.example.org
ServerRoot $SANDBOX
DocumentRoot $SANDBOX/www
PidFile $SANDBOX/apache.pid
DefaultRuntimeDir $SANDBOX
Mutex pthread
Listen 127.0.0.1:80
ErrorLog $SANDBOX/server.err
LogFormat "%U %>s user=%u" seen
CustomLog $SANDBOX/server.out seen
DirectoryIndex index.html
IncludeOptional /etc/apache2/conf-enabled/*.conf
END
# What the machine would have, or do, around those commands.
cat >bin/a2enconf <<END
#!/bin/sh
ln -sf "../conf-available/\$1.conf" /etc/apache2/conf-enabled/
END
cat >bin/systemctl <<END
#!/bin/sh
[ "\$*" = 'reload apache2' ] || exit 1
[ ! -s $SANDBOX/apache.pid ] || kill "\$(cat $SANDBOX/apache.pid)"
while [ -e $SANDBOX/apache.pid ]; do sleep 0.05; done
apache2 -f $SANDBOX/apache.conf
END
cat >bin/scp <<END
#!/bin/sh
at() { case \$1 in root@web.example.org:/*) echo "\${1#*:}" ;; root@*) echo "$SANDBOX/root/\${1#*:}" ;; *) echo "\$1" ;; esac; }
cp "\$(at "\$1")" "\$(at "\$2")" && chmod 644 "\$(at "\$2")"
END
chmod 755 bin/*
apache_stop() { [ ! -s apache.pid ] || kill "$(cat apache.pid)"; }
trap 'apache_stop; app_close' EXIT

# -- Running what is printed -------------------------------------------------------------------

# as WHO FILE: runs the commands in it
as() {
    case $1 in
    alice) as_user="setpriv --reuid=4711 --regid=4711 --clear-groups" ;;
    *) as_user= ;;
    esac
    # shellcheck disable=SC2086 # a list of words
    (cd "$SANDBOX/$1" && exec env -i HOME="$SANDBOX/$1" PATH="$SANDBOX/bin:$PATH" LC_ALL=C.UTF-8 \
        KRB5_CONFIG=/dev/null $as_user sh -e "$2")
}

# section TITLE: its commands become files NUMBER.WHO in commands/, as they stand there
section() {
    rm -rf commands && mkdir commands
    awk -v title="## $1" '
        /^## / { on = $0 == title }
        !on || !/^    / { if (!more) file = ""; if (!on) next }
        /^    (server#|alice\$) / {
            who = $1 == "server#" ? "root" : "alice"
            file = sprintf("commands/%02d.%s", ++n, who)
            sub(/^    [^ ]+ /, "")
            print > file
            more = /<< .END.$/
            next
        }
        file != "" && sub(/^    /, "") { print > file; if ($0 == "END") more = 0 }' "$README"
}

# play TITLE [PATTERN]: runs them in turn, those that have PATTERN; each is a test
play() {
    section "$1"
    for command in commands/*; do
        [ -z "${2:-}" ] || grep -q -- "$2" "$command" || continue
        who=${command##*.}
        fresh
        case $(head -n 1 "$command") in
        gss-server*)
            as "$who" "$SANDBOX/$command" >server.out 2>server.err &
            APP_PIDS="$APP_PIDS $!"
            soon says server.err '^starting' ;;
        scp*) # between two machines: as somebody who may do both
            sed "s,~,$SANDBOX/$who,g" "$command" >spool/scp
            (cd "$who" && PATH=$SANDBOX/bin:$PATH sh -e ../spool/scp) >command.out 2>&1 ;;
        *) as "$who" "$SANDBOX/$command" >command.out 2>&1 ;;
        esac
        status=$?
        check "$1: $(head -n 1 "$command" | cut -c 1-90)" [ $status = 0 ]
    done
}
count_commands() { [ "$(find commands -type f | wc -l)" = "$1" ]; }

# -- First use ---------------------------------------------------------------------------------

play 'First use'
check 'First use: all of its commands' count_commands 11
check 'First use: the client knows that it was accepted' says command.out 'Signature verified'
check 'First use: the server has seen alice' soon says server.out 'Accepted connection: "alice"'
check 'First use: each key is pinned for one role' \
    [ "$(cut -d' ' -f2 /etc/gss/edhoc/trust alice/.config/gss-edhoc/trust | tr '\n' ' ')" = 'client server ' ]

# The texts of the table under "When it does not work".
table() { grep -F -- "$1" "$README" | grep -q '^| '; }
cp /etc/gss/edhoc/trust spool/trust && : >/etc/gss/edhoc/trust
play 'First use' '^gss-server'
sed 's/^GSS_EDHOC_OPTIONS=confirm //' "$(grep -l '^GSS_EDHOC_OPTIONS=confirm gss-client' commands/*.alice)" >spool/refused
as alice "$SANDBOX/spool/refused" >client.out 2>&1
check 'a refused client hears what the table says' says client.out '^reading token length: '
check 'the table has it' table 'reading token length: Connection reset by peer'
mv /etc/gss/edhoc/service.d spool/
echo 'gss-server -once HTTP@web.example.org' >spool/keyless
as root "$SANDBOX/spool/keyless" >server.out 2>&1
# krb5 1.22 keeps Kerberos's own words to itself.
check 'a server without a key says what the table says' \
    says server.out "Key table file '/etc/krb5.keytab' not found|No credentials were supplied"
check 'the table has it, too' table "Key table file '/etc/krb5.keytab' not found, or No credentials were supplied"
mv spool/service.d /etc/gss/edhoc/ && cat spool/trust >/etc/gss/edhoc/trust

# -- Apache and curl ---------------------------------------------------------------------------

play 'Apache and curl'
check 'Apache and curl: all of its commands' count_commands 6
check 'Apache and curl: the page' says command.out 'it is private'
check 'Apache and curl: the server has seen alice' saw '^/private/.* 200 user=alice$'
: >/etc/gss/edhoc/trust
sleep 2 # a file is looked at once a second
echo 'curl -sv --negotiate -u : http://web.example.org/private/' >spool/curl
as alice "$SANDBOX/spool/curl" >command.out 2>&1
check 'curl, refused, says what the table says' says command.out 'Invalid token was supplied'
check 'the table has curl'\''s words' table 'Invalid token was supplied (curl -v), and 401'
apache_stop
while [ -e apache.pid ]; do sleep 0.05; done

# -- OpenSSH certificates ----------------------------------------------------------------------

clean
mkdir -p /etc/gss/edhoc/service.d alice/.ssh
chown 4711:4711 alice/.ssh
ssh-keygen -q -t ed25519 -N '' -C alice -f alice/.ssh/id_ed25519 && chown 4711:4711 alice/.ssh/*
cp alice/.ssh/id_ed25519.pub root/alice.pub
section 'OpenSSH certificates'
check 'OpenSSH certificates: five commands, one of them on both sides, and curl' count_commands 7
[ "$(cut -d' ' -f2- commands/05.root)" = "$(cut -d' ' -f2- commands/06.alice)" ]
check 'OpenSSH certificates: the line of trust is the same' [ $? = 0 ]
sed -n '/^\.\\" recipe openssh/,/^\.\\" end/p' "$APPS/../../doc/mech_edhoc.8" | grep -v '^\.' >manual
cat commands/0[1-5].root | cmp -s - manual
check 'OpenSSH certificates: mech_edhoc(8) has the same five commands' [ $? = 0 ]
play 'OpenSSH certificates' 'ssh-keygen'
cp root/ca.pub alice/ca.pub
cp root/alice-cert.pub alice/.ssh/id_ed25519-cert.pub
play 'OpenSSH certificates' 'trust add'
play 'Apache and curl' 'web.pem\|Location\|a2enconf\|systemctl'
play 'OpenSSH certificates' 'curl'
check 'OpenSSH certificates: the page' says command.out 'it is private'
check 'OpenSSH certificates: the server has seen her principal' \
    saw '^/private/.* 200 user=alice@example.org$'

# The same key out of an agent; and nobody else.
cat >spool/agent <<'END'
eval "$(ssh-agent -a ~/agent)" > /dev/null
trap 'kill $SSH_AGENT_PID' EXIT
ssh-add -q ~/.ssh/id_ed25519 2> /dev/null
rm ~/.ssh/id_ed25519
GSS_EDHOC_IDENTITY=agent: curl -s --negotiate -u : http://web.example.org/private/
END
fresh
as alice "$SANDBOX/spool/agent" >command.out 2>&1
check 'with the certificate in an agent: the page' says command.out 'it is private'
check 'with the certificate in an agent: her principal' saw '^/private/.* 200 user=alice@example.org$'
ssh-keygen -q -t ed25519 -N '' -f alice/.ssh/mallory && chown 4711:4711 alice/.ssh/mallory*
cp root/alice-cert.pub alice/.ssh/mallory-cert.pub
echo 'GSS_EDHOC_IDENTITY=~/.ssh/mallory curl -sv --negotiate -u : http://web.example.org/private/' >spool/mallory
fresh
as alice "$SANDBOX/spool/mallory" >command.out 2>&1
check 'with her certificate, but not her key: no page' says_not command.out 'it is private'
check 'with her certificate, but not her key: nothing is sent' says_not command.out '^> Authorization: '
check 'with her certificate, but not her key: the client says so' \
    says command.out 'id_ed25519|not for this private key|SPNEGO cannot find|gss_acquire_cred.. failed: No credentials'

app_done readme "$(version krb5-gss-samples)"
