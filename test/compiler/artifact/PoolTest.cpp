#include "compiler/artifact/Pool.h"
#include "gtest/gtest.h"

#include <numeric>

namespace aotc {
namespace {

TEST(Pool, RunsEveryTaskOnce) {
  for (unsigned threads : {1u, 2u, 4u}) {
    Pool pool(threads);
    for (int round = 0; round < 100; ++round) {
      std::vector<int> done(round);
      pool.parallel()->run(
          pool.parallel()->pool, round,
          [](int64_t task, void *context) { ++(*static_cast<std::vector<int> *>(context))[task]; }, &done);
      EXPECT_EQ(std::accumulate(done.begin(), done.end(), 0), round);
    }
  }
}

TEST(Pool, KnowsTheInheritedMask) {
  std::vector<int> cpus = allowedCpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(pinTo(cpus[0]));
  EXPECT_EQ(allowedCpus(), std::vector<int>{cpus[0]});
}

} // namespace
} // namespace aotc
