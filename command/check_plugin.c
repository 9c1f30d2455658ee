#include "check_plugin.h"

#include "check_say.h"
#include "tool.h"

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/err.h"
#include "load/file.h"
#include "load/mech_conf.h"
#include "load/settings.h"

#define LOAD_SECONDS 20
#define OBJECT_NAME  "mech_edhoc" /* how file names of the object begin */
#define WORD_MAX     4096

/* The mechanism's OID, as mech_conf.h has it in digits. */
static gss_OID_desc mech_oid = {
    33, (void *)"\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56\x82"
                "\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5\x45"};

/* ---- lines of mech.conf ---- */

/* The first three words of a line. */
struct registration {
    char name[WORD_MAX], oid[WORD_MAX], object[WORD_MAX];
};

static void take_word(struct bytes *rest, char word[WORD_MAX])
{
    size_t n = 0;

    while (rest->len > 0 && ascii_is_space((char)rest->p[0]))
        *rest = bytes_of(rest->p + 1, rest->len - 1);
    while (n < rest->len && n + 1 < WORD_MAX && !ascii_is_space((char)rest->p[n]) &&
           rest->p[n] != '\0')
        n++;
    if (n > 0)
        memcpy(word, rest->p, n);
    word[n] = '\0';
    *rest = bytes_of(rest->p + n, rest->len - n);
}

/* What is looked for in all the files that MIT reads. */
struct search {
    const struct mech_conf *ours; /* where the line with our OID is */
    char object[WORD_MAX];        /* on that line */
    char *wrong_file;             /* a line that means us, but has another OID */
    unsigned wrong_line;
    char wrong_oid[WORD_MAX];
    char *other_file; /* a line of ours that does not count, since the last one does */
    unsigned other_line;
    char *closed; /* a file, or a folder of them, that this user may not read */
};

static bool means_us(const struct registration *r)
{
    const char *slash = strrchr(r->object, '/');
    const char *base = slash != NULL ? slash + 1 : r->object;

    return strncmp(base, OBJECT_NAME, strlen(OBJECT_NAME)) == 0 || strcmp(r->name, "edhoc") == 0;
}

static void search_line(struct search *s, struct bytes line, const char *file, unsigned number)
{
    struct registration r = {0};

    if (line.len == 0 || line.p[0] == '#')
        return;
    take_word(&line, r.name);
    take_word(&line, r.oid);
    take_word(&line, r.object);
    if (s->ours->file != NULL && number == s->ours->line && strcmp(file, s->ours->file) == 0) {
        memcpy(s->object, r.object, sizeof(s->object));
    } else if (r.object[0] != '\0' && mech_conf_is_our_oid(r.oid)) {
        free(s->other_file);
        s->other_file = strdup(file);
        s->other_line = number;
    } else if (s->wrong_file == NULL && r.object[0] != '\0' && means_us(&r) &&
               !mech_conf_is_our_oid(r.oid)) {
        s->wrong_file = strdup(file);
        s->wrong_line = number;
        memcpy(s->wrong_oid, r.oid, sizeof(s->wrong_oid));
    }
}

/* MIT passes over what this user may not read, without a word. */
static void note_closed(struct search *s, const char *path, int mode)
{
    if (s->closed == NULL && euidaccess(path, mode) != 0 && errno == EACCES)
        s->closed = strdup(path);
}

static void search_file(struct search *s, const char *file)
{
    struct buf text;
    bool missing;

    note_closed(s, file, R_OK);
    if (file_read(file, FILE_ANY, MECH_CONF_MAX, NULL, &missing, &text) == EDHOC_OK) {
        struct bytes rest = buf_bytes(&text);

        for (unsigned number = 1; rest.len > 0; number++) {
            const uint8_t *end = memchr(rest.p, '\n', rest.len);
            size_t len = end != NULL ? (size_t)(end - rest.p) : rest.len;

            search_line(s, bytes_of(rest.p, len), file, number);
            len += end != NULL;
            rest = bytes_of(rest.p + len, rest.len - len);
        }
    }
    buf_free(&text);
}

static void search_files(struct search *s)
{
    const char *instead = secure_getenv("GSS_MECH_CONFIG");
    glob_t found = {0};

    if (instead != NULL) {
        search_file(s, instead);
        return;
    }
    search_file(s, GSSCONFDIR "/mech");
    note_closed(s, GSSCONFDIR "/mech.d", R_OK | X_OK);
    if (glob(GSSCONFDIR "/mech.d/*.conf", 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            search_file(s, found.gl_pathv[i]);
    globfree(&found);
}

/* ---- registered? ---- */

/* The object on the line that was installed with this command. */
static const char *object_name(void)
{
    return strcmp(PLUGINDIR, MIT_PLUGINDIR) == 0 ? "mech_edhoc.so" : PLUGINDIR "/mech_edhoc.so";
}

static void say_unregistered(struct check *c, const struct search *s)
{
    const char *instead = secure_getenv("GSS_MECH_CONFIG");

    if (s->closed != NULL)
        check_say(
            c, CHECK_FAIL,
            "plugin: not registered for user %s, who may not read %s, and the GSS-API library "
            "passes it over without a word; run: chmod a+rX %s",
            check_user(), s->closed, s->closed);
    else if (s->wrong_file != NULL)
        check_say(c, CHECK_FAIL,
                  "plugin: %s line %u registers it under the wrong OID %.80s; the OID must be %s",
                  s->wrong_file, s->wrong_line, s->wrong_oid, MECH_OID);
    else if (instead != NULL)
        check_say(c, CHECK_FAIL,
                  "plugin: not registered: GSS_MECH_CONFIG is set, so only %s is read, which %s; "
                  "unset it, or add there the line: edhoc %s %s",
                  instead, access(instead, F_OK) == 0 ? "has no line for it" : "does not exist",
                  MECH_OID, object_name());
    else
        check_say(c, CHECK_FAIL,
                  "plugin: not registered: neither %s/mech nor %s/mech.d/*.conf has a line for it; "
                  "put into %s/mech.d/edhoc.conf the line: edhoc %s %s",
                  GSSCONFDIR, GSSCONFDIR, GSSCONFDIR, MECH_OID, object_name());
}

/* Where MIT's library, the one that this program runs with, looks for relative paths: for free().
 */
static char *resolve(const char *object)
{
    void *symbol = dlsym(RTLD_DEFAULT, "gss_indicate_mechs");
    char *library = NULL, *path = NULL, *slash;
    Dl_info info;

    if (object[0] == '/')
        return strdup(object);
    if (symbol != NULL && dladdr(symbol, &info) != 0 && info.dli_fname != NULL)
        library = realpath(info.dli_fname, NULL);
    slash = library != NULL ? strrchr(library, '/') : NULL;
    if (slash != NULL)
        *slash = '\0';
    if (slash == NULL || asprintf(&path, "%s/gss/%s", library, object) < 0)
        path = NULL;
    free(library);
    return path;
}

/* ---- loadable? ---- */

static bool check_object_file(struct check *c, const char *path, const struct mech_conf *conf)
{
    struct stat st;

    if (stat(path, &st) != 0)
        check_say(c, CHECK_FAIL,
                  "plugin: %s: %s; %s line %u names it: install the plugin there, or "
                  "correct that path",
                  path, strerror(errno), conf->file, conf->line);
    else if (!S_ISREG(st.st_mode))
        check_say(c, CHECK_FAIL, "plugin: %s is not a file; correct the path on %s line %u", path,
                  conf->file, conf->line);
    else
        return true;
    return false;
}

/* dlerror() begins with the path, or with the name of a library that is missing. */
static void say_unloadable(struct check *c, const char *path, const char *error)
{
    const char *advice = strstr(error, "libcbor.so") != NULL &&
                                 strstr(error, "cannot open shared object file") != NULL
                             ? "install libcbor of that version (Debian: apt install libcbor0.8, "
                               "or the number that stands there; Fedora: dnf install libcbor)"
                         : strstr(error, "cannot open shared object file") != NULL
                             ? "install the package that has that library (ldd shows all that "
                               "are needed)"
                         : strstr(error, "undefined symbol") != NULL ||
                                 strstr(error, "version") != NULL
                             ? "it was built for other versions of the libraries here: build and "
                               "install it again"
                             : "it is damaged or not for this machine: install it again";

    check_say(c, CHECK_FAIL, "plugin: %s cannot be loaded: %s; %s", path, error, advice);
}

/* Does the object itself, and not a library it is linked with, have a mechanism's entry points? */
static bool is_mechanism(void *object, const char *path)
{
    void *symbol = dlsym(object, "gss_init_sec_context");
    struct stat ours, there;
    Dl_info info;

    return symbol != NULL && dladdr(symbol, &info) != 0 && stat(path, &ours) == 0 &&
           stat(info.dli_fname, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

static bool check_loadable(struct check *c, const char *path)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* as MIT does */

    if (object == NULL)
        say_unloadable(c, path, dlerror());
    else if (!is_mechanism(object, path))
        check_say(c, CHECK_FAIL, "plugin: %s is a library, but no GSS-API mechanism", path);
    else
        return true;
    return false;
}

/* Asks MIT's library, which then reads its files and loads the object by itself. */
static void check_mechglue(struct check *c)
{
    gss_OID_set mechs = GSS_C_NO_OID_SET, attributes = GSS_C_NO_OID_SET;
    OM_uint32 minor, major;
    int present = 0;

    major = gss_indicate_mechs(&minor, &mechs);
    if (major == GSS_S_COMPLETE)
        (void)gss_test_oid_set_member(&minor, &mech_oid, mechs, &present);
    (void)gss_release_oid_set(&minor, &mechs);
    major = gss_inquire_attrs_for_mech(&minor, &mech_oid, &attributes, NULL);
    if (present && major == GSS_S_COMPLETE)
        check_say(c, CHECK_OK, "plugin: the GSS-API library has loaded it");
    else
        check_say(c, CHECK_FAIL,
                  "plugin: the object can be loaded, but the GSS-API library does not offer the "
                  "mechanism; is the registration line complete, and is it MIT's library?");
    (void)gss_release_oid_set(&minor, &attributes);
}

/* In a process of its own, which the object may harm as it likes. */
static void load_in_child(struct check *c, const char *path)
{
    pid_t child;
    int status;

    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        (void)alarm(LOAD_SECONDS);
        c->failed = false;
        if (check_loadable(c, path))
            check_mechglue(c);
        (void)fflush(stdout);
        _exit(c->failed ? TOOL_FAILED : TOOL_OK);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child < 0)
        check_say(c, CHECK_FAIL, "plugin: no process to load it in: %s", strerror(errno));
    else if (WIFSIGNALED(status))
        check_say(c, CHECK_FAIL, "plugin: loading %s ends a program (%s); install it again", path,
                  WTERMSIG(status) == SIGALRM ? "it does not come back"
                                              : strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == TOOL_FAILED)
        c->failed = true; /* as the child said */
    else if (WEXITSTATUS(status) != TOOL_OK)
        check_say(c, CHECK_FAIL, "plugin: loading %s ends a program (exit status %d)", path,
                  WEXITSTATUS(status));
}

/* ---- all of it ---- */

static void check_object(struct check *c, const struct search *s)
{
    char *path = resolve(s->object);

    if (path == NULL)
        check_say(c, CHECK_FAIL, "plugin: the place of the GSS-API library is not known");
    else if (check_object_file(c, path, s->ours))
        load_in_child(c, path);
    free(path);
}

static void say_registered(struct check *c, const struct search *s)
{
    const struct mech_conf *conf = s->ours;

    check_say(c, CHECK_OK, "plugin: registered on %s line %u as %s", conf->file, conf->line,
              s->object);
    if (s->wrong_file != NULL)
        check_say(c, CHECK_WARN,
                  "plugin: %s line %u, which has another OID (%.80s), is of no use; remove "
                  "that line",
                  s->wrong_file, s->wrong_line, s->wrong_oid);
    if (s->other_file != NULL)
        check_say(c, CHECK_WARN,
                  "plugin: %s line %u registers it as well, and its settings do not count; those "
                  "of %s line %u do: remove one of the lines",
                  s->other_file, s->other_line, conf->file, conf->line);
}

static void search_free(struct search *s)
{
    if (s == NULL)
        return;
    free(s->wrong_file);
    free(s->other_file);
    free(s->closed);
    free(s);
}

void check_plugin(struct check *c)
{
    struct mech_conf conf;
    struct search *s = calloc(1, sizeof(*s));
    edhoc_err err = mech_conf_read(GSSCONFDIR, &conf);

    if (err != EDHOC_OK || s == NULL) {
        check_error(c, s == NULL ? EDHOC_ERR_NOMEM : err, "plugin", "mend that file");
    } else {
        s->ours = &conf;
        search_files(s);
        if (conf.file == NULL) {
            say_unregistered(c, s);
        } else {
            say_registered(c, s);
            check_object(c, s);
        }
    }
    search_free(s);
    mech_conf_clear(&conf);
}
