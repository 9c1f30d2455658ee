/* What an initiator may expect of its target, by whom it believes. */
#ifndef MECH_TRUST_PLAN_H
#define MECH_TRUST_PLAN_H

#include "edhoc/suite.h"
#include "peer/trust.h"

struct trust_plan {
    bool dh;                  /* the responder's half of METHOD */
    struct suite_list suites; /* those of `offer` under which a pinned key can be used */
};
/* By the trust lines that name the target (a CA line means a signature, by any key that a certificate
 * of OpenSSH can have); where none does, by the anchors: a signature, under any
 * suite. EDHOC_ERR_NO_TRUST when there is neither (TRUST_EXPIRED, TRUST_NOT_YET when all lines that
 * name it are out of date, TRUST_SYNTAX when none of them can be understood: certificates do not
 * make up for that), EDHOC_ERR_NO_SUITE when no suite
 * of `offer` fits its keys. */
edhoc_err trust_plan(const struct trust *t, const char *target, int64_t now,
                     const struct suite_list *offer, struct trust_plan *out) EDHOC_MUST_USE;

#endif
