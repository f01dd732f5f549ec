// The importer: diagnostics, folding and the form of the module.
#include <gtest/gtest.h>

#include "compiler/frontend/tensorflow/Importer.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "test/compiler/frontend/tensorflow/reader_testing.h"

namespace aotc::tf {
namespace {

constexpr char kFloat[] = "T { type: DT_FLOAT }";

std::string vectorOf(const std::string &name, std::initializer_list<int> values) {
  std::string tensor = absl::StrCat("dtype: DT_INT32 tensor_shape { dim { size: ", values.size(), " } }");
  for (int value : values)
    absl::StrAppend(&tensor, " int_val: ", value);
  return node(name, "Const", "", absl::StrCat("value { tensor { ", tensor, " } }"));
}

// What becomes of a graph; its inputs are f32 of `shape`.
struct Imported {
  Imported(const std::string &text, Shape shape = {2, 4}, int64_t seed = 0) {
    auto model = parseGraph(text, "graph.pbtxt", {}, diagnostics);
    EXPECT_TRUE(model.ok()) << errors();
    if (!model.ok())
      return;
    TFImportOptions options;
    options.outputs = model->outputs;
    options.seed = seed;
    for (const InputInfo &input : model->inputs)
      options.inputs.push_back({{input.name, dtypeOf(input.type).value_or(DType::F32), shape}, input.edge});
    auto result = importGraph(&context, model->graph, options, diagnostics);
    EXPECT_EQ(result.ok(), !diagnostics.hasErrors());
    if (result.ok())
      module = *std::move(result);
  }

  std::string errors() const {
    return absl::StrJoin(diagnostics.errors(), "\n", [](std::string *out, const Diagnostic &d) {
      absl::StrAppend(out, d.node, ": ", d.message);
    });
  }
  mlir::func::FuncOp main() { return module->lookupSymbol<mlir::func::FuncOp>("main"); }
  // The operations of the body, in order.
  std::string ops() {
    std::string text;
    for (mlir::Operation &op : main().getBody().front())
      absl::StrAppend(&text, text.empty() ? "" : " ", op.getName().getStringRef().str());
    return text;
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  Diagnostics diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST(Importer, NamesArgumentsAndResults) {
  Imported i(placeholder("x") + node("y", "Relu", "x", kFloat));
  ASSERT_TRUE(i.module) << i.errors();
  EXPECT_EQ(i.ops(), "nn.unary func.return");
  EXPECT_EQ(i.main().getArgAttrOfType<mlir::StringAttr>(0, "nn.name").str(), "x");
  EXPECT_EQ(i.main().getResultAttrOfType<mlir::StringAttr>(0, "nn.name").str(), "y");
}

TEST(Importer, OperationsKnowTheirNode) {
  Imported i(placeholder("x") + node("layer/relu", "Relu", "x", kFloat));
  ASSERT_TRUE(i.module) << i.errors();
  auto loc = mlir::dyn_cast<mlir::FusedLoc>(i.main().getBody().front().front().getLoc());
  ASSERT_TRUE(loc);
  EXPECT_EQ(mlir::cast<mlir::NameLoc>(loc.getLocations()[0]).getName().str(), "layer/relu");
  EXPECT_EQ(mlir::cast<mlir::StringAttr>(loc.getMetadata()).str(), "Relu");
}

TEST(Importer, ShapeArithmeticDisappears) {
  // reshape(x, [shape(x)[0], -1])
  Imported i(placeholder("x") + node("shape", "Shape", "x", kFloat) + vectorOf("zero", {0}) + vectorOf("one", {1}) +
                 node("batch", "StridedSlice", "shape zero one one", "shrink_axis_mask { i: 1 }") +
                 node("rest", "Const", "", "value { tensor { dtype: DT_INT32 int_val: -1 tensor_shape { } } }") +
                 node("to", "Pack", "batch rest") + node("y", "Reshape", "x to"),
             {3, 2, 5});
  ASSERT_TRUE(i.module) << i.errors();
  EXPECT_EQ(i.ops(), "nn.reshape func.return");
  EXPECT_EQ(nn::shapeOf(i.main().getBody().front().front().getResult(0)), llvm::ArrayRef<int64_t>({3, 10}));
}

TEST(Importer, ListsAllProblemsOnceAndDependentsNever) {
  Imported i(placeholder("x") + node("a", "NoSuchOp", "x") + node("b", "Relu", "a", kFloat) +
             node("c", "AlsoMissing", "b") + node("d", "Conv2D", "b b", "data_format { s: 'NCHW_VECT_C' }") +
             node("e", "AddN", "x c d", kFloat));
  EXPECT_EQ(i.errors(), "a: operation 'NoSuchOp' is not supported\n"
                        "c: operation 'AlsoMissing' is not supported\n"
                        "d: attribute 'data_format' is 'NCHW_VECT_C'");
}

TEST(Importer, NamesTheNearestOperation) {
  Imported i(placeholder("x") + node("y", "Sigmiod", "x"));
  ASSERT_EQ(i.diagnostics.errors().size(), 1u);
  EXPECT_EQ(i.diagnostics.errors()[0].remedy, "the nearest supported operation is 'Sigmoid'");
}

TEST(Importer, SaysWhichOperandMustBeConstant) {
  Imported i(placeholder("x") + node("p", "Cast", "x", "DstT { type: DT_INT32 }") + node("y", "Tile", "x p"));
  EXPECT_EQ(i.errors(), "y: operand 1 (multiples) must be known at compile time");
}

TEST(Importer, RangesOfIntegersMustBeKnown) {
  auto number = [](const std::string &name, const std::string &value) {
    return node(name, "Const", "", absl::StrCat("value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: ", value, " } }"));
  };
  const std::string range = placeholder("x") + number("low", "-1") + number("high", "2");
  Imported fake(range + node("y", "FakeQuantWithMinMaxVars", "x low high"));
  ASSERT_TRUE(fake.module) << fake.errors();
  EXPECT_TRUE(absl::StrContains(fake.ops(), "nn.quantize")) << fake.ops();
  EXPECT_TRUE(absl::StrContains(fake.ops(), "nn.dequantize func.return")) << fake.ops();
  Imported computed(range + node("m", "Max", "x axis", kFloat) + vectorOf("axis", {0, 1}) + node("y", "FakeQuantWithMinMaxVars", "x low m"));
  EXPECT_EQ(computed.errors(), "y: operand 2 (max) must be known at compile time");
  Imported own(range + node("y", "QuantizeAndDequantizeV2", "x low high"));
  EXPECT_EQ(own.errors(), "y: a range that is computed from the operand is not supported");
  Imported bits(range + node("y", "FakeQuantWithMinMaxVars", "x low high", "num_bits { i: 17 }"));
  EXPECT_EQ(bits.errors(), "y: num_bits must be 2 to 16, got 17");
  Imported none(range + node("y", "FakeQuantWithMinMaxVars", "x high low"));
  EXPECT_EQ(none.errors(), "y: the range 2.000000 to -1.000000 is none");
}

TEST(Importer, ReportsWrongAttributesOperandsAndShapes) {
  Imported type(placeholder("x") + node("y", "LeakyRelu", "x", "alpha { s: 'steep' }"));
  EXPECT_EQ(type.errors(), "y: attribute 'alpha' is not a float");
  Imported count(placeholder("x") + node("y", "Relu", "x x"));
  EXPECT_EQ(count.errors(), "y: has 2 operands, not 1");
  Imported shape(placeholder("x") + vectorOf("s", {3, 3}) + node("y", "Reshape", "x s"));
  EXPECT_EQ(shape.errors(), "y: cannot reshape f32[2,4] to [3,3]");
  Imported axis(placeholder("x") + vectorOf("s", {2}) + node("y", "Sum", "x s"));
  EXPECT_EQ(axis.errors(), "y: axis 2 is outside rank 2");
  Imported broadcast(placeholder("x") + vectorOf("s", {3, 2}) + node("t", "Fill", "s c") + constant("c") +
                     node("y", "Add", "x t"));
  EXPECT_EQ(broadcast.diagnostics.errors().size(), 1u);
}

TEST(Importer, RefusesAbsurdDimensions) {
  Imported i(placeholder("x") + vectorOf("s", {2000000, 2000000, 2000000}) + constant("c") + node("t", "Fill", "s c") +
             node("y", "Add", "x t"));
  EXPECT_EQ(i.errors(), "t: absurd dimensions: f32[2000000,2000000,2000000]");
}

TEST(Importer, LargeConstantsStayOperations) {
  // 100 MB: above the limit of one folded result
  Imported i(vectorOf("s", {5000, 5000}) + constant("c") + node("t", "Fill", "s c") + node("y", "Exp", "t"));
  ASSERT_TRUE(i.module) << i.errors();
  EXPECT_EQ(i.ops(), "nn.constant nn.unary func.return");
}

TEST(Importer, ReportsWhatFailsOnConstants) {
  Imported i(vectorOf("a", {1, 2}) + vectorOf("b", {1, 0}) + node("y", "FloorDiv", "a b"));
  ASSERT_EQ(i.diagnostics.errors().size(), 1u);
  EXPECT_EQ(i.diagnostics.errors()[0].node, "y");
}

// A dropout that asks a constant whether the network trains.
std::string conditional(const std::string &predicate) {
  return placeholder("x") + predicate + node("s", "Switch", "x p", kFloat) + node("a", "Relu", "s:0", kFloat) +
         node("b", "NoSuchOp", "s:1") + node("c", "Split", "axis b", "num_split { i: 100 }") +
         node("axis", "Const", "", "value { tensor { dtype: DT_INT32 int_val: 0 tensor_shape { } } }") +
         node("y", "Merge", "a c:99", "N { i: 2 }");
}

TEST(Importer, TakesTheBranchOfAConstantPredicate) {
  Imported never(conditional(node("p", "Const", "", "value { tensor { dtype: DT_BOOL bool_val: false tensor_shape { } } }")));
  ASSERT_TRUE(never.module) << never.errors();
  EXPECT_EQ(never.ops().substr(0, 8), "nn.unary");
  Imported always(conditional(node("p", "Const", "", "value { tensor { dtype: DT_BOOL bool_val: true tensor_shape { } } }")));
  EXPECT_EQ(always.errors(), "b: operation 'NoSuchOp' is not supported");
  Imported unknown(conditional(node("p", "Cast", "x", "DstT { type: DT_BOOL }")), {});
  EXPECT_EQ(unknown.errors(), "b: operation 'NoSuchOp' is not supported");
}

TEST(Importer, ChoosesBetweenBranchesByData) {
  Imported i(placeholder("x") + node("p", "Cast", "x", "DstT { type: DT_BOOL }") + node("s", "Switch", "x p", kFloat) +
                 node("a", "Relu", "s:0", kFloat) + node("b", "Exp", "s:1", kFloat) + node("y", "Merge", "a b", "N { i: 2 }"),
             {});
  ASSERT_TRUE(i.module) << i.errors();
  EXPECT_EQ(i.ops(), "nn.cast nn.unary nn.unary nn.select func.return");
}

// while (i < limit) x = relu(x) in form of functions.
std::string loop(const std::string &limit) {
  auto function = [](const std::string &name, const std::string &type, const std::string &nodes, const std::string &result) {
    return absl::StrCat("function { signature { name: '", name, "' input_arg { name: 'i' type: DT_FLOAT } input_arg { name: 'x' type: DT_FLOAT } ",
                        type, " } ", nodes, " ", result, " }\n");
  };
  return placeholder("x") + constant("zero", "dtype: DT_FLOAT float_val: 0") + "library { " +
         function("more", "output_arg { name: 'r' type: DT_BOOL }",
                  node("limit", "Const", "", absl::StrCat("value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: ", limit, " } }"), "node_def") +
                      node("less", "Less", "i limit:output:0", kFloat, "node_def"),
                  "ret { key: 'r' value: 'less:z:0' }") +
         function("step", "output_arg { name: 'j' type: DT_FLOAT } output_arg { name: 'r' type: DT_FLOAT }",
                  node("one", "Const", "", "value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } }", "node_def") +
                      node("next", "AddV2", "i one:output:0", kFloat, "node_def") + node("relu", "Relu", "x", kFloat, "node_def"),
                  "ret { key: 'j' value: 'next:z:0' } ret { key: 'r' value: 'relu:activations:0' }") +
         "} " +
         node("y", "StatelessWhile", "zero x",
              "cond { func { name: 'more' } };body { func { name: 'step' } };T { list { type: DT_FLOAT type: DT_FLOAT } }");
}

TEST(Importer, RunsLoopsRoundByRound) {
  Imported i(loop("3"));
  ASSERT_TRUE(i.module) << i.errors();
  EXPECT_EQ(i.ops(), "nn.unary nn.unary nn.constant nn.unary func.return"); // with the counter, which nobody needs
}

TEST(Importer, LoopsEnd) {
  EXPECT_EQ(Imported(loop("1e9")).errors(), "y: the loop has more than 16384 rounds");
}

TEST(Importer, RandomOperationsHaveStreamsOfTheirOwn) {
  std::string uniform = "dtype { type: DT_FLOAT }";
  Imported i(vectorOf("s", {3}) + node("a", "RandomUniform", "s", uniform) + node("b", "RandomUniform", "s", uniform) +
                 node("y", "Sub", "a b"),
             {1}, /*seed=*/7);
  ASSERT_TRUE(i.module) << i.errors();
  std::vector<int64_t> streams;
  for (auto random : i.main().getOps<nn::RandomOp>()) {
    EXPECT_EQ(random.getSeed(), 7u);
    streams.push_back(random.getStream());
  }
  EXPECT_EQ(streams, (std::vector<int64_t>{0, 1}));
}

TEST(Importer, ListsOperations) {
  std::string list = listOps();
  EXPECT_NE(list.find("\nReshape  [f64 f32"), std::string::npos);
  EXPECT_NE(list.find("constant shape"), std::string::npos);
}

} // namespace
} // namespace aotc::tf
