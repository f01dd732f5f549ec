// Takes the variables out of a graph.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_VARIABLES_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_VARIABLES_H

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc::tf {

// A variable's value when a program starts, by variableName(). An error
// without a message was reported.
using VariableValues = std::function<absl::StatusOr<Tensor>(const std::string &name)>;

// Replaces variables of a graph that was read with ReadOptions::effects by
// constants: the node that is a variable's handle becomes its value, and what
// reads the variable takes it from there. Handles that loops and branches
// pass on stand for values there as well. A variable that the graph assigns
// and whose old value it uses becomes one of Model::states.
void freezeVariables(Model &model, const VariableValues &values, Diagnostics &diagnostics);

} // namespace aotc::tf
#endif
