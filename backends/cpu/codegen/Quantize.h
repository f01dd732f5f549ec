// Between real numbers and the integers that stand for them, lane by lane.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_QUANTIZE_H
#define AOTC_BACKENDS_CPU_CODEGEN_QUANTIZE_H

#include "backends/cpu/codegen/RegionEmitter.h"

namespace aotc::cpu {

// In which order lanes hold elements.
enum class LaneOrder {
  Natural,
  Quads // as unpacking bytes to 32 bits within each 16 bytes leaves them: of four vectors, lane 4 k + i of vector v is element 16 k + 4 v + i
};

// The lane that element `element` of `count` is in.
int64_t laneOf(LaneOrder order, int64_t element, int64_t count);

// Operands and results in register types, as those of RegionEmitter::elementwise. Operands have their lanes in `order`; the
// result is in natural order.
llvm::Value *emitQuantize(IRGen &gen, nn::QuantizeOp op, llvm::Value *x, llvm::Value *factor,
                          LaneOrder order = LaneOrder::Natural);
llvm::Value *emitDequantize(IRGen &gen, nn::DequantizeOp op, llvm::Value *codes, llvm::Value *factor);

} // namespace aotc::cpu
#endif
