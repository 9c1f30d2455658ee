#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gssapi/gssapi_ext.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

const char *const fault_families[FAULT_FAMILIES] = {"memory", "libcrypto's memory", "libcrypto",
                                                    "system", "interrupt"};

/* ---- which call fails ---- */

#define STACK_MAX 24

static enum fault_family armed;
static long left = -1;
static long seen[FAULT_FAMILIES];
static const char *fired;
static void *fired_at[STACK_MAX];
static int fired_depth;

void faults_arm(enum fault_family family, long n)
{
    armed = family;
    left = n;
    fired = NULL;
    memset(seen, 0, sizeof(seen));
}

void faults_disarm(void)
{
    faults_arm(FAULT_MEMORY, -1);
}

long faults_seen(enum fault_family family)
{
    return seen[family];
}

const char *faults_fired(void)
{
    return fired;
}

static bool fails(enum fault_family family, const char *name)
{
    seen[family]++;
    if (family != armed || left < 0 || left-- > 0)
        return false;
    fired = name;
    fired_depth = backtrace(fired_at, STACK_MAX);
    errno = family == FAULT_INTERRUPT                                 ? EINTR
            : family == FAULT_MEMORY || family == FAULT_CRYPTO_MEMORY ? ENOMEM
                                                                      : EIO;
    if (family == FAULT_CRYPTO)
        ERR_raise(ERR_LIB_CRYPTO, ERR_R_INTERNAL_ERROR);
    return true;
}

/* What OpenSSL 4 takes as const, and earlier ones not. */
#if OPENSSL_VERSION_MAJOR >= 4
#define CONST_SINCE_4 const
#else
#define CONST_SINCE_4
#endif

#define FAULT(family, type, failure, name, parameters, arguments)                                  \
    __typeof__(name) __real_##name, __wrap_##name;                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(FAULT_##family, #name) ? (failure) : __real_##name arguments;                 \
    }
/* The same for calls that a signal interrupts. */
#define FAULT_OR_EINTR(family, type, failure, name, parameters, arguments)                         \
    __typeof__(name) __real_##name, __wrap_##name;                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        bool now = fails(FAULT_##family, #name) || fails(FAULT_INTERRUPT, #name);                  \
                                                                                                   \
        return now ? (failure) : __real_##name arguments;                                          \
    }
#include "faults.def"

/* ---- which blocks there are ---- */

struct block {
    void *p;
    uint64_t moment;
};

#define BLOCKS 32768 /* at most half of them are used */
static struct block blocks[BLOCKS];
static size_t used;
static uint64_t moments;

/* Where the first blocks were made, if FAULT_TRACE asks for that. */
#define TRACES 2000000
static struct trace {
    int depth;
    void *stack[STACK_MAX];
} * traces;

/* By linear probing. */
static size_t place_of(const void *p)
{
    size_t at = (size_t)((uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15) >> 32) % BLOCKS;

    while (blocks[at].p != NULL && blocks[at].p != p)
        at = (at + 1) % BLOCKS;
    return at;
}

static void *note(void *p)
{
    struct block *block;

    if (p == NULL)
        return NULL;
    block = &blocks[place_of(p)];
    used += block->p == NULL;
    if (used > BLOCKS / 2)
        abort();
    block->p = p;
    block->moment = ++moments;
    if (traces != NULL && moments < TRACES)
        traces[moments].depth = backtrace(traces[moments].stack, STACK_MAX);
    return p;
}

static void forget(const void *p)
{
    size_t at = place_of(p), next = at;

    if (p == NULL || blocks[at].p == NULL)
        return;
    used--;
    blocks[at].p = NULL;
    while (blocks[next = (next + 1) % BLOCKS].p != NULL) { /* those behind move up */
        struct block moved = blocks[next];

        blocks[next].p = NULL;
        blocks[place_of(moved.p)] = moved;
    }
}

size_t faults_blocks(void)
{
    return used;
}

void faults_tell(void)
{
    if (traces == NULL)
        return;
    fprintf(stderr, "# the fault, in %s:\n", fired != NULL ? fired : "nothing");
    backtrace_symbols_fd(fired_at, fired_depth, 2);
    for (size_t i = 0; i < BLOCKS; i++)
        if (blocks[i].p != NULL) {
            fprintf(stderr, "# a block of moment %llu:\n", (unsigned long long)blocks[i].moment);
            if (blocks[i].moment < TRACES)
                backtrace_symbols_fd(traces[blocks[i].moment].stack, traces[blocks[i].moment].depth,
                                     2);
        }
}

/* ---- memory ---- */

#define REAL(name) __typeof__(name) __real_##name, __wrap_##name

REAL(malloc);
REAL(calloc);
REAL(realloc);
REAL(reallocarray);
REAL(strdup);
REAL(strndup);
REAL(asprintf);
REAL(free);
REAL(gss_release_buffer);
REAL(gss_release_iov_buffer);
REAL(gss_release_oid_set);

void *__wrap_malloc(size_t len)
{
    return fails(FAULT_MEMORY, "malloc") ? NULL : note(__real_malloc(len));
}

void *__wrap_calloc(size_t n, size_t len)
{
    return fails(FAULT_MEMORY, "calloc") ? NULL : note(__real_calloc(n, len));
}

static void *grown(void *old, void *new)
{
    if (new != NULL)
        forget(old);
    return note(new);
}

void *__wrap_realloc(void *p, size_t len)
{
    return fails(FAULT_MEMORY, "realloc") ? NULL : grown(p, __real_realloc(p, len));
}

void *__wrap_reallocarray(void *p, size_t n, size_t len)
{
    return fails(FAULT_MEMORY, "reallocarray") ? NULL : grown(p, __real_reallocarray(p, n, len));
}

char *__wrap_strdup(const char *text)
{
    return fails(FAULT_MEMORY, "strdup") ? NULL : note(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails(FAULT_MEMORY, "strndup") ? NULL : note(__real_strndup(text, len));
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    int len;

    if (fails(FAULT_MEMORY, "asprintf"))
        return -1;
    va_start(args, format);
    len = vasprintf(out, format, args);
    va_end(args);
    if (len >= 0)
        (void)note(*out);
    return len;
}

void __wrap_free(void *p)
{
    forget(p);
    __real_free(p);
}

/* Frees what is ours, but is not ours to wrap. */
OM_uint32 __wrap_gss_release_buffer(OM_uint32 *minor, gss_buffer_t buffer)
{
    if (buffer != GSS_C_NO_BUFFER)
        forget(buffer->value);
    return __real_gss_release_buffer(minor, buffer);
}

OM_uint32 __wrap_gss_release_iov_buffer(OM_uint32 *minor, gss_iov_buffer_desc *iov, int count)
{
    for (int i = 0; i < count; i++)
        if ((iov[i].type & GSS_IOV_BUFFER_FLAG_ALLOCATED) != 0)
            forget(iov[i].buffer.value);
    return __real_gss_release_iov_buffer(minor, iov, count);
}

OM_uint32 __wrap_gss_release_oid_set(OM_uint32 *minor, gss_OID_set *set)
{
    for (size_t i = 0; *set != GSS_C_NO_OID_SET && i < (*set)->count; i++)
        forget((*set)->elements[i].elements);
    if (*set != GSS_C_NO_OID_SET)
        forget((*set)->elements);
    forget(*set);
    return __real_gss_release_oid_set(minor, set);
}

static void *crypto_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails(FAULT_CRYPTO_MEMORY, "OPENSSL_malloc") ? NULL : note(__real_malloc(len));
}

static void *crypto_realloc(void *p, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    if (!fails(FAULT_CRYPTO_MEMORY, "OPENSSL_realloc"))
        return grown(p, __real_realloc(p, len));
#if OPENSSL_VERSION_PREREQ(3, 2) /* whose own tells it, for its callers no longer do */
    ERR_raise(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
#endif
    return NULL;
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    __wrap_free(p);
}

void faults_install(void)
{
    void *warm[1];

    (void)backtrace(warm, 1); /* which loads a library at its first call */
    if (getenv("FAULT_TRACE") != NULL)
        traces = __real_calloc(TRACES, sizeof(*traces));
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        abort();
}

/* ---- what has its own way to fail ---- */

REAL(X509_get_ext_d2i);
REAL(X509_verify_cert);
REAL(close);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

/* An extension that is there, and that cannot be decoded. */
void *__wrap_X509_get_ext_d2i(const X509 *x, int nid, int *critical, int *at)
{
    if (!fails(FAULT_CRYPTO, "X509_get_ext_d2i"))
        return __real_X509_get_ext_d2i(x, nid, critical, at);
    if (critical != NULL)
        *critical = 0;
    return NULL;
}

int __wrap_X509_verify_cert(X509_STORE_CTX *ctx)
{
    if (!fails(FAULT_CRYPTO, "X509_verify_cert"))
        return __real_X509_verify_cert(ctx);
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_OUT_OF_MEM);
    return -1;
}

/* The descriptor is gone in any case. */
int __wrap_close(int fd)
{
    int result = __real_close(fd);

    return fails(FAULT_SYSTEM, "close") ? -1 : result;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    int mode;

    if (fails(FAULT_SYSTEM, "open"))
        return -1;
    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, int) : 0;
    va_end(args);
    return __real_open(path, flags, mode);
}

/* ---- time ---- */

static int64_t passed;

REAL(clock_gettime);

void faults_pass(int64_t ms)
{
    passed += ms;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    int result = __real_clock_gettime(clock, t);

    if (clock == CLOCK_BOOTTIME || clock == CLOCK_REALTIME) {
        int64_t ms = passed + t->tv_nsec / 1000000;

        t->tv_sec += (time_t)(ms / 1000);
        t->tv_nsec = (long)(ms % 1000) * 1000000 + t->tv_nsec % 1000000;
    }
    return result;
}
