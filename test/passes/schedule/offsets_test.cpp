// The arena's offset allocator and the order search on random instances.
#include "passes/schedule/Offsets.h"
#include "passes/schedule/Order.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace aotc::plan {
namespace {

std::vector<Interval> randomBuffers(std::mt19937 &random, int count, int steps, int64_t largest) {
  std::vector<Interval> buffers;
  for (int i = 0; i < count; ++i) {
    int first = static_cast<int>(random() % steps), length = static_cast<int>(random() % 6);
    buffers.push_back({static_cast<int64_t>(random() % largest), first, std::min(first + length, steps - 1)});
  }
  return buffers;
}

void expectValid(const std::vector<Interval> &buffers, const OffsetPlan &plan) {
  ASSERT_EQ(plan.offsets.size(), buffers.size());
  EXPECT_GE(plan.total, plan.lowerBound);
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].bytes == 0)
      continue;
    EXPECT_EQ(plan.offsets[i] % 64, 0);
    EXPECT_GE(plan.offsets[i], 0);
    EXPECT_LE(plan.offsets[i] + buffers[i].bytes, plan.total);
    for (size_t j = 0; j < i; ++j) {
      bool together = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
      bool overlap = plan.offsets[i] < plan.offsets[j] + buffers[j].bytes &&
                     plan.offsets[j] < plan.offsets[i] + buffers[i].bytes;
      EXPECT_FALSE(together && overlap) << i << " and " << j;
    }
  }
}

int64_t peakBytes(const std::vector<Interval> &buffers, int steps) {
  int64_t peak = 0;
  for (int t = 0; t < steps; ++t) {
    int64_t sum = 0;
    for (const Interval &buffer : buffers)
      if (buffer.first <= t && t <= buffer.last)
        sum += (buffer.bytes + 63) / 64 * 64;
    peak = std::max(peak, sum);
  }
  return peak;
}

TEST(Offsets, EmptyAndZeroSized) {
  EXPECT_EQ(assignOffsets({}, 64).total, 0);
  OffsetPlan plan = assignOffsets({{0, 0, 3}, {10, 1, 1}}, 64);
  EXPECT_EQ(plan.total, 64);
  EXPECT_EQ(plan.lowerBound, 64);
}

TEST(Offsets, RandomInstancesDoNotOverlapAndRepeat) {
  std::mt19937 random(1);
  for (int round = 0; round < 25; ++round) {
    int count = 1 + static_cast<int>(random() % 80), steps = 1 + static_cast<int>(random() % 40);
    auto buffers = randomBuffers(random, count, steps, 5000);
    OffsetPlan plan = assignOffsets(buffers, 64);
    expectValid(buffers, plan);
    EXPECT_EQ(plan.lowerBound, peakBytes(buffers, steps));
    EXPECT_EQ(assignOffsets(buffers, 64).offsets, plan.offsets);
  }
}

// Sizes that every greedy order packs badly, found by random search; the
// exact search reaches the lower bound.
TEST(Offsets, SearchReachesTheBound) {
  std::mt19937 random(7);
  int reached = 0;
  for (int round = 0; round < 50; ++round) {
    auto buffers = randomBuffers(random, 12, 10, 1000);
    OffsetPlan plan = assignOffsets(buffers, 64);
    expectValid(buffers, plan);
    reached += plan.total == plan.lowerBound;
  }
  EXPECT_GE(reached, 48);
}

TEST(Offsets, ThousandsOfBuffers) {
  std::mt19937 random(3);
  auto buffers = randomBuffers(random, 5000, 4000, 1 << 20);
  OffsetPlan plan = assignOffsets(buffers, 64);
  EXPECT_EQ(plan.lowerBound, peakBytes(buffers, 4000));
  EXPECT_LE(plan.total, plan.lowerBound + plan.lowerBound / 4);
}

// A random graph: each kernel reads some earlier results and writes one.
OrderProblem randomProblem(std::mt19937 &random, int count) {
  OrderProblem problem;
  for (int k = 0; k < count; ++k) {
    OrderProblem::Kernel kernel;
    for (int r = 0; r < 2 && k > 0; ++r) {
      int other = k - 1 - static_cast<int>(random() % std::min(k, 8));
      if (!std::count(kernel.reads.begin(), kernel.reads.end(), other)) {
        kernel.reads.push_back(other);
        kernel.before.push_back(other);
      }
    }
    kernel.writes.push_back(k);
    kernel.scratch = random() % 100;
    problem.kernels.push_back(kernel);
    problem.bytes.push_back(random() % 1000);
  }
  return problem;
}

void expectOrder(const OrderProblem &problem, const std::vector<int> &order) {
  std::vector<int> position(problem.kernels.size(), -1);
  ASSERT_EQ(order.size(), position.size());
  for (size_t i = 0; i < order.size(); ++i)
    position[order[i]] = static_cast<int>(i);
  for (size_t k = 0; k < position.size(); ++k) {
    ASSERT_GE(position[k], 0);
    for (int before : problem.kernels[k].before)
      EXPECT_LT(position[before], position[k]);
  }
}

TEST(Order, ExactOnSmallGraphs) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    OrderProblem problem = randomProblem(random, 7);
    std::vector<int> order = chooseOrder(problem), every(7);
    expectOrder(problem, order);
    std::iota(every.begin(), every.end(), 0);
    int64_t best = peakOf(problem, every);
    do {
      std::vector<int> position(7);
      for (int i = 0; i < 7; ++i)
        position[every[i]] = i;
      bool valid = true;
      for (int k = 0; k < 7; ++k)
        for (int before : problem.kernels[k].before)
          valid &= position[before] < position[k];
      if (valid)
        best = std::min(best, peakOf(problem, every));
    } while (std::next_permutation(every.begin(), every.end()));
    EXPECT_EQ(peakOf(problem, order), best);
  }
}

TEST(Order, LargeGraphsStayBoundedAndRepeat) {
  std::mt19937 random(6);
  for (int count : {60, 300, 5000}) {
    OrderProblem problem = randomProblem(random, count);
    std::vector<int> order = chooseOrder(problem), given(count);
    expectOrder(problem, order);
    std::iota(given.begin(), given.end(), 0);
    EXPECT_LE(peakOf(problem, order), peakOf(problem, given));
    EXPECT_EQ(chooseOrder(problem), order);
  }
}

} // namespace
} // namespace aotc::plan
