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
    findStates();
    removeUnused();
  }

private:
  struct Variable {
    std::string name;
    std::string node; // its handle's name
    int before;       // the node that is its value before the call
    Edge value;       // what reads of the variable yield now
    std::optional<Tensor> initial;
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
      return assign(i, variable);
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
        reportAssignment(node, true);
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
    variables.push_back({name, nodes[i].name, static_cast<int>(i), {static_cast<int>(i), 0}, std::nullopt});
    variables.back().initial = makeConstant(nodes[i], name);
  }

  std::optional<Tensor> makeConstant(Node &node, const std::string &name) {
    absl::StatusOr<Tensor> value = values(name);
    std::optional<Tensor> tensor;
    if (value.ok()) {
      const auto *type = attr<TypeCode>(node, "dtype");
      const auto *shape = attr<PartialShape>(node, "shape");
      if ((type && dtypeOf(*type) != value->dtype()) || (shape && !fits(*shape, value->shape())))
        diagnostics.error(node.name, node.op,
                          absl::StrCat("the checkpoint has ", typeString(*value), " for this variable of ",
                                       type ? nameOf(*type) : "", shape && *shape ? toString(**shape) : ""));
      tensor = *std::move(value);
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
    node.attrs.emplace("value", tensor ? Attr(*tensor) : Attr(BadTensor{}));
    return tensor;
  }

  static bool fits(const PartialShape &declared, const Shape &shape) {
    return !declared || (declared->size() == shape.size() &&
                         std::equal(shape.begin(), shape.end(), declared->begin(),
                                    [](int64_t dim, int64_t wanted) { return wanted == -1 || wanted == dim; }));
  }

  // The node becomes the variable's new value, or what stands for it.
  void assign(size_t i, int variable) {
    // How an operation makes the new value of the old one; empty: its last operand is the new value.
    static const std::map<std::string, std::string> kUpdates = {
        {"Assign", ""},           {"AssignVariableOp", ""},      {"AssignAdd", "AddV2"}, {"AssignAddVariableOp", "AddV2"},
        {"AssignSub", "Sub"},     {"AssignSubVariableOp", "Sub"}, {"ResourceScatterNdUpdate", "TensorScatterUpdate"},
        {"ResourceScatterNdAdd", "TensorScatterAdd"}, {"ResourceScatterNdSub", "TensorScatterSub"}};
    Node &node = nodes[i];
    auto update = kUpdates.find(node.op);
    if (variable < 0 || update == kUpdates.end() || node.inputs.size() < 2)
      return reportAssignment(node, variable < 0);
    for (Edge &input : node.inputs)
      input = valueOf(input);
    variableOf[i] = variable;
    variables[variable].value = {static_cast<int>(i), 0};
    if (update->second.empty()) {
      node.op = "Identity";
      node.inputs = {node.inputs[1]};
    } else {
      node.op = update->second;
    }
    node.attrs.clear();
  }

  void reportAssignment(const Node &node, bool unknown) {
    diagnostics.error(node.name, node.op,
                      unknown ? "assigns a variable in a loop or a branch, or one that is not known here"
                              : "this way to assign a variable is not supported",
                      unknown ? "assign it outside" : "assign the whole variable");
  }

  // Variables of which a call sees what the one before has left.
  void findStates() {
    std::vector<bool> needed(nodes.size());
    std::vector<int> work;
    auto need = [&](Edge edge) {
      if (edge.node < 0 || needed[edge.node])
        return;
      needed[edge.node] = true;
      work.push_back(edge.node);
    };
    auto drain = [&] {
      while (!work.empty()) {
        int node = work.back();
        work.pop_back();
        for (const std::vector<Edge> *edges : {&nodes[node].inputs, &nodes[node].controls})
          std::for_each(edges->begin(), edges->end(), need);
      }
    };
    for (const OutputInfo &output : model.outputs)
      need(output.edge);
    std::vector<bool> kept(variables.size());
    for (bool more = true; more;) {
      more = false;
      drain();
      for (size_t v = 0; v < variables.size(); ++v) {
        const bool changes = variables[v].value.node != variables[v].before;
        if (kept[v] || !changes || !needed[variables[v].before])
          continue;
        kept[v] = more = true;
        need(variables[v].value);
      }
    }
    for (size_t v = 0; v < variables.size(); ++v)
      if (kept[v])
        makeState(variables[v]);
  }

  void makeState(const Variable &variable) {
    Node &node = nodes[variable.before];
    if (!variable.initial) // reported
      return;
    node.op = "Placeholder";
    node.attrs.erase("value");
    model.states.push_back({variable.node, {variable.before, 0}, variable.value, *variable.initial});
  }

  // Keeps what outputs and inputs need, in order.
  void removeUnused() {
    std::vector<bool> needed(nodes.size());
    for (const OutputInfo &output : model.outputs)
      if (output.edge.node >= 0)
        needed[output.edge.node] = true;
    for (const InputInfo &input : model.inputs)
      needed[input.edge.node] = true;
    for (const VariableState &state : model.states)
      for (Edge edge : {state.input, state.output})
        if (edge.node >= 0)
          needed[edge.node] = true;
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
    for (VariableState &state : model.states) {
      renumber(state.input);
      renumber(state.output);
    }
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
