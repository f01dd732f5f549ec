#include "compiler/frontend/tensorflow/reader/Scope.h"

#include <algorithm>
#include <climits>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace aotc::tf {
namespace {

std::optional<int> parseIndex(absl::string_view text) {
  int value = 0;
  if (text.empty() || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &value))
    return std::nullopt;
  return value;
}

} // namespace

std::optional<TensorName> parseTensorName(absl::string_view text) {
  if (text.empty() || text[0] == '^')
    return std::nullopt;
  size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos)
    return TensorName{text, 0};
  std::optional<int> port = parseIndex(text.substr(colon + 1));
  if (!port || colon == 0)
    return std::nullopt;
  return TensorName{text.substr(0, colon), *port};
}

std::string toString(const TensorName &name) {
  return name.port == 0 ? std::string(name.node) : absl::StrCat(name.node, ":", name.port);
}

Scope::Scope(const proto::GraphDef &graph) {
  nodes.reserve(graph.node_size());
  for (const proto::NodeDef &node : graph.node())
    nodes.push_back(&node);
}

Scope::Scope(const proto::FunctionDef &function) : function(&function) {
  for (const proto::NodeDef &node : function.node_def())
    nodes.push_back(&node);
}

std::string Scope::where() const {
  return function ? absl::StrCat(" (in function '", shorten(function->signature().name()), "')") : "";
}

bool Scope::isBackEdge(const Input &input, int consumer) const {
  if (input.node < 0 || input.control)
    return false;
  const std::string &from = nodes[input.node]->op(), &to = nodes[consumer]->op();
  return (from == "NextIteration" || from == "RefNextIteration") && (to == "Merge" || to == "RefMerge");
}

bool Scope::isPivot(const Input &input, int consumer) const {
  if (!input.control || input.node < 0 || nodes[input.node]->op() != "Identity")
    return false;
  for (const Input &other : inputs[consumer])
    if (!other.control)
      return false;
  for (const Input &from : inputs[input.node])
    if (!from.control && from.node >= 0)
      return nodes[from.node]->op() == "Switch" || nodes[from.node]->op() == "RefSwitch";
  return false;
}

std::optional<Input> Scope::parseInput(absl::string_view text, std::string &problem) const {
  Input input;
  auto fail = [&](absl::string_view why) {
    problem = absl::StrCat("input '", text, "' ", why);
    return std::nullopt;
  };
  absl::string_view name = text;
  if (!text.empty() && text[0] == '^') {
    input.control = true;
    name = text.substr(1);
  } else if (!function) {
    std::optional<TensorName> parsed = parseTensorName(text);
    if (!parsed)
      return fail("is malformed");
    name = parsed->node;
    input.index = parsed->port;
  } else {
    std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 3));
    name = parts[0];
    bool isArgument = arguments.contains(name);
    input.index = -1;
    if (parts.size() > (isArgument ? 2 : 3))
      return fail("is malformed");
    if (!isArgument && parts.size() > 1)
      input.output = parts[1];
    if (parts.size() == (isArgument ? 2 : 3)) {
      std::optional<int> index = parseIndex(parts.back());
      if (!index)
        return fail("is malformed");
      input.index = *index;
    }
  }
  if (name.empty())
    return fail("is malformed");
  if (auto found = arguments.find(name); found != arguments.end()) {
    input.argument = found->second;
    return input;
  }
  auto found = byName.find(name);
  if (found == byName.end())
    return fail("leads to no node of that name");
  input.node = found->second;
  return input;
}

bool Scope::resolve(Diagnostics &diagnostics) {
  bool ok = true;
  auto error = [&](const proto::NodeDef &node, absl::string_view message) {
    diagnostics.error(node.name(), node.op(), absl::StrCat(message, where()));
    ok = false;
  };
  const std::string signature = function ? function->signature().name() : "";
  if (function)
    for (int i = 0; i < function->signature().input_arg_size(); ++i)
      if (!arguments.emplace(function->signature().input_arg(i).name(), i).second) {
        diagnostics.error(
            signature, "",
            absl::StrCat("function has two arguments '", function->signature().input_arg(i).name(), "'"));
        ok = false;
      }
  byName.reserve(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const proto::NodeDef &node = *nodes[i];
    if (node.name().empty())
      error(node, absl::StrCat("node number ", i, " has no name"));
    else if (node.op().empty())
      error(node, "has no operation");
    if (!node.name().empty() && (!byName.emplace(node.name(), i).second || arguments.contains(node.name())))
      error(node, "another node has the same name");
  }
  inputs.resize(nodes.size());
  std::string problem;
  for (size_t i = 0; i < nodes.size(); ++i) {
    inputs[i].reserve(nodes[i]->input_size());
    for (const std::string &text : nodes[i]->input()) {
      if (std::optional<Input> input = parseInput(text, problem))
        inputs[i].push_back(*input);
      else
        error(*nodes[i], problem);
    }
  }
  if (function)
    for (const auto &arg : function->signature().output_arg()) {
      auto text = function->ret().find(arg.name());
      std::optional<Input> result;
      if (text == function->ret().end())
        problem = "has no value";
      else
        result = parseInput(text->second, problem);
      if (result && !result->control) {
        results.push_back(*result);
        continue;
      }
      diagnostics.error(signature, "",
                        absl::StrCat("result '", arg.name(),
                                     "' of the function: ", result ? "is a control input" : problem));
      ok = false;
    }
  return findOrder(diagnostics) && ok;
}

// Tarjan's strongly connected components, with an explicit stack because a
// chain may be millions of nodes long. Components come out producers first.
bool Scope::findOrder(Diagnostics &diagnostics) {
  struct Frame {
    int node;
    size_t next; // input to look at
  };
  const int size = static_cast<int>(nodes.size());
  std::vector<int> index(size, -1), low(size);
  std::vector<bool> onStack(size);
  std::vector<int> stack, component;
  std::vector<Frame> frames;
  int counter = 0;
  bool ok = true;
  auto enter = [&](int node) {
    index[node] = low[node] = counter++;
    stack.push_back(node);
    onStack[node] = true;
    frames.push_back({node, 0});
  };
  order.reserve(size);
  for (int root = 0; root < size; ++root) {
    if (index[root] < 0)
      enter(root);
    while (!frames.empty()) {
      Frame &frame = frames.back();
      const int node = frame.node;
      if (frame.next < inputs[node].size()) {
        const Input &input = inputs[node][frame.next++];
        if (input.node < 0 || isBackEdge(input, node))
          continue;
        if (index[input.node] < 0)
          enter(input.node); // invalidates `frame`
        else if (onStack[input.node])
          low[node] = std::min(low[node], index[input.node]);
        continue;
      }
      frames.pop_back();
      if (!frames.empty())
        low[frames.back().node] = std::min(low[frames.back().node], low[node]);
      if (low[node] != index[node])
        continue;
      component.clear();
      int member;
      do {
        member = stack.back();
        stack.pop_back();
        onStack[member] = false;
        component.push_back(member);
        order.push_back(member);
      } while (member != node);
      bool loopsToItself =
          component.size() == 1 && std::any_of(inputs[node].begin(), inputs[node].end(),
                                               [&](const Input &input) { return input.node == node; });
      if (component.size() > 1 || loopsToItself) {
        reportCycle(component, diagnostics);
        ok = false;
      }
    }
  }
  return ok;
}

void Scope::reportCycle(const std::vector<int> &component, Diagnostics &diagnostics) const {
  constexpr size_t kShown = 8;
  absl::flat_hash_set<int> members(component.begin(), component.end());
  absl::flat_hash_map<int, size_t> position;
  std::vector<int> walk; // against the edges, until a node comes again
  int node = *std::min_element(component.begin(), component.end());
  while (position.emplace(node, walk.size()).second) {
    walk.push_back(node);
    for (const Input &input : inputs[node])
      if (input.node >= 0 && members.contains(input.node) && !isBackEdge(input, node)) {
        node = input.node;
        break;
      }
  }
  std::vector<int> cycle(walk.rbegin(), walk.rend() - position[node]);
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  std::vector<absl::string_view> names;
  for (size_t i = 0; i < std::min(cycle.size(), kShown); ++i)
    names.push_back(shorten(nodes[cycle[i]]->name()));
  if (cycle.size() > kShown)
    names.push_back(absl::string_view("..."));
  names.push_back(shorten(nodes[cycle[0]]->name()));
  const proto::NodeDef &first = *nodes[cycle[0]];
  diagnostics.error(first.name(), first.op(),
                    absl::StrCat("is part of a cycle: ", absl::StrJoin(names, " -> "), where()));
}

} // namespace aotc::tf
