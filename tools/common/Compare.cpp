#include "tools/common/Compare.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aotc::tools {
namespace {

// |a-b| of two integers of 64 bits without losing small differences.
double integerDistance(const Tensor &a, const Tensor &b, int64_t i) {
  uint64_t x = static_cast<uint64_t>(a.i(i)), y = static_cast<uint64_t>(b.i(i));
  bool less = a.dtype() == DType::U64 ? x < y : a.i(i) < b.i(i);
  return static_cast<double>(less ? y - x : x - y);
}

bool sameNonFinite(double a, double b) { return (std::isnan(a) && std::isnan(b)) || a == b; }

} // namespace

Comparison compare(const Tensor &computed, const Tensor &reference, const Tolerance &tolerance) {
  Comparison result;
  if (computed.dtype() != reference.dtype() || computed.shape() != reference.shape()) {
    result.reason = absl::StrCat("is ", typeString(computed), ", expected ", typeString(reference));
    return result;
  }
  const bool floating = isFloat(computed.dtype());
  double largest = 0;
  for (int64_t i = 0; i < computed.size(); ++i) {
    double a = computed.f(i), b = reference.f(i);
    if (floating && !(std::isfinite(a) && std::isfinite(b))) {
      if (sameNonFinite(a, b))
        continue;
      result.reason = absl::StrCat("has ", a, " where ", b, " is expected, at element ", i);
      return result;
    }
    largest = std::max(largest, std::abs(b));
    result.maxAbsError =
        std::max(result.maxAbsError, floating ? std::abs(a - b) : integerDistance(computed, reference, i));
  }
  if (result.maxAbsError > 0)
    result.maxRelError = largest > 0 ? result.maxAbsError / largest : std::numeric_limits<double>::infinity();
  double allowed = 0;
  if (floating)
    allowed = tolerance.atol.value_or(largest == 0 ? 1e-6 : 0) + tolerance.rtol * largest;
  else if (tolerance.atol)
    allowed = *tolerance.atol + tolerance.rtol * largest;
  result.pass = result.maxAbsError <= allowed;
  if (!result.pass)
    result.reason = absl::StrCat("differs by ", result.maxAbsError, ", allowed is ", allowed);
  return result;
}

Summary summarize(const Tensor &tensor) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (tensor.size() == 0)
    return {nan, nan, nan};
  Summary s{tensor.f(0), tensor.f(0), 0};
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double x = tensor.f(i);
    if (std::isnan(x))
      return {nan, nan, nan};
    s.min = std::min(s.min, x);
    s.max = std::max(s.max, x);
    s.mean += x;
  }
  s.mean /= static_cast<double>(tensor.size());
  return s;
}

} // namespace aotc::tools
