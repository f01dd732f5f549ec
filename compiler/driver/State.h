// What the phases of one compile hand to each other. Private to the driver.
#ifndef AOTC_COMPILER_DRIVER_STATE_H
#define AOTC_COMPILER_DRIVER_STATE_H

#include "compiler/driver/Compile.h"
#include "compiler/frontend/common/Diagnostics.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace aotc {

struct Compilation {
  Compilation(const CompileOptions &options, mlir::MLIRContext &context)
      : options(options), context(context), inputs(options.inputs) {}

  const CompileOptions &options;
  std::string objectName; // C identifier
  const Backend *backend = nullptr;
  mlir::MLIRContext &context;
  mlir::OwningOpRef<mlir::ModuleOp> module; // from import on
  std::vector<InputSpec> inputs; // the options', with a size in place of the symbol
  CompileResult result;
  std::vector<ModelInfo> others; // of the object's other models, once they are in the module

  // Runs passes over every function of the module. What they report becomes a model error for
  // `phase`: an emitError of a pass names a node that cannot be compiled.
  absl::Status runPasses(const char *phase, llvm::function_ref<void(mlir::OpPassManager &)> build);
  // The same over another module of the context.
  absl::Status runPasses(mlir::ModuleOp on, const char *phase, llvm::function_ref<void(mlir::OpPassManager &)> build);
  // `elide`: weights as "...".
  std::string printIR(bool elide);
};

// The name of the model's node that a location is of.
std::string nodeName(mlir::Location location);

// compiler/driver/Import.cpp: reads the file, fixes the input shapes, builds the module.
absl::Status importModel(Compilation &c);
// Keeps what a frontend made, or says what is wrong with the model.
absl::Status keepModule(Compilation &c, const Diagnostics &diagnostics,
                        absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> module);
// compiler/driver/ImportONNX.cpp: imports an ONNX model.
absl::Status importONNX(Compilation &c);
// compiler/driver/ImportNN.cpp: the same for the text of an nn module.
bool isNNModule(llvm::StringRef content);
absl::Status importNNModule(Compilation &c, llvm::StringRef content);
// compiler/driver/IndexBounds.cpp: see CompileResult::indexBounds.
std::vector<std::optional<int64_t>> findIndexBounds(mlir::ModuleOp module);

} // namespace aotc
#endif
