// Passes that turn fusion groups into kernels over one arena.
#ifndef AOTC_PASSES_SCHEDULE_PASSES_H
#define AOTC_PASSES_SCHEDULE_PASSES_H

#include <memory>

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace aotc::passes {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/schedule/Passes.h.inc"

} // namespace aotc::passes
#endif
