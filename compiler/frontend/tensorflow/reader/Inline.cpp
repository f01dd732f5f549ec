#include "compiler/frontend/tensorflow/reader/Inline.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"

namespace aotc::tf {
namespace {

// One use of a scope: the graph, or a function's body for one call.
struct Instance {
  const Scope &scope;
  std::string prefix;
  const Environment *environment; // null for the graph
  std::vector<FlatEdge> arguments;
  std::vector<int> argumentStart; // of each input_arg in `arguments`, and the end
};

class Flattener {
public:
  Flattener(Library &library, Diagnostics &diagnostics) : library(library), diagnostics(diagnostics) {}

  std::optional<FlatGraph> run(const Scope &scope, const Selection &selection) {
    this->selection = &selection;
    std::vector<Input> roots;
    for (Port output : selection.outputs) {
      Input input;
      input.node = output.node;
      input.index = output.port;
      roots.push_back(input);
    }
    if (!checkCost(scope, roots))
      return std::nullopt;
    Instance instance{scope, "", nullptr, {}, {}};
    flat.outputs = expand(instance, roots);
    return failed ? std::nullopt : std::optional(std::move(flat));
  }

private:
  void error(const proto::NodeDef &node, const std::string &name, absl::string_view message) {
    diagnostics.error(name, node.op(), std::string(message));
    failed = true;
  }

  bool isCut(const Instance &instance, const Input &input) const {
    return !instance.environment &&
           std::binary_search(selection->cuts.begin(), selection->cuts.end(), Port{input.node, input.index});
  }

  // Nodes of the graph that assign variables before the roots are there.
  std::vector<int> assignments(const Instance &instance, const std::vector<Input> &roots) const {
    const Scope &scope = instance.scope;
    std::vector<bool> seen(scope.nodes.size());
    std::vector<int> work, result;
    auto push = [&](const Input &input) {
      if (seen[input.node] || (!input.control && isCut(instance, input)))
        return;
      seen[input.node] = true;
      work.push_back(input.node);
    };
    for (const Input &root : roots)
      push(root);
    for (int node : selection->runs) {
      Input input;
      input.node = node;
      push(input);
    }
    while (!work.empty()) {
      int node = work.back();
      work.pop_back();
      if (library.assigns(*scope.nodes[node]))
        result.push_back(node);
      for (const Input &input : scope.inputs[node])
        push(input);
    }
    return result;
  }

  // A function's assignments all happen when it is called.
  std::vector<int> assignments(const Instance &instance) const {
    std::vector<int> result;
    for (size_t i = 0; i < instance.scope.nodes.size(); ++i)
      if (library.assigns(*instance.scope.nodes[i]))
        result.push_back(i);
    return result;
  }

  // Nodes that the roots depend on through data, in the order of the scope.
  std::vector<int> needed(const Instance &instance, const std::vector<Input> &roots) const {
    std::vector<bool> seen(instance.scope.nodes.size());
    std::vector<int> work;
    auto push = [&](const Input &input) {
      if (input.node < 0 || input.control || seen[input.node] || isCut(instance, input))
        return;
      seen[input.node] = true;
      work.push_back(input.node);
    };
    for (const Input &root : roots)
      push(root);
    if (selection->effects)
      for (int node : instance.environment ? assignments(instance) : assignments(instance, roots)) {
        Input input;
        input.node = node;
        push(input);
      }
    while (!work.empty()) {
      int node = work.back();
      work.pop_back();
      for (Input input : instance.scope.inputs[node]) {
        input.control &= !instance.scope.isPivot(input, node);
        push(input);
      }
    }
    std::vector<int> result;
    for (size_t i = 0; i < seen.size(); ++i)
      if (seen[i])
        result.push_back(i);
    return result;
  }

  // Repeated calls grow exponentially with their depth: add up before doing.
  bool checkCost(const Scope &scope, const std::vector<Input> &roots) {
    uint64_t nodes = 0, bytes = 0;
    for (int i : needed({scope, "", nullptr, {}, {}}, roots)) {
      library.addCost(*scope.nodes[i], nodes, bytes);
      if (nodes <= kMaxInlinedNodes && bytes <= kMaxInlinedBytes)
        continue;
      error(*scope.nodes[i], scope.nodes[i]->name(),
            absl::StrCat("inlining the function calls up to here takes more than ", kMaxInlinedNodes,
                         " nodes or ", kMaxInlinedBytes >> 20, " MiB"));
      return false;
    }
    return true;
  }

  // Adds the instance's nodes and returns what the roots are. The recursion
  // (a call inside a function) is bounded by kMaxCallDepth.
  std::vector<FlatEdge> expand(const Instance &instance, const std::vector<Input> &roots) {
    std::vector<int> flatOf(instance.scope.nodes.size(), -1); // index in the scope -> in the flat graph
    std::vector<int> kept = needed(instance, roots);
    for (int i : kept) {
      flatOf[i] = static_cast<int>(flat.nodes.size());
      FlatNode &node = flat.nodes.emplace_back();
      node.def = instance.scope.nodes[i];
      node.environment = instance.environment;
      node.name = absl::StrCat(instance.prefix, node.def->name());
      if (!instance.environment)
        node.fileOrder = i;
      if (library.callee(*node.def))
        node.kind = FlatNode::Call;
    }
    for (int i : kept) {
      FlatNode &node = flat.nodes[flatOf[i]];
      for (const Input &input : instance.scope.inputs[i])
        if (!input.control)
          append(instance, input, flatOf, node, node.inputs);
        else if (instance.scope.isPivot(input, i) && flatOf[input.node] >= 0)
          node.controls.push_back({flatOf[input.node], 0});
    }
    for (int i : instance.scope.order) {
      if (flatOf[i] < 0)
        continue;
      FlatNode &node = flat.nodes[flatOf[i]];
      if (node.kind == FlatNode::Call) {
        inlineCall(node);
        continue;
      }
      node.sequence = sequence++;
      for (const BodyFunction &body : library.bodies(*node.def))
        expandBody(node, body);
    }
    std::vector<FlatEdge> results;
    FlatNode nobody;
    for (const Input &root : roots) {
      nobody.name = instance.prefix;
      nobody.def = root.node < 0 ? nullptr : instance.scope.nodes[root.node];
      append(instance, root, flatOf, nobody, results);
    }
    return results;
  }

  // Appends the tensors that `input` of `consumer` stands for.
  void append(const Instance &instance, const Input &input, const std::vector<int> &flatOf,
              const FlatNode &consumer, std::vector<FlatEdge> &edges) {
    static const proto::NodeDef kNone;
    auto fail = [&](absl::string_view message) {
      error(consumer.def ? *consumer.def : kNone, consumer.name, message);
      edges.push_back({});
    };
    if (input.argument >= 0) {
      int start = instance.argumentStart[input.argument], end = instance.argumentStart[input.argument + 1];
      if (input.index >= end - start)
        return fail(absl::StrCat("takes tensor ", input.index, " of an argument that has ", end - start));
      if (input.index >= 0)
        return edges.push_back(instance.arguments[start + input.index]);
      if (!countExpanded(end - start))
        return fail("inputs that stand for lists of tensors are too many");
      edges.insert(edges.end(), instance.arguments.begin() + start, instance.arguments.begin() + end);
      return;
    }
    if (isCut(instance, input))
      return edges.push_back({cutNode(instance, input), 0});
    int producer = flatOf[input.node];
    const proto::NodeDef &def = *instance.scope.nodes[input.node];
    std::optional<Layout::Ports> ports = findOutput(def, instance.environment, input.output);
    if (!ports)
      return fail(input.output.empty() ? absl::StrCat("the number of outputs of node '", shorten(def.name()),
                                                      "' (", shorten(def.op()), ") is not known")
                                       : absl::StrCat("node '", shorten(def.name()), "' (", shorten(def.op()),
                                                      ") has no output '", input.output, "'"));
    if (input.index >= ports->count) {
      std::vector<OutputArg> args = library.outputArgs(def, instance.environment);
      const bool mayBeUnknown = args.size() == 1 && args[0].name.empty();
      return fail(absl::StrCat("takes output ", input.index, " of node '", shorten(def.name()), "' (",
                               shorten(def.op()), "), which has ", ports->count,
                               mayBeUnknown ? " unless --custom-op declares more" : ""));
    }
    if (input.index >= 0)
      return edges.push_back({producer, static_cast<int>(ports->start + input.index)});
    if (!countExpanded(ports->count))
      return fail("inputs that stand for lists of tensors are too many");
    for (int64_t k = 0; k < ports->count; ++k)
      edges.push_back({producer, static_cast<int>(ports->start + k)});
  }

  bool countExpanded(int64_t count) {
    expanded += count;
    return expanded <= kMaxExpandedInputs;
  }

  // Where the ports of a node's output arguments lie.
  struct Layout {
    struct Ports {
      int64_t start, count;
    };
    Ports all{0, 0};
    absl::flat_hash_map<absl::string_view, Ports> byName; // "" takes any name
    bool known = true;
  };

  Layout layoutOf(const std::vector<OutputArg> &args) {
    Layout layout;
    for (const OutputArg &arg : args) {
      layout.known &= arg.ports >= 0;
      layout.byName.try_emplace(arg.name, Layout::Ports{layout.all.count, arg.ports});
      layout.all.count += arg.ports;
    }
    layout.known &= layout.all.count <= kMaxPorts;
    return layout;
  }

  // The ports of output argument `name`, or of all when it is empty; nullopt
  // if there is no such argument or an attribute does not tell.
  std::optional<Layout::Ports> findOutput(const proto::NodeDef &def, const Environment *environment,
                                          absl::string_view name) {
    if (const Function *function = library.callee(def); function && !isGenericCall(def.op())) {
      // A function may have many results: found once for all that consume them.
      auto [found, isNew] = callLayouts.try_emplace({&def, environment});
      if (isNew) {
        Environment inner = callEnvironment(def.attr(), environment, *function);
        std::vector<OutputArg> args;
        for (const auto &arg : function->scope.function->signature().output_arg())
          args.push_back({arg.name(), portsOf(arg, inner)});
        found->second = layoutOf(args);
      }
      return findPorts(found->second, name);
    }
    std::vector<OutputArg> args = library.outputArgs(def, environment);
    if (args.size() == 1 && args[0].ports >= 0 && (name.empty() || args[0].name.empty())) // nearly always
      return Layout::Ports{0, args[0].ports};
    return findPorts(layoutOf(args), name);
  }

  static std::optional<Layout::Ports> findPorts(const Layout &layout, absl::string_view name) {
    if (!layout.known)
      return std::nullopt;
    if (name.empty())
      return layout.all;
    auto found = layout.byName.find(name);
    if (found == layout.byName.end())
      found = layout.byName.find("");
    return found == layout.byName.end() ? std::nullopt : std::optional(found->second);
  }

  // The attributes that the body of a called function may refer to.
  template <typename Attributes>
  Environment callEnvironment(const Attributes &given, const Environment *outer, const Function &function) {
    Environment environment;
    for (const auto &attr : function.scope.function->signature().attr())
      if (attr.has_default_value())
        environment[attr.name()] = &attr.default_value();
    for (const auto &[name, value] : given) {
      const proto::AttrValue *actual = &value;
      if (value.value_case() == proto::AttrValue::kPlaceholder) {
        auto found = outer ? outer->find(value.placeholder()) : Environment::const_iterator();
        if (!outer || found == outer->end())
          continue;
        actual = found->second;
      }
      environment[name] = actual;
    }
    return environment;
  }

  void inlineCall(FlatNode &call) {
    const Function &function = *library.callee(*call.def);
    const auto &given = isGenericCall(call.def->op()) ? call.def->attr().at("f").func().attr() : call.def->attr();
    call.results = expandFunction(call, function, callEnvironment(given, call.environment, function), call.inputs);
  }

  // The function's nodes and what they return; `arguments` are those of a call or of a body.
  std::vector<FlatEdge> expandFunction(const FlatNode &call, const Function &function, Environment given,
                                       std::vector<FlatEdge> arguments) {
    const Environment &environment = flat.environments.emplace_back(std::move(given));
    const std::string &name = function.scope.function->signature().name();
    const int64_t count = static_cast<int64_t>(arguments.size());
    Instance instance{function.scope, absl::StrCat(call.name, "/"), &environment, std::move(arguments), {0}};
    auto fail = [&](absl::string_view message) {
      error(*call.def, call.name, message);
      return std::vector<FlatEdge>();
    };
    int64_t expected = 0;
    for (const auto &arg : function.scope.function->signature().input_arg()) {
      int64_t ports = portsOf(arg, environment);
      if (ports < 0)
        return fail(absl::StrCat("does not say how many tensors argument '", arg.name(), "' of function '", name, "' has"));
      expected += ports;
      instance.argumentStart.push_back(static_cast<int>(std::min(expected, count)));
    }
    if (expected != count)
      return fail(absl::StrCat("passes ", count, " arguments to function '", name, "', which takes ", expected));
    return expand(instance, function.scope.results);
  }

  // A graph of its own, which the node keeps.
  void expandBody(FlatNode &node, const BodyFunction &body) {
    static const proto::NodeDef *kArgument = [] {
      auto *def = new proto::NodeDef;
      def->set_op("_Arg");
      return def;
    }();
    FlatGraph around = std::move(flat);
    flat = FlatGraph();
    std::vector<FlatEdge> arguments;
    const int before = operandsBeforeArguments(node.def->op());
    for (int i = before; i < static_cast<int>(node.inputs.size()); ++i) {
      FlatNode &argument = flat.nodes.emplace_back();
      argument.kind = FlatNode::Argument;
      argument.def = kArgument;
      argument.name = absl::StrCat(node.name, ":", i);
      arguments.push_back({i - before, 0});
    }
    const int count = static_cast<int>(arguments.size());
    flat.outputs = expandFunction(node, *body.function,
                                  callEnvironment(body.given->attr(), node.environment, *body.function), std::move(arguments));
    auto graph = std::make_shared<FlatGraph>(std::move(flat));
    flat = std::move(around);
    node.bodies.push_back({body.attr, count, std::move(graph)});
  }

  int cutNode(const Instance &instance, const Input &input) {
    auto [found, isNew] =
        cutNodes.try_emplace({input.node, input.index}, static_cast<int>(flat.nodes.size()));
    if (isNew) {
      FlatNode &node = flat.nodes.emplace_back();
      node.kind = FlatNode::Cut;
      node.def = instance.scope.nodes[input.node];
      node.name = toString(TensorName{node.def->name(), input.index});
      node.cutPort = input.index;
      node.fileOrder = input.node;
    }
    return found->second;
  }

  Library &library;
  Diagnostics &diagnostics;
  const Selection *selection = nullptr;
  FlatGraph flat;
  absl::flat_hash_map<std::pair<int, int>, int> cutNodes; // by node and port of the graph
  absl::flat_hash_map<std::pair<const proto::NodeDef *, const Environment *>, Layout> callLayouts;
  size_t expanded = 0;
  int sequence = 0;
  bool failed = false;
};

} // namespace

// Calls neither recurse nor form cycles, so the walk ends. Every link that it
// passes is shortened, because calls may form long chains.
FlatEdge FlatGraph::resolve(FlatEdge edge) {
  auto link = [&](FlatEdge e) -> FlatEdge * {
    if (e.node < 0 || nodes[e.node].kind != FlatNode::Call)
      return nullptr;
    std::vector<FlatEdge> &results = nodes[e.node].results;
    return e.port < static_cast<int>(results.size()) ? &results[e.port] : nullptr;
  };
  FlatEdge end = edge;
  while (const FlatEdge *next = link(end))
    end = *next;
  while (FlatEdge *next = link(edge)) {
    edge = *next;
    *next = end;
  }
  return end;
}

std::optional<FlatGraph> flatten(const Scope &scope, Library &library, const Selection &selection,
                                 Diagnostics &diagnostics) {
  return Flattener(library, diagnostics).run(scope, selection);
}

} // namespace aotc::tf
