# tools/functions.sh: reads sources as .clang-format lays them out, where a function's braces stand
# alone in the first column.

FNR == 1 {
    in_comment = body = 0
    head = ""
}

{ line = code($0) }

body && line ~ /^}/ {
    body = 0
    lengths[++count] = FNR - began - 1
    if (FNR - began - 1 > limit)
        long_ones[++long_count] = sprintf("%d %s:%s", FNR - began - 1, FILENAME, name)
    head = ""
    next
}
!body && line ~ /^{/ {
    begin_function()
    next
}
# Each place in another body where a word stands is a caller; what only a table names has none.
body {
    rest = line
    while (next_word())
        if (word != name)
            callers[FILENAME, word]++
    next
}
# What stands before a body: the lines since the last one that ended something.
line !~ /^#/ {
    head = head " " line
    if (line ~ /[;}][ \t]*$/ || line ~ /^ *$/)
        head = ""
}

function begin_function()
{
    body = 1
    began = FNR
    name = head
    if (!sub(/.*START_TEST\(/, "", name))
        sub(/^[^(]*[^A-Za-z0-9_(]/, "", name)
    sub(/[^A-Za-z0-9_].*/, "", name)
    if (!((name, FILENAME) in place)) {
        place[name, FILENAME] = 1
        files_of[name] = files_of[name] " " FILENAME
        files_with[name]++
    }
    if (head ~ /(^|[ \t])static[ \t]/) {
        statics++
        static_name[statics] = name
        static_file[statics] = FILENAME
    }
}

function sort_numbers(list, n,    gap, i, k, t)
{
    for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
        for (i = gap + 1; i <= n; i++) {
            t = list[i]
            for (k = i - gap; k >= 1 && list[k] > t; k -= gap)
                list[k + gap] = list[k]
            list[k + gap] = t
        }
}

END {
    if (count == 0)
        exit
    sort_numbers(lengths, count)
    for (i = 1; i <= statics; i++)
        if (callers[static_file[i], static_name[i]] == 1)
            single++
    for (name in files_with)
        if (files_with[name] > 1)
            doubled[++double_count] = name " in" files_of[name]
    printf "%s\n", tree
    printf "  functions                        %5d\n", count
    printf "  lines of a body: median          %5d\n", lengths[int((count + 1) / 2)]
    printf "  lines of a body: p90             %5d\n", lengths[int(count * 0.9 + 0.5)]
    printf "  lines of a body: longest         %5d\n", lengths[count]
    printf "  over %d lines                    %5d\n", limit, long_count
    for (i = 1; i <= long_count; i++)
        printf "      %s\n", long_ones[i]
    printf "  static                           %5d\n", statics
    printf "  static with a single caller      %5d  %d %%\n", single, 100 * single / statics + 0.5
    printf "  names in two files or more       %5d\n", double_count
    sort_numbers(doubled, double_count)
    for (i = 1; i <= double_count; i++)
        printf "      %s\n", doubled[i]
}
