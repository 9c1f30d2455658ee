/* What the subcommands of gss-edhoc share. */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <sys/types.h>

#include "edhoc/cred.h"
#include "base/report.h"

/* Exit codes, as gss-edhoc(1) documents them. */
enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* "gss-edhoc: ..." on stderr, one line, printable; the answer is for return. */
int tool_fail(edhoc_err err);
int tool_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Writes out what was printed; TOOL_FAILED, said on stderr, if that fails. Else `status`. */
int tool_finish(int status);

/* The subcommands: argv[0] is the subcommand's name. */
int cmd_keygen(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_trust(int argc, char **argv);
int cmd_check(int argc, char **argv);

/* A captured token: is this one, and what is it? Errors name `path`. */
bool show_is_token(struct bytes in);
edhoc_err show_token(struct bytes in, const char *path) EDHOC_MUST_USE;
/* Certificates: all those of a PEM text, or one in DER. */
bool show_is_certificate(struct bytes der);
edhoc_err show_certificates(struct bytes pem, const char *path) EDHOC_MUST_USE;
edhoc_err show_certificate(struct bytes der) EDHOC_MUST_USE;

/* ---- text.c: printing ---- */

/* Prints text from a file or a peer, or its hex digits where it could drive a terminal. */
void tool_print_text(struct bytes text);
void tool_print_hex(struct bytes in);
/* "2026-11-20 20:27:39 UTC", or its first 10 characters. */
#define TOOL_TIME 40
const char *tool_time(int64_t seconds, char text[TOOL_TIME]);
const char *tool_date(int64_t seconds, char text[TOOL_TIME]);
/* The key id: 16 hex digits. */
const char *tool_key_id(const struct cred *cred, char text[17]);
/* Is stdout a terminal that shows colours, and may it? (NO_COLOR and TERM=dumb say no.) */
bool tool_colours(void);

/* A host is the same in upper and lower case, and with or without the root's dot: keeps one form.
 */
void tool_canonical_name(char *name);
/* NULL, or what is wrong with a name that others are to pin. */
const char *tool_name_fault(const char *name);

/* ---- files.c: writing ---- */

edhoc_err tool_file_failed(const char *path, const char *what) EDHOC_MUST_USE; /* with errno */
bool tool_write_fully(int fd, struct bytes text) EDHOC_MUST_USE;
/* Makes the names of new files last. What cannot be synced (some network file systems) is no error:
 * the files are there. */
void tool_sync_directory_of(const char *path);
/* Makes the directories above `path` where they are missing. */
edhoc_err tool_make_directories(char *path, mode_t mode) EDHOC_MUST_USE;
/* What is at a path, or for "-" on standard input. */
edhoc_err tool_read_source(const char *path, size_t max, struct buf *out) EDHOC_MUST_USE;

#endif
