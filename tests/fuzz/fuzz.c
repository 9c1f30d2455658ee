#include "fuzz.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *const tables[] = {fuzz_parsers, fuzz_handshakes, fuzz_certificates,
                                                   fuzz_messages, fuzz_face};
static const struct fuzz_target *chosen;

void fuzz_must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: %s: %s\n", chosen->name, what);
    abort();
}

static const struct fuzz_target *find(const char *name)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct fuzz_target *t = tables[i]; t->name != NULL; t++)
            if (strcmp(t->name, name) == 0)
                return t;
    return NULL;
}

static void list(void)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct fuzz_target *t = tables[i]; t->name != NULL; t++)
            puts(t->name);
}

/* ---- seeds: FUZZ_SEEDS is the folder that they go to ---- */

static void write_seed(struct bytes seed)
{
    static unsigned number;
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/seed-%03u", getenv("FUZZ_SEEDS"), number++);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(seed.p, 1, seed.len, file) != seed.len || fclose(file) != 0) {
        fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
        exit(2);
    }
}

/* FUZZ_TARGET=list prints the targets. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("FUZZ_TARGET");

    (void)argc;
    (void)argv;
    if (name != NULL && strcmp(name, "list") == 0) {
        list();
        exit(0);
    }
    chosen = name != NULL ? find(name) : NULL;
    if (chosen == NULL) {
        fprintf(stderr, "fuzz: FUZZ_TARGET names a target; FUZZ_TARGET=list lists them\n");
        exit(2);
    }
    if (getenv("FUZZ_SEEDS") != NULL) {
        if (chosen->seed != NULL)
            chosen->seed(write_seed);
        exit(0);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chosen->run(bytes_of(data, size));
    return 0;
}
