// Where a float network can be cut into quantized pieces.
#ifndef AOTC_PASSES_QUANTIZE_POINTS_H
#define AOTC_PASSES_QUANTIZE_POINTS_H

#include <vector>

#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc::passes {

// Tensors that lie in memory between kernels, and that some later contraction has a use for as bytes.
struct Points {
  std::vector<mlir::Value> values; // f32, in the order of the block
  // Of each value its set: what is moved from one to another, or joined, without arithmetic has one scale.
  std::vector<unsigned> sets;
  unsigned setCount = 0;
  // matmul and conv with constant weights and one of the values, perhaps moved, on the left: of each that value's number.
  std::vector<mlir::Operation *> contractions;
  std::vector<size_t> inputs;
  // Gathers from constant f32 tables along other dimensions than the last, as of embeddings.
  std::vector<nn::GatherOp> tables;
};

Points findPoints(mlir::func::FuncOp func);

// Whether the elements of the result are some of those of operand 0 (of all operands, of a concat), or zeros.
bool keepsElements(mlir::Operation *op);

} // namespace aotc::passes
#endif
