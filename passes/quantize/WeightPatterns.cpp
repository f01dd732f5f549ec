// Constant weights and biases that a model stores as integers, on their way to the contraction that reads them.
#include "passes/quantize/Patterns.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {
namespace {

// The axis that a factor varies along, none of which another extent is above 1; nullopt: it varies otherwise.
std::optional<int64_t> axisOf(Value factor) {
  auto source = factor.getDefiningOp<BroadcastOp>();
  Dims shape = shapeOf(source ? source.getOperand() : factor);
  for (auto [d, extent] : llvm::enumerate(shape))
    if (extent > 1)
      return static_cast<int64_t>(d);
  return std::nullopt;
}

// Where a reshape puts an axis: the elements before it and its extent stay.
std::optional<int64_t> reshapedAxis(Dims from, int64_t axis, Dims to) {
  int64_t before = 1;
  for (int64_t extent : from.take_front(axis))
    before *= extent;
  int64_t passed = 1;
  for (auto [d, extent] : llvm::enumerate(to)) {
    if (passed == before && extent == from[axis])
      return static_cast<int64_t>(d);
    passed *= extent;
  }
  return std::nullopt;
}

// move(dequantize(constant, factors of an axis)): both move at compile time.
struct MoveWeights : RewritePattern {
  explicit MoveWeights(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<TransposeOp, ReshapeOp>(op))
      return failure();
    auto source = op->getOperand(0).getDefiningOp<DequantizeOp>();
    auto codes = source ? constantOf(source.getOperand()) : std::nullopt;
    if (!codes)
      return failure();
    auto type = typeOf(op->getResult(0));
    AxisConstant factors;
    int64_t axis = 0;
    if (auto splat = splatOf(source.getFactor())) {
      factors.values = {*splat};
    } else {
      auto from = axisOf(source.getFactor());
      auto values = from ? axisConstant(source.getFactor(), *from) : std::nullopt;
      auto to = values ? axisIn(op, *from) : std::nullopt;
      if (!to)
        return failure();
      factors = *std::move(values);
      axis = *to;
    }
    Tensor moved = isa<TransposeOp>(op) ? transposed(*codes, cast<TransposeOp>(op).getPermutation())
                                        : codes->reshaped(type.getShape().vec());
    Location loc = op->getLoc();
    Value factor = makeAxisConstant(rewriter, loc, factors, type, axis);
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, type, makeConstant(rewriter, source.getOperand().getLoc(), moved), factor,
                                              zeroOf(source));
    return success();
  }

private:
  static std::optional<int64_t> axisIn(Operation *op, int64_t axis) {
    if (auto reshape = dyn_cast<ReshapeOp>(op))
      return reshapedAxis(shapeOf(reshape.getOperand()), axis, reshape.getType().getShape());
    return inverse(cast<TransposeOp>(op).getPermutation())[axis];
  }
};

// Unsigned weights around the middle of their range are signed ones around 0, which kernels multiply.
template <typename OpT> struct SignedWeights : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    constexpr int64_t kMiddle = 128;
    Value weights = op->getOperand(1);
    if (!typeOf(weights).getElementType().isUnsignedInteger(8) || zeroPoint(op, 1) != kMiddle)
      return failure();
    auto codes = constantOf(weights);
    if (!codes)
      return failure();
    Tensor shifted(DType::I8, codes->shape());
    const auto *from = codes->as<uint8_t>();
    auto *to = shifted.mutableAs<int8_t>();
    for (int64_t i = 0; i < shifted.size(); ++i)
      to[i] = static_cast<int8_t>(from[i] - kMiddle);
    Value constant = makeConstant(rewriter, weights.getLoc(), shifted);
    rewriter.modifyOpInPlace(op, [&] {
      op->setOperand(1, constant);
      if constexpr (std::is_same_v<OpT, MatMulOp>)
        op.setRhsZero(0);
      else
        op.setFilterZero(0);
    });
    return success();
  }
};

} // namespace

void populateWeightPatterns(RewritePatternSet &patterns) {
  patterns.add<MoveWeights, SignedWeights<MatMulOp>, SignedWeights<ConvOp>>(patterns.getContext());
}

} // namespace aotc::passes
