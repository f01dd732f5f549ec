// The rewrite patterns of this folder, by subject.
#ifndef AOTC_PASSES_SIMPLIFY_PATTERNS_H
#define AOTC_PASSES_SIMPLIFY_PATTERNS_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/Support/LogicalResult.h"

namespace aotc::passes {

void populateArithmeticPatterns(mlir::RewritePatternSet &patterns); // elementwise operations
void populateMovementPatterns(mlir::RewritePatternSet &patterns);   // reshape, transpose, slice, concat...
void populateTransposePatterns(mlir::RewritePatternSet &patterns);  // the transposes among them
void populateConstantPatterns(mlir::RewritePatternSet &patterns);   // constants that repeat themselves
void populateWindowPatterns(mlir::RewritePatternSet &patterns);     // pad, conv, pool, reduce, resize
void populateSinkReshapePatterns(mlir::RewritePatternSet &patterns); // reshapes behind contractions

// How many operations of a kind `func` holds.
template <typename OpT> int64_t count(mlir::Operation *func) {
  int64_t result = 0;
  func->walk([&](OpT) { ++result; });
  return result;
}

// Applies the patterns to a fixed point. Failing to reach it within the limit
// of iterations is no error: each rewrite on its own keeps the results.
void rewriteGreedily(mlir::Operation *func, mlir::RewritePatternSet patterns);

} // namespace aotc::passes
#endif
