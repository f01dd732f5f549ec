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

// The functions of a module, which share their weights.
using Functions = llvm::ArrayRef<mlir::func::FuncOp>;

// Bytes that the places of their plan.weight operations span.
int64_t weightsBytes(Functions functions);
// The SHA-256 of them, gaps zero.
std::array<uint8_t, 32> hashWeights(Functions functions);
// Writes them at `to`, where gaps are zero.
void writeWeights(Functions functions, char *to);
// The section's name for a model called `name`.
std::string weightsSection(const std::string &name, int64_t bytes);
llvm::GlobalVariable *declareWeights(llvm::Module &module, const std::string &name, int64_t bytes);
// Where the section lies in `object`, an object file made from that module.
absl::StatusOr<size_t> findWeights(llvm::StringRef object, const std::string &section, int64_t bytes);

} // namespace aotc::cpu
#endif
