#include "peer/trust_plan.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/keytype.h"
#include "edhoc/suite.h"
#include "peer/match.h"
#include "peer/trust.h"

/* What the lines so far say about the target. */
struct planning {
    const struct trust *t;
    const struct suite_list *offer;
    int64_t now;
    struct trust_cursor first, stale; /* the first line that is valid, the last that is not */
    bool found, found_stale;
    const struct keytype *type; /* of the first one; NULL: a CA's */
    bool fits[SUITES_COUNT];    /* of the offer */
};

static bool is_dh(const struct keytype *type)
{
    return type != NULL && type->dh;
}

static void add_fitting(const struct keytype *type, struct planning *p)
{
    for (size_t i = 0; i < p->offer->len; i++)
        if (suite_fits(suite_by_id(p->offer->id[i]), type))
            p->fits[i] = true;
}

/* OpenSSH has certificates for these kinds of key. */
static void add_certifiable(struct planning *p)
{
    add_fitting(keytype_by_curve(CRV_ED25519, false), p);
    add_fitting(keytype_by_curve(CRV_P256, false), p);
    add_fitting(keytype_by_curve(CRV_P384, false), p);
}

static void consider(const struct trust_cursor *at, const struct trust_terms *terms,
                     struct planning *p)
{
    if (trust_time(terms->valid_after, terms->valid_before, p->now) != EDHOC_OK) {
        p->stale = *at;
        p->found_stale = true;
        return;
    }
    if (!p->found) {
        p->found = true;
        p->first = *at;
        p->type = terms->type;
    }
    if (is_dh(terms->type) != is_dh(p->type))
        return;
    if (terms->type == NULL)
        add_certifiable(p);
    else
        add_fitting(terms->type, p);
}

/* Does the line count for the target? Its key is made where that may show that it does not. */
static edhoc_err counts(const struct planning *p, const struct trust_cursor *at,
                        struct bytes target, struct trust_terms *terms, bool *yes)
{
    const struct trust_line *line;
    edhoc_err err;

    *yes = false;
    if (trust_kind(p->t, at) == TRUST_TAKEN)
        return EDHOC_OK;
    trust_terms(p->t, at, terms);
    *yes = trust_takes(terms->principals, terms->roles, TRUST_SERVER, target);
    if (!*yes || terms->type == NULL || terms->type->kty != KTY_EC2)
        return EDHOC_OK;
    err = trust_line(p->t, at, &line);
    *yes = err == EDHOC_OK && line->fault == NULL;
    return err;
}

static edhoc_err consider_all(struct bytes target, struct planning *p)
{
    struct trust_cursor at = {.part = 0};
    struct trust_terms terms;
    edhoc_err err = EDHOC_OK;
    bool yes;

    while (err == EDHOC_OK && trust_walk_name(p->t, target, &at)) {
        err = counts(p, &at, target, &terms, &yes);
        if (err == EDHOC_OK && yes)
            consider(&at, &terms, p);
    }
    return err;
}

static edhoc_err report_stale(const struct planning *p)
{
    struct trust_terms terms;
    struct trust_place place;

    trust_terms(p->t, &p->stale, &terms);
    trust_place(p->t, &p->stale, &place);
    return trust_report_time(trust_time(terms.valid_after, terms.valid_before, p->now), &place);
}

/* No valid line names the target. */
static edhoc_err plan_without_line(const struct planning *p, const char *target,
                                   struct trust_plan *out)
{
    struct trust_story story;

    if (p->found_stale)
        return report_stale(p);
    if (trust_taken_by(p->t, TRUST_SERVER, bytes_of_text(target), &story))
        return report(EDHOC_ERR_TRUST_SYNTAX, "the line for %s: %s", target, story.text);
    if (trust_anchors(p->t) != NULL) {
        out->suites = *p->offer;
        return EDHOC_OK;
    }
    if (trust_check_anchors(p->t) != EDHOC_OK)
        return trust_check_anchors(p->t);
    return report(EDHOC_ERR_NO_TRUST,
                  "no pinned key for %s in %s; add the line that `gss-edhoc show` prints for its "
                  "key there%s",
                  target, trust_places(p->t),
                  trust_hint(p->t, TRUST_SERVER, BYTES_NONE, true, &story));
}

static edhoc_err report_no_suite(const struct planning *p, const char *target)
{
    struct trust_place place;

    trust_place(p->t, &p->first, &place);
    return report(EDHOC_ERR_NO_SUITE,
                  "%s is pinned as %s (%s line %u), and no cipher suite joins that with this "
                  "side's key; give the service an X25519 key too (gss-edhoc keygen -t x25519)",
                  target, p->type != NULL ? p->type->ssh_name : "what a CA of OpenSSH certifies",
                  place.file, place.line);
}

edhoc_err trust_plan(const struct trust *t, const char *target, int64_t now,
                     const struct suite_list *offer, struct trust_plan *out)
{
    struct planning p = {.t = t, .offer = offer, .now = now};
    edhoc_err err = consider_all(bytes_of_text(target), &p);

    *out = (struct trust_plan){is_dh(p.type), {{0}, 0}};
    if (err != EDHOC_OK)
        return err;
    if (!p.found)
        return plan_without_line(&p, target, out);
    for (size_t i = 0; i < offer->len; i++)
        if (p.fits[i])
            suite_list_add(&out->suites, offer->id[i]);
    return out->suites.len > 0 ? EDHOC_OK : report_no_suite(&p, target);
}
