/* The kinds of part, and what `place` and the contents of each are. */
#ifndef MECH_LOAD_KINDS_H
#define MECH_LOAD_KINDS_H

#include "load/part_spec.h"

/* {a file of registrations, NULL} or {NULL, a directory of them} (mech_conf.h): struct conf. */
extern const struct part_kind kind_conf;
/* {a key file, its chain's or NULL}: struct identity_set, of one. */
extern const struct part_kind kind_identity;
/* {a key file or a directory of them, the chain of a single key or NULL}: struct identity_set. */
extern const struct part_kind kind_services;
/* The same where nothing is configured: a folder without keys is made up for by host_keys.h. */
extern const struct part_kind kind_default_services;
/* {a trust file, NULL}: struct trust. */
extern const struct part_kind kind_trust;
/* {anchors, CRLs or NULL}: struct x509_store. */
extern const struct part_kind kind_anchors;
/* {a KRL or a list of keys, NULL}: struct revoked. */
extern const struct part_kind kind_revoked;
/* {a file `identities`, NULL}: struct choices. */
extern const struct part_kind kind_choices;

#endif
