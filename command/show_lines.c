#include "show_lines.h"

#include "line_key.h"
#include "show_key.h"
#include "show_ssh.h"
#include "text.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "edhoc/cred.h"
#include "load/file.h"
#include "base/lines.h"
#include "peer/trust_line.h"
#include "peer/trust.h"

#define BROKEN_MAX 5 /* lines, and none that is understood: no more of them are told */

static void print_time(const char *label, int64_t seconds)
{
    char text[TOOL_TIME];

    printf("    %-12s %s", label, tool_time(seconds, text));
}

static void print_validity(const struct trust_line *line)
{
    int64_t now = (int64_t)time(NULL);

    if (line->valid_after != INT64_MIN) {
        print_time("valid after", line->valid_after);
        puts(now < line->valid_after ? " (not valid yet)" : "");
    }
    if (line->valid_before != INT64_MAX) {
        print_time(line->is_ca ? "valid until" : "valid before", line->valid_before - line->is_ca);
        puts(now >= line->valid_before ? " (expired)" : "");
    }
}

/* A CA's key need not be one that a peer can have. */
static edhoc_err print_ca(const struct trust_line *line)
{
    static const char *const kinds[] = {"", "users", "hosts", "users and hosts"};
    struct bytes type = line_key_type(line);
    char fingerprint[LINE_KEY_ID];
    edhoc_err err = line_key_id(line, fingerprint);

    printf("    CA of        OpenSSH certificates, for %s\n", kinds[line->roles & 3]);
    printf("    type         %.*s\n", (int)type.len, (const char *)type.p);
    printf("    fingerprint  %s\n", fingerprint);
    return err;
}

static edhoc_err print_peer(const struct trust_line *line)
{
    static const char *const roles[] = {"", "a client", "a server", "a client or a server"};

    printf("    peer as      %s\n", roles[line->roles & 3]);
    return show_key(cred_key(line->cred), line->cred);
}

static edhoc_err print_line(const struct trust_line *line)
{
    edhoc_err err;

    printf("%s line %u: %s\n", line->file, line->line,
           line->principals != NULL ? line->principals : "public key without a name");
    err = line->is_ca ? print_ca(line) : print_peer(line);
    print_validity(line);
    if (line->local_user != NULL)
        printf("    local user   %s\n", line->local_user);
    if (line->comment != NULL)
        printf("    comment      %s\n", line->comment);
    if (err == EDHOC_OK && line->principals == NULL)
        err = show_trust_line(NULL, cred_key(line->cred));
    return err;
}

/* Reads a line and prints it; counts it in `lines` if there is a key on it. */
static edhoc_err show_line(struct bytes text, const char *path, unsigned number, unsigned *lines)
{
    struct trust_line *line;
    edhoc_err err;

    if (show_is_ssh_cert(text)) {
        ++*lines;
        return show_ssh_cert_line(text, path, number);
    }
    err = bytes_end_with(bytes_of_text(path), BYTES_LITERAL(".pub"))
              ? trust_pub_line_parse(text, path, number, &line)
              : trust_line_parse(text, path, number, &line);

    if (err == EDHOC_OK && line != NULL) {
        ++*lines;
        err = print_line(line);
    }
    trust_line_free(line);
    return err;
}

/* Others may change what is only looked at; a trust file they may not. */
static void print_permission_note(const char *path)
{
    bool missing;
    int fd;

    if (file_open(path, NULL, &missing, &fd) != EDHOC_OK || fd < 0)
        return;
    if (file_check(fd, path, FILE_TRUSTED, NULL) == EDHOC_ERR_PERMISSIONS)
        printf("Note: it would be refused as a trust file. %s\n",
               report_details(EDHOC_ERR_PERMISSIONS));
    close(fd);
}

int show_lines(struct bytes text, const char *path)
{
    unsigned number = 1, lines = 0, broken = 0;
    int status = TOOL_OK;
    struct bytes line;

    for (; lines_next(&text, &line) && (lines > 0 || broken < BROKEN_MAX); number++) {
        edhoc_err err = show_line(line, path, number, &lines);

        if (err != EDHOC_OK) {
            status = tool_fail(err);
            broken++;
        }
    }
    if (lines == 0 && broken == BROKEN_MAX)
        return tool_fail(report(EDHOC_ERR_TRUST_SYNTAX,
                                "%s: no trust line so far; it seems to be something else", path));
    if (lines == 0 && status == TOOL_OK)
        printf("%s: a trust file without a line in it\n", path);
    print_permission_note(path);
    return status;
}
