/* Anchors and CRLs from their files. */
#ifndef MECH_LOAD_ANCHORS_FILE_H
#define MECH_LOAD_ANCHORS_FILE_H

#include "load/loading.h"
#include "peer/x509_store.h"

#define ANCHORS_FILE_MAX (8u << 20) /* bytes: a distribution's bundle is a quarter of a megabyte */

/* Both are places (place.h); `crls` may be NULL. EDHOC_ERR_FILE, EDHOC_ERR_PERMISSIONS,
 * EDHOC_ERR_KEY_FORMAT with the file and the number of the entry. */
edhoc_err load_anchors(const char *anchors, const char *crls, struct loading *loading,
                       struct x509_store **out) EDHOC_MUST_USE;

#endif
