// Turns a float network into a quantized one, as chosen.
#ifndef AOTC_PASSES_QUANTIZE_REWRITE_H
#define AOTC_PASSES_QUANTIZE_REWRITE_H

#include "ir/Tensor/Tensor.h"
#include "passes/quantize/Points.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace aotc::passes {

// Of u8: real = (code - zero) * scale.
struct Scale {
  float scale = 1;
  int64_t zero = 0;
};
// That [low, high] needs, which holds 0 or is extended to.
Scale scaleFor(float low, float high);

struct Decisions {
  llvm::MapVector<mlir::Value, Scale> points; // values of Points that become bytes
  llvm::SetVector<mlir::Operation *> contractions; // that become integer; their inputs are among `points`
  // Weights of which neighbours may be multiplied by 0 to 255 and added in 16 bits.
  bool exactPairs = true;
};

// Inserts quantize-dequantize pairs behind the points and dequantized weights; aotc-quantized-ops makes
// integer arithmetic of that.
void insertQuantization(mlir::func::FuncOp func, const Decisions &decisions);

// Constant weights [..., O] of a contraction, or [..., O, K] where `transposed`, as i8 with one scale an output channel.
struct QuantizedWeights {
  Tensor codes;
  std::vector<float> scales;
};
QuantizedWeights quantizeWeights(const Tensor &weights, bool transposed, bool exactPairs);

} // namespace aotc::passes
#endif
