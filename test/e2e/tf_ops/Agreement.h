// How results are held against a recorded case.
#ifndef AOTC_TEST_E2E_TF_OPS_AGREEMENT_H
#define AOTC_TEST_E2E_TF_OPS_AGREEMENT_H

#include "absl/strings/str_cat.h"
#include "test/e2e/tf_ops/Cases.h"
#include "tools/common/Compare.h"

namespace aotc::tfops {

// "" when every output lies within the case's tolerance, else what does not.
inline std::string disagreement(const Case &c, absl::Span<const Tensor> results) {
  if (results.size() != c.outputs.size())
    return "yields a wrong number of outputs";
  for (size_t i = 0; i < results.size(); ++i) {
    tools::Tolerance tolerance;
    tolerance.rtol = c.rtol;
    auto outcome = tools::compare(results[i], c.outputs[i].second, tolerance);
    if (!outcome.pass)
      return absl::StrCat(c.outputs[i].first, ": ", outcome.reason, " (largest error ", outcome.maxAbsError,
                          " absolute, ", outcome.maxRelError, " relative)");
  }
  return "";
}

} // namespace aotc::tfops
#endif
