/* Measures GSS-API mechanisms through MIT's library, as an application meets them; run.sh makes the
 * keys and tickets, calls this, and turns its lines into tables.
 *
 *     bench_gss contexts FOLDER         contexts per second, one thread, and against the floor
 *     bench_gss threads FOLDER          the same with two threads against one
 *     bench_gss calls FOLDER            each call of an establishment: p50, p99, bytes
 *     bench_gss messages FOLDER         wrap and IOV, 64 bytes to 1 MiB
 *     bench_gss memory FOLDER           heap of open and of half-open contexts
 *     bench_gss trust FOLDER FILE       a trust file against the short one
 *     bench_gss garbage FOLDER FILE     a worthless token, with that trust file
 *     bench_gss stranger FOLDER FILE    a key that is not in that trust file, sent by reference
 *     bench_gss names FOLDER FILE FEW    a key that is in it under many names
 *     bench_gss choose FOLDER KEYS      a folder with many service keys against one with a single key
 *     bench_gss fleet FOLDER COUNT      so many users with OpenSSH certificates against a pinned one
 *     bench_gss lines FOLDER FILE TYPE COUNT   writes a trust file
 *     bench_gss http FOLDER PORT        logins at a web server
 *     bench_gss visit FOLDER PORT VISIT COUNT  so many of one kind (http.c), for callgrind
 *     bench_gss once FOLDER KIND COUNT  establishes so many contexts, for callgrind
 *     bench_gss bare FOLDER KIND COUNT  the floor of so many contexts, for callgrind
 */
#include "bench_gss.h"
#include "measure.h"
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int arguments; /* after FOLDER */
    void (*run)(char **arguments);
} commands[] = {
    {"contexts", 0, bench_contexts}, {"threads", 0, bench_threads},   {"calls", 0, bench_calls},
    {"messages", 0, bench_messages}, {"memory", 0, bench_memory},     {"trust", 1, bench_trust},
    {"garbage", 1, bench_garbage},   {"stranger", 1, bench_stranger}, {"names", 2, bench_names},
    {"choose", 1, bench_choose},     {"lines", 3, bench_lines},       {"http", 1, bench_http},
    {"once", 2, bench_once},         {"bare", 2, bench_bare},         {"fleet", 1, bench_fleet},
    {"visit", 3, bench_visit},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 2 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) != 0 || argc != 3 + commands[i].arguments)
            continue;
        pairs_in(argv[2]);
        commands[i].run(argv + 3);
        return 0;
    }
    fprintf(stderr, "bench_gss: see bench/bench_gss.c\n");
    return 2;
}
