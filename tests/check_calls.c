/* What every call has in common, whatever it is for: the story of a failure is its own. */
#include "glue_support.h"

#include <stdio.h>

/* The text of a minor status has the details of the call that gave it, not of an older one with the
 * same number. */
START_TEST(a_failure_is_not_told_with_the_story_of_an_older_one)
{
    struct talk t = talk_new();
    gss_buffer_desc message = of_text("hello"), token = GSS_C_EMPTY_BUFFER;
    gss_iov_buffer_desc no_header = {GSS_IOV_BUFFER_TYPE_DATA, GSS_C_EMPTY_BUFFER};
    OM_uint32 major, minor;

    talk_complete(&t);
    major = gss_wrap_iov(&minor, t.initiator, 1, GSS_C_QOP_DEFAULT, NULL, &no_header, 1);
    ck_assert_ptr_nonnull(strstr(status(major, minor), "no HEADER"));
    major = gss_get_mic(&minor, t.initiator, 7, &message, &token);
    check_status(major, minor, GSS_S_BAD_QOP, MINOR(ARGUMENT));
    ck_assert_ptr_null(strstr(status(major, minor), "no HEADER"));
    ck_assert_ptr_nonnull(strstr(status(major, minor), "GSS_C_QOP_DEFAULT"));
    talk_free(&t);
}
END_TEST

/* A program tidies up before it asks what went wrong, and gets the whole text all the same. */
START_TEST(tidying_up_does_not_forget_the_story)
{
    struct talk t = talk_new();
    OM_uint32 minor, ignored;
    char before[2048];

    talk_until(&t, 2);
    initiate(&t, &t.token[0]);
    minor = t.initiator_minor;
    (void)snprintf(before, sizeof(before), "%s", status(t.initiator_major, minor));
    ck_assert_ptr_nonnull(strchr(strchr(before, ':') + 1, ':')); /* there are details */
    delete_context(&t.initiator);
    release_name(&t.target);
    (void)gss_release_cred(&ignored, &t.initiator_cred);
    ck_assert_str_eq(status(t.initiator_major, minor), before);
    talk_free(&t);
}
END_TEST

static void add_calls(Suite *suite)
{
    TCase *tc = tcase_create("calls");

    tcase_add_test(tc, a_failure_is_not_told_with_the_story_of_an_older_one);
    tcase_add_test(tc, tidying_up_does_not_forget_the_story);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    return glue_main("calls", add_calls);
}
