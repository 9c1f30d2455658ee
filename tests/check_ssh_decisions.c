/* Decisions about user certificates beside OpenSSH's own: each certificate, made and signed with by the
 * real ssh-keygen, under each line, for the name that we found or the one that was asked for: as
 * `ssh-keygen -Y verify` with the same line as allowed_signers. What differs is listed in
 * doc/mechanism.md 8.5.1, and marked here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "load/ssh_cert_file.h"
#include "load/trust_file.h"
#include "peer/judge.h"
#include "peer/trust.h"

#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/suite.h"

/* CA, type and arguments of `ssh-keygen -s`; `critical`: ssh-keygen -Y verify ignores such options. */
static const struct {
    const char *ca, *key, *arguments;
    bool critical;
} certificates[] = {
    {"ca1", "ed25519", "-n alice@x", false},
    {"ca1", "p256", "-n bob@y,alice@x", false},
    {"ca1", "p384", "-n alice@x,alice,root", false},
    {"ca1", "ed25519", "", false},
    {"ca1", "ed25519", "-n Alice@x", false},
    {"ca1", "ed25519", "-h -n alice@x", false},
    {"ca1", "ed25519", "-n alice@x -V 20200101:20210101", false},
    {"ca1", "ed25519", "-n alice@x -V 20370101:20371231", false},
    {"ca1", "ed25519", "-n alice@x -O force-command=/bin/true", true},
    {"ca1", "ed25519", "-n alice@x -O clear", false},
    {"ca2", "ed25519", "-n alice@x", false},
    {"ca3", "p256", "-n alice@x -t rsa-sha2-512", false},
    {"ca3", "p256", "-n alice@x -t rsa-sha2-256", false},
    {"ca4", "p384", "-n alice@x", false},
    {"stranger", "ed25519", "-n alice@x", false},
};

static const char *const lines[] = {
    "* cert-authority {ca1}",
    "*@x cert-authority {ca1}",
    "alice@x cert-authority {ca1}",
    "al?ce@x CERT-AUTHORITY,namespaces=\"gss-*\" {ca1}",
    "*,!alice@x cert-authority {ca1}",
    "*@x,!bob@* cert-authority,valid-after=\"20200101\" {ca1}",
    "*@x cert-authority,valid-before=\"20200101\" {ca1}",
    "*@x cert-authority {ca2}\n*@x cert-authority {ca1}",
    "*@y cert-authority {ca1}\nalice@* cert-authority {ca3}",
    "*@x cert-authority {ca3}",
    "*@x cert-authority {ca4}",
    "# nobody",
};

/* The names that -I asks about when we found none. */
static const char *const names[] = {"alice@x", "bob@y", "alice", "Alice@x"};

static void make_files(void)
{
    folder_clear();
    folder_run("export TZ=UTC; k() { ssh-keygen -q -N '' -C $1 -f $1 -t $2 ${3:+-b $3}; }; "
               "k ca1 ed25519; k ca2 ecdsa 256; k ca3 rsa 2048; k ca4 ecdsa 521; "
               "k stranger ed25519; k ed25519 ed25519; k p256 ecdsa 256; k p384 ecdsa 384; "
               "echo hello > message");
    for (int i = 0; i < ROWS(certificates); i++)
        folder_run(
            "export TZ=UTC; cp %s c%d; cp %s.pub c%d.pub; ssh-keygen -q -s %s -I id %s c%d.pub;"
            "cp message m%d; ssh-keygen -q -Y sign -f c%d-cert.pub -n gss-edhoc m%d",
            certificates[i].key, i, certificates[i].key, i, certificates[i].ca,
            certificates[i].arguments, i, i, i, i);
}

/* The lines with the CAs' keys in them, as a file. */
static struct buf write_lines(const char *template)
{
    struct buf text = buf_new(65536), key;

    while (*template != '\0') {
        size_t plain = strcspn(template, "{"), len;

        buf_put(&text, bytes_of(template, plain));
        template += plain;
        if (*template ++ == '\0')
            break;
        len = strcspn(template, "}");
        key = folder_read(textf("%.*s.pub", (int)len, template));
        buf_put(&text, bytes_of(key.p, key.len - 1));
        buf_free(&key);
        template += len + 1;
    }
    buf_put_byte(&text, '\n');
    (void)folder_write_bytes("allowed", buf_bytes(&text), 0600);
    return text;
}

/* `option` with a blank behind it, or "". */
static bool ssh_keygen_accepts(int certificate, const char *name, const char *option)
{
    char *command = textf(
        "cd '%s' && TZ=UTC ssh-keygen -q -Y verify %s-f allowed -n gss-edhoc -I '%s' "
        "-s m%d.sig < message > /dev/null 2>&1",
        folder_path("."), option, name, certificate);

    return system(command) == 0;
}

/* Whom we take it for; NULL: nobody. Kept until the next. */
static const char *decide(const struct trust *t, int certificate, int64_t now)
{
    static struct peer peer;
    struct buf text = folder_read(textf("c%d-cert.pub", certificate)), blob = buf_new(16384);
    struct bytes rest;
    struct cred *cred;
    struct key *key;
    edhoc_err err;

    ck_assert_ok(ssh_cert_file_parse(buf_bytes(&text), "c", &blob));
    ck_assert_ok(ssh_certificate_key(buf_bytes(&blob), &key, &rest));
    ck_assert_ok(cred_new_ssh_cert(key, buf_bytes(&blob), &cred));
    peer_clear(&peer);
    err = trust_judge_client(t, cred, now, &peer);
    cred_free(cred);
    key_free(key);
    buf_free(&text);
    buf_free(&blob);
    return err == EDHOC_OK ? peer.name : NULL;
}

static unsigned compared, accepted, differ;

static void compare(const struct trust *t, int c, const char *line)
{
    const char *name = decide(t, c, (int64_t)time(NULL));

    compared++;
    if (name != NULL) {
        accepted++;
        ck_assert_msg(ssh_keygen_accepts(c, name, ""), "%s: we accept certificate %d as %s", line,
                      c, name);
        return;
    }
    for (int i = 0; i < ROWS(names); i++) {
        if (!ssh_keygen_accepts(c, names[i], ""))
            continue;
        ck_assert_msg(certificates[c].critical, "%s: we refuse certificate %d, as %s good there",
                      line, c, names[i]);
        differ++;
        return;
    }
}

START_TEST(our_decisions_are_ssh_keygens)
{
    make_files();
    for (int l = 0; l < ROWS(lines); l++) {
        struct buf text = write_lines(lines[l]);
        struct trust *t;

        ck_assert_ok(trust_new(&t));
        ck_assert_ok(trust_text_read(buf_bytes(&text), "allowed", t));
        for (int c = 0; c < ROWS(certificates); c++)
            compare(t, c, lines[l]);
        trust_free(t);
        buf_free(&text);
    }
    printf("# %u decisions, %u accepted, %u differ (critical options)\n", compared, accepted,
           differ);
    ck_assert_uint_ge(compared, 150);
    ck_assert_uint_ge(accepted, 25);
    ck_assert_uint_ge(differ, 1);
}
END_TEST

/* ---- the seconds around each end ---- */

#define DAY "20270110000000Z"

static const struct {
    const char *line, *span; /* of the line, and of the certificate */
} spans[] = {
    {"*@x cert-authority {ca1}", "20270101000000Z:" DAY},
    {"*@x cert-authority {ca1}", DAY ":20280101000000Z"},
    {"*@x cert-authority,valid-before=\"20270110000000\" {ca1}", "always:forever"},
    {"*@x cert-authority,valid-after=\"20270110000000\" {ca1}", "always:forever"},
};
static const struct {
    int64_t seconds;
    const char *option;
} times[] = {
    {1799539199, "-O verify-time=20270109235959 "},
    {1799539200, "-O verify-time=20270110000000 "},
    {1799539201, "-O verify-time=20270110000001 "},
};

START_TEST(the_seconds_around_each_end_are_ssh_keygens)
{
    unsigned accepts = 0;

    folder_clear();
    folder_run("ssh-keygen -q -N '' -C ca1 -f ca1 -t ed25519; echo hello > message");
    for (int s = 0; s < ROWS(spans); s++) {
        struct trust *t;
        struct buf text = write_lines(spans[s].line);

        folder_run("ssh-keygen -q -N '' -C k -f c%d -t ed25519; "
                   "ssh-keygen -q -s ca1 -I id -n alice@x -V %s c%d.pub; cp message m%d; "
                   "ssh-keygen -q -Y sign -f c%d-cert.pub -n gss-edhoc m%d",
                   s, spans[s].span, s, s, s, s);
        ck_assert_ok(trust_new(&t));
        ck_assert_ok(trust_text_read(buf_bytes(&text), "allowed", t));
        for (int i = 0; i < ROWS(times); i++) {
            bool ours = decide(t, s, times[i].seconds) != NULL;

            ck_assert_msg(ours == ssh_keygen_accepts(s, "alice@x", times[i].option),
                          "%s, %s, %s: here %d", spans[s].line, spans[s].span, times[i].option,
                          ours);
            accepts += ours;
        }
        trust_free(t);
        buf_free(&text);
    }
    ck_assert_uint_eq(accepts, 7);
}
END_TEST

static void add(Suite *suite)
{
    tcase_add_test(suite_case(suite, "the seconds around each end", 60),
                   the_seconds_around_each_end_are_ssh_keygens);
    tcase_add_test(suite_case(suite, "beside ssh-keygen", 300), our_decisions_are_ssh_keygens);
}

int main(void)
{
    int status;

    folder_make("ssh_decisions");
    status = suite_main("decisions beside OpenSSH's", add);
    folder_remove();
    return status;
}
