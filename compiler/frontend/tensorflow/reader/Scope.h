// One list of nodes with its names resolved: the graph itself, or the body of
// a function. Knows nothing of calls.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_SCOPE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_SCOPE_H

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/tensorflow/proto/graph.pb.h"

namespace aotc::tf {

// "node:port" as users and graphs write it. Fails on "^node", empty names and
// ports that are no numbers.
struct TensorName {
  absl::string_view node;
  int port = 0;
};
std::optional<TensorName> parseTensorName(absl::string_view text);
// "node", or "node:port" past the first.
std::string toString(const TensorName &name);

// Of a name that a message about another node mentions: a long one, mentioned
// by many, would cost the square of the file's size.
inline absl::string_view shorten(absl::string_view name) { return name.substr(0, 200); }

struct Input {
  int node = -1;            // index into Scope::nodes, or -1 for an argument of the function
  int argument = -1;        // index into the function's input_arg
  absl::string_view output; // in functions: which output_arg of the node
  int index = 0;            // which tensor of it, -1 for all of them; in graphs the port
  bool control = false;     // orders only, carries nothing
};

struct Scope {
  // `function` is null for the graph. Both must outlive the scope, as names are views.
  explicit Scope(const proto::GraphDef &graph);
  explicit Scope(const proto::FunctionDef &function);

  const proto::FunctionDef *function = nullptr;
  std::vector<const proto::NodeDef *> nodes;
  absl::flat_hash_map<absl::string_view, int> byName;
  std::vector<std::vector<Input>> inputs; // a node
  std::vector<Input> results;             // an output_arg of the function
  std::vector<int> order;                 // producers first, but for the loops of control flow

  // Fills all but `nodes`; reports duplicate names, inputs that are malformed
  // or lead nowhere, and cycles. False: unusable.
  bool resolve(Diagnostics &diagnostics);
  // The edge that closes a loop of TensorFlow 1's control flow.
  bool isBackEdge(const Input &input, int consumer) const;
  // A control input that says in which branch or loop a node without data inputs runs: from an Identity of a Switch.
  bool isPivot(const Input &input, int consumer) const;

private:
  std::optional<Input> parseInput(absl::string_view text, std::string &problem) const;
  bool findOrder(Diagnostics &diagnostics);
  void reportCycle(const std::vector<int> &component, Diagnostics &diagnostics) const;
  // "" or " (in function 'f')"
  std::string where() const;

  absl::flat_hash_map<absl::string_view, int> arguments;
};

} // namespace aotc::tf
#endif
