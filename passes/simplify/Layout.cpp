// aotc-layout: transposes sink towards the results until they cancel.
#include "ir/NN/NN.h"
#include "passes/simplify/Passes.h"
#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

#define GEN_PASS_DEF_LAYOUT
#include "passes/simplify/Passes.h.inc"

namespace {

DimVector channelsFirst(size_t rank) {
  DimVector permutation{0, static_cast<int64_t>(rank) - 1};
  for (size_t d = 1; d + 1 < rank; ++d)
    permutation.push_back(d);
  return permutation;
}

// Channels last to channels first or back, the transposes that frontends put
// around convolutions and that have an inverse somewhere.
bool isChannelMove(Dims permutation) {
  if (permutation.size() < 3)
    return false;
  DimVector toFirst = channelsFirst(permutation.size());
  return permutation == Dims(toFirst) || permutation == Dims(inverse(toFirst));
}

// A transpose that may sink: of several uses each gets a transpose of its own,
// which pays only when these cancel.
TransposeOp sinkable(Value value) {
  auto op = value.getDefiningOp<TransposeOp>();
  return op && !isConstantLike(op.getOperand()) && (op->hasOneUse() || isChannelMove(op.getPermutation()))
             ? op
             : TransposeOp();
}

// Whether `value` transposed by `permutation` costs nothing at run time.
bool isFreelyTransposed(Value value, Dims permutation) {
  auto op = value.getDefiningOp<TransposeOp>();
  if ((op && op.getPermutation() == Dims(inverse(permutation))) || isConstant(value) ||
      movesNothing(shapeOf(value), permutation))
    return true;
  if (auto source = value.getDefiningOp<BroadcastOp>())
    return isFreelyTransposed(source.getOperand(), permutation);
  // Some other use has paid for it. Towards channels last only: both ways would never end.
  if (permutation.size() < 4 || permutation != Dims(inverse(channelsFirst(permutation.size()))))
    return false;
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    auto twin = dyn_cast<TransposeOp>(user);
    return twin && twin.getPermutation() == permutation;
  });
}

// The value that isFreelyTransposed() promised.
Value freelyTransposed(PatternRewriter &rewriter, Location loc, Value value, Dims permutation) {
  DimVector shape = permuted(shapeOf(value), permutation);
  if (auto op = value.getDefiningOp<TransposeOp>(); op && op.getPermutation() == Dims(inverse(permutation)))
    return op.getOperand();
  if (splatValue(value))
    return resizedSplat(rewriter, loc, value, shape);
  if (auto constant = constantOf(value))
    return makeConstant(rewriter, loc, transposed(*constant, permutation));
  if (movesNothing(shapeOf(value), permutation))
    return reshape(rewriter, loc, value, shape);
  if (auto source = value.getDefiningOp<BroadcastOp>())
    return broadcast(rewriter, loc, freelyTransposed(rewriter, loc, source.getOperand(), permutation), shape);
  return transpose(rewriter, loc, value, permutation);
}

// All operands of `op` before a common transpose, whose permutation is `permutation`.
LogicalResult operandsBefore(PatternRewriter &rewriter, Operation *op, DimVector &permutation,
                             SmallVectorImpl<Value> &operands) {
  auto found = llvm::find_if(op->getOperands(), [](Value v) { return sinkable(v) != nullptr; });
  if (found == op->operand_end())
    return failure();
  permutation = DimVector(sinkable(*found).getPermutation());
  DimVector back = inverse(permutation);
  if (!llvm::all_of(op->getOperands(), [&](Value v) { return isFreelyTransposed(v, back); }))
    return failure();
  for (Value operand : op->getOperands())
    operands.push_back(freelyTransposed(rewriter, op->getLoc(), operand, back));
  return success();
}

struct SinkThroughElementwise : RewritePattern {
  explicit SinkThroughElementwise(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    DimVector permutation;
    SmallVector<Value> operands;
    if (!isElementwise(op) || failed(operandsBefore(rewriter, op, permutation, operands)))
      return failure();
    auto type = typeOf(op->getResult(0));
    Value inner = cloneWith(rewriter, op, operands, type.clone(shapeOf(operands.front())));
    rewriter.replaceOp(op, transpose(rewriter, op->getLoc(), inner, permutation));
    return success();
  }
};

struct SinkThroughConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    DimVector permutation;
    SmallVector<Value> operands;
    if (failed(operandsBefore(rewriter, op, permutation, operands)))
      return failure();
    auto type = op.getType().clone(permuted(op.getType().getShape(), inverse(permutation)));
    Value inner = rewriter.create<ConcatOp>(op.getLoc(), type, operands, permutation[op.getAxis()]);
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), inner, permutation));
    return success();
  }
};

// Operations with one tensor operand, first, and attributes that name its
// dimensions; `rename` sets them for the operand before the transpose.
template <typename OpT>
struct SinkThroughDims : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    TransposeOp source = sinkable(op->getOperand(0));
    if (!source)
      return failure();
    Dims permutation = source.getPermutation();
    auto type = typeOf(op->getResult(0));
    SmallVector<Value> operands(op->getOperands());
    operands.front() = source.getOperand();
    Value inner = cloneWith(rewriter, op, operands,
                            type.clone(permuted(type.getShape(), inverse(permutation))));
    rename(cast<OpT>(inner.getDefiningOp()), permutation);
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), inner, permutation));
    return success();
  }

private:
  static DimVector axesBefore(Dims axes, Dims permutation) {
    DimVector result;
    for (int64_t axis : axes)
      result.push_back(permutation[axis]);
    llvm::sort(result);
    return result;
  }
  static void rename(OpT op, Dims permutation) {
    if constexpr (std::is_same_v<OpT, PadOp>) {
      op.setLow(permuted(op.getLow(), inverse(permutation)));
      op.setHigh(permuted(op.getHigh(), inverse(permutation)));
    } else if constexpr (std::is_same_v<OpT, SliceOp>) {
      op.setStarts(permuted(op.getStarts(), inverse(permutation)));
      op.setStrides(permuted(op.getStrides(), inverse(permutation)));
    } else if constexpr (std::is_same_v<OpT, ReduceOp> || std::is_same_v<OpT, ReverseOp>) {
      op.setAxes(axesBefore(op.getAxes(), permutation));
    } else {
      op.setAxis(permutation[op.getAxis()]);
    }
  }
};

// A reshape that only adds or drops extents of 1.
struct SinkThroughUnitReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    TransposeOp source = sinkable(op.getOperand());
    if (!source)
      return failure();
    Dims permutation = source.getPermutation(), from = shapeOf(op.getOperand()), to = op.getType().getShape();
    // The dimension of the transpose's operand behind each result dimension, extents of 1 last.
    DimVector origin;
    size_t d = 0;
    for (size_t r = 0; r < to.size(); ++r) {
      if (to[r] == 1) {
        origin.push_back(from.size() + r);
        continue;
      }
      while (d < from.size() && from[d] == 1)
        ++d;
      if (d == from.size() || from[d] != to[r])
        return failure();
      origin.push_back(permutation[d++]);
    }
    DimVector order(to.size());
    for (size_t r = 0; r < to.size(); ++r)
      order[r] = r;
    llvm::sort(order, [&](int64_t a, int64_t b) { return origin[a] < origin[b]; });
    Value inner = reshape(rewriter, op.getLoc(), source.getOperand(), permuted(to, order));
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), inner, inverse(order)));
    return success();
  }
};

// matmul(reshape(transpose(x)), constant) with each row of x flattened: the
// rows of the constant take x's order instead.
struct TransposeIntoWeights : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    auto flatten = op.getLhs().getDefiningOp<ReshapeOp>();
    auto source = flatten && flatten->hasOneUse() ? sinkable(flatten.getOperand()) : TransposeOp();
    auto weights = constantOf(op.getRhs());
    if (!source || !weights || op.getTransposeLhs() || op.getType().getRank() != 2)
      return failure();
    Dims permutation = source.getPermutation(), shape = shapeOf(flatten.getOperand());
    if (permutation.front() != 0 || shape.front() != shapeOf(flatten).front())
      return failure();
    int64_t columns = op.getTransposeRhs() ? 0 : 1;
    // [K, N] -> [row dims..., N] or [N, K] -> [N, row dims...], in x's order.
    Shape split(shape.begin() + 1, shape.end());
    DimVector order, back = inverse(permutation);
    for (int64_t p : Dims(back).drop_front())
      order.push_back(p - columns);
    if (columns) {
      split.push_back(weights->shape()[1]);
      order.push_back(order.size());
    } else {
      split.insert(split.begin(), weights->shape()[0]);
      order.insert(order.begin(), 0);
    }
    Tensor moved = transposed(weights->reshaped(split), order).reshaped(weights->shape());
    Value lhs = reshape(rewriter, op.getLoc(), source.getOperand(), shapeOf(flatten));
    rewriter.replaceOpWithNewOp<MatMulOp>(op, op.getType(), lhs,
                                          makeConstant(rewriter, op.getRhs().getLoc(), moved),
                                          op.getTransposeLhsAttr(), op.getTransposeRhsAttr(), op.getLhsZeroAttr(),
                                          op.getRhsZeroAttr());
    return success();
  }
};

struct Layout : impl::LayoutBase<Layout> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    populateTransposePatterns(patterns);
    populateMovementPatterns(patterns); // the reshapes that transposes turn into
    populateSinkReshapePatterns(patterns);
    patterns.add<SinkThroughElementwise, SinkThroughConcat, SinkThroughDims<PadOp>, SinkThroughDims<SliceOp>,
                 SinkThroughDims<ReduceOp>, SinkThroughDims<ReverseOp>, SinkThroughDims<ArgReduceOp>,
                 SinkThroughDims<CumulativeOp>, SinkThroughDims<SoftmaxOp>, SinkThroughUnitReshape,
                 TransposeIntoWeights>(context);
    int64_t before = count<TransposeOp>(getOperation());
    rewriteGreedily(getOperation(), std::move(patterns));
    removed += std::max<int64_t>(0, before - count<TransposeOp>(getOperation()));
  }
};

} // namespace
} // namespace aotc::passes
