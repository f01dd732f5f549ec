#include "test/e2e/tf_ops/Interpret.h"

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/Importer.h"
#include "ir/Interp/Interp.h"
#include "ir/NN/State.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"

namespace aotc::tfops {

std::string describe(const Diagnostics &diagnostics) {
  std::string text;
  for (const Diagnostic &d : diagnostics.errors())
    absl::StrAppend(&text, "\n  ", d.node, ": ", d.op, ": ", d.message, d.remedy.empty() ? "" : "; ", d.remedy);
  return text;
}

absl::StatusOr<std::vector<Tensor>> interpret(tf::Model model, const NamedTensors &inputs, InputsAs as) {
  tf::TFImportOptions options;
  options.outputs = model.outputs;
  std::vector<Tensor> arguments;
  for (const tf::InputInfo &input : model.inputs) {
    auto given = std::find_if(inputs.begin(), inputs.end(), [&](const auto &i) { return i.first == input.name; });
    if (given == inputs.end())
      return absl::NotFoundError(absl::StrCat("no value for input '", input.name, "'"));
    if (as == InputsAs::Constants) {
      tf::Node &node = model.graph.nodes[input.edge.node];
      node.op = "Const";
      node.attrs.clear();
      node.attrs.emplace("value", given->second);
      continue;
    }
    options.inputs.push_back({{input.name, given->second.dtype(), given->second.shape()}, input.edge});
    arguments.push_back(given->second);
  }
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  Diagnostics diagnostics;
  auto module = tf::importGraph(&context, model.graph, options, diagnostics);
  if (!module.ok())
    return absl::InvalidArgumentError(absl::StrCat(module.status().message(), describe(diagnostics)));
  auto func = (*module)->lookupSymbol<mlir::func::FuncOp>("main");
  auto results = evaluateFunc(func, arguments);
  if (!results.ok())
    return results.status();
  std::vector<Shape> shapes;
  for (const Tensor &t : *results)
    shapes.push_back(t.shape());
  const std::vector<nn::OutDim> dims = nn::outDims(func);
  for (size_t k = 0; k < dims.size(); ++k)
    shapes[dims[k].output][dims[k].axis] = results->back().i(k);
  // The constants that results may view go away with the context.
  std::vector<Tensor> copies;
  for (int64_t i = 0; i < nn::tensorCount(func); ++i)
    copies.push_back((*results)[i].leading(shapes[i]));
  return copies;
}

} // namespace aotc::tfops
