/* A key revocation list (PROTOCOL.krl):
 *
 *     "SSHKRL\n\0", uint32 1, uint64 version, uint64 date, uint64 flags, string reserved,
 *     string comment, and then sections: byte type, string data
 *
 *     1    certificates: string CA's key ("": all CAs), string reserved, and then, in the same form,
 *          0x20 uint64 serial*    0x21 uint64 first, uint64 last    0x22 uint64 offset, mpint bits
 *          0x23 string key_id*    0x39 extension
 *     2    string key*     3    string SHA-1*     5    string SHA-256*
 *     4    signature       255  extension: string name, byte critical, string contents
 */
#include "peer/krl.h"

#include "base/bytes.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "peer/revoked.h"

#include <string.h>

#define MAGIC "SSHKRL\n" /* and its NUL */

enum { CERTIFICATES = 1, KEYS = 2, SHA1S = 3, SIGNATURE = 4, SHA256S = 5, EXTENSION = 255 };
enum { SERIALS = 0x20, RANGE = 0x21, BITMAP = 0x22, KEY_IDS = 0x23, CERT_EXTENSION = 0x39 };

/* What is wrong, for a message; NULL while nothing is. */
struct reading {
    struct revoked *to;
    const char *fault;
};

bool krl_is(struct bytes text)
{
    return text.len >= sizeof(MAGIC) && memcmp(text.p, MAGIC, sizeof(MAGIC)) == 0;
}

static void fail(struct reading *reading, struct ssh_reader *r, const char *fault)
{
    if (reading->fault == NULL)
        reading->fault = fault;
    r->failed = true;
}

/* string name, byte critical, string contents. None is known here. */
static void read_extension(struct reading *reading, struct ssh_reader *r)
{
    (void)ssh_read_string(r);
    if (ssh_read_byte(r) != 0)
        fail(reading, r, "has a critical extension, and none is known here");
    (void)ssh_read_string(r);
}

/* ---- certificates ---- */

/* Serial number 0 says that a CA does not number: it cannot be meant. */
static void add_range(struct reading *reading, struct ssh_reader *r, uint64_t first, uint64_t last)
{
    if (!r->failed && (first == 0 || first > last))
        fail(reading, r, "has a range of serial numbers that begins with 0 or ends before");
    if (!r->failed)
        revoked_add_serials(reading->to, first, last);
}

/* The number of the highest bit that is set; the first byte is not zero. */
static uint64_t highest_bit(struct bytes bits)
{
    uint64_t n = 8 * (uint64_t)(bits.len - 1);

    for (uint8_t first = bits.p[0]; first > 1; first >>= 1)
        n++;
    return n;
}

static void read_bitmap(struct reading *reading, struct ssh_reader *r)
{
    uint64_t offset = ssh_read_uint64(r);
    struct bytes bits = ssh_read_magnitude(r);
    bool has_zero = offset == 0 && bits.len > 0 && (bits.p[bits.len - 1] & 1) != 0;

    if (bits.len > 0 && (has_zero || highest_bit(bits) > UINT64_MAX - offset))
        fail(reading, r, "has a bitmap with serial number 0, or beyond the highest one");
    if (!r->failed)
        revoked_add_bitmap(reading->to, offset, bits);
}

static void read_key_id(struct reading *reading, struct ssh_reader *r)
{
    struct bytes key_id = ssh_read_string(r);

    if (key_id.len > 0 && memchr(key_id.p, '\0', key_id.len) != NULL)
        fail(reading, r, "has a key id with a NUL in it");
    if (!r->failed)
        revoked_add_key_id(reading->to, key_id);
}

static void read_subsection(struct reading *reading, uint8_t type, struct ssh_reader *r)
{
    uint64_t n;

    switch (type) {
    case SERIALS:
        while (r->rest.len > 0 && !r->failed) {
            n = ssh_read_uint64(r);
            add_range(reading, r, n, n);
        }
        break;
    case RANGE:
        n = ssh_read_uint64(r);
        add_range(reading, r, n, ssh_read_uint64(r));
        break;
    case BITMAP:
        read_bitmap(reading, r);
        break;
    case KEY_IDS:
        while (r->rest.len > 0 && !r->failed)
            read_key_id(reading, r);
        break;
    case CERT_EXTENSION:
        read_extension(reading, r);
        break;
    default:
        fail(reading, r, "has a section about certificates of a kind that is not known here");
    }
}

/* byte type, string data; the data go to `read` and must be used up. */
static void read_part(struct reading *reading, struct ssh_reader *r,
                      void (*read)(struct reading *, uint8_t, struct ssh_reader *))
{
    uint8_t type = ssh_read_byte(r);
    struct ssh_reader data = ssh_reader_of(ssh_read_string(r));

    if (r->failed)
        return;
    read(reading, type, &data);
    if (!ssh_read_done(&data))
        fail(reading, r, "ends too early, or has bytes left over in a section");
}

static void read_certificates(struct reading *reading, struct ssh_reader *r)
{
    struct bytes ca = ssh_read_string(r);

    (void)ssh_read_string(r); /* reserved */
    if (r->failed)
        return;
    revoked_add_ca(reading->to, ca);
    while (r->rest.len > 0 && !r->failed)
        read_part(reading, r, read_subsection);
}

/* ---- keys ---- */

/* "Must be a raw key": whoever lists a certificate here would believe it revoked. */
static bool is_raw_key(struct bytes blob)
{
    struct ssh_reader r = ssh_reader_of(blob);
    struct bytes type = ssh_read_string(&r);

    return !r.failed && type.len > 0 && r.rest.len > 0 &&
           memmem(type.p, type.len, "-cert-v0", strlen("-cert-v0")) == NULL;
}

static void read_key(struct reading *reading, uint8_t type, struct ssh_reader *r)
{
    struct bytes item = ssh_read_string(r);
    bool fits = type == KEYS ? is_raw_key(item) : item.len == (type == SHA1S ? 20u : 32u);

    if (!fits)
        fail(reading, r, "has a key or fingerprint that is none");
    if (r->failed)
        return;
    if (type == KEYS)
        revoked_add_key(reading->to, item);
    else if (type == SHA1S)
        revoked_add_sha1(reading->to, item.p);
    else
        revoked_add_sha256(reading->to, item.p);
}

/* ---- the list ---- */

static void read_section(struct reading *reading, uint8_t type, struct ssh_reader *r)
{
    switch (type) {
    case CERTIFICATES:
        read_certificates(reading, r);
        break;
    case KEYS:
    case SHA1S:
    case SHA256S:
        while (r->rest.len > 0 && !r->failed)
            read_key(reading, type, r);
        break;
    case EXTENSION:
        read_extension(reading, r);
        break;
    case SIGNATURE:
        fail(reading, r, "is signed, and such signatures are not supported (as in OpenSSH)");
        break;
    default:
        fail(reading, r, "has a section of a kind that is not known here");
    }
}

static void read_header(struct reading *reading, struct ssh_reader *r)
{
    ssh_read_exactly(r, bytes_of(MAGIC, sizeof(MAGIC)));
    if (ssh_read_uint32(r) != 1)
        fail(reading, r, "is no revocation list of version 1");
    for (int i = 0; i < 3; i++)
        (void)ssh_read_uint64(r); /* version of the list, date, flags */
    (void)ssh_read_string(r);     /* reserved */
    (void)ssh_read_string(r);     /* comment */
}

edhoc_err krl_read(struct bytes text, const char *path, struct revoked **out)
{
    struct reading reading = {NULL, NULL};
    edhoc_err err = revoked_new(text, path, &reading.to);
    struct ssh_reader r;

    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    r = ssh_reader_of(revoked_text(reading.to));
    read_header(&reading, &r);
    while (r.rest.len > 0 && !r.failed)
        read_part(&reading, &r, read_section);
    err = revoked_finish(reading.to);
    if (err == EDHOC_OK && !ssh_read_done(&r))
        err = report(EDHOC_ERR_KEY_FORMAT, "%s %s; make the list anew with ssh-keygen -k", path,
                     reading.fault != NULL ? reading.fault : "ends too early");
    if (err == EDHOC_OK)
        *out = reading.to;
    else
        revoked_free(reading.to);
    return err;
}
