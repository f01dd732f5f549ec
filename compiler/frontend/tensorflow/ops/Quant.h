// Ranges of the real numbers that integers stand for.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_QUANT_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_QUANT_H

#include "compiler/frontend/tensorflow/ops/NodeImport.h"

namespace aotc::tf {

struct Range {
  float min, max;
};
using Ranges = llvm::SmallVector<Range, 1>;

// Constant operands `operand` and the next as `count` ranges; nullopt: reported.
std::optional<Ranges> rangesOf(NodeImport &n, size_t operand, int64_t count = 1);

struct IntegerType {
  int64_t low, high;
};
IntegerType integerType(DType type);

// The nearest integer, halves away from zero, of a number that is any.
int64_t nearestInteger(double x);

// How TensorFlow's Quantized operations and mode MIN_FIRST spread the integers of a type over a range.
struct Steps {
  float scale, inverse; // of one step; each is rounded on its own
  float start;          // the least real number, a multiple of the scale
  int64_t zero;         // what 0 becomes; the type may not hold it
};
Steps stepsOf(Range range, DType type);
// The real numbers that codes of a range stand for.
Value realsOf(NodeImport &n, Value codes, Range range);

} // namespace aotc::tf
#endif
