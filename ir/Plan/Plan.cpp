#include "ir/Plan/Plan.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Control.h"
#include "ir/NN/State.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "ir/Plan/PlanDialect.cpp.inc"
#include "ir/Plan/PlanEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/Plan/PlanAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "ir/Plan/PlanOps.cpp.inc"

using namespace mlir;
using namespace aotc;
using namespace aotc::plan;

void PlanDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/Plan/PlanAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ir/Plan/PlanOps.cpp.inc"
      >();
}

int64_t plan::denseBytes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() * static_cast<int64_t>(byteSize(*nn::dtypeOf(tensor.getElementType())));
}

SmallVector<int64_t> plan::stateOffsets(func::FuncOp func) {
  SmallVector<int64_t> offsets{0};
  for (Type type : func.getArgumentTypes().drop_front(nn::inputCount(func)))
    offsets.push_back(offsets.back() + static_cast<int64_t>(llvm::alignTo(denseBytes(type), kStateAlignment)));
  return offsets;
}

nn::WhileOp plan::loopOf(RegionOp region) { return dyn_cast<nn::WhileOp>(region.getBody().front().front()); }

int64_t plan::ownFrameBytes(func::FuncOp func) {
  auto own = func->getAttrOfType<IntegerAttr>("plan.arena_bytes");
  return own ? static_cast<int64_t>(llvm::alignTo(own.getInt(), kStateAlignment)) : 0;
}

int64_t plan::frameBytes(func::FuncOp func) {
  int64_t inner = 0;
  for (auto region : func.getOps<RegionOp>())
    if (nn::WhileOp loop = loopOf(region)) {
      func::FuncOp step = nn::stepOf(loop);
      inner = std::max(inner, stateOffsets(step).back() + frameBytes(step));
    }
  auto own = func->getAttrOfType<IntegerAttr>("plan.arena_bytes");
  return inner > 0 ? ownFrameBytes(func) + inner : own ? own.getInt() : 0;
}

PlaceAttr plan::placeOf(Value value) {
  auto at = [&](Space space, int64_t index, int64_t offset) {
    return PlaceAttr::get(value.getContext(), space, index, offset, denseBytes(value.getType()));
  };
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    int64_t state = nn::stateOf(argument);
    return state < 0 ? at(Space::Input, argument.getArgNumber(), 0) : at(Space::State, state, 0);
  }
  Operation *op = value.getDefiningOp();
  if (auto weight = dyn_cast<WeightOp>(op))
    return weight.getPlace();
  if (auto region = dyn_cast<RegionOp>(op))
    return cast<PlaceAttr>(region.getPlaces()[cast<OpResult>(value).getResultNumber()]);
  if (auto join = dyn_cast<JoinOp>(op))
    return join.getPlace();
  auto view = cast<ViewOp>(op);
  PlaceAttr base = placeOf(view.getOperand());
  return at(base.getSpace(), base.getIndex(), base.getOffset() + view.getByteOffset());
}

std::string plan::nodeName(Location loc) {
  std::string name;
  loc->walk([&](Location part) {
    auto named = dyn_cast<NameLoc>(part);
    if (!named)
      return WalkResult::advance();
    name = named.getName().str();
    return WalkResult::interrupt();
  });
  return name;
}

LogicalResult RegionOp::verify() {
  if (getPlaces().size() != getNumResults())
    return emitOpError("needs one place a result");
  for (auto [place, type] : llvm::zip(getPlaces(), getResultTypes()))
    if (cast<PlaceAttr>(place).getBytes() < denseBytes(type))
      return emitOpError("has a place smaller than its result");
  Block &body = getBody().front();
  if (body.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("has a body whose arguments differ from the operands");
  if (!isa<nn::YieldOp>(body.back()) || body.back().getOperandTypes() != getResultTypes())
    return emitOpError("has a body whose yielded values differ from the results");
  return success();
}

LogicalResult ViewOp::verify() {
  if (getByteOffset() < 0 || static_cast<int64_t>(getByteOffset()) + denseBytes(getType()) > denseBytes(getOperand().getType()))
    return emitOpError("reaches outside its operand");
  return success();
}

LogicalResult JoinOp::verify() {
  int64_t offset = getPlace().getOffset();
  for (Value input : getInputs()) {
    PlaceAttr place = placeOf(input);
    if (place.getSpace() != getPlace().getSpace() || place.getOffset() != offset)
      return emitOpError("has operands that do not lie side by side");
    offset += denseBytes(input.getType());
  }
  return success();
}
