/* Identities with certificates, in OpenSSH's format and by URI, as they lie on disk; and
 * credentials that follow their files while a program runs. */
#include "crypto/key.h"
#include "crypto/pem.h"
#include "load/identity_dir.h"
#include "load/identity_file.h"
#include "load/live.h"
#include "load/load.h"
#include "load/stamps.h"
#include "load/trust_line.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/check_live.XXXXXX";
static char path_of[4][256];

/* A path in the test's folder; four are good at a time. */
static char *in_dir(const char *name)
{
    static unsigned next;
    char *path = path_of[next++ % 4];

    (void)snprintf(path, sizeof(path_of[0]), "%s/%s", dir, name);
    return path;
}

static int run(const char *format, const char *a, const char *b)
{
    char command[1024], where[1200];

    (void)snprintf(command, sizeof(command), format, a, b);
    (void)snprintf(where, sizeof(where), "cd '%s' && %s", dir, command);
    return system(where);
}

static void expect(edhoc_err got, edhoc_err want, const char *says)
{
    ck_assert_msg(got == want, "\"%s: %s\" instead of \"%s\"", report_sentence(got),
                  report_details(got), want == EDHOC_OK ? "ok" : report_sentence(want));
    if (says != NULL)
        ck_assert_msg(strstr(report_details(got), says) != NULL, "\"%s\" does not say \"%s\"",
                      report_details(got), says);
}

/* ---- certificates on disk ---- */

START_TEST(key_and_chain_in_one_file)
{
    struct identity *id;

    ck_assert_int_eq(run("cat web.key web.crt sub.crt > one.pem && chmod 600 one.pem", "", ""), 0);
    expect(load_identity_at(in_dir("one.pem"), NULL, NULL, &id), EDHOC_OK, NULL);
    ck_assert_uint_eq(cred_chain_length(id->by_value), 2);
    ck_assert(identity_answers(id, "HTTP@web.example.org"));
    ck_assert(!identity_answers(id, "HTTP@mail.example.org"));
    ck_assert_ptr_null(id->name);
    identity_free(id);
    ck_assert_int_eq(run("cat web.key direct.crt > one.pem", "", ""), 0);
    expect(load_identity_at(in_dir("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT,
           "not for this private key");
    ck_assert_int_eq(run("(cat web.key; head -c 300 web.crt) > one.pem", "", ""), 0);
    expect(load_identity_at(in_dir("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT, "one.pem");
    ck_assert_int_eq(run("cp rsaleaf.key one.pem && cat rsaleaf.crt >> one.pem", "", ""), 0);
    expect(load_identity_at(in_dir("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT, "RSA");
    ck_assert_int_eq(
        run("cat web.key web.crt > one.pem && for i in 1 2 3 4 5 6 7 8; do cat sub.crt; done >> "
            "one.pem",
            "", ""),
        0);
    expect(load_identity_at(in_dir("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT, "one.pem");
}
END_TEST

START_TEST(chain_in_its_own_file)
{
    struct identity *id;

    ck_assert_int_eq(run("chmod 600 web.key && cat web.crt sub.crt > web.chain", "", ""), 0);
    expect(load_identity_at(in_dir("web.key"), in_dir("web.chain"), NULL, &id), EDHOC_OK, NULL);
    ck_assert_uint_eq(cred_chain_length(id->by_value), 2);
    identity_free(id);
    expect(load_identity_at(in_dir("web.key"), in_dir("sub.key"), NULL, &id), EDHOC_ERR_KEY_FORMAT,
           "no PEM certificate");
    expect(load_identity_at(in_dir("web.key"), in_dir("nothing"), NULL, &id), EDHOC_ERR_FILE,
           "nothing");
    ck_assert_int_eq(run("chmod 666 web.chain", "", ""), 0);
    expect(load_identity_at(in_dir("web.key"), in_dir("web.chain"), NULL, &id),
           EDHOC_ERR_PERMISSIONS, "web.chain");
}
END_TEST

START_TEST(one_chain_for_many_keys)
{
    struct identity_set *set;

    ck_assert_int_eq(run("mkdir -p d && cp web.key d/a.pem && cp direct.key d/b.pem && chmod 600 "
                         "d/*.pem && cat direct.crt >> d/b.pem",
                         "", ""),
                     0);
    expect(load_identity_files(in_dir("d"), in_dir("web.crt"), NULL, &set), EDHOC_ERR_SETTING,
           "one key");
    expect(load_identity_files(in_dir("d"), NULL, NULL, &set), EDHOC_OK, NULL);
    ck_assert_uint_eq(set->len, 2);
    ck_assert_uint_eq(cred_chain_length(set->id[0]->by_value), 0);
    ck_assert_uint_eq(cred_chain_length(set->id[1]->by_value), 1);
    identity_set_free(set);
}
END_TEST

static void write_line(const char *name, const char *principals, const char *key_file)
{
    struct buf line = buf_new(4096);
    struct identity *id;
    FILE *f;

    expect(load_identity_at(in_dir(key_file), NULL, NULL, &id), EDHOC_OK, NULL);
    trust_line_format(principals, NULL, id->key, NULL, &line);
    f = fopen(in_dir(name), "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(line.p, 1, line.len, f), line.len);
    ck_assert_int_eq(fputc('\n', f), '\n');
    ck_assert_int_eq(fclose(f), 0);
    identity_free(id);
    buf_free(&line);
}

/* A .pub beside a key with a certificate gives it names of its own. */
START_TEST(names_of_a_certificate)
{
    struct identity *id;

    ck_assert_int_eq(run("cat web.key web.crt sub.crt > n.pem && chmod 600 n.pem", "", ""), 0);
    write_line("n.pem.pub", "HTTP@www.example.org,ldap@web.example.org", "n.pem");
    expect(load_identity_at(in_dir("n.pem"), NULL, NULL, &id), EDHOC_OK, NULL);
    ck_assert_str_eq(id->name, "HTTP@www.example.org");
    ck_assert(identity_answers(id, "ldap@web.example.org"));
    ck_assert(!identity_answers(id, "HTTP@web.example.org"));
    ck_assert_uint_eq(cred_chain_length(id->by_value), 2);
    identity_free(id);
}
END_TEST

START_TEST(anchors_on_disk)
{
    struct settings s = {.trust = in_dir("trust"), .anchors = in_dir("anchors.pem")};
    struct trust *t;

    ck_assert_int_eq(run("touch trust && chmod 644 trust anchors.pem crls.pem", "", ""), 0);
    expect(load_trust(&s, true, NULL, &t), EDHOC_OK, NULL);
    ck_assert_ptr_nonnull(trust_anchors(t));
    trust_free(t);
    s.crls = in_dir("crls.pem");
    expect(load_trust(&s, true, NULL, &t), EDHOC_OK, NULL);
    trust_free(t);
    s.crls = in_dir("web.crt");
    expect(load_trust(&s, true, NULL, &t), EDHOC_ERR_KEY_FORMAT, "web.crt: entry 1");
    ck_assert_int_eq(run(": > empty", "", ""), 0);
    s.crls = in_dir("empty");
    expect(load_trust(&s, true, NULL, &t), EDHOC_ERR_KEY_FORMAT, "empty");
    s.crls = NULL;
    s.anchors = in_dir("empty");
    expect(load_trust(&s, true, NULL, &t), EDHOC_ERR_KEY_FORMAT, "no certificate");
    ck_assert_int_eq(run("chmod 666 anchors.pem", "", ""), 0);
    s.anchors = in_dir("anchors.pem");
    expect(load_trust(&s, true, NULL, &t), EDHOC_ERR_PERMISSIONS, "anchors.pem");
    ck_assert_int_eq(run("chmod 644 anchors.pem", "", ""), 0);
}
END_TEST

/* ---- OpenSSH's files and URIs ---- */

START_TEST(openssh_identity)
{
    struct identity *id;

    if (run("ssh-keygen -q -t ed25519 -N '' -C 'a b' -f ssh_key </dev/null", "", "") != 0)
        return; /* check_openssh says when ssh-keygen is missing */
    expect(load_identity_at(in_dir("ssh_key"), NULL, NULL, &id), EDHOC_OK, NULL);
    ck_assert_str_eq(key_type(id->key)->name, "ed25519");
    ck_assert_ptr_null(id->name);
    ck_assert_uint_eq(cred_sub(id->by_value).len, 0);
    identity_free(id);
    ck_assert_int_eq(run("cp web.crt x.crt; ssh-keygen -q -t ed25519 -N secret -f locked "
                         "</dev/null",
                         "", ""),
                     0);
    expect(load_identity_at(in_dir("locked"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT, "ssh-agent");
}
END_TEST

START_TEST(uris)
{
    struct identity *id;
    char uri[300];
    struct key *key;

    ck_assert_int_eq(run("chmod 600 web.key", "", ""), 0);
    (void)snprintf(uri, sizeof(uri), "file:%s", in_dir("web.key"));
    expect(load_identity_at(uri, NULL, NULL, &id), EDHOC_OK, NULL);
    identity_free(id);
    /* The store itself, which is asked for all other schemes. */
    expect(key_from_uri(uri, NULL, false, &key), EDHOC_OK, NULL);
    ck_assert_str_eq(key_type(key)->name, "p256");
    key_free(key);
    ck_assert_int_eq(
        run("openssl pkey -in web.key -aes128 -passout pass:secret -out enc.key 2>/dev/null"
            " && chmod 600 enc.key",
            "", ""),
        0);
    (void)snprintf(uri, sizeof(uri), "file:%s", in_dir("enc.key"));
    expect(key_from_uri(uri, NULL, false, &key), EDHOC_ERR_KEY_FORMAT, NULL);
    expect(key_from_uri(uri, "wrong", false, &key), EDHOC_ERR_KEY_FORMAT, NULL);
    expect(key_from_uri(uri, "secret", false, &key), EDHOC_OK, NULL);
    key_free(key);
    expect(load_identity_at("pkcs11:token=none", NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT, "pkcs11:");
}
END_TEST

/* ---- stamps ---- */

START_TEST(stamps)
{
    struct stamps *s;

    ck_assert_int_eq(run("echo 1 > a; rm -f b", "", ""), 0);
    expect(stamps_new(&s), EDHOC_OK, NULL);
    stamps_note(s, in_dir("a"));
    stamps_note(s, in_dir("b"));
    stamps_note(NULL, in_dir("c"));
    ck_assert(!stamps_changed(s));
    ck_assert_int_eq(run("echo x > c", "", ""), 0);
    ck_assert(!stamps_changed(s));
    ck_assert_int_eq(run("echo 2 > b", "", ""), 0);
    ck_assert(stamps_changed(s));
    ck_assert_int_eq(run("rm b", "", ""), 0);
    ck_assert(!stamps_changed(s));
    ck_assert_int_eq(run("chmod 600 a", "", ""), 0);
    ck_assert(stamps_changed(s));
    stamps_free(s);
    stamps_free(NULL);
}
END_TEST

/* ---- live ---- */

struct seen {
    size_t identities, lines;
    edhoc_err stale;
};

static void look(struct live *live, struct seen *seen)
{
    struct identity_set *ids;
    struct trust *t;
    edhoc_err stale;

    live_get(live, &ids, &t, &stale);
    seen->identities = ids->len;
    seen->lines = trust_count(t);
    seen->stale = stale;
    identity_set_free(ids);
    trust_free(t);
}

/* Looks until what is seen is as wanted; gives up after ten seconds, ten times what it takes. */
static void await(struct live *live, struct seen wanted)
{
    struct seen seen = {0};

    for (int i = 0; i < 200; i++) {
        look(live, &seen);
        if (seen.identities == wanted.identities && seen.lines == wanted.lines &&
            seen.stale == wanted.stale)
            return;
        (void)usleep(50000);
    }
    ck_abort_msg("%zu identities, %zu lines, %d", seen.identities, seen.lines, (int)seen.stale);
}

START_TEST(follows_its_files)
{
    struct settings s = {.service_identity = in_dir("svc"), .trust = in_dir("live.trust")};
    struct identity_set *held;
    struct trust *held_trust;
    edhoc_err stale;
    struct live *live;

    ck_assert_int_eq(run("mkdir -p svc && cp web.key svc/a.pem && cp direct.key b.pem && chmod 600 "
                         "svc/a.pem b.pem && : > live.trust",
                         "", ""),
                     0);
    expect(live_new(&s, false, NULL, &live), EDHOC_OK, NULL);
    live_get(live, &held, &held_trust, &stale);
    await(live, (struct seen){1, 0, EDHOC_OK});

    /* A new line, then a new key. */
    write_line("live.trust", "alice", "b.pem");
    await(live, (struct seen){1, 1, EDHOC_OK});
    ck_assert_int_eq(run("mv b.pem svc/b.pem", "", ""), 0);
    await(live, (struct seen){2, 1, EDHOC_OK});

    /* A broken version is reported as long as it lasts, and the old one stays; keys and trust are
     * each on their own, so that a broken key file does not keep a revoked line alive. */
    ck_assert_int_eq(run("echo 'this is no line' > live.trust", "", ""), 0);
    await(live, (struct seen){2, 1, EDHOC_ERR_TRUST_SYNTAX});
    ck_assert_int_eq(run("chmod 644 svc/b.pem && : > live.trust", "", ""), 0);
    await(live, (struct seen){2, 0, EDHOC_ERR_PERMISSIONS});
    (void)sleep(2);
    await(live, (struct seen){2, 0, EDHOC_ERR_PERMISSIONS});
    ck_assert_int_eq(run("rm live.trust && chmod 600 svc/b.pem", "", ""), 0);
    await(live, (struct seen){2, 0, EDHOC_ERR_FILE});
    ck_assert_int_eq(run("rm svc/b.pem && : > live.trust", "", ""), 0);
    await(live, (struct seen){1, 0, EDHOC_OK});

    ck_assert_uint_eq(held->len, 1); /* what somebody holds stays as it was */
    identity_set_free(held);
    trust_free(held_trust);
    live_free(live);
    live_free(NULL);
}
END_TEST

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void make_fixtures(void)
{
    const char *srcdir = getenv("srcdir") != NULL ? getenv("srcdir") : ".";
    char command[512];

    (void)umask(022);
    if (mkdtemp(dir) == NULL)
        exit(99);
    (void)snprintf(command, sizeof(command), "sh '%s/tests/x509_fixtures.sh' '%s'", srcdir, dir);
    if (system(command) != 0)
        exit(99);
}

int main(void)
{
    Suite *suite = suite_create("live");
    TCase *tc = tcase_create("files");
    SRunner *runner;
    int failed;

    make_fixtures();
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, key_and_chain_in_one_file);
    tcase_add_test(tc, chain_in_its_own_file);
    tcase_add_test(tc, one_chain_for_many_keys);
    tcase_add_test(tc, names_of_a_certificate);
    tcase_add_test(tc, anchors_on_disk);
    tcase_add_test(tc, openssh_identity);
    tcase_add_test(tc, uris);
    tcase_add_test(tc, stamps);
    tcase_add_test(tc, follows_its_files);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
