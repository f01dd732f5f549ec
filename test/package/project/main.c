#include "affine.h"
#include "other.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  const float x[6] = {1, 2, 3, 4, 5, 6};
  float y[4], z[2];
  void *arena = aligned_alloc(AFFINE_ARENA_ALIGN, AFFINE_ARENA_BYTES + AFFINE_ARENA_ALIGN);
  void *second = aligned_alloc(OTHER_ARENA_ALIGN, OTHER_ARENA_BYTES + OTHER_ARENA_ALIGN);
  if (affine_run(x, y, arena) != AOTC_OK || other_run(x, z, second) != AOTC_OK)
    return 1;
  printf("%g %g %g %g %g %g %s %s\n", y[0], y[1], y[2], y[3], z[0], z[1], affine_info.name, other_info.name);
  free(arena);
  free(second);
  return 0;
}
