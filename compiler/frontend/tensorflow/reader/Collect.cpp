#include "compiler/frontend/tensorflow/reader/Collect.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace aotc::tf {

bool isOpOrRef(const Node &node, absl::string_view op) {
  return node.op == op || (absl::StartsWith(node.op, "Ref") && absl::string_view(node.op).substr(3) == op);
}

const Node &Collector::at(int i) const {
  const int nodes = static_cast<int>(graph.nodes.size());
  return i < nodes ? graph.nodes[i] : graph.made[i - nodes];
}

int Collector::numberOf(Edge edge) const {
  int made = graph.madeFor[edge.node];
  return made < 0 ? edge.node : static_cast<int>(graph.nodes.size()) + made;
}

bool Collector::enter(int i) {
  auto [found, isNew] = newIndex.try_emplace(i, -1);
  if (isNew)
    stack.emplace_back(i, 0);
  return isNew || found->second >= 0;
}

bool Collector::add(Edge edge) {
  Source root = resolve(edge);
  if (root.argument >= 0 || root.edge.node < 0)
    return true;
  enter(numberOf(root.edge));
  while (!stack.empty()) {
    auto &[from, position] = stack.back();
    const Node &node = at(from);
    if (position < node.inputs.size() + node.controls.size()) {
      Edge edge = position < node.inputs.size() ? node.inputs[position] : node.controls[position - node.inputs.size()];
      ++position;
      Source source = resolve(edge);
      if (source.argument < 0 && source.edge.node >= 0 && !enter(numberOf(source.edge)))
        return false;
      continue;
    }
    newIndex[from] = static_cast<int>(order.size());
    order.push_back(from);
    stack.pop_back();
  }
  return true;
}

Edge Collector::renumbered(Edge edge, int arguments) const {
  Source source = resolve(edge);
  if (source.argument >= 0)
    return {source.argument, 0};
  if (source.edge.node < 0)
    return source.edge;
  const bool isMade = graph.madeFor[source.edge.node] >= 0;
  auto found = newIndex.find(numberOf(source.edge));
  return {found == newIndex.end() ? -1 : found->second + arguments,
          isMade ? graph.resultOf[source.edge.node] : source.edge.port};
}

std::vector<Node> Collector::nodesAfter(int arguments) const {
  std::vector<Node> result(arguments);
  for (Node &argument : result)
    argument.op = "_Arg";
  for (int from : order) {
    Node node = at(from);
    for (std::vector<Edge> *edges : {&node.inputs, &node.controls})
      for (Edge &edge : *edges)
        edge = renumbered(edge, arguments);
    // What only waits for an argument waits for nothing.
    node.controls.erase(std::remove_if(node.controls.begin(), node.controls.end(), [&](Edge e) { return e.node < arguments; }),
                        node.controls.end());
    result.push_back(std::move(node));
  }
  return result;
}

Body Collector::take(const std::vector<Edge> &results, size_t arguments) const {
  Body body;
  body.nodes = nodesAfter(static_cast<int>(arguments));
  for (size_t k = 0; k < arguments; ++k)
    body.arguments.push_back(static_cast<int>(k));
  for (Edge edge : results)
    body.results.push_back(renumbered(edge, static_cast<int>(arguments)));
  return body;
}

std::vector<Node> Collector::takeGraph(const std::vector<Edge *> &edges) const {
  for (Edge *edge : edges)
    *edge = renumbered(*edge, 0);
  return nodesAfter(0);
}

} // namespace aotc::tf
