/* doc/mechanism.md, "Per-message tokens":
 *
 *     header = type (1) || flags (1) || sequence (6) || instance (8)
 *     key    = EDHOC_Exporter( 0x8100, [ direction, instance, epoch ], key length )
 *     IV     = EDHOC_Exporter( 0x8101, [ direction, instance, epoch ], 12 )
 *     epoch  = sequence >> 20
 *     nonce  = sequence XOR IV
 *
 * A key is used by one process for one direction (the instance), and a sequence number is taken
 * before it is used, never given back: so no (key, nonce) pair occurs twice. */
#include "token/protect.h"

#include <endian.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "crypto/aead.h"
#include "crypto/fork.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "edhoc/keysched.h"
#include "edhoc/suite.h"
#include "token/window.h"

#define EXPORTER_KEY 0x8100
#define EXPORTER_IV  0x8101
#define EPOCH_SHIFT  20
#define NONCE        12

/* Where things stand in the header. */
enum { AT_TYPE = 0, AT_FLAGS = 1, AT_SEQUENCE = 2, AT_INSTANCE = 8 };

#define CONTEXT_MAX    16 /* array head, direction, instance (9), epoch (5) */
#define RECORD_VERSION 1
#define RECORD_FIELDS  7

/* The cipher and the IV of one (direction, instance, epoch). */
struct epoch_key {
    struct crypto_cipher *cipher; /* NULL: none here */
    uint64_t instance;
    uint64_t epoch;
    uint8_t iv[NONCE];
    uint64_t used; /* by the receiver: when last, in its own count */
};

struct sender {
    pthread_mutex_t lock;
    uint64_t sequence;   /* of the next message */
    uint64_t instance;   /* this process's own, if `generation` is this process's */
    uint64_t generation; /* fork_generation() for which `instance` was set; 0: for none yet */
    struct epoch_key key;
};

/* A few keys, so that a peer with forked children that all send is served without deriving. */
#define KEYS_KEPT 4

struct receiver {
    pthread_mutex_t lock;
    struct window window; /* one, whatever the instance */
    struct epoch_key keys[KEYS_KEPT];
    uint64_t uses;
};

/* Two locks, because a connection is often read by one thread and written by another. */
struct protect {
    const struct suite *suite;
    struct fixed prk_exporter;
    bool initiator;
    struct sender sender;
    struct receiver receiver;
};

static void put_number(uint8_t *to, size_t len, uint64_t value)
{
    const uint64_t number = htobe64(value);

    memcpy(to, (const uint8_t *)&number + sizeof(number) - len, len);
}

static uint64_t get_number(const uint8_t *from, size_t len)
{
    uint64_t number = 0;

    memcpy((uint8_t *)&number + sizeof(number) - len, from, len);
    return be64toh(number);
}

/* Direction 0 is from the initiator to the acceptor. */
static uint8_t sends_in(const struct protect *p)
{
    return p->initiator ? 0 : 1;
}

static uint8_t receives_in(const struct protect *p)
{
    return p->initiator ? 1 : 0;
}

/* ---- keys ---- */

static void epoch_key_wipe(struct epoch_key *k)
{
    crypto_cipher_free(k->cipher);
    bytes_wipe(k, sizeof(*k));
}

static bool epoch_key_is(const struct epoch_key *k, uint64_t instance, uint64_t epoch)
{
    return k->cipher != NULL && k->instance == instance && k->epoch == epoch;
}

/* [ direction, instance, epoch ] */
static void put_context(struct buf *b, uint8_t direction, uint64_t instance, uint64_t epoch)
{
    cbor_put_array(b, 3);
    cbor_put_uint(b, direction);
    cbor_put_uint(b, instance);
    cbor_put_uint(b, epoch);
}

/* `seal` tells the direction too: we seal what we send. On failure `out` is empty. */
static edhoc_err epoch_key_derive(const struct protect *p, bool seal, uint64_t instance,
                                  uint64_t epoch, struct epoch_key *out)
{
    enum crypto_aead alg = p->suite->tokens;
    uint8_t memory[CONTEXT_MAX];
    struct buf context = buf_in(memory, sizeof(memory));
    uint8_t key[AEAD_KEY_MAX];
    size_t key_length = crypto_aead_key(alg);
    struct deriver d = {.ctx = NULL};
    edhoc_err err;

    *out = (struct epoch_key){.instance = instance, .epoch = epoch};
    put_context(&context, seal ? sends_in(p) : receives_in(p), instance, epoch);
    err = buf_err(&context);
    if (err == EDHOC_OK)
        err = keysched_exporter(&d, p->suite, &p->prk_exporter, EXPORTER_KEY, buf_bytes(&context),
                                key, key_length);
    if (err == EDHOC_OK)
        err = keysched_exporter(&d, p->suite, &p->prk_exporter, EXPORTER_IV, buf_bytes(&context),
                                out->iv, NONCE);
    if (err == EDHOC_OK)
        err = crypto_cipher_new(alg, seal, bytes_of(key, key_length), &out->cipher);
    if (err != EDHOC_OK)
        epoch_key_wipe(out);
    bytes_wipe(key, sizeof(key));
    deriver_put_away(&d);
    return err;
}

/* ---- what both directions do with a message ---- */

/* Does it fit in a message, and is there a place for all DATA that comes out? A cipher without one
 * would take it for associated data. */
static edhoc_err check_pieces(enum token_type type, const struct piece *pieces, size_t count,
                              edhoc_err too_long)
{
    size_t left = MESSAGE_MAX;

    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &pieces[i];

        if (piece->len > left)
            return report(too_long, "longer than any message");
        if (type != TOKEN_MIC && !piece->sign_only && piece->len > 0 && piece->out == NULL)
            return report(EDHOC_ERR_BUG, "a message without a place to go to");
        left -= piece->len;
    }
    return EDHOC_OK;
}

/* sequence XOR IV: the last 8 bytes of it change. */
static void put_nonce(uint8_t nonce[NONCE], const uint8_t iv[NONCE], uint64_t sequence)
{
    uint64_t low;

    memcpy(nonce, iv, NONCE - sizeof(low));
    memcpy(&low, iv + NONCE - sizeof(low), sizeof(low));
    low ^= htobe64(sequence);
    memcpy(nonce + NONCE - sizeof(low), &low, sizeof(low));
}

/* Sets the nonce of this header, then runs header and pieces through the cipher: all of them as
 * associated data, but DATA under TOKEN_SEAL, which goes through to its `out`. */
static edhoc_err run(const struct epoch_key *k, const uint8_t header[TOKEN_HEADER],
                     const struct piece *pieces, size_t count, const uint8_t *tag)
{
    bool seals = header[AT_TYPE] == TOKEN_SEAL;
    uint8_t nonce[NONCE];
    edhoc_err err;

    put_nonce(nonce, k->iv, get_number(header + AT_SEQUENCE, 6));
    err = crypto_cipher_begin(k->cipher, nonce, tag);
    if (err == EDHOC_OK)
        err = crypto_cipher_aad(k->cipher, bytes_of(header, TOKEN_HEADER));
    for (size_t i = 0; i < count && err == EDHOC_OK; i++)
        if (!seals || pieces[i].sign_only)
            err = crypto_cipher_aad(k->cipher, bytes_of(pieces[i].in, pieces[i].len));
    for (size_t i = 0; i < count && err == EDHOC_OK; i++)
        if (seals && !pieces[i].sign_only)
            err = crypto_cipher_text(k->cipher, bytes_of(pieces[i].in, pieces[i].len),
                                     pieces[i].out);
    bytes_wipe(nonce, sizeof(nonce));
    return err;
}

/* What a TOKEN_WRAP carries, it carries as it is. */
static void copy_data(const struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!pieces[i].sign_only && pieces[i].len > 0 && pieces[i].out != pieces[i].in)
            memmove(pieces[i].out, pieces[i].in, pieces[i].len);
}

static void wipe_data(const struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!pieces[i].sign_only)
            bytes_wipe(pieces[i].out, pieces[i].len);
}

/* ---- sending ---- */

/* After a fork or an import, another process may go on with the same keys and numbers: an instance
 * of our own keeps apart from it. */
static edhoc_err sender_instance(struct sender *s)
{
    uint64_t generation;
    edhoc_err err = fork_generation(&generation);

    if (err != EDHOC_OK || generation == s->generation)
        return err;
    err = fork_random(&s->instance);
    if (err == EDHOC_OK)
        s->generation = generation;
    return err;
}

/* Makes ready for the next number: there is one, and instance and key are right for it. */
static edhoc_err sender_prepare(struct protect *p)
{
    struct sender *s = &p->sender;
    uint64_t epoch = s->sequence >> EPOCH_SHIFT;
    struct epoch_key fresh;
    edhoc_err err;

    if (s->sequence >= SEQUENCE_END)
        return report(EDHOC_ERR_SEQUENCE_END, "2^48 messages; establish a new context");
    err = sender_instance(s);
    if (err != EDHOC_OK || epoch_key_is(&s->key, s->instance, epoch))
        return err;
    err = epoch_key_derive(p, true, s->instance, epoch, &fresh);
    if (err != EDHOC_OK)
        return err;
    epoch_key_wipe(&s->key);
    s->key = fresh;
    return EDHOC_OK;
}

static edhoc_err sender_seal(struct protect *p, enum token_type type, const struct piece *pieces,
                             size_t count, uint8_t header[TOKEN_HEADER], uint8_t tag[TOKEN_TAG])
{
    struct sender *s = &p->sender;
    edhoc_err err = sender_prepare(p);

    if (err != EDHOC_OK)
        return err;
    header[AT_TYPE] = (uint8_t)type;
    header[AT_FLAGS] = sends_in(p);
    put_number(header + AT_SEQUENCE, 6, s->sequence++); /* taken now, whatever comes */
    put_number(header + AT_INSTANCE, 8, s->instance);
    err = run(&s->key, header, pieces, count, NULL);
    if (err == EDHOC_OK)
        err = crypto_cipher_tag(s->key.cipher, tag);
    return err;
}

edhoc_err protect_seal(struct protect *p, enum token_type type, const struct piece *pieces,
                       size_t count, uint8_t header[TOKEN_HEADER], uint8_t tag[TOKEN_TAG])
{
    edhoc_err err = check_pieces(type, pieces, count, EDHOC_ERR_MESSAGE_LENGTH);

    if (err != EDHOC_OK)
        return err;
    if (type < TOKEN_MIC || type > TOKEN_SEAL)
        return report(EDHOC_ERR_BUG, "a message without a type");
    (void)pthread_mutex_lock(&p->sender.lock);
    err = sender_seal(p, type, pieces, count, header, tag);
    (void)pthread_mutex_unlock(&p->sender.lock);
    if (err == EDHOC_OK && type == TOKEN_WRAP)
        copy_data(pieces, count);
    return err;
}

/* ---- receiving ---- */

static struct epoch_key *receiver_find(struct receiver *r, uint64_t instance, uint64_t epoch)
{
    for (size_t i = 0; i < KEYS_KEPT; i++)
        if (epoch_key_is(&r->keys[i], instance, epoch))
            return &r->keys[i];
    return NULL;
}

/* Takes over a key that has verified a token, in the place of the one unused for longest (or never
 * used: 0), and says where it is now. */
static struct epoch_key *receiver_keep(struct receiver *r, struct epoch_key *fresh)
{
    struct epoch_key *place = &r->keys[0];

    for (size_t i = 1; i < KEYS_KEPT; i++)
        if (r->keys[i].used < place->used)
            place = &r->keys[i];
    epoch_key_wipe(place);
    *place = *fresh;
    bytes_wipe(fresh, sizeof(*fresh));
    return place;
}

static edhoc_err verify(const struct epoch_key *k, const uint8_t header[TOKEN_HEADER],
                        const struct piece *pieces, size_t count, const uint8_t tag[TOKEN_TAG])
{
    edhoc_err err = run(k, header, pieces, count, tag);

    if (err == EDHOC_OK)
        err = crypto_cipher_verify(k->cipher);
    if (err != EDHOC_OK && header[AT_TYPE] == TOKEN_SEAL)
        wipe_data(pieces, count);
    return err;
}

static edhoc_err receiver_open(struct protect *p, const uint8_t header[TOKEN_HEADER],
                               const struct piece *pieces, size_t count,
                               const uint8_t tag[TOKEN_TAG], enum arrival *arrival)
{
    struct receiver *r = &p->receiver;
    uint64_t sequence = get_number(header + AT_SEQUENCE, 6);
    uint64_t instance = get_number(header + AT_INSTANCE, 8);
    uint64_t epoch = sequence >> EPOCH_SHIFT;
    struct epoch_key *key = receiver_find(r, instance, epoch);
    struct epoch_key fresh = {.cipher = NULL};
    edhoc_err err = EDHOC_OK;

    if (key == NULL) {
        err = epoch_key_derive(p, false, instance, epoch, &fresh);
        key = &fresh;
    }
    if (err == EDHOC_OK)
        err = verify(key, header, pieces, count, tag);
    if (err != EDHOC_OK) {
        epoch_key_wipe(&fresh);
        return err;
    }
    /* Success: the first change to our state. */
    if (key == &fresh)
        key = receiver_keep(r, &fresh);
    key->used = ++r->uses;
    *arrival = window_note(&r->window, sequence);
    return EDHOC_OK;
}

enum token_type protect_type(const struct protect *p, struct bytes header)
{
    if (header.len < TOKEN_HEADER || header.p[AT_TYPE] < TOKEN_MIC ||
        header.p[AT_TYPE] > TOKEN_SEAL || header.p[AT_FLAGS] != receives_in(p))
        return TOKEN_NONE;
    return (enum token_type)header.p[AT_TYPE];
}

edhoc_err protect_open(struct protect *p, const uint8_t header[TOKEN_HEADER],
                       const struct piece *pieces, size_t count, const uint8_t tag[TOKEN_TAG],
                       enum arrival *arrival)
{
    enum token_type type = protect_type(p, bytes_of(header, TOKEN_HEADER));
    edhoc_err err;

    if (type == TOKEN_NONE)
        return report(EDHOC_ERR_TOKEN, "type %d, flags %d", header[AT_TYPE], header[AT_FLAGS]);
    err = check_pieces(type, pieces, count, EDHOC_ERR_TOKEN);
    if (err != EDHOC_OK)
        return err;
    (void)pthread_mutex_lock(&p->receiver.lock);
    err = receiver_open(p, header, pieces, count, tag, arrival);
    (void)pthread_mutex_unlock(&p->receiver.lock);
    if (err == EDHOC_OK && type == TOKEN_WRAP)
        copy_data(pieces, count); /* only what has verified is ever copied */
    return err;
}

/* ---- the object ---- */

/* Everything but the sender's instance, which is yet to be drawn. */
static edhoc_err protect_make(const struct suite *suite, struct bytes prk_exporter, bool initiator,
                              struct protect **out)
{
    struct protect *p;

    *out = NULL;
    if (prk_exporter.len != crypto_hash_length(suite->hash))
        return report(EDHOC_ERR_BUG, "PRK_exporter of %zu bytes", prk_exporter.len);
    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return EDHOC_ERR_NOMEM;
    p->suite = suite;
    p->initiator = initiator;
    p->prk_exporter.len = prk_exporter.len;
    memcpy(p->prk_exporter.b, prk_exporter.p, prk_exporter.len);
    window_init(&p->receiver.window);
    /* With default attributes on these systems, this cannot fail. */
    (void)pthread_mutex_init(&p->sender.lock, NULL);
    (void)pthread_mutex_init(&p->receiver.lock, NULL);
    *out = p;
    return EDHOC_OK;
}

edhoc_err protect_new(const struct suite *suite, struct bytes prk_exporter, bool initiator,
                      struct protect **out)
{
    edhoc_err err = protect_make(suite, prk_exporter, initiator, out);

    if (err != EDHOC_OK)
        return err;
    /* The process that establishes the context is instance 0, and only for as long as it is this
     * process. */
    err = fork_generation(&(*out)->sender.generation);
    if (err != EDHOC_OK) {
        protect_free(*out);
        *out = NULL;
    }
    return err;
}

void protect_free(struct protect *p)
{
    if (p == NULL)
        return;
    epoch_key_wipe(&p->sender.key);
    for (size_t i = 0; i < KEYS_KEPT; i++)
        epoch_key_wipe(&p->receiver.keys[i]);
    (void)pthread_mutex_destroy(&p->sender.lock);
    (void)pthread_mutex_destroy(&p->receiver.lock);
    bytes_wipe(p, sizeof(*p));
    free(p);
}

edhoc_err protect_exporter(const struct protect *p, uint64_t label, struct bytes context,
                           uint8_t *out, size_t len)
{
    struct deriver d = {.ctx = NULL};
    edhoc_err err = keysched_exporter(&d, p->suite, &p->prk_exporter, label, context, out, len);

    deriver_put_away(&d);
    return err;
}

const struct suite *protect_suite(const struct protect *p)
{
    return p->suite;
}

bool protect_initiator(const struct protect *p)
{
    return p->initiator;
}

/* ---- export and import ---- */

void protect_export(struct protect *p, struct buf *out)
{
    uint8_t window[WINDOW_RECORD];

    /* Both locks: the record is of one moment. */
    (void)pthread_mutex_lock(&p->sender.lock);
    (void)pthread_mutex_lock(&p->receiver.lock);
    window_save(&p->receiver.window, window);
    cbor_put_array(out, RECORD_FIELDS);
    cbor_put_uint(out, RECORD_VERSION);
    cbor_put_uint(out, (uint64_t)p->suite->id);
    cbor_put_bstr(out, fixed_bytes(&p->prk_exporter));
    cbor_put_uint(out, p->initiator ? 1 : 0);
    cbor_put_uint(out, p->sender.sequence);
    cbor_put_uint(out, p->receiver.window.next);
    cbor_put_bstr(out, bytes_of(window, sizeof(window)));
    (void)pthread_mutex_unlock(&p->receiver.lock);
    (void)pthread_mutex_unlock(&p->sender.lock);
}

struct record {
    const struct suite *suite;
    struct bytes prk_exporter;
    uint64_t initiator;
    uint64_t sequence;
    struct window window;
};

static bool read_record(struct bytes in, struct record *record)
{
    struct cbor_reader r = cbor_reader(in);
    size_t fields = cbor_read_array(&r);
    uint64_t version = cbor_read_uint(&r);
    uint64_t next;
    struct bytes window;

    record->suite = suite_by_id(cbor_read_int(&r));
    record->prk_exporter = cbor_read_bstr(&r);
    record->initiator = cbor_read_uint(&r);
    record->sequence = cbor_read_uint(&r);
    next = cbor_read_uint(&r);
    window = cbor_read_bstr(&r);
    return cbor_finished(&r) && fields == RECORD_FIELDS && version == RECORD_VERSION &&
           record->suite != NULL &&
           record->prk_exporter.len == crypto_hash_length(record->suite->hash) &&
           record->initiator <= 1 && record->sequence <= SEQUENCE_END &&
           window.len == WINDOW_RECORD && window_load(&record->window, next, window.p);
}

edhoc_err protect_import(struct bytes in, struct protect **out)
{
    struct record record;
    edhoc_err err;

    *out = NULL;
    if (!read_record(in, &record))
        return report(EDHOC_ERR_TOKEN, "not an exported context of this mechanism and version");
    err = protect_make(record.suite, record.prk_exporter, record.initiator == 1, out);
    if (err != EDHOC_OK)
        return err;
    (*out)->sender.sequence = record.sequence;
    (*out)->receiver.window = record.window;
    return EDHOC_OK;
}
