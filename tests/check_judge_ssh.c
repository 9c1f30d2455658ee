/* OpenSSH certificates: whom a trust file makes us believe, under which name, until when, and why not.
 * Each row goes through the decision that a handshake makes. How it compares with OpenSSH's own
 * decisions is a matter of check_ssh_decisions. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "load/key_list.h"
#include "load/trust_file.h"
#include "peer/judge.h"
#include "peer/ssh_ca.h"
#include "peer/trust.h"
#include "peer/verified.h"
#include "peer/trust_plan.h"

#include "lib/errors.h"
#include "lib/keep.h"
#include "lib/ssh_make.h"
#include "lib/suite.h"
#include "support.h"

#define NOW SUPPORT_NOW
#define DAY 86400
#define WEB "HTTP@web.example.org"

/* Keys of the rows, by their letters: two CAs, the peer's, somebody else's. */
static const struct {
    const char *letter, *type;
    size_t number;
} keys[] = {
    {"CA", "ed25519", 0}, {"CB", "p256", 0},   {"PEER", "ed25519", 1},
    {"OTHER", "p256", 1}, {"DH", "x25519", 0},
};

static struct key *key_named(const char *letter, size_t len)
{
    for (int i = 0; i < ROWS(keys); i++)
        if (strlen(keys[i].letter) == len && strncmp(keys[i].letter, letter, len) == 0)
            return support_key(keys[i].type, keys[i].number);
    ck_abort_msg("no key %s", letter);
    return NULL;
}

/* "{CA}" stands for the type and base64 of that key. */
static struct buf expand(const char *template)
{
    struct buf out = buf_new(65536), blob = buf_new(1024);

    while (*template != '\0') {
        size_t plain = strcspn(template, "{"), len;

        buf_put(&out, bytes_of(template, plain));
        template += plain;
        if (*template ++ == '\0')
            break;
        len = strcspn(template, "}");
        buf_put_text(&out, key_type(key_named(template, len))->ssh_name);
        buf_put_byte(&out, ' ');
        buf_reset(&blob);
        ssh_blob_put(key_named(template, len), &blob);
        base64_put(buf_bytes(&blob), &out);
        template += len + 1;
    }
    ck_assert(buf_err(&out) == EDHOC_OK);
    buf_free(&blob);
    return out;
}

static struct trust *trust_of(const char *lines)
{
    struct buf text = expand(lines);
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    ck_assert_ok(trust_text_read(buf_bytes(&text), "trust", t));
    ck_assert_ok(trust_add_file(t, "trust"));
    buf_free(&text);
    return t;
}

static struct cred *cred_of(const struct ssh_make *m)
{
    struct cred *c;

    ck_assert_ok(cred_new_ssh_cert((struct key *)(uintptr_t)m->key, ssh_make(m), &c));
    return c;
}

static struct ssh_make user(const char *principals)
{
    return (struct ssh_make){.key = support_key("ed25519", 1),
                             .ca = support_key("ed25519", 0),
                             .type = 1,
                             .key_id = "the-id",
                             .principals = principals};
}

static struct ssh_make host(const char *principals)
{
    struct ssh_make m = user(principals);

    m.type = 2;
    return m;
}

/* ---- the decisions ---- */

struct row {
    const char *trust, *principals;
    const char *name;    /* whom it is, or NULL */
    edhoc_err err;       /* or why not */
    const char *words;   /* of the refusal, or the local user ("": none) */
    const char *revoked; /* a list of keys, or NULL */
};

static const struct row clients[] = {
    {"*@x cert-authority {CA}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"*@x cert-authority,client {CA}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"*@x cert-authority,client,server {CA}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"*@x cert-authority,server {CA}", "alice@x", NULL, EDHOC_ERR_WRONG_ROLE, "for servers only",
     NULL},
    {"*@x cert-authority {CB}", "alice@x", NULL, EDHOC_ERR_CERT_UNTRUSTED, "SHA256:", NULL},
    {"*@x {CA}", "alice@x", NULL, EDHOC_ERR_CERT_UNTRUSTED,
     "grants nothing: trust line 1: a principal with a wildcard", NULL},
    {"* cert-authority {CA}\nalice@X. admin {OTHER}", "alice@x", NULL, EDHOC_ERR_NAME_TAKEN,
     "trust line 2: \"admin\"", NULL},
    {"* cert-authority {CA}\n*@x admin {OTHER}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"alice@x {CA}", "alice@x", NULL, EDHOC_ERR_CERT_UNTRUSTED, "cert-authority KEY", NULL},
    {"", "alice@x", NULL, EDHOC_ERR_CERT_UNTRUSTED, "trust", NULL},
    {"*@x cert-authority {CA}", "alice@y", NULL, EDHOC_ERR_WRONG_NAME,
     "trust line 1 believes this CA for \"*@x\", and the certificate names \"alice@y\"", NULL},
    {"*@x cert-authority {CA}", "alice@y,bob@y", NULL, EDHOC_ERR_WRONG_NAME, "and others", NULL},
    {"*@x cert-authority {CA}", "", NULL, EDHOC_ERR_CERT_NAME, "names nobody", NULL},
    /* the first line that matches decides, then the first principal */
    {"*@x cert-authority {CA}", "bob@y,alice@x,carol@x", "alice@x", EDHOC_OK, "", NULL},
    {"c* cert-authority {CA} one\n*@x cert-authority {CA} two", "alice@x,carol@x", "carol@x",
     EDHOC_OK, "", NULL},
    {"*@x cert-authority {CB}\n*@x cert-authority {CA}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"*@x,!alice@* cert-authority {CA}", "alice@x,bob@x", "bob@x", EDHOC_OK, "", NULL},
    {"*@x,!alice@* cert-authority {CA}", "alice@x", NULL, EDHOC_ERR_WRONG_NAME, "", NULL},
    {"*@x cert-authority,valid-before=\"20200101\" {CA}", "alice@x", NULL, EDHOC_ERR_TRUST_EXPIRED,
     "renew", NULL},
    {"*@x cert-authority,valid-after=\"20300101\" {CA}", "alice@x", NULL, EDHOC_ERR_TRUST_NOT_YET,
     "clock", NULL},
    {"a* cert-authority,valid-before=\"20200101\" {CA}\n*@x cert-authority {CA}", "alice@x,bob@x",
     "alice@x", EDHOC_OK, "", NULL},
    /* what is no name is passed over */
    {"* cert-authority {CA}", "-", NULL, EDHOC_ERR_WRONG_NAME, "", NULL},
    {"* cert-authority {CA}", "a b,carol", "carol", EDHOC_OK, "", NULL},
    {"* cert-authority {CA}", "a\"b,a\\b,*,a?,!carol,a\x01,a\xff", NULL, EDHOC_ERR_WRONG_NAME, "",
     NULL},
    {"* cert-authority {CA}", "alice smith,\xc3\xbc", "\xc3\xbc", EDHOC_OK, "", NULL},
    /* names of users are compared as they are */
    {"*@x cert-authority {CA}", "alice@X", NULL, EDHOC_ERR_WRONG_NAME, "", NULL},
    /* a name that is pinned is that key's, whatever its case or role, now or not */
    {"*@x cert-authority {CA}\nalice@x {OTHER}", "alice@x", NULL, EDHOC_ERR_NAME_TAKEN, "line 2",
     NULL},
    {"*@x cert-authority {CA}\nalice@x {DH}", "alice@x", NULL, EDHOC_ERR_NAME_TAKEN, "line 2",
     NULL},
    {"*@x cert-authority {CA}\nAlice@X. server {OTHER}", "alice@x", NULL, EDHOC_ERR_NAME_TAKEN, "",
     NULL},
    {"*@x cert-authority {CA}\nalice@x valid-before=\"20200101\" {OTHER}", "alice@x", NULL,
     EDHOC_ERR_NAME_TAKEN, "", NULL},
    {"*@x cert-authority {CA}\nalice@x {OTHER}", "alice@x,bob@x", NULL, EDHOC_ERR_NAME_TAKEN, "",
     NULL},
    {"*@x cert-authority {CA}\nalice@x {OTHER}", "bob@x,alice@x", "bob@x", EDHOC_OK, "", NULL},
    {"*@x cert-authority {CA}\na*@x client {OTHER}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"*@x cert-authority {CA}\nalice@x cert-authority {CB}", "alice@x", "alice@x", EDHOC_OK, "",
     NULL},
    /* unless the certificate carries that very key */
    {"*@x cert-authority {CA}\nalice@x local-user=\"al\" {PEER}", "alice@x", "alice@x", EDHOC_OK,
     "al", NULL},
    {"*@x cert-authority {CA}\nalice@x {OTHER}\nalice@x local-user=\"al\" {PEER}", "alice@x",
     "alice@x", EDHOC_OK, "al", NULL},
    {"*@x cert-authority {CA}\nalice@x server {PEER}", "alice@x", NULL, EDHOC_ERR_WRONG_ROLE, "",
     NULL},
    /* without a CA: as the raw key */
    {"alice@x {PEER}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"alice {PEER}", "alice@x", "alice", EDHOC_OK, "alice", NULL},
    {"alice,bob {PEER}", "carol,bob,alice", "bob", EDHOC_OK, "bob", NULL},
    {"alice,bob {PEER}", "carol", NULL, EDHOC_ERR_NO_PEER_NAME, "", NULL},
    {"*@x client {PEER}", "a@y,b@x", "b@x", EDHOC_OK, "", NULL},
    {"*@x client {PEER}", "a@y", NULL, EDHOC_ERR_NO_PEER_NAME, "", NULL},
    {"alice {PEER}\n*@x client {PEER}", ",b@x", "b@x", EDHOC_OK, "", NULL},
    {"alice server {PEER}", "alice", NULL, EDHOC_ERR_CERT_UNTRUSTED, "", NULL},
    {"alice valid-before=\"20200101\" {PEER}", "alice", NULL, EDHOC_ERR_TRUST_EXPIRED, "", NULL},
    {"*@y cert-authority {CA}\nalice {PEER}", "alice", "alice", EDHOC_OK, "alice", NULL},
    {"*@y cert-authority {CA}\nalice,bob {PEER}", "carol@x", NULL, EDHOC_ERR_WRONG_NAME, "line 1",
     NULL},
    /* local users: literal principals, or by the CA */
    {"alice cert-authority {CA}", "alice", "alice", EDHOC_OK, "alice", NULL},
    {"alice,* cert-authority {CA}", "alice", "alice", EDHOC_OK, "alice", NULL},
    {"a* cert-authority {CA}", "alice", "alice", EDHOC_OK, "", NULL},
    {"* cert-authority,local-user=\"*\" {CA}", "alice", "alice", EDHOC_OK, "alice", NULL},
    {"* cert-authority,local-user=\"*\" {CA}", "root", "root", EDHOC_OK, "root", NULL},
    {"* cert-authority,local-user=\"*\" {CA}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    {"* cert-authority,local-user=\"*\" {CA}", "alice/admin", "alice/admin", EDHOC_OK, "", NULL},
    {"* cert-authority,local-user=\"svc\" {CA}", "alice", "alice", EDHOC_OK, "svc", NULL},
    {"alice@x cert-authority {CA}", "alice@x", "alice@x", EDHOC_OK, "", NULL},
    /* revoked by key */
    {"*@x cert-authority {CA}", "alice@x", NULL, EDHOC_ERR_KEY_REVOKED, "ssh-ed25519", "{PEER}"},
    {"*@x cert-authority {CA}", "alice@x", NULL, EDHOC_ERR_CERT_REVOKED, "CA", "{CA}"},
    {"*@x cert-authority {CA}", "alice@x", "alice@x", EDHOC_OK, "", "{CB}\n{OTHER}"},
    {"alice@x {PEER}", "alice@x", NULL, EDHOC_ERR_CERT_REVOKED, "CA", "{CA}"},
};

static const struct row servers[] = {
    {"*@*.example.org cert-authority {CA}", "web.example.org", WEB, EDHOC_OK, NULL, NULL},
    {WEB " cert-authority,server {CA}", "web.example.org", WEB, EDHOC_OK, NULL, NULL},
    {"HTTP@WEB.Example.org cert-authority {CA}", "web.example.org", WEB, EDHOC_OK, NULL, NULL},
    {WEB " cert-authority,client {CA}", "web.example.org", NULL, EDHOC_ERR_WRONG_ROLE,
     "for clients only", NULL},
    {"ldap@* cert-authority {CA}", "web.example.org", NULL, EDHOC_ERR_WRONG_NAME,
     "believes this CA for \"ldap@*\", not for \"HTTP@web.example.org\"", NULL},
    {"* cert-authority {CB}", "web.example.org", NULL, EDHOC_ERR_CERT_UNTRUSTED, "SHA256:", NULL},
    {"* cert-authority {CA}", "www.example.org", NULL, EDHOC_ERR_CERT_NAME,
     "none of its principals", NULL},
    {"* cert-authority {CA}", "", NULL, EDHOC_ERR_CERT_NAME, "none of its principals", NULL},
    {"* cert-authority {CA}", WEB, NULL, EDHOC_ERR_CERT_NAME, "none of its principals", NULL},
    {"* cert-authority {CA}", "a,b,web.example.org", WEB, EDHOC_OK, NULL, NULL},
    {"* cert-authority {CA}", "*.example.org", WEB, EDHOC_OK, NULL, NULL},
    {"* cert-authority {CA}", "*", WEB, EDHOC_OK, NULL, NULL},
    {"* cert-authority {CA}", "we?.example.org", WEB, EDHOC_OK, NULL, NULL},
    {"* cert-authority {CA}", "*.org", WEB, EDHOC_OK, NULL, NULL},
    {"* cert-authority {CA}", "*.web.example.org", NULL, EDHOC_ERR_CERT_NAME, "", NULL},
    {"* cert-authority {CA}", "Web.example.org", NULL, EDHOC_ERR_CERT_NAME, "", NULL},
    {"* cert-authority {CA}", "web.example.org.", NULL, EDHOC_ERR_CERT_NAME, "", NULL},
    {"* cert-authority,valid-before=\"20200101\" {CA}", "*", NULL, EDHOC_ERR_TRUST_EXPIRED, "",
     NULL},
    /* a target that is pinned is that key's */
    {"* cert-authority {CA}\n" WEB " server {OTHER}", "*", NULL, EDHOC_ERR_NAME_TAKEN, "line 2",
     NULL},
    {"* cert-authority {CA}\n" WEB " server,valid-before=\"20200101\" {OTHER}", "*", NULL,
     EDHOC_ERR_NAME_TAKEN, "line 2", NULL},
    {"* cert-authority {CA}\n" WEB " client {OTHER}", "*", WEB, EDHOC_OK, NULL, NULL},
    {"* cert-authority {CA}\n*@web.example.org server {OTHER}", "*", WEB, EDHOC_OK, NULL, NULL},
    {"* cert-authority {CA}\n" WEB " server {PEER} pinned", "elsewhere", WEB, EDHOC_OK, NULL, NULL},
    {WEB " server {PEER}", "elsewhere", WEB, EDHOC_OK, NULL, NULL},
    {"*@web.example.org server {PEER}", "elsewhere", WEB, EDHOC_OK, NULL, NULL},
    {WEB " client {PEER}", "web.example.org", NULL, EDHOC_ERR_CERT_UNTRUSTED, "", NULL},
    /* revoked by key */
    {"* cert-authority {CA}", "*", NULL, EDHOC_ERR_KEY_REVOKED, "", "{PEER}"},
    {WEB " server {PEER}", "*", NULL, EDHOC_ERR_KEY_REVOKED, "", "{PEER}"},
    {"* cert-authority {CA}", "*", NULL, EDHOC_ERR_CERT_REVOKED, "", "{CA}"},
};

static void revoke_by(struct trust *t, const char *list)
{
    struct buf text = expand(list);
    struct revoked *r;

    ck_assert_ok(key_list_read(buf_bytes(&text), "revoked", &r));
    trust_set_revoked(t, r);
    revoked_free(r);
    buf_free(&text);
}

/* Where the key was what counted, nobody has looked at the CA's signature: nothing of the certificate
 * may be told as known of the peer. */
static void check_cred(const struct row *row, const struct cred *known, const struct cred *sent)
{
    if (strstr(row->trust, "{PEER}") == NULL) {
        ck_assert_ptr_eq(known, sent);
    } else {
        ck_assert(cred_same_thumbprint(known, sent));
        ck_assert_uint_eq(cred_ssh_cert(known).len, 0);
    }
}

static void decide(const struct row *row, bool server)
{
    struct trust *t = trust_of(row->trust);
    struct ssh_make m = server ? host(row->principals) : user(row->principals);
    struct cred *cred = cred_of(&m);
    struct peer peer;
    edhoc_err err;

    if (row->revoked != NULL)
        revoke_by(t, row->revoked);
    err = server ? trust_judge_server(t, cred, WEB, NOW, &peer)
                 : trust_judge_client(t, cred, NOW, &peer);
    if (row->err != EDHOC_OK) {
        ck_assert_told(err, row->err, row->words);
        ck_assert(peer.cred == NULL && peer.name == NULL);
    } else {
        ck_assert_ok(err);
        ck_assert_str_eq(peer.name, row->name);
        ck_assert_int_eq(peer.kind, server ? NAME_SERVICE : NAME_USER);
        check_cred(row, peer.cred, cred);
        if (!server && row->words[0] != '\0')
            ck_assert_str_eq(peer.local_user, row->words);
        else
            ck_assert_ptr_null(peer.local_user);
    }
    peer_clear(&peer);
    cred_free(cred);
    trust_free(t);
}

START_TEST(a_client_is_whom_the_first_line_of_its_ca_lets_it_be)
{
    decide(&clients[_i], false);
}
END_TEST

START_TEST(a_server_is_believed_by_a_line_for_the_target_and_a_principal_for_its_host)
{
    decide(&servers[_i], true);
}
END_TEST

/* ---- the certificate itself ---- */

static edhoc_err judge_at(const struct ssh_make *m, bool server, int64_t now, int64_t *expires)
{
    struct trust *t = trust_of("* cert-authority {CA}");
    struct cred *cred = cred_of(m);
    struct peer peer;
    edhoc_err err = server ? trust_judge_server(t, cred, WEB, now, &peer)
                           : trust_judge_client(t, cred, now, &peer);

    if (expires != NULL)
        *expires = peer.expires;
    peer_clear(&peer);
    cred_free(cred);
    trust_free(t);
    return err;
}

START_TEST(a_certificate_is_valid_from_its_first_second_to_before_its_last)
{
    struct ssh_make m = user("alice");
    int64_t expires;

    m.after = NOW;
    m.before = NOW + DAY;
    ck_assert_told(judge_at(&m, false, NOW - 1, NULL), EDHOC_ERR_CERT_NOT_YET, "the-id");
    ck_assert_told(judge_at(&m, false, -1, NULL), EDHOC_ERR_CERT_NOT_YET, "");
    ck_assert_ok(judge_at(&m, false, NOW, &expires));
    ck_assert_int_eq(expires, NOW + DAY); /* and the context ends with it */
    ck_assert_ok(judge_at(&m, false, NOW + DAY - 1, NULL));
    ck_assert_told(judge_at(&m, false, NOW + DAY, NULL), EDHOC_ERR_CERT_EXPIRED, "the-id");
    m.before = 0; /* for ever */
    ck_assert_ok(judge_at(&m, false, NOW + 1000 * DAY, &expires));
    ck_assert_int_eq(expires, INT64_MAX);
    m.before = UINT64_MAX - 1;
    ck_assert_ok(judge_at(&m, false, NOW, &expires));
    ck_assert_int_eq(expires, INT64_MAX);
}
END_TEST

START_TEST(a_certificate_is_for_one_role)
{
    struct ssh_make of_user = user("web.example.org"), of_host = host("alice");

    ck_assert_told(judge_at(&of_user, true, NOW, NULL), EDHOC_ERR_CERT_PURPOSE,
                   "a user certificate");
    ck_assert_told(judge_at(&of_host, false, NOW, NULL), EDHOC_ERR_CERT_PURPOSE,
                   "a host certificate");
}
END_TEST

START_TEST(any_critical_option_is_refused_and_no_extension)
{
    static const char *const options[] = {"force-command=/bin/true", "source-address=0.0.0.0/0",
                                          "verify-required", "x@example.org"};
    struct ssh_make m = user("alice"), h = host("*");

    m.extensions = "force-command=/bin/true,no-such@example.org";
    ck_assert_ok(judge_at(&m, false, NOW, NULL));
    for (int i = 0; i < ROWS(options); i++) {
        m.critical = h.critical = options[i];
        ck_assert_told(judge_at(&m, false, NOW, NULL), EDHOC_ERR_CERT_OPTION, "critical option");
        ck_assert_err(judge_at(&h, true, NOW, NULL), EDHOC_ERR_CERT_OPTION);
    }
}
END_TEST

START_TEST(a_signature_of_somebody_else_is_refused)
{
    struct ssh_make m = user("alice"), other = user("alice");

    other.ca = support_key("ed25519", 2);
    m.signature = ssh_make_signature(other.ca, BYTES_LITERAL("anything"));
    ck_assert_told(judge_at(&m, false, NOW, NULL), EDHOC_ERR_CERT_BAD, "does not verify");
}
END_TEST

/* All lines are looked through for a pin of the name: not for one whose CA has said nothing. */
START_TEST(a_forged_certificate_is_refused_before_the_pins_are_asked)
{
    struct trust *t = trust_of("*@x cert-authority {CA}\nalice@x {OTHER}");
    struct ssh_make m = user("alice@x");
    struct cred *good = cred_of(&m), *forged;
    struct peer peer;

    m.signature = ssh_make_signature(m.ca, BYTES_LITERAL("anything"));
    forged = cred_of(&m);
    ck_assert_err(trust_judge_client(t, good, NOW, &peer), EDHOC_ERR_NAME_TAKEN);
    ck_assert_err(trust_judge_client(t, forged, NOW, &peer), EDHOC_ERR_CERT_BAD);
    cred_free(good);
    cred_free(forged);
    trust_free(t);
}
END_TEST

START_TEST(a_certificate_with_bytes_left_over_is_no_credential)
{
    struct ssh_make m = user("alice");

    m.tail = BYTES_LITERAL("\0");
    ck_assert_told(judge_at(&m, false, NOW, NULL), EDHOC_ERR_CRED_BAD, "left over");
}
END_TEST

START_TEST(the_earlier_of_line_and_certificate_ends_the_context)
{
    struct trust *t = trust_of("* cert-authority,valid-before=\"20380119031407\" {CA}");
    struct ssh_make m = user("alice");
    struct cred *cred;
    struct peer peer;

    m.before = (uint64_t)INT64_C(1) << 32;
    cred = cred_of(&m);
    ck_assert_ok(trust_judge_client(t, cred, NOW, &peer));
    ck_assert_int_eq(peer.expires, INT64_C(1) << 31);
    peer_clear(&peer);
    cred_free(cred);
    trust_free(t);
}
END_TEST

/* ---- what a CA line means for others ---- */

START_TEST(a_ca_line_plans_as_a_signature_of_any_certifiable_type)
{
    struct suite_list all = support_all_suites();
    struct trust *t = trust_of("*@web.example.org cert-authority {CA}");
    struct trust_plan plan;

    ck_assert_ok(trust_plan(t, WEB, NOW, &all, &plan));
    ck_assert(!plan.dh);
    ck_assert_uint_eq(plan.suites.len, all.len - 1); /* 25 signs with Ed448 */
    for (size_t i = 0; i < plan.suites.len; i++)
        ck_assert_int_ne(plan.suites.id[i], 25);
    ck_assert_err(trust_plan(t, "HTTP@db.example.org", NOW, &all, &plan), EDHOC_ERR_NO_TRUST);
    trust_free(t);
    t = trust_of("* cert-authority,client {CA}");
    ck_assert_err(trust_plan(t, WEB, NOW, &all, &plan), EDHOC_ERR_NO_TRUST);
    trust_free(t);
}
END_TEST

START_TEST(the_first_line_decides_the_method)
{
    struct suite_list all = support_all_suites();
    struct trust *ca_first = trust_of("* cert-authority {CA}\n" WEB " server {DH}");
    struct trust *pin_first = trust_of(WEB " server {DH}\n* cert-authority {CA}");
    struct trust *stale_first = trust_of(
        WEB " server,valid-before=\"20200101\" {DH}\n* cert-authority {CA}");
    struct trust *parts[] = {pin_first, ca_first}, *joined;
    struct trust_plan plan;

    ck_assert_ok(trust_plan(ca_first, WEB, NOW, &all, &plan));
    ck_assert(!plan.dh);
    ck_assert_ok(trust_plan(pin_first, WEB, NOW, &all, &plan));
    ck_assert(plan.dh);
    ck_assert_ok(trust_plan(stale_first, WEB, NOW, &all, &plan));
    ck_assert(!plan.dh);
    ck_assert_ok(trust_join(parts, 2, NULL, &joined));
    ck_assert_ok(trust_plan(joined, WEB, NOW, &all, &plan));
    ck_assert(plan.dh);
    ck_assert_uint_eq(trust_ca_count(joined), 2);
    ck_assert(trust_ca_at(joined, 0) == trust_ca_at(pin_first, 0) &&
              trust_ca_at(joined, 1) == trust_ca_at(ca_first, 0));
    trust_free(joined);
    trust_free(ca_first);
    trust_free(pin_first);
    trust_free(stale_first);
}
END_TEST

START_TEST(a_ca_line_pins_no_key)
{
    struct trust *t = trust_of("alice cert-authority {PEER}");
    struct cred_id id;
    struct cred *kid, *kccs;
    struct peer peer;
    size_t at = 0;

    ck_assert_ok(cred_new_kid(support_key("ed25519", 1), &kid));
    ck_assert_ok(cred_new_kccs(support_key("ed25519", 1), BYTES_LITERAL("alice"), &kccs));
    ck_assert_ok(cred_id_read(cred_id(kid), &id));
    ck_assert_ptr_null(trust_candidate(t, &id, false, &at));
    ck_assert_err(trust_judge_client(t, kccs, NOW, &peer), EDHOC_ERR_UNKNOWN_KEY);
    ck_assert_err(trust_judge_server(t, kccs, "alice", NOW, &peer), EDHOC_ERR_UNKNOWN_KEY);
    cred_free(kid);
    cred_free(kccs);
    trust_free(t);
}
END_TEST

/* ---- memory ---- */

static unsigned signatures; /* that were verified */

edhoc_err __real_ssh_ca_verify(struct bytes ca, struct bytes text, struct bytes signature);
edhoc_err __wrap_ssh_ca_verify(struct bytes ca, struct bytes text, struct bytes signature);

edhoc_err __wrap_ssh_ca_verify(struct bytes ca, struct bytes text, struct bytes signature)
{
    signatures++;
    return __real_ssh_ca_verify(ca, text, signature);
}

/* A certificate says the same to all; each trust file makes of it what it will. */
static const struct {
    const char *trust, *revoked;
    edhoc_err err;
} asked[] = {
    {"*@x cert-authority {CA}", NULL, EDHOC_OK},
    {"*@x cert-authority {CA}", NULL, EDHOC_OK}, /* the file was written anew */
    {"alice@x cert-authority,client {CA}", NULL, EDHOC_OK},
    {"*@y cert-authority {CA}", NULL, EDHOC_ERR_WRONG_NAME},
    {"*@x cert-authority,valid-before=\"20000101\" {CA}", NULL, EDHOC_ERR_TRUST_EXPIRED},
    {"*@x cert-authority {CB}", NULL, EDHOC_ERR_CERT_UNTRUSTED},
    {"*@x cert-authority {CA}\nalice@x {OTHER}", NULL, EDHOC_ERR_NAME_TAKEN},
    {"*@x cert-authority {CA}", "{CA}", EDHOC_ERR_CERT_REVOKED},
    {"*@x cert-authority {CA}", "{PEER}", EDHOC_ERR_KEY_REVOKED},
    {"*@x cert-authority {CA}", NULL, EDHOC_OK},
};

START_TEST(a_signature_is_verified_once_and_what_it_is_under_is_judged_each_time)
{
    struct ssh_make m = user("alice@x"), forged = m;
    struct cred *cred;

    signatures = 0;
    m.serial = forged.serial = 4711; /* no other test has it */
    m.before = forged.before = NOW + DAY;
    forged.signature = ssh_make_signature(m.ca, BYTES_LITERAL("anything"));
    cred = cred_of(&m);
    for (int i = 0; i < ROWS(asked); i++) {
        struct trust *t = trust_of(asked[i].trust);
        struct peer peer;

        if (asked[i].revoked != NULL)
            revoke_by(t, asked[i].revoked);
        ck_assert_err(trust_judge_client(t, cred, NOW, &peer), asked[i].err);
        peer_clear(&peer);
        if (asked[i].err == EDHOC_OK)
            ck_assert_err(trust_judge_client(t, cred, NOW + DAY, &peer), EDHOC_ERR_CERT_EXPIRED);
        trust_free(t);
    }
    ck_assert_uint_eq(signatures, 1);
    cred_free(cred);
    for (unsigned i = 0; i < 2; i++) { /* nothing is remembered of it */
        ck_assert_err(judge_at(&forged, false, NOW, NULL), EDHOC_ERR_CERT_BAD);
        ck_assert_uint_eq(signatures, 2 + i);
    }
}
END_TEST

START_TEST(a_certificate_is_remembered_until_its_end)
{
    struct verified *m;
    uint8_t hash[32] = {1};

    ck_assert_ok(verified_new(32768, &m));
    ck_assert(!verified_has(m, hash, NOW, NULL));
    verified_add(m, hash, NOW, NOW + DAY, 0);
    ck_assert(verified_has(m, hash, NOW, NULL));
    ck_assert(verified_has(m, hash, NOW + DAY - 1, NULL));
    ck_assert(!verified_has(m, hash, NOW + DAY, NULL));
    hash[31] = 1;
    ck_assert(!verified_has(m, hash, NOW, NULL));
    verified_free(m);
}
END_TEST

/* 10,000 users of one site, in any order, are all remembered; more than fit displace others. */
START_TEST(ten_thousand_certificates_are_remembered)
{
    struct verified *m;
    uint32_t seed = 1;
    unsigned has = 0;

    ck_assert_ok(verified_new(32768, &m));
    for (int round = 0; round < 2; round++) {
        has = 0;
        seed = 1;
        for (unsigned i = 0; i < 10000; i++) {
            uint8_t hash[32];

            for (size_t k = 0; k < sizeof(hash); k++)
                hash[k] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
            has += verified_has(m, hash, NOW, NULL);
            verified_add(m, hash, NOW, NOW + DAY, 0);
        }
    }
    ck_assert_uint_ge(has, 9900);
    for (unsigned i = 0; i < 100; i++) { /* of one set */
        uint8_t hash[32] = {0, 0, (uint8_t)i, (uint8_t)(i * 7)};

        verified_add(m, hash, NOW, NOW + DAY, 0);
        ck_assert(verified_has(m, hash, NOW, NULL));
    }
    verified_free(m);
}
END_TEST

struct busy {
    struct verified *verified;
    atomic_bool stop;
};

static void *remember(void *arg)
{
    struct busy *b = arg;
    uint8_t hash[32] = {1};

    for (; !atomic_load(&b->stop); hash[31]++)
        verified_add(b->verified, hash, NOW, NOW + DAY, hash[31]);
    return NULL;
}

/* Two threads write into one set, and what is found must be whole. */
START_TEST(what_another_thread_is_writing_is_found_whole_or_not)
{
    struct busy b = {.stop = false};
    unsigned found = 0;
    pthread_t thread;

    ck_assert_ok(verified_new(8, &b.verified));
    ck_assert_int_eq(pthread_create(&thread, NULL, remember, &b), 0);
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t hash[32] = {1, [31] = (uint8_t)i};
        int64_t value = -1;

        if (i % 3 == 0)
            verified_add(b.verified, hash, NOW, NOW + DAY, hash[31]);
        if (!verified_has(b.verified, hash, NOW, &value))
            continue;
        ck_assert_int_eq(value, hash[31]);
        found++;
    }
    atomic_store(&b.stop, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_ge(found, 1);
    verified_free(b.verified);
}
END_TEST

START_TEST(no_fork_leaves_the_child_waiting_for_a_thread_that_it_does_not_have)
{
    struct busy b = {.stop = false};
    uint8_t hash[32] = {1};
    pthread_t thread;

    ck_assert_ok(verified_new(32768, &b.verified));
    ck_assert_int_eq(pthread_create(&thread, NULL, remember, &b), 0);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        int status;

        if (child == 0) {
            (void)alarm(10);
            verified_add(b.verified, hash, NOW, NOW + DAY, 0);
            _exit(verified_has(b.verified, hash, NOW, NULL) ? 0 : 1);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %d: %x", i, status);
    }
    atomic_store(&b.stop, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    verified_free(b.verified);
}
END_TEST

/* ---- */

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "decisions", 60);

    tcase_add_loop_test(tc, a_client_is_whom_the_first_line_of_its_ca_lets_it_be, 0, ROWS(clients));
    tcase_add_loop_test(tc,
                        a_server_is_believed_by_a_line_for_the_target_and_a_principal_for_its_host,
                        0, ROWS(servers));
    tc = suite_case(suite, "the certificate", 60);
    tcase_add_test(tc, a_certificate_is_valid_from_its_first_second_to_before_its_last);
    tcase_add_test(tc, a_certificate_is_for_one_role);
    tcase_add_test(tc, any_critical_option_is_refused_and_no_extension);
    tcase_add_test(tc, a_signature_of_somebody_else_is_refused);
    tcase_add_test(tc, a_forged_certificate_is_refused_before_the_pins_are_asked);
    tcase_add_test(tc, a_certificate_with_bytes_left_over_is_no_credential);
    tcase_add_test(tc, the_earlier_of_line_and_certificate_ends_the_context);
    tc = suite_case(suite, "lines", 60);
    tcase_add_test(tc, a_ca_line_plans_as_a_signature_of_any_certifiable_type);
    tcase_add_test(tc, the_first_line_decides_the_method);
    tcase_add_test(tc, a_ca_line_pins_no_key);
    tc = suite_case(suite, "memory", 60);
    tcase_add_test(tc, a_signature_is_verified_once_and_what_it_is_under_is_judged_each_time);
    tcase_add_test(tc, a_certificate_is_remembered_until_its_end);
    tcase_add_test(tc, ten_thousand_certificates_are_remembered);
    tcase_add_test(tc, what_another_thread_is_writing_is_found_whole_or_not);
    tcase_add_test(tc, no_fork_leaves_the_child_waiting_for_a_thread_that_it_does_not_have);
}

int main(void)
{
    support_make_keys();
    return suite_main("OpenSSH certificates are judged", add);
}
