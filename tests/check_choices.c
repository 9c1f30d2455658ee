/* One identity per target: the lines of the file `identities`. */
#include "load/choices.h"

#include "gss_pair.h"

#include "lib/errors.h"

/* ---- lines ---- */

static const struct {
    const char *text;
    const char *told; /* NULL: it is well */
    size_t lines;
} texts[] = {
    {"", NULL, 0},
    {"# nothing\n\n   # nor here\n", NULL, 0},
    {"HTTP@a key\r\n\t*@b\t/abs/key  \n", NULL, 2},
    {"*,!HTTP@a agent:SHA256:x", NULL, 1},
    {"HTTP@a \"with blank\"", NULL, 1},
    {"HTTP@a", "line 1: patterns and no place", 0},
    {"\nHTTP@a key key2\n", "line 2: something after the place; put quotes", 0},
    {"HTTP@a key # why\n", "line 1: something after the place", 0},
    {"!HTTP@a key", "line 1: only patterns with !", 0},
    {"HTTP@a,,b key", "line 1: a pattern is empty", 0},
    {"HTTP@a, key", "line 1: a comma at the end", 0},
    {"HTTP@a\\b key", "line 1: a pattern has a blank, a comma, a quote or a backslash", 0},
    {"HTTP@a k\"ey", "line 1: a quote or a backslash in the place", 0},
    {"HTTP@a \"", "line 1: a quote or a backslash in the place", 0},
    {"HTTP@a \"\"", "line 1: a quote or a backslash in the place", 0},
    {"HTTP@a k\x01y", "line 1: the place has control characters", 0},
    {"HTTP@a k\xffy", "line 1: the place has control characters or is not UTF-8", 0},
    {"HTTP@\xff key", "line 1: a pattern has control characters or is not UTF-8", 0},
    {"HTTP@a file://elsewhere/key", "line 1: a file on another machine", 0},
    {"\xef\xbb\xbfHTTP@a key", "byte order mark", 0},
};

START_TEST(lines_are_read_strictly)
{
    const char *path = folder_write("lines", texts[_i].text);
    struct choices *c;

    if (texts[_i].told != NULL) {
        ck_assert_told(choices_read(path, NULL, &c), EDHOC_ERR_SETTING, texts[_i].told);
        ck_assert_ptr_null(c);
        return;
    }
    ck_assert_ok(choices_read(path, NULL, &c));
    ck_assert_uint_eq(choices_count(c), texts[_i].lines);
    choices_free(c);
}
END_TEST

START_TEST(lines_and_bytes_have_an_end)
{
    struct choices *c;

    folder_run("yes 'a k' | head -n 1024 > many");
    ck_assert_ok(choices_read(folder_path("many"), NULL, &c));
    ck_assert_uint_eq(choices_count(c), 1024);
    choices_free(c);
    folder_run("echo 'a k' >> many");
    ck_assert_told(choices_read(folder_path("many"), NULL, &c), EDHOC_ERR_SETTING, "line 1025");
    folder_run("yes '# much' | head -c 65537 > much");
    ck_assert_err(choices_read(folder_path("much"), NULL, &c), EDHOC_ERR_FILE);
    folder_run("echo 'a k' > open && chmod 666 open");
    ck_assert_err(choices_read(folder_path("open"), NULL, &c), EDHOC_ERR_PERMISSIONS);
    ck_assert_ok(choices_read(folder_path("no-such-file"), NULL, &c));
    ck_assert_uint_eq(choices_count(c), 0);
    choices_free(c);
}
END_TEST

static const struct {
    const char *target, *place; /* NULL: none */
} found[] = {
    {"HTTP@www.example.org", "/abs/www"}, {"HTTP@old.example.org", "HOME/old"},
    {"HTTP@WWW.example.org", "/abs/www"}, {"imap@mail", "FOLDER/two words"},
    {"pop@mail", "agent:SHA256:x"},       {"http@www.example.org", NULL},
    {"HTTP@example.org", NULL},
};

START_TEST(the_first_line_that_matches_counts)
{
    const char *path = folder_write("identities", "HTTP@*.Example.org,!HTTP@old.* /abs/www\n"
                                                  "HTTP@*.example.org ~/old\n"
                                                  "imap@mail \"two words\"\n"
                                                  "*@mail agent:SHA256:x\n");
    const struct choice *got;
    struct choices *c;

    (void)setenv("HOME", "/HOME", 1);
    ck_assert_ok(choices_read(path, NULL, &c));
    got = choices_find(c, found[_i].target);
    ck_assert_int_eq(got != NULL, found[_i].place != NULL);
    if (got != NULL && strncmp(found[_i].place, "HOME", 4) == 0)
        ck_assert_str_eq(got->place, textf("/%s", found[_i].place));
    else if (got != NULL && strncmp(found[_i].place, "FOLDER/", 7) == 0)
        ck_assert_str_eq(got->place, folder_path(found[_i].place + 7));
    else if (got != NULL)
        ck_assert_str_eq(got->place, found[_i].place);
    choices_free(c);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "lines");

    tcase_add_loop_test(tc, lines_are_read_strictly, 0, ROWS(texts));
    tcase_add_test(tc, lines_and_bytes_have_an_end);
    tcase_add_loop_test(tc, the_first_line_that_matches_counts, 0, ROWS(found));
}

int main(void)
{
    return app_main("choices", add);
}
