// What integers values can hold.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ir/NN/IntegerRange.h"
#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

namespace aotc::nn {
namespace {

// "low..high" of %r in a body with the arguments n: i64 scalar, b: 8 bools, x: 8 floats.
std::string range(const std::string &body, const std::string &type) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<NNDialect, mlir::func::FuncDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      "func.func @f(%n: tensor<i64>, %b: tensor<8xi1>, %x: tensor<8xf32>) -> " + type + " { " + body + " return %r : " + type + " }", &context);
  EXPECT_TRUE(module) << body;
  if (!module)
    return "does not parse";
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  std::optional<IntegerRange> found = rangeOf(function.front().getTerminator()->getOperand(0));
  return found ? absl::StrCat(found->low, "..", found->high) : "none";
}

const std::string kZero = "%z = nn.constant dense<0> : tensor<i64> ", kNine = "%k = nn.constant dense<9> : tensor<i64> ";

TEST(Ranges, OfClippedValues) {
  EXPECT_EQ(range(kZero + kNine + "%m = nn.binary max %n, %z : tensor<i64> %r = nn.binary min %m, %k : tensor<i64>", "tensor<i64>"), "0..9");
  EXPECT_EQ(range(kZero + "%r = nn.binary max %n, %z : tensor<i64>", "tensor<i64>"), absl::StrCat("0..", INT64_MAX));
  EXPECT_EQ(range(kNine + "%r = nn.binary add %n, %k : tensor<i64>", "tensor<i64>"), absl::StrCat(INT64_MIN, "..", INT64_MAX)); // may wrap
}

TEST(Ranges, OfCounts) {
  const std::string count = "%c = nn.cast %b : tensor<8xi1> -> tensor<8xi64> %t = nn.reduce sum %c [0] : tensor<8xi64> -> tensor<1xi64> %s = nn.reshape %t : tensor<1xi64> -> tensor<i64> ";
  EXPECT_EQ(range(count + kNine + "%r = nn.binary mul %s, %k : tensor<i64>", "tensor<i64>"), "0..72");
  EXPECT_EQ(range(count + kNine + "%r = nn.binary sub %k, %s : tensor<i64>", "tensor<i64>"), "1..9");
  EXPECT_EQ(range("%r = nn.arg_reduce max %x {axis = 0 : i64} : tensor<8xf32> -> tensor<1xi64>", "tensor<1xi64>"), "0..7");
  EXPECT_EQ(range("%r = nn.iota {axis = 0 : i64} : tensor<5xi32>", "tensor<5xi32>"), "0..4");
}

TEST(Ranges, OfTypes) {
  EXPECT_EQ(range("%r = nn.cast %x : tensor<8xf32> -> tensor<8xui8>", "tensor<8xui8>"), "0..255");
  EXPECT_EQ(range("%r = nn.unary abs %x : tensor<8xf32> -> tensor<8xf32>", "tensor<8xf32>"), "none");
}

} // namespace
} // namespace aotc::nn
