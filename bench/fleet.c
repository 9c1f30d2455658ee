/* A fleet: users whose OpenSSH certificates one line of trust believes, against one user whose key a line
 * pins. Every certificate has been seen once: its CA's signature is remembered. */
#include "bench_gss.h"
#include "measure.h"
#include "pair.h"

#include <stdlib.h>

#include <gssapi/gssapi_ext.h>

static const struct kind pinned = {"pinned", &mech_edhoc, false, "fleet", "pinned", NULL};
static const struct kind certified = {"certified", &mech_edhoc, false, "fleet", "trust", NULL};

/* Users that take turns. */
struct fleet {
    struct pair pair;
    gss_cred_id_t *users;
    size_t count, next;
};

static gss_cred_id_t acquire_user(size_t number)
{
    gss_key_value_element_desc elements[] = {
        {"edhoc_identity", in_folder("fleet/users/%zu", number)},
        {"edhoc_trust", in_folder("fleet/trust")},
    };
    gss_key_value_set_desc store = {2, elements};
    gss_OID_set_desc wanted = {1, &mech_edhoc};
    gss_cred_id_t cred;
    OM_uint32 minor, major;

    major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &wanted, GSS_C_INITIATE,
                                  &store, &cred, NULL, NULL);
    gss_must(major, minor, &mech_edhoc, "acquiring a user's certificate");
    return cred;
}

static void fleet_once(void *arg)
{
    struct fleet *f = arg;

    f->pair.client = f->users[f->next++ % f->count];
    pair_once(&f->pair);
}

static void fleet_prepare(void *arg)
{
    struct fleet *f = arg;

    pair_prepare(&f->pair);
}

static void fleet_open(struct fleet *f, size_t count)
{
    OM_uint32 minor;

    *f = (struct fleet){.count = count, .users = calloc(count, sizeof(gss_cred_id_t))};
    must(f->users != NULL, "memory");
    pair_open(&f->pair, &certified, true);
    (void)gss_release_cred(&minor, &f->pair.client);
    for (size_t i = 0; i < count; i++)
        f->users[i] = acquire_user(i + 1);
}

static void fleet_free(struct fleet *f)
{
    OM_uint32 minor;

    f->pair.client = GSS_C_NO_CREDENTIAL;
    for (size_t i = 0; i < f->count; i++)
        (void)gss_release_cred(&minor, &f->users[i]);
    free(f->users);
    pair_free(&f->pair);
}

/* COUNT: of users. */
void bench_fleet(char **arguments)
{
    const size_t count = (size_t)atoi(arguments[0]);
    struct fleet many;
    struct pair one;
    struct work works[2];
    double began;

    fleet_open(&many, count);
    pair_open(&one, &pinned, true);
    began = cpu_now();
    for (size_t i = 0; i < count; i++)
        fleet_once(&many);
    result((double)count / (cpu_now() - began), "contexts/s first time, %zu users", count);
    works[0] = (struct work){fleet_once, fleet_prepare, &many, {0}};
    works[1] = (struct work){pair_once, pair_prepare, &one, {0}};
    measure(works, 2, 0.3);
    result(1 / seconds_of(&works[0]), "contexts/s remembered, %zu users", count);
    result(1 / seconds_of(&works[1]), "contexts/s pinned");
    result(speed_ratio(&works[0], &works[1]), "ratio remembered/pinned");
    pair_free(&one);
    fleet_free(&many);
}
