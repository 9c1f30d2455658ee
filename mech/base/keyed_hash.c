#include "base/keyed_hash.h"

#include <string.h>

#include "base/bytes.h"

/* splitmix64. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void keyed_hash_init(struct keyed_hash *h, uint64_t random)
{
    for (size_t i = 0; i < sizeof(h->key) / sizeof(h->key[0]); i++)
        h->key[i] = next(&random);
}

uint32_t keyed_hash(const struct keyed_hash *h, struct bytes in)
{
    uint64_t sum = h->key[0] + h->key[1] * in.len;
    const uint64_t *key = &h->key[2];
    uint32_t word;

    for (; in.len >= 4; in = bytes_of(in.p + 4, in.len - 4)) {
        memcpy(&word, in.p, 4);
        sum += *key++ * word;
    }
    word = 0;
    if (in.len > 0)
        memcpy(&word, in.p, in.len);
    if (in.len > 0)
        sum += *key * word;
    return (uint32_t)(sum >> 32);
}
