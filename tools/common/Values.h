// Input values for a compiled model: from files, or made up.
#ifndef AOTC_TOOLS_COMMON_VALUES_H
#define AOTC_TOOLS_COMMON_VALUES_H

#include <vector>

#include "absl/status/statusor.h"
#include "compiler/driver/Compile.h"

namespace aotc::tools {

// One tensor an input, in order. Inputs whose --input names an .npy get its
// values; for the others: seeded random values where `madeUp` allows it
// (floats in [-1,1), integers valid for the gathers that they feed), else an error. Fails
// also where a call does not fit into this machine's memory. Made-up values have `size` as the size of the symbolic
// dimension, by default its largest.
absl::StatusOr<std::vector<Tensor>> inputValues(const CompileOptions &options, const CompileResult &result,
                                                bool madeUp, uint64_t seed,
                                                std::optional<int64_t> size = std::nullopt);

// Real numbers as the integers of a tensor with a scale (rounded half to even, saturated, NaN the least), and back. Where
// the tensor has no scale, or what is given is no such number already, a copy.
Tensor toCodes(const Tensor &reals, const TensorInfo &info);
Tensor toReals(const Tensor &codes, const TensorInfo &info);

} // namespace aotc::tools
#endif
