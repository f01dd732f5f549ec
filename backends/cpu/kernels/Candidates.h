// Other ways to compute a contraction than the cost model's, for tuning to measure.
#ifndef AOTC_BACKENDS_CPU_KERNELS_CANDIDATES_H
#define AOTC_BACKENDS_CPU_KERNELS_CANDIDATES_H

#include <string>
#include <vector>

#include "backends/cpu/kernels/Choice.h"

namespace aotc::cpu {

struct Candidate {
  int64_t vectors = 1;      // of the register tile
  int64_t winogradTile = 0; // 0: the direct sum
  std::string text() const; // "vectors=2 winograd=4"
};

// For a group that is not selected yet; empty where its kernel has no alternatives.
std::vector<Candidate> candidatesFor(nn::FusionOp group, const Isa &isa, bool winograd);
// The one that the group's attribute names, if it does.
std::optional<Candidate> tunedCandidate(nn::FusionOp group, const Isa &isa, bool winograd);

// Whether all products read the same rhs and nothing but the contraction reads it.
bool canPack(const Contraction &c, mlir::Value operand);

} // namespace aotc::cpu
#endif
