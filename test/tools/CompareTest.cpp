#include "tools/common/Compare.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

namespace aotc::tools {
namespace {

Tensor floats(std::vector<float> values) {
  Shape shape{static_cast<int64_t>(values.size())};
  return Tensor::of<float>(DType::F32, shape, values);
}

Tensor integers(std::vector<int64_t> values) {
  Shape shape{static_cast<int64_t>(values.size())};
  return Tensor::of<int64_t>(DType::I64, shape, values);
}

const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");

TEST(Compare, RelativeToTheLargestReference) {
  EXPECT_TRUE(compare(floats({100, 0.0009f}), floats({100, 0}), {}).pass);
  EXPECT_FALSE(compare(floats({100, 0.0011f}), floats({100, 0}), {}).pass);
  Comparison c = compare(floats({102, 0}), floats({100, 0}), {});
  EXPECT_FLOAT_EQ(c.maxAbsError, 2);
  EXPECT_FLOAT_EQ(c.maxRelError, 0.02);
}

TEST(Compare, ZeroReferenceHasAnAbsoluteBound) {
  EXPECT_TRUE(compare(floats({1e-6f}), floats({0}), {}).pass);
  EXPECT_FALSE(compare(floats({2e-6f}), floats({0}), {}).pass);
  EXPECT_FALSE(compare(floats({1e-7f}), floats({0}), {1e-5, 0.0}).pass);
}

TEST(Compare, NonFiniteAtTheSamePlacesAndEqual) {
  EXPECT_TRUE(compare(floats({nan, inf, 1}), floats({nan, inf, 1}), {}).pass);
  EXPECT_FALSE(compare(floats({nan}), floats({inf}), {}).pass);
  EXPECT_FALSE(compare(floats({-inf}), floats({inf}), {}).pass);
  EXPECT_FALSE(compare(floats({1}), floats({nan}), {}).pass);
  EXPECT_FALSE(compare(floats({inf}), floats({1}), {}).pass);
}

TEST(Compare, IntegersExactlyUnlessAtolIsGiven) {
  int64_t big = int64_t(1) << 60;
  EXPECT_TRUE(compare(integers({big}), integers({big}), {}).pass);
  EXPECT_FALSE(compare(integers({big + 1}), integers({big}), {}).pass); // equal as doubles
  EXPECT_TRUE(compare(integers({5}), integers({4}), {0, 1.0}).pass);
}

TEST(Compare, TypeShapeAndEmptiness) {
  EXPECT_TRUE(compare(floats({}), floats({}), {}).pass);
  EXPECT_FALSE(compare(floats({1}), floats({1, 1}), {}).pass);
  EXPECT_FALSE(compare(floats({1}), integers({1}), {}).pass);
}

} // namespace
} // namespace aotc::tools
