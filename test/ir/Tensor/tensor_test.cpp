#include "ir/Tensor/Tensor.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace aotc {
namespace {

TEST(DType, NamesRoundTrip) {
  for (DType type : {DType::F64, DType::F32, DType::F16, DType::BF16, DType::I1, DType::I8, DType::I16,
                     DType::I32, DType::I64, DType::U8, DType::U16, DType::U32, DType::U64})
    EXPECT_EQ(parseDType(name(type)), type) << name(type);
  EXPECT_EQ(parseDType("f8"), std::nullopt);
  EXPECT_EQ(byteSize(DType::I1), 1u);
  EXPECT_EQ(byteSize(DType::BF16), 2u);
}

TEST(DType, EveryHalfSurvivesF32) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = halfToFloat(static_cast<uint16_t>(bits));
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
    else
      EXPECT_EQ(floatToHalf(value), bits);
  }
}

TEST(DType, HalfRoundsToNearestEven) {
  EXPECT_EQ(halfToFloat(0x3c00), 1.0f);
  EXPECT_EQ(halfToFloat(0x0001), std::ldexp(1.0f, -24));
  EXPECT_EQ(floatToHalf(1.0f + std::ldexp(1.0f, -11)), 0x3c00);                         // a tie, to even
  EXPECT_EQ(floatToHalf(1.0f + 3 * std::ldexp(1.0f, -11)), 0x3c02);                     // a tie, to even
  EXPECT_EQ(floatToHalf(1.0f + std::ldexp(1.0f, -11) + std::ldexp(1.0f, -20)), 0x3c01); // above it
  EXPECT_EQ(floatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-std::numeric_limits<float>::infinity()), 0xfc00);
  EXPECT_EQ(floatToHalf(std::ldexp(1.0f, -25)), 0); // half the least: to even
  EXPECT_EQ(floatToHalf(1.5f * std::ldexp(1.0f, -25)), 1);
  EXPECT_EQ(floatToHalf(-0.0f), 0x8000);
}

TEST(DType, BfloatRoundsToNearestEven) {
  EXPECT_EQ(floatToBfloat(1.0f), 0x3f80);
  EXPECT_EQ(floatToBfloat(1.0f + std::ldexp(1.0f, -8)), 0x3f80);
  EXPECT_EQ(floatToBfloat(1.0f + 3 * std::ldexp(1.0f, -8)), 0x3f82);
  EXPECT_EQ(floatToBfloat(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_TRUE(std::isnan(bfloatToFloat(floatToBfloat(std::nanf("")))));
}

TEST(Tensor, ElementCountRefusesWhatOverflows) {
  EXPECT_EQ(elementCount({}), 1);
  EXPECT_EQ(elementCount({2, 3, 4}, 4), 24);
  EXPECT_EQ(elementCount({-1}), std::nullopt);
  EXPECT_EQ(elementCount({int64_t{1} << 40, int64_t{1} << 40}), std::nullopt);
  EXPECT_EQ(elementCount({int64_t{1} << 60}, 8), std::nullopt);
  EXPECT_EQ(elementCount({int64_t{1} << 40, int64_t{1} << 40, 0}), 0);
}

TEST(Tensor, CopiesAreValues) {
  Tensor a = Tensor::of<float>(DType::F32, {2}, {1, 2}), b = a;
  EXPECT_EQ(a.data(), b.data());
  b.setF(0, 5);
  EXPECT_EQ(a.f(0), 1);
  EXPECT_EQ(b.f(0), 5);
}

TEST(Tensor, ViewsAreCopiedBeforeTheyAreWritten) {
  const char bytes[] = {0, 1, 0, 2, 0}; // unaligned for int16
  Tensor view(DType::I16, {2}, bytes + 1, nullptr);
  EXPECT_EQ(view.i(0), 1);
  EXPECT_EQ(view.i(1), 2);
  view.setI(0, -7);
  EXPECT_EQ(view.i(0), -7);
  EXPECT_EQ(bytes[1], 1);
}

TEST(Tensor, ElementsConvert) {
  Tensor u(DType::U64, {1}), b(DType::I1, {1}), h(DType::F16, {1}), i(DType::I8, {1});
  u.setF(0, 1.5e19);
  EXPECT_EQ(u.f(0), 1.5e19);
  u.setF(0, 1e30);
  EXPECT_EQ(u.i(0), -1);
  b.setF(0, 0.5);
  EXPECT_EQ(b.i(0), 1);
  h.setI(0, 2049);
  EXPECT_EQ(h.f(0), 2048);
  i.setF(0, -3.9);
  EXPECT_EQ(i.i(0), -3);
  EXPECT_EQ(typeString(Tensor(DType::I1, {1, 28})), "bool[1,28]");
}

TEST(Tensor, EmptyAndScalar) {
  EXPECT_EQ(Tensor(DType::F32, {}).size(), 1);
  Tensor empty = Tensor::of<float>(DType::F32, {0, 3}, {});
  EXPECT_EQ(empty.bytes(), 0u);
  EXPECT_EQ(empty.reshaped({3, 0}).size(), 0);
}

} // namespace
} // namespace aotc
