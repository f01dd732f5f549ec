#include "ir/NN/Winograd.h"
#include "test/ir/Interp/Eval.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

Tensor count(Shape shape, const char *type = "f32") {
  std::vector<double> values(*elementCount(shape));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<double>(i);
  return t(type, std::move(shape), values);
}

TEST(Reshape, KeepsOrder) {
  EXPECT_EQ(eval("nn.reshape %0 : tensor<2x3xf32> -> tensor<3x2x1xf32>", {count({2, 3})}),
            "f32[3,2,1] 0 1 2 3 4 5");
  EXPECT_EQ(eval("nn.reshape %0 : tensor<1xi8> -> tensor<i8>", {t("i8", {1}, {4})}), "i8[] 4");
}

TEST(Broadcast, RepeatsUnitDims) {
  EXPECT_EQ(eval("nn.broadcast %0 : tensor<2x1xf16> -> tensor<2x3xf16>", {count({2, 1}, "f16")}),
            "f16[2,3] 0 0 0 1 1 1");
  EXPECT_EQ(eval("nn.broadcast %0 : tensor<1x2xi1> -> tensor<2x2xi1>", {count({1, 2}, "bool")}),
            "bool[2,2] 0 1 0 1");
  EXPECT_EQ(eval("nn.broadcast %0 : tensor<1x1xf32> -> tensor<0x3xf32>", {count({1, 1})}), "f32[0,3]");
}

TEST(Transpose, Permutes) {
  EXPECT_EQ(eval("nn.transpose %0 [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>", {count({2, 3})}),
            "f32[3,2] 0 3 1 4 2 5");
  EXPECT_EQ(
      eval("nn.transpose %0 [2, 0, 1] : tensor<1x2x3xi64> -> tensor<3x1x2xi64>", {count({1, 2, 3}, "i64")}),
      "i64[3,1,2] 0 3 1 4 2 5");
}

TEST(Concat, AlongAnyAxis) {
  Tensor a = count({2, 1}, "u8"), b = t("u8", {2, 2}, {7, 8, 9, 10});
  EXPECT_EQ(eval("nn.concat %0, %1 {axis = 1 : i64} : (tensor<2x1xui8>, tensor<2x2xui8>) -> tensor<2x3xui8>",
                 {a, b}),
            "u8[2,3] 0 7 8 1 9 10");
  EXPECT_EQ(eval("nn.concat %0, %1, %0 {axis = 0 : i64} : (tensor<1xi8>, tensor<0xi8>, tensor<1xi8>) -> "
                 "tensor<2xi8>",
                 {t("i8", {1}, {5}), t("i8", {0}, {})}),
            "i8[2] 5 5");
}

TEST(Slice, StartsAndStrides) {
  EXPECT_EQ(eval("nn.slice %0 {starts = array<i64: 1, 0>, strides = array<i64: 1, 2>} : tensor<3x4xf32> -> "
                 "tensor<2x2xf32>",
                 {count({3, 4})}),
            "f32[2,2] 4 6 8 10");
  EXPECT_EQ(eval("nn.slice %0 {starts = array<i64: 2>, strides = array<i64: 9223372036854775807>} : "
                 "tensor<3xf32> -> "
                 "tensor<1xf32>",
                 {count({3})}),
            "f32[1] 2");
}

TEST(DynamicSlice, ChecksItsStart) {
  auto slice = [](double row, double column) {
    return eval("nn.dynamic_slice %0, %1 : (tensor<3x4xf32>, tensor<2xi32>) -> tensor<2x2xf32>",
                {count({3, 4}), t("i32", {2}, {row, column})});
  };
  EXPECT_EQ(slice(1, 2), "f32[2,2] 6 7 10 11");
  EXPECT_EQ(slice(2, 0), "OUT_OF_RANGE: nn.dynamic_slice: start 2 of dimension 0 is out of range");
  EXPECT_EQ(slice(0, -1), "OUT_OF_RANGE: nn.dynamic_slice: start -1 of dimension 1 is out of range");
}

TEST(Reverse, AlongAxes) {
  EXPECT_EQ(eval("nn.reverse %0 [1] : tensor<2x3xf32>", {count({2, 3})}), "f32[2,3] 2 1 0 5 4 3");
  EXPECT_EQ(eval("nn.reverse %0 [0, 1] : tensor<2x3xf32>", {count({2, 3})}), "f32[2,3] 5 4 3 2 1 0");
}

std::string pad(const std::string &mode) {
  return eval("nn.pad " + mode + " %0, %1 {low = array<i64: 2>, high = array<i64: 1>} : tensor<3xf32> -> " +
                  "tensor<6xf32>, tensor<f32>",
              {count({3}), t("f32", {}, {9})});
}

TEST(Pad, Modes) {
  EXPECT_EQ(pad("constant"), "f32[6] 9 9 0 1 2 9");
  EXPECT_EQ(pad("reflect"), "f32[6] 2 1 0 1 2 1");
  EXPECT_EQ(pad("symmetric"), "f32[6] 1 0 0 1 2 2");
  EXPECT_EQ(pad("edge"), "f32[6] 0 0 0 1 2 2");
}

TEST(Pad, TwoDimensionsAndEmpty) {
  EXPECT_EQ(
      eval("nn.pad constant %0, %1 {low = array<i64: 1, 0>, high = array<i64: 0, 1>} : tensor<1x2xi8> -> "
           "tensor<2x3xi8>, tensor<i8>",
           {t("i8", {1, 2}, {1, 2}), t("i8", {}, {-1})}),
      "i8[2,3] -1 -1 -1 1 2 -1");
  EXPECT_EQ(eval("nn.pad constant %0, %1 {low = array<i64: 1>, high = array<i64: 1>} : tensor<0xi8> -> "
                 "tensor<2xi8>, "
                 "tensor<i8>",
                 {t("i8", {0}, {}), t("i8", {}, {3})}),
            "i8[2] 3 3");
}

TEST(Gather, AlongAnAxis) {
  EXPECT_EQ(
      eval("nn.gather %0, %1 {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x1xi64>) -> tensor<2x2x1xf32>",
           {count({2, 3}), t("i64", {2, 1}, {2, 0})}),
      "f32[2,2,1] 2 0 5 3");
  EXPECT_EQ(eval("nn.gather %0, %1 {axis = 0 : i64} : (tensor<3x2xi16>, tensor<i32>) -> tensor<2xi16>",
                 {count({3, 2}, "i16"), t("i32", {}, {1})}),
            "i16[2] 2 3");
}

TEST(Gather, BatchDims) {
  EXPECT_EQ(
      eval("nn.gather %0, %1 {axis = 1 : i64, batchDims = 1 : i64} : (tensor<2x3xf32>, tensor<2x2xi32>) -> "
           "tensor<2x2xf32>",
           {count({2, 3}), t("i32", {2, 2}, {0, 2, 1, 1})}),
      "f32[2,2] 0 2 4 4");
}

TEST(Gather, RefusesBadIndices) {
  for (double index : {-1, 3})
    EXPECT_EQ(eval("nn.gather %0, %1 {axis = 0 : i64} : (tensor<3xf32>, tensor<1xi32>) -> tensor<1xf32>",
                   {count({3}), t("i32", {1}, {index})})
                  .substr(0, 12),
              "OUT_OF_RANGE");
}

TEST(GatherNd, PicksElementsAndSlices) {
  EXPECT_EQ(eval("nn.gather_nd %0, %1 : (tensor<2x3xf32>, tensor<2x2xi32>) -> tensor<2xf32>",
                 {count({2, 3}), t("i32", {2, 2}, {0, 2, 1, 0})}),
            "f32[2] 2 3");
  EXPECT_EQ(eval("nn.gather_nd %0, %1 : (tensor<2x3xf32>, tensor<1x1xi64>) -> tensor<1x3xf32>",
                 {count({2, 3}), t("i64", {1, 1}, {1})}),
            "f32[1,3] 3 4 5");
  EXPECT_EQ(
      eval("nn.gather_nd %0, %1 {batchDims = 1 : i64} : (tensor<2x3xf32>, tensor<2x1xi64>) -> tensor<2xf32>",
           {count({2, 3}), t("i64", {2, 1}, {2, 0})}),
      "f32[2] 2 3");
  EXPECT_EQ(eval("nn.gather_nd %0, %1 : (tensor<2x3xf32>, tensor<1x2xi32>) -> tensor<1xf32>",
                 {count({2, 3}), t("i32", {1, 2}, {0, 3})}),
            "OUT_OF_RANGE: nn.gather_nd: index 3 is outside [0, 3)");
}

std::string scatter(const std::string &fn, double second) {
  return eval("nn.scatter_nd " + fn +
                  " %0, %1, %2 : (tensor<3x2xf32>, tensor<2x1xi32>, tensor<2x2xf32>) -> tensor<3x2xf32>",
              {count({3, 2}), t("i32", {2, 1}, {1, second}), t("f32", {2, 2}, {10, -10, 5, 6})});
}

TEST(ScatterNd, InOrder) {
  EXPECT_EQ(scatter("update", 1), "f32[3,2] 0 1 5 6 4 5");
  EXPECT_EQ(scatter("add", 1), "f32[3,2] 0 1 17 -1 4 5");
  EXPECT_EQ(scatter("mul", 2), "f32[3,2] 0 1 20 -30 20 30");
  EXPECT_EQ(scatter("max", 0), "f32[3,2] 5 6 10 3 4 5");
  EXPECT_EQ(scatter("min", 0), "f32[3,2] 0 1 2 -10 4 5");
  EXPECT_EQ(scatter("add", 3), "OUT_OF_RANGE: nn.scatter_nd: index 3 is outside [0, 3)");
  EXPECT_EQ(
      eval("nn.scatter_nd add %0, %1, %2 : (tensor<1xi8>, tensor<1x1xi32>, tensor<1xi8>) -> tensor<1xi8>",
           {t("i8", {1}, {127}), t("i32", {1, 1}, {0}), t("i8", {1}, {1})}),
      "i8[1] -128");
}

TEST(Insert, ReplacesAPartOfEveryRow) {
  const std::string group = "nn.fusion loop(%0, %1) : (tensor<2x1xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> {\n"
                            "^bb0(%a: tensor<2x1xf32>, %b: tensor<2x3xf32>):\n"
                            "%c = nn.insert %a into %b {start = 1 : i64} : (tensor<2x1xf32>, tensor<2x3xf32>) -> "
                            "tensor<2x3xf32>\nnn.yield %c : tensor<2x3xf32>\n}";
  EXPECT_EQ(eval(group, {t("f32", {2, 1}, {8, 9}), t("f32", {2, 3}, {1, 2, 3, 4, 5, 6})}), "f32[2,3] 1 8 3 4 9 6");
}

TEST(UnpackPanels, DropsPadding) {
  // Two columns a panel, three columns in the group.
  Tensor packed = t("f32", {1, 2, 2, 2}, {1, 2, 4, 5, 3, -1, 6, -1});
  EXPECT_EQ(eval("nn.unpack_panels %0 : tensor<1x2x2x2xf32> -> tensor<2x1x3xf32>", {packed}),
            "f32[2,1,3] 1 2 3 4 5 6");
  EXPECT_EQ(
      eval("nn.unpack_panels %0 {transposed = true} : tensor<1x2x2x2xf32> -> tensor<3x2xf32>", {packed}),
      "f32[3,2] 1 4 2 5 3 6");
  EXPECT_EQ(eval("nn.unpack_panels %0 : tensor<2x1x1x2xf32> -> tensor<1x2xf32>",
                 {t("f32", {2, 1, 1, 2}, {1, -1, 2, -1})}),
            "f32[1,2] 1 2"); // one column in each of two groups
}

TEST(UnpackWinograd, RecoversTheFilter) {
  const double weights[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (int64_t tile : {2, 4}) {
    const nn::Winograd &w = nn::winograd(tile);
    std::vector<double> transformed(w.extent * w.extent), packed;
    nn::transformFilter(w, weights, transformed.data());
    for (double value : transformed)
      packed.insert(packed.end(), {value, -1}); // one column of two
    int64_t positions = w.extent * w.extent;
    EXPECT_EQ(eval("nn.unpack_winograd %0 : tensor<1x" + std::to_string(positions) +
                       "x1x2xf32> -> tensor<3x3x1x1xf32>",
                   {t("f32", {1, positions, 1, 2}, packed)}),
              "f32[3,3,1,1] 1 2 3 4 5 6 7 8 9");
  }
}

TEST(Iota, AlongAnAxis) {
  EXPECT_EQ(eval("nn.iota {axis = 1 : i64} : tensor<2x3xi32>"), "i32[2,3] 0 1 2 0 1 2");
  EXPECT_EQ(eval("nn.iota {axis = 0 : i64} : tensor<2x2xbf16>"), "bf16[2,2] 0 0 1 1");
  EXPECT_EQ(eval("nn.iota {axis = 0 : i64} : tensor<0xi32>"), "i32[0]");
}

} // namespace
} // namespace aotc::test
