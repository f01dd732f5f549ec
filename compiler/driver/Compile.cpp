#include "compiler/driver/Compile.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "compiler/artifact/OutputFile.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/Pipeline.h"
#include "compiler/driver/State.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <sys/resource.h>

namespace aotc {
namespace {

struct Node {
  std::string name, op;
};

// Importers put fused<"Op">[node's name, file] on what they make; passes fuse such locations.
Node nodeOf(mlir::Location location) {
  if (auto named = llvm::dyn_cast<mlir::NameLoc>(location))
    return {named.getName().str(), ""};
  if (auto fused = llvm::dyn_cast<mlir::FusedLoc>(location))
    for (mlir::Location inner : fused.getLocations())
      if (Node node = nodeOf(inner); !node.name.empty()) {
        if (auto op = llvm::dyn_cast_or_null<mlir::StringAttr>(fused.getMetadata()))
          node.op = op.str();
        return node;
      }
  return {};
}

absl::Status unknownPhase(const std::string &name) {
  std::vector<std::string> names;
  for (const Phase &p : pipeline())
    names.push_back(p.name);
  return usageError(
      absl::StrCat("--stop-after ", name, ": no such phase; the phases are ", absl::StrJoin(names, ", ")));
}

absl::Status resolveTarget(Compilation &c) {
  const Backend *backend = findBackend(c.options.target);
  if (!backend)
    return usageError(
        absl::StrCat("--target ", c.options.target.triple, ": no backend generates code for it"));
  absl::StatusOr<Targets> targets = backend->resolve(c.options.target);
  if (!targets.ok()) // a wrong --cpu or --features, whatever the backend calls it
    return usageError(std::string(targets.status().message()));
  c.backend = backend;
  c.result.model.targets = *std::move(targets);
  return absl::OkStatus();
}

absl::Status dump(Compilation &c, size_t number, const std::string &phase) {
  std::error_code error = llvm::sys::fs::create_directories(c.options.dumpDir);
  if (error)
    return ioError(absl::StrCat(c.options.dumpDir, ": cannot be made: ", error.message()));
  bool llvmIR = phase == "codegen";
  llvm::SmallString<128> path(c.options.dumpDir);
  llvm::sys::path::append(path, absl::StrFormat("%02d-%s.%s", number, phase, llvmIR ? "ll" : "mlir"));
  return writeFile(path.str().str(), llvmIR ? c.result.llvmIR : c.printIR(/*elide=*/true));
}

int64_t peakMemory() {
  rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * int64_t(1024) : 0;
}

} // namespace

std::string Compilation::printIR(bool elide) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  mlir::OpPrintingFlags flags;
  flags.enableDebugInfo(true, /*prettyForm=*/false);
  if (elide)
    flags.elideLargeElementsAttrs(16).elideLargeResourceString(64);
  module->print(stream, flags);
  return stream.str();
}

absl::Status Compilation::runPasses(const char *phase,
                                    llvm::function_ref<void(mlir::OpPassManager &)> build) {
  absl::Status status = runPasses(*module, phase, build);
  if (status.ok())
    nn::releaseUnusedConstants(*module);
  return status;
}

absl::Status Compilation::runPasses(mlir::ModuleOp on, const char *phase,
                                    llvm::function_ref<void(mlir::OpPassManager &)> build) {
  Diagnostics problems;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) {
    if (d.getSeverity() == mlir::DiagnosticSeverity::Error) {
      Node node = nodeOf(d.getLocation());
      problems.error(node.name, node.op, d.str());
    }
    return mlir::success();
  });
  mlir::PassManager pm(&context);
  build(pm.nest<mlir::func::FuncOp>());
  if (mlir::succeeded(pm.run(on)))
    return absl::OkStatus();
  if (!problems.hasErrors())
    problems.error("", "", absl::StrCat("phase ", phase, " failed"));
  return toStatus(options.modelPath, problems);
}

absl::StatusOr<CompileResult> compileModel(const CompileOptions &options) {
  const std::vector<Phase> &phases = pipeline();
  size_t last = phases.size();
  if (!options.stopAfter.empty()) {
    for (last = 0; last < phases.size() && phases[last].name != options.stopAfter; ++last)
      ;
    if (last++ == phases.size())
      return unknownPhase(options.stopAfter);
  }
  Compilation c(options);
  c.result.model.name = options.name;
  c.result.model.modelFile = llvm::sys::path::filename(options.modelPath).str();
  if (absl::Status status = resolveTarget(c); !status.ok())
    return status;
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect, nn::NNDialect, plan::PlanDialect>();
  c.backend->registerDialects(registry);
  c.context.appendDialectRegistry(registry);
  c.context.loadDialect<mlir::func::FuncDialect, nn::NNDialect, plan::PlanDialect>();

  for (size_t i = 0; i < last; ++i) {
    if (options.progress)
      options.progress(i + 1, phases.size(), phases[i].name);
    auto start = std::chrono::steady_clock::now();
    if (absl::Status status = phases[i].run(c); !status.ok())
      return status;
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    c.result.model.phases.push_back({phases[i].name, elapsed.count()});
    if (!options.dumpDir.empty())
      if (absl::Status status = dump(c, i + 1, phases[i].name); !status.ok())
        return status;
  }
  if (last < phases.size())
    c.result.stoppedIR = phases[last - 1].name == "codegen" ? c.result.llvmIR : c.printIR(/*elide=*/true);
  c.result.model.peakMemory = peakMemory();
  return std::move(c.result);
}

} // namespace aotc
