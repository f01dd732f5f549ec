// Arithmetic on quantized numbers.
#ifndef AOTC_PASSES_QUANTIZE_PASSES_H
#define AOTC_PASSES_QUANTIZE_PASSES_H

#include <memory>

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace aotc::passes {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/quantize/Passes.h.inc"

} // namespace aotc::passes
#endif
