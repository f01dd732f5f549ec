// Passes of the CPU backend.
#ifndef AOTC_BACKENDS_CPU_PASSES_H
#define AOTC_BACKENDS_CPU_PASSES_H

#include <memory>

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace aotc::cpu {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "backends/cpu/Passes.h.inc"

} // namespace aotc::cpu
#endif
