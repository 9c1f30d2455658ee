#include "crypto/fork.h"

#include "base/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

/* At the start of a page of its own. 0: not drawn yet in this process. */
struct generation {
    _Atomic uint64_t number;
};

/* Mapped at first use and kept until the process ends. Atomics and no lock, because a lock that
 * another thread holds during a fork stays locked in the child. */
static struct generation *_Atomic the_generation;

/* For pthread_atfork: in the child, which has one thread. */
static void forget_in_child(void)
{
    struct generation *generation = atomic_load(&the_generation);

    if (generation != NULL)
        atomic_store(&generation->number, 0);
}

/* Arranges for the page to be zero in a forked child: by the kernel, which no way of forking gets
 * past, and by the C library's fork(). One is enough; but old kernels cannot (Linux before 4.14),
 * and some that say they do, do not (qemu-user). */
static int wipe_on_fork(void *page, size_t size)
{
    bool told = pthread_atfork(NULL, NULL, forget_in_child) == 0, wiped = false;

#ifdef MADV_WIPEONFORK
    wiped = madvise(page, size, MADV_WIPEONFORK) == 0;
#else
    (void)page;
    (void)size;
#endif
    return told || wiped ? 0 : -1;
}

static edhoc_err map_generation(struct generation **out)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    struct generation *first = NULL;
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return report(EDHOC_ERR_NOMEM, "no page of memory: %s", strerror(errno));
    if (wipe_on_fork(page, size) != 0) {
        (void)munmap(page, size);
        return report(EDHOC_ERR_NOMEM, "no way to notice a fork");
    }
    *out = page;
    if (!atomic_compare_exchange_strong(&the_generation, &first, *out)) {
        (void)munmap(page, size); /* another thread was first */
        *out = first;
    }
    return EDHOC_OK;
}

edhoc_err fork_generation(uint64_t *out)
{
    struct generation *generation = atomic_load(&the_generation);
    edhoc_err err = generation == NULL ? map_generation(&generation) : EDHOC_OK;
    uint64_t drawn, first = 0;

    if (err != EDHOC_OK)
        return err;
    *out = atomic_load(&generation->number);
    if (*out != 0)
        return EDHOC_OK;
    err = fork_random(&drawn);
    if (err != EDHOC_OK)
        return err;
    /* Where another thread was first, its number counts. */
    *out = atomic_compare_exchange_strong(&generation->number, &first, drawn) ? drawn : first;
    return EDHOC_OK;
}

edhoc_err fork_random(uint64_t *out)
{
    do {
        if (getentropy(out, sizeof(*out)) != 0)
            return report(EDHOC_ERR_CRYPTO, "no random numbers from the kernel: %s",
                          strerror(errno));
    } while (*out == 0);
    return EDHOC_OK;
}
