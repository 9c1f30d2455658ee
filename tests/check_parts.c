/* Parts: how often files are read, by whom, and what stays. A kind of part made for the tests counts
 * its readings. */
#include "load/file.h"
#include "load/lock.h"
#include "load/mech_conf.h"
#include "load/part.h"
#include "load/settings.h"
#include "load/sources.h"
#include "load/wanted.h"

#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/suite.h"

/* ---- a kind that counts ---- */

static _Atomic unsigned readings;
static _Atomic int alive;    /* contents */
static _Atomic int slowness; /* milliseconds that a reading takes */
static size_t weight;        /* bytes that a reading claims to have read */
static edhoc_err fault;      /* of the next readings, whatever the file has */

struct contents {
    atomic_uint refs;
    char text[64];
};

static edhoc_err counted_load(const struct part_spec *spec, struct loading *loading, void **out)
{
    struct contents *c;
    struct buf text;
    edhoc_err err = file_read(spec->place[0], FILE_ANY, 63, loading, NULL, &text);

    readings++;
    (void)usleep((useconds_t)slowness * 1000);
    if (err == EDHOC_OK)
        err = fault;
    if (err == EDHOC_OK) {
        c = calloc(1, sizeof(*c));
        atomic_init(&c->refs, 1);
        memcpy(c->text, text.p, text.len);
        alive++;
        *out = c;
    }
    loading->bytes += weight;
    buf_free(&text);
    return err;
}

static void *counted_ref(void *contents)
{
    struct contents *c = contents;

    if (c != NULL)
        atomic_fetch_add(&c->refs, 1);
    return c;
}

static void counted_free(void *contents)
{
    struct contents *c = contents;

    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    alive--;
    free(c);
}

static const struct part_kind counted = {counted_load, counted_ref, counted_free};

/* Here and where threads or forked children run, must() instead of Check's assertions. */
static struct part *hold(const char *file)
{
    struct part_spec spec = {.kind = &counted, .place = {folder_path(file)}};
    struct part *part;

    must(part_hold(&spec, &part) == EDHOC_OK);
    return part;
}

/* Writes a file that was there for a while. */
static void write_old(const char *file, const char *text)
{
    folder_write(file, text);
    clock_pass(5000);
}

static void expect(struct part *part, edhoc_err err, const char *text)
{
    struct part_state state;

    part_look(part, false, &state);
    must(part_tell(&state, NULL) == err);
    must(text != NULL || state.contents == NULL);
    must(text == NULL || strcmp(((struct contents *)state.contents)->text, text) == 0);
    part_state_clear(&state);
}

/* ---- what is shared ---- */

START_TEST(a_part_is_read_once_for_all_who_hold_it)
{
    write_old("a", "one");
    for (int i = 0; i < 1000; i++) {
        struct part *part = hold("a");

        expect(part, EDHOC_OK, "one");
        part_release(part);
        clock_pass(10);
    }
    ck_assert_uint_eq(readings, 1);
    ck_assert_int_eq(alive, 1);
}
END_TEST

START_TEST(other_places_passphrases_and_kinds_are_other_parts)
{
    static const struct part_kind same_but = {counted_load, counted_ref, counted_free};
    const struct part_spec specs[] = {
        {.kind = &counted, .place = {"/a"}},
        {.kind = &counted, .place = {"/a", "/b"}},
        {.kind = &counted, .place = {NULL, "/a"}},
        {.kind = &counted, .place = {"/a"}, .optional = true},
        {.kind = &counted, .place = {"/a"}, .passphrase = ""},
        {.kind = &counted, .place = {"/a"}, .passphrase = "secret"},
        {.kind = &counted, .place = {"/a"}, .passphrase = "secret2"},
        {.kind = &same_but, .place = {"/a"}},
    };
    struct part *part[ROWS(specs)], *again;

    for (int i = 0; i < ROWS(specs); i++) {
        ck_assert_ok(part_hold(&specs[i], &part[i]));
        for (int k = 0; k < i; k++)
            ck_assert_ptr_ne(part[i], part[k]);
    }
    for (int i = 0; i < ROWS(specs); i++) {
        ck_assert_ok(part_hold(&specs[i], &again));
        ck_assert_ptr_eq(again, part[i]);
        part_release(again);
        part_release(part[i]);
    }
    part_release(NULL);
}
END_TEST

START_TEST(another_user_has_other_parts)
{
    struct part *ours, *theirs, *again;

    if (!suite_is_root("another user's parts"))
        return;
    ours = hold("a");
    ck_assert_int_eq(seteuid(65534), 0);
    theirs = hold("a");
    ck_assert_int_eq(seteuid(0), 0);
    again = hold("a");
    ck_assert_ptr_ne(ours, theirs);
    ck_assert_ptr_eq(ours, again);
    part_release(ours);
    part_release(theirs);
    part_release(again);
}
END_TEST

START_TEST(other_groups_have_other_parts_however_many)
{
    static gid_t groups[100];
    struct part *few, *many, *again;

    if (!suite_is_root("parts of other groups"))
        return;
    for (int i = 0; i < ROWS(groups); i++)
        groups[i] = 70000 + (gid_t)i;
    ck_assert_int_eq(setgroups(1, groups), 0);
    few = hold("a");
    ck_assert_int_eq(setgroups(ROWS(groups), groups), 0);
    many = hold("a");
    again = hold("a");
    ck_assert_ptr_ne(few, many);
    ck_assert_ptr_eq(many, again);
    groups[99] = 0;
    ck_assert_int_eq(setgroups(ROWS(groups), groups), 0);
    part_release(again);
    again = hold("a");
    ck_assert_ptr_ne(many, again);
    part_release(few);
    part_release(many);
    part_release(again);
}
END_TEST

/* ---- what changes ---- */

START_TEST(a_change_is_seen_at_the_next_look)
{
    struct part *part;
    struct part_state held;

    write_old("a", "one");
    part = hold("a");
    part_look(part, false, &held);
    folder_write("a", "other");
    expect(part, EDHOC_OK, "one");
    clock_pass(1000);
    expect(part, EDHOC_OK, "other");
    ck_assert_str_eq(((struct contents *)held.contents)->text, "one");
    ck_assert_int_eq(alive, 2);
    part_state_clear(&held);
    ck_assert_int_eq(alive, 1);
    part_release(part);
}
END_TEST

/* libcrypto does not always say that it was memory that it lacked: what it called malformed may be well. */
START_TEST(what_is_refused_for_the_first_time_is_read_once_more)
{
    struct part *part;

    write_old("a", "one");
    fault = EDHOC_ERR_KEY_FORMAT;
    part = hold("a");
    expect(part, EDHOC_ERR_KEY_FORMAT, NULL);
    fault = EDHOC_OK;
    clock_pass(1000);
    expect(part, EDHOC_OK, "one");
    write_old("a", "other");
    fault = EDHOC_ERR_KEY_FORMAT;
    expect(part, EDHOC_ERR_KEY_FORMAT, "one");
    fault = EDHOC_OK;
    clock_pass(1000);
    expect(part, EDHOC_OK, "other");
    ck_assert_uint_eq(readings, 4);
    write_old("a", "broken");
    fault = EDHOC_ERR_KEY_FORMAT;
    for (int i = 0; i < 10; i++) {
        expect(part, EDHOC_ERR_KEY_FORMAT, "other");
        clock_pass(1000);
    }
    ck_assert_uint_eq(readings, 6);
    part_release(part);
}
END_TEST

START_TEST(a_young_file_is_read_again)
{
    struct part *part;

    folder_write("a", "one");
    part = hold("a");
    for (int i = 0; i < 10; i++) {
        expect(part, EDHOC_OK, "one");
        clock_pass(1000);
    }
    ck_assert_uint_ge(readings, 3);
    ck_assert_uint_le(readings, 5);
    part_release(part);
}
END_TEST

START_TEST(what_was_read_stays_while_its_file_is_not_there)
{
    struct part_state state;
    struct part *part;

    part = hold("a");
    expect(part, EDHOC_ERR_FILE, NULL);
    write_old("a", "one");
    part_look(part, true, &state); /* a new credential is not told an older failure */
    ck_assert_ok(part_tell(&state, NULL));
    part_state_clear(&state);
    folder_run("rm a");
    clock_pass(1000);
    expect(part, EDHOC_ERR_FILE, "one");
    clock_pass(7000);
    part_look(part, false, &state);
    ck_assert_told(part_tell(&state, NULL), EDHOC_ERR_FILE, folder_path("a"));
    ck_assert(state.gone);
    ck_assert_int_ge(state.age, 8000);
    ck_assert_int_lt(state.age, 9000);
    part_state_clear(&state);
    part_release(part);
}
END_TEST

/* ---- threads ---- */

#define THREADS 8

struct looker {
    pthread_t thread;
    struct part *part;
    char text[64];
};

static void *look(void *arg)
{
    struct looker *l = arg;
    struct part_state state;

    part_look(l->part, false, &state);
    if (state.contents != NULL)
        memcpy(l->text, ((struct contents *)state.contents)->text, sizeof(l->text));
    part_state_clear(&state);
    return NULL;
}

static void start(struct looker *l, struct part *part)
{
    *l = (struct looker){.part = part};
    ck_assert_int_eq(pthread_create(&l->thread, NULL, look, l), 0);
}

static void finish(struct looker *l, const char *text)
{
    ck_assert_int_eq(pthread_join(l->thread, NULL), 0);
    ck_assert_str_eq(l->text, text);
}

START_TEST(one_thread_reads_and_the_first_time_others_wait)
{
    struct looker lookers[THREADS];
    struct part *part;

    write_old("a", "one");
    part = hold("a");
    slowness = 200;
    for (int i = 0; i < THREADS; i++)
        start(&lookers[i], part);
    for (int i = 0; i < THREADS; i++)
        finish(&lookers[i], "one");
    ck_assert_uint_eq(readings, 1);
    part_release(part);
}
END_TEST

/* Up to two seconds after the last look with what that found, and later with what this one does. */
START_TEST(others_go_on_while_one_looks_or_wait_where_that_is_too_old)
{
    struct looker slow, other;
    struct part *part;

    write_old("a", "one");
    part = hold("a");
    expect(part, EDHOC_OK, "one");
    folder_write("a", "other");
    clock_pass(_i == 0 ? 1500 : 2500);
    slowness = 500;
    start(&slow, part);
    (void)usleep(100000);
    start(&other, part);
    finish(&other, _i == 0 ? "one" : "other");
    finish(&slow, "other");
    ck_assert_uint_eq(readings, 2);
    part_release(part);
}
END_TEST

/* ---- forks ---- */

static void *hammer(void *arg)
{
    atomic_bool *stop = arg;

    while (!*stop) {
        struct part *part = hold("a"), *other = hold("b");
        struct part_state state;

        clock_pass(1000);
        part_look(part, false, &state);
        part_state_clear(&state);
        part_release(part);
        part_release(other);
    }
    return NULL;
}

/* By a signal, because what the parent's other threads had in hand is a leak here, which valgrind
 * would tell of at an exit. */
static void end_child(bool good)
{
    (void)kill(getpid(), good ? SIGKILL : SIGABRT);
}

static void expect_child(pid_t child)
{
    int status;

    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}

START_TEST(a_look_that_a_fork_interrupted_starts_again_in_the_child)
{
    struct looker slow;
    struct part *part;
    pid_t child;

    write_old("a", "one");
    part = hold("a");
    slowness = 300;
    start(&slow, part);
    (void)usleep(100000);
    child = fork();
    if (child == 0) {
        (void)alarm(10);
        slowness = 0;
        expect(part, EDHOC_OK, "one");
        end_child(readings == 2);
    }
    finish(&slow, "one");
    ck_assert_uint_eq(readings, 1);
    expect_child(child);
    part_release(part);
}
END_TEST

START_TEST(a_child_reads_nothing_that_its_parent_has)
{
    struct part *part;
    pid_t child;

    write_old("a", "one");
    part = hold("a");
    expect(part, EDHOC_OK, "one");
    child = fork();
    if (child == 0) {
        for (int i = 0; i < 100; i++) {
            struct part *again = hold("a");

            expect(again, EDHOC_OK, "one");
            part_release(again);
            clock_pass(100);
        }
        end_child(readings == 1);
    }
    expect_child(child);
    part_release(part);
}
END_TEST

START_TEST(no_fork_leaves_the_child_locked_out)
{
    atomic_bool stop = false;
    pthread_t threads[4];

    write_old("a", "one");
    write_old("b", "two");
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, &stop), 0);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();

        if (child == 0) {
            struct part *part = hold("a");

            (void)alarm(10);
            for (int k = 0; k < 10; k++) {
                clock_pass(1000);
                expect(part, EDHOC_OK, "one");
            }
            part_release(part);
            end_child(true);
        }
        expect_child(child);
    }
    stop = true;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

/* ---- what stays, and how long ---- */

static void use(const char *file)
{
    struct part *part = hold(file);

    expect(part, EDHOC_OK, file);
    part_release(part);
}

/* 300 virtual hosts with a store each, one after the other. */
START_TEST(three_hundred_parts_stay)
{
    for (int i = 0; i < 300; i++)
        folder_write(textf("%d", i), textf("%d", i));
    clock_pass(5000);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 300; i++) {
            use(textf("%d", i));
            clock_pass(10);
        }
    ck_assert_uint_eq(readings, 300);
}
END_TEST

START_TEST(a_part_that_nobody_holds_goes_after_ten_minutes)
{
    struct part *held;

    write_old("a", "a");
    write_old("b", "b");
    write_old("c", "c");
    use("a");
    held = hold("b");
    expect(held, EDHOC_OK, "b");
    clock_pass(599000);
    use("c");
    ck_assert_int_eq(alive, 3);
    clock_pass(2000);
    use("c");
    ck_assert_int_eq(alive, 2);
    use("a");
    ck_assert_uint_eq(readings, 4);
    part_release(held);
}
END_TEST

static void look_at_registration(struct part_state *state)
{
    struct wanted w;
    struct part *part;

    ck_assert_ok(wanted_conf(&w));
    ck_assert_ok(part_hold(&w.spec, &part));
    part_look(part, false, state);
    ck_assert_ok(part_tell(state, NULL));
    part_release(part);
    wanted_clear(&w);
}

/* Its file does not change: where somebody still held the part, it would have the same contents. */
START_TEST(who_has_read_the_settings_does_not_hold_their_file)
{
    struct part_state before, after;
    struct settings settings;

    (void)setenv("GSS_MECH_CONFIG", folder_path("mech.conf"), 1);
    write_old("mech.conf", "edhoc " MECH_OID " mech_edhoc.so [suites=2]\n");
    ck_assert_ok(sources_settings(NULL, 0, &settings));
    settings_clear(&settings);
    look_at_registration(&before);
    clock_pass(700000);
    write_old("a", "a");
    use("a");
    look_at_registration(&after);
    ck_assert_ptr_ne(after.contents, before.contents);
    part_state_clear(&before);
    part_state_clear(&after);
    (void)unsetenv("GSS_MECH_CONFIG");
}
END_TEST

START_TEST(many_bytes_that_nobody_holds_go_the_oldest_first)
{
    static const char *const files[] = {"a", "b", "c", "d"};

    weight = 25ul << 20;
    for (int i = 0; i < 4; i++)
        write_old(files[i], files[i]);
    for (int i = 0; i < 4; i++) {
        use(files[i]);
        clock_pass(1000);
    }
    ck_assert_int_eq(alive, 3);
    use("d");
    use("c");
    use("b");
    ck_assert_uint_eq(readings, 4);
    clock_pass(1000);
    use("a");
    ck_assert_uint_eq(readings, 5);
    ck_assert_int_eq(alive, 3);
}
END_TEST

START_TEST(the_last_part_stays_however_large)
{
    weight = 300ul << 20;
    write_old("a", "a");
    for (int i = 0; i < 10; i++) {
        use("a");
        clock_pass(1000);
    }
    ck_assert_uint_eq(readings, 1);
}
END_TEST

/* ---- what counts, and what is told ---- */

static const struct {
    const char *otherwise; /* NULL: it always counts, as a key does */
    bool read, gone;
    int64_t age;
    bool over;
    const char *told;
} looks[] = {
    {"nobody is believed", true, false, PART_GRACE - 1, false,
     "it broke; what was read 59 s ago counts for 0 s more"},
    {"nobody is believed", true, false, PART_GRACE, false,
     "it broke; what was read 60 s ago counts for 0 s more"},
    {"nobody is believed", true, false, PART_GRACE + 1, true,
     "it broke; what was read 60 s ago is too old, so until that is mended, nobody is believed"},
    {"nobody is believed", true, false, 5000, false,
     "it broke; what was read 5 s ago counts for 55 s more"},
    {"nobody is believed", true, true, 5000, true,
     "it broke; until that is mended, nobody is believed"},
    {"nobody is believed", false, false, 5000, true,
     "it broke; until that is mended, nobody is believed"},
    {NULL, true, true, PART_GRACE + 1, true, "it broke; what was read 60 s ago is used on"},
    {NULL, false, false, 5000, true, "it broke"},
};

START_TEST(what_was_read_last_counts_for_a_minute_unless_its_file_is_gone)
{
    struct part_state state = {.contents = looks[_i].read ? &alive : NULL,
                               .err = EDHOC_ERR_FILE,
                               .story = textf("it broke"),
                               .gone = looks[_i].gone,
                               .age = looks[_i].age};

    ck_assert_int_eq(part_is_over(&state), looks[_i].over);
    ck_assert_err(part_tell(&state, looks[_i].otherwise), EDHOC_ERR_FILE);
    ck_assert_str_eq(report_details(EDHOC_ERR_FILE), looks[_i].told);
    state.err = EDHOC_OK;
    ck_assert(!part_is_over(&state));
    ck_assert_ok(part_tell(&state, looks[_i].otherwise));
}
END_TEST

/* ---- main ---- */

static void begin(void)
{
    folder_clear();
    readings = 0;
    fault = EDHOC_OK;
    slowness = 0;
    weight = 0;
    clock_pass(700000); /* what other tests left goes, when the next part is let go of */
    part_release(hold("unused"));
    clock_settle();
    ck_assert_int_eq(alive, 0);
}

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "parts", 120);

    tcase_add_checked_fixture(tc, begin, NULL);
    tcase_add_test(tc, a_part_is_read_once_for_all_who_hold_it);
    tcase_add_loop_test(tc, what_was_read_last_counts_for_a_minute_unless_its_file_is_gone, 0,
                        ROWS(looks));
    tcase_add_test(tc, other_places_passphrases_and_kinds_are_other_parts);
    tcase_add_test(tc, another_user_has_other_parts);
    tcase_add_test(tc, other_groups_have_other_parts_however_many);
    tcase_add_test(tc, a_change_is_seen_at_the_next_look);
    tcase_add_test(tc, what_is_refused_for_the_first_time_is_read_once_more);
    tcase_add_test(tc, a_young_file_is_read_again);
    tcase_add_test(tc, what_was_read_stays_while_its_file_is_not_there);
    tcase_add_test(tc, one_thread_reads_and_the_first_time_others_wait);
    tcase_add_loop_test(tc, others_go_on_while_one_looks_or_wait_where_that_is_too_old, 0, 2);
    tcase_add_test(tc, a_look_that_a_fork_interrupted_starts_again_in_the_child);
    tcase_add_test(tc, a_child_reads_nothing_that_its_parent_has);
    tcase_add_test(tc, no_fork_leaves_the_child_locked_out);
    tcase_add_test(tc, three_hundred_parts_stay);
    tcase_add_test(tc, a_part_that_nobody_holds_goes_after_ten_minutes);
    tcase_add_test(tc, who_has_read_the_settings_does_not_hold_their_file);
    tcase_add_test(tc, many_bytes_that_nobody_holds_go_the_oldest_first);
    tcase_add_test(tc, the_last_part_stays_however_large);
}

int main(void)
{
    int status;

    folder_make("parts");
    status = suite_main("parts", add);
    folder_remove();
    return status;
}
