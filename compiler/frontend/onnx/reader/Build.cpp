#include "compiler/frontend/onnx/reader/Build.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/common/NearestName.h"

namespace aotc::onnx {
namespace {

using proto::AttributeProto;
using proto::GraphProto;
using proto::NodeProto;

std::string labelOf(const NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  for (const std::string &output : node.output())
    if (!output.empty())
      return output;
  return "";
}

// Names that the graphs in a node read from the graphs around them.
void addFreeNames(const NodeProto &node, absl::flat_hash_set<std::string> &names) {
  for (const AttributeProto &attribute : node.attribute()) {
    if (!attribute.has_g())
      continue;
    const GraphProto &graph = attribute.g();
    absl::flat_hash_set<std::string> inside;
    for (const NodeProto &inner : graph.node()) {
      inside.insert(inner.input().begin(), inner.input().end());
      addFreeNames(inner, inside);
    }
    for (const auto &output : graph.output())
      inside.insert(output.name());
    for (const NodeProto &inner : graph.node())
      for (const std::string &output : inner.output())
        inside.erase(output);
    for (const auto &input : graph.input())
      inside.erase(input.name());
    for (const auto &initializer : graph.initializer())
      inside.erase(initializer.name());
    for (const auto &initializer : graph.sparse_initializer())
      inside.erase(initializer.values().name());
    names.merge(inside);
  }
}

} // namespace

int GraphBuilder::valueOf(const std::string &name) {
  auto [found, fresh] = index.try_emplace(name, static_cast<int>(graph.values.size()));
  if (fresh)
    graph.values.push_back(name);
  return found->second;
}

void GraphBuilder::addInitializer(const std::string &name, TensorSource source) {
  if (name.empty())
    diagnostics.error("", "", "an initializer has no name");
  else if (!initializers.try_emplace(valueOf(name), source).second)
    diagnostics.error(name, "", "two initializers have this name");
}

void GraphBuilder::addNodes(google::protobuf::RepeatedPtrField<NodeProto> &list) {
  for (NodeProto &node : list) {
    for (const std::string &output : node.output()) {
      if (output.empty())
        continue;
      const bool known = index.count(output) != 0;
      if (known)
        diagnostics.error(labelOf(node), node.op_type(), absl::StrCat("output '", output, "' is defined twice"),
                          "names of values must differ");
      else
        producers[valueOf(output)] = static_cast<int>(nodes.size());
    }
    nodes.push_back(&node);
  }
}

void GraphBuilder::define(GraphProto &message) {
  for (auto &initializer : *message.mutable_initializer())
    addInitializer(initializer.name(), &initializer);
  for (auto &initializer : *message.mutable_sparse_initializer())
    addInitializer(initializer.values().name(), &initializer);
  absl::flat_hash_set<std::string> inputs;
  for (const auto &input : message.input()) {
    valueOf(input.name());
    if (!inputs.insert(input.name()).second)
      diagnostics.error(input.name(), "", "two inputs have this name");
  }
  addNodes(*message.mutable_node());
}

void GraphBuilder::define(proto::FunctionProto &message) {
  for (const std::string &input : message.input())
    valueOf(input);
  addNodes(*message.mutable_node());
}

int GraphBuilder::find(const std::string &name) const {
  auto found = index.find(name);
  return found == index.end() ? -1 : found->second;
}

int GraphBuilder::resolve(const std::string &name) {
  if (int value = find(name); value >= 0)
    return value;
  int outerValue = outer ? outer->resolve(name) : -1;
  if (outerValue < 0)
    return -1;
  outer->used.insert(outerValue);
  int value = valueOf(name);
  graph.captures.push_back({outerValue, value});
  return value;
}

std::string GraphBuilder::suggestion(const std::string &name) const {
  constexpr size_t kMost = 20; // a search takes time, and files may have a million mistakes
  std::string near = diagnostics.errors().size() < kMost ? nearestName(name, graph.values) : "";
  return near.empty() ? "" : absl::StrCat("did you mean '", near, "'?");
}

int GraphBuilder::findOutput(const std::string &name) {
  int value = resolve(name);
  if (value < 0)
    diagnostics.error(name, "", "there is no value of this name to be an output", suggestion(name));
  return value;
}

std::vector<int> GraphBuilder::dependencies(int node) const {
  absl::flat_hash_set<std::string> names(nodes[node]->input().begin(), nodes[node]->input().end());
  addFreeNames(*nodes[node], names);
  std::vector<int> values;
  for (const std::string &name : names)
    if (int value = find(name); value >= 0)
      values.push_back(value);
  std::sort(values.begin(), values.end());
  return values;
}

// In an order where producers come first, that of the file where it is one.
std::vector<int> GraphBuilder::neededNodes(const std::vector<int> &outputs, const absl::flat_hash_set<int> &cuts) {
  absl::flat_hash_map<int, std::vector<int>> producersOf; // by node
  std::vector<int> pending;
  auto need = [&](int value, std::vector<int> *user) {
    auto producer = producers.find(value);
    if (producer == producers.end() || cuts.count(value))
      return;
    pending.push_back(producer->second);
    if (user)
      user->push_back(producer->second);
  };
  for (int output : outputs)
    need(output, nullptr);
  while (!pending.empty()) {
    int node = pending.back();
    pending.pop_back();
    auto [entry, fresh] = producersOf.try_emplace(node);
    if (!fresh)
      continue;
    std::vector<int> direct;
    for (int value : dependencies(node))
      need(value, &direct);
    producersOf[node] = std::move(direct);
  }
  std::vector<int> roots, order;
  for (const auto &entry : producersOf)
    roots.push_back(entry.first);
  std::sort(roots.begin(), roots.end());
  enum class State { Waiting, Open, Done };
  absl::flat_hash_map<int, State> states;
  for (int root : roots) {
    std::vector<std::pair<int, size_t>> stack; // node, producers seen
    if (states[root] == State::Waiting)
      stack.push_back({root, 0});
    states[root] = states[root] == State::Done ? State::Done : State::Open;
    while (!stack.empty()) {
      auto &[node, seen] = stack.back();
      const std::vector<int> &before = producersOf[node];
      if (seen == before.size()) {
        states[node] = State::Done;
        order.push_back(node);
        stack.pop_back();
        continue;
      }
      int next = before[seen++];
      State &state = states[next];
      if (state == State::Open)
        diagnostics.error(labelOf(*nodes[next]), nodes[next]->op_type(), "the graph has a cycle through this node");
      if (state != State::Waiting)
        continue;
      state = State::Open;
      stack.push_back({next, 0});
    }
  }
  return order;
}

std::shared_ptr<const Graph> GraphBuilder::buildInner(GraphProto &message) {
  GraphBuilder inner(decoder, diagnostics, this);
  inner.define(message);
  std::vector<int> inputs, outputs;
  for (const auto &input : message.input())
    inputs.push_back(inner.find(input.name()));
  for (const auto &output : message.output())
    outputs.push_back(inner.findOutput(output.name()));
  return std::make_shared<const Graph>(inner.build(std::move(inputs), std::move(outputs)));
}

Node GraphBuilder::buildNode(NodeProto &message) {
  Node node;
  node.name = labelOf(message);
  node.op = message.op_type();
  node.domain = message.domain() == "ai.onnx" ? "" : message.domain();
  node.overload = message.overload();
  for (const std::string &input : message.input()) {
    int value = input.empty() ? -1 : resolve(input);
    if (value >= 0)
      used.insert(value);
    if (value < 0 && !input.empty())
      diagnostics.error(node.name, node.op, absl::StrCat("input '", input, "' is not defined"), suggestion(input));
    node.inputs.push_back(value);
  }
  for (const std::string &output : message.output())
    node.outputs.push_back(output.empty() ? -1 : find(output));
  for (auto *list : {&node.inputs, &node.outputs})
    while (!list->empty() && list->back() < 0)
      list->pop_back();
  for (AttributeProto &attribute : *message.mutable_attribute()) {
    Attr value = kindOf(attribute) == AttributeProto::GRAPH && attribute.ref_attr_name().empty()
                     ? Attr(buildInner(*attribute.mutable_g()))
                     : decoder.attr(attribute);
    if (!node.attrs.try_emplace(attribute.name(), std::move(value)).second)
      diagnostics.error(node.name, node.op, absl::StrCat("attribute '", attribute.name(), "' is given twice"));
  }
  return node;
}

void GraphBuilder::buildInitializers(const absl::flat_hash_set<int> &cuts) {
  for (int value = 0, e = static_cast<int>(graph.values.size()); value < e; ++value) {
    auto found = initializers.find(value);
    if (found == initializers.end() || !used.count(value) || cuts.count(value))
      continue;
    TensorOrBad content = std::visit([&](auto *message) { return decoder.tensor(*message); }, found->second);
    if (auto *problem = std::get_if<BadValue>(&content)) {
      diagnostics.error(graph.values[value], "", absl::StrCat("the initializer ", problem->reason));
      problem->reason.clear();
    }
    graph.initializers.push_back({value, std::move(content)});
  }
}

Graph GraphBuilder::build(std::vector<int> inputs, std::vector<int> outputs, const absl::flat_hash_set<int> &cuts) {
  for (int output : outputs)
    used.insert(output);
  for (int node : neededNodes(outputs, cuts))
    graph.nodes.push_back(buildNode(*nodes[node]));
  buildInitializers(cuts);
  graph.inputs = std::move(inputs);
  graph.outputs = std::move(outputs);
  return std::move(graph);
}

Opsets opsetsOf(const google::protobuf::RepeatedPtrField<proto::OperatorSetIdProto> &list) {
  Opsets opsets;
  for (const auto &entry : list)
    opsets[entry.domain() == "ai.onnx" ? "" : entry.domain()] = entry.version();
  return opsets;
}

Function buildFunction(proto::FunctionProto &message, Decoder &decoder, Diagnostics &diagnostics) {
  GraphBuilder builder(decoder, diagnostics);
  builder.define(message);
  std::vector<int> inputs, outputs;
  for (const std::string &input : message.input())
    inputs.push_back(builder.find(input));
  for (const std::string &output : message.output())
    outputs.push_back(builder.findOutput(output));
  Function function{message.name(), message.domain(), message.overload(),
                    builder.build(std::move(inputs), std::move(outputs)), {}, opsetsOf(message.opset_import())};
  for (auto &attribute : *message.mutable_attribute_proto())
    function.defaults.try_emplace(attribute.name(), decoder.attr(attribute));
  return function;
}

} // namespace aotc::onnx
