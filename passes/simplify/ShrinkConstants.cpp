// aotc-shrink-constants: see Passes.td.
#include "ir/NN/NN.h"
#include "passes/simplify/Passes.h"
#include "passes/simplify/Patterns.h"
#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

#define GEN_PASS_DEF_SHRINKCONSTANTS
#include "passes/simplify/Passes.h.inc"

namespace {

// `tensor` at position 0 of `axis` if all positions are equal.
std::optional<Tensor> collapsed(const Tensor &tensor, size_t axis) {
  size_t inner = byteSize(tensor.dtype());
  for (size_t d = axis + 1; d < tensor.shape().size(); ++d)
    inner *= tensor.shape()[d];
  int64_t extent = tensor.shape()[axis];
  Shape shape = tensor.shape();
  shape[axis] = 1;
  const char *data = tensor.data();
  const size_t outer = tensor.bytes() / inner / extent;
  for (size_t o = 0; o < outer; ++o)
    for (int64_t i = 1; i < extent; ++i)
      if (std::memcmp(data + o * extent * inner, data + (o * extent + i) * inner, inner) != 0)
        return std::nullopt;
  Tensor result(tensor.dtype(), std::move(shape));
  char *out = result.mutableData();
  for (size_t o = 0; o < outer; ++o)
    std::memcpy(out + o * inner, data + o * extent * inner, inner);
  return result;
}

struct ShrinkConstant : OpRewritePattern<ConstantOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConstantOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getType();
    // Weights of contractions are to stay constants, whatever they hold.
    if (type.getNumElements() < 2 || splatValue(op) || !llvm::all_of(op->getUsers(), isElementwise))
      return failure();
    Tensor tensor = fromAttr(op.getValue());
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.getDimSize(axis) > 1)
        if (auto smaller = collapsed(tensor, axis))
          tensor = *std::move(smaller);
    if (tensor.size() == type.getNumElements())
      return failure();
    rewriter.replaceOp(op, broadcast(rewriter, op.getLoc(), makeConstant(rewriter, op.getLoc(), tensor),
                                     type.getShape()));
    return success();
  }
};

struct ShrinkConstants : impl::ShrinkConstantsBase<ShrinkConstants> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateConstantPatterns(patterns);
    rewriteGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace

void populateConstantPatterns(RewritePatternSet &patterns) { patterns.add<ShrinkConstant>(patterns.getContext()); }

} // namespace aotc::passes
