#include "compiler/frontend/common/NearestName.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace aotc {
namespace {

// Changes of one character that lead from `a` to `b`, or `limit` + 1.
size_t editDistance(absl::string_view a, absl::string_view b, size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit)
    return limit + 1;
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0], best = row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t change = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
      best = std::min(best, row[j + 1]);
    }
    if (best > limit)
      return limit + 1;
  }
  return std::min(row.back(), limit + 1);
}

} // namespace

std::string nearestName(absl::string_view name, const std::vector<std::string> &names) {
  constexpr size_t kMaxLength = 256, kMaxNames = 1 << 16; // keeps a hostile list cheap
  if (name.empty() || name.size() > kMaxLength)
    return "";
  std::string wanted = absl::AsciiStrToLower(name);
  const std::string *best = nullptr;
  size_t distance = (name.size() + 1) / 3 + 1; // as much or more is no typing error
  for (size_t i = 0; i < std::min(names.size(), kMaxNames); ++i) {
    if (names[i].size() > kMaxLength)
      continue;
    std::string candidate = absl::AsciiStrToLower(names[i]);
    size_t d = absl::EndsWith(candidate, "/" + wanted) ? 1 : editDistance(wanted, candidate, distance - 1);
    if (d < distance) {
      distance = d;
      best = &names[i];
    }
  }
  return best ? *best : "";
}

} // namespace aotc
