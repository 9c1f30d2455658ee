#!/bin/sh
# The completion for bash: what it offers is what the command understands. TAP.
set -u
top=${srcdir:-.}
command -v bash > /dev/null || { echo '1..0 # SKIP bash is missing'; exit 0; }
n=0

# offers WORDS WORD...: completing the last word of the command line, each of WORDS is offered
offers() {
    wanted=$1
    shift
    n=$((n + 1))
    # shellcheck disable=SC2016 # for bash
    offered=$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gss_edhoc
        printf "%s\n" "${COMPREPLY[@]}"' bash "$top/command/completion.bash" "$GSS_EDHOC" "$@" 2>&1)
    for want in $wanted; do
        echo "$offered" | grep -Fxq -- "$want" && continue
        echo "not ok $n - $*: $want"
        echo "$offered" | sed 's/^/#   /'
        return
    done
    echo "ok $n - $*"
}

offers 'keygen show trust check run try rotate list --version' ''
offers 'keygen' ke
offers '-t --type= -o --output=' keygen -
offers 'x25519 p384' keygen -t ''
offers 'add remove list import' trust ''
offers '--client --valid-before= --skip-unusable' trust import --
offers '--acceptor' check --a
offers '--listen --connect --keep' try --
offers '--commit --discard --passphrase-file=' rotate --
offers '--json' list --
offers 'sh' run s
offers 'sh' run -- s
offers "$top/command/completion.bash" show "$top/command/comp"
offers "$top/command/completion.bash" run cat "$top/command/comp"
echo "1..$n"
