// The weights section of an object. LLVM only sees a block of zeros in it; the
// bytes are written into the finished object, so that they are copied once.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_WEIGHTS_H
#define AOTC_BACKENDS_CPU_CODEGEN_WEIGHTS_H

#include <array>
#include <string>

#include "absl/status/statusor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/IR/Module.h"

namespace aotc::cpu {

// Bytes that the places of `func`'s plan.weight operations span.
int64_t weightsBytes(mlir::func::FuncOp func);
// The SHA-256 of them, gaps zero.
std::array<uint8_t, 32> hashWeights(mlir::func::FuncOp func);
// Writes them at `to`, where gaps are zero.
void writeWeights(mlir::func::FuncOp func, char *to);
// The section's name for a model called `name`.
std::string weightsSection(const std::string &name, int64_t bytes);
llvm::GlobalVariable *declareWeights(llvm::Module &module, const std::string &name, int64_t bytes);
// Where the section lies in `object`, an object file made from that module.
absl::StatusOr<size_t> findWeights(llvm::StringRef object, const std::string &section, int64_t bytes);

} // namespace aotc::cpu
#endif
