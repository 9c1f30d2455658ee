/* The libcrypto wall: published vectors through our own functions, and everything a peer can send
 * in the place of a ciphertext, a point or a signature. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ui.h>

#include "crypto/aead.h"
#include "crypto/begun.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "crypto/sign.h"
#include "edhoc/suite.h"
#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/libcrypto.h"
#include "lib/slow.h"
#include "lib/suite.h"

/* ---- helpers ---- */

/* `len` bytes that count up from `first`. */
static struct bytes counting(uint8_t first, size_t len)
{
    uint8_t *out = keep_new(len);

    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(first + i);
    return bytes_of(out, len);
}

/* What the host program left in libcrypto's queue, before each test. */
#define HOSTS_REASON 42
#define HOSTS_WORDS  "the host's own"

static void host_fails(void)
{
    ERR_clear_error();
    ERR_raise_data(ERR_LIB_USER, HOSTS_REASON, HOSTS_WORDS);
}

/* It is there as it was, and nothing else is: none of ours, after success or failure. */
static void check_queue(void)
{
    unsigned long first = ERR_peek_error(), last;
    const char *words = "";

    last = ERR_peek_last_error_all(NULL, NULL, NULL, &words, NULL);
    must(ERR_GET_LIB(first) == ERR_LIB_USER && ERR_GET_REASON(first) == HOSTS_REASON);
    must(last == first && strcmp(words, HOSTS_WORDS) == 0);
}

static void check_error(edhoc_err actual, edhoc_err expected)
{
    ck_assert_msg(actual == expected, "%s", errors_differ(actual, expected));
    check_queue();
}

static void check_ok(edhoc_err err)
{
    check_error(err, EDHOC_OK);
}

/* ---- hash, MAC, extract, expand ---- */

/* What a deriver makes of one value alone; an info comes in pieces. */
static edhoc_err extract(enum crypto_hash hash, struct bytes salt, struct bytes ikm,
                         struct fixed *out)
{
    struct deriver d = {.ctx = NULL};
    edhoc_err err = deriver_extract(&d, hash, salt, ikm, out);

    deriver_put_away(&d);
    return err;
}

static edhoc_err expand(enum crypto_hash hash, struct bytes prk, struct bytes info, uint8_t *out,
                        size_t len)
{
    const size_t half = info.len / 2;
    const struct bytes pieces[] = {BYTES_NONE, bytes_of(info.p, half),
                                   bytes_of(info.p + half, info.len - half)};
    struct deriver d = {.ctx = NULL};
    edhoc_err err = deriver_expand(&d, hash, prk, pieces, out, len);

    deriver_put_away(&d);
    return err;
}

static const struct {
    enum crypto_hash hash;
    const char *text, *digest;
} digests[] = {
    {HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {HASH_SHA384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {HASH_SHAKE256, "",
     "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
     "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be"},
};

static bool hurries; /* somebody else, while a digest is being fetched */
static enum { HAS_ALL, IS_SHORT_OF_MEMORY, LACKS_IT } libcrypto; /* where a digest is fetched */
static unsigned digests_fetched, digests_freed;

EVP_MD *__real_EVP_MD_fetch(OSSL_LIB_CTX *context, const char *name, const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *context, const char *name, const char *properties);
void __real_EVP_MD_free(EVP_MD *digest);
void __wrap_EVP_MD_free(EVP_MD *digest);

EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *context, const char *name, const char *properties)
{
    digests_fetched++;
    if (libcrypto == IS_SHORT_OF_MEMORY) {
        ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
        return NULL;
    }
    if (libcrypto == LACKS_IT)
        name = "no such digest";
    if (hurries) {
        hurries = false;
        must(crypto_has_hash(HASH_SHAKE256));
    }
    return __real_EVP_MD_fetch(context, name, properties);
}

void __wrap_EVP_MD_free(EVP_MD *digest)
{
    digests_freed++;
    __real_EVP_MD_free(digest);
}

/* The first test of all: what is fetched stays for the process. */
START_TEST(a_digest_that_two_fetch_at_once_is_kept_once)
{
    hurries = true;
    ck_assert(crypto_has_hash(HASH_SHAKE256));
    ck_assert_uint_eq(digests_fetched, 2);
    ck_assert_uint_eq(digests_freed, 1);
    ck_assert(crypto_has_hash(HASH_SHAKE256));
    ck_assert_uint_eq(digests_fetched, 2);
    check_queue();
}
END_TEST

/* In a process of its own, for which it is so for ever. Nobody has asked for SHA-384 yet. */
START_TEST(a_suite_that_could_not_be_looked_at_is_looked_at_again)
{
    const struct suite *suite = suite_by_id(24);
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        libcrypto = IS_SHORT_OF_MEMORY;
        must(suite_available(suite)); /* for all that is known */
        libcrypto = LACKS_IT;
        must(!suite_available(suite));
        libcrypto = HAS_ALL;
        must(!suite_available(suite));
        check_queue();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(published_digests_come_out_however_the_text_is_cut)
{
    struct bytes text = bytes_of_text(digests[_i].text);
    struct bytes parts[] = {BYTES_NONE, bytes_of(text.p, text.len / 2), BYTES_NONE,
                            bytes_of(text.p + text.len / 2, text.len - text.len / 2)};
    struct fixed out;

    ck_assert(crypto_has_hash(digests[_i].hash));
    check_ok(crypto_digest(digests[_i].hash, &text, 1, &out));
    ck_assert_hex(fixed_bytes(&out), digests[_i].digest);
    ck_assert_uint_eq(out.len, crypto_hash_length(digests[_i].hash));
    check_ok(crypto_digest(digests[_i].hash, parts, 4, &out));
    ck_assert_hex(fixed_bytes(&out), digests[_i].digest);
}
END_TEST

START_TEST(sha256_of_one_text_is_the_same)
{
    uint8_t out[32];

    check_ok(crypto_sha256(BYTES_LITERAL("abc"), out));
    ck_assert_hex(bytes_of(out, 32), digests[0].digest);
    check_ok(crypto_sha256(BYTES_NONE, out));
    ck_assert_hex(bytes_of(out, 32), digests[1].digest);
}
END_TEST

/* RFC 4231 cases 1 and 2; KMAC256 sample 5 of NIST's examples for SP 800-185. */
START_TEST(published_macs_come_out)
{
    struct bytes hi = BYTES_LITERAL("Hi There");
    struct bytes want[] = {BYTES_LITERAL("what do ya want "), BYTES_LITERAL("for nothing?")};
    struct bytes key = unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    struct bytes data = counting(0, 200);
    struct fixed out;

    check_ok(crypto_mac(HASH_SHA256, key, &hi, 1, &out));
    ck_assert_hex(fixed_bytes(&out),
                  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_ok(crypto_mac(HASH_SHA384, key, &hi, 1, &out));
    ck_assert_hex(fixed_bytes(&out),
                  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
                  "faea9ea9076ede7f4af152e8b2fa9cb6");
    check_ok(crypto_mac(HASH_SHA256, BYTES_LITERAL("Jefe"), want, 2, &out));
    ck_assert_hex(fixed_bytes(&out),
                  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    check_ok(crypto_mac(HASH_SHA384, BYTES_LITERAL("Jefe"), want, 2, &out));
    ck_assert_hex(fixed_bytes(&out),
                  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                  "8e2240ca5e69e2c78b3239ecfab21649");
    check_ok(crypto_mac(HASH_SHAKE256, counting(0x40, 32), &data, 1, &out));
    ck_assert_hex(fixed_bytes(&out),
                  "75358cf39e41494e949707927cee0af20a3ff553904c86b08f21cc414bcfd691"
                  "589d27cf5e15369cbbff8b9a4c2eb17800855d0235ff635da82533ec6b759b69");
    check_ok(extract(HASH_SHAKE256, counting(0x40, 32), data, &out));
    ck_assert_hex(fixed_bytes(&out),
                  "75358cf39e41494e949707927cee0af20a3ff553904c86b08f21cc414bcfd691"
                  "589d27cf5e15369cbbff8b9a4c2eb17800855d0235ff635da82533ec6b759b69");
}
END_TEST

/* RFC 5869 appendix A; case 3's absent salt is as many zeros as the hash is long. */
START_TEST(published_hkdf_outputs_come_out)
{
    static const struct {
        uint8_t salt, ikm, info; /* first bytes of runs */
        size_t salt_len, ikm_len, info_len;
        const char *prk, *okm;
    } cases[] = {
        {0x00, 0x0b, 0xf0, 13, 22, 10,
         "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {0x60, 0x00, 0xb0, 80, 80, 80,
         "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
         "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
         "cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        {0x00, 0x0b, 0x00, 32, 22, 0,
         "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
         "9d201395faa4b61a96c8"},
    };
    struct bytes salt = counting(cases[_i].salt, cases[_i].salt_len);
    struct bytes ikm = counting(cases[_i].ikm, cases[_i].ikm_len);
    size_t len = strlen(cases[_i].okm) / 2;
    uint8_t zeros[32] = {0}, ones[22], okm[82];
    struct fixed prk;

    memset(ones, 0x0b, sizeof(ones));
    if (_i != 1)
        ikm = bytes_of(ones, sizeof(ones));
    if (_i == 2)
        salt = bytes_of(zeros, sizeof(zeros));
    check_ok(extract(HASH_SHA256, salt, ikm, &prk));
    ck_assert_hex(fixed_bytes(&prk), cases[_i].prk);
    check_ok(expand(HASH_SHA256, fixed_bytes(&prk), counting(cases[_i].info, cases[_i].info_len),
                    okm, len));
    ck_assert_hex(bytes_of(okm, len), cases[_i].okm);
}
END_TEST

/* All lengths up to the longest, with an info that is longer than libcrypto's KDF would take: the
 * hash of the longest is that of an independent implementation, the others are its beginnings. */
START_TEST(every_length_up_to_the_longest_expands)
{
    static const struct {
        enum crypto_hash hash;
        uint8_t first;
        size_t longest;
        const char *sha256;
    } rows[] = {
        {HASH_SHA256, 0, 8160, "ae6a18a447da51893d3de2f3836b86dafefd8c245b6436c0c675bb910f11884d"},
        {HASH_SHA384, 0, 12240, "245032d4b5cd07a47d2425d7e06ed72a1616c1cf2de925e24aa1fc9f52eebfd9"},
    };
    enum crypto_hash hash = rows[_i].hash;
    size_t hash_length = crypto_hash_length(hash), longest = rows[_i].longest;
    size_t lengths[] = {1, 31, 32, 33, 47, 48, 49, 64, 65, 100, longest - 1, longest};
    struct bytes prk = counting(rows[_i].first, hash_length), info;
    uint8_t *all = malloc(longest), sum[32], long_info[640];

    for (size_t i = 0; i < sizeof(long_info); i++)
        long_info[i] = i % 16;
    info = bytes_of(long_info, sizeof(long_info));
    ck_assert_uint_eq(crypto_expand_max(hash), longest);
    check_ok(expand(hash, prk, info, all, longest));
    check_ok(crypto_sha256(bytes_of(all, longest), sum));
    ck_assert_hex(bytes_of(sum, 32), rows[_i].sha256);
    for (int i = 0; i < ROWS(lengths); i++) {
        uint8_t *part = malloc(lengths[i]);

        check_ok(expand(hash, prk, info, part, lengths[i]));
        ck_assert_mem_eq(part, all, lengths[i]);
        free(part);
    }
    check_ok(expand(hash, prk, info, NULL, 0));
    check_error(expand(hash, prk, info, all, longest + 1), EDHOC_ERR_TOO_LONG);
    check_error(expand(hash, prk, info, all, SIZE_MAX), EDHOC_ERR_TOO_LONG);
    free(all);
}
END_TEST

START_TEST(an_info_of_any_length_counts_whole)
{
    uint8_t *long_info = calloc(1, 70000), out[2][64];

    for (size_t len = 0; len <= 70000; len = len < 4 ? len + 1 : len * 5) {
        for (enum crypto_hash hash = 0; hash < HASH_COUNT; hash++) {
            check_ok(expand(hash, counting(0, 64), bytes_of(long_info, len), out[0], 64));
            check_ok(expand(hash, counting(0, 64), bytes_of(long_info, len + 1), out[1], 64));
            ck_assert_mem_ne(out[0], out[1], 64);
        }
    }
    free(long_info);
}
END_TEST

/* KMAC256's output depends on its length, and ours has a bound. */
START_TEST(the_length_of_a_kmac_output_is_bound)
{
    size_t max = crypto_expand_max(HASH_SHAKE256);
    struct bytes prk = counting(0, 64), info = counting(0, 5);
    uint8_t *out = malloc(max), short_out[32], mac_out[64];
    struct fixed mac;

    check_ok(expand(HASH_SHAKE256, prk, info, mac_out, 64));
    check_ok(crypto_mac(HASH_SHAKE256, prk, &info, 1, &mac));
    ck_assert_mem_eq(mac_out, mac.b, 64);
    check_ok(expand(HASH_SHAKE256, prk, info, short_out, 32));
    ck_assert_mem_ne(short_out, mac_out, 32);
    check_ok(expand(HASH_SHAKE256, prk, info, out, max));
    check_error(expand(HASH_SHAKE256, prk, info, out, max + 1), EDHOC_ERR_TOO_LONG);
    free(out);
}
END_TEST

/* ---- AEAD ---- */

static const struct {
    enum crypto_aead alg;
    const char *key, *nonce, *aad, *plaintext, *ciphertext;
} aead_vectors[] = {
    /* RFC 3610 packet vectors 1 and 2 */
    {AES_CCM_16_64_128, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000003020100a0a1a2a3a4a5",
     "0001020304050607", "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
     "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"},
    {AES_CCM_16_64_128, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000004030201a0a1a2a3a4a5",
     "0001020304050607", "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916"},
    /* the first with a tag of 16, from an independent implementation */
    {AES_CCM_16_128_128, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000003020100a0a1a2a3a4a5",
     "0001020304050607", "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
     "588c979a61c663d2f066d0c2c0f989806d5f6b61dac384509da654e32deac369c2dae7133cb08d"},
    /* GCM's test cases 1, 2, 4, 13 and 16 */
    {AES_128_GCM, "00000000000000000000000000000000", "000000000000000000000000", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {AES_128_GCM, "00000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000",
     "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"},
    {AES_128_GCM, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"},
    {AES_256_GCM, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {AES_256_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
    /* RFC 8439 section 2.8.2 */
    {CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966"
     "204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f72207468652066757475"
     "72652c2073756e73637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69"
     "da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67594"
     "5585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
};

START_TEST(published_ciphertexts_are_made_and_opened)
{
    enum crypto_aead alg = aead_vectors[_i].alg;
    struct bytes key = unhex(aead_vectors[_i].key), nonce = unhex(aead_vectors[_i].nonce);
    struct bytes aad = unhex(aead_vectors[_i].aad), text = unhex(aead_vectors[_i].plaintext);
    struct bytes sealed = unhex(aead_vectors[_i].ciphertext);
    struct buf out = buf_new(1000);

    ck_assert(crypto_has_aead(alg));
    ck_assert_uint_eq(crypto_aead_key(alg), key.len);
    ck_assert_uint_eq(crypto_aead_nonce(alg), nonce.len);
    check_ok(crypto_seal(alg, key, nonce, aad, text, &out));
    ck_assert_hex(buf_bytes(&out), aead_vectors[_i].ciphertext);
    buf_reset(&out);
    check_ok(crypto_open(alg, key, nonce, aad, sealed, &out));
    ck_assert_hex(buf_bytes(&out), aead_vectors[_i].plaintext);
    buf_free(&out);
}
END_TEST

static const size_t tag_lengths[AEAD_COUNT] = {8, 16, 16, 16, 16};

/* An algorithm with a key, a nonce and associated data, each of them to be damaged. */
struct sealing {
    enum crypto_aead alg;
    uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE_MAX], aad[20];
    struct bytes k, n, a;
};

static void sealing_init(struct sealing *s, enum crypto_aead alg)
{
    memset(s->key, 0x11, sizeof(s->key));
    memset(s->nonce, 0x22, sizeof(s->nonce));
    memset(s->aad, 0x33, sizeof(s->aad));
    s->alg = alg;
    s->k = bytes_of(s->key, crypto_aead_key(alg));
    s->n = bytes_of(s->nonce, crypto_aead_nonce(alg));
    s->a = bytes_of(s->aad, sizeof(s->aad));
}

/* Opening fails, `out` keeps what it had, and no plaintext is left behind it. */
static void check_not_opened(const struct sealing *s, struct bytes sealed)
{
    struct buf out = buf_new(70000);
    size_t room = sealed.len + 1;
    edhoc_err err;

    (void)buf_extend(&out, room); /* memory whose contents can be looked at afterwards */
    memset(out.p, 0, room);
    out.len = 0;
    buf_put_text(&out, "kept");
    err = crypto_open(s->alg, s->k, s->n, s->a, sealed, &out);
    must(err == EDHOC_ERR_DECRYPT && buf_err(&out) == EDHOC_OK && out.len == 4 &&
         memcmp(out.p, "kept", 4) == 0);
    check_queue();
    for (size_t i = out.len; i < out.cap; i++)
        must(out.p[i] == 0);
    buf_free(&out);
}

static const size_t text_lengths[] = {0, 1, 15, 16, 17, 64, 1000, 65535};

START_TEST(what_is_sealed_opens_at_every_length)
{
    struct sealing s;
    uint8_t *text = malloc(65536);

    sealing_init(&s, (enum crypto_aead)_i);
    for (size_t i = 0; i < 65536; i++)
        text[i] = (uint8_t)(i * 11);
    for (int i = 0; i < ROWS(text_lengths); i++)
        for (int with_aad = 0; with_aad < 2; with_aad++) {
            struct bytes aad = with_aad ? s.a : BYTES_NONE, plain = bytes_of(text, text_lengths[i]);
            struct buf sealed = buf_new(70000), opened = buf_new(70000);

            buf_put_text(&sealed, "abc"); /* both append */
            buf_put_text(&opened, "de");
            check_ok(crypto_seal(s.alg, s.k, s.n, aad, plain, &sealed));
            ck_assert_uint_eq(sealed.len, 3 + plain.len + tag_lengths[s.alg]);
            check_ok(
                crypto_open(s.alg, s.k, s.n, aad, bytes_of(sealed.p + 3, sealed.len - 3), &opened));
            ck_assert_uint_eq(opened.len, 2 + plain.len);
            ck_assert_mem_eq(sealed.p, "abc", 3);
            ck_assert_mem_eq(opened.p, "de", 2);
            must(memcmp(opened.p + 2, plain.p, plain.len) == 0);
            buf_free(&sealed);
            buf_free(&opened);
        }
    free(text);
}
END_TEST

START_TEST(one_changed_bit_anywhere_does_not_decrypt)
{
    struct sealing s;

    sealing_init(&s, (enum crypto_aead)_i);
    for (int i = 0; i < 5; i++) {
        struct bytes plain = counting(1, text_lengths[i]), sealed;
        struct buf out = buf_new(1000);
        uint8_t *damaged;

        check_ok(crypto_seal(s.alg, s.k, s.n, s.a, plain, &out));
        sealed = keep(out.p, out.len);
        damaged = out.p;
        for (size_t bit = 0; bit < 8 * sealed.len; bit += slow_stride()) {
            damaged[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check_not_opened(&s, buf_bytes(&out));
            damaged[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t len = 0; len < sealed.len; len++)
            check_not_opened(&s, keep(sealed.p, len));
        buf_put_byte(&out, 0);
        check_not_opened(&s, buf_bytes(&out));
        out.len--;

        for (size_t bit = 0; bit < 8 * s.k.len; bit += 5 * slow_stride()) {
            s.key[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check_not_opened(&s, sealed);
            s.key[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 8 * s.n.len; bit += slow_stride()) {
            s.nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check_not_opened(&s, sealed);
            s.nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 8 * s.a.len; bit += slow_stride()) {
            s.aad[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check_not_opened(&s, sealed);
            s.aad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        s.a.len--;
        check_not_opened(&s, sealed);
        s.a.len = 0;
        check_not_opened(&s, sealed);
        sealing_init(&s, s.alg);
        out.len = 0;
        check_ok(crypto_open(s.alg, s.k, s.n, s.a, sealed, &out)); /* undamaged all the time */
        buf_free(&out);
        keep_release();
    }
}
END_TEST

/* AES-CCM's two bytes of length end at 65,535; the others go on. */
START_TEST(ccm_ends_at_64_kib_and_the_others_do_not)
{
    struct buf text = buf_new(70000), out = buf_new(70000), opened = buf_new(70000);
    struct sealing s;
    bool ccm = _i == AES_CCM_16_64_128 || _i == AES_CCM_16_128_128;
    size_t tag;

    sealing_init(&s, (enum crypto_aead)_i);
    tag = tag_lengths[s.alg];
    (void)buf_extend(&text, 65536);
    check_ok(crypto_seal(s.alg, s.k, s.n, s.a, bytes_of(text.p, 65535), &out));
    check_ok(crypto_open(s.alg, s.k, s.n, s.a, buf_bytes(&out), &opened));
    buf_reset(&out);
    buf_reset(&opened);
    if (ccm) {
        check_error(crypto_seal(s.alg, s.k, s.n, s.a, buf_bytes(&text), &out), EDHOC_ERR_TOO_LONG);
        ck_assert_uint_eq(out.len, 0);
        (void)buf_extend(&text, tag);
        check_error(crypto_open(s.alg, s.k, s.n, s.a, buf_bytes(&text), &opened),
                    EDHOC_ERR_DECRYPT);
        ck_assert_uint_eq(opened.len, 0);
    } else {
        check_ok(crypto_seal(s.alg, s.k, s.n, s.a, buf_bytes(&text), &out));
        check_ok(crypto_open(s.alg, s.k, s.n, s.a, buf_bytes(&out), &opened));
        ck_assert_uint_eq(opened.len, 65536);
    }
    buf_free(&text);
    buf_free(&out);
    buf_free(&opened);
}
END_TEST

/* No room is no reason to write part of a ciphertext. */
START_TEST(no_part_of_a_ciphertext_is_written_without_room)
{
    struct sealing s;
    struct buf out = buf_new(20), opened = buf_new(2);

    sealing_init(&s, (enum crypto_aead)_i);
    check_error(crypto_seal(s.alg, s.k, s.n, s.a, counting(0, 20), &out), EDHOC_ERR_TOO_LONG);
    ck_assert_uint_eq(out.len, 0);
    buf_reset(&out);
    check_ok(crypto_seal(s.alg, s.k, s.n, s.a, counting(0, 4), &out));
    ck_assert_int_ne(crypto_open(s.alg, s.k, s.n, s.a, buf_bytes(&out), &opened), EDHOC_OK);
    ck_assert_uint_eq(opened.len, 0);
    buf_free(&out);
    buf_free(&opened);
}
END_TEST

/* ---- the cipher in pieces ---- */

static const enum crypto_aead cipher_algs[] = {AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305};

static void feed(struct crypto_cipher *c, struct bytes aad, struct bytes text, uint8_t *out,
                 size_t piece)
{
    for (size_t at = 0, n; at < aad.len; at += n) {
        n = piece < aad.len - at ? piece : aad.len - at;
        check_ok(crypto_cipher_aad(c, bytes_of(aad.p + at, n)));
    }
    check_ok(crypto_cipher_aad(c, BYTES_NONE));
    for (size_t at = 0, n; at < text.len; at += n) {
        n = piece < text.len - at ? piece : text.len - at;
        check_ok(crypto_cipher_text(c, bytes_of(text.p + at, n), out + at));
    }
    check_ok(crypto_cipher_text(c, BYTES_NONE, NULL));
}

/* A cipher that takes no whole nonce by a parameter, and does not say so. */
static bool deaf, heard;

int EVP_CIPHER_CTX_set_params(EVP_CIPHER_CTX *ctx, const OSSL_PARAM params[])
{
    int (*real)(EVP_CIPHER_CTX *, const OSSL_PARAM *);

    *(void **)&real = dlsym(RTLD_NEXT, "EVP_CIPHER_CTX_set_params");
    if (deaf)
        return 1;
    heard = true;
    return real(ctx, params);
}

START_TEST(a_cipher_in_pieces_is_the_one_at_once)
{
    static const size_t pieces[] = {1, 7, 16, 17, 64, 1000};
    static const size_t lengths[] = {0, 1, 16, 100, 333};
    struct crypto_cipher *sealing, *opening;
    struct sealing s;
    uint8_t work[400], tag[16];

    /* Where no test before has fetched the ciphers, in this process. */
    deaf = _i >= ROWS(cipher_algs) && !heard;
    sealing_init(&s, cipher_algs[_i % ROWS(cipher_algs)]);
    check_ok(crypto_cipher_new(s.alg, true, s.k, &sealing));
    check_ok(crypto_cipher_new(s.alg, false, s.k, &opening));
    for (int p = 0; p < ROWS(pieces); p++)
        for (int l = 0; l < ROWS(lengths); l++) {
            struct bytes text = counting((uint8_t)l, lengths[l]);
            struct bytes aad = l == 2 ? BYTES_NONE : s.a;
            struct buf once = buf_new(1000);

            s.nonce[3]++; /* another message under the same key */
            check_ok(crypto_seal(s.alg, s.k, s.n, aad, text, &once));
            memcpy(work, text.p, text.len);
            check_ok(crypto_cipher_begin(sealing, s.nonce, NULL));
            feed(sealing, aad, bytes_of(work, text.len), work, pieces[p]); /* in place */
            check_ok(crypto_cipher_tag(sealing, tag));
            ck_assert_mem_eq(tag, once.p + text.len, 16);
            must(memcmp(work, once.p, text.len) == 0);

            /* A message that does not verify does no harm to the next one. */
            for (int bad = 3; bad >= 0; bad--) {
                uint8_t plain[400];
                edhoc_err err;

                tag[0] ^= (uint8_t)(bad == 1);
                tag[15] ^= (uint8_t)(bad == 2);
                work[0] ^= (uint8_t)(bad == 3);
                check_ok(crypto_cipher_begin(opening, s.nonce, tag));
                feed(opening, aad, bytes_of(work, text.len), plain, pieces[p]);
                err = crypto_cipher_verify(opening);
                if (bad == 0 || (bad == 3 && text.len == 0)) {
                    check_ok(err);
                    must(memcmp(plain, text.p, text.len) == 0);
                } else {
                    check_error(err, EDHOC_ERR_TOKEN_MIC);
                }
                tag[0] ^= (uint8_t)(bad == 1);
                tag[15] ^= (uint8_t)(bad == 2);
                work[0] ^= (uint8_t)(bad == 3);
            }
            buf_free(&once);
        }
    crypto_cipher_free(sealing);
    crypto_cipher_free(opening);
    crypto_cipher_free(NULL);
}
END_TEST

START_TEST(a_cipher_out_of_order_is_a_bug)
{
    struct crypto_cipher *c;

    for (enum crypto_aead alg = 0; alg < AEAD_COUNT; alg++) {
        bool ccm = alg == AES_CCM_16_64_128 || alg == AES_CCM_16_128_128;

        check_error(crypto_cipher_new(alg, true, counting(0, crypto_aead_key(alg)), &c),
                    ccm ? EDHOC_ERR_BUG : EDHOC_OK);
        ck_assert(ccm == (c == NULL));
        crypto_cipher_free(c);
        check_error(crypto_cipher_new(alg, true, counting(0, crypto_aead_key(alg) - 1), &c),
                    EDHOC_ERR_BUG);
        ck_assert_ptr_null(c);
        check_error(crypto_cipher_new(alg, false, counting(0, crypto_aead_key(alg) + 1), &c),
                    EDHOC_ERR_BUG);
        check_error(crypto_cipher_new(alg, false, BYTES_NONE, &c), EDHOC_ERR_BUG);
    }
}
END_TEST

/* ---- ECDH ---- */

static const struct keytype *type_named(const char *name)
{
    const struct keytype *type = keytype_by_name(name);

    ck_assert_ptr_nonnull(type);
    return type;
}

/* Only a private half can be written. */
static bool has_private_half(const struct key *k)
{
    struct buf pem = buf_new(4096);
    bool has = key_to_pem(k, NULL, &pem) == EDHOC_OK;

    buf_free(&pem);
    return has;
}

static struct key *private_key(const char *type, const char *hex)
{
    struct key *k;

    check_ok(key_from_private(type_named(type), unhex(hex), &k));
    return k;
}

static struct key *public_key(const char *type, const char *x, const char *y)
{
    struct key *k;

    check_ok(key_from_public(type_named(type), unhex(x), unhex(y), &k));
    return k;
}

/* RFC 7748 section 5.2 (two X25519, the second with the top bit set; one X448) and section 6;
 * RFC 5903 section 8. */
static const struct {
    const char *type, *scalar, *peer_x, *secret;
} exchanges[] = {
    {"x25519", "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
     "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
     "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
    {"x25519", "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
     "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
     "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
    {"x448",
     "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c"
     "984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3",
     "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031"
     "ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086",
     "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaad"
     "eb445fc66a01b0779d98223961111e21766282f73dd96b6f"},
};

START_TEST(published_secrets_come_out)
{
    struct key *mine = private_key(exchanges[_i].type, exchanges[_i].scalar);
    struct key *peer = public_key(exchanges[_i].type, exchanges[_i].peer_x, "");
    struct fixed secret;

    check_ok(crypto_ecdh(mine, peer, &secret));
    ck_assert_hex(fixed_bytes(&secret), exchanges[_i].secret);
    key_free(mine);
    key_free(peer);
}
END_TEST

/* Two private keys, perhaps their public ones, and the secret they share. */
static const struct {
    const char *type, *a, *a_x, *b, *b_x, *secret;
} agreements[] = {
    {"x448",
     "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
     "74a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
     "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"
     "c836647241d953d40c5b12da88120d53177f80e532c41fa0",
     "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120"
     "bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
     "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
     "fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
     "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
     "fd2464c335543936521c24403085d59a449a5037514a879d"},
    {"p256dh", "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433", NULL,
     "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53", NULL,
     "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    {"p384dh",
     "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
     "e35b538041e649ee3faef896783ab194",
     NULL,
     "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
     "e0308312916b8ed2960e4bd55a7448fc",
     NULL,
     "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
     "d603135569b9e9d09cf5d4a270f59746"},
};

START_TEST(both_sides_agree_with_whole_and_compact_points)
{
    struct key *a = private_key(agreements[_i].type, agreements[_i].a);
    struct key *b = private_key(agreements[_i].type, agreements[_i].b);
    struct key *public_b, *compact_b;
    struct fixed secret;

    if (agreements[_i].a_x != NULL)
        ck_assert_hex(key_x(a), agreements[_i].a_x);
    if (agreements[_i].b_x != NULL)
        ck_assert_hex(key_x(b), agreements[_i].b_x);
    check_ok(crypto_ecdh(a, b, &secret));
    ck_assert_hex(fixed_bytes(&secret), agreements[_i].secret);
    check_ok(crypto_ecdh(b, a, &secret));
    ck_assert_hex(fixed_bytes(&secret), agreements[_i].secret);
    check_ok(key_from_public(key_type(b), key_x(b), key_y(b), &public_b));
    check_ok(crypto_ecdh(a, public_b, &secret));
    ck_assert_hex(fixed_bytes(&secret), agreements[_i].secret);
    check_ok(key_from_public(key_type(b), key_x(b), BYTES_NONE, &compact_b));
    check_ok(crypto_ecdh(a, compact_b, &secret)); /* whichever y was taken */
    ck_assert_hex(fixed_bytes(&secret), agreements[_i].secret);
    key_free(a);
    key_free(b);
    key_free(public_b);
    key_free(compact_b);
}
END_TEST

/* Whatever earlier ones left behind. */
START_TEST(both_sides_agree_with_ephemeral_keys)
{
    struct key *a = private_key(agreements[_i].type, agreements[_i].a);
    struct key *b = private_key(agreements[_i].type, agreements[_i].b);

    for (int round = 0; round < 3; round++) {
        struct key *sent_a, *sent_b;
        struct fixed secret;

        check_ok(key_from_ephemeral(key_type(a), key_x(a), &sent_a));
        check_ok(key_from_ephemeral(key_type(b), key_x(b), &sent_b));
        ck_assert(bytes_equal(key_x(sent_a), key_x(a)));
        ck_assert_uint_eq(key_y(sent_b).len, 0);
        check_ok(crypto_ecdh(b, sent_a, &secret));
        ck_assert_hex(fixed_bytes(&secret), agreements[_i].secret);
        check_ok(crypto_ecdh(a, sent_b, &secret));
        ck_assert_hex(fixed_bytes(&secret), agreements[_i].secret);
        key_free(sent_a);
        key_free(sent_b);
        check_error(key_from_ephemeral(key_type(a), bytes_of(key_x(a).p, 31), &sent_a),
                    EDHOC_ERR_BAD_POINT);
        ck_assert_ptr_null(sent_a);
    }
    key_free(a);
    key_free(b);
}
END_TEST

/* The points whose product with any clamped scalar is zero, as they can be written: for X25519 also
 * with the bit set that RFC 7748 says to ignore. */
static const struct {
    const char *type, *x;
} low_order[] = {
    {"x25519", "0000000000000000000000000000000000000000000000000000000000000000"},
    {"x25519", "0100000000000000000000000000000000000000000000000000000000000000"},
    {"x25519", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"},
    {"x25519", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"},
    {"x25519", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}, /* p - 1 */
    {"x25519", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}, /* p */
    {"x25519", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}, /* p + 1 */
    {"x25519", "0000000000000000000000000000000000000000000000000000000000000080"},
    {"x25519", "0100000000000000000000000000000000000000000000000000000000000080"},
    {"x25519", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880"},
    {"x25519", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7"},
    {"x25519", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"x25519", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"x25519", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"x448", "0000000000000000000000000000000000000000000000000000000000000000"
             "000000000000000000000000000000000000000000000000"},
    {"x448", "0100000000000000000000000000000000000000000000000000000000000000"
             "000000000000000000000000000000000000000000000000"},
    {"x448", /* p - 1 */
     "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"x448", /* p */
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"x448", /* p + 1 */
     "00000000000000000000000000000000000000000000000000000000"
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
};

START_TEST(points_of_low_order_are_refused)
{
    const struct keytype *type = type_named(low_order[_i].type);
    struct key *mine, *peer;
    struct fixed secret;

    check_ok(key_generate(type, &mine));
    check_ok(key_from_ephemeral(type, unhex(low_order[_i].x), &peer));
    memset(&secret, 0xaa, sizeof(secret));
    check_error(crypto_ecdh(mine, peer, &secret), EDHOC_ERR_BAD_POINT);
    for (size_t i = 0; i < FIXED_MAX; i++)
        must(secret.b[i] == 0);
    ck_assert_uint_eq(secret.len, 0);
    key_free(mine);
    key_free(peer);
}
END_TEST

START_TEST(keys_of_two_curves_do_not_agree)
{
    struct key *p256, *p384, *x25519, *x448, *ed25519, *public_half;
    struct fixed secret;

    check_ok(key_generate(type_named("p256dh"), &p256));
    check_ok(key_generate(type_named("p384dh"), &p384));
    check_ok(key_generate(type_named("x25519"), &x25519));
    check_ok(key_generate(type_named("x448"), &x448));
    check_ok(key_generate(type_named("ed25519"), &ed25519));
    check_ok(key_from_public(key_type(x25519), key_x(x25519), BYTES_NONE, &public_half));
    check_error(crypto_ecdh(p256, p384, &secret), EDHOC_ERR_BUG);
    check_error(crypto_ecdh(x25519, x448, &secret), EDHOC_ERR_BUG);
    check_error(crypto_ecdh(x448, x25519, &secret), EDHOC_ERR_BUG);
    check_error(crypto_ecdh(x25519, p256, &secret), EDHOC_ERR_BUG);
    check_error(crypto_ecdh(x25519, ed25519, &secret), EDHOC_ERR_BUG);
    ck_assert_int_ne(crypto_ecdh(ed25519, ed25519, &secret), EDHOC_OK);
    ck_assert_int_ne(crypto_ecdh(public_half, x25519, &secret), EDHOC_OK);
    ck_assert_uint_eq(secret.len, 0);
    check_queue();
    key_free(p256);
    key_free(p384);
    key_free(x25519);
    key_free(x448);
    key_free(ed25519);
    key_free(public_half);
}
END_TEST

/* ---- public keys ---- */

#define P256_GX "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define P256_GY "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256_P  "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define P256_N  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P384_GX                                                                                    \
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"                             \
    "5502f25dbf55296c3a545e3872760ab7"
#define P384_GY                                                                                    \
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"                             \
    "0a60b1ce1d7e819d7a431d7c90ea0e5f"
#define P384_P                                                                                     \
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"                             \
    "ffffffff0000000000000000ffffffff"
#define P384_N                                                                                     \
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"                             \
    "581a0db248b0a77aecec196accc52973"
#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"
#define ZERO16 "00000000000000000000000000000000"

static const struct {
    const char *type, *x, *y;
    bool good;
} points[] = {
    {"p256", P256_GX, P256_GY, true},
    {"p256dh", P256_GX, P256_GY, true},
    {"p256", P256_GX, "", true}, /* compact */
    {"p384", P384_GX, P384_GY, true},
    {"p384dh", P384_GX, "", true},
    /* the other y */
    {"p256", P256_GX, "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a", true},
    /* coordinates that begin with zero: 379 G, 43 G on P-256, 197 G, 176 G on P-384 */
    {"p256", "005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a",
     "bb4c85a3d8ea29efaafa24406912dd84d5b14dc32bf656ef6c6bd58a5d943f92", true},
    {"p256", "005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a", "", true},
    {"p256", "986ae2506f1ff104d04230861d8f4b498f4bc4c6d009b30f7544dc129b82d28d",
     "003cccc0a6460e0ae328a4d97d3c7b61d86fc6289c189f2525110c441bb07e97", true},
    {"p384",
     "004d104b26ee5671f72c10c986841d3e65d285e2516161b7baa341b12631b9e3"
     "2b6f0d5896d8431c51d5d93a37cbc90e",
     "f11a1e3f8b7b90538ee42cc00ee934a6e2ee25541607d8fb65c7a8b11e2f8868"
     "53886eef3865ec933200b9f25599f29f",
     true},
    {"p384",
     "d03aa748f5f48eb3e0c54b683f25d2e2d7d7e3201282a95b57a59ffb8f94cf4c"
     "43b1107ca944b9211c351112de16ed18",
     "000a08c602dc5e0031dad088c19305f6b252a2bc3f245f7a5b80b484c7b99f69"
     "81c32374c714a7683255f5331f66bb06",
     true},
    /* without the zero: a length is exact */
    {"p256", "5543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a",
     "bb4c85a3d8ea29efaafa24406912dd84d5b14dc32bf656ef6c6bd58a5d943f92", false},
    {"p256", "986ae2506f1ff104d04230861d8f4b498f4bc4c6d009b30f7544dc129b82d28d",
     "3cccc0a6460e0ae328a4d97d3c7b61d86fc6289c189f2525110c441bb07e97", false},
    {"p256", "5543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a", "", false},
    /* x = 0 is on both curves, x = p is another way to write it; y likewise */
    {"p256", ZERO32, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4", true},
    {"p256", ZERO32, "", true},
    {"p256", P256_P, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4", false},
    {"p256", P256_P, "", false},
    {"p384", ZERO32 ZERO16, "", true},
    {"p384", P384_P, "", false},
    {"p384", P384_P,
     "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793"
     "406d80d2b91ad54f9048bd487af1ade1",
     false},
    {"p256", "ffffffff00000001000000000000000000000001000000000000000000000004",
     "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc", false}, /* p + 5 */
    {"p256", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "", false},
    /* not on the curve */
    {"p256", P256_GX, "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4", false},
    {"p256", P256_GX, P256_GX, false},
    {"p256", P256_GY, P256_GX, false},
    {"p256", P256_GX, ZERO32, false},
    {"p256", ZERO32, ZERO32, false},
    {"p256", "0000000000000000000000000000000000000000000000000000000000000001", "", false},
    {"p384", P384_GX, P384_GX, false},
    {"p384", ZERO32 ZERO16, ZERO32 ZERO16, false},
    {"p384",
     "000000000000000000000000000000000000000000000000000000000000000000000000"
     "000000000000000000000001",
     "", false},
    /* the wrong length, the wrong curve */
    {"p256", "", "", false},
    {"p256", "", P256_GY, false},
    {"p256", P256_GX "00", P256_GY, false},
    {"p256", P256_GX, P256_GY "00", false},
    {"p256", "00" P256_GX, "00" P256_GY, false},
    {"p256", P256_GX P256_GY, "", false},
    {"p256", "04" P256_GX P256_GY, "", false},
    {"p256", "02" P256_GX, "", false},
    {"p256", "00", "", false}, /* the point at infinity */
    {"p256", P384_GX, P384_GY, false},
    {"p384", P256_GX, P256_GY, false},
    {"p384", P384_GX, P256_GY, false},
    {"x25519", P256_GX, "", true}, /* any 32 bytes */
    {"x25519", P256_GX, P256_GY, false},
    {"x25519", "", "", false},
    {"x25519", P256_GX "00", "", false},
    {"x25519", "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2", "", false},
    {"x25519", P384_GX, "", false},
    {"x448", P384_GX "0000000000000000", "", true},
    {"x448", P384_GX "000000000000000000", "", false},
    {"x448", P384_GX "00000000000000", "", false},
    {"x448", P256_GX, "", false},
    {"ed25519", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", true},
    {"ed25519", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751", "", false},
    {"ed25519", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00", "", false},
    {"ed25519", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", P256_GY, false},
    {"ed448",
     "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
     "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
     "", true},
    {"ed448",
     "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
     "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe82561",
     "", false},
};

START_TEST(only_points_on_the_curve_are_public_keys)
{
    const struct keytype *type = type_named(points[_i].type);
    struct key *k = NULL, *other = NULL;

    check_error(key_from_public(type, unhex(points[_i].x), unhex(points[_i].y), &k),
                points[_i].good ? EDHOC_OK : EDHOC_ERR_BAD_POINT);
    if (points[_i].y[0] == '\0') {
        check_error(key_from_ephemeral(type, unhex(points[_i].x), &other),
                    points[_i].good ? EDHOC_OK : EDHOC_ERR_BAD_POINT);
        key_free(other);
    }
    if (!points[_i].good) {
        ck_assert_ptr_null(k);
        return;
    }
    ck_assert_ptr_eq(key_type(k), type);
    ck_assert(!has_private_half(k));
    ck_assert_hex(key_x(k), points[_i].x);
    ck_assert_hex(key_y(k),
                  points[_i].y); /* none for a compact representation, whatever it stands for */
    other = key_ref(k);
    ck_assert_ptr_eq(other, k);
    key_free(k);
    ck_assert_hex(key_x(other), points[_i].x);
    key_free(other);
    key_free(NULL);
    ck_assert_ptr_null(key_ref(NULL));
}
END_TEST

static const struct {
    const char *type, *raw;
} no_privates[] = {
    {"x25519", ""},         {"x25519", "00"}, {"x25519", P256_GX "00"},
    {"ed448", P384_GX},     {"p256", ""},     {"p256", ZERO32},
    {"p256", P256_GX "00"}, {"p256", ZERO16}, {"p384", ZERO32 ZERO16},
    {"p384", P256_GX},
};

START_TEST(impossible_private_keys_are_refused)
{
    struct key *k;

    check_error(key_from_private(type_named(no_privates[_i].type), unhex(no_privates[_i].raw), &k),
                EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(k);
}
END_TEST

START_TEST(leading_zeros_of_a_coordinate_are_kept)
{
    struct key *k = private_key("p256", "000000000000000000000000000000000000000000000000"
                                        "000000000000017b"); /* 379 */

    ck_assert_hex(key_x(k), "005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a");
    ck_assert_hex(key_y(k), "bb4c85a3d8ea29efaafa24406912dd84d5b14dc32bf656ef6c6bd58a5d943f92");
    key_free(k);
}
END_TEST

/* ---- signatures ---- */

/* RFC 8032 section 7 (test 1, 2; blank, 1 octet); RFC 6979 A.2.5 and A.2.6, whose fixed nonces
 * libcrypto does not use: these are verified only. */
static const struct {
    const char *type, *seed, *x, *text, *signature;
} signatures[] = {
    {"ed25519", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"ed25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"ed448",
     "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3"
     "528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
     "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
     "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
     "",
     "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f"
     "2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980"
     "ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda"
     "8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600"},
    {"ed448",
     "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463a"
     "fbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
     "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086"
     "6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
     "03",
     "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435"
     "2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd77980"
     "5e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905"
     "e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00"},
    {"p256", "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6", "73616d706c65",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {"p384",
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
     "96d5724e4c70a825f872c9ea60d2edf5",
     NULL, "73616d706c65",
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
     "81a648152e44acf96e36dd1e80fabe46"
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
     "a329c145786e679e7b82c71a38628ac8"},
};

START_TEST(published_signatures_verify)
{
    struct key *k = private_key(signatures[_i].type, signatures[_i].seed);
    struct bytes text = unhex(signatures[_i].text);
    struct buf out = buf_new(200);

    if (signatures[_i].x != NULL)
        ck_assert_hex(key_x(k), signatures[_i].x);
    check_ok(crypto_verify(k, text, unhex(signatures[_i].signature)));
    check_ok(crypto_sign(k, text, &out));
    ck_assert_uint_eq(out.len, key_type(k)->signature);
    if (key_type(k)->kty == KTY_OKP)
        ck_assert_hex(buf_bytes(&out), signatures[_i].signature);
    buf_free(&out);
    key_free(k);
}
END_TEST

/* Of many peers, each of whom comes twice. */
START_TEST(verifications_are_kept_from_the_second_on_and_no_more_than_there_is_room_for)
{
    struct begun *b = calloc(BEGUN_VERIFICATIONS_MAX + 1, sizeof(*b));
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    must(b != NULL && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, pkey, NULL) == 1);
    for (size_t i = 0; i <= BEGUN_VERIFICATIONS_MAX; i++) {
        begun_init(&b[i]);
        begun_keep_verification(&b[i], ctx);
        must(atomic_load(&b[i].verification) == NULL);
        begun_keep_verification(&b[i], ctx);
        must((atomic_load(&b[i].verification) != NULL) == (i < BEGUN_VERIFICATIONS_MAX));
    }
    begun_free(&b[0]);
    begun_free(&b[0]); /* counts once */
    begun_keep_verification(&b[BEGUN_VERIFICATIONS_MAX], ctx);
    ck_assert_ptr_nonnull(atomic_load(&b[BEGUN_VERIFICATIONS_MAX].verification));
    begun_keep_verification(&b[0], ctx);
    ck_assert_ptr_null(atomic_load(&b[0].verification));
    for (size_t i = 0; i <= BEGUN_VERIFICATIONS_MAX; i++)
        begun_free(&b[i]);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    free(b);
}
END_TEST

static const char *const signing[] = {"ed25519", "ed448", "p256", "p384"};

/* Every bit of the signature and of the text counts; so do their lengths. */
START_TEST(one_changed_bit_of_signature_or_text_is_refused)
{
    const struct keytype *type = type_named(signing[_i]);
    struct key *k, *other, *public_half;
    struct buf out = buf_new(200);
    uint8_t text[] = "what was signed";
    struct bytes signed_text = bytes_of(text, sizeof(text));

    check_ok(key_generate(type, &k));
    check_ok(key_generate(type, &other));
    check_ok(key_from_public(type, key_x(k), key_y(k), &public_half));
    check_ok(crypto_sign(k, signed_text, &out));
    ck_assert_uint_eq(out.len, type->signature);
    check_ok(crypto_verify(public_half, signed_text, buf_bytes(&out)));
    check_error(crypto_verify(other, signed_text, buf_bytes(&out)), EDHOC_ERR_PROOF);
    for (size_t bit = 0; bit < 8 * out.len; bit += slow_stride()) {
        out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        must(crypto_verify(public_half, signed_text, buf_bytes(&out)) == EDHOC_ERR_PROOF);
        check_queue();
        out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(text); bit += slow_stride()) {
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
        must(crypto_verify(public_half, signed_text, buf_bytes(&out)) == EDHOC_ERR_PROOF);
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < out.len; len++)
        must(crypto_verify(public_half, signed_text, keep(out.p, len)) == EDHOC_ERR_PROOF);
    check_ok(crypto_verify(public_half, signed_text, buf_bytes(&out)));
    check_error(crypto_verify(public_half, signed_text, BYTES_NONE), EDHOC_ERR_PROOF);
    check_error(crypto_verify(public_half, BYTES_NONE, buf_bytes(&out)), EDHOC_ERR_PROOF);
    buf_put_byte(&out, 0);
    check_error(crypto_verify(public_half, signed_text, buf_bytes(&out)), EDHOC_ERR_PROOF);
    check_queue();

    /* A signature appends, and does not fit where there is no room. */
    buf_reset(&out);
    buf_put_text(&out, "abc");
    check_ok(crypto_sign(k, BYTES_NONE, &out));
    ck_assert_uint_eq(out.len, 3 + type->signature);
    check_ok(crypto_verify(k, BYTES_NONE, bytes_of(out.p + 3, out.len - 3)));
    buf_free(&out);
    out = buf_new(type->signature - 1);
    ck_assert_int_ne(crypto_sign(k, signed_text, &out), EDHOC_OK);
    buf_free(&out);
    key_free(k);
    key_free(other);
    key_free(public_half);
}
END_TEST

/* r and s that no signature has, for a key whose private value is 1. */
#define R256   "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define ONES32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
static const struct {
    const char *type, *signature;
} no_ecdsa[] = {
    {"p256", ZERO32 ZERO32},
    {"p256", R256 ZERO32},
    {"p256", ZERO32 R256},
    {"p256", P256_N P256_N},
    {"p256", R256 P256_N},
    {"p256", P256_N R256},
    {"p256", ONES32 ONES32},
    {"p256", P256_GX ZERO32}, /* s = 0 with the r of nonce 1 */
    {"p256", R256 R256 "00"},
    {"p256", "00" R256 R256},
    {"p256", R256 "00" R256},
    {"p256", "00" R256 "00" R256},
    {"p384", ZERO32 ZERO16 ZERO32 ZERO16},
    {"p384", P384_N P384_N},
    {"p384", P384_GX P384_N},
    {"p384", P384_GX ZERO32 ZERO16},
    {"p384", R256 R256},
    {"ed25519", ZERO32 ZERO32},
    {"ed25519", ONES32 ONES32},
    {"ed25519", "01000000000000000000000000000000" ZERO16 ZERO32},
};

START_TEST(impossible_signatures_are_refused)
{
    const struct keytype *type = type_named(no_ecdsa[_i].type);
    struct bytes signature = unhex(no_ecdsa[_i].signature);
    uint8_t one[COORDINATE_MAX] = {0};
    struct key *k;

    one[type->coordinate - 1] = 1;
    check_ok(key_from_private(type, bytes_of(one, type->coordinate), &k));
    check_error(crypto_verify(k, BYTES_LITERAL("sample"), signature), EDHOC_ERR_PROOF);
    check_error(crypto_verify(k, BYTES_NONE, signature), EDHOC_ERR_PROOF);
    key_free(k);
}
END_TEST

/* The valid values r and s as DER, which is what libcrypto itself would take, in its own length,
 * and cut and padded to the length of a COSE signature. */
START_TEST(signatures_in_der_are_refused)
{
    struct key *k = private_key("p256", signatures[4].seed);
    struct bytes der = unhex(
        "3046"
        "022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    uint8_t padded[96] = {0};

    check_error(crypto_verify(k, BYTES_LITERAL("sample"), der), EDHOC_ERR_PROOF);
    check_error(crypto_verify(k, BYTES_LITERAL("sample"), bytes_of(der.p, 64)), EDHOC_ERR_PROOF);
    memcpy(padded, der.p, der.len);
    check_error(crypto_verify(k, BYTES_LITERAL("sample"), bytes_of(padded, 96)), EDHOC_ERR_PROOF);
    key_free(k);
}
END_TEST

/* S + L, where L is the order of the base point: RFC 8032 says to refuse it. */
START_TEST(signatures_that_are_not_canonical_are_refused)
{
    static const struct {
        int row; /* of `signatures` */
        const char *order;
        size_t half;
    } rows[] = {
        {0, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", 32},
        {1, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", 32},
        {2,
         "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffff"
         "ffffffffffffffffffffffffffffffffffffffffffffff3f00",
         57},
        {3,
         "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffff"
         "ffffffffffffffffffffffffffffffffffffffffffffff3f00",
         57},
    };
    int row = rows[_i].row;
    struct key *k = private_key(signatures[row].type, signatures[row].seed);
    struct bytes text = unhex(signatures[row].text), order = unhex(rows[_i].order);
    struct bytes good = unhex(signatures[row].signature);
    uint8_t bad[114];
    unsigned carry = 0;

    ck_assert_uint_eq(order.len, rows[_i].half);
    memcpy(bad, good.p, good.len);
    for (size_t i = 0; i < order.len; i++) {
        carry += (unsigned)bad[rows[_i].half + i] + order.p[i];
        bad[rows[_i].half + i] = (uint8_t)carry;
        carry >>= 8;
    }
    ck_assert_uint_eq(carry, 0);
    check_ok(crypto_verify(k, text, good));
    check_error(crypto_verify(k, text, bytes_of(bad, good.len)), EDHOC_ERR_PROOF);
    key_free(k);
}
END_TEST

/* A key used for what it is not, or without its private half. */
START_TEST(keys_sign_and_verify_what_they_are_for_only)
{
    struct buf out = buf_new(200);
    uint8_t zeros[114] = {0};

    for (const struct keytype *type = keytypes; type->name != NULL; type++) {
        struct key *k, *public_half;

        check_ok(key_generate(type, &k));
        check_ok(key_from_public(type, key_x(k), key_y(k), &public_half));
        if (type->dh) {
            ck_assert_int_ne(crypto_sign(k, BYTES_LITERAL("text"), &out), EDHOC_OK);
            check_error(crypto_verify(k, BYTES_LITERAL("text"), bytes_of(zeros, 64)),
                        EDHOC_ERR_BUG);
            check_error(crypto_verify(k, BYTES_LITERAL("text"), BYTES_NONE), EDHOC_ERR_BUG);
        } else {
            ck_assert_int_ne(crypto_sign(public_half, BYTES_LITERAL("text"), &out), EDHOC_OK);
        }
        ck_assert_uint_eq(out.len, 0);
        check_queue();
        key_free(k);
        key_free(public_half);
    }
    buf_free(&out);
}
END_TEST

/* ---- a signer elsewhere ---- */

struct signer {
    struct key *key; /* the private half */
    int signed_count, dropped;
    edhoc_err answer;
};

static edhoc_err signer_sign(void *arg, struct bytes text, struct buf *signature)
{
    struct signer *s = arg;

    s->signed_count++;
    return s->answer != EDHOC_OK ? s->answer : crypto_sign(s->key, text, signature);
}

static void signer_drop(void *arg)
{
    struct signer *s = arg;

    s->dropped++;
}

START_TEST(a_signer_elsewhere_signs_in_its_place)
{
    struct signer s = {NULL, 0, 0, EDHOC_OK};
    struct key *public_half, *k, *second;
    struct buf out = buf_new(200);

    check_ok(key_generate(type_named(signing[_i]), &s.key));
    check_ok(key_from_public(key_type(s.key), key_x(s.key), key_y(s.key), &public_half));
    check_ok(key_with_signer(public_half, signer_sign, signer_drop, &s, &k));
    key_free(public_half); /* k holds what it needs */
    ck_assert_ptr_eq(key_type(k), key_type(s.key));
    ck_assert(bytes_equal(key_x(k), key_x(s.key)));
    ck_assert(bytes_equal(key_y(k), key_y(s.key)));
    check_ok(crypto_sign(k, BYTES_LITERAL("text"), &out));
    ck_assert_int_eq(s.signed_count, 1);
    check_ok(crypto_verify(k, BYTES_LITERAL("text"), buf_bytes(&out)));
    ck_assert_int_eq(s.signed_count, 1);
    s.answer = EDHOC_ERR_USAGE;
    ck_assert_int_eq(crypto_sign(k, BYTES_LITERAL("text"), &out), EDHOC_ERR_USAGE);
    ck_assert_int_ne(key_to_pem(k, NULL, &out), EDHOC_OK); /* there is nothing to write */

    second = key_ref(k);
    key_free(k);
    ck_assert_int_eq(s.dropped, 0);
    key_free(second);
    ck_assert_int_eq(s.dropped, 1);

    check_ok(key_with_signer(s.key, signer_sign, NULL, &s, &k));
    key_free(k);
    ck_assert_int_eq(s.dropped, 1);
    key_free(s.key);
    buf_free(&out);
}
END_TEST

/* ---- PEM ---- */

#define KEYTYPES 8

static struct bytes keep_pem(EVP_PKEY *pkey, const EVP_CIPHER *cipher, const char *passphrase)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct bytes pem;
    char *p;
    long len;

    must(bio != NULL && pkey != NULL);
    must(PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, passphrase,
                                       passphrase == NULL ? 0 : (int)strlen(passphrase), NULL,
                                       NULL) == 1);
    len = BIO_get_mem_data(bio, &p);
    pem = keep(p, (size_t)len);
    BIO_free(bio);
    return pem;
}

START_TEST(a_written_key_is_read_as_the_same)
{
    const struct keytype *type = &keytypes[_i];
    struct buf pem = buf_new(4096), again = buf_new(4096);
    struct key *k, *read, *public_half;

    check_ok(key_generate(type, &k));
    check_ok(key_to_pem(k, NULL, &pem));
    ck_assert_mem_eq(pem.p, "-----BEGIN PRIVATE KEY-----\n", 28);
    check_ok(key_from_pem(keep(pem.p, pem.len), NULL, type->dh, &read));
    ck_assert_ptr_eq(key_type(read), type);
    ck_assert(bytes_equal(key_x(read), key_x(k)));
    ck_assert(bytes_equal(key_y(read), key_y(k)));
    check_ok(key_to_pem(read, NULL, &again));
    ck_assert(bytes_equal(buf_bytes(&pem), buf_bytes(&again)));
    key_free(read);

    /* The use is not in the file; a curve that has but one use keeps it. */
    check_ok(key_from_pem(keep(pem.p, pem.len), NULL, !type->dh, &read));
    ck_assert_int_eq(key_type(read)->curve, type->curve);
    ck_assert_int_eq(key_type(read)->dh, type->kty == KTY_OKP ? type->dh : !type->dh);
    key_free(read);

    /* A passphrase that opened nothing would prove nothing. */
    ck_assert_int_eq(key_from_pem(keep(pem.p, pem.len), "not needed", type->dh, &read),
                     EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(read);

    check_ok(key_from_public(type, key_x(k), key_y(k), &public_half));
    buf_reset(&again);
    ck_assert_int_ne(key_to_pem(public_half, NULL, &again), EDHOC_OK);
    ck_assert_uint_eq(again.len, 0);
    check_queue();
    buf_free(&again);
    again = buf_new(20);
    ck_assert_int_ne(key_to_pem(k, NULL, &again), EDHOC_OK);
    key_free(public_half);
    key_free(k);
    buf_free(&pem);
    buf_free(&again);
}
END_TEST

START_TEST(a_key_is_found_behind_other_text)
{
    struct buf pem = buf_new(8192);
    struct key *k, *read;

    check_ok(key_generate(type_named("ed25519"), &k));
    buf_put_text(&pem, "a comment\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    check_ok(key_to_pem(k, NULL, &pem));
    buf_put_text(&pem, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    check_ok(key_from_pem(buf_bytes(&pem), NULL, false, &read));
    ck_assert(bytes_equal(key_x(read), key_x(k)));
    key_free(read);
    key_free(k);
    buf_free(&pem);
}
END_TEST

/* Would answer every prompt, rightly, and notes that it was asked. */
#define PASSPHRASE "sesame"
static int prompts;

static int prompt_read(UI *ui, UI_STRING *string)
{
    prompts++;
    return UI_set_result(ui, string, PASSPHRASE) == 0;
}

static int prompt_any(UI *ui, UI_STRING *string)
{
    (void)ui;
    (void)string;
    return 1;
}

static int prompt_open(UI *ui)
{
    (void)ui;
    prompts++;
    return 1;
}

static UI_METHOD *prompter;

static void prompts_begin(void)
{
    host_fails();
    prompts = 0;
    prompter = UI_create_method("prompter");
    must(prompter != NULL);
    (void)UI_method_set_opener(prompter, prompt_open);
    (void)UI_method_set_reader(prompter, prompt_read);
    (void)UI_method_set_writer(prompter, prompt_any);
    (void)UI_method_set_closer(prompter, prompt_open);
    UI_set_default_method(prompter);
}

static void prompts_end(void)
{
    UI_set_default_method(UI_OpenSSL());
    UI_destroy_method(prompter);
}

/* OpenSSL 4.0's PBES2 takes a mark away that it has not set, so that ours takes the host's errors. */
static void check_opened(edhoc_err actual, edhoc_err expected)
{
    if (libcrypto_since(4, 0))
        host_fails();
    check_error(actual, expected);
}

START_TEST(encrypted_keys_open_with_their_passphrase_and_never_prompt)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    struct bytes encrypted = keep_pem(pkey, EVP_aes_256_cbc(), PASSPHRASE);
    struct bytes plain = keep_pem(pkey, NULL, NULL);
    BIO *bio = BIO_new(BIO_s_mem());
    struct bytes old_style;
    char long_passphrase[2000], *p;
    struct key *k;
    long len;

    /* SEC 1 with a Proc-Type header, as ssh-keygen and openssl used to write it */
    must(PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_128_cbc(),
                                              (const unsigned char *)PASSPHRASE,
                                              (int)strlen(PASSPHRASE), NULL, NULL) == 1);
    len = BIO_get_mem_data(bio, &p);
    old_style = keep(p, (size_t)len);

    memset(long_passphrase, 'x', sizeof(long_passphrase) - 1);
    long_passphrase[sizeof(long_passphrase) - 1] = '\0';
    host_fails();
    for (int i = 0; i < 2; i++) {
        struct bytes pem = i == 0 ? encrypted : old_style;

        check_error(key_from_pem(pem, NULL, false, &k), EDHOC_ERR_KEY_FORMAT);
        ck_assert_ptr_null(k);
        ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_KEY_FORMAT), "encrypted"));
        ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_KEY_FORMAT), "passphrase"));
        check_opened(key_from_pem(pem, "wrong", false, &k), EDHOC_ERR_KEY_FORMAT);
        ck_assert_ptr_null(k);
        ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_KEY_FORMAT), "passphrase"));
        check_opened(key_from_pem(pem, "", false, &k), EDHOC_ERR_KEY_FORMAT);
        check_opened(key_from_pem(pem, long_passphrase, false, &k), EDHOC_ERR_KEY_FORMAT);
        check_opened(key_from_pem(pem, PASSPHRASE, false, &k), EDHOC_OK);
        ck_assert(has_private_half(k));
        key_free(k);
        /* No passphrase, wrong or right, ever gets into what is told. */
        ck_assert_ptr_null(strstr(report_details(EDHOC_ERR_KEY_FORMAT), PASSPHRASE));
        ck_assert_ptr_null(strstr(report_details(EDHOC_ERR_KEY_FORMAT), "xxxx"));
    }
    check_ok(key_from_pem(plain, NULL, false, &k));
    key_free(k);
    ck_assert_int_eq(prompts, 0);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}
END_TEST

static void check_not_loaded(EVP_PKEY *pkey, const char *names)
{
    struct key *k;

    check_error(key_from_pem(keep_pem(pkey, NULL, NULL), NULL, false, &k), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(k);
    ck_assert_msg(strstr(report_details(EDHOC_ERR_KEY_FORMAT), names) != NULL, "\"%s\" in \"%s\"",
                  names, report_details(EDHOC_ERR_KEY_FORMAT));
    check_error(key_from_pkey(pkey, true, &k), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(k);
    EVP_PKEY_free(pkey);
    ck_assert_int_eq(prompts, 0);
}

START_TEST(other_kinds_of_key_are_named_and_refused)
{
    check_not_loaded(EVP_RSA_gen(1024), "RSA");
    check_not_loaded(EVP_EC_gen("P-521"), "EC");
    check_not_loaded(EVP_EC_gen("P-521"), "P-256 and P-384");
    check_not_loaded(EVP_EC_gen("secp256k1"), "EC");
}
END_TEST

/* A P-256 key whose file spells the curve out: only names are accepted, so that nobody has to trust
 * that the numbers are those of the curve. */
START_TEST(curves_that_are_spelled_out_are_refused)
{
    static const char
        *const with_seed = /* made by: openssl genpkey -pkeyopt ec_param_enc:explicit */
        "-----BEGIN PRIVATE KEY-----\n"
        "MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAAB\n"
        "AAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA\n"
        "///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMV\n"
        "AMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg\n"
        "9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8A\n"
        "AAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQg3/AJgRZAjJ0s\n"
        "jGLobMftLY1G1MQGlwgjZlCsAfOYrlChRANCAASq5sEN+lrCF21kFv1GdBdFKF4C\n"
        "gJE2BuTTIUDmptOumQSvQ4rhZIZcXOCOqR/ZX0qgGowj3vIstVi3QgpPgw5l\n"
        "-----END PRIVATE KEY-----\n";
    struct key *k;

    check_error(key_from_pem(bytes_of_text(with_seed), NULL, false, &k), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(k);
    ck_assert_str_ne(report_details(EDHOC_ERR_KEY_FORMAT), "");
}
END_TEST

/* P-256's numbers, but another base point: whoever chose it knows private keys for any point. */
START_TEST(another_base_point_is_refused)
{
    struct bytes g = unhex("047cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
                           "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1");
    static const char *const numbers[][2] = {
        {OSSL_PKEY_PARAM_EC_P, P256_P},
        {OSSL_PKEY_PARAM_EC_A, "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"},
        {OSSL_PKEY_PARAM_EC_B, "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"},
        {OSSL_PKEY_PARAM_EC_ORDER, P256_N},
        {OSSL_PKEY_PARAM_PRIV_KEY, "01"},
    };
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    BIGNUM *n[ROWS(numbers)] = {NULL};
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params;

    must(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_EC_FIELD_TYPE, "prime-field", 0));
    for (int i = 0; i < ROWS(numbers); i++) {
        must(BN_hex2bn(&n[i], numbers[i][1]) > 0);
        must(OSSL_PARAM_BLD_push_BN(build, numbers[i][0], n[i]));
    }
    must(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_EC_GENERATOR, g.p, g.len));
    must(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, g.p, g.len));
    params = OSSL_PARAM_BLD_to_param(build);
    must(EVP_PKEY_fromdata_init(ctx) == 1);
    if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) == 1)
        check_not_loaded(pkey, "EC");
    else
        must(libcrypto_since(4, 0)); /* which refuses it itself */
    for (int i = 0; i < ROWS(numbers); i++)
        BN_free(n[i]);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
}
END_TEST

static const char *const no_pems[] = {
    "",
    "\n",
    "hello\n",
    "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIOBxLLNB7Nv6\n-----END PRIVATE KEY-----\n",
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    /* the public half alone */
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPm8bkB0jve+GH0JjpXjhD/8D6oTc\n"
    "NwLwJnkNMQc/D3yPMN+Jaa/JvCi3T164C70BhQo7Qw3ex9CBjpXe+ttFMg==\n"
    "-----END PUBLIC KEY-----\n",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdqDKMP alice\n",
};

START_TEST(what_is_no_private_key_is_refused)
{
    struct bytes pem = keep(no_pems[_i], strlen(no_pems[_i]));
    struct key *k;

    check_error(key_from_pem(pem, NULL, false, &k), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(k);
    check_error(key_from_pem(pem, PASSPHRASE, true, &k), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(k);
    ck_assert_int_eq(prompts, 0);
}
END_TEST

/* An empty file is read into an empty buffer, which has no memory. */
START_TEST(an_empty_file_is_no_key)
{
    struct key *k;

    check_error(key_from_pem(BYTES_NONE, NULL, false, &k), EDHOC_ERR_KEY_FORMAT);
    ck_assert_ptr_null(k);
}
END_TEST

/* A key from libcrypto is shared, not consumed; a public one stays one. */
START_TEST(a_key_of_libcrypto_is_shared_not_consumed)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    uint8_t raw[32];
    size_t len = sizeof(raw);
    EVP_PKEY *public_half;
    struct key *k;

    must(pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, raw, &len) == 1);
    check_ok(key_from_pkey(pkey, true, &k));
    ck_assert(has_private_half(k));
    ck_assert_str_eq(key_type(k)->name, "ed25519");
    ck_assert(bytes_equal(key_x(k), bytes_of(raw, 32)));
    key_free(k);
    public_half = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw, 32);
    check_ok(key_from_pkey(public_half, false, &k));
    ck_assert(!has_private_half(k));
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(public_half);
    key_free(k);
}
END_TEST

/* The host's error is before any mark; one of ours that is still there would be found. */
static void check_no_mark(void)
{
    check_queue();
    ck_assert_int_eq(ERR_pop_to_mark(), 0);
}

START_TEST(all_key_types_and_suites_are_available)
{
    ck_assert_int_eq(KEYTYPES, 8);
    ck_assert_ptr_null(keytypes[KEYTYPES].name);
    for (const struct keytype *type = keytypes; type->name != NULL; type++) {
        ck_assert(type->coordinate <= COORDINATE_MAX);
        ck_assert_ptr_eq(keytype_by_name(type->name), type);
        ck_assert_ptr_eq(keytype_by_ssh_name(bytes_of_text(type->ssh_name)), type);
        ck_assert_ptr_eq(keytype_by_curve(type->curve, type->dh), type);
        if (type->dh)
            ck_assert(crypto_has_curve(type->curve));
    }
    ck_assert_ptr_null(keytype_by_name("rsa"));
    ck_assert_ptr_null(keytype_by_ssh_name(BYTES_LITERAL("ssh-rsa")));
    ck_assert_ptr_null(keytype_by_ssh_name(BYTES_NONE));
    ck_assert_ptr_null(keytype_by_curve(CRV_X25519, false));
    ck_assert_ptr_null(keytype_by_curve(CRV_ED25519, true));
    for (int id = -1; id < 30; id++) {
        bool ours = (id >= 0 && id <= 6) || id == 24 || id == 25;

        ck_assert_int_eq(suite_by_id(id) != NULL, ours);
        if (ours)
            ck_assert(suite_available(suite_by_id(id)));
    }
    check_no_mark();
}
END_TEST

static void add_hash(Suite *suite)
{
    TCase *tc = suite_case(suite, "hash", 60);

    tcase_add_checked_fixture(tc, host_fails, NULL);
    tcase_add_test(tc, a_digest_that_two_fetch_at_once_is_kept_once);
    tcase_add_test(tc, a_suite_that_could_not_be_looked_at_is_looked_at_again);
    tcase_add_loop_test(tc, published_digests_come_out_however_the_text_is_cut, 0, ROWS(digests));
    tcase_add_test(tc, sha256_of_one_text_is_the_same);
    tcase_add_test(tc, published_macs_come_out);
    tcase_add_loop_test(tc, published_hkdf_outputs_come_out, 0, 3);
    tcase_add_loop_test(tc, every_length_up_to_the_longest_expands, 0, 2);
    tcase_add_test(tc, an_info_of_any_length_counts_whole);
    tcase_add_test(tc, the_length_of_a_kmac_output_is_bound);
}

static void add_aead(Suite *suite)
{
    TCase *tc = suite_case(suite, "aead", 120);

    tcase_add_checked_fixture(tc, host_fails, NULL);
    tcase_add_loop_test(tc, published_ciphertexts_are_made_and_opened, 0, ROWS(aead_vectors));
    tcase_add_loop_test(tc, what_is_sealed_opens_at_every_length, 0, AEAD_COUNT);
    tcase_add_loop_test(tc, one_changed_bit_anywhere_does_not_decrypt, 0, AEAD_COUNT);
    tcase_add_loop_test(tc, ccm_ends_at_64_kib_and_the_others_do_not, 0, AEAD_COUNT);
    tcase_add_loop_test(tc, no_part_of_a_ciphertext_is_written_without_room, 0, AEAD_COUNT);
    tcase_add_loop_test(tc, a_cipher_in_pieces_is_the_one_at_once, 0, 2 * ROWS(cipher_algs));
    tcase_add_test(tc, a_cipher_out_of_order_is_a_bug);
}

static void add_ecdh(Suite *suite)
{
    TCase *tc = suite_case(suite, "ecdh", 60);

    tcase_add_checked_fixture(tc, host_fails, NULL);
    tcase_add_loop_test(tc, published_secrets_come_out, 0, ROWS(exchanges));
    tcase_add_loop_test(tc, both_sides_agree_with_whole_and_compact_points, 0, ROWS(agreements));
    tcase_add_loop_test(tc, both_sides_agree_with_ephemeral_keys, 0, ROWS(agreements));
    tcase_add_loop_test(tc, points_of_low_order_are_refused, 0, ROWS(low_order));
    tcase_add_test(tc, keys_of_two_curves_do_not_agree);
    tcase_add_loop_test(tc, only_points_on_the_curve_are_public_keys, 0, ROWS(points));
    tcase_add_loop_test(tc, impossible_private_keys_are_refused, 0, ROWS(no_privates));
    tcase_add_test(tc, leading_zeros_of_a_coordinate_are_kept);
    tcase_add_test(tc, all_key_types_and_suites_are_available);
}

static void add_sign(Suite *suite)
{
    /* A thousand verifications with P-384, under valgrind. */
    TCase *tc = suite_case(suite, "signatures", 300);

    tcase_add_checked_fixture(tc, host_fails, NULL);
    tcase_add_loop_test(tc, published_signatures_verify, 0, ROWS(signatures));
    tcase_add_loop_test(tc, one_changed_bit_of_signature_or_text_is_refused, 0, ROWS(signing));
    tcase_add_test(tc,
                   verifications_are_kept_from_the_second_on_and_no_more_than_there_is_room_for);
    tcase_add_loop_test(tc, impossible_signatures_are_refused, 0, ROWS(no_ecdsa));
    tcase_add_test(tc, signatures_in_der_are_refused);
    tcase_add_loop_test(tc, signatures_that_are_not_canonical_are_refused, 0, 4);
    tcase_add_test(tc, keys_sign_and_verify_what_they_are_for_only);
    tcase_add_loop_test(tc, a_signer_elsewhere_signs_in_its_place, 0, ROWS(signing));
}

static void add_pem(Suite *suite)
{
    TCase *tc = suite_case(suite, "pem", 60);

    tcase_add_checked_fixture(tc, prompts_begin, prompts_end);
    tcase_add_loop_test(tc, a_written_key_is_read_as_the_same, 0, KEYTYPES);
    tcase_add_test(tc, a_key_is_found_behind_other_text);
    tcase_add_test(tc, encrypted_keys_open_with_their_passphrase_and_never_prompt);
    tcase_add_test(tc, other_kinds_of_key_are_named_and_refused);
    tcase_add_test(tc, curves_that_are_spelled_out_are_refused);
    tcase_add_test(tc, another_base_point_is_refused);
    tcase_add_loop_test(tc, what_is_no_private_key_is_refused, 0, ROWS(no_pems));
    tcase_add_test(tc, an_empty_file_is_no_key);
    tcase_add_test(tc, a_key_of_libcrypto_is_shared_not_consumed);
}

static void add(Suite *suite)
{
    add_hash(suite);
    add_aead(suite);
    add_ecdh(suite);
    add_sign(suite);
    add_pem(suite);
}

int main(void)
{
    return suite_main("crypto", add);
}
