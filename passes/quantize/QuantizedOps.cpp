// aotc-quantized-ops: see Passes.td.
#include "passes/quantize/Passes.h"

#include "passes/quantize/Patterns.h"
#include "passes/simplify/Patterns.h"

#include <cmath>

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

#define GEN_PASS_DEF_QUANTIZEDOPS
#include "passes/quantize/Passes.h.inc"

namespace {

int64_t lastAxis(Value value) { return typeOf(value).getRank() - 1; }

// A contraction whose operands are bytes with scales, one number a tensor on the left side and one a result channel on
// the right: sums in i32 and one scale a channel.
struct IntegerContraction : RewritePattern {
  IntegerContraction(MLIRContext *context, Pass::Statistic &integer)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), integer(integer) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<MatMulOp, ConvOp>(op) || !typeOf(op->getResult(0)).getElementType().isF32())
      return failure();
    DequantizeOp lhs = dequantized(op->getOperand(0)), rhs = op->getOperand(1).getDefiningOp<DequantizeOp>();
    if (!lhs || !rhs || !isByteTensor(lhs.getOperand()) || !isByteTensor(rhs.getOperand()) || !isConstant(rhs.getOperand()))
      return failure();
    auto scales = axisConstant(rhs.getFactor(), channelAxis(op));
    if (!scales || llvm::any_of(scales->values, [](double s) { return !std::isfinite(s); }))
      return failure();
    // Factors of at most 255 in either direction.
    constexpr int64_t kLargestProduct = 255 * 255, kLargestSum = std::numeric_limits<int32_t>::max();
    if (depthOf(op) > kLargestSum / kLargestProduct)
      return failure();
    Location loc = op->getLoc();
    auto type = typeOf(op->getResult(0));
    for (double &scale : scales->values)
      scale = static_cast<float>(scale) * scaleOf(lhs);
    Value sums = cloneWith(rewriter, op, {lhs.getOperand(), rhs.getOperand()}, type.clone(rewriter.getI32Type()));
    setZeros(sums.getDefiningOp(), lhs, rhs);
    Value factor = makeAxisConstant(rewriter, loc, *scales, type, type.getRank() - 1);
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, type, sums, factor, 0);
    ++integer;
    return success();
  }

private:
  // Of the right operand.
  static int64_t channelAxis(Operation *op) {
    auto matmul = dyn_cast<MatMulOp>(op);
    return lastAxis(op->getOperand(1)) - (matmul && matmul.getTransposeRhs() ? 1 : 0);
  }
  static int64_t depthOf(Operation *op) {
    int64_t depth = 1;
    if (auto matmul = dyn_cast<MatMulOp>(op))
      return shapeOf(matmul.getLhs())[lastAxis(matmul.getLhs()) - (matmul.getTransposeLhs() ? 1 : 0)];
    for (int64_t extent : shapeOf(op->getOperand(1)).drop_back())
      depth *= extent;
    return depth;
  }
  static void setZeros(Operation *op, DequantizeOp lhs, DequantizeOp rhs) {
    if (auto matmul = dyn_cast<MatMulOp>(op)) {
      matmul.setLhsZero(zeroOf(lhs));
      matmul.setRhsZero(zeroOf(rhs));
    } else {
      cast<ConvOp>(op).setInputZero(zeroOf(lhs));
      cast<ConvOp>(op).setFilterZero(zeroOf(rhs));
    }
  }

  Pass::Statistic &integer;
};

// dequantize(sums, f) + bias, with one bias a channel, as dequantize(sums + bias / f, f).
struct IntegerBias : OpRewritePattern<BinaryOp> {
  IntegerBias(MLIRContext *context, bool rounds) : OpRewritePattern(context), rounds(rounds) {}

  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    if (op.getFn() != BinaryFn::Add)
      return failure();
    DequantizeOp source;
    Value other;
    for (auto [a, b] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())})
      if (auto candidate = a.getDefiningOp<DequantizeOp>();
          candidate && typeOf(candidate.getOperand()).getElementType().isSignlessInteger(32)) {
        source = candidate;
        other = b;
      }
    if (!source || !source->hasOneUse() || zeroOf(source) != 0 || !hasRoom(source.getOperand()))
      return failure();
    int64_t axis = lastAxis(op);
    auto scales = axisConstant(source.getFactor(), axis);
    auto bias = biasOf(other, axis, scales);
    if (!scales || !bias)
      return failure();
    Location loc = op.getLoc();
    auto sumsType = typeOf(source.getOperand());
    Shape shape(sumsType.getRank(), 1);
    shape[axis] = static_cast<int64_t>(bias->size());
    Value offsets = broadcast(rewriter, loc, makeConstant(rewriter, loc, Tensor::of<int32_t>(DType::I32, shape, *bias)),
                              sumsType.getShape());
    Value sums = rewriter.create<BinaryOp>(loc, sumsType, BinaryFn::Add, source.getOperand(), offsets);
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, op.getType(), sums, source.getFactor(), 0);
    return success();
  }

private:
  // Sums of products of bytes, or of bytes; other integers may be as large as their type holds.
  static bool hasRoom(Value sums) {
    while (Operation *op = sums.getDefiningOp()) {
      auto binary = dyn_cast<BinaryOp>(op);
      if (!isa<TransposeOp, ReshapeOp>(op) && !(binary && binary.getFn() == BinaryFn::Add))
        return isa<MatMulOp, ConvOp, ReduceOp, PoolOp>(op);
      sums = op->getOperand(0);
    }
    return false;
  }

  // In units of the sums, one a position of the axis.
  std::optional<std::vector<int32_t>> biasOf(Value value, int64_t axis, const std::optional<AxisConstant> &scales) const {
    if (!scales)
      return std::nullopt;
    std::optional<AxisConstant> reals = axisConstant(value, axis);
    if (!reals) // quantized by the model
      if (auto stored = value.getDefiningOp<BroadcastOp>())
        reals = evaluated(stored.getOperand(), axis);
    if (!reals)
      return std::nullopt;
    int64_t extent = shapeOf(value)[axis];
    std::vector<int32_t> result(extent);
    // Sums of products have room for this much more.
    constexpr double kLargest = 1 << 30;
    for (int64_t i = 0; i < extent; ++i) {
      double units = reals->at(i) / scales->at(i), whole = std::nearbyint(units);
      bool exact = std::abs(units - whole) <= 1e-6 * std::max(1.0, std::abs(units));
      if (!(std::abs(units) <= kLargest) || (!exact && !rounds))
        return std::nullopt;
      result[i] = static_cast<int32_t>(whole);
    }
    return result;
  }

  // Of a dequantize of constants that vary along the axis only.
  static std::optional<AxisConstant> evaluated(Value value, int64_t axis) {
    auto op = value.getDefiningOp<DequantizeOp>();
    auto codes = op ? constantOf(op.getOperand()) : std::nullopt;
    auto scales = op ? axisConstant(op.getFactor(), axis) : std::nullopt;
    if (!codes || !scales || codes->size() != shapeOf(value)[axis])
      return std::nullopt;
    AxisConstant result;
    for (int64_t i = 0; i < codes->size(); ++i)
      result.values.push_back(static_cast<float>(codes->i(i) - zeroOf(op)) * static_cast<float>(scales->at(i)));
    return result;
  }

  bool rounds;
};

// quantize(dequantize(sums, f), g) as quantize(sums, f * g).
struct Requantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op, PatternRewriter &rewriter) const override {
    auto source = op.getOperand().getDefiningOp<DequantizeOp>();
    if (!source || !typeOf(source.getOperand()).getElementType().isSignlessInteger(32) || zeroOf(source) != 0 || !isCentred(op))
      return failure();
    int64_t axis = lastAxis(op);
    auto inner = axisConstant(source.getFactor(), axis), outer = axisConstant(op.getFactor(), axis);
    if (!inner || !outer)
      return failure();
    AxisConstant product;
    for (size_t i = 0; i < std::max(inner->values.size(), outer->values.size()); ++i) {
      auto f = static_cast<float>(inner->at(i)), g = static_cast<float>(outer->at(i));
      product.values.push_back(divides(op.getRounding()) ? f / g : f * g);
    }
    Value factor = makeAxisConstant(rewriter, op.getLoc(), product, typeOf(op.getFactor()), axis);
    rewriter.replaceOpWithNewOp<QuantizeOp>(op, op.getType(), multiplying(op.getRounding()), source.getOperand(), factor,
                                            op.getZero(), op.getLow(), op.getHigh());
    return success();
  }
};

// Rounding keeps order, so that limits of the reals are limits of the integers.
struct ClampIntoBounds : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op, PatternRewriter &rewriter) const override {
    Operation *limits = op.getOperand().getDefiningOp();
    auto factor = splatOf(op.getFactor());
    if (!limits || !typeOf(op.getOperand()).getElementType().isF32())
      return failure();
    double low = -INFINITY, high = INFINITY;
    if (auto unary = dyn_cast<UnaryOp>(limits); unary && unary.getFn() == UnaryFn::Relu) {
      low = 0;
    } else if (auto clamp = dyn_cast<ClampOp>(limits); clamp && factor) {
      low = clamp.getLow().convertToDouble();
      high = clamp.getHigh().convertToDouble();
    } else {
      return failure();
    }
    auto code = [&](double limit, uint64_t otherwise) {
      if (std::isinf(limit))
        return static_cast<int64_t>(otherwise);
      return quantized(op, static_cast<float>(limit), static_cast<float>(factor.value_or(1)));
    };
    int64_t least = code(low, op.getLow()), most = code(high, op.getHigh());
    // The origin is what `low` stands for.
    if (op.getOrigin() && (!factor || least != static_cast<int64_t>(op.getLow())))
      return failure();
    rewriter.replaceOpWithNewOp<QuantizeOp>(op, op.getType(), op.getRounding(), limits->getOperand(0), op.getFactor(),
                                            op.getZero(), least, most, op.getOriginAttr());
    return success();
  }
};

struct QuantizedOps : impl::QuantizedOpsBase<QuantizedOps> {
  using QuantizedOpsBase::QuantizedOpsBase;
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    populateBytePatterns(patterns);
    populateWeightPatterns(patterns);
    patterns.add<IntegerContraction>(context, integer);
    patterns.add<IntegerBias>(context, roundBias);
    patterns.add<Requantize, ClampIntoBounds>(context);
    rewriteGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace aotc::passes
