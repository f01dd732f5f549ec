#include "compiler/frontend/tensorflow/reader/Conditionals.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "compiler/frontend/tensorflow/reader/Collect.h"

namespace aotc::tf {
namespace {

// That a predicate has this value; within the guard around.
struct Guard {
  int around = -1;
  Edge predicate;
  int port = 0; // of its Switches: 1 where it holds
  int depth = 0;
};

constexpr int kNone = -1;

class ConditionalRaiser {
public:
  explicit ConditionalRaiser(std::vector<Node> &nodes) : nodes(nodes), graph(nodes) {}

  void run(const std::vector<Edge *> &roots) {
    findGuards();
    for (const std::vector<int> &group : groups)
      if (!raise(group))
        return; // left as it was
    if (graph.made.empty())
      return;
    Collector collector(graph, [](Edge edge) { return Collector::Source{-1, edge}; });
    for (size_t i = 0; i < nodes.size(); ++i) // Switches come along where they are still needed
      if (guardOf[i] == kNone && !isSwitch(nodes[i]) && !collector.add({static_cast<int>(i), 0}))
        return;
    for (const Edge *root : roots)
      if (!collector.add(*root))
        return;
    nodes = collector.takeGraph(roots);
  }

private:
  static bool isSwitch(const Node &node) { return isOpOrRef(node, "Switch") && node.inputs.size() == 2; }

  // Predicates pass through identities.
  Edge canonical(Edge edge) const {
    while (edge.node >= 0 && nodes[edge.node].op == "Identity" && !nodes[edge.node].inputs.empty())
      edge = nodes[edge.node].inputs[0];
    return edge;
  }

  // What must hold for an edge to carry a value.
  int guardAt(Edge edge) {
    if (edge.node < 0)
      return kNone;
    const Node &node = nodes[edge.node];
    return isSwitch(node) ? inside(guardOf[edge.node], canonical(node.inputs[1]), edge.port) : guardOf[edge.node];
  }

  int inside(int around, Edge predicate, int port) {
    auto [found, isNew] =
        numbers.try_emplace({around, predicate.node, predicate.port, port}, static_cast<int>(guards.size()));
    if (isNew)
      guards.push_back({around, predicate, port, around == kNone ? 1 : guards[around].depth + 1});
    return found->second;
  }

  int depthOf(int guard) const { return guard == kNone ? 0 : guards[guard].depth; }
  bool contains(int outer, int inner) const {
    while (depthOf(inner) > depthOf(outer))
      inner = guards[inner].around;
    return inner == outer;
  }

  void findGuards() {
    guardOf.assign(nodes.size(), kNone);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const Node &node = nodes[i];
      if (isOpOrRef(node, "Merge") && node.inputs.size() == 2 && join(static_cast<int>(i)))
        continue;
      for (const std::vector<Edge> *edges : {&node.inputs, &node.controls})
        for (Edge edge : *edges)
          if (int guard = guardAt(edge); depthOf(guard) > depthOf(guardOf[i]))
            guardOf[i] = guard;
    }
  }

  // A Merge of two branches; false: it is none.
  bool join(int i) {
    const Node &node = nodes[i];
    int a = guardAt(node.inputs[0]), b = guardAt(node.inputs[1]);
    const int deeper = depthOf(a) >= depthOf(b) ? a : b, other = deeper == a ? b : a;
    if (deeper == kNone)
      return false;
    // Constants of a branch may not know where they are.
    const Guard &guard = guards[deeper];
    const bool opposite = other != kNone && depthOf(other) == guard.depth && guards[other].around == guard.around &&
                          guards[other].predicate.node == guard.predicate.node &&
                          guards[other].predicate.port == guard.predicate.port && guards[other].port != guard.port;
    if (!opposite && (depthOf(other) >= guard.depth || !contains(other, guard.around)))
      return false;
    guardOf[i] = guard.around;
    Join join{i, deeper, inside(guard.around, guard.predicate, 1 - guard.port)};
    if (guards[join.onTrue].port != 1)
      std::swap(join.onTrue, join.onFalse);
    join.trueOperand = (deeper == a) == (guard.port == 1) ? 0 : 1;
    joins.emplace(i, join);
    // Merges of one conditional become one node, unless one leads to another.
    if (int group = groupFor(join); group >= 0)
      groups[group].push_back(i);
    else
      groups.push_back({i});
    return true;
  }

  struct Join {
    int merge, onTrue, onFalse; // guards
    int trueOperand = 0;
  };

  int groupFor(const Join &join) {
    const int last = static_cast<int>(groups.size()) - 1;
    for (int g = last; g >= 0 && g > last - 8; --g)
      if (const Join &other = joins.at(groups[g].front()); other.onTrue == join.onTrue)
        return std::any_of(groups[g].begin(), groups[g].end(), [&](int merge) { return reaches(join.merge, merge); }) ? -1 : g;
    return -1;
  }

  // `from` needs `target`, which comes before it.
  bool reaches(int from, int target) const {
    std::vector<bool> seen(from + 1 - target);
    std::vector<int> work{from};
    while (!work.empty()) {
      int node = work.back();
      work.pop_back();
      if (node == target)
        return true;
      for (const std::vector<Edge> *edges : {&nodes[node].inputs, &nodes[node].controls})
        for (Edge edge : *edges)
          if (edge.node >= target && edge.node <= from && !seen[edge.node - target]) {
            seen[edge.node - target] = true;
            work.push_back(edge.node);
          }
    }
    return false;
  }

  bool raise(const std::vector<int> &group) {
    const Join &first = joins.at(group.front());
    std::map<std::pair<int, int>, int> argumentOf; // by node and port
    std::vector<Edge> arguments;
    auto argument = [&](Edge edge) {
      auto [found, isNew] = argumentOf.try_emplace({edge.node, edge.port}, static_cast<int>(arguments.size()));
      if (isNew)
        arguments.push_back(edge);
      return Collector::Source{found->second, {}};
    };
    auto within = [&](int guard) {
      return [&, guard](Edge edge) -> Collector::Source {
        if (edge.node < 0)
          return {-1, edge};
        const Node &node = nodes[edge.node];
        if (!contains(guard, guardAt(edge)))
          return argument(edge);
        if (isSwitch(node) && guardAt(edge) == guard)
          return argument(node.inputs[0]);
        return {-1, edge};
      };
    };
    Collector inTrue(graph, within(first.onTrue)), inFalse(graph, within(first.onFalse));
    std::vector<Edge> onTrue, onFalse;
    for (int merge : group) {
      const Join &join = joins.at(merge);
      onTrue.push_back(nodes[merge].inputs[join.trueOperand]);
      onFalse.push_back(nodes[merge].inputs[1 - join.trueOperand]);
      if (!inTrue.add(onTrue.back()) || !inFalse.add(onFalse.back()))
        return false;
    }
    Node made;
    made.name = nodes[group.front()].name;
    made.op = "If";
    made.inputs = {guards[first.onTrue].predicate};
    made.inputs.insert(made.inputs.end(), arguments.begin(), arguments.end());
    made.attrs.emplace("then_branch", std::make_shared<Body>(inTrue.take(onTrue, arguments.size())));
    made.attrs.emplace("else_branch", std::make_shared<Body>(inFalse.take(onFalse, arguments.size())));
    for (size_t k = 0; k < group.size(); ++k) {
      graph.madeFor[group[k]] = static_cast<int>(graph.made.size());
      graph.resultOf[group[k]] = static_cast<int>(k);
    }
    graph.made.push_back(std::move(made));
    return true;
  }

  std::vector<Node> &nodes;
  Structured graph;
  std::vector<Guard> guards;
  std::map<std::tuple<int, int, int, int>, int> numbers; // of guards
  std::vector<int> guardOf;                              // of each node; of a Switch what is around it
  std::map<int, Join> joins;                             // by Merge
  std::vector<std::vector<int>> groups;                  // of Merges; inner ones first
};

} // namespace

void raiseConditionals(std::vector<Node> &nodes, const std::vector<Edge *> &roots) {
  if (std::any_of(nodes.begin(), nodes.end(), [](const Node &node) { return isOpOrRef(node, "Merge"); }))
    ConditionalRaiser(nodes).run(roots);
}

void raiseConditionals(Body &body) {
  std::vector<Edge> edges;
  for (int argument : body.arguments)
    edges.push_back({argument, 0});
  edges.insert(edges.end(), body.results.begin(), body.results.end());
  std::vector<Edge *> roots;
  for (Edge &edge : edges)
    roots.push_back(&edge);
  raiseConditionals(body.nodes, roots);
  for (size_t i = 0; i < body.arguments.size(); ++i)
    body.arguments[i] = edges[i].node;
  body.results.assign(edges.begin() + body.arguments.size(), edges.end());
}

} // namespace aotc::tf
