# bench/run.sh: makes results.md, results.json and gnuplot's data of the goals, the results of an older
# commit and those of now. Variables: out (a folder), machine (lines of NAME: VALUE), before (what the
# older commit is called).

BEGIN { FS = "\t" }

FILENAME ~ /goals$/ {
    if ($0 !~ /^#/)
        goals[++goal_count] = $0
    next
}
FILENAME ~ /baseline\.tsv$/ {
    old[$1] = $2
    next
}
{
    names[++name_count] = $1
    now[$1] = $2
}

function figure(value)
{
    if (value == "")
        return ""
    if (value >= 1000 || value <= -1000)
        return thousands(sprintf("%.0f", value))
    return value >= 100 ? sprintf("%.0f", value) : value >= 10 ? sprintf("%.1f", value) : sprintf("%.2f", value)
}

function thousands(digits,    text)
{
    text = ""
    while (length(digits) > 3) {
        text = "," substr(digits, length(digits) - 2) text
        digits = substr(digits, 1, length(digits) - 3)
    }
    return digits text
}

function with_unit(value, unit)
{
    return value == "" ? "" : figure(value) (unit == "" ? "" : " " unit)
}

function print_goals(file,    i, field, name, met, met_count, n)
{
    print "| what | " before " | goal | measured | met |\n|---|---:|---:|---:|---|" > file
    for (i = 1; i <= goal_count; i++) {
        split(goals[i], field, / *\| */)
        name = field[2]
        met = !(name in now) ? "not measured" : (field[3] == ">=") ? (now[name] >= field[4]) : (now[name] <= field[4])
        met = met == 1 ? "yes" : met == 0 ? "no" : met
        printf "| %s | %s | %s %s | %s | %s |\n", field[1], with_unit(old[name], field[5]), \
            field[3], with_unit(field[4], field[5]), with_unit(now[name], field[5]), met > file
    }
}

function cell(name)
{
    return (name in now) ? figure(now[name]) : ""
}

function print_mechanisms(file,    kinds, kind, n, i)
{
    print "\n## Establishing\n" > file
    print "Contexts per second of CPU, both sides; bytes of all tokens; heap in bytes; microseconds on the" > file
    print "wall of all calls of one side, p50 and p99 (acquired credential).\n" > file
    print "| | acquired | default | floor | bytes | open pair | half open | client p50 | client p99 | server p50 | server p99 |" > file
    print "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|" > file
    n = split("x25519 ed25519 p256 suite2 x509 spnego krb5 krb5-spnego ntlmssp", kinds, " ")
    for (i = 1; i <= n; i++) {
        kind = kinds[i]
        printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", title(kind), \
            cell("contexts contexts/s " kind " acquired"), cell("contexts contexts/s " kind " default"), \
            cell("contexts contexts/s " kind " floor"), cell("calls bytes " kind " all"), \
            cell("memory heap " kind " open pair"), \
            cell("memory heap " kind " acceptor after its first token"), \
            cell("calls us p50 " kind " acquired client"), cell("calls us p99 " kind " acquired client"), \
            cell("calls us p50 " kind " acquired server"), cell("calls us p99 " kind " acquired server") > file
    }
}

function title(kind)
{
    if (kind == "suite2")
        return "EDHOC, p256, suite 2"
    if (kind == "x509")
        return "EDHOC, X.509 (p256)"
    if (kind == "spnego")
        return "EDHOC, x25519, SPNEGO"
    if (kind == "krb5" || kind == "ntlmssp")
        return kind
    return kind == "krb5-spnego" ? "krb5, SPNEGO" : "EDHOC, " kind
}

function print_messages(file,    sizes, hows, n, m, i, k)
{
    print "\n## Messages\n\nMB/s, sealed and opened again.\n" > file
    n = split("64 1024 16384 262144 1048576", sizes, " ")
    m = split("edhoc wrap|edhoc iov|krb5 wrap|krb5 iov|ntlmssp wrap|floor kept|floor allocating", hows, "|")
    printf "| |" > file
    for (i = 1; i <= n; i++)
        printf " %s |", sizes[i] > file
    print "\n|---|---:|---:|---:|---:|---:|" > file
    for (k = 1; k <= m; k++) {
        printf "| %s |", hows[k] > file
        for (i = 1; i <= n; i++)
            printf " %s |", cell("messages MB/s " hows[k] " " sizes[i]) > file
        print "" > file
    }
}

function print_curve(file, data,    i, count, name)
{
    print "\n## Trust files\n\nX25519 lines; load and heap for both roles.\n" > file
    print "| lines | load, ms | heap, MB | contexts/s acquired | contexts/s default |\n|---:|---:|---:|---:|---:|" > file
    for (i = 1; i <= name_count; i++) {
        if (names[i] !~ /^lines ms load both roles lines-/)
            continue
        count = names[i]
        sub(/.*-/, "", count)
        printf "| %s | %s | %s | %s | %s |\n", thousands(count), cell(names[i]), \
            cell("lines MB heap both roles lines-" count), cell("lines contexts/s acquired lines-" count), \
            cell("lines contexts/s default lines-" count) > file
        print count, now["lines contexts/s acquired lines-" count], now["lines contexts/s default lines-" count], \
            now["lines ms load both roles lines-" count], \
            ("lines contexts/s acquired lines-" count in old) ? old["lines contexts/s acquired lines-" count] : "nan", \
            ("lines contexts/s default lines-" count in old) ? old["lines contexts/s default lines-" count] : "nan" > data
    }
}

function print_others(file,    i)
{
    print "\n## Everything else\n\n| result | |\n|---|---:|" > file
    for (i = 1; i <= name_count; i++)
        if (names[i] ~ /^(http|web|plugin|instructions|engine|choose|attack|threads) /)
            printf "| %s | %s |\n", names[i], figure(now[names[i]]) > file
}

function print_json(file,    i, line, n, at)
{
    n = split(machine, line, "\n")
    print "{\n  \"machine\": {" > file
    for (i = 1; i <= n; i++) {
        at = index(line[i], ": ")
        printf "    \"%s\": \"%s\"%s\n", substr(line[i], 1, at - 1), substr(line[i], at + 2), i < n ? "," : "" > file
    }
    print "  },\n  \"results\": {" > file
    for (i = 1; i <= name_count; i++)
        printf "    \"%s\": %s%s\n", names[i], now[names[i]], i < name_count ? "," : "" > file
    print "  }\n}" > file
}

function value_or_none(name)
{
    return (name in now) ? now[name] : "nan"
}

function print_data(    kinds, n, i, sizes, file)
{
    file = out "/mechanisms.dat"
    n = split("x25519 ed25519 p256 x509 spnego krb5 krb5-spnego ntlmssp", kinds, " ")
    for (i = 1; i <= n; i++)
        print "\"" kinds[i] "\"", value_or_none("contexts contexts/s " kinds[i] " floor"), \
            value_or_none("contexts contexts/s " kinds[i] " acquired"), \
            value_or_none("contexts contexts/s " kinds[i] " default") > file
    file = out "/messages.dat"
    n = split("64 1024 16384 262144 1048576", sizes, " ")
    for (i = 1; i <= n; i++)
        print sizes[i], value_or_none("messages MB/s floor kept " sizes[i]), \
            value_or_none("messages MB/s edhoc iov " sizes[i]), value_or_none("messages MB/s edhoc wrap " sizes[i]), \
            value_or_none("messages MB/s krb5 wrap " sizes[i]), value_or_none("messages MB/s ntlmssp wrap " sizes[i]) > file
}

END {
    file = out "/results.md"
    print "# Figures\n\nMade by `sh bench/run.sh`. What is compared is measured in turn within one run; medians of five." > file
    print "\"" before "\" is an older commit, measured by the same programs on the same machine.\n" > file
    n = split(machine, line, "\n")
    for (i = 1; i <= n; i++)
        print "* " line[i] > file
    print "\n## Goals\n" > file
    print_goals(file)
    print_mechanisms(file)
    print_messages(file)
    print_curve(file, out "/lines.dat")
    print_others(file)
    print_json(out "/results.json")
    print_data()
}
