/* NegoEx (draft-zhu-negoex): negotiation inside SPNEGO. */
#ifndef GSS_GLUE_NEGOEX_H
#define GSS_GLUE_NEGOEX_H

#include <stdbool.h>

/* Does mech.conf or the environment ask for NegoEx? */
bool glue_negoex_wanted(void);

#endif
