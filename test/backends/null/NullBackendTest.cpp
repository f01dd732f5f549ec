#include <gtest/gtest.h>

#include "test/backends/cpu/CodegenHarness.h"

namespace aotc::test {
namespace {

TEST(NullBackend, ListsThePlan) {
  TargetSpec target{"null-any", "", ""};
  const Backend *backend = findBackend(target);
  ASSERT_NE(backend, nullptr);
  EXPECT_EQ(backend->name(), "null");
  EXPECT_FALSE(backend->resolve({"null-any", "native", ""}).ok());
  auto result = compile(Program(R"(func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = nn.unary tanh %x : tensor<4xf32> -> tensor<4xf32>
    return %y : tensor<4xf32>
  })"),
                        Targets{target});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->object, "plan of m\nregion 0 loop input0[0, +16) -> output0[0, +16)\n");
}

} // namespace
} // namespace aotc::test
