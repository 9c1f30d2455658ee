#include "peer/ssh_memory.h"

#include "base/bytes.h"
#include "base/report.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8 /* a hash may stand in this many places */
#define SETS (SSH_MEMORY_MAX / WAYS)

struct entry {
    uint8_t hash[32];
    int64_t until; /* 0: empty */
};

struct ssh_memory {
    pthread_mutex_t lock;
    struct entry set[SETS][WAYS]; /* under the lock; pages that nobody uses are nobody's memory */
};

edhoc_err ssh_memory_new(struct ssh_memory **out)
{
    struct ssh_memory *m = calloc(1, sizeof(*m));

    *out = NULL;
    if (m == NULL || pthread_mutex_init(&m->lock, NULL) != 0) {
        free(m);
        return EDHOC_ERR_NOMEM;
    }
    *out = m;
    return EDHOC_OK;
}

void ssh_memory_free(struct ssh_memory *m)
{
    if (m == NULL)
        return;
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

static struct entry *set_of(struct ssh_memory *m, const uint8_t hash[32])
{
    return m->set[((size_t)hash[0] << 8 | hash[1]) % SETS];
}

bool ssh_memory_has(struct ssh_memory *m, const uint8_t hash[32], int64_t now)
{
    const struct entry *set = set_of(m, hash);
    bool has = false;

    (void)pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < WAYS && !has; i++)
        has = now < set[i].until && memcmp(set[i].hash, hash, 32) == 0;
    (void)pthread_mutex_unlock(&m->lock);
    return has;
}

void ssh_memory_add(struct ssh_memory *m, const uint8_t hash[32], int64_t now, int64_t until)
{
    struct entry *set = set_of(m, hash), *entry = &set[hash[2] % WAYS];

    (void)pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until <= now)
            entry = &set[i];
    for (size_t i = 0; i < WAYS; i++)
        if (memcmp(set[i].hash, hash, 32) == 0)
            entry = &set[i];
    memcpy(entry->hash, hash, 32);
    entry->until = until;
    (void)pthread_mutex_unlock(&m->lock);
}
