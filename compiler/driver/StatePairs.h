// Inputs and outputs that are the model's state between calls (--state), or variables that calls assign.
#ifndef AOTC_COMPILER_DRIVER_STATEPAIRS_H
#define AOTC_COMPILER_DRIVER_STATEPAIRS_H

#include "compiler/driver/State.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"

namespace aotc {

// "IN=OUT" or "IN=OUT:FILE.npy".
absl::StatusOr<StatePair> parseStatePair(const std::string &text);
// Makes variables, which are the function's last arguments and results, its states.
absl::Status makeStates(Compilation &c, llvm::ArrayRef<tf::VariableState> variables);
// Makes the pairs of the options states of the module's function.
absl::Status pairStates(Compilation &c);

} // namespace aotc
#endif
