#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "test/ir/Interp/Eval.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

const double kInf = INFINITY, kNan = NAN;

// Element types as MLIR spells them.
std::string element(const Tensor &x) {
  std::string text(name(x.dtype()));
  return text == "bool" ? "i1" : text[0] == 'u' ? "ui" + text.substr(1) : text;
}
std::string type(const Tensor &x) {
  std::string text = "tensor<";
  for (int64_t dim : x.shape())
    absl::StrAppend(&text, dim, "x");
  return text + element(x) + ">";
}

std::string unary(const char *fn, const Tensor &x) {
  return eval(absl::Substitute("nn.unary $0 %0 : $1 -> $1", fn, type(x)), {x});
}
std::string unary(const char *fn, std::vector<double> values) {
  return unary(fn, t("f32", {static_cast<int64_t>(values.size())}, values));
}
std::string binary(const char *fn, const Tensor &x, const Tensor &y) {
  return eval(absl::Substitute("nn.binary $0 %0, %1 : $1", fn, type(x)), {x, y});
}
std::string binary(const char *fn, const char *dtype, std::vector<double> a, std::vector<double> b) {
  auto n = static_cast<int64_t>(a.size());
  return binary(fn, t(dtype, {n}, a), t(dtype, {n}, b));
}

TEST(Constant, Small) {
  EXPECT_EQ(eval("nn.constant dense<[[1.5], [2.5]]> : tensor<2x1xf32>"), "f32[2,1] 1.5 2.5");
  EXPECT_EQ(eval("nn.constant dense<3> : tensor<2xui8>"), "u8[2] 3 3");
  EXPECT_EQ(eval("nn.constant dense<[true, false]> : tensor<2xi1>"), "bool[2] 1 0");
  EXPECT_EQ(eval("nn.constant dense<> : tensor<0x2xi64>"), "i64[0,2]");
}

TEST(Unary, Rounding) {
  EXPECT_EQ(unary("neg", {1, -2, 0, kNan}), "f32[4] -1 2 -0 nan");
  EXPECT_EQ(unary("abs", {-1, -0.0, -kInf}), "f32[3] 1 0 inf");
  EXPECT_EQ(unary("sign", {-3, 0, 7, kNan}), "f32[4] -1 0 1 nan");
  EXPECT_EQ(unary("floor", {-1.5, 1.5}), "f32[2] -2 1");
  EXPECT_EQ(unary("ceil", {-1.5, 1.5}), "f32[2] -1 2");
  EXPECT_EQ(unary("round_even", {0.5, 1.5, 2.5, -0.5, -1.5}), "f32[5] 0 2 2 -0 -2");
  EXPECT_EQ(unary("trunc", {-1.7, 1.7}), "f32[2] -1 1");
}

TEST(Unary, Powers) {
  EXPECT_EQ(unary("sqrt", {4, 2, -1}), "f32[3] 2 1.41421 nan");
  EXPECT_EQ(unary("rsqrt", {4, 0, kInf}), "f32[3] 0.5 inf 0");
  EXPECT_EQ(unary("reciprocal", {4, 0, -0.0}), "f32[3] 0.25 inf -inf");
  EXPECT_EQ(unary("exp", {0, 1, 100, -200}), "f32[4] 1 2.71828 inf 0");
  EXPECT_EQ(unary("expm1", {0, 1e-6}), "f32[2] 0 1e-06");
  EXPECT_EQ(unary("log", {1, 0, -1}), "f32[3] 0 -inf nan");
  EXPECT_EQ(unary("log1p", {0, 1e-6, -1}), "f32[3] 0 1e-06 -inf");
}

TEST(Unary, Trigonometry) {
  EXPECT_EQ(unary("sin", {0, 1}), "f32[2] 0 0.841471");
  EXPECT_EQ(unary("cos", {0, 1}), "f32[2] 1 0.540302");
  EXPECT_EQ(unary("tan", {0, 1}), "f32[2] 0 1.55741");
  EXPECT_EQ(unary("asin", {1, 2}), "f32[2] 1.5708 nan");
  EXPECT_EQ(unary("acos", {1, -1}), "f32[2] 0 3.14159");
  EXPECT_EQ(unary("atan", {1, kInf}), "f32[2] 0.785398 1.5708");
  EXPECT_EQ(unary("sinh", {1}), "f32[1] 1.1752");
  EXPECT_EQ(unary("cosh", {1}), "f32[1] 1.54308");
  EXPECT_EQ(unary("tanh", {1, -kInf}), "f32[2] 0.761594 -1");
  EXPECT_EQ(unary("asinh", {1}), "f32[1] 0.881374");
  EXPECT_EQ(unary("acosh", {2, 0}), "f32[2] 1.31696 nan");
  EXPECT_EQ(unary("atanh", {0.5, 1}), "f32[2] 0.549306 inf");
}

TEST(Unary, Activations) {
  EXPECT_EQ(unary("erf", {0.5, kInf}), "f32[2] 0.5205 1");
  EXPECT_EQ(unary("erfc", {0.5}), "f32[1] 0.4795");
  EXPECT_EQ(unary("lgamma", {5, 0.5}), "f32[2] 3.17805 0.572365");
  EXPECT_EQ(unary("sigmoid", {0, 1, -1000, 1000}), "f32[4] 0.5 0.731059 0 1");
  EXPECT_EQ(unary("softplus", {0, 100, -100}), "f32[3] 0.693147 100 3.78351e-44");
  EXPECT_EQ(unary("relu", {-1, 2, kNan, kInf}), "f32[4] 0 2 nan inf");
}

TEST(Unary, Integers) {
  EXPECT_EQ(unary("neg", t("i8", {2}, {-128, 5})), "i8[2] -128 -5");
  EXPECT_EQ(unary("neg", t("u8", {1}, {1})), "u8[1] 255");
  EXPECT_EQ(unary("abs", t("i16", {2}, {-7, -32768})), "i16[2] 7 -32768");
  EXPECT_EQ(unary("sign", t("i32", {3}, {-7, 0, 9})), "i32[3] -1 0 1");
  EXPECT_EQ(unary("sign", t("u8", {2}, {200, 0})), "u8[2] 1 0");
  EXPECT_EQ(unary("relu", t("i64", {2}, {-7, 7})), "i64[2] 0 7");
  EXPECT_EQ(unary("not", t("i8", {2}, {0, 5})), "i8[2] -1 -6");
  EXPECT_EQ(unary("not", t("bool", {2}, {0, 1})), "bool[2] 1 0");
  EXPECT_EQ(eval("nn.unary pop_count %0 : tensor<3xi16> -> tensor<3xui8>", {t("i16", {3}, {-1, 0, 5})}),
            "u8[3] 16 0 2");
}

TEST(Unary, Classification) {
  Tensor x = t("f32", {4}, {1, kInf, -kInf, kNan});
  EXPECT_EQ(eval("nn.unary is_nan %0 : tensor<4xf32> -> tensor<4xi1>", {x}), "bool[4] 0 0 0 1");
  EXPECT_EQ(eval("nn.unary is_inf %0 : tensor<4xf32> -> tensor<4xi1>", {x}), "bool[4] 0 1 1 0");
  EXPECT_EQ(eval("nn.unary is_finite %0 : tensor<4xf32> -> tensor<4xi1>", {x}), "bool[4] 1 0 0 0");
}

TEST(Unary, NarrowFloatsComputeInF32) {
  EXPECT_EQ(unary("sqrt", t("f16", {2}, {2, 4})), "f16[2] 1.41406 2");
  EXPECT_EQ(unary("exp", t("bf16", {1}, {1})), "bf16[1] 2.71875");
  EXPECT_EQ(unary("exp", t("f16", {1}, {12})), "f16[1] inf");
  EXPECT_EQ(unary("log", t("f64", {1}, {1e-300})), "f64[1] -690.776");
}

TEST(Unary, Empty) { EXPECT_EQ(unary("exp", t("f32", {0, 3}, {})), "f32[0,3]"); }

TEST(Binary, Floats) {
  EXPECT_EQ(binary("add", "f32", {1, kInf}, {2, -kInf}), "f32[2] 3 nan");
  EXPECT_EQ(binary("sub", "f32", {1}, {2}), "f32[1] -1");
  EXPECT_EQ(binary("mul", "f32", {3}, {-2}), "f32[1] -6");
  EXPECT_EQ(binary("div", "f32", {1, 1, 0}, {4, 0, 0}), "f32[3] 0.25 inf nan");
  EXPECT_EQ(binary("floor_div", "f32", {7, -7, 1}, {2, 2, 0.1}), "f32[3] 3 -4 10"); // the f32 quotient is 10
  EXPECT_EQ(binary("floor_mod", "f32", {7, -7, 7, -7}, {3, 3, -3, -3}), "f32[4] 1 2 -2 -1");
  EXPECT_EQ(binary("trunc_mod", "f32", {7, -7, 7}, {3, 3, -3}), "f32[3] 1 -1 1");
  EXPECT_EQ(binary("pow", "f32", {2, -2, 0, -8}, {10, 3, 0, 0.5}), "f32[4] 1024 -8 1 nan");
  EXPECT_EQ(binary("max", "f32", {1, kNan, 1}, {2, 1, kNan}), "f32[3] 2 nan nan");
  EXPECT_EQ(binary("min", "f32", {1, kNan, 1}, {2, 1, kNan}), "f32[3] 1 nan nan");
  EXPECT_EQ(binary("atan2", "f32", {1, 0}, {-1, -1}), "f32[2] 2.35619 3.14159");
  EXPECT_EQ(binary("add", "f16", {2048}, {1}), "f16[1] 2048");
}

TEST(Binary, IntegersWrap) {
  EXPECT_EQ(binary("add", "i8", {127, -128}, {1, -1}), "i8[2] -128 127");
  EXPECT_EQ(binary("sub", "u8", {0}, {1}), "u8[1] 255");
  EXPECT_EQ(binary("mul", "i16", {300}, {300}), "i16[1] 24464");
  EXPECT_EQ(binary("mul", "u16", {65535}, {65535}), "u16[1] 1");
  EXPECT_EQ(binary("mul", "i64", {0x1p62}, {4}), "i64[1] 0");
  EXPECT_EQ(binary("add", "i64", {0x1p62}, {0x1p62}), "i64[1] -9223372036854775808");
}

TEST(Binary, IntegerDivision) {
  EXPECT_EQ(binary("div", "i32", {7, -7, 7, -2147483648.0}, {2, 2, -2, -1}), "i32[4] 3 -3 -3 -2147483648");
  EXPECT_EQ(binary("div", "i64", {-0x1p63}, {-1}), "i64[1] -9223372036854775808");
  EXPECT_EQ(binary("div", "u8", {200}, {3}), "u8[1] 66");
  EXPECT_EQ(binary("floor_div", "i32", {7, -7, 7, -7, -6}, {2, 2, -2, -2, 2}), "i32[5] 3 -4 -4 3 -3");
  EXPECT_EQ(binary("floor_mod", "i32", {7, -7, 7, -7, 6}, {3, 3, -3, -3, -3}), "i32[5] 1 2 -2 -1 0");
  EXPECT_EQ(binary("trunc_mod", "i32", {7, -7, 7}, {3, 3, -3}), "i32[3] 1 -1 1");
  EXPECT_EQ(binary("trunc_mod", "i64", {-0x1p63}, {-1}), "i64[1] 0");
  for (const char *fn : {"div", "floor_div", "floor_mod", "trunc_mod"})
    EXPECT_EQ(binary(fn, "i32", {1, 1}, {1, 0}), "INVALID_ARGUMENT: nn.binary: division by zero");
}

TEST(Binary, IntegerPowers) {
  EXPECT_EQ(binary("pow", "i32", {3, -2, 0, 2, 5}, {4, 3, 0, 40, 1}), "i32[5] 81 -8 1 0 5");
  EXPECT_EQ(binary("pow", "i32", {1, -1, -1, 2, 0}, {-5, -2, -3, -1, -1}), "i32[5] 1 1 -1 0 0");
  EXPECT_EQ(binary("pow", "u8", {2}, {255}), "u8[1] 0");
}

TEST(Binary, Comparisons) {
  EXPECT_EQ(binary("max", "u8", {200}, {100}), "u8[1] 200");
  EXPECT_EQ(binary("max", "i8", {-56}, {100}), "i8[1] 100");
  EXPECT_EQ(binary("min", "i64", {-5}, {3}), "i64[1] -5");
}

TEST(Binary, Bits) {
  EXPECT_EQ(binary("and", "i8", {12, -1}, {10, 7}), "i8[2] 8 7");
  EXPECT_EQ(binary("or", "u8", {12}, {10}), "u8[1] 14");
  EXPECT_EQ(binary("xor", "bool", {1, 1, 0}, {1, 0, 0}), "bool[3] 0 1 0");
  EXPECT_EQ(binary("shift_left", "i8", {1, 1, 3, 1}, {3, 9, -1, 7}), "i8[4] 8 -128 3 -128");
  EXPECT_EQ(binary("shift_right", "i8", {-8, -8, 64}, {1, 100, 6}), "i8[3] -4 -1 1");
  EXPECT_EQ(binary("shift_right", "u8", {248, 255}, {1, 200}), "u8[2] 124 1");
}

TEST(Compare, All) {
  Tensor a = t("f32", {4}, {1, 2, 3, kNan}), b = t("f32", {4}, {2, 2, 2, kNan});
  auto compare = [&](const char *fn) {
    return eval(absl::Substitute("nn.compare $0 %0, %1 : tensor<4xf32> -> tensor<4xi1>", fn), {a, b});
  };
  EXPECT_EQ(compare("eq"), "bool[4] 0 1 0 0");
  EXPECT_EQ(compare("ne"), "bool[4] 1 0 1 1");
  EXPECT_EQ(compare("lt"), "bool[4] 1 0 0 0");
  EXPECT_EQ(compare("le"), "bool[4] 1 1 0 0");
  EXPECT_EQ(compare("gt"), "bool[4] 0 0 1 0");
  EXPECT_EQ(compare("ge"), "bool[4] 0 1 1 0");
  EXPECT_EQ(eval("nn.compare lt %0, %1 : tensor<1xui8> -> tensor<1xi1>",
                 {t("u8", {1}, {100}), t("u8", {1}, {200})}),
            "bool[1] 1");
}

TEST(Select, ByElement) {
  EXPECT_EQ(eval("nn.select %0, %1, %2 : tensor<2xi1>, tensor<2xf16>",
                 {t("bool", {2}, {1, 0}), t("f16", {2}, {1, 2}), t("f16", {2}, {3, 4})}),
            "f16[2] 1 4");
}

TEST(Clamp, KeepsNan) {
  EXPECT_EQ(eval("nn.clamp %0 {low = 0.0 : f64, high = 6.0 : f64} : tensor<4xf32>",
                 {t("f32", {4}, {-1, 3, 9, kNan})}),
            "f32[4] 0 3 6 nan");
  EXPECT_EQ(eval("nn.clamp %0 {low = 0.0 : f64, high = 0x7FF0000000000000 : f64} : tensor<2xf32>",
                 {t("f32", {2}, {-1, 1e30})}),
            "f32[2] 0 1e+30");
}

std::string cast(const Tensor &x, const char *to) {
  std::string result = type(x);
  result = result.substr(0, result.rfind('x') + 1) + to + ">";
  return eval(absl::Substitute("nn.cast %0 : $0 -> $1", type(x), result), {x});
}

TEST(Cast, FloatToIntegerSaturates) {
  Tensor x = t("f32", {6}, {1.9, -1.9, 1e20, -1e20, kNan, 300});
  EXPECT_EQ(cast(x, "i32"), "i32[6] 1 -1 2147483647 -2147483648 0 300");
  EXPECT_EQ(cast(x, "i64"), "i64[6] 1 -1 9223372036854775807 -9223372036854775808 0 300");
  EXPECT_EQ(cast(x, "i8"), "i8[6] 1 -1 127 -128 0 127");
  EXPECT_EQ(cast(x, "ui8"), "u8[6] 1 0 255 0 0 255");
  EXPECT_EQ(cast(x, "ui64"), "u64[6] 1 0 -1 0 0 300"); // shown as int64
  EXPECT_EQ(cast(x, "i1"), "bool[6] 1 1 1 1 1 1");
  EXPECT_EQ(cast(t("f64", {2}, {2147483647.5, -2147483648.5}), "i32"), "i32[2] 2147483647 -2147483648");
}

TEST(Cast, Integers) {
  EXPECT_EQ(cast(t("i32", {3}, {300, -1, 128}), "i8"), "i8[3] 44 -1 -128");
  EXPECT_EQ(cast(t("i32", {2}, {-1, 5}), "ui16"), "u16[2] 65535 5");
  EXPECT_EQ(cast(t("u8", {1}, {255}), "i16"), "i16[1] 255");
  EXPECT_EQ(cast(t("i32", {2}, {256, 0}), "i1"), "bool[2] 1 0");
  EXPECT_EQ(cast(t("bool", {2}, {1, 0}), "f32"), "f32[2] 1 0");
  EXPECT_EQ(cast(t("i64", {1}, {16777217}), "f32"), "f32[1] 1.67772e+07");
}

TEST(Cast, NarrowFloats) {
  EXPECT_EQ(cast(t("f32", {3}, {2049, 65520, 0.1}), "f16"), "f16[3] 2048 inf 0.0999756");
  EXPECT_EQ(cast(t("f16", {2}, {1.5, -2}), "bf16"), "bf16[2] 1.5 -2");
  EXPECT_EQ(cast(t("bf16", {1}, {3.9}), "i8"), "i8[1] 3");
  EXPECT_EQ(cast(t("f32", {1}, {0.1}), "f64"), "f64[1] 0.1");
}

TEST(Bitcast, KeepsBits) {
  EXPECT_EQ(eval("nn.bitcast %0 : tensor<2xf32> -> tensor<2xi32>", {t("f32", {2}, {1, -0.0})}),
            "i32[2] 1065353216 -2147483648");
  EXPECT_EQ(eval("nn.bitcast %0 : tensor<1xi16> -> tensor<1xf16>", {t("i16", {1}, {0x3c00})}), "f16[1] 1");
}

TEST(Arguments, MustMatch) {
  auto result = evaluate("nn.unary neg %0 : tensor<2xf32> -> tensor<2xf32>", {t("f32", {2}, {1, 2})});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(eval("arith.constant 1 : i32").substr(0, 9), "INTERNAL:"); // not registered
}

} // namespace
} // namespace aotc::test
