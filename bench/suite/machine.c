/* machine.c: what the machine can do at most: fused multiply-adds on registers, and reading memory. Built with
 * -march=native; each function has the signature that timer.c calls. */
#include <stdint.h>

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, ACCUMULATORS = 24 };
#elif defined(__AVX__)
enum { VECTOR_BYTES = 32, ACCUMULATORS = 12 };
#else
enum { VECTOR_BYTES = 16, ACCUMULATORS = 12 };
#endif
enum { ITERATIONS = 1 << 15 };
typedef float floats __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t words __attribute__((vector_size(VECTOR_BYTES), may_alias));

int64_t fma_flops(void) { return (int64_t)ITERATIONS * ACCUMULATORS * (VECTOR_BYTES / 4) * 2; }
int32_t vector_bits(void) { return VECTOR_BYTES * 8; }

int32_t fma_block(void *unused) {
  (void)unused;
  floats sum[ACCUMULATORS] = {{0}}, scale = {0}, step = {0};
  scale += 0.999f;
  step += 0.001f;
  __asm__ volatile("" : "+v"(scale), "+v"(step)); /* not constants, nor equal to each other */
  for (int a = 0; a < ACCUMULATORS; ++a)
    __asm__ volatile("" : "+v"(sum[a]));
  for (int i = 0; i < ITERATIONS; ++i)
#pragma GCC unroll 24
    for (int a = 0; a < ACCUMULATORS; ++a)
      sum[a] = sum[a] * scale + step;
  for (int a = 0; a < ACCUMULATORS; ++a)
    __asm__ volatile("" ::"v"(sum[a]));
  return 0;
}

typedef struct read_job {
  const words *data;
  int64_t vectors; /* a multiple of 8 * streams */
  int64_t streams; /* 1, 2, 4 or 8 equal parts, read side by side */
} read_job;

static inline __attribute__((always_inline)) void read_streams(const read_job *job, int streams) {
  words sum[8] = {{0}};
  int64_t part = job->vectors / streams;
  for (int64_t i = 0; i < part; i += 8)
#pragma GCC unroll 8
    for (int s = 0; s < streams; ++s)
#pragma GCC unroll 8
      for (int j = 0; j < 8; ++j)
        sum[j] ^= job->data[s * part + i + j];
  for (int j = 0; j < 8; ++j)
    __asm__ volatile("" ::"v"(sum[j]));
}

int32_t read_block(void *argument) {
  const read_job *job = argument;
  switch (job->streams) {
  case 1: read_streams(job, 1); return 0;
  case 2: read_streams(job, 2); return 0;
  case 4: read_streams(job, 4); return 0;
  case 8: read_streams(job, 8); return 0;
  }
  return 1;
}
