/* What every call has in common, whatever it is for: the story of a failure is its own. */
#include "gss_pair.h"

#include <stdio.h>

/* The text of a minor status has the details of the call that gave it, not of an older one with the
 * same number. */
START_TEST(a_failure_is_not_told_with_the_story_of_an_older_one)
{
    struct app_pair p = {0};
    gss_buffer_desc message = app_of_text("hello"), token = GSS_C_EMPTY_BUFFER;
    gss_iov_buffer_desc no_header = {GSS_IOV_BUFFER_TYPE_DATA, GSS_C_EMPTY_BUFFER};
    OM_uint32 major, minor;

    app_open(&p);
    major = gss_wrap_iov(&minor, p.initiator, 1, GSS_C_QOP_DEFAULT, NULL, &no_header, 1);
    ck_assert_ptr_nonnull(strstr(app_status(major, minor), "no HEADER"));
    major = gss_get_mic(&minor, p.initiator, 7, &message, &token);
    app_failed(major, minor, GSS_S_BAD_QOP, MINOR(ARGUMENT));
    ck_assert_ptr_null(strstr(app_status(major, minor), "no HEADER"));
    ck_assert_ptr_nonnull(strstr(app_status(major, minor), "GSS_C_QOP_DEFAULT"));
    app_close(&p);
}
END_TEST

/* A program tidies up before it asks what went wrong, and gets the whole text all the same. */
START_TEST(tidying_up_does_not_forget_the_story)
{
    struct app_pair p = {0};
    OM_uint32 minor;
    char before[2048];

    app_until(&p, 2);
    app_initiate(&p, &p.token[0]);
    minor = p.initiator_minor;
    (void)snprintf(before, sizeof(before), "%s", app_status(p.initiator_major, minor));
    ck_assert_ptr_nonnull(strchr(strchr(before, ':') + 1, ':')); /* there are details */
    app_delete(&p.initiator);
    app_release_name(&p.target);
    app_release_cred(&p.initiator_cred);
    ck_assert_str_eq(app_status(p.initiator_major, minor), before);
    app_close(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "calls");

    tcase_add_test(tc, a_failure_is_not_told_with_the_story_of_an_older_one);
    tcase_add_test(tc, tidying_up_does_not_forget_the_story);
}

int main(void)
{
    return app_main("calls", add);
}
