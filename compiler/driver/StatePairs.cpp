#include "compiler/driver/StatePairs.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/InputSpec.h"
#include "ir/NN/Constants.h"
#include "ir/NN/State.h"

namespace aotc {
namespace {

// The number of the input or output of that name among the first `count`, or -1.
int64_t find(llvm::function_ref<mlir::Attribute(unsigned)> nameOf, int64_t count, const std::string &wanted) {
  for (int64_t i = 0; i < count; ++i)
    if (auto name = llvm::dyn_cast_or_null<mlir::StringAttr>(nameOf(i)); name && name.getValue() == wanted)
      return i;
  return -1;
}

std::string typeText(mlir::Value value) { return typeString(nn::dtypeOf(value), nn::shapeOf(value)); }

absl::Status pair(mlir::func::FuncOp func, const StatePair &state, Diagnostics &diagnostics) {
  const std::string option = absl::StrCat("--state ", state.input, "=", state.output, ": ");
  auto error = [&](absl::string_view message, absl::string_view remedy = "") {
    diagnostics.error("", "", absl::StrCat(option, message), std::string(remedy));
    return absl::OkStatus();
  };
  int64_t input = find([&](unsigned i) { return func.getArgAttr(i, "nn.name"); }, nn::inputCount(func), state.input);
  int64_t output =
      find([&](unsigned i) { return func.getResultAttr(i, "nn.name"); }, nn::tensorCount(func), state.output);
  if (input < 0)
    return error(absl::StrCat("the model has no input '", state.input, "'"), "an input can be in one pair");
  if (output < 0)
    return error(absl::StrCat("the model has no output '", state.output, "'"), "choose the outputs with --output; each can be in one pair");
  if (!nn::extentsOf(func, output).empty())
    return error("the output has an extent that depends on data");
  mlir::Value from = func.front().getTerminator()->getOperand(output), to = func.getArgument(input);
  if (from.getType() != to.getType())
    return error(absl::StrCat("the input is ", typeText(to), ", the output ", typeText(from)),
                 absl::StrCat("give the input the output's shape, with --input ", state.input, "="));
  std::optional<Tensor> initial;
  if (!state.npyPath.empty()) {
    absl::StatusOr<Tensor> tensor = loadNpy(state.npyPath);
    if (!tensor.ok())
      return ioError(std::string(tensor.status().message()));
    if (tensor->dtype() != nn::dtypeOf(to) || llvm::ArrayRef<int64_t>(tensor->shape()) != nn::shapeOf(to))
      return error(absl::StrCat(state.npyPath, " is ", typeString(*tensor), ", the state ", typeText(to)));
    initial = *std::move(tensor);
  }
  nn::makeState(func, input, output, initial);
  return absl::OkStatus();
}

} // namespace

absl::StatusOr<StatePair> parseStatePair(const std::string &text) {
  StatePair state;
  size_t equals = text.find('='), end = text.size();
  if (absl::EndsWith(text, ".npy")) {
    size_t colon = text.rfind(':');
    if (colon != std::string::npos && colon > equals) {
      state.npyPath = text.substr(colon + 1);
      end = colon;
    }
  }
  if (equals == std::string::npos || equals == 0 || equals + 1 >= end)
    return usageError(absl::StrCat("--state ", text, ": give INPUT=OUTPUT or INPUT=OUTPUT:INITIAL.npy"));
  state.input = withoutPort0(text.substr(0, equals));
  state.output = withoutPort0(text.substr(equals + 1, end - equals - 1));
  return state;
}

absl::Status makeStates(Compilation &c, llvm::ArrayRef<tf::VariableState> variables) {
  Diagnostics diagnostics;
  mlir::func::FuncOp func = *c.module->getOps<mlir::func::FuncOp>().begin();
  const int64_t input = func.getNumArguments() - variables.size(), output = nn::tensorCount(func) - variables.size();
  for (const tf::VariableState &variable : variables) { // each moves to the end
    if (!nn::extentsOf(func, output).empty()) {
      diagnostics.error(variable.name, "", "the variable is assigned a tensor whose extent depends on data");
      break;
    }
    mlir::Value before = func.getArgument(input), after = func.front().getTerminator()->getOperand(output);
    if (before.getType() == after.getType())
      nn::makeState(func, input, output, variable.initial);
    else
      diagnostics.error(variable.name, "", absl::StrCat("the variable is ", typeText(before), ", and ", typeText(after), " is assigned to it"));
  }
  return diagnostics.hasErrors() ? toStatus(c.options.modelPath, diagnostics) : absl::OkStatus();
}

absl::Status pairStates(Compilation &c) {
  Diagnostics diagnostics;
  mlir::func::FuncOp func = *c.module->getOps<mlir::func::FuncOp>().begin();
  for (const StatePair &state : c.options.states)
    if (absl::Status status = pair(func, state, diagnostics); !status.ok())
      return status;
  return diagnostics.hasErrors() ? toStatus(c.options.modelPath, diagnostics) : absl::OkStatus();
}

} // namespace aotc
