// The module that an import fills: one function whose arguments and results
// carry the names of the model's tensors.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_MAINFUNCTION_H
#define AOTC_COMPILER_FRONTEND_COMMON_MAINFUNCTION_H

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/frontend/common/CustomOp.h"
#include "compiler/frontend/common/ImportBuilder.h"
#include "ir/Tensor/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace aotc {

// A tensor of the model's interface with its type and shape settled.
struct ArgumentType {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  std::optional<Tensor> value = {}; // fixed to it, and no argument
};

// What an import is told besides the interface.
struct ImportSettings {
  int64_t seed = 0; // of every random operation
  std::vector<std::pair<std::string, int64_t>> bounds; // ImportBuilder::bounds
  const CustomOps *customOps = nullptr; // they come before operations of the same name
};

// Erases what nothing uses; folding leaves constants behind.
void eraseDead(mlir::Block &block);

class MainFunction {
public:
  // `file` is for locations. Shapes that no tensor can have are refused.
  static absl::StatusOr<MainFunction> create(mlir::MLIRContext *context, const std::string &file,
                                             llvm::ArrayRef<ArgumentType> arguments);

  // Builds at the end of the function's body.
  mlir::OpBuilder &builder() { return *opBuilder; }
  // What `arguments[i]` of create() yields: a constant where it is fixed.
  mlir::Value argument(size_t i, ImportBuilder &import);

  // The verified module, whose results are dense in the extents that `import` knows (ir/NN/State.h). Fails with
  // the number of problems when there are any.
  absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> finish(ImportBuilder &import, llvm::ArrayRef<mlir::Value> results,
                                                           llvm::ArrayRef<std::string> names,
                                                           const Diagnostics &diagnostics) &&;

private:
  MainFunction() = default;

  std::unique_ptr<mlir::OpBuilder> opBuilder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  std::vector<ArgumentType> interface;
};

} // namespace aotc
#endif
