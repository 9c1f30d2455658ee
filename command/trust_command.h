/* What the command line of `gss-edhoc trust` says, and the file that it is about. */
#ifndef COMMAND_TRUST_COMMAND_H
#define COMMAND_TRUST_COMMAND_H

#include "trust_edit.h"
#include "trust_words.h"

struct trust_command {
    const char *file; /* NULL: the default */
    struct line_wish wish;
    bool ignore_options, skip_unusable, json;
    const char *revoked; /* import: the list that @revoked lines are added to; NULL: none */
    int argc;            /* what is left */
    char **argv;
};

/* Is there a private key in what was given as a public one? */
edhoc_err trust_refuse_private(struct bytes text, const char *source) EDHOC_MUST_USE;
/* Opens the file of the command for editing, and makes the directories of the default one. */
edhoc_err trust_open(const struct trust_command *c, bool create, char **path,
                     struct edit *e) EDHOC_MUST_USE;

#endif
