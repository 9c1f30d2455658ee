/* What is told once: that as many settings as there is room for have what they told remembered. */
#include "../gss_glue/log_once.h"

#include <stdio.h>

#include "lib/errors.h"
#include "lib/suite.h"

#define SETTINGS_MAX 1024 /* log_once.c's SLOTS */

/* What is the same for two logs, is so for log_once.c's first slot of settings that have them. */
static unsigned place_of(const char *log)
{
    uint32_t hash = 2166136261u;

    for (; *log != '\0'; log++)
        hash = (hash ^ (uint8_t)*log) * 16777619u;
    return hash % SETTINGS_MAX;
}

/* The worst case: all of them begin at the same slot, so that the last goes round to the one before. */
START_TEST(as_many_settings_as_there_is_room_for_are_told_once)
{
    static char log[SETTINGS_MAX][12];
    struct settings s = {.log = NULL};
    unsigned n = 0;

    for (unsigned i = 0; n < SETTINGS_MAX; i++) {
        (void)snprintf(log[n], sizeof(log[n]), "%u", i);
        n += place_of(log[n]) == 7;
    }
    for (int round = 0; round < 2; round++)
        for (unsigned i = 0; i < SETTINGS_MAX; i++) {
            s.log = log[i];
            must(log_once_is_news(&s, BYTES_LITERAL("broken")) == (round == 0));
        }
    s.log = log[0];
    ck_assert(log_once_is_news(&s, BYTES_NONE));
    ck_assert(!log_once_is_news(&s, BYTES_NONE));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "log_once", 60);

    tcase_add_test(tc, as_many_settings_as_there_is_room_for_are_told_once);
}

int main(void)
{
    return suite_main("log_once", add);
}
