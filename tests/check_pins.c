/* The lines of a trust file as they are kept: a text and an index; keys are made when they are
 * needed. What the lines say is tested in check_load, what they grant in check_trust. */
#include "base/base64.h"
#include "base/keyed_hash.h"
#include "crypto/ssh_blob.h"
#include "peer/judge.h"
#include "peer/pin_table.h"
#include "peer/trust.h"
#include "peer/trust_plan.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "lib/suite.h"
#include "support.h"

#define NOW 1000000

/* ---- texts ---- */

static void put_line(struct buf *text, const char *before, struct key *key, const char *after)
{
    trust_line_format(before, NULL, key, after, text);
    buf_put_byte(text, '\n');
}

static struct trust *trust_of(struct buf *text)
{
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    ck_assert_ok(trust_add_file(t, "f"));
    ck_assert_ok(trust_read(t, text, "f", 1));
    return t;
}

/* A line of P-256 whose point is not on the curve. */
static void put_off_curve_of(struct buf *text, const char *before, const struct key *key)
{
    struct buf blob = buf_new(512);

    ssh_blob_put(key, &blob);
    blob.p[blob.len - 1] ^= 1;
    buf_put_text(text, before);
    buf_put_text(text, " ");
    buf_put_text(text, key_type(key)->ssh_name);
    buf_put_text(text, " ");
    base64_put(buf_bytes(&blob), text);
    buf_put_byte(text, '\n');
    buf_free(&blob);
}

static void put_off_curve(struct buf *text, const char *before)
{
    put_off_curve_of(text, before, support_key("p256", 0));
}

/* ---- tables ---- */

START_TEST(a_keyed_hash_depends_on_key_length_and_bytes)
{
    uint8_t in[KEYED_HASH_MAX] = {0};
    struct keyed_hash a, b;
    unsigned same = 0;

    keyed_hash_init(&a, 1);
    keyed_hash_init(&b, 2);
    for (size_t len = 0; len <= sizeof(in); len++) {
        uint32_t hash = keyed_hash(&a, bytes_of(in, len));

        ck_assert_uint_eq(hash, keyed_hash(&a, bytes_of(in, len)));
        same += hash == keyed_hash(&b, bytes_of(in, len));
        same += len > 0 && hash == keyed_hash(&a, bytes_of(in, len - 1));
        for (size_t i = 0; i < len; i++) {
            in[i] ^= 0x80;
            same += hash == keyed_hash(&a, bytes_of(in, len));
            in[i] ^= 0x80;
        }
    }
    ck_assert_uint_eq(same, 0);
}
END_TEST

static bool is_number(const void *arg, uint32_t number)
{
    return number == *(const uint32_t *)arg;
}

/* Few hashes for many numbers. */
static uint32_t poor_hash(const void *arg, uint32_t number)
{
    (void)arg;
    return number % 7;
}

START_TEST(a_table_finds_what_was_put_in_however_poor_the_hash)
{
    struct pin_table t = {NULL, 0};
    uint32_t n;

    n = 1;
    ck_assert_uint_eq(pin_table_find(&t, 1, is_number, &n), 0);
    for (n = 1; n <= 500; n++) {
        ck_assert(pin_table_reserve(&t, n, poor_hash, NULL));
        *pin_table_slot(&t, poor_hash(NULL, n), is_number, &n) = n;
    }
    ck_assert_uint_gt(t.slots, 500);
    for (n = 1; n <= 600; n++)
        ck_assert_uint_eq(pin_table_find(&t, poor_hash(NULL, n), is_number, &n), n <= 500 ? n : 0);
    pin_table_free(&t);
}
END_TEST

/* ---- lines ---- */

START_TEST(lines_are_counted_past_those_that_do_not_count)
{
    static const unsigned pins[] = {3, 4, 7, 9}, all[] = {3, 4, 6, 7, 9};
    struct key *key = support_key("x25519", 0), *ca = support_key("ed25519", 0);
    struct buf text = buf_new(8192);
    struct trust_cursor at = {.part = 0};
    struct trust *t;

    buf_put_text(&text, "# a comment\nbroken\n");
    put_line(&text, "a", key, NULL);
    put_line(&text, "b", key, NULL);
    put_off_curve(&text, "off");
    put_line(&text, "* cert-authority", ca, NULL);
    put_line(&text, "c", support_key("p256", 1), NULL);
    buf_put_text(&text, "\n");
    put_line(&text, "d", support_key("p384", 1), NULL);
    buf_put_text(&text, "r ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB");
    t = trust_of(&text);
    ck_assert_uint_eq(trust_count(t), 5);
    ck_assert_uint_eq(trust_note_count(t), 2);
    ck_assert_ok(trust_examine(t));
    ck_assert_ok(trust_examine(t));
    ck_assert_uint_eq(trust_note_count(t), 3);
    ck_assert_uint_eq(trust_ca_count(t), 1);
    ck_assert_uint_eq(trust_ca_at(t, 0)->line, 6);
    ck_assert_uint_eq(trust_count(t), ROWS(pins));
    for (size_t i = 0; i < ROWS(pins); i++)
        ck_assert_uint_eq(trust_at(t, i)->line, pins[i]);
    for (size_t i = 0; i < ROWS(all); i++)
        ck_assert_uint_eq(trust_next(t, &at)->line, all[i]);
    ck_assert_ptr_null(trust_next(t, &at));
    trust_free(t);
}
END_TEST

START_TEST(a_line_that_says_the_same_again_is_not_asked)
{
    static const unsigned asked[] = {1, 4, 5};
    struct key *key = support_key("x25519", 0);
    struct buf text = buf_new(8192);
    struct trust_cursor at = {.part = 0};
    struct trust_place place;
    struct trust *t;
    struct cred *c;

    put_line(&text, "a", key, NULL);
    put_line(&text, "a", key, "another comment");
    put_line(&text, "a", key, NULL);
    put_line(&text, "a client", key, NULL);
    put_line(&text, "a", key, NULL); /* not said by the line before it */
    t = trust_of(&text);
    ck_assert_uint_eq(trust_count(t), 5);
    ck_assert_ok(cred_new_kid(key, &c));
    for (size_t i = 0; i < ROWS(asked); i++) {
        ck_assert(trust_walk_key(t, c, &at));
        trust_place(t, &at, &place);
        ck_assert_uint_eq(place.line, asked[i]);
    }
    ck_assert(!trust_walk_key(t, c, &at));
    cred_free(c);
    trust_free(t);
}
END_TEST

/* ---- one key under many names ---- */

#define MANY 10000

static const struct {
    const char *name; /* NULL: the client gives none */
    edhoc_err err;
    unsigned line; /* that decides, or is told */
} names[] = {
    {"user0", EDHOC_OK, 1},
    {"user9999", EDHOC_OK, MANY},
    {"zoe", EDHOC_OK, MANY + 1},
    {"old", EDHOC_ERR_TRUST_EXPIRED, MANY + 2},
    {"web", EDHOC_ERR_WRONG_NAME, 1},
    {"User0", EDHOC_ERR_WRONG_NAME, 1},
    {"nobody", EDHOC_ERR_WRONG_NAME, 1},
    {NULL, EDHOC_ERR_NO_PEER_NAME, 1},
};

static struct trust *trust_in_many(struct key *key)
{
    struct buf text = buf_new(8 << 20);
    char name[32];

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "user%d", i);
        put_line(&text, name, key, NULL);
    }
    put_line(&text, "z* client", key, NULL);
    put_line(&text, "old valid-before=\"19700102\"", key, NULL);
    put_line(&text, "web server", key, NULL);
    return trust_of(&text);
}

START_TEST(each_name_of_a_key_with_many_is_found)
{
    struct key *key = support_key("x25519", 0);
    struct trust *t = trust_in_many(key);

    for (size_t i = 0; i < ROWS(names); i++) {
        char place[32];
        struct peer peer;
        struct cred *c;
        edhoc_err err;

        if (names[i].name != NULL)
            ck_assert_ok(cred_new_kccs(key, bytes_of_text(names[i].name), &c));
        else
            ck_assert_ok(cred_new_kid(key, &c));
        err = trust_judge_client(t, c, NOW, &peer);
        ck_assert_msg(err == names[i].err, "%s: %s", names[i].name, report_details(err));
        (void)snprintf(place, sizeof(place), "f line %u", names[i].line);
        if (err == EDHOC_OK)
            ck_assert_str_eq(peer.name, names[i].name);
        else
            ck_assert_msg(strstr(report_details(err), place) != NULL, "%s", report_details(err));
        peer_clear(&peer);
        cred_free(c);
    }
    trust_free(t);
}
END_TEST

/* From one line to the next, while a peer is judged. */
static unsigned key_steps, name_steps;

bool __real_trust_walk_key(const struct trust *t, const struct cred *c, struct trust_cursor *at);
bool __wrap_trust_walk_key(const struct trust *t, const struct cred *c, struct trust_cursor *at);
bool __real_trust_walk_name(const struct trust *t, struct bytes name, struct trust_cursor *at);
bool __wrap_trust_walk_name(const struct trust *t, struct bytes name, struct trust_cursor *at);

bool __wrap_trust_walk_name(const struct trust *t, struct bytes name, struct trust_cursor *at)
{
    name_steps++;
    return __real_trust_walk_name(t, name, at);
}

bool __wrap_trust_walk_key(const struct trust *t, const struct cred *c, struct trust_cursor *at)
{
    key_steps++;
    return __real_trust_walk_key(t, c, at);
}

static const struct {
    int lines;                      /* of the client's key, none of them for it */
    unsigned key_steps, name_steps; /* the last of them tells the end */
} walks[] = {{1, 2, 0}, {15, 16, 0}, {16, 16, 3}, {100, 16, 3}};

/* A name may have as many lines as a key: only after sixteen of the key they are looked at, once, and no
 * other of the key is. */
START_TEST(lines_of_the_name_are_looked_at_once_and_for_a_key_with_many)
{
    struct buf text = buf_new(1 << 20);
    struct peer peer;
    struct trust *t;
    struct cred *c;
    char name[32];

    for (int i = 0; i < walks[_i].lines; i++) {
        (void)snprintf(name, sizeof(name), "other%d", i);
        put_line(&text, name, support_key("x25519", 0), NULL);
    }
    put_line(&text, "user", support_key("x25519", 1), NULL);
    put_line(&text, "user", support_key("ed25519", 0), NULL);
    t = trust_of(&text);
    ck_assert_ok(cred_new_kccs(support_key("x25519", 0), BYTES_LITERAL("user"), &c));
    key_steps = name_steps = 0;
    ck_assert_err(trust_judge_client(t, c, NOW, &peer), EDHOC_ERR_WRONG_NAME);
    ck_assert_uint_eq(key_steps, walks[_i].key_steps);
    ck_assert_uint_eq(name_steps, walks[_i].name_steps);
    peer_clear(&peer);
    cred_free(c);
    trust_free(t);
}
END_TEST

START_TEST(each_name_of_a_line_is_found)
{
    struct buf text = buf_new(8192), names = buf_new(TRUST_LINE_MAX);
    struct trust *t;
    char name[32];

    for (int i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof(name), "%sName%d.", i > 0 ? "," : "", i);
        buf_put_text(&names, name);
    }
    buf_put_byte(&names, '\0');
    put_line(&text, (const char *)names.p, support_key("x25519", 0), NULL);
    t = trust_of(&text);
    for (int i = 0; i <= 300; i++) {
        struct trust_cursor at = {.part = 0};

        (void)snprintf(name, sizeof(name), "nAME%d", i);
        ck_assert(trust_walk_name(t, bytes_of_text(name), &at) == (i < 300));
    }
    buf_free(&names);
    trust_free(t);
}
END_TEST

/* ---- points that are none ---- */

START_TEST(a_point_off_its_curve_grants_nothing_and_keeps_its_names)
{
    struct buf text = buf_new(8192);
    struct suite_list offer = suite_defaults();
    struct trust_plan plan;
    struct trust_story story;
    struct trust *t;

    put_off_curve(&text, "HTTP@a server");
    put_off_curve(&text, "HTTP@b");
    put_line(&text, "HTTP@b", support_key("x25519", 0), NULL);
    t = trust_of(&text);
    ck_assert_told(trust_plan(t, "HTTP@a", NOW, &offer, &plan), EDHOC_ERR_TRUST_SYNTAX,
                   "f line 1: the ecdsa-sha2-nistp256 key is not a point on its curve");
    ck_assert_ok(trust_plan(t, "HTTP@b", NOW, &offer, &plan));
    ck_assert(plan.dh);
    ck_assert(trust_taken_by(t, TRUST_SERVER, BYTES_LITERAL("HTTP@a"), &story));
    ck_assert(trust_taken_by(t, TRUST_CLIENT, BYTES_LITERAL("http@B."), &story));
    ck_assert_ptr_nonnull(strstr(story.text, "f line 2: "));
    ck_assert(!trust_taken_by(t, TRUST_CLIENT, BYTES_LITERAL("HTTP@c"), &story));
    trust_free(t);
}
END_TEST

/* A key that two files pin for two uses, and that is no point: the second file's line counts as one line
 * that does not count, and not as two. */
START_TEST(a_point_off_its_curve_is_counted_once_in_two_files)
{
    struct buf first = buf_new(8192), last = buf_new(8192);
    struct key *signs = support_key("p256", 0), *dh;
    struct trust_cursor cursor = {.part = 0};
    struct trust *parts[2], *joined;

    ck_assert_ok(key_from_public(keytype_by_curve(CRV_P256, true), key_x(signs), BYTES_NONE, &dh));
    put_off_curve_of(&first, "a", dh);
    put_off_curve_of(&last, "b", signs);
    if (_i == 1) {
        put_line(&last, "c", support_key("x25519", 0), NULL);
        put_line(&last, "d", support_key("ed25519", 0), NULL);
    }
    parts[0] = trust_of(&first);
    parts[1] = trust_of(&last);
    ck_assert_ok(trust_join(parts, 2, NULL, &joined));
    ck_assert_ok(trust_examine(joined));
    ck_assert_uint_eq(trust_note_count(joined), 2);
    ck_assert_uint_eq(trust_count(joined), _i == 1 ? 2 : 0);
    for (size_t i = 0; i < trust_count(joined); i++)
        ck_assert_str_eq(trust_at(joined, i)->principals, i == 0 ? "c" : "d");
    for (size_t i = 0; i < trust_count(joined); i++)
        ck_assert_ptr_eq(trust_next(joined, &cursor), trust_at(joined, i));
    ck_assert_ptr_null(trust_next(joined, &cursor));
    key_free(dh);
    trust_free(joined);
    trust_free(parts[0]);
    trust_free(parts[1]);
}
END_TEST

/* ---- threads ---- */

#define THREADS 8

static pthread_barrier_t together;

static void *ask(void *arg)
{
    const struct trust *t = arg;
    struct cred *c, *found;
    struct cred_id id;
    size_t at = 0;

    if (cred_new_kid(support_key("p256", 0), &c) != EDHOC_OK ||
        cred_id_read(cred_id(c), &id) != EDHOC_OK)
        abort();
    (void)pthread_barrier_wait(&together);
    found = trust_candidate(t, &id, false, &at);
    cred_free(c);
    return found;
}

START_TEST(threads_that_need_a_key_at_once_have_the_same)
{
    for (int round = 0; round < 20; round++) {
        struct buf text = buf_new(8192);
        pthread_t thread[THREADS];
        void *first = NULL, *found;
        struct trust *t;

        put_line(&text, "a", support_key("p256", 0), NULL);
        t = trust_of(&text);
        ck_assert_int_eq(pthread_barrier_init(&together, NULL, THREADS), 0);
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_create(&thread[i], NULL, ask, t), 0);
        for (int i = 0; i < THREADS; i++) {
            ck_assert_int_eq(pthread_join(thread[i], &found), 0);
            ck_assert_ptr_nonnull(found);
            first = first != NULL ? first : found;
            ck_assert_ptr_eq(found, first);
        }
        (void)pthread_barrier_destroy(&together);
        trust_free(t);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "pins", 120);

    tcase_add_test(tc, a_keyed_hash_depends_on_key_length_and_bytes);
    tcase_add_test(tc, a_table_finds_what_was_put_in_however_poor_the_hash);
    tcase_add_test(tc, lines_are_counted_past_those_that_do_not_count);
    tcase_add_test(tc, a_line_that_says_the_same_again_is_not_asked);
    tcase_add_test(tc, each_name_of_a_key_with_many_is_found);
    tcase_add_loop_test(tc, lines_of_the_name_are_looked_at_once_and_for_a_key_with_many, 0,
                        ROWS(walks));
    tcase_add_test(tc, each_name_of_a_line_is_found);
    tcase_add_test(tc, a_point_off_its_curve_grants_nothing_and_keeps_its_names);
    tcase_add_loop_test(tc, a_point_off_its_curve_is_counted_once_in_two_files, 0, 2);
    tcase_add_test(tc, threads_that_need_a_key_at_once_have_the_same);
}

int main(void)
{
    support_make_keys();
    return suite_main("pins", add);
}
