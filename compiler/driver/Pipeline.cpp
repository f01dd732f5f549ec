#include "compiler/driver/Pipeline.h"
#include "absl/strings/str_cat.h"
#include "compiler/artifact/Header.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/Quantize.h"
#include "compiler/driver/State.h"
#include "compiler/driver/Tune.h"
#include "ir/NN/Control.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "passes/fold/Passes.h"
#include "passes/fuse/Passes.h"
#include "passes/quantize/Passes.h"
#include "passes/schedule/Passes.h"
#include "passes/schedule/PlanReport.h"
#include "passes/simplify/Passes.h"

namespace aotc {
namespace {

absl::Status simplify(Compilation &c) {
  const bool isQuantized = hasQuantizedOps(*c.module);
  absl::Status status = c.runPasses("simplify", [&](mlir::OpPassManager &pm) {
    passes::ConstantFoldOptions fold;
    fold.keepQuantized = true; // for the quantize phase
    // Before, so that batch-norm parameters are numbers when rewrites look at
    // them; after, for the constants that rewrites bring together.
    pm.addPass(passes::createConstantFold(fold));
    if (isQuantized) // transposes of weights, before layouts are chosen
      pm.addPass(passes::createQuantizedOps());
    passes::buildSimplifyPipeline(pm);
    pm.addPass(passes::createConstantFold(fold));
    // Folding expands small broadcasts; a kernel's epilogue prefers them as broadcasts.
    pm.addPass(passes::createShrinkConstants());
    pm.addPass(mlir::createCSEPass());
  });
  if (status.ok())
    nn::eraseUnusedFunctions(*c.module);
  if (status.ok() && c.options.wants(Emit::NN))
    c.result.nn = c.printIR(/*elide=*/false);
  return status;
}

absl::Status fuse(Compilation &c) {
  return c.runPasses("fuse", [](mlir::OpPassManager &pm) {
    pm.addPass(passes::createFuse());
    pm.addPass(passes::createVerifyFusion());
  });
}

absl::Status select(Compilation &c) {
  if (absl::Status status = tune(c); !status.ok())
    return status;
  return c.runPasses(
      "select",
      [&](mlir::OpPassManager &pm) { c.backend->buildSelectPhase(pm, c.result.model.targets, c.options.select); });
}

absl::Status schedule(Compilation &c) {
  absl::Status status = c.runPasses("schedule", [](mlir::OpPassManager &pm) {
    pm.addPass(passes::createPlaceConcats());
    pm.addPass(passes::createVerifyFusion());
    pm.addPass(passes::createSchedule());
    pm.addPass(passes::createVerifyPlan());
  });
  if (!status.ok())
    return status;
  if (mlir::failed(plan::shareWeights(*c.module)))
    return modelError(absl::StrCat(c.options.modelPath, ": the weights need more memory than can be addressed"));
  plan::PlanReport report = plan::describePlan(*c.module->getOps<mlir::func::FuncOp>().begin());
  ModelInfo &m = c.result.model;
  if (m.symbol)
    for (auto function : c.module->getOps<mlir::func::FuncOp>())
      m.symbolArenaBytes.push_back(plan::describePlan(function).arenaBytes);
  m.arenaBytes = plan::frameBytes(*c.module->getOps<mlir::func::FuncOp>().begin());
  for (int64_t bytes : m.symbolArenaBytes)
    m.arenaBytes = std::max(m.arenaBytes, bytes);
  m.arenaAlign = report.arenaAlign;
  m.lowerBound = report.lowerBound;
  m.naiveBytes = report.naiveBytes;
  m.weightsBytes = report.weightsBytes;
  for (plan::PlanReport::Buffer &b : report.buffers)
    m.buffers.push_back({std::move(b.name), b.scratch, b.first, b.last, b.offset, b.bytes});
  if (c.options.wants(Emit::Plan))
    c.result.plan = c.printIR(/*elide=*/true);
  return absl::OkStatus();
}

absl::Status codegen(Compilation &c) {
  ModelInfo &m = c.result.model;
  EmitOptions options;
  options.targets = m.targets;
  options.name = c.objectName;
  options.aotcVersion = kVersion;
  options.entries.push_back({m.name, m.modelHash, m.symbol});
  for (const ModelInfo &other : c.others)
    options.entries.push_back({other.name, other.modelHash, other.symbol});
  options.wantLLVM = c.options.wants(Emit::LLVM) || !c.options.dumpDir.empty();
  options.wantAsm = c.options.wants(Emit::Asm);
  absl::StatusOr<EmitResult> emitted = c.backend->emit(*c.module, options);
  if (!emitted.ok())
    return modelError(absl::StrCat(c.options.modelPath, ": ", emitted.status().message()));
  for (size_t entry = 0; entry < options.entries.size(); ++entry) {
    ModelInfo &model = entry == 0 ? m : c.others[entry - 1];
    model.objectBytes = static_cast<int64_t>(emitted->object.size());
    model.codeBytes = emitted->codeBytes;
    model.targetCodeBytes = emitted->targetCodeBytes;
    model.weightsBytes = emitted->weightsBytes;
    for (RegionReport &region : emitted->regions)
      if (region.entry == entry)
        model.regions.push_back(std::move(region));
  }
  c.result.object = std::move(emitted->object);
  c.result.llvmIR = std::move(emitted->llvmIR);
  c.result.assembly = std::move(emitted->assembly);
  return absl::OkStatus();
}

absl::Status artifact(Compilation &c) {
  c.result.header = writeHeader(c.result.model, {c.options.headerFile, c.options.selfContained});
  for (const ModelInfo &other : c.others)
    absl::StrAppend(&c.result.header, "\n", writeHeader(other, {c.options.headerFile, c.options.selfContained}));
  return absl::OkStatus();
}

} // namespace

const std::vector<Phase> &pipeline() {
  static const auto *phases = new std::vector<Phase>{
      // Folds shape arithmetic on the way: nothing after this sees a dynamic shape.
      {"import", "read the model into the nn dialect", importModel},
      // Before fuse, because a group hides its operations from folding and CSE.
      {"simplify", "fold constants and batch norms, drop dead and duplicate operations, choose layouts",
       simplify},
      // After simplify, so that what is measured is what will run.
      {"quantize", "measure ranges and turn to 8-bit integers (--quantize), compute with those of the model", quantize},
      {"fuse", "group operations into kernels", fuse},
      // After fuse, because a kernel is chosen for a group with its epilogue;
      // before schedule, because kernels repack weights and ask for scratch memory.
      {"select", "choose a kernel of the target for every group", select},
      {"schedule", "order the kernels and place every buffer in one arena", schedule},
      {"codegen", "generate machine code", codegen},
      // Last: the header states the sizes that codegen found.
      {"artifact", "write the header", artifact},
  };
  return *phases;
}

} // namespace aotc
