// Arguments and results of a function as the bytes that they are quantized to.
#ifndef AOTC_PASSES_QUANTIZE_INTERFACE_H
#define AOTC_PASSES_QUANTIZE_INTERFACE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc::passes {

// Makes bytes of the f32 inputs whose elements are read in one quantization to bytes only, moved at most. States stay.
// aotc-quantized-ops removes the pairs of dequantization and quantization that this leaves.
void narrowInputs(mlir::func::FuncOp func);
// Makes bytes of the outputs that are dequantized ones.
void narrowOutputs(mlir::func::FuncOp func);

} // namespace aotc::passes
#endif
