/* Which sequence numbers have arrived: replay and order, RFC 2743 section 1.2.3. Receiver's side of
 * one direction. Pure arithmetic; the caller has verified the token first. */
#ifndef MECH_WINDOW_H
#define MECH_WINDOW_H

#include "base/bytes.h"

#define WINDOW_SIZE  1024 /* numbers below the next expected one that are remembered */
#define SEQUENCE_END (UINT64_C(1) << 48) /* the first number that no message has */

struct window {
    uint64_t next; /* the lowest number that nothing at or above has arrived */
    uint64_t bits[WINDOW_SIZE / 64 + 1]; /* arrived numbers, at (n / 64) % length; see window.c */
};

enum arrival {
    ARRIVAL_NEW,       /* the next one, in order */
    ARRIVAL_GAP,       /* later than the next one */
    ARRIVAL_UNSEQ,     /* earlier than the next one, for the first time */
    ARRIVAL_DUPLICATE, /* it has arrived before */
    ARRIVAL_OLD        /* too old to tell */
};

void window_init(struct window *w);
/* Takes note of `sequence` (below SEQUENCE_END) and says how it came. DUPLICATE and OLD change
 * nothing. */
enum arrival window_note(struct window *w, uint64_t sequence);

/* A window as bytes, the same for every window that answers the same: together with `next`, one bit
 * for each of the numbers next - 1, next - 2, ..., most significant bit first; 1 = arrived. */
#define WINDOW_RECORD (WINDOW_SIZE / 8)
void window_save(const struct window *w, uint8_t out[WINDOW_RECORD]);
/* False, and an initial window, when no window can have been saved like this. */
bool window_load(struct window *w, uint64_t next, const uint8_t in[WINDOW_RECORD]) EDHOC_MUST_USE;

#endif
