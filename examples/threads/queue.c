#include "queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct job {
  struct job *next;
  void (*run)(void *argument);
  void *argument;
} job;

struct queue {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  job *first, **last;
  int stopping;
  unsigned threads;
  pthread_t thread[];
};

static void *take_jobs(void *argument) {
  queue *q = argument;
  pthread_mutex_lock(&q->lock);
  for (;;) {
    job *j = q->first;
    if (!j) {
      if (q->stopping)
        break;
      pthread_cond_wait(&q->changed, &q->lock);
      continue;
    }
    q->first = j->next;
    if (!q->first)
      q->last = &q->first;
    pthread_mutex_unlock(&q->lock);
    j->run(j->argument);
    free(j);
    pthread_mutex_lock(&q->lock);
  }
  pthread_mutex_unlock(&q->lock);
  return NULL;
}

queue *queue_create(unsigned threads) {
  queue *q = calloc(1, sizeof *q + threads * sizeof q->thread[0]);
  if (!q)
    return NULL;
  pthread_mutex_init(&q->lock, NULL);
  pthread_cond_init(&q->changed, NULL);
  q->last = &q->first;
  while (q->threads < threads && pthread_create(&q->thread[q->threads], NULL, take_jobs, q) == 0)
    ++q->threads;
  if (q->threads > 0)
    return q;
  queue_destroy(q);
  return NULL;
}

void queue_destroy(queue *q) {
  pthread_mutex_lock(&q->lock);
  q->stopping = 1;
  pthread_cond_broadcast(&q->changed);
  pthread_mutex_unlock(&q->lock);
  for (unsigned i = 0; i < q->threads; ++i)
    pthread_join(q->thread[i], NULL);
  pthread_cond_destroy(&q->changed);
  pthread_mutex_destroy(&q->lock);
  free(q);
}

int queue_submit(queue *q, void (*run)(void *argument), void *argument) {
  job *j = malloc(sizeof *j);
  if (!j)
    return 0;
  *j = (job){NULL, run, argument};
  pthread_mutex_lock(&q->lock);
  *q->last = j;
  q->last = &j->next;
  pthread_cond_signal(&q->changed);
  pthread_mutex_unlock(&q->lock);
  return 1;
}

/* The adapter. A loop lives until the caller and every job that was submitted for it let go of it. */
typedef struct loop {
  void (*body)(int64_t task, void *context);
  void *context;
  int64_t count;
  atomic_int_fast64_t next, finished;
  atomic_uint owners;
  pthread_mutex_t lock;
  pthread_cond_t all_finished;
} loop;

static void let_go(loop *l) {
  if (atomic_fetch_sub(&l->owners, 1) != 1)
    return;
  pthread_cond_destroy(&l->all_finished);
  pthread_mutex_destroy(&l->lock);
  free(l);
}

static void work_on(loop *l) {
  for (;;) {
    int64_t task = atomic_fetch_add(&l->next, 1);
    if (task >= l->count)
      return;
    l->body(task, l->context);
    if (atomic_fetch_add(&l->finished, 1) + 1 == l->count) {
      pthread_mutex_lock(&l->lock);
      pthread_cond_signal(&l->all_finished);
      pthread_mutex_unlock(&l->lock);
    }
  }
}

static void help(void *argument) {
  work_on(argument);
  let_go(argument);
}

static void run_on_queue(void *pool, int64_t count, void (*body)(int64_t task, void *context), void *context) {
  queue *q = pool;
  loop *l = malloc(sizeof *l);
  if (!l) {
    for (int64_t task = 0; task < count; ++task)
      body(task, context);
    return;
  }
  l->body = body;
  l->context = context;
  l->count = count;
  atomic_init(&l->next, 0);
  atomic_init(&l->finished, 0);
  atomic_init(&l->owners, 1);
  pthread_mutex_init(&l->lock, NULL);
  pthread_cond_init(&l->all_finished, NULL);
  for (unsigned i = 0; i < q->threads && i + 1 < count; ++i) {
    atomic_fetch_add(&l->owners, 1);
    if (!queue_submit(q, help, l)) {
      let_go(l);
      break;
    }
  }
  /* The caller works too. It waits for tasks that others have begun, never for jobs still in the queue. */
  work_on(l);
  pthread_mutex_lock(&l->lock);
  while (atomic_load(&l->finished) < count)
    pthread_cond_wait(&l->all_finished, &l->lock);
  pthread_mutex_unlock(&l->lock);
  let_go(l);
}

aotc_parallel queue_parallel(queue *q) {
  aotc_parallel parallel = {sizeof parallel, q->threads + 1, q, run_on_queue};
  return parallel;
}
