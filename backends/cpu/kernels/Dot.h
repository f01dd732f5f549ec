// Sums of products of four neighbouring bytes, one a 32-bit lane.
#ifndef AOTC_BACKENDS_CPU_KERNELS_DOT_H
#define AOTC_BACKENDS_CPU_KERNELS_DOT_H

#include "backends/cpu/codegen/IRGen.h"

namespace aotc::cpu {

// sum + dot(bytes, weights) lane by lane, all vectors of i32: each lane of `bytes` is four unsigned bytes, each of
// `weights` four signed ones. Exact on every target; with `exactPairs` (see nn.unpack_quads) faster on some.
llvm::Value *emitDot(IRGen &gen, llvm::Value *sum, llvm::Value *bytes, llvm::Value *weights, bool exactPairs);

// The same of two signed 16-bit integers a lane. Their products and sums of two fit 31 bits.
llvm::Value *emitDotOfWords(IRGen &gen, llvm::Value *sum, llvm::Value *words, llvm::Value *weights);

// Registers that emitDot needs beside its operands.
int64_t dotRegisters(const Isa &isa);

} // namespace aotc::cpu
#endif
