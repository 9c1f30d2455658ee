/* error = ( ERR_CODE : int, ERR_INFO : any ), RFC 9528 section 6. */
#include "edhoc/message_error.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "edhoc/suite.h"

#include <string.h>

enum { ERR_UNSPECIFIED = 1, ERR_WRONG_SUITE = 2 };

#define ERR_INFO_SHOWN 128 /* characters of the peer's words that we show */
#define SUITES_R_MAX   32

bool message_is_error(struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);
    enum cbor_kind kind = cbor_peek(&r);

    (void)cbor_read_any(&r);
    (void)cbor_read_any(&r);
    return cbor_finished(&r) && (kind == CBOR_UINT || kind == CBOR_NINT);
}

void message_error_put(struct buf *out, const char *text)
{
    cbor_put_int(out, ERR_UNSPECIFIED);
    cbor_put_tstr(out, bytes_of_text(text));
}

void message_error_put_suites(const struct suite_list *suites_r, struct buf *out)
{
    cbor_put_int(out, ERR_WRONG_SUITE);
    if (suites_r->len != 1)
        cbor_put_array(out, suites_r->len);
    for (size_t i = 0; i < suites_r->len; i++)
        cbor_put_int(out, suites_r->id[i]);
}

/* suites = [ 2* int ] / int; numbers that we do not know are passed over. */
static edhoc_err read_suites_r(struct cbor_reader *r, struct suite_list *list)
{
    size_t count = 1;

    *list = (struct suite_list){{0}, 0};
    if (cbor_peek(r) == CBOR_ARRAY) {
        count = cbor_read_array(r);
        if (count < 2 || count > SUITES_R_MAX)
            r->failed = true;
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        int64_t id = cbor_read_int(r);

        if (!r->failed && suite_by_id(id) != NULL)
            suite_list_add(list, (int)id);
    }
    return cbor_finished(r)
               ? EDHOC_OK
               : report(EDHOC_ERR_PEER_ERROR,
                        "peer says: wrong cipher suite (error code 2), and lists none");
}

/* The peer's words: printable ASCII only, and not too many of them. */
static void show(struct bytes text, char out[ERR_INFO_SHOWN + 1])
{
    size_t len = text.len < ERR_INFO_SHOWN ? text.len : ERR_INFO_SHOWN;

    for (size_t i = 0; i < len; i++)
        out[i] = ascii_is_printable((char)text.p[i]) ? (char)text.p[i] : '?';
    out[len] = '\0';
}

edhoc_err message_error_read(struct bytes in, struct suite_list *suites_r)
{
    struct cbor_reader r = cbor_reader(in);
    int64_t code = cbor_read_int(&r);
    char text[ERR_INFO_SHOWN + 1] = "no reason that can be shown";

    if (code == ERR_WRONG_SUITE && suites_r != NULL)
        return read_suites_r(&r, suites_r);
    if (cbor_peek(&r) == CBOR_TSTR)
        show(cbor_read_tstr(&r), text);
    return report(EDHOC_ERR_PEER_ERROR, "peer says: %s (error code %lld)", text, (long long)code);
}
