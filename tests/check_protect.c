/* Per-message tokens: known answers, every way in which a token can be wrong, and the rule that no
 * (key, nonce) pair occurs twice, whatever forks, imports, fails or runs at the same time. */
#include "token/protect.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/cbor.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "lib/errors.h"
#include "lib/slow.h"
#include "lib/suite.h"
#include "vectors.h"

#define EPOCH_MESSAGES (UINT64_C(1) << 20)
#define TOKEN_MAX      1024

static const int suite_ids[] = {0, 1, 2, 3, 4, 5, 6, 24, 25};
static const enum token_type types[] = {TOKEN_MIC, TOKEN_WRAP, TOKEN_SEAL};
#define SUITES ROWS(suite_ids)
#define TYPES  ROWS(types)

/* ---- stand-ins for the system's functions, doing what these do unless told otherwise ---- */

static uint64_t next_random; /* what the kernel's next 64 random bits are; 0: random */

int getentropy(void *out, size_t len)
{
    if (len == sizeof(next_random) && next_random != 0) {
        memcpy(out, &next_random, len);
        next_random = 0;
        return 0;
    }
    return syscall(SYS_getrandom, out, len, 0) == (long)len ? 0 : -1;
}

static bool fail_final; /* the next end of a message fails */

int EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len)
{
    int (*real)(EVP_CIPHER_CTX *, unsigned char *, int *);

    *(void **)&real = dlsym(RTLD_NEXT, "EVP_CipherFinal_ex");
    if (fail_final) {
        fail_final = false;
        return 0;
    }
    return real(ctx, out, len);
}

static atomic_size_t ciphers_made; /* a key that is used for the first time makes one */

EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void)
{
    EVP_CIPHER_CTX *(*real)(void);

    *(void **)&real = dlsym(RTLD_NEXT, "EVP_CIPHER_CTX_new");
    ciphers_made++;
    return real();
}

/* ---- contexts and tokens ---- */

static const uint8_t prk[FIXED_MAX] =
    "a PRK_exporter for tests, 64 bytes or the first 32 or 48 of it";

struct pair {
    struct protect *i, *r; /* initiator and responder */
};

static struct bytes prk_of(const struct suite *suite)
{
    return bytes_of(prk, crypto_hash_length(suite->hash));
}

static struct pair pair_new(int suite_id)
{
    const struct suite *suite = suite_by_id(suite_id);
    struct pair pair;

    ck_assert_ptr_nonnull(suite);
    ck_assert_ok(protect_new(suite, prk_of(suite), true, &pair.i));
    ck_assert_ok(protect_new(suite, prk_of(suite), false, &pair.r));
    ck_assert_ptr_eq(protect_suite(pair.i), suite);
    return pair;
}

static void pair_free(struct pair *pair)
{
    protect_free(pair->i);
    protect_free(pair->r);
}

/* An exported context as it should be, with whatever is asked for. */
struct record {
    uint64_t version, suite, initiator, sequence, next;
    struct bytes prk;
    uint8_t window[WINDOW_RECORD];
};

static struct record record_of(int suite_id, bool initiator, uint64_t sequence)
{
    return (struct record){.version = 1,
                           .suite = (uint64_t)suite_id,
                           .initiator = initiator ? 1 : 0,
                           .sequence = sequence,
                           .prk = prk_of(suite_by_id(suite_id))};
}

static struct buf record_bytes(const struct record *r)
{
    struct buf b = buf_new(4096);

    cbor_put_array(&b, 7);
    cbor_put_uint(&b, r->version);
    cbor_put_uint(&b, r->suite);
    cbor_put_bstr(&b, r->prk);
    cbor_put_uint(&b, r->initiator);
    cbor_put_uint(&b, r->sequence);
    cbor_put_uint(&b, r->next);
    cbor_put_bstr(&b, bytes_of(r->window, sizeof(r->window)));
    ck_assert(buf_err(&b) == EDHOC_OK);
    return b;
}

static edhoc_err import_record(const struct record *r, struct protect **out)
{
    struct buf b = record_bytes(r);
    edhoc_err err = protect_import(buf_bytes(&b), out);

    buf_free(&b);
    ck_assert((err == EDHOC_OK) == (*out != NULL));
    return err;
}

static struct protect *imported(const struct record *r)
{
    struct protect *p;

    ck_assert_ok(import_record(r, &p));
    return p;
}

static struct buf exported(struct protect *p)
{
    struct buf b = buf_new(4096);

    protect_export(p, &b);
    ck_assert(buf_err(&b) == EDHOC_OK);
    return b;
}

static struct piece data(const void *in, void *out, size_t len)
{
    return (struct piece){false, in, out, len};
}

static struct piece sign_only(struct bytes in)
{
    return (struct piece){true, in.p, NULL, in.len};
}

/* A token in one piece: header || body, as a GSS-API caller without IOV sees it. */
struct token {
    uint8_t b[TOKEN_MAX];
    size_t len;
};

/* `covered` is SIGN_ONLY and goes first. */
static edhoc_err try_make(struct protect *p, enum token_type type, struct bytes covered,
                          struct bytes message, struct token *token)
{
    uint8_t *body = token->b + TOKEN_HEADER;
    size_t carried = type == TOKEN_MIC ? 0 : message.len;
    struct piece pieces[] = {sign_only(covered),
                             data(message.p, type == TOKEN_MIC ? NULL : body, message.len)};

    ck_assert_uint_le(message.len + TOKEN_OVERHEAD, TOKEN_MAX);
    *token = (struct token){.len = carried + TOKEN_OVERHEAD};
    return protect_seal(p, type, pieces, 2, token->b, body + carried);
}

static struct token make(struct protect *p, enum token_type type, struct bytes message)
{
    struct token token;

    ck_assert_ok(try_make(p, type, BYTES_NONE, message, &token));
    return token;
}

/* Opens a token of this message and says how it arrived, or fails with what protect_open says. What
 * comes out must be the message, and on failure never a byte of what a seal hides. */
static edhoc_err try_open(struct protect *p, const struct token *token, struct bytes covered,
                          struct bytes message, enum arrival *arrival)
{
    bool mic = protect_type(p, bytes_of(token->b, token->len)) == TOKEN_MIC;
    const uint8_t *body = token->b + TOKEN_HEADER;
    uint8_t out[TOKEN_MAX];
    size_t carried = token->len - TOKEN_OVERHEAD;
    struct piece pieces[] = {sign_only(covered),
                             mic ? data(message.p, NULL, message.len) : data(body, out, carried)};
    bool clean = true;
    edhoc_err err;

    memset(out, 0xee, sizeof(out));
    err = protect_open(p, token->b, pieces, 2, body + carried, arrival);
    if (err == EDHOC_OK && !mic)
        ck_assert(bytes_equal(bytes_of(out, carried), message));
    /* Where nothing was to be written, nothing was; what was written and refused is wiped. */
    for (size_t i = err == EDHOC_OK ? carried : 0; i < sizeof(out); i++)
        clean = clean && (out[i] == 0xee || (out[i] == 0 && i < carried));
    ck_assert(clean);
    return err;
}

static void opens_as(struct protect *p, const struct token *token, struct bytes message,
                     enum arrival expected)
{
    enum arrival arrival;

    ck_assert_ok(try_open(p, token, BYTES_NONE, message, &arrival));
    ck_assert_int_eq(arrival, expected);
}

static edhoc_err refusal(struct protect *p, const struct token *token, struct bytes message)
{
    enum arrival arrival;

    return try_open(p, token, BYTES_NONE, message, &arrival);
}

static uint64_t number_at(const struct token *token, size_t at, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | token->b[at + i];
    return value;
}

static uint64_t sequence_of(const struct token *token)
{
    return number_at(token, 2, 6);
}

static uint64_t instance_of(const struct token *token)
{
    return number_at(token, 8, 8);
}

/* ---- known answers ---- */

static struct vectors *known;

static void load_known(void)
{
    known = vectors_load("protect.json");
}

static void free_known(void)
{
    vectors_free(known);
}

static uint64_t known_number(size_t i, const char *field)
{
    const char *text = vectors_text(known, i, field);
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    ck_assert_msg(end != text && *end == '\0', "%s: \"%s\" is no number", field, text);
    return value;
}

static struct record known_record(size_t i, bool sender)
{
    struct record r = {.version = 1, .suite = known_number(i, "suite")};

    r.prk = vectors_hex(known, i, "prk_exporter");
    r.initiator = (known_number(i, "direction") == 0) == sender;
    r.sequence = sender ? known_number(i, "sequence") : 0;
    return r;
}

static struct token known_token(size_t i)
{
    struct bytes hex = vectors_hex(known, i, "token");
    struct token token = {.len = hex.len};

    ck_assert_uint_le(hex.len, TOKEN_MAX);
    memcpy(token.b, hex.p, hex.len);
    return token;
}

/* Key, IV and nonce by their definition, so that a wrong token says where it goes wrong. */
static void check_known_keys(struct protect *p, size_t i)
{
    struct bytes key = vectors_hex(known, i, "key"), iv = vectors_hex(known, i, "iv");
    uint64_t sequence = known_number(i, "sequence");
    struct buf context = buf_new(16);
    uint8_t out[AEAD_KEY_MAX];

    ck_assert_uint_eq(sequence >> 20, known_number(i, "epoch"));
    ck_assert_uint_eq(key.len, crypto_aead_key(protect_suite(p)->tokens));
    ck_assert_uint_eq(iv.len, 12);
    cbor_put_array(&context, 3);
    cbor_put_uint(&context, known_number(i, "direction"));
    cbor_put_uint(&context, known_number(i, "instance"));
    cbor_put_uint(&context, sequence >> 20);
    ck_assert_ok(protect_exporter(p, 0x8100, buf_bytes(&context), out, key.len));
    ck_assert_mem_eq(out, key.p, key.len);
    ck_assert_ok(protect_exporter(p, 0x8101, buf_bytes(&context), out, iv.len));
    ck_assert_mem_eq(out, iv.p, iv.len);
    for (size_t k = 0; k < 6; k++)
        out[6 + k] ^= (uint8_t)(sequence >> 8 * (5 - k));
    ck_assert_mem_eq(out, vectors_hex(known, i, "nonce").p, 12);
    buf_free(&context);
}

START_TEST(known_tokens_open)
{
    for (size_t i = 0; i < vectors_count(known); i++) {
        struct record r = known_record(i, false);
        struct protect *p = imported(&r);
        struct token token = known_token(i);
        struct bytes covered = vectors_hex(known, i, "sign_only");
        enum arrival arrival;

        check_known_keys(p, i);
        ck_assert_uint_eq(protect_type(p, bytes_of(token.b, token.len)), known_number(i, "type"));
        ck_assert_msg(
            try_open(p, &token, covered, vectors_hex(known, i, "message"), &arrival) == EDHOC_OK,
            "%s: %s", vectors_text(known, i, "name"), report_details(EDHOC_ERR_TOKEN_MIC));
        ck_assert_int_eq(arrival, sequence_of(&token) == 0 ? ARRIVAL_NEW : ARRIVAL_GAP);
        protect_free(p);
    }
}
END_TEST

/* A context that sends this vector's sequence number next, under its instance. NULL for instance 0
 * far on, where only 2^20 messages would lead. */
static struct protect *known_sender(size_t i)
{
    struct record r = known_record(i, true);
    uint64_t instance = known_number(i, "instance");
    struct protect *p;

    if (instance != 0) {
        p = imported(&r);
        next_random = instance;
        return p;
    }
    if (r.sequence > 1)
        return NULL;
    ck_assert_ok(protect_new(suite_by_id((int)r.suite), r.prk, r.initiator == 1, &p));
    for (uint64_t n = 0; n < r.sequence; n++)
        (void)make(p, TOKEN_MIC, BYTES_NONE);
    return p;
}

START_TEST(known_tokens_are_made_again)
{
    size_t sealed = 0;

    for (size_t i = 0; i < vectors_count(known); i++) {
        struct protect *p = known_sender(i);
        struct token expected = known_token(i), token;

        if (p == NULL)
            continue;
        ck_assert_ok(try_make(p, (enum token_type)known_number(i, "type"),
                              vectors_hex(known, i, "sign_only"), vectors_hex(known, i, "message"),
                              &token));
        ck_assert_msg(bytes_equal(bytes_of(token.b, token.len), bytes_of(expected.b, expected.len)),
                      "%s: another token", vectors_text(known, i, "name"));
        ck_assert_uint_eq(next_random, 0);
        protect_free(p);
        sealed++;
    }
    ck_assert_uint_gt(sealed, vectors_count(known) / 2);
}
END_TEST

/* ---- round trips ---- */

START_TEST(messages_of_every_length_go_both_ways)
{
    struct pair pair = pair_new(suite_ids[_i]);
    uint8_t message[TOKEN_MAX - TOKEN_OVERHEAD];
    const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 255, 512, sizeof(message)};

    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++)
        for (size_t t = 0; t < TYPES; t++) {
            struct bytes m = bytes_of(message, lengths[n]);
            struct token there = make(pair.i, types[t], m);
            struct token back = make(pair.r, types[t], m);

            ck_assert_uint_eq(sequence_of(&there), n * TYPES + t);
            ck_assert_uint_eq(instance_of(&there), 0);
            ck_assert_uint_eq(there.b[1], 0);
            ck_assert_uint_eq(back.b[1], 1);
            opens_as(pair.r, &there, m, ARRIVAL_NEW);
            opens_as(pair.i, &back, m, ARRIVAL_NEW);
        }
    pair_free(&pair);
}
END_TEST

/* The message in place, in three parts with SIGN_ONLY before, between and after; the peer sees it
 * cut otherwise, but in the same order. */
static void in_parts(struct pair *pair, enum token_type type)
{
    uint8_t text[] = "one, two, and the third part";
    const uint8_t before[] = "before", between[] = "between", after[] = "after";
    const uint8_t forged[] = "forged!";
    const size_t len = sizeof(text);
    uint8_t header[TOKEN_HEADER], tag[TOKEN_TAG], out[sizeof(text)];
    uint8_t *carried = type == TOKEN_MIC ? NULL : text;
    struct piece sent[] = {
        sign_only(bytes_of(before, 6)),
        data(text, carried, 4),
        data(text + 4, carried == NULL ? NULL : carried + 4, 0),
        sign_only(bytes_of(between, 3)),
        sign_only(bytes_of(between + 3, 4)),
        data(text + 4, carried == NULL ? NULL : carried + 4, 7),
        data(text + 11, carried == NULL ? NULL : carried + 11, len - 11),
        sign_only(bytes_of(after, 5)),
        sign_only(BYTES_NONE),
    };
    struct piece got[] = {
        sign_only(bytes_of(before, 2)),
        sign_only(bytes_of(before + 2, 4)),
        data(text, out, 4),
        sign_only(bytes_of(between, 7)),
        data(text + 4, out + 4, len - 4),
        sign_only(bytes_of(after, 5)),
    };
    enum arrival arrival;

    ck_assert_ok(protect_seal(pair->i, type, sent, 9, header, tag));
    ck_assert((memcmp(text, "one, two, and the third part", len) == 0) == (type != TOKEN_SEAL));
    got[3].in = forged; /* SIGN_ONLY that is not what was signed */
    ck_assert_err(protect_open(pair->r, header, got, 6, tag, &arrival), EDHOC_ERR_TOKEN_MIC);
    got[3].in = between;
    got[3].len = 6; /* or less of it */
    ck_assert_err(protect_open(pair->r, header, got, 6, tag, &arrival), EDHOC_ERR_TOKEN_MIC);
    got[3].len = 7;
    ck_assert_err(protect_open(pair->r, header, got, 5, tag, &arrival), EDHOC_ERR_TOKEN_MIC);
    ck_assert_ok(protect_open(pair->r, header, got, 6, tag, &arrival));
    ck_assert_int_eq(arrival, ARRIVAL_NEW);
    if (type != TOKEN_MIC)
        ck_assert_str_eq((const char *)out, "one, two, and the third part");
    /* And in place. It is a duplicate, which is for the caller to judge. */
    got[2].out = type == TOKEN_MIC ? NULL : text;
    got[4].out = type == TOKEN_MIC ? NULL : text + 4;
    ck_assert_ok(protect_open(pair->r, header, got, 6, tag, &arrival));
    ck_assert_int_eq(arrival, ARRIVAL_DUPLICATE);
    ck_assert_str_eq((const char *)text, "one, two, and the third part");
}

START_TEST(pieces_may_be_cut_otherwise_but_not_changed)
{
    struct pair pair = pair_new(suite_ids[_i]);

    for (size_t t = 0; t < TYPES; t++)
        in_parts(&pair, types[t]);
    pair_free(&pair);
}
END_TEST

/* doc/mechanism.md: types 1 and 2 cover SIGN_ONLY and DATA in their order; type 3 covers SIGN_ONLY in its
 * order, apart from the DATA, so that moving it past DATA changes nothing. */
START_TEST(sign_only_is_bound_in_its_order)
{
    struct pair pair = pair_new(6);
    const uint8_t a[] = "first", b[] = "other";
    uint8_t text[8] = "message", out[8];
    uint8_t header[TOKEN_HEADER], tag[TOKEN_TAG];
    enum arrival arrival;

    for (size_t t = 0; t < TYPES; t++) {
        bool seal = types[t] == TOKEN_SEAL;
        struct piece sent[] = {sign_only(bytes_of(a, 5)), data(text, out, 8),
                               sign_only(bytes_of(b, 5))};
        struct piece moved[] = {sign_only(bytes_of(a, 5)), sign_only(bytes_of(b, 5)),
                                data(out, out, 8)};
        struct piece swapped[] = {sign_only(bytes_of(b, 5)), data(out, out, 8),
                                  sign_only(bytes_of(a, 5))};
        uint8_t kept[8];

        memset(out, 0, sizeof(out));
        ck_assert_ok(protect_seal(pair.i, types[t], sent, 3, header, tag));
        if (types[t] == TOKEN_MIC)
            memcpy(out, text, sizeof(out));
        memcpy(kept, out, sizeof(out));
        ck_assert_err(protect_open(pair.r, header, swapped, 3, tag, &arrival), EDHOC_ERR_TOKEN_MIC);
        memcpy(out, kept, sizeof(out));
        ck_assert_int_eq(protect_open(pair.r, header, moved, 3, tag, &arrival),
                         seal ? EDHOC_OK : EDHOC_ERR_TOKEN_MIC);
    }
    pair_free(&pair);
}
END_TEST

/* ---- tokens that are wrong ---- */

/* Nothing that can be seen of `p` has changed since `before` was exported, which is freed. */
static void unchanged(struct protect *p, struct buf *before)
{
    struct buf now = exported(p);

    ck_assert(bytes_equal(buf_bytes(before), buf_bytes(&now)));
    buf_free(&now);
    buf_free(before);
}

START_TEST(one_flipped_bit_is_refused_and_changes_nothing)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct bytes message = BYTES_LITERAL("twenty bytes of text");

    for (size_t t = 0; t < TYPES; t++) {
        struct token token = make(pair.i, types[t], message);
        struct buf before = exported(pair.r);

        for (size_t bit = 0; bit < 8 * token.len; bit += slow_stride()) {
            struct token wrong = token;
            edhoc_err err;

            wrong.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            err = refusal(pair.r, &wrong, message);
            if (protect_type(pair.r, bytes_of(wrong.b, wrong.len)) == TOKEN_NONE)
                ck_assert(bit < 16 && err == EDHOC_ERR_TOKEN);
            else
                ck_assert_msg(err == EDHOC_ERR_TOKEN_MIC, "bit %zu: %d", bit, err);
        }
        unchanged(pair.r, &before);
        opens_as(pair.r, &token, message, ARRIVAL_NEW);
    }
    pair_free(&pair);
}
END_TEST

START_TEST(a_mic_is_of_its_message_only)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct token mic = make(pair.i, TOKEN_MIC, BYTES_LITERAL("message"));
    enum arrival arrival;

    ck_assert_err(refusal(pair.r, &mic, BYTES_LITERAL("messagf")), EDHOC_ERR_TOKEN_MIC);
    ck_assert_err(refusal(pair.r, &mic, BYTES_LITERAL("messag")), EDHOC_ERR_TOKEN_MIC);
    ck_assert_err(refusal(pair.r, &mic, BYTES_LITERAL("message ")), EDHOC_ERR_TOKEN_MIC);
    ck_assert_err(refusal(pair.r, &mic, BYTES_NONE), EDHOC_ERR_TOKEN_MIC);
    ck_assert_err(try_open(pair.r, &mic, BYTES_LITERAL("x"), BYTES_LITERAL("message"), &arrival),
                  EDHOC_ERR_TOKEN_MIC);
    opens_as(pair.r, &mic, BYTES_LITERAL("message"), ARRIVAL_NEW);
    pair_free(&pair);
}
END_TEST

START_TEST(a_shorter_or_longer_token_is_refused)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct bytes message = BYTES_LITERAL("twenty bytes of text");

    for (size_t t = 0; t < TYPES; t++) {
        struct token token = make(pair.i, types[t], message), cut = token;

        for (size_t len = 0; len < TOKEN_HEADER; len++)
            ck_assert_int_eq(protect_type(pair.r, bytes_of(token.b, len)), TOKEN_NONE);
        while (cut.len-- > TOKEN_OVERHEAD)
            ck_assert_err(refusal(pair.r, &cut, message), EDHOC_ERR_TOKEN_MIC);
        cut = token;
        cut.b[cut.len++] = 0;
        if (types[t] != TOKEN_MIC)
            ck_assert_err(refusal(pair.r, &cut, message), EDHOC_ERR_TOKEN_MIC);
        opens_as(pair.r, &token, message, ARRIVAL_NEW);
    }
    pair_free(&pair);
}
END_TEST

START_TEST(only_types_1_to_3_in_the_right_direction_are_tokens)
{
    struct pair pair = pair_new(6);
    uint8_t header[TOKEN_HEADER] = {0}, tag[TOKEN_TAG] = {0};
    struct bytes view = bytes_of(header, sizeof(header));
    enum arrival arrival;

    for (int n = 0; n < 65536; n++) {
        bool ours = n >> 8 >= 1 && n >> 8 <= 3;
        bool to_r = ours && (n & 0xff) == 0, to_i = ours && (n & 0xff) == 1;

        header[0] = (uint8_t)(n >> 8);
        header[1] = (uint8_t)n;
        if (protect_type(pair.r, view) != (to_r ? header[0] : TOKEN_NONE) ||
            protect_type(pair.i, view) != (to_i ? header[0] : TOKEN_NONE) ||
            (!to_r && protect_open(pair.r, header, NULL, 0, tag, &arrival) != EDHOC_ERR_TOKEN))
            ck_abort_msg("type %d, flags %d", header[0], header[1]);
    }
    pair_free(&pair);
}
END_TEST

/* One's own tokens, and those of another pair with the same roles but another key, are refused. */
START_TEST(own_tokens_and_those_of_another_context_are_refused)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct record other = record_of(suite_ids[_i], false, 0);
    struct bytes message = BYTES_LITERAL("message");
    uint8_t other_prk[FIXED_MAX] = {0};
    struct protect *stranger;

    other.prk.p = other_prk;
    stranger = imported(&other);
    for (size_t t = 0; t < TYPES; t++) {
        struct token token = make(pair.i, types[t], message), turned = token;

        ck_assert_err(refusal(pair.i, &token, message), EDHOC_ERR_TOKEN);
        turned.b[1] = 1; /* the direction is in the key, too */
        ck_assert_err(refusal(pair.i, &turned, message), EDHOC_ERR_TOKEN_MIC);
        ck_assert_err(refusal(stranger, &token, message), EDHOC_ERR_TOKEN_MIC);
        opens_as(pair.r, &token, message, ARRIVAL_NEW);
    }
    protect_free(stranger);
    pair_free(&pair);
}
END_TEST

START_TEST(each_token_says_how_it_arrived)
{
    struct pair pair = pair_new(4);
    struct bytes message = BYTES_LITERAL("message");
    static struct token tokens[WINDOW_SIZE + 10];

    for (size_t i = 0; i < WINDOW_SIZE + 10; i++)
        tokens[i] = make(pair.i, types[i % TYPES], message);
    opens_as(pair.r, &tokens[0], message, ARRIVAL_NEW);
    opens_as(pair.r, &tokens[0], message, ARRIVAL_DUPLICATE);
    opens_as(pair.r, &tokens[2], message, ARRIVAL_GAP);
    opens_as(pair.r, &tokens[1], message, ARRIVAL_UNSEQ);
    opens_as(pair.r, &tokens[1], message, ARRIVAL_DUPLICATE);
    opens_as(pair.r, &tokens[3], message, ARRIVAL_NEW);
    opens_as(pair.r, &tokens[WINDOW_SIZE + 4], message, ARRIVAL_GAP);
    opens_as(pair.r, &tokens[4], message, ARRIVAL_OLD);
    opens_as(pair.r, &tokens[5], message, ARRIVAL_UNSEQ);
    pair_free(&pair);
}
END_TEST

START_TEST(messages_beyond_2_31_are_refused)
{
    struct pair pair = pair_new(6);
    uint8_t byte = 0, header[TOKEN_HEADER] = {TOKEN_SEAL, 1}, tag[TOKEN_TAG] = {0};
    struct piece big[] = {data(&byte, &byte, (size_t)MESSAGE_MAX + 1)};
    struct piece sum[] = {data(&byte, &byte, MESSAGE_MAX), sign_only(bytes_of(&byte, 1))};
    struct piece wrapped[] = {data(&byte, &byte, SIZE_MAX), data(&byte, &byte, 2)};
    enum arrival arrival;

    for (size_t t = 0; t < TYPES; t++) {
        header[0] = (uint8_t)types[t];
        ck_assert_err(protect_seal(pair.i, types[t], big, 1, header, tag),
                      EDHOC_ERR_MESSAGE_LENGTH);
        ck_assert_err(protect_seal(pair.i, types[t], sum, 2, header, tag),
                      EDHOC_ERR_MESSAGE_LENGTH);
        ck_assert_err(protect_seal(pair.i, types[t], wrapped, 2, header, tag),
                      EDHOC_ERR_MESSAGE_LENGTH);
        ck_assert_err(protect_open(pair.i, header, big, 1, tag, &arrival), EDHOC_ERR_TOKEN);
        ck_assert_err(protect_open(pair.i, header, sum, 2, tag, &arrival), EDHOC_ERR_TOKEN);
        ck_assert_err(protect_open(pair.i, header, wrapped, 2, tag, &arrival), EDHOC_ERR_TOKEN);
    }
    pair_free(&pair);
}
END_TEST

/* DATA that has nowhere to go must not become associated data by accident. */
START_TEST(data_without_a_place_is_not_taken_for_sign_only)
{
    struct pair pair = pair_new(6);
    uint8_t byte = 0, header[TOKEN_HEADER], tag[TOKEN_TAG];
    struct piece piece = data(&byte, NULL, 1);
    struct token token = make(pair.i, TOKEN_SEAL, bytes_of(&byte, 1));
    enum arrival arrival;

    ck_assert_err(protect_seal(pair.i, TOKEN_SEAL, &piece, 1, header, tag), EDHOC_ERR_BUG);
    ck_assert_err(protect_seal(pair.i, TOKEN_WRAP, &piece, 1, header, tag), EDHOC_ERR_BUG);
    ck_assert_err(protect_seal(pair.i, TOKEN_NONE, &piece, 1, header, tag), EDHOC_ERR_BUG);
    ck_assert_ok(protect_seal(pair.i, TOKEN_MIC, &piece, 1, header, tag));
    ck_assert_err(protect_open(pair.r, token.b, &piece, 1, token.b + 17, &arrival), EDHOC_ERR_BUG);
    pair_free(&pair);
}
END_TEST

/* ---- keys ---- */

/* After the first message, no key is derived and no cipher made until the epoch ends. */
START_TEST(no_key_is_derived_twice_in_an_epoch)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct token token = make(pair.i, TOKEN_SEAL, BYTES_LITERAL("message"));
    size_t before;

    opens_as(pair.r, &token, BYTES_LITERAL("message"), ARRIVAL_NEW);
    before = ciphers_made;
    for (int i = 0; i < 100; i++) {
        token = make(pair.i, types[i % TYPES], BYTES_LITERAL("message"));
        opens_as(pair.r, &token, BYTES_LITERAL("message"), ARRIVAL_NEW);
    }
    ck_assert_uint_eq(ciphers_made, before);
    pair_free(&pair);
}
END_TEST

/* Four senders are served without deriving again, whatever forged tokens come in between. */
START_TEST(forgeries_evict_no_key)
{
    struct pair pair = pair_new(6);
    struct bytes message = BYTES_LITERAL("message");
    struct record r = record_of(6, true, 0);
    struct protect *senders[4];
    struct token token;
    size_t before;

    for (size_t i = 0; i < 4; i++) {
        r.sequence = 1000 * i;
        senders[i] = imported(&r);
        token = make(senders[i], TOKEN_SEAL, message);
        opens_as(pair.r, &token, message, i == 0 ? ARRIVAL_NEW : ARRIVAL_GAP);
    }
    for (uint8_t i = 1; i < 50; i++) {
        struct token forged = token;

        forged.b[8] ^= i; /* another instance */
        ck_assert_err(refusal(pair.r, &forged, message), EDHOC_ERR_TOKEN_MIC);
        forged = token;
        forged.b[3] ^= i; /* another epoch */
        ck_assert_err(refusal(pair.r, &forged, message), EDHOC_ERR_TOKEN_MIC);
        forged = token;
        forged.b[forged.len - 1] ^= i; /* the same key */
        ck_assert_err(refusal(pair.r, &forged, message), EDHOC_ERR_TOKEN_MIC);
    }
    before = ciphers_made;
    for (size_t i = 0; i < 4; i++) {
        token = make(senders[i], TOKEN_SEAL, message);
        ck_assert_ok(refusal(pair.r, &token, message));
        protect_free(senders[i]);
    }
    ck_assert_uint_eq(ciphers_made, before);
    pair_free(&pair);
}
END_TEST

/* More senders than keys are kept for: slower, but all are heard, again and again. */
START_TEST(more_senders_than_keys_are_all_heard)
{
    struct pair pair = pair_new(25);
    struct record r = record_of(25, true, 0);
    struct protect *senders[9];

    for (size_t i = 0; i < 9; i++) {
        r.sequence = 10 * i;
        senders[i] = imported(&r);
    }
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < 9; i++) {
            struct token token = make(senders[i], TOKEN_SEAL, BYTES_LITERAL("message"));

            ck_assert_ok(refusal(pair.r, &token, BYTES_LITERAL("message")));
        }
    for (size_t i = 0; i < 9; i++)
        protect_free(senders[i]);
    pair_free(&pair);
}
END_TEST

START_TEST(late_tokens_open_across_an_epoch)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct record r = record_of(suite_ids[_i], true, EPOCH_MESSAGES - 3);
    struct protect *sender = imported(&r);
    struct bytes message = BYTES_LITERAL("message");
    struct token tokens[6];
    size_t before;

    ck_assert(crypto_has_aead(suite_by_id(suite_ids[_i])->tokens)); /* fetched, which tries it */
    before = ciphers_made;
    for (size_t i = 0; i < 6; i++) {
        tokens[i] = make(sender, TOKEN_SEAL, message);
        ck_assert_uint_eq(sequence_of(&tokens[i]), EPOCH_MESSAGES - 3 + i);
        ck_assert_uint_eq(instance_of(&tokens[i]), instance_of(&tokens[0]));
    }
    ck_assert_uint_eq(ciphers_made, before + 2); /* one for each epoch */
    opens_as(pair.r, &tokens[0], message, ARRIVAL_GAP);
    opens_as(pair.r, &tokens[3], message, ARRIVAL_GAP);
    opens_as(pair.r, &tokens[2], message, ARRIVAL_UNSEQ); /* the epoch before, late */
    opens_as(pair.r, &tokens[4], message, ARRIVAL_NEW);
    opens_as(pair.r, &tokens[1], message, ARRIVAL_UNSEQ);
    opens_as(pair.r, &tokens[5], message, ARRIVAL_NEW);
    opens_as(pair.r, &tokens[2], message, ARRIVAL_DUPLICATE);
    ck_assert_uint_eq(ciphers_made, before + 4);
    protect_free(sender);
    pair_free(&pair);
}
END_TEST

/* The real way over the end of an epoch, by 2^20 messages and under instance 0. Counted rather than
 * asserted one by one, which Check would write down a million times. */
START_TEST(two_to_the_20_messages_lead_to_the_next_epoch)
{
    struct pair pair = pair_new(6);
    uint8_t header[TOKEN_HEADER], tag[TOKEN_TAG], body;
    struct piece sent = data("m", &body, 1), got = data(&body, &body, 1);
    size_t good = 0, before = ciphers_made;

    for (uint64_t n = 0; n < EPOCH_MESSAGES + 2; n++) {
        enum arrival arrival;

        if (protect_seal(pair.i, TOKEN_SEAL, &sent, 1, header, tag) == EDHOC_OK &&
            protect_open(pair.r, header, &got, 1, tag, &arrival) == EDHOC_OK &&
            arrival == ARRIVAL_NEW && body == 'm')
            good++;
    }
    ck_assert_uint_eq(good, EPOCH_MESSAGES + 2);
    ck_assert_uint_eq(ciphers_made, before + 4);
    pair_free(&pair);
}
END_TEST

START_TEST(the_last_sequence_number_ends_the_context)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct record r = record_of(suite_ids[_i], true, SEQUENCE_END - 2);
    struct protect *sender = imported(&r);
    struct bytes message = BYTES_LITERAL("message");
    struct token token = make(sender, TOKEN_SEAL, message);
    struct buf record;

    opens_as(pair.r, &token, message, ARRIVAL_GAP);
    token = make(sender, TOKEN_MIC, message);
    ck_assert_uint_eq(sequence_of(&token), SEQUENCE_END - 1);
    opens_as(pair.r, &token, message, ARRIVAL_NEW);
    for (int i = 0; i < 3; i++)
        ck_assert_err(try_make(sender, TOKEN_SEAL, BYTES_NONE, message, &token),
                      EDHOC_ERR_SEQUENCE_END);
    /* The end survives an export, and so does a window that is at its end. */
    record = exported(sender);
    protect_free(sender);
    ck_assert_ok(protect_import(buf_bytes(&record), &sender));
    ck_assert_err(try_make(sender, TOKEN_WRAP, BYTES_NONE, message, &token),
                  EDHOC_ERR_SEQUENCE_END);
    buf_free(&record);
    record = exported(pair.r);
    protect_free(pair.r);
    ck_assert_ok(protect_import(buf_bytes(&record), &pair.r));
    buf_free(&record);
    protect_free(sender);
    pair_free(&pair);
}
END_TEST

/* A message that fails after its number was taken takes the number with it. */
START_TEST(a_message_that_fails_takes_its_number_along)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct bytes message = BYTES_LITERAL("message");
    struct token token = make(pair.i, TOKEN_SEAL, message);

    opens_as(pair.r, &token, message, ARRIVAL_NEW);
    fail_final = true;
    ck_assert_err(try_make(pair.i, TOKEN_SEAL, BYTES_NONE, message, &token), EDHOC_ERR_CRYPTO);
    ck_assert(!fail_final);
    token = make(pair.i, TOKEN_SEAL, message);
    ck_assert_uint_eq(sequence_of(&token), 2);
    opens_as(pair.r, &token, message, ARRIVAL_GAP);
    pair_free(&pair);
}
END_TEST

/* ---- export and import ---- */

START_TEST(an_imported_context_goes_on_where_it_was)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct bytes message = BYTES_LITERAL("message");
    struct token early[5], token;
    struct buf record, again;

    for (size_t i = 0; i < 5; i++)
        early[i] = make(pair.i, TOKEN_SEAL, message);
    opens_as(pair.r, &early[0], message, ARRIVAL_NEW);
    opens_as(pair.r, &early[3], message, ARRIVAL_GAP);
    (void)make(pair.r, TOKEN_MIC, message);
    record = exported(pair.r);
    protect_free(pair.r);
    ck_assert_ok(protect_import(buf_bytes(&record), &pair.r));
    again = exported(pair.r);
    ck_assert(bytes_equal(buf_bytes(&record), buf_bytes(&again)));
    /* It goes on where it was, in both directions. */
    opens_as(pair.r, &early[0], message, ARRIVAL_DUPLICATE);
    opens_as(pair.r, &early[3], message, ARRIVAL_DUPLICATE);
    opens_as(pair.r, &early[1], message, ARRIVAL_UNSEQ);
    opens_as(pair.r, &early[4], message, ARRIVAL_NEW);
    token = make(pair.r, TOKEN_SEAL, message);
    ck_assert_uint_eq(sequence_of(&token), 1);
    ck_assert_uint_ne(instance_of(&token), 0);
    opens_as(pair.i, &token, message, ARRIVAL_GAP);
    buf_free(&record);
    buf_free(&again);
    pair_free(&pair);
}
END_TEST

/* The original and everything imported from one record, in all generations: no two tokens share
 * (instance, sequence), and so none shares a key and a nonce. */
START_TEST(imports_of_one_record_share_no_nonce)
{
    struct pair pair = pair_new(6);
    struct bytes message = BYTES_LITERAL("message");
    struct protect *holders[4] = {pair.i};
    struct token tokens[4][10];
    struct buf record = exported(pair.i);

    for (size_t h = 1; h < 3; h++)
        ck_assert_ok(protect_import(buf_bytes(&record), &holders[h]));
    buf_free(&record);
    record = exported(holders[2]); /* imported and exported again, unused */
    ck_assert_ok(protect_import(buf_bytes(&record), &holders[3]));
    for (size_t h = 0; h < 4; h++)
        for (size_t n = 0; n < 10; n++) {
            tokens[h][n] = make(holders[h], TOKEN_SEAL, message);
            ck_assert_uint_eq(sequence_of(&tokens[h][n]), n);
            ck_assert_uint_eq(instance_of(&tokens[h][n]), instance_of(&tokens[h][0]));
            ck_assert_ok(refusal(pair.r, &tokens[h][n], message));
        }
    for (size_t h = 0; h < 4; h++)
        for (size_t k = 0; k < h; k++) {
            ck_assert_uint_ne(instance_of(&tokens[h][0]), instance_of(&tokens[k][0]));
            ck_assert_mem_ne(tokens[h][0].b + TOKEN_HEADER, tokens[k][0].b + TOKEN_HEADER, 7);
        }
    ck_assert_uint_eq(instance_of(&tokens[0][0]), 0);
    for (size_t h = 1; h < 4; h++)
        protect_free(holders[h]);
    buf_free(&record);
    pair_free(&pair);
}
END_TEST

static void refused_record(const struct record *r)
{
    struct protect *p;

    ck_assert_err(import_record(r, &p), EDHOC_ERR_TOKEN);
}

START_TEST(impossible_fields_of_a_record_are_refused)
{
    const struct record good = record_of(6, true, 7);
    struct record r = good;
    uint8_t long_prk[65] = {0};

    protect_free(imported(&r));
    for (r.version = 0; r.version < 300; r.version++)
        if (r.version != 1)
            refused_record(&r);
    r = good;
    for (r.suite = 0; r.suite < 300; r.suite++)
        if (suite_by_id((int64_t)r.suite) == NULL)
            refused_record(&r);
    r.suite = UINT64_MAX;
    refused_record(&r);
    r.suite = 24; /* whose PRK is longer */
    refused_record(&r);
    r = good;
    for (size_t len = 0; len <= sizeof(long_prk); len++) {
        r.prk = bytes_of(long_prk, len);
        if (len != 32)
            refused_record(&r);
    }
    r = good;
    r.initiator = 2;
    refused_record(&r);
    r = good;
    r.sequence = SEQUENCE_END;
    protect_free(imported(&r));
    r.sequence = SEQUENCE_END + 1;
    refused_record(&r);
    r.sequence = UINT64_MAX;
    refused_record(&r);
    r = good;
    r.next = 1; /* but number 0 has not arrived */
    refused_record(&r);
    r.window[0] = 0x80;
    protect_free(imported(&r));
    r.next = SEQUENCE_END;
    protect_free(imported(&r));
    r.next = SEQUENCE_END + 1;
    refused_record(&r);
}
END_TEST

/* Imports a copy of exactly this length, so that reading past it shows. */
static edhoc_err import_copy(struct bytes record)
{
    uint8_t *copy = malloc(record.len == 0 ? 1 : record.len);
    struct protect *p;
    edhoc_err err;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, record.p, record.len);
    err = protect_import(bytes_of(copy, record.len), &p);
    protect_free(p);
    free(copy);
    return err;
}

START_TEST(damaged_records_are_refused_or_harmless)
{
    struct record r = record_of(suite_ids[_i], false, 70000);
    struct buf record = record_bytes(&r);
    size_t len = record.len, prk_at = record.len;

    for (size_t n = 0; n < len; n++)
        ck_assert_err(import_copy(bytes_of(record.p, n)), EDHOC_ERR_TOKEN);
    ck_assert_ok(import_copy(buf_bytes(&record)));
    buf_put_byte(&record, 0);
    ck_assert_err(import_copy(buf_bytes(&record)), EDHOC_ERR_TOKEN);
    record.len = len;
    for (size_t n = 0; n + 8 < len; n++)
        if (memcmp(record.p + n, prk, 8) == 0)
            prk_at = n;
    ck_assert_uint_lt(prk_at, len);
    for (size_t bit = 0; bit < 8 * len; bit += slow_stride()) {
        edhoc_err err;

        record.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        err = import_copy(buf_bytes(&record));
        record.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (bit / 8 >= prk_at && bit / 8 < prk_at + r.prk.len)
            ck_assert_ok(err); /* one PRK is as good as another */
        else
            ck_assert(err == EDHOC_OK || err == EDHOC_ERR_TOKEN);
        if (bit / 8 < 2) /* another count, another version */
            ck_assert_err(err, EDHOC_ERR_TOKEN);
        if (bit / 8 >= len - WINDOW_RECORD) /* `next` is 0: nothing has arrived */
            ck_assert_err(err, EDHOC_ERR_TOKEN);
    }
    buf_free(&record);
}
END_TEST

START_TEST(records_have_one_form)
{
    struct record r = record_of(6, false, 7);
    struct buf record = record_bytes(&r), longer = buf_new(4096);

    /* 87 01 ... -> 87 18 01 ... */
    buf_put(&longer, bytes_of(record.p, 1));
    buf_put_byte(&longer, 0x18);
    buf_put(&longer, bytes_of(record.p + 1, record.len - 1));
    ck_assert_err(import_copy(buf_bytes(&longer)), EDHOC_ERR_TOKEN);
    buf_reset(&longer);
    /* 87 -> 9f ... ff */
    buf_put_byte(&longer, 0x9f);
    buf_put(&longer, bytes_of(record.p + 1, record.len - 1));
    buf_put_byte(&longer, 0xff);
    ck_assert_err(import_copy(buf_bytes(&longer)), EDHOC_ERR_TOKEN);
    buf_free(&record);
    buf_free(&longer);
}
END_TEST

/* ---- forks ---- */

/* Makes two tokens in a forked child. That ends as another program: valgrind would take for lost
 * what the parent is going to free. */
static void tokens_of_child(struct protect *p, struct bytes message, struct token tokens[2])
{
    int fds[2], status;
    pid_t child;

    ck_assert_int_eq(pipe(fds), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        for (int i = 0; i < 2; i++)
            if (try_make(p, TOKEN_SEAL, BYTES_NONE, message, &tokens[i]) != EDHOC_OK)
                _exit(1);
        if (write(fds[1], tokens, 2 * sizeof(*tokens)) == (ssize_t)(2 * sizeof(*tokens)))
            (void)execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    close(fds[1]);
    ck_assert_int_eq(read(fds[0], tokens, 2 * sizeof(*tokens)), (ssize_t)(2 * sizeof(*tokens)));
    close(fds[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

START_TEST(forked_processes_share_no_nonce)
{
    struct pair pair = pair_new(suite_ids[_i]);
    struct bytes message = BYTES_LITERAL("message");
    struct token first = make(pair.i, TOKEN_SEAL, message);
    struct token children[2][2], own[2];

    tokens_of_child(pair.i, message, children[0]);
    tokens_of_child(pair.i, message, children[1]);
    for (size_t i = 0; i < 2; i++) {
        own[i] = make(pair.i, TOKEN_SEAL, message);
        /* All three go on with the next number; the parent is still instance 0. */
        ck_assert_uint_eq(sequence_of(&own[i]), 1 + i);
        ck_assert_uint_eq(sequence_of(&children[0][i]), 1 + i);
        ck_assert_uint_eq(sequence_of(&children[1][i]), 1 + i);
        ck_assert_uint_eq(instance_of(&own[i]), 0);
        ck_assert_uint_ne(instance_of(&children[0][i]), 0);
        ck_assert_uint_ne(instance_of(&children[1][i]), 0);
        ck_assert_uint_ne(instance_of(&children[0][i]), instance_of(&children[1][i]));
    }
    ck_assert_uint_eq(instance_of(&children[0][0]), instance_of(&children[0][1]));
    /* The peer opens all of them. It has one window, so the same number again is a duplicate. */
    opens_as(pair.r, &first, message, ARRIVAL_NEW);
    opens_as(pair.r, &children[0][0], message, ARRIVAL_NEW);
    opens_as(pair.r, &own[0], message, ARRIVAL_DUPLICATE);
    opens_as(pair.r, &own[1], message, ARRIVAL_NEW);
    opens_as(pair.r, &children[1][1], message, ARRIVAL_DUPLICATE);
    opens_as(pair.r, &children[1][0], message, ARRIVAL_DUPLICATE);
    pair_free(&pair);
}
END_TEST

/* An instance that was drawn is not for a later child, either. */
START_TEST(a_drawn_instance_is_not_for_a_child)
{
    struct record r = record_of(6, true, 0);
    struct protect *sender = imported(&r);
    struct bytes message = BYTES_LITERAL("message");
    struct token first = make(sender, TOKEN_SEAL, message), children[2], second;

    tokens_of_child(sender, message, children);
    second = make(sender, TOKEN_SEAL, message);
    ck_assert_uint_eq(instance_of(&first), instance_of(&second));
    ck_assert_uint_ne(instance_of(&first), instance_of(&children[0]));
    ck_assert_uint_eq(sequence_of(&second), sequence_of(&children[0]));
    protect_free(sender);
}
END_TEST

/* ---- threads ---- */

#define THREADS  4
#define MESSAGES 2000

struct worker {
    struct pair *pair;
    struct token *tokens;
    size_t failures;
};

static void *seal_many(void *arg)
{
    struct worker *w = arg;

    for (size_t i = 0; i < MESSAGES; i++)
        if (try_make(w->pair->i, TOKEN_SEAL, BYTES_NONE, BYTES_LITERAL("message"), &w->tokens[i]) !=
            EDHOC_OK)
            w->failures++;
    return NULL;
}

static void *open_many(void *arg)
{
    struct worker *w = arg;

    for (size_t i = 0; i < MESSAGES; i++) {
        struct token *token = &w->tokens[i];
        uint8_t out[7];
        struct piece piece = data(token->b + TOKEN_HEADER, out, sizeof(out));
        enum arrival arrival;

        if (protect_open(w->pair->r, token->b, &piece, 1, token->b + TOKEN_HEADER + 7, &arrival) !=
                EDHOC_OK ||
            memcmp(out, "message", 7) != 0 || arrival == ARRIVAL_DUPLICATE)
            w->failures++;
    }
    return NULL;
}

static void all_at_once(void *(*what)(void *), struct worker *workers)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, what, &workers[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_uint_eq(workers[i].failures, 0);
}

START_TEST(threads_share_no_sequence_number)
{
    struct pair pair = pair_new(6);
    struct token *tokens = calloc(THREADS * MESSAGES, sizeof(*tokens));
    bool seen[THREADS * MESSAGES] = {false};
    struct worker workers[THREADS];

    ck_assert_ptr_nonnull(tokens);
    for (size_t i = 0; i < THREADS; i++)
        workers[i] = (struct worker){&pair, tokens + i * MESSAGES, 0};
    all_at_once(seal_many, workers);
    for (size_t i = 0; i < THREADS * MESSAGES; i++) {
        uint64_t sequence = sequence_of(&tokens[i]);

        ck_assert_uint_lt(sequence, THREADS * MESSAGES);
        ck_assert(!seen[sequence]);
        seen[sequence] = true;
    }
    all_at_once(open_many, workers);
    free(tokens);
    pair_free(&pair);
}
END_TEST

/* ---- */

static void add_cases(Suite *suite)
{
    TCase *answers = suite_case(suite, "known answers", 300);
    TCase *tokens = suite_case(suite, "tokens", 300);
    TCase *keys = suite_case(suite, "keys", 300);
    TCase *records = suite_case(suite, "records", 300);
    TCase *processes = suite_case(suite, "processes and threads", 300);

    tcase_add_unchecked_fixture(answers, load_known, free_known);
    tcase_add_test(answers, known_tokens_open);
    tcase_add_test(answers, known_tokens_are_made_again);
    tcase_add_loop_test(tokens, messages_of_every_length_go_both_ways, 0, SUITES);
    tcase_add_loop_test(tokens, pieces_may_be_cut_otherwise_but_not_changed, 0, SUITES);
    tcase_add_test(tokens, sign_only_is_bound_in_its_order);
    tcase_add_loop_test(tokens, one_flipped_bit_is_refused_and_changes_nothing, 0, SUITES);
    tcase_add_loop_test(tokens, a_mic_is_of_its_message_only, 0, SUITES);
    tcase_add_loop_test(tokens, a_shorter_or_longer_token_is_refused, 0, SUITES);
    tcase_add_test(tokens, only_types_1_to_3_in_the_right_direction_are_tokens);
    tcase_add_loop_test(tokens, own_tokens_and_those_of_another_context_are_refused, 0, SUITES);
    tcase_add_test(tokens, each_token_says_how_it_arrived);
    tcase_add_test(tokens, messages_beyond_2_31_are_refused);
    tcase_add_test(tokens, data_without_a_place_is_not_taken_for_sign_only);
    tcase_add_loop_test(keys, no_key_is_derived_twice_in_an_epoch, 0, SUITES);
    tcase_add_test(keys, forgeries_evict_no_key);
    tcase_add_test(keys, more_senders_than_keys_are_all_heard);
    tcase_add_loop_test(keys, late_tokens_open_across_an_epoch, 0, SUITES);
    if (slow_stride() == 1) /* the way over the edge itself is that of the test before */
        tcase_add_test(keys, two_to_the_20_messages_lead_to_the_next_epoch);
    tcase_add_loop_test(keys, the_last_sequence_number_ends_the_context, 0, SUITES);
    tcase_add_loop_test(keys, a_message_that_fails_takes_its_number_along, 0, SUITES);
    tcase_add_loop_test(records, an_imported_context_goes_on_where_it_was, 0, SUITES);
    tcase_add_test(records, imports_of_one_record_share_no_nonce);
    tcase_add_test(records, impossible_fields_of_a_record_are_refused);
    tcase_add_loop_test(records, damaged_records_are_refused_or_harmless, 0, SUITES);
    tcase_add_test(records, records_have_one_form);
    tcase_add_loop_test(processes, forked_processes_share_no_nonce, 0, SUITES);
    tcase_add_test(processes, a_drawn_instance_is_not_for_a_child);
    tcase_add_test(processes, threads_share_no_sequence_number);
}

int main(void)
{
    for (int i = 0; i < AEAD_COUNT; i++) /* each is fetched and tried once: not to be counted */
        (void)crypto_has_aead((enum crypto_aead)i);
    return suite_main("protect", add_cases);
}
