#include "test/ir/Interp/Eval.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ir/Interp/Interp.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

namespace aotc::test {
namespace {

mlir::MLIRContext &context() {
  static auto *instance = [] {
    mlir::DialectRegistry registry;
    registry.insert<nn::NNDialect, mlir::func::FuncDialect>();
    return new mlir::MLIRContext(registry, mlir::MLIRContext::Threading::DISABLED);
  }();
  return *instance;
}

absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> parse(const std::string &text) {
  std::string problem;
  mlir::ScopedDiagnosticHandler handler(&context(), [&](mlir::Diagnostic &diagnostic) {
    absl::StrAppend(&problem, diagnostic.str(), "\n");
    return mlir::success();
  });
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context());
  if (!module)
    return absl::InternalError(absl::StrCat("does not parse: ", problem, text));
  return module;
}

std::string typeText(const Tensor &tensor) {
  std::string text;
  llvm::raw_string_ostream(text) << nn::tensorType(&context(), tensor.dtype(), tensor.shape());
  return text;
}

} // namespace

Tensor t(const char *type, Shape shape, const std::vector<double> &values) {
  Tensor tensor(*parseDType(type), std::move(shape));
  for (size_t i = 0; i < values.size(); ++i)
    tensor.setF(i, values[i]);
  return tensor;
}

std::string show(const Tensor &tensor) {
  std::string text = typeString(tensor);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (!isFloat(tensor.dtype()))
      absl::StrAppend(&text, " ", tensor.i(i));
    else
      text += std::isnan(tensor.f(i)) ? " nan" : absl::StrFormat(" %.6g", tensor.f(i));
  }
  return text;
}

absl::StatusOr<std::vector<Tensor>> evaluate(const std::string &operation,
                                             const std::vector<Tensor> &arguments, uint64_t callSeed) {
  std::vector<std::string> parameters;
  for (size_t i = 0; i < arguments.size(); ++i)
    parameters.push_back(absl::StrCat("%", i, ": ", typeText(arguments[i])));
  auto module = parse(
      absl::StrCat("func.func @f(", absl::StrJoin(parameters, ", "), ") {\n", operation, "\nreturn\n}"));
  if (!module.ok())
    return module.status();
  auto func = *(*module)->getOps<mlir::func::FuncOp>().begin();
  mlir::Operation *op = &func.getBody().front().front();
  std::vector<Tensor> operands;
  for (mlir::Value operand : op->getOperands())
    operands.push_back(arguments[mlir::cast<mlir::BlockArgument>(operand).getArgNumber()]);
  return evaluateOp(op, operands, callSeed);
}

std::string eval(const std::string &operation, const std::vector<Tensor> &arguments) {
  auto results = evaluate(operation, arguments);
  if (!results.ok())
    return results.status().ToString();
  return absl::StrJoin(*results, "; ",
                       [](std::string *out, const Tensor &tensor) { absl::StrAppend(out, show(tensor)); });
}

absl::StatusOr<std::vector<Tensor>> evaluateFunction(const std::string &function,
                                                     const std::vector<Tensor> &arguments) {
  auto module = parse(function);
  if (!module.ok())
    return module.status();
  return evaluateFunc(*(*module)->getOps<mlir::func::FuncOp>().begin(), arguments);
}

} // namespace aotc::test
