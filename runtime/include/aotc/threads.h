/* aotc/threads.h: a small thread pool for aotc_call.parallel. Link aotc::threads.
 *
 *   aotc_threads *pool = aotc_threads_create(0);
 *   call.parallel = aotc_threads_parallel(pool);
 *   ... any number of calls, of any models, from any threads ...
 *   aotc_threads_destroy(pool);
 *
 * Idle workers spin for about 50 microseconds and then sleep. Nothing is
 * pinned: workers run on the CPUs that the creating thread may use. Results of
 * a model are the same, bit by bit, for every number of threads.
 *
 * Several threads may use one pool at a time: while the workers serve one
 * call, tasks of others, and of calls made inside a task, run on the thread
 * that makes them. A child process after fork() may use and destroy a pool
 * made before; its workers are started again at first use. It must not go on
 * with a task in the midst of which it was forked.
 */
#ifndef AOTC_THREADS_H
#define AOTC_THREADS_H

#include "aotc/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct aotc_threads aotc_threads;

/* A pool that runs up to `threads` tasks at once, one of them on the calling
 * thread; 0: as many as this process may use CPUs. Returns null when memory is
 * short. Where the system refuses threads there are fewer, down to none: tasks
 * then run on the calling thread. */
aotc_threads *aotc_threads_create(uint32_t threads);

/* Ends the workers and frees the pool; null is allowed. No call may be using it. */
void aotc_threads_destroy(aotc_threads *pool);

/* For aotc_call.parallel; owned by the pool and valid until it is destroyed. */
const aotc_parallel *aotc_threads_parallel(const aotc_threads *pool);

#ifdef __cplusplus
}
#endif
#endif
