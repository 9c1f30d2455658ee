/* Parts: what was loaded from files, kept for the whole process and shared by every credential to
 * which the same applies: the same files for the same user. What a part consists of is its kind's
 * to say (part_spec.h).
 *
 * The contents are immutable and counted; when files change, the part gets other contents. It is
 * looked at once per second at most, by one thread, while others go on with what there is; but what
 * was last looked at more than two seconds ago is waited for. Parts that nobody holds stay for ten
 * minutes, as long as they are not more than 256 MB together. */
#ifndef MECH_LOAD_PART_H
#define MECH_LOAD_PART_H

#include "base/report.h"

#include <stdint.h>

#include "load/part_spec.h"

struct part;

/* Milliseconds that contents count after the last good look, while their files cannot be read. The
 * clock is one that goes on while the machine sleeps. */
#define PART_GRACE 60000

/* Finds the part, or makes one, without looking at files. Copies the spec. The caller holds the
 * part until it releases it. */
edhoc_err part_hold(const struct part_spec *spec, struct part **out) EDHOC_MUST_USE;
void part_release(struct part *part); /* NULL is fine */

/* What there is of a part. */
struct part_state {
    const struct part_kind *kind;
    void *contents; /* NULL: it was never loaded */
    edhoc_err err;  /* of the last look; the contents are then those of one before */
    char *story;    /* of the error, or NULL */
    bool gone;      /* the error is that a file that must be there is not */
    bool sealed;    /* it was opened with a passphrase */
    int64_t age;    /* milliseconds since the last look without an error, also while asleep */
};

/* Looks at the files where it is time to. To a credential that is being acquired (`anew`), an older
 * failure is not told without another look. The state is to be cleared. */
void part_look(struct part *part, bool anew, struct part_state *out);
void part_state_clear(struct part_state *state);
/* Does what was read last count no more? That is so where nothing was ever read, where a file that
 * must be there is gone, and PART_GRACE after the last good look. */
bool part_is_over(const struct part_state *state);
/* Reports the error of the state in this thread, and returns it: with its story, how old what was
 * read last is, and what follows, which is `otherwise` where that counts no more. With NULL, as for
 * a key, it always counts. */
edhoc_err part_tell(const struct part_state *state, const char *otherwise);

#endif
