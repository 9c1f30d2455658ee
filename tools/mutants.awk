# tools/mutate.sh: every mutant of the sources that it is given, one a line:
#     FILE<tab>LINE<tab>THE LINE INSTEAD<tab>WHAT WAS DONE
# Works on code that .clang-format laid out: binary operators have a blank on both sides.

BEGIN {
    swaps = split("== != < <= > >= && || + - * / << >> & |", list, " ")
    swap["=="] = "!="; swap["!="] = "=="
    swap["<"] = "<="; swap["<="] = "<"
    swap[">"] = ">="; swap[">="] = ">"
    swap["&&"] = "||"; swap["||"] = "&&"
    swap["+"] = "-"; swap["-"] = "+"
    swap["*"] = "/"; swap["/"] = "*"
    swap["<<"] = ">>"; swap[">>"] = "<<"
    swap["&"] = "|"; swap["|"] = "&"
    words["true"] = "false"; words["false"] = "true"
    words["break;"] = "continue;"; words["continue;"] = "break;"
}

FNR == 1 { in_comment = body = 0 }

{
    masked = mask($0)
    if (masked ~ /^{/)
        body = 1
    else if (masked ~ /^}/)
        body = 0
    else if (body && masked !~ /^[ \t]*#/)
        mutate()
}

# The line with comments and what is between quotes blanked, at the same places.
function mask(line,    i, c, out, quote)
{
    out = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (in_comment) {
            if (substr(line, i, 2) == "*/") {
                in_comment = 0
                i++
                out = out " "
            }
            c = " "
        } else if (quote != "") {
            if (c == "\\") {
                i++
                out = out " "
            } else if (c == quote)
                quote = ""
            c = " "
        } else if (substr(line, i, 2) == "/*") {
            in_comment = 1
            i++
            out = out " "
            c = " "
        } else if (substr(line, i, 2) == "//")
            return out
        else if (c == "\"" || c == "'") {
            quote = c
            c = " "
        }
        out = out c
    }
    return out
}

function mutant(at, len, instead, what)
{
    printf "%s\t%d\t%s%s%s\t%s\n", FILENAME, FNR, substr($0, 1, at - 1), instead, substr($0, at + len), what
}

function mutate(    i, at, rest, offset, op, number)
{
    for (i = 1; i <= swaps; i++) {
        op = list[i]
        offset = 0
        rest = masked
        while ((at = index(rest, " " op " ")) > 0) {
            mutant(offset + at + 1, length(op), swap[op], op " to " swap[op])
            offset += at + length(op)
            rest = substr(masked, offset + 1)
        }
    }
    for (op in words)
        if (match(masked, "(^|[^A-Za-z0-9_])" op))
            mutant(RSTART + RLENGTH - length(op), length(op), words[op], op " to " words[op])
    if (match(masked, /!/) && substr(masked, RSTART, 2) != "!=")
        mutant(RSTART, 1, "", "negation away")
    if (match(masked, /(if|while) \(/) && masked ~ /\)( {)?$/) {
        at = RSTART + RLENGTH
        match(masked, /\)( {)?$/)
        printf "%s\t%d\t%s!(%s)%s\tcondition negated\n", FILENAME, FNR, substr($0, 1, at - 1), \
            substr($0, at, RSTART - at), substr($0, RSTART) > "/dev/stdout"
    }
    # A number alone, not part of a name or of another number.
    if (match(masked, /[ (\[+-][0-9]+[;,)\] ]/)) {
        number = substr(masked, RSTART + 1, RLENGTH - 2)
        mutant(RSTART + 1, RLENGTH - 2, number + 1, number " to " number + 1)
    }
    # A statement that is a call or an assignment, whole on its line.
    if (masked ~ /^ +(\(void\))?[A-Za-z_][A-Za-z0-9_>.*\[\]-]*(\(.*\)| [-+|&]?= .*);$/ && masked !~ /^ +return/) {
        match(masked, /[^ ]/)
        mutant(RSTART, length($0) - RSTART + 1, ";", "statement away")
    }
}
