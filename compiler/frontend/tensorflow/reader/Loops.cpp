#include "compiler/frontend/tensorflow/reader/Loops.h"

#include <algorithm>
#include <functional>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"

namespace aotc::tf {
namespace {

bool is(const Node &node, absl::string_view op) {
  return node.op == op || (absl::StartsWith(node.op, "Ref") && absl::string_view(node.op).substr(3) == op);
}

bool isLoopOp(const Node &node) {
  return is(node, "Enter") || is(node, "NextIteration") || is(node, "Exit") || node.op == "LoopCond";
}

std::string frameName(const Node &enter) {
  auto found = enter.attrs.find("frame_name");
  const auto *name = found == enter.attrs.end() ? nullptr : std::get_if<std::string>(&found->second);
  return name ? *name : "";
}

struct Frame {
  int parent = -1; // index; frame 0 is the graph around all loops
  int depth = 0;
  std::string name;
  std::vector<int> enters, merges, exits; // merges that close a cycle; exits that leave the frame
  int condition = -1;                     // its LoopCond
  Node loop;                              // what the frame becomes
  bool good = true;
};

// Collects what some edges need within one frame, producers first.
class Collector {
public:
  // What an edge into a body is there: an argument, or an edge between nodes of before.
  struct Source {
    int argument = -1;
    Edge edge;
  };
  using Resolve = std::function<Source(Edge)>;

  Collector(const std::vector<Node> &nodes, const std::vector<Frame> &frames, const std::vector<int> &loopOf, Resolve resolve)
      : nodes(nodes), frames(frames), loopOf(loopOf), resolve(std::move(resolve)) {}

  // Numbers from 0 to nodes.size() are nodes, those above are the loops of frames.
  // False: a cycle leads through this node.
  std::optional<int> add(int root) {
    if (!enter(root))
      return root;
    while (!stack.empty()) {
      auto &[from, next] = stack.back();
      const Node &node = at(from);
      if (next < node.inputs.size()) {
        Source source = resolve(node.inputs[next++]);
        if (source.argument < 0 && source.edge.node >= 0 && !enter(collapsed(source.edge)))
          return from;
        continue;
      }
      newIndex[from] = static_cast<int>(order.size());
      order.push_back(from);
      stack.pop_back();
    }
    return std::nullopt;
  }

  // The nodes found so far, after `arguments` nodes that stand for arguments.
  std::vector<Node> take(int arguments) {
    std::vector<Node> result(arguments);
    for (Node &argument : result)
      argument.op = "_Arg";
    for (int from : order) {
      result.push_back(at(from));
      for (Edge &input : result.back().inputs)
        input = renumbered(input, arguments);
    }
    return result;
  }
  Edge renumbered(Edge edge, int arguments) const {
    Source source = resolve(edge);
    if (source.argument >= 0)
      return {source.argument, 0};
    if (source.edge.node < 0)
      return source.edge;
    auto found = newIndex.find(collapsed(source.edge));
    return {found == newIndex.end() ? -1 : found->second + arguments, source.edge.port};
  }
  int collapsed(Edge edge) const {
    int frame = loopOf[edge.node];
    return frame < 0 ? edge.node : static_cast<int>(nodes.size()) + frame;
  }

private:
  const Node &at(int i) const {
    return i < static_cast<int>(nodes.size()) ? nodes[i] : frames[i - nodes.size()].loop;
  }
  // False where the node waits for itself.
  bool enter(int i) {
    auto [found, isNew] = newIndex.try_emplace(i, -1);
    if (isNew)
      stack.emplace_back(i, 0);
    return isNew || found->second >= 0;
  }

  const std::vector<Node> &nodes;
  const std::vector<Frame> &frames;
  const std::vector<int> &loopOf;
  Resolve resolve;
  std::map<int, int> newIndex; // -1: on the stack
  std::vector<int> order;
  std::vector<std::pair<int, size_t>> stack;
};

class LoopRaiser {
public:
  LoopRaiser(std::vector<Node> &nodes, Diagnostics &diagnostics) : nodes(nodes), diagnostics(diagnostics) {}

  void run(const std::vector<Edge *> &roots) {
    frames.emplace_back();
    loopOf.assign(nodes.size(), -1);
    exitIndex.assign(nodes.size(), -1);
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
      node.attrs = {{"value", BadTensor{}}};
    }
  }

  bool error(const Node &node, absl::string_view message, absl::string_view remedy = "") {
    diagnostics.error(node.name, node.op, std::string(message), std::string(remedy));
    return false;
  }
  bool isBack(Edge edge) const { return edge.node >= 0 && is(nodes[edge.node], "NextIteration"); }

  // Which frame each node runs in.
  bool findFrames() {
    std::map<std::pair<int, std::string>, int> byName;
    frameOf.assign(nodes.size(), 0);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const Node &node = nodes[i];
      int frame = 0;
      for (Edge input : node.inputs) {
        if (input.node < 0 || (is(node, "Merge") && isBack(input)))
          continue;
        int other = frameOf[input.node];
        if (!contains(frame, other) && !contains(other, frame))
          return error(node, "has operands from different loops");
        frame = contains(frame, other) ? other : frame;
      }
      if (is(node, "Enter")) {
        auto [found, isNew] = byName.try_emplace({frame, frameName(node)}, static_cast<int>(frames.size()));
        if (isNew) {
          Frame inner;
          inner.parent = frame;
          inner.depth = frames[frame].depth + 1;
          inner.name = frameName(node);
          if (inner.depth > kMaxCallDepth)
            return error(node, absl::StrCat("loops nest deeper than ", kMaxCallDepth));
          frames.push_back(std::move(inner));
        }
        frame = found->second;
        frames[frame].enters.push_back(static_cast<int>(i));
      } else if (is(node, "Exit")) {
        if (frame == 0)
          return error(node, "leaves a loop that nothing enters");
        frames[frame].exits.push_back(static_cast<int>(i));
        loopOf[i] = frame;
        frame = frames[frame].parent;
      } else if (is(node, "NextIteration") && frame == 0) {
        return error(node, "is outside of a loop");
      } else if (is(node, "Merge") && std::any_of(node.inputs.begin(), node.inputs.end(), [&](Edge e) { return isBack(e); })) {
        if (frame == 0)
          return error(node, "is outside of a loop");
        frames[frame].merges.push_back(static_cast<int>(i));
      } else if (node.op == "LoopCond") {
        if (frame == 0)
          return error(node, "is outside of a loop");
        if (frames[frame].condition >= 0)
          return error(node, "is the second condition of its loop");
        frames[frame].condition = static_cast<int>(i);
      }
      frameOf[i] = frame;
    }
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
      if (start.node < 0 || !is(nodes[start.node], "Enter") || frameOf[start.node] != f || frameOf[again.node] != f ||
          nodes[again.node].inputs.empty())
        return error(node, "must have one operand from before the loop and one from its last iteration");
      argumentOf[merge] = static_cast<int>(inputs.size());
      inputs.push_back(nodes[start.node].inputs.empty() ? Edge{-1, 0} : nodes[start.node].inputs[0]);
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
      if (is(node, "Enter"))
        return argument(node.inputs.empty() ? Edge{-1, 0} : node.inputs[0]);
      if (auto found = argumentOf.find(edge.node); found != argumentOf.end())
        return edge.port == 0 ? Collector::Source{found->second, {}} : fail(node, "tells how often the loop ran, which is not supported");
      if (int k = switched(f, edge.node, argumentOf); k >= 0)
        return {k, {}};
      if (edge.node == frame.condition)
        return fail(node, "is an operand of the loop's body, which is not supported");
      if (loopOf[edge.node] >= 0)
        return {-1, {edge.node, exitIndex[edge.node]}};
      return {-1, edge};
    };
    // Both bodies are looked at before either is written, as both have all arguments.
    auto condition = std::make_shared<Body>(), body = std::make_shared<Body>();
    Collector inCondition(nodes, frames, loopOf, resolve), inBody(nodes, frames, loopOf, resolve);
    std::vector<Edge> conditionRoots{nodes[frame.condition].inputs[0]};
    for (auto [collector, edges] : {std::pair(&inCondition, &conditionRoots), std::pair(&inBody, &next)})
      for (Edge edge : *edges) {
        Collector::Source source = resolve(edge);
        if (source.argument >= 0 || source.edge.node < 0)
          continue;
        if (std::optional<int> cycle = collector->add(collector->collapsed(source.edge)))
          return error(any, "the loop's nodes form a cycle");
      }
    if (broken)
      return error(*broken, problem);
    fill(*condition, inCondition, conditionRoots, inputs.size());
    fill(*body, inBody, next, inputs.size());
    for (int k = static_cast<int>(next.size()); k < static_cast<int>(inputs.size()); ++k)
      body->results.push_back({k, 0}); // what does not change
    for (int exit : frame.exits) {
      Edge from = nodes[exit].inputs[0];
      int k = from.node >= 0 && from.port == 0 ? switched(f, from.node, argumentOf) : -1;
      if (k < 0)
        return error(nodes[exit], "must take what the loop's condition switches off");
      exitIndex[exit] = k;
    }
    frame.loop.name = nodes[frame.condition].name;
    if (size_t slash = frame.loop.name.rfind('/'); slash != std::string::npos && slash > 0)
      frame.loop.name.resize(slash);
    frame.loop.op = "While";
    frame.loop.inputs = inputs;
    frame.loop.attrs.emplace("cond", condition);
    frame.loop.attrs.emplace("body", body);
    return true;
  }

  // Which carried value a Switch of the loop's condition passes on; -1: it is no such Switch.
  int switched(int f, int i, const std::map<int, int> &argumentOf) const {
    const Node &node = nodes[i];
    if (!is(node, "Switch") || node.inputs.size() != 2 || node.inputs[1].node != frames[f].condition)
      return -1;
    auto found = argumentOf.find(node.inputs[0].node);
    return found == argumentOf.end() || node.inputs[0].port != 0 ? -1 : found->second;
  }

  static void fill(Body &body, Collector &collector, const std::vector<Edge> &roots, size_t arguments) {
    body.nodes = collector.take(static_cast<int>(arguments));
    for (size_t k = 0; k < arguments; ++k)
      body.arguments.push_back(static_cast<int>(k));
    for (Edge root : roots)
      body.results.push_back(collector.renumbered(root, static_cast<int>(arguments)));
  }

  // The graph around all loops, in the order of before.
  bool rebuild(const std::vector<Edge *> &roots) {
    auto resolve = [&](Edge edge) -> Collector::Source {
      if (edge.node >= 0 && loopOf[edge.node] >= 0)
        edge.port = exitIndex[edge.node];
      return {-1, edge};
    };
    Collector collector(nodes, frames, loopOf, resolve);
    for (size_t i = 0; i < nodes.size(); ++i)
      if (frameOf[i] == 0)
        if (std::optional<int> cycle = collector.add(collector.collapsed({static_cast<int>(i), 0})))
          return error(nodes[i], "is part of a cycle through a loop");
    for (const Edge *root : roots)
      if (root->node >= 0 && frameOf[root->node] != 0)
        return error(nodes[root->node], "is inside of a loop", "take outputs that leave it");
    for (Edge *root : roots)
      *root = collector.renumbered(*root, 0);
    nodes = collector.take(0);
    return true;
  }

  std::vector<Node> &nodes;
  Diagnostics &diagnostics;
  std::vector<Frame> frames;
  std::vector<int> frameOf;   // of each node
  std::vector<int> loopOf;    // the frame that an Exit leaves, else -1
  std::vector<int> exitIndex; // which result of the loop an Exit is
};

} // namespace

void raiseLoops(std::vector<Node> &nodes, const std::vector<Edge *> &roots, Diagnostics &diagnostics) {
  if (std::any_of(nodes.begin(), nodes.end(), isLoopOp))
    LoopRaiser(nodes, diagnostics).run(roots);
}

} // namespace aotc::tf
