#include "compiler/frontend/tensorflow/savedmodel/Restore.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Inline.h"

namespace aotc::tf {
namespace {

class RestoreFinder {
public:
  RestoreFinder(FlatGraph flat, Diagnostics &diagnostics) : flat(std::move(flat)), diagnostics(diagnostics) {}

  std::map<std::string, Restored> run() {
    std::map<std::string, Restored> result;
    for (const FlatNode &node : flat.nodes) {
      if (node.kind != FlatNode::Operation || (node.def->op() != "AssignVariableOp" && node.def->op() != "Assign") ||
          node.inputs.size() < 2)
        continue;
      const FlatNode *variable = producer(node.inputs[0]).first;
      auto [value, port] = producer(node.inputs[1]);
      // Other assignments initialize what checkpoints do not hold.
      if (!variable || !value || value->def->op() != "RestoreV2" || value->inputs.size() != 3)
        continue;
      const std::string *key = text(value->inputs[1], port), *slice = text(value->inputs[2], port);
      if (!key || !slice) {
        diagnostics.error(value->name, value->def->op(), "the names of the tensors to restore are not constant");
        continue;
      }
      Restored restored{*key, std::nullopt};
      if (!slice->empty() && !(restored.slice = parseSliceSpec(*slice)))
        diagnostics.error(value->name, value->def->op(), absl::StrCat("'", *slice, "' is not a part of a tensor"));
      result.emplace(variableName(variable->def->name(), attr(*variable, "container"), attr(*variable, "shared_name")),
                     std::move(restored));
    }
    return result;
  }

private:
  // Looks through calls and identities, of which TensorFlow writes one.
  std::pair<const FlatNode *, int> producer(FlatEdge edge) {
    constexpr int kMaxIdentities = 16;
    for (int i = 0; i < kMaxIdentities; ++i) {
      edge = flat.resolve(edge);
      if (edge.node < 0 || flat.nodes[edge.node].kind != FlatNode::Operation)
        return {nullptr, 0};
      const FlatNode &node = flat.nodes[edge.node];
      if (node.def->op() != "Identity" || node.inputs.empty())
        return {&node, edge.port};
      edge = node.inputs[0];
    }
    return {nullptr, 0};
  }

  // Element `i` of a constant list of strings; its last stands for those that are missing.
  const std::string *text(FlatEdge edge, int i) {
    const FlatNode *node = producer(edge).first;
    const proto::AttrValue *value = node ? findAttr(*node->def, "value", node->environment) : nullptr;
    if (!value || value->tensor().string_val().empty() || i < 0)
      return nullptr;
    return &value->tensor().string_val(std::min(i, value->tensor().string_val_size() - 1));
  }

  static std::string attr(const FlatNode &node, const std::string &name) {
    const proto::AttrValue *value = findAttr(*node.def, name, node.environment);
    return value ? value->s() : "";
  }

  FlatGraph flat;
  Diagnostics &diagnostics;
};

} // namespace

std::string variableName(absl::string_view node, absl::string_view container, absl::string_view sharedName) {
  // The name of variables that share nothing.
  constexpr absl::string_view kAnonymous = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";
  return absl::StrCat(container, ":", sharedName.empty() || sharedName == kAnonymous ? node : sharedName);
}

std::map<std::string, Restored> findRestored(const proto::GraphDef &graph, const std::string &restoreOp,
                                             Diagnostics &diagnostics) {
  Scope scope(graph);
  Library library(graph, diagnostics);
  if (!scope.resolve(diagnostics) || !library.checkCalls(scope))
    return {};
  auto node = scope.byName.find(restoreOp);
  if (node == scope.byName.end()) {
    diagnostics.error("", "", absl::StrCat("the graph lacks the node '", restoreOp, "' that restores its variables"));
    return {};
  }
  Selection selection;
  selection.effects = true;
  selection.runs = {node->second};
  std::optional<FlatGraph> flat = flatten(scope, library, selection, diagnostics);
  if (!flat)
    return {};
  return RestoreFinder(std::move(*flat), diagnostics).run();
}

} // namespace aotc::tf
