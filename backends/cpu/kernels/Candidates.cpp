#include "backends/cpu/kernels/Candidates.h"
#include "absl/strings/str_cat.h"
#include "backends/Backend.h"
#include "backends/cpu/kernels/Epilogue.h"
#include "backends/cpu/kernels/WinogradPlan.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

std::string Candidate::text() const { return absl::StrCat("vectors=", vectors, " winograd=", winogradTile); }

bool canPack(const Contraction &c, mlir::Value operand) {
  return nn::isConstant(operand) && c.rhs.hasOneUse() && c.lhs != c.rhs &&
         llvm::all_of(c.batch, [](const BatchDim &d) { return d.rhsStride == 0; });
}

std::vector<Candidate> candidatesFor(nn::FusionOp group, const Isa &isa, bool winograd) {
  constexpr int64_t kMostVectors = 4, kFewestRows = 3;
  mlir::Block &body = group.getBody().front();
  if (group.getKind() != nn::FusionKind::Contraction)
    return {};
  std::optional<Contraction> c = analyzeContraction(body);
  std::optional<Choice> choice = c && hasSupportedEpilogue(*c, body) ? chooseKernel(*c, isa) : std::nullopt;
  if (!choice || choice->kernel == Choice::Kernel::Depthwise)
    return {};
  mlir::Value operand = group.getInputs()[c->rhs.getArgNumber()];
  if (!canPack(*c, operand))
    return {};
  std::vector<Candidate> candidates;
  for (int64_t vectors = 1; vectors <= kMostVectors; ++vectors) {
    bool wide = vectors > 1 && vectors > static_cast<int64_t>(llvm::divideCeil(c->columns, choice->lanes));
    bool flat = choice->kernel == Choice::Kernel::Gemm && tileRows(isa, vectors, c->bytes) < kFewestRows;
    if (!wide && !flat)
      candidates.push_back({vectors, 0});
  }
  if (winograd && choice->kernel == Choice::Kernel::Gemm && choice->lanes > 1 && mayUseWinograd(*c, isa))
    for (int64_t tile : {2, 4})
      if (isAccurateWinograd(tile, *nn::constantOf(operand)))
        candidates.push_back({choice->vectors, tile});
  return candidates;
}

std::optional<Candidate> tunedCandidate(nn::FusionOp group, const Isa &isa, bool winograd) {
  auto wanted = group->getAttrOfType<mlir::StringAttr>(kTuningAttr);
  if (wanted)
    for (const Candidate &candidate : candidatesFor(group, isa, winograd))
      if (candidate.text() == wanted.getValue())
        return candidate;
  return std::nullopt;
}

} // namespace aotc::cpu
