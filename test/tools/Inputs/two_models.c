#include "one.h"
#include "two.h"

#include <stdio.h>

/* C99 has no aligned allocation. */
static unsigned char memory[ONE_ARENA_BYTES + OTHER_ARENA_BYTES + ONE_ARENA_ALIGN + OTHER_ARENA_ALIGN];

static void *align(unsigned char *p, uintptr_t to) { return (void *)(((uintptr_t)p + to - 1) / to * to); }

int main(void) {
  const float x[6] = {1, 2, 3, 4, 5, 6};
  float y[2], z[4];
  if (one_run(x, y, align(memory, ONE_ARENA_ALIGN)) != AOTC_OK)
    return 1;
  printf("%g %g\n", (double)y[0], (double)y[1]);
  if (other_run(x, z, align(memory + ONE_ARENA_BYTES, OTHER_ARENA_ALIGN)) != AOTC_OK)
    return 1;
  printf("%g %g %g %g\n", (double)z[0], (double)z[1], (double)z[2], (double)z[3]);
  printf("%s %d %u %s %d %d\n", one_info.name, (int)one_info.inputs[0].shape[0], (unsigned)one_info.num_outputs,
         other_info.name, (int)other_info.inputs[0].shape[0], (int)other_info.inputs[0].shape[1]);
  if (one_call(NULL) != AOTC_INVALID_ARGUMENT || one_run(NULL, y, memory) != AOTC_INVALID_ARGUMENT)
    return 2;
  return 0;
}
