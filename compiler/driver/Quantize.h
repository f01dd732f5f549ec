// The quantize phase. Private to the driver.
#ifndef AOTC_COMPILER_DRIVER_QUANTIZE_H
#define AOTC_COMPILER_DRIVER_QUANTIZE_H

#include "compiler/driver/State.h"

namespace aotc {

// Quantizes the float network of the module if the options ask for that, and turns what is quantized, by that or by the
// model, into integer arithmetic.
absl::Status quantize(Compilation &c);

// Whether the module has numbers that stand for others.
bool hasQuantizedOps(mlir::ModuleOp module);

} // namespace aotc
#endif
