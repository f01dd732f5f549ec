// Integers that stand for real numbers: what verifiers, passes and kernels share.
#ifndef AOTC_IR_NN_QUANT_H
#define AOTC_IR_NN_QUANT_H

#include "ir/NN/NN.h"
#include "ir/Tensor/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc::nn {

// What an integer element type of at most 32 bits holds.
struct Bounds {
  int64_t low, high;
  bool holds(int64_t value) const { return low <= value && value <= high; }
};
Bounds boundsOf(mlir::Type integer);

inline bool isByte(mlir::Type element) { return element.isInteger(8); }
bool isByteTensor(mlir::Value value);

// Of operand `i` of a contraction of bytes; 0 where it has none.
int64_t zeroPoint(mlir::Operation *contraction, unsigned i);

// What the bytes of an argument or a result of a function stand for (attributes `nn.scale` and `nn.zero`); nullopt:
// nothing but themselves.
std::optional<Scale> argumentScale(mlir::func::FuncOp func, unsigned i);
std::optional<Scale> resultScale(mlir::func::FuncOp func, unsigned i);
void setArgumentScale(mlir::func::FuncOp func, unsigned i, Scale scale);
void setResultScale(mlir::func::FuncOp func, unsigned i, Scale scale);

// What is done with the factor and with halves.
bool divides(Rounding rounding);
enum class Halves { Even, Up, Away };
Halves halvesOf(Rounding rounding); // not of `fixed`
// The rounding that multiplies sums by a known factor and treats halves the same.
Rounding multiplying(Rounding rounding);

// The integer, within its bounds, that nn.quantize makes of a number; not by `fixed`.
int64_t quantized(QuantizeOp op, float x, float factor);

// factor = multiplier * 2^-shift, exactly, with a multiplier of at most 24 bits; for `fixed` rounding.
struct FixedFactor {
  int64_t multiplier;
  int shift; // 1 to 62: other factors are rounded to what such shifts express
};
FixedFactor fixedFactor(float factor);
// floor(x * factor + 1/2)
int64_t scaled(int64_t x, FixedFactor factor);

} // namespace aotc::nn
#endif
