// Rewrites of this folder, by subject, and what they ask of values.
#ifndef AOTC_PASSES_QUANTIZE_PATTERNS_H
#define AOTC_PASSES_QUANTIZE_PATTERNS_H

#include "ir/NN/Quant.h"
#include "mlir/IR/PatternMatch.h"
#include "passes/simplify/Values.h"

namespace aotc::passes {

// Moves, maxima and means of bytes.
void populateBytePatterns(mlir::RewritePatternSet &patterns);
// Constants that are stored as integers.
void populateWeightPatterns(mlir::RewritePatternSet &patterns);

// The nn.dequantize of bytes (or 16-bit integers) with one scale that `value` is; null: none.
inline nn::DequantizeOp dequantized(mlir::Value value) {
  auto op = value.getDefiningOp<nn::DequantizeOp>();
  bool narrow = op && op.getOperand().getType().getElementTypeBitWidth() <= 16;
  return narrow && splatOf(op.getFactor()) ? op : nn::DequantizeOp();
}
inline int64_t zeroOf(nn::DequantizeOp op) { return static_cast<int64_t>(op.getZero()); }
inline float scaleOf(nn::DequantizeOp op) { return static_cast<float>(*splatOf(op.getFactor())); }

// Whether real 0 becomes `zero`, but for the last bits: the origin, if any, is where that puts it.
bool isCentred(nn::QuantizeOp op);

inline mlir::Value splatLike(mlir::OpBuilder &b, mlir::Location loc, mlir::Value like, double value) {
  return nn::makeSplat(b, loc, typeOf(like).clone(b.getF32Type()), value);
}

} // namespace aotc::passes
#endif
