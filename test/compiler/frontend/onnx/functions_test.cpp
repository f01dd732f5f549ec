// The library of function bodies that the compiler embeds.
#include <gtest/gtest.h>

#include "compiler/frontend/onnx/functions/FunctionLibrary.h"

namespace aotc::onnx {
namespace {

Node use(const std::string &op, Attrs attrs = {}) {
  Node node;
  node.op = op;
  node.attrs = std::move(attrs);
  return node;
}

TEST(FunctionLibrary, HasTheBodiesOfAllFunctionOperators) { EXPECT_GE(libraryOps().size(), 30u); }

TEST(FunctionLibrary, TakesTheNewestBodyThatIsNotNewerThanTheModel) {
  EXPECT_EQ(findLibraryFunction(use("ReduceSumSquare"), 17, {true}), nullptr);
  const Function *first = findLibraryFunction(use("ReduceLogSum"), 27, {true, false});
  const Function *next = findLibraryFunction(use("ReduceLogSum"), 28, {true, false});
  ASSERT_NE(first, nullptr);
  EXPECT_NE(first, next);
  EXPECT_EQ(first->opsets.at(""), 18);
}

TEST(FunctionLibrary, TakesTheBodyForTheAttributesAndOperandsAtHand) {
  const Function *exact = findLibraryFunction(use("Gelu"), 20, {true});
  const Function *approximate = findLibraryFunction(use("Gelu", {{"approximate", std::string("tanh")}}), 20, {true});
  ASSERT_NE(exact, nullptr);
  ASSERT_NE(approximate, nullptr);
  EXPECT_NE(exact, approximate);
  EXPECT_EQ(findLibraryFunction(use("Gelu", {{"approximate", std::string("wild")}}), 20, {true}), nullptr);
  const Function *weighted = findLibraryFunction(use("NegativeLogLikelihoodLoss"), 13, {true, true, true});
  const Function *plain = findLibraryFunction(use("NegativeLogLikelihoodLoss"), 13, {true, true});
  ASSERT_NE(weighted, nullptr);
  ASSERT_NE(plain, nullptr);
  EXPECT_NE(weighted, plain);
}

TEST(FunctionLibrary, BuildsWholeGraphs) {
  const Function *function = findLibraryFunction(use("SwiGLU"), 28, {true, true});
  ASSERT_NE(function, nullptr);
  EXPECT_EQ(function->body.inputs.size(), 2u);
  EXPECT_FALSE(function->body.nodes.empty());
  EXPECT_EQ(function->defaults.count("alpha"), 1u);
}

} // namespace
} // namespace aotc::onnx
