/* The options of a trust line: client, server, valid-after="TIME", valid-before="TIME",
 * local-user="NAME", namespaces="PATTERNS", cert-authority. Values are always quoted, as OpenSSH
 * demands, and the names that OpenSSH has, too, may be in any case, as there. */
#ifndef MECH_TRUST_OPTION_H
#define MECH_TRUST_OPTION_H

#include "peer/trust_place.h"
#include "peer/trust_terms.h"

/* Reads the option word of a line, of at most TRUST_LINE_MAX bytes, into `terms`: roles, times,
 * local_user, is_ca, elsewhere. */
edhoc_err trust_options_parse(struct bytes word, const struct trust_place *at,
                              struct trust_terms *terms) EDHOC_MUST_USE;
/* What stands between the quotes of a value, as a text: \" becomes a quote. `out` has room for
 * value.len + 1 bytes. */
void trust_option_value(struct bytes value, char *out);

#endif
