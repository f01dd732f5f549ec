// Accuracy of the f32 functions that are emitted inline.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"
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

constexpr int64_t kCount = 1 << 17;

Tensor inputs(unsigned seed) {
  Tensor t(DType::F32, {kCount});
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> around(-20, 20);
  float *values = t.mutableAs<float>();
  for (int64_t i = 0; i < kCount; ++i) {
    uint32_t bits = generator(); // every exponent, infinities and NaN among them
    std::memcpy(&values[i], &bits, 4);
    if (i % 2)
      values[i] = around(generator);
    if (i % 16 == 3) // whole numbers, one and zero among them
      values[i] = std::round(values[i] / 4);
  }
  return t;
}

struct Function {
  const char *name;
  int64_t ulps; // allowed
};

class MathAccuracy : public testing::TestWithParam<Function> {};
INSTANTIATE_TEST_SUITE_P(, MathAccuracy,
                         testing::Values(Function{"exp", 2}, Function{"expm1", 3}, Function{"log", 2},
                                         Function{"log1p", 3}, Function{"tanh", 4}, Function{"sigmoid", 3},
                                         Function{"softplus", 3}, Function{"erf", 2}, Function{"sin", 2},
                                         Function{"cos", 2}, Function{"rsqrt", 1}, Function{"pow", 2}),
                         [](const auto &info) { return std::string(info.param.name); });

TEST_P(MathAccuracy, IsWithinUlps) {
  bool isPow = std::string(GetParam().name) == "pow";
  Program program(absl::Substitute(
      "func.func @f(%x: tensor<$0xf32>, %y: tensor<$0xf32>) -> tensor<$0xf32> {\n"
      "%z = $1 : tensor<$0xf32>$2\nreturn %z : tensor<$0xf32>\n}",
      kCount, isPow ? "nn.binary pow %x, %y" : absl::StrCat("nn.unary ", GetParam().name, " %x"),
      isPow ? "" : absl::Substitute(" -> tensor<$0xf32>", kCount)));
  ASSERT_TRUE(program.module);
  Tensor x = inputs(1), y = inputs(2);
  const float *values = x.as<float>(), *exponents = y.as<float>();
  auto want = evaluateFunc(*program.module.get().getOps<mlir::func::FuncOp>().begin(), {x, y});
  ASSERT_TRUE(want.ok());
  for (const char *cpu : {"x86-64", "native"}) {
    auto emitted = compile(program, cpu);
    ASSERT_TRUE(emitted.ok());
    auto model = LoadedModel::load(emitted->object, "m");
    ASSERT_TRUE(model.ok());
    auto got = (*model)->run({x, y});
    ASSERT_TRUE(got.ok());
    int64_t worst = 0, where = 0;
    for (int64_t i = 0; i < kCount; ++i) {
      int64_t distance = ulps((*got)[0].as<float>()[i], (*want)[0].as<float>()[i]);
      if (distance > worst) {
        worst = distance;
        where = i;
      }
    }
    EXPECT_LE(worst, GetParam().ulps)
        << cpu << ": " << GetParam().name << "(" << values[where]
        << (isPow ? absl::StrCat(", ", exponents[where]) : "") << ") is " << (*want)[0].as<float>()[where]
        << ", got " << (*got)[0].as<float>()[where];
  }
}

} // namespace
} // namespace aotc::test
