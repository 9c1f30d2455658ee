#include "support.h"

#include "base/cbor.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "edhoc/ead.h"
#include "profile/item.h"
#include "lib/hex.h"
#include "lib/errors.h"
#include "lib/pin_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t support_err_set(edhoc_err err)
{
    return UINT64_C(1) << err;
}

/* ---- suites ---- */

const int support_suites[SUITES_COUNT] = {0, 1, 2, 3, 4, 5, 6, 24, 25};

struct suite_list support_suite_list(const int *ids, size_t len)
{
    struct suite_list list = {{0}, 0};

    for (size_t i = 0; i < len; i++)
        suite_list_add(&list, ids[i]);
    return list;
}

struct suite_list support_one_suite(int id)
{
    return support_suite_list(&id, 1);
}

struct suite_list support_all_suites(void)
{
    struct suite_list list = suite_defaults();

    suite_list_add(&list, 0);
    suite_list_add(&list, 2);
    return list;
}

/* ---- keys ---- */

#define KEY_TYPES 8

static struct key *keys[KEY_TYPES][SUPPORT_KEYS];

static void free_keys(void)
{
    for (size_t t = 0; t < KEY_TYPES; t++)
        for (size_t n = 0; n < SUPPORT_KEYS; n++)
            key_free(keys[t][n]);
}

struct key *support_key(const char *type, size_t n)
{
    const struct keytype *row = keytype_by_name(type);
    static bool registered;
    struct key **at;

    if (row == NULL || n >= SUPPORT_KEYS)
        abort(); /* not ck_assert: this also runs before the first test */
    at = &keys[row - keytypes][n];
    if (*at == NULL && key_generate(row, at) != EDHOC_OK)
        abort();
    if (!registered) /* after libcrypto's own, so before it goes away */
        registered = atexit(free_keys) == 0;
    return *at;
}

void support_make_keys(void)
{
    for (const struct keytype *t = keytypes; t->name != NULL; t++)
        for (size_t n = 0; n < SUPPORT_KEYS; n++)
            (void)support_key(t->name, n);
}

struct key *support_key_for(struct key *key, bool dh)
{
    struct buf pem = buf_new(4096);
    struct key *other;

    ck_assert_ok(key_to_pem(key, NULL, &pem));
    ck_assert_ok(key_from_pem(buf_bytes(&pem), NULL, dh, &other));
    buf_free(&pem);
    return other;
}

/* ---- identities ---- */

struct identity *support_identity(struct key *key, const char *principals, const char *source)
{
    struct identity *id;

    ck_assert_ok(identity_new_raw(key, principals, source, &id));
    return id;
}

struct identity_set *support_set(struct identity *first, ...)
{
    struct identity *ids[16];
    struct identity_set *set;
    size_t len = 0;
    va_list args;

    va_start(args, first);
    for (struct identity *id = first; id != NULL; id = va_arg(args, struct identity *))
        ids[len++] = id;
    va_end(args);
    ck_assert_ok(identity_set_new(ids, len, &set));
    return set;
}

struct identity_set *support_set_of(struct key *key, const char *principals)
{
    return support_set(support_identity(key, principals, "the-identity"), NULL);
}

/* ---- trust ---- */

struct trust *support_trust(void)
{
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    ck_assert_ok(trust_add_file(t, SUPPORT_FILE));
    return t;
}

unsigned support_pin(struct trust *t, struct support_pin pin)
{
    struct trust_line *line = calloc(1, sizeof(*line));
    unsigned number = (unsigned)trust_count(t) + 1;

    ck_assert_ptr_nonnull(line);
    line->principals = strdup(pin.principals);
    line->roles = pin.roles != 0 ? pin.roles : TRUST_CLIENT | TRUST_SERVER;
    line->valid_after = pin.after != 0 ? pin.after : INT64_MIN;
    line->valid_before = pin.before != 0 ? pin.before : INT64_MAX;
    line->local_user = pin.local_user != NULL ? strdup(pin.local_user) : NULL;
    line->comment = strdup("a comment");
    line->file = strdup(SUPPORT_FILE);
    line->line = number;
    ck_assert_ok(cred_new_kid(pin.key, &line->cred));
    ck_assert_ok(pin_line(t, line));
    return number;
}

struct trust *support_trust_of(struct key *key, const char *principals)
{
    struct trust *t = support_trust();

    (void)support_pin(t, (struct support_pin){.key = key, .principals = principals});
    return t;
}

/* ---- a handshake ---- */

enum edhoc_role pair_receiver(unsigned number)
{
    return number % 2 == 1 ? EDHOC_RESPONDER : EDHOC_INITIATOR;
}

enum edhoc_role pair_sender(unsigned number)
{
    return number % 2 == 1 ? EDHOC_INITIATOR : EDHOC_RESPONDER;
}

void pair_init(struct pair *p, struct key *initiator, struct key *responder)
{
    *p = (struct pair){0};
    for (unsigned i = 0; i <= SUPPORT_TOKENS; i++)
        p->token[i] = buf_new(EDHOC_TOKEN_MAX + 1);
    for (int role = EDHOC_INITIATOR; role <= EDHOC_RESPONDER; role++) {
        p->config[role].role = (enum edhoc_role)role;
        p->config[role].suites = support_all_suites();
        p->config[role].now = SUPPORT_NOW;
    }
    p->config[EDHOC_INITIATOR].target = SUPPORT_TARGET;
    if (initiator != NULL) {
        p->config[EDHOC_INITIATOR].identities = support_set_of(initiator, "alice");
        p->config[EDHOC_RESPONDER].trust = support_trust_of(initiator, "alice");
    }
    if (responder != NULL) {
        p->config[EDHOC_RESPONDER].identities = support_set_of(responder, SUPPORT_TARGET);
        p->config[EDHOC_INITIATOR].trust = support_trust_of(responder, SUPPORT_TARGET);
    }
}

void pair_identities(struct pair *p, enum edhoc_role role, struct identity_set *set)
{
    identity_set_free(p->config[role].identities);
    p->config[role].identities = set;
}

void pair_trust(struct pair *p, enum edhoc_role role, struct trust *trust)
{
    trust_free(p->config[role].trust);
    p->config[role].trust = trust;
}

static void note(struct pair *p, enum edhoc_role role, edhoc_err err)
{
    p->err[role] = err;
    (void)snprintf(p->details[role], sizeof(p->details[role]), "%s", report_details(err));
}

bool pair_new(struct pair *p)
{
    for (int role = EDHOC_INITIATOR; role <= EDHOC_RESPONDER; role++) {
        edhoc_err err = side_new(&p->config[role], &p->side[role]);

        note(p, (enum edhoc_role)role, err);
        ck_assert((err == EDHOC_OK) == (p->side[role] != NULL));
    }
    return p->side[EDHOC_INITIATOR] != NULL && p->side[EDHOC_RESPONDER] != NULL;
}

void pair_reset(struct pair *p)
{
    for (int role = EDHOC_INITIATOR; role <= EDHOC_RESPONDER; role++) {
        side_free(p->side[role]);
        p->side[role] = NULL;
        p->err[role] = EDHOC_OK;
        p->details[role][0] = '\0';
    }
    for (unsigned i = 0; i <= SUPPORT_TOKENS; i++)
        buf_reset(&p->token[i]);
    p->tokens = 0;
}

void pair_free(struct pair *p)
{
    pair_reset(p);
    for (unsigned i = 0; i <= SUPPORT_TOKENS; i++)
        buf_free(&p->token[i]);
    for (int role = EDHOC_INITIATOR; role <= EDHOC_RESPONDER; role++) {
        identity_set_free(p->config[role].identities);
        trust_free(p->config[role].trust);
    }
}

edhoc_err pair_step(struct pair *p, enum edhoc_role role, struct bytes in, struct buf *out)
{
    bool was_done = edhoc_done(p->side[role]);
    edhoc_err err = edhoc_step(p->side[role], in, out);

    note(p, role, err);
    if (err != EDHOC_OK && !was_done)
        support_check_dead(p->side[role]);
    return err;
}

/* Makes the next token; false when there is none. */
static bool next_token(struct pair *p)
{
    struct bytes in = p->tokens == 0 ? BYTES_NONE : buf_bytes(&p->token[p->tokens]);
    enum edhoc_role role = pair_sender(p->tokens + 1);
    struct buf *out;

    ck_assert_msg(p->tokens < SUPPORT_TOKENS, "the exchange does not end");
    out = &p->token[p->tokens + 1];
    (void)pair_step(p, role, in, out);
    if (out->len == 0)
        return false;
    p->tokens++;
    return true;
}

void pair_advance(struct pair *p, unsigned number)
{
    while (p->tokens < number) {
        ck_assert_msg(next_token(p), "no token %u: %s", p->tokens + 1,
                      p->details[pair_sender(p->tokens + 1)]);
        ck_assert_ok(p->err[pair_sender(p->tokens)]);
    }
}

void pair_run(struct pair *p, pair_hook hook, void *arg)
{
    while (next_token(p))
        if (hook != NULL)
            hook(arg, p, p->tokens, &p->token[p->tokens]);
}

void pair_flip(void *flip, struct pair *p, unsigned number, struct buf *token)
{
    const struct pair_flip *f = flip;

    (void)p;
    if (number == f->number && token->len > f->back)
        token->p[token->len - 1 - f->back] ^= 1;
}

/* ---- what must hold ---- */

static void check_same_exports(const struct edhoc *a, const struct edhoc *b)
{
    static const struct {
        uint64_t label;
        const char *context;
        size_t len;
    } exports[] = {{0, "", 16}, {0, "x", 16}, {1, "", 16}, {0x8100, "context", 64}, {0, "", 255}};
    uint8_t first[255] = {0}, out[2][255];

    for (size_t i = 0; i < sizeof(exports) / sizeof(exports[0]); i++) {
        struct bytes context = bytes_of_text(exports[i].context);
        size_t len = exports[i].len;

        ck_assert_ok(edhoc_exporter(a, exports[i].label, context, out[0], len));
        ck_assert_ok(edhoc_exporter(b, exports[i].label, context, out[1], len));
        ck_assert_mem_eq(out[0], out[1], len);
        ck_assert_mem_ne(out[0], first, 16); /* not zero, and another one for another request */
        if (i == 0)
            memcpy(first, out[0], len);
    }
}

void support_check_complete(const struct pair *p, unsigned tokens, int method, int suite)
{
    const struct edhoc *side[2] = {p->side[0], p->side[1]};
    struct bytes prk[2];

    for (int role = 0; role < 2; role++) {
        ck_assert_msg(p->err[role] == EDHOC_OK, "%s failed: %s: %s",
                      role == 0 ? "the initiator" : "the responder", report_sentence(p->err[role]),
                      p->details[role]);
        ck_assert(edhoc_done(side[role]));
        ck_assert_int_eq(edhoc_method(side[role]), method);
        ck_assert_int_eq(edhoc_suite(side[role])->id, suite);
        prk[role] = edhoc_prk_exporter(side[role]);
    }
    ck_assert_uint_eq(p->tokens, tokens);
    ck_assert_uint_eq(prk[0].len, crypto_hash_length(edhoc_suite(side[0])->hash));
    ck_assert(bytes_equal(prk[0], prk[1]));
    check_same_exports(side[0], side[1]);
    for (int role = 0; role < 2; role++) {
        const struct identity *other = side_identity(side[1 - role]);

        ck_assert_mem_eq(cred_thumbprint(side_peer(side[role])->cred),
                         cred_thumbprint(other->by_value), 32);
        ck_assert_ptr_nonnull(side_peer(side[role])->name);
        ck_assert_uint_eq(side[role]->c_i.len + side[role]->c_r.len, 0);
    }
}

void support_check_dead(struct edhoc *s)
{
    static const uint8_t anything[] = {0x41, 0x00};
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    uint8_t key[16];

    ck_assert_int_eq(s->state, SESSION_FAILED);
    ck_assert(!edhoc_done(s));
    ck_assert(side_peer(s)->cred == NULL && side_peer(s)->name == NULL);
    ck_assert(side_peer(s)->comment == NULL && side_peer(s)->local_user == NULL);
    ck_assert(side_peer(s)->kind == 0 && side_peer(s)->expires == 0);
    ck_assert_uint_eq(side_flags(s), 0);
    ck_assert_uint_eq(edhoc_prk_exporter(s).len, 0);
    ck_assert_ptr_null(side_identity(s));
    ck_assert_ptr_null(s->ephemeral);
    ck_assert_ptr_null(s->work);
    ck_assert_ptr_null(s->me.key);
    for (int i = 0; i < 2; i++) {
        ck_assert_err(edhoc_step(s, bytes_of(anything, (size_t)(2 * i)), &out), EDHOC_ERR_STATE);
        ck_assert_uint_eq(out.len, 0);
    }
    ck_assert_err(edhoc_exporter(s, 0, BYTES_NONE, key, sizeof(key)), EDHOC_ERR_STATE);
    ck_assert_err(edhoc_key_update(s, BYTES_NONE), EDHOC_ERR_STATE);
    ck_assert_int_eq(s->state, SESSION_FAILED);
    buf_free(&out);
}

void support_check_error(struct bytes message, const char *words)
{
    struct cbor_reader r = cbor_reader(message);
    int64_t code = cbor_read_int(&r);
    struct bytes text = cbor_read_tstr(&r);

    ck_assert_msg(cbor_finished(&r), "%s is no error message", hex(message));
    ck_assert_int_eq(code, 1);
    ck_assert_uint_ge(text.len, 1);
    ck_assert_uint_le(text.len, 128);
    for (size_t i = 0; i < text.len; i++)
        ck_assert(text.p[i] >= 0x20 && text.p[i] < 0x7f);
    if (words != NULL)
        ck_assert_msg(bytes_equal(text, bytes_of_text(words)), "\"%.*s\" instead of \"%s\"",
                      (int)text.len, (const char *)text.p, words);
}

void support_check_refused(const struct pair *p, enum edhoc_role role, edhoc_err err)
{
    enum edhoc_role other = role == EDHOC_INITIATOR ? EDHOC_RESPONDER : EDHOC_INITIATOR;

    ck_assert_msg(p->err[role] == err, "%s instead of %s (%s)",
                  p->err[role] == EDHOC_OK ? "success" : report_sentence(p->err[role]),
                  report_sentence(err), p->details[role]);
    ck_assert(!edhoc_done(p->side[role]));
    ck_assert_int_eq(pair_sender(p->tokens), role);
    support_check_error(buf_bytes(&p->token[p->tokens]), SUPPORT_REFUSAL);
    if (edhoc_done(p->side[other])) {
        ck_assert_err(p->err[other], EDHOC_ERR_STATE); /* an error message after the end */
        return;
    }
    ck_assert_err(p->err[other], EDHOC_ERR_PEER_ERROR);
    ck_assert_str_eq(p->details[other], "peer says: " SUPPORT_REFUSAL " (error code 1)");
}

/* ---- messages by hand ---- */

void support_put_message_1(struct buf *out, int64_t method, const int *suites, size_t count,
                           struct bytes g_x, struct bytes ead)
{
    cbor_put_int(out, method);
    if (count != 1)
        cbor_put_array(out, count);
    for (size_t i = 0; i < count; i++)
        cbor_put_int(out, suites[i]);
    cbor_put_bstr(out, g_x);
    cbor_put_identifier(out, BYTES_NONE);
    buf_put(out, ead);
}

struct buf support_ead_1(const char *target, uint64_t options)
{
    struct profile_item item = {.message = 1, .target = bytes_of_text(target), .options = options};
    struct buf ead = buf_new(EDHOC_TOKEN_MAX);

    item_put(&item, &ead);
    return ead;
}

struct buf support_ead_3(uint64_t flags, const char *target)
{
    struct profile_item item = {.message = 3, .flags = flags, .target = bytes_of_text(target)};
    struct buf ead = buf_new(EDHOC_TOKEN_MAX);

    item_put(&item, &ead);
    return ead;
}
