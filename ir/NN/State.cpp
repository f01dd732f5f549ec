#include "ir/NN/State.h"
#include "ir/NN/Constants.h"

using namespace mlir;

namespace aotc::nn {

constexpr char kStates[] = "nn.states", kInitial[] = "nn.initial", kExtents[] = "nn.extents";

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

bool hasExtents(func::FuncOp func) { return func->hasAttr(kExtents); }

ArrayRef<int64_t> extentsOf(func::FuncOp func, int64_t result) {
  auto attr = func.getResultAttrOfType<DenseI64ArrayAttr>(result, kExtents);
  return attr ? attr.asArrayRef() : ArrayRef<int64_t>();
}

std::vector<OutDim> outDims(func::FuncOp func) {
  std::vector<OutDim> dims;
  for (int64_t i = 0; hasExtents(func) && i < tensorCount(func); ++i)
    for (auto [axis, number] : llvm::enumerate(extentsOf(func, i)))
      if (number >= 0)
        dims.push_back({i, static_cast<int64_t>(axis)});
  return dims;
}

void setExtents(func::FuncOp func, ArrayRef<SmallVector<int64_t>> of) {
  func->setAttr(kExtents, UnitAttr::get(func.getContext()));
  for (auto [i, extents] : llvm::enumerate(of))
    if (llvm::any_of(extents, [](int64_t index) { return index >= 0; }))
      func.setResultAttr(i, kExtents, DenseI64ArrayAttr::get(func.getContext(), extents));
}

static LogicalResult verifyExtents(func::FuncOp func) {
  int64_t count = 0;
  if (hasExtents(func)) {
    auto type = outputCount(func) > 0 ? dyn_cast<RankedTensorType>(func.getResultTypes()[outputCount(func) - 1]) : RankedTensorType();
    if (!type || type.getRank() != 1 || dtypeOf(type.getElementType()) != DType::I64)
      return func.emitOpError("has an attribute 'nn.extents', but no vector of extents as its last output");
    count = type.getShape()[0];
  }
  int64_t next = 0; // each extent belongs to one dimension, in order
  for (int64_t i = 0; i < func.getNumResults(); ++i) {
    Attribute attr = func.getResultAttr(i, kExtents);
    auto extents = dyn_cast_or_null<DenseI64ArrayAttr>(attr);
    auto type = dyn_cast<RankedTensorType>(func.getResultTypes()[i]);
    if (attr && (!extents || !type || i >= tensorCount(func) || extents.size() != type.getRank() ||
                 llvm::any_of(extents.asArrayRef(), [&](int64_t k) { return k != -1 && k != next++; })))
      return func.emitOpError("has a result whose 'nn.extents' does not fit");
  }
  if (next != count)
    return func.emitOpError("has extents that are of no dimension");
  return success();
}

LogicalResult verifyStates(func::FuncOp func) {
  if (failed(verifyExtents(func)))
    return failure();
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
