#include "passes/fuse/SinkReshapes.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "passes/fuse/Grouping.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace aotc::passes {
namespace {

using Dims = ArrayRef<int64_t>;

// What v must be reshaped to so that broadcasting it to `to` gives the
// elements of broadcasting v (extents `operand`) to `from`; nothing when a run
// of dimensions that merge or split is broadcast in part.
std::optional<SmallVector<int64_t>> broadcastOperandFor(Dims operand, Dims from, Dims to) {
  SmallVector<int64_t> result(to.size(), 1);
  size_t i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    size_t i0 = i, j0 = j;
    int64_t left = i < from.size() ? from[i++] : 1, right = j < to.size() ? to[j++] : 1;
    while (left != right) { // one more dimension on the smaller side
      if (left < right && i < from.size())
        left *= from[i++];
      else if (right < left && j < to.size())
        right *= to[j++];
      else
        return std::nullopt; // a zero extent
    }
    bool repeats = false, varies = false;
    for (size_t d = i0; d < i; ++d)
      (operand[d] == 1 ? repeats : varies) |= from[d] != 1;
    if (repeats && varies)
      return std::nullopt;
    if (varies)
      std::copy(to.begin() + j0, to.begin() + j, result.begin() + j0);
  }
  return result;
}

class Sinker {
public:
  explicit Sinker(Block &block) : block(block), builder(block.getParentOp()->getContext()) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
        builder.setInsertionPoint(reshape);
        Value direct = reshaped(reshape.getLoc(), reshape.getOperand(), reshape.getType().getShape());
        if (direct != reshape.getResult())
          reshape.getResult().replaceAllUsesWith(direct);
      } else if (nn::isElementwise(&op) && op.getNumResults() == 1) {
        sinkBelow(op);
      }
      if (auto reduce = dyn_cast<nn::ReduceOp>(op); reduce && rowDimsOf(reduce) > 0)
        sinkBelowReduce(reduce);
      if (isContraction(&op))
        chains.insert(op.getResult(0));
    }
    eraseDead(block);
  }

private:
  static std::optional<Value> reshapeSource(Value value) {
    if (auto reshape = value.getDefiningOp<nn::ReshapeOp>())
      return reshape.getOperand();
    return std::nullopt;
  }

  // `value` with another shape: through reshapes and constants at no cost.
  Value reshaped(Location loc, Value value, Dims shape) {
    while (auto source = reshapeSource(value)) {
      if (nn::shapeOf(value) == shape)
        return value;
      value = *source;
    }
    if (nn::shapeOf(value) == shape)
      return value;
    if (auto number = nn::splatValue(value))
      if (auto dense = dyn_cast<DenseElementsAttr>(value.getDefiningOp<nn::ConstantOp>().getValue()))
        return builder.create<nn::ConstantOp>(
            loc, cast<ElementsAttr>(dense.resizeSplat(cast<ShapedType>(typeWith(value, shape)))));
    if (auto tensor = nn::constantOf(value))
      return nn::makeConstant(builder, loc, tensor->reshaped(shape.vec()));
    return builder.create<nn::ReshapeOp>(loc, typeWith(value, shape), value);
  }

  static RankedTensorType typeWith(Value value, Dims shape) {
    return cast<RankedTensorType>(value.getType()).clone(shape);
  }

  // How many innermost dimensions of `shape` hold `count` elements; 0: none do.
  static int64_t innerDims(Dims shape, int64_t count) {
    int64_t product = 1;
    for (int64_t d = static_cast<int64_t>(shape.size()) - 1; d >= 0; --d)
      if ((product *= shape[d]) == count)
        return shape.size() - d;
    return 0;
  }

  // The statistics of a row must have the shape of the operations that use them.
  void sinkBelowReduce(nn::ReduceOp reduce) {
    Value source = anchorOf(*reduce);
    if (!source)
      return;
    Dims shape = nn::shapeOf(source), result = reduce.getType().getShape();
    int64_t rows = reduce.getType().getNumElements();
    if (rows == 0)
      return;
    int64_t dims = innerDims(shape, cast<RankedTensorType>(source.getType()).getNumElements() / rows);
    if (dims == 0)
      return;
    SmallVector<int64_t> one(shape);
    std::fill(one.end() - dims, one.end(), 1);
    builder.setInsertionPoint(reduce);
    auto axes = llvm::to_vector(llvm::seq<int64_t>(shape.size() - dims, shape.size()));
    Value inner = builder.create<nn::ReduceOp>(reduce.getLoc(), typeWith(source, one), reduce.getFn(), source, axes);
    reduce.getResult().replaceAllUsesWith(reshaped(reduce.getLoc(), inner, result));
  }

  // The value whose shape `op` should compute in: the source of a reshaped
  // operand that can lie in the same group as `op`.
  Value anchorOf(Operation &op) {
    Value anchor;
    for (Value operand : op.getOperands()) {
      auto source = reshapeSource(operand);
      Operation *producer = source ? source->getDefiningOp() : nullptr;
      if (!producer)
        continue;
      if (chains.contains(*source) && onlyFeedsGroup(*source))
        return *source;
      if (!anchor && (nn::isElementwise(producer) || isa<nn::ReduceOp>(producer)))
        anchor = *source;
    }
    return anchor;
  }

  static bool onlyFeedsGroup(Value value) {
    return llvm::all_of(value.getUsers(), [](Operation *user) {
      return nn::isElementwise(user) || isa<nn::ReshapeOp>(user) || rowDimsOf(user) > 0;
    });
  }

  // Whether `operand` has other shapes without keeping its producer from
  // `op`'s group.
  bool isFree(Value operand, Dims shape) {
    if (!operand.getDefiningOp() || nn::isConstant(operand) || reshapeSource(operand))
      return true;
    if (auto broadcast = operand.getDefiningOp<nn::BroadcastOp>())
      return broadcastOperandFor(nn::shapeOf(broadcast.getOperand()), broadcast.getType().getShape(), shape)
          .has_value();
    return false;
  }

  Value convert(Location loc, Value operand, Dims shape) {
    if (auto broadcast = operand.getDefiningOp<nn::BroadcastOp>())
      if (auto inner = broadcastOperandFor(nn::shapeOf(broadcast.getOperand()),
                                           broadcast.getType().getShape(), shape))
        return builder.create<nn::BroadcastOp>(loc, typeWith(operand, shape),
                                               reshaped(loc, broadcast.getOperand(), *inner));
    return reshaped(loc, operand, shape);
  }

  void sinkBelow(Operation &op) {
    Value anchor = anchorOf(op);
    if (!anchor) {
      if (llvm::any_of(op.getOperands(), [&](Value operand) { return chains.contains(operand); }))
        chains.insert(op.getResult(0));
      return;
    }
    // The operands of a contraction's epilogue come from memory anyway.
    bool chain = chains.contains(anchor);
    Dims shape = nn::shapeOf(anchor);
    if (!chain && !llvm::all_of(op.getOperands(), [&](Value operand) { return isFree(operand, shape); }))
      return;
    builder.setInsertionPoint(&op);
    IRMapping mapping;
    for (Value operand : op.getOperands())
      mapping.map(operand, convert(op.getLoc(), operand, shape));
    Operation *inner = builder.clone(op, mapping);
    Value result = inner->getResult(0);
    result.setType(typeWith(op.getResult(0), shape));
    if (chain)
      chains.insert(result);
    op.getResult(0).replaceAllUsesWith(reshaped(op.getLoc(), result, nn::shapeOf(op.getResult(0))));
  }

  Block &block;
  OpBuilder builder;
  llvm::DenseSet<Value> chains; // contraction results and what the epilogue may make of them
};

} // namespace

void sinkReshapes(Block &block) { Sinker(block).run(); }

} // namespace aotc::passes
