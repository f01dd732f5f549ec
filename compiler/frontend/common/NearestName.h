#ifndef AOTC_COMPILER_FRONTEND_COMMON_NEARESTNAME_H
#define AOTC_COMPILER_FRONTEND_COMMON_NEARESTNAME_H

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace aotc {

// The name in `names` that someone who typed `name` most likely meant, or empty.
std::string nearestName(absl::string_view name, const std::vector<std::string> &names);

} // namespace aotc
#endif
