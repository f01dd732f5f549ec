/* An aotc_parallel on OpenMP's threads. Compile what includes this with OpenMP (-fopenmp). */
#ifndef OPENMP_H
#define OPENMP_H

#include "aotc/abi.h"

#include <omp.h>

static void run_on_openmp(void *pool, int64_t count, void (*body)(int64_t task, void *context), void *context) {
  (void)pool;
  /* dynamic: a thread that lost its CPU does not keep tasks from the others. */
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t task = 0; task < count; ++task)
    body(task, context);
}

static inline aotc_parallel openmp_parallel(void) {
  aotc_parallel parallel = {sizeof parallel, (uint32_t)omp_get_max_threads(), NULL, run_on_openmp};
  return parallel;
}

#endif
