/* Files that a running program cannot read any more: whom that refuses and when, what it is told,
 * and what stays. The clock is the test's own. */
#include "load/load.h"
#include "load/sources.h"
#include "peer/judge.h"
#include "peer/peer.h"
#include "peer/trust_plan.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/suite.h"

/* Keys of RFC 8032, section 7.1. */
#define ALICE   "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define MALLORY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM"

/* ---- whom a credential believes ---- */

static struct cred *alice, *bob; /* by a trust line; by a certificate */

static struct settings acceptor(void)
{
    return (struct settings){.service_identity = folder_path("w/web.key"),
                             .trust = folder_path("w/trust"),
                             .anchors = folder_path("w/anchors"),
                             .crls = folder_path("w/crls"),
                             .revoked = folder_path("w/revoked")};
}

static struct sources *acquire(void)
{
    struct settings s = acceptor();
    struct sources *live;

    ck_assert_ok(sources_new(&s, false, NULL, &live));
    return live;
}

struct seen {
    edhoc_err all, pinned, certified; /* what is said to everybody, to alice, to bob */
    edhoc_err stale;
    char why[512], stale_why[512]; /* bob is refused, or everybody; something is stale */
};

static void see_peers(const struct trust *t, struct seen *seen)
{
    int64_t now = (int64_t)time(NULL);
    struct peer peer;

    seen->pinned = trust_judge_client(t, alice, now, &peer);
    peer_clear(&peer);
    seen->certified = trust_judge_client(t, bob, now, &peer);
    (void)strncpy(seen->why, report_details(seen->certified), sizeof(seen->why) - 1);
    peer_clear(&peer);
}

static struct seen see(struct sources *live)
{
    struct seen seen = {.pinned = EDHOC_ERR_BUG, .certified = EDHOC_ERR_BUG};
    struct identity_set *ids;
    struct trust *t;

    seen.all = sources_get(live, &ids, &t, &seen.stale);
    (void)strncpy(seen.stale_why, report_details(seen.stale), sizeof(seen.stale_why) - 1);
    (void)strncpy(seen.why, report_details(seen.all), sizeof(seen.why) - 1);
    if (seen.all == EDHOC_OK)
        see_peers(t, &seen);
    identity_set_free(ids);
    trust_free(t);
    return seen;
}

static void expect_all_is_well(struct sources *live)
{
    struct seen seen = see(live);

    ck_assert_msg(seen.all == EDHOC_OK, "%s", seen.why);
    ck_assert_err(seen.pinned, EDHOC_OK);
    ck_assert_msg(seen.certified == EDHOC_OK, "%s", seen.why);
    ck_assert_msg(seen.stale == EDHOC_OK, "%s", seen.stale_why);
}

static void expect_told(const char *story, const char *file, const char *words)
{
    ck_assert_msg(strstr(story, folder_path(file)) != NULL, "\"%s\" lacks %s", story, file);
    ck_assert_msg(strstr(story, words) != NULL, "\"%s\" lacks \"%s\"", story, words);
}

/* All is believed, and it is told that the file is not current. */
static void expect_grace(struct sources *live, const char *file, const char *words)
{
    struct seen seen = see(live);

    ck_assert_msg(seen.all == EDHOC_OK, "%s", seen.why);
    ck_assert_err(seen.pinned, EDHOC_OK);
    ck_assert_msg(seen.certified == EDHOC_OK, "%s", seen.why);
    ck_assert_int_ne(seen.stale, EDHOC_OK);
    expect_told(seen.stale_why, file, words);
}

/* What it is told of its age, and of the rest. */
static void expect_a_minute(struct sources *live)
{
    struct seen seen = see(live);
    const char *told = strstr(seen.stale_why, "what was read ");
    int age = 0, rest = 0;

    ck_assert_ptr_nonnull(told);
    ck_assert_int_eq(sscanf(told, "what was read %d s ago counts for %d s more", &age, &rest), 2);
    ck_assert_int_ge(age, 50);
    ck_assert_int_ge(age + rest, 59);
    ck_assert_int_le(age + rest, 60);
}

static void expect_refusal(struct sources *live, const char *file, bool everybody)
{
    struct seen seen = see(live);

    if (everybody) {
        ck_assert_int_ne(seen.all, EDHOC_OK);
        expect_told(seen.why, file, "nobody is believed");
        return;
    }
    ck_assert_msg(seen.all == EDHOC_OK, "%s", seen.why);
    ck_assert_err(seen.pinned, EDHOC_OK);
    ck_assert_int_ne(seen.certified, EDHOC_OK);
    expect_told(seen.why, file, "no certificate is believed");
    ck_assert_int_ne(seen.stale, EDHOC_OK);
    expect_told(seen.stale_why, file, "no certificate is believed");
}

/* ---- a file that cannot be read ---- */

static const struct file {
    const char *name;
    bool for_all; /* refuses everybody, and not only who has a certificate */
} files[] = {
    {"w/trust", true},
    {"w/anchors", false},
    {"w/crls", false},
    {"w/revoked", true},
};

static const struct fault {
    const char *command; /* with $f for the file */
} faults[] = {
    {"chmod 666 $f"},
    {"rm $f; mkdir $f"},
    {"rm $f; ln -s ${f##*/} $f"},
    {"truncate -s 300M $f"},
    {"printf '\\377\\376\\000\\001' > $f"},
    {"rm $f; ln -s /proc/self/mem $f"},
};

static void spoil(const char *command, const char *file)
{
    folder_run("f=%s; %s", file, command);
}

START_TEST(what_was_read_counts_for_a_minute_while_a_file_cannot_be_read)
{
    const struct file *file = &files[_i / ROWS(faults)];
    const struct fault *fault = &faults[_i % ROWS(faults)];
    struct settings s = acceptor();
    struct sources *live = acquire(), *other;

    expect_all_is_well(live);
    spoil(fault->command, file->name);
    clock_pass(1000);
    expect_grace(live, file->name, "s ago counts for ");
    clock_pass(49000);
    expect_grace(live, file->name, "s ago counts for ");
    expect_a_minute(live);
    ck_assert_ok(sources_new(&s, false, NULL, &other)); /* a new credential is not treated worse */
    clock_pass(11000);
    expect_refusal(live, file->name, file->for_all);
    expect_refusal(live, file->name, file->for_all);
    folder_run("f=%s; rm -rf $f && cp $f.good $f", file->name);
    clock_pass(1000);
    expect_all_is_well(live);
    sources_free(live);
    sources_free(other);
}
END_TEST

/* ssh-keygen -k empties its file before it writes, and where the disk is full it stays so: that is no list
 * that revokes nothing. */
START_TEST(an_emptied_list_of_what_is_revoked_is_none)
{
    struct sources *live = acquire();

    expect_all_is_well(live);
    folder_run(": > w/revoked");
    clock_pass(1000);
    expect_grace(live, "w/revoked", "is empty");
    clock_pass(61000);
    expect_refusal(live, "w/revoked", true);
    folder_run("echo '# nothing' > w/revoked");
    clock_pass(1000);
    expect_all_is_well(live);
    sources_free(live);
}
END_TEST

/* The error said what to do, and that is all that was done: the file is the same. */
START_TEST(a_folder_that_is_mended_counts_again)
{
    struct sources *live = acquire();
    struct seen seen;

    expect_all_is_well(live);
    folder_run("chmod 777 w && cp w/trust.good w/trust"); /* which is looked at for that */
    clock_pass(5000);
    seen = see(live);
    ck_assert_err(seen.stale, EDHOC_ERR_PERMISSIONS);
    expect_told(seen.stale_why, "w", "chmod");
    folder_run("chmod 755 w");
    clock_pass(5000);
    expect_all_is_well(live);
    sources_free(live);
}
END_TEST

/* The minute is one from the last good look, whenever that was. */
START_TEST(whoever_did_not_look_for_a_minute_has_no_grace)
{
    struct sources *live = acquire();

    expect_all_is_well(live);
    spoil(faults[0].command, files[_i].name);
    clock_pass(61000);
    expect_refusal(live, files[_i].name, files[_i].for_all);
    sources_free(live);
}
END_TEST

START_TEST(a_configured_file_that_has_gone_refuses_at_once)
{
    struct settings s = acceptor();
    const struct file *file = &files[_i];
    struct sources *live = acquire(), *other;
    edhoc_err err;

    expect_all_is_well(live);
    folder_run("rm %s", file->name);
    clock_pass(1000);
    expect_refusal(live, file->name, file->for_all);
    err = sources_new(&s, false, NULL, &other);
    if (file->for_all) {
        ck_assert_told(err, EDHOC_ERR_FILE, "nobody is believed");
    } else {
        ck_assert_ok(err);
        expect_refusal(other, file->name, false);
        sources_free(other);
    }
    folder_run("f=%s; cp $f.good $f", file->name);
    clock_pass(1000);
    expect_all_is_well(live);
    sources_free(live);
}
END_TEST

/* In another process there is nothing that was read before. */
START_TEST(a_file_that_was_never_read_refuses_at_once)
{
    struct settings s = acceptor();
    const struct file *file = &files[_i];
    struct sources *live = NULL;
    edhoc_err err;

    spoil(faults[_i].command, file->name);
    err = sources_new(&s, false, NULL, &live);
    if (file->for_all) {
        ck_assert_int_ne(err, EDHOC_OK);
        expect_told(report_details(err), file->name, "nobody is believed");
        return;
    }
    ck_assert_ok(err);
    expect_refusal(live, file->name, false);
    sources_free(live);
}
END_TEST

/* As `gss-edhoc check` and the like see it. */
START_TEST(load_trust_says_the_same)
{
    struct settings s = acceptor();
    const struct file *file = &files[_i];
    struct trust *t;
    edhoc_err err;

    folder_run("rm %s", file->name);
    err = load_trust(&s, false, NULL, &t);
    if (file->for_all) {
        ck_assert_told(err, EDHOC_ERR_FILE, folder_path(file->name));
        return;
    }
    ck_assert_ok(err);
    ck_assert_told(trust_check_anchors(t), EDHOC_ERR_FILE, folder_path(file->name));
    trust_free(t);
}
END_TEST

/* An initiator learns it before it sends anything. */
START_TEST(a_target_without_a_line_cannot_be_planned_without_anchors)
{
    struct settings s = acceptor();
    const struct suite_list offer = {{2, 3}, 2};
    struct trust_plan plan;
    struct trust *t;

    ck_assert_ok(load_trust(&s, true, NULL, &t));
    ck_assert_ok(trust_plan(t, "HTTP@web.example.org", 0, &offer, &plan));
    trust_free(t);
    folder_run("rm w/crls");
    ck_assert_ok(load_trust(&s, true, NULL, &t));
    ck_assert_told(trust_plan(t, "HTTP@web.example.org", 0, &offer, &plan), EDHOC_ERR_FILE,
                   folder_path("w/crls"));
    trust_free(t);
}
END_TEST

/* ---- what may be absent, what stays ---- */

START_TEST(default_trust_files_may_be_absent_but_not_broken)
{
    struct settings s = {.identity = folder_path("w/email.key")};
    struct identity_set *ids;
    struct sources *live;
    struct trust *t;
    edhoc_err stale;

    folder_run("mkdir -p w/gss-edhoc && cp w/trust w/gss-edhoc/trust");
    ck_assert_int_eq(setenv("XDG_CONFIG_HOME", folder_path("w"), 1), 0);
    ck_assert_ok(sources_new(&s, true, NULL, &live));
    for (int absent = 0; absent < 2; absent++) {
        ck_assert_ok(sources_get(live, &ids, &t, &stale));
        ck_assert_ok(stale);
        ck_assert_uint_eq(trust_count(t), absent ? 0 : 1);
        identity_set_free(ids);
        trust_free(t);
        folder_run("rm -f w/gss-edhoc/trust");
        clock_pass(1000);
    }
    folder_run("cp w/trust w/gss-edhoc/trust && chmod 666 w/gss-edhoc/trust");
    clock_pass(61000);
    ck_assert_told(sources_get(live, &ids, &t, &stale), EDHOC_ERR_PERMISSIONS,
                   "nobody is believed");
    identity_set_free(ids);
    sources_free(live);
}
END_TEST

START_TEST(a_key_that_was_loaded_stays)
{
    struct settings s = acceptor();
    struct sources *live = acquire(), *other;

    folder_run("chmod 644 w/web.key");
    clock_pass(1000);
    expect_grace(live, "w/web.key", "is used on");
    clock_pass(3600000);
    expect_grace(live, "w/web.key", "is used on");
    other = acquire();
    expect_grace(other, "w/web.key", "is used on");
    folder_run("rm w/web.key");
    clock_pass(1000);
    expect_grace(live, "w/web.key", "is used on");
    sources_free(other);
    ck_assert_told(sources_new(&s, false, NULL, &other), EDHOC_ERR_NO_IDENTITY, "does not exist");
    ck_assert_ptr_null(strstr(report_details(EDHOC_ERR_NO_IDENTITY), "is used on"));
    sources_free(live);
}
END_TEST

/* Programs use a passphrase to check who is there. */
START_TEST(a_passphrase_that_was_changed_opens_nothing_any_more)
{
    struct settings s = acceptor();
    const char *const seal = "openssl pkcs8 -topk8 -iter 1 -in w/email.key -passout pass:%s "
                             "-out w/sealed.key && chmod 600 w/sealed.key";
    struct sources *live, *other;

    s.identity = folder_path("w/sealed.key");
    folder_run(seal, "before");
    ck_assert_ok(sources_new(&s, true, "before", &live));
    folder_run(seal, "after");
    clock_pass(1000);
    ck_assert_told(sources_new(&s, true, "before", &other), EDHOC_ERR_KEY_FORMAT,
                   "this passphrase opens");
    ck_assert_ptr_null(strstr(report_details(EDHOC_ERR_KEY_FORMAT), "is used on"));
    ck_assert_ok(sources_new(&s, true, "after", &other));
    sources_free(other);
    expect_grace(live, "w/sealed.key", "is used on"); /* a credential that was acquired stays */
    sources_free(live);
}
END_TEST

/* ---- daemons ---- */

static void as_root(const char *command, const char *file)
{
    ck_assert_int_eq(seteuid(0), 0);
    folder_run("%s %s", command, file);
    ck_assert_int_eq(seteuid(65534), 0);
    clock_pass(1000);
}

/* What it acquired as root, it keeps; what it believes must stay readable. */
START_TEST(a_daemon_that_drops_its_user_needs_no_key_but_what_it_believes)
{
    struct sources *live;

    if (!suite_is_root("a daemon that drops its user"))
        return;
    folder_run("chmod 711 . w && chmod 600 w/*.key %s", files[_i].name);
    live = acquire();
    ck_assert_int_eq(seteuid(65534), 0);
    clock_pass(3600000);
    expect_all_is_well(live); /* as long as the files stay as they are */
    as_root("touch", files[_i].name);
    expect_grace(live, files[_i].name, "Permission denied");
    clock_pass(60000);
    expect_refusal(live, files[_i].name, files[_i].for_all);
    as_root("chmod 644", files[_i].name);
    expect_all_is_well(live);
    as_root("touch", "w/web.key");
    clock_pass(3600000);
    expect_grace(live, "w/web.key", "is used on");
    ck_assert_int_eq(seteuid(0), 0);
    sources_free(live);
}
END_TEST

/* Files are looked for by the same paths, below the new root. */
START_TEST(a_daemon_that_changes_its_root_needs_what_it_believes_below_it)
{
    const char *root = folder_path("w/root");
    struct sources *live;
    int before;

    if (!suite_is_root("a daemon that changes its root"))
        return;
    before = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    folder_run("mkdir -p w/root%s/w && chmod -R go-w w/root", folder());
    folder_run("cp w/trust w/anchors w/crls w/revoked w/root%s/w", folder());
    if (_i < ROWS(files))
        folder_run("rm w/root%s", folder_path(files[_i].name));
    live = acquire();
    expect_all_is_well(live);
    ck_assert_int_eq(chroot(root), 0);
    clock_pass(1000);
    if (_i < ROWS(files))
        expect_refusal(live, files[_i].name, files[_i].for_all);
    else
        expect_grace(live, "w/web.key", "is used on");
    ck_assert_int_eq(fchdir(before), 0);
    ck_assert_int_eq(chroot("."), 0);
    ck_assert_int_eq(close(before), 0);
    clock_pass(1000);
    expect_all_is_well(live);
    sources_free(live);
}
END_TEST

/* ---- main ---- */

static struct cred *pinned(void)
{
    struct settings s = {.trust = folder_path("w/trust")};
    struct cred *cred;
    struct trust *t;

    ck_assert_ok(load_trust(&s, false, NULL, &t));
    cred = cred_ref(trust_at(t, 0)->cred);
    trust_free(t);
    return cred;
}

static struct cred *certified(void)
{
    struct settings s = {.identity = folder_path("w/email.key"),
                         .certificate = folder_path("certs/email.chain")};
    struct identity_set *ids;
    struct cred *cred;

    ck_assert_ok(load_identity(&s, NULL, &ids));
    cred = cred_ref(ids->id[0]->by_value);
    identity_set_free(ids);
    return cred;
}

static void begin(void)
{
    folder_run("rm -rf w && mkdir w && cp certs/web.key certs/email.key w && chmod 600 w/*.key && "
               "cp certs/anchors.pem w/anchors && cp certs/crls.pem w/crls");
    folder_run("echo 'alice " ALICE "' > w/trust && echo '" MALLORY "' > w/revoked && "
               "for f in trust anchors crls revoked; do cp w/$f w/$f.good; done");
    clock_pass(700000); /* what other tests left goes */
    clock_settle();
    clock_pass(5000); /* no file is young */
    alice = pinned();
    bob = certified();
}

static void end(void)
{
    cred_free(alice);
    cred_free(bob);
}

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "files", 120);
    const int n = ROWS(files);

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_loop_test(tc, what_was_read_counts_for_a_minute_while_a_file_cannot_be_read, 0,
                        n * ROWS(faults));
    tcase_add_test(tc, a_folder_that_is_mended_counts_again);
    tcase_add_test(tc, an_emptied_list_of_what_is_revoked_is_none);
    tcase_add_loop_test(tc, whoever_did_not_look_for_a_minute_has_no_grace, 0, n);
    tcase_add_loop_test(tc, a_configured_file_that_has_gone_refuses_at_once, 0, n);
    tcase_add_loop_test(tc, a_file_that_was_never_read_refuses_at_once, 0, n);
    tcase_add_loop_test(tc, load_trust_says_the_same, 0, n);
    tcase_add_test(tc, a_target_without_a_line_cannot_be_planned_without_anchors);
    tcase_add_test(tc, default_trust_files_may_be_absent_but_not_broken);
    tcase_add_test(tc, a_key_that_was_loaded_stays);
    tcase_add_test(tc, a_passphrase_that_was_changed_opens_nothing_any_more);
    tc = suite_case(suite, "daemons", 120);
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_loop_test(tc, a_daemon_that_drops_its_user_needs_no_key_but_what_it_believes, 0, n);
    tcase_add_loop_test(tc, a_daemon_that_changes_its_root_needs_what_it_believes_below_it, 0,
                        n + 1);
}

int main(void)
{
    int status;

    folder_make("stale");
    folder_run("mkdir certs");
    folder_certificates("certs");
    folder_run("cat certs/email.crt certs/sub.crt > certs/email.chain");
    status = suite_main("stale", add);
    folder_remove();
    return status;
}
