// How the stages of regions reach other threads through aotc_call.parallel.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_STAGES_H
#define AOTC_BACKENDS_CPU_CODEGEN_STAGES_H

#include "backends/cpu/codegen/IRGen.h"

namespace aotc::cpu {

// aotc_parallel of abi.h: { i32 struct_bytes, i32 threads, ptr pool, ptr run }.
llvm::StructType *parallelType(llvm::LLVMContext &context);

// Whether any stage of the module can run on several threads.
bool hasParallelStages(const llvm::Module &module);

} // namespace aotc::cpu
#endif
