// The part of the ISA description that lies in objects: code that tells
// whether the machine at hand has the features that the object was built for.
#ifndef AOTC_BACKENDS_CPU_ISACHECK_H
#define AOTC_BACKENDS_CPU_ISACHECK_H

#include <string>

#include "backends/Backend.h"

namespace llvm {
class Function;
class Module;
} // namespace llvm

namespace aotc::cpu {

// An internal function `i1 ()`, or null when every machine of the
// architecture will do or the architecture has no way to ask. It uses
// instructions of the base architecture only and asks once per process.
llvm::Function *emitIsaCheck(llvm::Module &module, const TargetSpec &target, const std::string &name);
// Keeps `function` to instructions of the base architecture.
void restrictToBase(llvm::Function &function, const TargetSpec &target);

} // namespace aotc::cpu
#endif
