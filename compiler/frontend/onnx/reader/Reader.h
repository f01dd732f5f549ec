// Reads an ONNX model: parsing, checking, choice of inputs and outputs,
// resolving of names, pruning, topological order. The file is untrusted: time
// and memory stay bounded by its size, whatever it holds.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_READER_READER_H
#define AOTC_COMPILER_FRONTEND_ONNX_READER_READER_H

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/onnx/reader/Graph.h"

namespace aotc::onnx {

// Names are those of values; a ":0" at the end may be left out.
struct ReadOptions {
  std::vector<std::string> outputs;   // empty: the model's
  std::vector<std::string> cutInputs; // named inputs; any value may be cut
};

struct InputInfo {
  std::string name;
  int value;                        // of the graph
  ElementType type = kUndefined;    // kUndefined: the file does not tell, or see `other`
  std::string other;                // what is no tensor: "sequence", "optional", ...
  PartialShape shape;
  std::vector<std::string> symbols; // the name of each dimension, "" where it has none
};

struct OutputInfo {
  std::string name;
  int value;
};

struct Model {
  std::string path; // of the file, for messages
  Graph graph;      // its inputs and outputs are those below
  Opsets opsets;
  std::vector<Function> functions;
  // The model's inputs that are not constants, or only what the chosen outputs
  // need, in file order; then cuts at other values, in the order asked for.
  std::vector<InputInfo> inputs;
  std::vector<OutputInfo> outputs; // in the order asked for, else in file order
};

// Whether these bytes look like an ONNX model rather than a TensorFlow graph.
bool isOnnxModel(absl::string_view bytes);

// On failure `diagnostics` has at least one error, and the status repeats the
// first. On success it may hold errors too: the model then serves only to look
// for further problems.
absl::StatusOr<Model> readModel(const std::string &path, const ReadOptions &options, Diagnostics &diagnostics);
// The same from memory; `path` is for messages, and its folder has the files
// that the model names.
absl::StatusOr<Model> parseModel(absl::string_view bytes, const std::string &path, const ReadOptions &options,
                                 Diagnostics &diagnostics);

} // namespace aotc::onnx
#endif
