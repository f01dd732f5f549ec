// An ONNX model becomes a module of nn operations with static shapes.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_IMPORTER_H
#define AOTC_COMPILER_FRONTEND_ONNX_IMPORTER_H

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/frontend/common/MainFunction.h"
#include "compiler/frontend/onnx/reader/Reader.h"

namespace aotc::onnx {

// An input of the model with its type and shape settled.
struct ImportInput : ArgumentType {
  bool known = true; // false: its type was reported as a problem; users of it keep silent
};

struct ImportOptions : ImportSettings {
  std::vector<ImportInput> inputs; // one for each of the model's
};

// Makes `func.func @main` whose arguments and results carry their names as
// `nn.name`. All problems of the graph are in `diagnostics` when the status is
// not ok; the status itself only says how many.
absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext *context, const Model &model,
                                                              const ImportOptions &options, Diagnostics &diagnostics);

// One line an operation that can be imported, sorted: name, versions, element
// types of the first operand, operands that must be constants.
std::string listOps();

} // namespace aotc::onnx
#endif
