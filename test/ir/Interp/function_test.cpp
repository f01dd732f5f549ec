#include "test/ir/Interp/Eval.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

TEST(Function, EvaluatesInOrderAndReturnsAll) {
  auto results = evaluateFunction(R"(
    func.func @f(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
      %c = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %y = nn.binary add %x, %c : tensor<2xf32>
      %z = nn.binary mul %y, %y : tensor<2xf32>
      %unused = nn.unary neg %z : tensor<2xf32> -> tensor<2xf32>
      return %z, %x, %z : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
    })",
                                  {t("f32", {2}, {1, 1})});
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3u);
  EXPECT_EQ(show((*results)[0]), "f32[2] 4 9");
  EXPECT_EQ(show((*results)[1]), "f32[2] 1 1");
  EXPECT_EQ(show((*results)[2]), "f32[2] 4 9");
}

TEST(Function, EvaluatesFusionBodies) {
  auto results = evaluateFunction(R"(
    func.func @f(%x: tensor<1x2xf16>, %w: tensor<2x1xf16>) -> tensor<1x1xf16> {
      %y = nn.fusion contraction(%x, %w) : (tensor<1x2xf16>, tensor<2x1xf16>) -> tensor<1x1xf16> {
      ^bb0(%a: tensor<1x2xf16>, %b: tensor<2x1xf16>):
        %p = nn.matmul %a, %b : (tensor<1x2xf16>, tensor<2x1xf16>) -> tensor<1x1xf16>
        %r = nn.unary relu %p : tensor<1x1xf16> -> tensor<1x1xf16>
        nn.yield %r : tensor<1x1xf16>
      }
      return %y : tensor<1x1xf16>
    })",
                                  {t("f16", {1, 2}, {1, 2}), t("f16", {2, 1}, {3, 4})});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(show(results->front()), "f16[1,1] 11");
}

TEST(Function, ChecksItsArguments) {
  const char *identity = "func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }";
  EXPECT_EQ(evaluateFunction(identity, {}).status().message(), "expected 1 arguments, got 0");
  EXPECT_EQ(evaluateFunction(identity, {t("f32", {3}, {})}).status().message(),
            "argument 0 is f32[3], expected f32[2]");
  EXPECT_EQ(evaluateFunction(identity, {t("i32", {2}, {})}).status().message(),
            "argument 0 is i32[2], expected f32[2]");
}

TEST(Function, PassesErrorsOn) {
  auto results = evaluateFunction(R"(
    func.func @f(%x: tensor<1xi32>) -> tensor<1xi32> {
      %y = nn.binary div %x, %x : tensor<1xi32>
      return %y : tensor<1xi32>
    })",
                                  {t("i32", {1}, {0})});
  EXPECT_EQ(results.status().message(), "nn.binary: division by zero");
}

TEST(Function, ReadsUnalignedViews) {
  std::string bytes(9, '\0');
  bytes[4] = '\x3f'; // 1.0f from the second byte on
  bytes[3] = '\x80';
  Tensor view(DType::F32, {2}, bytes.data() + 1, nullptr);
  EXPECT_EQ(eval("nn.unary neg %0 : tensor<2xf32> -> tensor<2xf32>", {view}), "f32[2] -1 -0");
}

} // namespace
} // namespace aotc::test
