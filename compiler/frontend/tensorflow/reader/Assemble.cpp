#include "compiler/frontend/tensorflow/reader/Assemble.h"

#include <algorithm>
#include <climits>
#include <map>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Conditionals.h"
#include "compiler/frontend/tensorflow/reader/Decode.h"
#include "compiler/frontend/tensorflow/reader/Loops.h"

namespace aotc::tf {
namespace {

// Graphs of older producers write a placeholder's unknown shape as rank 0.
constexpr int kFirstProducerWithScalarPlaceholders = 24;

class Assembler {
public:
  Assembler(int producer, FlatGraph flat, Decoder &decoder, Diagnostics &diagnostics)
      : producer(producer), flat(std::move(flat)), diagnostics(diagnostics), decoder(decoder) {}

  Model run(const Scope &scope, const Selection &selection) {
    findOrder(selection.effects);
    Model model;
    model.graph.nodes = makeNodes();
    addInputs(model);
    for (size_t i = 0; i < selection.outputs.size(); ++i) {
      TensorName name{scope.nodes[selection.outputs[i].node]->name(), selection.outputs[i].port};
      model.outputs.push_back({toString(name), edge(flat.resolve(flat.outputs[i]))});
    }
    reportUnusedCuts(scope, selection, model);
    std::vector<Edge *> edges;
    for (InputInfo &input : model.inputs)
      edges.push_back(&input.edge);
    for (OutputInfo &output : model.outputs)
      edges.push_back(&output.edge);
    raiseLoops(model.graph.nodes, edges, diagnostics);
    raiseConditionals(model.graph.nodes, edges);
    return model;
  }

  // The first `arguments` nodes of the graph are those of a body.
  Body runBody(int arguments, bool effects) {
    findOrder(effects);
    Body body;
    body.nodes = makeNodes();
    std::vector<Edge> edges;
    for (int i = 0; i < arguments; ++i)
      edges.push_back({newIndex[i], 0});
    for (FlatEdge output : flat.outputs)
      edges.push_back(edge(flat.resolve(output)));
    std::vector<Edge *> roots;
    for (Edge &edge : edges)
      roots.push_back(&edge);
    raiseLoops(body.nodes, roots, diagnostics);
    for (int i = 0; i < arguments; ++i)
      body.arguments.push_back(edges[i].node);
    body.results.assign(edges.begin() + arguments, edges.end());
    raiseConditionals(body);
    return body;
  }

private:
  std::vector<Node> makeNodes() {
    std::vector<Node> nodes;
    nodes.reserve(order.size());
    for (int i : order)
      nodes.push_back(makeNode(flat.nodes[i]));
    return nodes;
  }

  Edge edge(FlatEdge from) const { return {newIndex[from.node], from.port}; }

  // Depth first from the outputs, producers first. Loops of control flow are
  // looked at from Merge on; what stands behind such an edge is kept as well.
  void findOrder(bool withEffects) {
    effects = withEffects;
    newIndex.assign(flat.nodes.size(), -1);
    std::vector<bool> entered(flat.nodes.size());
    std::vector<std::pair<int, size_t>> frames; // node, input to look at
    std::vector<int> roots;
    for (FlatEdge output : flat.outputs)
      roots.push_back(flat.resolve(output).node);
    if (effects)
      for (size_t i = 0; i < flat.nodes.size(); ++i)
        if (flat.nodes[i].kind == FlatNode::Operation && isAssignment(flat.nodes[i].def->op()))
          roots.push_back(static_cast<int>(i));
    auto enter = [&](int i) {
      if (entered[i])
        return;
      entered[i] = true;
      for (FlatEdge &input : flat.nodes[i].inputs) {
        input = flat.resolve(input);
        if (isBackEdge(input, flat.nodes[i]))
          roots.push_back(input.node);
      }
      for (FlatEdge &control : flat.nodes[i].controls)
        control = flat.resolve(control);
      frames.emplace_back(i, 0);
    };
    for (size_t root = 0; root < roots.size(); ++root) { // grows on the way
      enter(roots[root]);
      while (!frames.empty()) {
        auto &[i, next] = frames.back();
        const FlatNode &node = flat.nodes[i];
        if (next < node.inputs.size() + node.controls.size()) {
          FlatEdge input = next < node.inputs.size() ? node.inputs[next] : node.controls[next - node.inputs.size()];
          ++next;
          if (!isBackEdge(input, node))
            enter(input.node);
          continue;
        }
        newIndex[i] = static_cast<int>(order.size());
        order.push_back(i);
        frames.pop_back();
      }
    }
    if (!effects)
      return;
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      return std::pair(flat.nodes[a].sequence, a) < std::pair(flat.nodes[b].sequence, b);
    });
    for (size_t i = 0; i < order.size(); ++i)
      newIndex[order[i]] = static_cast<int>(i);
  }

  bool isBackEdge(FlatEdge input, const FlatNode &consumer) const {
    return consumer.kind == FlatNode::Operation && (consumer.def->op() == "Merge" || consumer.def->op() == "RefMerge") &&
           absl::EndsWith(flat.nodes[input.node].def->op(), "NextIteration");
  }

  Node makeNode(const FlatNode &from) {
    Node node;
    node.name = from.name;
    if (isInput(from)) {
      node.op = "Placeholder";
      node.attrs["dtype"] = inputType(from);
      node.attrs["shape"] = inputShape(from);
      return node;
    }
    node.op = from.def->op();
    for (FlatEdge input : from.inputs)
      node.inputs.push_back(edge(input));
    for (FlatEdge control : from.controls)
      node.controls.push_back(edge(control));
    for (const auto &[name, value] : from.def->attr()) {
      if (absl::StartsWith(name, "_") && name != "_output_shapes")
        continue;
      const proto::AttrValue *actual = findAttr(*from.def, name, from.environment);
      if (!actual)
        diagnostics.error(node.name, node.op,
                          absl::StrCat("attribute '", name, "' refers to '", value.placeholder(),
                                       "', which no call gives"));
      else if (std::optional<Attr> attr = decoder.attr(*actual))
        node.attrs.emplace(name, std::move(*attr));
    }
    if (node.op == "Const")
      checkConstant(node);
    if (absl::EndsWith(node.op, "Enter")) // each call of a function has loops of its own
      if (auto *frame = findText(node, "frame_name"))
        frame->insert(0, from.name, 0, from.name.size() - from.def->name().size());
    std::map<std::string, std::vector<BodyPtr>> bodies;
    for (const FlatBody &body : from.bodies)
      bodies[body.attr].push_back(std::make_shared<Body>(
          Assembler(producer, std::move(*body.graph), decoder, diagnostics).runBody(body.arguments, effects)));
    for (auto &[name, list] : bodies)
      node.attrs[name] = name == "branches" ? Attr(std::move(list)) : Attr(list.front());
    return node;
  }

  static std::string *findText(Node &node, const char *name) {
    auto found = node.attrs.find(name);
    return found == node.attrs.end() ? nullptr : std::get_if<std::string>(&found->second);
  }

  static void checkConstant(Node &node) {
    auto value = node.attrs.find("value"), dtype = node.attrs.find("dtype");
    if (value == node.attrs.end() || dtype == node.attrs.end())
      return;
    const auto *tensor = std::get_if<Tensor>(&value->second);
    const auto *type = std::get_if<TypeCode>(&dtype->second);
    if (tensor && type && dtypeOf(*type) != tensor->dtype())
      value->second = BadTensor{absl::StrCat("holds ", std::string(name(tensor->dtype())),
                                             " elements, but the attribute 'dtype' is ", nameOf(*type))};
  }

  static bool isInput(const FlatNode &node) {
    if (node.kind == FlatNode::Argument)
      return false;
    return node.kind == FlatNode::Cut || isPlaceholder(node.def->op());
  }

  // A cut's type, as far as an attribute tells it.
  TypeCode inputType(const FlatNode &node) const {
    static constexpr absl::string_view kBool[] = {"Equal",      "NotEqual",     "Less",      "LessEqual",
                                                  "Greater",    "GreaterEqual", "LogicalOr", "LogicalAnd",
                                                  "LogicalNot", "IsNan",        "IsInf",     "IsFinite"};
    if (std::find(std::begin(kBool), std::end(kBool), node.def->op()) != std::end(kBool))
      return {proto::DT_BOOL};
    for (const char *name : {"dtype", "DstT", "out_type", "output_type", "T"}) {
      const proto::AttrValue *value = findAttr(*node.def, name, node.environment);
      if (value && value->value_case() == proto::AttrValue::kType)
        return typeCode(value->type());
    }
    return {};
  }

  PartialShape inputShape(const FlatNode &node) {
    PartialShape shape;
    const proto::AttrValue *value = findAttr(*node.def, "shape", node.environment);
    if (value && value->value_case() == proto::AttrValue::kShape &&
        absl::StartsWith(node.def->op(), "Placeholder"))
      shape = partialShape(value->shape());
    if (shape && shape->empty() && producer < kFirstProducerWithScalarPlaceholders)
      shape.reset();
    if (!shape) {
      value = findAttr(*node.def, "_output_shapes", node.environment);
      if (value && node.cutPort < value->list().shape_size())
        shape = partialShape(value->list().shape(node.cutPort));
    }
    if (!shape)
      return shape;
    Shape known = *shape;
    for (int64_t &dim : known)
      dim = dim == -1 ? 1 : dim;
    if (known.size() <= kMaxRank && elementCount(known, sizeof(double)))
      return shape;
    diagnostics.error(node.name, node.def->op(),
                      known.size() > kMaxRank
                          ? absl::StrCat("has a shape of ", known.size(), " dimensions")
                          : absl::StrCat("has the impossible shape ", aotc::toString(*shape)));
    return std::nullopt;
  }

  void addInputs(Model &model) {
    std::vector<int> found;
    for (int i : order)
      if (isInput(flat.nodes[i]))
        found.push_back(i);
    auto position = [&](int i) {
      const FlatNode &node = flat.nodes[i];
      return std::tuple(node.fileOrder < 0 ? INT_MAX : node.fileOrder, node.cutPort, i);
    };
    std::sort(found.begin(), found.end(), [&](int a, int b) { return position(a) < position(b); });
    for (int i : found) {
      const Node &node = model.graph.nodes[newIndex[i]];
      model.inputs.push_back({node.name,
                              {newIndex[i], 0},
                              std::get<TypeCode>(node.attrs.at("dtype")),
                              std::get<PartialShape>(node.attrs.at("shape")),
                              flat.nodes[i].kind == FlatNode::Cut});
    }
  }

  void reportUnusedCuts(const Scope &scope, const Selection &selection, const Model &model) {
    std::vector<Port> used;
    for (const FlatNode &node : flat.nodes)
      if (node.kind == FlatNode::Cut)
        used.push_back({node.fileOrder, node.cutPort});
    std::sort(used.begin(), used.end());
    for (Port cut : selection.cuts)
      if (!std::binary_search(used.begin(), used.end(), cut))
        diagnostics.note(toString(TensorName{scope.nodes[cut.node]->name(), cut.port}),
                         scope.nodes[cut.node]->op(), "no output depends on this input; it is ignored");
  }

  const int producer;
  FlatGraph flat;
  Diagnostics &diagnostics;
  Decoder &decoder; // shared by a graph and its bodies
  bool effects = false;
  std::vector<int> order;    // of flat nodes
  std::vector<int> newIndex; // flat node -> node of the model
};

} // namespace

Model assemble(const GraphDefPtr &graphDef, const Scope &scope, const Selection &selection, FlatGraph flat,
               Diagnostics &diagnostics) {
  Decoder decoder;
  return Assembler(graphDef->versions().producer(), std::move(flat), decoder, diagnostics).run(scope, selection);
}

} // namespace aotc::tf
