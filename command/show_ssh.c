#include "show_ssh.h"

#include "text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/openssh_type.h"
#include "crypto/ssh_blob.h"
#include "base/lines.h"
#include "load/ssh_cert_file.h"
#include "peer/name.h"
#include "peer/ssh_ca.h"
#include "peer/ssh_cert.h"

/* ---- keys ---- */

/* As ssh-keygen calls them. */
static const char *kind_of(struct bytes type)
{
    static const struct {
        const char *begins, *kind;
    } kinds[] = {{"ssh-ed25519", "ED25519"},
                 {"ecdsa-sha2-", "ECDSA"},
                 {"ssh-rsa", "RSA"},
                 {"ssh-dss", "DSA"},
                 {"sk-ssh-ed25519", "ED25519-SK"},
                 {"sk-ecdsa-sha2-", "ECDSA-SK"}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (type.len >= strlen(kinds[i].begins) &&
            memcmp(type.p, kinds[i].begins, strlen(kinds[i].begins)) == 0)
            return kinds[i].kind;
    return "a key of unknown type";
}

static struct bytes first_string(struct bytes text)
{
    struct ssh_reader r = ssh_reader_of(text);

    return ssh_read_string(&r);
}

static edhoc_err print_key(const char *label, const char *suffix, struct bytes blob)
{
    struct buf fingerprint = buf_new(64);
    edhoc_err err = openssh_fingerprint(blob, &fingerprint);

    if (err == EDHOC_OK)
        printf("    %s: %s%s %.*s", label, kind_of(first_string(blob)), suffix,
               (int)fingerprint.len, (const char *)fingerprint.p);
    buf_free(&fingerprint);
    return err;
}

static edhoc_err print_public(const struct key *key)
{
    struct buf blob = buf_new(512);
    edhoc_err err;

    ssh_blob_put(key, &blob);
    err = buf_err(&blob);
    if (err == EDHOC_OK)
        err = print_key("Public key", "-CERT", buf_bytes(&blob));
    if (err == EDHOC_OK)
        putchar('\n');
    buf_free(&blob);
    return err;
}

static edhoc_err print_ca(const struct ssh_cert *c)
{
    edhoc_err err = print_key("Signing CA", "", c->ca);

    if (err != EDHOC_OK)
        return err;
    printf(" (using ");
    tool_print_text(first_string(c->signature));
    puts(")");
    return EDHOC_OK;
}

/* ---- the other fields ---- */

static const char *iso_time(uint64_t seconds, char text[TOOL_TIME])
{
    (void)tool_time(seconds < INT64_MAX ? (int64_t)seconds : INT64_MAX, text);
    if (text[0] == '(') /* after the year 9999, or the last that can be told */
        return text;
    text[10] = 'T';
    text[19] = '\0';
    return text;
}

static const char *time_note(const struct ssh_cert *c)
{
    uint64_t now = (uint64_t)time(NULL);

    return now < c->valid_after ? ", not valid yet" : now >= c->valid_before ? ", expired" : "";
}

static void print_validity(const struct ssh_cert *c)
{
    char from[TOOL_TIME], to[TOOL_TIME];

    (void)iso_time(c->valid_after, from);
    (void)iso_time(c->valid_before, to);
    if (c->valid_after == 0 && c->valid_before == UINT64_MAX)
        printf("    Valid: forever\n");
    else if (c->valid_after == 0)
        printf("    Valid: before %s (UTC%s)\n", to, time_note(c));
    else if (c->valid_before == UINT64_MAX)
        printf("    Valid: after %s (UTC%s)\n", from, time_note(c));
    else
        printf("    Valid: from %s to %s (UTC%s)\n", from, to, time_note(c));
}

static void print_principals(struct bytes list)
{
    struct bytes principal;

    puts(list.len > 0 ? "    Principals:" : "    Principals: (none)");
    while (ssh_cert_principal(&list, &principal)) {
        printf("        ");
        tool_print_text(principal);
        putchar('\n');
    }
}

/* Data is nothing, or a string inside of the string, or what only its inventor knows. */
static void print_data(struct bytes data)
{
    struct ssh_reader r = ssh_reader_of(data);
    struct bytes text = ssh_read_string(&r);

    if (data.len == 0)
        return;
    putchar(' ');
    if (ssh_read_done(&r) && text.len > 0 && cbor_clean_text(text)) {
        tool_print_text(text);
        return;
    }
    tool_print_hex(data);
    printf(" (len %zu)", data.len);
}

static void print_options(const char *label, struct bytes list)
{
    struct bytes name, data;

    printf("    %s:%s\n", label, list.len > 0 ? "" : " (none)");
    while (ssh_cert_option(&list, &name, &data)) {
        printf("        ");
        tool_print_text(name);
        print_data(data);
        putchar('\n');
    }
}

static edhoc_err print_fields(struct bytes certificate, const struct key *key,
                              const struct ssh_cert *c)
{
    edhoc_err err;

    printf("    Type: ");
    tool_print_text(first_string(certificate));
    printf(" %s certificate\n", c->type == SSH_CERT_USER ? "user" : "host");
    err = print_public(key);
    if (err == EDHOC_OK)
        err = print_ca(c);
    if (err != EDHOC_OK)
        return err;
    printf("    Key ID: \"");
    tool_print_text(c->key_id);
    printf("\"\n    Serial: %llu\n", (unsigned long long)c->serial);
    print_validity(c);
    print_principals(c->principals);
    print_options("Critical Options", c->critical);
    print_options("Extensions", c->extensions);
    return EDHOC_OK;
}

/* ---- what it is good for ---- */

static bool has_name(const struct ssh_cert *c)
{
    struct bytes list = c->principals, principal;

    while (ssh_cert_principal(&list, &principal))
        if (c->type == SSH_CERT_HOST || name_claim_fault(principal) == NULL)
            return true;
    return false;
}

static void print_use(const struct ssh_cert *c)
{
    const char *who = c->type == SSH_CERT_USER ? "a client" : "a server";
    struct bytes critical = c->critical, option, data;

    printf("    good for     ");
    if (ssh_cert_option(&critical, &option, &data)) {
        printf("nobody: the critical option ");
        tool_print_text(option);
        puts(" cannot be kept here; sign without it");
    } else if (!has_name(c)) {
        printf("nobody: it names no %s; sign with ssh-keygen%s -n NAME\n",
               c->type == SSH_CERT_USER ? "user" : "host", c->type == SSH_CERT_USER ? "" : " -h");
    } else {
        printf("%s, where a trust line has this CA (cert-authority)\n", who);
    }
}

/* A signature that is no good is told, and no failure: the file is what it is. */
static void print_signature(const struct ssh_cert *c)
{
    edhoc_err err = ssh_ca_verify(c->ca, c->to_be_signed, c->signature);

    if (err == EDHOC_OK)
        puts("    signature    good");
    else
        printf("    signature    no good: %s\n", report_details(err));
}

edhoc_err show_ssh_cert(struct bytes certificate, const char *path, const char *where)
{
    struct key *key = NULL;
    struct ssh_cert c;
    struct bytes rest;
    edhoc_err err = ssh_cert_read(certificate, &c);

    if (err == EDHOC_OK)
        err = ssh_certificate_key(certificate, &key, &rest);
    if (err == EDHOC_OK)
        printf("%s%s: OpenSSH certificate\n", path, where);
    if (err == EDHOC_OK)
        err = print_fields(certificate, key, &c);
    if (err == EDHOC_OK) {
        print_use(&c);
        print_signature(&c);
    }
    key_free(key);
    return err;
}

/* ---- a line ---- */

bool show_is_ssh_cert(struct bytes line)
{
    return bytes_end_with(lines_word(&line), BYTES_LITERAL("-cert-v01@openssh.com"));
}

edhoc_err show_ssh_cert_line(struct bytes line, const char *path, unsigned number)
{
    struct buf certificate = buf_new(SSH_CERTIFICATE_MAX);
    char line_number[32];
    edhoc_err err = ssh_cert_file_parse(line, path, &certificate);

    (void)snprintf(line_number, sizeof(line_number), " line %u", number);
    if (err == EDHOC_OK)
        err = show_ssh_cert(buf_bytes(&certificate), path, line_number);
    else
        err = report(err, "%s line %u: not the line of an OpenSSH certificate", path, number);
    buf_free(&certificate);
    return err;
}
