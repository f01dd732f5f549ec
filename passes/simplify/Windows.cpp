// pad, convolution, pooling, reduction, resize.
#include <cmath>

#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {
namespace {

bool isZero(Dims values) {
  return llvm::all_of(values, [](int64_t v) { return v == 0; });
}

DimVector sum(Dims a, Dims b) {
  DimVector result;
  for (auto [x, y] : llvm::zip_equal(a, b))
    result.push_back(x + y);
  return result;
}

struct SimplifyPad : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PadOp op, PatternRewriter &rewriter) const override {
    if (op.getOperand().getType() == op.getType()) {
      rewriter.replaceOp(op, op.getOperand());
      return success();
    }
    auto inner = op.getOperand().getDefiningOp<PadOp>();
    if (!inner || op.getMode() != PadMode::Constant || inner.getMode() != PadMode::Constant ||
        !inner->hasOneUse())
      return failure();
    auto value = splatValue(op.getValue());
    if (op.getValue() != inner.getValue() && (!value || value != splatValue(inner.getValue())))
      return failure();
    rewriter.replaceOpWithNewOp<PadOp>(op, op.getType(), PadMode::Constant, inner.getOperand(), op.getValue(),
                                       sum(op.getLow(), inner.getLow()), sum(op.getHigh(), inner.getHigh()));
    return success();
  }
};

// The constant padding of spatial dimensions alone that `value` is.
PadOp spatialPadOf(Value value, double padding) {
  auto pad = value.getDefiningOp<PadOp>();
  if (!pad || pad.getMode() != PadMode::Constant || splatValue(pad.getValue()) != padding)
    return PadOp();
  Dims low = pad.getLow(), high = pad.getHigh();
  bool outside = low.front() || high.front() || low.back() || high.back();
  return low.size() < 3 || outside ? PadOp() : pad;
}

Dims spatial(Dims dims) { return dims.drop_front().drop_back(); }

struct PadIntoConv : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    PadOp pad = spatialPadOf(op.getInput(), static_cast<double>(static_cast<int64_t>(op.getInputZero())));
    if (!pad)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(pad.getOperand());
      op.setPadLow(sum(op.getPadLow(), spatial(pad.getLow())));
      op.setPadHigh(sum(op.getPadHigh(), spatial(pad.getHigh())));
    });
    return success();
  }
};

// Padding with what the pool ignores, or that an average counts as zeros.
struct PadIntoPool : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PoolOp op, PatternRewriter &rewriter) const override {
    bool isMax = op.getFn() == PoolFn::Max, isAvg = op.getFn() == PoolFn::Avg;
    PadOp pad = spatialPadOf(op.getInput(), isMax ? -INFINITY : 0);
    bool padded = !isZero(op.getPadLow()) || !isZero(op.getPadHigh());
    // An average that leaves out its own padding still counts the padded zeros.
    if (!pad || !isFloat(op.getInput()) || (isAvg && padded && !op.getCountPadding()))
      return failure();
    DimVector low = sum(op.getPadLow(), spatial(pad.getLow())), high = sum(op.getPadHigh(), spatial(pad.getHigh()));
    for (size_t d = 0; d < low.size(); ++d) {
      // Every window must keep an element of the input; windows past the end are not counted.
      int64_t extent = shapeOf(pad.getOperand())[d + 1], reach = (op.getWindow()[d] - 1) * op.getDilations()[d];
      int64_t lastStart = (op.getType().getDimSize(d + 1) - 1) * op.getStrides()[d] - low[d];
      if (reach < low[d] || lastStart >= extent || op.getDilations()[d] != 1 ||
          (isAvg && lastStart + reach >= extent + high[d]))
        return failure();
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(pad.getOperand());
      op.setPadLow(low);
      op.setPadHigh(high);
      if (isAvg)
        op.setCountPadding(true);
    });
    return success();
  }
};

struct SimplifyReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    DimVector axes;
    for (int64_t axis : op.getAxes())
      if (shapeOf(x)[axis] != 1)
        axes.push_back(axis);
    if (axes.empty()) { // the type is the operand's: extents of 1 stay 1
      rewriter.replaceOp(op, x);
      return success();
    }
    auto inner = x.getDefiningOp<ReduceOp>();
    // Integer means round twice.
    if (inner && inner.getFn() == op.getFn() && inner->hasOneUse() &&
        (op.getFn() != ReduceFn::Mean || isFloat(x)) && inner.getOperand().getType().getElementType() == op.getType().getElementType() && typeOf(inner.getOperand()).getNumElements() > 0) {
      axes.append(inner.getAxes().begin(), inner.getAxes().end());
      llvm::sort(axes);
      axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
      rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getType(), op.getFn(), inner.getOperand(), axes);
      return success();
    }
    if (axes.size() == op.getAxes().size())
      return failure();
    rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getType(), op.getFn(), x, axes);
    return success();
  }
};

// Resampling to the same extents at scale 1 reads each element at its own place.
struct SimplifyResize : OpRewritePattern<ResizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ResizeOp op, PatternRewriter &rewriter) const override {
    bool unscaled = llvm::all_of(op.getScales(), [](float scale) { return scale == 1; });
    if (op.getInput().getType() != op.getType() || !unscaled || op.getCoord() == CoordMode::HalfPixelNearest)
      return failure();
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

} // namespace

void populateWindowPatterns(RewritePatternSet &patterns) {
  patterns.add<SimplifyPad, PadIntoConv, PadIntoPool, SimplifyReduce, SimplifyResize>(patterns.getContext());
}

} // namespace aotc::passes
