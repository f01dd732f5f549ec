#include <algorithm>
#include <cmath>

#include "absl/strings/substitute.h"
#include "test/ir/Interp/Eval.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

Tensor draw(const std::string &fn, int64_t seed, int64_t stream, const std::string &type,
            uint64_t callSeed = 0, const std::string &range = "") {
  auto result = evaluate(absl::Substitute("nn.random $0 {seed = $1 : i64, stream = $2 : i64$3} : $4", fn,
                                          seed, stream, range, type),
                         {}, callSeed);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? result->front() : Tensor();
}

struct Moments {
  double mean = 0, variance = 0, low = INFINITY, high = -INFINITY;
};

Moments moments(const Tensor &x) {
  Moments m;
  for (int64_t i = 0; i < x.size(); ++i) {
    m.mean += x.f(i) / x.size();
    m.low = std::min(m.low, x.f(i));
    m.high = std::max(m.high, x.f(i));
  }
  for (int64_t i = 0; i < x.size(); ++i)
    m.variance += (x.f(i) - m.mean) * (x.f(i) - m.mean) / x.size();
  return m;
}

// The known-answer vectors of the Random123 distribution for philox4x32-10
// with counter and key 0: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
TEST(Random, KnownAnswer) {
  Tensor x = draw("uniform_int", 0, 0, "tensor<4xi64>", 0, ", low = 0 : i64, high = 4294967296 : i64");
  EXPECT_EQ(x.i(0), 0x6627e8d5);
  EXPECT_EQ(x.i(1), 0xe169c58d);
  EXPECT_EQ(x.i(2), 0xbc57ac4c);
  EXPECT_EQ(x.i(3), 0x9b00dbd8);
}

TEST(Random, UniformHas23Bits) {
  Tensor x = draw("uniform", 1, 0, "tensor<100000xf32>");
  for (int64_t i = 0; i < x.size(); ++i) {
    float u = x.as<float>()[i];
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ASSERT_EQ(std::floor(1 + u), 1);
    ASSERT_EQ(std::ldexp(u, 23), std::floor(std::ldexp(u, 23)));
  }
  Moments m = moments(x);
  EXPECT_NEAR(m.mean, 0.5, 0.005);
  EXPECT_NEAR(m.variance, 1.0 / 12, 0.002);
}

TEST(Random, NormalAndTruncatedNormal) {
  Moments m = moments(draw("normal", 2, 1, "tensor<100001xf32>"));
  EXPECT_NEAR(m.mean, 0, 0.015);
  EXPECT_NEAR(m.variance, 1, 0.02);
  EXPECT_GT(m.high, 3);
  m = moments(draw("truncated_normal", 2, 1, "tensor<100000xf32>"));
  EXPECT_NEAR(m.mean, 0, 0.015);
  EXPECT_NEAR(m.variance, 0.7737, 0.01); // of a normal cut at two deviations
  EXPECT_GE(m.low, -2);
  EXPECT_LE(m.high, 2);
}

TEST(Random, UniformInt) {
  Tensor x = draw("uniform_int", 3, 0, "tensor<60000xi32>", 0, ", low = -2 : i64, high = 4 : i64");
  std::vector<int> counts(6);
  for (int64_t i = 0; i < x.size(); ++i) {
    ASSERT_GE(x.i(i), -2);
    ASSERT_LT(x.i(i), 4);
    ++counts[x.i(i) + 2];
  }
  for (int count : counts)
    EXPECT_NEAR(count, 10000, 500);
  x = draw("uniform_int", 3, 0, "tensor<64xi64>", 0,
           ", low = -9223372036854775808 : i64, high = 9223372036854775807 : i64");
  Moments m = moments(x);
  EXPECT_LT(m.low, -0x1p60);
  EXPECT_GT(m.high, 0x1p60);
}

TEST(Random, DependsOnSeedStreamAndCallSeedAlone) {
  std::string type = "tensor<9xf32>";
  Tensor x = draw("uniform", 5, 7, type);
  EXPECT_EQ(show(x), show(draw("uniform", 5, 7, type)));
  EXPECT_NE(show(x), show(draw("uniform", 6, 7, type)));
  EXPECT_NE(show(x), show(draw("uniform", 5, 8, type)));
  EXPECT_EQ(show(x), show(draw("uniform", 2, 7, type, 3))); // seeds add up
  Tensor more = draw("uniform", 5, 7, "tensor<3x4xf32>");
  for (int64_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(x.f(i), more.f(i));
}

} // namespace
} // namespace aotc::test
