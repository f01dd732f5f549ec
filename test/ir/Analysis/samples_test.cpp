// Which networks bring the samples of a batch together.
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "ir/NN/NN.h"
#include "ir/NN/Samples.h"
#include "mlir/Parser/Parser.h"

namespace aotc::nn {
namespace {

// "" or the reason, of a function whose text has B for the size.
std::string mixing(const std::string &text) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<NNDialect, mlir::func::FuncDialect>();
  auto at = [&](const char *size) {
    return mlir::parseSourceString<mlir::ModuleOp>(absl::StrReplaceAll(text, {{"B", size}, {"C", size[0] == '2' ? "4" : "6"}}), &context);
  };
  auto two = at("2"), three = at("3");
  EXPECT_TRUE(two && three) << text;
  if (!two || !three)
    return "does not parse";
  auto main = [](mlir::ModuleOp module) { return *module.getOps<mlir::func::FuncOp>().begin(); };
  std::optional<Mixing> found = findMixing(main(*two), 2, main(*three), 3);
  return found ? found->reason : "";
}

// A function of x: tensor<Bx4xf32> with this body, whose result %r has `type`.
std::string ofRows(const std::string &body, const std::string &type) {
  return mixing("func.func @f(%x: tensor<Bx4xf32>) -> " + type + " { " + body + " return %r : " + type + " }");
}

TEST(Samples, WhatKeepsThemApart) {
  EXPECT_EQ(ofRows("%r = nn.unary relu %x : tensor<Bx4xf32> -> tensor<Bx4xf32>", "tensor<Bx4xf32>"), "");
  EXPECT_EQ(ofRows("%w = nn.constant dense<2.0> : tensor<4x3xf32> %r = nn.matmul %x, %w : (tensor<Bx4xf32>, tensor<4x3xf32>) -> tensor<Bx3xf32>",
                   "tensor<Bx3xf32>"), "");
  EXPECT_EQ(ofRows("%r = nn.reduce sum %x [1] : tensor<Bx4xf32> -> tensor<Bx1xf32>", "tensor<Bx1xf32>"), "");
  EXPECT_EQ(ofRows("%r = nn.softmax %x {axis = 1 : i64} : tensor<Bx4xf32>", "tensor<Bx4xf32>"), "");
  EXPECT_EQ(ofRows("%r = nn.reshape %x : tensor<Bx4xf32> -> tensor<Cx2xf32>", "tensor<Cx2xf32>"), "");
  EXPECT_EQ(ofRows("%t = nn.transpose %x [1, 0] : tensor<Bx4xf32> -> tensor<4xBxf32> "
                   "%r = nn.transpose %t [1, 0] : tensor<4xBxf32> -> tensor<Bx4xf32>",
                   "tensor<Bx4xf32>"), "");
  EXPECT_EQ(ofRows("%r = nn.slice %x {starts = array<i64: 0, 1>, strides = array<i64: 1, 1>} : tensor<Bx4xf32> -> tensor<Bx2xf32>",
                   "tensor<Bx2xf32>"), "");
  EXPECT_EQ(ofRows("%c = nn.constant dense<1.0> : tensor<Bx4xf32> %r = nn.binary add %x, %c : tensor<Bx4xf32>", "tensor<Bx4xf32>"), "");
  EXPECT_EQ(ofRows("%r = nn.concat %x, %x {axis = 1 : i64} : (tensor<Bx4xf32>, tensor<Bx4xf32>) -> tensor<Bx8xf32>", "tensor<Bx8xf32>"), "");
}

TEST(Samples, WhatBringsThemTogether) {
  EXPECT_EQ(ofRows("%r = nn.reduce mean %x [0] : tensor<Bx4xf32> -> tensor<1x4xf32>", "tensor<1x4xf32>"), "brings samples together");
  EXPECT_EQ(ofRows("%r = nn.softmax %x {axis = 0 : i64} : tensor<Bx4xf32>", "tensor<Bx4xf32>"), "sums over samples");
  EXPECT_EQ(ofRows("%r = nn.cumulative sum %x {axis = 0 : i64} : tensor<Bx4xf32>", "tensor<Bx4xf32>"), "sums over samples");
  EXPECT_EQ(ofRows("%r = nn.reverse %x [0] : tensor<Bx4xf32>", "tensor<Bx4xf32>"), "reverses the samples");
  EXPECT_EQ(ofRows("%r = nn.concat %x, %x {axis = 0 : i64} : (tensor<Bx4xf32>, tensor<Bx4xf32>) -> tensor<Cx4xf32>", "tensor<Cx4xf32>"), "joins samples");
  EXPECT_EQ(ofRows("%r = nn.slice %x {starts = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<Bx4xf32> -> tensor<1x4xf32>", "tensor<1x4xf32>"),
            "brings samples together");
  EXPECT_EQ(ofRows("%t = nn.transpose %x [1, 0] : tensor<Bx4xf32> -> tensor<4xBxf32> "
                   "%r = nn.matmul %x, %t : (tensor<Bx4xf32>, tensor<4xBxf32>) -> tensor<BxBxf32>", "tensor<BxBxf32>"),
            "has a result of another shape for other sizes");
  EXPECT_EQ(ofRows("%r = nn.reshape %x : tensor<Bx4xf32> -> tensor<4xBxf32>", "tensor<4xBxf32>"), "brings samples together");
  EXPECT_EQ(ofRows("%i = nn.iota {axis = 0 : i64} : tensor<Bx4xf32> %r = nn.binary add %x, %i : tensor<Bx4xf32>", "tensor<Bx4xf32>"), "numbers the samples");
  EXPECT_EQ(ofRows("%r = nn.transpose %x [1, 0] : tensor<Bx4xf32> -> tensor<4xBxf32>", "tensor<4xBxf32>"),
            "has an output whose outermost dimension is not the symbol's");
}

TEST(Samples, ConstantsThatDependOnTheSize) {
  EXPECT_EQ(ofRows("%c = nn.constant dense<B.0> : tensor<Bx4xf32> %r = nn.binary mul %x, %c : tensor<Bx4xf32>", "tensor<Bx4xf32>"),
            "has a constant operand that depends on the size");
  EXPECT_EQ(mixing("func.func @f(%x: tensor<Bx2xf32>) -> tensor<Bx2xf32> { %c = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> "
                   "%v = nn.reshape %c : tensor<2xf32> -> tensor<1x2xf32> %w = nn.broadcast %v : tensor<1x2xf32> -> tensor<Bx2xf32> "
                   "%r = nn.binary add %x, %w : tensor<Bx2xf32> return %r : tensor<Bx2xf32> }"), "");
}

} // namespace
} // namespace aotc::nn
