#include "load/lock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "crypto/fork.h"

/* One for each process that came this far; those of its ancestors are never touched again, since
 * somebody may hold them, and are kept in a list so that leak checkers find them. */
struct lock {
    uint64_t generation;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct lock *before;
};

static struct lock *_Atomic newest;

/* Nothing is held longer than it takes to copy a few pointers, but by a thread that is not running: so
 * whoever finds it held looks once more before it sleeps, which takes a hundred times as long. */
static int mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int status = pthread_mutexattr_init(&attributes);

    if (status != 0)
        return status;
#ifdef __GLIBC__
    (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
    status = pthread_mutex_init(mutex, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
    return status;
}

static struct lock *lock_new(uint64_t generation, struct lock *before)
{
    struct lock *lock = calloc(1, sizeof(*lock));

    if (lock == NULL)
        return NULL;
    lock->generation = generation;
    lock->before = before;
    if (mutex_init(&lock->mutex) == 0) {
        if (pthread_cond_init(&lock->changed, NULL) == 0)
            return lock;
        (void)pthread_mutex_destroy(&lock->mutex);
    }
    free(lock);
    return NULL;
}

static void lock_free(struct lock *lock)
{
    (void)pthread_cond_destroy(&lock->changed);
    (void)pthread_mutex_destroy(&lock->mutex);
    free(lock);
}

edhoc_err lock_enter(struct lock **held)
{
    struct lock *lock = atomic_load(&newest);
    uint64_t generation;
    edhoc_err err = fork_generation(&generation);

    if (err != EDHOC_OK)
        return err;
    while (lock == NULL || lock->generation != generation) {
        struct lock *made = lock_new(generation, lock);

        if (made == NULL)
            return EDHOC_ERR_NOMEM;
        if (atomic_compare_exchange_strong(&newest, &lock, made))
            lock = made;
        else
            lock_free(made); /* another thread was first */
    }
    *held = lock;
    return pthread_mutex_lock(&lock->mutex) == 0 ? EDHOC_OK : EDHOC_ERR_BUG;
}

void lock_leave(struct lock *held)
{
    (void)pthread_mutex_unlock(&held->mutex);
}

void lock_again(struct lock *held)
{
    (void)pthread_mutex_lock(&held->mutex);
}

void lock_wait(struct lock *held)
{
    (void)pthread_cond_wait(&held->changed, &held->mutex);
}

void lock_wake(struct lock *held)
{
    (void)pthread_cond_broadcast(&held->changed);
}

uint64_t lock_generation(const struct lock *held)
{
    return held->generation;
}
