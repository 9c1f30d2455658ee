#include "peer/pins_text.h"

#include <stdatomic.h>

#include "base/bytes.h"
#include "base/lines.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/pins_inside.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"

size_t pins_count(const struct pins *p)
{
    return p->len;
}

const struct pinned *pins_at(const struct pins *p, uint32_t n)
{
    return &p->pin[n - 1];
}

const struct keytype *pins_type(const struct pins *p, uint32_t n)
{
    return &keytypes[p->pin[n - 1].type];
}

void pins_place(const struct pins *p, uint32_t n, struct trust_place *at)
{
    *at = (struct trust_place){p->file, p->pin[n - 1].number};
}

const uint32_t *pins_others(const struct pins *p, size_t *count)
{
    *count = p->others.len;
    return p->others.n;
}

const uint32_t *pins_cas(const struct pins *p, size_t *count)
{
    *count = p->cas.len;
    return p->cas.n;
}

struct bytes pins_line_text(const struct pins *p, uint32_t n)
{
    size_t at = p->pin[n - 1].at;
    struct bytes rest = bytes_of(p->text.p + at, p->text.len - at), line = BYTES_NONE;

    (void)lines_next(&rest, &line);
    return line;
}

struct bytes pins_principals(const struct pins *p, uint32_t n)
{
    struct bytes text = pins_line_text(p, n);

    return lines_word(&text);
}

void pins_terms(const struct pins *p, uint32_t n, struct trust_terms *terms)
{
    trust_line_again(pins_line_text(p, n), terms);
}

void pins_point(const struct pins *p, uint32_t n, struct trust_point *point)
{
    const struct trust_line *made = atomic_load(&p->made[n - 1]);
    const struct key *key = made != NULL && made->cred != NULL ? cred_key(made->cred) : NULL;
    struct trust_terms terms;

    if (key != NULL) { /* kept as long as the lines are */
        point->at = (struct ssh_point){key_type(key), key_x(key), key_y(key)};
        return;
    }
    pins_terms(p, n, &terms);
    trust_point_again(&terms, point);
}
