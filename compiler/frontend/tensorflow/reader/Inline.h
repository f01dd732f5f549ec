// From the graph and its functions to one flat list of nodes.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_INLINE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_INLINE_H

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "compiler/frontend/tensorflow/reader/Library.h"
#include "compiler/frontend/tensorflow/reader/Select.h"

namespace aotc::tf {

struct FlatEdge {
  int node = -1; // index into FlatGraph::nodes; -1 after an error
  int port = 0;
};

struct FlatGraph;

// What a loop or branch runs: a graph with nodes of its own.
struct FlatBody {
  std::string attr; // of the node
  int arguments = 0; // the first nodes of the graph
  std::shared_ptr<FlatGraph> graph;
};

struct FlatNode {
  enum Kind { Operation, Call, Cut, Argument } kind = Operation; // Argument: of a body
  std::string name; // "call/inner" for what stood in a function
  const proto::NodeDef *def = nullptr;
  const Environment *environment = nullptr;
  std::vector<FlatEdge> inputs;  // data only
  std::vector<FlatEdge> controls; // see Node::controls
  std::vector<FlatEdge> results; // Call: what its outputs are in the function's body
  std::vector<FlatBody> bodies;  // Operation
  int cutPort = 0;               // Cut: which output of `def` it replaces
  int sequence = -1;             // Operation: its turn in a run, as all edges ask for; control edges too
  int fileOrder = -1;            // position in the file, -1 for what stood in a function
};

struct FlatGraph {
  std::deque<FlatNode> nodes;
  std::deque<Environment> environments;
  std::vector<FlatEdge> outputs; // as selected; may end at calls
  // Looks through calls.
  FlatEdge resolve(FlatEdge edge);
};

// Flattens what the outputs need. Library::checkCalls must have succeeded.
// Returns nothing after problems that leave no usable graph.
std::optional<FlatGraph> flatten(const Scope &scope, Library &library, const Selection &selection,
                                 Diagnostics &diagnostics);

} // namespace aotc::tf
#endif
