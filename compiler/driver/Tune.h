// Choices between kernels by measurement.
#ifndef AOTC_COMPILER_DRIVER_TUNE_H
#define AOTC_COMPILER_DRIVER_TUNE_H

#include "compiler/driver/State.h"

namespace aotc {

// Before the select phase: measures as the options ask, then marks each group
// whose kernel the tuning file knows. Groups that it doesn't know keep the
// cost model's choice.
absl::Status tune(Compilation &c);

} // namespace aotc
#endif
