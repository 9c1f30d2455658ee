/* One identity per target: the lines of the file `identities`, and which key an initiator takes for
 * whom, through MIT's mechglue. */
#include "load/choices.h"

#include "gss_pair.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/errors.h"
#include "lib/token.h"

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

/* ---- handshakes ---- */

/* XDG_CONFIG_HOME, another one for each test of a process: what was read stays for a second. */
static char home[16];

static const char *own(const char *file)
{
    return textf("%s/gss-edhoc/%s", home, file);
}

/* The user's folder, with three keys: identity.pem of "usual", and "work" and "play". */
static void at_home(const char *identities)
{
    static unsigned homes;

    if (access(folder_path("users"), F_OK) != 0) {
        folder_run("mkdir users");
        app_keygen("x25519", "users/identity.pem", "usual");
        app_keygen("x25519", "users/work", "work");
        app_keygen("ed25519", "users/play", "play");
        folder_run("cat users/*.pub > trust-users");
        folder_run("sed 's/^[^ ]*/*@*/; s/ / server /' server-x25519.pub > trust-all");
    }
    (void)snprintf(home, sizeof(home), "home-%u", ++homes);
    folder_run("rm -rf %s && mkdir %s && cp -r users %s/gss-edhoc", home, home, home);
    folder_write(own("identities"), identities);
    (void)setenv("XDG_CONFIG_HOME", folder_path(home), 1);
    (void)setenv("GSS_EDHOC_TRUST", folder_path("trust-all"), 1);
}

static void no_usual_key(void)
{
    folder_run("rm %s %s.pub", own("identity.pem"), own("identity.pem"));
}

/* A pair whose initiator has a credential of its own, or none. */
static struct app_pair pair(gss_cred_id_t initiator, const char *target)
{
    struct app_pair p = {0};
    const char *key = textf("server-%s", target);

    folder_run("sed 's/^[^ ]*/%s/' server-x25519.pub > %s.pub && cp server-x25519 %s", target, key,
               key);
    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, key, "trust-users", NULL);
    app_prepare(&p);
    app_use_cred(&p.initiator_cred, initiator);
    app_use_target(&p, target, GSS_C_NT_HOSTBASED_SERVICE);
    return p;
}

/* Whom the acceptor sees, and the initiator in its context. */
static void check_seen(gss_cred_id_t initiator, const char *target, const char *name)
{
    struct app_pair p = pair(initiator, target);
    gss_name_t own;
    OM_uint32 minor;

    app_open(&p);
    app_check_name(p.source, name, GSS_C_NT_USER_NAME);
    ck_assert_uint_eq(
        gss_inquire_context(&minor, p.initiator, &own, NULL, NULL, NULL, NULL, NULL, NULL), 0);
    app_check_name(own, name, GSS_C_NT_USER_NAME);
    app_release_name(&own);
    app_close(&p);
}

#define LINES "HTTP@*.work work\n*@play,*@games play\n"

static const struct {
    const char *target, *name;
} chosen[] = {{"HTTP@web.work", "work"},
              {"imap@games", "play"},
              {"imap@web.work", "usual"},
              {"HTTP@elsewhere", "usual"}};

START_TEST(a_target_chooses_the_identity)
{
    at_home(LINES);
    check_seen(GSS_C_NO_CREDENTIAL, chosen[_i].target, chosen[_i].name);
}
END_TEST

/* Acquired once, it is called by the usual key's name, and takes the others by target. */
static gss_cred_id_t acquired(gss_name_t desired, struct app_store from)
{
    gss_cred_id_t c;
    OM_uint32 minor, major = app_acquire(&minor, &app_mech, GSS_C_INITIATE, desired, from, &c);

    app_complete(major, minor);
    return c;
}

static void check_called(gss_cred_id_t c, const char *name)
{
    gss_name_t own;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_inquire_cred(&minor, c, &own, NULL, NULL, NULL), GSS_S_COMPLETE);
    app_check_name(own, name, GSS_C_NT_USER_NAME);
    app_release_name(&own);
}

static gss_cred_id_t copy(gss_cred_id_t c)
{
    gss_buffer_desc token;
    gss_cred_id_t out;
    OM_uint32 minor, major = gss_export_cred(&minor, c, &token);

    app_complete(major, minor);
    major = gss_import_cred(&minor, &token, &out);
    app_complete(major, minor);
    app_release(&token);
    return out;
}

START_TEST(a_credential_is_of_the_usual_identity_until_a_target_chose)
{
    gss_cred_id_t c;

    at_home(LINES);
    c = acquired(GSS_C_NO_NAME, (struct app_store){.identity = NULL});
    check_called(c, "usual");
    check_seen(copy(c), "imap@play", "play");
    check_seen(copy(c), "imap@elsewhere", "usual");
    check_called(c, "usual");
    check_seen(c, "HTTP@web.work", "work");
}
END_TEST

START_TEST(a_store_the_environment_and_a_name_win)
{
    gss_name_t usual = app_name("usual", GSS_C_NT_USER_NAME);

    at_home(LINES);
    check_seen(acquired(usual, (struct app_store){.identity = NULL}), "HTTP@web.work", "usual");
    check_seen(acquired(GSS_C_NO_NAME, (struct app_store){.identity = own("play")}),
               "HTTP@web.work", "play");
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path(own("play")), 1);
    check_seen(GSS_C_NO_CREDENTIAL, "HTTP@web.work", "play");
    app_release_name(&usual);
}
END_TEST

START_TEST(the_file_goes_before_the_registration_line)
{
    at_home(LINES);
    folder_run("sed 's#$# [identity=%s]#' \"$GSS_MECH_CONFIG\" > mech-play.conf",
               folder_path(own("play")));
    (void)setenv("GSS_MECH_CONFIG", folder_path("mech-play.conf"), 1);
    check_seen(GSS_C_NO_CREDENTIAL, "HTTP@web.work", "work");
    check_seen(GSS_C_NO_CREDENTIAL, "HTTP@elsewhere", "play");
}
END_TEST

/* Without identity.pem, the keys of the file are enough, for the targets that it names. */
START_TEST(the_usual_identity_may_be_missing)
{
    struct app_pair p;
    gss_cred_id_t c;

    at_home(LINES);
    no_usual_key();
    c = acquired(GSS_C_NO_NAME, (struct app_store){.identity = NULL});
    check_called(c, "work");
    check_seen(copy(c), "imap@play", "play");
    p = pair(c, "imap@elsewhere");
    app_initiate(&p, GSS_C_NO_BUFFER);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
    ck_assert_ptr_nonnull(strstr(app_status(p.initiator_major, p.initiator_minor),
                                 "no line of the file identities is for imap@elsewhere"));
    app_close(&p);
}
END_TEST

/* The whole place goes into an exported credential, and what is told of it is not. */
START_TEST(a_key_in_a_token_may_have_its_pin_in_the_file)
{
    struct app_pair p;
    struct buf der;
    gss_cred_id_t c;

    at_home("HTTP@*.work " TOKEN_PIN_URI "\n*@play " TOKEN_URI "?pin-value=1111\n");
    folder_run("openssl pkey -in users/work -outform DER -out work.der");
    der = folder_read("work.der");
    token_insert(buf_bytes(&der));
    no_usual_key();
    c = acquired(GSS_C_NO_NAME, (struct app_store){.identity = NULL});
    p = pair(copy(c), "HTTP@web.work");
    app_release_cred(&c);
    app_open(&p);
    app_check_name(p.source, "work", GSS_C_NT_USER_NAME);
    app_close(&p);
    p = pair(GSS_C_NO_CREDENTIAL, "imap@play");
    app_initiate(&p, GSS_C_NO_BUFFER);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_NO_CRED, MINOR(KEY_FORMAT));
    ck_assert_ptr_nonnull(strstr(app_status(p.initiator_major, p.initiator_minor), TOKEN_URI ": "));
    ck_assert_ptr_null(strstr(app_status(p.initiator_major, p.initiator_minor), "1111"));
    app_close(&p);
    ck_assert_uint_eq(token_prompts(), 0);
    buf_free(&der);
}
END_TEST

START_TEST(what_is_wrong_is_told)
{
    struct app_pair p;
    gss_cred_id_t c;
    OM_uint32 minor, major;

    at_home("HTTP@*.work no-such-key\n");
    p = pair(GSS_C_NO_CREDENTIAL, "HTTP@web.work");
    app_initiate(&p, GSS_C_NO_BUFFER);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
    ck_assert_ptr_nonnull(
        strstr(app_status(p.initiator_major, p.initiator_minor), folder_path(own("no-such-key"))));
    app_close(&p);
    at_home("HTTP@a");
    major = app_acquire(&minor, &app_mech, GSS_C_INITIATE, GSS_C_NO_NAME,
                        (struct app_store){.identity = NULL}, &c);
    app_failed(major, minor, GSS_S_FAILURE, MINOR(SETTING));
    ck_assert_ptr_nonnull(strstr(app_status(major, minor), "identities line 1: patterns and no"));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "lines");

    tcase_add_loop_test(tc, lines_are_read_strictly, 0, ROWS(texts));
    tcase_add_test(tc, lines_and_bytes_have_an_end);
    tcase_add_loop_test(tc, the_first_line_that_matches_counts, 0, ROWS(found));
    tc = app_case(suite, "handshakes");
    tcase_add_loop_test(tc, a_target_chooses_the_identity, 0, ROWS(chosen));
    tcase_add_test(tc, a_credential_is_of_the_usual_identity_until_a_target_chose);
    tcase_add_test(tc, a_store_the_environment_and_a_name_win);
    tcase_add_test(tc, the_file_goes_before_the_registration_line);
    tcase_add_test(tc, the_usual_identity_may_be_missing);
    tcase_add_test(tc, a_key_in_a_token_may_have_its_pin_in_the_file);
    tcase_add_test(tc, what_is_wrong_is_told);
}

int main(void)
{
    return app_main("choices", add);
}
