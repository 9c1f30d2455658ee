/* Certificates: whom a chain makes us believe, and under which name. The certificates come from
 * OpenSSL's own command (x509_fixtures.sh); each row goes through the same decision that a
 * handshake makes. */
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "peer/identity.h"
#include "peer/judge.h"
#include "peer/x509_cert.h"
#include "peer/x509_constraints.h"
#include "peer/x509_hosts.h"
#include "peer/x509_names.h"
#include "peer/x509_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/libcrypto.h"
#include "lib/pin_line.h"
#include "lib/suite.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define DAY 86400
#define WEB "HTTP@web.example.org"

static struct x509_store *load_store(const char *anchors, const char *crls)
{
    struct buf a = folder_read(anchors), c = buf_new(0);
    struct x509_store *store;
    edhoc_err err;

    if (crls != NULL)
        c = folder_read(crls);
    err = x509_store_new(buf_bytes(&a), anchors, buf_bytes(&c), crls, &store);
    ck_assert_ok(err);
    buf_free(&a);
    buf_free(&c);
    return store;
}

/* A credential as a peer would send it: names of fixtures, leaf first. */
static struct cred *load_chain(const char *names)
{
    struct buf der[CRED_CHAIN_MAX];
    struct bytes chain[CRED_CHAIN_MAX];
    char copy[128], *rest = copy, *name;
    size_t count = 0;
    struct key *key;
    struct cred *cred;

    (void)snprintf(copy, sizeof(copy), "%s", names);
    while ((name = strsep(&rest, " ")) != NULL) {
        der[count] = folder_read(textf("%s.der", name));
        chain[count] = buf_bytes(&der[count]);
        count++;
    }
    ck_assert_ok(key_from_certificate(chain[0], &key));
    ck_assert_ok(cred_new_x5chain(key, chain, count, &cred));
    key_free(key);
    while (count > 0)
        buf_free(&der[--count]);
    return cred;
}

static struct trust *trust_with(struct x509_store *anchors, const char *pinned)
{
    struct trust *t;

    ck_assert_ok(trust_new(&t));
    trust_set_anchors(t, anchors);
    if (pinned != NULL) {
        struct trust_line *line = calloc(1, sizeof(*line));
        struct key *key;

        line->principals = strdup(pinned);
        line->roles = TRUST_CLIENT | TRUST_SERVER;
        line->valid_after = INT64_MIN;
        line->valid_before = INT64_MAX;
        line->file = strdup("trust");
        ck_assert_ok(key_generate(keytype_by_name("x25519"), &key));
        ck_assert_ok(cred_new_kid(key, &line->cred));
        ck_assert_ok(pin_line(t, line));
        key_free(key);
    }
    return t;
}

/* ---- the decisions ---- */

struct decision {
    const char *chain;
    const char *crls;   /* NULL: none */
    const char *target; /* NULL: the peer is a client */
    int day;            /* from now */
    edhoc_err err;
    int kind;
    const char *name;   /* the peer's, when err is EDHOC_OK */
    const char *pinned; /* principals of a trust line, or NULL */
};

static const struct decision decisions[] = {
    /* servers */
    {"web sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"web384 sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"web25519 sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"web448 sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"direct", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"plain sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"anyeku sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"byrsa", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"web sub root", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"web stranger sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"web sub", NULL, "ldap@web.example.org", 0, EDHOC_OK, 2, "ldap@web.example.org", NULL},
    {"web sub", NULL, "HTTP@a.wild.example.org", 0, EDHOC_OK, 2, "HTTP@a.wild.example.org", NULL},
    {"web sub", NULL, "HTTP@127.0.0.1", 0, EDHOC_OK, 2, "HTTP@127.0.0.1", NULL},
    {"web sub", NULL, "HTTP@::1", 0, EDHOC_OK, 2, "HTTP@::1", NULL},
    {"inside constrained", NULL, "HTTP@www.allowed.example", 0, EDHOC_OK, 2,
     "HTTP@www.allowed.example", NULL},
    {"web sub", "crls.pem", WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"web", NULL, WEB, 0, EDHOC_ERR_CERT_UNTRUSTED, 0, NULL, NULL},
    {"foreign stranger", NULL, WEB, 0, EDHOC_ERR_CERT_UNTRUSTED, 0, NULL, NULL},
    {"foreign", NULL, WEB, 0, EDHOC_ERR_CERT_UNTRUSTED, 0, NULL, NULL},
    {"selfsigned", NULL, WEB, 0, EDHOC_ERR_CERT_UNTRUSTED, 0, NULL, NULL},
    {"web sub", NULL, WEB, 4000, EDHOC_ERR_CERT_EXPIRED, 0, NULL, NULL},
    {"web sub", NULL, WEB, 366, EDHOC_ERR_CERT_EXPIRED, 0, NULL, NULL},
    {"web sub", NULL, WEB, -2, EDHOC_ERR_CERT_NOT_YET, 0, NULL, NULL},
    {"revoked sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, NULL},
    {"revoked sub", "crls.pem", WEB, 0, EDHOC_ERR_CERT_REVOKED, 0, NULL, NULL},
    {"web sub", "root.crl", WEB, 0, EDHOC_ERR_CERT_CRL, 0, NULL, NULL},
    {"web sub", "sub.crl", WEB, 0, EDHOC_ERR_CERT_CRL, 0, NULL, NULL},
    {"web sub", "crls.pem", WEB, 31, EDHOC_ERR_CERT_CRL, 0, NULL, NULL},
    {"byrsa", "crls.pem", WEB, 0, EDHOC_ERR_CERT_CRL, 0, NULL, NULL},
    /* what is wrong without them is told first, and no CRL is looked at for it */
    {"forged sub", NULL, WEB, 0, EDHOC_ERR_CERT_BAD, 0, NULL, NULL},
    {"forged sub", "root.crl", WEB, 0, EDHOC_ERR_CERT_BAD, 0, NULL, NULL},
    {"web sub", "root.crl", WEB, 366, EDHOC_ERR_CERT_EXPIRED, 0, NULL, NULL},
    {"email sub", "root.crl", WEB, 0, EDHOC_ERR_CERT_PURPOSE, 0, NULL, NULL},
    {"agreement sub", NULL, WEB, 0, EDHOC_ERR_CERT_PURPOSE, 0, NULL, NULL},
    {"email sub", NULL, "HTTP@laptop.example.org", 0, EDHOC_ERR_CERT_PURPOSE, 0, NULL, NULL},
    {"serverofclientca clientca", NULL, WEB, 0, EDHOC_ERR_CERT_PURPOSE, 0, NULL, NULL},
    {"toodeep below short", NULL, WEB, 0, EDHOC_ERR_CERT_BAD, 0, NULL, NULL},
    {"outside constrained", NULL, WEB, 0, EDHOC_ERR_CERT_BAD, 0, NULL, NULL},
    {"notca web sub", NULL, WEB, 0, EDHOC_ERR_CERT_BAD, 0, NULL, NULL},
    {"critical sub", NULL, WEB, 0, EDHOC_ERR_CERT_BAD, 0, NULL, NULL},
    {"bysha1", NULL, WEB, 0, EDHOC_ERR_CERT_BAD, 0, NULL, NULL},
    {"cnonly sub", NULL, WEB, 0, EDHOC_ERR_CERT_NAME, 0, NULL, NULL},
    {"partial sub", NULL, WEB, 0, EDHOC_ERR_CERT_NAME, 0, NULL, NULL},
    {"web sub", NULL, "HTTP@other.example.org", 0, EDHOC_ERR_CERT_NAME, 0, NULL, NULL},
    {"web sub", NULL, "HTTP@.example.org", 0, EDHOC_ERR_CERT_NAME, 0, NULL, NULL},
    {"web sub", NULL, "HTTP@a.b.wild.example.org", 0, EDHOC_ERR_CERT_NAME, 0, NULL, NULL},
    {"web sub", NULL, "HTTP@127.0.0.2", 0, EDHOC_ERR_CERT_NAME, 0, NULL, NULL},
    {"web sub", NULL, "web.example.org", 0, EDHOC_ERR_CERT_NAME, 0, NULL, NULL},
    {"web sub", NULL, WEB, 0, EDHOC_ERR_UNKNOWN_KEY, 0, NULL, WEB},
    {"web sub", NULL, WEB, 0, EDHOC_ERR_UNKNOWN_KEY, 0, NULL, "HTTP@*.example.org"},
    {"web sub", NULL, WEB, 0, EDHOC_OK, 2, WEB, "ldap@web.example.org"},
    /* clients */
    {"upn sub", NULL, NULL, 0, EDHOC_OK, 1, "alice@corp.example", NULL},
    {"email sub", NULL, NULL, 0, EDHOC_OK, 1, "bob@corp.example", NULL},
    {"dns sub", NULL, NULL, 0, EDHOC_OK, 2, "host@laptop.example.org", NULL},
    {"subject sub", NULL, NULL, 0, EDHOC_OK, 3, "CN=Carol,O=Corp\\, Inc", NULL},
    {"clientplain sub", NULL, NULL, 0, EDHOC_OK, 1, "dave@corp.example", NULL},
    {"upn sub", "crls.pem", NULL, 0, EDHOC_OK, 1, "alice@corp.example", NULL},
    {"upn sub", NULL, NULL, 366, EDHOC_ERR_CERT_EXPIRED, 0, NULL, NULL},
    {"web sub", NULL, NULL, 0, EDHOC_ERR_CERT_PURPOSE, 0, NULL, NULL},
    {"nosubject sub", NULL, NULL, 0, EDHOC_ERR_NO_PEER_NAME, 0, NULL, NULL},
    {"badupn sub", NULL, NULL, 0, EDHOC_ERR_CRED_BAD, 0, NULL, NULL},
    {"foreign stranger", NULL, NULL, 0, EDHOC_ERR_CERT_UNTRUSTED, 0, NULL, NULL},
    {"email sub", NULL, NULL, 0, EDHOC_ERR_NAME_TAKEN, 0, NULL, "bob@corp.example"},
    {"email sub", NULL, NULL, 0, EDHOC_ERR_NAME_TAKEN, 0, NULL, "carol,bob@corp.example"},
    {"email sub", NULL, NULL, 0, EDHOC_OK, 1, "bob@corp.example", "*@corp.example"},
};

START_TEST(each_chain_is_judged_as_its_row_says)
{
    const struct decision *d = &decisions[_i];
    struct x509_store *store = load_store("anchors.pem", d->crls);
    struct trust *t = trust_with(store, d->pinned);
    struct cred *cred = load_chain(d->chain);
    int64_t now = time(NULL) + (int64_t)d->day * DAY;

    /* Twice: what is remembered must decide as what is computed. */
    for (int round = 0; round < 2; round++) {
        struct peer peer;
        edhoc_err err = d->target != NULL ? trust_judge_server(t, cred, d->target, now, &peer)
                                          : trust_judge_client(t, cred, now, &peer);

        ck_assert_msg(err == d->err, "row %d: %s: got %d, %s: %s", _i, d->chain, (int)err,
                      report_sentence(err), report_details(err));
        if (err == EDHOC_OK) {
            ck_assert_int_eq(peer.kind, d->kind);
            ck_assert_str_eq(peer.name, d->name);
            ck_assert(peer.expires > now && peer.expires <= time(NULL) + 366 * DAY);
            ck_assert_ptr_null(peer.local_user);
        } else {
            ck_assert_msg(report_details(err)[0] != '\0', "row %d says nothing", _i);
        }
        peer_clear(&peer);
    }
    cred_free(cred);
    trust_free(t);
    x509_store_free(store);
}
END_TEST

/* Names stay taken where the line that has them cannot be understood. */
static const struct {
    const char *chain, *target; /* NULL: a client */
    const char *principals;
    unsigned roles;
    edhoc_err err;
} broken[] = {
    {"web sub", WEB, WEB, TRUST_SERVER, EDHOC_ERR_UNKNOWN_KEY},
    {"web sub", WEB, "*@*.example.org", TRUST_CLIENT | TRUST_SERVER, EDHOC_ERR_UNKNOWN_KEY},
    {"web sub", WEB, WEB, TRUST_CLIENT, EDHOC_OK},
    {"web sub", WEB, "ldap@web.example.org", TRUST_SERVER, EDHOC_OK},
    {"email sub", NULL, "carol,bob@corp.example", TRUST_CLIENT, EDHOC_ERR_NAME_TAKEN},
    {"email sub", NULL, "BOB@corp.example.", TRUST_CLIENT | TRUST_SERVER, EDHOC_ERR_NAME_TAKEN},
    {"dns sub", NULL, "host@laptop.example.org", TRUST_SERVER, EDHOC_ERR_NAME_TAKEN},
    {"email sub", NULL, "*@corp.example", TRUST_CLIENT, EDHOC_OK},
    {"email sub", NULL, "!bob@corp.example,*", TRUST_CLIENT, EDHOC_OK},
};

START_TEST(a_broken_line_keeps_its_names_from_every_ca)
{
    struct x509_store *store = load_store("anchors.pem", NULL);
    struct trust *t = trust_with(store, NULL);
    struct cred *cred = load_chain(broken[_i].chain);
    struct peer peer;
    edhoc_err err;

    pin_broken(t, broken[_i].principals, broken[_i].roles, "the-file", 7);
    err = broken[_i].target != NULL
              ? trust_judge_server(t, cred, broken[_i].target, time(NULL), &peer)
              : trust_judge_client(t, cred, time(NULL), &peer);
    ck_assert_msg(err == broken[_i].err, "row %d: %s: %s", _i, report_sentence(err),
                  report_details(err));
    ck_assert(err == EDHOC_OK || strstr(report_details(err), "the-file line 7: ") != NULL);
    peer_clear(&peer);
    cred_free(cred);
    trust_free(t);
    x509_store_free(store);
}
END_TEST

/* ---- name constraints and user principal names ---- */

static X509 *with_extension(int nid, const char *value)
{
    X509 *x = X509_new();
    X509_EXTENSION *extension;

    ck_assert_ptr_nonnull(x);
    if (value == NULL)
        return x;
    extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    ck_assert_msg(extension != NULL, "%s", value);
    ck_assert_int_eq(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
    return x;
}

/* What OpenSSL's configuration has no words for: a subtree NOBODY becomes an empty one. */
static void empty_some(STACK_OF(GENERAL_SUBTREE) * subtrees)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++) {
        ASN1_STRING *base = sk_GENERAL_SUBTREE_value(subtrees, i)->base->d.ia5;

        if (ASN1_STRING_length(base) == 6 && memcmp(ASN1_STRING_get0_data(base), "NOBODY", 6) == 0)
            ck_assert_int_eq(ASN1_STRING_set(base, "", 0), 1);
    }
}

static X509 *with_constraints(const char *value)
{
    X509 *x = with_extension(NID_name_constraints, value);
    NAME_CONSTRAINTS *nc = X509_get_ext_d2i(x, NID_name_constraints, NULL, NULL);

    if (nc == NULL)
        return x;
    empty_some(nc->permittedSubtrees);
    empty_some(nc->excludedSubtrees);
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_name_constraints, nc, 1, X509V3_ADD_REPLACE), 1);
    NAME_CONSTRAINTS_free(nc);
    return x;
}

static const struct {
    const char *sub, *root; /* their name constraints, or NULL */
    const char *upn;
    edhoc_err err;
} constraints[] = {
    {NULL, NULL, "root@a.example", EDHOC_OK},
    {"permitted;email:b.example,permitted;DNS:b.example", NULL, "root@a.example",
     EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example,permitted;DNS:b.example", NULL, "root@b.example", EDHOC_OK},
    {"permitted;DNS:b.example,permitted;email:b.example", NULL, "root@b.example", EDHOC_OK},
    {"permitted;email:b.example,excluded;DNS:a.example,excluded;email:b.example", NULL,
     "root@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "Root@B.Example", EDHOC_OK},
    {"permitted;email:b.example", NULL, "root@sub.b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "root@b.example.", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "root@evilb.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "root@a.example@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "root@b.example@a.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", NULL, "root@", EDHOC_ERR_CERT_BAD},
    {"permitted;email:.b.example", NULL, "root@sub.b.example", EDHOC_OK},
    {"permitted;email:.b.example", NULL, "root@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:.b.example", NULL, "root@evilb.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:root@b.example", NULL, "root@B.example", EDHOC_OK},
    {"permitted;email:root@b.example", NULL, "Root@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:root@b.example", NULL, "oot@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:a.example,permitted;email:b.example", NULL, "root@b.example", EDHOC_OK},
    {"permitted;DNS:b.example", NULL, "root@b.example", EDHOC_ERR_CERT_BAD},
    {"excluded;email:a.example", NULL, "root@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example,excluded;email:root@b.example", NULL, "root@b.example",
     EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example,excluded;email:root@b.example", NULL, "alice@b.example", EDHOC_OK},
    {"permitted;email:b.example,excluded;email:B.example", NULL, "alice@b.example",
     EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example,excluded;email:NOBODY", NULL, "alice@b.example",
     EDHOC_ERR_CERT_BAD},
    {"permitted;email:NOBODY", NULL, "alice@b.example", EDHOC_ERR_CERT_BAD},
    {NULL, "permitted;email:a.example", "root@b.example", EDHOC_ERR_CERT_BAD},
    {"permitted;email:b.example", "permitted;email:.example", "root@b.example", EDHOC_OK},
    {"permitted;email:b.example", "permitted;email:a.example", "root@b.example",
     EDHOC_ERR_CERT_BAD},
};

START_TEST(a_upn_is_within_the_name_constraints_for_mail)
{
    STACK_OF(X509) *path = sk_X509_new_null();
    char san[512];
    edhoc_err err;

    (void)snprintf(san, sizeof(san), "email:good@b.example,otherName:msUPN;UTF8:%s",
                   constraints[_i].upn);
    (void)sk_X509_push(path, with_extension(NID_subject_alt_name, san));
    (void)sk_X509_push(path, with_constraints(constraints[_i].sub));
    (void)sk_X509_push(path, with_constraints(constraints[_i].root));
    err = x509_check_upns(path);
    ck_assert_msg(err == constraints[_i].err, "row %d: %s: %s: %s", _i, constraints[_i].upn,
                  report_sentence(err), report_details(err));
    sk_X509_pop_free(path, X509_free);
}
END_TEST

/* ---- names that cannot be read ---- */

static void replace_byte(ASN1_STRING *in, char from, char to)
{
    struct bytes text = bytes_of(ASN1_STRING_get0_data(in), (size_t)ASN1_STRING_length(in));
    struct buf changed = buf_new(256);

    for (size_t i = 0; i < text.len; i++)
        buf_put_byte(&changed, text.p[i] == (uint8_t)from ? (uint8_t)to : text.p[i]);
    ck_assert_int_eq(ASN1_STRING_set(in, changed.p, (int)changed.len), 1);
    buf_free(&changed);
}

/* A certificate of a throwaway key with these SANs; a '#' in the UPN becomes `odd`. */
static struct buf certificate_with(const char *names, char odd)
{
    X509 *x = with_extension(NID_subject_alt_name, names);
    GENERAL_NAMES *sans = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct buf der = buf_new(4096);
    uint8_t *p;
    int len;

    for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
        ASN1_STRING *upn = (ASN1_STRING *)x509_upn(sk_GENERAL_NAME_value(sans, i));

        if (upn != NULL)
            replace_byte(upn, '#', odd);
    }
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_subject_alt_name, sans, 0, X509V3_ADD_REPLACE), 1);
    ck_assert_int_eq(X509_set_version(x, X509_VERSION_3), 1);
    ck_assert_int_eq(X509_set_pubkey(x, key), 1);
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(x), 0));
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(x), DAY));
    ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
    len = i2d_X509(x, NULL);
    p = buf_extend(&der, (size_t)len);
    ck_assert_int_eq(i2d_X509(x, &p), len);
    GENERAL_NAMES_free(sans);
    EVP_PKEY_free(key);
    X509_free(x);
    return der;
}

/* The name that comes first decides; where it is malformed, no other takes its place. */
START_TEST(a_malformed_name_is_not_passed_over)
{
    static const struct {
        const char *names;
        char odd;
        const char *name; /* NULL: refused */
    } rows[] = {
        {"email:bob@b.example,otherName:msUPN;UTF8:alice#a.example", '@', "alice@a.example"},
        {"email:bob@b.example,otherName:msUPN;UTF8:alice@a.example#", '\0', NULL},
        {"email:bob@b.example,otherName:msUPN;UTF8:alice@a.example#", '\xff', NULL},
        {"email:bob@b.example,otherName:msUPN;UTF8:alice@a.example#", '\n', NULL},
        {"email:bob@b.example,otherName:msUPN;UTF8:alice", '#', NULL},
        {"email:bob@b.example,email:carol@b.example,DNS:a.example", '#', "bob@b.example"},
        {"DNS:*.a.example,DNS:A.example,DNS:b.example", '#', "host@a.example"},
        {"DNS:a.example.,DNS:b.example", '#', NULL},
        {"DNS:10.0.0.1,DNS:b.example", '#', NULL},
        {"DNS:fd00::1,DNS:b.example", '#', NULL},
        {"DNS:10.0.0.1.example", '#', "host@10.0.0.1.example"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct buf der = certificate_with(rows[i].names, rows[i].odd);
        enum name_kind kind;
        char *name;
        edhoc_err err = x509_client_name(buf_bytes(&der), &kind, &name);

        ck_assert_msg(err == (rows[i].name != NULL ? EDHOC_OK : EDHOC_ERR_CRED_BAD), "%s: %s",
                      rows[i].names, report_details(err));
        ck_assert_pstr_eq(name, rows[i].name);
        free(name);
        buf_free(&der);
    }
}
END_TEST

/* However many stand before it: a certificate is no longer than CERTIFICATE_MAX. */
START_TEST(the_name_that_comes_first_may_stand_last)
{
    struct buf names = buf_new(8192), der;
    enum name_kind kind;
    char *name;

    for (int i = 0; i < 300; i++)
        buf_put_text(&names, "email:b@b,");
    buf_put_text(&names, "otherName:msUPN;UTF8:alice@a.example");
    buf_put_byte(&names, 0);
    der = certificate_with((const char *)names.p, '#');
    ck_assert_ok(x509_client_name(buf_bytes(&der), &kind, &name));
    ck_assert_str_eq(name, "alice@a.example");
    free(name);
    buf_free(&der);
    buf_free(&names);
}
END_TEST

/* ---- the host's own errors ---- */

/* What the host program left in libcrypto's queue is there afterwards, and nothing else is. */
static void host_fails(void)
{
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
}

static void check_queue(void)
{
    unsigned long first = ERR_get_error();

    ck_assert(ERR_GET_LIB(first) == ERR_LIB_USER && ERR_GET_REASON(first) == 42);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* A remembered chain is forgotten when its time is over, and when the clock goes back before the
 * time at which it was validated. */
START_TEST(a_remembered_verdict_ends_in_time)
{
    struct x509_store *store = load_store("anchors.pem", "crls.pem");
    struct trust *t = trust_with(store, NULL);
    struct cred *cred = load_chain("web sub");
    static const struct {
        int day;
        edhoc_err err;
    } course[] = {
        {0, EDHOC_OK},
        {1, EDHOC_OK},
        {31, EDHOC_ERR_CERT_CRL},
        {366, EDHOC_ERR_CERT_EXPIRED},
        {29, EDHOC_OK},
        {-2, EDHOC_ERR_CERT_NOT_YET},
    };

    for (int i = 0; i < ROWS(course); i++) {
        struct peer peer;
        edhoc_err err = trust_judge_server(t, cred, WEB, time(NULL) + (int64_t)course[i].day * DAY,
                                           &peer);

        /* A certificate out of date may show as its CRL out of date: OpenSSL tells what it meets
         * first. */
        ck_assert_msg(err == course[i].err ||
                          (course[i].err != EDHOC_OK && err == EDHOC_ERR_CERT_CRL),
                      "day %d: %s", course[i].day, report_details(err));
        peer_clear(&peer);
    }
    cred_free(cred);
    trust_free(t);
    x509_store_free(store);
}
END_TEST

/* ---- what validation costs ---- */

static unsigned verified_certificates, verified_lists;

int __real_X509_verify(X509 *x, EVP_PKEY *key);
int __wrap_X509_verify(X509 *x, EVP_PKEY *key);

int __wrap_X509_verify(X509 *x, EVP_PKEY *key)
{
    verified_certificates++;
    return __real_X509_verify(x, key);
}

/* Instead of libcrypto's; without its own, what is revoked cannot be told in that test. */
static int count_list(X509_CRL *list, EVP_PKEY *key)
{
    ck_assert_ptr_nonnull(list);
    ck_assert_ptr_nonnull(key);
    verified_lists++;
    return 1;
}

static edhoc_err judge(struct x509_store *store, const char *names, int day)
{
    struct trust *t = trust_with(store, NULL);
    struct cred *cred = load_chain(names);
    struct peer peer;
    edhoc_err err = trust_judge_server(t, cred, WEB, time(NULL) + (int64_t)day * DAY, &peer);

    peer_clear(&peer);
    cred_free(cred);
    trust_free(t);
    return err;
}

static bool lists_fail; /* to be asked for */

int __real_X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM *param, unsigned long flags);
int __wrap_X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM *param, unsigned long flags);

int __wrap_X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM *param, unsigned long flags)
{
    if (lists_fail && (flags & X509_V_FLAG_CRL_CHECK) != 0)
        return 0;
    return __real_X509_VERIFY_PARAM_set_flags(param, flags);
}

START_TEST(who_cannot_be_looked_up_in_the_lists_is_refused)
{
    struct x509_store *store = load_store("anchors.pem", "crls.pem");

    lists_fail = true;
    ck_assert_int_ne(judge(store, "web sub", 0), EDHOC_OK);
    ck_assert_int_ne(judge(store, "revoked sub", 0), EDHOC_OK);
    lists_fail = false;
    ck_assert_ok(judge(store, "web sub", 0));
    ck_assert_err(judge(store, "revoked sub", 0), EDHOC_ERR_CERT_REVOKED);
    x509_store_free(store);
}
END_TEST

static bool setting_up_fails; /* once, when it is asked for */

int __real_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *leaf,
                               STACK_OF(X509) * others);
int __wrap_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *leaf,
                               STACK_OF(X509) * others);

int __wrap_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *leaf,
                               STACK_OF(X509) * others)
{
    if (!setting_up_fails)
        return __real_X509_STORE_CTX_init(ctx, store, leaf, others);
    setting_up_fails = false;
    return 0;
}

/* That is no fault of the certificate's. */
START_TEST(a_validation_that_cannot_begin_is_told_as_that)
{
    struct x509_store *store = load_store("anchors.pem", NULL);

    setting_up_fails = true;
    ck_assert_told(judge(store, "web sub", 0), EDHOC_ERR_CRYPTO,
                   "preparing a certificate's validation");
    ck_assert(!setting_up_fails);
    ck_assert_ok(judge(store, "web sub", 0));
    x509_store_free(store);
}
END_TEST

START_TEST(a_list_is_verified_once_for_its_issuer)
{
    X509_CRL_METHOD *method = X509_CRL_METHOD_new(NULL, NULL, NULL, count_list);
    static const char *const leaves[] = {"web sub", "web384 sub", "plain sub", "anyeku sub"};
    /* The sub CA's, the root's for the sub CA, and before OpenSSL 3.6 the root's for the root itself. */
    const unsigned lists = libcrypto_since(3, 6) ? 2 : 3;
    struct x509_store *store;

    X509_CRL_set_default_method(method);
    store = load_store("anchors.pem", "crls.pem");
    X509_CRL_set_default_method(NULL);
    verified_lists = 0;
    for (int i = 0; i < ROWS(leaves); i++) {
        ck_assert_ok(judge(store, leaves[i], 0));
        ck_assert_uint_eq(verified_lists, lists);
    }
    ck_assert_ok(judge(store, "direct", 0));
    ck_assert_uint_eq(verified_lists, lists);
    x509_store_free(store);
    X509_CRL_METHOD_free(method);
}
END_TEST

START_TEST(what_is_known_to_be_good_still_revokes_and_ends)
{
    struct x509_store *store = load_store("anchors.pem", "crls.pem");

    ck_assert_ok(judge(store, "web sub", 0));
    ck_assert_told(judge(store, "revoked sub", 0), EDHOC_ERR_CERT_REVOKED, "CN=revoked");
    ck_assert_told(judge(store, "plain sub", 31), EDHOC_ERR_CERT_CRL, "CRL has expired");
    ck_assert_told(judge(store, "byrsa", 0), EDHOC_ERR_CERT_CRL, "unable to get certificate CRL");
    x509_store_free(store);
}
END_TEST

/* Another CA of the same name: the list that is known to be good is not its own. */
START_TEST(a_list_is_known_for_the_issuer_and_not_for_the_name)
{
    struct x509_store *store;

    folder_run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout twin.key "
        "-subj '/CN=Test Root' -days 30 -addext keyUsage=critical,keyCertSign,cRLSign "
        "-out twin.crt 2>/dev/null && cat root.crt twin.crt > twins.pem");
    folder_run(
        "(cat direct.ext; echo authorityKeyIdentifier=keyid) > akid.ext; for ca in root twin; do "
        "openssl x509 -req -in direct.csr -CA $ca.crt -CAkey $ca.key -set_serial 77 -days 30 "
        "-extfile akid.ext -outform DER -out of-$ca.der 2>/dev/null || exit; done");
    store = load_store("twins.pem", "root.crl");
    ck_assert_ok(judge(store, "of-root", 0));
    for (int i = 0; i < 2; i++)
        ck_assert_told(judge(store, "of-twin", 0), EDHOC_ERR_CERT_CRL, "signature");
    ck_assert_ok(judge(store, "of-root", 1));
    x509_store_free(store);
    store = load_store("twins.pem", NULL);
    ck_assert_ok(judge(store, "of-twin", 0));
    x509_store_free(store);
}
END_TEST

/* Leaves of the root CA: of-KIND.der, with these lines in their extensions. */
static void issue(const char *kind, const char *serial, const char *lines)
{
    folder_run(
        "(cat direct.ext; printf '%s') > kind.ext && openssl x509 -req -in direct.csr -CA root.crt "
        "-CAkey root.key -set_serial %s -days 30 -extfile kind.ext -outform DER -out of-%s.der "
        "2>/dev/null",
        lines, serial, kind);
}

/* A list of the root CA, of some moment, with these lines in its extensions. */
static void make_list(const char *file, const char *moment, const char *lines)
{
    folder_run("(cat root.cnf; printf '[e]\n%s[n]\nfullname=URI:http://a/\n') > list.cnf && "
               "openssl ca -config list.cnf -crlexts e -keyfile root.key -cert root.crt -gencrl "
               "-crl_lastupdate %s -crl_nextupdate 20491231235959Z -out %s 2>/dev/null",
               lines, moment, file);
}

/* Which of several lists counts is libcrypto's to say, each time. */
START_TEST(of_two_lists_by_one_name_neither_is_taken_as_known)
{
    struct x509_store *store;

    issue("good", "501", "");
    issue("bad", "502", "");
    make_list("old.crl", "20240101000000Z", "");
    folder_run(
        "openssl x509 -inform DER -in of-bad.der -out of-bad.crt && cp root.index kept.index && "
        "openssl ca -config root.cnf -keyfile root.key -cert root.crt -revoke of-bad.crt "
        "2>/dev/null");
    make_list("new.crl", "20240102000000Z", "");
    folder_run("cp kept.index root.index && cat new.crl old.crl > both.crl");
    store = load_store("anchors.pem", "both.crl");
    ck_assert_ok(judge(store, "of-good", 0));
    ck_assert_err(judge(store, "of-bad", 0), EDHOC_ERR_CERT_REVOKED);
    x509_store_free(store);
}
END_TEST

/* Until then the list of before counts, and is current for years more. */
START_TEST(what_is_remembered_ends_when_the_next_list_begins)
{
    struct x509_store *store;

    issue("late", "505", "");
    make_list("now.crl", "20240101000000Z", "");
    folder_run(
        "openssl x509 -inform DER -in of-late.der -out of-late.crt && cp root.index kept.index && "
        "openssl ca -config root.cnf -keyfile root.key -cert root.crt -revoke of-late.crt "
        "2>/dev/null");
    make_list("next.crl", "$(date -u -d '+5 days' +%Y%m%d%H%M%SZ)", "");
    folder_run("cp kept.index root.index && cat now.crl next.crl > both.crl");
    store = load_store("anchors.pem", "both.crl");
    for (int i = 0; i < 2; i++) {
        ck_assert_ok(judge(store, "of-late", 0));
        ck_assert_err(judge(store, "of-late", 6), EDHOC_ERR_CERT_REVOKED);
    }
    x509_store_free(store);
}
END_TEST

START_TEST(a_list_out_of_date_of_somebody_else_costs_no_memory)
{
    struct x509_store *store;

    folder_run(
        "cat root.crl sub.crl > mixed.crl && openssl req -x509 -newkey ec -pkeyopt "
        "ec_paramgen_curve:P-256 -nodes -keyout gone.key -subj /CN=gone -days 30 "
        "-out gone.crt 2>/dev/null && sed s/root/gone/ root.cnf > gone.cnf && : > gone.index "
        "&& echo 01 > gone.crlnumber && openssl ca -config gone.cnf -keyfile gone.key -cert "
        "gone.crt -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z "
        "2>/dev/null >> mixed.crl");
    store = load_store("anchors.pem", "mixed.crl");
    ck_assert_ok(judge(store, "web sub", 0));
    setting_up_fails = true;
    ck_assert_ok(judge(store, "web sub", 0));
    setting_up_fails = false;
    x509_store_free(store);
}
END_TEST

/* A list for some certificates only says nothing about the others. */
START_TEST(a_list_of_one_distribution_point_is_not_taken_for_another)
{
    struct x509_store *store;

    issue("a", "503", "crlDistributionPoints=URI:http://a/\\n");
    issue("b", "504", "crlDistributionPoints=URI:http://b/\\n");
    make_list("a.crl", "20240101000000Z", "issuingDistributionPoint=critical,@n\\n");
    store = load_store("anchors.pem", "a.crl");
    for (int i = 0; i < 2; i++) {
        ck_assert_ok(judge(store, "of-a", i));
        ck_assert_err(judge(store, "of-b", 0), EDHOC_ERR_CERT_CRL);
    }
    x509_store_free(store);
}
END_TEST

/* Under certificates of a real CA's, which anybody has; once they are known here. Before, a key that the
 * stranger may have chosen is used for nothing: libcrypto's own order is not counted. */
START_TEST(a_forged_leaf_costs_one_signature_by_a_key_that_is_authentic)
{
    struct x509_store *store = load_store("anchors.pem", NULL);

    verified_certificates = 0;
    ck_assert_err(judge(store, "forged sub", 0), EDHOC_ERR_CERT_BAD);
    ck_assert_uint_eq(verified_certificates, 0);
    ck_assert_ok(judge(store, "web sub", 0));
    ck_assert_uint_eq(verified_certificates, 0);
    ck_assert_err(judge(store, "forged sub", 0), EDHOC_ERR_CERT_BAD);
    ck_assert_uint_eq(verified_certificates, 1);
    x509_store_free(store);
}
END_TEST

/* An intermediate CA as anchor: nobody has a CRL for it, and none is asked for; its own CRL decides
 * about what it issued. */
START_TEST(an_intermediate_ca_may_be_the_anchor)
{
    static const struct {
        const char *chain, *crls;
        edhoc_err err;
    } rows[] = {
        {"web", NULL, EDHOC_OK},
        {"web", "sub.crl", EDHOC_OK},
        {"web", "crls.pem", EDHOC_OK},
        {"revoked", "sub.crl", EDHOC_ERR_CERT_REVOKED},
        {"revoked", "crls.pem", EDHOC_ERR_CERT_REVOKED},
        {"web", "root.crl", EDHOC_ERR_CERT_CRL},
        {"direct", "sub.crl", EDHOC_ERR_CERT_UNTRUSTED},
    };

    for (int i = 0; i < ROWS(rows); i++) {
        struct x509_store *store = load_store("sub.crt", rows[i].crls);
        struct trust *t = trust_with(store, NULL);
        struct cred *cred = load_chain(rows[i].chain);
        struct peer peer;
        edhoc_err err = trust_judge_server(t, cred, WEB, time(NULL), &peer);

        ck_assert_msg(err == rows[i].err, "row %d: %s: %s", i, report_sentence(err),
                      report_details(err));
        peer_clear(&peer);
        cred_free(cred);
        trust_free(t);
        x509_store_free(store);
    }
}
END_TEST

/* ---- anchors and CRLs that cannot be used ---- */

static void refuse_store(struct bytes anchors, struct bytes crls, const char *words)
{
    struct x509_store *store;
    edhoc_err err = x509_store_new(anchors, "A.pem", crls, "C.pem", &store);

    ck_assert_err(err, EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(store);
    ck_assert_msg(strstr(report_details(err), words) != NULL, "%s", report_details(err));
}

START_TEST(stores_without_a_certificate_are_refused)
{
    struct buf root = folder_read("root.crt"), leaf = folder_read("web.crt");
    struct buf key = folder_read("root.key"), crl = folder_read("root.crl");
    struct buf mixed = buf_new(1u << 20), broken = buf_new(1u << 20);

    refuse_store(BYTES_NONE, BYTES_NONE, "no certificate");
    refuse_store(BYTES_LITERAL("hello\n"), BYTES_NONE, "no certificate");
    refuse_store(buf_bytes(&leaf), BYTES_NONE, "not a CA");
    refuse_store(buf_bytes(&key), BYTES_NONE, "entry 1");
    refuse_store(buf_bytes(&crl), BYTES_NONE, "entry 1");
    refuse_store(buf_bytes(&root), buf_bytes(&root), "C.pem: entry 1");
    refuse_store(buf_bytes(&root), BYTES_LITERAL("x"), "C.pem: no CRL");
    buf_put(&mixed, buf_bytes(&root));
    buf_put(&mixed, buf_bytes(&key));
    refuse_store(buf_bytes(&mixed), BYTES_NONE, "A.pem: entry 2");
    buf_put(&broken, buf_bytes(&root));
    broken.p[100] = '!';
    refuse_store(buf_bytes(&broken), BYTES_NONE, "A.pem: entry 1");
    buf_free(&root);
    buf_free(&leaf);
    buf_free(&key);
    buf_free(&crl);
    buf_free(&mixed);
    buf_free(&broken);
}
END_TEST

/* ---- hostile certificates ---- */

START_TEST(a_damaged_certificate_is_refused)
{
    struct x509_store *store = load_store("anchors.pem", NULL);
    struct trust *t = trust_with(store, NULL);
    struct buf leaf = folder_read("direct.der");
    struct key *key;

    for (size_t at = 0; at < leaf.len; at++) {
        struct bytes chain = buf_bytes(&leaf);
        struct cred *cred = NULL;
        struct peer peer = {0};

        leaf.p[at] ^= (uint8_t)(1u << (at % 8));
        if (key_from_certificate(chain, &key) == EDHOC_OK) {
            ck_assert_ok(cred_new_x5chain(key, &chain, 1, &cred));
            ck_assert_int_ne(trust_judge_server(t, cred, WEB, time(NULL), &peer), EDHOC_OK);
            key_free(key);
        }
        cred_free(cred);
        peer_clear(&peer);
        leaf.p[at] ^= (uint8_t)(1u << (at % 8));
        ck_assert_int_ne(key_from_certificate(bytes_of(leaf.p, at), &key), EDHOC_OK);
    }
    buf_put_byte(&leaf, 0);
    ck_assert_err(key_from_certificate(buf_bytes(&leaf), &key), EDHOC_ERR_CRED_BAD);
    buf_free(&leaf);
    trust_free(t);
    x509_store_free(store);
}
END_TEST

START_TEST(keys_that_cannot_sign_are_refused)
{
    struct buf rsa = folder_read("rsaleaf.der");
    struct key *key;
    edhoc_err err = key_from_certificate(buf_bytes(&rsa), &key);

    ck_assert_err(err, EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_nonnull(strstr(report_details(err), "RSA"));
    buf_free(&rsa);
}
END_TEST

/* ---- our own certificate ---- */

static struct key *private_key(const char *name)
{
    struct buf pem = folder_read(textf("%s.key", name));
    struct key *key;

    ck_assert_ok(key_from_pem(buf_bytes(&pem), NULL, false, &key));
    buf_free(&pem);
    return key;
}

START_TEST(an_own_certificate_must_fit_its_key)
{
    struct buf der[4], pem = folder_read("web.crt"), more = folder_read("sub.crt");
    struct bytes chain[4];
    struct key *key = private_key("web"), *other = private_key("direct");
    struct identity *id;
    size_t count;

    buf_put(&pem, buf_bytes(&more));
    ck_assert_ok(x509_read_pem(buf_bytes(&pem), der, 4, &count));
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < count; i++)
        chain[i] = buf_bytes(&der[i]);
    ck_assert_err(identity_new_x509(other, chain, count, NULL, "FILE", &id), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ok(identity_new_x509(key, chain, count, NULL, "FILE", &id));
    ck_assert(identity_answers(id, WEB) && identity_answers(id, "x@127.0.0.1"));
    ck_assert(!identity_answers(id, "HTTP@other.example.org") && !identity_answers(id, "HTTP"));
    ck_assert(id->expires > time(NULL) && id->expires <= time(NULL) + 366 * DAY);
    ck_assert_int_eq(cred_form(id->by_value), CRED_X5CHAIN);
    ck_assert_ptr_null(id->by_reference);
    identity_free(id);
    ck_assert_err(x509_read_pem(buf_bytes(&pem), der + 2, 1, &count), EDHOC_ERR_KEY_FORMAT);
    ck_assert_uint_eq(count, 0);
    key_free(key);
    key_free(other);
    buf_free(&der[0]);
    buf_free(&der[1]);
    buf_free(&pem);
    buf_free(&more);
}
END_TEST

/* A certificate with one name after the other in it, as far as its hosts go. */
static struct buf certificate_for(int type, const char *name)
{
    X509 *x = X509_new();
    GENERAL_NAME *san = a2i_GENERAL_NAME(NULL, NULL, NULL, type, type == GEN_IPADD ? name : "x", 0);
    GENERAL_NAMES *sans = sk_GENERAL_NAME_new_null();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct buf out = buf_new(4096);
    unsigned char *der = NULL;
    int len;

    ck_assert(x != NULL && san != NULL && sans != NULL && key != NULL);
    if (type == GEN_DNS)
        ck_assert_int_eq(ASN1_STRING_set(san->d.dNSName, name, (int)strlen(name)), 1);
    ck_assert_int_eq(sk_GENERAL_NAME_push(sans, san), 1);
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_subject_alt_name, sans, 0, 0), 1);
    ck_assert_int_eq(X509_set_version(x, X509_VERSION_3), 1);
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(x), 0));
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(x), 60));
    ck_assert_int_eq(X509_set_pubkey(x, key), 1);
    ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
    len = i2d_X509(x, &der);
    ck_assert_int_gt(len, 0);
    ck_assert_ok(buf_copy(&out, bytes_of(der, (size_t)len)));
    OPENSSL_free(der);
    GENERAL_NAMES_free(sans);
    EVP_PKEY_free(key);
    X509_free(x);
    return out;
}

static const struct {
    int type;
    const char *name;
} host_names[] = {
    {GEN_DNS, "a.example.org"},
    {GEN_DNS, "A.Example.ORG"},
    {GEN_DNS, "*.example.org"},
    {GEN_DNS, "*.Example.org"},
    {GEN_DNS, "*.org"},
    {GEN_DNS, "*"},
    {GEN_DNS, "a*.example.org"},
    {GEN_DNS, "*a.example.org"},
    {GEN_DNS, "*.*.example.org"},
    {GEN_DNS, "a.*.example.org"},
    {GEN_DNS, "*.a_b.org"},
    {GEN_DNS, "*.-a.org"},
    {GEN_DNS, "*.a-.org"},
    {GEN_DNS, "*.a--b.org"},
    {GEN_DNS, "*..example.org"},
    {GEN_DNS, "*.example.org."},
    {GEN_DNS, ".example.org"},
    {GEN_DNS, "a.example.org."},
    {GEN_DNS, "*.xn--a.org"},
    {GEN_DNS, "xn--*.b.org"},
    {GEN_DNS, "a_b.example.org"},
    {GEN_DNS, "127.0.0.1"},
    {GEN_DNS, "*.0.0.1"},
    {GEN_IPADD, "127.0.0.1"},
    {GEN_IPADD, "::1"},
    {GEN_DNS, "a"},
    {GEN_DNS, "example.org"},
    {GEN_DNS, "*.a.example.org"},
    {GEN_DNS, "\xc3\xa9.example.org"},
    {GEN_DNS, "*.1.org"},
};

/* What is kept of our own certificates says what libcrypto says of a peer's. */
START_TEST(hosts_that_are_kept_are_those_of_libcrypto)
{
    static const char *const hosts[] = {
        "a.example.org",
        "A.EXAMPLE.org",
        "b.example.org",
        "a.b.example.org",
        "example.org",
        "org",
        "a",
        "a.org",
        "aa.example.org",
        "-.example.org",
        "xn--a.example.org",
        "x.xn--a.org",
        "xn--x.b.org",
        "x.a_b.org",
        "a_b.example.org",
        "x.-a.org",
        "x.a-.org",
        "x.a--b.org",
        "127.0.0.1",
        "127.0.0.2",
        "::1",
        "0:0:0:0:0:0:0:1",
        "a.example.org.",
        ".example.org",
        "",
        "x..example.org",
        "x.1.org",
        "1.example.org",
        "x.a.example.org",
        "\xc3\xa9.example.org",
        "a.*.example.org",
        "127.0.0.1.",
    };
    struct buf der = certificate_for(host_names[_i].type, host_names[_i].name);
    struct x509_hosts *h;

    ck_assert_ok(x509_hosts_new(buf_bytes(&der), &h));
    for (int i = 0; i < ROWS(hosts); i++) {
        bool named = x509_names_host(buf_bytes(&der), hosts[i]);

        ck_assert_msg(x509_hosts_have(h, hosts[i]) == named, "%s, \"%s\"", hosts[i],
                      named ? "is one for libcrypto" : "is none for libcrypto");
    }
    x509_hosts_free(h);
    ck_assert_err(x509_hosts_new(BYTES_LITERAL("rubbish"), &h), EDHOC_ERR_CRED_BAD);
    buf_free(&der);
}
END_TEST

/* The product's next block of zeros, which ends where a page ends, and nothing is after it. */
static bool next_is_guarded;
static void *guarded;

void *__real_calloc(size_t n, size_t len);
void *__wrap_calloc(size_t n, size_t len);
void __real_free(void *p);
void __wrap_free(void *p);

void *__wrap_calloc(size_t n, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages;

    if (!next_is_guarded)
        return __real_calloc(n, len);
    next_is_guarded = false;
    must(n * len <= page);
    pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
    guarded = pages + page - n * len;
    return guarded;
}

void __wrap_free(void *p)
{
    if (p == NULL || p != guarded)
        __real_free(p);
    else
        guarded = NULL; /* the pages stay until the program ends */
}

START_TEST(behind_the_last_host_nothing_is_looked_at)
{
    struct buf der = certificate_for(GEN_DNS, "a.example.org");
    struct x509_hosts *h;

    next_is_guarded = true;
    ck_assert_ok(x509_hosts_new(buf_bytes(&der), &h));
    ck_assert_ptr_eq(h, guarded);
    ck_assert(!x509_hosts_have(h, "b.example.org"));
    ck_assert(!x509_hosts_have(h, "127.0.0.1"));
    x509_hosts_free(h);
    ck_assert_ptr_null(guarded);
    buf_free(&der);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "certificates", 120);

    tcase_add_checked_fixture(tc, host_fails, check_queue);
    tcase_add_loop_test(tc, each_chain_is_judged_as_its_row_says, 0, ROWS(decisions));
    tcase_add_loop_test(tc, a_upn_is_within_the_name_constraints_for_mail, 0, ROWS(constraints));
    tcase_add_test(tc, a_malformed_name_is_not_passed_over);
    tcase_add_test(tc, the_name_that_comes_first_may_stand_last);
    tcase_add_loop_test(tc, a_broken_line_keeps_its_names_from_every_ca, 0, ROWS(broken));
    tcase_add_test(tc, a_remembered_verdict_ends_in_time);
    tcase_add_test(tc, who_cannot_be_looked_up_in_the_lists_is_refused);
    tcase_add_test(tc, a_validation_that_cannot_begin_is_told_as_that);
    tcase_add_test(tc, a_list_is_verified_once_for_its_issuer);
    tcase_add_test(tc, what_is_known_to_be_good_still_revokes_and_ends);
    tcase_add_test(tc, a_list_is_known_for_the_issuer_and_not_for_the_name);
    tcase_add_test(tc, of_two_lists_by_one_name_neither_is_taken_as_known);
    tcase_add_test(tc, what_is_remembered_ends_when_the_next_list_begins);
    tcase_add_test(tc, a_list_out_of_date_of_somebody_else_costs_no_memory);
    tcase_add_test(tc, a_list_of_one_distribution_point_is_not_taken_for_another);
    tcase_add_test(tc, a_forged_leaf_costs_one_signature_by_a_key_that_is_authentic);
    tcase_add_test(tc, an_intermediate_ca_may_be_the_anchor);
    tcase_add_test(tc, stores_without_a_certificate_are_refused);
    tcase_add_test(tc, a_damaged_certificate_is_refused);
    tcase_add_test(tc, keys_that_cannot_sign_are_refused);
    tcase_add_test(tc, an_own_certificate_must_fit_its_key);
    tcase_add_loop_test(tc, hosts_that_are_kept_are_those_of_libcrypto, 0, ROWS(host_names));
    tcase_add_test(tc, behind_the_last_host_nothing_is_looked_at);
}

int main(void)
{
    int status;

    folder_make("x509");
    folder_certificates(".");
    status = suite_main("x509", add);
    folder_remove();
    return status;
}
