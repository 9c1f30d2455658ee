#!/bin/sh
# Every symbol that the plugin exports is called by a test through the real mechglue. What the test
# programs call is read from the programs themselves: their undefined symbols. And each begins as
# mechglue.h says: with cancellation off. Prints TAP.
set -u
top=${srcdir:-.}
programs=$(dirname "$MECH_SO")/../tests

# The function by which an application reaches an entry point of another name.
public_name() {
    case $1 in
    gss_internal_release_oid) echo gss_release_oid ;;
    gss_acquire_cred_from) echo gss_acquire_cred_from ;;
    gssspi_acquire_cred_with_password) echo gss_acquire_cred_with_password ;;
    gssspi_authorize_localname) echo gss_authorize_localname ;;
    gssspi_set_cred_option) echo gss_set_cred_option ;;
    # MIT's SPNEGO calls these three when it negotiates with NegoEx.
    gssspi_query_mechanism_info | gssspi_query_meta_data | gssspi_exchange_meta_data)
        echo gss_set_neg_mechs ;;
    # These only Heimdal asks for. tests/check_heimdal.c calls them as it does, by dlsym().
    gss_indicate_mechs | gss_inquire_mechs_for_name | gss_add_cred) echo dlsym ;;
    *) echo "$1" ;;
    esac
}

called=$(mktemp) || exit 99
trap 'rm -f "$called"' EXIT
for program in check_mechanism check_names check_credentials check_contexts check_failures check_messages \
    check_heimdal check_iov check_export check_negoex check_decisions; do
    nm --undefined-only "$programs/$program" || exit 99
done | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u > "$called"

n=0
for symbol in $(sed -n 's/^ *\(gss[a-z_]*\);$/\1/p' "$top/gss_glue/gss_edhoc.exports"); do
    n=$((n + 1))
    name=$(public_name "$symbol")
    if grep -qx "$name" "$called"; then echo "ok $n - $symbol"; else echo "not ok $n - $symbol: no test calls $name"; fi
done

# The line after the brace that opens each exported function.
n=$((n + 1))
others=$(awk '
    /^GLUE_EXPORT/ { head = 1 }
    head && body { if ($0 !~ /GLUE_CALL(_BETWEEN)?\(\);/) print FILENAME ":" FNR; head = body = 0 }
    head && /^\{/ { body = 1 }
' "$top"/gss_glue/*.c)
if test -z "$others"; then echo "ok $n - GLUE_CALL"; else echo "not ok $n - no GLUE_CALL:" $others; fi
echo "1..$n"
