/* Three models of one object. */
#include <stdio.h>

#include "all.h"

#define MOST(a, b) ((a) > (b) ? (a) : (b))

static union {
  unsigned char bytes[MOST(MOST(AFFINE_ARENA_BYTES, HALVING_ARENA_BYTES), CELL_ARENA_BYTES) + 64];
  double align;
} memory;
static union {
  unsigned char bytes[CELL_STATE_BYTES + CELL_STATE_ALIGN];
  double align;
} kept;

static void *aligned(unsigned char *at, uintptr_t to) { return (void *)(((uintptr_t)at + to - 1) / to * to); }

int main(void) {
  const float x[6] = {1, 2, 3, 4, 5, 6}, start[2] = {3, 20}, step[2] = {0.5f, -1};
  float y[4], half[2], negated[2];
  int32_t rounds;
  void *arena = aligned(memory.bytes, 64), *state = aligned(kept.bytes, CELL_STATE_ALIGN);
  if (affine_run(x, y, arena) != AOTC_OK || halving_run(start, &rounds, half, arena) != AOTC_OK)
    return 1;
  printf("affine %g %g %g %g\n", y[0], y[1], y[2], y[3]);
  printf("halving %d: %g\n", (int)rounds, half[1]);
  cell_state_init(state);
  if (cell_run(step, negated, state, arena) != AOTC_OK || cell_run(step, negated, state, arena) != AOTC_OK)
    return 1;
  printf("cell %.6f\n", negated[0]);
  return 0;
}
