// Types and shapes of a model's inputs: what the file declares, matched with
// what the user gave. The same for every frontend. Private to the driver.
#ifndef AOTC_COMPILER_DRIVER_INPUTS_H
#define AOTC_COMPILER_DRIVER_INPUTS_H

#include "compiler/driver/CompileOptions.h"
#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/common/PartialShape.h"
#include "ir/Tensor/Tensor.h"

namespace aotc {

struct DeclaredInput {
  std::string name;
  std::optional<DType> type;
  std::string typeName; // for messages, where `type` is missing; empty: the file does not tell
  PartialShape shape;
  std::vector<std::string> symbols; // a name for each dimension, or nothing; "": it has none
};

struct ResolvedInput {
  DType dtype = DType::F32;
  Shape shape{1};
  bool known = false; // else a problem was reported
  std::optional<Tensor> value; // of one that is fixed
};

// The inputs that the options name, where a frontend may cut the graph.
std::vector<std::string> namedInputs(const std::vector<InputSpec> &specs, const std::vector<FixedInput> &fixed);

// An .npy stands for its type and shape.
absl::StatusOr<std::vector<InputSpec>> readSpecs(std::vector<InputSpec> specs);

// Inputs are matched with the specs by name, else by position. An extent that is
// given for one dimension holds for all of the same symbol.
// Those of `fixed` take no part in that.
std::vector<ResolvedInput> resolveInputs(const std::vector<InputSpec> &specs, const std::vector<FixedInput> &fixed, 
                                         const std::vector<DeclaredInput> &inputs, const std::string &file, Diagnostics &diagnostics,
                                         std::vector<std::string> &notes);

} // namespace aotc
#endif
