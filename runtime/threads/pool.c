/* The pool of aotc/threads.h.
 *
 * One call at a time has the workers. It publishes its tasks in `ticket`, from
 * which the caller claims from the front and workers from the back: threads
 * that were not disturbed get the same tasks in every call and find in their
 * caches what they wrote before. Nobody waits for a thread that has claimed
 * nothing, so a worker without a CPU costs no more than its own work. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "aotc/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/threads/wait.h"

enum { CACHE_LINE = 64, MOST_THREADS = 1024, MOST_TASKS = 0xFFFF };
#define SPIN_NANOSECONDS 50000u
#define CALLER_SLEEPS 0x80000000u /* in `finished` */

/* Tasks [next, end) of a call are unclaimed. The epoch tells calls apart. */
typedef union ticket {
  uint64_t word;
  struct {
    uint32_t epoch;
    uint16_t end, next;
  } now;
} ticket;

struct aotc_threads {
  aotc_parallel parallel;
  uint32_t wanted, started; /* workers; the latter belongs to the thread that has `taken` the pool */
  pthread_t *workers;
  uint64_t spin_nanoseconds; /* 0 when threads have to share CPUs */
  aotc_threads *next;        /* all pools, for fork */
  atomic_bool taken;         /* by the call that has the workers */

  /* What a call publishes. Whoever claimed a task of it may read the rest until the task is finished. */
  _Alignas(CACHE_LINE) _Atomic uint64_t ticket;
  void (*body)(int64_t task, void *context);
  void *context;
  int64_t first; /* task number of ticket 0 */
  uint32_t count;

  _Alignas(CACHE_LINE) _Atomic uint32_t finished; /* tasks of the call, and CALLER_SLEEPS */

  _Alignas(CACHE_LINE) _Atomic uint32_t sleepers; /* workers that sleep or are about to */
  _Atomic uint32_t wakeups;                       /* what they wait for */
  atomic_bool stopping;
};

typedef struct worker {
  aotc_threads *pool;
  bool from_back;
} worker;

static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static aotc_threads *pools;

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#else
  atomic_signal_fence(memory_order_seq_cst);
#endif
}

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint32_t usable_cpus(void) {
#ifdef __linux__
  /* Machines may have more CPUs than a cpu_set_t. */
  for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 4) {
    cpu_set_t *set = CPU_ALLOC(cpus);
    if (!set)
      break;
    size_t bytes = CPU_ALLOC_SIZE(cpus);
    int failed = sched_getaffinity(0, bytes, set), count = failed ? 0 : CPU_COUNT_S(bytes, set);
    CPU_FREE(set);
    if (!failed)
      return count > 0 ? (uint32_t)count : 1;
  }
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (uint32_t)online : 1;
}

/* Claims a task of the call that is published now; false when none is left. */
static bool claim(aotc_threads *pool, bool from_back, uint32_t *task) {
  ticket seen = {.word = atomic_load_explicit(&pool->ticket, memory_order_acquire)};
  while (seen.now.next < seen.now.end) {
    ticket left = seen;
    *task = from_back ? --left.now.end : left.now.next++;
    if (atomic_compare_exchange_weak_explicit(&pool->ticket, &seen.word, left.word, memory_order_acquire,
                                              memory_order_acquire))
      return true;
  }
  return false;
}

static void work(aotc_threads *pool, bool from_back) {
  uint32_t task;
  while (claim(pool, from_back, &task)) {
    uint32_t count = pool->count;
    pool->body(pool->first + task, pool->context);
    /* After the last task is counted the call may end and another begin. */
    uint32_t before = atomic_fetch_add_explicit(&pool->finished, 1, memory_order_acq_rel);
    if (before == (CALLER_SLEEPS | (count - 1)))
      aotc_wake(&pool->finished, 1);
  }
}

static bool has_tasks(aotc_threads *pool) {
  ticket seen = {.word = atomic_load(&pool->ticket)};
  return seen.now.next < seen.now.end;
}

/* Spins until there may be something to do; sleeps when that takes long. */
static void idle(aotc_threads *pool) {
  uint64_t begin = nanoseconds();
  do {
    for (int i = 0; i < 64; ++i) {
      ticket seen = {.word = atomic_load_explicit(&pool->ticket, memory_order_relaxed)};
      if (seen.now.next < seen.now.end || atomic_load_explicit(&pool->stopping, memory_order_relaxed))
        return;
      relax();
    }
  } while (nanoseconds() - begin < pool->spin_nanoseconds);
  /* Either this sees the tasks or the caller sees this sleeper. */
  atomic_fetch_add(&pool->sleepers, 1);
  uint32_t wakeups = atomic_load(&pool->wakeups);
  if (!has_tasks(pool) && !atomic_load(&pool->stopping))
    aotc_wait(&pool->wakeups, wakeups);
  atomic_fetch_sub(&pool->sleepers, 1);
}

static void *worker_main(void *argument) {
  worker self = *(worker *)argument;
  free(argument);
  while (!atomic_load(&self.pool->stopping)) {
    work(self.pool, self.from_back);
    idle(self.pool);
  }
  return NULL;
}

static void start_workers(aotc_threads *pool) {
  /* Signals are for the program's own threads. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool->started < pool->wanted) {
    worker *argument = malloc(sizeof(*argument));
    if (!argument)
      break;
    *argument = (worker){pool, pool->started % 2 == 0};
    if (pthread_create(&pool->workers[pool->started], NULL, worker_main, argument) != 0) {
      free(argument);
      break;
    }
    ++pool->started;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (pool->started == 0)
    pool->wanted = 0; /* do not try again at every call */
}

static void join(aotc_threads *pool) {
  uint64_t begin = nanoseconds();
  uint32_t finished;
  do {
    for (int i = 0; i < 64; ++i) {
      if (atomic_load_explicit(&pool->finished, memory_order_acquire) == pool->count)
        return;
      relax();
    }
  } while (nanoseconds() - begin < pool->spin_nanoseconds);
  /* A worker may have lost its CPU in the midst of a task: leave it this one. */
  finished = atomic_fetch_or_explicit(&pool->finished, CALLER_SLEEPS, memory_order_acq_rel) | CALLER_SLEEPS;
  while (finished != (CALLER_SLEEPS | pool->count)) {
    aotc_wait(&pool->finished, finished);
    finished = atomic_load_explicit(&pool->finished, memory_order_acquire);
  }
}

/* At most MOST_TASKS tasks, by the thread that has taken the pool. */
static void run_together(aotc_threads *pool, int64_t first, uint32_t count,
                         void (*body)(int64_t task, void *context), void *context) {
  pool->body = body;
  pool->context = context;
  pool->first = first;
  pool->count = count;
  atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
  ticket now = {.word = atomic_load_explicit(&pool->ticket, memory_order_relaxed)};
  ++now.now.epoch;
  now.now.next = 0;
  now.now.end = (uint16_t)count;
  atomic_store(&pool->ticket, now.word);
  uint32_t sleepers = atomic_load(&pool->sleepers);
  if (sleepers > 0) {
    atomic_fetch_add(&pool->wakeups, 1);
    aotc_wake(&pool->wakeups, sleepers < count - 1 ? sleepers : count - 1);
  }
  work(pool, false);
  join(pool);
}

static void run(void *argument, int64_t count, void (*body)(int64_t task, void *context), void *context) {
  aotc_threads *pool = argument;
  bool together = count > 1 && pool->parallel.threads > 1 &&
                  !atomic_exchange_explicit(&pool->taken, true, memory_order_acquire);
  if (together && pool->started < pool->wanted)
    start_workers(pool);
  for (int64_t first = 0; first < count;) {
    int64_t some = count - first < MOST_TASKS ? count - first : MOST_TASKS;
    if (together && some > 1 && pool->started > 0) {
      run_together(pool, first, (uint32_t)some, body, context);
      first += some;
    } else {
      body(first++, context);
    }
  }
  if (together)
    atomic_store_explicit(&pool->taken, false, memory_order_release);
}

static void before_fork(void) { pthread_mutex_lock(&pools_lock); }
static void after_fork_in_parent(void) { pthread_mutex_unlock(&pools_lock); }
/* The child has this thread alone: no pool has workers, whatever they were doing. */
static void after_fork_in_child(void) {
  aotc_wait_after_fork();
  for (aotc_threads *pool = pools; pool; pool = pool->next) {
    pool->started = 0;
    atomic_store(&pool->ticket, 0);
    atomic_store(&pool->sleepers, 0);
    atomic_store(&pool->taken, false);
  }
  pthread_mutex_init(&pools_lock, NULL);
}
static void watch_forks(void) { pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child); }

aotc_threads *aotc_threads_create(uint32_t threads) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  uint32_t cpus = usable_cpus();
  if (threads == 0)
    threads = cpus;
  if (threads > MOST_THREADS)
    threads = MOST_THREADS;
  aotc_threads *pool = aligned_alloc(CACHE_LINE, sizeof(*pool));
  pthread_t *workers = malloc(threads * sizeof(*workers));
  if (!pool || !workers) {
    free(pool);
    free(workers);
    return NULL;
  }
  memset(pool, 0, sizeof(*pool));
  pool->parallel = (aotc_parallel){sizeof(aotc_parallel), threads, pool, run};
  pool->wanted = threads - 1;
  pool->workers = workers;
  pool->spin_nanoseconds = threads <= cpus ? SPIN_NANOSECONDS : 0;
  pthread_once(&once, watch_forks);
  pthread_mutex_lock(&pools_lock);
  pool->next = pools;
  pools = pool;
  pthread_mutex_unlock(&pools_lock);
  start_workers(pool);
  return pool;
}

void aotc_threads_destroy(aotc_threads *pool) {
  if (!pool)
    return;
  atomic_store(&pool->stopping, true);
  atomic_fetch_add(&pool->wakeups, 1);
  aotc_wake(&pool->wakeups, pool->started);
  for (uint32_t i = 0; i < pool->started; ++i)
    pthread_join(pool->workers[i], NULL);
  pthread_mutex_lock(&pools_lock);
  aotc_threads **link = &pools;
  while (*link != pool)
    link = &(*link)->next;
  *link = pool->next;
  pthread_mutex_unlock(&pools_lock);
  free(pool->workers);
  free(pool);
}

const aotc_parallel *aotc_threads_parallel(const aotc_threads *pool) { return &pool->parallel; }
