/* A ring of 64-bit words, as in RFC 6479: going on to a later number clears the words on the way
 * there, and no word is ever shifted.
 *
 * The numbers remembered, next - WINDOW_SIZE to next - 1, and `next` itself lie in at most WORDS
 * consecutive words, wherever `next` falls within its word. Between calls, the bits of `next` and
 * of the numbers above it in its word are 0. */
#include "token/window.h"

#include <string.h>

#define WORDS (WINDOW_SIZE / 64 + 1)

static bool arrived(const struct window *w, uint64_t n)
{
    return (w->bits[n / 64 % WORDS] >> (n % 64) & 1) != 0;
}

static void mark(struct window *w, uint64_t n)
{
    w->bits[n / 64 % WORDS] |= UINT64_C(1) << (n % 64);
}

/* Moves `next` up, and clears the words that it enters: after WORDS of them, that was the ring. */
static void advance(struct window *w, uint64_t next)
{
    uint64_t word = w->next / 64;
    uint64_t entered = next / 64 - word;

    if (entered > WORDS)
        entered = WORDS;
    for (uint64_t i = 1; i <= entered; i++)
        w->bits[(word + i) % WORDS] = 0;
    w->next = next;
}

void window_init(struct window *w)
{
    memset(w, 0, sizeof(*w));
}

enum arrival window_note(struct window *w, uint64_t sequence)
{
    enum arrival arrival = ARRIVAL_UNSEQ;

    if (sequence >= w->next) {
        arrival = sequence == w->next ? ARRIVAL_NEW : ARRIVAL_GAP;
        advance(w, sequence + 1);
    } else if (w->next - sequence > WINDOW_SIZE) {
        return ARRIVAL_OLD;
    } else if (arrived(w, sequence)) {
        return ARRIVAL_DUPLICATE;
    }
    mark(w, sequence);
    return arrival;
}

void window_save(const struct window *w, uint8_t out[WINDOW_RECORD])
{
    memset(out, 0, WINDOW_RECORD);
    for (size_t i = 0; i < WINDOW_SIZE && i < w->next; i++)
        if (arrived(w, w->next - 1 - i))
            out[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

bool window_load(struct window *w, uint64_t next, const uint8_t in[WINDOW_RECORD])
{
    /* `next` is what it is because the number before it has arrived. */
    bool ok = next <= SEQUENCE_END && (next == 0 || (in[0] & 0x80) != 0);

    window_init(w);
    if (ok)
        w->next = next;
    for (size_t i = 0; i < WINDOW_SIZE && ok; i++) {
        if ((in[i / 8] & 0x80 >> i % 8) == 0)
            continue;
        ok = i < next; /* there are no numbers below 0 */
        if (ok)
            mark(w, next - 1 - i);
    }
    if (!ok)
        window_init(w);
    return ok;
}
