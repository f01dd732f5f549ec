#include "compiler/frontend/tensorflow/reader/Library.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"

namespace aotc::tf {
namespace {

// Far above every limit and far below overflow.
constexpr uint64_t kSaturated = uint64_t(1) << 50;
uint64_t saturate(uint64_t value) { return std::min(value, kSaturated); }

// Bytes that a node takes in each copy. Tensors are shared between copies.
uint64_t ownBytes(const proto::NodeDef &node) {
  uint64_t bytes =
      128 + node.name().size() + node.op().size() + 32 * static_cast<uint64_t>(node.input_size());
  for (const auto &[name, value] : node.attr())
    if (value.value_case() != proto::AttrValue::kTensor)
      bytes += 64 + name.size() + 8 * value.ByteSizeLong();
  return bytes;
}

} // namespace

static std::vector<const char *> bodyAttributes(absl::string_view op) {
  if (op == "While" || op == "StatelessWhile")
    return {"cond", "body"};
  if (op == "If" || op == "StatelessIf")
    return {"then_branch", "else_branch"};
  if (op == "Case" || op == "StatelessCase")
    return {"branches"};
  return {};
}

bool isGenericCall(absl::string_view op) {
  return op == "PartitionedCall" || op == "StatefulPartitionedCall";
}

int operandsBeforeArguments(absl::string_view op) { return op == "While" || op == "StatelessWhile" ? 0 : 1; }

Library::Library(const proto::GraphDef &graph, Diagnostics &diagnostics, const DeclaredOutputs *declared)
    : diagnostics(diagnostics), declared(declared) {
  for (const proto::FunctionDef &def : graph.library().function())
    if (!functions.try_emplace(def.signature().name(), std::make_unique<Function>(def)).second)
      diagnostics.error(def.signature().name(), "", "another function has the same name");
}

std::vector<OutputArg> Library::outputArgs(const proto::NodeDef &node, const Environment *environment) const {
  auto found = declared ? declared->find(node.op()) : DeclaredOutputs::const_iterator();
  if (!declared || found == declared->end())
    return tf::outputArgs(node, environment);
  std::vector<OutputArg> args;
  for (const std::string &name : found->second)
    args.push_back({name, 1});
  return args;
}

Function *Library::callee(const proto::NodeDef &node) {
  absl::string_view name = node.op();
  if (isGenericCall(node.op())) {
    auto f = node.attr().find("f");
    if (f == node.attr().end() || f->second.value_case() != proto::AttrValue::kFunc)
      return nullptr;
    name = f->second.func().name();
  }
  return find(name);
}

Function *Library::find(absl::string_view name) {
  auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second.get();
}

std::vector<BodyFunction> Library::bodies(const proto::NodeDef &node) {
  std::vector<BodyFunction> result;
  for (const char *attr : bodyAttributes(node.op())) {
    auto found = node.attr().find(attr);
    if (found == node.attr().end())
      continue;
    if (found->second.value_case() == proto::AttrValue::kFunc)
      result.push_back({attr, &found->second.func(), find(found->second.func().name())});
    for (const proto::NameAttrList &given : found->second.list().func())
      result.push_back({attr, &given, find(given.name())});
  }
  return result;
}

bool Library::assigns(const proto::NodeDef &node) {
  if (isAssignment(node.op()))
    return true;
  if (const Function *function = callee(node))
    return function->assigns;
  for (const BodyFunction &body : bodies(node))
    if (body.function && body.function->assigns)
      return true;
  return false;
}

void Library::addCost(const proto::NodeDef &node, uint64_t &nodes, uint64_t &bytes) {
  auto add = [&](const Function &function) {
    uint64_t prefix = node.name().size() + 1; // that every name inside gets
    uint64_t prefixes = function.nodes < kSaturated / prefix ? function.nodes * prefix : kSaturated;
    nodes = saturate(nodes + function.nodes);
    bytes = saturate(bytes + function.bytes + prefixes);
  };
  if (const Function *function = callee(node))
    add(*function);
  for (const BodyFunction &body : bodies(node))
    if (body.function)
      add(*body.function);
}

bool Library::checkCalls(const Scope &scope) {
  bool ok = true;
  for (const proto::NodeDef *node : scope.nodes) {
    if (Function *function = callee(*node)) {
      ok &= visit(*function);
    } else if (isGenericCall(node->op())) {
      auto f = node->attr().find("f");
      bool named = f != node->attr().end() && f->second.value_case() == proto::AttrValue::kFunc;
      diagnostics.error(node->name(), node->op(),
                        named ? absl::StrCat("calls function '", f->second.func().name(),
                                             "', which the file does not define")
                              : "does not name the function that it calls");
      ok = false;
    }
    for (const BodyFunction &body : bodies(*node)) {
      if (body.function) {
        ok &= visit(*body.function);
        continue;
      }
      diagnostics.error(node->name(), node->op(),
                        absl::StrCat("runs function '", body.given->name(), "', which the file does not define"));
      ok = false;
    }
  }
  return ok;
}

// Recursion of this method is bounded by kMaxCallDepth.
bool Library::visit(Function &function) {
  const std::string &name = function.scope.function->signature().name();
  if (function.state == Function::Open) {
    auto first = std::find(path.begin(), path.end(), &function);
    std::string cycle = absl::StrJoin(first, path.end(), " -> ", [](std::string *out, const Function *f) {
      absl::StrAppend(out, f->scope.function->signature().name());
    });
    diagnostics.error(name, "", absl::StrCat("function calls itself: ", cycle, " -> ", name));
    return false;
  }
  if (function.state == Function::Bad)
    return false; // already reported
  if (path.size() + (function.state == Function::Good ? function.height : 0) >=
      static_cast<size_t>(kMaxCallDepth)) {
    diagnostics.error(name, "", absl::StrCat("function calls nest deeper than ", kMaxCallDepth));
    return false;
  }
  if (function.state == Function::Good)
    return true;
  function.state = Function::Open;
  path.push_back(&function);
  bool ok = function.scope.resolve(diagnostics);
  ok &= checkCalls(function.scope);
  const proto::OpDef &signature = function.scope.function->signature();
  function.nodes = 1;
  function.bytes = 256 + 64 * static_cast<uint64_t>(signature.input_arg_size() + signature.output_arg_size() +
                                                    signature.attr_size());
  for (const proto::NodeDef *node : function.scope.nodes) {
    function.nodes = saturate(function.nodes + 1);
    function.bytes = saturate(function.bytes + ownBytes(*node));
    addCost(*node, function.nodes, function.bytes);
    function.assigns |= assigns(*node);
    if (const Function *inner = callee(*node))
      function.height = std::max(function.height, inner->height + 1);
    for (const BodyFunction &body : bodies(*node))
      if (body.function)
        function.height = std::max(function.height, body.function->height + 1);
  }
  path.pop_back();
  function.state = ok ? Function::Good : Function::Bad;
  return ok;
}

} // namespace aotc::tf
