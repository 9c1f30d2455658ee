/* Every call that can fail fails once, at each place of a whole life: it ends in a clean error, leaks
 * nothing, leaves nothing half-made, and the next attempt works; and nobody is let in who should not be.
 *
 * Each fault has a process of its own, which lives twice, so that what is kept for the process is made
 * under the fault too. FAULT_PLACES=all tries every place (`make faults`), else it is some of each kind.
 * FAULT=PLAN:FAMILY:N lives one life, without a process of its own, for a debugger; FAULT_TRACE=1 shows
 * where it failed, and what leaked. */
#include "faults/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/suite.h"
#include "gss_world.h"
#include "lib/errors.h"
#include "lib/slow.h"
#include "load/load.h"
#include "load/stamps.h"

#define X509_SERVER                                                                                \
    {                                                                                              \
        "edhoc_service_identity=@web.pem", "edhoc_trust=@nobody", "edhoc_anchors=@root.crt",       \
            "edhoc_crls=@crls.pem"                                                                 \
    }
#define SSH_SERVER                                                                                 \
    {                                                                                              \
        "edhoc_service_identity=@ssh-host", "edhoc_trust=@ssh-clients", "edhoc_revoked=@krl"       \
    }

static const struct life_plan plans[] = {
    {.name = "x25519",
     .initiator = {"edhoc_identity=@client-x25519", "edhoc_trust=@trust-server-x25519"},
     .acceptor = {"edhoc_service_identity=@server-x25519", "edhoc_trust=@trust-clients"}},
    {.name = "p384",
     .initiator = {"edhoc_identity=@client-p384", "edhoc_trust=@trust-server-p384",
                   "edhoc_options=confirm,hide-target", "edhoc_suites=24,25"},
     .acceptor = {"edhoc_service_identity=@server-p384", "edhoc_trust=@trust-clients"}},
    {.name = "default"},
    {.name = "x509",
     .initiator = {"edhoc_identity=@alice.pem", "edhoc_trust=@nobody", "edhoc_anchors=@root.crt",
                   "edhoc_crls=@crls.pem"},
     .acceptor = X509_SERVER},
    {.name = "ssh",
     .ssh = true,
     .initiator = {"edhoc_identity=@ssh-user", "edhoc_trust=@ssh-servers", "edhoc_revoked=@list"},
     .acceptor = SSH_SERVER},
    {.name = "agent",
     .ssh = true,
     .initiator = {"edhoc_identity=agent:", "edhoc_trust=@trust-server-ed25519"},
     .acceptor = {"edhoc_service_identity=@server-ed25519", "edhoc_trust=@agent-clients"}},
    /* Nobody is let in for a fault. */
    {.name = "stranger",
     .initiator = {"edhoc_identity=@stranger", "edhoc_trust=@trust-server-x25519"},
     .acceptor = {"edhoc_service_identity=@server-x25519", "edhoc_trust=@trust-clients"},
     .refused = BY_ACCEPTOR},
    {.name = "impostor",
     .initiator = {"edhoc_identity=@client-x25519", "edhoc_trust=@trust-server-x25519"},
     .acceptor = {"edhoc_service_identity=@mallory", "edhoc_trust=@trust-clients"},
     .refused = BY_INITIATOR},
    {.name = "bindings",
     .initiator = {"edhoc_identity=@client-x25519", "edhoc_trust=@trust-server-x25519"},
     .acceptor = {"edhoc_service_identity=@server-x25519", "edhoc_trust=@trust-clients"},
     .refused = BY_ACCEPTOR,
     .bindings = true},
    {.name = "x509-revoked",
     .initiator = {"edhoc_identity=@revoked.pem", "edhoc_trust=@nobody", "edhoc_anchors=@root.crt"},
     .acceptor = X509_SERVER,
     .refused = BY_ACCEPTOR},
    {.name = "x509-outside", /* of its CA's name constraints */
     .initiator = {"edhoc_identity=@alice.pem", "edhoc_trust=@nobody", "edhoc_anchors=@root.crt"},
     .acceptor = {"edhoc_service_identity=@outside.pem", "edhoc_trust=@nobody",
                  "edhoc_anchors=@root.crt"},
     .refused = BY_INITIATOR},
    {.name = "ssh-revoked",
     .ssh = true,
     .initiator = {"edhoc_identity=@ssh-revoked", "edhoc_trust=@ssh-servers"},
     .acceptor = SSH_SERVER,
     .refused = BY_ACCEPTOR},
    {.name = "ssh-listed",
     .ssh = true,
     .initiator = {"edhoc_identity=@ssh-revoked", "edhoc_trust=@ssh-servers"},
     .acceptor = {"edhoc_service_identity=@ssh-host", "edhoc_trust=@ssh-clients",
                  "edhoc_revoked=@list"},
     .refused = BY_ACCEPTOR},
};

/* ---- one life in a process of its own ---- */

static struct tally {
    long seen[FAULT_FAMILIES];
    size_t blocks; /* after it all */
    bool fired;
} * tally;         /* shared with the child */
static FILE *said; /* what the child has to say */

/* What is kept for each type of key; after a fault another suite may have been used than else. */
static void fill_caches(void)
{
    for (const struct keytype *type = keytypes; type->name != NULL; type++) {
        struct key *key;

        must(key_generate(type, &key) == EDHOC_OK);
        key_free(key);
    }
    for (int id = 0; id < 100; id++)
        if (suite_by_id(id) != NULL)
            must(suite_available(suite_by_id(id)));
}

/* What libcrypto keeps for the thread is let go of, so that blocks can be counted. */
static void live_twice(const struct life_plan *plan, enum fault_family family, long n)
{
    faults_arm(family, n);
    life_live(plan, family);
    for (int i = 0; i < FAULT_FAMILIES; i++)
        tally->seen[i] = faults_seen((enum fault_family)i);
    tally->fired = faults_fired() != NULL;
    faults_disarm();
    life_live(plan, family);
    fill_caches();
    OPENSSL_thread_stop();
    tally->blocks = faults_blocks();
    faults_tell();
}

/* Did it end well? */
static bool live(const struct life_plan *plan, enum fault_family family, long n)
{
    int status;
    pid_t child;

    *tally = (struct tally){.blocks = 0};
    rewind(said);
    must(ftruncate(fileno(said), 0) == 0);
    (void)fflush(stdout);
    child = fork();
    must(child >= 0);
    if (child == 0) {
        (void)dup2(fileno(said), 2);
        live_twice(plan, family, n);
        _exit(0);
    }
    must(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        fprintf(said, "signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- all of them ---- */

static unsigned failures;
static char first_failure[1024];

static void note_failure(const struct life_plan *plan, enum fault_family family, long n)
{
    char line[1024] = "";

    failures++;
    (void)fflush(said);
    rewind(said);
    while (failures <= 40 && fgets(line, sizeof(line), said) != NULL)
        printf("# FAULT='%s:%d:%ld': %s", plan->name, family, n, line);
    if (failures == 1)
        (void)snprintf(first_failure, sizeof(first_failure), "FAULT='%s:%d:%ld': %.900s",
                       plan->name, family, n, line);
}

static void note_leak(size_t now, size_t before)
{
    fprintf(said, "%zu blocks more than without a fault\n", now - before);
}

/* FAULT_PLACES: how many places of each kind in each life are tried, or all of them. */
static long stride(long count)
{
    const char *given = getenv("FAULT_PLACES");
    long places = given != NULL && strcmp(given, "all") == 0 ? count
                  : given != NULL                            ? strtol(given, NULL, 10)
                                                             : 6;

    if (given == NULL && slow_stride() > 1)
        places = 1;
    return places > 0 && count > places ? count / places : 1;
}

static void fail_everywhere(const struct life_plan *plan, enum fault_family family)
{
    bool fine;
    long count, fired = 0;
    size_t blocks;

    /* libcrypto does not survive lack of memory while it sets itself up: that is not for us to mend. */
    if (family == FAULT_CRYPTO_MEMORY)
        life_live(plan, family);
    fine = live(plan, family, -1);
    count = tally->seen[family];
    blocks = tally->blocks;
    if (!fine)
        note_failure(plan, family, -1);
    for (long n = stride(count) / 2; fine && n < count; n += stride(count)) {
        bool well = live(plan, family, n);

        if (well && tally->blocks > blocks)
            note_leak(tally->blocks, blocks);
        if (!well || tally->blocks > blocks)
            note_failure(plan, family, n);
        fired += tally->fired;
    }
    ck_assert(!fine || count == 0 || fired > 0); /* how often an agent is asked differs a little */
    printf("# %s, %s: %ld places\n", plan->name, fault_families[family], count);
    (void)fflush(stdout);
}

START_TEST(what_fails_once_fails_cleanly)
{
    tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    said = tmpfile();
    ck_assert(tally != MAP_FAILED && said != NULL);
    if (plans[_i / FAULT_FAMILIES].ssh && access(folder_path("krl"), R_OK) != 0) {
        ck_assert(system("command -v ssh-keygen >/dev/null") != 0);
        printf("# %s: not run, no ssh-keygen\n", plans[_i / FAULT_FAMILIES].name);
        return;
    }
    fail_everywhere(&plans[_i / FAULT_FAMILIES], (enum fault_family)(_i % FAULT_FAMILIES));
    ck_assert_msg(failures == 0, "%u failures; the first is %s", failures, first_failure);
}
END_TEST

/* Nor does a life without a fault, after those in which all was made that is kept for the process. */
START_TEST(a_life_leaves_nothing)
{
    const struct life_plan *plan = &plans[_i];
    size_t blocks = 0;

    if (plan->ssh && access(folder_path("krl"), R_OK) != 0)
        return;
    for (int i = 0; i < 3; i++) {
        blocks = faults_blocks();
        life_live(plan, FAULT_MEMORY);
        fill_caches();
        OPENSSL_thread_stop();
    }
    ck_assert_uint_le(faults_blocks(), blocks);
}
END_TEST

/* Which the command does; a life has its trust from parts. */
START_TEST(a_trust_that_is_loaded_whole_leaves_nothing)
{
    struct settings settings = {.trust = textf("%s", folder_path("trust-clients"))};
    size_t blocks = 0;

    for (int i = 0; i < 2; i++) { /* the first time, for the process too */
        struct trust *t;

        blocks = faults_blocks();
        ck_assert_ok(load_trust(&settings, false, NULL, &t));
        trust_free(t);
    }
    ck_assert_uint_eq(faults_blocks(), blocks);
}
END_TEST

/* Else its later changes would never be seen. */
START_TEST(a_file_that_could_not_be_noted_counts_as_changed)
{
    struct stamps *stamps;

    ck_assert_ok(stamps_new(&stamps));
    stamps_note(stamps, "/");
    ck_assert(!stamps_changed(stamps));
    faults_arm(FAULT_MEMORY, _i);
    stamps_note(stamps, "/");
    ck_assert_ptr_nonnull(faults_fired());
    faults_disarm();
    ck_assert(stamps_changed(stamps));
    stamps_free(stamps);
}
END_TEST

/* FAULT=PLAN:FAMILY:N, without a process of its own. */
static int live_one(const char *which)
{
    char name[64];
    int family;
    long n;

    if (sscanf(which, "%63[^:]:%d:%ld", name, &family, &n) != 3)
        return EXIT_FAILURE;
    tally = calloc(1, sizeof(*tally));
    for (int i = 0; i < ROWS(plans); i++)
        if (strcmp(plans[i].name, name) == 0) {
            if (family == FAULT_CRYPTO_MEMORY)
                life_live(&plans[i], FAULT_CRYPTO_MEMORY);
            live_twice(&plans[i], (enum fault_family)family, n);
        }
    return EXIT_SUCCESS;
}

START_TEST(one)
{
    ck_assert_int_eq(live_one(getenv("FAULT")), EXIT_SUCCESS);
}
END_TEST

/* For the plans without settings, and the one with an agent. */
static void set_environment(void)
{
    must(setenv("GSS_EDHOC_IDENTITY", folder_path(life_defaults[0]), 1) == 0);
    must(setenv("GSS_EDHOC_SERVICE_IDENTITY", folder_path(life_defaults[1]), 1) == 0);
    must(setenv("GSS_EDHOC_TRUST", folder_path(life_defaults[2]), 1) == 0);
    must(setenv("SSH_AUTH_SOCK", folder_path("agent"), 1) == 0);
}

static void make_fixtures(void)
{
    const char *srcdir = getenv("srcdir");

    folder_run("cat trust-clients trust-server-x25519 > trust-all");
    folder_run("top=$(cd \"$OLDPWD\" && cd '%s' && pwd) && sh \"$top\"/tests/faults/fixtures.sh",
               srcdir != NULL ? srcdir : ".");
}

static void remove_fixtures(void)
{
    folder_run(
        "test ! -e agent.pid || kill $(cat agent.pid); while test -e agent; do sleep 0.1; done");
}

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "faults");

    tcase_add_unchecked_fixture(tc, make_fixtures, remove_fixtures);
    tcase_add_checked_fixture(tc, set_environment, NULL);
    tcase_set_timeout(tc, 3600);
    if (getenv("FAULT") != NULL)
        tcase_add_test(tc, one);
    else {
        tcase_add_test(tc, a_trust_that_is_loaded_whole_leaves_nothing);
        tcase_add_loop_test(tc, a_file_that_could_not_be_noted_counts_as_changed, 0, 2);
        tcase_add_loop_test(tc, a_life_leaves_nothing, 0, ROWS(plans));
        tcase_add_loop_test(tc, what_fails_once_fails_cleanly, 0, ROWS(plans) * FAULT_FAMILIES);
    }
}

int main(void)
{
    faults_install();
    return app_main("faults", add);
}
