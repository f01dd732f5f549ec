/* Sleeping until a word changes: the futex of Linux, elsewhere one lock and
 * condition for all words. */
#ifndef AOTC_RUNTIME_THREADS_WAIT_H
#define AOTC_RUNTIME_THREADS_WAIT_H

#include <stdatomic.h>
#include <stdint.h>

/* Returns when *word may have changed from `value`, or for no reason. */
void aotc_wait(_Atomic uint32_t *word, uint32_t value);
/* Wakes up to `count` (or more) threads that wait for *word, which was changed before. */
void aotc_wake(_Atomic uint32_t *word, uint32_t count);
/* In a child process after fork(), before other threads exist. */
void aotc_wait_after_fork(void);

#endif
