// Accuracy of the f32 functions that are emitted inline.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "absl/strings/substitute.h"
#include "compiler/artifact/Loader.h"
#include "ir/Interp/Interp.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "test/backends/cpu/CodegenHarness.h"

namespace aotc::test {
namespace {

// Floats between the two; 0 and -0 are one.
int64_t ulps(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? 0 : INT64_MAX;
  auto order = [](float x) {
    int32_t bits;
    std::memcpy(&bits, &x, 4);
    return bits < 0 ? -static_cast<int64_t>(bits & 0x7fffffff) : static_cast<int64_t>(bits);
  };
  return std::abs(order(a) - order(b));
}

struct Function {
  const char *name;
  int64_t ulps; // allowed
};

class MathAccuracy : public testing::TestWithParam<Function> {};
INSTANTIATE_TEST_SUITE_P(, MathAccuracy,
                         testing::Values(Function{"exp", 2}, Function{"expm1", 3}, Function{"log", 2},
                                         Function{"log1p", 3}, Function{"tanh", 4}, Function{"sigmoid", 3},
                                         Function{"softplus", 3}, Function{"erf", 3}, Function{"sin", 2},
                                         Function{"cos", 2}, Function{"rsqrt", 1}),
                         [](const auto &info) { return std::string(info.param.name); });

TEST_P(MathAccuracy, IsWithinUlps) {
  constexpr int64_t kCount = 1 << 17;
  Program program(absl::Substitute("func.func @f(%x: tensor<$0xf32>) -> tensor<$0xf32> {\n"
                                   "%y = nn.unary $1 %x : tensor<$0xf32> -> tensor<$0xf32>\n"
                                   "return %y : tensor<$0xf32>\n}", kCount, GetParam().name));
  ASSERT_TRUE(program.module);
  Tensor x(DType::F32, {kCount});
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> around(-20, 20);
  float *values = x.mutableAs<float>();
  for (int64_t i = 0; i < kCount; ++i) {
    uint32_t bits = generator(); // every exponent, infinities and NaN among them
    std::memcpy(&values[i], &bits, 4);
    if (i % 2)
      values[i] = around(generator);
  }
  auto want = evaluateFunc(*program.module.get().getOps<mlir::func::FuncOp>().begin(), {x});
  ASSERT_TRUE(want.ok());
  for (const char *cpu : {"x86-64", "native"}) {
    auto emitted = compile(program, targetFor(cpu));
    ASSERT_TRUE(emitted.ok());
    auto model = LoadedModel::load(emitted->object, "m");
    ASSERT_TRUE(model.ok());
    auto got = (*model)->run({x});
    ASSERT_TRUE(got.ok());
    int64_t worst = 0, where = 0;
    for (int64_t i = 0; i < kCount; ++i) {
      int64_t distance = ulps((*got)[0].as<float>()[i], (*want)[0].as<float>()[i]);
      if (distance > worst) {
        worst = distance;
        where = i;
      }
    }
    EXPECT_LE(worst, GetParam().ulps) << cpu << ": " << GetParam().name << "(" << values[where] << ") is "
                                      << (*want)[0].as<float>()[where] << ", got " << (*got)[0].as<float>()[where];
  }
}

} // namespace
} // namespace aotc::test
