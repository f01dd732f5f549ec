// The compiler as a function: a model file in, object and header bytes out.
#ifndef AOTC_COMPILER_DRIVER_COMPILE_H
#define AOTC_COMPILER_DRIVER_COMPILE_H

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/artifact/Model.h"
#include "compiler/driver/CompileOptions.h"

namespace aotc {

struct CompileResult {
  ModelInfo model;    // interface, sizes, regions, time of each phase
  std::string object; // empty where `emit` or `stopAfter` leave it out; so below
  std::string header;
  std::string nn;   // the simplified nn module, weights included
  std::string plan; // the planned function, weights elided
  std::string llvmIR;
  std::string assembly;
  std::string stoppedIR;          // the module after `stopAfter`, weights elided
  std::string tuning;             // what the tuning file then holds, where tuning was asked for
  std::vector<std::string> notes; // worth saying once, one line each
  // For each input the smallest extent that it indexes as the index operand
  // of a gather, where it does.
  std::vector<std::optional<int64_t>> indexBounds;
};

// Errors carry every problem of the model, one a line (Errors.h).
absl::StatusOr<CompileResult> compileModel(const CompileOptions &options);

// Several models as one object, whose name is a C identifier, with an entry each that share weights and equal kernels. What is
// written is in the first result; `emit` and what concerns the target must be the same for all.
absl::StatusOr<std::vector<CompileResult>> compileModels(absl::Span<const CompileOptions> models, const std::string &objectName);

} // namespace aotc
#endif
