#include "compiler/frontend/tensorflow/reader/Loops.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Collect.h"
#include "compiler/frontend/tensorflow/reader/Conditionals.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"

namespace aotc::tf {
namespace {

bool isLoopOp(const Node &node) {
  return isOpOrRef(node, "Enter") || isOpOrRef(node, "NextIteration") || isOpOrRef(node, "Exit") || node.op == "LoopCond";
}

std::string frameName(const Node &enter) {
  auto found = enter.attrs.find("frame_name");
  const auto *name = found == enter.attrs.end() ? nullptr : std::get_if<std::string>(&found->second);
  return name ? *name : "";
}

struct Frame {
  int parent = -1; // index; frame 0 is the graph around all loops
  int depth = 0;
  std::vector<int> enters, merges, exits; // merges that close a cycle; exits that leave the frame
  int condition = -1;                     // its LoopCond
};

class LoopRaiser {
public:
  LoopRaiser(std::vector<Node> &nodes, Diagnostics &diagnostics) : nodes(nodes), graph(nodes), diagnostics(diagnostics) {}

  void run(const std::vector<Edge *> &roots) {
    frames.emplace_back();
    if (!findFrames() || !raiseAll() || !rebuild(roots))
      dropLoops();
  }

private:
  bool raiseAll() {
    std::vector<int> innermostFirst;
    for (size_t f = 1; f < frames.size(); ++f)
      innermostFirst.push_back(static_cast<int>(f));
    std::stable_sort(innermostFirst.begin(), innermostFirst.end(),
                     [&](int a, int b) { return frames[a].depth > frames[b].depth; });
    for (int f : innermostFirst)
      if (!raise(f))
        return false;
    return true;
  }

  // After a report: what belongs to loops becomes constants that were reported.
  void dropLoops() {
    for (size_t i = 0; i < nodes.size(); ++i) {
      Node &node = nodes[i];
      if (frameOf[i] == 0 && !isLoopOp(node) && std::none_of(node.inputs.begin(), node.inputs.end(), [&](Edge e) { return isBack(e); }))
        continue;
      node.op = "Const";
      node.inputs.clear();
      node.controls.clear();
      node.attrs = {{"value", BadTensor{}}};
    }
  }

  bool error(const Node &node, absl::string_view message, absl::string_view remedy = "") {
    diagnostics.error(node.name, node.op, std::string(message), std::string(remedy));
    return false;
  }
  bool isBack(Edge edge) const { return edge.node >= 0 && isOpOrRef(nodes[edge.node], "NextIteration"); }

  // Which frame each node runs in.
  bool findFrames() {
    std::map<std::string, int> byName;
    for (const Node &node : nodes) {
      if (!isOpOrRef(node, "Enter") || !byName.try_emplace(frameName(node), static_cast<int>(frames.size())).second)
        continue;
      frames.emplace_back();
      frames.back().parent = 0;
    }
    frameOf.assign(nodes.size(), 0);
    // Constants know no frame, so that only some of the Enters tell which frame is around. What is found grows until it stays.
    for (int round = 0; assignFrames(byName); ++round)
      if (round > kMaxCallDepth)
        return error(nodes[std::distance(nodes.begin(), std::find_if(nodes.begin(), nodes.end(), isLoopOp))],
                     absl::StrCat("loops nest deeper than ", kMaxCallDepth));
    for (size_t i = 0; i < nodes.size(); ++i)
      if (!enlist(static_cast<int>(i)))
        return false;
    return true;
  }

  // The operands that tell where a node runs: not those of its last round.
  template <typename Fn> void forSources(const Node &node, Fn visit) const {
    for (const std::vector<Edge> *edges : {&node.inputs, &node.controls})
      for (Edge edge : *edges)
        if (edge.node >= 0 && !(isOpOrRef(node, "Merge") && isBack(edge)))
          visit(edge);
  }

  // True: something changed.
  bool assignFrames(const std::map<std::string, int> &byName) {
    bool changed = false;
    for (size_t i = 0; i < nodes.size(); ++i) {
      const Node &node = nodes[i];
      int frame = 0;
      forSources(node, [&](Edge edge) {
        if (frames[frameOf[edge.node]].depth > frames[frame].depth)
          frame = frameOf[edge.node];
      });
      if (isOpOrRef(node, "Enter")) {
        const int inner = byName.at(frameName(node));
        const int depth = frames[frame].depth + 1;
        if (inner != frame && depth > frames[inner].depth && depth <= kMaxCallDepth + 2) {
          frames[inner].parent = frame;
          frames[inner].depth = depth;
          changed = true;
        }
        frame = inner;
      } else if (isOpOrRef(node, "Exit")) {
        frame = frame == 0 ? 0 : frames[frame].parent;
      }
      changed |= frameOf[i] != frame;
      frameOf[i] = frame;
    }
    return changed;
  }

  bool enlist(int i) {
    const Node &node = nodes[i];
    int frame = 0;
    bool mixes = false;
    forSources(node, [&](Edge edge) {
      int other = frameOf[edge.node];
      mixes |= !contains(frame, other) && !contains(other, frame);
      frame = contains(frame, other) ? other : frame;
    });
    if (mixes)
      return error(node, "has operands from different loops");
    if (isOpOrRef(node, "Enter")) {
      if (node.inputs.empty())
        return error(node, "has no operand");
      if (frames[frameOf[i]].depth > kMaxCallDepth)
        return error(node, absl::StrCat("loops nest deeper than ", kMaxCallDepth));
      if (!contains(frame, frames[frameOf[i]].parent))
        return error(node, "has operands from different loops");
      frames[frameOf[i]].enters.push_back(i);
      return true;
    }
    if (isOpOrRef(node, "Exit")) {
      if (frame == 0)
        return error(node, "leaves a loop that nothing enters");
      frames[frame].exits.push_back(i);
      return true;
    }
    const bool closes = isOpOrRef(node, "Merge") && std::any_of(node.inputs.begin(), node.inputs.end(), [&](Edge e) { return isBack(e); });
    if (frame == 0 && (closes || isOpOrRef(node, "NextIteration") || node.op == "LoopCond"))
      return error(node, "is outside of a loop");
    if (closes)
      frames[frame].merges.push_back(i);
    if (node.op != "LoopCond")
      return true;
    if (frames[frame].condition >= 0)
      return error(node, "is the second condition of its loop");
    frames[frame].condition = i;
    return true;
  }

  // `inner` is `outer` or a frame in it.
  bool contains(int outer, int inner) const {
    while (frames[inner].depth > frames[outer].depth)
      inner = frames[inner].parent;
    return inner == outer;
  }

  bool raise(int f) {
    Frame &frame = frames[f];
    const Node &any = nodes[frame.enters.front()];
    if (frame.condition < 0 || nodes[frame.condition].inputs.empty())
      return error(any, "the loop has no condition");
    // The arguments: first what changes from round to round, then what the loop takes from around.
    std::map<int, int> argumentOf;               // by Merge
    std::map<std::pair<int, int>, int> captured; // by node and port
    std::vector<Edge> inputs, next;
    for (int merge : frame.merges) {
      const Node &node = nodes[merge];
      if (node.inputs.size() != 2 || isBack(node.inputs[0]) == isBack(node.inputs[1]))
        return error(node, "must have one operand from before the loop and one from its last iteration");
      const bool first = isBack(node.inputs[0]);
      Edge start = node.inputs[first ? 1 : 0], again = node.inputs[first ? 0 : 1];
      if (start.node < 0 || !isOpOrRef(nodes[start.node], "Enter") || frameOf[start.node] != f || frameOf[again.node] != f ||
          nodes[again.node].inputs.empty())
        return error(node, "must have one operand from before the loop and one from its last iteration");
      argumentOf[merge] = static_cast<int>(inputs.size());
      inputs.push_back(nodes[start.node].inputs[0]);
      next.push_back(nodes[again.node].inputs[0]);
    }
    const Node *broken = nullptr;
    std::string problem;
    auto fail = [&](const Node &node, absl::string_view message) {
      if (!broken) {
        broken = &node;
        problem = std::string(message);
      }
      return Collector::Source{-1, {-1, 0}};
    };
    auto argument = [&](Edge from) {
      auto [found, isNew] = captured.try_emplace({from.node, from.port}, static_cast<int>(inputs.size()));
      if (isNew)
        inputs.push_back(from);
      return Collector::Source{found->second, {}};
    };
    auto resolve = [&](Edge edge) -> Collector::Source {
      if (edge.node < 0)
        return {-1, edge};
      const Node &node = nodes[edge.node];
      if (frameOf[edge.node] != f)
        return argument(edge);
      if (isOpOrRef(node, "Enter"))
        return argument(node.inputs[0]);
      if (auto found = argumentOf.find(edge.node); found != argumentOf.end())
        return edge.port == 0 ? Collector::Source{found->second, {}} : fail(node, "tells how often the loop ran, which is not supported");
      if (int k = switched(f, edge.node, argumentOf); k >= 0)
        return {k, {}};
      if (edge.node == frame.condition)
        return fail(node, "is an operand of the loop's body, which is not supported");
      return {-1, edge};
    };
    // Both bodies are looked at before either is written, as both have all arguments.
    Collector inCondition(graph, resolve), inBody(graph, resolve);
    std::vector<Edge> conditionRoots{nodes[frame.condition].inputs[0]};
    for (auto [collector, edges] : {std::pair(&inCondition, &conditionRoots), std::pair(&inBody, &next)})
      for (Edge edge : *edges)
        if (!collector->add(edge))
          return error(any, "the loop's nodes form a cycle");
    if (broken)
      return error(*broken, problem);
    auto condition = std::make_shared<Body>(inCondition.take(conditionRoots, inputs.size()));
    auto body = std::make_shared<Body>(inBody.take(next, inputs.size()));
    for (Body *one : {condition.get(), body.get()})
      raiseConditionals(*one);
    for (int k = static_cast<int>(next.size()); k < static_cast<int>(inputs.size()); ++k)
      body->results.push_back({k, 0}); // what does not change
    for (int exit : frame.exits) {
      Edge from = nodes[exit].inputs[0];
      int k = from.node >= 0 && from.port == 0 ? switched(f, from.node, argumentOf) : -1;
      if (k < 0)
        return error(nodes[exit], "must take what the loop's condition switches off");
      graph.madeFor[exit] = static_cast<int>(graph.made.size());
      graph.resultOf[exit] = k;
    }
    Node &loop = graph.made.emplace_back();
    loop.name = nodes[frame.condition].name;
    if (size_t slash = loop.name.rfind('/'); slash != std::string::npos && slash > 0)
      loop.name.resize(slash);
    loop.op = "While";
    loop.inputs = inputs;
    loop.attrs.emplace("cond", condition);
    loop.attrs.emplace("body", body);
    return true;
  }

  // Which carried value a Switch of the loop's condition passes on; -1: it is no such Switch.
  int switched(int f, int i, const std::map<int, int> &argumentOf) const {
    const Node &node = nodes[i];
    if (!isOpOrRef(node, "Switch") || node.inputs.size() != 2 || node.inputs[1].node != frames[f].condition)
      return -1;
    auto found = argumentOf.find(node.inputs[0].node);
    return found == argumentOf.end() || node.inputs[0].port != 0 ? -1 : found->second;
  }

  // The graph around all loops, in the order of before.
  bool rebuild(const std::vector<Edge *> &roots) {
    Collector collector(graph, [](Edge edge) { return Collector::Source{-1, edge}; });
    for (size_t i = 0; i < nodes.size(); ++i)
      if (frameOf[i] == 0 && !collector.add({static_cast<int>(i), 0}))
        return error(nodes[i], "is part of a cycle through a loop");
    for (const Edge *root : roots)
      if (root->node >= 0 && frameOf[root->node] != 0)
        return error(nodes[root->node], "is inside of a loop", "take outputs that leave it");
    nodes = collector.takeGraph(roots);
    return true;
  }

  std::vector<Node> &nodes;
  Structured graph;
  Diagnostics &diagnostics;
  std::vector<Frame> frames;
  std::vector<int> frameOf; // of each node
};

} // namespace

void raiseLoops(std::vector<Node> &nodes, const std::vector<Edge *> &roots, Diagnostics &diagnostics) {
  if (std::any_of(nodes.begin(), nodes.end(), isLoopOp))
    LoopRaiser(nodes, diagnostics).run(roots);
}

} // namespace aotc::tf
