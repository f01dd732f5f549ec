// Ways to run the tasks of a model that leave no dependence between them unseen.
#ifndef AOTC_TEST_RUNTIME_PARALLEL_H
#define AOTC_TEST_RUNTIME_PARALLEL_H

#include "aotc/threads.h"

namespace aotc::test {

// On the calling thread, the last task first.
inline const aotc_parallel *lastTaskFirst() {
  static const aotc_parallel parallel = {
      sizeof(aotc_parallel), 8, nullptr,
      [](void *, int64_t count, void (*body)(int64_t task, void *context), void *context) {
        while (count > 0)
          body(--count, context);
      }};
  return &parallel;
}

// On three threads, more than one whatever the machine.
inline const aotc_parallel *threeThreads() {
  static const aotc_threads *pool = aotc_threads_create(3);
  return aotc_threads_parallel(pool);
}

} // namespace aotc::test
#endif
