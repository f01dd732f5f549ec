// The generic code path against the interpreter, operation by operation.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "backends/cpu/Isa.h"
#include "compiler/artifact/Loader.h"
#include "test/backends/cpu/CodegenHarness.h"

namespace aotc::test {
namespace {

using Lines = std::vector<std::string>;

std::string tensor(const std::string &shape, const std::string &element) {
  return absl::StrCat("tensor<", shape, shape.empty() ? "" : "x", element, ">");
}

// One result for each of `functions`.
std::string unaryProgram(const Lines &functions, const std::string &type) {
  Lines body, results;
  for (size_t i = 0; i < functions.size(); ++i) {
    body.push_back(absl::Substitute("%r$0 = nn.unary $1 %0 : $2 -> $2", i, functions[i], type));
    results.push_back(type);
  }
  return function({type}, body, results);
}
std::string binaryProgram(const Lines &functions, const std::string &type,
                          const std::string &attributes = "") {
  Lines body, results;
  for (size_t i = 0; i < functions.size(); ++i) {
    body.push_back(absl::Substitute("%r$0 = nn.binary $1 %0, %1 : $2", i, functions[i], type));
    results.push_back(type);
  }
  return function({type, type + attributes}, body, results);
}

const Lines kIntegers = {"i8", "i16", "i32", "i64", "ui8", "ui16", "ui32", "ui64"};
const Lines kFloats = {"f32", "f64", "f16", "bf16"};
const Lines kFloatFunctions = {"neg",    "abs",     "sign",       "floor", "ceil",  "round_even", "trunc",
                               "sqrt",   "rsqrt",   "reciprocal", "exp",   "expm1", "log",        "log1p",
                               "sin",    "cos",     "tan",        "asin",  "acos",  "atan",       "sinh",
                               "cosh",   "tanh",    "asinh",      "acosh", "atanh", "erf",        "erfc",
                               "lgamma", "sigmoid", "softplus",   "relu"};

// Both what every x86-64 has and what this machine has.
class Codegen : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (GetParam() == std::string("native"))
      cpu::setStageNanoseconds(0); // all work that can be divided is
  }
  void TearDown() override { cpu::setStageNanoseconds(cpu::Isa().stageNanoseconds); }

  void expectSame(const std::string &text, double tolerance = 2e-6) {
    EXPECT_EQ(difference(text, GetParam(), tolerance), "") << text;
  }
};
INSTANTIATE_TEST_SUITE_P(, Codegen, testing::Values("x86-64", "native"), [](const auto &info) {
  return std::string(info.param) == "native" ? "native" : "sse2";
});

TEST_P(Codegen, FloatFunctions) {
  for (const std::string &element : kFloats)
    expectSame(unaryProgram(kFloatFunctions, tensor("5x37", element)));
}

TEST_P(Codegen, IntegerFunctions) {
  for (const std::string &element : kIntegers)
    expectSame(unaryProgram({"neg", "abs", "sign", "relu", "not"}, tensor("37", element)));
  expectSame(unaryProgram({"not"}, tensor("37", "i1")));
  for (const std::string &element : kIntegers)
    expectSame(
        function({tensor("37", element)},
                 {absl::Substitute("%r0 = nn.unary pop_count %0 : tensor<37x$0> -> tensor<37xui8>", element)},
                 {"tensor<37xui8>"}));
}

TEST_P(Codegen, Classification) {
  for (const std::string &element : kFloats) {
    Lines body, results;
    for (const char *fn : {"is_nan", "is_inf", "is_finite"}) {
      body.push_back(absl::Substitute("%r$0 = nn.unary $1 %0 : tensor<67x$2> -> tensor<67xi1>", body.size(),
                                      fn, element));
      results.push_back("tensor<67xi1>");
    }
    expectSame(function({tensor("67", element)}, body, results));
  }
}

TEST_P(Codegen, FloatPairs) {
  for (const std::string &element : kFloats)
    expectSame(binaryProgram(
        {"add", "sub", "mul", "div", "floor_div", "floor_mod", "trunc_mod", "pow", "max", "min", "atan2"},
        tensor("3x35", element)));
}

TEST_P(Codegen, IntegerPairs) {
  for (const std::string &element : kIntegers) {
    expectSame(binaryProgram(
        {"add", "sub", "mul", "max", "min", "and", "or", "xor", "shift_left", "shift_right", "pow"},
        tensor("67", element)));
    expectSame(binaryProgram({"div", "floor_div", "floor_mod", "trunc_mod"}, tensor("67", element)));
    // No zero among these divisors.
    std::string type = tensor("67", element);
    expectSame(
        function({type, type + " {test.limit = 9 : i64}"},
                 {"%c = nn.constant dense<1> : " + type, "%d = nn.binary add %1, %c : " + type,
                  "%m = nn.binary sub %c, %d : " + type, "%e = nn.binary sub %m, %c : " + type,
                  "%r0 = nn.binary div %0, %d : " + type, "%r1 = nn.binary floor_div %0, %e : " + type,
                  "%r2 = nn.binary floor_mod %0, %e : " + type, "%r3 = nn.binary trunc_mod %0, %e : " + type},
                 {type, type, type, type}));
  }
  expectSame(binaryProgram({"and", "or", "xor"}, tensor("67", "i1")));
}

TEST_P(Codegen, Comparisons) {
  for (const Lines &elements : {kIntegers, kFloats})
    for (const std::string &element : elements) {
      Lines body, results;
      for (const char *fn : {"eq", "ne", "lt", "le", "gt", "ge"}) {
        body.push_back(absl::Substitute("%r$0 = nn.compare $1 %0, %1 : tensor<45x$2> -> tensor<45xi1>",
                                        body.size(), fn, element));
        results.push_back("tensor<45xi1>");
      }
      std::string type = tensor("45", element);
      body.push_back(absl::Substitute("%r6 = nn.select %r2, %0, %1 : tensor<45xi1>, $0", type));
      results.push_back(type);
      expectSame(function({type, type}, body, results));
    }
}

TEST_P(Codegen, Conversions) {
  Lines all = kIntegers;
  all.insert(all.end(), kFloats.begin(), kFloats.end());
  all.push_back("i1");
  for (const std::string &from : all) {
    Lines body, results;
    for (const std::string &to : all) {
      body.push_back(
          absl::Substitute("%r$0 = nn.cast %0 : tensor<43x$1> -> tensor<43x$2>", body.size(), from, to));
      results.push_back(tensor("43", to));
    }
    expectSame(function({tensor("43", from)}, body, results));
  }
  expectSame(function({"tensor<43xf32>", "tensor<43xf16>"},
                      {"%r0 = nn.bitcast %0 : tensor<43xf32> -> tensor<43xi32>",
                       "%r1 = nn.bitcast %1 : tensor<43xf16> -> tensor<43xui16>"},
                      {"tensor<43xi32>", "tensor<43xui16>"}));
}

TEST_P(Codegen, Clamp) {
  for (const std::string &element : kFloats)
    expectSame(function({tensor("45", element)},
                        {"%r0 = nn.clamp %0 {low = 0.0 : f64, high = 2.5 : f64} : " + tensor("45", element)},
                        {tensor("45", element)}));
}

TEST_P(Codegen, Movement) {
  for (const std::string e : {"f32", "i8", "i64", "f16", "i1"}) {
    auto t = [&](const char *shape) { return tensor(shape, e); };
    expectSame(function(
        {t("3x4x37"), t("1x4x1"), t("3x5x37"), t("")},
        {"%r0 = nn.transpose %0 [2, 0, 1] : " + t("3x4x37") + " -> " + t("37x3x4"),
         "%r1 = nn.transpose %0 [1, 0, 2] : " + t("3x4x37") + " -> " + t("4x3x37"),
         "%r2 = nn.broadcast %1 : " + t("1x4x1") + " -> " + t("3x4x37"),
         "%r3 = nn.reverse %0 [0, 2] : " + t("3x4x37"),
         "%r4 = nn.slice %0 {starts = array<i64: 1, 0, 3>, strides = array<i64: 1, 3, 2>} : " + t("3x4x37") +
             " -> " + t("2x2x17"),
         "%r5 = nn.concat %0, %2 {axis = 1 : i64} : (" + t("3x4x37") + ", " + t("3x5x37") + ") -> " +
             t("3x9x37"),
         "%r6 = nn.concat %0, %0 {axis = 2 : i64} : (" + t("3x4x37") + ", " + t("3x4x37") + ") -> " +
             t("3x4x74"),
         "%r7 = nn.pad constant %0, %3 {low = array<i64: 1, 0, 2>, high = array<i64: 0, 2, 3>} : " +
             t("3x4x37") + " -> " + t("4x6x42") + ", " + t(""),
         "%r8 = nn.pad reflect %0, %3 {low = array<i64: 2, 0, 5>, high = array<i64: 1, 3, 0>} : " +
             t("3x4x37") + " -> " + t("6x7x42") + ", " + t(""),
         "%r9 = nn.pad symmetric %0, %3 {low = array<i64: 0, 4, 1>, high = array<i64: 0, 1, 9>} : " +
             t("3x4x37") + " -> " + t("3x9x47") + ", " + t(""),
         "%r10 = nn.pad edge %0, %3 {low = array<i64: 1, 1, 1>, high = array<i64: 1, 1, 1>} : " +
             t("3x4x37") + " -> " + t("5x6x39") + ", " + t("")},
        {t("37x3x4"), t("4x3x37"), t("3x4x37"), t("3x4x37"), t("2x2x17"), t("3x9x37"), t("3x4x74"),
         t("4x6x42"), t("6x7x42"), t("3x9x47"), t("5x6x39")}));
  }
}

TEST_P(Codegen, MovementUnderArithmetic) {
  // A reshape between a transpose and a slice that no loop can see through.
  expectSame(function({"tensor<6x10xf32>", "tensor<1x3xf32>"},
                      {"%t = nn.transpose %0 [1, 0] : tensor<6x10xf32> -> tensor<10x6xf32>",
                       "%h = nn.reshape %t : tensor<10x6xf32> -> tensor<20x3xf32>",
                       "%b = nn.broadcast %1 : tensor<1x3xf32> -> tensor<20x3xf32>",
                       "%s = nn.binary mul %h, %b : tensor<20x3xf32>",
                       "%i = nn.iota {axis = 0 : i64} : tensor<20x3xf32>",
                       "%r0 = nn.binary add %s, %i : tensor<20x3xf32>"},
                      {"tensor<20x3xf32>"}));
}

TEST_P(Codegen, Iota) {
  expectSame(function({},
                      {"%r0 = nn.iota {axis = 1 : i64} : tensor<3x37xf32>",
                       "%r1 = nn.iota {axis = 0 : i64} : tensor<3x37xi64>",
                       "%r2 = nn.iota {axis = 1 : i64} : tensor<3x37xui8>",
                       "%r3 = nn.iota {axis = 1 : i64} : tensor<3x37xf16>"},
                      {"tensor<3x37xf32>", "tensor<3x37xi64>", "tensor<3x37xui8>", "tensor<3x37xf16>"}));
}

TEST_P(Codegen, Gathers) {
  for (const char *index : {"i32", "i64"}) {
    std::string limit = " {test.limit = 5 : i64}", small = " {test.limit = 3 : i64}";
    auto idx = [&](const char *shape) { return tensor(shape, index); };
    expectSame(function(
        {"tensor<3x5x19xf32>", idx("2x4") + limit, idx("3x4") + limit, idx("6x2") + small,
         idx("3x7x1") + limit, idx("3") + " {test.limit = 2 : i64}"},
        {"%r0 = nn.gather %0, %1 {axis = 1 : i64} : (tensor<3x5x19xf32>, " + idx("2x4") +
             ") -> tensor<3x2x4x19xf32>",
         "%r1 = nn.gather %0, %2 {axis = 1 : i64, batchDims = 1 : i64} : (tensor<3x5x19xf32>, " + idx("3x4") +
             ") -> tensor<3x4x19xf32>",
         "%r2 = nn.gather %0, %1 {axis = 2 : i64} : (tensor<3x5x19xf32>, " + idx("2x4") +
             ") -> tensor<3x5x2x4xf32>",
         "%r3 = nn.gather_nd %0, %3 : (tensor<3x5x19xf32>, " + idx("6x2") + ") -> tensor<6x19xf32>",
         "%r4 = nn.gather_nd %0, %4 {batchDims = 1 : i64} : (tensor<3x5x19xf32>, " + idx("3x7x1") +
             ") -> tensor<3x7x19xf32>",
         "%r5 = nn.dynamic_slice %0, %5 : (tensor<3x5x19xf32>, " + idx("3") + ") -> tensor<2x3x17xf32>"},
        {"tensor<3x2x4x19xf32>", "tensor<3x4x19xf32>", "tensor<3x5x2x4xf32>", "tensor<6x19xf32>",
         "tensor<3x7x19xf32>", "tensor<2x3x17xf32>"}));
  }
}

TEST_P(Codegen, Scatters) {
  for (const char *fn : {"update", "add", "max", "min", "mul"})
    for (const char *element : {"f32", "i32", "bf16"})
      expectSame(absl::Substitute(
          R"(func.func @f(%0: tensor<4x6x9x$1>, %1: tensor<5x2xi32> {test.limit = 3 : i64},
              %2: tensor<5x9x$1>) -> tensor<4x6x9x$1> {
               %r = nn.scatter_nd $0 %0, %1, %2 : (tensor<4x6x9x$1>, tensor<5x2xi32>,
                   tensor<5x9x$1>) -> tensor<4x6x9x$1>
               return %r : tensor<4x6x9x$1>
             })",
          fn, element));
}

TEST_P(Codegen, Reductions) {
  for (const std::string e : {"f32", "f64", "f16", "i32", "ui8", "i64"})
    for (const char *axes : {"0", "1", "2", "0, 1", "1, 2", "0, 2", "0, 1, 2"}) {
      auto has = [&](char axis) { return std::string(axes).find(axis) != std::string::npos; };
      std::string to = absl::StrCat(has('0') ? 1 : 4, "x", has('1') ? 1 : 5, "x", has('2') ? 1 : 37);
      Lines body, results;
      for (const char *fn : {"sum", "mean", "max", "min", "prod"}) {
        body.push_back(absl::Substitute("%r$0 = nn.reduce $1 %0 [$2] : tensor<4x5x37x$3> -> $4", body.size(),
                                        fn, axes, e, tensor(to, e)));
        results.push_back(tensor(to, e));
      }
      expectSame(function({tensor("4x5x37", e) + " {test.finite}"}, body, results), 1e-5);
    }
  expectSame(function({"tensor<7x9xi1>"},
                      {"%r0 = nn.reduce any %0 [1] : tensor<7x9xi1> -> tensor<7x1xi1>",
                       "%r1 = nn.reduce all %0 [0] : tensor<7x9xi1> -> tensor<1x9xi1>"},
                      {"tensor<7x1xi1>", "tensor<1x9xi1>"}));
  // Infinities and NaN pass through.
  expectSame(function({"tensor<40x37xf32>"},
                      {"%r0 = nn.reduce max %0 [1] : tensor<40x37xf32> -> tensor<40x1xf32>",
                       "%r1 = nn.reduce min %0 [0] : tensor<40x37xf32> -> tensor<1x37xf32>"},
                      {"tensor<40x1xf32>", "tensor<1x37xf32>"}));
}

TEST_P(Codegen, ArgumentsAndOrder) {
  for (const std::string e : {"f32", "i32", "ui8"}) {
    std::string t = tensor("4x5x11", e);
    expectSame(function({t},
                        {"%r0 = nn.arg_reduce max %0 {axis = 2 : i64} : " + t + " -> tensor<4x5x1xi64>",
                         "%r1 = nn.arg_reduce min %0 {axis = 1 : i64} : " + t + " -> tensor<4x1x11xi32>",
                         "%r2 = nn.arg_reduce max %0 {axis = 0 : i64} : " + t + " -> tensor<1x5x11xi64>",
                         "%r3, %x = nn.top_k %0 : " + t + " -> " + tensor("4x5x3", e) + ", tensor<4x5x3xi32>",
                         "%v, %r4 = nn.top_k %0 : " + t + " -> " + t + ", tensor<4x5x11xi64>"},
                        {"tensor<4x5x1xi64>", "tensor<4x1x11xi32>", "tensor<1x5x11xi64>", tensor("4x5x3", e),
                         "tensor<4x5x11xi64>"}));
  }
}

TEST_P(Codegen, Cumulative) {
  for (const std::string e : {"f32", "i64", "f16"}) {
    std::string t = tensor("3x4x9", e);
    expectSame(
        function({t + " {test.finite}"},
                 {"%r0 = nn.cumulative sum %0 {axis = 2 : i64} : " + t,
                  "%r1 = nn.cumulative prod %0 {axis = 1 : i64, exclusive = true} : " + t,
                  "%r2 = nn.cumulative sum %0 {axis = 0 : i64, reverse = true} : " + t,
                  "%r3 = nn.cumulative sum %0 {axis = 2 : i64, reverse = true, exclusive = true} : " + t},
                 {t, t, t, t}),
        1e-5);
  }
}

TEST_P(Codegen, Softmax) {
  for (const std::string e : {"f32", "f64", "bf16"})
    for (const char *axis : {"0", "1", "2"}) {
      std::string t = tensor("3x7x21", e), attr = absl::StrCat(" {axis = ", axis, " : i64");
      expectSame(function(
          {t + " {test.finite}"},
          {"%r0 = nn.softmax %0" + attr + "} : " + t, "%r1 = nn.softmax %0" + attr + ", log = true} : " + t},
          {t, t}));
    }
}

// Softmax and layer norm as the groups that passes make of them.
TEST_P(Codegen, Rows) {
  expectSame(R"(func.func @f(%x: tensor<3x4x37xf32> {test.finite}) -> tensor<3x4x37xf32> {
    %m = nn.reduce max %x [2] : tensor<3x4x37xf32> -> tensor<3x4x1xf32>
    %mb = nn.broadcast %m : tensor<3x4x1xf32> -> tensor<3x4x37xf32>
    %d = nn.binary sub %x, %mb : tensor<3x4x37xf32>
    %e = nn.unary exp %d : tensor<3x4x37xf32> -> tensor<3x4x37xf32>
    %s = nn.reduce sum %e [2] : tensor<3x4x37xf32> -> tensor<3x4x1xf32>
    %sb = nn.broadcast %s : tensor<3x4x1xf32> -> tensor<3x4x37xf32>
    %r = nn.binary div %e, %sb : tensor<3x4x37xf32>
    return %r : tensor<3x4x37xf32>
  })");
  expectSame(
      R"(func.func @f(%x: tensor<6x5x33xf32> {test.finite}, %y: tensor<6x5x33xf32> {test.finite},
          %g: tensor<1x1x33xf32> {test.finite}) -> tensor<6x5x33xf32> {
    %z = nn.binary add %x, %y : tensor<6x5x33xf32>
    %t = nn.unary tanh %z : tensor<6x5x33xf32> -> tensor<6x5x33xf32>
    %m = nn.reduce mean %t [1, 2] : tensor<6x5x33xf32> -> tensor<6x1x1xf32>
    %mb = nn.broadcast %m : tensor<6x1x1xf32> -> tensor<6x5x33xf32>
    %d = nn.binary sub %t, %mb : tensor<6x5x33xf32>
    %q = nn.binary mul %d, %d : tensor<6x5x33xf32>
    %v = nn.reduce mean %q [1, 2] : tensor<6x5x33xf32> -> tensor<6x1x1xf32>
    %c = nn.constant dense<1.0e-3> : tensor<6x1x1xf32>
    %ve = nn.binary add %v, %c : tensor<6x1x1xf32>
    %i = nn.unary rsqrt %ve : tensor<6x1x1xf32> -> tensor<6x1x1xf32>
    %ib = nn.broadcast %i : tensor<6x1x1xf32> -> tensor<6x5x33xf32>
    %n = nn.binary mul %d, %ib : tensor<6x5x33xf32>
    %gb = nn.broadcast %g : tensor<1x1x33xf32> -> tensor<6x5x33xf32>
    %r = nn.binary mul %n, %gb : tensor<6x5x33xf32>
    return %r : tensor<6x5x33xf32>
  })");
}

TEST_P(Codegen, Pools) {
  for (const std::string e : {"f32", "f16", "i32"})
    for (const char *fn : {"max", "avg", "sum"}) {
      expectSame(absl::Substitute(R"(func.func @f(%x: tensor<2x9x8x19x$0>) -> tensor<2x5x4x19x$0> {
        %r = nn.pool $1 %x {window = array<i64: 3, 2>, strides = array<i64: 2, 2>,
            dilations = array<i64: 1, 1>,
                            padLow = array<i64: 1, 0>, padHigh = array<i64: 1, 0>}
                                : tensor<2x9x8x19x$0> -> tensor<2x5x4x19x$0>
        return %r : tensor<2x5x4x19x$0>
      })",
                                  e, fn),
                 1e-5);
      expectSame(absl::Substitute(R"(func.func @f(%x: tensor<1x6x6x6x3x$0>) -> tensor<1x5x6x3x3x$0> {
        %r = nn.pool $1 %x {window = array<i64: 2, 3, 3>, strides = array<i64: 1, 1, 1>,
            dilations = array<i64: 1, 1, 2>, countPadding = true,
                            padLow = array<i64: 0, 1, 1>, padHigh = array<i64: 0, 1, 0>}
                                : tensor<1x6x6x6x3x$0> -> tensor<1x5x6x3x3x$0>
        return %r : tensor<1x5x6x3x3x$0>
      })",
                                  e, fn),
                 1e-5);
    }
}

TEST_P(Codegen, Resizes) {
  for (const char *mode : {"nearest", "linear"})
    for (const char *coord : {"asymmetric", "half_pixel", "align_corners", "half_pixel_nearest"})
      for (const char *round : {"floor", "ceil", "half_away", "half_down"}) {
        if (std::string(mode) == "linear" && std::string(round) != "floor")
          continue;
        expectSame(absl::Substitute(R"(func.func @f(%x: tensor<2x5x7x11xf32>) -> tensor<2x9x4x11xf32> {
          %r = nn.resize $0 %x coord $1 round $2 {scales = array<f32: 0.5555556, 1.75>}
              : tensor<2x5x7x11xf32> -> tensor<2x9x4x11xf32>
          return %r : tensor<2x9x4x11xf32>
        })",
                                    mode, coord, round));
      }
}

TEST_P(Codegen, Contractions) {
  for (const std::string e : {"f32", "f64", "bf16", "i32"}) {
    auto t = [&](const char *shape) { return tensor(shape, e); };
    auto finite = [&](const char *shape) { return tensor(shape, e) + " {test.finite}"; };
    expectSame(
        function({finite("3x5x7"), finite("1x7x21"), finite("1x21x7"), finite("3x7x5")},
                 {"%r0 = nn.matmul %0, %1 : (" + t("3x5x7") + ", " + t("1x7x21") + ") -> " + t("3x5x21"),
                  "%r1 = nn.matmul %0, %2 {transposeRhs = true} : (" + t("3x5x7") + ", " + t("1x21x7") +
                      ") -> " + t("3x5x21"),
                  "%r2 = nn.matmul %3, %1 {transposeLhs = true} : (" + t("3x7x5") + ", " + t("1x7x21") +
                      ") -> " + t("3x5x21")},
                 {t("3x5x21"), t("3x5x21"), t("3x5x21")}),
        1e-5);
    expectSame(function({finite("1x9x8x6"), finite("3x2x3x10"), finite("1x1x1x10")},
                        {"%c = nn.conv %0, %1 {strides = array<i64: 2, 1>, dilations = array<i64: 1, 2>, "
                         "padLow = array<i64: 1, 1>,"
                         " padHigh = array<i64: 1, 2>, groups = 2 : i64} : (" +
                             t("1x9x8x6") + ", " + t("3x2x3x10") + ") -> " + t("1x5x9x10"),
                         "%b = nn.broadcast %2 : " + t("1x1x1x10") + " -> " + t("1x5x9x10"),
                         "%r0 = nn.binary add %c, %b : " + t("1x5x9x10")},
                        {t("1x5x9x10")}),
               1e-5);
    expectSame(function({finite("2x7x4"), finite("3x4x9"), finite("3x5x4")},
                        {"%r0 = nn.conv %0, %1 {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = "
                         "array<i64: 0>, padHigh = array<i64: 0>} : (" +
                             t("2x7x4") + ", " + t("3x4x9") + ") -> " + t("2x5x9"),
                         "%r1 = nn.conv_transpose %0, %2 {strides = array<i64: 2>, dilations = array<i64: "
                         "1>, padLow = array<i64: 1>} : (" +
                             t("2x7x4") + ", " + t("3x5x4") + ") -> " + t("2x13x5")},
                        {t("2x5x9"), t("2x13x5")}),
               1e-5);
  }
  expectSame(
      R"(func.func @f(%x: tensor<1x4x4x4x3xf32> {test.finite}, %w: tensor<2x2x2x3x8xf32> {test.finite},
          %v: tensor<2x2x2x4x6xf32> {test.finite},
                             %y: tensor<1x3x3x3x6xf32> {test.finite}) -> (tensor<1x3x3x3x8xf32>,
                                 tensor<1x6x6x6x8xf32>) {
    %a = nn.conv %x, %w {strides = array<i64: 1, 1, 1>, dilations = array<i64: 1, 1, 1>,
        padLow = array<i64: 0, 0, 0>, padHigh = array<i64: 0, 0, 0>}
      : (tensor<1x4x4x4x3xf32>, tensor<2x2x2x3x8xf32>) -> tensor<1x3x3x3x8xf32>
    %b = nn.conv_transpose %y, %v {strides = array<i64: 2, 2, 2>, dilations = array<i64: 1, 1, 1>,
        padLow = array<i64: 0, 0, 0>, groups = 2 : i64}
      : (tensor<1x3x3x3x6xf32>, tensor<2x2x2x4x6xf32>) -> tensor<1x6x6x6x8xf32>
    return %a, %b : tensor<1x3x3x3x8xf32>, tensor<1x6x6x6x8xf32>
  })",
      1e-5);
}

TEST_P(Codegen, Panels) {
  expectSame(function({"tensor<2x2x6x4xf32>"},
                      {"%r0 = nn.unpack_panels %0 : tensor<2x2x6x4xf32> -> tensor<2x3x14xf32>",
                       "%r1 = nn.unpack_panels %0 {transposed = true} : tensor<2x2x6x4xf32> -> tensor<2x7x6xf32>"},
                      {"tensor<2x3x14xf32>", "tensor<2x7x6xf32>"}));
}

TEST_P(Codegen, ByteContractions) {
  expectSame(
      R"(func.func @f(%x: tensor<5x7xui8>, %w: tensor<7x19xui8>, %y: tensor<5x7xi8>,
          %v: tensor<7x19xi8>) -> (tensor<5x19xi32>, tensor<5x19xi32>) {
    %a = nn.matmul %x, %w : (tensor<5x7xui8>, tensor<7x19xui8>) -> tensor<5x19xi32>
    %b = nn.matmul %y, %v : (tensor<5x7xi8>, tensor<7x19xi8>) -> tensor<5x19xi32>
    return %a, %b : tensor<5x19xi32>, tensor<5x19xi32>
  })");
}

TEST_P(Codegen, Random) {
  for (const char *fn : {"uniform", "normal", "truncated_normal"})
    for (const char *element : {"f32", "f64"})
      expectSame(absl::Substitute("func.func @f() -> tensor<3x7x$1> {\n%r = nn.random $0 {seed = 3 : i64, "
                                  "stream = 5 : i64} : tensor<3x7x$1>\n"
                                  "return %r : tensor<3x7x$1>\n}",
                                  fn, element));
  for (const char *element : {"i32", "i64"})
    expectSame(absl::Substitute("func.func @f() -> tensor<17x$0> {\n%r = nn.random uniform_int {seed = -1 : "
                                "i64, stream = 2 : i64, low = -5 : i64, "
                                "high = 100 : i64} : tensor<17x$0>\nreturn %r : tensor<17x$0>\n}",
                                element));
}

// A chain of concats of which contractions write parts and loops read slices;
// one part is copied.
TEST_P(Codegen, PlacedConcats) {
  expectSame(R"(func.func @f(%x: tensor<2x5x5x20xf32> {test.finite}, %v: tensor<3x3x20x7xf32> {test.finite},
      %w: tensor<1x1x27x33xf32> {test.finite}, %y: tensor<2x5x5x33xf32> {test.finite},
      %u: tensor<1x1x60x4xf32> {test.finite}) -> (tensor<2x5x5x60xf32>, tensor<2x5x5x64xf32>) {
    %0 = nn.conv %x, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>,
        padHigh = array<i64: 1, 1>} : (tensor<2x5x5x20xf32>, tensor<3x3x20x7xf32>) -> tensor<2x5x5x7xf32>
    %1 = nn.concat %x, %0 {axis = 3 : i64} : (tensor<2x5x5x20xf32>, tensor<2x5x5x7xf32>) -> tensor<2x5x5x27xf32>
    %2 = nn.unary relu %1 : tensor<2x5x5x27xf32> -> tensor<2x5x5x27xf32>
    %3 = nn.conv %2, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>,
        padHigh = array<i64: 0, 0>} : (tensor<2x5x5x27xf32>, tensor<1x1x27x33xf32>) -> tensor<2x5x5x33xf32>
    %4 = nn.binary add %3, %y : tensor<2x5x5x33xf32>
    %5 = nn.concat %1, %4 {axis = 3 : i64} : (tensor<2x5x5x27xf32>, tensor<2x5x5x33xf32>) -> tensor<2x5x5x60xf32>
    %6 = nn.unary relu %5 : tensor<2x5x5x60xf32> -> tensor<2x5x5x60xf32>
    %7 = nn.conv %6, %u {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>,
        padHigh = array<i64: 0, 0>} : (tensor<2x5x5x60xf32>, tensor<1x1x60x4xf32>) -> tensor<2x5x5x4xf32>
    %8 = nn.concat %7, %5 {axis = 3 : i64} : (tensor<2x5x5x4xf32>, tensor<2x5x5x60xf32>) -> tensor<2x5x5x64xf32>
    return %5, %8 : tensor<2x5x5x60xf32>, tensor<2x5x5x64xf32>
  })",
             1e-4);
  // No kernel takes integers, and a transposed convolution writes every other row.
  expectSame(R"(func.func @f(%x: tensor<6x7xi8>, %w: tensor<7x5xi8>, %z: tensor<6x3xi32>, %y: tensor<1x6x4xf32> {test.finite},
      %v: tensor<3x5x4xf32> {test.finite}, %s: tensor<1x12x2xf32>) -> (tensor<6x13xi32>, tensor<1x12x7xf32>) {
    %0 = nn.matmul %x, %w : (tensor<6x7xi8>, tensor<7x5xi8>) -> tensor<6x5xi32>
    %1 = nn.binary add %0, %0 : tensor<6x5xi32>
    %2 = nn.matmul %x, %w : (tensor<6x7xi8>, tensor<7x5xi8>) -> tensor<6x5xi32>
    %3 = nn.concat %1, %z, %2 {axis = 1 : i64} : (tensor<6x5xi32>, tensor<6x3xi32>, tensor<6x5xi32>) -> tensor<6x13xi32>
    %4 = nn.conv_transpose %y, %v {strides = array<i64: 2>, dilations = array<i64: 1>, padLow = array<i64: 0>}
      : (tensor<1x6x4xf32>, tensor<3x5x4xf32>) -> tensor<1x12x5xf32>
    %5 = nn.concat %s, %4 {axis = 2 : i64} : (tensor<1x12x2xf32>, tensor<1x12x5xf32>) -> tensor<1x12x7xf32>
    return %3, %5 : tensor<6x13xi32>, tensor<1x12x7xf32>
  })",
             1e-4);
}

// A chain that runs in strips writes a part.
TEST_P(Codegen, PlacedStrips) {
  expectSame(R"(func.func @f(%x: tensor<1x40x48x5xf32> {test.finite}) -> tensor<1x40x48x53xf32> {
    %w = nn.constant dense<0.5> : tensor<1x1x5x48xf32>
    %d = nn.constant dense<0.25> : tensor<3x3x1x48xf32>
    %0 = nn.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>,
        padHigh = array<i64: 0, 0>} : (tensor<1x40x48x5xf32>, tensor<1x1x5x48xf32>) -> tensor<1x40x48x48xf32>
    %1 = nn.conv %0, %d {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>,
        padHigh = array<i64: 1, 1>, groups = 48 : i64}
      : (tensor<1x40x48x48xf32>, tensor<3x3x1x48xf32>) -> tensor<1x40x48x48xf32>
    %2 = nn.concat %x, %1 {axis = 3 : i64} : (tensor<1x40x48x5xf32>, tensor<1x40x48x48xf32>) -> tensor<1x40x48x53xf32>
    return %2 : tensor<1x40x48x53xf32>
  })",
             1e-4);
}

TEST_P(Codegen, EmptyTensors) {
  expectSame(
      R"(func.func @f(%x: tensor<0x4xf32>, %y: tensor<3x4xf32>) -> (tensor<0x4xf32>, tensor<3x4xf32>,
          tensor<1x4xf32>, tensor<0x4xf32>) {
    %a = nn.unary exp %x : tensor<0x4xf32> -> tensor<0x4xf32>
    %b = nn.concat %x, %y {axis = 0 : i64} : (tensor<0x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
    %c = nn.reduce max %x [0] : tensor<0x4xf32> -> tensor<1x4xf32>
    return %a, %b, %c, %x : tensor<0x4xf32>, tensor<3x4xf32>, tensor<1x4xf32>, tensor<0x4xf32>
  })");
}

TEST_P(Codegen, ResultsThatNobodyComputes) {
  expectSame(R"(func.func @f(%x: tensor<5xf32>) -> (tensor<5xf32>, tensor<3xi32>, tensor<5x1xf32>) {
    %c = nn.constant dense<[1, 2, 3]> : tensor<3xi32>
    %r = nn.reshape %x : tensor<5xf32> -> tensor<5x1xf32>
    return %x, %c, %r : tensor<5xf32>, tensor<3xi32>, tensor<5x1xf32>
  })");
}

} // namespace
} // namespace aotc::test
