// Reads a TensorFlow frozen graph: parsing, checking, choice of inputs and
// outputs, inlining of functions, pruning, topological order. The file is
// untrusted: time and memory stay bounded by its size, whatever it holds.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_READER_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_READER_H

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/tensorflow/reader/Graph.h"

namespace aotc::tf {

// Names are "node", "node:0" (the same) or "node:k" for the k-th output.
struct ReadOptions {
  std::vector<std::string> outputs;   // empty: the default outputs
  std::vector<std::string> cutInputs; // named inputs; any node may be cut, placeholders name themselves
  // Keep assignments to variables that happen on the way to the outputs; nodes
  // then come in the order of a run.
  bool effects = false;
  // Names of the outputs of operations that the user declares.
  std::map<std::string, std::vector<std::string>> declaredOutputs = {};
};

// Each input is a node of op "Placeholder" without inputs; what stood behind a
// cut is gone.
struct InputInfo {
  std::string name; // without ":0"; "node:k" for a cut at another output
  Edge edge;        // the node, port 0
  TypeCode type;    // 0: the file does not tell
  PartialShape shape;
  bool named = false; // listed in ReadOptions::cutInputs
};

struct OutputInfo {
  std::string name; // without ":0"
  Edge edge;
};

// A variable that calls assign.
struct VariableState {
  std::string name;
  Edge input;     // a node of op "Placeholder": its value before a call
  Edge output;    // its value after the call
  Tensor initial; // before the first call
};

struct Model {
  Graph graph;
  std::vector<InputInfo> inputs;   // in file order
  std::vector<OutputInfo> outputs; // in the order asked for, else in file order
  std::vector<VariableState> states; // of a SavedModel, once its variables are frozen
};

// On failure `diagnostics` has at least one error, and the status repeats the
// first. On success it may hold errors too: the model then serves only to look
// for further problems.
//
// Loops of TensorFlow 1's control flow, which are cycles (NextIteration -> Merge), become "While" nodes (Loops.h).
//
// Attributes whose names start with '_' are dropped, except "_output_shapes".
// An empty list attribute is an empty std::vector<int64_t>, because the format
// does not tell its type. Tensors may view the parsed file, which they keep alive.
absl::StatusOr<Model> readGraph(const std::string &path, const ReadOptions &options,
                                Diagnostics &diagnostics);
// The same from memory; `path` is for messages. The bytes may go away afterwards.
absl::StatusOr<Model> parseGraph(absl::string_view bytes, const std::string &path, const ReadOptions &options,
                                 Diagnostics &diagnostics);

} // namespace aotc::tf
#endif
