#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "keep.h"

int suite_main(const char *name, void (*add)(Suite *suite))
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    add(suite);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

TCase *suite_case(Suite *suite, const char *name, int seconds)
{
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, seconds);
    tcase_add_checked_fixture(tc, NULL, keep_release);
    suite_add_tcase(suite, tc);
    return tc;
}

bool suite_is_root(const char *what)
{
    if (geteuid() == 0)
        return true;
    printf("# skipped: %s, which takes root\n", what);
    return false;
}
