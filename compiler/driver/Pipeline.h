// The phases of a compile, in order.
#ifndef AOTC_COMPILER_DRIVER_PIPELINE_H
#define AOTC_COMPILER_DRIVER_PIPELINE_H

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace aotc {

struct Compilation; // State.h: what the phases work on

struct Phase {
  std::string name; // of --stop-after, --dump-ir, --time
  std::string help;
  absl::Status (*run)(Compilation &);
};

// The table that --help, --stop-after, --dump-ir and --time come from.
const std::vector<Phase> &pipeline();

// Operations that models may use, one line each, sorted.
std::string listTensorFlowOps();
std::string listONNXOps();

} // namespace aotc
#endif
