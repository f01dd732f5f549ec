#ifndef AOTC_COMPILER_FRONTEND_COMMON_PARTIALSHAPE_H
#define AOTC_COMPILER_FRONTEND_COMMON_PARTIALSHAPE_H

#include <cstdint>
#include <optional>
#include <vector>

namespace aotc {

// A declared shape: nullopt = unknown rank; -1 = unknown extent.
using PartialShape = std::optional<std::vector<int64_t>>;

} // namespace aotc
#endif
