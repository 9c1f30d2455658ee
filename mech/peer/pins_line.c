#include "peer/pins_line.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/keytype.h"
#include "peer/pins_index.h"
#include "peer/pins_inside.h"
#include "peer/pins_text.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"

/* A line whose point is not on its curve, by the report of that. */
static edhoc_err make_fault(const struct trust_terms *terms, const struct trust_place *at,
                            struct trust_line **out)
{
    char *fault = strdup(report_details(EDHOC_ERR_TRUST_SYNTAX));
    edhoc_err err = fault != NULL ? trust_line_make(terms, NULL, at, out) : EDHOC_ERR_NOMEM;

    report_clear();
    if (err == EDHOC_OK)
        (*out)->fault = fault;
    else
        free(fault);
    return err;
}

static edhoc_err make(const struct pins *p, uint32_t n, struct trust_line **out)
{
    struct trust_terms terms;
    struct trust_point point;
    struct trust_place at;
    edhoc_err err;

    pins_place(p, n, &at);
    pins_terms(p, n, &terms);
    if (!terms.is_ca)
        trust_point_again(&terms, &point);
    err = trust_line_make(&terms, &point, &at, out);
    if (err == EDHOC_ERR_TRUST_SYNTAX)
        err = make_fault(&terms, &at, out);
    return err;
}

edhoc_err pins_line(const struct pins *p, uint32_t n, const struct trust_line **out)
{
    struct trust_line *there = atomic_load(&p->made[n - 1]), *made = NULL;
    edhoc_err err = there == NULL ? make(p, n, &made) : EDHOC_OK;

    *out = there;
    if (err != EDHOC_OK || there != NULL)
        return err;
    /* Two threads may make the same line: the first one's is kept. */
    if (atomic_compare_exchange_strong(&p->made[n - 1], &there, made))
        there = made;
    else
        trust_line_free(made);
    *out = there;
    return EDHOC_OK;
}

/* ---- lines that do not count ---- */

void pins_story_of_use(const struct pins *p, uint32_t n, const struct pins *q, uint32_t m,
                       char story[PINS_STORY_MAX])
{
    (void)snprintf(story, PINS_STORY_MAX,
                   "%s line %u: this key is pinned as %s on %s line %u; remove one of both, a key "
                   "either signs or does Diffie-Hellman",
                   p->file, p->pin[n - 1].number, pins_type(q, m)->ssh_name, q->file,
                   q->pin[m - 1].number);
}

void pins_story(const struct pins *p, uint32_t n, char story[PINS_STORY_MAX])
{
    const struct trust_line *made = atomic_load(&p->made[n - 1]);
    struct trust_terms terms;
    struct trust_point point;
    struct trust_fault fault;
    struct trust_place at;

    pins_place(p, n, &at);
    story[0] = '\0';
    if (p->pin[n - 1].other_use)
        pins_story_of_use(p, n, p, pins_find_key_of(p, p, n), story);
    else if (made != NULL && made->fault != NULL)
        (void)snprintf(story, PINS_STORY_MAX, "%s", made->fault);
    else if (trust_line_read(pins_line_text(p, n), &at, &terms, &point, &fault) != EDHOC_OK)
        (void)snprintf(story, PINS_STORY_MAX, "%s", report_details(EDHOC_ERR_TRUST_SYNTAX));
    report_clear();
}
