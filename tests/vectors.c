#include "vectors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
    size_t object;
    char *name;
    char *text;
    uint8_t *bytes; /* made when first asked for */
};

struct vectors {
    char *path;
    struct field *fields; /* in the order of the file, so sorted by object */
    size_t len, cap;
    size_t objects;
    size_t *first; /* of each object, its first field */
};

static _Noreturn void die(const char *path, const char *what, const char *detail)
{
    fprintf(stderr, "%s: %s %s\n", path, what, detail);
    exit(99);
}

static void *must(void *p)
{
    if (p == NULL)
        die("vectors", "out of memory", "");
    return p;
}

static char *read_file(const char *path)
{
    const char *srcdir = getenv("srcdir") != NULL ? getenv("srcdir") : ".";
    char full[4096];
    char *text;
    long len;
    FILE *f;

    (void)snprintf(full, sizeof(full), "%s/tests/vectors/%s", srcdir, path);
    f = fopen(full, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (len = ftell(f)) < 0)
        die(full, "cannot be read", "(is $srcdir the top of the source tree?)");
    rewind(f);
    text = must(malloc((size_t)len + 1));
    if (fread(text, 1, (size_t)len, f) != (size_t)len)
        die(full, "cannot be read", "whole");
    text[len] = '\0';
    (void)fclose(f);
    return text;
}

static const char *skip_blanks(const char *p)
{
    while (isspace((unsigned char)*p) || *p == ',')
        p++;
    return p;
}

/* A JSON string without escapes, at its opening quote. */
static char *take_string(const struct vectors *v, const char **p)
{
    const char *start = *p + 1, *end;

    if (**p != '"' || (end = strchr(start, '"')) == NULL)
        die(v->path, "expected a string at", *p);
    *p = end + 1;
    return must(strndup(start, (size_t)(end - start)));
}

static void add_field(struct vectors *v, size_t object, char *name, char *text)
{
    if (v->len == v->cap) {
        v->cap = v->cap == 0 ? 1024 : 2 * v->cap;
        v->fields = must(reallocarray(v->fields, v->cap, sizeof(*v->fields)));
    }
    v->fields[v->len++] = (struct field){object, name, text, NULL};
}

static const char *take_object(struct vectors *v, const char *p)
{
    v->first = must(reallocarray(v->first, v->objects + 2, sizeof(*v->first)));
    v->first[v->objects] = v->len;
    for (p = skip_blanks(p + 1); *p != '}'; p = skip_blanks(p)) {
        char *name = take_string(v, &p);

        p = skip_blanks(p);
        if (*p++ != ':')
            die(v->path, "no colon after", name);
        p = skip_blanks(p);
        add_field(v, v->objects, name, take_string(v, &p));
    }
    v->objects++;
    v->first[v->objects] = v->len;
    return p + 1;
}

struct vectors *vectors_load(const char *path)
{
    struct vectors *v = must(calloc(1, sizeof(*v)));
    char *text = read_file(path);
    const char *p = skip_blanks(text);

    v->path = must(strdup(path));
    if (*p == '[')
        p = skip_blanks(p + 1);
    while (*p == '{')
        p = skip_blanks(take_object(v, p));
    if (v->objects == 0 || (*p != '\0' && *p != ']'))
        die(path, "is not a list of flat objects; at", p);
    free(text);
    return v;
}

void vectors_free(struct vectors *v)
{
    for (size_t i = 0; i < v->len; i++) {
        free(v->fields[i].name);
        free(v->fields[i].text);
        free(v->fields[i].bytes);
    }
    free(v->fields);
    free(v->first);
    free(v->path);
    free(v);
}

size_t vectors_count(const struct vectors *v)
{
    return v->objects;
}

static struct field *find(const struct vectors *v, size_t i, const char *name)
{
    for (size_t k = v->first[i]; i < v->objects && k < v->first[i + 1]; k++)
        if (strcmp(v->fields[k].name, name) == 0)
            return &v->fields[k];
    return NULL;
}

bool vectors_has(const struct vectors *v, size_t i, const char *field)
{
    return find(v, i, field) != NULL;
}

const char *vectors_text(const struct vectors *v, size_t i, const char *field)
{
    const struct field *f = find(v, i, field);

    if (f == NULL)
        die(v->path, "lacks the field", field);
    return f->text;
}

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct bytes vectors_hex(const struct vectors *v, size_t i, const char *field)
{
    struct field *f = find(v, i, field);
    size_t len;

    if (f == NULL)
        die(v->path, "lacks the field", field);
    len = strlen(f->text) / 2;
    if (f->bytes == NULL) {
        f->bytes = must(malloc(len + 1));
        for (size_t k = 0; k < len; k++) {
            int high = digit(f->text[2 * k]), low = digit(f->text[2 * k + 1]);

            if (high < 0 || low < 0)
                die(v->path, "has no lower-case hex in", field);
            f->bytes[k] = (uint8_t)(16 * high + low);
        }
    }
    if (strlen(f->text) % 2 != 0)
        die(v->path, "has half a byte in", field);
    return bytes_of(f->bytes, len);
}
