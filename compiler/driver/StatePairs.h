// Inputs and outputs that are the model's state between calls (--state).
#ifndef AOTC_COMPILER_DRIVER_STATEPAIRS_H
#define AOTC_COMPILER_DRIVER_STATEPAIRS_H

#include "compiler/driver/State.h"

namespace aotc {

// "IN=OUT" or "IN=OUT:FILE.npy".
absl::StatusOr<StatePair> parseStatePair(const std::string &text);
// Makes the pairs of the options states of the module's function.
absl::Status pairStates(Compilation &c);

} // namespace aotc
#endif
