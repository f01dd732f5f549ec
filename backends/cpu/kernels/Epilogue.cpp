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

// Where one vector of the result lies.
struct Epilogue::Place {
  llvm::Value *row;
  int64_t rowDisplacement;
  llvm::Value *column;
  int64_t displacement;
  int64_t lanes;
  llvm::DenseMap<mlir::Value, llvm::Value *> known{}; // values evaluated here
};

std::optional<Epilogue::Leaf> Epilogue::leafOf(Value value, ArrayRef<int64_t> resultShape) {
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
    if (&op == c.op || &op == c.unpack || isa<nn::ConstantOp>(op))
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
      if (!splatOf(operand) && !Epilogue::leafOf(operand, c.resultShape()))
        return false;
    }
  }
  return true;
}

Epilogue::Epilogue(RegionEmitter &emitter, const Contraction &c) : emitter(emitter), c(c) {
  for (Operation &op : emitter.body.without_terminator())
    if (nn::isElementwise(&op))
      for (Value operand : op.getOperands())
        if (!splatOf(operand))
          if (std::optional<Leaf> leaf = leafOf(operand, c.resultShape()))
            leaves[operand] = *leaf;

  Value product = c.op->getResult(0);
  auto add = product.hasOneUse() ? dyn_cast<nn::BinaryOp>(*product.getUsers().begin()) : nn::BinaryOp();
  if (!add || add.getFn() != nn::BinaryFn::Add)
    return;
  Value other = add.getLhs() == product ? add.getRhs() : add.getLhs();
  auto leaf = leaves.find(other);
  if (leaf == leaves.end() || leaf->second.columnStride != 1 ||
      llvm::any_of(leaf->second.rows, [](const Dim &d) { return d.extent > 1 && d.stride != 0; }))
    return;
  biasAdd = add;
  bias = other;
}

llvm::Value *Epilogue::initial(llvm::Value *column, int64_t displacement, int64_t lanes, int64_t valid) {
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

llvm::Value *Epilogue::loadLeaf(const Leaf &leaf, const Place &place) {
  IRGen &gen = emitter.gen;
  llvm::Value *offset;
  int64_t displacement = 0;
  if (leaf.rows.size() == 1) {
    int64_t stride = leaf.rows[0].extent == 1 ? 0 : leaf.rows[0].stride;
    offset = gen.mul(place.row, stride);
    displacement = place.rowDisplacement * stride;
  } else {
    llvm::Value *rest = gen.add(place.row, place.rowDisplacement);
    offset = gen.index(0);
    for (size_t d = leaf.rows.size(); d-- > 0;) {
      llvm::Value *extent = gen.index(leaf.rows[d].extent);
      llvm::Value *position = d ? gen.builder.CreateURem(rest, extent) : rest;
      rest = d ? gen.builder.CreateUDiv(rest, extent) : rest;
      offset = gen.add(offset, gen.mul(position, leaf.rows[d].stride));
    }
  }
  Type element = elementOf(leaf.argument);
  llvm::Value *base = emitter.inputPointer(leaf.argument);
  if (leaf.columnStride == 0)
    return gen.splat(emitter.load(element, base, offset, 1, displacement), place.lanes);
  return emitter.load(element, base, gen.add(offset, place.column), place.lanes, displacement + place.displacement);
}

llvm::Value *Epilogue::evaluate(Value value, Place &place) {
  if (llvm::Value *known = place.known.lookup(value))
    return known;
  llvm::Value *result = compute(value, place);
  return place.known[value] = result;
}

llvm::Value *Epilogue::compute(Value value, Place &place) {
  if (DenseElementsAttr splat = splatOf(value)) {
    llvm::Type *type = emitter.registerType(elementOf(value), place.lanes);
    if (isa<FloatType>(splat.getElementType()))
      return emitter.gen.constant(type, splat.getSplatValue<APFloat>().convertToDouble());
    return emitter.gen.constantInt(type, splat.getSplatValue<APInt>().getZExtValue());
  }
  auto leaf = leaves.find(value);
  if (leaf != leaves.end())
    return loadLeaf(leaf->second, place);
  Operation *op = value.getDefiningOp();
  Values operands;
  for (Value operand : op->getOperands())
    operands.push_back(evaluate(operand, place));
  return emitter.elementwise(op, operands);
}

void Epilogue::finish(llvm::Value *accumulator, llvm::Value *row, int64_t rowDisplacement, llvm::Value *column,
                      int64_t displacement, int64_t valid) {
  IRGen &gen = emitter.gen;
  if (valid == 1 && IRGen::lanesOf(accumulator) > 1)
    accumulator = gen.builder.CreateExtractElement(accumulator, uint64_t{0});
  else if (valid < IRGen::lanesOf(accumulator))
    accumulator = gen.builder.CreateShuffleVector(accumulator, llvm::to_vector(llvm::seq<int>(0, valid)));
  Place place{row, rowDisplacement, column, displacement, valid};
  place.known[biasAdd ? biasAdd->getResult(0) : c.op->getResult(0)] = accumulator;
  llvm::Value *result = evaluate(emitter.yielded(), place);
  emitter.store(elementOf(emitter.yielded()), result, emitter.outputPointer(),
                gen.add(gen.mul(row, c.rowStride()), column), rowDisplacement * c.rowStride() + displacement);
}

} // namespace aotc::cpu
