// Family Control: verifiers, and the functions that such operations run.
#include "ir/NN/Control.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "ir/NN/State.h"

using namespace mlir;

namespace aotc::nn {

static bool isFlag(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() == 0 && dtypeOf(tensor.getElementType()) == DType::I1;
}

LogicalResult WhileOp::verify() {
  if (!isFlag(getGoesOn().getType())) // while_c1
    return emitOpError("needs a bool scalar as its condition");
  if (getInputs().size() < getNumResults() || getInitial().getTypes() != getResultTypes()) // while_c2
    return emitOpError("yields other types than its state has");
  return success();
}

LogicalResult WhileOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto function = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getStepAttr());
  if (!function || function.isExternal() || TypeRange(function.getArgumentTypes()) != getInputs().getTypes() ||
      function.getNumResults() != getNumResults() + 1 || !isFlag(function.getResultTypes().front()) ||
      TypeRange(function.getResultTypes().drop_front()) != getResultTypes() || stateCount(function) != getNumResults()) // while_c3
    return emitOpError("has no function that takes its inputs and yields a condition and its state");
  return success();
}

LogicalResult CustomOp::verify() {
  StringRef name = getCallee();
  bool isIdentifier = !name.empty() && !isdigit(static_cast<unsigned char>(name[0])) && llvm::all_of(name, [](unsigned char c) { return isalnum(c) || c == '_'; });
  if (!isIdentifier) // custom_c1
    return emitOpError("calls what is no C identifier");
  if (getNames().size() != getInputs().size() + getNumResults() || getNumResults() == 0) // custom_c2
    return emitOpError("needs results, and a name for each operand and result");
  for (NamedAttribute attr : getParameters())
    if (!isa<DenseI64ArrayAttr, DenseF64ArrayAttr, StringAttr>(attr.getValue()))
      return emitOpError("has an attribute that is neither numbers nor a string");
  return success();
}

func::FuncOp stepOf(WhileOp loop) { return SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(loop, loop.getStepAttr()); }

void eraseUnusedFunctions(ModuleOp module) {
  auto main = *module.getOps<func::FuncOp>().begin();
  llvm::SmallPtrSet<Operation *, 4> used;
  SmallVector<func::FuncOp> work;
  for (auto function : module.getOps<func::FuncOp>())
    if (function == main || !function.isPrivate())
      work.push_back(function);
  while (!work.empty()) {
    func::FuncOp function = work.pop_back_val();
    if (used.insert(function).second)
      function.walk([&](WhileOp loop) { work.push_back(stepOf(loop)); });
  }
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (!used.contains(function))
      function.erase();
}

} // namespace aotc::nn
