// Shapes of inputs from what the file declares and what the user gives.
#include <gtest/gtest.h>

#include "compiler/driver/Inputs.h"

namespace aotc {
namespace {

struct Resolved {
  Resolved(const std::vector<DeclaredInput> &inputs, std::vector<std::string> specs) {
    std::vector<InputSpec> parsed;
    for (const std::string &spec : specs)
      parsed.push_back(*parseInputSpec("--input", spec));
    for (const ResolvedInput &input : resolveInputs(parsed, {}, inputs, "m", diagnostics, notes))
      shapes += (input.known ? typeString(input.dtype, input.shape) : "?") + " ";
    for (const Diagnostic &error : diagnostics.errors())
      errors += error.node + ": " + error.message + "\n";
  }
  Diagnostics diagnostics;
  std::vector<std::string> notes;
  std::string shapes, errors;
};

DeclaredInput declared(const std::string &name, std::vector<int64_t> shape, std::vector<std::string> symbols = {}) {
  return {name, DType::F32, "FLOAT", std::move(shape), std::move(symbols)};
}

TEST(Inputs, SymbolsBind) {
  std::vector<DeclaredInput> inputs{declared("a", {-1, 3, -1}, {"batch", "", "length"}),
                                    declared("b", {-1, -1}, {"length", "batch"})};
  EXPECT_EQ(Resolved(inputs, {"b=[7,2]"}).shapes, "f32[2,3,7] f32[7,2] ");
  EXPECT_EQ(Resolved(inputs, {"a=[2,3,7]", "b=[7,5]"}).errors, "b: dimension 'batch' is 5 here and 2 in input 'a'\n");
  Resolved leading(inputs, {"a=[?,3,7]"}); // a leading 1 is assumed and holds for its name as well
  EXPECT_EQ(leading.shapes, "f32[1,3,7] f32[7,1] ");
  EXPECT_EQ(leading.notes.size(), 1u);
}

TEST(Inputs, NamesWithAPort) {
  EXPECT_EQ(Resolved({declared("x:0", {-1, 2})}, {"x=[4,2]"}).shapes, "f32[4,2] ");
  EXPECT_EQ(Resolved({declared("x", {-1, -1})}, {}).errors, "x: the shape has unknown dimensions\n");
}

TEST(Inputs, OpenLeadingDimensionsFollow) {
  std::vector<DeclaredInput> inputs{declared("a", {-1, 3}), declared("b", {-1}), declared("c", {2, 3})};
  EXPECT_EQ(Resolved(inputs, {}).shapes, "f32[1,3] f32[1] f32[2,3] ");
  Resolved given(inputs, {"a=[5,3]"});
  EXPECT_EQ(given.shapes, "f32[5,3] f32[5] f32[2,3] ");
  ASSERT_EQ(given.notes.size(), 1u);
  EXPECT_NE(given.notes[0].find("taken as 5 for 'b'"), std::string::npos);
  EXPECT_EQ(Resolved(inputs, {"a=[5,3]", "b=[4]"}).shapes, "f32[5,3] f32[4] f32[2,3] ");
}

} // namespace
} // namespace aotc
