// Moves, maxima and means of quantized numbers on the bytes.
#include "passes/quantize/Patterns.h"
#include "passes/quantize/Points.h"

#include <cmath>

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

bool isCentred(QuantizeOp op) {
  if (!op.getOrigin())
    return true;
  auto factor = splatOf(op.getFactor());
  if (!factor)
    return false;
  auto steps = static_cast<double>(static_cast<int64_t>(op.getLow()) - static_cast<int64_t>(op.getZero()));
  double origin = steps * (divides(op.getRounding()) ? *factor : 1 / *factor);
  return std::abs(op.getOrigin()->convertToDouble() - origin) <= 1e-6 * std::abs(origin);
}

namespace {

// dequantize and quantize with one scale and zero point: at most other bounds.
struct DropRoundTrip : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op, PatternRewriter &rewriter) const override {
    DequantizeOp source = dequantized(op.getOperand());
    auto factor = splatOf(op.getFactor());
    if (!source || !factor || source.getOperand().getType() != op.getType() || source.getZero() != op.getZero() || !isCentred(op))
      return failure();
    double ratio = divides(op.getRounding()) ? scaleOf(source) / *factor : scaleOf(source) * *factor;
    // Of at most 65535 steps none leaves its half.
    if (!(std::abs(ratio - 1) < 1e-6))
      return failure();
    Value codes = source.getOperand();
    auto type = typeOf(codes);
    Bounds bounds = boundsOf(type.getElementType());
    auto low = static_cast<int64_t>(op.getLow()), high = static_cast<int64_t>(op.getHigh());
    auto limit = [&](BinaryFn fn, int64_t value) {
      Value splat = makeSplat(rewriter, op.getLoc(), type, static_cast<double>(value));
      codes = rewriter.create<BinaryOp>(op.getLoc(), type, fn, codes, splat);
    };
    if (low > bounds.low)
      limit(BinaryFn::Max, low);
    if (high < bounds.high)
      limit(BinaryFn::Min, high);
    rewriter.replaceOp(op, codes);
    return success();
  }
};

// move(dequantize(codes)) as dequantize(move(codes)).
struct MoveBytes : RewritePattern {
  explicit MoveBytes(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto extremum = dyn_cast<ReduceOp>(op);
    bool selects = extremum && (extremum.getFn() == ReduceFn::Max || extremum.getFn() == ReduceFn::Min);
    if (op->getNumResults() != 1 || (!keepsElements(op) && !isa<BroadcastOp>(op) && !selects))
      return failure();
    DequantizeOp source = dequantized(op->getOperand(0));
    // Maxima of reals are maxima of the codes only where scales are positive.
    if (!source || !(scaleOf(source) > 0))
      return failure();
    SmallVector<Value> operands(op->getOperands());
    operands[0] = source.getOperand();
    if (isa<ConcatOp>(op))
      for (Value &operand : llvm::drop_begin(operands)) {
        DequantizeOp other = dequantized(operand);
        if (!other || scaleOf(other) != scaleOf(source) || zeroOf(other) != zeroOf(source) ||
            typeOf(other.getOperand()).getElementType() != typeOf(source.getOperand()).getElementType())
          return failure();
        operand = other.getOperand();
      }
    Type element = typeOf(source.getOperand()).getElementType();
    if (auto pad = dyn_cast<PadOp>(op))
      operands[1] = makeSplat(rewriter, op->getLoc(), typeOf(pad.getValue()).clone(element), static_cast<double>(zeroOf(source)));
    auto type = typeOf(op->getResult(0));
    Value moved = cloneWith(rewriter, op, operands, type.clone(element));
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, type, moved, splatLike(rewriter, op->getLoc(), moved, scaleOf(source)),
                                              zeroOf(source));
    return success();
  }
};

// The mean of `count` bytes as their sum with a scale that is as many times smaller.
LogicalResult sumBytes(PatternRewriter &rewriter, Operation *op, int64_t count, llvm::function_ref<Value(DequantizeOp, Type)> sum) {
  DequantizeOp source = dequantized(op->getOperand(0));
  constexpr int64_t kMost = int64_t(1) << 22; // of 8-bit numbers, in 31 bits
  if (!source || !isByteTensor(source.getOperand()) || count < 1 || count > kMost)
    return failure();
  auto type = typeOf(op->getResult(0));
  Value sums = sum(source, type.clone(rewriter.getI32Type()));
  Location loc = op->getLoc();
  if (int64_t zeros = zeroOf(source) * count; zeros != 0) {
    Value offset = makeSplat(rewriter, loc, typeOf(sums), static_cast<double>(-zeros));
    sums = rewriter.create<BinaryOp>(loc, sums.getType(), BinaryFn::Add, sums, offset);
  }
  Value factor = splatLike(rewriter, loc, sums, scaleOf(source) / static_cast<float>(count));
  rewriter.replaceOpWithNewOp<DequantizeOp>(op, type, sums, factor, 0);
  return success();
}

struct MeanOfBytes : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    if (op.getFn() != ReduceFn::Mean || op.getType().getNumElements() == 0)
      return failure();
    int64_t count = typeOf(op.getOperand()).getNumElements() / op.getType().getNumElements();
    return sumBytes(rewriter, op, count, [&](DequantizeOp source, Type type) {
      return rewriter.create<ReduceOp>(op.getLoc(), type, ReduceFn::Sum, source.getOperand(), op.getAxes()).getResult();
    });
  }
};

struct AverageOfBytes : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PoolOp op, PatternRewriter &rewriter) const override {
    auto isZero = [](int64_t v) { return v == 0; };
    if (op.getFn() != PoolFn::Avg || !llvm::all_of(op.getPadLow(), isZero) || !llvm::all_of(op.getPadHigh(), isZero))
      return failure();
    int64_t count = 1;
    for (auto [d, extent] : llvm::enumerate(op.getWindow())) {
      int64_t last = (op.getType().getDimSize(d + 1) - 1) * op.getStrides()[d] + (extent - 1) * op.getDilations()[d];
      if (last >= shapeOf(op.getInput())[d + 1]) // reaches past the end: fewer elements there
        return failure();
      count *= extent;
    }
    return sumBytes(rewriter, op, count, [&](DequantizeOp source, Type type) {
      return rewriter
          .create<PoolOp>(op.getLoc(), type, PoolFn::Sum, source.getOperand(), op.getWindow(), op.getStrides(),
                          op.getDilations(), op.getPadLow(), op.getPadHigh(), false)
          .getResult();
    });
  }
};

} // namespace

void populateBytePatterns(RewritePatternSet &patterns) {
  patterns.add<DropRoundTrip, MoveBytes, MeanOfBytes, AverageOfBytes>(patterns.getContext());
}

} // namespace aotc::passes
