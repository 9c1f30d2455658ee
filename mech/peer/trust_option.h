/* The options of a trust line: client, server, valid-after="TIME", valid-before="TIME",
 * local-user="NAME", namespaces="PATTERNS", cert-authority. Values are always quoted, as OpenSSH
 * demands, and the names that OpenSSH has, too, may be in any case, as there. */
#ifndef MECH_TRUST_OPTION_H
#define MECH_TRUST_OPTION_H

#include "peer/trust_place.h"
#include "peer/trust.h"

/* Reads the option word of a line into `line`: roles (0 when neither was named), times, local_user,
 * is_ca. *elsewhere: by its namespaces, the line is not for this mechanism. */
edhoc_err trust_options_parse(struct bytes word, const struct trust_place *at,
                              struct trust_line *line, bool *elsewhere) EDHOC_MUST_USE;

/* YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with or without a Z: UTC either way. Seconds since
 * 1970; false for anything else, for dates that no calendar has, and before 1970. */
bool trust_time_parse(struct bytes text, int64_t *out) EDHOC_MUST_USE;

#endif
