// What surrounds the region functions in an object: NAME_call and NAME_info.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_ENTRY_H
#define AOTC_BACKENDS_CPU_CODEGEN_ENTRY_H

#include "backends/Backend.h"
#include "backends/cpu/codegen/IRGen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc::cpu {

// What the entries of an object share.
struct ObjectParts {
  const EmitOptions &options;
  // Of each plan.region the number of its function, and those functions for each target.
  llvm::DenseMap<mlir::Operation *, size_t> functionOf{};
  llvm::SmallVector<std::vector<llvm::Function *>, 1> functions{};
  llvm::GlobalVariable *weights = nullptr;                         // null when there are none
  int64_t weightsBytes = 0;
  std::array<uint8_t, 32> weightsHash{};
};

struct EntryParts {
  const ObjectParts &object;
  const EmitEntry &entry;
  std::vector<mlir::func::FuncOp> funcs; // one and those that its loops run, or those of the symbol's sizes

  // Its interface is that of all.
  mlir::func::FuncOp largest() const { return funcs.front(); }
  // The most that a function with its loops needs.
  int64_t arenaBytes() const;
};

// int32_t NAME_call(const aotc_call *): checks the call, runs the regions.
llvm::Function *emitEntry(IRGen &gen, const EntryParts &parts);
// The constant aotc_model_info NAME_info, and NAME_state_init where there is state.
void emitModelInfo(llvm::Module &module, const EntryParts &parts, llvm::Function *entry);

} // namespace aotc::cpu
#endif
