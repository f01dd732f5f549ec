#include "compiler/frontend/tensorflow/savedmodel/Variables.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/OpOutputs.h"
#include "compiler/frontend/tensorflow/savedmodel/Restore.h"

namespace aotc::tf {
namespace {

template <typename T> const T *attr(const Node &node, const char *name) {
  auto found = node.attrs.find(name);
  return found == node.attrs.end() ? nullptr : std::get_if<T>(&found->second);
}

std::string text(const Node &node, const char *name) {
  const auto *value = attr<std::string>(node, name);
  return value ? *value : "";
}

bool isHandle(const Node &node) { return node.op == "VarHandleOp"; }
bool isReference(const Node &node) { return node.op == "VariableV2" || node.op == "Variable"; }

class Freezer {
public:
  Freezer(Model &model, const VariableValues &values, Diagnostics &diagnostics)
      : model(model), nodes(model.graph.nodes), values(values), diagnostics(diagnostics) {}

  void run() {
    stands.resize(nodes.size());
    variableOf.assign(nodes.size(), -1);
    for (size_t i = 0; i < nodes.size(); ++i) {
      stands[i] = {static_cast<int>(i), 0};
      visit(i);
    }
    for (OutputInfo &output : model.outputs)
      output.edge = valueOf(output.edge);
    removeUnused();
  }

private:
  struct Variable {
    std::string name;
    Edge value; // what reads of the variable yield now
  };

  // What stands for the result of a node that merely passes it on.
  Edge forwarded(Edge edge) const { return edge.node >= 0 && edge.port == 0 ? stands[edge.node] : edge; }
  int variableAt(Edge edge) const { return edge.node >= 0 && edge.port == 0 ? variableOf[edge.node] : -1; }
  Edge valueOf(Edge edge) const {
    int variable = variableAt(edge);
    return variable < 0 ? forwarded(edge) : variables[variable].value;
  }

  void visit(size_t i) {
    Node &node = nodes[i];
    if (isHandle(node) || isReference(node))
      return define(i);
    for (Body *body : bodiesOf(node))
      visitBody(*body);
    const int variable = node.inputs.empty() ? -1 : variableAt(node.inputs[0]);
    if (isAssignment(node.op))
      return reportAssignment(node, variable);
    if (variable >= 0 && node.op == "Identity") {
      variableOf[i] = variable;
      return;
    }
    for (Edge &input : node.inputs)
      input = valueOf(input);
    if (variable >= 0 && node.op == "ReadVariableOp")
      stands[i] = node.inputs[0];
  }

  // Loops and branches mostly get handles, which stand for values, as arguments.
  void visitBody(Body &body) {
    for (Node &node : body.nodes) {
      if (isHandle(node) || isReference(node))
        makeConstant(node, nameOfVariable(node));
      else if (isAssignment(node.op))
        reportAssignment(node, -1);
      for (Body *inner : bodiesOf(node))
        visitBody(*inner);
    }
  }

  static std::string nameOfVariable(const Node &node) {
    return variableName(node.name, text(node, "container"), text(node, "shared_name"));
  }

  // Handles of one variable become one constant.
  void define(size_t i) {
    std::string name = nameOfVariable(nodes[i]);
    auto [found, isNew] = byName.try_emplace(name, variables.size());
    variableOf[i] = found->second;
    if (!isNew)
      return;
    variables.push_back({name, {static_cast<int>(i), 0}});
    makeConstant(nodes[i], name);
  }

  void makeConstant(Node &node, const std::string &name) {
    absl::StatusOr<Tensor> value = values(name);
    Attr constant = BadTensor{};
    if (value.ok()) {
      const auto *type = attr<TypeCode>(node, "dtype");
      const auto *shape = attr<PartialShape>(node, "shape");
      if ((type && dtypeOf(*type) != value->dtype()) || (shape && !fits(*shape, value->shape())))
        diagnostics.error(node.name, node.op,
                          absl::StrCat("the checkpoint has ", typeString(*value), " for this variable of ",
                                       type ? nameOf(*type) : "", shape && *shape ? toString(**shape) : ""));
      constant = *std::move(value);
    } else if (!value.status().message().empty()) {
      diagnostics.error(node.name, node.op, absl::StrCat("the variable has no value: ", value.status().message()),
                        absl::IsNotFound(value.status()) ? "initialize it before the model is saved" : "");
    }
    node.op = "Const";
    node.inputs.clear();
    auto dtype = node.attrs.find("dtype");
    std::optional<Attr> type = dtype == node.attrs.end() ? std::nullopt : std::optional(dtype->second);
    node.attrs.clear();
    if (type)
      node.attrs.emplace("dtype", *std::move(type));
    node.attrs.emplace("value", std::move(constant));
  }

  static bool fits(const PartialShape &declared, const Shape &shape) {
    return !declared || (declared->size() == shape.size() &&
                         std::equal(shape.begin(), shape.end(), declared->begin(),
                                    [](int64_t dim, int64_t wanted) { return wanted == -1 || wanted == dim; }));
  }

  void reportAssignment(const Node &node, int variable) {
    diagnostics.error(node.name, node.op,
                      variable < 0 ? "assigns a variable that is not known here"
                                   : absl::StrCat("assigns variable '", nodes[variables[variable].value.node].name,
                                                  "'; variables that calls change are not supported"),
                      "save a signature that does not assign variables");
  }

  // Keeps what outputs and inputs need, in order.
  void removeUnused() {
    std::vector<bool> needed(nodes.size());
    for (const OutputInfo &output : model.outputs)
      if (output.edge.node >= 0)
        needed[output.edge.node] = true;
    for (const InputInfo &input : model.inputs)
      needed[input.edge.node] = true;
    for (size_t i = nodes.size(); i-- > 0;) {
      if (needed[i])
        for (const std::vector<Edge> *edges : {&nodes[i].inputs, &nodes[i].controls})
          for (Edge input : *edges)
            if (input.node >= 0)
              needed[input.node] = true;
    }
    std::vector<int> newIndex(nodes.size(), -1);
    int kept = 0;
    for (size_t i = 0; i < nodes.size(); ++i)
      if (needed[i]) {
        newIndex[i] = kept++;
        if (newIndex[i] != static_cast<int>(i))
          nodes[newIndex[i]] = std::move(nodes[i]);
      }
    nodes.resize(kept);
    auto renumber = [&](Edge &edge) { edge.node = edge.node < 0 ? edge.node : newIndex[edge.node]; };
    for (Node &node : nodes)
      for (std::vector<Edge> *edges : {&node.inputs, &node.controls})
        std::for_each(edges->begin(), edges->end(), renumber);
    for (OutputInfo &output : model.outputs)
      renumber(output.edge);
    for (InputInfo &input : model.inputs)
      renumber(input.edge);
  }

  Model &model;
  std::vector<Node> &nodes;
  const VariableValues &values;
  Diagnostics &diagnostics;
  std::vector<Variable> variables;
  std::map<std::string, int> byName;
  std::vector<Edge> stands;    // for each node's first output
  std::vector<int> variableOf; // whose handle each node's first output is, or -1
};

} // namespace

void freezeVariables(Model &model, const VariableValues &values, Diagnostics &diagnostics) {
  Freezer(model, values, diagnostics).run();
}

} // namespace aotc::tf
