#include "load/stamps.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"

#define YOUNG 2 /* seconds */

/* What stat() says, or that there is nothing. */
struct state {
    bool exists;
    dev_t device;
    ino_t inode;
    off_t size;
    uid_t owner;
    mode_t mode;
    struct timespec modified, changed;
};

struct stamp {
    char *path;
    struct state state;
};

struct stamps {
    struct stamp *stamp;
    size_t len;
    bool failed, young;
};

static struct state state_of(const char *path)
{
    struct state state = {.exists = false};
    struct stat st;

    if (stat(path, &st) != 0)
        return state;
    state.exists = true;
    state.device = st.st_dev;
    state.inode = st.st_ino;
    state.size = st.st_size;
    state.owner = st.st_uid;
    state.mode = st.st_mode;
    state.modified = st.st_mtim;
    state.changed = st.st_ctim;
    return state;
}

static bool same_state(const struct state *a, const struct state *b)
{
    return a->exists == b->exists && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->owner == b->owner && a->mode == b->mode &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

edhoc_err stamps_new(struct stamps **out)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

void stamps_free(struct stamps *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->len; i++)
        free(s->stamp[i].path);
    free(s->stamp);
    free(s);
}

static bool is_young(const struct state *state)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return state->exists &&
           llabs((long long)now.tv_sec - (long long)state->changed.tv_sec) <= YOUNG;
}

void stamps_note(struct stamps *s, const char *path)
{
    struct stamp *grown;
    char *copy;

    if (s == NULL || s->failed)
        return;
    grown = reallocarray(s->stamp, s->len + 1, sizeof(*grown));
    copy = strdup(path);
    if (grown != NULL)
        s->stamp = grown;
    if (grown == NULL || copy == NULL) {
        s->failed = true;
        free(copy);
        return;
    }
    s->stamp[s->len] = (struct stamp){copy, state_of(path)};
    s->young |= is_young(&s->stamp[s->len].state);
    s->len++;
    // cppcheck-suppress memleak // it is the stamp's
}

bool stamps_changed(const struct stamps *s)
{
    for (size_t i = 0; i < s->len; i++) {
        struct state state = state_of(s->stamp[i].path);

        if (!same_state(&s->stamp[i].state, &state))
            return true;
    }
    return s->failed;
}

bool stamps_young(const struct stamps *s)
{
    return s->young;
}
