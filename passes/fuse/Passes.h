// Passes that group operations into kernels.
#ifndef AOTC_PASSES_FUSE_PASSES_H
#define AOTC_PASSES_FUSE_PASSES_H

#include <memory>

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace aotc::passes {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/fuse/Passes.h.inc"

// What aotc-verify-fusion checks; diagnostics go to the operation at fault.
mlir::LogicalResult verifyFusion(mlir::func::FuncOp func);

} // namespace aotc::passes
#endif
