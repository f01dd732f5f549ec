// The importer: versions, folding, functions and diagnostics.
#include "compiler/frontend/onnx/Importer.h"
#include "ir/Interp/Interp.h"
#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "test/compiler/frontend/onnx/testing.h"

namespace aotc::onnx {
namespace {

constexpr char kOpset20[] = "opset_import { version: 20 }";

struct Imported {
  explicit Imported(const std::string &graph, const std::string &more = kOpset20) {
    auto model = parseModel(bytesOf(graph, more), "m.onnx", {}, diagnostics);
    EXPECT_TRUE(model.ok()) << errors();
    if (!model.ok())
      return;
    ImportOptions options;
    for (const InputInfo &info : model->inputs) {
      ImportInput settled;
      settled.name = info.name;
      settled.dtype = storageOf(info.type).value_or(DType::F32);
      settled.shape = *info.shape;
      options.inputs.push_back(std::move(settled));
    }
    auto result = importModel(&context, *model, options, diagnostics);
    EXPECT_EQ(result.ok(), !diagnostics.hasErrors());
    if (result.ok())
      module = *std::move(result);
  }

  std::string errors() const { return describe(diagnostics); }
  // The operations of the body, in order.
  std::string ops() {
    std::string text;
    for (mlir::Operation &op : module->lookupSymbol<mlir::func::FuncOp>("main").getBody().front())
      absl::StrAppend(&text, text.empty() ? "" : " ", op.getName().getStringRef().str());
    return text;
  }
  std::string resultType() {
    auto type = module->lookupSymbol<mlir::func::FuncOp>("main").getResultTypes()[0];
    std::string text;
    llvm::raw_string_ostream(text) << type;
    return text;
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  Diagnostics diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST(OnnxImporter, FoldsShapeArithmetic) {
  std::string axis = "attribute { name: 'axis' type: INT i: 0 }";
  Imported i(node("Shape", "x", "s") + node("Gather", "s,one", "n") + node("Concat", "n,rest", "to", axis) +
             node("Reshape", "x,to", "y") + ints("one", {1}) + ints("rest", {-1, 2}) + input("x", "4,6") + output("y"));
  EXPECT_EQ(i.errors(), "");
  EXPECT_EQ(i.ops(), "nn.reshape func.return");
  EXPECT_EQ(i.resultType(), "tensor<6x2x2xf32>");
}

TEST(OnnxImporter, TakesTheRowOfTheVersion) {
  std::string axes = "attribute { name: 'axes' type: INTS ints: 0 }";
  std::string old = node("Unsqueeze", "x", "y", axes) + input("x", "3") + output("y");
  EXPECT_EQ(Imported(old, "opset_import { version: 11 }").resultType(), "tensor<1x3xf32>");
  EXPECT_EQ(Imported(old).errors(), "y (Unsqueeze): has 1 operands, not 2");
  std::string gelu = node("Gelu", "x", "y") + input("x", "3") + output("y");
  EXPECT_EQ(Imported(gelu).errors(), "");
  EXPECT_EQ(Imported(gelu, "opset_import { version: 19 }").errors(),
            "y (Gelu): operation 'Gelu' is not in opset 19; it came with opset 20");
  EXPECT_EQ(Imported(node("Neg", "x", "y") + input("x", "3") + output("y"), "opset_import { version: 99 }").errors(),
            ": the model is of opset 99; supported are 1 to 28; convert it with onnx.version_converter");
}

TEST(OnnxImporter, ListsAllProblemsAndEachOnce) {
  Imported i(node("Reluu", "x", "a") + node("Neg", "a", "b") +
             node("Softmax", "x", "c", "attribute { name: 'axes' type: INT i: 0 }") +
             node("Concat", "x", "d", "attribute { name: 'axis' type: STRING s: '0' }") + node("Erf", "k", "e") +
             input("x", "2,3") + input("k", "2", kInt64) + output("b") + output("c") + output("d") + output("e"));
  EXPECT_EQ(i.errors(), "a (Reluu): operation 'Reluu' is not supported; the nearest supported operation is 'Relu'\n"
                        "c (Softmax): attribute 'axes' is unknown; its attributes are axis\n"
                        "d (Concat): attribute 'axis' is not an integer\n"
                        "e (Erf): element type i64 is not supported; supported: f64 f32 f16 bf16");
}

TEST(OnnxImporter, CallsFunctionsWithTheirAttributes) {
  std::string function =
      "functions { name: 'Times' domain: 'own' input: 'a' output: 'b' attribute: 'by' opset_import { version: 20 } "
      "node { op_type: 'Constant' output: 'k' attribute { name: 'value_float' type: FLOAT ref_attr_name: 'by' } } "
      "node { op_type: 'Mul' input: 'a' input: 'k' output: 'b' } } opset_import { domain: 'own' version: 1 } ";
  std::string call = node("Times", "x", "y", "domain: 'own' attribute { name: 'by' type: FLOAT f: 3 }");
  Imported i(call + input("x", "2") + output("y"), kOpset20 + function);
  EXPECT_EQ(i.errors(), "");
  EXPECT_EQ(i.ops(), "nn.constant nn.binary func.return");
}

TEST(OnnxImporter, FunctionsMayNotExplode) {
  auto function = [](const std::string &name, const std::string &calls) {
    return "functions { name: '" + name + "' domain: 'own' input: 'a' output: 'b' opset_import { version: 20 } " +
           node(calls, "a", "c", "domain: 'own'") + node(calls, "c", "b", "domain: 'own'") + "} ";
  };
  std::string graph = node("F0", "x", "y", "domain: 'own'") + input("x", "2") + output("y");
  Imported i(graph, kOpset20 + function("F0", "F1") + function("F1", "F0"));
  EXPECT_NE(i.errors().find("function 'F0' calls itself"), std::string::npos) << i.errors();
  std::string doubling; // 2^30 calls
  for (int k = 0; k < 30; ++k)
    doubling += function(absl::StrCat("F", k), absl::StrCat("F", k + 1));
  doubling += "functions { name: 'F30' domain: 'own' input: 'a' output: 'a' } ";
  Imported j(graph, kOpset20 + doubling);
  EXPECT_NE(j.errors().find("expand to more than"), std::string::npos) << j.errors();
}

TEST(OnnxImporter, BranchesOfKnownConditions) {
  auto branch = [](const char *name, const char *op) {
    return absl::StrCat("attribute { name: '", name, "' type: GRAPH g { ", node(op, "x", "s"), output("s"), " } } ");
  };
  std::string choice = node("If", "c", "y", branch("then_branch", "Neg") + branch("else_branch", "Nothing"));
  Imported i(choice + "initializer { name: 'c' data_type: 9 int32_data: 1 } " + input("x", "2") + output("y"));
  EXPECT_EQ(i.errors(), "");
  EXPECT_EQ(i.ops(), "nn.unary func.return");
}

TEST(OnnxImporter, NarrowTypesKeepTheirType) {
  std::string to = "attribute { name: 'to' type: INT i: 1 }";
  std::string graph = node("Reshape", "x,s", "r") + node("Cast", "r", "y", to) + ints("s", {2, 1}) +
                      input("x", "2", kFloat8E4M3FN) + output("y");
  EXPECT_EQ(Imported(graph).errors(), "");
  EXPECT_EQ(Imported(node("Neg", "x", "y") + input("x", "2", kFloat8E4M3FN) + output("y")).errors(),
            "y (Neg): element type FLOAT8E4M3FN is not supported; cast it to FLOAT before");
}

// A loop that adds x while the sum is below 10, and keeps each sum; at most five times.
TEST(OnnxImporter, LoopsOverData) {
  std::string body = absl::StrCat("attribute { name: 'body' type: GRAPH g { ", node("Add", "v,x", "sum"), node("Less", "sum,ten", "more"),
                                  node("Identity", "sum", "kept"), input("i", "", kInt64), input("c", "", kBool8), input("v", ""),
                                  output("more"), output("sum"), output("kept"), "} }");
  std::string ten = "initializer { name: 'ten' data_type: 1 float_data: 10 } ";
  Imported i(node("Loop", "five, ,x", "y,all", body) + ints("five", {5}) + ten + input("x", "") + output("y") + output("all"));
  ASSERT_EQ(i.errors(), "");
  EXPECT_NE(i.ops().find("nn.while"), std::string::npos) << i.ops();
  auto run = [&](float x) {
    auto results = evaluateFunc(i.module->lookupSymbol<mlir::func::FuncOp>("main"), {Tensor::of<float>(DType::F32, {}, {x})});
    EXPECT_TRUE(results.ok()) << results.status().message();
    std::vector<double> values{(*results)[0].f(0)};
    for (int64_t k = 0; k < (*results)[2].i(0); ++k)
      values.push_back((*results)[1].f(k));
    return values;
  };
  EXPECT_EQ(run(3), (std::vector<double>{12, 6, 9, 12}));
  EXPECT_EQ(run(1), (std::vector<double>{6, 2, 3, 4, 5, 6}));
}

// The extents of what is chosen go along.
TEST(OnnxImporter, FollowsExtentsThatDependOnData) {
  std::string last = "attribute { name: 'axis' type: INT i: 1 }";
  Imported i(node("NonZero", "x", "at") + node("Transpose", "at", "rows") + node("GatherND", "x,rows", "chosen") +
             node("Unsqueeze", "chosen,one", "column") + node("Concat", "column,column", "pairs", last) + node("Shape", "pairs", "shape") +
             node("ReduceSum", "pairs,zero", "sum") + node("Slice", "chosen,one,many", "rest") + ints("one", {1}) + ints("zero", {0}) +
             ints("many", {1 << 30}) + input("x", "2,2") + output("pairs") + output("shape") + output("sum") + output("rest"));
  ASSERT_EQ(i.errors(), "");
  auto results = evaluateFunc(i.module->lookupSymbol<mlir::func::FuncOp>("main"), {Tensor::of<float>(DType::F32, {2, 2}, {5, 0, 7, -2})});
  ASSERT_TRUE(results.ok()) << results.status().message();
  const Tensor &pairs = (*results)[0], &shape = (*results)[1], &sum = (*results)[2], &rest = (*results)[3], &extents = (*results)[4];
  EXPECT_EQ(extents.i(0), 3);
  EXPECT_EQ(pairs.f(0), 5);
  EXPECT_EQ(pairs.f(3), 7);
  EXPECT_EQ(pairs.f(4), -2);
  EXPECT_EQ(shape.i(0), 3);
  EXPECT_EQ(shape.i(1), 2);
  EXPECT_EQ(sum.f(0), 10);
  EXPECT_EQ(extents.i(1), 2);
  EXPECT_EQ(rest.f(0), 7);
  EXPECT_EQ(rest.f(1), -2);
}

TEST(OnnxImporter, ChoosesBetweenBranchesByData) {
  auto branch = [](const std::string &name, const std::string &op) {
    return absl::StrCat("attribute { name: '", name, "' type: GRAPH g { ", node(op, "x", "r"), output("r"), "} }");
  };
  Imported i(node("If", "p", "y", branch("then_branch", "Neg") + branch("else_branch", "Abs")) + input("x", "2") + input("p", "", kBool8) +
             output("y"));
  EXPECT_EQ(i.errors(), "");
  EXPECT_EQ(i.ops(), "nn.unary nn.unary nn.reshape nn.broadcast nn.select func.return");
  Imported other(node("If", "p", "y", branch("then_branch", "Shape") + branch("else_branch", "Abs")) + input("x", "2") +
                 input("p", "", kBool8) + output("y"));
  EXPECT_EQ(other.errors(), "y (If): the branches yield tensors of different shapes or types, and data decides between them; "
                            "fix an input that decides with --set");
}

} // namespace
} // namespace aotc::onnx
