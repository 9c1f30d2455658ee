# Completion of gss-edhoc for bash. Commands and options are what the command's own help names.
# shellcheck shell=bash

_gss_edhoc() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=
    local command=${COMP_WORDS[1]} gss_edhoc=${COMP_WORDS[0]}

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words=$("$gss_edhoc" --help 2> /dev/null | sed -n 's/^  gss-edhoc \([a-z][a-z]*\) .*/\1/p')
        words+=' --help --version'
    elif [[ $command == run ]]; then
        _gss_edhoc_run
        return
    elif [[ $before == -t || $before == --type ]]; then
        words='x25519 x448 p256dh p384dh ed25519 ed448 p256 p384'
    elif [[ $word == -* ]]; then
        words=$("$gss_edhoc" "$command" --help 2> /dev/null | grep -Eo -- '(^|[ ,])--?[a-z][-a-z]*=?')
    elif [[ $command == trust && $COMP_CWORD == 2 ]]; then
        words='add remove list import'
    fi
    if [[ $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        compopt -o filenames 2> /dev/null
    fi
    if [[ ${COMPREPLY[0]-} == *= ]]; then
        compopt -o nospace 2> /dev/null
    fi
}

# What follows `run` is another command with completions of its own.
_gss_edhoc_run() {
    local at=2

    while [[ ${COMP_WORDS[at]} == -* ]] && ((at < COMP_CWORD)); do
        [[ ${COMP_WORDS[at]} == -l || ${COMP_WORDS[at]} == --library ]] && at=$((at + 1))
        at=$((at + 1))
    done
    if declare -F _command_offset > /dev/null; then
        _command_offset "$at"
    elif ((COMP_CWORD == at)); then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}

complete -F _gss_edhoc gss-edhoc
