// Between real numbers and the integers that stand for them, lane by lane.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_QUANTIZE_H
#define AOTC_BACKENDS_CPU_CODEGEN_QUANTIZE_H

#include "backends/cpu/codegen/RegionEmitter.h"

namespace aotc::cpu {

// Operands and results in register types, as those of RegionEmitter::elementwise.
llvm::Value *emitQuantize(IRGen &gen, nn::QuantizeOp op, llvm::Value *x, llvm::Value *factor);
llvm::Value *emitDequantize(IRGen &gen, nn::DequantizeOp op, llvm::Value *codes, llvm::Value *factor);

} // namespace aotc::cpu
#endif
