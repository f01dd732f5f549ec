// aotc-simplify: all local rewrites together, to a fixed point.
#include "ir/NN/NN.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/simplify/Passes.h"
#include "passes/simplify/Patterns.h"

namespace aotc::passes {

#define GEN_PASS_DEF_SIMPLIFY
#include "passes/simplify/Passes.h.inc"

void rewriteGreedily(mlir::Operation *func, mlir::RewritePatternSet patterns) {
  mlir::GreedyRewriteConfig config;
  // Functions have one block: there is no control flow to simplify.
  config.enableRegionSimplification = mlir::GreedySimplifyRegionLevel::Disabled;
  // Real graphs need a few rewrites an operation. A limit bounds the time for hostile ones.
  config.maxNumRewrites = 1000 + 50 * count<mlir::Operation *>(func);
  (void)mlir::applyPatternsAndFoldGreedily(func, std::move(patterns), config);
}

namespace {
struct Simplify : impl::SimplifyBase<Simplify> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    populateArithmeticPatterns(patterns);
    populateConstantPatterns(patterns);
    populateMovementPatterns(patterns);
    populateTransposePatterns(patterns);
    populateWindowPatterns(patterns);
    int64_t before = count<mlir::Operation *>(getOperation());
    rewriteGreedily(getOperation(), std::move(patterns));
    // Normal forms may also add operations.
    removed += std::max<int64_t>(0, before - count<mlir::Operation *>(getOperation()));
  }
};
} // namespace
} // namespace aotc::passes
