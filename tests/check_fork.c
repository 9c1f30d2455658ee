/* Noticing a fork: real forks, also of a child and from a thread, with the page that the kernel
 * wipes and without it. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "crypto/fork.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "lib/errors.h"
#include "lib/suite.h"

/* Stands before the C library's, so that a test can be a system without MADV_WIPEONFORK. */
static bool refuse_wipeonfork;
static atomic_int wipeonfork_calls;

int madvise(void *p, size_t len, int advice)
{
    if (advice == MADV_WIPEONFORK) {
        wipeonfork_calls++;
        if (refuse_wipeonfork) {
            errno = EINVAL;
            return -1;
        }
    }
    return (int)syscall(SYS_madvise, p, len, advice);
}

static uint64_t generation(void)
{
    uint64_t number = 0;

    ck_assert_ok(fork_generation(&number));
    ck_assert_uint_ne(number, 0);
    return number;
}

/* Runs `what` in a forked child and returns what it writes to the pipe, `count` numbers. Children
 * end by _exit(): the report of a test is its first process's alone. */
static void in_child(void (*what)(int pipe), uint64_t *numbers, size_t count)
{
    int fds[2], status;
    pid_t child;

    ck_assert_int_eq(pipe(fds), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        what(fds[1]);
        _exit(0);
    }
    close(fds[1]);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(read(fds[0], &numbers[i], sizeof(*numbers)), sizeof(*numbers));
    close(fds[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void write_number(int pipe, uint64_t number)
{
    if (write(pipe, &number, sizeof(number)) != (ssize_t)sizeof(number))
        _exit(1);
}

/* The number of this process; 0, which no process has, if it fails or changes. */
static uint64_t steady_generation(void)
{
    uint64_t first = 0, second = 1;

    if (fork_generation(&first) != EDHOC_OK || fork_generation(&second) != EDHOC_OK ||
        first != second)
        return 0;
    return first;
}

static void tell(int pipe)
{
    write_number(pipe, steady_generation());
}

/* A child that asks, and whose child asks. */
static void tell_two(int pipe)
{
    tell(pipe);
    if (fork() == 0) {
        tell(pipe);
        _exit(0);
    }
    (void)wait(NULL);
}

/* A child that does not ask, and whose child does: the page is wiped twice. */
static void tell_grandchild_only(int pipe)
{
    if (fork() == 0) {
        tell(pipe);
        _exit(0);
    }
    (void)wait(NULL);
}

static void all_different(const uint64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_ne(numbers[i], 0);
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(numbers[i], numbers[k]);
    }
}

static void forks(void)
{
    uint64_t numbers[6] = {generation()};

    ck_assert_uint_eq(generation(), numbers[0]);
    in_child(tell, &numbers[1], 1);
    in_child(tell, &numbers[2], 1);
    in_child(tell_two, &numbers[3], 2);
    in_child(tell_grandchild_only, &numbers[5], 1);
    all_different(numbers, 6);
    ck_assert_uint_eq(generation(), numbers[0]);
}

/* Must come first: without a process per test, the one of all tests has not mapped its page yet. */
static void forks_refused(int pipe)
{
    refuse_wipeonfork = true;
    forks();
    write_number(pipe, (uint64_t)wipeonfork_calls);
}

START_TEST(a_fork_is_noticed_without_the_page_that_is_wiped)
{
    uint64_t calls = 0;

    in_child(forks_refused, &calls, 1);
    ck_assert_uint_eq(calls, 1);
}
END_TEST

START_TEST(every_process_has_a_generation_of_its_own)
{
    forks();
    ck_assert_int_eq(wipeonfork_calls, 1);
}
END_TEST

/* Ends as another program: valgrind would take the memory of the thread that forked for lost. */
static void tell_and_leave(int pipe)
{
    tell(pipe);
    (void)execl("/bin/true", "true", (char *)NULL);
}

static void *fork_in_thread(void *out)
{
    in_child(tell_and_leave, out, 1);
    return NULL;
}

START_TEST(a_fork_in_a_thread_is_noticed)
{
    uint64_t numbers[3] = {generation()};
    pthread_t thread;

    for (int i = 1; i < 3; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, fork_in_thread, &numbers[i]), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
    }
    all_different(numbers, 3);
    ck_assert_uint_eq(generation(), numbers[0]);
}
END_TEST

/* The first calls of a process, all at once, must agree. */
#define THREADS 8
static pthread_barrier_t barrier;

static void *ask_at_once(void *out)
{
    (void)pthread_barrier_wait(&barrier);
    *(uint64_t *)out = steady_generation();
    return NULL;
}

static void threads_agree(int pipe)
{
    pthread_t threads[THREADS];
    uint64_t numbers[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, ask_at_once, &numbers[i]) != 0)
            _exit(1);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    for (size_t i = 1; i < THREADS; i++)
        if (numbers[i] != numbers[0])
            _exit(1);
    write_number(pipe, numbers[0]);
}

START_TEST(threads_agree_on_the_first_generation)
{
    uint64_t numbers[20];

    for (size_t i = 0; i < 20; i++)
        in_child(threads_agree, &numbers[i], 1);
    all_different(numbers, 20);
}
END_TEST

START_TEST(random_numbers_differ)
{
    uint64_t numbers[64];

    for (size_t i = 0; i < 64; i++)
        ck_assert_ok(fork_random(&numbers[i]));
    all_different(numbers, 64);
}
END_TEST

/* ---- a fork that libcrypto does not notice ---- */

/* The first process of a new pid namespace does `what`. */
static void as_pid_1(void (*what)(int pipe), int pipe)
{
    int status = 1;
    pid_t child;

    if (unshare(CLONE_NEWPID) != 0 || (child = fork()) < 0)
        _exit(1);
    if (child == 0) {
        if (getpid() == 1)
            what(pipe);
        _exit(getpid() == 1 ? 0 : 1);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(1);
}

/* The beginning of a fresh ephemeral key. */
static void tell_key(int pipe)
{
    uint64_t number = 0;
    struct key *k;

    if (key_generate(keytype_by_name("x25519"), &k) != EDHOC_OK)
        _exit(1);
    memcpy(&number, key_x(k).p, sizeof(number));
    key_free(k);
    write_number(pipe, number);
}

/* Parent and child, both with process id 1, after a key that the parent made. */
static void after_our_use(int pipe)
{
    tell_key(pipe);
    as_pid_1(tell_key, pipe);
    tell_key(pipe);
}

static void *tell_key_in_thread(void *pipe)
{
    tell_key(*(int *)pipe);
    return NULL;
}

/* The generator of the thread that forked is a copy of the parent's, also where another thread is
 * the first to need one. */
static void tell_key_after_a_thread(int pipe)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, tell_key_in_thread, &pipe) != 0 ||
        pthread_join(thread, NULL) != 0)
        _exit(1);
    tell_key(pipe);
}

/* The same, but the fork comes before the mechanism is used at all: the host program did draw. */
static void after_the_hosts_use(int pipe)
{
    uint64_t number;

    if (RAND_bytes((unsigned char *)&number, sizeof(number)) != 1)
        _exit(1);
    write_number(pipe, number);
    as_pid_1(tell_key_after_a_thread, pipe);
    tell_key(pipe);
}

static void pid_1_that_we_used(int pipe)
{
    as_pid_1(after_our_use, pipe);
}

static void pid_1_that_the_host_used(int pipe)
{
    as_pid_1(after_the_hosts_use, pipe);
}

static void nothing(int pipe)
{
    (void)pipe;
}

static bool may_make_pid_namespaces(void)
{
    int status = 1;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        as_pid_1(nothing, -1);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status == 0;
}

START_TEST(no_key_twice_where_parent_and_child_have_the_same_process_id)
{
    uint64_t numbers[7];

    if (!may_make_pid_namespaces()) {
        printf("# skipped: a fork into a pid namespace, which takes root\n");
        return;
    }
    in_child(pid_1_that_we_used, &numbers[0], 3);
    in_child(pid_1_that_the_host_used, &numbers[3], 4);
    all_different(numbers, 7);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tcase = suite_case(suite, "fork", 60);

    /* These two before all others: their children must map the page themselves. */
    tcase_add_test(tcase, a_fork_is_noticed_without_the_page_that_is_wiped);
    tcase_add_test(tcase, threads_agree_on_the_first_generation);
    tcase_add_test(tcase, every_process_has_a_generation_of_its_own);
    tcase_add_test(tcase, a_fork_in_a_thread_is_noticed);
    tcase_add_test(tcase, random_numbers_differ);
    tcase_add_test(tcase, no_key_twice_where_parent_and_child_have_the_same_process_id);
}

int main(void)
{
    return suite_main("fork", add);
}
