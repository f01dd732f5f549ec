// CPU names and features.
#ifndef AOTC_BACKENDS_CPU_TARGET_H
#define AOTC_BACKENDS_CPU_TARGET_H

#include "absl/status/statusor.h"
#include "backends/Backend.h"

namespace aotc::cpu {

void initializeTargets(); // once; cheap afterwards
// Whether the triple's architecture is one that we generate code for.
bool isCpuTriple(const std::string &triple);
// See Backend::resolve.
absl::StatusOr<TargetSpec> resolveTarget(const TargetSpec &wanted);

} // namespace aotc::cpu
#endif
