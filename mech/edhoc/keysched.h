/* The key schedule, to be read beside RFC 9528 section 4 (figure 6 and sections 4.1.1, 4.1.3, 4.2,
 * appendices G and H). Every value has its RFC name and a field of its own; nothing is overwritten. */
#ifndef MECH_KEYSCHED_H
#define MECH_KEYSCHED_H

#include "crypto/mac.h"
#include "edhoc/suite.h"

struct keysched {
    const struct suite *suite;
    struct fixed h_message_1; /* H(message_1) */
    struct fixed th_2, th_3, th_4;
    struct fixed prk_2e;
    struct fixed salt_3e2m; /* responder with static DH only */
    struct fixed prk_3e2m;
    struct fixed k_3, iv_3;
    struct fixed salt_4e3m; /* initiator with static DH only */
    struct fixed prk_4e3m;
    struct fixed k_4, iv_4;
    struct fixed prk_out;
    struct fixed prk_exporter;
    struct deriver deriver; /* of those that are being derived */
};

/* Wipes the schedule. Between two messages, deriver_put_away() is enough. */
void keysched_wipe(struct keysched *ks);

/* Begins a schedule: suite and H(message_1). */
edhoc_err keysched_message_1(struct keysched *ks, const struct suite *suite,
                             struct bytes message_1) EDHOC_MUST_USE;
/* TH_2 = H( G_Y, H(message_1) ) and PRK_2e = EDHOC_Extract( TH_2, G_XY ). */
edhoc_err keysched_2e(struct keysched *ks, struct bytes g_y,
                      const struct fixed *g_xy) EDHOC_MUST_USE;
/* KEYSTREAM_2 for `len` bytes, by parts where it is longer than one output (appendix G), XORed onto
 * `text`. */
edhoc_err keysched_xor_2(struct keysched *ks, uint8_t *text, size_t len) EDHOC_MUST_USE;
/* PRK_3e2m; g_rx is NULL where the responder signs. */
edhoc_err keysched_3e2m(struct keysched *ks, const struct fixed *g_rx) EDHOC_MUST_USE;
/* TH_3 = H( TH_2, PLAINTEXT_2, CRED_R ). */
edhoc_err keysched_th_3(struct keysched *ks, struct bytes plaintext_2,
                        struct bytes cred_r) EDHOC_MUST_USE;
/* K_3, IV_3, from PRK_3e2m and TH_3. */
edhoc_err keysched_k_3(struct keysched *ks) EDHOC_MUST_USE;
/* PRK_4e3m; g_iy is NULL where the initiator signs. */
edhoc_err keysched_4e3m(struct keysched *ks, const struct fixed *g_iy) EDHOC_MUST_USE;
/* TH_4 = H( TH_3, PLAINTEXT_3, CRED_I ), and PRK_out, PRK_exporter. */
edhoc_err keysched_th_4(struct keysched *ks, struct bytes plaintext_3,
                        struct bytes cred_i) EDHOC_MUST_USE;
/* K_4, IV_4, from PRK_4e3m and TH_4; of use where there is a message_4. */
edhoc_err keysched_k_4(struct keysched *ks) EDHOC_MUST_USE;
/* MAC_2 (label 2, PRK_3e2m) and MAC_3 (label 6, PRK_4e3m): `mac_length` bytes. */
edhoc_err keysched_mac_2(struct keysched *ks, struct bytes context_2, size_t mac_length,
                         struct fixed *mac) EDHOC_MUST_USE;
edhoc_err keysched_mac_3(struct keysched *ks, struct bytes context_3, size_t mac_length,
                         struct fixed *mac) EDHOC_MUST_USE;
/* EDHOC_KeyUpdate( context ): replaces PRK_out and PRK_exporter. */
edhoc_err keysched_update(struct keysched *ks, struct bytes context) EDHOC_MUST_USE;
/* EDHOC_Exporter( label, context, length ) from a PRK_exporter. */
edhoc_err keysched_exporter(struct deriver *d, const struct suite *suite,
                            const struct fixed *prk_exporter, uint64_t label, struct bytes context,
                            uint8_t *out, size_t length) EDHOC_MUST_USE;

#endif
