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
absl::StatusOr<Targets> resolveTargets(const TargetSpec &wanted);

// The options of passes name targets by one triple, CPUs divided by ',' and
// their features divided by ';'.
std::string featureLists(const Targets &targets);
Targets targetsFrom(const std::string &triple, const std::string &cpus, const std::string &featureLists);

} // namespace aotc::cpu
#endif
