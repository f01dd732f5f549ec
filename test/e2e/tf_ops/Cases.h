// Recorded cases of the differential test against TensorFlow: a small graph,
// its inputs and the outputs that TensorFlow computed. See generate.py.
#ifndef AOTC_TEST_E2E_TF_OPS_CASES_H
#define AOTC_TEST_E2E_TF_OPS_CASES_H

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::tfops {

struct Case {
  std::string name;  // "Family/Op#number what is special"
  std::string graph; // a serialised GraphDef
  double rtol;       // of the largest finite reference magnitude
  std::vector<std::pair<std::string, Tensor>> inputs;  // placeholder, value
  std::vector<std::pair<std::string, Tensor>> outputs; // "node:port", expected
};

// The cases of one recorded file.
absl::StatusOr<std::vector<Case>> loadCases(const std::string &path);
// The .cases files of a folder, sorted.
std::vector<std::string> caseFiles(const std::string &folder);

} // namespace aotc::tfops
#endif
