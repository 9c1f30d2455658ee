# shellcheck shell=sh
# A throwaway KDC of MIT Kerberos, on loopback, in the sandbox. Sourced after lib.sh.

kdc_installed() {
    installed krb5kdc krb5-kdc
    installed kdb5_util krb5-kdc
    installed kadmin.local krb5-admin-server
    installed kinit krb5-user
}

kdc_configure() {
    cat > krb5.conf << END
[libdefaults]
    default_realm = REALM.EXAMPLE
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
[realms]
    REALM.EXAMPLE = {
        kdc = 127.0.0.1:$PORT
    }
[domain_realm]
    localhost = REALM.EXAMPLE
END
    cat > kdc.conf << END
[realms]
    REALM.EXAMPLE = {
        database_name = $SANDBOX/principals
        key_stash_file = $SANDBOX/stash
        acl_file = $SANDBOX/acl
        kdc_listen = 127.0.0.1:$PORT
        kdc_tcp_listen = 127.0.0.1:$PORT
    }
[logging]
    kdc = FILE:$SANDBOX/kdc.log
END
}

# kdc_start SERVICE/HOST...: a KDC on a port of its own, with the user kim, whose ticket is in the
# cache, and these services, whose keys are in the keytab
kdc_start() {
    export KRB5_CONFIG="$SANDBOX/krb5.conf" KRB5_KDC_PROFILE="$SANDBOX/kdc.conf"
    export KRB5_KTNAME="$SANDBOX/keytab" KRB5CCNAME="$SANDBOX/ccache" KRB5RCACHEDIR="$SANDBOX"
    : > acl
    next_port
    kdc_configure
    kdb5_util create -s -P master > command.out 2>&1 &&
        kadmin.local -q 'addprinc -pw secret kim' >> command.out 2>&1 || return
    for principal in "$@"; do
        kadmin.local -q "addprinc -randkey $principal" >> command.out 2>&1 &&
            kadmin.local -q "ktadd -k $SANDBOX/keytab $principal" >> command.out 2>&1 || return
    done
    tried=0
    while [ $tried -lt 20 ]; do
        tried=$((tried + 1))
        : > kdc.log
        background krb5kdc -n >> command.out 2>&1
        KDC_PID=$PID
        soon kdc_decides
        grep -q 'commencing operation' kdc.log && echo secret | kinit kim >> command.out 2>&1 && return
        stop "$KDC_PID"
        next_port
        kdc_configure
    done
    return 1
}
kdc_decides() { grep -q 'commencing operation' kdc.log || ! kill -0 "$KDC_PID" 2> /dev/null; }
