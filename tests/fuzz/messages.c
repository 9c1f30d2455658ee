/* Per-message tokens, and the records of established contexts. */
#include "fuzz.h"

#include "edhoc/suite.h"
#include "token/protect.h"

#include <stdlib.h>
#include <string.h>

static struct protect *new_protect(bool initiator)
{
    static const uint8_t prk[32] = {1, 2, 3};
    struct protect *p;

    fuzz_must(protect_new(suite_by_id(6), bytes_of(prk, sizeof(prk)), initiator, &p) == EDHOC_OK,
              "a context");
    return p;
}

/* The first byte cuts the token: what precedes the header is SIGN_ONLY. */
static void run_message(struct bytes in)
{
    struct protect *p = new_protect(true);
    uint8_t out[4096];
    size_t rest = in.len > 1 + TOKEN_OVERHEAD ? in.len - 1 - TOKEN_OVERHEAD : 0;
    size_t sign_only = rest > 0 ? in.p[0] % (rest + 1) : 0, len = rest - sign_only;
    const uint8_t *header = in.p + 1 + sign_only;
    enum arrival arrival;

    if (rest > 0 && len <= sizeof(out)) {
        struct piece pieces[2] = {{true, in.p + 1, NULL, sign_only},
                                  {false, header + TOKEN_HEADER, out, len}};

        fuzz_must(protect_open(p, header, pieces, 2, header + TOKEN_HEADER + len, &arrival) !=
                      EDHOC_OK,
                  "nobody makes a token without the key");
    }
    protect_free(p);
}

static void seed_message(void (*add)(struct bytes))
{
    struct protect *p = new_protect(false);
    uint8_t token[1 + TOKEN_OVERHEAD + 5] = {0};
    uint8_t text[5] = "text";

    for (int type = TOKEN_MIC; type <= TOKEN_SEAL; type++) {
        struct piece piece = {false, text, type == TOKEN_MIC ? NULL : token + 1 + TOKEN_HEADER, 5};

        if (protect_seal(p, (enum token_type)type, &piece, 1, token + 1,
                         token + 1 + TOKEN_HEADER + 5) != EDHOC_OK)
            exit(2);
        /* Without its tag: from one that is nearly right a fuzzer finds the right one. */
        memset(token + sizeof(token) - TOKEN_TAG, 0, TOKEN_TAG);
        add(bytes_of(token, sizeof(token)));
    }
    protect_free(p);
}

static void run_import(struct bytes in)
{
    struct buf again = buf_new(4096);
    struct protect *p;

    if (protect_import(in, &p) == EDHOC_OK) {
        protect_export(p, &again);
        fuzz_must(buf_err(&again) == EDHOC_OK && again.len > 0,
                  "what was imported can be exported");
        protect_free(p);
    }
    buf_free(&again);
}

static void seed_import(void (*add)(struct bytes))
{
    struct protect *p = new_protect(true);
    struct buf record = buf_new(4096);

    protect_export(p, &record);
    add(buf_bytes(&record));
    buf_free(&record);
    protect_free(p);
}

const struct fuzz_target fuzz_messages[] = {
    {"message", run_message, seed_message},
    {"import", run_import, seed_import},
    {NULL, NULL, NULL},
};
