# Reading C with awk: what tools/doors.sh and tools/functions.sh share.

# The line without comments, and with empty strings; a comment may go on in the next line. Only what
# is included keeps its name.
function code(line,    out, at, token)
{
    if (!in_comment && line ~ /^[ \t]*#[ \t]*include/)
        return line
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0)
                return out
            in_comment = 0
            line = substr(line, at + 2)
        } else if (match(line, /\/\*|\/\/|"|'/)) {
            token = substr(line, RSTART, RLENGTH)
            out = out substr(line, 1, RSTART - 1)
            line = substr(line, RSTART + RLENGTH)
            if (token == "//")
                return out
            if (token == "/*") {
                in_comment = 1
                out = out " "
            } else {
                line = after_quote(line, token)
                out = out token token
            }
        } else
            return out line
    }
    return out
}

# What follows the string or character that began before `line`.
function after_quote(line, quote,    i, c)
{
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\\")
            i++
        else if (c == quote)
            return substr(line, i + 1)
    }
    return ""
}

# Takes the first identifier off `rest`, into `word`; 0 when there is none.
function next_word()
{
    if (!match(rest, /[A-Za-z_][A-Za-z0-9_]*/))
        return 0
    gap = substr(rest, 1, RSTART - 1)
    word = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    return 1
}

function base_name(path)
{
    sub(/.*\//, "", path)
    return path
}
