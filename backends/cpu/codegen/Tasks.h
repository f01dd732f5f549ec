// Into how many tasks work is divided that may run on several threads.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_TASKS_H
#define AOTC_BACKENDS_CPU_CODEGEN_TASKS_H

#include "backends/cpu/Isa.h"
#include "mlir/IR/Block.h"

namespace aotc::cpu {

// Of one stage: enough to level out what delays one thread, few enough to claim cheaply.
inline constexpr int64_t kMostTasks = 8;

// Whether an operation of a group can leave the region with a status.
bool mayFail(mlir::Block &body);

// How long one thread takes at least, by arithmetic and by the bytes that it touches.
double copyNanoseconds(int64_t bytes); // read once, written once
double vectorNanoseconds(double multiplyAdds, int64_t elementBytes, const Isa &isa);
double bodyNanoseconds(mlir::Block &body, const Isa &isa);

// Tasks for a stage that takes so long on one thread and whose loop has
// `extent` positions to share; 1 when meeting other threads is not worth it.
int64_t taskCount(double nanoseconds, int64_t extent, const Isa &isa);

} // namespace aotc::cpu
#endif
