// Passes of the CPU backend.
#ifndef AOTC_BACKENDS_CPU_PASSES_H
#define AOTC_BACKENDS_CPU_PASSES_H

#include <memory>

#include "backends/cpu/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace aotc::cpu {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "backends/cpu/Passes.h.inc"

template <typename Options> Options passOptions(const Targets &targets) {
  Options options;
  options.triple = targets[0].triple;
  options.cpu = cpuNames(targets);
  options.features = featureLists(targets);
  return options;
}

} // namespace aotc::cpu
#endif
