/* Calls one network on one thread, on aotc's own pool, on OpenMP's threads and
 * on a pool of the program's own, and compares the results bit by bit. */
#include "aotc/threads.h"
#include "layers.h"
#include "openmp.h"
#include "queue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 64, COLUMNS = 512 };

static float x[ROWS * COLUMNS], expected[ROWS * COLUMNS], y[ROWS * COLUMNS];
static _Alignas(LAYERS_ARENA_ALIGN) unsigned char arena[LAYERS_ARENA_BYTES + 1];

static aotc_status call(const aotc_parallel *parallel, float *result) {
  const void *inputs[] = {x};
  void *outputs[] = {result};
  aotc_call c = {.struct_bytes = sizeof c, .inputs = inputs, .outputs = outputs, .arena = arena, .parallel = parallel};
  return layers_call(&c);
}

static int same(const char *name, const aotc_parallel *parallel) {
  for (int i = 0; i < 100; ++i) {
    memset(y, 0, sizeof y);
    if (call(parallel, y) != AOTC_OK || memcmp(y, expected, sizeof y) != 0) {
      printf("%s: differs\n", name);
      return 0;
    }
  }
  printf("%s: the same on %u threads\n", name, (unsigned)parallel->threads);
  return 1;
}

int main(void) {
  for (int i = 0; i < ROWS * COLUMNS; ++i)
    x[i] = sinf((float)i);
  if (call(NULL, expected) != AOTC_OK)
    return 1;

  aotc_threads *pool = aotc_threads_create(0);
  queue *q = queue_create(2);
  if (!pool || !q)
    return 1;
  aotc_parallel on_openmp = openmp_parallel(), on_queue = queue_parallel(q);
  int ok = same("aotc::threads", aotc_threads_parallel(pool)) & same("OpenMP", &on_openmp) & same("queue", &on_queue);
  aotc_threads_destroy(pool);
  queue_destroy(q);
  return ok ? 0 : 1;
}
