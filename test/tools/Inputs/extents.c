/* Calls a model whose results have extents that depend on data. */
#include "chosen.h"

#include <stdio.h>

static unsigned char arena[CHOSEN_ARENA_BYTES + 64];

static void show(const float *x, void *scratch) {
  int64_t rows[6], dims[CHOSEN_OUT_DIMS], i;
  float values[6];
  if (chosen_run(x, rows, values, dims, scratch) != AOTC_OK) {
    printf("failed\n");
    return;
  }
  printf("%d %d:", (int)dims[0], (int)dims[1]);
  for (i = 0; i < dims[0]; ++i)
    printf(" %d", (int)rows[i]);
  printf("\n");
  for (i = 0; i < dims[1]; ++i)
    printf("%.1f ", values[i]);
  printf("\n");
}

int main(void) {
  const float some[6] = {3, -1, 0, 2, -5, 1}, none[6] = {0}, all[6] = {1, 2, 3, 4, 5, 6};
  int64_t rows[6];
  float values[6];
  void *scratch = (void *)(((uintptr_t)arena + 63) & ~(uintptr_t)63);
  show(some, scratch);
  show(none, scratch);
  show(all, scratch);
  printf("null %d\n", (int)chosen_run(some, rows, values, NULL, scratch));
  printf("%d extents, rows %d, values %d\n", (int)chosen_info.num_out_dims, (int)chosen_info.out_dims[0].axis,
         (int)chosen_info.out_dims[1].axis);
  return 0;
}
