/* One line of a trust file: OpenSSH's allowed_signers shape (doc/design.md, README). A line pins one
 * key or, with the option cert-authority, has the key of an OpenSSH CA:
 *
 *     principals [options] type base64 [comment]
 *
 * Blanks (spaces, tabs) separate; empty lines and lines whose first character is # are skipped.
 * Everything that is not understood is an error that names file and line.
 *
 * A line is read as a whole and at once, but for one thing: whether its point is on its curve shows
 * when its key is made, which takes as long as reading many lines. */
#ifndef MECH_TRUST_LINE_H
#define MECH_TRUST_LINE_H

#include "crypto/key.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/trust_place.h"
#include "peer/trust_terms.h"

#define TRUST_BLOB_MAX 512 /* bytes of a public key blob, with room */

/* The public key on a line. */
struct trust_point {
    uint8_t blob[TRUST_BLOB_MAX];
    struct ssh_point at; /* views into `blob`, or of a key that was made of the line */
};

/* What is known of a line that is refused. It grants nothing; where its names can be told they stay
 * taken, unless it is a line for somebody else. */
struct trust_fault {
    bool named;              /* whose line it is can be told */
    struct bytes principals; /* then: a view into the line */
    unsigned roles;          /* then: both where its options cannot be read */
    bool passed; /* well-formed, but of another namespace or with a type of key that we do not have:
                    it takes nothing */
};

/* Reads one line (no newline). terms->type_word is empty for a blank line or a comment.
 * EDHOC_ERR_TRUST_SYNTAX with the file, the line, the rule; *fault says what it means for the rest
 * of the file. */
edhoc_err trust_line_read(struct bytes text, const struct trust_place *at,
                          struct trust_terms *terms, struct trust_point *point,
                          struct trust_fault *fault) EDHOC_MUST_USE;
/* The terms of a line that was read before. */
void trust_line_again(struct bytes text, struct trust_terms *terms);
/* The key of a line that was read before, no CA's. */
void trust_point_again(const struct trust_terms *terms, struct trust_point *point);

/* A line with its key made, and copies of all that it says: of a CA line, whose certificates are
 * believed as far as its patterns go, the blob of the CA's key. */
struct trust_line {
    char *principals; /* NULL on a .pub's line without */
    unsigned roles;
    int64_t valid_after, valid_before; /* as in struct trust_terms */
    char *local_user; /* NULL when not given; "*" on a CA line: whomever it names */
    char *comment;    /* NULL when there is none */
    char *file;       /* where it stands */
    unsigned line;
    struct cred *cred; /* by reference: { 4 : kid }; NULL on a CA line */
    bool is_ca;        /* cert-authority */
    struct buf ca;     /* on a CA line, the blob of the CA's key; else empty */
    char *fault;       /* its point is not on its curve: where, and what is wrong. No cred then */
};

/* EDHOC_ERR_TRUST_SYNTAX where the point is not on its curve. Without a point, a line without key. */
edhoc_err trust_line_make(const struct trust_terms *terms, const struct trust_point *point,
                          const struct trust_place *at, struct trust_line **out) EDHOC_MUST_USE;
void trust_line_free(struct trust_line *line);
/* Reads and makes one. *out is NULL for a blank line or a comment. */
edhoc_err trust_line_parse(struct bytes text, const char *file, unsigned number,
                           struct trust_line **out) EDHOC_MUST_USE;
/* The same for a FILE.pub: principals may be left out, as OpenSSH does (they are then NULL in the
 * line), and the first of them is a name, without wildcard or !. */
edhoc_err trust_pub_line_parse(struct bytes text, const char *file, unsigned number,
                               struct trust_line **out) EDHOC_MUST_USE;
/* The line for a key, appended: `principals` and `options` may be NULL (then left out, as in an
 * OpenSSH .pub file), `comment` too. No newline. */
void trust_line_format(const char *principals, const char *options, const struct key *key,
                       const char *comment, struct buf *out);

#endif
