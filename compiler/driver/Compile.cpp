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
#include "passes/schedule/PlanReport.h"
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

// One module of the functions of all models, whose names then begin with the model's.
absl::Status joinModules(std::vector<std::unique_ptr<Compilation>> &all) {
  Compilation &first = *all[0];
  for (auto [number, c] : llvm::enumerate(all)) {
    auto functions = llvm::to_vector(c->module->getOps<mlir::func::FuncOp>());
    for (mlir::func::FuncOp function : functions) {
      auto name = mlir::StringAttr::get(&c->context, absl::StrCat(c->options.name, "_", function.getName().str()));
      if (mlir::failed(mlir::SymbolTable::replaceAllSymbolUses(function, name, *c->module)))
        return internalError("a function cannot be renamed");
      function.setName(name);
      function->setAttr(kEntryAttr, mlir::IntegerAttr::get(mlir::IntegerType::get(&c->context, 64), number));
    }
    if (number == 0)
      continue;
    for (mlir::func::FuncOp function : functions) {
      function->remove();
      first.module->push_back(function);
    }
    first.others.push_back(std::move(c->result.model));
  }
  if (mlir::failed(plan::shareWeights(*first.module)))
    return modelError("the weights of all models need more memory than can be addressed");
  return absl::OkStatus();
}

int64_t peakMemory() {
  rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * int64_t(1024) : 0;
}

} // namespace

std::string nodeName(mlir::Location location) { return nodeOf(location).name; }

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

// Runs phases [first, last) and notes their times.
static absl::Status runPhases(Compilation &c, size_t first, size_t last) {
  const std::vector<Phase> &phases = pipeline();
  for (size_t i = first; i < last; ++i) {
    if (c.options.progress)
      c.options.progress(i + 1, phases.size(), phases[i].name);
    auto start = std::chrono::steady_clock::now();
    if (absl::Status status = phases[i].run(c); !status.ok())
      return status;
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    c.result.model.phases.push_back({phases[i].name, elapsed.count()});
    if (!c.options.dumpDir.empty())
      if (absl::Status status = dump(c, i + 1, phases[i].name); !status.ok())
        return status;
  }
  return absl::OkStatus();
}

static absl::StatusOr<size_t> endOf(const std::string &stopAfter) {
  const std::vector<Phase> &phases = pipeline();
  if (stopAfter.empty())
    return phases.size();
  auto found = llvm::find_if(phases, [&](const Phase &phase) { return phase.name == stopAfter; });
  return found == phases.end() ? absl::StatusOr<size_t>(unknownPhase(stopAfter)) : found - phases.begin() + 1;
}

// The first phase that works on all models of an object together.
static size_t jointPhase() {
  return llvm::find_if(pipeline(), [](const Phase &phase) { return phase.name == "codegen"; }) - pipeline().begin();
}

absl::StatusOr<CompileResult> compileModel(const CompileOptions &options) {
  absl::StatusOr<std::vector<CompileResult>> results = compileModels({&options, 1}, options.name);
  if (!results.ok())
    return results.status();
  return std::move(results->front());
}

absl::StatusOr<std::vector<CompileResult>> compileModels(absl::Span<const CompileOptions> models, const std::string &objectName) {
  absl::StatusOr<size_t> last = endOf(models[0].stopAfter);
  if (!last.ok())
    return last.status();
  const bool isJoint = models.size() > 1;
  if (isJoint && *last != pipeline().size())
    return usageError("--stop-after: give one model");
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  std::vector<std::unique_ptr<Compilation>> all;
  for (const CompileOptions &options : models) {
    auto &c = *all.emplace_back(std::make_unique<Compilation>(options, context));
    c.objectName = objectName;
    c.result.model.name = options.name;
    c.result.model.modelFile = llvm::sys::path::filename(options.modelPath).str();
    if (absl::Status status = resolveTarget(c); !status.ok())
      return status;
  }
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect, nn::NNDialect, plan::PlanDialect>();
  all[0]->backend->registerDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadDialect<mlir::func::FuncDialect, nn::NNDialect, plan::PlanDialect>();

  // All problems of all models in one run.
  absl::Status failure;
  for (auto &c : all)
    if (absl::Status status = runPhases(*c, 0, isJoint ? jointPhase() : *last); !status.ok()) {
      if (failure.ok())
        failure = status;
      else if (exitCodeOf(failure) == ExitCode::Model && exitCodeOf(status) == ExitCode::Model)
        failure = joinErrors(failure, status);
    }
  if (!failure.ok())
    return failure;
  Compilation &first = *all[0];
  if (isJoint) {
    if (absl::Status status = joinModules(all); !status.ok())
      return status;
    if (absl::Status status = runPhases(first, jointPhase(), pipeline().size()); !status.ok())
      return status;
  }
  if (*last < pipeline().size())
    first.result.stoppedIR = pipeline()[*last - 1].name == "codegen" ? first.result.llvmIR : first.printIR(/*elide=*/true);
  std::vector<CompileResult> results;
  for (auto [i, c] : llvm::enumerate(all)) {
    if (i > 0)
      c->result.model = std::move(first.others[i - 1]);
    c->result.model.peakMemory = peakMemory();
    results.push_back(std::move(c->result));
  }
  return results;
}

} // namespace aotc
