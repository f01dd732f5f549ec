// Between numbers and the integers that stand for them, outside of the kernels for products of bytes: the same bits as
// the interpreter's, special values included.
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "test/backends/cpu/CodegenHarness.h"

namespace aotc {
namespace {

class Quantize : public testing::TestWithParam<std::string> {
protected:
  void expectSame(const std::string &text) { EXPECT_EQ(test::difference(text, GetParam(), 0), "") << text; }
};
INSTANTIATE_TEST_SUITE_P(, Quantize, testing::Values("x86-64", "native"), [](const auto &info) {
  std::string name = info.param;
  for (char &c : name)
    if (c == '-')
      c = '_';
  return name;
});

std::string tensor(const std::string &shape, const std::string &element) { return absl::StrCat("tensor<", shape, "x", element, ">"); }

TEST_P(Quantize, EveryRoundingAndType) {
  struct Bounds {
    const char *element, *values;
  };
  for (Bounds to : {Bounds{"i8", "{zero = 5 : i64, low = -128 : i64, high = 127 : i64}"},
                    {"i8", "{zero = -128 : i64, low = -100 : i64, high = 90 : i64}"},
                    {"ui8", "{zero = 255 : i64, low = 0 : i64, high = 255 : i64}"},
                    {"ui8", "{zero = 0 : i64, low = 7 : i64, high = 200 : i64}"},
                    {"i16", "{zero = -300 : i64, low = -32768 : i64, high = 32767 : i64}"},
                    {"ui16", "{zero = 1000 : i64, low = 0 : i64, high = 60000 : i64}"}})
    for (auto [rounding, from] : {std::pair("float_rne", "f32"), {"divide", "f32"}, {"float_up", "f32"}, {"divide_up", "f32"}, {"float_away", "f32"},
                                  {"float_rne", "i32"}, {"divide", "i32"}, {"float_up", "i32"}, {"float_away", "i32"}, {"fixed", "i32"}})
      for (const char *shape : {"3x37", "5"})
        for (const char *factor : {"0.03125", "77.3", "1.7e-3", "1.0e30", "-0.7"}) {
          std::string in = tensor(shape, from), f = tensor(shape, "f32"), out = tensor(shape, to.element);
          expectSame(test::function({in},
                                    {absl::Substitute("%f = nn.constant dense<$0> : $1\n%r0 = nn.quantize $2 %0, %f $3 : $4, $1 -> $5",
                                                      factor, f, rounding, to.values, in, out)},
                                    {out}));
        }
}

// Step by step as the interpreter, also where halves are near: operands are multiples of a sixteenth of a step, or one bit off.
TEST_P(Quantize, Origins) {
  for (auto [element, values] : {std::pair("ui8", "zero = 43 : i64, low = 1 : i64, high = 255 : i64"), {"ui16", "zero = 43 : i64, low = 0 : i64, high = 65535 : i64"},
                                 {"i8", "zero = 0 : i64, low = -128 : i64, high = 127 : i64"}})
    for (const char *rounding : {"float_rne", "divide", "float_up", "divide_up", "float_away"})
      for (auto [factor, origin] : {std::pair("0.0235294122", "-0.988235295"), {"42.5", "-1.0"}, {"0.1", "-0.0"}}) {
        std::string in = tensor("9x37", "f32"), out = tensor("9x37", element);
        expectSame(test::function({in, "tensor<9x37xi8>"},
                                  {absl::Substitute("%f = nn.constant dense<$0> : $1\n%c = nn.cast %1 : tensor<9x37xi8> -> $1\n"
                                                    "%k = nn.constant dense<0.00147058826> : $1\n%x = nn.binary mul %c, %k : $1\n"
                                                    "%r0 = nn.quantize $2 %x, %f {$3, origin = $4 : f32} : $1, $1 -> $5\n"
                                                    "%r1 = nn.quantize $2 %0, %f {$3, origin = $4 : f32} : $1, $1 -> $5",
                                                    factor, in, rounding, values, origin, out)},
                                  {out, out}));
      }
}

TEST_P(Quantize, FactorsOfChannels) {
  std::string in = tensor("6x19", "i32"), f = tensor("6x19", "f32"), out = tensor("6x19", "ui8");
  for (const char *rounding : {"float_rne", "fixed"})
    expectSame(test::function({in, "tensor<1x19xf32> {test.finite}"},
                              {absl::Substitute("%f = nn.broadcast %1 : tensor<1x19xf32> -> $0\n%r0 = nn.quantize $1 %0, %f {zero = 9 : i64, "
                                                "low = 0 : i64, high = 255 : i64} : $2, $0 -> $3",
                                                f, rounding, in, out)},
                              {out}));
}

TEST_P(Quantize, Back) {
  for (auto [from, zero] : {std::pair("i8", -128), {"ui8", 255}, {"i16", -7}, {"ui16", 60000}, {"i32", 3}})
    expectSame(test::function({tensor("3x21", from)},
                              {absl::Substitute("%f = nn.constant dense<0.37> : tensor<3x21xf32>\n%r0 = nn.dequantize %0, %f {zero = $0 : i64} : $1, "
                                                "tensor<3x21xf32>",
                                                zero, tensor("3x21", from))},
                              {"tensor<3x21xf32>"}));
}

TEST_P(Quantize, WideSumsOfBytes) {
  for (const char *from : {"i8", "ui8"}) {
    std::string in = tensor("2x9x10x21", from);
    for (auto [axes, to] : {std::pair("1, 2", "2x1x1x21"), {"3", "2x9x10x1"}, {"0", "1x9x10x21"}})
      expectSame(test::function({in}, {absl::Substitute("%r0 = nn.reduce sum %0 [$0] : $1 -> $2", axes, in, tensor(to, "i32"))},
                                {tensor(to, "i32")}));
    expectSame(test::function({in},
                              {absl::Substitute("%r0 = nn.pool sum %0 {window = array<i64: 3, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, "
                                                "padLow = array<i64: 1, 0>, padHigh = array<i64: 0, 0>} : $0 -> tensor<2x4x5x21xi32>",
                                                in)},
                              {"tensor<2x4x5x21xi32>"}));
  }
}

// Products that no kernel for bytes takes: of two computed operands, of unsigned weights, with a zero point on the right.
TEST_P(Quantize, PlainProducts) {
  expectSame(test::function({"tensor<5x7xui8>", "tensor<7x9xi8>"},
                            {"%r0 = nn.matmul %0, %1 {lhsZero = 128 : i64, rhsZero = -3 : i64} : (tensor<5x7xui8>, tensor<7x9xi8>) -> tensor<5x9xi32>"},
                            {"tensor<5x9xi32>"}));
  expectSame(test::function(
      {"tensor<1x6x7x3xi8>", "tensor<3x3x3x5xui8>"},
      {"%r0 = nn.conv %0, %1 {strides = array<i64: 1, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, inputZero = "
       "-7 : i64, filterZero = 100 : i64} : (tensor<1x6x7x3xi8>, tensor<3x3x3x5xui8>) -> tensor<1x6x4x5xi32>"},
      {"tensor<1x6x4x5xi32>"}));
}

} // namespace
} // namespace aotc
