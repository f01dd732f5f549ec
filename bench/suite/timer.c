/* timer.c: times calls of a C function, so that short networks are measured without the cost of an interpreter. */
#include <stdint.h>
#include <time.h>

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Calls entry(argument) for `budget` nanoseconds, at least once and at most `capacity` times. Stores the nanoseconds
 * of each call and returns their number; a failing call ends it with -status. */
int64_t time_calls(int32_t (*entry)(void *), void *argument, int64_t budget, int64_t capacity, int64_t *durations) {
  int64_t begin = now(), start = begin;
  for (int64_t i = 0; i < capacity; ++i) {
    int32_t status = entry(argument);
    if (status)
      return status < 0 ? status : -status;
    int64_t end = now();
    durations[i] = end - start;
    if (end - begin >= budget)
      return i + 1;
    start = now();
  }
  return capacity;
}
