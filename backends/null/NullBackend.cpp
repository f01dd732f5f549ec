// The smallest backend: its "object" lists the plan. Targets: null-*.
#include "backends/Backend.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

namespace aotc {
namespace {

void printPlace(llvm::raw_ostream &os, plan::PlaceAttr place) {
  os << plan::stringifySpace(place.getSpace());
  if (place.getSpace() == plan::Space::Input || place.getSpace() == plan::Space::Output)
    os << place.getIndex();
  os << '[' << place.getOffset() << ", +" << place.getBytes() << ')';
}

class NullBackend final : public Backend {
public:
  std::string name() const override { return "null"; }
  std::string describe() const override { return "no code: lists the plan (target null-any)"; }
  bool supports(const TargetSpec &target) const override {
    return llvm::StringRef(target.triple).starts_with("null-");
  }
  absl::StatusOr<Targets> resolve(const TargetSpec &wanted) const override {
    if (!wanted.cpu.empty() || !wanted.features.empty())
      return absl::InvalidArgumentError("null targets have neither CPUs nor features");
    return Targets{wanted};
  }
  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<plan::PlanDialect>();
  }
  void buildSelectPhase(mlir::OpPassManager &, const Targets &, const SelectOptions &) const override {}

  absl::StatusOr<EmitResult> emit(mlir::ModuleOp module, const EmitOptions &options) const override {
    EmitResult result;
    llvm::raw_string_ostream os(result.object);
    os << "plan of " << options.name << '\n';
    for (auto func : module.getOps<mlir::func::FuncOp>()) {
      for (auto weight : func.getOps<plan::WeightOp>())
        result.weightsBytes =
            std::max(result.weightsBytes, weight.getPlace().getOffset() + weight.getPlace().getBytes());
      for (auto region : func.getOps<plan::RegionOp>()) {
        os << "region " << region.getIndex() << ' ' << nn::stringifyFusionKind(region.getKind());
        for (mlir::Value input : region.getInputs())
          printPlace(os << ' ', plan::placeOf(input));
        os << " ->";
        for (mlir::Value output : region.getOutputs())
          printPlace(os << ' ', plan::placeOf(output));
        os << '\n';
      }
    }
    os.flush();
    return result;
  }
};

} // namespace

std::unique_ptr<Backend> createBackend_null() { return std::make_unique<NullBackend>(); }

} // namespace aotc
