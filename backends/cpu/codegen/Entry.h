// What surrounds the region functions in an object: NAME_call and NAME_info.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_ENTRY_H
#define AOTC_BACKENDS_CPU_CODEGEN_ENTRY_H

#include "backends/Backend.h"
#include "backends/cpu/codegen/IRGen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc::cpu {

struct EntryParts {
  const EmitOptions &options;
  mlir::func::FuncOp func;
  llvm::DenseMap<mlir::Operation *, llvm::Function *> functions{}; // of each plan.region
  llvm::GlobalVariable *weights = nullptr;                         // null when there are none
  int64_t weightsBytes = 0;
  std::array<uint8_t, 32> weightsHash{};
};

// int32_t NAME_call(const aotc_call *): checks the call, runs the regions.
llvm::Function *emitEntry(IRGen &gen, const EntryParts &parts);
// The constant aotc_model_info NAME_info.
void emitModelInfo(llvm::Module &module, const EntryParts &parts, llvm::Function *entry);

} // namespace aotc::cpu
#endif
