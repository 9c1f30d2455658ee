/* Identities with certificates, in OpenSSH's format and by URI, as they lie on disk; and
 * credentials that follow their files while a program runs. */
#include "crypto/key.h"
#include "crypto/store.h"
#include "load/identity_dir.h"
#include "load/identity_file.h"
#include "load/load.h"
#include "load/sources.h"
#include "load/stamps.h"
#include "peer/trust_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/suite.h"
#include "lib/token.h"

/* ---- certificates on disk ---- */

START_TEST(a_key_and_its_chain_come_in_one_file)
{
    struct identity *id;

    folder_run("cat web.key web.crt sub.crt > one.pem && chmod 600 one.pem");
    ck_assert_ok(load_identity_at(folder_path("one.pem"), NULL, NULL, &id));
    ck_assert_uint_eq(cred_chain_length(id->by_value), 2);
    ck_assert(identity_answers(id, "HTTP@web.example.org"));
    ck_assert(!identity_answers(id, "HTTP@mail.example.org"));
    ck_assert_ptr_null(id->name);
    identity_free(id);
    folder_run("cat web.key direct.crt > one.pem");
    ck_assert_told(load_identity_at(folder_path("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT,
                   "not for this private key");
    folder_run("(cat web.key; head -c 300 web.crt) > one.pem");
    ck_assert_told(load_identity_at(folder_path("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT,
                   "one.pem");
    folder_run("cp rsaleaf.key one.pem && cat rsaleaf.crt >> one.pem");
    ck_assert_told(load_identity_at(folder_path("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT,
                   "RSA");
    folder_run("cat web.key web.crt > one.pem && for i in 1 2 3 4 5 6 7 8; do cat sub.crt; done >> "
               "one.pem");
    ck_assert_told(load_identity_at(folder_path("one.pem"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT,
                   "one.pem");
}
END_TEST

START_TEST(a_chain_comes_in_its_own_file)
{
    struct identity *id;

    folder_run("chmod 600 web.key && cat web.crt sub.crt > web.chain");
    ck_assert_ok(load_identity_at(folder_path("web.key"), folder_path("web.chain"), NULL, &id));
    ck_assert_uint_eq(cred_chain_length(id->by_value), 2);
    identity_free(id);
    ck_assert_told(load_identity_at(folder_path("web.key"), folder_path("sub.key"), NULL, &id),
                   EDHOC_ERR_KEY_FORMAT, "no PEM certificate");
    ck_assert_told(load_identity_at(folder_path("web.key"), folder_path("nothing"), NULL, &id),
                   EDHOC_ERR_FILE, "nothing");
    folder_run("chmod 666 web.chain");
    ck_assert_told(load_identity_at(folder_path("web.key"), folder_path("web.chain"), NULL, &id),
                   EDHOC_ERR_PERMISSIONS, "web.chain");
}
END_TEST

START_TEST(one_chain_is_not_for_many_keys)
{
    struct identity_set *set;

    folder_run("mkdir -p d && cp web.key d/a.pem && cp direct.key d/b.pem && chmod 600 "
               "d/*.pem && cat direct.crt >> d/b.pem");
    ck_assert_told(load_identity_files(folder_path("d"), folder_path("web.crt"), NULL, &set),
                   EDHOC_ERR_SETTING, "one key");
    ck_assert_ok(load_identity_files(folder_path("d"), NULL, NULL, &set));
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

    ck_assert_ok(load_identity_at(folder_path(key_file), NULL, NULL, &id));
    trust_line_format(principals, NULL, id->key, NULL, &line);
    f = fopen(folder_path(name), "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(line.p, 1, line.len, f), line.len);
    ck_assert_int_eq(fputc('\n', f), '\n');
    ck_assert_int_eq(fclose(f), 0);
    identity_free(id);
    buf_free(&line);
}

/* A .pub beside a key with a certificate gives it names of its own. */
START_TEST(names_of_a_pub_file_replace_those_of_the_certificate)
{
    struct identity *id;

    folder_run("cat web.key web.crt sub.crt > n.pem && chmod 600 n.pem");
    write_line("n.pem.pub", "HTTP@www.example.org,ldap@web.example.org", "n.pem");
    ck_assert_ok(load_identity_at(folder_path("n.pem"), NULL, NULL, &id));
    ck_assert_str_eq(id->name, "HTTP@www.example.org");
    ck_assert(identity_answers(id, "ldap@web.example.org"));
    ck_assert(!identity_answers(id, "HTTP@web.example.org"));
    ck_assert_uint_eq(cred_chain_length(id->by_value), 2);
    identity_free(id);
}
END_TEST

static edhoc_err check_anchors(const char *anchors, const char *crls)
{
    struct settings s = {.trust = folder_path("trust"),
                         .anchors = folder_path(anchors),
                         .crls = crls != NULL ? folder_path(crls) : NULL};
    struct trust *t;
    edhoc_err err;

    ck_assert_ok(load_trust(&s, true, NULL, &t));
    err = trust_check_anchors(t);
    ck_assert((trust_anchors(t) != NULL) == (err == EDHOC_OK));
    trust_free(t);
    return err;
}

START_TEST(anchors_and_crls_come_from_files)
{
    folder_run("touch trust && chmod 644 trust anchors.pem crls.pem && : > empty");
    ck_assert_ok(check_anchors("anchors.pem", NULL));
    ck_assert_ok(check_anchors("anchors.pem", "crls.pem"));
    ck_assert_told(check_anchors("anchors.pem", "web.crt"), EDHOC_ERR_KEY_FORMAT,
                   "web.crt: entry 1");
    ck_assert_told(check_anchors("anchors.pem", "empty"), EDHOC_ERR_KEY_FORMAT, "empty");
    ck_assert_told(check_anchors("empty", NULL), EDHOC_ERR_KEY_FORMAT, "no certificate");
    folder_run("chmod 666 anchors.pem");
    ck_assert_told(check_anchors("anchors.pem", NULL), EDHOC_ERR_PERMISSIONS, "anchors.pem");
    folder_run("chmod 644 anchors.pem");
}
END_TEST

/* ---- OpenSSH's files and URIs ---- */

START_TEST(a_key_of_ssh_keygen_is_an_identity)
{
    struct identity *id;

    if (system("command -v ssh-keygen >/dev/null") != 0)
        return; /* check_openssh says when it is missing */
    folder_run("ssh-keygen -q -t ed25519 -N '' -C 'a b' -f ssh_key </dev/null");
    ck_assert_ok(load_identity_at(folder_path("ssh_key"), NULL, NULL, &id));
    ck_assert_str_eq(key_type(id->key)->name, "ed25519");
    ck_assert_ptr_null(id->name);
    ck_assert_uint_eq(cred_sub(id->by_value).len, 0);
    identity_free(id);
    folder_run("cp web.crt x.crt; ssh-keygen -q -t ed25519 -N secret -f locked "
               "</dev/null");
    ck_assert_told(load_identity_at(folder_path("locked"), NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT,
                   "ssh-agent");
}
END_TEST

START_TEST(keys_come_by_uri)
{
    struct identity *id;
    const char *uri;
    struct key *key;

    folder_run("chmod 600 web.key");
    uri = textf("file:%s", folder_path("web.key"));
    ck_assert_ok(load_identity_at(uri, NULL, NULL, &id));
    identity_free(id);
    /* The store itself, which is asked for all other schemes. */
    ck_assert_ok(key_from_uri(uri, NULL, false, &key));
    ck_assert_str_eq(key_type(key)->name, "p256");
    key_free(key);
    folder_run("openssl pkey -in web.key -aes128 -passout pass:secret -out enc.key 2>/dev/null"
               " && chmod 600 enc.key");
    uri = textf("file:%s", folder_path("enc.key"));
    ck_assert_err(key_from_uri(uri, NULL, false, &key), EDHOC_ERR_KEY_FORMAT);
    ck_assert_err(key_from_uri(uri, "wrong", false, &key), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ok(key_from_uri(uri, "secret", false, &key));
    key_free(key);
    ck_assert_told(load_identity_at("pkcs11:token=none?pin-value=4821", NULL, NULL, &id),
                   EDHOC_ERR_KEY_FORMAT, "pkcs11:token=none: ");
    ck_assert_ptr_null(strstr(report_details(EDHOC_ERR_KEY_FORMAT), "4821"));
}
END_TEST

START_TEST(a_key_in_a_token_opens_by_its_pin_and_nobody_is_asked)
{
    struct identity *id;
    struct buf der;
    struct key *key;

    folder_run("openssl pkey -in web.key -outform DER -out token.der");
    der = folder_read("token.der");
    token_insert(buf_bytes(&der));
    ck_assert_ok(key_from_uri(TOKEN_PIN_URI, NULL, false, &key));
    key_free(key);
    ck_assert_ok(key_from_uri(TOKEN_URI, TOKEN_PIN, false, &key));
    key_free(key);
    ck_assert_told(key_from_uri(TOKEN_URI, NULL, false, &key), EDHOC_ERR_KEY_FORMAT, "PIN");
    ck_assert_err(key_from_uri(TOKEN_URI, "wrong", false, &key), EDHOC_ERR_KEY_FORMAT);
    ck_assert_err(key_from_uri(TOKEN_URI "?pin-value=1", NULL, false, &key), EDHOC_ERR_KEY_FORMAT);
    ck_assert_uint_eq(token_prompts(), 0);
    ck_assert_ok(load_identity_at(TOKEN_PIN_URI, NULL, NULL, &id));
    ck_assert_str_eq(key_type(id->key)->name, "p256");
    ck_assert_str_eq(id->source, TOKEN_URI);
    ck_assert_str_eq(id->uri, TOKEN_PIN_URI);
    identity_free(id);
    buf_free(&der);
}
END_TEST

/* ---- stamps ---- */

START_TEST(stamps_tell_what_changed)
{
    struct stamps *s;

    folder_run("echo 1 > a; rm -f b");
    ck_assert_ok(stamps_new(&s));
    stamps_note(s, folder_path("a"));
    stamps_note(s, folder_path("b"));
    stamps_note(NULL, folder_path("c"));
    ck_assert(!stamps_changed(s));
    folder_run("echo x > c");
    ck_assert(!stamps_changed(s));
    folder_run("echo 2 > b");
    ck_assert(stamps_changed(s));
    folder_run("rm b");
    ck_assert(!stamps_changed(s));
    folder_run("chmod 600 a");
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

static void look(struct sources *live, struct seen *seen)
{
    struct identity_set *ids;
    struct trust *t;
    edhoc_err stale;

    ck_assert_ok(sources_get(live, &ids, &t, &stale));
    seen->identities = ids->len;
    seen->lines = trust_count(t);
    seen->stale = stale;
    identity_set_free(ids);
    trust_free(t);
}

/* Looks until what is seen is as wanted; gives up after ten seconds, ten times what it takes. */
static void await(struct sources *live, struct seen wanted)
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

/* Until the one line is this name's. */
static void await_line(struct sources *live, const char *name)
{
    bool found = false;

    for (int i = 0; i < 200 && !found; i++) {
        struct identity_set *ids;
        struct trust *t;
        edhoc_err stale;

        ck_assert_ok(sources_get(live, &ids, &t, &stale));
        found = trust_count(t) == 1 && strcmp(trust_at(t, 0)->principals, name) == 0;
        identity_set_free(ids);
        trust_free(t);
        if (!found)
            (void)usleep(50000);
    }
    ck_assert(found);
}

START_TEST(credentials_follow_their_files)
{
    struct settings s = {.service_identity = folder_path("svc"),
                         .trust = folder_path("live.trust")};
    struct identity_set *held;
    struct trust *held_trust;
    edhoc_err stale;
    struct sources *live;

    folder_run("mkdir -p svc && cp web.key svc/a.pem && cp direct.key b.pem && chmod 600 "
               "svc/a.pem b.pem && : > live.trust");
    ck_assert_ok(sources_new(&s, false, NULL, &live));
    ck_assert_ok(sources_get(live, &held, &held_trust, &stale));
    await(live, (struct seen){1, 0, EDHOC_OK});

    /* A new line, then a new key. */
    write_line("live.trust", "alice", "b.pem");
    await(live, (struct seen){1, 1, EDHOC_OK});
    folder_run("mv b.pem svc/b.pem");
    await(live, (struct seen){2, 1, EDHOC_OK});

    /* A line that is no more grants nothing, even if another cannot be understood from now on. */
    folder_run("(echo 'bob ssh-ed25519 AAAA'; sed s/alice/carol/ live.trust) > new && "
               "mv new live.trust");
    await_line(live, "carol");
    await(live, (struct seen){2, 1, EDHOC_OK});

    /* A broken version is reported as long as it lasts, and the old one stays; keys and trust are
     * each on their own, so that a broken key file does not keep a revoked line alive. */
    folder_run("echo 'whose, is it' > live.trust");
    await(live, (struct seen){2, 1, EDHOC_ERR_TRUST_SYNTAX});
    folder_run("chmod 644 svc/b.pem && : > live.trust");
    await(live, (struct seen){2, 0, EDHOC_ERR_PERMISSIONS});
    (void)sleep(2);
    await(live, (struct seen){2, 0, EDHOC_ERR_PERMISSIONS});
    folder_run("rm svc/b.pem");
    await(live, (struct seen){1, 0, EDHOC_OK});

    ck_assert_uint_eq(held->len, 1); /* what somebody holds stays as it was */
    identity_set_free(held);
    trust_free(held_trust);
    sources_free(live);
    sources_free(NULL);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "files", 120);

    tcase_add_test(tc, a_key_and_its_chain_come_in_one_file);
    tcase_add_test(tc, a_chain_comes_in_its_own_file);
    tcase_add_test(tc, one_chain_is_not_for_many_keys);
    tcase_add_test(tc, names_of_a_pub_file_replace_those_of_the_certificate);
    tcase_add_test(tc, anchors_and_crls_come_from_files);
    tcase_add_test(tc, a_key_of_ssh_keygen_is_an_identity);
    tcase_add_test(tc, keys_come_by_uri);
    tcase_add_test(tc, a_key_in_a_token_opens_by_its_pin_and_nobody_is_asked);
    tcase_add_test(tc, stamps_tell_what_changed);
    tcase_add_test(tc, credentials_follow_their_files);
}

int main(void)
{
    int status;

    folder_make("live");
    folder_certificates(".");
    status = suite_main("live", add);
    folder_remove();
    return status;
}
