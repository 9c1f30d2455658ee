/* Long loops that are to run under valgrind, the sanitizers and emulators, too. */
#ifndef TESTS_LIB_SLOW_H
#define TESTS_LIB_SLOW_H

/* Every how manieth step to take. Primes, so that in time every kind of step has its turn. */
unsigned slow_stride(void);

#endif
