/* Calls one object with several sizes. Prints the first column, or the status and error detail. */
#ifndef MODEL_H
#define MODEL_H "open.h"
#endif
#include MODEL_H

#include <stdio.h>

static unsigned char arena[OPEN_ARENA_BYTES_MAX + 64];

int main(void) {
  const int64_t sizes[] = {1, 2, 3, 7, 9, 10, 0, 11};
  float x[33], y[33];
  void *scratch = (void *)(((uintptr_t)arena + 63) & ~(uintptr_t)63);
  size_t s;
  int i;
  for (i = 0; i < 33; ++i)
    x[i] = (float)(i + 1);
  for (s = 0; s < sizeof sizes / sizeof sizes[0]; ++s) {
    const void *const inputs[1] = {x};
    void *const outputs[1] = {y};
    aotc_error error = {0, 0, 0};
    aotc_call call = {(uint32_t)sizeof(aotc_call), 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL};
    const int status = (int)open_run(x, y, sizes[s], scratch);
    printf("%d:", (int)sizes[s]);
    if (status != AOTC_OK) {
      call.inputs = inputs;
      call.outputs = outputs;
      call.dims = &sizes[s];
      call.arena = scratch;
      call.error = &error;
      if ((int)open_info.call(&call) != status)
        return 1;
      printf(" status %d, %d\n", status, (int)error.detail);
      continue;
    }
    for (i = 0; i < sizes[s]; ++i)
      printf(" %g", y[3 * i]);
    printf("\n");
  }
  if (OPEN_ARENA_BYTES(10) > OPEN_ARENA_BYTES_MAX)
    return 1;
  printf("%s from %d to %d, %d axes\n", open_info.dims[0].name, (int)open_info.dims[0].min, (int)open_info.dims[0].max,
         (int)open_info.num_dim_axes);
  return 0;
}
