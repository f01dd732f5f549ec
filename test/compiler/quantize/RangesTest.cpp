#include "compiler/quantize/Ranges.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace aotc {
namespace {

std::vector<float> gaussian(int count, float deviation = 1) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(random);
  return values;
}

RangeObserver observed(const std::vector<float> &values) {
  RangeObserver observer;
  observer.observe(values.data(), static_cast<int64_t>(values.size()));
  return observer;
}

uint64_t counted(const RangeObserver &observer) {
  const auto &bins = observer.histogram();
  return std::accumulate(bins.begin(), bins.end(), uint64_t{0});
}

const Calibrator kAll[] = {Calibrator::MinMax, Calibrator::MovingAverage, Calibrator::Percentile, Calibrator::Entropy,
                           Calibrator::MeanSquareError};

TEST(Ranges, MinMaxIsExact) {
  Range range = observed({0.5f, -3.25f, 7.75f}).range(Calibrator::MinMax);
  EXPECT_EQ(range.low, -3.25f);
  EXPECT_EQ(range.high, 7.75f);
}

TEST(Ranges, ZeroIsInside) {
  for (Calibrator calibrator : kAll) {
    Range positive = observed({2, 3, 4}).range(calibrator), negative = observed({-2, -3, -4}).range(calibrator);
    EXPECT_EQ(positive.low, 0);
    EXPECT_GT(positive.high, 0);
    EXPECT_EQ(negative.high, 0);
    EXPECT_LT(negative.low, 0);
  }
}

TEST(Ranges, NothingGivesNothing) {
  for (Calibrator calibrator : kAll) {
    EXPECT_EQ(RangeObserver().range(calibrator).high, 0);
    EXPECT_EQ(observed({0, 0}).range(calibrator).high, 0);
    EXPECT_EQ(observed({NAN, INFINITY}).range(calibrator).high, 0);
  }
}

TEST(Ranges, WhatIsNotFiniteIsCountedOnly) {
  RangeObserver observer = observed({1, NAN, -INFINITY, 0, INFINITY, -1});
  EXPECT_EQ(observer.notFinite(), 3u);
  EXPECT_EQ(observer.zeros(), 1u);
  EXPECT_EQ(counted(observer), 2u);
  EXPECT_EQ(observer.extremes().high, 1);
}

TEST(Ranges, GrowingKeepsCounts) {
  RangeObserver observer = observed(gaussian(10000));
  std::vector<float> larger = gaussian(10000, 1000), tiny = gaussian(100, 1e-30f);
  observer.observe(larger.data(), 10000);
  observer.observe(tiny.data(), 100);
  EXPECT_EQ(counted(observer), 20100u);
  const auto &bins = observer.histogram();
  uint64_t negative = std::accumulate(bins.begin(), bins.begin() + bins.size() / 2, uint64_t{0});
  EXPECT_NEAR(static_cast<double>(negative), 10050, 300); // zero stays an edge
}

// The blocks and tables of observe() against one value after the other.
TEST(Ranges, EveryValueIsInItsBin) {
  std::vector<float> values = gaussian(100003);
  for (size_t i = 0; i < values.size(); i += 7)
    values[i] = i % 3 ? 0.0f : -0.0f;
  values[11] = NAN;
  values[70000] = -INFINITY;
  values[70001] = 1e-42f;
  values[100002] = -17;
  RangeObserver observer = observed(values);
  const size_t count = observer.histogram().size();
  std::vector<uint64_t> wanted(count);
  uint64_t zeros = 0;
  float largest = 0;
  for (float x : values) {
    zeros += x == 0;
    if (x == 0 || !std::isfinite(x))
      continue;
    largest = std::max(largest, x);
    ++wanted[static_cast<size_t>(x / observer.limit() * (count / 2) + count / 2)];
  }
  EXPECT_EQ(observer.limit(), 32);
  EXPECT_EQ(observer.histogram(), wanted);
  EXPECT_EQ(observer.zeros(), zeros);
  EXPECT_EQ(observer.notFinite(), 2u);
  EXPECT_EQ(observer.extremes().low, -17);
  EXPECT_EQ(observer.extremes().high, largest);
}

TEST(Ranges, SamplesAddUpToOne) {
  std::vector<float> values = gaussian(3000);
  values[100] = 40; // the range grows within the first part
  RangeObserver parts, whole = observed(values);
  for (int i = 0; i < 3000; i += 100)
    parts.observe(values.data() + i, 100);
  EXPECT_EQ(counted(parts), counted(whole));
  EXPECT_EQ(parts.limit(), whole.limit());
  // Values that came before the range grew lie in the same bins.
  EXPECT_EQ(parts.histogram(), whole.histogram());
}

TEST(Ranges, NoValuesAreNoSample) {
  RangeObserver observer = observed({-2, 4});
  observer.observe(nullptr, 0);
  EXPECT_EQ(observer.range(Calibrator::MovingAverage).high, 4);
}

TEST(Ranges, LargestNumbersStayApart) {
  RangeObserver observer = observed({3e38f, 1.2e38f, -1.2e38f, -3e38f}); // twice the limit is no float
  const auto &bins = observer.histogram();
  EXPECT_EQ(std::count(bins.begin(), bins.end(), uint64_t{1}), 4);
}

TEST(Ranges, EntropyClipsWhatIsFarAway) {
  std::vector<float> values = gaussian(100000);
  values.push_back(30);
  Range range = observed(values).range(Calibrator::Entropy);
  EXPECT_LT(range.high, 15);
  EXPECT_GT(range.high, 3);
  EXPECT_LT(range.low, -3); // that end has none
}

TEST(Ranges, EntropyKeepsTheMassOfARelu) {
  std::vector<float> values = gaussian(200000);
  for (float &value : values)
    value = std::max(value, 0.0f);
  Range range = observed(values).range(Calibrator::Entropy);
  auto kept = std::count_if(values.begin(), values.end(), [&](float x) { return x <= range.high; });
  EXPECT_GE(kept, 199800);
}

TEST(Ranges, LargestNumbersFit) {
  RangeObserver observer = observed({3e38f, -3e38f, 1e-40f});
  EXPECT_EQ(counted(observer), 3u);
  for (Calibrator calibrator : kAll)
    EXPECT_TRUE(std::isfinite(observer.range(calibrator).high));
}

TEST(Ranges, SquaredErrorClipsAnOutlier) {
  std::vector<float> values = gaussian(1000000);
  values.push_back(12);
  Range range = observed(values).range(Calibrator::MeanSquareError);
  EXPECT_GT(range.high, 3);
  EXPECT_LT(range.high, 8);
  EXPECT_LT(range.low, -3);
}

TEST(Ranges, SquaredErrorKeepsUniformValues) {
  std::vector<float> values(10001);
  for (int i = 0; i <= 10000; ++i)
    values[i] = static_cast<float>(i) / 5000 - 1;
  Range range = observed(values).range(Calibrator::MeanSquareError);
  EXPECT_LT(range.low, -0.97f);
  EXPECT_GT(range.high, 0.97f);
}

// The chosen range has no more error than that of all values, measured by rounding.
TEST(Ranges, SquaredErrorIsNotLargerThanMinMax) {
  for (float outlier : {4.0f, 8.0f, 20.0f, 100.0f}) {
    std::vector<float> values = gaussian(20000);
    values.push_back(outlier);
    RangeObserver observer = observed(values);
    auto error = [&](Range range) {
      double sum = 0, step = (range.high - range.low) / 255;
      for (float x : values) {
        double y = std::nearbyint(std::min(std::max(x, range.low), range.high) / step) * step;
        sum += (x - y) * (x - y);
      }
      return sum;
    };
    EXPECT_LE(error(observer.range(Calibrator::MeanSquareError)), 1.02 * error(observer.range(Calibrator::MinMax))) << outlier;
  }
}

TEST(Ranges, PercentileLeavesOutOneInTenThousand) {
  std::vector<float> values(100000);
  for (int i = 0; i < 100000; ++i)
    values[i] = static_cast<float>(i % 1000) / 1000;
  values[5] = 100;
  Range range = observed(values).range(Calibrator::Percentile);
  EXPECT_GT(range.high, 0.9f);
  EXPECT_LT(range.high, 2);
}

TEST(Ranges, EntropyKeepsWhatReluLeaves) {
  std::vector<float> values = gaussian(100000);
  for (float &value : values)
    value = std::max(value, 0.0f);
  Range range = observed(values).range(Calibrator::Entropy);
  EXPECT_EQ(range.low, 0);
  EXPECT_GT(range.high, 2);
  for (float &value : values)
    value = std::min(value, 1.0f); // a spike at the end
  EXPECT_GT(observed(values).range(Calibrator::Entropy).high, 0.99f);
}

TEST(Ranges, MovingAverageForgets) {
  RangeObserver observer;
  float small[] = {-1, 1}, large[] = {-1, 11};
  observer.observe(small, 2);
  observer.observe(large, 2);
  EXPECT_FLOAT_EQ(observer.range(Calibrator::MovingAverage).high, 2);
}

} // namespace
} // namespace aotc
