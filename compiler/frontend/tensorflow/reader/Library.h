// The functions of a file, resolved when a call first reaches them, and what
// inlining them would cost.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LIBRARY_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LIBRARY_H

#include <map>
#include <memory>
#include <string>

#include "compiler/frontend/tensorflow/reader/OpOutputs.h"
#include "compiler/frontend/tensorflow/reader/Scope.h"

namespace aotc::tf {

struct Function {
  explicit Function(const proto::FunctionDef &def) : scope(def) {}
  Scope scope;
  // Of the whole inlined body, saturating.
  uint64_t nodes = 0; // calls count as one more
  uint64_t bytes = 0; // of names below the call, inputs, attributes and arguments
  int height = 0;     // of nested calls
  bool assigns = false; // a variable, when called
  enum { New, Open, Good, Bad } state = New;
};

// A function that a node runs zero or more times, in place of being replaced by it.
struct BodyFunction {
  const char *attr; // of the node
  const proto::NameAttrList *given;
  Function *function; // null: the file does not define it
};

class Library {
public:
  // Names of the outputs of operations that are not TensorFlow's, which the caller keeps.
  using DeclaredOutputs = std::map<std::string, std::vector<std::string>>;

  Library(const proto::GraphDef &graph, Diagnostics &diagnostics, const DeclaredOutputs *declared = nullptr);

  // Of a node that is no call of a function in the file.
  std::vector<OutputArg> outputArgs(const proto::NodeDef &node, const Environment *environment) const;

  // The function that a node calls and that is inlined, or null.
  Function *callee(const proto::NodeDef &node);
  // The bodies of loops and branches, in the order of their attributes.
  std::vector<BodyFunction> bodies(const proto::NodeDef &node);
  // Checks all functions that `scope` may reach: that they exist, resolve and
  // do not recurse. False: a problem was reported.
  bool checkCalls(const Scope &scope);
  // The node assigns a variable, or calls a function that does.
  bool assigns(const proto::NodeDef &node);
  // Adds the cost of inlining `node` to the counters.
  void addCost(const proto::NodeDef &node, uint64_t &nodes, uint64_t &bytes);

private:
  bool visit(Function &function);
  Function *find(absl::string_view name);

  Diagnostics &diagnostics;
  const DeclaredOutputs *declared;
  absl::flat_hash_map<absl::string_view, std::unique_ptr<Function>> functions;
  std::vector<const Function *> path; // that are being visited
};

// PartitionedCall and its like: the attribute "f" names the function.
bool isGenericCall(absl::string_view op);
// Of a node that has bodies: how many of its first operands it does not pass to them.
int operandsBeforeArguments(absl::string_view op);

} // namespace aotc::tf
#endif
