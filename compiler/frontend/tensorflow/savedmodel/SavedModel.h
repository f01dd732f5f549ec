// Reads SavedModels: the graph behind one signature, with its variables' values.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_SAVEDMODEL_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_SAVEDMODEL_H

#include <string>

#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc::tf {

// `signature`: empty for "serving_default", or for the only one there is. The
// inputs and outputs have the signature's names and are sorted by them, and
// the names in `options` are these too; outputs that are named come in that
// order. Names that the signature lacks may be nodes of the graph.
// Fails and reports as readGraph() does.
absl::StatusOr<Model> readSavedModel(const std::string &folder, const std::string &signature,
                                     const ReadOptions &options, Diagnostics &diagnostics);

} // namespace aotc::tf
#endif
