#include "backends/cpu/kernels/Epilogue.h"
#include "ir/NN/Constants.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace aotc::cpu {

namespace {

Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

// The attribute whose single number `value` repeats, looking through broadcasts.
DenseElementsAttr splatOf(Value value) {
  while (auto broadcast = value.getDefiningOp<nn::BroadcastOp>())
    value = broadcast.getOperand();
  auto constant = value.getDefiningOp<nn::ConstantOp>();
  auto attr = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  return attr && attr.isSplat() ? attr : DenseElementsAttr();
}

} // namespace

llvm::Value *firstLanes(IRGen &gen, llvm::Value *vector, int64_t count) {
  if (count == IRGen::lanesOf(vector))
    return vector;
  if (count == 1)
    return gen.builder.CreateExtractElement(vector, uint64_t{0});
  return gen.part(vector, 0, count);
}

llvm::Value *offsetAt(IRGen &gen, const Dims &dims, llvm::Value *position) {
  llvm::Value *rest = position, *offset = gen.index(0);
  for (size_t d = dims.size(); d-- > 0;) {
    llvm::Value *extent = gen.index(dims[d].extent);
    llvm::Value *at = d ? gen.builder.CreateURem(rest, extent) : rest;
    rest = d ? gen.builder.CreateUDiv(rest, extent) : rest;
    offset = gen.add(offset, gen.mul(at, dims[d].stride));
  }
  return offset;
}

bool repeatsNumber(Value value) { return bool(splatOf(value)); }

llvm::Value *splatConstant(RegionEmitter &emitter, Value value, int64_t lanes) {
  DenseElementsAttr splat = splatOf(value);
  if (!splat)
    return nullptr;
  llvm::Type *type = emitter.registerType(elementOf(value), lanes);
  if (isa<FloatType>(splat.getElementType()))
    return emitter.gen.constant(type, splat.getSplatValue<APFloat>().convertToDouble());
  return emitter.gen.constantInt(type, splat.getSplatValue<APInt>().getZExtValue());
}

void Finisher::add(llvm::Value *accumulator, Epilogue::Spot spot) {
  if (!spots.empty() && (spots.front().count != spot.count || spot.count < IRGen::lanesOf(accumulator) ||
                         accumulators.front()->getType() != accumulator->getType()))
    flush();
  accumulators.push_back(accumulator);
  spots.push_back(spot);
  if (static_cast<int64_t>(spots.size()) == epilogue.together())
    flush();
}

void Finisher::flush() {
  // Vectors are joined in halves.
  for (size_t done = 0, size; done < spots.size(); done += size) {
    size = llvm::bit_floor(spots.size() - done);
    epilogue.finishAll(llvm::ArrayRef(accumulators).slice(done, size), llvm::ArrayRef(spots).slice(done, size), row, column);
  }
  accumulators.clear();
  spots.clear();
}

// Where the lanes of one vector of the result lie.
struct GroupEpilogue::Place {
  llvm::ArrayRef<Spot> spots;
  llvm::Value *row, *column;
  LaneOrder order = LaneOrder::Natural;
  llvm::DenseMap<mlir::Value, llvm::Value *> known{}; // values evaluated here
  int64_t lanes() const { return static_cast<int64_t>(spots.size()) * spots.front().count; }
};

std::optional<GroupEpilogue::Leaf> GroupEpilogue::leafOf(Value value, ArrayRef<int64_t> resultShape) {
  while (auto broadcast = value.getDefiningOp<nn::BroadcastOp>())
    value = broadcast.getOperand();
  ArrayRef<int64_t> shape = nn::shapeOf(value);
  while (auto reshape = value.getDefiningOp<nn::ReshapeOp>())
    value = reshape.getOperand();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || shape.size() != resultShape.size())
    return std::nullopt;
  Dims rows;
  int64_t stride = shape.back();
  for (size_t d = shape.size() - 1; d-- > 0;) {
    rows.insert(rows.begin(), {resultShape[d], shape[d] == 1 ? 0 : stride});
    stride *= shape[d];
  }
  return Leaf{argument, mergeDims(rows), shape.back() == 1 ? 0 : 1};
}

bool hasSupportedEpilogue(const Contraction &c, Block &body) {
  for (Operation &op : body.without_terminator()) {
    if (&op == c.op || &op == c.unpack || isa<nn::ConstantOp, nn::InsertOp>(op))
      continue;
    if (isa<nn::BroadcastOp, nn::ReshapeOp>(op)) { // checked from the operation that reads it
      if (llvm::any_of(op.getUsers(), [](Operation *user) { return user->hasTrait<OpTrait::IsTerminator>(); }))
        return false;
      continue;
    }
    if (!nn::isElementwise(&op))
      return false;
    for (Value operand : op.getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (producer && (producer == c.op || nn::isElementwise(producer)))
        continue;
      if (!repeatsNumber(operand) && !GroupEpilogue::leafOf(operand, c.resultShape()))
        return false;
    }
  }
  return true;
}

bool GroupEpilogue::Leaf::isEqualInAllRows() const {
  return llvm::none_of(rows, [](const Dim &d) { return d.extent > 1 && d.stride != 0; });
}

bool epilogueReadsPixels(const Contraction &c, Block &body) {
  for (Operation &op : body.without_terminator())
    if (nn::isElementwise(&op))
      for (Value operand : op.getOperands())
        if (!repeatsNumber(operand))
          if (auto leaf = GroupEpilogue::leafOf(operand, c.resultShape()); leaf && !leaf->isEqualInAllRows())
            return true;
  return false;
}

GroupEpilogue::GroupEpilogue(RegionEmitter &emitter, const Contraction &c) : emitter(emitter), c(c) {
  for (Operation &op : emitter.body.without_terminator())
    if (nn::isElementwise(&op))
      for (Value operand : op.getOperands())
        if (!repeatsNumber(operand))
          if (std::optional<Leaf> leaf = leafOf(operand, c.resultShape()))
            leaves[operand] = *leaf;

  Value product = c.op->getResult(0);
  auto add = product.hasOneUse() ? dyn_cast<nn::BinaryOp>(*product.getUsers().begin()) : nn::BinaryOp();
  if (!add || add.getFn() != nn::BinaryFn::Add)
    return;
  Value other = add.getLhs() == product ? add.getRhs() : add.getLhs();
  auto leaf = leaves.find(other);
  if (leaf == leaves.end() || leaf->second.columnStride != 1 || !leaf->second.isEqualInAllRows())
    return;
  biasAdd = add;
  bias = other;
}

llvm::Value *GroupEpilogue::initial(llvm::Value *column, int64_t displacement, int64_t lanes, int64_t valid) {
  llvm::Type *type = emitter.registerType(c.element, lanes);
  if (!biasAdd)
    return emitter.gen.zero(type);
  Spot spot{0, displacement, valid};
  llvm::Value *loaded = loadLeaf(leaves.find(bias)->second, {spot, emitter.gen.index(0), column});
  if (valid == lanes)
    return loaded;
  auto &b = emitter.gen.builder;
  if (valid == 1)
    return b.CreateInsertElement(emitter.gen.zero(type), loaded, uint64_t{0});
  SmallVector<int> mask;
  for (int64_t i = 0; i < lanes; ++i)
    mask.push_back(std::min(i, valid)); // lane `valid` is the first zero
  return b.CreateShuffleVector(loaded, emitter.gen.zero(loaded->getType()), mask);
}

llvm::Value *GroupEpilogue::loadLeaf(const Leaf &leaf, const Place &place) {
  IRGen &gen = emitter.gen;
  Values parts;
  for (const Spot &spot : place.spots) {
    llvm::Value *offset;
    int64_t displacement = 0;
    if (leaf.rows.size() == 1) {
      int64_t stride = leaf.rows[0].extent == 1 ? 0 : leaf.rows[0].stride;
      offset = gen.mul(place.row, stride);
      displacement = spot.row * stride;
    } else {
      offset = offsetAt(gen, leaf.rows, gen.add(place.row, spot.row));
    }
    Type element = elementOf(leaf.argument);
    llvm::Value *base = emitter.inputPointer(leaf.argument);
    parts.push_back(leaf.columnStride == 0
                        ? gen.splat(emitter.load(element, base, offset, 1, displacement), spot.count)
                        : emitter.load(element, base, gen.add(offset, place.column), spot.count, displacement + spot.column));
  }
  return inOrder(gen.joined(parts), place);
}

// From the natural order of elements to that of the place.
llvm::Value *GroupEpilogue::inOrder(llvm::Value *elements, const Place &place) {
  if (place.order == LaneOrder::Natural)
    return elements;
  int64_t count = place.lanes();
  SmallVector<int> mask(count);
  for (int64_t i = 0; i < count; ++i)
    mask[laneOf(place.order, i, count)] = static_cast<int>(i);
  return emitter.gen.builder.CreateShuffleVector(elements, mask);
}

llvm::Value *GroupEpilogue::evaluate(Value value, Place &place) {
  if (llvm::Value *known = place.known.lookup(value))
    return known;
  llvm::Value *result = compute(value, place);
  return place.known[value] = result;
}

llvm::Value *GroupEpilogue::compute(Value value, Place &place) {
  if (llvm::Value *number = splatConstant(emitter, value, place.lanes()))
    return number;
  auto leaf = leaves.find(value);
  if (leaf != leaves.end())
    return loadLeaf(leaf->second, place);
  Operation *op = value.getDefiningOp();
  Values operands;
  for (Value operand : op->getOperands())
    operands.push_back(evaluate(operand, place));
  auto quantize = dyn_cast<nn::QuantizeOp>(op);
  if (!quantize || place.order == LaneOrder::Natural)
    return emitter.elementwise(op, operands);
  llvm::Value *natural = emitQuantize(emitter.gen, quantize, operands[0], operands[1], place.order);
  return value == emitter.yielded() ? natural : inOrder(natural, place);
}

void GroupEpilogue::finishPlace(llvm::Value *accumulators, ArrayRef<Spot> spots, llvm::Value *row, llvm::Value *column,
                                LaneOrder order) {
  IRGen &gen = emitter.gen;
  Place place{spots, row, column, order};
  place.known[biasAdd ? biasAdd->getResult(0) : c.op->getResult(0)] = accumulators;
  llvm::Value *result = evaluate(emitter.yielded(), place);
  int64_t lane = 0;
  for (size_t i = 0; i < spots.size();) {
    Spot whole = spots[i++];
    for (; i < spots.size() && spots[i].row == whole.row && spots[i].column == whole.column + whole.count; ++i)
      whole.count += spots[i].count;
    llvm::Value *part = whole.count == place.lanes() ? result : gen.part(result, lane, whole.count);
    lane += whole.count;
    emitter.store(elementOf(emitter.yielded()), part, emitter.outputPointer(), gen.add(gen.mul(row, c.rowStride), column),
                  whole.row * c.rowStride + whole.column);
  }
}

void GroupEpilogue::finish(llvm::Value *accumulator, Spot spot, llvm::Value *row, llvm::Value *column) {
  finishPlace(firstLanes(emitter.gen, accumulator, spot.count), spot, row, column, LaneOrder::Natural);
}

void GroupEpilogue::finishAll(ArrayRef<llvm::Value *> accumulators, ArrayRef<Spot> spots, llvm::Value *row, llvm::Value *column) {
  if (spots.size() == 1)
    return finish(accumulators[0], spots[0], row, column);
  finishPlace(emitter.gen.joined(accumulators), spots, row, column, LaneOrder::Natural);
}

void GroupEpilogue::finishQuads(llvm::Value *accumulator, Spot spot, llvm::Value *row, llvm::Value *column) {
  finishPlace(accumulator, spot, row, column, LaneOrder::Quads);
}

llvm::Value *GroupEpilogue::initialQuads(llvm::Value *column, int64_t lanes) {
  if (!biasAdd)
    return emitter.gen.zero(emitter.registerType(c.element, lanes));
  Spot spot{0, 0, lanes};
  return loadLeaf(leaves.find(bias)->second, {spot, emitter.gen.index(0), column, LaneOrder::Quads});
}

int64_t GroupEpilogue::together() const {
  return c.bytes && emitter.isa.packsBytes() && elementOf(emitter.yielded()).isInteger(8) ? 4 : 1;
}

} // namespace aotc::cpu
