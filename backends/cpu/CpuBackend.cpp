// The backend for CPUs, through LLVM.
#include "backends/Backend.h"
#include "backends/cpu/Passes.h"
#include "backends/cpu/Target.h"
#include "backends/cpu/codegen/ObjectEmitter.h"
#include "ir/Plan/Plan.h"
#include "mlir/Pass/PassManager.h"

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
  absl::StatusOr<TargetSpec> resolve(const TargetSpec &wanted) const override {
    return cpu::resolveTarget(wanted);
  }
  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<plan::PlanDialect, nn::NNDialect>();
  }
  void buildSelectPhase(mlir::OpPassManager &pm, const TargetSpec &target,
                        const SelectOptions &chosen) const override {
    cpu::CpuSelectOptions options;
    options.triple = target.triple;
    options.cpu = target.cpu;
    options.features = target.features;
    options.winograd = chosen.winograd;
    pm.addPass(cpu::createCpuSelect(options));
    cpu::CpuFuseStripsOptions strips;
    strips.triple = target.triple;
    strips.cpu = target.cpu;
    strips.features = target.features;
    strips.preferSize = chosen.preferSize;
    pm.addPass(cpu::createCpuFuseStrips(strips));
  }
  absl::StatusOr<EmitResult> emit(mlir::ModuleOp module, const EmitOptions &options) const override {
    cpu::initializeTargets();
    return cpu::emitObject(module, options);
  }
};

} // namespace

std::unique_ptr<Backend> createBackend_cpu() { return std::make_unique<CpuBackend>(); }

} // namespace aotc
