// Kernels for products of bytes: bit for bit what the interpreter computes.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "backends/cpu/Isa.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ir/NN/NN.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "test/backends/cpu/KernelHarness.h"
#include "test/runtime/Parallel.h"

namespace aotc::cpu {
namespace {

using Extents = std::vector<int64_t>;

enum class Result { Sums, Bytes, Residual, Real };

struct Spec {
  Extents lhs, rhs; // rhs: of a convolution [K..., C/groups, O]; of a product [K, N], or [N, K] transposed
  bool conv = false;
  bool transposed = false;
  Extents strides{}, dilations{}, low{}, high{};
  int64_t groups = 1;
  std::string element = "ui8"; // of lhs
  int64_t zero = 3;
  bool small = true; // pairs of weights are exact in 16 bits
  Result result = Result::Bytes;

  Extents shape() const {
    if (!conv) {
      Extents shape = lhs;
      shape.back() = transposed ? rhs[0] : rhs[1];
      return shape;
    }
    Extents shape{lhs[0]};
    for (size_t d = 0; d + 2 < lhs.size(); ++d)
      shape.push_back((lhs[d + 1] + at(low, d, 0) + at(high, d, 0) - ((rhs[d] - 1) * at(dilations, d, 1) + 1)) / at(strides, d, 1) + 1);
    shape.push_back(rhs.back());
    return shape;
  }
  static int64_t at(const Extents &values, size_t d, int64_t otherwise) { return values.empty() ? otherwise : values[d]; }
};

std::string tensor(const Extents &shape, const std::string &element) {
  return absl::StrCat("tensor<", absl::StrJoin(shape, "x"), "x", element, ">");
}

std::string all(const Extents &values, size_t count, int64_t otherwise) {
  return absl::StrCat("array<i64: ", absl::StrJoin(values.empty() ? Extents(count, otherwise) : values, ", "), ">");
}

std::string moduleOf(const Spec &s) {
  Extents shape = s.shape(), channel(shape.size(), 1);
  channel.back() = shape.back();
  size_t n = s.lhs.size() - 2;
  std::string lhs = tensor(s.lhs, s.element), rhs = tensor(s.rhs, "i8"), sums = tensor(shape, "i32"), reals = tensor(shape, "f32"),
              bias = tensor(channel, "i32"), scales = tensor(channel, "f32"), bytes = tensor(shape, "ui8");
  std::string op =
      s.conv ? absl::StrCat("nn.conv %a, %b {strides = ", all(s.strides, n, 1), ", dilations = ", all(s.dilations, n, 1), ", padLow = ",
                            all(s.low, n, 0), ", padHigh = ", all(s.high, n, 0), ", groups = ", s.groups, " : i64, inputZero = ", s.zero, " : i64}")
             : absl::StrCat("nn.matmul %a, %b {transposeRhs = ", s.transposed ? "true" : "false", ", lhsZero = ", s.zero, " : i64}");
  std::string body = absl::StrCat("%p = ", op, " : (", lhs, ", ", rhs, ") -> ", sums, "\n%cb = nn.broadcast %c : ", bias, " -> ", sums,
                                  "\n%s = nn.binary add %p, %cb : ", sums, "\n%f = nn.broadcast %d : ", scales, " -> ", reals, "\n");
  std::string out = sums, last = "s";
  const char *bounds = "{zero = 10 : i64, low = 0 : i64, high = 250 : i64}";
  if (s.result == Result::Bytes) {
    absl::StrAppend(&body, "%q = nn.quantize float_rne %s, %f ", bounds, " : ", sums, ", ", reals, " -> ", bytes, "\n");
    out = bytes, last = "q";
  } else if (s.result == Result::Real) {
    absl::StrAppend(&body, "%q = nn.dequantize %s, %f {zero = 0 : i64} : ", sums, ", ", reals, "\n");
    out = reals, last = "q";
  } else if (s.result == Result::Residual) {
    absl::StrAppend(&body, "%y = nn.dequantize %s, %f {zero = 0 : i64} : ", sums, ", ", reals, "\n%k = nn.constant dense<0.7> : ", reals,
                    "\n%z = nn.dequantize %e, %k {zero = 100 : i64} : ", bytes, ", ", reals, "\n%t = nn.binary add %y, %z : ", reals,
                    "\n%q = nn.quantize float_rne %t, %k ", bounds, " : ", reals, ", ", reals, " -> ", bytes, "\n");
    out = bytes, last = "q";
  }
  return absl::StrCat("func.func @f(%xa: ", lhs, ", %xb: ", rhs, " {test.constant", s.small ? ", test.small" : "", "}, %xc: ", bias,
                      " {test.constant}, %xd: ", scales, " {test.constant}, %xe: ", bytes, ") -> ", out,
                      " {\n%r = nn.fusion contraction(%xa, %xb, %xc, %xd, %xe) : (", lhs, ", ", rhs, ", ", bias, ", ", scales, ", ", bytes,
                      ") -> ", out, " {\n^bb0(%a: ", lhs, ", %b: ", rhs, ", %c: ", bias, ", %d: ", scales, ", %e: ", bytes, "):\n", body,
                      "nn.yield %", last, " : ", out, "\n}\nreturn %r : ", out, "\n}\n");
}

bool runs(const std::string &level) {
  bool needsOwn = level == "x86-64-v3" || level == "avx-vnni" || level == "x86-64-v4" || level == "avx512-vnni";
  return needsOwn ? runnableLevel(level) == level : level != "aarch64-i8mm" && !runnableLevel(level).empty();
}

class Quads : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    context.loadDialect<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
    if (GetParam() == "x86-64-v3")
      setStageNanoseconds(0); // all work that can be divided is
  }
  void TearDown() override { setStageNanoseconds(Isa().stageNanoseconds); }

  // The instructions that most machines have, and the portable ones; of other levels every fourth case keeps the time short.
  bool isThorough() const {
    return GetParam() == "x86-64" || GetParam() == "x86-64-v3" || (runs(GetParam()) && GetParam().find("vnni") != std::string::npos);
  }

  void check(const Spec &spec, const std::string &kernel) {
    if (!isThorough() && cases++ % 4 != 0)
      return;
    std::string text = moduleOf(spec);
    SCOPED_TRACE(text);
    auto harness = KernelHarness::create(&context, text, GetParam());
    ASSERT_TRUE(harness.ok()) << harness.status();
    EXPECT_EQ((*harness)->kernelName(), kernel);
    auto want = (*harness)->reference(), selected = (*harness)->referenceAfterSelect();
    ASSERT_TRUE(want.ok() && selected.ok()) << want.status() << selected.status();
    EXPECT_EQ(selected->raw(), want->raw());
    if (!runs(GetParam())) {
      EXPECT_FALSE((*harness)->assembly().empty());
      return;
    }
    absl::Status loaded = (*harness)->load();
    ASSERT_TRUE(loaded.ok()) << loaded;
    for (const aotc_parallel *parallel : {static_cast<const aotc_parallel *>(nullptr), test::lastTaskFirst()}) {
      (*harness)->call(parallel);
      auto got = (*harness)->result();
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(got->raw(), want->raw());
    }
  }

  // With every element type, zero point and size of weights; with some of them where code only is compiled or is that of
  // another level.
  void checkAll(Spec spec, const std::string &kernel) {
    if (!isThorough()) {
      spec.element = "i8";
      spec.small = false;
      spec.zero = -128;
      return check(spec, kernel);
    }
    for (const char *element : {"ui8", "i8"})
      for (bool small : {true, false})
        for (int64_t zero : {int64_t(0), int64_t(element[0] == 'u' ? 255 : -128), int64_t(7)}) {
          spec.element = element;
          spec.small = small;
          spec.zero = zero;
          check(spec, kernel);
        }
  }

  mlir::MLIRContext context;
  int cases = 0;
};

TEST_P(Quads, Products) {
  for (int64_t m : {1, 2, 3, 11})
    for (int64_t n : {1, 17, 40})
      for (int64_t k : {1, 6, 7, 32})
        check({{m, k}, {k, n}}, m <= 2 ? "gemv" : "gemm");
  checkAll({{7, 13}, {13, 19}}, "gemm");
  checkAll({{1, 13}, {13, 70}}, "gemv");
  check({{5, 24}, {20, 24}, false, true}, "gemm");
}

TEST_P(Quads, Results) {
  for (Result result : {Result::Sums, Result::Bytes, Result::Residual, Result::Real})
    for (int64_t n : {5, 16, 37})
      for (int64_t m : {1, 9})
        check({{m, 12}, {12, n}, false, false, {}, {}, {}, {}, 1, "ui8", 9, true, result}, m <= 2 ? "gemv" : "gemm");
}

TEST_P(Quads, Convolutions) {
  using S = Spec;
  checkAll(S{{1, 6, 7, 3}, {3, 3, 3, 10}, true, false, {}, {}, {1, 1}, {1, 1}}, "gemm");
  check(S{{2, 5, 6, 8}, {1, 1, 8, 24}, true}, "gemm");
  check(S{{1, 9, 9, 5}, {3, 3, 5, 6}, true, false, {2, 2}, {}, {0, 0}, {1, 1}}, "gemm");
  check(S{{1, 9, 9, 5}, {3, 3, 5, 6}, true, false, {2, 2}}, "gemm"); // no border: the last bytes stay unread
  check(S{{1, 9, 9, 1}, {3, 2, 1, 6}, true, false, {}, {2, 2}, {1, 1}, {1, 1}}, "gemm");
  check(S{{1, 20, 6}, {5, 6, 9}, true, false, {2}, {}, {2}, {2}}, "gemm");
  check(S{{1, 3, 4, 5, 2}, {2, 2, 2, 2, 7}, true, false, {}, {}, {1, 0, 1}, {0, 1, 0}}, "gemm");
  check(S{{1, 6, 6, 12}, {3, 3, 4, 18}, true, false, {}, {}, {1, 1}, {1, 1}, 3}, "gemm");
  check(S{{1, 6, 6, 6}, {3, 3, 3, 8}, true, false, {}, {}, {1, 1}, {1, 1}, 2}, "gemm");
}

// By minimal filtering where pairs of bytes are multiplied in 16 bits; exact all the same.
TEST_P(Quads, Convolutions3x3) {
  using S = Spec;
  std::string kernel = GetParam() == "x86-64-v3" ? "winograd" : "gemm";
  checkAll(S{{1, 13, 14, 16}, {3, 3, 16, 16}, true, false, {}, {}, {1, 1}, {1, 1}}, kernel);
  check(S{{2, 12, 12, 15}, {3, 3, 15, 21}, true, false, {}, {}, {0, 1}, {2, 0}, 1, "i8", -128, false}, kernel);
  for (Result result : {Result::Sums, Result::Residual, Result::Real})
    check(S{{1, 10, 11, 32}, {3, 3, 32, 16}, true, false, {}, {}, {1, 1}, {1, 1}, 1, "ui8", 255, false, result}, kernel);
}

TEST_P(Quads, Depthwise) {
  using S = Spec;
  for (int64_t c : {1, 2, 7, 16, 21, 40, 67})
    if (c > 1)
      check(S{{1, 6, 7, c}, {3, 3, 1, c}, true, false, {}, {}, {1, 1}, {1, 1}, c}, "depthwise");
  checkAll(S{{1, 5, 6, 20}, {3, 3, 1, 20}, true, false, {}, {}, {1, 1}, {1, 1}, 20}, "depthwise");
  check(S{{2, 9, 9, 12}, {3, 3, 1, 12}, true, false, {2, 2}, {}, {0, 1}, {1, 0}, 12}, "depthwise");
  check(S{{1, 9, 14, 33}, {5, 5, 1, 33}, true, false, {1, 2}, {}, {2, 2}, {2, 2}, 33}, "depthwise");
  check(S{{1, 9, 9, 16}, {3, 3, 1, 16}, true, false, {}, {2, 2}, {2, 2}, {2, 2}, 16}, "depthwise");
  check(S{{1, 12, 16}, {6, 1, 16}, true, false, {}, {}, {2}, {3}, 16}, "depthwise");
  check(S{{1, 12, 1, 18}, {3, 1, 1, 18}, true, false, {2, 1}, {}, {1, 0}, {1, 0}, 18}, "depthwise");
  check(S{{1, 1, 12, 18}, {1, 3, 1, 18}, true, false, {}, {}, {0, 1}, {0, 1}, 18}, "depthwise");
  check(S{{1, 4, 5, 6, 17}, {2, 3, 3, 1, 17}, true, false, {}, {}, {1, 1, 1}, {0, 1, 1}, 17}, "depthwise");
  for (Result result : {Result::Sums, Result::Residual, Result::Real})
    check(S{{1, 5, 6, 20}, {3, 3, 1, 20}, true, false, {}, {}, {1, 1}, {1, 1}, 20, "ui8", 5, true, result}, "depthwise");
}

INSTANTIATE_TEST_SUITE_P(Levels, Quads,
                         testing::Values("x86-64", "x86-64-v3", "avx-vnni", "x86-64-v4", "avx512-vnni", "aarch64-i8mm", "riscv64",
                                         "x86-64-v3+avx512-vnni"),
                         [](const auto &info) {
                           std::string name = info.param;
                           for (char &c : name)
                             if (!isalnum(c))
                               c = '_';
                           return name;
                         });

TEST(QuadsAssembly, UsesTheInstructionsOfTheTarget) {
  mlir::MLIRContext context;
  context.loadDialect<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
  for (auto [level, instruction] : {std::pair("x86-64-v3", "vpmaddubsw"), {"avx-vnni", "vpdpbusd"}, {"avx512-vnni", "vpdpbusd"},
                                    {"aarch64-i8mm", "usdot"}}) {
    auto harness = KernelHarness::create(&context, moduleOf({{8, 64}, {64, 64}}), level);
    ASSERT_TRUE(harness.ok()) << harness.status();
    EXPECT_THAT((*harness)->assembly(), testing::HasSubstr(instruction)) << level;
  }
}

} // namespace
} // namespace aotc::cpu
