// Family Control: constants, inputs and operations that pass values on.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

Results constant(NodeImport &n) {
  auto found = n.node.attrs.find("value");
  if (found == n.node.attrs.end())
    return n.error("attribute 'value' is missing");
  if (auto *tensor = std::get_if<Tensor>(&found->second))
    return n.b.constant(*tensor);
  if (auto *bad = std::get_if<BadTensor>(&found->second))
    return bad->reason.empty() ? Value() : n.error(bad->reason);
  return n.error("attribute 'value' is not a tensor");
}

Results placeholder(NodeImport &n) {
  return n.error("has no shape here", "name it with --input " + llvm::Twine(n.node.name) + "=[shape]");
}

Results forward(NodeImport &n) { return n.in(0); }

Results forwardAll(NodeImport &n) { return n.allInputs(); }

// Conditionals whose predicate is known: frozen training graphs ask whether they train.
Results switchOp(NodeImport &n) {
  auto predicate = n.constantInt(1);
  if (!predicate)
    return Value();
  return *predicate ? Results{Value(), n.in(0)} : Results{n.in(0), Value()};
}

Results merge(NodeImport &n) {
  Results results(llvm::ArrayRef<Value>{});
  for (auto [i, operand] : llvm::enumerate(n.allInputs())) {
    if (!operand)
      continue;
    if (!results.empty())
      return n.error("more than one operand arrives here", "only conditionals whose predicate is constant are supported");
    results.push_back(operand);
    results.push_back(n.b.indices(DType::I32, {static_cast<int64_t>(i)}));
  }
  if (results.empty())
    return {Value(), Value()};
  results[1] = n.b.reshape(results[1], {});
  return results;
}

} // namespace

void addControlOps(OpRows &rows) {
  rows.emplace_back("Const", 0, kAll, constant);
  rows.emplace_back("Placeholder", 0, kAll, placeholder);
  // Checks and gradients mean nothing to inference.
  // A variable's handle stands for its value.
  for (const char *name : {"Identity", "ReadVariableOp", "PlaceholderWithDefault", "StopGradient", "PreventGradient", "Snapshot",
                           "CheckNumerics", "CheckNumericsV2", "DebugIdentity", "DebugIdentityV2"})
    rows.emplace_back(name, 1, kAll, forward);
  for (const char *name : {"Switch", "RefSwitch"})
    rows.push_back(OpRow(name, 2, kAll, switchOp).needsConstant(1, "predicate").yieldsDead());
  for (const char *name : {"Merge", "RefMerge"})
    rows.push_back(OpRow(name, -1, kAll, merge).atLeast(1).takesDead().yieldsDead());
  rows.push_back(OpRow("Print", -1, kAll, forward).atLeast(1));
  rows.push_back(OpRow("IdentityN", -1, kAll, forwardAll).atLeast(1));
  for (const char *name : {"NoOp", "Assert", "PrintV2"})
    rows.push_back(OpRow(name, -1, kAll, [](NodeImport &) { return Results(llvm::ArrayRef<Value>{}); }).atLeast(0));
}

} // namespace aotc::tf
