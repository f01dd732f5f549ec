// Between the element types of files and those of a model's inputs. Private
// to this folder.
#ifndef AOTC_COMPILER_DATA_CONVERT_H
#define AOTC_COMPILER_DATA_CONVERT_H

#include "absl/status/status.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::data {

// Numbers become floats, rounded; integers become integers that can hold them.
// Floats never become integers: which rounding is meant is not ours to guess.
bool converts(DType from, DType to);

// `count` elements at `values` to `target`; both may be unaligned. Needs
// converts(). An error tells the value that does not fit.
absl::Status convert(DType from, const char *values, int64_t count, DType to, char *target);

} // namespace aotc::data
#endif
