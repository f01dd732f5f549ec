// Whatever passes do to random graphs, the results stay.
#include "tools/aotc-opt/RegisterPasses.inc"

#include "ir/Interp/Interp.h"
#include "ir/NN/NN.h"
#include "ir/Plan/Plan.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "test/e2e/random_graphs/RandomGraph.h"
#include "test/e2e/random_graphs/Setting.h"
#include "gtest/gtest.h"

namespace aotc::test {
namespace {

struct Case {
  const char *name;
  std::string pipeline;
  bool evaluates = true; // what the pipeline leaves is still nn
};

void PrintTo(const Case &c, std::ostream *out) { *out << c.pipeline; }

// "simplify-phase" is what the driver's phase adds.
const std::string kSimplify = "aotc-constant-fold,simplify-phase,aotc-constant-fold,cse";

std::vector<Case> cases() {
  const std::string fused = kSimplify + ",aotc-fuse,aotc-verify-fusion";
  const std::string selected = fused + ",aotc-cpu-select";
  const std::string placed = selected + ",aotc-place-concats,aotc-verify-fusion";
  const std::string planned = placed + ",aotc-schedule,aotc-verify-plan";
  const std::string plannedOnly = "aotc-fuse,aotc-schedule,aotc-verify-plan";
  return {{"Canonicalize", "canonicalize"},
          {"Cse", "cse"},
          {"ConstantFold", "aotc-constant-fold"},
          {"Simplify", "aotc-simplify"},
          {"FoldScale", "aotc-fold-scale"},
          {"SimplifyFoldScale", "aotc-simplify,aotc-fold-scale"},
          {"Layout", "aotc-layout"},
          {"NormalizeContractions", "aotc-normalize-contractions"},
          {"Decompose", "aotc-decompose"},
          {"Fuse", "aotc-fuse,aotc-verify-fusion"},
          {"SimplifyPhase", kSimplify},
          {"FusePhase", fused},
          {"SelectPhase", selected},
          {"PlaceConcats", placed},
          {"SchedulePhase", planned, false},
          {"Schedule", plannedOnly, false}};
}

class RandomGraphs : public testing::TestWithParam<Case> {
protected:
  RandomGraphs() : context(registry(), mlir::MLIRContext::Threading::DISABLED) {}

  static const mlir::DialectRegistry &registry() {
    static const auto *instance = [] {
      auto *dialects = new mlir::DialectRegistry;
      dialects->insert<nn::NNDialect, plan::PlanDialect, mlir::func::FuncDialect>();
      registerAotcPasses();
      mlir::registerTransformsPasses();
      mlir::PassPipelineRegistration<>("simplify-phase", "", passes::buildSimplifyPipeline);
      return dialects;
    }();
    return *instance;
  }

  mlir::OwningOpRef<mlir::ModuleOp> graph(uint64_t seed) {
    return buildRandomGraph(context, seed, 4 + static_cast<int>(seed % 20));
  }

  std::string text(uint64_t seed) {
    std::string result;
    llvm::raw_string_ostream stream(result);
    graph(seed)->print(stream, mlir::OpPrintingFlags().elideLargeElementsAttrs().elideLargeResourceString());
    return result;
  }

  // What is wrong with the results after the pipeline; "" when nothing.
  std::string run(uint64_t seed) {
    std::string problem;
    mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
      problem += diagnostic.str() + "\n";
      return mlir::success();
    });
    auto module = graph(seed);
    auto func = *module->getOps<mlir::func::FuncOp>().begin();
    if (mlir::failed(mlir::verify(*module)))
      return "the graph does not verify: " + problem;
    std::vector<Tensor> arguments = randomArguments(func, seed);
    auto expected = evaluateFunc(func, arguments);
    if (!expected.ok())
      return "the graph does not evaluate: " + expected.status().ToString();
    mlir::PassManager pm(&context, mlir::func::FuncOp::getOperationName());
    if (mlir::failed(mlir::parsePassPipeline(GetParam().pipeline, pm)))
      return "no such pipeline";
    if (mlir::failed(pm.run(func)))
      return "the passes fail: " + problem;
    if (!GetParam().evaluates)
      return "";
    auto actual = evaluateFunc(func, arguments);
    if (!actual.ok())
      return "the result does not evaluate: " + actual.status().ToString();
    return difference(*actual, *expected, 1e-5);
  }

  mlir::MLIRContext context;
};

TEST_P(RandomGraphs, KeepTheirResults) {
  uint64_t first = setting("AOTC_RANDOM_SEED", 1), count = setting("AOTC_RANDOM_GRAPHS", 150);
  for (uint64_t seed = first; seed < first + count; ++seed)
    if (std::string problem = run(seed); !problem.empty())
      FAIL() << "seed " << seed << ", pipeline " << GetParam().pipeline << ": " << problem << "\n"
             << text(seed);
}

INSTANTIATE_TEST_SUITE_P(Pipelines, RandomGraphs, testing::ValuesIn(cases()),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace aotc::test
