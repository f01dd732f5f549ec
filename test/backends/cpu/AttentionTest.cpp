// Fused attention against the interpreter.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "backends/cpu/Isa.h"
#include "ir/NN/NN.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "test/backends/cpu/KernelHarness.h"
#include "test/runtime/Parallel.h"
#include "gtest/gtest.h"

namespace aotc::cpu {
namespace {

enum class Mask { None, Keys, Rows, Full, Bool, Logarithm };
enum class Layout {
  Heads,  // [batch, heads, tokens, size], each of its own
  Fused,  // slices of one projection [batch, tokens, 3, heads, size]
  Columns // keys as [batch, heads, size, tokens]
};

struct AttentionSpec {
  int64_t batch, heads, rows, keys, depth, columns;
  Layout layout = Layout::Heads;
  Mask mask = Mask::None;
  bool divides = false; // the softmax
};

std::string shape4(int64_t a, int64_t b, int64_t c, int64_t d, const char *element = "f32") {
  return absl::Substitute("tensor<$0x$1x$2x$3x$4>", a, b, c, d, element);
}

std::string moduleOf(const AttentionSpec &s) {
  std::string q = shape4(s.batch, s.heads, s.rows, s.depth), k = shape4(s.batch, s.heads, s.keys, s.depth),
              v = shape4(s.batch, s.heads, s.keys, s.columns), scores = shape4(s.batch, s.heads, s.rows, s.keys),
              one = shape4(s.batch, s.heads, s.rows, 1), r = shape4(s.batch, s.heads, s.rows, s.columns);
  std::vector<std::string> types, body;
  bool fused = s.layout == Layout::Fused, columns = s.layout == Layout::Columns;
  if (fused) {
    std::string in = absl::Substitute("tensor<$0x$1x3x$2x$3xf32>", s.batch, s.rows, s.heads, s.depth);
    std::string all = absl::Substitute("tensor<3x$0x$1x$2x$3xf32>", s.batch, s.heads, s.rows, s.depth);
    std::string part = absl::Substitute("tensor<1x$0x$1x$2x$3xf32>", s.batch, s.heads, s.rows, s.depth);
    types = {in};
    body.push_back(absl::Substitute("%t = nn.transpose %a0 [2, 0, 3, 1, 4] : $0 -> $1", in, all));
    for (int i = 0; i < 3; ++i) {
      body.push_back(
          absl::Substitute("%s$0 = nn.slice %t {starts = array<i64: $0, 0, 0, 0, 0>, strides = array<i64: 1, 1, 1, "
                           "1, 1>} : $1 -> $2",
                           i, all, part));
      body.push_back(absl::Substitute("%$0 = nn.reshape %s$1 : $2 -> $3", std::string(1, "qkv"[i]), i, part, q));
    }
  } else {
    types = {q, columns ? shape4(s.batch, s.heads, s.depth, s.keys) : k, v};
  }
  size_t matrices = types.size();
  std::string query = fused ? "%q" : "%a0", key = fused ? "%k" : "%a1", value = fused ? "%v" : "%a2";
  body.push_back(absl::Substitute("%m = nn.matmul $0, $1 {transposeRhs = $2} : ($3, $4) -> $5", query, key,
                                  columns ? "false" : "true", q, fused ? q : types[1], scores));
  std::string last = "%m";
  if (s.mask == Mask::Bool) {
    std::string type = shape4(s.batch, 1, 1, s.keys, "i1"), bools = shape4(s.batch, s.heads, s.rows, s.keys, "i1");
    types.push_back(type);
    body.push_back(absl::Substitute("%b = nn.broadcast %a$0 : $1 -> $2", matrices, type, bools));
    body.push_back(absl::Substitute("%n = nn.constant dense<-1.0e9> : $0", scores));
    body.push_back(absl::Substitute("%e = nn.select %b, %m, %n : $0, $1", bools, scores));
    last = "%e";
  } else if (s.mask == Mask::Logarithm) { // -inf for negative scores, and rows of nothing else
    body.push_back(absl::Substitute("%c = nn.unary relu %m : $0 -> $0", scores));
    body.push_back(absl::Substitute("%e = nn.unary log %c : $0 -> $0", scores));
    last = "%e";
  } else if (s.mask != Mask::None) {
    bool keys = s.mask != Mask::Rows, rows = s.mask != Mask::Keys, full = s.mask == Mask::Full;
    std::string type = shape4(full ? s.batch : 1, full ? s.heads : 1, rows ? s.rows : 1, keys ? s.keys : 1);
    types.push_back(type);
    body.push_back(absl::Substitute("%b = nn.broadcast %a$0 : $1 -> $2", matrices, type, scores));
    body.push_back(absl::Substitute("%h = nn.constant dense<0.3> : $0", scores));
    body.push_back(absl::Substitute("%c = nn.binary mul %m, %h : $0", scores));
    body.push_back(absl::Substitute("%e = nn.binary add %b, %c : $0", scores));
    last = "%e";
  }
  body.push_back(absl::Substitute("%x = nn.reduce max $0 [3] : $1 -> $2", last, scores, one));
  body.push_back(absl::Substitute("%xb = nn.broadcast %x : $0 -> $1", one, scores));
  body.push_back(absl::Substitute("%d = nn.binary sub $0, %xb : $1", last, scores));
  body.push_back(absl::Substitute("%p = nn.unary exp %d : $0 -> $0", scores));
  body.push_back(absl::Substitute("%u = nn.reduce sum %p [3] : $0 -> $1", scores, one));
  if (!s.divides)
    body.push_back(absl::Substitute("%i = nn.unary reciprocal %u : $0 -> $0", one));
  body.push_back(absl::Substitute("%ib = nn.broadcast %$0 : $1 -> $2", s.divides ? "u" : "i", one, scores));
  body.push_back(absl::Substitute("%w = nn.binary $0 %p, %ib : $1", s.divides ? "div" : "mul", scores));
  body.push_back(absl::Substitute("%y = nn.matmul %w, $0 : ($1, $2) -> $3", value, scores, fused ? q : v, r));
  std::string out = shape4(s.batch, s.rows, s.heads, s.columns);
  body.push_back(absl::Substitute("%o = nn.transpose %y [0, 2, 1, 3] : $0 -> $1", r, out));
  body.push_back(absl::Substitute("nn.yield %o : $0", out));

  std::string parameters, names, list, arguments;
  for (size_t i = 0; i < types.size(); ++i) {
    std::string comma = i ? ", " : "";
    absl::StrAppend(&parameters, comma, "%p", i, ": ", types[i]);
    absl::StrAppend(&names, comma, "%p", i);
    absl::StrAppend(&list, comma, types[i]);
    absl::StrAppend(&arguments, comma, "%a", i, ": ", types[i]);
  }
  std::string text =
      absl::Substitute("func.func @main($0) -> $1 {\n%r = nn.fusion attention($2) : ($3) -> $1 {\n^bb0($4):\n",
                       parameters, out, names, list, arguments);
  for (const std::string &line : body)
    absl::StrAppend(&text, line, "\n");
  return absl::StrCat(text, "}\nreturn %r : ", out, "\n}\n");
}

class AttentionKernel : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    if (runnableLevel(GetParam()).empty())
      GTEST_SKIP() << "kernels run on x86-64 hosts only";
    context.loadDialect<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
    if (GetParam() == "x86-64-v3")
      setStageNanoseconds(0); // all work that can be divided is
  }
  void TearDown() override { setStageNanoseconds(Isa().stageNanoseconds); }

  void check(const AttentionSpec &spec) {
    std::string text = moduleOf(spec);
    SCOPED_TRACE(text);
    auto harness = KernelHarness::create(&context, text, GetParam());
    ASSERT_TRUE(harness.ok()) << harness.status();
    EXPECT_EQ((*harness)->kernelName(), "attention");
    auto want = (*harness)->reference();
    ASSERT_TRUE(want.ok()) << want.status();
    absl::Status loaded = (*harness)->load();
    ASSERT_TRUE(loaded.ok()) << loaded;
    for (int run = 0; run < 2; ++run) { // the scratch of the first call must not matter to the second
      (*harness)->call();
      auto got = (*harness)->result();
      ASSERT_TRUE(got.ok()) << got.status();
      ASSERT_EQ(got->shape(), want->shape());
      for (int64_t i = 0; i < want->size(); ++i) {
        ASSERT_EQ(std::isnan(got->f(i)), std::isnan(want->f(i))) << "at " << i;
        if (!std::isnan(want->f(i)))
          ASSERT_NEAR(got->f(i), want->f(i), 1e-6) << "at " << i;
      }
      (*harness)->call(run == 0 ? test::lastTaskFirst() : test::threeThreads());
      auto divided = (*harness)->result();
      ASSERT_TRUE(divided.ok()) << divided.status();
      EXPECT_EQ(divided->raw(), got->raw());
    }
  }

  mlir::MLIRContext context;
};

TEST_P(AttentionKernel, RowsAndKeys) {
  for (int64_t rows : {8, 16, 31, 49, 70})
    for (int64_t keys : {1, 5, 12, 37})
      check({1, 2, rows, keys, 8, 16});
}

TEST_P(AttentionKernel, DepthsAndColumns) {
  for (int64_t depth : {1, 3, 16, 33})
    for (int64_t columns : {1, 7, 32, 45})
      check({2, 1, 20, 11, depth, columns});
}

TEST_P(AttentionKernel, Layouts) {
  for (Layout layout : {Layout::Heads, Layout::Fused, Layout::Columns})
    for (int64_t heads : {1, 3})
      check({2, heads, 37, 37, 16, 16, layout});
}

TEST_P(AttentionKernel, Masks) {
  for (Mask mask : {Mask::Keys, Mask::Rows, Mask::Full, Mask::Bool})
    for (bool divides : {false, true})
      check({2, 3, 35, 18, 8, 8, Layout::Heads, mask, divides});
}

TEST_P(AttentionKernel, InfiniteScores) {
  for (int64_t keys : {1, 2, 9})
    check({1, 2, 35, keys, 4, 8, Layout::Heads, Mask::Logarithm});
}

INSTANTIATE_TEST_SUITE_P(Levels, AttentionKernel,
                         testing::Values("x86-64", "x86-64-v3", "x86-64-v4", "aarch64", "riscv64", "scalar"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
} // namespace aotc::cpu
