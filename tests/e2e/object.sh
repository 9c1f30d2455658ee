#!/bin/sh
# The shared object as the mechglue meets it: what it exports, and what it needs to be loaded. A symbol
# too many could be taken for another library's; one too few makes the mechglue say BAD_MECH without a
# word. Prints TAP.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
sandbox_open
exports_file=$(dirname "$0")/../../gss_glue/gss_edhoc.exports

same() {
    diff "$SANDBOX/$1" "$SANDBOX/$2" > "$SANDBOX/command.out" 2>&1
}

sed -n 's/^ *\(gss[a-z_]*\);$/\1/p' "$exports_file" | sort > "$SANDBOX/wanted"
nm -D --defined-only "$MECH_SO" | awk '{ print $3 }' | sort > "$SANDBOX/exported"
check 'the export list has entries' [ -s "$SANDBOX/wanted" ]
check 'exactly the symbols of the export list are exported' same wanted exported

for name in gss_init_sec_context gss_accept_sec_context gss_inquire_attrs_for_mech \
    gss_internal_release_oid gssspi_set_cred_option; do
    check "$name, without which the mechglue fails or crashes, is there" \
        grep -qx "$name" "$SANDBOX/exported"
done
for name in gss_store_cred gss_indicate_mechs gss_canonicalize_name gss_add_cred; do
    check "$name, which Heimdal's library would otherwise take from MIT's, is there" \
        grep -qx "$name" "$SANDBOX/exported"
done
check 'gss_mech_initialize, which changes what other mechanisms do, is not' \
    [ "$(grep -cx gss_mech_initialize "$SANDBOX/exported")" = 0 ]

# Other GSS-API libraries would have their symbols taken for ours.
readelf -d "$MECH_SO" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -Ev '^(ld-linux|libasan|libubsan)' | sed 's/\.so.*//' | sort > "$SANDBOX/needed"
printf '%s\n' libc libcbor libcrypto libgssapi_krb5 | sort > "$SANDBOX/needed-wanted"
check 'it needs libc, libcbor, libcrypto, libgssapi_krb5 and nothing else' same needed-wanted needed
readelf -dlW "$MECH_SO" > "$SANDBOX/elf"
check 'it is bound when loaded (-z now)' says elf 'BIND_NOW|FLAGS.*NOW'
check 'what is relocated when it is loaded is read-only afterwards (-z relro)' says elf 'GNU_RELRO'
check 'no segment can be written and executed' says_not elf 'LOAD.* RWE'
check 'it searches no folder of its own for libraries' says_not elf 'RPATH|RUNPATH'
check 'it has no text relocations' says_not elf TEXTREL
check 'its stack is not executable' says_not elf 'GNU_STACK.* RWE'

readelf -hdlW "$GSS_EDHOC" > "$SANDBOX/elf"
check 'the command is bound when loaded (-z now)' says elf 'BIND_NOW|FLAGS.*NOW'
check 'the command: what is relocated is read-only afterwards' says elf 'GNU_RELRO'
check 'the command is at another address each time' says elf 'Type: *DYN'
check 'the command has no text relocations' says_not elf TEXTREL
check "the command's stack is not executable" says_not elf 'GNU_STACK.* RWE'
tap_done
