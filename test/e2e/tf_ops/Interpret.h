// Imports a TensorFlow graph and evaluates it with the reference interpreter.
#ifndef AOTC_TEST_E2E_TF_OPS_INTERPRET_H
#define AOTC_TEST_E2E_TF_OPS_INTERPRET_H

#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc::tfops {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// How the inputs enter the graph: as arguments, or as constants that the
// importer then folds.
enum class InputsAs { Arguments, Constants };

// The outputs in the order of `model.outputs`, in their actual extents. The status carries every
// diagnostic of the import, one a line.
absl::StatusOr<std::vector<Tensor>> interpret(tf::Model model, const NamedTensors &inputs, InputsAs as);

// "node: op: message" lines.
std::string describe(const Diagnostics &diagnostics);

} // namespace aotc::tfops
#endif
