#include <stdio.h>

#include "peaks.h"

static _Alignas(PEAKS_ARENA_ALIGN) unsigned char arena[PEAKS_ARENA_BYTES + 1];

int main(void) {
  const float x[8] = {1, -5, 2, 3, 0, 0, 7, 1};
  float heights[3];
  int32_t positions[3];
  int i;
  aotc_status status = peaks_run(x, heights, positions, arena);
  if (status != AOTC_OK) {
    printf("status %d\n", (int)status);
    return 1;
  }
  for (i = 0; i < 3; ++i)
    printf("%g at %d\n", heights[i], (int)positions[i]);
  return 0;
}
