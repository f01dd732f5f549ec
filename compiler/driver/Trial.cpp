#include "compiler/driver/Trial.h"

#include "absl/strings/str_cat.h"
#include "compiler/driver/Errors.h"
#include "passes/fuse/Passes.h"
#include "passes/schedule/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc {

absl::StatusOr<Trial> Trial::compile(Compilation &c, mlir::ModuleOp module) {
  constexpr char kName[] = "trial";
  absl::StatusOr<Targets> host = c.backend->resolve(TargetSpec{"", "native", ""});
  if (!host.ok())
    return usageError(absl::StrCat("--quantize runs the network on this machine, for which the ", c.backend->name(),
                                   " backend has no code: ", host.status().message()));
  absl::Status status = c.runPasses(module, "quantize", [&](mlir::OpPassManager &pm) {
    pm.addPass(passes::createFuse());
    c.backend->buildSelectPhase(pm, *host, SelectOptions());
    pm.addPass(passes::createSchedule());
  });
  if (!status.ok())
    return status;
  EmitOptions options;
  options.targets = *host;
  options.name = kName;
  options.aotcVersion = kVersion;
  options.entries = {{kName, c.result.model.modelHash, std::nullopt}};
  absl::StatusOr<EmitResult> emitted = c.backend->emit(module, options);
  if (!emitted.ok())
    return internalError(std::string(emitted.status().message()));
  absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(emitted->object, kName, c.options.customLibraries);
  if (!model.ok())
    return model.status();
  return Trial(*std::move(model));
}

} // namespace aotc
