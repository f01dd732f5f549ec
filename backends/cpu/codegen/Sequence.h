// The regions of a planned function, one after the other.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_SEQUENCE_H
#define AOTC_BACKENDS_CPU_CODEGEN_SEQUENCE_H

#include "backends/cpu/codegen/Entry.h"

namespace aotc::cpu {

// Bytes of an entry in the table of regions' functions.
inline constexpr int64_t kDistanceBytes = 4;

// What a call works on.
struct CallValues {
  llvm::SmallVector<llvm::Value *> inputs, outputs; // pointers
  llvm::Value *state, *arena, *weights;             // null where there is none
  llvm::Value *regionContext;
  // Of the regions' functions for each target, where there are several, and where this machine's begin.
  llvm::GlobalVariable *table;
  llvm::Value *functionsOffset;
};

// Leaves the function with a status unless it holds; code goes on behind.
using FailUnless = llvm::function_ref<void(llvm::Value *ok, llvm::Value *code, llvm::Value *region)>;

void emitSequence(IRGen &gen, const EntryParts &parts, mlir::func::FuncOp func, const CallValues &values, FailUnless failUnless);

// The same as a function of its own, made once:
// int32_t NAME_FUNC(context, inputs, outputs, state, arena, weights, functions' offset, int32_t *region)
llvm::Function *emitSequenceFunction(IRGen &gen, const EntryParts &parts, mlir::func::FuncOp func, llvm::GlobalVariable *table);

// Memory of the function that is being emitted, for as long as it runs.
llvm::Value *entryAlloca(IRGen &gen, llvm::Type *type);
// The pointer, or a null one where there is none.
llvm::Value *orNull(IRGen &gen, llvm::Value *pointer);

} // namespace aotc::cpu
#endif
