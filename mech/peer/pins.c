#include "peer/pins.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/keyed_hash.h"
#include "base/lines.h"
#include "base/report.h"
#include "crypto/fork.h"
#include "crypto/ssh_blob.h"
#include "peer/pin_table.h"
#include "peer/pins_index.h"
#include "peer/pins_inside.h"
#include "peer/pins_line.h"
#include "peer/pins_text.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"

/* ---- life ---- */

edhoc_err pins_new(struct pins **out)
{
    struct pins *p = calloc(1, sizeof(*p));
    uint64_t random;
    edhoc_err err;

    *out = p;
    if (p == NULL)
        return EDHOC_ERR_NOMEM;
    p->text = buf_new(UINT32_MAX);
    err = fork_random(&random);
    if (err == EDHOC_OK) {
        keyed_hash_init(&p->hash, random);
        return EDHOC_OK;
    }
    pins_free(p);
    *out = NULL;
    return err;
}

void pins_free(struct pins *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->len; i++)
        trust_line_free(atomic_load(&p->made[i]));
    buf_free(&p->text);
    free(p->file);
    free(p->pin);
    free((void *)p->made);
    free(p->name);
    pin_table_free(&p->kids);
    pin_table_free(&p->keys);
    pin_table_free(&p->names);
    free(p->wild.n);
    free(p->others.n);
    free(p->cas.n);
    free(p);
}

/* ---- filling ---- */

/* There are few of them, and they are asked all. */
static edhoc_err add_ca(struct pins *p, uint32_t n)
{
    const struct trust_line *line;
    edhoc_err err = pins_line(p, n, &line);

    if (err == EDHOC_OK)
        err = pin_numbers_add(&p->others, n);
    return err == EDHOC_OK ? pin_numbers_add(&p->cas, n) : err;
}

/* The line that was read, or refused and named. */
static edhoc_err add_line(struct pins *p, struct pinned pin, struct bytes principals,
                          const struct ssh_point *point)
{
    edhoc_err err = pins_reserve(p, 1);
    uint32_t n = (uint32_t)p->len + 1;

    if (err != EDHOC_OK)
        return err;
    p->pin[p->len++] = pin;
    if (pin.kind == PIN_KEY)
        err = pins_add_key(p, point);
    else if (pin.kind == PIN_CA)
        err = add_ca(p, n);
    else
        err = pin_numbers_add(&p->others, n);
    if (err != EDHOC_OK || pin.kind == PIN_PASSED || p->pin[n - 1].again)
        return err;
    return pins_add_names(p, principals);
}

/* ---- reading ---- */

/* Of a line that was refused, by the report of why. */
static edhoc_err add_fault(struct pins *p, struct pinned pin, const struct trust_fault *fault)
{
    char story[PINS_STORY_MAX];

    if (!fault->named) {
        (void)snprintf(story, sizeof(story), "%s", report_details(EDHOC_ERR_TRUST_SYNTAX));
        return report(EDHOC_ERR_TRUST_SYNTAX,
                      "%s; whom the line names cannot be told, so nothing in the file counts",
                      story);
    }
    report_clear();
    pin.kind = fault->passed ? PIN_PASSED : PIN_TAKEN;
    pin.roles = (uint8_t)fault->roles;
    return add_line(p, pin, fault->principals, NULL);
}

static edhoc_err read_line(struct pins *p, struct bytes line, unsigned number)
{
    struct pinned pin = {.at = (uint32_t)(line.p - p->text.p), .number = number};
    struct trust_place at = {p->file, number};
    struct trust_terms terms;
    struct trust_point point;
    struct trust_fault fault;
    edhoc_err err = trust_line_read(line, &at, &terms, &point, &fault);

    if (err == EDHOC_ERR_TRUST_SYNTAX)
        return add_fault(p, pin, &fault);
    if (err != EDHOC_OK || terms.type_word.len == 0)
        return err;
    pin.kind = terms.is_ca ? PIN_CA : PIN_KEY;
    pin.roles = (uint8_t)terms.roles;
    return add_line(p, pin, terms.principals, &point.at);
}

static size_t count_lines(struct bytes text)
{
    struct bytes line;
    size_t n = 0;

    while (lines_next(&text, &line))
        n++;
    return n;
}

/* As the text, or at its end. */
static edhoc_err take_text(struct pins *p, struct buf *text)
{
    if (p->text.len == 0) {
        buf_free(&p->text);
        p->text = *text;
        *text = buf_new(0);
        p->text.max = UINT32_MAX;
        return EDHOC_OK;
    }
    if (p->text.p[p->text.len - 1] != '\n')
        buf_put_byte(&p->text, '\n');
    buf_put_buf(&p->text, text);
    buf_free(text);
    return buf_err(&p->text);
}

edhoc_err pins_read(struct pins *p, struct buf *text, const char *file, unsigned first)
{
    size_t len = text->len;
    edhoc_err err = take_text(p, text);
    struct bytes rest = len > 0 ? bytes_of(p->text.p + p->text.len - len, len) : BYTES_NONE, line;

    if (err == EDHOC_OK && p->file == NULL && (p->file = strdup(file)) == NULL)
        err = EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK)
        err = pins_reserve(p, count_lines(rest));
    for (; err == EDHOC_OK && lines_next(&rest, &line); first++)
        err = read_line(p, line, first);
    return err;
}

/* ---- examining ---- */

/* What is not PIN_KEY, anew. */
static edhoc_err list_others(struct pins *p)
{
    edhoc_err err = EDHOC_OK;

    p->others.len = 0;
    for (uint32_t n = 1; n <= p->len && err == EDHOC_OK; n++)
        if (p->pin[n - 1].kind != PIN_KEY)
            err = pin_numbers_add(&p->others, n);
    return err;
}

edhoc_err pins_examine(struct pins *p)
{
    const struct trust_line *line;
    edhoc_err err = EDHOC_OK;
    bool any = false;

    for (uint32_t n = 1; n <= p->len && err == EDHOC_OK; n++) {
        if (p->pin[n - 1].kind != PIN_KEY)
            continue;
        err = pins_line(p, n, &line);
        if (err == EDHOC_OK && line->fault != NULL) {
            p->pin[n - 1].kind = PIN_TAKEN;
            any = true;
        }
    }
    return err == EDHOC_OK && any ? list_others(p) : err;
}
