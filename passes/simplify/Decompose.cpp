// aotc-decompose: see Passes.td.
#include "ir/NN/NN.h"
#include "passes/simplify/Passes.h"
#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

#define GEN_PASS_DEF_DECOMPOSE
#include "passes/simplify/Passes.h.inc"

namespace {

struct DecomposeSoftmax : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SoftmaxOp op, PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value x = op.getOperand();
    RankedTensorType type = op.getType(), wide = type;
    if (type.getElementType().getIntOrFloatBitWidth() < 32) {
      wide = type.clone(rewriter.getF32Type());
      x = rewriter.create<CastOp>(loc, wide, x);
    }
    int64_t axis = op.getAxis();
    DimVector shape(type.getShape());
    shape[axis] = 1;
    RankedTensorType reduced = wide.clone(shape);
    auto reduce = [&](ReduceFn fn, Value v) -> Value {
      return rewriter.create<ReduceOp>(loc, reduced, fn, v, rewriter.getDenseI64ArrayAttr({axis}));
    };
    auto unary = [&](UnaryFn fn, Value v) -> Value { return rewriter.create<UnaryOp>(loc, v.getType(), fn, v); };
    auto binary = [&](BinaryFn fn, Value a, Value b) -> Value {
      return rewriter.create<BinaryOp>(loc, wide, fn, a, broadcast(rewriter, loc, b, type.getShape()));
    };
    // An element that is the maximum keeps the sum at 1 or above, so its
    // reciprocal and logarithm are safe. A row of -inf gives NaN, as it should.
    Value shifted = binary(BinaryFn::Sub, x, reduce(ReduceFn::Max, x));
    Value exponentials = unary(UnaryFn::Exp, shifted);
    Value sum = reduce(ReduceFn::Sum, exponentials);
    // One division a row.
    Value result = op.getLog() ? binary(BinaryFn::Sub, shifted, unary(UnaryFn::Log, sum))
                               : binary(BinaryFn::Mul, exponentials, unary(UnaryFn::Reciprocal, sum));
    if (wide != type)
      result = rewriter.create<CastOp>(loc, type, result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct Decompose : impl::DecomposeBase<Decompose> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<DecomposeSoftmax>(&getContext());
    rewriteGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace aotc::passes
