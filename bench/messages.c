/* Messages that are sealed and opened, by gss_wrap and gss_unwrap and in place by IOV. */
#include "bench_gss.h"
#include "floor.h"
#include "measure.h"
#include "pair.h"

#include <stdlib.h>
#include <string.h>

#include <gssapi/gssapi_ext.h>

static const struct kind kinds[] = {
    {"edhoc", &mech_edhoc, false, "x25519", NULL, NULL},
    {"krb5", &mech_krb5, false, NULL, NULL, NULL},
    {"ntlmssp", &mech_ntlmssp, false, NULL, NULL, NULL},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

#define LARGEST 1048576
static const size_t sizes[] = {64, 1024, 16384, 262144, LARGEST};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct flow {
    struct contexts c;
    const struct kind *kind;
    uint8_t *text;
    size_t len;
    uint8_t header[256], trailer[256], padding[256];
};

static void wrap_once(void *arg)
{
    struct flow *f = arg;
    gss_buffer_desc text = {f->len, f->text}, sealed, opened;
    OM_uint32 major, minor;

    major = gss_wrap(&minor, f->c.client, 1, GSS_C_QOP_DEFAULT, &text, NULL, &sealed);
    gss_must(major, minor, f->kind->mech, "gss_wrap");
    major = gss_unwrap(&minor, f->c.server, &sealed, &opened, NULL, NULL);
    gss_must(major, minor, f->kind->mech, "gss_unwrap");
    (void)gss_release_buffer(&minor, &sealed);
    (void)gss_release_buffer(&minor, &opened);
}

/* In place, with header and trailer in buffers of ours. */
static void iov_once(void *arg)
{
    struct flow *f = arg;
    gss_iov_buffer_desc iov[4] = {
        {GSS_IOV_BUFFER_TYPE_HEADER, GSS_C_EMPTY_BUFFER},
        {GSS_IOV_BUFFER_TYPE_DATA, {f->len, f->text}},
        {GSS_IOV_BUFFER_TYPE_PADDING, GSS_C_EMPTY_BUFFER},
        {GSS_IOV_BUFFER_TYPE_TRAILER, GSS_C_EMPTY_BUFFER},
    };
    OM_uint32 major, minor;

    major = gss_wrap_iov_length(&minor, f->c.client, 1, GSS_C_QOP_DEFAULT, NULL, iov, 4);
    gss_must(major, minor, f->kind->mech, "gss_wrap_iov_length");
    must(iov[0].buffer.length <= sizeof(f->header) && iov[2].buffer.length <= sizeof(f->padding) &&
             iov[3].buffer.length <= sizeof(f->trailer),
         "IOV lengths");
    iov[0].buffer.value = f->header;
    iov[2].buffer.value = f->padding;
    iov[3].buffer.value = f->trailer;
    major = gss_wrap_iov(&minor, f->c.client, 1, GSS_C_QOP_DEFAULT, NULL, iov, 4);
    gss_must(major, minor, f->kind->mech, "gss_wrap_iov");
    major = gss_unwrap_iov(&minor, f->c.server, NULL, NULL, iov, 4);
    gss_must(major, minor, f->kind->mech, "gss_unwrap_iov");
}

static bool has_iov(const struct kind *kind)
{
    return kind->mech != &mech_ntlmssp;
}

/* Of one size: each mechanism by wrap and by IOV, then both floors. */
static void messages_of(struct flow *flows, size_t len)
{
    struct work works[2 * KINDS + 2];
    struct work *kept = &works[2 * KINDS], *allocating = &works[2 * KINDS + 1];
    struct floor_message bare;

    floor_message_init(&bare, "AES-128-GCM", len);
    for (size_t i = 0; i < 2 * KINDS; i++) {
        bool iov = i % 2 == 1 && has_iov(&kinds[i / 2]);

        flows[i / 2].len = len;
        works[i] = (struct work){iov ? iov_once : wrap_once, NULL, &flows[i / 2], {0}};
    }
    *kept = (struct work){floor_message, NULL, &bare, {0}};
    *allocating = (struct work){floor_message_allocating, NULL, &bare, {0}};
    measure(works, 2 * KINDS + 2, 0.04);
    for (size_t i = 0; i < 2 * KINDS; i++) {
        const char *name = kinds[i / 2].name, *how = i % 2 == 0 ? "wrap" : "iov";

        if (i % 2 == 1 && !has_iov(&kinds[i / 2]))
            continue;
        result((double)len / seconds_of(&works[i]) / 1e6, "MB/s %s %s %zu", name, how, len);
        result(speed_ratio(&works[i], kept), "ratio %s %s/floor %zu", name, how, len);
        result(speed_ratio(&works[i], allocating), "ratio %s %s/allocating %zu", name, how, len);
    }
    result((double)len / seconds_of(kept) / 1e6, "MB/s floor kept %zu", len);
    result((double)len / seconds_of(allocating) / 1e6, "MB/s floor allocating %zu", len);
    floor_message_free(&bare);
}

void bench_messages(char **arguments)
{
    static struct flow flows[KINDS];

    (void)arguments;
    for (size_t i = 0; i < KINDS; i++) {
        struct pair pair;

        pair_open(&pair, &kinds[i], true);
        establish(&pair, &flows[i].c, NULL);
        flows[i].kind = &kinds[i];
        flows[i].text = calloc(1, LARGEST);
        must(flows[i].text != NULL, "memory");
        pair_free(&pair);
    }
    for (size_t i = 0; i < SIZES; i++)
        messages_of(flows, sizes[i]);
    for (size_t i = 0; i < KINDS; i++) {
        contexts_free(&flows[i].c);
        free(flows[i].text);
    }
}
