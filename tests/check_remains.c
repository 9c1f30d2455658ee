/* What is left in memory of a session that is over, that failed, that waits, or that became a context,
 * and of a credential that was released: all memory of the process is searched for each of its secrets
 * (tests/remains/remains.h).
 *
 * What libcrypto leaves is not ours to wipe, and known:
 *
 *     P-256's multiplication, and P-384's since OpenSSL 3.2, free their copy of the scalar as it is
 *     (ecp_nistz256.c, ecp_nistp384.c): there the memory functions below wipe what is freed;
 *     the random generator keeps its last block until it next gives something (providers' drbg_ctr.c):
 *     the end of an X448 key, so that it is asked once more before the search;
 *     EVP_PKEY_get_raw_private_key leaves a copy: nobody calls it here.
 *
 * Nor is what the dynamic loader leaves: where a library binds a function at its first call, as
 * libgssapi_krb5 does and we do not, the vector registers are saved on the stack, with whatever was last
 * copied by them. So all is bound at once here (LD_BIND_NOW). */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/base64.h"
#include "crypto/keytype.h"
#include "gss_pair.h"
#include "lib/clock.h"
#include "lib/errors.h"
#include "lib/libcrypto.h"
#include "lib/slow.h"
#include "remains/remains.h"
#include "support.h"

/* ---- libcrypto's part ---- */

static bool wipes; /* what libcrypto frees */

static void *crypto_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(len);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    if (p != NULL && wipes)
        bytes_wipe(p, malloc_usable_size(p));
    free(p);
}

static void *crypto_realloc(void *p, size_t len, const char *file, int line)
{
    size_t old = p != NULL ? malloc_usable_size(p) : 0;
    void *to = malloc(len);

    if (to != NULL && old > 0)
        memcpy(to, p, old < len ? old : len);
    if (to != NULL)
        crypto_free(p, file, line);
    return to;
}

static bool leaves_scalars(enum cose_curve curve)
{
    return curve == CRV_P256 || (curve == CRV_P384 && libcrypto_since(3, 2));
}

static void stir_generator(void)
{
    uint8_t not_whole_blocks[24];

    must(RAND_priv_bytes(not_whole_blocks, sizeof(not_whole_blocks)) == 1);
    must(RAND_bytes(not_whole_blocks, sizeof(not_whole_blocks)) == 1);
}

/* Nothing but these names is there. */
#define ck_assert_left(...)                                                                        \
    do {                                                                                           \
        const char *const may_be_[] = {__VA_ARGS__};                                               \
        const char *left_;                                                                         \
        stir_generator();                                                                          \
        left_ = remains_beside(may_be_);                                                           \
        ck_assert_msg(left_[0] == '\0', "left: %s", left_);                                        \
    } while (0)

static void begin(void)
{
    wipes = false;
    remains_reset();
    remains_watch(true);
}

/* ---- the net holds ---- */

static uint8_t in_data[64];

static bool is_found(void)
{
    const char *const none[] = {NULL};

    return remains_beside(none)[0] != '\0';
}

/* The compiler must have it in memory by now. */
static void settle(void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

/* Eight bytes of it, anywhere: in a variable, on the stack, in a block, in one that was freed. */
START_TEST(what_is_left_is_found)
{
    uint8_t secret[32], on_stack[16] = {0}, *block = calloc(1, 4096);

    must(RAND_bytes(secret, sizeof(secret)) == 1);
    begin();
    remains_note("a secret", bytes_of(secret, sizeof(secret)));
    ck_assert(is_found());
    memcpy(in_data + 3, secret + 5, 8);
    bytes_wipe(secret, 5);
    bytes_wipe(secret + 12, 20); /* seven bytes stay */
    ck_assert(is_found());
    memcpy(on_stack + 1, in_data + 3, 8);
    settle(on_stack);
    bytes_wipe(in_data, sizeof(in_data));
    ck_assert(is_found());
    memcpy(block + 2000, on_stack + 1, 8);
    settle(block);
    bytes_wipe(on_stack, sizeof(on_stack));
    ck_assert(is_found());
    free(block);
    ck_assert(is_found());
    block = malloc(4096);
    memset(block, 0, 4096);
    settle(block);
    free(block);
    ck_assert(!is_found());
}
END_TEST

/* ---- sessions ---- */

static const char *key_for(const struct suite *suite, bool dh)
{
    return keytype_by_curve(dh ? suite->dh : suite->sign, dh)->name;
}

/* Each METHOD with each suite. */
#define SESSIONS (4 * SUITES_COUNT)

static void begin_session(struct pair *p, int row)
{
    int id = support_suites[row / 4], method = row % 4;
    const struct suite *suite = suite_by_id(id);

    pair_init(p, support_key(key_for(suite, method >= 2), 0),
              support_key(key_for(suite, method % 2 == 1), 1));
    p->config[0].suites = p->config[1].suites = support_one_suite(id);
    p->config[EDHOC_INITIATOR].options = EDHOC_CONFIRM;
    p->config[EDHOC_RESPONDER].options = SIDE_LETS_GO;
    begin();
    wipes = leaves_scalars(suite->dh);
    ck_assert(pair_new(p));
}

START_TEST(a_session_that_is_over_leaves_nothing)
{
    static const char *const names[] = {"PRK",   "shared secret", "ephemeral key", "MAC_2",
                                        "MAC_3", "KEYSTREAM_2",   "K_3",           "IV_3",
                                        "K_4",   "IV_4",          "PRK_out",       "PRK_exporter"};
    struct pair p;

    begin_session(&p, _i);
    pair_run(&p, NULL, NULL);
    ck_assert(edhoc_done(p.side[0]) && edhoc_done(p.side[1]));
    for (int i = 0; i < ROWS(names); i++)
        ck_assert_msg(remains_noted(names[i]) >= 1, "%s was never made", names[i]);
    ck_assert(is_found());
    pair_free(&p);
    ck_assert_left(NULL);
}
END_TEST

/* Both wait: the responder keeps what message_3 takes, the initiator what message_2 does. */
START_TEST(who_waits_keeps_what_it_waits_with)
{
    struct pair p;

    begin_session(&p, _i);
    pair_advance(&p, 2);
    /* "PRK" stands for PRK_3e2m, which is PRK_2e where the responder signs. */
    ck_assert_left("ephemeral key", "PRK", NULL);
    ck_assert(remains_found("ephemeral key") > 0 && remains_found("PRK") > 0);
    side_free(p.side[EDHOC_RESPONDER]);
    p.side[EDHOC_RESPONDER] = NULL;
    ck_assert_left("ephemeral key", NULL);
    ck_assert(remains_found("ephemeral key") > 0);
    pair_free(&p);
    ck_assert_left(NULL);
}
END_TEST

/* PRK_2e is let go of where another PRK has come of it. */
START_TEST(a_waiting_responder_has_one_prk)
{
    struct pair p;

    begin_session(&p, _i);
    pair_advance(&p, 2);
    ck_assert_uint_eq(remains_noted("PRK"), _i % 2 == 1 ? 2 : 1);
    ck_assert_left("ephemeral key", "PRK", NULL);
    ck_assert_uint_eq(remains_found("PRK"), 1);
    pair_free(&p);
}
END_TEST

/* One bit wrong in messages 1 to 4. Whoever refuses it has forgotten all before it is freed. */
START_TEST(a_session_that_failed_has_nothing)
{
    static const struct pair_flip flips[] = {{1, 0}, {2, 0},  {2, 40}, {2, 60},
                                             {3, 0}, {3, 20}, {4, 0}};
    struct pair_flip which = flips[_i % ROWS(flips)];
    struct pair p;
    int dead;

    begin_session(&p, 4 * (_i / ROWS(flips)) + _i % 4);
    pair_run(&p, pair_flip, &which);
    dead = p.err[EDHOC_INITIATOR] != EDHOC_OK ? EDHOC_INITIATOR : EDHOC_RESPONDER;
    ck_assert(p.err[dead] != EDHOC_OK);
    side_free(p.side[1 - dead]);
    p.side[1 - dead] = NULL;
    ck_assert_left(NULL);
    pair_free(&p);
    ck_assert_left(NULL);
}
END_TEST

/* ---- contexts ---- */

static void begin_contexts(struct app_pair *p)
{
    const struct keytype *type = keytype_by_name(p->type);

    app_prepare(p);
    begin();
    wipes = leaves_scalars(type->curve);
}

/* What a caller was given is the caller's to wipe; gss_release_buffer does not. */
static void wipe_and_release(gss_buffer_t buffer)
{
    bytes_wipe(buffer->value, buffer->length);
    app_release(buffer);
}

/* What is done with a context, each with a stack of its own. */
struct use {
    gss_ctx_id_t *from, *to;
    gss_buffer_desc token;
};

static void wrap(void *arg)
{
    struct use *u = arg;
    gss_buffer_desc text = app_of_text("a text");
    OM_uint32 minor, major = gss_wrap(&minor, *u->from, 1, 0, &text, NULL, &u->token);

    app_complete(major, minor);
}

static void unwrap(void *arg)
{
    struct use *u = arg;
    gss_buffer_desc out;
    OM_uint32 minor, major = gss_unwrap(&minor, *u->to, &u->token, &out, NULL, NULL);

    app_complete(major, minor);
    app_release(&out);
    app_release(&u->token);
}

static void mic(void *arg)
{
    struct use *u = arg;

    ck_assert_uint_eq(app_mic(*u->from, *u->to, "a text"), GSS_S_COMPLETE);
}

static void pseudo_random(void *arg)
{
    struct use *u = arg;
    gss_buffer_desc in = app_of_text("for what"), out;
    OM_uint32 minor,
        major = gss_pseudo_random(&minor, *u->from, GSS_C_PRF_KEY_FULL, &in, 100, &out);

    app_complete(major, minor);
    wipe_and_release(&out);
}

static void session_key(void *arg)
{
    struct use *u = arg;
    gss_buffer_set_t key = GSS_C_NO_BUFFER_SET;
    OM_uint32 minor,
        major = gss_inquire_sec_context_by_oid(&minor, *u->from, GSS_C_INQ_SSPI_SESSION_KEY, &key);

    app_complete(major, minor);
    bytes_wipe(key->elements[0].value, key->elements[0].length);
    (void)gss_release_buffer_set(&minor, &key);
}

static void travel(void *arg)
{
    struct use *u = arg;
    gss_buffer_desc record;
    OM_uint32 minor, major = gss_export_sec_context(&minor, u->from, &record);

    app_complete(major, minor);
    major = gss_import_sec_context(&minor, &record, u->from);
    app_complete(major, minor);
    wipe_and_release(&record);
}

static void delete (void *arg)
{
    app_delete(((struct use *)arg)->from);
}

/* By both. */
static void do_all(struct app_pair *p, void (*const uses[])(void *arg))
{
    struct use of[2] = {{.from = &p->initiator, .to = &p->acceptor},
                        {.from = &p->acceptor, .to = &p->initiator}};

    for (int i = 0; i < 2; i++)
        for (int k = 0; uses[k] != NULL; k++)
            remains_on_new_stack(uses[k], &of[i]);
}

#define DO_ALL(p, ...) do_all(p, (void (*const[])(void *)){__VA_ARGS__, NULL})

/* Of the handshake nothing but PRK_exporter; then also the keys of messages, until they are over. */
START_TEST(a_context_keeps_what_it_needs)
{
    struct app_pair p = {.type = app_types[_i], .flags = APP_FLAGS};

    begin_contexts(&p);
    app_open(&p);
    ck_assert_left("PRK_exporter", NULL);
    ck_assert(remains_found("PRK_exporter") > 0);
    DO_ALL(&p, wrap, unwrap, mic, pseudo_random, session_key);
    ck_assert_left("PRK_exporter", "message key", "message IV", NULL);
    ck_assert(remains_found("message IV") > 0);
    DO_ALL(&p, travel);
    ck_assert_left("PRK_exporter", NULL);
    DO_ALL(&p, wrap, unwrap);
    DO_ALL(&p, delete);
    ck_assert_left(NULL);
    app_close(&p);
}
END_TEST

/* Given up after each number of tokens. */
START_TEST(a_context_that_is_given_up_leaves_nothing)
{
    struct app_pair p = {.type = app_types[_i / 3]};

    begin_contexts(&p);
    app_until(&p, 1 + (unsigned)_i % 3);
    app_delete(&p.initiator);
    app_delete(&p.acceptor);
    ck_assert_left(NULL);
    app_close(&p);
}
END_TEST

/* ---- credentials ---- */

/* The raw key is the end of a PKCS#8 file of X25519, X448, Ed25519 and Ed448; and what stands for it in
 * base64. */
static void note_key(struct bytes der, struct bytes line, const struct keytype *type)
{
    struct bytes raw = bytes_of(der.p + der.len - type->coordinate, type->coordinate);

    remains_note("private key", raw);
    if (line.len > 40)
        remains_note("private key", bytes_of(line.p + 24, line.len - 24 - 4)); /* padding */
}

/* A file of the folder, by read() alone: stdio would keep a copy. */
static struct buf file_bytes(const char *name)
{
    struct buf bytes = buf_new(4096);
    int fd = open(folder_path(name), O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, buf_extend(&bytes, 4096), 4096) : -1;

    must(len > 0);
    bytes.len = (size_t)len;
    (void)close(fd);
    return bytes;
}

static void note_pem(const char *name, const struct keytype *type)
{
    struct buf text = file_bytes(name), base64 = buf_new(4096), der = buf_new(4096);
    const uint8_t *from = memchr(text.p, '\n', text.len), *to;

    must(from != NULL);
    to = memmem(from, text.len - (size_t)(from - text.p), "\n-----END", 9);
    must(to != NULL);
    for (const uint8_t *p = from; p < to; p++)
        if (*p != '\n')
            buf_put_byte(&base64, *p);
    must(base64_read(buf_bytes(&base64), &der));
    note_key(buf_bytes(&der), buf_bytes(&base64), type);
    buf_free(&text);
    buf_free(&base64);
    buf_free(&der);
}

/* What is loaded stays for ten minutes after its last use (doc/design.md); then whatever is let go of
 * takes it away. */
static void pass_ten_minutes(void)
{
    gss_cred_id_t other;

    clock_pass(11 * 60 * 1000);
    other = app_cred(&app_mech, GSS_C_INITIATE, "stranger", "trust-server-x25519", NULL);
    app_release_cred(&other);
}

START_TEST(a_released_key_goes_after_ten_minutes)
{
    static const char *const types[] = {"x25519", "x448", "ed25519", "ed448"};
    const struct keytype *type = keytype_by_name(types[_i]);
    struct app_pair p = {.type = types[_i]};

    pass_ten_minutes(); /* other tests have loaded them, too */
    begin();
    note_pem(textf("client-%s", types[_i]), type);
    note_pem(textf("server-%s", types[_i]), type);
    ck_assert_left(NULL);
    app_open(&p);
    ck_assert_left("private key", "PRK_exporter", NULL);
    ck_assert(remains_found("private key") > 0);
    app_close(&p);
    pass_ten_minutes();
    ck_assert_left(NULL);
}
END_TEST

OM_uint32 gssspi_acquire_cred_with_password(OM_uint32 *minor, const gss_name_t name,
                                            const gss_buffer_t passphrase, OM_uint32 time,
                                            const gss_OID_set mechs, gss_cred_usage_t usage,
                                            gss_cred_id_t *cred, gss_OID_set *actual,
                                            OM_uint32 *lifetime);

/* As what MIT's library calls for gss_acquire_cred_with_password(). */
static OM_uint32 acquire_with(struct bytes passphrase, gss_cred_id_t *cred)
{
    gss_buffer_desc text = app_buffer(passphrase.p, passphrase.len);
    OM_uint32 minor;

    return gssspi_acquire_cred_with_password(&minor, GSS_C_NO_NAME, &text, 0, &app_mechs,
                                             GSS_C_INITIATE, cred, NULL, NULL);
}

/* Made by a shell, so that it never was in this process. */
static void seal_key(void)
{
    folder_run("umask 077 && openssl rand -base64 30 | tr -d '\\n' > passphrase && "
               "openssl genpkey -algorithm ed25519 -aes256 -pass file:passphrase -out sealed && "
               "openssl pkey -in sealed -passin file:passphrase -out opened");
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("sealed"), 1);
}

/* A right one goes with its key, a wrong one at once. */
START_TEST(a_passphrase_goes_with_its_key)
{
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    struct buf passphrase;

    seal_key();
    begin();
    note_pem("opened", keytype_by_name("ed25519"));
    passphrase = file_bytes("passphrase");
    remains_note("passphrase", buf_bytes(&passphrase));
    ck_assert_uint_eq(acquire_with(buf_bytes(&passphrase), &cred), GSS_S_COMPLETE);
    buf_free(&passphrase);
    ck_assert_left("passphrase", "private key", NULL);
    ck_assert(remains_found("private key") > 0);
    app_release_cred(&cred);
    pass_ten_minutes();
    ck_assert_left(NULL);
    passphrase = file_bytes("passphrase");
    passphrase.p[0] ^= 1;
    ck_assert_uint_eq(acquire_with(buf_bytes(&passphrase), &cred), GSS_S_NO_CRED);
    buf_free(&passphrase);
    ck_assert_left(NULL);
    (void)unsetenv("GSS_EDHOC_IDENTITY");
}
END_TEST

static void stop_watching(void)
{
    remains_watch(false);
}

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "remains");

    tcase_add_checked_fixture(tc, NULL, stop_watching);
    tcase_add_test(tc, what_is_left_is_found);
    tcase_add_loop_test(tc, a_session_that_is_over_leaves_nothing, 0, SESSIONS);
    tcase_add_loop_test(tc, who_waits_keeps_what_it_waits_with, 0, SESSIONS);
    tcase_add_loop_test(tc, a_waiting_responder_has_one_prk, 0, SESSIONS);
    tcase_add_loop_test(tc, a_session_that_failed_has_nothing, 0, 7 * SUITES_COUNT);
    tcase_add_loop_test(tc, a_context_keeps_what_it_needs, 0, APP_TYPES);
    tcase_add_loop_test(tc, a_context_that_is_given_up_leaves_nothing, 0, 3 * APP_TYPES);
    tcase_add_loop_test(tc, a_released_key_goes_after_ten_minutes, 0, 4);
    tcase_add_test(tc, a_passphrase_goes_with_its_key);
}

static const char *why_not(void)
{
#ifndef __OPTIMIZE__
    return "without optimization a compiler leaves copies of structures on the stack";
#endif
    return slow_stride() > 1 ? "memory is searched where no sanitizer and no valgrind shares it"
                             : NULL;
}

int main(int argc, char **argv)
{
    (void)argc;
    if (why_not() != NULL) {
        printf("1..0 # SKIP %s\n", why_not());
        return EXIT_SUCCESS;
    }
    if (getenv("LD_BIND_NOW") == NULL) {
        (void)setenv("LD_BIND_NOW", "1", 1);
        (void)execv("/proc/self/exe", argv);
        return EXIT_FAILURE;
    }
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        return EXIT_FAILURE;
    return app_main("remains", add);
}
