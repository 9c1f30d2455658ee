#include "profile/gss_api.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/hash.h"
#include "edhoc/ead.h"
#include "profile/item.h"

#include <stdlib.h>

#define BINDINGS_MAX (1u << 20)

struct profile {
    bool initiator;
    bool confirm;       /* initiator: asks for message_4; responder: was asked */
    bool target_hidden; /* initiator: names it in message_3 only; responder: message_1 had none */
    struct buf target;  /* with its NUL, or empty: initiator, whom it wants; responder, as asked */
    uint32_t flags;     /* initiator: to send */
    bool have_bindings; /* giving none differs from giving empty ones */
    struct buf bindings;
    uint32_t result_flags;
};

/* ---- life ---- */

static edhoc_err set_target(struct profile *g, struct bytes target)
{
    buf_reset(&g->target);
    buf_put(&g->target, target);
    buf_put_byte(&g->target, 0);
    return buf_err(&g->target);
}

static struct profile *profile_new(bool initiator)
{
    struct profile *g = calloc(1, sizeof(*g));

    if (g == NULL)
        return NULL;
    g->initiator = initiator;
    g->target = buf_new(PROFILE_TARGET_MAX + 1);
    g->bindings = buf_new(BINDINGS_MAX);
    return g;
}

edhoc_err profile_new_initiator(const struct profile_wish *wish, struct profile **out)
{
    struct bytes target = bytes_of_text(wish->target);
    struct profile *g;
    edhoc_err err;

    *out = NULL;
    if (wish->target == NULL)
        return report(EDHOC_ERR_NAME, "no target name");
    if (!item_target_ok(target))
        return report(
            EDHOC_ERR_NAME,
            "a target is service@host, the host in lower case, or a name without @, of at "
            "most %d bytes",
            PROFILE_TARGET_MAX);
    g = profile_new(true);
    if (g == NULL)
        return EDHOC_ERR_NOMEM;
    g->confirm = wish->confirm;
    g->target_hidden = wish->hide_target;
    g->flags = (wish->flags & EDHOC_FLAGS_MASK) | EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG;
    err = set_target(g, target);
    if (err == EDHOC_OK)
        *out = g;
    else
        profile_free(g);
    return err;
}

edhoc_err profile_new_responder(struct profile **out)
{
    *out = profile_new(false);
    return *out != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

void profile_free(struct profile *g)
{
    if (g == NULL)
        return;
    buf_free(&g->target);
    buf_free(&g->bindings);
    free(g);
}

edhoc_err profile_set_bindings(struct profile *g, bool have, struct bytes bindings)
{
    edhoc_err err = buf_copy(&g->bindings, have ? bindings : BYTES_NONE);

    if (err != EDHOC_OK)
        return err == EDHOC_ERR_TOO_LONG
                   ? report(EDHOC_ERR_ARGUMENT, "channel bindings longer than 1 MiB")
                   : err;
    g->have_bindings = have;
    return EDHOC_OK;
}

const char *profile_target(const struct profile *g)
{
    return g->target.len > 0 ? (const char *)g->target.p : NULL;
}

uint32_t profile_flags(const struct profile *g)
{
    return g->result_flags;
}

/* ---- what we send ---- */

/* The hash of the channel bindings that our own side's caller gave. */
static edhoc_err hash_bindings(const struct profile *g, const struct suite *suite,
                               struct fixed *hash)
{
    struct bytes bindings = buf_bytes(&g->bindings);

    return crypto_digest(suite->hash, &bindings, 1, hash);
}

static edhoc_err put_ead_1(struct profile *g, struct buf *ead)
{
    struct profile_item item = {.message = 1, .options = g->confirm ? PROFILE_OPTION_CONFIRM : 0};

    if (!g->target_hidden)
        item.target = bytes_of_text(profile_target(g));
    item_put(&item, ead);
    return buf_err(ead);
}

static edhoc_err put_ead_3(struct profile *g, const struct suite *suite, struct buf *ead)
{
    struct profile_item item = {.message = 3, .flags = g->flags, .has_bindings = g->have_bindings};
    struct fixed hash;
    edhoc_err err = hash_bindings(g, suite, &hash);

    if (err != EDHOC_OK)
        return err;
    item.bindings = fixed_bytes(&hash);
    if (g->target_hidden)
        item.target = bytes_of_text(profile_target(g));
    item_put(&item, ead);
    g->result_flags = g->flags & ~EDHOC_FLAG_BOUND; /* known only from message_4 */
    return buf_err(ead);
}

static edhoc_err put_ead_4(struct profile *g, struct buf *ead)
{
    struct profile_item item = {.message = 4, .flags = g->result_flags};

    item_put(&item, ead);
    return buf_err(ead);
}

static edhoc_err put_ead(void *arg, int message, const struct suite *suite, struct buf *ead)
{
    switch (message) {
    case 1:
        return put_ead_1(arg, ead);
    case 3:
        return put_ead_3(arg, suite, ead);
    case 4:
        return put_ead_4(arg, ead);
    default:
        return EDHOC_OK; /* message_2 has none */
    }
}

/* ---- what we are told ---- */

static edhoc_err read_ead_1(struct profile *g, const struct profile_item *item)
{
    g->confirm = item->options == PROFILE_OPTION_CONFIRM;
    g->target_hidden = item->target.len == 0;
    return g->target_hidden ? EDHOC_OK : set_target(g, item->target);
}

/* Bindings count only when the acceptor has some. */
static edhoc_err judge_bindings(const struct profile *g, const struct suite *suite,
                                const struct profile_item *item, bool *bound)
{
    struct fixed ours;
    edhoc_err err;

    *bound = false;
    if (!g->have_bindings)
        return EDHOC_OK;
    if (!item->has_bindings)
        return (item->flags & EDHOC_FLAG_BOUND) == 0
                   ? EDHOC_OK
                   : report(EDHOC_ERR_BINDINGS,
                            "the initiator wants a bound channel and gave none");
    err = hash_bindings(g, suite, &ours);
    if (err != EDHOC_OK)
        return err;
    if (!bytes_equal_secret(item->bindings, fixed_bytes(&ours)))
        return report(EDHOC_ERR_BINDINGS, "is somebody between the two ends of the channel?");
    *bound = true;
    return EDHOC_OK;
}

static edhoc_err read_ead_3(struct profile *g, const struct suite *suite,
                            const struct profile_item *item)
{
    const uint32_t always = EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG;
    edhoc_err err = EDHOC_OK;
    bool bound;

    if ((item->flags & always) != always)
        return report(EDHOC_ERR_EAD_ITEM, "flags 0x%llx lack MUTUAL or INTEG",
                      (unsigned long long)item->flags);
    if (item->has_bindings && item->bindings.len != crypto_hash_length(suite->hash))
        return report(EDHOC_ERR_EAD_ITEM, "bindings of %zu bytes are no hash of suite %d",
                      item->bindings.len, suite->id);
    if (g->target_hidden != (item->target.len > 0))
        return report(EDHOC_ERR_EAD_ITEM, "the target must be in one of message_1 and message_3");
    if (g->target_hidden)
        err = set_target(g, item->target);
    if (err == EDHOC_OK)
        err = judge_bindings(g, suite, item, &bound);
    if (err == EDHOC_OK)
        g->result_flags = ((uint32_t)item->flags & EDHOC_FLAGS_MASK & ~EDHOC_FLAG_BOUND) |
                          (bound ? EDHOC_FLAG_BOUND : 0);
    return err;
}

static edhoc_err read_ead(void *arg, int message, const struct suite *suite, struct bytes ead)
{
    struct profile *g = arg;
    struct profile_item item;
    edhoc_err err = item_read(message, ead, &item);

    if (err != EDHOC_OK)
        return err;
    if (message == 1)
        return read_ead_1(g, &item);
    if (message == 3)
        return read_ead_3(g, suite, &item);
    if (message == 4 && g->have_bindings)
        g->result_flags |= (uint32_t)item.flags & EDHOC_FLAG_BOUND;
    return EDHOC_OK;
}

/* ---- the rest of the table ---- */

/* What an initiator hides is hidden from the responder's choice, not from itself. */
static const char *target(const void *arg)
{
    return profile_target(arg);
}

static bool confirm(const void *arg)
{
    return ((const struct profile *)arg)->confirm;
}

/* Tokens travel within a context: there is nothing to tell apart. */
static bool accepts_c_x(struct bytes c_x)
{
    return c_x.len == 0;
}

/* A certificate comes by value. */
static bool accepts_form(enum cred_form form)
{
    return form != CRED_X5T;
}

static bool by_value(enum cred_form form)
{
    return form == CRED_KCCS || form == CRED_X5CHAIN || form == CRED_SSH_CERT;
}

static void forget(void *arg)
{
    struct profile *g = arg;

    buf_free(&g->bindings);
    g->have_bindings = false;
    g->result_flags = 0;
}

const struct edhoc_profile profile_gss_api = {
    .put_ead = put_ead,
    .read_ead = read_ead,
    .target = target,
    .confirm = confirm,
    .accepts_c_x = accepts_c_x,
    .accepts_form = accepts_form,
    .by_value = by_value,
    .forget = forget,
};
