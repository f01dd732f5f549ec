// A planned function to the bytes of an object.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_OBJECTEMITTER_H
#define AOTC_BACKENDS_CPU_CODEGEN_OBJECTEMITTER_H

#include "absl/status/statusor.h"
#include "backends/Backend.h"
#include "mlir/IR/BuiltinOps.h"

namespace aotc::cpu {

absl::StatusOr<EmitResult> emitObject(mlir::ModuleOp module, const EmitOptions &options);

} // namespace aotc::cpu
#endif
