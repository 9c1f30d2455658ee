#include "remains.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/cbor.h"
#include "crypto/mac.h"
#include "crypto/pem.h"
#include "edhoc/edhoc.h"

#include "../lib/errors.h"

#define MASK      0xa5
#define WINDOW    8 /* bytes in a row that do not occur by chance */
#define NOTES_MAX 512
#define BYTES_MAX 64 /* of each; what is longer is noted by its beginning */

static bool watching;

/* ---- stacks ---- */

#define STACK      (256u << 10)
#define STACKS_MAX 256

static void *stacks[STACKS_MAX];
static size_t stacks_count;

static void release_stacks(void)
{
    while (stacks_count > 0)
        (void)munmap(stacks[--stacks_count], STACK);
}

static void *new_stack(void)
{
    void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    must(stack != MAP_FAILED && stacks_count < STACKS_MAX);
    stacks[stacks_count++] = stack;
    return stack;
}

static void (*run_there)(void *arg);
static void *arg_there;

static void begin_there(void)
{
    run_there(arg_there);
}

void remains_on_new_stack(void (*run)(void *arg), void *arg)
{
    ucontext_t here, there;

    if (!watching) {
        run(arg);
        return;
    }
    must(getcontext(&there) == 0);
    there.uc_stack.ss_sp = new_stack();
    there.uc_stack.ss_size = STACK;
    there.uc_link = &here;
    run_there = run;
    arg_there = arg;
    makecontext(&there, begin_there, 0);
    must(swapcontext(&here, &there) == 0);
}

/* ---- notes ---- */

/* Two of each secret: as it is, and backwards, as libcrypto has large numbers. */
struct note {
    const char *name;
    uint8_t masked[BYTES_MAX];
    size_t len;
    char where[96]; /* "": nowhere */
};

static struct note notes[NOTES_MAX];
static size_t notes_count;

void remains_reset(void)
{
    notes_count = 0;
    release_stacks();
}

void remains_watch(bool on)
{
    watching = on;
}

static struct note note_of(const char *name, struct bytes secret, bool backwards)
{
    struct note n = {.name = name, .len = secret.len};

    for (size_t i = 0; i < n.len; i++)
        n.masked[i] = secret.p[backwards ? secret.len - 1 - i : i] ^ MASK;
    return n;
}

/* Both sides make the same ones. */
static bool is_noted(const struct note *n)
{
    for (size_t i = 0; i < notes_count; i++)
        if (notes[i].len == n->len && memcmp(notes[i].masked, n->masked, n->len) == 0)
            return true;
    return false;
}

void remains_note(const char *name, struct bytes secret)
{
    struct bytes head = bytes_of(secret.p, secret.len < BYTES_MAX ? secret.len : BYTES_MAX);
    struct note forwards;

    if (!watching || secret.len < WINDOW)
        return;
    must(notes_count + 2 <= NOTES_MAX);
    forwards = note_of(name, head, false);
    if (is_noted(&forwards))
        return;
    notes[notes_count++] = forwards;
    notes[notes_count++] = note_of(name, head, true);
}

/* How many of a name are noted, or have been found. */
static unsigned count(const char *name, bool found)
{
    unsigned n = 0;

    for (size_t i = 0; i < notes_count; i += 2)
        if (strcmp(notes[i].name, name) == 0)
            n += !found || notes[i].where[0] != '\0' || notes[i + 1].where[0] != '\0';
    return n;
}

unsigned remains_noted(const char *name)
{
    return count(name, false);
}

unsigned remains_found(const char *name)
{
    return count(name, true);
}

/* ---- windows: which note has these eight bytes ---- */

#define SLOTS (1u << 16)

static struct slot {
    uint64_t masked;
    struct note *note; /* NULL: free */
} slots[SLOTS];
/* Most of memory is in none: told by two bytes. */
static bool begins[1u << 16];

static uint64_t load(const uint8_t *p)
{
    uint64_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static struct slot *slot_of(uint64_t masked)
{
    size_t at = (size_t)(masked * UINT64_C(0x9e3779b97f4a7c15) >> 48);

    while (slots[at].note != NULL && slots[at].masked != masked)
        at = (at + 1) % SLOTS;
    return &slots[at];
}

static void fill_slots(void)
{
    memset(slots, 0, sizeof(slots));
    memset(begins, 0, sizeof(begins));
    for (size_t i = 0; i < notes_count; i++) {
        notes[i].where[0] = '\0';
        for (size_t k = 0; k + WINDOW <= notes[i].len; k++) {
            uint64_t masked = load(notes[i].masked + k);
            struct slot *slot = slot_of(masked);

            if (slot->note == NULL)
                *slot = (struct slot){masked, &notes[i]};
            begins[masked & 0xffff] = true;
        }
    }
}

/* ---- memory ---- */

#define CHUNK (1u << 20)

struct region {
    uintptr_t from, to;
    char name[64];
};

/* The next one that can be written; false at the end. */
static bool next_region(FILE *maps, struct region *r)
{
    char line[512], flags[8];

    while (fgets(line, sizeof(line), maps) != NULL) {
        r->name[0] = '\0';
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %*s %63s", &r->from, &r->to, flags,
                   r->name) >= 3 &&
            flags[0] == 'r' && flags[1] == 'w')
            return true;
    }
    return false;
}

static void look_at(const uint8_t *masked, size_t len, const struct region *r, uintptr_t at)
{
    for (size_t i = 0; i + WINDOW <= len; i++) {
        uint64_t window = load(masked + i);
        struct note *found = begins[window & 0xffff] ? slot_of(window)->note : NULL;

        if (found != NULL && found->where[0] == '\0')
            (void)snprintf(found->where, sizeof(found->where), "%s + %#zx",
                           r->name[0] != '\0' ? r->name : "mapped memory",
                           (size_t)(at + i - r->from));
    }
}

/* What is read is masked before it is searched; where it is read to is left out. */
static void search_region(int memory, const struct region *r, uint8_t *chunk)
{
    for (uintptr_t at = r->from; at + WINDOW <= r->to; at += CHUNK - WINDOW) {
        size_t len = r->to - at < CHUNK ? r->to - at : CHUNK;

        if (at >= (uintptr_t)chunk && at < (uintptr_t)chunk + CHUNK)
            return;
        if (pread(memory, chunk, len, (off_t)at) != (ssize_t)len)
            return;
        for (size_t i = 0; i < len; i++)
            chunk[i] ^= MASK;
        look_at(chunk, len, r, at);
    }
}

static void search(void)
{
    /* With a page that cannot be read on either side, it is a region alone. */
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *around = mmap(NULL, CHUNK + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    struct region r;

    must(around != MAP_FAILED && memory >= 0 && maps != NULL);
    must(mprotect(around + page, CHUNK, PROT_READ | PROT_WRITE) == 0);
    fill_slots();
    while (next_region(maps, &r))
        search_region(memory, &r, around + page);
    (void)fclose(maps);
    (void)close(memory);
    (void)munmap(around, CHUNK + 2 * page);
}

static bool is_one_of(const char *name, const char *const list[])
{
    for (; *list != NULL; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

const char *remains_beside(const char *const may_be[])
{
    static char text[2048];
    size_t at = 0;

    search();
    text[0] = '\0';
    for (size_t i = 0; i < notes_count && at < sizeof(text); i++)
        if (notes[i].where[0] != '\0' && !is_one_of(notes[i].name, may_be))
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s in %s; ", notes[i].name,
                                   notes[i].where);
    return text;
}

/* ---- what is noted ---- */

/* By info_label (RFC 9528 section 4.1.2), and the labels of EDHOC_Exporter (doc/mechanism.md). */
static const char *name_of(int64_t label)
{
    static const struct {
        int64_t label;
        const char *name;
    } names[] = {{1, "SALT_3e2m"},      {2, "MAC_2"},     {3, "K_3"},
                 {4, "IV_3"},           {5, "SALT_4e3m"}, {6, "MAC_3"},
                 {7, "PRK_out"},        {8, "K_4"},       {9, "IV_4"},
                 {10, "PRK_exporter"},  {11, "PRK_out"},  {0x8100, "message key"},
                 {0x8101, "message IV"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].label == label)
            return names[i].name;
    return label <= 0 ? "KEYSTREAM_2" : "exported key";
}

edhoc_err __real_deriver_expand(struct deriver *d, enum crypto_hash hash, struct bytes prk,
                                const struct bytes info[3], uint8_t *out, size_t len);
edhoc_err __wrap_deriver_expand(struct deriver *d, enum crypto_hash hash, struct bytes prk,
                                const struct bytes info[3], uint8_t *out, size_t len);
edhoc_err __wrap_deriver_expand(struct deriver *d, enum crypto_hash hash, struct bytes prk,
                                const struct bytes info[3], uint8_t *out, size_t len)
{
    edhoc_err err = __real_deriver_expand(d, hash, prk, info, out, len);
    struct cbor_reader r = cbor_reader(info[0]);

    if (err == EDHOC_OK)
        remains_note(name_of(cbor_read_int(&r)), bytes_of(out, len));
    return err;
}

/* PRK_2e, PRK_3e2m, PRK_4e3m: by whose shared secret it is. */
edhoc_err __real_deriver_extract(struct deriver *d, enum crypto_hash hash, struct bytes salt,
                                 struct bytes ikm, struct fixed *out);
edhoc_err __wrap_deriver_extract(struct deriver *d, enum crypto_hash hash, struct bytes salt,
                                 struct bytes ikm, struct fixed *out);
edhoc_err __wrap_deriver_extract(struct deriver *d, enum crypto_hash hash, struct bytes salt,
                                 struct bytes ikm, struct fixed *out)
{
    edhoc_err err = __real_deriver_extract(d, hash, salt, ikm, out);

    if (err == EDHOC_OK)
        remains_note("PRK", fixed_bytes(out));
    return err;
}

int __real_EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len);
int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len);
int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len)
{
    int ok = __real_EVP_PKEY_derive(ctx, out, len);

    if (ok == 1)
        remains_note("shared secret", bytes_of(out, *len));
    return ok;
}

static void note_private(EVP_PKEY *pkey)
{
    uint8_t raw[BYTES_MAX];
    size_t len = sizeof(raw);
    BIGNUM *scalar = NULL;

    if (EVP_PKEY_is_a(pkey, "EC") == 1) {
        must(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1);
        len = (size_t)BN_bn2bin(scalar, raw);
        BN_clear_free(scalar);
    } else {
        /* Not by EVP_PKEY_get_raw_private_key(), which leaves a copy of its own. */
        must(EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, raw, sizeof(raw),
                                             &len) == 1);
    }
    remains_note("ephemeral key", bytes_of(raw, len));
    bytes_wipe(raw, sizeof(raw));
}

int __real_EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **out);
int __wrap_EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **out);
int __wrap_EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **out)
{
    int ok = __real_EVP_PKEY_generate(ctx, out);

    if (ok == 1 && watching)
        note_private(*out);
    return ok;
}

/* ---- what has a stack of its own ---- */

edhoc_err __real_edhoc_step(struct edhoc *s, struct bytes in, struct buf *out);
edhoc_err __wrap_edhoc_step(struct edhoc *s, struct bytes in, struct buf *out);

struct step {
    struct edhoc *s;
    struct bytes in;
    struct buf *out;
    edhoc_err err;
};

static void run_step(void *arg)
{
    struct step *step = arg;

    step->err = __real_edhoc_step(step->s, step->in, step->out);
}

edhoc_err __wrap_edhoc_step(struct edhoc *s, struct bytes in, struct buf *out)
{
    struct step step = {s, in, out, EDHOC_OK};

    remains_on_new_stack(run_step, &step);
    return step.err;
}

edhoc_err __real_key_from_pem(struct bytes pem, const char *passphrase, bool dh, struct key **out);
edhoc_err __wrap_key_from_pem(struct bytes pem, const char *passphrase, bool dh, struct key **out);

struct reading {
    struct bytes pem;
    const char *passphrase;
    bool dh;
    struct key **out;
    edhoc_err err;
};

static void run_reading(void *arg)
{
    struct reading *r = arg;

    r->err = __real_key_from_pem(r->pem, r->passphrase, r->dh, r->out);
}

edhoc_err __wrap_key_from_pem(struct bytes pem, const char *passphrase, bool dh, struct key **out)
{
    struct reading reading = {pem, passphrase, dh, out, EDHOC_OK};

    remains_on_new_stack(run_reading, &reading);
    return reading.err;
}
