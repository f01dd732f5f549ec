// Inputs that a compile fixes to a value, so that they are constants and no arguments: --set NAME=VALUE. Private to the driver.
#ifndef AOTC_COMPILER_DRIVER_FIXEDINPUTS_H
#define AOTC_COMPILER_DRIVER_FIXEDINPUTS_H

#include "compiler/driver/CompileOptions.h"
#include "compiler/driver/Inputs.h"

namespace aotc {

// The value in the type and shape that the model declares; nullopt: a problem was reported.
std::optional<Tensor> fixedValue(const FixedInput &fixed, const DeclaredInput &declared, Diagnostics &diagnostics);

} // namespace aotc
#endif
