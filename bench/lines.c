/* Writes trust files: the lines of a short one in the midst of as many others as are wanted. */
#include "bench_gss.h"
#include "measure.h"
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

static size_t put_string(uint8_t *to, const void *bytes, size_t len)
{
    to[0] = to[1] = to[2] = 0;
    to[3] = (uint8_t)len;
    memcpy(to + 4, bytes, len);
    return 4 + len;
}

/* A new public key in the trust file's base64; X25519 takes any 32 bytes. */
static const char *new_x25519(void)
{
    static char line[160];
    uint8_t key[32], blob[64];
    size_t len = put_string(blob, "ecdh-x25519", 11);

    must(RAND_bytes(key, sizeof(key)) == 1, "random bytes");
    len += put_string(blob + len, key, sizeof(key));
    (void)EVP_EncodeBlock((uint8_t *)line + sprintf(line, "ecdh-x25519 "), blob, (int)len);
    return line;
}

static const char *new_p256(void)
{
    static char line[256];
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    uint8_t point[65], blob[160];
    size_t len;

    must(key != NULL && EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                        sizeof(point), &len) == 1,
         "a key");
    EVP_PKEY_free(key);
    len = put_string(blob, "ecdsa-sha2-nistp256", 19);
    len += put_string(blob + len, "nistp256", 8);
    len += put_string(blob + len, point, sizeof(point));
    (void)EVP_EncodeBlock((uint8_t *)line + sprintf(line, "ecdsa-sha2-nistp256 "), blob, (int)len);
    return line;
}

/* The key of p256's client, from its file of one line: NAME TYPE KEY. */
static const char *clients_key(void)
{
    static char line[512];
    FILE *in = fopen(in_folder("p256/client.pub"), "r");

    must(in != NULL && fgets(line, sizeof(line), in) != NULL && strchr(line, ' ') != NULL,
         "p256/client.pub");
    (void)fclose(in);
    line[strcspn(line, "\n")] = '\0';
    return strchr(line, ' ') + 1;
}

static void copy_real_lines(const char *keys, FILE *out)
{
    FILE *in = fopen(in_folder("%s/trust", keys), "r");
    char line[512];

    must(in != NULL, "a trust file");
    while (fgets(line, sizeof(line), in) != NULL)
        (void)fputs(line, out);
    (void)fclose(in);
}

/* FILE x25519|p256|same COUNT: `same` repeats the key of p256's client, with another name
 * each time, after as many lines of other keys. */
void bench_lines(char **arguments)
{
    FILE *out = fopen(in_folder("x25519/%s", arguments[0]), "w");
    unsigned long count = strtoul(arguments[2], NULL, 10);
    const char *(*key)(void) = strcmp(arguments[1], "x25519") == 0 ? new_x25519
                               : strcmp(arguments[1], "p256") == 0 ? new_p256
                                                                   : clients_key;
    must(out != NULL, "a trust file");
    for (unsigned long i = 0; key == clients_key && i < count; i++)
        (void)fprintf(out, "other%06lu %s\n", i, new_x25519());
    for (unsigned long i = 0; i < count; i++) {
        if (i == count / 2)
            copy_real_lines(key == clients_key ? "p256" : "x25519", out);
        (void)fprintf(out, "user%06lu %s\n", i, key());
    }
    must(fclose(out) == 0, "writing a trust file");
}
