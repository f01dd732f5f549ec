// Takes parts of a graph out as bodies of their own. Shared by what raises loops and conditionals.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_COLLECT_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_COLLECT_H

#include <functional>
#include <map>
#include <vector>

#include "absl/strings/string_view.h"
#include "compiler/frontend/tensorflow/reader/Graph.h"

namespace aotc::tf {

// The operation, or the same on references: "Switch" and "RefSwitch".
bool isOpOrRef(const Node &node, absl::string_view op);

// A graph of which some nodes are results of structured ones.
struct Structured {
  const std::vector<Node> &nodes;
  std::vector<Node> made;    // While and If, whose edges are between `nodes`
  std::vector<int> madeFor;  // for each of `nodes`: the one in `made` that replaces it, or -1
  std::vector<int> resultOf; // and which of its results it is

  explicit Structured(const std::vector<Node> &nodes)
      : nodes(nodes), madeFor(nodes.size(), -1), resultOf(nodes.size(), 0) {}
};

// Collects what some edges need, producers first.
class Collector {
public:
  // What an edge is inside of a body: an argument, or an edge between nodes.
  struct Source {
    int argument = -1;
    Edge edge;
  };
  using Resolve = std::function<Source(Edge)>;

  // Edges go through `resolve` first.
  Collector(const Structured &graph, Resolve resolve) : graph(graph), resolve(std::move(resolve)) {}

  // With all that it needs. False: it needs itself.
  bool add(Edge edge);
  // A body of what was added. Arguments must be final.
  Body take(const std::vector<Edge> &results, size_t arguments) const;
  // The same without arguments; `edges` are renumbered.
  std::vector<Node> takeGraph(const std::vector<Edge *> &edges) const;

private:
  // Numbers from 0 to nodes.size() are nodes, those above are made.
  const Node &at(int i) const;
  int numberOf(Edge edge) const;
  bool enter(int i); // false where the node waits for itself
  std::vector<Node> nodesAfter(int arguments) const;
  Edge renumbered(Edge edge, int arguments) const;

  const Structured &graph;
  Resolve resolve;
  std::map<int, int> newIndex; // -1: on the stack
  std::vector<int> order;
  std::vector<std::pair<int, size_t>> stack;
};

} // namespace aotc::tf
#endif
