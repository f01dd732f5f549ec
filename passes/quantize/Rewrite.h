// Turns a float network into a quantized one, as chosen.
#ifndef AOTC_PASSES_QUANTIZE_REWRITE_H
#define AOTC_PASSES_QUANTIZE_REWRITE_H

#include "ir/Tensor/Tensor.h"
#include "passes/quantize/Points.h"
#include "llvm/ADT/MapVector.h"

namespace aotc::passes {

// Of u8, that [low, high] needs, which holds 0 or is extended to.
Scale scaleFor(float low, float high);

struct Decisions {
  llvm::MapVector<mlir::Value, Scale> points; // values of Points that become bytes
  // With what is added to each output channel; empty: nothing.
  llvm::MapVector<mlir::Operation *, std::vector<float>> contractions; // that become integer; their inputs are among `points`
  std::vector<nn::GatherOp> tables; // whose tables become bytes, with one scale a column
  // Of the function's results, those that end as bytes, where their elements are not those of a point; empty: none does.
  std::vector<std::optional<Scale>> results;
  // Weights of which neighbours may be multiplied by 0 to 255 and added in 16 bits.
  bool exactPairs = true;
};

// Inserts quantize-dequantize pairs behind the points, dequantized weights and what is gathered; aotc-quantized-ops makes
// integer arithmetic of that.
void insertQuantization(mlir::func::FuncOp func, const Decisions &decisions);

// The same contraction of bytes, in f32: beside each of `contractions` one of quantized inputs and weights. Adds results to the
// function before its own, for each of them: the sum of squares of the difference, that of the float result,
// and the mean difference of each output channel.
void insertProbes(mlir::func::FuncOp func, const Decisions &decisions, llvm::ArrayRef<mlir::Operation *> contractions,
                  llvm::ArrayRef<Scale> inputs);

// Makes values results, before the function's own.
void prependResults(mlir::func::FuncOp func, mlir::ValueRange values);

// Constant weights [..., O] of a contraction, or [..., O, K] where `transposed`, as i8 with one scale an output channel.
struct QuantizedWeights {
  Tensor codes;
  std::vector<float> scales;
};
QuantizedWeights quantizeWeights(const Tensor &weights, bool transposed, bool exactPairs);

} // namespace aotc::passes
#endif
