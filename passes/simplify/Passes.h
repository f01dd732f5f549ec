// Rewrites of nn into cheaper nn with the same results.
#ifndef AOTC_PASSES_SIMPLIFY_PASSES_H
#define AOTC_PASSES_SIMPLIFY_PASSES_H

#include <memory>

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace aotc::passes {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/simplify/Passes.h.inc"

// Adds the passes of this folder in their order, as passes over func.func.
// Constants are folded by a pass of its own (passes/fold): run it before, so
// that shape arithmetic and batch-norm parameters are numbers here, and after,
// for the constants that these rewrites bring together.
void buildSimplifyPipeline(mlir::OpPassManager &pm);

} // namespace aotc::passes
#endif
