/* Whom we believe, as numbered tables: patterns, what an initiator may expect, and who a peer is.
 * Raw keys only; certificates have tests of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "peer/judge.h"
#include "peer/match.h"
#include "peer/trust_plan.h"

#include "lib/errors.h"
#include "lib/pin_line.h"
#include "lib/suite.h"

/* ---- helpers ---- */

/* The keys of the tables; the same whenever they are asked for. P256_DH is P256's other use. */
enum who {
    NOBODY,
    X25519,
    X25519_B,
    ED25519,
    ED25519_B,
    ED448,
    X448,
    P256,
    P256_DH,
    P384,
    P384_DH,
    WHOS
};

static const char *const types[WHOS] = {
    [X25519] = "x25519", [X25519_B] = "x25519", [ED25519] = "ed25519", [ED25519_B] = "ed25519",
    [ED448] = "ed448",   [X448] = "x448",       [P256] = "p256",       [P256_DH] = "p256dh",
    [P384] = "p384",     [P384_DH] = "p384dh",
};
static struct key *keys[WHOS];

/* Before the tests, where Check's assertions do not work. */
static void make_keys(void)
{
    for (int i = NOBODY + 1; i < WHOS; i++) {
        const struct keytype *type = keytype_by_name(types[i]);
        edhoc_err err = i == P256_DH
                            ? key_from_public(type, key_x(keys[P256]), key_y(keys[P256]), &keys[i])
                            : key_generate(type, &keys[i]);

        if (err != EDHOC_OK) {
            fprintf(stderr, "no %s key: %s\n", types[i], report_details(err));
            exit(EXIT_FAILURE);
        }
    }
}

static void free_keys(void)
{
    for (int i = NOBODY + 1; i < WHOS; i++)
        key_free(keys[i]);
}

/* kccs, or kid where `sub` is NULL. */
static struct cred *new_cred(enum who who, const char *sub)
{
    struct cred *c;

    ck_assert_ok(sub == NULL ? cred_new_kid(keys[who], &c)
                             : cred_new_kccs(keys[who], bytes_of_text(sub), &c));
    return c;
}

#define NOW       1000000
#define FILE_NAME "/etc/the-trust-file"

enum { C = TRUST_CLIENT, S = TRUST_SERVER, B = TRUST_CLIENT | TRUST_SERVER };

/* A trust line; 0 for a time means that it is not given. */
struct pin {
    enum who key;
    const char *principals;
    unsigned roles;
    int64_t after, before;
};

static struct trust_line *new_line(const struct pin *pin, unsigned number)
{
    struct trust_line *line = calloc(1, sizeof(*line));

    line->principals = strdup(pin->principals);
    line->roles = pin->roles;
    line->valid_after = pin->after != 0 ? pin->after : INT64_MIN;
    line->valid_before = pin->before != 0 ? pin->before : INT64_MAX;
    line->file = strdup(FILE_NAME);
    line->line = number;
    line->cred = new_cred(pin->key, NULL);
    return line;
}

#define LINES 3

/* The lines are number 10, 20 and 30. */
static struct trust *new_trust(const struct pin pins[LINES])
{
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    ck_assert_ok(trust_add_file(t, FILE_NAME));
    for (unsigned i = 0; i < LINES && pins[i].key != NOBODY; i++)
        ck_assert_ok(pin_line(t, new_line(&pins[i], 10 * (i + 1))));
    return t;
}

/* The details name the file, and the line unless it is 0. */
static void check_told(edhoc_err err, unsigned line)
{
    const char *details = report_details(err);
    char where[80];

    if (line > 0)
        snprintf(where, sizeof(where), FILE_NAME " line %u", line);
    else
        snprintf(where, sizeof(where), FILE_NAME);
    ck_assert_msg(strstr(details, where) != NULL, "\"%s\" is not in \"%s\"", where, details);
    if (line > 0) { /* the whole number */
        const char *after = strstr(details, where) + strlen(where);

        ck_assert(*after < '0' || *after > '9');
    }
}

/* ---- patterns ---- */

static const struct {
    const char *patterns, *name;
    bool host, match;
} patterns[] = {
    /* literal */
    {"alice", "alice", false, true},
    {"alice", "alic", false, false},
    {"alice", "alice2", false, false},
    {"alice", "Alice", false, false},
    {"alice", "", false, false},
    {"", "alice", false, false},
    {"", "", false, false},
    {"alice,bob", "bob", false, true},
    {"alice,bob", "alice", false, true},
    {"alice,bob", "alice,bob", false, false},
    {"alice,,bob", "bob", false, true},
    {",alice", "alice", false, true},
    {"alice,", "alice", false, true},
    {"alice,bob,carol", "carol", false, true},
    {"alice, bob", "bob", false, false}, /* a blank is a character */
    /* * */
    {"*", "alice", false, true},
    {"*", "a@b", false, true},
    {"*", "", false, true},
    {"**", "", false, true},
    {"***", "alice", false, true},
    {"a*", "alice", false, true},
    {"a*", "a", false, true},
    {"a*", "bob", false, false},
    {"*e", "alice", false, true},
    {"*e", "alicf", false, false},
    {"a*e", "alice", false, true},
    {"a*e", "ae", false, true},
    {"a*e", "a", false, false},
    {"a*i*e", "alice", false, true},
    {"a*e*i", "alice", false, false},
    {"*lic*", "alice", false, true},
    {"*ab*ab*", "abaab", false, true},
    {"*ab*ab", "abab", false, true},
    {"*ab*ab", "abaaab", false, true},
    {"*ab*ab", "ababa", false, false},
    {"*.example.org", "web.example.org", false, true},
    {"*.example.org", ".example.org", false, true},
    {"*.example.org", "example.org", false, false},
    {"*@db.example.org", "HTTP@db.example.org", true, true},
    {"*@db.example.org", "db.example.org", true, false},
    {"*@*.example.org", "HTTP@a.b.example.org", true, true},
    {"HTTP@*", "HTTP@web.example.org", true, true},
    {"HTTP@*", "HTTP", true, false},
    {"H*.org", "HTTP@web.example.org", true, true}, /* a * goes over an @, as it does for OpenSSH */
    /* ? */
    {"?", "a", false, true},
    {"?", "", false, false},
    {"?", "ab", false, false},
    {"??", "ab", false, true},
    {"a?c", "abc", false, true},
    {"a?c", "ac", false, false},
    {"alice?", "alice", false, false},
    {"?*", "a", false, true},
    {"?*", "", false, false},
    {"*?", "a", false, true},
    {"*?", "", false, false},
    {"*??", "a", false, false},
    {"*?c", "abc", false, true},
    {"web??@*", "web01@x", false, true},
    /* a character of several bytes is one */
    {"?", "\xc3\xbc", false, true},
    {"??", "\xc3\xbc", false, false},
    {"?", "\xe6\xb0\xb4", false, true},
    {"??", "\xe6\xb0\xb4", false, false},
    {"?", "\xf0\x90\x85\x91", false, true},
    {"???", "\xf0\x90\x85\x91", false, false},
    {"??", "\xc3\xbc\xe6\xb0\xb4", false, true},
    {"?", "\xc3\xbc\xe6\xb0\xb4", false, false},
    {"*??", "\xc3\xbc", false, false},
    {"*?", "\xc3\xbc", false, true},
    {"a?b",
     "a\xc3\xbc"
     "b",
     false, true},
    {"a??b",
     "a\xc3\xbc"
     "b",
     false, false},
    {"*?\xc3\xbc", "x\xc3\xbc", false, true},
    {"*??x", "\xc3\xbcx", false, false},
    {"\xc3\xbc", "\xc3\xbc", false, true},
    {"\xc3\xbc", "\xc3\xbd", false, false},
    {"*\xc3\xbc*",
     "a\xc3\xbc"
     "b",
     false, true},
    {"\xc3\xa4@*", "\xc3\x84@x", true, false}, /* only ASCII has two cases */
    {"a@\xc3\xa4", "a@\xc3\x84", true, false},
    /* ! */
    {"!alice", "alice", false, false},
    {"!alice", "bob", false, false}, /* says who not, and not who */
    {"*,!alice", "bob", false, true},
    {"*,!alice", "alice", false, false},
    {"!alice,*", "alice", false, false}, /* in whatever order */
    {"!alice,*", "bob", false, true},
    {"alice,!alice", "alice", false, false},
    {"!*,alice", "alice", false, false},
    {"*,!a*,alice", "alice", false, false},
    {"*,!a*,alice", "bob", false, true},
    {"!?,*", "x", false, false},
    {"!?,*", "xy", false, true},
    {"!", "!", false, false},
    {"*,!", "alice", false, true},
    {"a!b", "a!b", false, true}, /* only in front */
    {"*@web.example.org,!root@*", "root@web.example.org", true, false},
    {"*@web.example.org,!root@*", "HTTP@web.example.org", true, true},
    {"*,!*@EVIL.example.org", "HTTP@evil.example.org", true, false},
    /* the case of a host */
    {"HTTP@WEB.Example.ORG", "HTTP@web.example.org", true, true},
    {"HTTP@web.example.org", "HTTP@web.example.org", true, true},
    {"HTTP@WEB.example.org", "HTTP@web.example.org", false, false},
    {"http@web.example.org", "HTTP@web.example.org", true, false}, /* a service's case counts */
    {"HTTP@*.EXAMPLE.org", "HTTP@web.example.org", true, true},
    {"HTTP@W?B.example.org", "HTTP@web.example.org", true, true},
    {"A@B@C", "A@B@c", true, true},
    {"A@B@C", "A@b@c", true, false},   /* the host is what follows the last @ */
    {"ALICE", "alice", true, false},   /* no @, no host */
    {"HTTP@[", "HTTP@{", true, false}, /* 0x5b and 0x7b: no letters */
    {"HTTP@@", "HTTP@`", true, false},
};

static bool matches(const char *patterns, const char *name, bool host)
{
    struct bytes list = bytes_of_text(patterns), text = bytes_of_text(name);

    return host ? match_target(list, text) : match_list(list, text);
}

START_TEST(each_pattern_matches_as_its_row_says)
{
    ck_assert_msg(matches(patterns[_i].patterns, patterns[_i].name, patterns[_i].host) ==
                      patterns[_i].match,
                  "\"%s\" and \"%s\"", patterns[_i].patterns, patterns[_i].name);
}
END_TEST

/* The longest names with the worst patterns take no noticeable time: with backtracking to every *,
 * these would not end. */
START_TEST(the_worst_patterns_take_no_time)
{
    char name[256], stars[1024] = "", questions[1024] = "";
    clock_t begin = clock();

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int i = 0; i < 250; i++) {
        strcat(stars, "*a");
        strcat(questions, "*?");
    }
    for (int i = 0; i < 20; i++) {
        ck_assert(matches(stars, name, false));
        ck_assert(matches(questions, name, false));
        strcat(stars, "b");
        ck_assert(!matches(stars, name, false));
        ck_assert(!matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name, false));
        ck_assert(!matches("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab*", name, true));
        stars[strlen(stars) - 1] = '\0';
    }
    ck_assert_int_lt(clock() - begin, 2 * CLOCKS_PER_SEC);
}
END_TEST

/* ---- who the peer is ---- */

#define OK      EDHOC_OK
#define UNKNOWN EDHOC_ERR_UNKNOWN_KEY
#define NAME    EDHOC_ERR_WRONG_NAME
#define ROLE    EDHOC_ERR_WRONG_ROLE
#define KIND    EDHOC_ERR_WRONG_KIND
#define OLD     EDHOC_ERR_TRUST_EXPIRED
#define NOT_YET EDHOC_ERR_TRUST_NOT_YET
#define NO_NAME EDHOC_ERR_NO_PEER_NAME
#define CRED    EDHOC_ERR_CRED_BAD

#define WEB "HTTP@web.example.org"
#define DB  "postgres@db.example.org"

/* `target` is NULL for the acceptor's question, who is this client. `sub` is NULL for a kid.
 * `line`: the one that the error names; on success, the one that was used. */
static const struct decision {
    int number;
    enum who key;
    const char *sub, *target;
    struct pin pins[LINES];
    edhoc_err err;
    const char *name;
    unsigned line;
} decisions[] = {
    /* the server that we want */
    {1, X25519, NULL, WEB, {{X25519, WEB, S, 0, 0}}, OK, WEB, 10},
    {2, X25519, NULL, WEB, {{X25519, WEB, B, 0, 0}}, OK, WEB, 10},
    {3, X25519, "", WEB, {{X25519, WEB, S, 0, 0}}, OK, WEB, 10},
    {4, X25519, "mallory", WEB, {{X25519, WEB, S, 0, 0}}, OK, WEB, 10}, /* sub plays no part */
    {5, X25519, "\x1b[2J", WEB, {{X25519, WEB, S, 0, 0}}, OK, WEB, 10},
    {6, X25519, DB, WEB, {{X25519, DB, S, 0, 0}}, NAME, NULL, 10}, /* none at all */
    {7, ED25519, NULL, WEB, {{ED25519, WEB, S, 0, 0}}, OK, WEB, 10},
    {8, P256, NULL, WEB, {{P256, WEB, S, 0, 0}}, OK, WEB, 10},
    {9, P256_DH, "", WEB, {{P256_DH, WEB, S, 0, 0}}, OK, WEB, 10},
    {10, X25519, NULL, WEB, {{X25519, "HTTP@WEB.Example.org", S, 0, 0}}, OK, WEB, 10},
    {11, X25519, NULL, WEB, {{X25519, "*@web.example.org", S, 0, 0}}, OK, WEB, 10},
    {12, X25519, NULL, WEB, {{X25519, "*.example.org,!" DB, S, 0, 0}}, OK, WEB, 10},
    {13, X25519, NULL, DB, {{X25519, "*.example.org,!" DB, S, 0, 0}}, NAME, NULL, 10},
    {14, X25519, NULL, WEB, {{X25519, "http@web.example.org", S, 0, 0}}, NAME, NULL, 10},
    {15, X25519, NULL, "alice", {{X25519, "alice", S, 0, 0}}, OK, "alice", 10},
    /* no such key */
    {16, X25519, NULL, WEB, {{NOBODY, NULL, 0, 0, 0}}, UNKNOWN, NULL, 0},
    {17, X25519, NULL, WEB, {{X25519_B, WEB, S, 0, 0}}, UNKNOWN, NULL, 0},
    {18, X25519, "x", WEB, {{X25519_B, WEB, S, 0, 0}, {ED25519, WEB, S, 0, 0}}, UNKNOWN, NULL, 0},
    {19, ED25519, NULL, WEB, {{X25519, WEB, S, 0, 0}}, UNKNOWN, NULL, 0},
    {20, P384, NULL, WEB, {{P256, WEB, S, 0, 0}}, UNKNOWN, NULL, 0},
    /* the key, but not like this */
    {21, X25519, NULL, WEB, {{X25519, DB, S, 0, 0}}, NAME, NULL, 10},
    {22, X25519, NULL, WEB, {{X25519, WEB, C, 0, 0}}, ROLE, NULL, 10},
    {23, X25519, NULL, WEB, {{X25519, "*", C, 0, 0}}, ROLE, NULL, 10},
    {24, P256, NULL, WEB, {{P256_DH, WEB, S, 0, 0}}, KIND, NULL, 10},
    {25, P256_DH, NULL, WEB, {{P256, WEB, S, 0, 0}}, KIND, NULL, 10},
    {26, P256, "", WEB, {{P256_DH, "*", B, 0, 0}}, KIND, NULL, 10},
    /* time: valid from valid-after on, no more at valid-before */
    {27, X25519, NULL, WEB, {{X25519, WEB, S, NOW, 0}}, OK, WEB, 10},
    {28, X25519, NULL, WEB, {{X25519, WEB, S, NOW - 1, 0}}, OK, WEB, 10},
    {29, X25519, NULL, WEB, {{X25519, WEB, S, NOW + 1, 0}}, NOT_YET, NULL, 10},
    {30, X25519, NULL, WEB, {{X25519, WEB, S, 0, NOW + 1}}, OK, WEB, 10},
    {31, X25519, NULL, WEB, {{X25519, WEB, S, 0, NOW}}, OLD, NULL, 10},
    {32, X25519, NULL, WEB, {{X25519, WEB, S, 0, NOW - 1}}, OLD, NULL, 10},
    {33, X25519, NULL, WEB, {{X25519, WEB, S, NOW, NOW + 1}}, OK, WEB, 10},
    {34, X25519, NULL, WEB, {{X25519, WEB, S, NOW + 1, NOW + 2}}, NOT_YET, NULL, 10},
    /* several lines: any good one does, and the reason is that of the one that came furthest */
    {35, X25519, NULL, WEB, {{X25519_B, WEB, S, 0, 0}, {X25519, WEB, S, 0, 0}}, OK, WEB, 20},
    {36, X25519, NULL, WEB, {{X25519, DB, S, 0, 0}, {X25519, WEB, S, 0, 0}}, OK, WEB, 20},
    {37, X25519, NULL, WEB, {{X25519, WEB, C, 0, 0}, {X25519, WEB, S, 0, 0}}, OK, WEB, 20},
    {38, X25519, NULL, WEB, {{X25519, WEB, S, 0, NOW}, {X25519, WEB, S, NOW, 0}}, OK, WEB, 20},
    {39, X25519, NULL, WEB, {{X25519, WEB, S, 0, 9 * NOW}, {X25519, "*", S, 0, 0}}, OK, WEB, 10},
    {40, X25519, NULL, WEB, {{X25519, WEB, C, 0, 0}, {X25519, DB, S, 0, 0}}, NAME, NULL, 20},
    {41, X25519, NULL, WEB, {{X25519, DB, S, 0, 0}, {X25519, WEB, C, 0, 0}}, NAME, NULL, 10},
    {42, X25519, NULL, WEB, {{X25519, DB, S, 0, 0}, {X25519, WEB, S, 0, NOW}}, OLD, NULL, 20},
    {43,
     X25519,
     NULL,
     WEB,
     {{X25519, WEB, S, NOW + 1, 0}, {X25519, DB, S, 0, 0}},
     NOT_YET,
     NULL,
     10},
    {44, X25519, NULL, WEB, {{X25519, "!" WEB ",*", S, 0, 0}, {X25519, "*", S, 0, 0}}, OK, WEB, 20},

    /* the client, by its own name */
    {45, X25519, "alice", NULL, {{X25519, "alice", C, 0, 0}}, OK, "alice", 10},
    {46, X25519, "alice", NULL, {{X25519, "alice", B, 0, 0}}, OK, "alice", 10},
    {47, X25519, "alice", NULL, {{X25519, "*", C, 0, 0}}, OK, "alice", 10},
    {48, X25519, "alice", NULL, {{X25519, "bob,alice", C, 0, 0}}, OK, "alice", 10},
    {49, X25519, "alice", NULL, {{X25519, "a?ice", C, 0, 0}}, OK, "alice", 10},
    {50,
     ED25519,
     "alice@laptop",
     NULL,
     {{ED25519, "alice,alice@laptop", C, 0, 0}},
     OK,
     "alice@laptop",
     10},
    {51, X25519, "\xc3\xbc", NULL, {{X25519, "?", C, 0, 0}}, OK, "\xc3\xbc", 10},
    {52, X25519, "mallory", NULL, {{X25519, "alice", C, 0, 0}}, NAME, NULL, 10},
    {53, X25519, "Alice", NULL, {{X25519, "alice", C, 0, 0}}, NAME, NULL, 10},
    {54, X25519, "alice", NULL, {{X25519, "*,!alice", C, 0, 0}}, NAME, NULL, 10},
    {55, X25519, WEB, NULL, {{X25519, WEB, C, 0, 0}}, OK, WEB, 10}, /* a user of that name */
    {56, X25519, "HTTP@WEB.example.org", NULL, {{X25519, WEB, C, 0, 0}}, NAME, NULL, 10},
    {57,
     X25519,
     "a@web.example.org",
     NULL,
     {{X25519, "a@WEB.example.org", C, 0, 0}},
     NAME,
     NULL,
     10},
    {58, X25519, "alice", NULL, {{X25519, "alice", S, 0, 0}}, ROLE, NULL, 10},
    {59, X25519, "alice", NULL, {{X25519_B, "alice", C, 0, 0}}, UNKNOWN, NULL, 0},
    {60, X25519, "alice", NULL, {{NOBODY, NULL, 0, 0, 0}}, UNKNOWN, NULL, 0},
    {61, P256, "alice", NULL, {{P256_DH, "alice", C, 0, 0}}, KIND, NULL, 10},
    {62, X25519, "alice", NULL, {{X25519, "alice", C, NOW, 0}}, OK, "alice", 10},
    {63, X25519, "alice", NULL, {{X25519, "alice", C, NOW + 1, 0}}, NOT_YET, NULL, 10},
    {64, X25519, "alice", NULL, {{X25519, "alice", C, 0, NOW}}, OLD, NULL, 10},
    {65, X25519, "alice", NULL, {{X25519, "alice", C, 0, NOW + 1}}, OK, "alice", 10},
    {66,
     X25519,
     "alice",
     NULL,
     {{X25519, "bob", C, 0, 0}, {X25519, "alice", C, 0, 0}},
     OK,
     "alice",
     20},
    {67,
     X25519,
     "alice",
     NULL,
     {{X25519, "alice", C, 0, NOW}, {X25519, "bob", C, 0, 0}},
     OLD,
     NULL,
     10},
    {68,
     X25519,
     "alice",
     NULL,
     {{X25519, "alice", S, 0, 0}, {X25519, "*", C, 0, 0}},
     OK,
     "alice",
     20},
    /* a name with control characters is none, whatever the line says */
    {69, X25519, "a\nb", NULL, {{X25519, "*", C, 0, 0}}, CRED, NULL, 0},
    {70, X25519, "\x1b[31malice", NULL, {{X25519, "*", C, 0, 0}}, CRED, NULL, 0},
    {71, X25519, "alice\x7f", NULL, {{X25519, "*", C, 0, 0}}, CRED, NULL, 0},
    {72, X25519, "\t", NULL, {{X25519, "*", C, 0, 0}}, CRED, NULL, 0},
    /* nor is one that a trust line could not have */
    {73, X25519, "a,b", NULL, {{X25519, "a,b", C, 0, 0}}, CRED, NULL, 0},
    {74, X25519, "*", NULL, {{X25519, "alice", C, 0, 0}}, CRED, NULL, 0},
    {75, X25519, "!alice", NULL, {{X25519, "alice", C, 0, 0}}, CRED, NULL, 0},

    /* the client, by the name that its key is pinned to */
    {76, X25519, NULL, NULL, {{X25519, "alice", C, 0, 0}}, OK, "alice", 10},
    {77, X25519, "", NULL, {{X25519, "alice", C, 0, 0}}, OK, "alice", 10},
    {78, X25519, NULL, NULL, {{X25519, "alice", B, 0, 0}}, OK, "alice", 10},
    {79, X25519, NULL, NULL, {{X25519, "*", C, 0, 0}}, NO_NAME, NULL, 10},
    {80, X25519, NULL, NULL, {{X25519, "alic?", C, 0, 0}}, NO_NAME, NULL, 10},
    {81, X25519, NULL, NULL, {{X25519, "alice,bob", C, 0, 0}}, NO_NAME, NULL, 10},
    {82, X25519, "", NULL, {{X25519, "a*,!alice", C, 0, 0}}, NO_NAME, NULL, 10},
    {83,
     X25519,
     NULL,
     NULL,
     {{X25519, "alice", C, 0, 0}, {X25519, "bob", C, 0, 0}},
     NO_NAME,
     NULL,
     10},
    {84,
     X25519,
     NULL,
     NULL,
     {{X25519, "alice", C, 0, 0}, {X25519, "alice", C, 0, 0}},
     OK,
     "alice",
     10},
    {85,
     X25519,
     NULL,
     NULL,
     {{X25519, "alice", C, 0, 0}, {X25519_B, "bob", C, 0, 0}},
     OK,
     "alice",
     10},
    {86,
     X25519,
     NULL,
     NULL,
     {{X25519, "bob", S, 0, 0}, {X25519, "alice", C, 0, 0}},
     OK,
     "alice",
     20},
    {87,
     X25519,
     NULL,
     NULL,
     {{X25519, "bob", C, 0, NOW}, {X25519, "alice", C, 0, 0}},
     OK,
     "alice",
     20},
    {88, X25519, NULL, NULL, {{X25519, "alice", S, 0, 0}}, ROLE, NULL, 10},
    {89, X25519, NULL, NULL, {{X25519_B, "alice", C, 0, 0}}, UNKNOWN, NULL, 0},
    {90, X25519, NULL, NULL, {{X25519, "alice", C, 0, NOW}}, OLD, NULL, 10},
    {91, X25519, NULL, NULL, {{X25519, "alice", C, NOW + 1, 0}}, NOT_YET, NULL, 10},
    {92, P256_DH, NULL, NULL, {{P256, "alice", C, 0, 0}}, KIND, NULL, 10},
};

START_TEST(each_peer_is_judged_as_its_row_says)
{
    const struct decision *d = &decisions[_i];
    struct trust *t = new_trust(d->pins);
    struct cred *c = new_cred(d->key, d->sub);
    struct peer peer = {.kind = 77};
    edhoc_err err = d->target != NULL ? trust_judge_server(t, c, d->target, NOW, &peer)
                                      : trust_judge_client(t, c, NOW, &peer);

    ck_assert_int_eq(d->number, _i + 1);
    ck_assert_msg(err == d->err, "decision %d: %s (%s)", d->number,
                  err == EDHOC_OK ? "accepted" : report_sentence(err), report_details(err));
    if (err != EDHOC_OK) {
        ck_assert_ptr_null(peer.cred);
        ck_assert_ptr_null(peer.name);
        ck_assert_int_eq(peer.kind, 0);
        if (err == CRED)
            ck_assert_str_ne(report_details(err), "");
        else
            check_told(err, d->line);
    } else {
        const struct pin *used = &d->pins[d->line / 10 - 1];

        ck_assert_ptr_eq(peer.cred, c);
        ck_assert_str_eq(peer.name, d->name);
        ck_assert_int_eq(peer.kind, d->target != NULL && strchr(d->target, '@') != NULL ? 2 : 1);
        ck_assert(peer.expires == (used->before != 0 ? used->before : INT64_MAX));
        ck_assert_ptr_null(peer.comment);
    }
    peer_clear(&peer);
    peer_clear(&peer);
    cred_free(c);
    trust_free(t);
}
END_TEST

/* What an error says is fit for a terminal, whatever the peer sent. */
START_TEST(what_is_told_is_printable)
{
    static const char *const subs[] = {"mallory\xc3\xbc", "%s%n%s", "a'b'c"};
    static const struct pin pins[LINES] = {{X25519, "alice", C, 0, 0}};
    struct trust *t = new_trust(pins);

    for (int i = 0; i < ROWS(subs); i++) {
        struct cred *c = new_cred(X25519, subs[i]);
        struct peer peer;

        ck_assert_err(trust_judge_client(t, c, NOW, &peer), NAME);
        ck_assert_ptr_nonnull(strstr(report_details(NAME), subs[i]));
        cred_free(c);
    }
    trust_free(t);
}
END_TEST

START_TEST(a_peer_is_told_about_from_its_line)
{
    struct pin pin = {X25519, "alice", C, 0, 2 * NOW};
    struct trust_line *line = new_line(&pin, 10);
    struct cred *c = new_cred(X25519, NULL);
    struct trust *t;
    struct peer peer;

    line->comment = strdup("alice's laptop");
    line->local_user = strdup("al");
    ck_assert_ok(trust_new(&t));
    ck_assert_ok(pin_line(t, line));
    ck_assert_ok(trust_judge_client(t, c, NOW, &peer));
    trust_free(t); /* the peer has copies */
    cred_free(c);
    ck_assert_str_eq(peer.name, "alice");
    ck_assert_str_eq(peer.comment, "alice's laptop");
    ck_assert_str_eq(peer.local_user, "al");
    ck_assert(peer.expires == 2 * NOW);
    ck_assert_ptr_eq(cred_key(peer.cred), keys[X25519]);
    peer_clear(&peer);
    ck_assert_ptr_null(peer.cred);
    ck_assert_ptr_null(peer.name);
}
END_TEST

/* A name of the longest length. (A credential with a longer one cannot be made; one agreed on
 * beforehand cannot, either.) */
START_TEST(a_name_may_have_255_bytes)
{
    static const struct pin pins[LINES] = {{X25519, "*", C, 0, 0}};
    struct trust *t = new_trust(pins);
    struct peer peer;
    struct cred *c;
    char sub[256];

    memset(sub, 'n', 255);
    sub[255] = '\0';
    c = new_cred(X25519, sub);
    ck_assert_ok(trust_judge_client(t, c, NOW, &peer));
    ck_assert_str_eq(peer.name, sub);
    peer_clear(&peer);
    cred_free(c);
    trust_free(t);
}
END_TEST

/* A NUL ends no name early: "alice\0mallory" is not alice. */
START_TEST(a_nul_ends_no_name)
{
    static const struct pin pins[LINES] = {{X25519, "alice", C, 0, 0}};
    struct trust *t = new_trust(pins);
    struct peer peer;
    struct cred *c;

    ck_assert_ok(cred_new_kccs(keys[X25519], BYTES_LITERAL("alice\0mallory"), &c));
    ck_assert_err(trust_judge_client(t, c, NOW, &peer), CRED);
    cred_free(c);
    ck_assert_ok(cred_new_kccs(keys[X25519], BYTES_LITERAL("alice\0"), &c));
    ck_assert_err(trust_judge_client(t, c, NOW, &peer), CRED);
    cred_free(c);
    ck_assert_ok(cred_new_kccs(keys[X25519], BYTES_LITERAL("\0"), &c));
    ck_assert_err(trust_judge_client(t, c, NOW, &peer), CRED);
    cred_free(c);
    trust_free(t);
}
END_TEST

/* Whom a client may log in as, where no line says it. */
static const struct {
    const char *principals, *sub; /* NULL: it gives no name */
    const char *name, *user;      /* NULL: it is refused; it is nobody */
} logins[] = {
    {"alice", "alice", "alice", "alice"},
    {"alice", NULL, "alice", "alice"},
    {"bob,alice", "alice", "alice", "alice"},
    {"*,root", "root", "root", "root"},
    {"*", "root", "root", NULL},
    {"roo?", "root", "root", NULL},
    {"r*,!rob", "root", "root", NULL},
    {"alice,*", "root", "root", NULL},
    {"alice,*", "alice", "alice", "alice"},
    {"alice@example.org", "alice@example.org", "alice@example.org", NULL},
    {"host/admin", "host/admin", "host/admin", NULL},
    {"*", "x, root\" ok", NULL, NULL},
    {"*", "x root", NULL, NULL},
    {"*", "x,root", NULL, NULL},
    {"*", "x\\root", NULL, NULL},
    {"*", "x\nroot", NULL, NULL},
    {"*", "*", NULL, NULL},
    {"*", "roo?", NULL, NULL},
    {"*", "!root", NULL, NULL},
    {"*", "ro!ot", "ro!ot", NULL},
};

START_TEST(only_a_name_that_a_line_has_is_a_local_user)
{
    struct pin pins[LINES] = {{X25519, logins[_i].principals, C, 0, 0}};
    struct trust *t = new_trust(pins);
    struct cred *c = new_cred(X25519, logins[_i].sub);
    struct peer peer;

    ck_assert_err(trust_judge_client(t, c, NOW, &peer), logins[_i].name != NULL ? OK : CRED);
    if (logins[_i].name != NULL)
        ck_assert_str_eq(peer.name, logins[_i].name);
    ck_assert_pstr_eq(peer.local_user, logins[_i].user);
    peer_clear(&peer);
    cred_free(c);
    trust_free(t);
}
END_TEST

/* A pinned key in a certificate is a certificate: lines do not speak for it. */
START_TEST(a_pinned_key_in_a_certificate_is_not_pinned)
{
    static const struct pin pins[LINES] = {{P256, "*", B, 0, 0}};
    struct trust *t = new_trust(pins);
    struct bytes leaf = BYTES_LITERAL("0\x01\x02");
    struct peer peer;
    struct cred *c;

    ck_assert_ok(cred_new_x5chain(keys[P256], &leaf, 1, &c));
    ck_assert_int_ne(trust_judge_server(t, c, WEB, NOW, &peer), EDHOC_OK);
    ck_assert_int_ne(trust_judge_client(t, c, NOW, &peer), EDHOC_OK);
    cred_free(c);
    trust_free(t);
}
END_TEST

/* ---- what an initiator may expect ---- */

static const struct plan {
    int number;
    const char *offer;
    struct pin pins[LINES];
    edhoc_err err;
    bool dh;
    const char *suites;
    unsigned line;
} plans[] = {
    {1, "6,4,5,24,25,3,1", {{X25519, WEB, S, 0, 0}}, OK, true, "6,4,1", 0},
    {2, "6,4,5,24,25,3,1", {{ED25519, WEB, S, 0, 0}}, OK, false, "4,1", 0},
    {3, "6,4,5,24,25,3,1", {{P256, WEB, S, 0, 0}}, OK, false, "6,5,3", 0},
    {4, "6,4,5,24,25,3,1", {{P256_DH, WEB, S, 0, 0}}, OK, true, "5,3", 0},
    {5, "6,4,5,24,25,3,1", {{P384, WEB, S, 0, 0}}, OK, false, "24", 0},
    {6, "6,4,5,24,25,3,1", {{P384_DH, WEB, S, 0, 0}}, OK, true, "24", 0},
    {7, "6,4,5,24,25,3,1", {{X448, WEB, S, 0, 0}}, OK, true, "25", 0},
    {8, "6,4,5,24,25,3,1", {{ED448, WEB, S, 0, 0}}, OK, false, "25", 0},
    {9, "0,1,2,3,4,5,6,24,25", {{X25519, WEB, S, 0, 0}}, OK, true, "0,1,4,6", 0},
    {10, "0,1,2,3,4,5,6,24,25", {{P256, WEB, S, 0, 0}}, OK, false, "2,3,5,6", 0},
    {11, "4", {{X25519, "*", S, 0, 0}}, OK, true, "4", 0},
    {12, "1,4", {{X25519, WEB, B, 0, 0}}, OK, true, "1,4", 0}, /* the offer's order */
    {13, "5,3", {{X25519, WEB, S, 0, 0}}, EDHOC_ERR_NO_SUITE, false, NULL, 10},
    {14, "24", {{ED25519, WEB, S, 0, 0}}, EDHOC_ERR_NO_SUITE, false, NULL, 10},
    /* nobody to expect */
    {15, "6", {{NOBODY, NULL, 0, 0, 0}}, EDHOC_ERR_NO_TRUST, false, NULL, 0},
    {16, "6", {{X25519, DB, S, 0, 0}}, EDHOC_ERR_NO_TRUST, false, NULL, 0},
    {17, "6", {{X25519, WEB, C, 0, 0}}, EDHOC_ERR_NO_TRUST, false, NULL, 0},
    {18, "6", {{X25519, "*,!" WEB, S, 0, 0}}, EDHOC_ERR_NO_TRUST, false, NULL, 0},
    {19, "6", {{X25519, WEB, S, 0, NOW}}, OLD, false, NULL, 10},
    {20, "6", {{X25519, WEB, S, NOW + 1, 0}}, NOT_YET, false, NULL, 10},
    {21, "6", {{X25519, WEB, S, NOW, NOW + 1}}, OK, true, "6", 0},
    {22, "6", {{X25519, DB, S, 0, 0}, {X25519, WEB, S, 0, NOW}}, OLD, false, NULL, 20},
    /* the first valid line decides the kind, the others of that kind add suites */
    {23,
     "6,4,5,24,25,3,1",
     {{X25519, WEB, S, 0, 0}, {ED25519, WEB, S, 0, 0}},
     OK,
     true,
     "6,4,1",
     0},
    {24, "6,4,5,24,25,3,1", {{ED25519, WEB, S, 0, 0}, {X25519, WEB, S, 0, 0}}, OK, false, "4,1", 0},
    {25,
     "6,4,5,24,25,3,1",
     {{ED25519, WEB, S, 0, NOW}, {X25519, WEB, S, 0, 0}},
     OK,
     true,
     "6,4,1",
     0},
    {26, "6,4,5,24,25,3,1", {{ED25519, DB, S, 0, 0}, {X25519, WEB, S, 0, 0}}, OK, true, "6,4,1", 0},
    {27,
     "6,4,5,24,25,3,1",
     {{ED25519, WEB, C, 0, 0}, {X25519, WEB, S, 0, 0}},
     OK,
     true,
     "6,4,1",
     0},
    {28,
     "6,4,5,24,25,3,1",
     {{ED25519, WEB, S, 0, 0}, {P256, "*", S, 0, 0}},
     OK,
     false,
     "6,4,5,3,1",
     0},
    {29, "6,4,5,24,25,3,1", {{P256, WEB, S, 0, 0}, {P384, WEB, S, 0, 0}}, OK, false, "6,5,24,3", 0},
    {30, "6,4,5,24,25,3,1", {{ED25519, WEB, S, 0, 0}, {P384, WEB, S, 0, NOW}}, OK, false, "4,1", 0},
    {31,
     "24",
     {{ED25519, WEB, S, 0, 0}, {P384_DH, WEB, S, 0, 0}},
     EDHOC_ERR_NO_SUITE,
     false,
     NULL,
     10},
    {32, "6,4", {{X25519, "HTTP@Web.Example.ORG", S, 0, 0}}, OK, true, "6,4", 0},
};

START_TEST(each_target_is_planned_as_its_row_says)
{
    const struct plan *p = &plans[_i];
    struct trust *t = new_trust(p->pins);
    struct suite_list offer, expected;
    struct trust_plan out;
    edhoc_err err;

    ck_assert_int_eq(p->number, _i + 1);
    ck_assert_ok(suite_list_parse(p->offer, &offer));
    err = trust_plan(t, WEB, NOW, &offer, &out);
    ck_assert_msg(err == p->err, "plan %d: %s (%s)", p->number,
                  err == EDHOC_OK ? "accepted" : report_sentence(err), report_details(err));
    if (err != EDHOC_OK) {
        check_told(err, p->line);
    } else {
        ck_assert_ok(suite_list_parse(p->suites, &expected));
        ck_assert(out.dh == p->dh);
        ck_assert_uint_eq(out.suites.len, expected.len);
        for (size_t i = 0; i < expected.len; i++)
            ck_assert_int_eq(out.suites.id[i], expected.id[i]);
    }
    trust_free(t);
}
END_TEST

START_TEST(a_plan_without_a_key_says_whom_it_lacks)
{
    static const struct pin pins[LINES] = {{X25519, WEB, S, 0, 0}};
    struct suite_list offer = suite_defaults();
    struct trust *t = new_trust(pins);
    struct trust_plan out;

    ck_assert_err(trust_plan(t, DB, NOW, &offer, &out), EDHOC_ERR_NO_TRUST);
    ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_NO_TRUST), DB));
    ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_NO_TRUST), "gss-edhoc"));
    trust_free(t);
}
END_TEST

/* ---- the store ---- */

static struct cred_id id_of(const struct cred *c)
{
    struct cred_id id;

    ck_assert_ok(cred_id_read(cred_id(c), &id));
    return id;
}

START_TEST(a_trust_keeps_its_lines_and_its_references)
{
    static const struct pin pins[LINES] = {
        {X25519, "a", C, 0, 0}, {ED25519, "b", S, 0, 0}, {P384, "c", B, 0, 0}};
    struct trust *t = new_trust(pins), *second;

    ck_assert_uint_eq(trust_count(t), 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(trust_at(t, i)->principals, pins[i].principals);
        ck_assert_uint_eq(trust_at(t, i)->line, 10 * (i + 1));
    }
    for (unsigned i = 0; i < 100; i++) /* it grows; the same key may come again */
        ck_assert_ok(pin_line(t, new_line(&pins[i % 3], 100 + i)));
    ck_assert_uint_eq(trust_count(t), 103);
    ck_assert_uint_eq(trust_at(t, 102)->line, 199);
    for (size_t i = 0; i < 3; i++) { /* the first line of each key is the candidate, still */
        struct cred_id id = id_of(trust_at(t, i)->cred);
        size_t at = 0;

        ck_assert_ptr_eq(trust_candidate(t, &id, i == 0, &at), trust_at(t, i)->cred);
        ck_assert_ptr_null(trust_candidate(t, &id, i == 0, &at));
    }
    ck_assert_ok(pin_line(t, new_line(&(struct pin){P256, "d", C, 0, 0}, 200)));
    for (unsigned i = 0; i < 200; i++) /* one use, however many lines are between */
        ck_assert_ok(pin_line(t, new_line(&pins[i % 3], 201 + i)));
    ck_assert_err(pin_line(t, new_line(&(struct pin){P256_DH, "e", C, 0, 0}, 500)),
                  EDHOC_ERR_TRUST_SYNTAX);
    check_told(EDHOC_ERR_TRUST_SYNTAX, 200);
    ck_assert_uint_eq(trust_count(t), 304);
    second = trust_ref(t);
    ck_assert_ptr_eq(second, t);
    trust_free(t);
    ck_assert_uint_eq(trust_count(second), 304);
    trust_free(second);
    trust_free(NULL);
    ck_assert_ptr_null(trust_ref(NULL));
}
END_TEST

START_TEST(places_are_named_in_order)
{
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    ck_assert_ptr_nonnull(trust_places(t));
    ck_assert_str_ne(trust_places(t), "");
    ck_assert_ok(trust_add_file(t, "/a"));
    ck_assert_str_eq(trust_places(t), "/a");
    ck_assert_ok(trust_add_file(t, "/b"));
    ck_assert_str_eq(trust_places(t), "/a or /b");
    ck_assert_ok(trust_add_file(t, "/c"));
    ck_assert_str_eq(trust_places(t), "/a or /b or /c");
    trust_free(t);
}
END_TEST

/* Too many places fail; what was there stays a text. */
START_TEST(too_many_places_fail_and_stay_a_text)
{
    char path[1001];
    struct trust *t;
    edhoc_err err = EDHOC_OK;

    memset(path, 'p', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    ck_assert_ok(trust_new(&t));
    for (int i = 0; i < 10 && err == EDHOC_OK; i++)
        err = trust_add_file(t, path);
    ck_assert_int_ne(err, EDHOC_OK);
    ck_assert_uint_eq(strlen(trust_places(t)) % 1004, 1000); /* whole paths, joined by " or " */
    ck_assert_ok(trust_add_file(t, "/x"));
    ck_assert_str_eq(strrchr(trust_places(t), '/'), "/x");
    trust_free(t);
}
END_TEST

/* One key, two uses: refused in either order, naming both lines, and the line is gone. */
START_TEST(one_key_is_not_for_two_uses)
{
    static const struct pin orders[2][2] = {
        {{P256, "alice", C, 0, 0}, {P256_DH, WEB, S, 0, 0}},
        {{P256_DH, "alice", C, 0, 0}, {P256, "alice", C, 0, NOW - 1}},
    };
    const struct pin *order = orders[_i];
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    ck_assert_ok(pin_line(t, new_line(&(struct pin){X25519, "bob", C, 0, 0}, 3)));
    ck_assert_ok(pin_line(t, new_line(&order[0], 5)));
    ck_assert_err(pin_line(t, new_line(&order[1], 17)), EDHOC_ERR_TRUST_SYNTAX);
    check_told(EDHOC_ERR_TRUST_SYNTAX, 17);
    check_told(EDHOC_ERR_TRUST_SYNTAX, 5);
    ck_assert_ptr_nonnull(
        strstr(report_details(EDHOC_ERR_TRUST_SYNTAX), key_type(keys[order[0].key])->ssh_name));
    ck_assert_uint_eq(trust_count(t), 2);
    ck_assert_ok(pin_line(t, new_line(&order[0], 18))); /* the same use again is fine */
    ck_assert_ok(pin_line(t, new_line(&(struct pin){P384_DH, "c", C, 0, 0}, 19)));
    ck_assert_ok(pin_line(t, new_line(&(struct pin){P384, "c", C, 0, 0}, 20))); /* another key */
    trust_free(t);
}
END_TEST

/* ---- lines that cannot be understood ---- */

#define STORY FILE_NAME " line 40: "

static const struct {
    const char *principals; /* of that line */
    unsigned roles;
    struct pin pin; /* beside it, for another name of the target's */
    edhoc_err err;
    unsigned line; /* that the plan's error names */
} broken[] = {
    {WEB, S, {X25519, DB, S, 0, 0}, EDHOC_ERR_TRUST_SYNTAX, 40},
    {"*@web.EXAMPLE.org", B, {X25519, DB, S, 0, 0}, EDHOC_ERR_TRUST_SYNTAX, 40},
    {WEB, C, {X25519, DB, S, 0, 0}, EDHOC_ERR_NO_TRUST, 40},
    {DB, S, {X25519, DB, S, 0, 0}, EDHOC_ERR_NO_TRUST, 40},
    {"*,!" WEB, S, {X25519, DB, S, 0, 0}, EDHOC_ERR_NO_TRUST, 40},
    {WEB, S, {X25519, WEB, S, 0, NOW - 1}, EDHOC_ERR_TRUST_EXPIRED, 10},
    {WEB, S, {X25519, WEB, S, 0, 0}, EDHOC_OK, 0},
};

/* A line for somebody else. */
static void add_rsa(struct trust *t, unsigned number)
{
    struct buf text = buf_new(256);

    buf_put_text(&text, "alice ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB");
    ck_assert_ok(trust_read(t, &text, FILE_NAME, number));
}

START_TEST(a_broken_line_grants_nothing_and_is_told)
{
    struct pin pins[LINES] = {broken[_i].pin};
    struct suite_list offer = suite_defaults();
    struct trust *t = new_trust(pins), *joined;
    static const char *const stories[] = {STORY, FILE_NAME " line 41: the key",
                                          FILE_NAME " line 42: \"ssh-rsa\""};
    struct trust_plan out;
    struct trust_story story;
    bool taken;

    pin_broken(t, broken[_i].principals, broken[_i].roles, FILE_NAME, 40);
    pin_broken(t, "x", B, FILE_NAME, 41);
    add_rsa(t, 42);
    ck_assert_ok(trust_join(&t, 1, NULL, &joined));
    ck_assert_uint_eq(trust_count(joined), 1);
    ck_assert_uint_eq(trust_note_count(joined), 3);
    for (size_t i = 0; i < 3; i++) {
        trust_note(joined, i, &taken, &story);
        ck_assert_ptr_eq(strstr(story.text, stories[i]), story.text);
        ck_assert(taken == (i < 2));
    }
    ck_assert_err(trust_plan(joined, WEB, NOW, &offer, &out), broken[_i].err);
    if (broken[_i].err != EDHOC_OK)
        check_told(broken[_i].err, broken[_i].line);
    trust_free(t);
    trust_free(joined);
}
END_TEST

static const struct {
    const char *claims;
    unsigned roles; /* of the line with the peer's key, which is alice's */
    edhoc_err err;
} known[] = {
    {"alice", S, EDHOC_ERR_WRONG_ROLE},
    {"bob", C, EDHOC_ERR_WRONG_NAME},
};

/* Whose key a line has, is told of others only where they are for the name. */
START_TEST(a_known_key_hears_of_broken_lines_for_its_name_alone)
{
    const struct pin pins[LINES] = {{X25519, "alice", known[_i].roles, 0, 0}};
    struct trust *t = new_trust(pins);
    struct cred *cred = new_cred(X25519, known[_i].claims);
    struct peer peer;

    pin_broken(t, "carol", B, FILE_NAME, 40);
    ck_assert_err(trust_judge_client(t, cred, NOW, &peer), known[_i].err);
    ck_assert_ptr_null(strstr(report_details(known[_i].err), "line 40"));
    pin_broken(t, known[_i].claims, B, FILE_NAME, 41);
    ck_assert_told(trust_judge_client(t, cred, NOW, &peer), known[_i].err, "line 41");
    cred_free(cred);
    trust_free(t);
}
END_TEST

/* alice's key on the broken line: she hears why she is a stranger. Bob's line is as good as ever. */
START_TEST(a_broken_line_does_not_touch_other_lines_keys)
{
    static const struct pin pins[LINES] = {{X25519_B, "bob,alice", C, 0, 0}};
    struct trust *t = new_trust(pins);
    struct cred *alice = new_cred(X25519, "alice"), *bob = new_cred(X25519_B, "alice");
    struct trust_story story;
    struct peer peer;

    ck_assert_str_eq(trust_hint(t, C, BYTES_NONE, true, &story), "");
    add_rsa(t, 38);
    ck_assert_str_eq(trust_hint(t, C, BYTES_NONE, true, &story), "");
    pin_broken(t, "carol", B, FILE_NAME, 39);
    pin_broken(t, "alice", B, FILE_NAME, 40);
    ck_assert_ptr_nonnull(strstr(trust_hint(t, C, BYTES_NONE, true, &story), "line 39"));
    ck_assert_str_eq(trust_hint(t, C, BYTES_LITERAL("bob"), false, &story), "");
    ck_assert_err(trust_judge_client(t, alice, NOW, &peer), EDHOC_ERR_UNKNOWN_KEY);
    check_told(EDHOC_ERR_UNKNOWN_KEY, 40);
    ck_assert_ok(trust_judge_client(t, bob, NOW, &peer));
    ck_assert_str_eq(peer.name, "alice");
    peer_clear(&peer);
    cred_free(alice);
    cred_free(bob);
    trust_free(t);
}
END_TEST

/* Ten thousand lines repeat one key: what is asked of it, or of an unknown one, is answered without
 * going through them. */
START_TEST(answers_do_not_depend_on_how_much_is_pinned)
{
    enum { MANY = 10000, ASKED = 2000 };
    struct trust *t = new_trust((struct pin[LINES]){{ED25519, "bob", C, 0, 0}});
    struct cred *unknown = new_cred(X25519_B, "alice"), *known = new_cred(X25519, "alice");
    struct cred *kid = new_cred(X25519_B, NULL), *known_kid = new_cred(X25519, NULL);
    struct cred_id id = id_of(kid), known_id = id_of(known_kid);
    struct peer peer;
    clock_t begin;

    for (unsigned i = 0; i < MANY; i++)
        ck_assert_ok(pin_line(t, new_line(&(struct pin){X25519, "alice", C, 0, 0}, i + 1)));
    begin = clock();
    for (unsigned i = 0; i < ASKED; i++) {
        size_t at = 0;

        ck_assert_ptr_null(trust_candidate(t, &id, true, &at));
        at = 0;
        ck_assert_ptr_nonnull(trust_candidate(t, &known_id, true, &at));
        ck_assert_ptr_null(trust_candidate(t, &known_id, true, &at));
        ck_assert_err(trust_no_candidate(t, &id, true), UNKNOWN);
        ck_assert_err(trust_judge_client(t, unknown, NOW, &peer), UNKNOWN);
        ck_assert_ok(trust_judge_client(t, known, NOW, &peer));
        peer_clear(&peer);
    }
    ck_assert_int_lt((clock() - begin) / (CLOCKS_PER_SEC / 1000), ASKED / 4); /* 250 us each */
    cred_free(unknown);
    cred_free(known);
    cred_free(kid);
    cred_free(known_kid);
    trust_free(t);
}
END_TEST

/* A user's lines and the machine's, which are shared: in order, and by the rules of one trust. */
START_TEST(a_joined_trust_has_the_lines_of_its_parts)
{
    static const struct pin own[LINES] = {
        {X25519, WEB, S, 0, 0}, {P256, "a", C, 0, 0}, {X25519, "b", C, 0, 0}};
    static const struct pin machine[LINES] = {
        {ED25519, "c", C, 0, 0}, {X25519, "d", C, 0, 0}, {P256, "e", C, 0, 0}};
    struct trust *parts[] = {new_trust(own), new_trust(machine)}, *joined, *again;
    struct cred_id id = id_of(trust_at(parts[1], 0)->cred);
    size_t at = 0;

    ck_assert_ok(trust_join(parts, 2, NULL, &joined));
    ck_assert_ok(trust_join(parts, 1, NULL, &again));
    for (size_t i = 0; i < 6; i++)
        ck_assert_ptr_eq(trust_at(joined, i), trust_at(parts[i / 3], i % 3));
    ck_assert_uint_eq(trust_count(joined), 6);
    ck_assert_uint_eq(trust_count(again), 3);
    ck_assert_str_eq(trust_places(joined), FILE_NAME " or " FILE_NAME);
    ck_assert_ptr_eq(trust_candidate(joined, &id, false, &at), trust_at(parts[1], 0)->cred);
    ck_assert_ptr_null(trust_candidate(joined, &id, false, &at));
    trust_free(again);
    trust_free(parts[0]);
    trust_free(parts[1]);
    ck_assert_str_eq(trust_at(joined, 5)->principals, "e");
    trust_free(joined);
}
END_TEST

/* Of a key that both files pin, for one use each, the first file's lines count; the second's are as
 * those that cannot be understood. */
START_TEST(a_key_of_two_uses_has_that_of_the_first_part)
{
    static const struct pin few[LINES] = {{P256_DH, "a", C, 0, 0}, {P256_DH, "d", C, 0, 0}};
    static const struct pin many[LINES] = {
        {X25519, "b", C, 0, 0}, {P256, "c", C, 0, 0}, {ED25519, "e", C, 0, 0}};
    bool dh = _i == 0;
    struct trust *parts[] = {new_trust(dh ? few : many), new_trust(dh ? many : few)};
    struct trust *joined;
    struct cred *by_kid = new_cred(P256, NULL), *mine = new_cred(P256_DH, NULL);
    struct cred_id id = id_of(by_kid);
    struct trust_cursor cursor = {.part = 0};
    const struct trust_line *line;
    struct trust_story story;
    size_t at = 0;
    bool taken;

    ck_assert_ok(trust_join(parts, 2, NULL, &joined));
    ck_assert_uint_eq(trust_count(joined), dh ? 4 : 3);
    for (size_t i = 0; i < trust_count(joined); i++) {
        line = trust_next(joined, &cursor);
        ck_assert_ptr_eq(line, trust_at(joined, i));
        ck_assert_str_ne(key_type(cred_key(line->cred))->name, types[dh ? P256 : P256_DH]);
    }
    ck_assert_ptr_null(trust_next(joined, &cursor));
    ck_assert_uint_eq(trust_note_count(joined), dh ? 1 : 2);
    trust_note(joined, 0, &taken, &story);
    ck_assert_ptr_nonnull(strstr(story.text, "line 10"));
    ck_assert_ptr_nonnull(strstr(story.text, "line 20"));
    ck_assert(taken);
    ck_assert(trust_taken_by(joined, C, bytes_of_text(dh ? "c" : "d"), &story));
    ck_assert(!trust_taken_by(joined, C, bytes_of_text(dh ? "d" : "c"), &story));
    ck_assert_ptr_nonnull(trust_candidate(joined, &id, dh, &at));
    ck_assert_ptr_null(trust_candidate(joined, &id, dh, &at));
    at = 0;
    ck_assert_ptr_null(trust_candidate(joined, &id, !dh, &at));
    cursor = (struct trust_cursor){.part = 0};
    for (unsigned n = dh ? 2 : 1; n > 0; n--)
        ck_assert(trust_walk_key(joined, mine, &cursor));
    ck_assert(!trust_walk_key(joined, mine, &cursor));
    trust_free(joined);
    trust_free(parts[0]);
    trust_free(parts[1]);
    cred_free(by_kid);
    cred_free(mine);
}
END_TEST

/* The negative point, to which the same private key answers. */
static struct key *negative_of(const struct key *k, const char *type)
{
    static const uint8_t p[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct key *negative;
    unsigned borrow = 0;
    uint8_t y[32];

    for (int i = 31; i >= 0; i--) {
        unsigned n = p[i] - key_y(k).p[i] - borrow;

        y[i] = (uint8_t)n;
        borrow = n >> 8 & 1;
    }
    ck_assert_ok(key_from_public(keytype_by_name(type), key_x(k), bytes_of(y, 32), &negative));
    return negative;
}

START_TEST(the_negative_of_a_key_is_the_same_key)
{
    struct pin pin = {P256, "alice", C, 0, 0};
    struct key *negative = negative_of(keys[P256], "p256dh");
    struct trust_line *line = new_line(&pin, 10);
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    ck_assert_ok(pin_line(t, new_line(&pin, 9)));
    cred_free(line->cred);
    ck_assert_ok(cred_new_kid(negative, &line->cred));
    ck_assert_err(pin_line(t, line), EDHOC_ERR_TRUST_SYNTAX);
    trust_free(t);
    key_free(negative);
}
END_TEST

/* ---- candidates ---- */

START_TEST(a_candidate_is_found_by_its_id)
{
    /* the same key on two lines is one candidate */
    static const struct pin pins[LINES] = {
        {X25519, "a", C, 0, 0}, {X25519_B, "b", C, 0, 0}, {X25519, "c", S, 0, NOW}};
    struct trust *t = new_trust(pins);
    struct cred *mine = new_cred(X25519, NULL), *other = new_cred(ED25519, NULL);
    struct cred *by_value = new_cred(X25519, "a"), *found;
    struct cred_id id = id_of(mine);
    size_t at = 0;

    found = trust_candidate(t, &id, true, &at);
    ck_assert_ptr_eq(found, trust_at(t, 0)->cred);
    ck_assert_ptr_null(trust_candidate(t, &id, true, &at));
    ck_assert_ptr_null(trust_candidate(t, &id, true, &at));
    at = 0;
    ck_assert_ptr_null(trust_candidate(t, &id, false, &at)); /* not of this kind */
    id = id_of(other);
    at = 0;
    ck_assert_ptr_null(trust_candidate(t, &id, true, &at));
    at = 0;
    ck_assert_ptr_null(trust_candidate(t, &id, false, &at));
    id = id_of(by_value);
    at = 0;
    ck_assert_ptr_null(trust_candidate(t, &id, true, &at)); /* nothing is pinned by value */
    cred_free(mine);
    cred_free(other);
    cred_free(by_value);
    trust_free(t);
}
END_TEST

START_TEST(a_candidate_has_the_kind_that_is_asked_for)
{
    static const struct pin pins[LINES] = {{P256_DH, "a", C, 0, 0}};
    struct trust *t = new_trust(pins);
    struct cred *mine = new_cred(P256, NULL); /* the same kid */
    struct cred_id id = id_of(mine);
    size_t at = 0;

    ck_assert_ptr_null(trust_candidate(t, &id, false, &at));
    at = 0;
    ck_assert_ptr_nonnull(trust_candidate(t, &id, true, &at));
    cred_free(mine);
    trust_free(t);
}
END_TEST

/* Two points of X25519 that have one kid, by a collision of 64 bits that took 8 thousand million
 * tries: every one of them is tried, in the file's order, each once. */
START_TEST(every_key_under_one_kid_is_tried_once)
{
    const struct bytes points[] = {
        BYTES_LITERAL("gss-edhoc kid collision \xf3\x20\x40\x18\xcc\x93\x7b\x51"),
        BYTES_LITERAL("gss-edhoc kid collision \x7f\x96\xc2\x84\xe0\x9d\xef\x45")};
    static const int order[] = {1, 0, 1, 0};
    struct cred *creds[2], *found;
    struct cred_id id;
    struct trust *t;
    size_t at = 0;

    ck_assert_ok(trust_new(&t));
    for (int i = 0; i < 2; i++) {
        struct key *key;

        ck_assert_ok(key_from_public(keytype_by_name("x25519"), points[i], BYTES_NONE, &key));
        ck_assert_ok(cred_new_kid(key, &creds[i]));
        key_free(key);
    }
    ck_assert(bytes_equal(cred_id(creds[0]), cred_id(creds[1])));
    ck_assert(!cred_same_thumbprint(creds[0], creds[1]));
    for (unsigned i = 0; i < ROWS(order); i++) {
        struct trust_line *line = new_line(&(struct pin){X25519, "a", C, 0, 0}, i + 1);

        cred_free(line->cred);
        line->cred = cred_ref(creds[order[i]]);
        ck_assert_ok(pin_line(t, line));
    }
    id = id_of(creds[0]);
    for (int i = 0; i < 2; i++) {
        found = trust_candidate(t, &id, true, &at);
        ck_assert_ptr_nonnull(found);
        ck_assert(cred_same_thumbprint(found, creds[order[i]]));
    }
    ck_assert_ptr_null(trust_candidate(t, &id, true, &at));
    at = 0;
    ck_assert_ptr_null(trust_candidate(t, &id, false, &at));
    trust_free(t);
    cred_free(creds[0]);
    cred_free(creds[1]);
}
END_TEST

/* Both points of one x are pinned, for the same use: each is found under its own kid. */
START_TEST(both_points_of_one_x_are_found_under_their_kids)
{
    struct pin pin = {P256, "alice", C, 0, 0};
    struct key *negative = negative_of(keys[P256], "p256");
    struct trust_line *line = new_line(&pin, 10);
    struct trust *t;

    cred_free(line->cred);
    ck_assert_ok(cred_new_kid(negative, &line->cred));
    ck_assert_ok(trust_new(&t));
    ck_assert_ok(pin_line(t, new_line(&pin, 9)));
    ck_assert_ok(pin_line(t, line));
    for (size_t i = 0; i < 2; i++) {
        struct cred_id id = id_of(trust_at(t, i)->cred);
        size_t at = 0;

        ck_assert_ptr_eq(trust_candidate(t, &id, false, &at), trust_at(t, i)->cred);
        ck_assert_ptr_null(trust_candidate(t, &id, false, &at));
    }
    trust_free(t);
    key_free(negative);
}
END_TEST

/* ---- keys that come by value ---- */

static const struct cred *known_to(const struct trust *t, const struct cred *c, bool dh)
{
    struct cred_id id = id_of(c);

    return trust_known(t, &id, dh);
}

START_TEST(a_pinned_key_that_comes_by_value_is_known)
{
    static const struct pin pins[LINES] = {
        {X25519_B, "b", S, 0, 0}, {X25519, "a", C, 0, 0}, {P256, "c", C, 0, 0}};
    static const enum who whos[] = {X25519, P256};
    struct trust *t = new_trust(pins);

    for (size_t i = 0; i < 2; i++) {
        struct cred *sent = new_cred(whos[i], "a name of its own"), *made;
        const struct cred *known = known_to(t, sent, i == 0);
        struct cred_id id = id_of(sent);

        ck_assert_ptr_eq(known, trust_at(t, i + 1)->cred);
        ck_assert_ptr_null(known_to(t, sent, i != 0)); /* not for the other use */
        ck_assert_ok(cred_from_known_kccs(&id, known, &made));
        ck_assert_ptr_eq(cred_key(made), cred_key(known));
        ck_assert(bytes_equal(cred_id(made), cred_id(sent)));
        ck_assert(bytes_equal(cred_item(made), cred_item(sent)));
        ck_assert(bytes_equal(cred_sub(made), cred_sub(sent)));
        ck_assert(cred_same_thumbprint(made, sent));
        cred_free(made);
        ck_assert_err(cred_from_known_kccs(&id, trust_at(t, 0)->cred, &made), EDHOC_ERR_BUG);
        ck_assert_ptr_null(made);
        cred_free(sent);
    }
    trust_free(t);
}
END_TEST

START_TEST(another_key_that_comes_by_value_is_not_known)
{
    static const struct pin pins[LINES] = {{X25519, "a", C, 0, 0}, {P256, "c", C, 0, 0}};
    struct trust *t = new_trust(pins), *empty;
    struct key *negative = negative_of(keys[P256], "p256");
    struct cred *others[] = {new_cred(X25519_B, "a"), new_cred(P384, "c"), NULL};
    struct cred_id id;

    ck_assert_ok(trust_new(&empty));
    ck_assert_ok(cred_new_kccs(negative, BYTES_LITERAL("c"), &others[2]));
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(known_to(t, others[i], false));
        ck_assert_ptr_null(known_to(t, others[i], true));
        ck_assert_ptr_null(known_to(empty, others[i], i == 0));
    }
    id = id_of(others[0]);
    id.x = bytes_of(key_x(keys[X25519]).p, 31);
    ck_assert_ptr_null(trust_known(t, &id, true));
    cred_free(others[0]);
    id = id_of(others[2]);
    ck_assert_err(cred_from_known_kccs(&id, trust_at(t, 1)->cred, &others[0]), EDHOC_ERR_BUG);
    trust_free(t);
    trust_free(empty);
    key_free(negative);
    cred_free(others[1]);
    cred_free(others[2]);
}
END_TEST

static void add(Suite *suite)
{
    TCase *match = suite_case(suite, "patterns", 60), *judge = suite_case(suite, "decisions", 60);
    TCase *plan = suite_case(suite, "plans", 60), *store = suite_case(suite, "store", 60);

    tcase_add_loop_test(match, each_pattern_matches_as_its_row_says, 0, ROWS(patterns));
    tcase_add_test(match, the_worst_patterns_take_no_time);
    tcase_add_loop_test(judge, each_peer_is_judged_as_its_row_says, 0, ROWS(decisions));
    tcase_add_test(judge, what_is_told_is_printable);
    tcase_add_test(judge, a_peer_is_told_about_from_its_line);
    tcase_add_loop_test(judge, only_a_name_that_a_line_has_is_a_local_user, 0, ROWS(logins));
    tcase_add_test(judge, a_name_may_have_255_bytes);
    tcase_add_test(judge, a_nul_ends_no_name);
    tcase_add_test(judge, a_pinned_key_in_a_certificate_is_not_pinned);
    tcase_add_loop_test(plan, each_target_is_planned_as_its_row_says, 0, ROWS(plans));
    tcase_add_test(plan, a_plan_without_a_key_says_whom_it_lacks);
    tcase_add_test(store, a_trust_keeps_its_lines_and_its_references);
    tcase_add_test(store, places_are_named_in_order);
    tcase_add_test(store, too_many_places_fail_and_stay_a_text);
    tcase_add_loop_test(store, one_key_is_not_for_two_uses, 0, 2);
    tcase_add_test(store, the_negative_of_a_key_is_the_same_key);
    tcase_add_loop_test(store, a_broken_line_grants_nothing_and_is_told, 0, ROWS(broken));
    tcase_add_test(store, a_broken_line_does_not_touch_other_lines_keys);
    tcase_add_loop_test(store, a_known_key_hears_of_broken_lines_for_its_name_alone, 0,
                        ROWS(known));
    tcase_add_test(store, answers_do_not_depend_on_how_much_is_pinned);
    tcase_add_test(store, a_joined_trust_has_the_lines_of_its_parts);
    tcase_add_loop_test(store, a_key_of_two_uses_has_that_of_the_first_part, 0, 2);
    tcase_add_test(store, a_candidate_is_found_by_its_id);
    tcase_add_test(store, a_candidate_has_the_kind_that_is_asked_for);
    tcase_add_test(store, every_key_under_one_kid_is_tried_once);
    tcase_add_test(store, both_points_of_one_x_are_found_under_their_kids);
    tcase_add_test(store, a_pinned_key_that_comes_by_value_is_known);
    tcase_add_test(store, another_key_that_comes_by_value_is_not_known);
}

int main(void)
{
    int status;

    make_keys();
    status = suite_main("trust", add);
    free_keys();
    return status;
}
