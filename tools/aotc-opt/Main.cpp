// aotc-opt: runs compiler passes on .mlir files, or evaluates one (--interpret).
#include "RegisterPasses.inc"

#include "ir/NN/NN.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "tools/aotc-opt/Interpret.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

static llvm::cl::opt<bool> interpretFlag("interpret",
                                         llvm::cl::desc("Evaluate the module's function on the --input arrays "
                                                        "instead of running passes, and print its results"));
static llvm::cl::list<std::string> inputFlag("input", llvm::cl::value_desc("[NAME=]x.npy"),
                                             llvm::cl::desc("--interpret: an argument of the function"));
static llvm::cl::opt<std::string> outputDirFlag("output-dir", llvm::cl::value_desc("folder"),
                                                llvm::cl::desc("--interpret: write each result as NAME.npy"));

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect, aotc::nn::NNDialect, aotc::plan::PlanDialect>();
  registerAotcPasses();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv,
      "Runs aotc's passes on a .mlir file.\n\nExample: aotc-opt --aotc-simplify --cse model.mlir\n", registry);
  if (!interpretFlag)
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
  absl::Status status =
      aotc::interpret({input, {inputFlag.begin(), inputFlag.end()}, outputDirFlag}, registry);
  if (status.ok())
    return 0;
  llvm::errs() << "aotc-opt: error: " << std::string(status.message()) << "\n";
  return 1;
}
