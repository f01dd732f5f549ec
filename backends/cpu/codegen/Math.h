// Floating-point functions emitted inline.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_MATH_H
#define AOTC_BACKENDS_CPU_CODEGEN_MATH_H

#include "backends/cpu/codegen/IRGen.h"
#include "ir/NN/NN.h"

namespace aotc::cpu {

// Transcendental functions and roundings on f32 or f64, scalar or vector. f32
// results are within about 2 ulp; f64 and rare functions call C99's <math.h>.
llvm::Value *emitMath(IRGen &gen, nn::UnaryFn fn, llvm::Value *x);
// e^x where x is known to be NaN or at most 0.
llvm::Value *emitExpOfNonPositive(IRGen &gen, llvm::Value *x);
llvm::Value *emitPow(IRGen &gen, llvm::Value *x, llvm::Value *y);
// x - trunc(x / y) * y, exactly.
llvm::Value *emitRemainder(IRGen &gen, llvm::Value *x, llvm::Value *y);

} // namespace aotc::cpu
#endif
