// Family Control: constants, inputs, operations that pass values on, branches.
#include "compiler/frontend/tensorflow/ops/OpTable.h"
#include "compiler/frontend/tensorflow/ops/Truth.h"

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

// What branches yield where data decides between them: all run, and one is chosen.
Value choose(NodeImport &n, Value condition, Value onTrue, Value onFalse) {
  const List *a = n.lists.find(onTrue), *b = n.lists.find(onFalse);
  if (!a && !b) {
    if (onTrue != onFalse && n.b.hasExtents({onTrue, onFalse}))
      return n.error("the branches yield extents that depend on data, and data decides between them");
    if (ImportBuilder::dtype(onTrue) != ImportBuilder::dtype(onFalse) ||
        ImportBuilder::shape(onTrue) != ImportBuilder::shape(onFalse))
      return n.error("the branches yield tensors of different shapes, " + llvm::Twine(toString(ImportBuilder::shape(onTrue))) +
                     " and " + toString(ImportBuilder::shape(onFalse)) + ", and data decides between them");
    return onTrue == onFalse ? onTrue : n.b.select(condition, onTrue, onFalse);
  }
  if (!a || !b || a->items.size() != b->items.size() || a->type != b->type)
    return n.error("the branches yield different lists of tensors, and data decides between them");
  List result = *a;
  for (size_t i = 0; i < result.items.size(); ++i) {
    if (!a->items[i] || !b->items[i]) {
      if (a->items[i] || b->items[i])
        return n.error("one of the branches writes an item of a list, and data decides between them");
      continue;
    }
    result.items[i] = choose(n, condition, a->items[i], b->items[i]);
    if (!result.items[i])
      return {};
  }
  return n.lists.add(n.b.context(), std::move(result));
}

Results chooseAll(NodeImport &n, Value condition, Results onTrue, llvm::ArrayRef<Value> onFalse) {
  if (onTrue.size() != onFalse.size())
    return n.error("its functions have different numbers of results"), poison(onTrue.size());
  for (size_t i = 0; i < onTrue.size(); ++i)
    if (onTrue[i])
      onTrue[i] = onFalse[i] ? choose(n, condition, onTrue[i], onFalse[i]) : Value();
  return onTrue;
}

Results branch(NodeImport &n, const Body &body) {
  auto results = n.importBody(body, n.allInputs().drop_front());
  return results ? Results(llvm::ArrayRef<Value>(*results)) : poison(body.results.size());
}

Results ifThenElse(NodeImport &n) {
  std::vector<BodyPtr> onTrue = n.bodies("then_branch"), onFalse = n.bodies("else_branch");
  if (n.b.failed())
    return Value();
  if (std::optional<bool> truth = knownTruth(n, n.in(0)))
    return branch(n, *truth ? *onTrue[0] : *onFalse[0]);
  Value condition = truthOf(n, n.in(0));
  Results a = branch(n, *onTrue[0]), b = branch(n, *onFalse[0]);
  return chooseAll(n, condition, std::move(a), b);
}

// An index that no branch has means the last one.
Results switchCase(NodeImport &n) {
  std::vector<BodyPtr> branches = n.bodies("branches");
  if (n.b.failed() || branches.empty() || ImportBuilder::elements(n.in(0)) != 1)
    return n.error("needs branches and one index");
  const int64_t last = static_cast<int64_t>(branches.size()) - 1;
  if (std::optional<Tensor> known = n.b.constantOf(n.in(0)))
    return branch(n, *branches[known->i(0) < 0 || known->i(0) > last ? last : known->i(0)]);
  Results result = branch(n, *branches[last]);
  for (int64_t i = last; i-- > 0 && !n.b.failed();) {
    Value here = n.b.compare(nn::CompareFn::Eq, n.b.reshape(n.in(0), {}), static_cast<double>(i));
    result = chooseAll(n, here, branch(n, *branches[i]), result);
  }
  return result;
}

} // namespace

void addControlOps(OpRows &rows) {
  rows.emplace_back("Const", 0, kAll, constant);
  rows.emplace_back("Placeholder", 0, kAll, placeholder);
  // Checks and gradients mean nothing to inference.
  // A variable's handle stands for its value.
  for (const char *name : {"Identity", "ReadVariableOp", "PlaceholderWithDefault", "StopGradient", "PreventGradient", "Snapshot",
                           "CheckNumerics", "CheckNumericsV2", "DebugIdentity", "DebugIdentityV2"})
    rows.push_back(OpRow(name, 1, kAll, forward).takesLists({0}).takesExtents());
  for (const char *name : {"Switch", "RefSwitch"})
    rows.push_back(OpRow(name, 2, kAll, switchOp).needsConstant(1, "predicate").yieldsDead().takesLists({0}).takesExtents());
  for (const char *name : {"Merge", "RefMerge"})
    rows.push_back(OpRow(name, -1, kAll, merge).atLeast(1).takesDead().yieldsDead().takesListsAnywhere().takesExtents());
  for (const char *name : {"If", "StatelessIf"})
    rows.push_back(OpRow(name, -1, kAll, ifThenElse).atLeast(1).takesListsAfterFirst().takesExtents());
  for (const char *name : {"Case", "StatelessCase"})
    rows.push_back(OpRow(name, -1, kIndexInts, switchCase).atLeast(1).takesListsAfterFirst().takesExtents());
  rows.push_back(OpRow("Print", -1, kAll, forward).atLeast(1).takesExtents());
  rows.push_back(OpRow("IdentityN", -1, kAll, forwardAll).atLeast(1).takesListsAnywhere().takesExtents());
  for (const char *name : {"NoOp", "Assert", "PrintV2"})
    rows.push_back(OpRow(name, -1, kAll, [](NodeImport &) { return Results(llvm::ArrayRef<Value>{}); }).atLeast(0).takesExtents());
}

} // namespace aotc::tf
