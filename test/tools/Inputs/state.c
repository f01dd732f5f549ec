/* Steps a recurrent cell: two streams do not disturb each other, a failed call changes nothing. */
#include "cell.h"

#include <stdio.h>
#include <string.h>

static union {
  double align[CELL_STATE_BYTES / 8 + 8];
  unsigned char bytes[CELL_STATE_BYTES + 64];
} one, two;
static unsigned char arena[CELL_ARENA_BYTES + 64];

static void *aligned(void *at) { return (void *)(((uintptr_t)at + 63) & ~(uintptr_t)63); }

int main(void) {
  void *first = aligned(one.bytes), *second = aligned(two.bytes), *scratch = aligned(arena);
  float y[2], z[2];
  const float x[2] = {1, 2}, other[2] = {-3, 5};
  int step;
  unsigned char before[CELL_STATE_BYTES];
  cell_state_init(first);
  cell_state_init(second);
  for (step = 0; step < 3; ++step) {
    if (cell_run(x, y, first, scratch) != AOTC_OK || cell_run(other, z, second, scratch) != AOTC_OK)
      return 1;
    printf("%.4f %.4f\n", y[0], y[1]);
  }
  memcpy(before, first, sizeof before);
  printf("null %d\n", (int)cell_run(x, y, NULL, scratch));
  printf("misaligned %d\n", (int)cell_run(x, y, (char *)first + 4, scratch));
  printf("kept %d, %d states\n", !memcmp(before, first, sizeof before), (int)(cell_info.state_bytes / 64));
  cell_info.state_init(first);
  if (cell_run(x, y, first, scratch) != AOTC_OK)
    return 1;
  printf("anew %.4f %.4f\n", y[0], y[1]);
  return 0;
}
