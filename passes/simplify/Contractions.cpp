// aotc-normalize-contractions: see Passes.td.
#include "ir/NN/NN.h"
#include "passes/simplify/Passes.h"
#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

#define GEN_PASS_DEF_NORMALIZECONTRACTIONS
#include "passes/simplify/Passes.h.inc"

namespace {

bool allOnes(Dims dims) {
  return llvm::all_of(dims, [](int64_t d) { return d == 1; });
}

// [B, M, K] x [1, K, N] -> [B*M, K] x [K, N].
struct FlattenBatch : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    Dims lhs = shapeOf(op.getLhs()), rhs = shapeOf(op.getRhs()), result = op.getType().getShape();
    // A transposed left side cannot merge its batch with M.
    if (rhs.size() < 3 || !allOnes(rhs.drop_back(2)) || (op.getTransposeLhs() && !allOnes(lhs.drop_back(2))))
      return failure();
    int64_t rows = 1;
    for (int64_t extent : result.drop_back())
      rows *= extent;
    int64_t columns = result.back();
    DimVector flatLhs{rows, lhs.back()};
    if (op.getTransposeLhs())
      flatLhs.assign(lhs.end() - 2, lhs.end());
    Location loc = op.getLoc();
    Value product = rewriter.create<MatMulOp>(
        loc, op.getType().clone({rows, columns}), reshape(rewriter, loc, op.getLhs(), flatLhs),
        reshape(rewriter, loc, op.getRhs(), rhs.take_back(2)), op.getTransposeLhsAttr(), op.getTransposeRhsAttr(),
        op.getLhsZeroAttr(), op.getRhsZeroAttr());
    rewriter.replaceOp(op, reshape(rewriter, loc, product, result));
    return success();
  }
};

// A window that covers the whole input in one position is a matrix product.
struct ConvToMatMul : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    Dims input = shapeOf(op.getInput()), filter = shapeOf(op.getFilter());
    auto isZero = [](int64_t v) { return v == 0; };
    // One result position whose window has the input's extents; a dilation then has nothing to skip.
    if (op.getGroups() != 1 || !llvm::all_of(op.getPadLow(), isZero) || !llvm::all_of(op.getPadHigh(), isZero) ||
        input.drop_front().drop_back() != filter.drop_back(2))
      return failure();
    int64_t depth = 1;
    for (int64_t extent : input.drop_front())
      depth *= extent;
    Location loc = op.getLoc();
    auto no = rewriter.getBoolAttr(false);
    Value product = rewriter.create<MatMulOp>(loc, op.getType().clone({input.front(), filter.back()}),
                                              reshape(rewriter, loc, op.getInput(), {input.front(), depth}),
                                              reshape(rewriter, loc, op.getFilter(), {depth, filter.back()}), no, no,
                                              op.getInputZeroAttr(), op.getFilterZeroAttr());
    rewriter.replaceOp(op, reshape(rewriter, loc, product, op.getType().getShape()));
    return success();
  }
};

DimVector swapLastTwo(size_t rank) {
  DimVector permutation(rank);
  for (size_t d = 0; d < rank; ++d)
    permutation[d] = d;
  std::swap(permutation[rank - 2], permutation[rank - 1]);
  return permutation;
}

// transpose of the last two dimensions <-> the attribute: operands computed at
// run time take the attribute, constants are stored the way they are read.
struct TransposedOperands : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    Value operands[] = {op.getLhs(), op.getRhs()};
    bool transposes[] = {op.getTransposeLhs(), op.getTransposeRhs()};
    DimVector swap = swapLastTwo(op.getType().getRank());
    bool changed = false;
    for (int i = 0; i < 2; ++i) {
      auto source = operands[i].getDefiningOp<TransposeOp>();
      auto constant = transposes[i] ? constantOf(operands[i]) : std::nullopt;
      if (source && source.getPermutation() == Dims(swap))
        operands[i] = source.getOperand();
      else if (constant)
        operands[i] = makeConstant(rewriter, operands[i].getLoc(), transposed(*constant, swap));
      else
        continue;
      transposes[i] = !transposes[i];
      changed = true;
    }
    if (!changed)
      return failure();
    rewriter.replaceOpWithNewOp<MatMulOp>(op, op.getType(), operands[0], operands[1],
                                          rewriter.getBoolAttr(transposes[0]), rewriter.getBoolAttr(transposes[1]),
                                          op.getLhsZeroAttr(), op.getRhsZeroAttr());
    return success();
  }
};

// Whether `value` is a contraction or elementwise operations over one, used
// once all the way down: something that fuses upwards.
bool endsContraction(Value value) {
  for (int depth = 0; depth < 8; ++depth) {
    Operation *op = value.getDefiningOp();
    if (!op || !op->hasOneUse())
      return false;
    if (isa<ConvOp, ConvTransposeOp, MatMulOp>(op))
      return true;
    if (!isElementwise(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

// Whether `value` can take a shape that shares the last `trailing` extents
// with its own and stay what it is: a broadcast must not vary along the others.
bool isReshapable(Value value, size_t trailing) {
  auto source = value.getDefiningOp<BroadcastOp>();
  return !source || allOnes(shapeOf(source.getOperand()).drop_back(trailing));
}

Value reshapeOperand(PatternRewriter &rewriter, Location loc, Value value, Dims shape, size_t trailing) {
  if (splatValue(value))
    return resizedSplat(rewriter, loc, value, shape);
  if (auto source = value.getDefiningOp<BroadcastOp>()) {
    DimVector small(shape.size(), 1);
    Dims kept = shapeOf(source.getOperand()).take_back(trailing);
    std::copy(kept.begin(), kept.end(), small.end() - trailing);
    return broadcast(rewriter, loc, reshape(rewriter, loc, source.getOperand(), small), shape);
  }
  if (auto inner = value.getDefiningOp<ReshapeOp>())
    value = inner.getOperand();
  return reshape(rewriter, loc, value, shape);
}

// op(reshape(contraction), y) -> reshape(op(contraction, y')).
struct SinkReshape : RewritePattern {
  explicit SinkReshape(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    ReshapeOp source;
    for (Value operand : op->getOperands())
      if (auto candidate = operand.getDefiningOp<ReshapeOp>();
          candidate && candidate->hasOneUse() && endsContraction(candidate.getOperand())) {
        source = candidate;
        break;
      }
    if (!source)
      return failure();
    Dims from = source.getType().getShape(), to = shapeOf(source.getOperand());
    size_t trailing = 0;
    while (trailing < from.size() && trailing < to.size() &&
           from[from.size() - 1 - trailing] == to[to.size() - 1 - trailing])
      ++trailing;
    if (!llvm::all_of(op->getOperands(), [&](Value v) { return isReshapable(v, trailing); }))
      return failure();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(reshapeOperand(rewriter, op->getLoc(), operand, to, trailing));
    auto type = typeOf(op->getResult(0));
    Value inner = cloneWith(rewriter, op, operands, type.clone(to));
    rewriter.replaceOp(op, reshape(rewriter, op->getLoc(), inner, type.getShape()));
    return success();
  }
};

struct NormalizeContractions : impl::NormalizeContractionsBase<NormalizeContractions> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateTransposePatterns(patterns);
    populateMovementPatterns(patterns);
    populateSinkReshapePatterns(patterns);
    patterns.add<FlattenBatch, ConvToMatMul, TransposedOperands>(&getContext());
    rewriteGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace

void populateSinkReshapePatterns(RewritePatternSet &patterns) { patterns.add<SinkReshape>(patterns.getContext()); }

} // namespace aotc::passes
