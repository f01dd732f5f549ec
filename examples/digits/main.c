/* Recognises drawn digits with a network that was compiled into this program.
 * Usage: recognise samples.bin [HOW_MANY] */
#include "digits.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 28 };

static _Alignas(DIGITS_ARENA_ALIGN) unsigned char arena[DIGITS_ARENA_BYTES + 1];

static void draw(const float *image, const float *probabilities) {
  int best = 0;
  for (int i = 1; i < 10; ++i)
    if (probabilities[i] > probabilities[best])
      best = i;
  /* Two rows of pixels a line of text: characters are twice as high as wide. */
  for (int y = 0; y < SIZE; y += 2) {
    for (int x = 0; x < SIZE; ++x) {
      float grey = (image[y * SIZE + x] + image[(y + 1) * SIZE + x]) / 2;
      putchar(" .:-=+*#%@"[(int)(grey * 9.99f)]);
    }
    int digit = y / 2 - 2;
    if (digit >= 0 && digit < 10) {
      printf("  %d %5.1f %% ", digit, 100.0 * (double)probabilities[digit]);
      for (int i = 0; i < (int)(probabilities[digit] * 30 + 0.5f); ++i)
        putchar('=');
      if (digit == best)
        printf("  <- this is a %d", digit);
    }
    putchar('\n');
  }
  putchar('\n');
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s samples.bin [HOW_MANY]\n", argv[0]);
    return 2;
  }
  FILE *file = fopen(argv[1], "rb");
  if (!file) {
    perror(argv[1]);
    return 1;
  }
  float image[SIZE * SIZE], probabilities[10];
  int wanted = argc > 2 ? atoi(argv[2]) : 10, done = 0;
  for (; done < wanted && fread(image, sizeof image, 1, file) == 1; ++done) {
    aotc_status status = digits_run(image, probabilities, arena);
    if (status != AOTC_OK) {
      fprintf(stderr, "the network returned status %d\n", (int)status);
      return 1;
    }
    draw(image, probabilities);
  }
  fclose(file);
  printf("%d digits; the network is %llu bytes of weights, its scratch memory %u bytes.\n", done,
         (unsigned long long)digits_info.weights_bytes, (unsigned)DIGITS_ARENA_BYTES);
  return 0;
}
