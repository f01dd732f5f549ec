// Objects compiled from random graphs compute what the evaluator does.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "backends/cpu/Isa.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/Compile.h"
#include "ir/Interp/Interp.h"
#include "ir/NN/NN.h"
#include "test/e2e/random_graphs/RandomGraph.h"
#include "test/e2e/random_graphs/Setting.h"
#include "test/runtime/Parallel.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

// The parameter is a CPU name; "" is the host.
class CompiledGraphs : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (GetParam() == std::string("x86-64-v3"))
      cpu::setStageNanoseconds(0); // all work that can be divided is
  }
  void TearDown() override { cpu::setStageNanoseconds(cpu::Isa().stageNanoseconds); }

  static std::string text(mlir::ModuleOp module, bool elide) {
    mlir::OpPrintingFlags flags;
    if (elide)
      flags.elideLargeElementsAttrs().elideLargeResourceString();
    std::string result;
    llvm::raw_string_ostream stream(result);
    module->print(stream, flags);
    return result;
  }

  absl::StatusOr<std::vector<Tensor>> runCompiled(mlir::ModuleOp module, absl::Span<const Tensor> arguments) {
    std::string path = absl::StrCat(testing::TempDir(), "/random_graph_", getpid(), ".mlir");
    std::ofstream(path) << text(module, /*elide=*/false);
    CompileOptions options;
    options.modelPath = path;
    options.target.cpu = GetParam();
    auto compiled = compileModel(options);
    std::remove(path.c_str());
    if (!compiled.ok())
      return compiled.status();
    auto loaded = LoadedModel::load(compiled->object, options.name);
    if (!loaded.ok())
      return loaded.status();
    auto results = (*loaded)->run(arguments);
    for (const aotc_parallel *parallel : {lastTaskFirst(), threeThreads()}) {
      auto again = (*loaded)->run(arguments, {parallel});
      if (again.status() != results.status())
        return absl::InternalError("another status with threads: " + again.status().ToString());
      for (size_t i = 0; again.ok() && i < again->size(); ++i)
        if ((*again)[i].raw() != (*results)[i].raw())
          return absl::InternalError(absl::StrCat("another result ", i, " with threads"));
    }
    return results;
  }

  // What is wrong with graph `seed`; "" when nothing.
  std::string run(uint64_t seed) {
    mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
    auto module = buildRandomGraph(context, seed, 4 + static_cast<int>(seed % 20));
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    std::vector<Tensor> arguments = randomArguments(func, seed);
    auto expected = evaluateFunc(func, arguments);
    if (!expected.ok())
      return expected.status().ToString();
    auto actual = runCompiled(*module, arguments);
    std::string problem = actual.ok() ? difference(*actual, *expected, 1e-5) : actual.status().ToString();
    return problem.empty() ? "" : problem + "\n" + text(*module, /*elide=*/true);
  }
};

TEST_P(CompiledGraphs, ComputeWhatTheEvaluatorDoes) {
  if (std::string(GetParam()) == "x86-64-v3" && !llvm::sys::getHostCPUFeatures().lookup("avx2"))
    GTEST_SKIP() << "this machine cannot run code for " << GetParam();
  uint64_t first = setting("AOTC_RANDOM_SEED", 1), count = setting("AOTC_RANDOM_GRAPHS", 20);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    std::string problem = run(seed);
    if (!problem.empty())
      FAIL() << "seed " << seed << ": " << problem;
  }
}

INSTANTIATE_TEST_SUITE_P(Cpus, CompiledGraphs, testing::Values("", "x86-64", "x86-64-v3"),
                         [](const auto &info) {
                           std::string name = *info.param ? info.param : "host";
                           for (char &c : name)
                             if (c == '-')
                               c = '_';
                           return name;
                         });

} // namespace
} // namespace aotc::test
