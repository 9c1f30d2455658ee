/* A whole life, step by step: credentials, names, contexts, messages, exports, a change of the files,
 * and the end of it all, by direct calls of the mechanism's functions. One thing fails on the way. */
#ifndef TESTS_FAULTS_LIFE_H
#define TESTS_FAULTS_LIFE_H

#include "faults.h"

#define SETTINGS_MAX 6

/* Credential store entries, "edhoc_KEY=VALUE"; what follows an @ is a file in the folder. */
struct life_plan {
    const char *name;
    const char *initiator[SETTINGS_MAX], *acceptor[SETTINGS_MAX];
    bool ssh; /* needs OpenSSH's programs */
    /* A life that must end before there is a context: who is refused. */
    enum { NOBODY, BY_INITIATOR, BY_ACCEPTOR } refused;
    bool bindings; /* which differ */
};

/* The environment's key, service's key, and trust, for what a plan does not set. */
extern const char *const life_defaults[3];

/* Lives it, while a call of this family may fail. Ends the process, with a sentence on standard error, where something is not as it must
 * be after the call that failed. */
void life_live(const struct life_plan *plan, enum fault_family family);

#endif
