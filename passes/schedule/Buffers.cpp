#include "passes/schedule/Buffers.h"
#include "ir/NN/Constants.h"
#include "ir/NN/State.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace aotc::plan {

// Views and joins over each other are followed recursively, so a model must not
// stack thousands of them.
constexpr int kMaxDepth = 16;

Value withoutReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<nn::ReshapeOp>())
    value = reshape.getOperand();
  return value;
}

// The only operation of a loop group, if it has one on arguments alone.
template <typename OpT> static OpT onlyOp(nn::FusionOp fusion) {
  Block &body = fusion.getBody().front();
  if (fusion.getKind() != nn::FusionKind::Loop || body.getOperations().size() != 2)
    return nullptr;
  return dyn_cast<OpT>(body.front());
}

std::optional<int64_t> contiguousSlice(nn::FusionOp fusion) {
  auto slice = onlyOp<nn::SliceOp>(fusion);
  if (!slice || !isa<BlockArgument>(slice.getOperand()))
    return std::nullopt;
  ArrayRef<int64_t> from = nn::shapeOf(slice.getOperand()), to = slice.getType().getShape();
  bool outerOnes = true; // all extents of the result before this dimension
  int64_t offset = 0;
  for (size_t d = 0; d < from.size(); ++d) {
    offset = offset * from[d] + slice.getStarts()[d];
    if (to[d] != 1 && slice.getStrides()[d] != 1)
      return std::nullopt;
    // Once a dimension has several positions, all inner ones must be whole.
    if (!outerOnes && to[d] != from[d])
      return std::nullopt;
    outerOnes &= to[d] == 1;
  }
  if (slice.getType().getNumElements() == 0)
    return 0;
  return offset * static_cast<int64_t>(byteSize(nn::dtypeOf(slice.getResult())));
}

// The operands of a group that only puts them one after the other in memory.
static std::optional<SmallVector<Value>> outermostConcat(nn::FusionOp fusion) {
  auto concat = onlyOp<nn::ConcatOp>(fusion);
  if (!concat || !llvm::all_of(concat.getType().getShape().take_front(concat.getAxis()),
                               [](int64_t extent) { return extent == 1; }))
    return std::nullopt;
  SmallVector<Value> parts;
  for (Value input : concat.getInputs())
    parts.push_back(fusion.getInputs()[cast<BlockArgument>(input).getArgNumber()]);
  return parts;
}

Value insertTarget(nn::FusionOp fusion) {
  nn::InsertOp insert = nn::insertOf(fusion.getBody().front());
  if (!insert || !insert.getInto())
    return Value();
  return fusion.getInputs()[cast<BlockArgument>(insert.getInto()).getArgNumber()];
}

void addReturnCopies(func::FuncOp func) {
  Operation *terminator = func.front().getTerminator();
  llvm::DenseSet<Value> returned;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value value = operand.get(), source = withoutReshapes(value);
    auto fusion = source.getDefiningOp<nn::FusionOp>();
    if (fusion && !contiguousSlice(fusion) && returned.insert(source).second)
      continue;
    OpBuilder builder(terminator);
    Location loc = terminator->getLoc();
    auto copy = builder.create<nn::FusionOp>(loc, value.getType(), nn::FusionKind::Loop, value,
                                             DictionaryAttr(), 0, 0);
    Block *body = builder.createBlock(&copy.getBody());
    Value argument = body->addArgument(value.getType(), loc);
    builder.create<nn::YieldOp>(loc, argument);
    operand.set(copy.getResult(0));
  }
}

int Buffers::newStorage(Space space, int64_t index, int64_t bytes) {
  storages.push_back({space, index, bytes});
  parents.push_back({-1, 0});
  return count() - 1;
}

LogicalResult Buffers::addValue(Value value, Space space, int64_t index) {
  auto type = cast<RankedTensorType>(value.getType());
  auto bytes = elementCount(type.getShape(), byteSize(nn::dtypeOf(value)));
  if (!bytes)
    return emitError(value.getLoc(), "tensor is too large: ") << type;
  int64_t size = denseBytes(type);
  slots[value] = {newStorage(space, index, size), 0, size};
  return success();
}

Slot Buffers::slotOf(Value value) const {
  Slot slot = slots.lookup(value);
  while (parents[slot.storage].first >= 0) {
    slot.offset += parents[slot.storage].second;
    slot.storage = parents[slot.storage].first;
  }
  return slot;
}

void Buffers::merge(int storage, int into, int64_t offset) { parents[storage] = {into, offset}; }

int Buffers::depthOf(Value value) const {
  Operation *op = withoutReshapes(value).getDefiningOp();
  return op ? depths.lookup(op) : 0;
}

// Puts the operands of an outermost concat side by side in the result's
// storage, if each is a kernel's whole result that lies nowhere else yet.
void Buffers::joinParts(nn::FusionOp fusion) {
  auto parts = outermostConcat(fusion);
  if (!parts)
    return;
  int whole = slotOf(fusion.getResult(0)).storage, depth = 0;
  llvm::SmallDenseSet<int> seen{whole};
  for (Value part : *parts) {
    Slot slot = slotOf(part);
    depth = std::max(depth, depthOf(part) + 1);
    auto producer = withoutReshapes(part).getDefiningOp<nn::FusionOp>();
    bool own = producer && formOf(producer) != Form::View && isWhole(slot) &&
               storages[slot.storage].space == Space::Arena && !storages[slot.storage].kept;
    if (!own || depth > kMaxDepth || !seen.insert(slot.storage).second)
      return;
  }
  forms[fusion] = Form::Join;
  depths[fusion] = depth;
  int64_t offset = slotOf(fusion.getResult(0)).offset;
  for (Value part : *parts) {
    Slot slot = slotOf(part);
    merge(slot.storage, whole, offset);
    offset += slot.bytes;
  }
}

FailureOr<Buffers> Buffers::build(func::FuncOp func) {
  Buffers buffers;
  for (BlockArgument argument : func.getArguments())
    if (int64_t state = nn::stateOf(argument);
        failed(state < 0 ? buffers.addValue(argument, Space::Input, argument.getArgNumber())
                         : buffers.addValue(argument, Space::State, state)))
      return failure();
  for (Operation &op : func.getOps()) {
    if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
      if (failed(buffers.addValue(constant, Space::Weights, 0)))
        return failure();
    } else if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
      buffers.slots[reshape] = buffers.slots.lookup(reshape.getOperand());
    } else if (auto fusion = dyn_cast<nn::FusionOp>(op)) {
      int depth = fusion.getInputs().size() == 1 ? buffers.depthOf(fusion.getInputs()[0]) + 1 : 0;
      if (auto offset = contiguousSlice(fusion); offset && depth <= kMaxDepth) {
        Slot slot = buffers.slots.lookup(fusion.getInputs()[0]);
        buffers.slots[fusion.getResult(0)] = {slot.storage, slot.offset + *offset,
                                              denseBytes(fusion.getResult(0).getType())};
        buffers.forms[fusion] = Form::View;
        buffers.depths[fusion] = depth;
        continue;
      }
      if (Value into = insertTarget(fusion)) {
        auto producer = into.getDefiningOp<nn::FusionOp>();
        if (!producer || buffers.formOf(producer) != Form::Kernel)
          return fusion.emitOpError("must insert into what another kernel wrote");
        buffers.slots[fusion.getResult(0)] = buffers.slots.lookup(into);
        continue;
      }
      for (Value result : fusion.getResults())
        if (failed(buffers.addValue(result, Space::Arena, 0)))
          return failure();
    }
  }
  for (OpOperand &operand : func.front().getTerminator()->getOpOperands()) {
    Storage &storage = buffers.storages[buffers.slotOf(operand.get()).storage];
    storage.kept = operand.getOperandNumber() >= nn::outputCount(func);
    if (storage.kept)
      continue;
    storage.space = Space::Output;
    storage.index = operand.getOperandNumber();
  }
  for (nn::FusionOp fusion : func.getOps<nn::FusionOp>())
    if (buffers.formOf(fusion) == Form::Kernel)
      buffers.joinParts(fusion);
  return buffers;
}

} // namespace aotc::plan
