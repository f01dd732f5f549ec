// The backend for CPUs, through LLVM.
#include "backends/Backend.h"
#include "backends/cpu/Passes.h"
#include "backends/cpu/Target.h"
#include "backends/cpu/codegen/ObjectEmitter.h"
#include "backends/cpu/kernels/Candidates.h"
#include "ir/Plan/Plan.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLExtras.h"

namespace aotc {
namespace {

class CpuBackend final : public Backend {
public:
  std::string name() const override { return "cpu"; }
  std::string describe() const override {
    return "x86-64, AArch64, RISC-V and WebAssembly CPUs, through LLVM";
  }
  bool supports(const TargetSpec &target) const override {
    return target.triple.empty() || cpu::isCpuTriple(target.triple);
  }
  absl::StatusOr<Targets> resolve(const TargetSpec &wanted) const override {
    return cpu::resolveTargets(wanted);
  }
  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<plan::PlanDialect, nn::NNDialect>();
  }
  void buildSelectPhase(mlir::OpPassManager &pm, const Targets &targets,
                        const SelectOptions &chosen) const override {
    auto options = cpu::passOptions<cpu::CpuSelectOptions>(targets);
    options.winograd = chosen.winograd;
    options.preferSize = chosen.preferSize;
    pm.addPass(cpu::createCpuSelect(options));
    auto strips = cpu::passOptions<cpu::CpuFuseStripsOptions>(targets);
    strips.preferSize = chosen.preferSize;
    pm.addPass(cpu::createCpuFuseStrips(strips));
  }
  bool addsPairsIn16Bits(const Targets &targets) const override {
    return llvm::any_of(targets, [](const TargetSpec &target) { return cpu::isaOf(target).dot == cpu::Dot::Words; });
  }
  std::vector<std::string> tuningCandidates(mlir::Operation *group, const Targets &targets,
                                            const SelectOptions &chosen) const override {
    auto fusion = mlir::cast<nn::FusionOp>(group);
    std::vector<std::string> texts;
    if (targets.size() == 1)
      for (const cpu::Candidate &candidate : cpu::candidatesFor(fusion, cpu::isaOf(targets[0]), chosen.winograd))
        texts.push_back(candidate.text());
    return texts;
  }
  absl::StatusOr<EmitResult> emit(mlir::ModuleOp module, const EmitOptions &options) const override {
    cpu::initializeTargets();
    return cpu::emitObject(module, options);
  }
};

} // namespace

std::unique_ptr<Backend> createBackend_cpu() { return std::make_unique<CpuBackend>(); }

} // namespace aotc
