/* What a captured token says to somebody without keys: the framing and message_1, or an error. */
#include "show_token.h"

#include "text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "edhoc/message_error.h"
#include "profile/item.h"

#define TOKEN_MAX 65536

/* The mechanism's OID in DER, with tag and length (doc/mechanism.md, "Constants"). */
static const uint8_t mech_oid[] = {0x06, 0x21, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01,
                                   0xbe, 0x40, 0x93, 0x7a, 0xb5, 0x52, 0x81, 0xe0, 0x56,
                                   0x82, 0xf3, 0x19, 0x81, 0x8c, 0x34, 0x82, 0x92, 0x31,
                                   0x87, 0x99, 0xf6, 0x2b, 0x84, 0xa8, 0xc5, 0x45};

/* ---- RFC 2743 section 3.1 framing ---- */

/* The contents of 0x60 LENGTH ..., if that is all there is and the length is in its shortest form.
 */
static bool unframe(struct bytes in, struct bytes *inner)
{
    size_t octets = 0, len;

    if (in.len < 2 || in.len > TOKEN_MAX + 64 || in.p[0] != 0x60)
        return false;
    len = in.p[1];
    if (len >= 0x80) {
        octets = len & 0x7f;
        if (octets < 1 || octets > 3 || in.len < 2 + octets || in.p[2] == 0)
            return false;
        len = 0;
        for (size_t i = 0; i < octets; i++)
            len = len << 8 | in.p[2 + i];
        if (len < 0x80)
            return false;
    }
    *inner = bytes_of(in.p + 2 + octets, in.len - 2 - octets);
    return inner->len == len;
}

/* ---- message_1 ---- */

struct message_1 {
    int64_t method;
    int64_t suites[32];
    size_t suites_len; /* the last one is the one selected */
    struct bytes g_x, c_i, ead_1;
};

static void read_suites(struct cbor_reader *r, struct message_1 *m)
{
    m->suites_len = 1;
    if (cbor_peek(r) == CBOR_ARRAY) {
        m->suites_len = cbor_read_array(r);
        if (m->suites_len < 2 || m->suites_len > sizeof(m->suites) / sizeof(m->suites[0]))
            r->failed = true;
    }
    for (size_t i = 0; i < m->suites_len && !r->failed; i++)
        m->suites[i] = cbor_read_int(r);
}

static bool read_message_1(struct bytes in, struct message_1 *m)
{
    struct cbor_reader r = cbor_reader(in);

    *m = (struct message_1){0};
    m->method = cbor_read_int(&r);
    read_suites(&r, m);
    m->g_x = cbor_read_bstr(&r);
    m->c_i = cbor_read_identifier(&r);
    m->ead_1 = r.rest;
    while (!r.failed && r.rest.len > 0)
        (void)cbor_read_any(&r);
    return !r.failed;
}

static const char *method_name(int64_t method)
{
    static const char *const names[] = {
        "both sides sign", "initiator signs, responder has a static Diffie-Hellman key",
        "initiator has a static Diffie-Hellman key, responder signs",
        "static Diffie-Hellman keys on both sides"};

    return method >= 0 && method <= 3 ? names[method] : "unknown";
}

static void print_suites(const struct message_1 *m)
{
    printf("    SUITES_I     %" PRId64 " selected", m->suites[m->suites_len - 1]);
    for (size_t i = 0; i + 1 < m->suites_len; i++)
        printf("%s%" PRId64, i == 0 ? ", but preferred before it: " : ", ", m->suites[i]);
    putchar('\n');
}

static void print_profile(const struct profile_item *item)
{
    printf("    target       ");
    if (item->target.len > 0)
        tool_print_text(item->target);
    else
        printf("(hidden)");
    printf("\n    options      %s\n",
           (item->options & PROFILE_OPTION_CONFIRM) != 0 ? "confirm" : "none");
}

static edhoc_err print_ead_1(struct bytes ead)
{
    struct profile_item item;
    edhoc_err err = item_read(1, ead, &item);

    printf("    EAD_1        %zu bytes: ", ead.len);
    tool_print_hex(ead);
    putchar('\n');
    if (err == EDHOC_OK)
        print_profile(&item);
    return err;
}

static edhoc_err print_message_1(const struct message_1 *m)
{
    printf("    METHOD       %" PRId64 ": %s\n", m->method, method_name(m->method));
    print_suites(m);
    printf("    G_X          %zu bytes: ", m->g_x.len);
    tool_print_hex(m->g_x);
    printf("\n    C_I          ");
    tool_print_hex(m->c_i);
    puts(m->c_i.len == 0 ? "empty" : " (not empty: this mechanism refuses it)");
    return print_ead_1(m->ead_1);
}

static edhoc_err show_message_1(struct bytes in, const char *path)
{
    struct message_1 m;

    if (!read_message_1(in, &m))
        return report(EDHOC_ERR_MALFORMED,
                      "%s: what it frames is not METHOD, SUITES_I, G_X, C_I, "
                      "EAD_1 of a message_1",
                      path);
    return print_message_1(&m);
}

static edhoc_err show_framed(struct bytes in, struct bytes inner, const char *path)
{
    struct bytes oid = bytes_of(mech_oid, sizeof(mech_oid));

    if (inner.len < oid.len || !bytes_equal(bytes_of(inner.p, oid.len), oid))
        return report(EDHOC_ERR_FRAMING, "%s: a first token of another GSS-API mechanism", path);
    inner = bytes_of(inner.p + oid.len, inner.len - oid.len);
    printf("%s: first token, %zu bytes\n", path, in.len);
    printf("    framing      %zu bytes, with this mechanism's OID\n", in.len - inner.len);
    printf("    message_1    %zu bytes\n", inner.len);
    return show_message_1(inner, path);
}

/* ---- later tokens ---- */

static bool is_byte_string(struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);

    (void)cbor_read_bstr(&r);
    return cbor_finished(&r);
}

static void show_error_message(struct bytes in, const char *path)
{
    struct cbor_reader r = cbor_reader(in);
    int64_t code = cbor_read_int(&r);
    struct bytes info = r.rest;

    printf("%s: EDHOC error message, %zu bytes\n", path, in.len);
    printf("    ERR_CODE     %" PRId64 "%s\n", code,
           code == 2 ? " (wrong cipher suite; ERR_INFO lists those of the responder)" : "");
    printf("    ERR_INFO     ");
    if (cbor_peek(&r) == CBOR_TSTR) {
        tool_print_text(cbor_read_tstr(&r));
    } else {
        printf("CBOR ");
        tool_print_hex(info);
    }
    putchar('\n');
}

static void show_byte_string(struct bytes in, const char *path)
{
    printf("%s: message_2, message_3 or message_4, %zu bytes\n"
           "    one byte string, encrypted: nothing more can be told without the keys\n",
           path, in.len);
}

/* ---- which of them ---- */

static bool is_text(struct bytes in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.p[i] < 0x20 && in.p[i] != '\t' && in.p[i] != '\n' && in.p[i] != '\r')
            return false;
    return cbor_utf8(in);
}

bool show_is_token(struct bytes in)
{
    struct message_1 m;
    struct bytes inner;

    if (unframe(in, &inner))
        return true;
    return in.len <= TOKEN_MAX && !is_text(in) &&
           (is_byte_string(in) || message_is_error(in) || read_message_1(in, &m));
}

edhoc_err show_token(struct bytes in, const char *path)
{
    struct bytes inner;

    if (unframe(in, &inner))
        return show_framed(in, inner, path);
    if (is_byte_string(in)) {
        show_byte_string(in, path);
        return EDHOC_OK;
    }
    if (message_is_error(in)) {
        show_error_message(in, path);
        return EDHOC_OK;
    }
    printf("%s: message_1 without framing (the second one, after a refused cipher suite), "
           "%zu bytes\n",
           path, in.len);
    return show_message_1(in, path);
}
