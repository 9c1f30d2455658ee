# tools/doors.sh: reads the list of sources and headers, then `nm -A -P` of the objects.

BEGIN {
    rooms = split("base crypto edhoc profile peer token load gss_glue command", room_name, " ")
    # Whom each room may know, beside itself.
    knows["base"] = ""
    knows["crypto"] = "base"
    knows["edhoc"] = knows["profile"] = knows["token"] = "base crypto edhoc"
    knows["peer"] = "base crypto edhoc profile"
    knows["load"] = "base crypto edhoc profile peer token"
    knows["gss_glue"] = knows["command"] = "base crypto edhoc profile peer token load"
    for (i = 1; i <= rooms; i++) {
        may[room_name[i], room_name[i]] = 1
        n = split(knows[room_name[i]], known, " ")
        for (k = 1; k <= n; k++)
            may[room_name[i], known[k]] = 1
    }
}

# -- What there is -----------------------------------------------------------------------------

FILENAME != "-" {
    exists[$1] = 1
    files[++file_count] = $1
    next
}

# OBJECT: SYMBOL TYPE ...
{
    source = source_of($1)
    if (source == "")
        next # left over in the build folder from a source that has gone
    if (!(source in built)) {
        built[source] = 1
        sources[++source_count] = source
    }
    if ($3 == "U") {
        if (!((source, $2) in uses)) {
            uses[source, $2] = 1
            used[source, ++use_count[source]] = $2
        }
    } else if ($3 ~ /^[A-Z]$/)
        owner[$2] = source
}

# mech/base/.libs/bytes.o: is mech/base/bytes.c; libtool and automake may have put a prefix before it.
function source_of(object,    folder, name)
{
    sub(/:$/, "", object)
    sub(/\.libs\//, "", object)
    sub(/\.o$/, ".c", object)
    if (object in exists)
        return object
    name = base_name(object)
    folder = substr(object, 1, length(object) - length(name))
    sub(/^[A-Za-z0-9_]*-/, "", name)
    return ((folder name) in exists) ? folder name : ""
}

function room(path,    part)
{
    split(path, part, "/")
    return part[1] == "mech" ? part[2] : part[1]
}

# -- Reading the text --------------------------------------------------------------------------

# What a file includes, which words it says, and, of a header, which symbols it declares: those that
# stand outside of all braces and parentheses.
function read_file(path,    line, depth, is_header)
{
    in_comment = depth = 0
    is_header = path ~ /\.h$/
    while ((getline line < path) > 0) {
        rest = code(line)
        if (rest ~ /^[ \t]*#[ \t]*include[ \t]*"/)
            read_include(path, rest)
        else
            depth = read_words(path, is_header, depth, rest ~ /^[ \t]*#/)
    }
    close(path)
}

function read_include(path, line,    name, folder)
{
    split(line, part, "\"")
    name = part[2]
    folder = path
    sub(/[^\/]*$/, "", folder)
    if (("mech/" name) in exists)
        name = "mech/" name
    else if ((folder name) in exists)
        name = folder name
    else
        return
    includes[path, name] = 1
    if (!may[room(path), room(name)])
        finding(path, "includes \"" part[2] "\", and " room(path) " may not know " room(name),
                "move what is needed to where both may know it, or ask through an interface")
}

function read_words(path, is_header, depth, directive,    before)
{
    before = depth
    while (next_word()) {
        depth += depth_of(gap)
        says[path, word] = 1
        if (is_header && !directive && depth == 0 && (word in owner) && rest ~ /^[ \t]*[(;[]/)
            declares[word] = declares[word] " " path
    }
    return directive ? before : depth + depth_of(rest)
}

function depth_of(text,    up)
{
    up = gsub(/[({]/, "", text)
    return up - gsub(/[)}]/, "", text)
}

# -- The rules ---------------------------------------------------------------------------------

function finding(who, what, remedy)
{
    findings[++finding_count] = who ": " what "\n    " remedy
}

# Each symbol that one file of ours has from another; told by pair of files.
function look_at_uses(    i, k, from)
{
    for (i = 1; i <= source_count; i++) {
        from = sources[i]
        pairs = 0
        for (k = 1; k <= use_count[from]; k++)
            look_at_use(from, used[from, k])
        sort(pair, pairs)
        for (k = 1; k <= pairs; k++)
            look_at_pair(from, pair[k])
    }
}

function look_at_use(from, symbol,    to)
{
    to = owner[symbol]
    # What the plugin exports, others have from MIT's library.
    if (to == "" || to == from || (symbol ~ /^gss/ && room(from) != room(to)))
        return
    arrows[room(from), room(to)]++
    if (!((from, to) in edge)) {
        edge[from, to] = symbol
        edges[from] = edges[from] " " to
        pair[++pairs] = to
    }
    shared[from, to] = shared[from, to] " " symbol
    if (!included(from, symbol))
        unseen[from, to] = unseen[from, to] " " symbol
}

function look_at_pair(from, to)
{
    if (!may[room(from), room(to)])
        finding(from, "uses " words(shared[from, to]) " of " to ", and " room(from) \
                    " may not know " room(to),
                "move it to where both may know it, or ask through an interface")
    if ((from, to) in unseen)
        finding(from, "uses " words(unseen[from, to]) " of " to " and does not include its header",
                "include" (declares[edge[from, to]] == "" ? " " own_header(to) : declares[edge[from, to]]))
}

# Does `from` include a header that declares the symbol? Where it does not say the symbol itself, a
# macro or an inline function of a header does, and that header has to.
function included(from, symbol,    header, n, i)
{
    n = split(declares[symbol], header, " ")
    for (i = 1; i <= n; i++) {
        if ((from, header[i]) in includes)
            return 1
        if (!((from, symbol) in says) && lent(from, symbol, header[i]))
            return 1
    }
    return 0
}

function lent(from, symbol, header,    i)
{
    for (i = 1; i <= file_count; i++)
        if (((from, files[i]) in includes) && ((files[i], symbol) in says) &&
            ((files[i], header) in includes))
            return 1
    return 0
}

function own_header(source)
{
    sub(/\.c$/, ".h", source)
    return source
}

# mech/edhoc/edhoc.h may declare one source's functions, whichever that is.
function faces(header, source)
{
    if (header != "mech/" room(source) "/" room(source) ".h")
        return 0
    if (!(header in face))
        face[header] = source
    return face[header] == source
}

# A source's functions are declared in the header of its name, or of its room's name: that is the
# room's face. Those that the plugin exports, where the system's headers leave them out, are in one
# header for all of them.
function look_at_headers(    symbol, header, n, i, what, key)
{
    for (symbol in declares) {
        n = split(declares[symbol], header, " ")
        for (i = 1; i <= n; i++)
            if (header[i] != own_header(owner[symbol]) && !faces(header[i], owner[symbol]) &&
                symbol !~ /^gss/)
                stray[header[i], owner[symbol]] = stray[header[i], owner[symbol]] " " symbol
    }
    n = 0
    for (key in stray)
        what[++n] = key
    sort(what, n)
    for (i = 1; i <= n; i++) {
        split(what[i], header, SUBSEP)
        finding(header[1], "declares " words(stray[what[i]]) " of " header[2],
                "declare in " own_header(header[2]))
    }
}

# -- Circles -----------------------------------------------------------------------------------

# reach[a, b]: there is a way from a to b, of one step or more. Each node's edges in `edges`.
function find_ways(nodes, n,    i, k, head, queue, tail, here, next_node, m)
{
    for (i = 1; i <= n; i++) {
        head = tail = 1
        queue[1] = nodes[i]
        while (head <= tail) {
            here = queue[head++]
            m = split(edges[here], next_node, " ")
            for (k = 1; k <= m; k++)
                if (!((nodes[i], next_node[k]) in reach)) {
                    reach[nodes[i], next_node[k]] = 1
                    step[nodes[i], next_node[k]] = here
                    queue[++tail] = next_node[k]
                }
        }
    }
}

# Files that reach each other are one circle; the shortest way around shows which.
function look_for_circles(nodes, n, kind,    i, k, way, here, size)
{
    find_ways(nodes, n)
    for (i = 1; i <= n; i++) {
        if (!((nodes[i], nodes[i]) in reach) || (nodes[i] in circled))
            continue
        size = 0
        for (k = 1; k <= n; k++)
            if (((nodes[i], nodes[k]) in reach) && ((nodes[k], nodes[i]) in reach)) {
                circled[nodes[k]] = 1
                size++
            }
        way = ""
        here = nodes[i]
        do {
            way = "\n        " step[nodes[i], here] " -> " here \
                (kind == "file" ? " (" edge[step[nodes[i], here], here] ")" : "") way
            here = step[nodes[i], here]
        } while (here != nodes[i])
        finding(nodes[i], "is in a circle of " size " " kind "s; the shortest way around:" way,
                "move what both need below both")
    }
}

function look_for_circles_of_rooms(    i, k)
{
    for (i = 1; i <= rooms; i++) {
        edges[room_name[i]] = ""
        for (k = 1; k <= rooms; k++)
            if (i != k && ((room_name[i], room_name[k]) in arrows))
                edges[room_name[i]] = edges[room_name[i]] " " room_name[k]
    }
    look_for_circles(room_name, rooms, "room")
}

# -- Words -------------------------------------------------------------------------------------

function sort(list, n,    i, k, t)
{
    for (i = 2; i <= n; i++) {
        t = list[i]
        for (k = i - 1; k >= 1 && list[k] > t; k--)
            list[k + 1] = list[k]
        list[k + 1] = t
    }
}

# " b a" is "a, b"
function words(text,    list, n, i)
{
    n = split(text, list, " ")
    sort(list, n)
    text = list[1]
    for (i = 2; i <= n; i++)
        text = text ", " list[i]
    return text
}

function print_rooms(    i, k)
{
    for (i = 1; i <= source_count; i++)
        size[room(sources[i])]++
    for (i = 1; i <= rooms; i++) {
        printf "%-9s %3d files  ", room_name[i], size[room_name[i]]
        for (k = 1; k <= rooms; k++)
            if (i != k && ((room_name[i], room_name[k]) in arrows))
                printf "  %s%s %d", may[room_name[i], room_name[k]] ? "-> " : "!> ", room_name[k], \
                    arrows[room_name[i], room_name[k]]
        print ""
    }
}

END {
    if (source_count == 0) {
        print "doors: no objects"
        exit 1
    }
    for (i = 1; i <= file_count; i++)
        read_file(files[i])
    sort(sources, source_count)
    look_at_uses()
    look_at_headers()
    look_for_circles(sources, source_count, "file")
    look_for_circles_of_rooms()
    print_rooms()
    for (i = 1; i <= finding_count; i++)
        print findings[i]
    printf "doors: %d finding%s\n", finding_count, finding_count == 1 ? "" : "s"
    exit finding_count > 0
}
