// Everything that a compile depends on. Filled by tools, tests and examples.
#ifndef AOTC_COMPILER_DRIVER_COMPILEOPTIONS_H
#define AOTC_COMPILER_DRIVER_COMPILEOPTIONS_H

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "backends/Backend.h"
#include "compiler/driver/InputSpec.h"
#include "compiler/driver/QuantizeOptions.h"
#include "compiler/frontend/common/CustomOp.h"
#include "ir/Tensor/Tensor.h"

namespace aotc {

// What a compile produces; `--emit` names them in lower case.
enum class Emit { Obj, Header, NN, Plan, LLVM, Asm };

// An input whose value is, but for the first call, what an output was in the call before.
struct StatePair {
  std::string input, output;
  std::string npyPath; // the value for the first call; empty: zeros
};

// An input that is no argument but a constant.
struct FixedInput {
  std::string name;
  std::optional<Tensor> value;      // or
  std::vector<std::string> numbers; // one, which fills the declared shape, or
  bool isList = false;              // all of them in row-major order
};
// NAME=NUMBER, NAME=[NUMBER,...] or NAME=FILE.npy
absl::StatusOr<FixedInput> parseFixedInput(const std::string &text);

// Declarations, each in a text or in a file (docs/custom-operators.md), with the shape functions that libraries have.
absl::StatusOr<CustomOps> readCustomOps(const std::vector<std::string> &given, const std::vector<std::string> &libraries);

struct CompileOptions {
  std::string modelPath;
  std::string signature; // of a SavedModel; empty: "serving_default", or the only one
  // A named input may cut the graph at any node; an .npy gives shape and type.
  std::vector<InputSpec> inputs;
  std::vector<FixedInput> fixed;
  // The largest extent of what a node yields where nothing else bounds it; by the node's name.
  std::vector<std::pair<std::string, int64_t>> bounds;
  std::vector<StatePair> states;
  CustomOps customOps;
  std::vector<std::string> customLibraries; // of the functions, for running the network while it is compiled
  std::optional<QuantizeOptions> quantize;  // to 8 bits
  // Inputs and outputs that are quantized inside, by `quantize` or by the model, are bytes at the interface as well.
  bool byteInterface = false;
  // Sizes of a symbolic dimension of the inputs that get code of their own, beside those that always do.
  std::vector<std::pair<std::string, int64_t>> specialize;
  std::vector<std::string> outputs; // empty: the nodes that nobody consumes
  TargetSpec target;                // empty fields: the host
  SelectOptions select;
  std::string tuningFile;            // choices of earlier measurements; empty: none
  std::optional<double> tuneSeconds; // measure kernels that the file doesn't know, about this long
  std::string name = "model";       // C identifier, prefix of all exported symbols
  std::string headerFile;           // file name that the header's first line shows
  bool selfContained = false;       // abi.h is copied into the header
  std::vector<Emit> emit = {Emit::Obj, Emit::Header};
  uint64_t seed = 0;     // of random operators
  std::string stopAfter; // name of a phase; empty: all
  std::string dumpDir;   // numbered IR of every phase; empty: none
  // Called at the start of every phase with its number (from 1), the number of phases and its name.
  std::function<void(size_t, size_t, const std::string &)> progress;

  // Called with what a long phase is doing.
  std::function<void(const std::string &)> detail;

  bool wants(Emit what) const {
    for (Emit e : emit)
      if (e == what)
        return true;
    return false;
  }
};

} // namespace aotc
#endif
