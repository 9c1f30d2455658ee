/* What reads bytes of a peer's, of a file's or of an agent's, alone. */
#include "fuzz.h"

#include "base/base64.h"
#include "base/cbor.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "edhoc/ead.h"
#include "edhoc/message_error.h"
#include "load/key_list.h"
#include "load/mech_conf.h"
#include "load/openssh_key.h"
#include "load/trust_file.h"
#include "peer/trust_line.h"
#include "peer/krl.h"
#include "peer/revoked.h"
#include "peer/ssh_cert.h"
#include "peer/match.h"
#include "peer/trust.h"
#include "profile/item.h"

#include <stdlib.h>
#include <string.h>

#define SEED(text) add(BYTES_LITERAL(text))

/* ---- CBOR ---- */

static void run_cbor(struct bytes in)
{
    struct cbor_reader any = cbor_reader(in), r = cbor_reader(in);
    struct bytes whole = cbor_read_any(&any);

    fuzz_must(any.failed || whole.len + any.rest.len == in.len, "an item is a part of the input");
    while (!r.failed && r.rest.len > 0)
        switch (cbor_peek(&r)) {
        case CBOR_UINT:
            (void)cbor_read_uint(&r);
            break;
        case CBOR_NINT:
            (void)cbor_read_int(&r);
            break;
        case CBOR_BSTR:
            (void)cbor_read_bstr(&r);
            break;
        case CBOR_TSTR:
            fuzz_must(cbor_utf8(cbor_read_tstr(&r)), "text is UTF-8");
            break;
        case CBOR_ARRAY:
            (void)cbor_read_array(&r);
            break;
        case CBOR_MAP:
            (void)cbor_read_map(&r);
            break;
        default:
            (void)cbor_read_any(&r);
        }
}

static void seed_cbor(void (*add)(struct bytes))
{
    SEED("\x83\x01\x20\x43"
         "abc");
    SEED("\xa2\x01\x63xyz\x20\xf6");
    SEED("\xc1\x1a\x00\x01\x00\x00");
}

/* ---- credentials and EAD ---- */

static void run_id_cred(struct bytes in)
{
    struct cred_id id;
    struct cred *c = NULL;

    if (cred_id_read(in, &id) != EDHOC_OK)
        return;
    fuzz_must(bytes_equal(id.map, in), "all of it was read");
    if (id.form == CRED_KCCS)
        for (int dh = 0; dh < 2; dh++)
            if (cred_from_kccs(&id, dh, &c) == EDHOC_OK) {
                fuzz_must(bytes_equal(cred_id(c), in), "a kccs stays as it came");
                cred_free(c);
            }
    if (id.form == CRED_X5CHAIN && cred_from_x5chain(&id, &c) == EDHOC_OK)
        cred_free(c);
}

static void seed_id_cred(void (*add)(struct bytes))
{
    const struct keytype *types[] = {keytype_by_name("x25519"), keytype_by_name("p256")};

    for (size_t i = 0; i < 2; i++) {
        struct key *key;
        struct cred *c;

        if (key_generate(types[i], &key) != EDHOC_OK)
            exit(2);
        if (cred_new_kccs(key, BYTES_LITERAL("alice@example.org"), &c) != EDHOC_OK)
            exit(2);
        add(cred_id(c));
        cred_free(c);
        key_free(key);
    }
    SEED("\xa1\x04\x48\x01\x02\x03\x04\x05\x06\x07\x08");
    SEED("\xa1\x18\x22\x82\x2e\x44\x01\x02\x03\x04");
}

static void run_ead(struct bytes in)
{
    struct profile_item item;
    struct ead_item found;
    bool is_there;

    for (int message = 1; message <= 4; message++)
        if (item_read(message, in, &item) == EDHOC_OK && item.target.len > 0)
            fuzz_must(item_target_ok(item.target), "a target that was read may travel");
    (void)!ead_find(in, 1, &found, &is_there);
}

static void seed_ead(void (*add)(struct bytes))
{
    SEED("\x39\xff\x46\x43\x82\xf6\x00");
    SEED("\x39\xff\x46\x45\x83\x18\x3e\xf6\xf6");
    SEED("\x00\x39\xff\x46\x43\x81\x18\x22");
}

static void run_error(struct bytes in)
{
    struct suite_list suites_r;

    if (message_is_error(in) && message_error_read(in, &suites_r) == EDHOC_OK)
        fuzz_must(suites_r.len <= SUITES_COUNT, "suites that we know");
}

static void seed_error(void (*add)(struct bytes))
{
    SEED("\x01\x75"
         "authentication failed");
    SEED("\x02\x83\x02\x04\x06");
}

/* ---- files ---- */

/* Each line is found again by what it says. */
static void check_index(const struct trust *t)
{
    struct trust_cursor lines = {.part = 0};
    const struct trust_line *line;

    while ((line = trust_next(t, &lines)) != NULL) {
        struct bytes list = bytes_of_text(line->principals);
        struct trust_cursor by_key = {.part = 0};
        struct pattern pattern;

        fuzz_must(line->is_ca || trust_walk_key(t, line->cred, &by_key),
                  "a line is found by its key");
        while (match_next(&list, &pattern)) {
            struct trust_cursor by_name = {.part = 0};

            fuzz_must(pattern.negated || trust_walk_name(t, pattern.text, &by_name),
                      "a line is found by its names");
        }
    }
}

/* What is told of those that do not count. */
static void check_notes(const struct trust *t)
{
    struct trust_story story;
    bool taken;

    for (size_t i = 0; i < trust_note_count(t); i++) {
        trust_note(t, i, &taken, &story);
        fuzz_must(strncmp(story.text, "file line ", 10) == 0, "a story has its place");
    }
}

static void run_trust(struct bytes in)
{
    struct trust_line *line = NULL;
    struct trust *t = NULL;

    if (trust_line_parse(in, "file", 1, &line) == EDHOC_OK)
        trust_line_free(line);
    if (trust_pub_line_parse(in, "file", 1, &line) == EDHOC_OK)
        trust_line_free(line);
    if (trust_new(&t) != EDHOC_OK)
        return;
    if (trust_text_read(in, "file", t) == EDHOC_OK && trust_examine(t) == EDHOC_OK) {
        check_index(t);
        check_notes(t);
    }
    trust_free(t);
}

#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

static void seed_trust(void (*add)(struct bytes))
{
    SEED("alice@example.org client " ED25519 " a comment\n");
    SEED("*@example.org,!bob@* cert-authority,valid-before=\"20300101\" " ED25519 "\n");
    SEED("# nothing\n\nHTTP@web.example.org server,namespaces=\"gss-edhoc\" " ED25519 "\r\n");
}

static void run_openssh_key(struct bytes in)
{
    struct key *key = NULL;
    char *comment = NULL;

    if (openssh_key_is(in) && openssh_key_read(in, "file", &key, &comment) == EDHOC_OK)
        key_free(key);
    free(comment);
    if (key_from_pem(in, NULL, false, &key) == EDHOC_OK)
        key_free(key);
}

static void seed_openssh_key(void (*add)(struct bytes))
{
    struct buf pem = buf_new(4096);
    struct key *key;

    if (key_generate(keytype_by_name("ed25519"), &key) != EDHOC_OK ||
        key_to_pem(key, NULL, &pem) != EDHOC_OK)
        exit(2);
    add(buf_bytes(&pem));
    buf_free(&pem);
    key_free(key);
}

static void run_mech_conf(struct bytes in)
{
    struct mech_conf conf = {0};

    (void)!mech_conf_text(in, "file", &conf);
    mech_conf_clear(&conf);
}

static void seed_mech_conf(void (*add)(struct bytes))
{
    SEED("edhoc " MECH_OID " mech_edhoc.so [trust=/etc/gss/edhoc/trust suites=6,4] <interposer>\n");
    SEED("# a comment\n\nedhoc\t1.2\tx.so\n");
}

/* ---- OpenSSH's wire forms ---- */

static void run_ssh_blob(struct bytes in)
{
    struct buf again = buf_new(4096);
    struct key *key = NULL;

    if (ssh_blob_read(in, &key) == EDHOC_OK) {
        ssh_blob_put(key, &again);
        fuzz_must(bytes_equal(buf_bytes(&again), in), "a blob has one form");
        key_free(key);
    }
    buf_free(&again);
}

static void seed_ssh_blob(void (*add)(struct bytes))
{
    for (const struct keytype *t = keytypes; t->name != NULL; t++) {
        struct buf blob = buf_new(4096);
        struct key *key;

        if (key_generate(t, &key) != EDHOC_OK)
            exit(2);
        ssh_blob_put(key, &blob);
        add(buf_bytes(&blob));
        buf_free(&blob);
        key_free(key);
    }
}

static void run_ssh_cert(struct bytes in)
{
    struct ssh_cert c;

    if (ssh_cert_read(in, &c) != EDHOC_OK)
        return;
    for (struct bytes list = c.principals, one; ssh_cert_principal(&list, &one);)
        fuzz_must(one.len <= in.len, "a principal is a part of the certificate");
}

static void run_krl(struct bytes in)
{
    struct revoked *r = NULL;

    if (krl_is(in) && krl_read(in, "file", &r) == EDHOC_OK)
        revoked_free(r);
    else if (key_list_read(in, "file", &r) == EDHOC_OK)
        revoked_free(r);
}

static void seed_krl(void (*add)(struct bytes))
{
    SEED("SSHKRL\n\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    SEED(ED25519 "\n");
}

static void run_base64(struct bytes in)
{
    struct buf out = buf_new(1u << 20), again = buf_new(1u << 21);

    if (base64_read(in, &out)) {
        base64_put(buf_bytes(&out), &again);
        fuzz_must(bytes_equal(buf_bytes(&again), in), "base64 has one form");
    }
    buf_free(&out);
    buf_free(&again);
}

const struct fuzz_target fuzz_parsers[] = {
    {"cbor", run_cbor, seed_cbor},
    {"id_cred", run_id_cred, seed_id_cred},
    {"ead", run_ead, seed_ead},
    {"error", run_error, seed_error},
    {"trust", run_trust, seed_trust},
    {"openssh_key", run_openssh_key, seed_openssh_key},
    {"mech_conf", run_mech_conf, seed_mech_conf},
    {"ssh_blob", run_ssh_blob, seed_ssh_blob},
    {"ssh_cert", run_ssh_cert, NULL},
    {"krl", run_krl, seed_krl},
    {"base64", run_base64, NULL},
    {NULL, NULL, NULL},
};
