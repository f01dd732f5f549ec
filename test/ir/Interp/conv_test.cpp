#include <cmath>

#include "test/ir/Interp/Eval.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

TEST(MatMul, Plain) {
  Tensor a = t("f32", {2, 3}, {1, 2, 3, 4, 5, 6}), b = t("f32", {3, 2}, {1, 0, 0, 1, 1, 1});
  EXPECT_EQ(eval("nn.matmul %0, %1 : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>", {a, b}),
            "f32[2,2] 4 5 10 11");
}

TEST(MatMul, Transposed) {
  Tensor a = t("f32", {3, 2}, {1, 4, 2, 5, 3, 6}), b = t("f32", {2, 3}, {1, 0, 1, 0, 1, 1});
  EXPECT_EQ(eval("nn.matmul %0, %1 {transposeLhs = true, transposeRhs = true} : (tensor<3x2xf32>, "
                 "tensor<2x3xf32>) -> "
                 "tensor<2x2xf32>",
                 {a, b}),
            "f32[2,2] 4 5 10 11");
}

TEST(MatMul, SharedBatch) {
  Tensor a = t("f32", {2, 1, 1, 2}, {1, 2, 3, 4}), b = t("f32", {1, 2, 2, 1}, {1, 1, 1, -1});
  EXPECT_EQ(
      eval("nn.matmul %0, %1 : (tensor<2x1x1x2xf32>, tensor<1x2x2x1xf32>) -> tensor<2x2x1x1xf32>", {a, b}),
      "f32[2,2,1,1] 3 -1 7 -1");
}

TEST(MatMul, Types) {
  Tensor a = t("i8", {1, 2}, {127, -128}), b = t("i8", {2, 1}, {127, 127});
  EXPECT_EQ(eval("nn.matmul %0, %1 : (tensor<1x2xi8>, tensor<2x1xi8>) -> tensor<1x1xi32>", {a, b}),
            "i32[1,1] -127");
  EXPECT_EQ(eval("nn.matmul %0, %1 : (tensor<1x2xi8>, tensor<2x1xi8>) -> tensor<1x1xi8>", {a, b}),
            "i8[1,1] -127");
  EXPECT_EQ(eval("nn.matmul %0, %0 : (tensor<1x1xi32>, tensor<1x1xi32>) -> tensor<1x1xi32>",
                 {t("i32", {1, 1}, {65536})}),
            "i32[1,1] 0");
  // 2048 + 1 + 1 in f16 steps would stay 2048.
  EXPECT_EQ(eval("nn.matmul %0, %1 : (tensor<1x3xf16>, tensor<3x1xf16>) -> tensor<1x1xf16>",
                 {t("f16", {1, 3}, {2048, 1, 1}), t("f16", {3, 1}, {1, 1, 1})}),
            "f16[1,1] 2050");
}

TEST(MatMul, Empty) {
  EXPECT_EQ(eval("nn.matmul %0, %1 : (tensor<2x0xf32>, tensor<0x1xf32>) -> tensor<2x1xf32>",
                 {t("f32", {2, 0}, {}), t("f32", {0, 1}, {})}),
            "f32[2,1] 0 0");
}

TEST(Conv, OneDimensionWithPadding) {
  EXPECT_EQ(eval("nn.conv %0, %1 {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: "
                 "1>, padHigh = "
                 "array<i64: 0>} : (tensor<1x3x1xf32>, tensor<2x1x1xf32>) -> tensor<1x3x1xf32>",
                 {t("f32", {1, 3, 1}, {1, 2, 3}), t("f32", {2, 1, 1}, {10, 1})}),
            "f32[1,3,1] 1 12 23");
}

TEST(Conv, TwoDimensionsStrideAndDilation) {
  std::vector<double> image(16);
  for (int i = 0; i < 16; ++i)
    image[i] = i;
  // Rows 0, 2 and columns 0, 2 relative to each output position; stride 1.
  EXPECT_EQ(
      eval("nn.conv %0, %1 {strides = array<i64: 1, 1>, dilations = array<i64: 2, 2>, padLow = array<i64: 0, "
           "0>, "
           "padHigh = array<i64: 0, 0>} : (tensor<1x4x4x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x2x1xf32>",
           {t("f32", {1, 4, 4, 1}, image), t("f32", {2, 2, 1, 1}, {1, 0, 0, 1})}),
      "f32[1,2,2,1] 10 12 18 20");
  EXPECT_EQ(
      eval("nn.conv %0, %1 {strides = array<i64: 2, 3>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, "
           "0>, "
           "padHigh = array<i64: 0, 0>} : (tensor<1x4x4x1xf32>, tensor<1x1x1x2xf32>) -> tensor<1x2x2x2xf32>",
           {t("f32", {1, 4, 4, 1}, image), t("f32", {1, 1, 1, 2}, {1, -1})}),
      "f32[1,2,2,2] 0 0 3 -3 8 -8 11 -11");
}

TEST(Conv, Groups) {
  // Depthwise: each channel has a filter of its own.
  EXPECT_EQ(
      eval("nn.conv %0, %1 {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, "
           "padHigh = "
           "array<i64: 0>, groups = 2 : i64} : (tensor<1x2x2xf32>, tensor<1x1x4xf32>) -> tensor<1x2x4xf32>",
           {t("f32", {1, 2, 2}, {1, 2, 3, 4}), t("f32", {1, 1, 4}, {1, 10, 100, 1000})}),
      "f32[1,2,4] 1 10 200 2000 3 30 400 4000");
}

TEST(Conv, ThreeDimensionsAndIntegers) {
  EXPECT_EQ(eval("nn.conv %0, %1 {strides = array<i64: 1, 1, 1>, dilations = array<i64: 1, 1, 1>, padLow = "
                 "array<i64: 0, "
                 "0, 0>, padHigh = array<i64: 0, 0, 0>} : (tensor<1x2x2x2x1xui8>, tensor<2x2x2x1x1xui8>) -> "
                 "tensor<1x1x1x1x1xi32>",
                 {t("u8", {1, 2, 2, 2, 1}, std::vector<double>(8, 255)),
                  t("u8", {2, 2, 2, 1, 1}, std::vector<double>(8, 255))}),
            "i32[1,1,1,1,1] 520200");
}

TEST(ConvTranspose, SpreadsItsInput) {
  // Stride 2: the kernel (1, 2, 3) at 0 and at 2.
  EXPECT_EQ(eval("nn.conv_transpose %0, %1 {strides = array<i64: 2>, dilations = array<i64: 1>, padLow = "
                 "array<i64: 0>} : "
                 "(tensor<1x2x1xf32>, tensor<3x1x1xf32>) -> tensor<1x5x1xf32>",
                 {t("f32", {1, 2, 1}, {1, 10}), t("f32", {3, 1, 1}, {1, 2, 3})}),
            "f32[1,5,1] 1 2 13 20 30");
  EXPECT_EQ(eval("nn.conv_transpose %0, %1 {strides = array<i64: 2>, dilations = array<i64: 1>, padLow = "
                 "array<i64: 1>} : "
                 "(tensor<1x2x1xf32>, tensor<3x1x1xf32>) -> tensor<1x4x1xf32>",
                 {t("f32", {1, 2, 1}, {1, 10}), t("f32", {3, 1, 1}, {1, 2, 3})}),
            "f32[1,4,1] 2 13 20 30");
}

TEST(ConvTranspose, ChannelsAndGroups) {
  // filter [1, O = 2, C = 2]: result[o] = sum over c of input[c] * filter[o][c].
  EXPECT_EQ(eval("nn.conv_transpose %0, %1 {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = "
                 "array<i64: 0>} : "
                 "(tensor<1x1x2xf32>, tensor<1x2x2xf32>) -> tensor<1x1x2xf32>",
                 {t("f32", {1, 1, 2}, {1, 10}), t("f32", {1, 2, 2}, {1, 2, 3, 4})}),
            "f32[1,1,2] 21 43");
  EXPECT_EQ(eval("nn.conv_transpose %0, %1 {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = "
                 "array<i64: 0>, "
                 "groups = 2 : i64} : (tensor<1x1x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x2xf32>",
                 {t("f32", {1, 1, 2}, {1, 10}), t("f32", {1, 1, 2}, {5, 7})}),
            "f32[1,1,2] 5 70");
}

std::string pool(const std::string &fn, const Tensor &x, const std::string &extra = "") {
  std::string type(name(x.dtype()));
  return eval("nn.pool " + fn +
                  " %0 {window = array<i64: 2>, strides = array<i64: 2>, dilations = array<i64: 1>, " +
                  "padLow = array<i64: 1>, padHigh = array<i64: 0>" + extra + "} : tensor<1x3x1x" + type +
                  "> -> tensor<1x2x1x" + type + ">",
              {x});
}

TEST(Pool, Functions) {
  Tensor x = t("f32", {1, 3, 1}, {-1, 2, 5});
  EXPECT_EQ(pool("max", x), "f32[1,2,1] -1 5");
  EXPECT_EQ(pool("avg", x), "f32[1,2,1] -1 3.5");
  EXPECT_EQ(pool("avg", x, ", countPadding = true"), "f32[1,2,1] -0.5 3.5");
  EXPECT_EQ(pool("sum", x), "f32[1,2,1] -1 7");
  EXPECT_EQ(pool("avg", t("i8", {1, 3, 1}, {1, -100, -101})), "i8[1,2,1] 1 -100");
  EXPECT_EQ(pool("max", t("f32", {1, 3, 1}, {1, NAN, 2})), "f32[1,2,1] 1 nan");
}

TEST(Pool, TwoDimensionsKeepChannelsApart) {
  EXPECT_EQ(eval("nn.pool max %0 {window = array<i64: 2, 2>, strides = array<i64: 1, 1>, dilations = "
                 "array<i64: 1, 1>, "
                 "padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : tensor<1x2x2x2xf32> -> "
                 "tensor<1x1x1x2xf32>",
                 {t("f32", {1, 2, 2, 2}, {1, -1, 2, -2, 3, -3, 4, -4})}),
            "f32[1,1,1,2] 4 -1");
}

std::string resize(const std::string &mode, const std::string &coord, const std::string &round, int64_t from,
                   int64_t to, const char *scale) {
  std::vector<double> values(from);
  for (int64_t i = 0; i < from; ++i)
    values[i] = 10.0 * i;
  auto type = [](int64_t extent) { return "tensor<1x" + std::to_string(extent) + "x1xf32>"; };
  return eval("nn.resize " + mode + " %0 coord " + coord + " round " + round +
                  " {scales = array<f32: " + scale + ">} : " + type(from) + " -> " + type(to),
              {t("f32", {1, from, 1}, values)});
}

TEST(Resize, Nearest) {
  EXPECT_EQ(resize("nearest", "asymmetric", "floor", 2, 4, "0.5"), "f32[1,4,1] 0 0 10 10");
  EXPECT_EQ(resize("nearest", "asymmetric", "ceil", 2, 4, "0.5"), "f32[1,4,1] 0 10 10 10");
  EXPECT_EQ(resize("nearest", "half_pixel_nearest", "floor", 4, 2, "2.0"), "f32[1,2,1] 10 30");
  EXPECT_EQ(resize("nearest", "align_corners", "half_away", 3, 5, "0.6"), "f32[1,5,1] 0 10 10 20 20");
  EXPECT_EQ(resize("nearest", "align_corners", "half_down", 3, 5, "0.6"), "f32[1,5,1] 0 0 10 10 20");
  EXPECT_EQ(resize("nearest", "asymmetric", "floor", 1, 1, "0x7F800000"), "f32[1,1,1] 0");
}

TEST(Resize, Linear) {
  EXPECT_EQ(resize("linear", "asymmetric", "floor", 2, 4, "0.5"), "f32[1,4,1] 0 5 10 10");
  EXPECT_EQ(resize("linear", "half_pixel", "floor", 2, 4, "0.5"), "f32[1,4,1] 0 2.5 7.5 10");
  EXPECT_EQ(resize("linear", "align_corners", "floor", 2, 3, "0.6"), "f32[1,3,1] 0 5 10");
  EXPECT_EQ(resize("linear", "align_corners", "floor", 2, 1, "2.0"), "f32[1,1,1] 0");
}

TEST(Resize, BilinearWithChannels) {
  EXPECT_EQ(eval("nn.resize linear %0 coord align_corners round floor {scales = array<f32: 0.6, 0.6>} : "
                 "tensor<1x2x2x2xf32> -> tensor<1x3x3x2xf32>",
                 {t("f32", {1, 2, 2, 2}, {0, 100, 2, 102, 4, 104, 6, 106})}),
            "f32[1,3,3,2] 0 100 1 101 2 102 2 102 3 103 4 104 4 104 5 105 6 106");
}

} // namespace
} // namespace aotc::test
