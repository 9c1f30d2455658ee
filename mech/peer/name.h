/* Names: a kind and a text (doc/mechanism.md, "Names"). The one place that makes a text canonical
 * and that takes "service@host" apart. */
#ifndef MECH_NAME_H
#define MECH_NAME_H

#include "base/bytes.h"
#include "base/report.h"

/* The numbers are those of the specification: they stand in exported names. */
enum name_kind { NAME_USER = 1, NAME_SERVICE = 2, NAME_SUBJECT = 3 };

#define NAME_TEXT_MAX    255  /* bytes of a name */
#define NAME_SUBJECT_MAX 1024 /* bytes of a certificate's subject */

/* The text of a name in canonical form, malloc'ed: a service's host in lower case, without its
 * trailing dot; all others as they are. EDHOC_ERR_NAME with the rule that it breaks. */
edhoc_err name_canonical(enum name_kind kind, struct bytes text, char **out) EDHOC_MUST_USE;
/* The canonical name of a host, whatever its service: "host@" and it. */
edhoc_err name_of_host(const char *host, char **out) EDHOC_MUST_USE;
/* What an untyped name is: a service where it has an @, since that is what people type for a
 * target, and else a user. */
enum name_kind name_kind_of(struct bytes text);

/* What stands before the last @; all of it where there is none. A view. */
struct bytes name_service(struct bytes name);
/* What stands after the last @; NULL where nothing does. */
const char *name_host(const char *name);
/* The host, in place, as canonical names have it; a name without a host stays as it is. */
void name_fold_host(char *name);
/* Would people take one for the other? The same but for ASCII case and dots at their end: a name
 * that is pinned is nobody else's in any of its spellings. */
bool name_same_folded(struct bytes a, struct bytes b);
/* May whoever has the name `own` be asked for `target`? A service without a host stands for that
 * service on any host. */
bool name_allows(const char *own, const char *target);
/* Can this be one principal of a trust line: 1 to NAME_TEXT_MAX bytes of UTF-8, no blank, comma,
 * quote or control character? NULL, or the rule that it breaks. */
const char *name_principal_fault(struct bytes principal);
/* Can a peer claim it as its name: can it be a principal, and one that is no pattern? */
const char *name_claim_fault(struct bytes name);

#endif
