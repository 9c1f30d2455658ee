/* gss-edhoc rotate: the next key beside the current one, and later in its place.
 *
 * The next key is FILE.next, its line FILE.next.pub. To commit, the key is renamed first and its line
 * after it: FILE is one or the other key at every moment, whole, and FILE.pub has the same names. In
 * between, FILE.pub is the line of the key before, of which then only the names count. Whoever stops
 * there finds FILE.next.pub without FILE.next, and commits again. */
#include "rotate.h"

#include "files.h"
#include "passphrase.h"
#include "product.h"
#include "text.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/key.h"
#include "edhoc/cred.h"
#include "load/identity_file.h"
#include "load/loading.h"
#include "load/trust_file.h"
#include "peer/identity.h"
#include "peer/trust.h"
#include "peer/trust_line.h"

static const char help[] =
    "Usage: gss-edhoc rotate [--passphrase-file=FILE] FILE\n"
    "       gss-edhoc rotate --commit [--discard] [--passphrase-file=FILE] FILE\n"
    "\n"
    "Makes the key that is to follow the private key FILE, of the same type and with the same names:\n"
    "FILE.next, and its trust line FILE.next.pub, which is printed for the trust files of the peers.\n"
    "When they have both lines, --commit puts it in the place of FILE.\n"
    "\n"
    "      --commit                the next key becomes FILE; the one before is FILE.old then\n"
    "      --discard               with --commit: and is not kept\n"
    "      --passphrase-file=FILE  the line in FILE opens the key; - is standard input\n"
    "  -h, --help                  this text\n";

/* ---- names ---- */

/* Texts are owned. */
struct rotation {
    const char *file;
    char *pub, *cert, *next, *next_pub, *old, *old_pub;
    const char *passphrase;   /* or NULL */
    struct stat was;          /* FILE */
    struct identity *current; /* what it is */
};

static char *with(const char *file, const char *end)
{
    char *name;

    return asprintf(&name, "%s%s", file, end) >= 0 ? name : NULL;
}

static bool name_files(struct rotation *r)
{
    r->pub = with(r->file, ".pub");
    r->cert = with(r->file, "-cert.pub");
    r->next = with(r->file, ".next");
    r->next_pub = with(r->file, ".next.pub");
    r->old = with(r->file, ".old");
    r->old_pub = with(r->file, ".old.pub");
    return r->pub != NULL && r->cert != NULL && r->next != NULL && r->next_pub != NULL &&
           r->old != NULL && r->old_pub != NULL;
}

static void rotation_clear(struct rotation *r)
{
    free(r->pub);
    free(r->cert);
    free(r->next);
    free(r->next_pub);
    free(r->old);
    free(r->old_pub);
    identity_free(r->current);
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* ---- what can be rotated ---- */

static edhoc_err load_key(const struct rotation *r, const char *path, struct identity **out)
{
    struct loading loading = {.passphrase = r->passphrase};

    return load_identity_at(path, NULL, &loading, out);
}

/* A rename would put a file in the place of the link. */
static edhoc_err look_at_file(struct rotation *r)
{
    if (lstat(r->file, &r->was) != 0)
        return tool_file_failed(r->file, "cannot be rotated");
    if (S_ISLNK(r->was.st_mode))
        return report(EDHOC_ERR_FILE, "%s is a symbolic link; rotate the file that it leads to",
                      r->file);
    if (exists(r->cert))
        return report(EDHOC_ERR_FILE,
                      "%s is for this key alone, and cannot change in the same step; make another "
                      "key (gss-edhoc keygen -o OTHER), have OTHER.pub certified, and let the "
                      "setting identity or service_identity name OTHER",
                      r->cert);
    return load_key(r, r->file, &r->current);
}

static bool has_chain(const struct identity *id)
{
    return cred_chain_length(id->by_value) > 0;
}

static edhoc_err open_rotation(struct rotation *r)
{
    return name_files(r) ? look_at_file(r) : EDHOC_ERR_NOMEM;
}

/* ---- the next key ---- */

static edhoc_err check_beginning(const struct rotation *r)
{
    if (has_chain(r->current))
        return report(EDHOC_ERR_FILE,
                      "%s has a certificate; put a new key and its certificates into %s (mode "
                      "0600) and then: gss-edhoc rotate --commit %s",
                      r->file, r->next, r->file);
    if (r->current->principals == NULL)
        return report(EDHOC_ERR_FILE,
                      "%s has no name, because there is no %s with one; write the line there that "
                      "`gss-edhoc show %s` prints, with its name",
                      r->file, r->pub, r->file);
    if (exists(r->next) || exists(r->next_pub))
        return report(EDHOC_ERR_FILE,
                      "%s exists, so a rotation has begun; commit it, or remove %s and %s to begin "
                      "again",
                      exists(r->next) ? r->next : r->next_pub, r->next, r->next_pub);
    return EDHOC_OK;
}

/* Those who may read the current key may read the next one. Whoever owns the folder could have put a
 * link there, to a file that is not theirs. */
static edhoc_err same_readers(const struct rotation *r)
{
    int fd = open(r->next, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    edhoc_err err = EDHOC_OK;

    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1))
        err = report(EDHOC_ERR_FILE, "%s is no file of its own, or has another name, too", r->next);
    else if (fd < 0 || fchown(fd, r->was.st_uid, r->was.st_gid) != 0 ||
             fchmod(fd, r->was.st_mode & 07777) != 0)
        err = tool_file_failed(r->next, "cannot get the owner, group and mode of the current key");
    if (fd >= 0)
        (void)close(fd);
    return err;
}

static void print_next(const struct rotation *r, const struct product *p)
{
    char kid[17];

    printf("Made %s, the key that is to follow %s, and %s, its trust line:\n\n", r->next, r->file,
           r->next_pub);
    (void)fwrite(p->line.p, 1, p->line.len, stdout);
    printf("\n"
           "1. Add that line to the trust file of each peer, beside the one that is there\n"
           "   (gss-edhoc trust add %s).\n"
           "2. When all have it: gss-edhoc rotate --commit %s\n"
           "3. Some seconds later, remove the line of the key before from each trust file\n"
           "   (gss-edhoc trust remove %s).\n",
           r->next_pub, r->file, tool_key_id(r->current->by_value, kid));
}

static edhoc_err begin(const struct rotation *r)
{
    struct product p = {.file = NULL};
    edhoc_err err = check_beginning(r);

    if (err != EDHOC_OK)
        return err;
    err = product_new(r->next, &p);
    if (err == EDHOC_OK)
        err = product_make(key_type(r->current->key), r->current->principals, r->passphrase, &p);
    if (err == EDHOC_OK)
        err = product_write(&p, r->passphrase);
    if (err == EDHOC_OK) {
        err = same_readers(r);
        if (err == EDHOC_OK) {
            print_next(r, &p);
        } else {
            (void)unlink(r->next);
            (void)unlink(r->next_pub);
        }
    }
    product_clear(&p);
    return err;
}

/* ---- committing ---- */

static edhoc_err rename_to(const char *from, const char *to)
{
    return rename(from, to) == 0 ? EDHOC_OK : tool_file_failed(from, "cannot be renamed");
}

static bool is_line_of(const char *pub, const struct key *key)
{
    struct trust_line *line = NULL;
    bool same = trust_pub_read(pub, NULL, &line) == EDHOC_OK && line != NULL &&
                key_same(cred_key(line->cred), key);

    report_clear();
    trust_line_free(line);
    return same;
}

/* The next key's line, after its key has been renamed: by an earlier commit that was stopped there. */
static edhoc_err finish(const struct rotation *r)
{
    edhoc_err err;

    if (!is_line_of(r->next_pub, r->current->key))
        return report(EDHOC_ERR_FILE, "%s does not exist; make it with: gss-edhoc rotate %s",
                      r->next, r->file);
    err = rename_to(r->next_pub, r->pub);
    tool_sync_directory_of(r->file);
    if (err == EDHOC_OK)
        printf("%s was the next key already; now %s is its line, too.\n", r->file, r->pub);
    return err;
}

/* Between the two renames, the names of the one and the type of the other must go together. */
static edhoc_err check_next(const struct rotation *r, const struct identity *next)
{
    if (has_chain(r->current) != has_chain(next))
        return report(EDHOC_ERR_FILE, "only one of %s and %s has a certificate", r->file, r->next);
    if (has_chain(next))
        return exists(r->pub) || exists(r->next_pub)
                   ? report(EDHOC_ERR_FILE,
                            "%s has certificates, and %s beside them would be of the other key in "
                            "between; remove it",
                            r->next, exists(r->pub) ? r->pub : r->next_pub)
                   : EDHOC_OK;
    if (next->principals == NULL || next->stale_pub)
        return report(EDHOC_ERR_FILE, "%s is not the line of %s, with its names", r->next_pub,
                      r->next);
    if (key_type(next->key) != key_type(r->current->key))
        return report(EDHOC_ERR_FILE,
                      "%s is %s, and %s is %s; a key of another type is another key, not the next "
                      "one: pin both, and change the setting that names the file",
                      r->next, key_type(next->key)->name, r->file, key_type(r->current->key)->name);
    return EDHOC_OK;
}

/* Another name for a file that is about to lose its own. */
static edhoc_err keep(const char *path, const char *as)
{
    if (unlink(as) != 0 && errno != ENOENT)
        return tool_file_failed(as, "cannot be replaced");
    if (link(path, as) != 0 && errno != ENOENT)
        return tool_file_failed(as, "cannot be made (--discard goes without it)");
    return EDHOC_OK;
}

static edhoc_err exchange(const struct rotation *r, bool discard)
{
    edhoc_err err = discard ? EDHOC_OK : keep(r->file, r->old);

    if (err == EDHOC_OK && !discard)
        err = keep(r->pub, r->old_pub);
    if (err == EDHOC_OK)
        err = rename_to(r->next, r->file);
    if (err == EDHOC_OK && exists(r->next_pub))
        err = rename_to(r->next_pub, r->pub);
    tool_sync_directory_of(r->file);
    return err;
}

static void print_done(const struct rotation *r, const struct identity *next, bool discard)
{
    char now[17], before[17];

    printf("%s is now the key %s; programs that run take it within two seconds.\n", r->file,
           tool_key_id(next->by_value, now));
    printf(discard ? "The key before, %s, is gone." : "The key before, %s, is kept as %s.",
           tool_key_id(r->current->by_value, before), r->old);
    printf(has_chain(next) ? "\n"
                           : " Next, remove its line where peers have it:\n"
                             "gss-edhoc trust remove %s\n",
           before);
}

static edhoc_err commit(const struct rotation *r, bool discard)
{
    struct identity *next = NULL;
    edhoc_err err;

    if (!exists(r->next))
        return finish(r);
    err = load_key(r, r->next, &next);
    if (err == EDHOC_OK)
        err = check_next(r, next);
    if (err == EDHOC_OK)
        err = same_readers(r);
    if (err == EDHOC_OK)
        err = exchange(r, discard);
    if (err == EDHOC_OK)
        print_done(r, next, discard);
    identity_free(next);
    return err;
}

/* ---- arguments ---- */

/* What was asked for. */
struct wish {
    const char *file, *passphrase_file;
    bool commit, discard;
};

static int rotate(const struct wish *wish)
{
    struct rotation r = {.file = wish->file};
    struct buf passphrase = buf_new(0);
    edhoc_err err = EDHOC_OK;

    if (wish->passphrase_file != NULL) {
        err = tool_read_passphrase(wish->passphrase_file, &passphrase);
        r.passphrase = (const char *)passphrase.p;
    }
    if (err == EDHOC_OK)
        err = open_rotation(&r);
    if (err == EDHOC_OK)
        err = wish->commit ? commit(&r, wish->discard) : begin(&r);
    rotation_clear(&r);
    buf_free(&passphrase);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}

int cmd_rotate(int argc, char **argv)
{
    static const struct option options[] = {{"commit", no_argument, NULL, 'c'},
                                            {"discard", no_argument, NULL, 'd'},
                                            {"passphrase-file", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct wish wish = {.file = NULL};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (c == 'c')
            wish.commit = true;
        else if (c == 'd')
            wish.discard = true;
        else if (c == 'p')
            wish.passphrase_file = optarg;
        else if (c == ':')
            return tool_usage("rotate: %s needs a value", argv[optind - 1]);
        else if (c != 'h')
            return tool_usage("rotate: no option %s", argv[optind - 1]);
        else {
            fputs(help, stdout);
            return TOOL_OK;
        }
    }
    if (argc - optind != 1)
        return tool_usage(argc == optind ? "rotate: the FILE is missing" : "rotate: one FILE only");
    if (wish.discard && !wish.commit)
        return tool_usage("rotate: --discard goes with --commit");
    wish.file = argv[optind];
    return rotate(&wish);
}
