#include "compiler/frontend/common/NearestName.h"
#include "compiler/frontend/tensorflow/reader/Select.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"

namespace aotc::tf {
namespace {

// Outputs of a node of the graph; for a call those of the function.
int64_t portCount(const proto::NodeDef &node, Library &library) {
  int64_t ports = 0;
  if (const Function *function = library.callee(node); function && !isGenericCall(node.op())) {
    Environment environment;
    for (const auto &[name, value] : node.attr())
      environment.emplace(name, &value);
    for (const auto &arg : function->scope.function->signature().output_arg())
      ports += std::max<int64_t>(portsOf(arg, environment), 0);
    return ports;
  }
  for (const OutputArg &arg : library.outputArgs(node, nullptr))
    ports += std::max<int64_t>(arg.ports, 0);
  return ports;
}

class DefaultOutputs {
public:
  DefaultOutputs(const Scope &scope, Library &library) : scope(scope), library(library) {}

  // Nodes that nobody consumes. Where that leaves nothing, first bookkeeping
  // stops to count as a consumer, then leftovers count as outputs too.
  std::vector<Port> find() {
    findLeftovers();
    findLoops();
    std::vector<Port> outputs;
    for (auto [strict, leftovers] :
         {std::pair(true, false), std::pair(false, false), std::pair(false, true)}) {
      outputs = leaves(strict, leftovers);
      if (!outputs.empty())
        break;
    }
    return outputs;
  }

private:
  // Constants and what merely passes them on, left from freezing, and final values of loops that nobody wants.
  void findLeftovers() {
    leftover.resize(scope.nodes.size());
    for (int i : scope.order) {
      const std::string &op = scope.nodes[i]->op();
      if (op == "Const" || op == "Exit" || op == "RefExit")
        leftover[i] = true;
      else if (op == "Identity")
        for (const Input &input : scope.inputs[i])
          if (!input.control)
            leftover[i] = leftover[input.node] && scope.nodes[input.node]->op() != "Exit";
    }
  }

  // Nodes in loops of TensorFlow 1: between Enter and Exit.
  void findLoops() {
    depth.resize(scope.nodes.size());
    for (int i : scope.order) {
      const std::string &op = scope.nodes[i]->op();
      for (const Input &input : scope.inputs[i])
        if (!input.control && !scope.isBackEdge(input, i))
          depth[i] = std::max(depth[i], depth[input.node]);
      if (op == "Enter" || op == "RefEnter")
        ++depth[i];
      else if ((op == "Exit" || op == "RefExit") && depth[i] > 0)
        --depth[i];
    }
  }

  std::vector<Port> leaves(bool strict, bool leftovers) {
    std::vector<bool> consumed(scope.nodes.size());
    for (size_t i = 0; i < scope.nodes.size(); ++i)
      if (strict || !isBookkeeping(scope.nodes[i]->op()))
        for (const Input &input : scope.inputs[i])
          if (!input.control || scope.isPivot(input, i))
            consumed[input.node] = true;
    std::vector<Port> outputs;
    for (size_t i = 0; i < scope.nodes.size() && outputs.size() <= kMaxDefaultOutputs; ++i) {
      const proto::NodeDef &node = *scope.nodes[i];
      if (consumed[i] || isPlaceholder(node.op()) || isBookkeeping(node.op()) || depth[i] > 0 ||
          (leftover[i] && !leftovers))
        continue;
      int64_t ports = portCount(node, library);
      if (absl::StartsWith(node.op(), "FusedBatchNorm"))
        ports = 1; // the others serve training
      for (int64_t port = 0; port < ports && outputs.size() <= kMaxDefaultOutputs; ++port)
        outputs.push_back({static_cast<int>(i), static_cast<int>(port)});
    }
    return outputs;
  }

  const Scope &scope;
  Library &library;
  std::vector<bool> leftover;
  std::vector<int> depth; // of loops around
};

class NameLookup {
public:
  NameLookup(const Scope &scope, Diagnostics &diagnostics) : scope(scope), diagnostics(diagnostics) {}

  std::optional<Port> find(const std::string &name, absl::string_view role) {
    std::optional<TensorName> parsed = parseTensorName(name);
    if (!parsed) {
      diagnostics.error("", "", absl::StrCat(role, " '", name, "' is not a tensor name"),
                        "names look like node, node:0 or node:1");
      return std::nullopt;
    }
    auto found = scope.byName.find(parsed->node);
    if (found != scope.byName.end())
      return Port{found->second, parsed->port};
    std::string meant = nearest(parsed->node);
    diagnostics.error("", "", absl::StrCat(role, " '", name, "': the graph has no such node"),
                      meant.empty() ? "" : absl::StrCat("did you mean '", meant, "'?"));
    return std::nullopt;
  }

private:
  std::string nearest(absl::string_view name) {
    if (names.empty())
      for (const proto::NodeDef *node : scope.nodes)
        names.push_back(node->name());
    return nearestName(name, names);
  }

  const Scope &scope;
  Diagnostics &diagnostics;
  std::vector<std::string> names;
};

} // namespace

bool isPlaceholder(absl::string_view op) { return op == "Placeholder" || op == "PlaceholderV2"; }

Selection select(const Scope &scope, Library &library, const ReadOptions &options, Diagnostics &diagnostics) {
  Selection selection;
  selection.effects = options.effects;
  NameLookup lookup(scope, diagnostics);
  for (const std::string &name : options.cutInputs)
    if (std::optional<Port> port = lookup.find(name, "input"))
      selection.cuts.push_back(*port);
  std::sort(selection.cuts.begin(), selection.cuts.end());
  auto twice = std::adjacent_find(selection.cuts.begin(), selection.cuts.end());
  if (twice != selection.cuts.end()) {
    diagnostics.error(scope.nodes[twice->node]->name(), "", "is named twice as an input");
    selection.cuts.erase(std::unique(selection.cuts.begin(), selection.cuts.end()), selection.cuts.end());
  }
  for (const std::string &name : options.outputs) {
    std::optional<Port> port = lookup.find(name, "output");
    if (!port)
      continue;
    const proto::NodeDef &node = *scope.nodes[port->node];
    if (int64_t ports = portCount(node, library); port->port >= ports)
      diagnostics.error(node.name(), node.op(),
                        ports == 0 ? "has no outputs"
                                   : absl::StrCat("has no output ", port->port, "; it has ", ports));
    else
      selection.outputs.push_back(*port);
  }
  if (!options.outputs.empty())
    return selection;
  selection.outputs = DefaultOutputs(scope, library).find();
  if (selection.outputs.empty())
    diagnostics.error("", "", "the graph has no outputs: all its nodes are consumed, or serve training only",
                      "choose with --output NAME");
  if (selection.outputs.size() > kMaxDefaultOutputs)
    diagnostics.error("", "", absl::StrCat("the graph has more than ", kMaxDefaultOutputs, " outputs"),
                      "choose with --output NAME");
  return selection;
}

} // namespace aotc::tf
