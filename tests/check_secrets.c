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
#include "edhoc/session.h"
#include "gss_pair.h"
#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/key_file.h"
#include "load/openssh_key.h"
#include "secrets/marks.h"
#include "support.h"

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

/* ---- sessions ---- */

static const char *key_for(const struct suite *suite, bool dh)
{
    return keytype_by_curve(dh ? suite->dh : suite->sign, dh)->name;
}

static void session_init_pair(struct pair *p, int row)
{
    int id = support_suites[row / 4], method = row % 4;
    const struct suite *suite = suite_by_id(id);

    pair_init(p, support_key(key_for(suite, method >= 2), 0),
              support_key(key_for(suite, method % 2 == 1), 1));
    p->config[0].suites = p->config[1].suites = support_one_suite(id);
    p->config[EDHOC_INITIATOR].options = EDHOC_CONFIRM;
    p->config[EDHOC_RESPONDER].options = row % 2 == 0 ? SIDE_LETS_GO : EDHOC_CRED_BY_REFERENCE;
}

/* All that the key schedule has, then nothing of it, so that the others' checks may look. */
static void check_marks(const struct edhoc *s, int method)
{
    const struct keysched *ks = &s->work->ks;
    const struct fixed *values[] = {&ks->prk_3e2m, &ks->prk_4e3m, &ks->k_4,
                                    &ks->iv_4,     &ks->prk_out,  &ks->prk_exporter};

    for (int i = 0; i < ROWS(values); i++)
        ck_assert_secret(fixed_bytes(values[i]));
    if (method >= 2)
        ck_assert_secret(fixed_bytes(&ks->salt_4e3m));
    marks_public(&ks->prk_exporter, sizeof(ks->prk_exporter));
}

/* Every METHOD with every suite. */
START_TEST(a_session)
{
    struct pair p;

    session_init_pair(&p, _i);
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    for (int role = 0; role < 2; role++) {
        ck_assert_ok(p.err[role]);
        check_marks(p.side[role], _i % 4);
    }
    support_check_complete(&p, 4, _i % 4, support_suites[_i / 4]);
    pair_free(&p);
    ck_assert_unseen();
}
END_TEST

/* One bit wrong in messages 2 to 4: in a MAC, a signature, a tag, a name. */
START_TEST(a_session_that_fails)
{
    static const struct pair_flip flips[] = {{2, 0}, {2, 12}, {2, 60}, {3, 0}, {3, 20}, {4, 0}};
    struct pair_flip which = flips[_i % ROWS(flips)];
    struct pair p;

    session_init_pair(&p, 4 * (_i / ROWS(flips)) + _i % 4);
    ck_assert(pair_new(&p));
    pair_run(&p, pair_flip, &which);
    ck_assert(p.err[0] != EDHOC_OK || p.err[1] != EDHOC_OK);
    pair_free(&p);
    ck_assert_unseen();
}
END_TEST

/* ---- contexts ---- */

#define TEXT "a message that nobody else may learn of, of more than sixty-four bytes"

static gss_buffer_desc secret_text(void)
{
    struct bytes text = keep(TEXT, strlen(TEXT));

    marks_secret(text.p, text.len);
    return app_buffer(text.p, text.len);
}

static void check_text(gss_buffer_t got)
{
    ck_assert_secret(bytes_of(got->value, got->length));
    marks_public(got->value, got->length);
    ck_assert_uint_eq(got->length, strlen(TEXT));
    ck_assert_mem_eq(got->value, TEXT, got->length);
}

/* Then once more, and with one bit wrong: neither says anything of the text. */
static void wrapped(gss_ctx_id_t from, gss_ctx_id_t to, int conf)
{
    gss_buffer_desc text = secret_text(), token, out;
    OM_uint32 minor, major = gss_wrap(&minor, from, conf, 0, &text, NULL, &token);

    app_complete(major, minor);
    ck_assert_int_eq(marks_any(token.value, token.length), !conf);
    major = gss_unwrap(&minor, to, &token, &out, NULL, NULL);
    app_complete(major, minor);
    check_text(&out);
    app_release(&out);
    ck_assert_uint_eq(gss_unwrap(&minor, to, &token, &out, NULL, NULL), GSS_S_DUPLICATE_TOKEN);
    app_release(&out);
    ((uint8_t *)token.value)[token.length - 1] ^= 1;
    ck_assert_uint_eq(gss_unwrap(&minor, to, &token, &out, NULL, NULL), GSS_S_BAD_MIC);
    app_release(&token);
}

static void mic(gss_ctx_id_t from, gss_ctx_id_t to)
{
    gss_buffer_desc text = secret_text(), token;
    OM_uint32 minor, major = gss_get_mic(&minor, from, 0, &text, &token);

    app_complete(major, minor);
    ck_assert(!marks_any(token.value, token.length));
    ck_assert_uint_eq(gss_verify_mic(&minor, to, &text, &token, NULL), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_verify_mic(&minor, to, &text, &token, NULL), GSS_S_DUPLICATE_TOKEN);
    ((uint8_t *)token.value)[token.length - 1] ^= 1;
    ck_assert_uint_eq(gss_verify_mic(&minor, to, &text, &token, NULL), GSS_S_BAD_MIC);
    app_release(&token);
}

/* In place. */
static void scattered(gss_ctx_id_t from, gss_ctx_id_t to)
{
    uint8_t head[16], tail[16];
    gss_iov_buffer_desc iov[] = {{GSS_IOV_BUFFER_TYPE_HEADER, {sizeof(head), head}},
                                 {GSS_IOV_BUFFER_TYPE_SIGN_ONLY, secret_text()},
                                 {GSS_IOV_BUFFER_TYPE_DATA, secret_text()},
                                 {GSS_IOV_BUFFER_TYPE_TRAILER, {sizeof(tail), tail}}};
    OM_uint32 minor, major = gss_wrap_iov(&minor, from, 1, 0, NULL, iov, 4);

    app_complete(major, minor);
    ck_assert(!marks_any(iov[2].buffer.value, iov[2].buffer.length));
    major = gss_unwrap_iov(&minor, to, NULL, NULL, iov, 4);
    app_complete(major, minor);
    check_text(&iov[2].buffer);
}

/* What a caller gets is a secret still. */
static void keys_for_callers(gss_ctx_id_t ctx)
{
    gss_buffer_desc in = app_of_text("for what"), out;
    gss_buffer_set_t key = GSS_C_NO_BUFFER_SET;
    OM_uint32 minor, major = gss_pseudo_random(&minor, ctx, GSS_C_PRF_KEY_FULL, &in, 100, &out);

    app_complete(major, minor);
    ck_assert_secret(bytes_of(out.value, out.length));
    app_release(&out);
    major = gss_inquire_sec_context_by_oid(&minor, ctx, GSS_C_INQ_SSPI_SESSION_KEY, &key);
    app_complete(major, minor);
    ck_assert_secret(bytes_of(key->elements[0].value, key->elements[0].length));
    (void)gss_release_buffer_set(&minor, &key);
}

static void travel(gss_ctx_id_t *ctx)
{
    gss_buffer_desc record;
    OM_uint32 minor, major = gss_export_sec_context(&minor, ctx, &record);

    app_complete(major, minor);
    ck_assert(marks_any(record.value, record.length));
    major = gss_import_sec_context(&minor, &record, ctx);
    app_complete(major, minor);
    app_release(&record);
}

/* With the trace on, which tells nothing secret. */
START_TEST(a_context_and_its_messages)
{
    struct app_pair p = {.type = app_types[_i], .flags = APP_FLAGS};
    gss_ctx_id_t *const ends[2] = {&p.initiator, &p.acceptor};

    (void)setenv("GSS_EDHOC_TRACE", folder_path("trace"), 1);
    app_open(&p);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 2; i++) {
            wrapped(*ends[i], *ends[1 - i], 1);
            wrapped(*ends[i], *ends[1 - i], 0);
            mic(*ends[i], *ends[1 - i]);
            scattered(*ends[i], *ends[1 - i]);
            keys_for_callers(*ends[i]);
            travel(ends[i]);
        }
    app_close(&p);
    (void)unsetenv("GSS_EDHOC_TRACE");
    ck_assert_unseen();
}
END_TEST

/* What binds to a TLS channel may be a secret of it. */
static void bind(struct gss_channel_bindings_struct *bindings, const char *text)
{
    struct bytes data = keep(text, strlen(text));

    *bindings = (struct gss_channel_bindings_struct){
        .application_data = app_buffer(data.p, data.len)};
    marks_secret(data.p, data.len);
}

/* Equal ones, and others. */
START_TEST(channel_bindings)
{
    struct gss_channel_bindings_struct bindings[2];
    struct app_pair p = {.initiator_bindings = &bindings[0], .acceptor_bindings = &bindings[1]};

    bind(&bindings[0], "tls-exporter:one");
    bind(&bindings[1], _i == 0 ? "tls-exporter:one" : "tls-exporter:two");
    app_talk(&p, APP_TOKENS);
    ck_assert_uint_eq(p.acceptor_major, _i == 0 ? GSS_S_COMPLETE : GSS_S_BAD_BINDINGS);
    app_close(&p);
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
    tcase_add_loop_test(tc, a_session, 0, 4 * SUITES_COUNT);
    tcase_add_loop_test(tc, a_session_that_fails, 0, 6 * SUITES_COUNT);
    tcase_add_loop_test(tc, a_context_and_its_messages, 0, APP_TYPES);
    tcase_add_loop_test(tc, channel_bindings, 0, 2);
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
