#include <cmath>

#include "test/ir/Interp/Eval.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

std::string rows(const std::string &fn, const char *mlirType, const Tensor &x) {
  std::string type(mlirType);
  return eval("nn.reduce " + fn + " %0 [1] : tensor<2x3x" + type + "> -> tensor<2x1x" + type + ">", {x});
}

TEST(Reduce, Floats) {
  Tensor x = t("f32", {2, 3}, {1, 2, 3, -4, 5, -6});
  EXPECT_EQ(rows("sum", "f32", x), "f32[2,1] 6 -5");
  EXPECT_EQ(rows("mean", "f32", x), "f32[2,1] 2 -1.66667");
  EXPECT_EQ(rows("max", "f32", x), "f32[2,1] 3 5");
  EXPECT_EQ(rows("min", "f32", x), "f32[2,1] 1 -6");
  EXPECT_EQ(rows("prod", "f32", x), "f32[2,1] 6 120");
  Tensor nan = t("f32", {2, 3}, {1, NAN, 3, NAN, 5, -6});
  EXPECT_EQ(rows("max", "f32", nan), "f32[2,1] nan nan");
  EXPECT_EQ(rows("min", "f32", nan), "f32[2,1] nan nan");
}

TEST(Reduce, Integers) {
  EXPECT_EQ(rows("sum", "i8", t("i8", {2, 3}, {100, 100, 0, -100, -100, 0})), "i8[2,1] -56 56");
  EXPECT_EQ(rows("mean", "i8", t("i8", {2, 3}, {1, 2, 2, -1, -2, -2})), "i8[2,1] 1 -1");
  EXPECT_EQ(rows("mean", "ui8", t("u8", {2, 3}, {200, 50, 2, 1, 2, 2})), "u8[2,1] 84 1");
  EXPECT_EQ(rows("max", "ui8", t("u8", {2, 3}, {200, 50, 2, 1, 2, 2})), "u8[2,1] 200 2");
  EXPECT_EQ(rows("prod", "i16", t("i16", {2, 3}, {300, 300, 1, 1, 2, 3})), "i16[2,1] 24464 6");
}

TEST(Reduce, Bools) {
  Tensor x = t("bool", {2, 3}, {0, 1, 0, 1, 1, 1});
  EXPECT_EQ(rows("any", "i1", x), "bool[2,1] 1 1");
  EXPECT_EQ(rows("all", "i1", x), "bool[2,1] 0 1");
}

TEST(Reduce, SeveralAxes) {
  Tensor x = t("f32", {2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(eval("nn.reduce sum %0 [0, 2] : tensor<2x2x2xf32> -> tensor<1x2x1xf32>", {x}),
            "f32[1,2,1] 14 22");
  EXPECT_EQ(eval("nn.reduce sum %0 [0, 1, 2] : tensor<2x2x2xf32> -> tensor<1x1x1xf32>", {x}),
            "f32[1,1,1] 36");
  EXPECT_EQ(eval("nn.reduce sum %0 [] : tensor<2x2x2xf32> -> tensor<2x2x2xf32>", {x}),
            "f32[2,2,2] 1 2 3 4 5 6 7 8");
}

TEST(Reduce, Nothing) {
  auto empty = [](const std::string &fn, const char *type, const char *mlirType) {
    return eval("nn.reduce " + fn + " %0 [0] : tensor<0x1x" + mlirType + "> -> tensor<1x1x" + mlirType + ">",
                {t(type, {0, 1}, {})});
  };
  EXPECT_EQ(empty("sum", "f32", "f32"), "f32[1,1] 0");
  EXPECT_EQ(empty("prod", "f32", "f32"), "f32[1,1] 1");
  EXPECT_EQ(empty("mean", "f32", "f32"), "f32[1,1] nan");
  EXPECT_EQ(empty("max", "f32", "f32"), "f32[1,1] -inf");
  EXPECT_EQ(empty("min", "i8", "i8"), "i8[1,1] 127");
  EXPECT_EQ(empty("max", "i32", "i32"), "i32[1,1] -2147483648");
  EXPECT_EQ(empty("mean", "i32", "i32"), "i32[1,1] 0");
  EXPECT_EQ(empty("all", "bool", "i1"), "bool[1,1] 1");
}

TEST(Reduce, AccumulatesWide) {
  Tensor x = t("f16", {1, 4096}, std::vector<double>(4096, 1));
  EXPECT_EQ(eval("nn.reduce sum %0 [1] : tensor<1x4096xf16> -> tensor<1x1xf16>", {x}), "f16[1,1] 4096");
}

TEST(ArgReduce, FirstExtremum) {
  Tensor x = t("f32", {2, 4}, {1, 3, 3, 0, NAN, 9, -1, -1});
  EXPECT_EQ(eval("nn.arg_reduce max %0 {axis = 1 : i64} : tensor<2x4xf32> -> tensor<2x1xi64>", {x}),
            "i64[2,1] 1 0");
  EXPECT_EQ(eval("nn.arg_reduce min %0 {axis = 1 : i64} : tensor<2x4xf32> -> tensor<2x1xi32>", {x}),
            "i32[2,1] 3 0");
  EXPECT_EQ(eval("nn.arg_reduce max %0 {axis = 0 : i64} : tensor<2x2xui8> -> tensor<1x2xi32>",
                 {t("u8", {2, 2}, {1, 200, 2, 100})}),
            "i32[1,2] 1 0");
  EXPECT_EQ(eval("nn.arg_reduce max %0 {axis = 0 : i64} : tensor<3xf32> -> tensor<1xi32>",
                 {t("f32", {3}, {1, NAN, 2})}),
            "i32[1] 2");
}

TEST(TopK, KeepsTheOrderOfEqualValues) {
  EXPECT_EQ(eval("nn.top_k %0 : tensor<2x4xf32> -> tensor<2x3xf32>, tensor<2x3xi32>",
                 {t("f32", {2, 4}, {1, 3, 2, 3, NAN, 0, -1, 5})}),
            "f32[2,3] 3 3 2 5 0 -1; i32[2,3] 1 3 2 3 1 2");
  EXPECT_EQ(eval("nn.top_k %0 : tensor<3xui8> -> tensor<1xui8>, tensor<1xi64>", {t("u8", {3}, {1, 255, 2})}),
            "u8[1] 255; i64[1] 1");
  EXPECT_EQ(eval("nn.top_k %0 : tensor<3xf32> -> tensor<0xf32>, tensor<0xi32>", {t("f32", {3}, {1, 2, 3})}),
            "f32[0]; i32[0]");
}

TEST(Cumulative, Variants) {
  auto run = [](const std::string &fn, const std::string &flags) {
    return eval("nn.cumulative " + fn + " %0 {axis = 0 : i64" + flags + "} : tensor<4xf32>",
                {t("f32", {4}, {1, 2, 3, 4})});
  };
  EXPECT_EQ(run("sum", ""), "f32[4] 1 3 6 10");
  EXPECT_EQ(run("sum", ", exclusive = true"), "f32[4] 0 1 3 6");
  EXPECT_EQ(run("sum", ", reverse = true"), "f32[4] 10 9 7 4");
  EXPECT_EQ(run("prod", ", exclusive = true, reverse = true"), "f32[4] 24 12 4 1");
  EXPECT_EQ(
      eval("nn.cumulative sum %0 {axis = 0 : i64} : tensor<2x2xi8>", {t("i8", {2, 2}, {100, 1, 100, 2})}),
      "i8[2,2] 100 1 -56 3");
}

TEST(Softmax, AnyAxisAndLog) {
  Tensor x = t("f32", {2, 2}, {0, 0, 1000, 1000});
  EXPECT_EQ(eval("nn.softmax %0 {axis = 1 : i64} : tensor<2x2xf32>", {x}), "f32[2,2] 0.5 0.5 0.5 0.5");
  EXPECT_EQ(eval("nn.softmax %0 {axis = 0 : i64} : tensor<2x2xf32>", {x}), "f32[2,2] 0 0 1 1");
  EXPECT_EQ(eval("nn.softmax %0 {axis = 0 : i64, log = true} : tensor<2x2xf32>", {x}),
            "f32[2,2] -1000 -1000 0 0");
  EXPECT_EQ(eval("nn.softmax %0 {axis = 0 : i64} : tensor<3xf64>", {t("f64", {3}, {1, 2, 3})}),
            "f64[3] 0.0900306 0.244728 0.665241");
  EXPECT_EQ(eval("nn.softmax %0 {axis = 1 : i64} : tensor<2x0xf32>", {t("f32", {2, 0}, {})}), "f32[2,0]");
}

} // namespace
} // namespace aotc::test
