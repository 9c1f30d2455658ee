#include "load/sources.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/report.h"
#include "load/choices.h"
#include "load/conf.h"
#include "load/loading.h"
#include "load/lock.h"
#include "load/part.h"
#include "load/settings.h"
#include "load/wanted.h"
#include "peer/identity.h"
#include "peer/revoked.h"
#include "peer/trust.h"
#include "peer/x509_store.h"

/* What a trust is joined of; it keeps them alive. */
struct pieces {
    struct trust *part[TRUST_PARTS_MAX];
    size_t count;
    struct x509_store *anchors;
    edhoc_err anchors_err; /* why there are none, though some are configured */
    char *anchors_story;   /* of it, or NULL */
    struct revoked *revoked;
};

struct sources {
    struct sources *base;     /* NULL, or those whose trust counts, in place of an own one */
    struct part *choices;     /* NULL: the identity does not depend on the target */
    bool stand_in;            /* the identity is another one's place holder */
    struct identity_set *own; /* from an agent or OpenSSL's store: nobody else's, and for ever */
    struct part *identities;  /* else */
    struct part *files[TRUST_PARTS_MAX];
    struct part *anchors; /* NULL: none */
    struct part *revoked; /* NULL: nothing is */
    struct trust *joined; /* of the pieces that were current last; under the lock */
    struct pieces pieces;
};

/* ---- the registration line ---- */

/* As its files have it now. *out is to be let go of, and NULL after an error. */
static edhoc_err read_conf(struct conf **out)
{
    struct part *part = NULL;
    struct part_state state = {.contents = NULL};
    struct wanted w;
    edhoc_err err = wanted_conf(&w);

    *out = NULL;
    if (err == EDHOC_OK)
        err = part_hold(&w.spec, &part);
    if (err == EDHOC_OK) {
        part_look(part, true, &state);
        err = state.err;
        if (err != EDHOC_OK && state.story != NULL)
            err = report(err, "%s", state.story);
    }
    if (err == EDHOC_OK)
        *out = conf_ref(state.contents);
    part_state_clear(&state);
    part_release(part);
    wanted_clear(&w);
    return err;
}

edhoc_err sources_settings(const struct setting_pair *store, size_t count, struct settings *out)
{
    struct conf *conf;
    edhoc_err err = read_conf(&conf);

    *out = (struct settings){.identity = NULL};
    if (err == EDHOC_OK)
        err = settings_read_with(conf_line(conf), store, count, out);
    conf_free(conf);
    return err;
}

bool sources_want_negoex(void)
{
    struct settings settings = {.identity = NULL};
    struct conf *conf;
    bool wanted = read_conf(&conf) == EDHOC_OK && settings_may_want_negoex(conf_line(conf)) &&
                  settings_read_with(conf_line(conf), NULL, 0, &settings) == EDHOC_OK &&
                  settings.negoex;

    settings_clear(&settings);
    conf_free(conf);
    return wanted;
}

/* ---- what is held ---- */

static edhoc_err load_own(const struct wanted *w, struct identity_set **out)
{
    struct loading loading = {.passphrase = w->spec.passphrase};
    void *contents = NULL;
    edhoc_err err = w->spec.kind->load(&w->spec, &loading, &contents);

    *out = contents;
    return err;
}

static edhoc_err hold_identities(struct sources *s, const struct settings *settings, bool initiator,
                                 const char *passphrase)
{
    struct wanted w;
    edhoc_err err = wanted_identities(settings, initiator, &w);

    w.spec.passphrase = passphrase;
    if (err == EDHOC_OK && !w.from_files)
        err = load_own(&w, &s->own);
    else if (err == EDHOC_OK)
        err = part_hold(&w.spec, &s->identities);
    wanted_clear(&w);
    return err;
}

/* The part that `wanted` finds in the settings, if there is one. */
static edhoc_err hold_wanted(edhoc_err (*wanted)(const struct settings *s, struct wanted *out),
                             const struct settings *settings, struct part **out)
{
    struct wanted w;
    edhoc_err err = wanted(settings, &w);

    if (err == EDHOC_OK && w.spec.kind != NULL)
        err = part_hold(&w.spec, out);
    wanted_clear(&w);
    return err;
}

static edhoc_err hold_trust(struct sources *s, const struct settings *settings, bool initiator)
{
    struct wanted w[TRUST_PARTS_MAX];
    edhoc_err err = wanted_trust(settings, initiator, w);

    for (size_t i = 0; i < TRUST_PARTS_MAX; i++) {
        if (err == EDHOC_OK && w[i].spec.kind != NULL)
            err = part_hold(&w[i].spec, &s->files[i]);
        wanted_clear(&w[i]);
    }
    return err;
}

void sources_free(struct sources *s)
{
    if (s == NULL)
        return;
    part_release(s->choices);
    identity_set_free(s->own);
    part_release(s->identities);
    for (size_t i = 0; i < TRUST_PARTS_MAX; i++)
        part_release(s->files[i]);
    part_release(s->anchors);
    part_release(s->revoked);
    trust_free(s->joined);
    free(s);
}

/* ---- what is current ---- */

#define NOBODY          "nobody is believed"
#define NO_CERTIFICATES "no certificate is believed"

/* A part whose contents are older than its files, of several the last one. */
struct stale {
    struct part_state state;
    const char *otherwise; /* see part_tell() */
};

static void stale_note(struct stale *stale, struct part_state *state, const char *otherwise)
{
    if (state->err == EDHOC_OK) {
        part_state_clear(state);
        return;
    }
    part_state_clear(&stale->state);
    *stale = (struct stale){*state, otherwise};
}

/* Do the contents of a part count no more? Those of a key do for ever (without `otherwise`), but not for
 * a new credential whose key is no longer there, or opened by the passphrase. */
static bool is_over(const struct part_state *state, bool anew, const char *otherwise)
{
    if (otherwise != NULL)
        return part_is_over(state);
    return state->err != EDHOC_OK &&
           (state->contents == NULL || (anew && (state->gone || state->sealed)));
}

/* Of contents that are not used. */
static edhoc_err tell_over(const struct part_state *state, const char *otherwise)
{
    if (otherwise != NULL || state->story == NULL)
        return part_tell(state, otherwise);
    return report(state->err, "%s", state->story);
}

/* Takes the contents of a part, where there is one, as long as they count. */
static edhoc_err look(struct part *part, bool anew, const char *otherwise, struct stale *stale,
                      void **contents)
{
    struct part_state state = {.err = EDHOC_OK};
    edhoc_err err = EDHOC_OK;

    *contents = NULL;
    if (part == NULL)
        return EDHOC_OK;
    part_look(part, anew, &state);
    if (is_over(&state, anew, otherwise))
        err = tell_over(&state, otherwise);
    else
        *contents = state.kind->ref(state.contents);
    stale_note(stale, &state, otherwise);
    return err;
}

static edhoc_err look_at_keys(struct sources *s, bool anew, struct stale *stale,
                              struct identity_set **out)
{
    void *contents;
    edhoc_err err = look(s->identities, anew, NULL, stale, &contents);

    *out = s->own != NULL ? identity_set_ref(s->own) : contents;
    return err;
}

/* Anchors that count no more refuse certificates, and those alone. */
static edhoc_err look_at_anchors(struct sources *s, bool anew, struct stale *stale,
                                 struct pieces *out)
{
    void *contents;
    edhoc_err err = look(s->anchors, anew, NO_CERTIFICATES, stale, &contents);

    out->anchors = contents;
    if (err == EDHOC_OK || err == EDHOC_ERR_NOMEM)
        return err;
    out->anchors_err = err;
    out->anchors_story = strdup(report_details(err));
    return out->anchors_story != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

static edhoc_err look_at_trust(struct sources *s, bool anew, struct stale *stale,
                               struct pieces *out)
{
    void *contents;
    edhoc_err err = EDHOC_OK;

    *out = (struct pieces){.count = 0};
    for (size_t i = 0; i < TRUST_PARTS_MAX && err == EDHOC_OK; i++) {
        err = look(s->files[i], anew, NOBODY, stale, &contents);
        if (contents != NULL)
            out->part[out->count++] = contents;
    }
    if (err == EDHOC_OK)
        err = look_at_anchors(s, anew, stale, out);
    if (err == EDHOC_OK) {
        err = look(s->revoked, anew, NOBODY, stale, &contents);
        out->revoked = contents;
    }
    return err;
}

static void pieces_free(struct pieces *p)
{
    while (p->count > 0)
        trust_free(p->part[--p->count]);
    x509_store_free(p->anchors);
    free(p->anchors_story);
    revoked_free(p->revoked);
}

/* Of a trust that has anchors, if some are configured. */
static bool same_pieces(const struct pieces *a, const struct pieces *b)
{
    return memcmp(a->part, b->part, sizeof(a->part)) == 0 && a->count == b->count &&
           a->anchors == b->anchors && a->revoked == b->revoked;
}

static edhoc_err join(const struct pieces *p, struct trust **out)
{
    edhoc_err err = trust_join(p->part, p->count, p->anchors, out);

    if (err == EDHOC_OK)
        trust_set_revoked(*out, p->revoked);
    if (err == EDHOC_OK && p->anchors_err != EDHOC_OK)
        err = trust_set_no_anchors(*out, p->anchors_err, p->anchors_story);
    return err;
}

/* One that is kept until a piece of it is another. */
static edhoc_err join_once(struct sources *s, const struct pieces *p, struct trust **out)
{
    struct trust *old = NULL;
    struct lock *held;
    edhoc_err err = lock_enter(&held);

    if (err != EDHOC_OK)
        return err;
    if (s->joined != NULL && same_pieces(&s->pieces, p))
        *out = trust_ref(s->joined);
    lock_leave(held);
    if (*out != NULL)
        return EDHOC_OK;
    err = join(p, out);
    if (err != EDHOC_OK || lock_enter(&held) != EDHOC_OK)
        return err;
    old = s->joined;
    s->joined = trust_ref(*out);
    s->pieces = *p;
    lock_leave(held);
    trust_free(old);
    return EDHOC_OK;
}

/* Where the trust is one file's alone, it is that part itself. A refusal tells an age, so that a
 * trust with one is made anew each time. */
static edhoc_err trust_of(struct sources *s, const struct pieces *p, struct trust **out)
{
    if (p->anchors_err != EDHOC_OK)
        return join(p, out);
    if (p->count != 1 || p->anchors != NULL || p->revoked != NULL)
        return join_once(s, p, out);
    *out = trust_ref(p->part[0]);
    return EDHOC_OK;
}

static edhoc_err get(struct sources *s, bool anew, struct identity_set **identities,
                     struct trust **trust, edhoc_err *stale)
{
    struct sources *believes = s->base != NULL ? s->base : s;
    struct stale older = {.otherwise = NULL};
    struct pieces pieces = {.count = 0};
    edhoc_err err;

    *trust = NULL;
    err = look_at_keys(s, anew, &older, identities);
    if (err == EDHOC_OK)
        err = look_at_trust(believes, anew, &older, &pieces);
    if (err == EDHOC_OK)
        err = trust_of(believes, &pieces, trust);
    *stale = err == EDHOC_OK ? part_tell(&older.state, older.otherwise) : EDHOC_OK;
    part_state_clear(&older.state);
    pieces_free(&pieces);
    return err;
}

edhoc_err sources_get(struct sources *s, struct identity_set **identities, struct trust **trust,
                      edhoc_err *stale)
{
    return get(s, false, identities, trust, stale);
}

struct identity_set *sources_identities(struct sources *s)
{
    struct stale older = {.otherwise = NULL};
    struct identity_set *set = NULL;

    if (look_at_keys(s, false, &older, &set) != EDHOC_OK)
        set = NULL;
    part_state_clear(&older.state);
    return set;
}

/* Are they all there? */
static edhoc_err try_out(struct sources *s)
{
    struct identity_set *identities = NULL;
    struct trust *trust = NULL;
    edhoc_err stale, err = get(s, true, &identities, &trust, &stale);

    identity_set_free(identities);
    trust_free(trust);
    return err;
}

/* ---- one identity per target ---- */

static edhoc_err hold_place(struct sources *s, const char *place)
{
    const struct settings only = {.identity = (char *)(uintptr_t)place};

    part_release(s->identities);
    s->identities = NULL;
    return hold_identities(s, &only, true, NULL);
}

static edhoc_err look_at_choices(struct sources *s, bool anew, struct choices **out,
                                 edhoc_err *stale)
{
    struct stale older = {.otherwise = NULL};
    void *contents;
    edhoc_err err = look(s->choices, anew, NULL, &older, &contents);

    *stale = err == EDHOC_OK ? part_tell(&older.state, NULL) : EDHOC_OK;
    part_state_clear(&older.state);
    *out = contents;
    return err;
}

static edhoc_err choose(struct sources *s, const char *place, struct sources **out)
{
    struct sources *chosen = calloc(1, sizeof(*chosen));
    edhoc_err err = EDHOC_ERR_NOMEM;

    if (chosen != NULL) {
        chosen->base = s;
        err = hold_place(chosen, place);
    }
    if (err == EDHOC_OK)
        err = try_out(chosen);
    if (err == EDHOC_OK)
        *out = chosen;
    else
        sources_free(chosen);
    return err;
}

edhoc_err sources_choose(struct sources *s, const char *target, struct sources **out,
                         unsigned *line, edhoc_err *stale)
{
    struct choices *choices = NULL;
    const struct choice *is_for;
    edhoc_err err;

    *out = NULL;
    *line = 0;
    *stale = EDHOC_OK;
    if (s->choices == NULL)
        return EDHOC_OK;
    err = look_at_choices(s, false, &choices, stale);
    if (err != EDHOC_OK)
        return err;
    is_for = choices_find(choices, target);
    if (is_for != NULL) {
        *line = is_for->line;
        err = choose(s, is_for->place, out);
    } else if (s->stand_in) {
        err = report(EDHOC_ERR_NO_IDENTITY,
                     "no line of the file identities is for %s, and the usual identity was not "
                     "there; add a line, or make a key with: gss-edhoc keygen NAME",
                     target);
    }
    choices_free(choices);
    return err;
}

/* ---- all of it ---- */

/* Whom we believe, and what depends on the target. */
static edhoc_err hold(struct sources *s, const struct settings *settings, bool initiator,
                      bool by_target)
{
    edhoc_err err = by_target ? hold_wanted(wanted_choices, settings, &s->choices) : EDHOC_OK;

    if (err == EDHOC_OK)
        err = hold_trust(s, settings, initiator);
    if (err == EDHOC_OK)
        err = hold_wanted(wanted_anchors, settings, &s->anchors);
    return err == EDHOC_OK ? hold_wanted(wanted_revoked, settings, &s->revoked) : err;
}

/* The usual identity; where there is none, that of the file's first line stands for it. */
static edhoc_err fill_identity(struct sources *s, const struct settings *settings, bool initiator,
                               const char *passphrase, const struct choices *choices)
{
    edhoc_err err = hold_identities(s, settings, initiator, passphrase);

    if (err == EDHOC_OK)
        err = try_out(s);
    if (err != EDHOC_ERR_NO_IDENTITY || choices == NULL || choices_count(choices) == 0)
        return err;
    s->stand_in = true;
    err = hold_place(s, choices_at(choices, 0)->place);
    return err == EDHOC_OK ? try_out(s) : err;
}

static edhoc_err fill(struct sources *s, const struct settings *settings, bool initiator,
                      const char *passphrase)
{
    struct choices *choices = NULL;
    edhoc_err stale, err = hold(s, settings, initiator, initiator && passphrase == NULL);

    if (err == EDHOC_OK && s->choices != NULL)
        err = look_at_choices(s, true, &choices, &stale);
    if (err == EDHOC_OK)
        err = fill_identity(s, settings, initiator, passphrase, choices);
    choices_free(choices);
    return err;
}

edhoc_err sources_new(const struct settings *settings, bool initiator, const char *passphrase,
                      struct sources **out)
{
    struct sources *s = calloc(1, sizeof(*s));
    edhoc_err err = s != NULL ? fill(s, settings, initiator, passphrase) : EDHOC_ERR_NOMEM;

    *out = NULL;
    if (err == EDHOC_OK)
        *out = s;
    else
        sources_free(s);
    return err;
}
