// Snappy's block format, which the tables of checkpoints may use.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_SNAPPY_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_SNAPPY_H

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace aotc::tf {

// nullopt: damaged. The result is at most 22 times as long as `bytes`.
std::optional<std::string> decompressSnappy(absl::string_view bytes);

} // namespace aotc::tf
#endif
