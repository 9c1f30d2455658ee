/* No branch and no address of ours depends on a secret, and none is written anywhere: each part of the
 * mechanism that touches one runs here with secrets marked as memory without a value, under valgrind
 * (tests/secrets/marks.h, which says what counts as one). Elsewhere it is skipped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "gss_support.h"
#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/key_file.h"
#include "load/openssh_key.h"
#include "secrets/marks.h"

#define PASSPHRASE "correct horse battery staple"

/* Since the last time, memcheck has seen nothing. */
static void ck_assert_unseen(void)
{
    static unsigned before;
    unsigned now = marks_reports(), since = now - before;

    before = now;
    ck_assert_msg(
        since == 0,
        "%u branches, addresses or writes that depend on a secret: see valgrind's reports", since);
}

static void ck_assert_secret(struct bytes value)
{
    ck_assert_msg(value.len > 0 && marks_all(value.p, value.len), "a secret without its marks");
}

/* ---- the net holds ---- */

__attribute__((noinline)) static bool compare(struct bytes a, struct bytes b)
{
    return bytes_equal(a, b);
}

/* Comparing secrets as if they were none is seen. In a child, whose exit status is then valgrind's;
 * what it prints is wanted. */
START_TEST(a_branch_on_a_secret_is_seen)
{
    struct bytes a = keep("0123456789abcdef", 16), b = keep("0123456789abcdeg", 16);
    int status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        fprintf(stderr, "# wanted: a report about memcmp\n");
        marks_secret(a.p, a.len);
        (void)compare(a, b);
        _exit(marks_reports() > 0 ? 42 : 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    ck_assert_unseen();
}
END_TEST

START_TEST(comparing_secrets_tells_the_verdict_only)
{
    struct bytes a = keep("0123456789abcdef", 16), b = keep("0123456789abcdef", 16);
    struct bytes other = keep("0123456789abcdeg", 16), first = keep("X123456789abcdef", 16);

    for (int i = 0; i < 2; i++) {
        marks_secret(a.p, a.len);
        ck_assert(bytes_equal_secret(a, b));
        ck_assert(!bytes_equal_secret(a, other));
        ck_assert(!bytes_equal_secret(first, a));
        ck_assert(!bytes_equal_secret(a, bytes_of(b.p, 15)));
        marks_secret(b.p, b.len); /* and both of them */
    }
    ck_assert_unseen();
}
END_TEST

/* ---- key files ---- */

/* The last two characters tell how long it is. */
START_TEST(base64_of_a_secret)
{
    const char *text = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==";
    struct bytes in = keep(text, strlen(text));
    struct buf out = buf_new(100), again = buf_new(100);

    marks_secret(in.p, in.len - 2);
    ck_assert(base64_read(in, &out));
    ck_assert_uint_eq(out.len, 31);
    ck_assert_secret(buf_bytes(&out));
    base64_put(buf_bytes(&out), &again);
    ck_assert_secret(buf_bytes(&again));
    buf_free(&out);
    buf_free(&again);
    ck_assert_unseen();
}
END_TEST

START_TEST(a_private_key_in_pem)
{
    const struct keytype *type = keytype_by_name(key_file_types[_i / KEY_FORMS]);
    enum key_form form = (enum key_form)(_i % KEY_FORMS);
    bool encrypted = form == PKCS8_ENCRYPTED || form == SEC1_ENCRYPTED;
    char *passphrase = (char *)(uintptr_t)keep(PASSPHRASE, sizeof(PASSPHRASE)).p;
    struct key_file file;
    struct key *k;

    if (!key_file_has_form(type, form))
        return;
    file = key_file_new(type, form, PASSPHRASE);
    marks_secret(passphrase, sizeof(PASSPHRASE));
    marks_private_key(file.raw);
    ck_assert_ok(key_from_pem(file.text, encrypted ? passphrase : NULL, type->dh, &k));
    ck_assert_uint_eq(marks_found(), 1);
    key_free(k);
    passphrase[0] ^= 1;
    if (encrypted)
        ck_assert_err(key_from_pem(file.text, passphrase, type->dh, &k), EDHOC_ERR_KEY_FORMAT);
    ck_assert_unseen();
}
END_TEST

/* An mpint's first byte tells whether a zero byte before it would be right: so it is no secret there. */
START_TEST(a_private_key_of_openssh)
{
    struct bytes raw = unhex(key_file_openssh[_i].raw);
    char *comment;
    struct key *k;

    marks_private_key(bytes_of(raw.p + 1, raw.len - 1));
    ck_assert_ok(openssh_key_read(bytes_of_text(key_file_openssh[_i].text), "k", &k, &comment));
    ck_assert_uint_eq(marks_found(), 1);
    key_free(k);
    free(comment);
    ck_assert_unseen();
}
END_TEST

/* ---- a passphrase, from the caller to the key ---- */

/* What MIT's library calls for gss_acquire_cred_with_password(). */
OM_uint32 gssspi_acquire_cred_with_password(OM_uint32 *minor, const gss_name_t name,
                                            const gss_buffer_t passphrase, OM_uint32 time,
                                            const gss_OID_set mechs, gss_cred_usage_t usage,
                                            gss_cred_id_t *cred, gss_OID_set *actual,
                                            OM_uint32 *lifetime);

/* Right, wrong, and right again, with which the loaded key is found. */
START_TEST(a_passphrase)
{
    static const char *const said[] = {PASSPHRASE, "correct horse battery stapler", PASSPHRASE};
    struct key_file file = key_file_new(keytype_by_name("ed25519"), PKCS8_ENCRYPTED, PASSPHRASE);

    folder_write_bytes("sealed", file.text, 0600);
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("sealed"), 1);
    marks_private_key(file.raw);
    for (int i = 0; i < ROWS(said); i++) {
        struct bytes text = keep(said[i], strlen(said[i]) + 1);
        gss_buffer_desc passphrase = app_buffer(text.p, text.len - 1);
        gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
        OM_uint32 minor, major;

        marks_secret(text.p, text.len);
        major = gssspi_acquire_cred_with_password(&minor, GSS_C_NO_NAME, &passphrase, 0, &app_mechs,
                                                  GSS_C_INITIATE, &cred, NULL, NULL);
        ck_assert_msg((major == GSS_S_COMPLETE) == (i != 1), "%s", app_status(major, minor));
        app_release_cred(&cred);
    }
    ck_assert_uint_gt(marks_found(), 0);
    (void)unsetenv("GSS_EDHOC_IDENTITY");
    ck_assert_unseen();
}
END_TEST

static void forget_private_key(void)
{
    marks_private_key(BYTES_NONE);
}

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "secrets");

    tcase_add_checked_fixture(tc, forget_private_key, forget_private_key);
    tcase_add_test(tc, a_branch_on_a_secret_is_seen);
    tcase_add_test(tc, comparing_secrets_tells_the_verdict_only);
    tcase_add_test(tc, base64_of_a_secret);
    tcase_add_loop_test(tc, a_private_key_in_pem, 0, KEY_FILE_TYPES * KEY_FORMS);
    tcase_add_loop_test(tc, a_private_key_of_openssh, 0, KEY_FILE_OPENSSH);
    tcase_add_test(tc, a_passphrase);
}

int main(void)
{
    const char *why;

    if (!marks_work(&why)) {
        printf("1..0 # SKIP %s\n", why);
        return EXIT_SUCCESS;
    }
    return app_main("secrets", add);
}
