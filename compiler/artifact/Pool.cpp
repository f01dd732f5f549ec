#include "compiler/artifact/Pool.h"

#include <sched.h>

namespace aotc {

bool pinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof(set), &set) == 0;
}

std::vector<int> allowedCpus() {
  cpu_set_t set;
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return cpus;
  int current = sched_getcpu();
  if (current >= 0 && CPU_ISSET(current, &set))
    cpus.push_back(current);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set) && cpu != current)
      cpus.push_back(cpu);
  return cpus;
}

Pool::Pool(unsigned threads, const std::vector<int> &cpus) {
  interface.struct_bytes = sizeof(aotc_parallel);
  interface.threads = threads;
  interface.pool = this;
  interface.run = [](void *pool, int64_t count, Body body, void *context) {
    static_cast<Pool *>(pool)->run(count, body, context);
  };
  for (unsigned i = 1; i < threads; ++i)
    workers.emplace_back([this, i, cpus] {
      if (i < cpus.size())
        pinTo(cpus[i]);
      loop();
    });
}

Pool::~Pool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  start.notify_all();
  for (std::thread &t : workers)
    t.join();
}

void Pool::work() {
  for (int64_t task; (task = next.fetch_add(1)) < count;)
    body(task, context);
}

void Pool::run(int64_t tasks, Body newBody, void *newContext) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    body = newBody;
    context = newContext;
    count = tasks;
    next = 0;
    busy = workers.size();
    ++epoch;
  }
  start.notify_all();
  work();
  std::unique_lock<std::mutex> lock(mutex);
  done.wait(lock, [&] { return busy == 0; });
}

void Pool::loop() {
  uint64_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    start.wait(lock, [&] { return stopping || epoch != seen; });
    if (stopping)
      return;
    seen = epoch;
    lock.unlock();
    work();
    lock.lock();
    if (--busy == 0)
      done.notify_one();
  }
}

} // namespace aotc
