#include "log_once.h"

#include "base/ascii.h"
#include "base/bytes.h"

#include <stdatomic.h>
#include <stdint.h>

#define SLOTS                                                                                      \
    1024 /* of settings that had something to tell; what comes after them is told each time */

/* Hashes; a slot is its settings' as long as the process lives. */
static struct {
    atomic_uint settings, text;
} slots[SLOTS];

static uint32_t add(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * 16777619u; /* FNV-1a */
}

static uint32_t add_text(uint32_t hash, const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        hash = add(hash, (uint8_t)*text);
    return add(hash, 0);
}

#define BEGIN 2166136261u

/* Never 0, which is a free slot. */
static uint32_t hash_settings(const struct settings *s)
{
    uint32_t hash = add_text(BEGIN, s->log);

    hash = add_text(hash, s->service_identity);
    hash = add_text(hash, s->certificate);
    hash = add_text(hash, s->trust);
    hash = add_text(hash, s->anchors);
    hash = add_text(hash, s->crls);
    hash = add_text(hash, s->revoked);
    return hash != 0 ? hash : 1;
}

/* 0 of nothing. */
static uint32_t hash_text(struct bytes text)
{
    uint32_t hash = BEGIN;

    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_digit((char)text.p[i]))
            hash = add(hash, text.p[i]);
    return text.len == 0 ? 0 : hash != 0 ? hash : 1;
}

/* The slot of these settings, or SLOTS: a free one becomes theirs, unless they are only looked for. */
static unsigned find(uint32_t settings, bool take)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        unsigned at = (settings + i) % SLOTS, there = atomic_load(&slots[at].settings);

        if (there == 0 && take &&
            atomic_compare_exchange_strong(&slots[at].settings, &there, settings))
            return at;
        if (there == settings)
            return at;
        if (there == 0)
            return SLOTS;
    }
    return SLOTS;
}

bool log_once_is_news(const struct settings *settings, struct bytes text)
{
    uint32_t hash = hash_text(text);
    unsigned at = find(hash_settings(settings), hash != 0);

    if (at == SLOTS)
        return hash != 0;
    return atomic_exchange(&slots[at].text, hash) != hash;
}
