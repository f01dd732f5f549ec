// A small thread pool behind aotc_parallel, for the tools and tests.
#ifndef AOTC_COMPILER_ARTIFACT_POOL_H
#define AOTC_COMPILER_ARTIFACT_POOL_H

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "aotc/abi.h"

namespace aotc {

// `threads` includes the calling one. cpus: where to pin each thread; empty: nowhere.
class Pool {
public:
  explicit Pool(unsigned threads, const std::vector<int> &cpus = {});
  ~Pool();
  Pool(const Pool &) = delete;
  const aotc_parallel *parallel() const { return &interface; }

private:
  using Body = void (*)(int64_t, void *);
  void run(int64_t count, Body body, void *context);
  void work(); // takes tasks until none is left
  void loop();

  aotc_parallel interface;
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable start, done;
  uint64_t epoch = 0; // number of calls so far; guarded by mutex, as the next three
  size_t busy = 0;
  bool stopping = false;
  Body body = nullptr;
  void *context = nullptr;
  int64_t count = 0;
  std::atomic<int64_t> next{0};
};

// Pins the calling thread; false where the system refuses.
bool pinTo(int cpu);
// The CPUs that this process may use, the current one first.
std::vector<int> allowedCpus();

} // namespace aotc
#endif
