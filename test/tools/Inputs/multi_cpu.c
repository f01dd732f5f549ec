/* Which of two objects for one CPU does what an object for several does, bit for bit? */
#include "all.h"
#include "high.h"
#include "low.h"

#include <stdio.h>
#include <string.h>

typedef aotc_status run_function(const float *x, const float *w, float *y, void *arena);

static double memory[(ALL_ARENA_BYTES + 2 * ALL_ARENA_ALIGN) / sizeof(double)];

static int same(run_function *one, run_function *other) {
  float x[128], w[256], y[32], z[32];
  unsigned i, state = 1;
  void *arena = (void *)(((uintptr_t)memory + ALL_ARENA_ALIGN - 1) / ALL_ARENA_ALIGN * ALL_ARENA_ALIGN);
  for (i = 0; i < 384; ++i) {
    state = state * 1664525u + 1013904223u;
    *(i < 128 ? x + i : w + i - 128) = (float)state / 4294967296.0f - 0.5f;
  }
  return one(x, w, y, arena) == AOTC_OK && other(x, w, z, arena) == AOTC_OK && memcmp(y, z, sizeof(y)) == 0;
}

int main(void) {
  float y[32];
  float x[256] = {0};
  printf("%s: status %d, like low %d, like high %d\n", all_info.cpu, (int)all_run(x, x, y, memory),
         same(all_run, low_run), same(all_run, high_run));
  return 0;
}
