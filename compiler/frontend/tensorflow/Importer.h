// A TensorFlow graph becomes a module of nn operations with static shapes.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_IMPORTER_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_IMPORTER_H

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/frontend/common/MainFunction.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc::tf {

// An input of the graph with its type and shape settled.
struct ImportInput : ArgumentType {
  Edge edge; // as InputInfo's
  bool known = true; // false: its type was reported as a problem; users of it keep silent
};

struct TFImportOptions : ImportSettings {
  std::vector<ImportInput> inputs; // the arguments of @main, in order
  std::vector<OutputInfo> outputs; // its results, in order
};

// Makes `func.func @main` whose arguments and results carry their names as
// `nn.name`. All problems of the graph are in `diagnostics` when the status is
// not ok; the status itself only says how many.
absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> importGraph(mlir::MLIRContext *context, const Graph &graph,
                                                              const TFImportOptions &options,
                                                              Diagnostics &diagnostics);

// One line an operation that can be imported, sorted: name, element types of
// the first operand, operands that must be constants.
std::string listOps();

} // namespace aotc::tf
#endif
