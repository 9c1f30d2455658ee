/* The replay and order window: every edge as a table of (number, how it must arrive), then a long
 * random walk beside a model that simply remembers everything. */
#include "token/window.h"

#include <stdlib.h>
#include <string.h>

#include "lib/slow.h"
#include "lib/suite.h"

static const char *const names[] = {"NEW", "GAP", "UNSEQ", "DUPLICATE", "OLD"};

struct step {
    uint64_t sequence;
    enum arrival expected;
};

#define NEW  ARRIVAL_NEW
#define GAP  ARRIVAL_GAP
#define UNS  ARRIVAL_UNSEQ
#define DUP  ARRIVAL_DUPLICATE
#define OLD  ARRIVAL_OLD
#define P32  (UINT64_C(1) << 32)
#define LAST (SEQUENCE_END - 1)

static const struct step in_order[] = {
    {0, NEW}, {0, DUP}, {1, NEW}, {2, NEW}, {1, DUP}, {0, DUP}, {2, DUP}, {3, NEW},
};
static const struct step gap_1[] = {
    {0, NEW}, {2, GAP}, {2, DUP}, {1, UNS}, {1, DUP}, {0, DUP}, {3, NEW}, {4, NEW},
};
static const struct step gap_63[] = {
    {0, NEW},  {64, GAP}, {64, DUP}, {0, DUP},  {63, UNS},  {1, UNS},
    {63, DUP}, {1, DUP},  {62, UNS}, {65, NEW}, {128, GAP}, {127, UNS},
};
static const struct step gap_64[] = {
    {0, NEW}, {65, GAP}, {65, DUP}, {64, UNS}, {0, DUP},
    {1, UNS}, {64, DUP}, {1, DUP},  {66, NEW}, {63, UNS},
};
static const struct step gap_65[] = {
    {0, NEW}, {66, GAP}, {66, DUP}, {65, UNS}, {64, UNS}, {0, DUP},
    {1, UNS}, {65, DUP}, {64, DUP}, {1, DUP},  {67, NEW},
};
/* After n, the numbers n - 1023 to n are remembered. */
static const struct step gap_1023[] = {
    {0, NEW},    {1024, GAP}, {0, OLD}, {1, UNS}, {1, DUP}, {1023, UNS},
    {1024, DUP}, {1025, NEW}, {1, OLD}, {2, UNS}, {2, DUP},
};
static const struct step gap_1024[] = {
    {0, NEW}, {1025, GAP}, {0, OLD},    {1, OLD}, {2, UNS},
    {2, DUP}, {1024, UNS}, {1026, NEW}, {2, OLD}, {3, UNS},
};
static const struct step gap_1025[] = {
    {0, NEW}, {1026, GAP}, {2, OLD}, {3, UNS}, {1026, DUP}, {1025, UNS}, {1025, DUP}, {1027, NEW},
};
static const struct step gap_1022[] = {
    {0, NEW}, {1023, GAP}, {0, DUP}, {1, UNS}, {1024, NEW}, {0, OLD}, {1, DUP}, {2, UNS},
};
/* As long as the whole ring. */
static const struct step gap_1087[] = {
    {0, NEW},    {1088, GAP}, {0, OLD},   {64, OLD},  {65, UNS},   {1088, DUP},
    {1087, UNS}, {1152, GAP}, {128, OLD}, {129, UNS}, {1088, DUP},
};
static const struct step gap_huge[] = {
    {0, NEW},          {1, NEW},       {P32 + 1, GAP},    {0, OLD},          {1, OLD},
    {P32, UNS},        {P32 + 1, DUP}, {P32, DUP},        {P32 - 1022, UNS}, {P32 - 1022, DUP},
    {P32 - 1023, OLD}, {P32 + 2, NEW}, {P32 - 1022, OLD},
};
static const struct step first_not_0[] = {
    {5, GAP}, {5, DUP}, {0, UNS}, {0, DUP}, {4, UNS}, {4, DUP}, {6, NEW}, {1, UNS},
};
static const struct step first_far[] = {
    {5000, GAP}, {5000, DUP}, {0, OLD}, {3976, OLD}, {3977, UNS}, {3977, DUP}, {5001, NEW},
};
static const struct step first_1023[] = {
    {1023, GAP}, {0, UNS}, {0, DUP}, {1024, NEW}, {0, OLD}, {1, UNS},
};
static const struct step last[] = {
    {LAST, GAP},        {LAST, DUP},        {0, OLD},        {LAST - 1024, OLD},
    {LAST - 1023, UNS}, {LAST - 1023, DUP}, {LAST - 1, UNS},
};
static const struct step up_to_last[] = {
    {LAST - 2, GAP}, {LAST - 1, NEW}, {LAST, NEW}, {LAST, DUP}, {LAST - 1, DUP}, {LAST - 3, UNS},
};

/* clang-format off */
#define TABLE(t) {#t, t, ROWS(t)}
/* clang-format on */
static const struct {
    const char *name;
    const struct step *steps;
    int count;
} tables[] = {
    TABLE(in_order),  TABLE(gap_1),      TABLE(gap_63),   TABLE(gap_64),
    TABLE(gap_65),    TABLE(gap_1022),   TABLE(gap_1023), TABLE(gap_1024),
    TABLE(gap_1025),  TABLE(gap_1087),   TABLE(gap_huge), TABLE(first_not_0),
    TABLE(first_far), TABLE(first_1023), TABLE(last),     TABLE(up_to_last),
};

START_TEST(each_number_arrives_as_its_table_says)
{
    struct window w;

    window_init(&w);
    for (int i = 0; i < tables[_i].count; i++) {
        struct step step = tables[_i].steps[i];
        enum arrival got = window_note(&w, step.sequence);

        ck_assert_msg(got == step.expected, "%s, step %d: %llu arrived as %s, expected %s",
                      tables[_i].name, i, (unsigned long long)step.sequence, names[got],
                      names[step.expected]);
    }
}
END_TEST

/* ---- the model ---- */

#define MODEL_NUMBERS (UINT64_C(1) << 21)

/* Remembers everything, from `base` on. */
struct model {
    bool *seen;
    uint64_t base, next;
};

static enum arrival model_note(struct model *m, uint64_t sequence)
{
    bool *seen = &m->seen[sequence - m->base];
    enum arrival arrival = ARRIVAL_UNSEQ;

    if (sequence >= m->next)
        arrival = sequence == m->next ? ARRIVAL_NEW : ARRIVAL_GAP;
    else if (sequence + WINDOW_SIZE < m->next)
        return ARRIVAL_OLD;
    else if (*seen)
        return ARRIVAL_DUPLICATE;
    *seen = true;
    if (sequence >= m->next)
        m->next = sequence + 1;
    return arrival;
}

/* A fixed generator (SplitMix64), so that a failure can be seen again. */
static uint64_t random_number(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The next, or one before, or one after, near or far; often next to where an edge may be. */
static uint64_t random_sequence(uint64_t *state, const struct model *m)
{
    static const uint64_t distances[] = {1,    2,    63,   64,   65,   1022,
                                         1023, 1024, 1025, 1087, 1088, 1089};
    uint64_t what = random_number(state) % 16;
    uint64_t distance = random_number(state) % 1200;
    uint64_t behind = m->next - m->base;

    if (what < 6)
        return m->next;
    if (what < 8)
        distance = distances[random_number(state) % ROWS(distances)];
    else if (what < 13)
        distance %= 80;
    if (random_number(state) % 3 == 0)
        return m->next + (what == 15 ? distance : distance % 70);
    return m->next - (distance < behind ? distance : behind);
}

static const uint64_t bases[] = {0, 0, 1, 63, P32 - 5000, SEQUENCE_END - MODEL_NUMBERS};

START_TEST(a_long_walk_agrees_with_a_model_that_remembers_all)
{
    struct model m = {calloc(MODEL_NUMBERS, sizeof(bool)), bases[_i], 0};
    uint64_t state = 0x6564686f63 + (uint64_t)_i;
    size_t seen[5] = {0}, steps = 200000 / slow_stride();
    struct window w;

    ck_assert_ptr_nonnull(m.seen);
    window_init(&w);
    ck_assert_int_eq(window_note(&w, m.base), model_note(&m, m.base));
    for (size_t i = 0; i < steps && m.next - m.base < MODEL_NUMBERS - 2400; i++) {
        uint64_t sequence = random_sequence(&state, &m);
        enum arrival expected = model_note(&m, sequence);
        enum arrival got = window_note(&w, sequence);

        ck_assert_msg(got == expected, "step %zu: %llu arrived as %s, expected %s", i,
                      (unsigned long long)sequence, names[got], names[expected]);
        ck_assert_uint_eq(w.next, m.next);
        seen[got]++;
    }
    for (size_t i = 0; i < 5; i++)
        ck_assert_msg(seen[i] > steps / 200, "the walk met %s %zu times only", names[i], seen[i]);
    free(m.seen);
}
END_TEST

/* ---- saving and loading ---- */

/* Do two windows answer the same from now on? Tried on copies, for all numbers that could
 * differ. */
static void same_answers(const struct window *a, const struct window *b)
{
    ck_assert_uint_eq(a->next, b->next);
    for (uint64_t back = 0; back <= WINDOW_SIZE + 70 && back <= a->next; back++) {
        struct window x = *a, y = *b;

        ck_assert_int_eq(window_note(&x, a->next - back), window_note(&y, a->next - back));
    }
}

START_TEST(a_loaded_window_answers_like_the_saved_one)
{
    struct model m = {calloc(MODEL_NUMBERS, sizeof(bool)), 0, 0};
    uint64_t state = 0x73617665;
    uint8_t record[WINDOW_RECORD], again[WINDOW_RECORD];
    struct window w, loaded;

    ck_assert_ptr_nonnull(m.seen);
    window_init(&w);
    for (size_t i = 0; i < (slow_stride() > 1 ? 300 : 3000); i++) {
        if (i % 50 == 0 || i < 10) {
            window_save(&w, record);
            ck_assert(window_load(&loaded, w.next, record));
            same_answers(&w, &loaded);
            window_save(&loaded, again);
            ck_assert_mem_eq(record, again, sizeof(record));
            w = loaded; /* and go on with that one */
        }
        uint64_t sequence = random_sequence(&state, &m);
        ck_assert_int_eq(window_note(&w, sequence), model_note(&m, sequence));
    }
    free(m.seen);
}
END_TEST

START_TEST(impossible_records_are_not_loaded)
{
    uint8_t record[WINDOW_RECORD] = {0};
    struct window w, initial;

    window_init(&initial);
    ck_assert(window_load(&w, 0, record));
    ck_assert(!window_load(&w, 1, record)); /* `next` without the number before it */
    record[0] = 0x80;
    ck_assert(window_load(&w, 1, record));
    ck_assert(window_load(&w, SEQUENCE_END, record));
    ck_assert_int_eq(window_note(&w, LAST), ARRIVAL_DUPLICATE);
    ck_assert(!window_load(&w, 0, record));
    ck_assert(!window_load(&w, SEQUENCE_END + 1, record));
    ck_assert(!window_load(&w, UINT64_MAX, record));
    record[0] = 0xc0; /* says that -1 has arrived */
    ck_assert(!window_load(&w, 1, record));
    ck_assert_mem_eq(&w, &initial, sizeof(w));
    ck_assert(window_load(&w, 2, record));
    record[WINDOW_RECORD - 1] = 1;
    ck_assert(!window_load(&w, WINDOW_SIZE - 1, record));
    ck_assert(window_load(&w, WINDOW_SIZE, record));
    ck_assert_int_eq(window_note(&w, 0), ARRIVAL_DUPLICATE);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tcase = suite_case(suite, "window", 60);

    tcase_add_loop_test(tcase, each_number_arrives_as_its_table_says, 0, ROWS(tables));
    tcase_add_loop_test(tcase, a_long_walk_agrees_with_a_model_that_remembers_all, 0, ROWS(bases));
    tcase_add_test(tcase, a_loaded_window_answers_like_the_saved_one);
    tcase_add_test(tcase, impossible_records_are_not_loaded);
}

int main(void)
{
    return suite_main("window", add);
}
