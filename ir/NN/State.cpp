#include "ir/NN/State.h"
#include "ir/NN/Constants.h"

using namespace mlir;

namespace aotc::nn {

constexpr char kStates[] = "nn.states", kInitial[] = "nn.initial";

int64_t stateCount(func::FuncOp func) {
  auto count = func->getAttrOfType<IntegerAttr>(kStates);
  return count ? count.getInt() : 0;
}

int64_t stateOf(BlockArgument argument) {
  auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  int64_t state = func ? argument.getArgNumber() - inputCount(func) : -1;
  return std::max<int64_t>(state, -1);
}

std::optional<Tensor> initialState(func::FuncOp func, int64_t state) {
  auto value = func.getArgAttrOfType<ElementsAttr>(inputCount(func) + state, kInitial);
  return value ? std::optional(fromAttr(value)) : std::nullopt;
}

void makeState(func::FuncOp func, int64_t input, int64_t output, const std::optional<Tensor> &initial) {
  MLIRContext *context = func.getContext();
  const int64_t states = stateCount(func);
  BlockArgument argument = func.getArgument(input);
  NamedAttrList attributes(func.getArgAttrDict(input));
  if (initial)
    attributes.set(kInitial, toAttr(context, *initial));
  func.insertArgument(func.getNumArguments(), argument.getType(), attributes.getDictionary(context),
                      argument.getLoc());
  func.getArgument(input).replaceAllUsesWith(func.getArguments().back());
  func.eraseArgument(input);

  Operation *terminator = func.front().getTerminator();
  Value value = terminator->getOperand(output);
  func.insertResult(func.getNumResults(), value.getType(), func.getResultAttrDict(output));
  func.eraseResult(output);
  terminator->eraseOperand(output);
  terminator->insertOperands(terminator->getNumOperands(), value);
  func->setAttr(kStates, IntegerAttr::get(IntegerType::get(context, 64), states + 1));
}

LogicalResult verifyStates(func::FuncOp func) {
  Attribute count = func->getAttr(kStates);
  if (!count)
    return success();
  const int64_t arguments = func.getNumArguments(), results = func.getNumResults();
  auto number = dyn_cast<IntegerAttr>(count);
  if (!number || !number.getType().isInteger(64) || number.getInt() < 0 ||
      number.getInt() > std::min(arguments, results))
    return func.emitOpError("has an attribute 'nn.states' that is no number of its arguments and results");
  for (int64_t k = 1; k <= number.getInt(); ++k) {
    Type type = func.getArgumentTypes()[arguments - k];
    if (type != func.getResultTypes()[results - k])
      return func.emitOpError("has a state whose argument and result differ in type");
    Attribute initial = func.getArgAttr(arguments - k, kInitial);
    auto elements = dyn_cast_or_null<ElementsAttr>(initial);
    if (initial && (!elements || elements.getShapedType() != type))
      return func.emitOpError("has a state whose 'nn.initial' is no constant of its type");
  }
  return success();
}

} // namespace aotc::nn
