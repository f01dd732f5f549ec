// How far a computed tensor is from its reference, and whether that is near enough.
#ifndef AOTC_TOOLS_COMMON_COMPARE_H
#define AOTC_TOOLS_COMMON_COMPARE_H

#include <optional>
#include <string>

#include "ir/Tensor/Tensor.h"

namespace aotc::tools {

struct Tolerance {
  double rtol = 1e-5;
  std::optional<double> atol; // not given: 0, or 1e-6 where the reference is all zero
};

struct Comparison {
  bool pass = false;
  std::string reason;     // why not; empty when it passes
  double maxAbsError = 0; // over positions where both are finite
  double maxRelError = 0; // maxAbsError / largest finite magnitude of the reference
};

// Passes with the same type and shape, non-finite values at the same places
// and equal, and max|a-b| <= atol + rtol * max|finite reference|. Integers and
// bool must be equal unless `atol` is given. Empty equals empty.
Comparison compare(const Tensor &computed, const Tensor &reference, const Tolerance &tolerance);

struct Summary {
  double min = 0, max = 0, mean = 0; // NaN when there is a NaN, or nothing
};
Summary summarize(const Tensor &tensor);

} // namespace aotc::tools
#endif
