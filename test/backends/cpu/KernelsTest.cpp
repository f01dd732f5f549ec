// Every kernel against the interpreter, over shapes that leave remainders in
// every dimension, with the tiles of every ISA. Kernels for an ISA that this
// machine lacks run through LLVM's legalisation of their vectors.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "backends/cpu/Isa.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ir/NN/NN.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "test/backends/cpu/KernelHarness.h"
#include "test/backends/cpu/KernelText.h"
#include "test/runtime/Parallel.h"

namespace aotc::cpu {
namespace {

using testing::HasSubstr;

class Kernels : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    if (runnableLevel(GetParam()).empty())
      GTEST_SKIP() << "kernels run on x86-64 hosts only";
    context.loadDialect<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
    if (GetParam() == "x86-64-v3")
      setStageNanoseconds(0); // all work that can be divided is
  }
  void TearDown() override { setStageNanoseconds(Isa().stageNanoseconds); }

  // Compares with the interpreter; `depth` bounds the rounding of the sums.
  void expectEqual(const Tensor &got, const Tensor &want, double depth, double epsilon) {
    ASSERT_EQ(got.shape(), want.shape());
    double worst = 0;
    for (int64_t i = 0; i < want.size(); ++i)
      worst = std::max(worst, std::fabs(got.f(i) - want.f(i)) / (1 + std::fabs(want.f(i))));
    for (int64_t i = 0; i < want.size(); ++i)
      ASSERT_FALSE(std::isnan(got.f(i))) << "at " << i;
    EXPECT_LE(worst, epsilon * depth);
  }

  // `tuning`: what tuning found for the group.
  template <typename Spec>
  void check(const Spec &spec, const std::string &kernel, const std::string &tuning = "") {
    std::string text = moduleOf(spec);
    if (!tuning.empty())
      text.insert(text.find(" :", text.find("nn.fusion")), absl::StrCat(" {tuning = \"", tuning, "\"}"));
    SCOPED_TRACE(text);
    auto harness = KernelHarness::create(&context, text, GetParam());
    ASSERT_TRUE(harness.ok()) << harness.status();
    EXPECT_EQ((*harness)->kernelName(), kernel);
    auto want = (*harness)->reference();
    ASSERT_TRUE(want.ok()) << want.status();
    auto selected = (*harness)->referenceAfterSelect();
    ASSERT_TRUE(selected.ok()) << selected.status();
    if (kernel == "winograd") // the transformed filter is rounded
      expectEqual(*selected, *want, 64, 1e-7);
    else
      EXPECT_EQ(selected->raw(), want->raw());
    if (kernel.empty())
      return;
    absl::Status loaded = (*harness)->load();
    ASSERT_TRUE(loaded.ok()) << loaded;
    for (int run = 0; run < 2; ++run) { // the scratch of the first call must not matter to the second
      (*harness)->call();
      auto got = (*harness)->result();
      ASSERT_TRUE(got.ok()) << got.status();
      expectEqual(*got, *want, 64, spec.element == "f64" ? 1e-15 : kernel == "winograd" ? 2e-6 : 5e-7);
      (*harness)->call(run == 0 ? test::lastTaskFirst() : test::threeThreads());
      auto divided = (*harness)->result();
      ASSERT_TRUE(divided.ok()) << divided.status();
      EXPECT_EQ(divided->raw(), got->raw());
    }
  }

  mlir::MLIRContext context;
};

TEST_P(Kernels, MatMulOverRowsAndColumns) {
  for (int64_t m : {1, 2, 3, 7, 13, 49})
    for (int64_t n : {1, 5, 16, 24, 31, 100})
      check(MatMulSpec{{m, 19}, {19, n}}, m <= 2 ? "gemv" : "gemm");
}

TEST_P(Kernels, MatMulOverDepths) {
  for (int64_t k : {1, 2, 3, 7, 25})
    for (int64_t m : {1, 4, 12})
      check(MatMulSpec{{m, k}, {k, 70}}, m <= 2 ? "gemv" : "gemm");
}

TEST_P(Kernels, MatMulInBlocks) { // lhs is larger than half of L2
  check(MatMulSpec{{700, 260}, {260, 40}}, "gemm");
}

TEST_P(Kernels, MatMulEpilogues) {
  for (Follow follow : {Follow::Nothing, Follow::BiasRelu, Follow::BiasResidualClamp, Follow::General})
    for (int64_t n : {3, 16, 45})
      for (int64_t m : {1, 2, 17})
        check(MatMulSpec{{m, 9}, {9, n}, false, false, true, follow}, m <= 2 ? "gemv" : "gemm");
}

TEST_P(Kernels, MatMulTransposed) {
  for (bool constant : {true, false})
    for (bool left : {true, false})
      for (bool right : {true, false})
        for (int64_t m : {1, 9, 70})
          check(MatMulSpec{left ? std::vector<int64_t>{23, m} : std::vector<int64_t>{m, 23},
                           right ? std::vector<int64_t>{37, 23} : std::vector<int64_t>{23, 37}, left, right, constant},
                m <= 2 ? "gemv" : "gemm");
}

TEST_P(Kernels, MatMulBatches) {
  using Shape = std::vector<int64_t>;
  for (bool constant : {true, false})
    for (auto [lhs, rhs] : {std::pair<Shape, Shape>{{3, 7, 5}, {3, 5, 20}},
                            {{3, 7, 5}, {1, 5, 20}},
                            {{1, 7, 5}, {3, 5, 20}},
                            {{2, 1, 40, 8}, {1, 3, 8, 33}},
                            {{2, 3, 4, 8}, {2, 1, 8, 6}},
                            {{4, 1, 8}, {4, 8, 50}}})
      for (Follow follow : {Follow::Nothing, Follow::General})
        check(MatMulSpec{lhs, rhs, false, false, constant, follow}, lhs[lhs.size() - 2] <= 2 ? "gemv" : "gemm");
}

TEST_P(Kernels, MatMulOfOneStep) {
  check(MatMulSpec{{9, 1}, {21, 1}, false, true}, "gemm");
  check(MatMulSpec{{1, 9, 4}, {1, 21, 4}, false, true}, "gemm");
}

TEST_P(Kernels, MatMulDouble) {
  check(MatMulSpec{{9, 33}, {33, 21}, false, false, true, Follow::BiasRelu, "f64"}, "gemm");
  check(MatMulSpec{{1, 33}, {33, 21}, false, false, true, Follow::BiasRelu, "f64"}, "gemv");
}

TEST_P(Kernels, ConvPointwise) {
  for (int64_t stride : {1, 2, 3})
    for (int64_t outputs : {8, 19, 32})
      check(ConvSpec{{2, 9, 11, 6}, {1, 1}, outputs, {stride, stride}}, "gemm");
  check(ConvSpec{{1, 1, 1, 64}, {1, 1}, 100}, "gemv");
  check(ConvSpec{{2, 1, 1, 64}, {1, 1}, 100}, "gemv");
}

TEST_P(Kernels, ConvWindows) {
  for (int64_t k : {2, 5})
    for (int64_t stride : {1, 2})
      for (int64_t dilation : {1, 2})
        for (int64_t pad : {0, 3})
          check(ConvSpec{{1, 13, 12, 3}, {k, k}, 20, {stride, stride}, {dilation, dilation}, {pad, pad / 2}, {pad / 2, pad}},
                "gemm");
}

TEST_P(Kernels, ConvImages) { // images from wide to small: every tiling
  for (int64_t width : {1, 4, 7, 14, 29})
    for (int64_t height : {1, 2, 7})
      check(ConvSpec{{2, height, width, 5}, {3, 5}, 24, {}, {}, {1, 2}, {1, 2}, 1, Follow::BiasResidualClamp},
            width * height <= 2 ? "gemv" : "gemm");
}

// Tiles that fit the image and tiles that it cuts, blocks that are full and not, every border.
TEST_P(Kernels, ConvWinograd) {
  if (GetParam() == "scalar")
    return check(ConvSpec{{1, 28, 28, 24}, {3, 3}, 40, {}, {}, {1, 1}, {1, 1}}, "gemm");
  for (auto [height, width] : {std::pair<int64_t, int64_t>{28, 28}, {13, 31}, {3, 64}, {34, 5}})
    for (Follow follow : {Follow::Nothing, Follow::BiasResidualClamp, Follow::General})
      check(ConvSpec{{2, height, width, 35}, {3, 3}, 53, {}, {}, {1, 1}, {1, 1}, 1, follow}, "winograd");
  check(ConvSpec{{1, 26, 30, 32}, {3, 3}, 64}, "winograd");                              // without a border
  check(ConvSpec{{3, 17, 16, 32}, {3, 3}, 64, {}, {}, {2, 0}, {1, 3}}, "winograd");      // an uneven one
  check(ConvSpec{{1, 7, 7, 160}, {3, 3}, 64, {}, {}, {1, 1}, {1, 1}}, "winograd");
  check(ConvSpec{{1, 28, 28, 32}, {3, 3}, 64, {}, {}, {1, 1}, {1, 1}, 1, Follow::BiasRelu, false}, "gemm");
}

// Tiles of other widths than the cost model takes, and filtering where it takes none. The cost
// model's choice stays where an ISA has no such tile, and where there are several ISAs.
TEST_P(Kernels, Tuned) {
  bool filters = GetParam() != "scalar" && GetParam().find('+') == std::string::npos;
  for (int64_t vectors : {1, 2, 3, 4}) {
    std::string direct = absl::StrCat("vectors=", vectors, " winograd=0");
    for (int64_t columns : {16, 50, 133}) {
      check(MatMulSpec{{37, 29}, {29, columns}}, "gemm", direct);
      check(MatMulSpec{{1, 29}, {29, columns}}, "gemv", direct);
    }
    check(ConvSpec{{1, 29, 28, 32}, {3, 3}, 64, {2, 1}, {}, {1, 1}, {1, 1}}, "gemm", direct);
    check(ConvSpec{{2, 9, 11, 8}, {3, 3}, 40, {2, 2}, {}, {1, 1}, {1, 1}, 2}, "gemm", direct);
  }
  for (int64_t tile : {2, 4})
    check(ConvSpec{{1, 5, 6, 12}, {3, 3}, 32, {}, {}, {1, 1}, {1, 1}}, filters ? "winograd" : "gemm",
          absl::StrCat("vectors=2 winograd=", tile));
}

TEST_P(Kernels, ConvRanks) {
  check(ConvSpec{{2, 17, 4}, {5}, 9, {2}, {1}, {2}, {2}}, "gemm");
  check(ConvSpec{{1, 5, 6, 7, 3}, {3, 2, 3}, 10, {1, 2, 1}, {1, 1, 1}, {1, 0, 1}, {1, 1, 0}}, "gemm");
  check(ConvSpec{{2, 5, 6, 7, 3}, {3, 2, 3}, 10, {1, 2, 1}, {2, 1, 1}}, "gemm");
}

TEST_P(Kernels, ConvGroups) {
  for (int64_t groups : {2, 4})
    for (int64_t outputs : {8, 24, 40})
      for (bool constant : {true, false})
        check(ConvSpec{{2, 7, 9, 8}, {3, 3}, outputs, {}, {}, {1, 1}, {1, 1}, groups, Follow::General, constant}, "gemm");
  check(ConvSpec{{1, 6, 6, 5}, {3, 3}, 15, {}, {}, {1, 1}, {1, 1}, 5}, "gemm"); // channel multiplier 3
}

TEST_P(Kernels, ConvFilterFromRunTime) {
  for (int64_t size : {3, 12})
    check(ConvSpec{{1, size, size, 4}, {3, 3}, 21, {}, {}, {1, 1}, {1, 1}, 1, Follow::BiasRelu, false}, "gemm");
}

TEST_P(Kernels, ConvOfAlmostOnlyPadding) { // a bordered copy would be enormous
  int64_t far = int64_t{1} << 40;
  check(ConvSpec{{1, 2, 2, 3}, {1, 1}, 4, {far, far}, {}, {far, far}, {0, 0}}, "");
  check(ConvSpec{{1, 2, 2, 3}, {1, 1}, 3, {far, far}, {}, {far, far}, {0, 0}, 3}, "");
}

TEST_P(Kernels, ConvDouble) {
  check(ConvSpec{{1, 9, 9, 5}, {3, 3}, 11, {}, {}, {1, 1}, {1, 1}, 1, Follow::BiasRelu, true, "f64"}, "gemm");
}

TEST_P(Kernels, ConvTranspose) {
  for (int64_t k : {1, 2, 3, 4})
    for (int64_t stride : {1, 2, 3})
      for (int64_t low : {0, 1})
        check(ConvTransposeSpec{{2, 6, 5, 3}, {k, k}, {2, 5 * stride + k - low, 4 * stride + k - low, 20},
                                {stride, stride}, {}, {low, low}, 1, Follow::General},
              "gemm");
}

TEST_P(Kernels, ConvTransposeRanksAndGroups) {
  check(ConvTransposeSpec{{2, 9, 4}, {5}, {2, 21, 7}, {2}, {}, {1}}, "gemm");
  check(ConvTransposeSpec{{1, 3, 4, 5, 2}, {2, 3, 2}, {1, 4, 9, 10, 6}, {1, 2, 2}}, "gemm");
  check(ConvTransposeSpec{{1, 5, 6, 4}, {3, 3}, {1, 12, 16, 24}, {2, 3}, {2, 2}, {1, 0}}, "gemm");
  check(ConvTransposeSpec{{1, 5, 6, 4}, {3, 3}, {1, 10, 12, 18}, {2, 2}, {}, {0, 1}, 2}, "gemm");
  check(ConvTransposeSpec{{1, 4, 4, 1}, {3, 3}, {1, 8, 8, 5}, {2, 2}}, "gemm");
  check(ConvTransposeSpec{{1, 3, 3, 4}, {2, 2}, {1, 12, 12, 8}, {4, 4}}, "gemm"); // positions that no tap reaches
  check(ConvTransposeSpec{{1, 5, 6, 4}, {3, 3}, {1, 10, 12, 4}, {2, 2}, {}, {}, 4}, "");
  check(ConvTransposeSpec{{1, 5, 6, 4}, {3, 3}, {1, 10, 12, 8}, {2, 2}, {}, {}, 1, Follow::BiasRelu, false}, "");
}

TEST_P(Kernels, Depthwise) {
  for (int64_t channels : {3, 21, 32})
    for (int64_t stride : {1, 2})
      for (int64_t dilation : {1, 2})
        for (int64_t size : {3, 16})
          check(ConvSpec{{2, size, size + 1, channels}, {3, 3}, channels, {stride, stride}, {dilation, dilation},
                         {2, 1}, {1, 2}, channels, Follow::General},
                "depthwise");
}

TEST_P(Kernels, DepthwiseRanksAndWindows) {
  check(ConvSpec{{2, 40, 10}, {9}, 10, {1}, {1}, {4}, {4}, 10}, "depthwise");
  check(ConvSpec{{1, 5, 6, 17, 6}, {3, 2, 3}, 6, {1, 2, 1}, {1, 1, 2}, {1, 0, 1}, {1, 1, 0}, 6}, "depthwise");
  check(ConvSpec{{1, 30, 30, 4}, {7, 7}, 4, {}, {}, {}, {}, 4, Follow::BiasResidualClamp}, "depthwise");
  check(ConvSpec{{1, 2, 2, 4}, {5, 5}, 4, {}, {}, {2, 2}, {2, 2}, 4}, "depthwise");
  // One pixel wide: one line along the height, which tasks share where there is no other.
  check(ConvSpec{{1, 37, 1, 21}, {9, 1}, 21, {}, {}, {4, 0}, {4, 0}, 21, Follow::General}, "depthwise");
  check(ConvSpec{{1, 64, 1, 16}, {5, 1}, 16, {2, 1}, {2, 1}, {1, 0}, {3, 0}, 16}, "depthwise");
  check(ConvSpec{{3, 30, 1, 6}, {3, 1}, 6, {}, {}, {1, 0}, {0, 0}, 6, Follow::BiasResidualClamp}, "depthwise");
  check(ConvSpec{{1, 4, 20, 1, 8}, {2, 3, 1}, 8, {}, {}, {0, 1, 0}, {1, 1, 0}, 8}, "depthwise");
  check(ConvSpec{{1, 2, 40, 4}, {1, 33}, 4, {}, {}, {}, {}, 4}, ""); // taps are straight-line code
}

INSTANTIATE_TEST_SUITE_P(Levels, Kernels,
                         testing::Values("x86-64", "x86-64-v3", "x86-64-v4", "aarch64", "riscv64", "scalar",
                                         "x86-64+x86-64-v3+x86-64-v4", "x86-64-v3+x86-64-v4", "x86-64-v4+x86-64-v3"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           std::replace(name.begin(), name.end(), '+', '_');
                           return name;
                         });

// What the inner loops look like where they cannot run here.
TEST(KernelAssembly, FusesMultiplyAdds) {
  mlir::MLIRContext context;
  context.loadDialect<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
  for (auto [level, instruction] : {std::pair("aarch64", "fmla"), {"riscv64", "vfmacc"}, {"x86-64-v3", "vfmadd"},
                                    {"x86-64-v4", "%zmm"}}) {
    for (const std::string &text :
         {moduleOf(MatMulSpec{{49, 64}, {64, 96}}), moduleOf(ConvSpec{{1, 14, 14, 32}, {3, 3}, 32, {}, {}, {1, 1}, {1, 1}}),
          moduleOf(ConvSpec{{1, 14, 14, 32}, {3, 3}, 32, {}, {}, {1, 1}, {1, 1}, 32})}) {
      auto harness = KernelHarness::create(&context, text, level);
      ASSERT_TRUE(harness.ok()) << harness.status();
      EXPECT_THAT((*harness)->assembly(), HasSubstr(instruction)) << level;
    }
  }
}

} // namespace
} // namespace aotc::cpu
