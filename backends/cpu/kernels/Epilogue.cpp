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

// Where one vector of the result lies.
struct GroupEpilogue::Place {
  llvm::Value *row;
  int64_t rowDisplacement;
  llvm::Value *column;
  int64_t displacement;
  int64_t lanes;
  llvm::DenseMap<mlir::Value, llvm::Value *> known{}; // values evaluated here
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
  Place place{emitter.gen.index(0), 0, column, displacement, valid};
  llvm::Value *loaded = loadLeaf(leaves.find(bias)->second, place);
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
  llvm::Value *offset;
  int64_t displacement = 0;
  if (leaf.rows.size() == 1) {
    int64_t stride = leaf.rows[0].extent == 1 ? 0 : leaf.rows[0].stride;
    offset = gen.mul(place.row, stride);
    displacement = place.rowDisplacement * stride;
  } else {
    offset = offsetAt(gen, leaf.rows, gen.add(place.row, place.rowDisplacement));
  }
  Type element = elementOf(leaf.argument);
  llvm::Value *base = emitter.inputPointer(leaf.argument);
  if (leaf.columnStride == 0)
    return gen.splat(emitter.load(element, base, offset, 1, displacement), place.lanes);
  return emitter.load(element, base, gen.add(offset, place.column), place.lanes, displacement + place.displacement);
}

llvm::Value *GroupEpilogue::evaluate(Value value, Place &place) {
  if (llvm::Value *known = place.known.lookup(value))
    return known;
  llvm::Value *result = compute(value, place);
  return place.known[value] = result;
}

llvm::Value *GroupEpilogue::compute(Value value, Place &place) {
  if (llvm::Value *number = splatConstant(emitter, value, place.lanes))
    return number;
  auto leaf = leaves.find(value);
  if (leaf != leaves.end())
    return loadLeaf(leaf->second, place);
  Operation *op = value.getDefiningOp();
  Values operands;
  for (Value operand : op->getOperands())
    operands.push_back(evaluate(operand, place));
  return emitter.elementwise(op, operands);
}

void GroupEpilogue::finish(llvm::Value *accumulator, llvm::Value *row, int64_t rowDisplacement, llvm::Value *column,
                      int64_t displacement, int64_t valid) {
  IRGen &gen = emitter.gen;
  accumulator = firstLanes(gen, accumulator, valid);
  Place place{row, rowDisplacement, column, displacement, valid};
  place.known[biasAdd ? biasAdd->getResult(0) : c.op->getResult(0)] = accumulator;
  llvm::Value *result = evaluate(emitter.yielded(), place);
  emitter.store(elementOf(emitter.yielded()), result, emitter.outputPointer(),
                gen.add(gen.mul(row, c.rowStride), column), rowDisplacement * c.rowStride + displacement);
}

} // namespace aotc::cpu
