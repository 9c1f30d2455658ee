/* Files, trust lines and settings: everything that a person writes, and can write wrongly. */
#include "base/base64.h"
#include "base/ssh_wire.h"
#include "base/utc.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "crypto/ssh_blob.h"
#include "load/file.h"
#include "load/identity_file.h"
#include "load/load.h"
#include "load/mech_conf.h"
#include "load/place.h"
#include "load/trust_file.h"
#include "peer/trust_line.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/suite.h"

/* ---- a directory of its own for each test ---- */

static void begin(void)
{
    static const char *const variables[] = {
        "GSS_EDHOC_IDENTITY",    "GSS_EDHOC_SERVICE_IDENTITY",
        "GSS_EDHOC_CERTIFICATE", "GSS_EDHOC_TRUST",
        "GSS_EDHOC_ANCHORS",     "GSS_EDHOC_CRLS",
        "GSS_EDHOC_SUITES",      "GSS_EDHOC_OPTIONS",
        "GSS_EDHOC_TRACE",       "GSS_EDHOC_REVOKED",
        "GSS_EDHOC_LOG",         "XDG_CONFIG_HOME",
    };

    folder_make("load");
    for (int i = 0; i < ROWS(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", folder(), 1);
    setenv("GSS_MECH_CONFIG", "/nonexistent/mech.conf", 1);
    report_clear();
}

/* ---- keys ---- */

/* One key of each type for the whole run. */
static struct key *keys[8];

static void make_keys(void)
{
    for (size_t i = 0; keytypes[i].name != NULL; i++)
        ck_assert_ok(key_generate(&keytypes[i], &keys[i]));
}

static void free_keys(void)
{
    for (size_t i = 0; keytypes[i].name != NULL; i++)
        key_free(keys[i]);
}

static struct key *key_of(const char *type)
{
    for (size_t i = 0; keytypes[i].name != NULL; i++)
        if (strcmp(keytypes[i].name, type) == 0)
            return keys[i];
    ck_abort_msg("no type %s", type);
    return NULL;
}

static const char *write_key(const char *name, const struct key *key, mode_t mode)
{
    struct buf pem = buf_new(IDENTITY_FILE_MAX);
    const char *path;

    ck_assert_ok(key_to_pem(key, NULL, &pem));
    path = folder_write_bytes(name, buf_bytes(&pem), mode);
    buf_free(&pem);
    return path;
}

static void write_pub(const char *name, const char *principals, const struct key *key)
{
    struct buf line = buf_new(TRUST_LINE_MAX);

    trust_line_format(principals, NULL, key, "a comment", &line);
    buf_put_byte(&line, '\n');
    ck_assert(buf_err(&line) == EDHOC_OK);
    (void)folder_write_bytes(name, buf_bytes(&line), 0644);
    buf_free(&line);
}

/* ---- templates: {TYPE} is "type base64" of that type's key, and a few broken ones ---- */

static void put_blob(struct bytes blob, struct buf *out)
{
    base64_put(blob, out);
}

/* Changes the Ed25519 or P-256 blob as `how` says. */
static void put_broken(const char *how, struct buf *out)
{
    struct buf blob = buf_new(512);
    bool ec = strncmp(how, "p256", 4) == 0;

    ssh_blob_put(key_of(ec ? "p256" : "ed25519"), &blob);
    if (strcmp(how, "p256-off-curve") == 0)
        blob.p[blob.len - 1] ^= 1;
    else if (strcmp(how, "p256-curve-name") == 0)
        blob.p[4 + 19 + 4 + 7] = '4'; /* nistp254 */
    else if (strcmp(how, "p256-compressed") == 0)
        blob.p[4 + 19 + 4 + 8 + 4] = 2;
    else if (strcmp(how, "trailing") == 0)
        buf_put_byte(&blob, 0);
    else if (strcmp(how, "short") == 0)
        blob.len--;
    else if (strcmp(how, "length") == 0)
        blob.p[4 + 11 + 3] = 255;
    else if (strcmp(how, "huge") == 0)
        blob.p[0] = 0xff;
    else if (strcmp(how, "unknown") == 0)
        blob.p[4] = 'z';
    else
        ck_abort_msg("no such change: %s", how);
    put_blob(buf_bytes(&blob), out);
    buf_free(&blob);
}

static void put_placeholder(const char *name, struct buf *out)
{
    struct buf blob = buf_new(512);

    if (strncmp(name, "broken ", 7) == 0) {
        put_broken(name + 7, out);
    } else if (strncmp(name, "base64 ", 7) == 0) {
        ssh_blob_put(key_of(name + 7), &blob);
        put_blob(buf_bytes(&blob), out);
    } else if (strncmp(name, "ssh ", 4) == 0) { /* a key of that type, whatever it is */
        ssh_put_string(&blob, bytes_of_text(name + 4));
        ssh_put_string(&blob, BYTES_LITERAL("\x01\x00\x01"));
        put_blob(buf_bytes(&blob), out);
    } else if (strncmp(name, "fill ", 5) == 0) {
        for (int n = atoi(name + 5); n > 0; n--)
            buf_put_byte(out, 'x');
    } else {
        trust_line_format(NULL, NULL, key_of(name), NULL, out);
    }
    buf_free(&blob);
}

static struct buf expand(const char *template)
{
    struct buf out = buf_new(65536);

    while (*template != '\0') {
        size_t plain = strcspn(template, "{"), len;
        char name[64];

        buf_put(&out, bytes_of(template, plain));
        template += plain;
        if (*template == '\0')
            break;
        len = strcspn(++template, "}");
        ck_assert_uint_lt(len, sizeof(name));
        memcpy(name, template, len);
        name[len] = '\0';
        put_placeholder(name, &out);
        template += len + 1;
    }
    ck_assert(buf_err(&out) == EDHOC_OK);
    return out;
}

/* ---- trust lines ---- */

enum { BOTH = TRUST_CLIENT | TRUST_SERVER };

/* `says` is the principals of a good line, or part of the error of a bad one; NULL for a line that
 * is passed over. */
static const struct {
    const char *line;
    edhoc_err err;
    const char *says;
    unsigned roles;
} trust_lines[] = {
    /* good */
    {"alice {ed25519}", EDHOC_OK, "alice", BOTH},
    {"alice {ed448}", EDHOC_OK, "alice", BOTH},
    {"alice {x25519}", EDHOC_OK, "alice", BOTH},
    {"alice {x448}", EDHOC_OK, "alice", BOTH},
    {"alice {p256}", EDHOC_OK, "alice", BOTH},
    {"alice {p256dh}", EDHOC_OK, "alice", BOTH},
    {"alice {p384}", EDHOC_OK, "alice", BOTH},
    {"alice {p384dh}", EDHOC_OK, "alice", BOTH},
    {"HTTP@web.example.org   {x25519}", EDHOC_OK, "HTTP@web.example.org", BOTH},
    {"alice,alice@laptop {ed25519} alice's laptop", EDHOC_OK, "alice,alice@laptop", BOTH},
    {" \t alice\t\t{ed25519}\t ", EDHOC_OK, "alice", BOTH},
    {"*@db.example.org server {p256}", EDHOC_OK, "*@db.example.org", TRUST_SERVER},
    {"user? client {ed25519}", EDHOC_OK, "user?", TRUST_CLIENT},
    {"* client,server {ed25519}", EDHOC_OK, "*", BOTH},
    {"*@example.org,!mallory@example.org client {ed25519}", EDHOC_OK,
     "*@example.org,!mallory@example.org", TRUST_CLIENT},
    {"alice valid-before=\"20271231\" {ed25519}", EDHOC_OK, "alice", BOTH},
    {"alice valid-after=\"20240229120000Z\",valid-before=\"202801010000\" {ed25519}", EDHOC_OK,
     "alice", BOTH},
    {"alice local-user=\"al\" {ed25519}", EDHOC_OK, "alice", BOTH},
    {"alice namespaces=\"git,gss-edhoc\" {ed25519}", EDHOC_OK, "alice", BOTH},
    {"alice namespaces=\"gss-*\",client {ed25519}", EDHOC_OK, "alice", TRUST_CLIENT},
    {"b\xc3\xbc"
     "cher {ed25519}",
     EDHOC_OK,
     "b\xc3\xbc"
     "cher",
     BOTH},
    {"client client {ed25519}", EDHOC_OK, "client", TRUST_CLIENT},
    {"ssh-rsa {ed25519}", EDHOC_OK, "ssh-rsa", BOTH},
    {"alice {ed25519} ecdsa # and more", EDHOC_OK, "alice", BOTH},
    {"", EDHOC_OK, NULL, 0},
    {"  \t", EDHOC_OK, NULL, 0},
    {"# alice {ed25519}", EDHOC_OK, NULL, 0},
    {"   # indented", EDHOC_OK, NULL, 0},
    {"#\xff\xfe not UTF-8, but a comment", EDHOC_OK, NULL, 0},
    /* principals */
    {"{ed25519}", EDHOC_ERR_TRUST_SYNTAX, "no principals", 0},
    {"{ed25519} alice", EDHOC_ERR_TRUST_SYNTAX, "no principals", 0},
    {",alice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is empty", 0},
    {"alice,,bob {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is empty", 0},
    {"alice, {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is empty", 0},
    {"alice,! client {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is empty", 0},
    {"!alice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "nothing but !", 0},
    {"alice bob {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "neither a key type nor an option", 0},
    {"alice, bob {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is empty", 0},
    {"\"alice\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "a quote", 0},
    {"\"alice smith\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "a blank", 0},
    {"\"alice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "a blank", 0},
    {"ali\\ce {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "a backslash", 0},
    {"al\x01ice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "control characters", 0},
    {"al\x7fice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "control characters", 0},
    {"al\xc2\x9bice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "control characters", 0},
    {"al\rice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "control characters", 0},
    {"al\xffice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "UTF-8", 0},
    {"al\xc0\xafice {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "UTF-8", 0},
    {"{fill 255} {ed25519}", EDHOC_OK, "", BOTH},
    {"{fill 256} {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "longer than 255", 0},
    {"alice,{fill 256} {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "longer than 255", 0},
    {"*@db.example.org {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "client or server", 0},
    {"alice? {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "client or server", 0},
    {"alice,*@x valid-before=\"20300101\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "client or server",
     0},
    /* options */
    {"alice cert-authority {ed25519}", EDHOC_OK, "alice", BOTH},
    {"*@x,!a@x cert-authority {p256}", EDHOC_OK, "*@x,!a@x", BOTH},
    {"alice client,cert-authority {ed25519}", EDHOC_OK, "alice", TRUST_CLIENT},
    {"*@x Cert-Authority,server,NAMESPACES=\"gss-*\" {p384}", EDHOC_OK, "*@x", TRUST_SERVER},
    {"* cert-authority,local-user=\"*\" {ed25519}", EDHOC_OK, "*", BOTH},
    {"* local-user=\"*\",cert-authority {ed25519}", EDHOC_OK, "*", BOTH},
    {"alice local-user=\"*\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "for cert-authority lines", 0},
    {"alice cert-authority=\"yes\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "no value", 0},
    {"alice cert-authority,cert-authority {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "twice", 0},
    {"alice cert-authority", EDHOC_ERR_TRUST_SYNTAX, "ends before the key type", 0},
    {"alice cert-authority ssh-ed25519", EDHOC_ERR_TRUST_SYNTAX, "no key after", 0},
    {"alice cert-authority {x25519}", EDHOC_ERR_TRUST_SYNTAX, "cannot be a CA's", 0},
    {"alice cert-authority {ed448}", EDHOC_ERR_TRUST_SYNTAX, "cannot be a CA's", 0},
    {"alice cert-authority ssh-rsa {base64 ed25519}", EDHOC_ERR_TRUST_SYNTAX, "another type", 0},
    {"alice cert-authority ssh-ed25519 *", EDHOC_ERR_TRUST_SYNTAX, "not base64", 0},
    {"alice cert-authority ssh-ed25519 {broken trailing}", EDHOC_ERR_TRUST_SYNTAX, "ssh-ed25519",
     0},
    {"alice cert-authority ecdsa-sha2-nistp256 {broken p256-off-curve}", EDHOC_ERR_TRUST_SYNTAX,
     "not a valid one", 0},
    {"alice no-such {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "\"no-such\"", 0},
    {"alice Client {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "\"Client\"", 0},
    {"alice client, {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "\"\"", 0},
    {"alice ,client {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "\"\"", 0},
    {"alice client,,server {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "\"\"", 0},
    {"alice client, server {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "\"\"", 0},
    {"alice client server {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "no key type", 0},
    {"alice client,client {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "twice", 0},
    {"alice client=\"yes\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "no value", 0},
    {"alice valid-before {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "with quotes", 0},
    {"alice valid-before=20271231 {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "with quotes", 0},
    {"alice valid-before=\"20271231 {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "closing quote", 0},
    {"alice valid-before=\"20271231\"x {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "a comma", 0},
    {"alice valid-before=\"20271231\",valid-before=\"20281231\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX,
     "twice", 0},
    {"alice valid-before=\"\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is no time", 0},
    {"alice valid-before=\"20271301\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is no time", 0},
    {"alice valid-before=\"20270229\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is no time", 0},
    {"alice valid-after=\"2027-01-01\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "is no time", 0},
    {"alice valid-after=\"20280101\",valid-before=\"20270101\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX,
     "later than", 0},
    {"alice valid-after=\"20280101\",valid-before=\"20280101\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX,
     "later than", 0},
    {"alice local-user=\"\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "no user's name", 0},
    {"alice local-user=\"a b\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "no user's name", 0},
    {"alice local-user=\"../a\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "no user's name", 0},
    {"alice namespaces=\"git\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "does not match", 0},
    {"alice namespaces=\"*,!gss-edhoc\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "does not match", 0},
    {"alice namespaces=\"\" {ed25519}", EDHOC_ERR_TRUST_SYNTAX, "does not match", 0},
    /* types and keys */
    {"alice", EDHOC_ERR_TRUST_SYNTAX, "ends before the key type", 0},
    {"alice client", EDHOC_ERR_TRUST_SYNTAX, "ends before the key type", 0},
    {"alice ssh-ed25519", EDHOC_ERR_TRUST_SYNTAX, "no key after", 0},
    {"alice ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==", EDHOC_ERR_TRUST_SYNTAX, "\"ssh-rsa\"", 0},
    {"alice sk-ssh-ed25519@openssh.com AAAA", EDHOC_ERR_TRUST_SYNTAX, "sk-ssh-ed25519", 0},
    {"alice ecdsa-sha2-nistp521 AAAA", EDHOC_ERR_TRUST_SYNTAX, "nistp521", 0},
    {"alice SSH-ED25519 {base64 ed25519}", EDHOC_ERR_TRUST_SYNTAX, "SSH-ED25519", 0},
    {"alice ssh-ed25519 {base64 x25519}", EDHOC_ERR_TRUST_SYNTAX, "is of type ecdh-x25519", 0},
    {"alice ecdh-nistp256 {base64 p256}", EDHOC_ERR_TRUST_SYNTAX, "of type ecdsa-sha2-nistp256", 0},
    {"alice ssh-ed25519 {base64 ed25519}=", EDHOC_ERR_TRUST_SYNTAX, "not base64", 0},
    {"alice ssh-ed25519 {base64 ed25519}AAAA", EDHOC_ERR_TRUST_SYNTAX, "nothing else", 0},
    {"alice ssh-ed25519 *{base64 ed25519}", EDHOC_ERR_TRUST_SYNTAX, "not base64", 0},
    {"alice ssh-ed25519 ====", EDHOC_ERR_TRUST_SYNTAX, "not base64", 0},
    {"alice ssh-ed25519 AAAA", EDHOC_ERR_TRUST_SYNTAX, "not an SSH public key blob", 0},
    {"alice ssh-ed25519 {fill 2000}", EDHOC_ERR_TRUST_SYNTAX, "not base64", 0},
    {"alice ssh-ed25519 {broken trailing}", EDHOC_ERR_TRUST_SYNTAX, "nothing else", 0},
    {"alice ssh-ed25519 {broken short}", EDHOC_ERR_TRUST_SYNTAX, "32 bytes", 0},
    {"alice ssh-ed25519 {broken length}", EDHOC_ERR_TRUST_SYNTAX, "32 bytes", 0},
    {"alice ssh-ed25519 {broken huge}", EDHOC_ERR_TRUST_SYNTAX, "not an SSH public key blob", 0},
    {"alice ssh-ed25519 {broken unknown}", EDHOC_ERR_TRUST_SYNTAX, "\"zsh-ed25519\"", 0},
    {"alice ecdsa-sha2-nistp256 {broken p256-off-curve}", EDHOC_ERR_TRUST_SYNTAX,
     "not a point on its curve", 0},
    {"alice ecdsa-sha2-nistp256 {broken p256-curve-name}", EDHOC_ERR_TRUST_SYNTAX, "nistp256", 0},
    {"alice ecdsa-sha2-nistp256 {broken p256-compressed}", EDHOC_ERR_TRUST_SYNTAX, "uncompressed",
     0},
    {"alice {ed25519} \x1b[2J", EDHOC_ERR_TRUST_SYNTAX, "the comment", 0},
    {"alice {ed25519} \xe9", EDHOC_ERR_TRUST_SYNTAX, "the comment", 0},
    {"alice {ed25519} {fill 8200}", EDHOC_ERR_TRUST_SYNTAX, "longer than 8192", 0},
};

START_TEST(each_trust_line_is_taken_or_told_what_is_wrong)
{
    struct buf text = expand(trust_lines[_i].line);
    struct trust_line *line = NULL;
    edhoc_err err = trust_line_parse(buf_bytes(&text), "the-file", 7, &line);
    const char *says = trust_lines[_i].says;

    ck_assert_told(err, trust_lines[_i].err, err == EDHOC_OK ? NULL : says);
    if (err != EDHOC_OK) {
        ck_assert_ptr_null(line);
        ck_assert_msg(strncmp(report_details(err), "the-file line 7: ", 17) == 0, "%s",
                      report_details(err));
    } else if (says == NULL) {
        ck_assert_ptr_null(line);
    } else {
        ck_assert_ptr_nonnull(line);
        if (says[0] != '\0')
            ck_assert_str_eq(line->principals, says);
        ck_assert_uint_eq(line->roles, trust_lines[_i].roles);
        ck_assert_str_eq(line->file, "the-file");
        ck_assert_uint_eq(line->line, 7);
    }
    trust_line_free(line);
    buf_free(&text);
}
END_TEST

START_TEST(all_fields_of_a_trust_line_are_read)
{
    struct buf text = expand("a,b client,valid-after=\"19700101\",valid-before=\"20380119031408Z\","
                             "local-user=\"al\\\"ice\" {p384dh} \t the \t comment \t ");
    struct trust_line *line = NULL;

    ck_assert_ok(trust_line_parse(buf_bytes(&text), "f", 1, &line));
    ck_assert_int_eq(line->valid_after, 0);
    ck_assert_int_eq(line->valid_before, INT64_C(1) << 31);
    ck_assert_str_eq(line->local_user, "al\"ice");
    ck_assert_str_eq(line->comment, "the   comment"); /* tabs have become blanks */
    ck_assert_ptr_eq(key_type(cred_key(line->cred)), keytype_by_name("p384dh"));
    ck_assert(bytes_equal(key_x(cred_key(line->cred)), key_x(key_of("p384dh"))));
    trust_line_free(line);
    buf_free(&text);
}
END_TEST

/* As OpenSSH reads it, where it has such lines: the last second at which it is valid. */
START_TEST(a_ca_line_has_a_cas_key_and_ends_a_second_later)
{
    struct buf text = expand("*@x cert-authority,valid-before=\"20380119031408Z\" {p384} people");
    struct buf blob = buf_new(512);
    struct trust_line *line = NULL;

    ssh_blob_put(key_of("p384"), &blob);
    ck_assert_ok(trust_line_parse(buf_bytes(&text), "f", 1, &line));
    ck_assert(line->is_ca);
    ck_assert_ptr_null(line->cred);
    ck_assert(bytes_equal(buf_bytes(&line->ca), buf_bytes(&blob)));
    ck_assert_int_eq(line->valid_before, (INT64_C(1) << 31) + 1);
    ck_assert_str_eq(line->comment, "people");
    trust_line_free(line);
    ck_assert_told(trust_pub_line_parse(buf_bytes(&text), "f", 1, &line), EDHOC_ERR_TRUST_SYNTAX,
                   "for trust files");
    ck_assert_ptr_null(line);
    buf_free(&blob);
    buf_free(&text);
}
END_TEST

START_TEST(a_nul_makes_no_trust_line)
{
    struct buf text = expand("alice {ed25519}");
    struct trust_line *line;

    buf_put(&text, bytes_of("\0x", 2));
    ck_assert_told(trust_line_parse(buf_bytes(&text), "f", 3, &line), EDHOC_ERR_TRUST_SYNTAX,
                   "f line 3: a NUL");
    ck_assert_told(trust_line_parse(bytes_of("#\0", 2), "f", 4, &line), EDHOC_ERR_TRUST_SYNTAX,
                   "f line 4: a NUL");
    buf_free(&text);
}
END_TEST

/* Each prefix of a good line is either good or a reported error, and nothing leaks. */
START_TEST(a_trust_line_cut_anywhere_is_good_or_told)
{
    struct buf text = expand("a,!b client,valid-before=\"20300101\",local-user=\"x\" {p256} end");

    for (size_t len = 0; len <= text.len; len++) {
        /* A copy of exactly that length, for the sanitizers to see a read beyond it. */
        uint8_t *exact = malloc(len > 0 ? len : 1);
        struct trust_line *line;
        edhoc_err err;

        memcpy(exact, text.p, len);
        err = trust_line_parse(bytes_of(exact, len), "f", 1, &line);
        ck_assert(err == EDHOC_OK || err == EDHOC_ERR_TRUST_SYNTAX);
        trust_line_free(line);
        free(exact);
    }
    buf_free(&text);
}
END_TEST

static const struct {
    const char *text;
    int64_t seconds; /* -1: no time */
} times[] = {
    {"19700101", 0},
    {"19700101Z", 0},
    {"197001010000", 0},
    {"19700101000001", 1},
    {"20000229", 951782400},
    {"20000301000000Z", 951868800},
    {"20240229235959", 1709251199},
    {"21000301", 4107542400},
    {"99991231235959Z", 253402300799},
    {"19691231", -1},
    {"21000229", -1},
    {"20230229", -1},
    {"20240431", -1},
    {"20240001", -1},
    {"20241301", -1},
    {"20240100", -1},
    {"2024010124", -1},
    {"202401012400", -1},
    {"202401012360", -1},
    {"20240101235960", -1},
    {"2024010", -1},
    {"Z", -1},
    {"", -1},
    {"20240101ZZ", -1},
    {"20240101z", -1},
    {"+0240101", -1},
    {" 20240101", -1},
    {"20240101000000UTC", -1},
};

START_TEST(times_are_read_in_their_three_forms_only)
{
    int64_t seconds = -1;
    bool ok = utc_read(bytes_of_text(times[_i].text), &seconds);

    ck_assert_msg(ok == (times[_i].seconds >= 0), "%s", times[_i].text);
    if (ok)
        ck_assert_int_eq(seconds, times[_i].seconds);
}
END_TEST

START_TEST(a_pub_line_begins_with_a_literal_name_or_none)
{
    struct buf nameless = expand("{ed25519} alice@laptop"), named = expand("alice,* client {x448}");
    struct buf wild = expand("*@x,alice client {x448}"), negated = expand("!m,alice {x448}");
    struct trust_line *line;

    ck_assert_ok(trust_pub_line_parse(buf_bytes(&nameless), "f", 1, &line));
    ck_assert_ptr_null(line->principals);
    ck_assert_str_eq(line->comment, "alice@laptop");
    trust_line_free(line);
    ck_assert_ok(trust_pub_line_parse(buf_bytes(&named), "f", 1, &line));
    ck_assert_str_eq(line->principals, "alice,*");
    trust_line_free(line);
    ck_assert_told(trust_pub_line_parse(buf_bytes(&wild), "f", 2, &line), EDHOC_ERR_TRUST_SYNTAX,
                   "f line 2: the first principal");
    ck_assert_told(trust_pub_line_parse(buf_bytes(&negated), "f", 2, &line), EDHOC_ERR_TRUST_SYNTAX,
                   "f line 2: the first principal");
    buf_free(&nameless);
    buf_free(&named);
    buf_free(&wild);
    buf_free(&negated);
}
END_TEST

/* ---- base64 and blobs ---- */

static const struct {
    const char *text;
    const char *bytes; /* NULL: not base64 */
} base64_rows[] = {
    {"Zg==", "f"},      {"Zm8=", "fo"},     {"Zm9v", "foo"},  {"Zm9vYg==", "foob"}, {"", NULL},
    {"Zg", NULL},       {"Zg=", NULL},      {"Zh==", NULL},   {"Zm9=", NULL},       {"Z===", NULL},
    {"====", NULL},     {"Zg==Zg==", NULL}, {"Zm9v\n", NULL}, {" Zm9v", NULL},      {"Zm-v", NULL},
    {"Zm9vZ=g=", NULL}, {"Zm9vYmE", NULL},
};

START_TEST(only_strict_base64_is_read)
{
    struct buf out = buf_new(64), back = buf_new(64);
    bool ok = base64_read(bytes_of_text(base64_rows[_i].text), &out);

    uint8_t at_once[8];
    size_t len;

    ck_assert_msg(ok == (base64_rows[_i].bytes != NULL), "%s", base64_rows[_i].text);
    ck_assert(ok == base64_read_public(bytes_of_text(base64_rows[_i].text), at_once, 8, &len));
    if (ok) {
        ck_assert(bytes_equal(buf_bytes(&out), bytes_of_text(base64_rows[_i].bytes)));
        ck_assert(bytes_equal(buf_bytes(&out), bytes_of(at_once, len)));
        ck_assert(!base64_read_public(bytes_of_text(base64_rows[_i].text), at_once, len - 1, &len));
        base64_put(buf_bytes(&out), &back);
        ck_assert(bytes_equal(buf_bytes(&back), bytes_of_text(base64_rows[_i].text)));
    }
    buf_free(&out);
    buf_free(&back);
}
END_TEST

/* Key to blob to key, for every type; every prefix of a blob is refused. */
START_TEST(a_blob_cut_anywhere_is_refused)
{
    struct buf b = buf_new(512);
    struct key *key;

    ssh_blob_put(keys[_i], &b);
    ck_assert_ok(ssh_blob_read(buf_bytes(&b), &key));
    ck_assert_ptr_eq(key_type(key), key_type(keys[_i]));
    ck_assert(bytes_equal(key_x(key), key_x(keys[_i])));
    ck_assert(bytes_equal(key_y(key), key_y(keys[_i])));
    key_free(key);
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);

        memcpy(exact, b.p, len);
        ck_assert_err(ssh_blob_read(bytes_of(exact, len), &key), EDHOC_ERR_KEY_FORMAT);
        free(exact);
    }
    buf_free(&b);
}
END_TEST

/* ---- trust files ---- */

static edhoc_err read_trust(const char *path, bool may_be_missing, size_t *count)
{
    struct trust *t;
    edhoc_err err;

    ck_assert_ok(trust_new(&t));
    err = trust_file_read(path, may_be_missing, NULL, t);
    *count = trust_count(t);
    trust_free(t);
    return err;
}

static const struct {
    const char *text;
    edhoc_err err;
    const char *says;
    size_t count;
} trust_files[] = {
    {"", EDHOC_OK, NULL, 0},
    {"\n\n# nothing\n", EDHOC_OK, NULL, 0},
    {"alice {ed25519}\nbob {x448}\n", EDHOC_OK, NULL, 2},
    {"alice {ed25519}\nbob {x448}", EDHOC_OK, NULL, 2},
    {"alice {ed25519}\r\n\r\n# x\r\nbob {x448}\r\n", EDHOC_OK, NULL, 2},
    {"alice {ed25519}\nbob {ed25519}\n", EDHOC_OK, NULL, 2},
    {"# one\n\nalice {ed25519}\nbob what {x448}\n", EDHOC_OK, NULL, 1},
    {"alice {ed25519}\r\nbob {x448} a\rb\r\n", EDHOC_OK, NULL, 1},
    {"alice {ed25519}\nbob, carol {x448}\n", EDHOC_ERR_TRUST_SYNTAX,
     " line 2: the principal \"\" is empty: commas separate names, without blanks; whom the line names cannot be told",
     1},
    {"\xef\xbb\xbf"
     "alice {ed25519}\n",
     EDHOC_ERR_TRUST_SYNTAX, " line 1: starts with a byte", 0},
    {"alice {ed25519}\n#{fill 8200}\nbob {x448}\n", EDHOC_OK, NULL, 2},
    {"alice {p256}\nbob {x448}\nalice {p256dh}\n", EDHOC_OK, NULL, 3},
};

START_TEST(each_trust_file_is_read_or_refused)
{
    struct buf text = expand(trust_files[_i].text);
    const char *path = folder_write_bytes("trust", buf_bytes(&text), 0644);
    size_t count;

    ck_assert_told(read_trust(path, false, &count), trust_files[_i].err, trust_files[_i].says);
    if (trust_files[_i].err != EDHOC_OK)
        ck_assert_ptr_nonnull(strstr(report_details(trust_files[_i].err), path));
    ck_assert_uint_eq(count, trust_files[_i].count);
    buf_free(&text);
}
END_TEST

/* What becomes of one line, between two that are good. */
enum fate { TAKEN, PASSED, REFUSED };

static const struct {
    const char *line;
    enum fate fate;
    const char *says;
    const char *client, *server; /* names that it takes from certificates of theirs, or NULL */
} bad_lines[] = {
    /* the key */
    {"a,b@h ssh-ed25519 AAAA", TAKEN, "not an SSH public key blob", "B@H.", "a"},
    {"a ssh-ed25519", TAKEN, "no key after", "a", "a"},
    {"a", TAKEN, "ends before the key type", "a", "a"},
    {"a client ssh-ed25519 {base64 x25519}", TAKEN, "of type ecdh-x25519", "a", NULL},
    {"a server ssh-ed25519 {base64 x25519}", TAKEN, "of type ecdh-x25519", "a", "a"},
    {"a ecdsa-sha2-nistp256 {broken p256-off-curve}", TAKEN, "not a point", "a", "a"},
    {"a {ed25519} \xff", TAKEN, "the comment", "a", "a"},
    {"a {ed25519} {fill 8200}", TAKEN, "longer than 8192", "a", "a"},
    /* patterns */
    {"*@h server ssh-ed25519 AAAA", TAKEN, "not an SSH", NULL, "x@H"},
    {"*@h client ssh-ed25519 AAAA", TAKEN, "not an SSH", NULL, NULL},
    {"*@h {ed25519}", TAKEN, "client or server", NULL, "x@h"},
    {"*@h,!b@h ssh-ed25519 AAAA", TAKEN, "client or server", NULL, "a@h"},
    {"!a {ed25519}", TAKEN, "nothing but !", NULL, NULL},
    /* options */
    {"a clinet {ed25519}", TAKEN, "\"clinet\"", "a", "a"},
    {"*@h client,clinet {ed25519}", TAKEN, "\"clinet\"", NULL, "x@h"},
    {"a b {ed25519}", TAKEN, "\"b\"", "a", "a"},
    {"a valid-before=\"2027\" {ed25519}", TAKEN, "is no time", "a", "a"},
    {"a namespaces=\"\" {ed25519}", TAKEN, "does not match", "a", "a"},
    {"a namespaces=\"git\" ssh-ed25519 AAAA", TAKEN, "not an SSH", "a", "a"},
    {"a namespaces=\"git\",x {ed25519}", TAKEN, "\"x\"", "a", "a"},
    {"a cert-authority ssh-ed25519 AAAA", TAKEN, "the key in it is of another type", "a", "a"},
    {"a cert-authority {x25519}", TAKEN, "cannot be a CA's", "a", "a"},
    {"a admin,cert-authority {ed25519}", TAKEN, "\"admin\"", "a", "a"},
    /* somebody else's */
    {"a namespaces=\"git\" {ed25519}", PASSED, "namespaces", NULL, NULL},
    {"a namespaces=\"git\",cert-authority {ed25519}", PASSED, "namespaces", NULL, NULL},
    {"a ssh-rsa {ssh ssh-rsa}", PASSED, "\"ssh-rsa\" is no key type", NULL, NULL},
    {"a client ssh-rsa {ssh ssh-rsa} comment", PASSED, "\"ssh-rsa\"", NULL, NULL},
    {"a sk-x@openssh.com {ssh sk-x@openssh.com}", PASSED, "\"sk-x@openssh.com\"", NULL, NULL},
    {"*@h sk-x@openssh.com {ssh sk-x@openssh.com}", PASSED, "\"sk-x", NULL, NULL},
    {"a cert-authority sk-x {ssh sk-x}", PASSED, "cannot be a CA's", NULL, NULL},
    {"a ssh-rsa {ssh ssh-dss}", TAKEN, "\"ssh-rsa\"", "a", "a"},
    {"a ssh-rsa {base64 ed25519}", TAKEN, "\"ssh-rsa\"", "a", "a"},
    {"a ssh-rsa", TAKEN, "\"ssh-rsa\"", "a", "a"},
    {"a x,y ssh-rsa {ssh ssh-rsa}", TAKEN, "\"x\"", "a", "a"},
    /* nobody knows whose */
    {"{ed25519}", REFUSED, "no principals", NULL, NULL},
    {"ssh-rsa {ssh ssh-rsa} me@laptop", REFUSED, "no principals", NULL, NULL},
    {"a, b {ed25519}", REFUSED, "is empty", NULL, NULL},
    {"a,,b {ed25519}", REFUSED, "is empty", NULL, NULL},
    {"\"a b\" {ed25519}", REFUSED, "a blank", NULL, NULL},
    {"a\x01 {ed25519}", REFUSED, "control characters", NULL, NULL},
    {"a\xff {ed25519}", REFUSED, "UTF-8", NULL, NULL},
    {"{fill 256} {ed25519}", REFUSED, "longer than 255", NULL, NULL},
};

static void check_taken(const struct trust *t, unsigned role, const char *name)
{
    static const char *const names[] = {"a", "b@h", "x@h", "a@h"};
    struct trust_story story;

    if (name != NULL)
        ck_assert(trust_taken_by(t, role, bytes_of_text(name), &story));
    for (size_t i = 0; name == NULL && i < ROWS(names); i++)
        ck_assert(!trust_taken_by(t, role, bytes_of_text(names[i]), &story));
    ck_assert(!trust_taken_by(t, role, BYTES_LITERAL("alice"), &story));
}

static void check_note(const struct trust *t, enum fate fate, const char *says)
{
    struct trust_story story;
    bool taken;

    ck_assert_uint_eq(trust_note_count(t), 1);
    trust_note(t, 0, &taken, &story);
    ck_assert_ptr_nonnull(strstr(story.text, says));
    ck_assert_msg(strncmp(story.text, "the-file line 2: ", 17) == 0, "%s", story.text);
    ck_assert(taken == (fate == TAKEN));
}

START_TEST(a_bad_line_leaves_the_rest_of_its_file)
{
    struct buf text = expand(textf("alice {x25519}\n%s\nbob {x448}\n", bad_lines[_i].line));
    struct trust *t;
    edhoc_err err;

    ck_assert_ok(trust_new(&t));
    err = trust_text_read(buf_bytes(&text), "the-file", t);
    if (bad_lines[_i].fate == REFUSED) {
        ck_assert_told(err, EDHOC_ERR_TRUST_SYNTAX, bad_lines[_i].says);
    } else {
        ck_assert_ok(err);
        ck_assert_ok(trust_examine(t));
        ck_assert_uint_eq(trust_count(t), 2);
        ck_assert_uint_eq(trust_ca_count(t), 0);
        check_note(t, bad_lines[_i].fate, bad_lines[_i].says);
        check_taken(t, TRUST_CLIENT, bad_lines[_i].client);
        check_taken(t, TRUST_SERVER, bad_lines[_i].server);
    }
    trust_free(t);
    buf_free(&text);
}
END_TEST

START_TEST(a_file_with_a_nul_is_no_text)
{
    struct buf text = expand("alice {x25519}\nbob {x448} x");
    struct trust *t;

    buf_put(&text, bytes_of("\0\n", 2));
    ck_assert_ok(trust_new(&t));
    ck_assert_told(trust_text_read(buf_bytes(&text), "f", t), EDHOC_ERR_TRUST_SYNTAX,
                   "f line 2: a NUL");
    trust_free(t);
    buf_free(&text);
}
END_TEST

/* The same numbers may not be pinned both ways. */
START_TEST(one_key_is_not_pinned_for_both_uses)
{
    struct buf pem = buf_new(4096), text = buf_new(4096);
    struct trust_story story;
    struct trust *t;
    struct key *dh;
    bool taken;

    ck_assert_ok(key_to_pem(key_of("p256"), NULL, &pem));
    ck_assert_ok(key_from_pem(buf_bytes(&pem), NULL, true, &dh));
    trust_line_format("alice", NULL, key_of("p256"), NULL, &text);
    buf_put_text(&text, "\n\n");
    trust_line_format("bob", "server", dh, NULL, &text);
    ck_assert_ok(trust_new(&t));
    ck_assert_ok(trust_text_read(buf_bytes(&text), "trust", t));
    ck_assert_ok(trust_examine(t));
    ck_assert_uint_eq(trust_count(t), 1);
    ck_assert_uint_eq(trust_note_count(t), 1);
    trust_note(t, 0, &taken, &story);
    ck_assert_ptr_nonnull(strstr(story.text, "trust line 3: this key is pinned as"));
    ck_assert(taken);
    ck_assert(trust_taken_by(t, TRUST_SERVER, BYTES_LITERAL("bob"), &story));
    ck_assert(!trust_taken_by(t, TRUST_SERVER, BYTES_LITERAL("alice"), &story));
    trust_free(t);
    key_free(dh);
    buf_free(&pem);
    buf_free(&text);
}
END_TEST

START_TEST(places_of_default_trust_files_are_named)
{
    struct settings s = {0};
    struct trust *t;

    ck_assert_ok(load_trust(&s, true, NULL, &t));
    ck_assert_ptr_nonnull(strstr(trust_places(t), folder_path(".config/gss-edhoc/trust or ")));
    trust_free(t);
    ck_assert_ok(load_trust(&s, false, NULL, &t));
    ck_assert_ptr_null(strstr(trust_places(t), folder()));
    trust_free(t);
}
END_TEST

START_TEST(a_configured_trust_file_must_exist)
{
    struct buf text = expand("alice {ed25519}\n");
    struct settings s = {0};
    struct trust *t;

    s.trust = folder_path("absent");
    ck_assert_told(load_trust(&s, true, NULL, &t), EDHOC_ERR_FILE, s.trust);
    ck_assert_ptr_null(t);
    s.trust = (char *)(uintptr_t)folder_write_bytes("trust", buf_bytes(&text), 0644);
    ck_assert_ok(load_trust(&s, true, NULL, &t));
    ck_assert_uint_eq(trust_count(t), 1);
    ck_assert_str_eq(trust_places(t), s.trust);
    trust_free(t);
    buf_free(&text);
}
END_TEST

/* ---- files that are not what they should be ---- */

static edhoc_err read_file(const char *path, enum file_rule rule, size_t max)
{
    struct buf out;
    edhoc_err err = file_read(path, rule, max, NULL, NULL, &out);

    buf_free(&out);
    return err;
}

START_TEST(only_regular_files_are_read)
{
    bool missing;
    struct buf out;

    ck_assert_told(read_file(folder_path("absent"), FILE_ANY, 10), EDHOC_ERR_FILE, "absent");
    ck_assert_ok(file_read(folder_path("absent"), FILE_ANY, 10, NULL, &missing, &out));
    ck_assert(missing);
    ck_assert_told(read_file(folder(), FILE_SECRET, 10), EDHOC_ERR_FILE, "a directory");
    ck_assert_int_eq(mkfifo(folder_path("fifo"), 0600), 0);
    ck_assert_told(read_file(folder_path("fifo"), FILE_SECRET, 10), EDHOC_ERR_FILE,
                   "not a regular file");
    ck_assert_told(read_file("/dev/zero", FILE_ANY, 10), EDHOC_ERR_FILE, "not a regular file");
    ck_assert_int_eq(symlink("loop", folder_path("loop")), 0);
    ck_assert_told(read_file(folder_path("loop"), FILE_ANY, 10), EDHOC_ERR_FILE, "loop");
    ck_assert_int_eq(symlink("nowhere", folder_path("dangling")), 0);
    ck_assert_ok(file_read(folder_path("dangling"), FILE_ANY, 10, NULL, &missing, &out));
    ck_assert(missing);
    ck_assert_int_eq(symlink(".", folder_path("to-dir")), 0);
    ck_assert_told(read_file(folder_path("to-dir"), FILE_ANY, 10), EDHOC_ERR_FILE, "a directory");
    (void)folder_write_bytes("plain", bytes_of_text("text"), 0644);
    ck_assert_int_eq(symlink("plain", folder_path("to-file")), 0);
    ck_assert_ok(read_file(folder_path("to-file"), FILE_TRUSTED, 10));
    ck_assert_told(read_file(folder_path("plain/below"), FILE_ANY, 10), EDHOC_ERR_FILE,
                   "plain/below");
}
END_TEST

START_TEST(files_have_a_bounded_size)
{
    const char *path = folder_write_bytes("four", bytes_of_text("1234"), 0644);
    struct buf out;

    ck_assert_ok(read_file(path, FILE_ANY, 4));
    ck_assert_told(read_file(path, FILE_ANY, 3), EDHOC_ERR_FILE, "4 bytes long; at most 3");
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_ok(file_read(path, FILE_ANY, 4, NULL, NULL, &out));
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0);
    ck_assert_told(read_file(path, FILE_ANY, TRUST_FILE_MAX), EDHOC_ERR_FILE,
                   "1099511627776 bytes long");
    /* A file that is longer than it says, as one is to which somebody appends. */
    ck_assert_told(read_file("/proc/self/status", FILE_ANY, 4096), EDHOC_ERR_FILE, "changed while");
}
END_TEST

static const struct {
    mode_t mode;
    edhoc_err secret, trusted;
} modes[] = {
    {0400, EDHOC_OK, EDHOC_OK},
    {0600, EDHOC_OK, EDHOC_OK},
    {0700, EDHOC_OK, EDHOC_OK},
    {0620, EDHOC_ERR_PERMISSIONS, EDHOC_ERR_PERMISSIONS},
    {0604, EDHOC_ERR_PERMISSIONS, EDHOC_OK},
    {0602, EDHOC_ERR_PERMISSIONS, EDHOC_ERR_PERMISSIONS},
    {0601, EDHOC_ERR_PERMISSIONS, EDHOC_OK},
    {0644, EDHOC_ERR_PERMISSIONS, EDHOC_OK},
    {0664, EDHOC_ERR_PERMISSIONS, EDHOC_ERR_PERMISSIONS},
    {0666, EDHOC_ERR_PERMISSIONS, EDHOC_ERR_PERMISSIONS},
    {0777, EDHOC_ERR_PERMISSIONS, EDHOC_ERR_PERMISSIONS},
};

START_TEST(files_that_others_may_use_are_refused_by_their_rule)
{
    const char *path = folder_write_bytes("f", bytes_of_text("x"), modes[_i].mode);

    ck_assert_told(read_file(path, FILE_SECRET, 10), modes[_i].secret,
                   modes[_i].secret != EDHOC_OK ? "chmod 600 /tmp/check_load." : NULL);
    ck_assert_told(read_file(path, FILE_TRUSTED, 10), modes[_i].trusted,
                   modes[_i].trusted != EDHOC_OK ? "chmod go-w /tmp/check_load." : NULL);
    ck_assert_ok(read_file(path, FILE_ANY, 10));
}
END_TEST

/* What a daemon's group may read must be root's, whoever asks. */
START_TEST(keys_that_a_group_reads_are_roots)
{
    static const struct {
        mode_t mode;
        edhoc_err want;
    } rows[] = {{0640, EDHOC_OK},
                {0440, EDHOC_OK},
                {0660, EDHOC_ERR_PERMISSIONS},
                {0650, EDHOC_ERR_PERMISSIONS},
                {0644, EDHOC_ERR_PERMISSIONS}};
    const char *path = folder_write_bytes("f", bytes_of_text("x"), 0640);

    if (!suite_is_root("a key of a daemon's group"))
        return;
    folder_run("chmod 711 .; chgrp 65534 f");
    for (int i = 0; i < 2 * ROWS(rows); i++) {
        ck_assert_int_eq(chmod(path, rows[i / 2].mode), 0);
        ck_assert_int_eq(setegid(i % 2 == 0 ? 0 : 65534), 0);
        ck_assert_int_eq(seteuid(i % 2 == 0 ? 0 : 65534), 0);
        ck_assert_err(read_file(path, FILE_SECRET, 10), rows[i / 2].want);
        ck_assert_int_eq(seteuid(0), 0);
        ck_assert_int_eq(setegid(0), 0);
    }
}
END_TEST

START_TEST(files_of_others_are_refused)
{
    const char *path = folder_write_bytes("f", bytes_of_text("x"), 0640);

    if (!suite_is_root("a file of somebody else"))
        return;
    ck_assert_int_eq(chown(path, 12345, 12345), 0);
    ck_assert_told(read_file(path, FILE_TRUSTED, 10), EDHOC_ERR_PERMISSIONS, "owned by user 12345");
    ck_assert_told(read_file(path, FILE_SECRET, 10), EDHOC_ERR_PERMISSIONS, "chmod 600");
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_ok(read_file(path, FILE_SECRET, 10));
}
END_TEST

/* ---- folders that others could put another file into ---- */

#define OWN "user 12345 owns the folder"

static const struct {
    const char *change, *path;
    edhoc_err want;
    const char *words;
    bool root; /* to set it up */
} folders[] = {
    {":", "a/b/f", EDHOC_OK, NULL, false},
    {":", "a/./b/..//b/f", EDHOC_OK, NULL, false},
    {":", "../../../../../tmp/f", EDHOC_ERR_FILE, NULL, false},
    {"chmod 775 a", "a/b/f", EDHOC_ERR_PERMISSIONS, "a/b/f: mode 0775 lets others", false},
    {"chmod 775 a", "a/b/f", EDHOC_ERR_PERMISSIONS, "run: chmod go-w /tmp/check_load.", false},
    {"chmod 757 a/b", "a/b/f", EDHOC_ERR_PERMISSIONS, "write to the folder", false},
    {"chmod 777 .", "a/b/f", EDHOC_ERR_PERMISSIONS, "mode 0777", false},
    {"chmod 1777 a; chmod 1775 .", "a/b/f", EDHOC_OK, NULL, false},
    {"chmod 1777 a/b", "a/b/f", EDHOC_OK, NULL, false},
    {"ln -s a/b l", "l/f", EDHOC_OK, NULL, false},
    {"ln -s $PWD/a/b l", "l/../b/f", EDHOC_OK, NULL, false},
    {"ln -s a/b l; chmod 777 a", "l/f", EDHOC_ERR_PERMISSIONS, "mode 0777", false},
    {"ln -s ../b/f c/l; chmod 777 c", "c/l", EDHOC_ERR_FILE, NULL, false},
    {"ln -s ../a/b/f c/l; chmod 777 c", "c/l", EDHOC_ERR_PERMISSIONS, "/c and put", false},
    {"ln -s ../a/b/f c/l; chmod 1777 c", "c/l", EDHOC_OK, NULL, false},
    {"ln -s ../c l; ln -s b/f a/c", "a/../a/c", EDHOC_OK, NULL, false},
    {"chown 12345 a", "a/b/f", EDHOC_ERR_PERMISSIONS, OWN, true},
    {"chown 12345 a; chmod 1777 a", "a/b/f", EDHOC_ERR_PERMISSIONS, OWN, true},
    {"chmod 1777 a; chown 12345 a/b", "a/b/f", EDHOC_ERR_PERMISSIONS, "b there is user 12345's",
     true},
    {"ln -s ../a/b/f c/l; chown -h 12345 c/l", "c/l", EDHOC_OK, NULL, true},
    {"ln -s ../a/b/f c/l; chown -h 12345 c/l; chmod 1777 c", "c/l", EDHOC_ERR_PERMISSIONS,
     "l there is user 12345's", true},
};

START_TEST(nobody_else_may_write_to_a_folder_on_the_way)
{
    const char *path = folder_path(folders[_i].path);

    if (folders[_i].root && !suite_is_root("a folder of somebody else"))
        return;
    folder_run("mkdir -p a/b c && echo x > a/b/f && chmod 600 a/b/f && %s", folders[_i].change);
    ck_assert_told(read_file(path, FILE_TRUSTED, 10), folders[_i].want, folders[_i].words);
    ck_assert_told(read_file(path, FILE_SECRET, 10), folders[_i].want, folders[_i].words);
    if (folders[_i].want != EDHOC_ERR_FILE)
        ck_assert_ok(read_file(path, FILE_ANY, 10));
    ck_assert_int_eq(chdir(folder()), 0);
    ck_assert_told(read_file(folders[_i].path, FILE_TRUSTED, 10), folders[_i].want,
                   folders[_i].words);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* Whoever asks, with root's folders and the user's own. */
START_TEST(a_file_is_believed_in_roots_folders_and_the_users_own)
{
    if (!suite_is_root("a folder of the user who asks, and root's"))
        return;
    folder_run(
        "chmod 711 . && mkdir -p a/b && echo x > a/b/f && chmod 600 a/b/f && chown 12345 a/b a/b/f");
    ck_assert_told(read_file(folder_path("a/b/f"), FILE_SECRET, 10), EDHOC_ERR_PERMISSIONS, OWN);
    ck_assert_int_eq(seteuid(12345), 0);
    ck_assert_ok(read_file(folder_path("a/b/f"), FILE_TRUSTED, 10));
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* ---- identities ---- */

/* Key to file to identity, and its trust line back to the same key, for every type. */
START_TEST(an_identity_comes_back_from_its_files)
{
    const char *path = write_key("k.pem", keys[_i], 0600);
    struct buf line = buf_new(TRUST_LINE_MAX);
    struct identity *id;
    struct trust_line *read;

    write_pub("k.pem.pub", "HTTP@web.example.org,imap@web.example.org", keys[_i]);
    ck_assert_ok(load_identity_at(path, NULL, NULL, &id));
    ck_assert_ptr_eq(key_type(id->key), key_type(keys[_i]));
    ck_assert(bytes_equal(key_x(id->key), key_x(keys[_i])));
    ck_assert_str_eq(id->name, "HTTP@web.example.org");
    ck_assert_str_eq(id->source, path);
    ck_assert(id->expires == INT64_MAX);
    trust_line_format(id->principals, "server", id->key, NULL, &line);
    ck_assert_ok(trust_line_parse(buf_bytes(&line), "f", 1, &read));
    ck_assert(bytes_equal(key_x(cred_key(read->cred)), key_x(keys[_i])));
    ck_assert_str_eq(read->principals, id->principals);
    trust_line_free(read);
    identity_free(id);
    buf_free(&line);
}
END_TEST

START_TEST(an_identity_needs_no_pub_file)
{
    struct identity *id;

    ck_assert_ok(load_identity_at(write_key("k.pem", keys[_i], 0600), NULL, NULL, &id));
    ck_assert_ptr_null(id->name);
    ck_assert_ptr_null(id->principals);
    ck_assert_uint_eq(cred_sub(id->by_value).len, 0);
    if (key_type(id->key)->kty == KTY_EC2)
        ck_assert(!identity_is_dh(id));
    else
        ck_assert_ptr_eq(key_type(id->key), key_type(keys[_i]));
    identity_free(id);
}
END_TEST

/* One of the same type is what a rotation leaves for a moment: only its names count. One of another
 * type would say that the key is for another use. */
START_TEST(of_a_pub_file_of_another_key_the_names_count)
{
    const char *path = write_key("k.pem", key_of("p256"), 0600);
    struct key *other;
    struct identity *id;

    ck_assert_ok(key_generate(keytype_by_name("p256"), &other));
    write_pub("k.pem.pub", "alice valid-before=\"20260101\"", other);
    ck_assert_ok(load_identity_at(path, NULL, NULL, &id));
    ck_assert_str_eq(id->principals, "alice");
    ck_assert(id->stale_pub);
    ck_assert(id->expires == INT64_MAX);
    ck_assert(bytes_equal(key_x(id->key), key_x(key_of("p256"))));
    identity_free(id);
    key_free(other);
    write_pub("k.pem.pub", "alice", key_of("p256"));
    ck_assert_ok(load_identity_at(path, NULL, NULL, &id));
    ck_assert(!id->stale_pub);
    identity_free(id);
}
END_TEST

START_TEST(a_pub_file_of_another_type_is_refused)
{
    const char *path = write_key("k.pem", key_of("p256"), 0600);
    struct identity *id;

    write_pub("k.pem.pub", "alice", key_of("ed25519"));
    ck_assert_told(load_identity_at(path, NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT,
                   "k.pem.pub is not");
    ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_KEY_FORMAT), "half of /tmp/"));
    ck_assert_ptr_null(id);
}
END_TEST

/* `pub` NULL: there is none. */
static const struct {
    const char *pub;
    edhoc_err err;
    const char *says;
} pubs[] = {
    {"alice {ed25519}\n", EDHOC_OK, "alice"},
    {"# mine\nalice {ed25519} x\n\n", EDHOC_OK, "alice"},
    {"{ed25519} alice@laptop\n", EDHOC_OK, NULL},
    {NULL, EDHOC_OK, NULL},
    {"", EDHOC_ERR_TRUST_SYNTAX, "no key in it"},
    {"# nothing\n", EDHOC_ERR_TRUST_SYNTAX, "no key in it"},
    {"alice {ed25519}\nbob {ed25519}\n", EDHOC_ERR_TRUST_SYNTAX, "pub line 2: a second key"},
    {"alice what {ed25519}\n", EDHOC_ERR_TRUST_SYNTAX, "pub line 1: \"what\""},
    {"*@x client {ed25519}\n", EDHOC_ERR_TRUST_SYNTAX, "the first principal"},
    {"al\x07 {ed25519}\n", EDHOC_ERR_TRUST_SYNTAX, "control characters"},
    {"alice {fill 17000}\n", EDHOC_ERR_FILE, "at most 16384"},
};

START_TEST(each_pub_file_is_taken_or_told_what_is_wrong)
{
    const char *path = write_key("k.pem", key_of("ed25519"), 0600);
    struct identity *id = NULL;
    edhoc_err err;

    if (pubs[_i].pub != NULL) {
        struct buf text = expand(pubs[_i].pub);

        (void)folder_write_bytes("k.pem.pub", buf_bytes(&text), 0644);
        buf_free(&text);
    }
    err = load_identity_at(path, NULL, NULL, &id);
    ck_assert_told(err, pubs[_i].err, err == EDHOC_OK ? NULL : pubs[_i].says);
    if (err == EDHOC_OK && pubs[_i].says == NULL)
        ck_assert_ptr_null(id->name);
    else if (err == EDHOC_OK)
        ck_assert_str_eq(id->name, pubs[_i].says);
    identity_free(id);
}
END_TEST

START_TEST(an_identity_expires_with_its_pub_line)
{
    const char *path = write_key("k.pem", key_of("ed25519"), 0600);
    struct buf text = expand("alice valid-before=\"20300101\" {ed25519}\n");
    struct identity *id;

    (void)folder_write_bytes("k.pem.pub", buf_bytes(&text), 0644);
    ck_assert_ok(load_identity_at(path, NULL, NULL, &id));
    ck_assert_int_eq(id->expires, 1893456000);
    identity_free(id);
    ck_assert_int_eq(chmod(folder_path("k.pem.pub"), 0666), 0);
    ck_assert_told(load_identity_at(path, NULL, NULL, &id), EDHOC_ERR_PERMISSIONS, "k.pem.pub");
    buf_free(&text);
}
END_TEST

static const struct {
    const char *text;
    edhoc_err err;
    const char *says;
} pems[] = {
    {"", EDHOC_ERR_KEY_FORMAT, "is empty"},
    {"rubbish", EDHOC_ERR_KEY_FORMAT, "no PEM private key"},
    {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", EDHOC_ERR_KEY_FORMAT,
     "k.pem: "},
    {"-----BEGIN PRIVATE KEY-----\n", EDHOC_ERR_KEY_FORMAT, "k.pem: "},
    {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
     EDHOC_ERR_KEY_FORMAT, "k.pem: "},
    {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n", EDHOC_ERR_KEY_FORMAT,
     "k.pem: "},
    {"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n",
     EDHOC_ERR_KEY_FORMAT, "no PEM private key"},
    {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", EDHOC_ERR_KEY_FORMAT,
     "no PEM private key"},
};

START_TEST(each_key_file_is_taken_or_told_what_is_wrong)
{
    struct identity *id;

    ck_assert_told(load_identity_at(folder_write_bytes("k.pem", bytes_of_text(pems[_i].text), 0600),
                                    NULL, NULL, &id),
                   pems[_i].err, pems[_i].says);
    ck_assert_ptr_null(id);
}
END_TEST

START_TEST(a_key_that_others_may_read_is_refused)
{
    const char *path = write_key("k.pem", key_of("x25519"), 0644);
    struct settings s = {.identity = (char *)(uintptr_t)path};
    struct identity_set *set;

    ck_assert_told(load_identity(&s, NULL, &set), EDHOC_ERR_PERMISSIONS,
                   "chmod 600 /tmp/check_load.");
    ck_assert_ptr_null(set);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_ok(load_identity(&s, NULL, &set));
    ck_assert_uint_eq(set->len, 1);
    identity_set_free(set);
}
END_TEST

START_TEST(key_files_have_a_bounded_size)
{
    const char *path = write_key("k.pem", key_of("x25519"), 0600);
    struct identity *id;

    ck_assert_int_eq(truncate(path, IDENTITY_FILE_MAX + 1), 0);
    ck_assert_told(load_identity_at(path, NULL, NULL, &id), EDHOC_ERR_FILE, "at most 65536");
    ck_assert_int_eq(truncate(path, 4096), 0); /* NULs behind the key's PEM */
    ck_assert_ok(load_identity_at(path, NULL, NULL, &id));
    identity_free(id);
}
END_TEST

/* RSA, other curves and encrypted keys, from OpenSSL's own tool. */
START_TEST(keys_of_openssl_that_cannot_be_used_are_told_apart)
{
    static const struct {
        const char *make, *says;
    } rows[] = {
        {"genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "RSA"},
        {"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521", "P-256 and P-384"},
        {"genpkey -algorithm ED25519 -aes-256-cbc -pass pass:x", "encrypted"},
    };
    const char *path = folder_path("k.pem");

    if (system("openssl version >/dev/null 2>&1") != 0)
        return;
    for (int i = 0; i < ROWS(rows); i++) {
        struct identity *id;

        folder_run("umask 077; rm -f k.pem; openssl %s -out k.pem 2>/dev/null", rows[i].make);
        ck_assert_told(load_identity_at(path, NULL, NULL, &id), EDHOC_ERR_KEY_FORMAT, rows[i].says);
        ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_KEY_FORMAT), path));
        if (i == 2) {
            ck_assert_told(
                load_identity_at(path, NULL, &(struct loading){.passphrase = "wrong"}, &id),
                EDHOC_ERR_KEY_FORMAT, "passphrase");
            ck_assert_ok(load_identity_at(path, NULL, &(struct loading){.passphrase = "x"}, &id));
            identity_free(id);
        }
    }
}
END_TEST

static const struct {
    const char *where;
    edhoc_err err;
    const char *says; /* the path, or part of the error */
} wheres[] = {
    {"/a/b.pem", EDHOC_OK, "/a/b.pem"},
    {"b.pem", EDHOC_OK, "b.pem"},
    {"./agent:x", EDHOC_OK, "./agent:x"},
    {"1:x", EDHOC_OK, "1:x"},
    {"file:/a/b", EDHOC_OK, "/a/b"},
    {"FILE:b", EDHOC_OK, "b"},
    {"file:///a/b", EDHOC_OK, "/a/b"},
    {"file://localhost/a", EDHOC_OK, "/a"},
    {"file://elsewhere/a", EDHOC_ERR_KEY_FORMAT, "another machine"},
    {"agent:", EDHOC_ERR_KEY_FORMAT, "agent:"},
    {"agent:SHA256:abc", EDHOC_ERR_KEY_FORMAT, "agent:"},
    {"pkcs11:token=x", EDHOC_ERR_KEY_FORMAT, "pkcs11:"},
};

START_TEST(each_place_of_a_key_is_understood_or_refused)
{
    const char *path;
    edhoc_err err = place_path(wheres[_i].where, &path);

    ck_assert_told(err, wheres[_i].err, err == EDHOC_OK ? NULL : wheres[_i].says);
    if (err == EDHOC_OK)
        ck_assert_str_eq(path, wheres[_i].says);
}
END_TEST

START_TEST(the_default_place_is_in_the_home_directory)
{
    char *path;

    ck_assert_ok(place_home("x", &path));
    ck_assert_str_eq(path, folder_path(".config/gss-edhoc/x"));
    free(path);
    setenv("XDG_CONFIG_HOME", "/xdg", 1);
    ck_assert_ok(place_home("x", &path));
    ck_assert_str_eq(path, "/xdg/gss-edhoc/x");
    free(path);
    setenv("XDG_CONFIG_HOME", "relative", 1); /* to be ignored */
    ck_assert_ok(place_home("x", &path));
    ck_assert_str_eq(path, folder_path(".config/gss-edhoc/x"));
    free(path);
    setenv("HOME", "relative", 1);
    if (place_home("x", &path) == EDHOC_OK) /* the user database may know none either */
        ck_assert_int_eq(path[0], '/');
    free(path);
}
END_TEST

START_TEST(a_missing_key_tells_how_to_make_one)
{
    struct settings s = {0};
    struct identity_set *set;

    ck_assert_told(
        load_identity(&s, NULL, &set), EDHOC_ERR_NO_IDENTITY,
        "/.config/gss-edhoc/identity.pem does not exist; make a key with: gss-edhoc keygen NAME");
    s.identity = folder_path("absent");
    ck_assert_told(load_identity(&s, NULL, &set), EDHOC_ERR_NO_IDENTITY,
                   "gss-edhoc keygen -o /tmp/");
    s.service_identity = s.identity;
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_NO_IDENTITY, "SERVICE@HOST");
    ck_assert_ptr_null(set);
}
END_TEST

START_TEST(a_directory_gives_all_its_keys_in_order)
{
    struct settings s = {0};
    struct identity_set *set;

    ck_assert_int_eq(mkdir(folder_path("d"), 0755), 0);
    s.service_identity = strdup(folder_path("d"));
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_NO_IDENTITY,
                   "no key (*.pem)");
    (void)write_key("d/b.pem", key_of("p256"), 0600);
    (void)write_key("d/B.pem", key_of("x25519"), 0600);
    (void)write_key("d/a.pem", key_of("ed25519"), 0600);
    write_pub("d/a.pem.pub", "HTTP@a", key_of("ed25519"));
    (void)folder_write_bytes("d/.hidden.pem", bytes_of_text("rubbish"), 0644);
    (void)folder_write_bytes("d/README", bytes_of_text("rubbish"), 0644);
    ck_assert_ok(load_service_identities(&s, NULL, &set));
    ck_assert_uint_eq(set->len, 3);
    ck_assert_str_eq(key_type(set->id[0]->key)->name, "x25519"); /* B, a, b */
    ck_assert_str_eq(set->id[1]->name, "HTTP@a");
    ck_assert_str_eq(key_type(set->id[2]->key)->name, "p256");
    identity_set_free(set);
    (void)folder_write_bytes("d/c.pem", bytes_of_text("-----BEGIN PRIVATE KEY-----"), 0600);
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_KEY_FORMAT, "/d/c.pem: ");
    free(s.service_identity);
    s.service_identity = strdup(folder_path("d/"));
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_KEY_FORMAT, "/d/c.pem: ");
    free(s.service_identity);
    s.service_identity = strdup(folder_path("d"));
    ck_assert_ptr_null(set);
    (void)folder_write_bytes("d/c.pem", BYTES_NONE, 0600); /* it may be about to be written */
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_KEY_FORMAT, "/d/c.pem: ");
    ck_assert_int_eq(unlink(folder_path("d/c.pem")), 0);
    ck_assert_int_eq(chmod(folder_path("d"), 0775), 0);
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_PERMISSIONS, "/d: mode 0775");
    ck_assert_int_eq(chmod(folder_path("d"), 0755), 0);
    free(s.service_identity);
    s.service_identity = folder_path("d/a.pem");
    ck_assert_ok(load_service_identities(&s, NULL, &set));
    ck_assert_uint_eq(set->len, 1);
    identity_set_free(set);
}
END_TEST

static void expect_passed_over(const struct settings *s, const char *story)
{
    struct identity_set *set;

    ck_assert_ok(load_service_identities(s, NULL, &set));
    ck_assert_uint_eq(set->len, 1);
    ck_assert_ptr_nonnull(set->passed_over);
    ck_assert_msg(strstr(set->passed_over, story) != NULL, "%s", set->passed_over);
    ck_assert_str_eq(report_details(EDHOC_ERR_FILE), "");
    identity_set_free(set);
}

START_TEST(what_is_no_key_of_ours_stops_no_other)
{
    struct settings s = {.service_identity = folder_path("d")};
    struct identity_set *set;

    ck_assert_int_eq(mkdir(folder_path("d"), 0755), 0);
    (void)write_key("d/b.pem", key_of("p256"), 0600);
    ck_assert_ok(load_service_identities(&s, NULL, &set));
    ck_assert_ptr_null(set->passed_over);
    identity_set_free(set);
    (void)folder_write_bytes("d/a.pem", bytes_of_text("-----BEGIN CERTIFICATE-----"), 0644);
    expect_passed_over(&s, "/d/a.pem: no PEM private key in it\n");
    ck_assert_int_eq(mkdir(folder_path("d/c.pem"), 0700), 0);
    expect_passed_over(&s, "/d/c.pem: not a regular file but a directory\n");
    ck_assert_int_eq(symlink("gone", folder_path("d/e.pem")), 0);
    expect_passed_over(&s, "/d/e.pem does not exist");
    /* A file that is named is another matter; and so is a folder in which nothing is left. */
    s.service_identity = folder_path("d/a.pem");
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_PERMISSIONS,
                   "/d/a.pem: mode 0644");
    s.service_identity = folder_path("d");
    ck_assert_int_eq(unlink(folder_path("d/b.pem")), 0);
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_NO_IDENTITY,
                   "/d has no key for this user: ");
    ck_assert_int_eq(rmdir(folder_path("d/c.pem")), 0);
}
END_TEST

START_TEST(a_directory_has_a_bounded_number_of_keys)
{
    struct settings s = {0};
    struct identity_set *set;

    ck_assert_int_eq(mkdir(folder_path("d"), 0755), 0);
    for (int i = 0; i <= IDENTITIES_MAX; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "d/%03d.pem", i);
        (void)write_key(name, key_of("x25519"), 0600);
    }
    s.service_identity = folder_path("d");
    ck_assert_told(load_service_identities(&s, NULL, &set), EDHOC_ERR_FILE, "more than 256");
    ck_assert_int_eq(unlink(folder_path("d/000.pem")), 0);
    ck_assert_ok(load_service_identities(&s, NULL, &set));
    ck_assert_uint_eq(set->len, IDENTITIES_MAX);
    identity_set_free(set);
}
END_TEST

/* ---- OpenSSH's own tool ---- */

START_TEST(ssh_keygen_reads_our_lines_and_we_read_its)
{
    static const char *const types[] = {"ed25519", "p256", "p384"};
    static const char *const ssh_types[] = {"ed25519", "ecdsa -b 256", "ecdsa -b 384"};

    if (system("ssh-keygen -? 2>&1 | grep -q usage") != 0)
        return;
    for (int i = 0; i < ROWS(types); i++) {
        struct trust_line *pub;
        size_t count;

        write_pub("ours.pub", NULL, key_of(types[i]));
        folder_run("ssh-keygen -l -f ours.pub >/dev/null");
        folder_run("rm -f k k.pub && ssh-keygen -q -t %s -N '' -C alice -f k", ssh_types[i]);
        ck_assert_ok(trust_pub_read(folder_path("k.pub"), NULL, &pub));
        ck_assert_str_eq(key_type(cred_key(pub->cred))->name, types[i]);
        ck_assert_str_eq(pub->comment, "alice");
        trust_line_free(pub);
        /* Our trust line as one of its allowed signers: it finds the principal of a signature. */
        folder_run("{ printf 'alice valid-before=\"20371231\" '; cat k.pub; } >allowed "
                   "&& echo hello >text && rm -f text.sig && "
                   "ssh-keygen -q -Y sign -n gss-edhoc -f k text 2>/dev/null && "
                   "ssh-keygen -q -Y verify -n gss-edhoc -f allowed -I alice -s text.sig <text");
        ck_assert_ok(read_trust(folder_path("allowed"), false, &count));
        ck_assert_uint_eq(count, 1);
    }
}
END_TEST

/* ---- mech.conf ---- */

#define OID MECH_OID

/* `options` NULL: no line of ours, or one without brackets (`line` then tells which). */
static const struct {
    const char *text;
    const char *options;
    unsigned line;
} confs[] = {
    {"", NULL, 0},
    {"edhoc " OID " mech_edhoc.so\n", NULL, 1},
    {"edhoc " OID " mech_edhoc.so [trust=/t]", "trust=/t", 1},
    {"edhoc\t" OID "\tmech_edhoc.so\t[ trust=/t ]\t<none>\n", " trust=/t ", 1},
    {"edhoc " OID " mech_edhoc.so kernel [a=b c=d] <x>\n", "a=b c=d", 1},
    {"edhoc " OID " mech_edhoc.so <x>\n", NULL, 1},
    {"edhoc " OID " mech_edhoc.so []\n", "", 1},
    {"edhoc {" OID "} mech_edhoc.so [a=b]\n", "a=b", 1},
    {"edhoc " OID ". mech_edhoc.so [a=b]\r\n", "a=b", 1},
    {"# comment\n\nedhoc " OID " x [a=b]\n", "a=b", 3},
    {"#edhoc " OID " x [a=b]\n", NULL, 0},
    {"x#edhoc " OID " x [a=b]\n", "a=b", 1}, /* # elsewhere than in column 0 is text */
    {" edhoc " OID " x [a=b]\n", NULL, 0},   /* an empty name, and edhoc as the OID: not ours */
    {" # " OID " x [a=b]\n", NULL, 0},
    {"edhoc " OID ".1 x [a=b]\n", NULL, 0},
    {"edhoc 1.2.840.113554.1.2.2 x [a=b]\n", NULL, 0},
    {"edhoc {" OID " x [a=b]\n", NULL, 0},
    {"edhoc " OID "\n", NULL, 0},
    {"edhoc\n", NULL, 0},
    {"krb5 1.2.840.113554.1.2.2 y [c=d]\nedhoc " OID " x [a=b]\nother 1.2.3 z [e=f]\n", "a=b", 2},
    {"edhoc " OID " x [a=b]\nedhoc " OID " y [c=d]\n", "c=d", 2}, /* the last one, as in MIT */
    {"edhoc " OID " x [a=b]\nedhoc " OID " y\n", NULL, 2},
};

START_TEST(each_mech_conf_gives_our_options)
{
    struct mech_conf c = {0};

    ck_assert_ok(mech_conf_text(bytes_of_text(confs[_i].text), "f", &c));
    ck_assert_uint_eq(c.line, confs[_i].line);
    if (confs[_i].options == NULL)
        ck_assert_ptr_null(c.options);
    else
        ck_assert_str_eq(c.options, confs[_i].options);
    mech_conf_clear(&c);
}
END_TEST

/* MIT loads the plugin from such lines, and skips the settings. */
static const char *const outside[] = {
    "edhoc " OID " x trust=/t\n",           "edhoc " OID " x - trust=/t\n",
    "edhoc " OID " x - y [trust=/t]\n",     "edhoc " OID " x [log=syslog] [trust=/t]\n",
    "edhoc " OID " x [log=syslog]trust=/t", "edhoc " OID " x log=none [trust=/t]\n",
};

START_TEST(a_broken_mech_conf_is_refused)
{
    struct mech_conf c = {0};
    struct buf text = buf_new(65536);

    ck_assert_told(mech_conf_text(BYTES_LITERAL("\nedhoc " OID " x [a=b\n"), "f", &c),
                   EDHOC_ERR_SETTING, "f line 2: the options have no closing ]");
    for (size_t i = 0; i < ROWS(outside); i++)
        ck_assert_told(mech_conf_text(bytes_of_text(outside[i]), "f", &c), EDHOC_ERR_SETTING,
                       "f line 1: a setting outside the brackets");
    ck_assert_told(mech_conf_text(BYTES_LITERAL("edhoc " OID " x [a=b]\0\n"), "f", &c),
                   EDHOC_ERR_SETTING, "f line 1: a NUL");
    ck_assert_ok(mech_conf_text(BYTES_LITERAL("other 1.2.3 x [a=b\0\n"), "f", &c));
    buf_put_text(&text, "edhoc " OID " x [a=");
    while (text.len < 9000)
        buf_put_byte(&text, 'b');
    buf_put_text(&text, "]\n");
    ck_assert_told(mech_conf_text(buf_bytes(&text), "f", &c), EDHOC_ERR_SETTING,
                   "f line 1: longer than");
    ck_assert_ptr_null(c.options);
    mech_conf_clear(&c);
    buf_free(&text);
}
END_TEST

START_TEST(the_last_mech_conf_counts)
{
    struct mech_conf c;

    unsetenv("GSS_MECH_CONFIG");
    ck_assert_ok(mech_conf_read(folder(), &c));
    ck_assert_ptr_null(c.file);
    (void)folder_write_bytes("mech", bytes_of_text("edhoc " OID " x [first=1]\n"), 0644);
    ck_assert_ok(mech_conf_read(folder(), &c));
    ck_assert_str_eq(c.options, "first=1");
    mech_conf_clear(&c);
    ck_assert_int_eq(mkdir(folder_path("mech.d"), 0755), 0);
    (void)folder_write_bytes("mech.d/a.conf", bytes_of_text("edhoc " OID " x [second=1]\n"), 0644);
    (void)folder_write_bytes("mech.d/b.conf", bytes_of_text("edhoc " OID " x [third=1]\n"), 0644);
    (void)folder_write_bytes("mech.d/c.other", bytes_of_text("edhoc " OID " x [never=1]\n"), 0644);
    (void)folder_write_bytes("mech.d/.d.conf", bytes_of_text("edhoc " OID " x [never=1]\n"), 0644);
    ck_assert_ok(mech_conf_read(folder(), &c));
    ck_assert_str_eq(c.options, "third=1");
    ck_assert_str_eq(c.file, folder_path("mech.d/b.conf"));
    mech_conf_clear(&c);
    setenv("GSS_MECH_CONFIG", folder_path("mech"), 1);
    ck_assert_ok(mech_conf_read(folder(), &c));
    ck_assert_str_eq(c.options, "first=1");
    mech_conf_clear(&c);
    setenv("GSS_MECH_CONFIG", folder(), 1);
    ck_assert_told(mech_conf_read(folder(), &c), EDHOC_ERR_FILE, "a directory");
    mech_conf_clear(&c);
}
END_TEST

/* Another mechanism's file that only root may read is no concern of ours. */
START_TEST(the_unreadable_file_of_another_mechanism_is_passed_over)
{
    struct mech_conf c;

    unsetenv("GSS_MECH_CONFIG");
    ck_assert_int_eq(chmod(folder(), 0755), 0);
    ck_assert_int_eq(mkdir(folder_path("mech.d"), 0755), 0);
    (void)folder_write_bytes("mech.d/a.conf", bytes_of_text("edhoc " OID " x [ours=1]\n"), 0644);
    (void)folder_write_bytes("mech.d/b.conf", bytes_of_text("other 1.2.3 x\n"), 0000);
    if (getuid() == 0) /* who can read everything */
        ck_assert_int_eq(seteuid(65534), 0);
    ck_assert_ok(mech_conf_read(folder(), &c));
    ck_assert_str_eq(c.options, "ours=1");
    ck_assert_int_eq(seteuid(getuid()), 0);
    mech_conf_clear(&c);
}
END_TEST

/* ---- settings ---- */

static void use_mech_conf(const char *options)
{
    char text[1024];

    (void)snprintf(text, sizeof(text), "# x\nedhoc " OID " mech_edhoc.so [%s]\n", options);
    setenv("GSS_MECH_CONFIG", folder_write_bytes("mech.conf", bytes_of_text(text), 0664), 1);
}

static const struct {
    const char *name; /* in mech.conf; the others follow from it */
    const char *variable;
    size_t offset;
} paths[] = {
    {"identity", "GSS_EDHOC_IDENTITY", offsetof(struct settings, identity)},
    {"service_identity", "GSS_EDHOC_SERVICE_IDENTITY", offsetof(struct settings, service_identity)},
    {"certificate", "GSS_EDHOC_CERTIFICATE", offsetof(struct settings, certificate)},
    {"trust", "GSS_EDHOC_TRUST", offsetof(struct settings, trust)},
    {"anchors", "GSS_EDHOC_ANCHORS", offsetof(struct settings, anchors)},
    {"crls", "GSS_EDHOC_CRLS", offsetof(struct settings, crls)},
    {"revoked", "GSS_EDHOC_REVOKED", offsetof(struct settings, revoked)},
};

/* Default, mech.conf, environment, store: each replaces the one before, and only it. */
START_TEST(a_place_is_set_by_the_nearest_source)
{
    char key[64], option[64];
    struct setting_pair pair = {key, "/store"};
    struct settings s;

    (void)snprintf(key, sizeof(key), "edhoc_%s", paths[_i].name);
    (void)snprintf(option, sizeof(option), "%s=/conf", paths[_i].name);
#define VALUE (*(char **)(void *)((char *)&s + paths[_i].offset))
    ck_assert_ok(settings_read(NULL, 0, &s));
    ck_assert_ptr_null(VALUE);
    settings_clear(&s);
    use_mech_conf(option);
    ck_assert_ok(settings_read(NULL, 0, &s));
    ck_assert_str_eq(VALUE, "/conf");
    settings_clear(&s);
    setenv(paths[_i].variable, "env", 1);
    ck_assert_ok(settings_read(NULL, 0, &s));
    ck_assert_str_eq(VALUE, "env");
    settings_clear(&s);
    ck_assert_ok(settings_read(&pair, 1, &s));
    ck_assert_str_eq(VALUE, "/store");
    for (int i = 0; i < ROWS(paths); i++)
        if (i != _i)
            ck_assert_ptr_null(*(char **)(void *)((char *)&s + paths[i].offset));
    settings_clear(&s);
    unsetenv(paths[_i].variable);
    ck_assert_ok(settings_read(&pair, 1, &s));
    ck_assert_str_eq(VALUE, "/store");
    settings_clear(&s);
    setenv(paths[_i].variable, "", 1);
    ck_assert_told(settings_read(&pair, 1, &s), EDHOC_ERR_SETTING, paths[_i].variable);
    settings_clear(&s);
#undef VALUE
}
END_TEST

static void expect_suites(const struct setting_pair *pair, int first, size_t len)
{
    struct settings s;

    ck_assert_ok(settings_read(pair, pair != NULL, &s));
    ck_assert_int_eq(s.suites.id[0], first);
    ck_assert_uint_eq(s.suites.len, len);
    settings_clear(&s);
}

START_TEST(suites_are_set_by_the_nearest_source)
{
    struct setting_pair pair = {"edhoc_suites", "25 24,3,2"};

    expect_suites(NULL, 6, 7);
    use_mech_conf("suites=4");
    expect_suites(NULL, 4, 1);
    setenv("GSS_EDHOC_SUITES", "5, 0", 1);
    expect_suites(NULL, 5, 2);
    expect_suites(&pair, 25, 4);
}
END_TEST

static void expect_options(const struct setting_pair *pair, unsigned options, bool negoex)
{
    struct settings s;

    ck_assert_ok(settings_read(pair, pair != NULL, &s));
    ck_assert_uint_eq(s.options, options);
    ck_assert(s.negoex == negoex);
    settings_clear(&s);
}

START_TEST(options_are_set_by_the_nearest_source)
{
    struct setting_pair pair = {"edhoc_options", "cred-by-reference"};
    struct setting_pair none = {"edhoc_options", "none"};

    expect_options(NULL, 0, false);
    use_mech_conf("options=confirm,negoex");
    expect_options(NULL, EDHOC_CONFIRM, true);
    expect_options(&pair, EDHOC_CRED_BY_REFERENCE, true); /* the process still offers NegoEx */
    setenv("GSS_EDHOC_OPTIONS", "hide-target, cred-by-reference", 1);
    expect_options(NULL, EDHOC_HIDE_TARGET | EDHOC_CRED_BY_REFERENCE, false);
    expect_options(&pair, EDHOC_CRED_BY_REFERENCE, false);
    expect_options(&none, 0, false);
    setenv("GSS_EDHOC_OPTIONS", "negoex", 1);
    expect_options(NULL, 0, true);
}
END_TEST

static void expect_log(const struct setting_pair *pair, const char *log)
{
    struct settings s;

    ck_assert_ok(settings_read(pair, pair != NULL, &s));
    ck_assert_pstr_eq(s.log, log);
    settings_clear(&s);
}

START_TEST(the_log_is_set_by_the_nearest_source)
{
    struct setting_pair file = {"edhoc_log", "file:/var/log/edhoc"}, none = {"edhoc_log", "none"};
    char *folder_now = getcwd(NULL, 0);
    struct settings s;

    expect_log(NULL, NULL);
    use_mech_conf("log=syslog");
    expect_log(NULL, "syslog");
    expect_log(&file, "/var/log/edhoc");
    expect_log(&none, NULL);
    setenv("GSS_EDHOC_LOG", "none", 1);
    expect_log(NULL, NULL);
    setenv("GSS_EDHOC_LOG", "l", 1); /* whatever the folder is when it is written */
    expect_log(NULL, textf("%s/l", folder_now));
    setenv("GSS_EDHOC_LOG", "", 1);
    ck_assert_told(settings_read(&file, 1, &s), EDHOC_ERR_SETTING, "GSS_EDHOC_LOG: is empty");
    settings_clear(&s);
    unsetenv("GSS_EDHOC_LOG");
    free(folder_now);
}
END_TEST

/* The environment's is another variable's, and comes before it. */
START_TEST(mech_conf_may_name_a_trace)
{
    struct setting_pair pair = {"edhoc_trace", "/x"};
    struct settings s;

    use_mech_conf("trace=/t");
    setenv("GSS_EDHOC_TRACE", "", 1);
    ck_assert_ok(settings_read(NULL, 0, &s));
    ck_assert_str_eq(s.trace, "/t");
    settings_clear(&s);
    ck_assert_told(settings_read(&pair, 1, &s), EDHOC_ERR_SETTING, "no such credential store key");
    settings_clear(&s);
    unsetenv("GSS_EDHOC_TRACE");
}
END_TEST

START_TEST(the_trace_of_the_environment_is_the_nearest)
{
    ck_assert_ptr_null(settings_trace());
    setenv("GSS_EDHOC_TRACE", "", 1);
    ck_assert_ptr_null(settings_trace());
    setenv("GSS_EDHOC_TRACE", "/t", 1);
    ck_assert_str_eq(settings_trace(), "/t");
}
END_TEST

static const struct {
    const char *options; /* in mech.conf */
    const char *says;
} bad_confs[] = {
    {"no_such=/x", "line 2: no_such: is no setting"},
    {"edhoc_trust=/x", "is no setting"},
    {"trace=t", "not an absolute path"},
    {"trace=syslog", "not an absolute path"},
    {"log=l", "not an absolute path"},
    {"log=agent:", "no file"},
    {"log=SYSLOG", "not an absolute path"},
    {"trust", "needs a value"},
    {"trust =/x", "needs a value"},
    {"=/x", "is no setting"},
    {"trust=", "is empty"},
    {"trust=t", "not an absolute path"},
    {"trust=~/t", "not an absolute path"},
    {"trust=\"/t\"", "not an absolute path"},
    {"trust=file:t", "\"file:t\" is not an absolute path"},
    {"identity=FILE:./t", "not an absolute path"},
    {"trust=/a trust=/b", "given twice"},
    {"trust=/a b", "b: is no setting"},
    {"suites=7", "line 2: suites: "},
    {"suites=6,6", "twice"},
    {"options=confirm,confirm", "twice"},
    {"options=Confirm", "\"Confirm\" is no option"},
    {"options=confirm,", "\"\" is no option"},
    {"options=none,confirm", "\"none\" is no option"},
    {"identity=/x\x01y", "control characters"},
};

START_TEST(bad_settings_of_mech_conf_are_refused)
{
    struct settings s;

    use_mech_conf(bad_confs[_i].options);
    ck_assert_told(settings_read(NULL, 0, &s), EDHOC_ERR_SETTING, bad_confs[_i].says);
    ck_assert_ptr_nonnull(
        strstr(report_details(EDHOC_ERR_SETTING), folder_path("mech.conf line 2")));
    settings_clear(&s);
}
END_TEST

static const struct {
    const char *key, *value;
    edhoc_err err;
    const char *says;
} pairs[] = {
    {"edhoc_trust", "relative/is/fine", EDHOC_OK, NULL},
    {"edhoc_identity", "agent:", EDHOC_OK, NULL},
    {"ccache", "FILE:/x", EDHOC_OK, NULL},
    {"client_keytab", NULL, EDHOC_OK, NULL},
    {"edhoc", "x", EDHOC_OK, NULL},
    {"edhoc_", "x", EDHOC_ERR_SETTING, "no such credential store key"},
    {"edhoc_Trust", "x", EDHOC_ERR_SETTING, "no such credential store key"},
    {"edhoc_trace", "x", EDHOC_ERR_SETTING, "no such credential store key"},
    {"edhoc_trust", NULL, EDHOC_ERR_SETTING, "edhoc_trust: is empty"},
    {"edhoc_trust", "", EDHOC_ERR_SETTING, "edhoc_trust: is empty"},
    {"edhoc_trust", "a\nb", EDHOC_ERR_SETTING, "control characters"},
    {"edhoc_suites", "", EDHOC_ERR_SETTING, "is empty"},
    {"edhoc_suites", "six", EDHOC_ERR_SETTING, "edhoc_suites: "},
    {"edhoc_options", "negoex", EDHOC_ERR_SETTING, "environment and mech.conf only"},
    {"edhoc_options", "confirm,negoex", EDHOC_ERR_SETTING, "environment and mech.conf only"},
    {NULL, "x", EDHOC_ERR_SETTING, "without a key"},
};

START_TEST(bad_settings_of_a_store_are_refused)
{
    struct setting_pair pair = {pairs[_i].key, pairs[_i].value};
    struct settings s;

    ck_assert_told(settings_read(&pair, 1, &s), pairs[_i].err, pairs[_i].says);
    settings_clear(&s);
}
END_TEST

START_TEST(a_setting_twice_in_a_store_is_refused)
{
    struct setting_pair twice[] = {{"edhoc_trust", "/a"}, {"ccache", "x"}, {"edhoc_trust", "/a"}};
    struct setting_pair theirs[] = {{"ccache", "x"}, {"ccache", "x"}, {"edhoc_trust", "/a"}};
    char *absurd = malloc(SETTING_MAX + 2);
    struct setting_pair longest = {"edhoc_trust", absurd};
    struct settings s;

    ck_assert_told(settings_read(twice, 3, &s), EDHOC_ERR_SETTING, "edhoc_trust: is given twice");
    settings_clear(&s);
    ck_assert_ok(settings_read(theirs, 3, &s));
    settings_clear(&s);
    memset(absurd, 'x', SETTING_MAX + 1);
    absurd[SETTING_MAX + 1] = '\0';
    ck_assert_told(settings_read(&longest, 1, &s), EDHOC_ERR_SETTING, "longer than 4096");
    settings_clear(&s);
    free(absurd);
}
END_TEST

/* In Turkish the capital of i is another letter, with a dot. */
static bool speak_turkish(void)
{
    if (system("command -v localedef >/dev/null && test -e /usr/share/i18n/locales/tr_TR") != 0) {
        printf("# skipped: a Turkish locale, whose sources are not installed (locales)\n");
        return false;
    }
    folder_run("localedef -i tr_TR -f UTF-8 ./tr_TR.UTF-8");
    ck_assert_int_eq(setenv("LOCPATH", folder(), 1), 0);
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "tr_TR.UTF-8"));
    ck_assert_int_ne(toupper('i'), 'I');
    return true;
}

/* Each is seen: the empty value of each is refused by its name. */
START_TEST(all_variables_count_in_a_turkish_locale)
{
    static const char *const variables[] = {
        "GSS_EDHOC_IDENTITY",    "GSS_EDHOC_SERVICE_IDENTITY", "GSS_EDHOC_TRUST",
        "GSS_EDHOC_CERTIFICATE", "GSS_EDHOC_ANCHORS",          "GSS_EDHOC_CRLS",
        "GSS_EDHOC_REVOKED",     "GSS_EDHOC_SUITES",           "GSS_EDHOC_OPTIONS",
    };
    struct settings s;

    if (!speak_turkish())
        return;
    for (int i = 0; i < ROWS(variables); i++) {
        ck_assert_int_eq(setenv(variables[i], "", 1), 0);
        ck_assert_told(settings_read(NULL, 0, &s), EDHOC_ERR_SETTING, variables[i]);
        settings_clear(&s);
        ck_assert_int_eq(unsetenv(variables[i]), 0);
    }
    ck_assert_int_eq(setenv("GSS_EDHOC_TRACE", "/x", 1), 0);
    ck_assert_str_eq(settings_trace(), "/x");
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
}
END_TEST

/* A setting that names what is not there is an error, never a weaker setting. */
START_TEST(a_missing_certificate_file_is_never_a_weaker_setting)
{
    struct settings s = {.certificate = (char *)(uintptr_t) "/nowhere/c"};
    struct identity_set *set;
    struct trust *t;

    ck_assert_told(load_identity(&s, NULL, &set), EDHOC_ERR_FILE, "/nowhere/c");
    s = (struct settings){.anchors = (char *)(uintptr_t) "/nowhere/a"};
    ck_assert_ok(load_trust(&s, true, NULL, &t));
    ck_assert_told(trust_check_anchors(t), EDHOC_ERR_FILE, "/nowhere/a");
    trust_free(t);
    s = (struct settings){.crls = (char *)(uintptr_t) "/nowhere/c"};
    ck_assert_told(load_trust(&s, false, NULL, &t), EDHOC_ERR_SETTING, "crls without anchors");
}
END_TEST

static TCase *load_case(Suite *suite, const char *name)
{
    TCase *tc = suite_case(suite, name, 120);

    tcase_add_unchecked_fixture(tc, make_keys, free_keys);
    tcase_add_checked_fixture(tc, begin, folder_remove);
    return tc;
}

static void add_lines(Suite *suite)
{
    TCase *tc = load_case(suite, "trust lines");

    tcase_add_loop_test(tc, each_trust_line_is_taken_or_told_what_is_wrong, 0, ROWS(trust_lines));
    tcase_add_test(tc, all_fields_of_a_trust_line_are_read);
    tcase_add_test(tc, a_ca_line_has_a_cas_key_and_ends_a_second_later);
    tcase_add_test(tc, a_nul_makes_no_trust_line);
    tcase_add_test(tc, a_trust_line_cut_anywhere_is_good_or_told);
    tcase_add_loop_test(tc, times_are_read_in_their_three_forms_only, 0, ROWS(times));
    tcase_add_test(tc, a_pub_line_begins_with_a_literal_name_or_none);
    tcase_add_loop_test(tc, only_strict_base64_is_read, 0, ROWS(base64_rows));
    tcase_add_loop_test(tc, a_blob_cut_anywhere_is_refused, 0, ROWS(keys));
}

static void add_files(Suite *suite)
{
    TCase *tc = load_case(suite, "files");

    tcase_add_loop_test(tc, each_trust_file_is_read_or_refused, 0, ROWS(trust_files));
    tcase_add_loop_test(tc, a_bad_line_leaves_the_rest_of_its_file, 0, ROWS(bad_lines));
    tcase_add_test(tc, a_file_with_a_nul_is_no_text);
    tcase_add_test(tc, one_key_is_not_pinned_for_both_uses);
    tcase_add_test(tc, places_of_default_trust_files_are_named);
    tcase_add_test(tc, a_configured_trust_file_must_exist);
    tcase_add_test(tc, only_regular_files_are_read);
    tcase_add_test(tc, files_have_a_bounded_size);
    tcase_add_loop_test(tc, files_that_others_may_use_are_refused_by_their_rule, 0, ROWS(modes));
    tcase_add_test(tc, keys_that_a_group_reads_are_roots);
    tcase_add_test(tc, files_of_others_are_refused);
    tcase_add_loop_test(tc, nobody_else_may_write_to_a_folder_on_the_way, 0, ROWS(folders));
    tcase_add_test(tc, a_file_is_believed_in_roots_folders_and_the_users_own);
}

static void add_identities(Suite *suite)
{
    TCase *tc = load_case(suite, "identities");

    tcase_add_loop_test(tc, an_identity_comes_back_from_its_files, 0, ROWS(keys));
    tcase_add_loop_test(tc, an_identity_needs_no_pub_file, 0, ROWS(keys));
    tcase_add_test(tc, of_a_pub_file_of_another_key_the_names_count);
    tcase_add_test(tc, a_pub_file_of_another_type_is_refused);
    tcase_add_loop_test(tc, each_pub_file_is_taken_or_told_what_is_wrong, 0, ROWS(pubs));
    tcase_add_test(tc, an_identity_expires_with_its_pub_line);
    tcase_add_loop_test(tc, each_key_file_is_taken_or_told_what_is_wrong, 0, ROWS(pems));
    tcase_add_test(tc, a_key_that_others_may_read_is_refused);
    tcase_add_test(tc, key_files_have_a_bounded_size);
    tcase_add_test(tc, keys_of_openssl_that_cannot_be_used_are_told_apart);
    tcase_add_loop_test(tc, each_place_of_a_key_is_understood_or_refused, 0, ROWS(wheres));
    tcase_add_test(tc, the_default_place_is_in_the_home_directory);
    tcase_add_test(tc, a_missing_key_tells_how_to_make_one);
    tcase_add_test(tc, a_directory_gives_all_its_keys_in_order);
    tcase_add_test(tc, what_is_no_key_of_ours_stops_no_other);
    tcase_add_test(tc, a_directory_has_a_bounded_number_of_keys);
    tcase_add_test(tc, ssh_keygen_reads_our_lines_and_we_read_its);
}

static void add_settings(Suite *suite)
{
    TCase *tc = load_case(suite, "settings");

    tcase_add_loop_test(tc, each_mech_conf_gives_our_options, 0, ROWS(confs));
    tcase_add_test(tc, a_broken_mech_conf_is_refused);
    tcase_add_test(tc, the_last_mech_conf_counts);
    tcase_add_test(tc, the_unreadable_file_of_another_mechanism_is_passed_over);
    tcase_add_loop_test(tc, a_place_is_set_by_the_nearest_source, 0, ROWS(paths));
    tcase_add_test(tc, suites_are_set_by_the_nearest_source);
    tcase_add_test(tc, options_are_set_by_the_nearest_source);
    tcase_add_test(tc, the_log_is_set_by_the_nearest_source);
    tcase_add_test(tc, mech_conf_may_name_a_trace);
    tcase_add_test(tc, the_trace_of_the_environment_is_the_nearest);
    tcase_add_loop_test(tc, bad_settings_of_mech_conf_are_refused, 0, ROWS(bad_confs));
    tcase_add_loop_test(tc, bad_settings_of_a_store_are_refused, 0, ROWS(pairs));
    tcase_add_test(tc, a_setting_twice_in_a_store_is_refused);
    tcase_add_test(tc, all_variables_count_in_a_turkish_locale);
    tcase_add_test(tc, a_missing_certificate_file_is_never_a_weaker_setting);
}

static void add(Suite *suite)
{
    add_lines(suite);
    add_files(suite);
    add_identities(suite);
    add_settings(suite);
}

int main(void)
{
    return suite_main("load", add);
}
