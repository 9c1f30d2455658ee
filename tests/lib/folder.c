#include "folder.h"

#include "keep.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1u << 20)

static char dir[64];

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(99);
}

static void shell(const char *command)
{
    if (system(command) != 0) {
        (void)fprintf(stderr, "failed: %s\n", command);
        exit(99);
    }
}

/* ---- texts ---- */

#define TEXTS    32
#define TEXT_MAX 4096

static void format_text(char text[TEXT_MAX], const char *format, va_list args)
{
    if (vsnprintf(text, TEXT_MAX, format, args) >= TEXT_MAX)
        die(format);
}

char *textf(const char *format, ...)
{
    static _Thread_local char texts[TEXTS][TEXT_MAX];
    static _Thread_local unsigned next;
    char *text = texts[next++ % TEXTS];
    va_list args;

    va_start(args, format);
    format_text(text, format, args);
    va_end(args);
    return text;
}

const char *folder(void)
{
    return dir;
}

char *folder_path(const char *file)
{
    return textf("%s/%s", dir, file);
}

/* ---- the folder ---- */

void folder_make(const char *name)
{
    (void)umask(022);
    (void)snprintf(dir, sizeof(dir), "/tmp/check_%s.XXXXXX", name);
    if (mkdtemp(dir) == NULL)
        die(dir);
}

void folder_clear(void)
{
    shell(textf("chmod -R u+rwx %s; find %s -mindepth 1 -delete", dir, dir));
}

void folder_remove(void)
{
    folder_clear();
    if (rmdir(dir) != 0)
        die(dir);
}

/* ---- files ---- */

const char *folder_write_bytes(const char *file, struct bytes text, unsigned mode)
{
    const char *path = folder_path(file);
    FILE *f = fopen(path, "w");

    if (f == NULL || (text.len > 0 && fwrite(text.p, 1, text.len, f) != text.len) ||
        fclose(f) != 0 || chmod(path, mode) != 0)
        die(path);
    return path;
}

const char *folder_write(const char *file, const char *text)
{
    return folder_write_bytes(file, bytes_of_text(text), 0600);
}

struct buf folder_read(const char *file)
{
    const char *path = folder_path(file);
    struct buf text = buf_new(FILE_MAX);
    FILE *f = fopen(path, "r");
    int c;

    if (f == NULL)
        die(path);
    while ((c = getc(f)) != EOF)
        buf_put_byte(&text, (uint8_t)c);
    (void)fclose(f);
    return text;
}

struct bytes folder_keep(const char *file)
{
    struct buf text = folder_read(file);
    struct bytes kept = keep(text.p, text.len);

    buf_free(&text);
    return kept;
}

/* ---- commands ---- */

void folder_run(const char *format, ...)
{
    char command[TEXT_MAX], whole[TEXT_MAX + 128];
    va_list args;

    va_start(args, format);
    format_text(command, format, args);
    va_end(args);
    (void)snprintf(whole, sizeof(whole), "cd %s && { %s\n}", dir, command);
    shell(whole);
}

static void fixtures(const char *script, const char *where)
{
    const char *srcdir = getenv("srcdir");

    shell(textf("sh '%s/tests/%s' %s", srcdir != NULL ? srcdir : ".", script, where));
}

void folder_certificates(const char *where)
{
    fixtures("x509_fixtures.sh", folder_path(where));
}

void folder_openssh(void)
{
    fixtures("ssh_fixtures.sh", folder());
}
