#include "check_handshake.h"

#include "check_say.h"
#include "check_trust.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "edhoc/edhoc.h"
#include "peer/party.h"
#include "profile/gss_api.h"
#include "edhoc/suite.h"
#include "peer/name.h"
#include "peer/trust.h"

#define SHOWN_MAX 10 /* keys of the same trouble that are told one by one */

/* "6, 4, 1" */
static void put_suites(const struct suite_list *list, struct buf *out)
{
    char number[16];

    for (size_t i = 0; i < list->len; i++) {
        (void)snprintf(number, sizeof(number), "%s%d", i > 0 ? ", " : "", list->id[i]);
        buf_put_text(out, number);
    }
    buf_put_byte(out, '\0');
}

static void say_no_suite(struct check *c, const struct identity *id)
{
    check_say(
        c, CHECK_FAIL,
        "suites: none of those configured can use %s, a key of type %s; unset GSS_EDHOC_SUITES "
        "(and suites= in mech.conf), or make a key of another type (gss-edhoc keygen -t)",
        id->source, key_type(id->key)->ssh_name);
}

/* Composes the first message, as a client does: every reason not to begin shows here. */
static edhoc_err try_to_begin(struct check *c, struct party *party, struct profile *profile)
{
    struct edhoc_config config = {.role = EDHOC_INITIATOR,
                                  .parties = &party_parties,
                                  .parties_arg = party,
                                  .profile = &profile_gss_api,
                                  .profile_arg = profile};
    struct buf message = buf_new(EDHOC_TOKEN_MAX);
    struct edhoc *session = NULL;
    edhoc_err err = edhoc_new(&config, &session);

    if (err == EDHOC_OK)
        err = edhoc_step(session, BYTES_NONE, &message);
    if (err == EDHOC_OK)
        check_say(c, CHECK_OK,
                  "handshake: can begin: METHOD %d, cipher suite %d; the rest is up to the server, "
                  "which must trust this client's key",
                  edhoc_method(session), edhoc_suite(session)->id);
    edhoc_free(session);
    buf_free(&message);
    return err;
}

static void check_first_message(struct check *c)
{
    struct profile_wish wish = {.target = c->target,
                                .hide_target = (c->settings.options & EDHOC_HIDE_TARGET) != 0,
                                .confirm = (c->settings.options & EDHOC_CONFIRM) != 0};
    struct party_fixed fixed = {c->identities, c->trust};
    struct party_config config = {.initiator = true,
                                  .current = party_current_fixed,
                                  .arg = &fixed,
                                  .name = c->target,
                                  .suites = c->settings.suites,
                                  .by_reference = (c->settings.options & EDHOC_CRED_BY_REFERENCE) !=
                                                  0,
                                  .now = c->now};
    struct profile *profile = NULL;
    struct party *party = NULL;
    edhoc_err err = profile_new_initiator(&wish, &profile);

    if (err == EDHOC_OK)
        err = party_new(&config, &party);
    if (err == EDHOC_OK)
        err = try_to_begin(c, party, profile);
    if (err != EDHOC_OK)
        check_error(c, err, "suites", NULL);
    party_free(party);
    profile_free(profile);
}

/* A peer that proves our own key is refused. */
static bool check_reflection(struct check *c, const struct identity *id)
{
    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if (!check_trust_concerns(c, line) || !cred_same_secret(line->cred, id->by_value))
            continue;
        check_say(c, CHECK_FAIL,
                  "trust: %s line %u pins %s to this side's own key, %s; two endpoints need two "
                  "keys",
                  line->file, line->line, line->principals, id->source);
        return false;
    }
    return true;
}

static void check_initiator(struct check *c)
{
    const struct identity *id = c->identities->id[0];
    struct suite_list suites = suite_list_usable(&c->settings.suites, key_type(id->key));
    struct buf text = buf_new(256);

    if (suites.len == 0) {
        say_no_suite(c, id);
    } else if (c->target == NULL) {
        put_suites(&suites, &text);
        check_say(c, CHECK_OK,
                  "suites: %s (for the whole answer, name the server: gss-edhoc check "
                  "SERVICE@HOST)",
                  (const char *)text.p);
    } else if (c->trust != NULL && check_reflection(c, id) && c->identity_good &&
               (check_trust_count(c) > 0 ||
                (trust_anchors(c->trust) != NULL && name_host(c->target) != NULL))) {
        check_first_message(c);
    }
    buf_free(&text);
}

/* Is there a suite under which this client's key and one of ours can be used? */
static bool can_serve(const struct check *c, const struct trust_line *line)
{
    for (size_t i = 0; i < c->identities->len; i++) {
        struct suite_list ours = suite_list_usable(&c->settings.suites,
                                                   key_type(c->identities->id[i]->key));

        for (size_t k = 0; k < ours.len; k++)
            if (suite_fits(suite_by_id(ours.id[k]), key_type(cred_key(line->cred))))
                return true;
    }
    return false;
}

/* A Diffie-Hellman key serves clients of every kind of key in its suites. */
static void say_unserved(struct check *c, const struct trust_line *line)
{
    const struct keytype *type = key_type(cred_key(line->cred));
    struct suite_list theirs = suite_list_usable(&c->settings.suites, type);

    if (theirs.len == 0)
        check_say(c, CHECK_WARN,
                  "suites: none of those configured can use the %s key of %s line %u (%s)",
                  type->ssh_name, line->file, line->line, line->principals);
    else
        check_say(c, CHECK_WARN,
                  "suites: none joins the %s key of %s line %u (%s) with a key here; add one with: "
                  "gss-edhoc keygen -t %s",
                  type->ssh_name, line->file, line->line, line->principals,
                  keytype_by_curve(suite_by_id(theirs.id[0])->dh, true)->name);
}

static void check_clients(struct check *c)
{
    unsigned said = 0, served = 0;

    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if (!check_trust_concerns(c, line) || !check_trust_is_valid(c, line))
            continue;
        if (can_serve(c, line)) {
            served++;
            continue;
        }
        if (said++ < SHOWN_MAX)
            say_unserved(c, line);
    }
    if (said > 0 && served == 0 && trust_anchors(c->trust) == NULL && trust_ca_count(c->trust) == 0)
        check_say(c, CHECK_FAIL, "suites: there is none for any client that is pinned");
}

static void check_acceptor(struct check *c)
{
    struct suite_list all = {{0}, 0};
    struct buf text = buf_new(256);

    for (size_t i = 0; i < c->identities->len; i++) {
        struct suite_list some = suite_list_usable(&c->settings.suites,
                                                   key_type(c->identities->id[i]->key));

        if (some.len == 0)
            say_no_suite(c, c->identities->id[i]);
        for (size_t k = 0; k < some.len; k++)
            suite_list_add(&all, some.id[k]);
    }
    put_suites(&all, &text);
    if (all.len > 0)
        check_say(c, CHECK_OK, "suites: %s", (const char *)text.p);
    if (all.len > 0 && c->trust != NULL)
        check_clients(c);
    buf_free(&text);
}

void check_handshake(struct check *c)
{
    if (c->identities == NULL || c->identities->len == 0)
        return;
    if (c->acceptor)
        check_acceptor(c);
    else
        check_initiator(c);
}
