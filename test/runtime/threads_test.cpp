// The pool of aotc/threads.h. Built with ThreadSanitizer as well, and with the
// portable way to sleep.
#include "aotc/threads.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace {

using Pool = std::unique_ptr<aotc_threads, void (*)(aotc_threads *)>;
Pool create(uint32_t threads) { return Pool(aotc_threads_create(threads), aotc_threads_destroy); }

void run(const Pool &pool, int64_t count, const std::function<void(int64_t)> &body) {
  const aotc_parallel *parallel = aotc_threads_parallel(pool.get());
  parallel->run(
      parallel->pool, count,
      [](int64_t task, void *context) { (*static_cast<const std::function<void(int64_t)> *>(context))(task); },
      const_cast<std::function<void(int64_t)> *>(&body));
}

// Runs `count` tasks and expects each exactly once; plain integers, so that a race is one for ThreadSanitizer.
void expectEachOnce(const Pool &pool, int64_t count) {
  std::vector<int> done(count);
  run(pool, count, [&](int64_t task) { ++done.at(task); });
  for (int64_t task = 0; task < count; ++task)
    ASSERT_EQ(done[task], 1) << "task " << task << " of " << count;
}

double cpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// What a child process returns from `body`, 0 for success.
int inChild(const std::function<int()> &body) {
  pid_t child = fork();
  if (child == 0)
    _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Threads, DescribesItself) {
  Pool pool = create(3);
  const aotc_parallel *parallel = aotc_threads_parallel(pool.get());
  EXPECT_EQ(parallel->struct_bytes, sizeof(aotc_parallel));
  EXPECT_EQ(parallel->threads, 3u);
  aotc_threads_destroy(nullptr);
}

TEST(Threads, RunsEveryTaskOnce) {
  for (uint32_t threads : {1u, 2u, 3u, 8u}) {
    Pool pool = create(threads);
    for (int64_t count = 0; count < 40; ++count)
      for (int round = 0; round < 20; ++round)
        expectEachOnce(pool, count);
    expectEachOnce(pool, 200000); // more than one ticket holds
  }
}

TEST(Threads, RunsTasksAtOnce) {
  Pool pool = create(2);
  std::atomic<int> here{0};
  run(pool, 2, [&](int64_t) { // each waits for the other
    ++here;
    while (here < 2)
      std::this_thread::yield();
  });
  EXPECT_EQ(here, 2);
}

TEST(Threads, WakesSleepers) {
  Pool pool = create(2);
  for (int round = 0; round < 50; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(40 * round)); // about when workers fall asleep
    std::atomic<int> here{0};
    run(pool, 2, [&](int64_t) {
      ++here;
      while (here < 2)
        std::this_thread::yield();
    });
  }
}

TEST(Threads, RunsNestedCallsInline) {
  Pool pool = create(4);
  std::atomic<int> inner{0};
  run(pool, 8, [&](int64_t) {
    std::thread::id outer = std::this_thread::get_id();
    run(pool, 5, [&](int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), outer);
      ++inner;
    });
  });
  EXPECT_EQ(inner, 40);
}

TEST(Threads, ServesManyCallers) {
  Pool pool = create(3);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round)
        expectEachOnce(pool, 1 + round % 9);
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST(Threads, SleepsWhenIdle) {
  Pool pool = create(4);
  expectEachOnce(pool, 16);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  double before = cpuSeconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(cpuSeconds() - before, 0.03);
}

#ifdef __linux__
TEST(Threads, HonoursTheAffinityMask) {
  EXPECT_EQ(inChild([] {
              cpu_set_t set;
              CPU_ZERO(&set);
              CPU_SET(sched_getcpu(), &set);
              if (sched_setaffinity(0, sizeof(set), &set) != 0)
                return 1;
              Pool pool = create(0);
              return aotc_threads_parallel(pool.get())->threads == 1 ? 0 : 2;
            }),
            0);
  Pool all = create(0);
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  EXPECT_EQ(aotc_threads_parallel(all.get())->threads, static_cast<uint32_t>(CPU_COUNT(&set)));
}
#endif

// ThreadSanitizer allows no new threads in a child of a process with several.
#ifndef AOTC_UNDER_TSAN
TEST(Threads, WorksInAForkedChild) {
  Pool pool = create(2);
  expectEachOnce(pool, 8);
  int result = inChild([&] {
    std::atomic<int> here{0};
    run(pool, 2, [&](int64_t) { // needs a worker of its own
      ++here;
      while (here < 2)
        std::this_thread::yield();
    });
    pool.reset();
    return here == 2 ? 0 : 1;
  });
  EXPECT_EQ(result, 0);
  expectEachOnce(pool, 8);
}

TEST(Threads, IsDestroyedInAForkedChildUnused) {
  Pool pool = create(3);
  expectEachOnce(pool, 8);
  EXPECT_EQ(inChild([&] {
              pool.reset();
              return 0;
            }),
            0);
}

TEST(Threads, SurvivesForkDuringACall) {
  Pool pool = create(2);
  std::atomic<bool> stop{false};
  std::thread caller([&] {
    while (!stop)
      expectEachOnce(pool, 6);
  });
  for (int round = 0; round < 20; ++round)
    EXPECT_EQ(inChild([&] {
                std::atomic<int> sum{0};
                run(pool, 4, [&](int64_t task) { sum += static_cast<int>(task); });
                return sum == 6 ? 0 : 1;
              }),
              0);
  stop = true;
  caller.join();
}
#endif

} // namespace
