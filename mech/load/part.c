#include "load/part.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/lock.h"
#include "load/look.h"
#include "load/part_key.h"
#include "load/part_spec.h"

#define LOOK_EVERY 1000   /* milliseconds from one look to the next */
#define WAIT_AFTER 2000   /* since the last look, until others wait for the one that is under way */
#define IDLE_MAX   600000 /* milliseconds that a part stays without being held */
#define IDLE_BYTES (256ul << 20)
#define BUCKETS    256

/* All that changes is under the lock, and in order after each store: a child that is forked in
 * between goes on with it (lock.h). */
struct part {
    struct part *_Atomic next; /* in its bucket */
    struct part *removed;      /* while it is being freed */
    struct buf key;
    struct part_spec spec;
    uid_t uid; /* whose files it may be made of, beside root's */
    unsigned holders;
    struct look *_Atomic latest; /* NULL: nobody has looked */
    uint64_t looker;             /* the process in which a thread is looking, or 0 */
    int64_t looked, good, idle;  /* when it was looked at, good, and let go of */
};

static struct part *_Atomic buckets[BUCKETS];

static int64_t now_ms(void)
{
    struct timespec t = {0, 0};

    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- looking ---- */

/* *look is a new one, or NULL where the last one holds. False for want of memory. Nobody but the one
 * looker replaces what there is. */
static bool look_again(const struct part *part, struct look **look)
{
    const struct look *before = atomic_load(&part->latest);

    *look = NULL;
    if (before != NULL && look_holds(before))
        return true;
    *look = look_new(&part->spec, &part->uid, before);
    return *look != NULL;
}

/* Under the lock. Returns the look that was replaced. */
static struct look *install(struct part *part, struct look *look)
{
    struct look *old = look != NULL ? atomic_exchange(&part->latest, look) : NULL;
    const struct look *latest = atomic_load(&part->latest);

    if (latest->err == EDHOC_OK)
        part->good = part->looked;
    return old;
}

/* Under the lock, which it leaves meanwhile. Returns the look that was replaced. */
static struct look *look(struct part *part, struct lock *held)
{
    struct look *made, *old = NULL;
    int64_t began = now_ms();
    bool looked;

    part->looker = lock_generation(held);
    lock_leave(held);
    looked = look_again(part, &made);
    lock_again(held);
    part->looked = began;
    if (looked)
        old = install(part, made);
    part->looker = 0;
    lock_wake(held);
    return old;
}

/* Under the lock: is it this thread's turn to look? Waits for another thread where what there is is
 * too old to go on with. */
static bool has_turn(struct part *part, bool anew, struct lock *held)
{
    const struct look *latest = atomic_load(&part->latest);
    bool failed = latest != NULL && latest->err != EDHOC_OK, waited = false;
    int64_t age = now_ms() - part->looked;

    while (part->looker == lock_generation(held) &&
           (latest == NULL || age > WAIT_AFTER || (anew && failed) || waited)) {
        waited = true;
        lock_wait(held);
    }
    if (waited || part->looker == lock_generation(held))
        return atomic_load(&part->latest) == NULL; /* for want of memory */
    return latest == NULL || age >= LOOK_EVERY || (anew && failed);
}

/* Under the lock. */
static void fill(const struct part *part, struct part_state *out)
{
    const struct look *latest = atomic_load(&part->latest);

    *out = (struct part_state){.kind = part->spec.kind, .err = EDHOC_ERR_NOMEM};
    if (latest == NULL)
        return;
    out->contents = part->spec.kind->ref(latest->contents);
    out->err = latest->err;
    out->story = latest->story != NULL ? strdup(latest->story) : NULL;
    out->gone = latest->gone;
    out->sealed = part->spec.passphrase != NULL;
    out->age = now_ms() - part->good;
}

void part_state_clear(struct part_state *state)
{
    if (state->contents != NULL)
        state->kind->free(state->contents);
    free(state->story);
    *state = (struct part_state){.err = EDHOC_OK};
}

bool part_is_over(const struct part_state *state)
{
    return state->err != EDHOC_OK &&
           (state->contents == NULL || state->gone || state->age > PART_GRACE);
}

edhoc_err part_tell(const struct part_state *state, const char *otherwise)
{
    long long age = state->age / 1000, rest = (PART_GRACE - state->age) / 1000;

    if (state->err == EDHOC_OK || state->story == NULL || state->story[0] == '\0')
        return state->err;
    if (state->contents != NULL && otherwise == NULL)
        return report(state->err, "%s; what was read %lld s ago is used on", state->story, age);
    if (!part_is_over(state))
        return report(state->err, "%s; what was read %lld s ago counts for %lld s more",
                      state->story, age, rest);
    if (otherwise == NULL)
        return report(state->err, "%s", state->story);
    if (state->contents == NULL || state->gone)
        return report(state->err, "%s; until that is mended, %s", state->story, otherwise);
    return report(state->err,
                  "%s; what was read %lld s ago is too old, so until that is mended, %s",
                  state->story, age, otherwise);
}

void part_look(struct part *part, bool anew, struct part_state *out)
{
    struct look *old = NULL;
    struct lock *held;
    edhoc_err err = lock_enter(&held);

    *out = (struct part_state){.err = err};
    if (err != EDHOC_OK)
        return;
    if (has_turn(part, anew, held))
        old = look(part, held);
    fill(part, out);
    lock_leave(held);
    look_free(part->spec.kind, old);
}

/* ---- keeping ---- */

static void part_free(struct part *part)
{
    look_free(part->spec.kind, atomic_load(&part->latest));
    for (size_t i = 0; i < PART_PLACES; i++)
        free((char *)(uintptr_t)part->spec.place[i]);
    if (part->spec.passphrase != NULL)
        bytes_wipe((char *)(uintptr_t)part->spec.passphrase, strlen(part->spec.passphrase));
    free((char *)(uintptr_t)part->spec.passphrase);
    buf_free(&part->key);
    free(part);
}

static bool copy_text(const char *from, const char **to)
{
    *to = from != NULL ? strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

/* Takes over the key. */
static struct part *part_new(const struct part_spec *spec, struct buf *key)
{
    struct part *part = calloc(1, sizeof(*part));
    bool ok;

    if (part == NULL)
        return NULL;
    part->key = *key;
    *key = buf_new(0);
    part->uid = geteuid();
    part->spec.kind = spec->kind;
    part->spec.optional = spec->optional;
    ok = copy_text(spec->passphrase, &part->spec.passphrase);
    for (size_t i = 0; i < PART_PLACES; i++)
        ok &= copy_text(spec->place[i], &part->spec.place[i]);
    if (ok)
        return part;
    part_free(part);
    return NULL;
}

static struct part *_Atomic *bucket_of(struct bytes key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ key.p[i]) * 1099511628211u;
    return &buckets[(hash >> 32) % BUCKETS];
}

/* Under the lock; takes hold of it. */
static struct part *find(struct bytes key)
{
    struct part *part = atomic_load(bucket_of(key));

    while (part != NULL && !bytes_equal(buf_bytes(&part->key), key))
        part = atomic_load(&part->next);
    if (part != NULL)
        part->holders++;
    return part;
}

/* Under the lock: the part that is there, or else this one. */
static struct part *find_or_add(struct part *made)
{
    struct part *there = find(buf_bytes(&made->key));
    struct part *_Atomic *bucket = bucket_of(buf_bytes(&made->key));

    if (there != NULL)
        return there;
    made->holders = 1;
    atomic_store(&made->next, atomic_load(bucket));
    atomic_store(bucket, made);
    return made;
}

edhoc_err part_hold(const struct part_spec *spec, struct part **out)
{
    struct buf key = buf_new(SIZE_MAX);
    struct part *made = NULL;
    struct lock *held;
    edhoc_err err = part_key(spec, &key);

    *out = NULL;
    if (err == EDHOC_OK)
        err = lock_enter(&held);
    if (err == EDHOC_OK) {
        *out = find(buf_bytes(&key));
        lock_leave(held);
    }
    if (err == EDHOC_OK && *out == NULL) {
        made = part_new(spec, &key);
        err = made != NULL ? lock_enter(&held) : EDHOC_ERR_NOMEM;
    }
    if (err == EDHOC_OK && *out == NULL) {
        *out = find_or_add(made);
        lock_leave(held);
    }
    if (made != NULL && made != *out)
        part_free(made);
    buf_free(&key);
    return err;
}

/* ---- letting go ---- */

/* What contents take beside the bytes of their files is a guess. */
static size_t weight(const struct part *part)
{
    const struct look *latest = atomic_load(&part->latest);

    return 4096 + (latest != NULL ? 3 * latest->bytes : 0);
}

/* A failure with a passphrase is not worth keeping: each wrong one is a part of its own. */
static bool is_worthless(const struct part *part)
{
    const struct look *latest = atomic_load(&part->latest);

    return latest == NULL || (latest->contents == NULL && part->spec.passphrase != NULL);
}

/* Out of the table, into a list of what is to be freed. */
static void take_out(struct part *part, struct part **out)
{
    struct part *_Atomic *link = bucket_of(buf_bytes(&part->key));

    while (atomic_load(link) != part)
        link = &atomic_load(link)->next;
    atomic_store(link, atomic_load(&part->next));
    part->removed = *out;
    *out = part;
}

/* The parts that nobody holds. */
struct idle {
    size_t bytes;
    struct part *oldest, *latest; /* by when they were let go of */
};

static void add_idle(struct idle *idle, struct part *part)
{
    idle->bytes += weight(part);
    if (idle->oldest == NULL || part->idle < idle->oldest->idle)
        idle->oldest = part;
    if (idle->latest == NULL || part->idle >= idle->latest->idle)
        idle->latest = part;
}

/* Takes out what was let go of before `until`, or is of no use; returns the rest. */
static struct idle sweep_until(int64_t until, struct part **out)
{
    struct idle idle = {0, NULL, NULL};

    for (size_t i = 0; i < BUCKETS; i++) {
        struct part *next;

        for (struct part *part = atomic_load(&buckets[i]); part != NULL; part = next) {
            next = atomic_load(&part->next);
            if (part->holders > 0)
                continue;
            if (part->idle < until || is_worthless(part))
                take_out(part, out);
            else
                add_idle(&idle, part);
        }
    }
    return idle;
}

/* The part that was used last stays, however large it is: a program that uses one would load it for
 * each context. */
static void sweep(int64_t now, struct part **out)
{
    struct idle idle = sweep_until(now - IDLE_MAX, out);

    while (idle.bytes > IDLE_BYTES && idle.oldest != idle.latest) {
        take_out(idle.oldest, out);
        idle = sweep_until(now - IDLE_MAX, out);
    }
}

void part_release(struct part *part)
{
    static int64_t swept;
    struct part *out = NULL, *next;
    struct lock *held;
    int64_t now = now_ms();

    if (part == NULL || lock_enter(&held) != EDHOC_OK)
        return;
    part->idle = now;
    if (--part->holders == 0 && (now - swept >= LOOK_EVERY || is_worthless(part))) {
        swept = now;
        sweep(now, &out);
    }
    lock_leave(held);
    for (; out != NULL; out = next) {
        next = out->removed;
        part_free(out);
    }
}
