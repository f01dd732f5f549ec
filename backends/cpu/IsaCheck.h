// The part of the ISA description that lies in objects: code that tells which
// of the object's targets the machine at hand is.
#ifndef AOTC_BACKENDS_CPU_ISACHECK_H
#define AOTC_BACKENDS_CPU_ISACHECK_H

#include <string>

#include "backends/Backend.h"
#include "backends/cpu/codegen/IRGen.h"

namespace aotc::cpu {

// What the function of emitTargetCheck answers: the machine lacks features of
// every target, or kFirstTarget + the number of the last one whose features it has.
constexpr uint32_t kNoTarget = 1, kFirstTarget = 2;

// An internal function `i32 ()`, or null when there is one target and every
// machine of the architecture will do or the architecture has no way to ask.
// It uses instructions of the base architecture only and asks once per process.
llvm::Function *emitTargetCheck(IRGen &gen, const Targets &targets, const std::string &name);

// Lets `function` use the instructions of `target`.
void compileFor(llvm::Function &function, const TargetSpec &target);
// Keeps `function` to instructions of the base architecture.
void restrictToBase(llvm::Function &function, const TargetSpec &target);

} // namespace aotc::cpu
#endif
