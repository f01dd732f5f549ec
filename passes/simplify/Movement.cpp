// Operations that move elements: reshape, broadcast, slice, concat, gather, reverse.
#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {
namespace {

struct SimplifyReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    if (x.getType() == op.getType()) {
      rewriter.replaceOp(op, x);
      return success();
    }
    if (auto inner = x.getDefiningOp<ReshapeOp>()) {
      rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), inner.getOperand());
      return success();
    }
    if (splatValue(x)) {
      rewriter.replaceOp(op, resizedSplat(rewriter, op.getLoc(), x, op.getType().getShape()));
      return success();
    }
    auto constant = constantOf(x); // shares the bytes
    if (!constant)
      return failure();
    rewriter.replaceOp(op, makeConstant(rewriter, op.getLoc(), constant->reshaped(op.getType().getShape().vec())));
    return success();
  }
};

struct SimplifyBroadcast : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    if (x.getType() == op.getType()) {
      rewriter.replaceOp(op, x);
      return success();
    }
    if (auto inner = x.getDefiningOp<BroadcastOp>()) {
      rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getOperand());
      return success();
    }
    if (!splatValue(x) || op.getType().getNumElements() == 0)
      return failure();
    rewriter.replaceOp(op, resizedSplat(rewriter, op.getLoc(), x, op.getType().getShape()));
    return success();
  }
};

// The input of `concat` that holds [start, start + length) along its axis, and
// where that input starts.
std::optional<std::pair<Value, int64_t>> inputHolding(ConcatOp concat, int64_t start, int64_t length) {
  int64_t begin = 0;
  for (Value input : concat.getInputs()) {
    int64_t end = begin + shapeOf(input)[concat.getAxis()];
    if (start >= begin && start + length <= end && begin < end)
      return std::make_pair(input, begin);
    begin = end;
  }
  return std::nullopt;
}

struct SimplifySlice : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    if (x.getType() == op.getType()) { // then every start is 0 and every stride that matters 1
      rewriter.replaceOp(op, x);
      return success();
    }
    Dims starts = op.getStarts(), strides = op.getStrides(), shape = op.getType().getShape();
    if (op.getType().getNumElements() == 0)
      return failure();
    if (auto inner = x.getDefiningOp<SliceOp>()) {
      DimVector newStarts, newStrides;
      for (size_t d = 0; d < shape.size(); ++d) {
        newStarts.push_back(inner.getStarts()[d] + starts[d] * inner.getStrides()[d]);
        // A stride over one element is never taken; 1 cannot overflow.
        newStrides.push_back(shape[d] == 1 ? 1 : strides[d] * inner.getStrides()[d]);
      }
      rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), inner.getOperand(), newStarts, newStrides);
      return success();
    }
    if (auto concat = x.getDefiningOp<ConcatOp>()) {
      int64_t axis = concat.getAxis();
      int64_t length = (shape[axis] - 1) * (shape[axis] == 1 ? 1 : strides[axis]) + 1;
      auto input = inputHolding(concat, starts[axis], length);
      if (!input)
        return failure();
      DimVector newStarts(starts);
      newStarts[axis] -= input->second;
      rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), input->first, newStarts, strides);
      return success();
    }
    if (auto source = x.getDefiningOp<BroadcastOp>()) {
      // Slice what is repeated, repeat less.
      Dims small = shapeOf(source.getOperand());
      DimVector newStarts, newStrides, newShape;
      for (size_t d = 0; d < shape.size(); ++d) {
        bool repeated = small[d] == 1;
        newStarts.push_back(repeated ? 0 : starts[d]);
        newStrides.push_back(repeated ? 1 : strides[d]);
        newShape.push_back(repeated ? 1 : shape[d]);
      }
      Value slice = rewriter.create<SliceOp>(op.getLoc(), op.getType().clone(newShape), source.getOperand(),
                                             newStarts, newStrides);
      rewriter.replaceOp(op, broadcast(rewriter, op.getLoc(), slice, shape));
      return success();
    }
    if (!splatValue(x))
      return failure();
    rewriter.replaceOp(op, resizedSplat(rewriter, op.getLoc(), x, shape));
    return success();
  }
};

// A slice by constant positions.
struct SimplifyDynamicSlice : OpRewritePattern<DynamicSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DynamicSliceOp op, PatternRewriter &rewriter) const override {
    auto starts = constantOf(op.getStarts());
    if (!starts)
      return failure();
    Dims from = shapeOf(op.getOperand()), to = op.getType().getShape();
    DimVector values;
    for (size_t d = 0; d < from.size(); ++d) {
      int64_t start = starts->i(d);
      if (start < 0 || start > from[d] - to[d])
        return failure(); // the call has to report it
      values.push_back(start);
    }
    rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), op.getOperand(), values, DimVector(from.size(), 1));
    return success();
  }
};

// Whether `second` continues `first` along `axis` in one source.
bool continues(SliceOp first, SliceOp second, int64_t axis) {
  if (!first || !second || first.getOperand() != second.getOperand() || first.getStrides() != second.getStrides() ||
      first.getStrides()[axis] != 1)
    return false;
  Dims a = first.getStarts(), b = second.getStarts();
  for (size_t d = 0; d < a.size(); ++d) {
    int64_t expected = static_cast<int64_t>(d) == axis ? a[d] + first.getType().getDimSize(d) : a[d];
    if (b[d] != expected)
      return false;
  }
  return true;
}

struct SimplifyConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    int64_t axis = op.getAxis();
    if (op.getInputs().size() == 1) {
      rewriter.replaceOp(op, op.getInputs().front());
      return success();
    }
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto nested = input.getDefiningOp<ConcatOp>();
      if (shapeOf(input)[axis] == 0)
        continue;
      if (nested && static_cast<int64_t>(nested.getAxis()) == axis && nested->hasOneUse()) {
        inputs.append(nested.getInputs().begin(), nested.getInputs().end());
        continue;
      }
      auto slice = input.getDefiningOp<SliceOp>();
      auto last = inputs.empty() ? SliceOp() : inputs.back().getDefiningOp<SliceOp>();
      if (!continues(last, slice, axis)) {
        inputs.push_back(input);
        continue;
      }
      DimVector shape(last.getType().getShape());
      shape[axis] += shapeOf(input)[axis];
      inputs.back() = rewriter.create<SliceOp>(op.getLoc(), op.getType().clone(shape), last.getOperand(),
                                               last.getStarts(), last.getStrides());
    }
    if (inputs.empty())
      inputs.push_back(op.getInputs().front());
    if (inputs.size() == op.getInputs().size() && llvm::equal(inputs, op.getInputs()))
      return failure();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), inputs, axis);
    return success();
  }
};

// gather of one constant index -> slice.
struct SimplifyGather : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto indices = constantOf(op.getIndices());
    if (!indices || indices->size() == 0 || op.getBatchDims() != 0)
      return failure();
    // Evenly spaced indices are a strided slice.
    int64_t axis = op.getAxis(), first = indices->i(0);
    int64_t stride = indices->size() > 1 ? indices->i(1) - first : 1;
    DimVector shape(shapeOf(op.getOperand()));
    for (int64_t i = 0; i < indices->size(); ++i)
      if (indices->i(i) < 0 || indices->i(i) >= shape[axis] || indices->i(i) != first + i * stride)
        return failure();
    if (stride < 1)
      return failure();
    DimVector starts(shape.size(), 0), strides(shape.size(), 1);
    starts[axis] = first;
    strides[axis] = stride;
    shape[axis] = indices->size();
    Value slice = rewriter.create<SliceOp>(op.getLoc(), op.getType().clone(shape), op.getOperand(), starts, strides);
    rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), slice, op.getType().getShape()));
    return success();
  }
};

struct SimplifyReverse : OpRewritePattern<ReverseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReverseOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    auto inner = x.getDefiningOp<ReverseOp>();
    DimVector axes;
    for (int64_t axis : op.getAxes())
      if (shapeOf(x)[axis] > 1)
        axes.push_back(axis);
    if (inner && llvm::equal(inner.getAxes(), op.getAxes()))
      rewriter.replaceOp(op, inner.getOperand());
    else if (axes.empty())
      rewriter.replaceOp(op, x);
    else if (axes.size() < op.getAxes().size())
      rewriter.replaceOpWithNewOp<ReverseOp>(op, op.getType(), x, axes);
    else
      return failure();
    return success();
  }
};

struct SimplifyTranspose : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    Dims permutation = op.getPermutation();
    Dims shape = op.getType().getShape();
    if (isIdentity(permutation)) {
      rewriter.replaceOp(op, x);
      return success();
    }
    if (auto inner = x.getDefiningOp<TransposeOp>()) {
      rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), inner.getOperand(),
                                       permuted(inner.getPermutation(), permutation)));
      return success();
    }
    if (movesNothing(shapeOf(x), permutation)) {
      rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), x, shape));
      return success();
    }
    if (splatValue(x)) {
      rewriter.replaceOp(op, resizedSplat(rewriter, op.getLoc(), x, shape));
      return success();
    }
    if (auto source = x.getDefiningOp<BroadcastOp>()) { // move the fewer elements
      Value small = transpose(rewriter, op.getLoc(), source.getOperand(), permutation);
      rewriter.replaceOp(op, broadcast(rewriter, op.getLoc(), small, shape));
      return success();
    }
    if (auto constant = constantOf(x)) {
      rewriter.replaceOp(op, makeConstant(rewriter, op.getLoc(), transposed(*constant, permutation)));
      return success();
    }
    return failure();
  }
};

} // namespace

void populateMovementPatterns(RewritePatternSet &patterns) {
  patterns.add<SimplifyReshape, SimplifyBroadcast, SimplifySlice, SimplifyDynamicSlice, SimplifyConcat,
               SimplifyGather, SimplifyReverse>(patterns.getContext());
}

void populateTransposePatterns(RewritePatternSet &patterns) {
  patterns.add<SimplifyTranspose>(patterns.getContext());
}

} // namespace aotc::passes
