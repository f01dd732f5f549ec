// Family Control: loops. As long as the condition is known, each round is imported by itself; from there on data decides, and
// the loop stays one (nn.while).
#include "compiler/frontend/common/DataLoop.h"
#include "compiler/frontend/tensorflow/ops/Truth.h"

namespace aotc::tf {
namespace {

constexpr int64_t kMaxRounds = 1 << 14; // that are imported by themselves

// Whether the loop leaves this of its variables as it is.
bool isConstant(const Body &body, size_t variable) {
  Edge edge = body.results[variable];
  while (edge.node >= 0 && edge.port == 0 && body.nodes[edge.node].op == "Identity" && body.nodes[edge.node].inputs.size() == 1)
    edge = body.nodes[edge.node].inputs[0];
  return edge.node >= 0 && edge.node == body.arguments[variable];
}

class LoopOverData {
public:
  LoopOverData(NodeImport &n, const Body &condition, const Body &body, llvm::ArrayRef<Value> before)
      : n(n), condition(condition), body(body), before(before) {}

  Results run(Value goesOn) {
    if (!stackConstants() || !findState())
      return poison(before.size());
    DataLoop loop(n.b, truthOf(n, goesOn), initial);
    llvm::SmallVector<Value> arguments;
    for (size_t i = 0; i < before.size(); ++i)
      arguments.push_back(stateOf[i] ? inside(i, loop.state()[*stateOf[i]]) : captured(loop, before[i]));
    auto next = n.importBody(body, arguments);
    auto again = next && !llvm::is_contained(*next, Value()) ? n.importBody(condition, *next) : std::nullopt;
    if (!again || !again->front())
      return poison(before.size());
    llvm::SmallVector<Value> then;
    for (size_t i = 0; i < before.size(); ++i)
      if (stateOf[i])
        then.push_back(tensorOf((*next)[i], std::nullopt));
    auto after = loop.finish(truthOf(n, again->front()), then, n.b.boundOr(DataLoop::kMaxRounds));
    Results results = poison(before.size());
    for (size_t i = 0; i < before.size(); ++i)
      if (!stateOf[i])
        results[i] = before[i];
      else if (Value value = after[*stateOf[i]])
        results[i] = inside(i, value);
    return results;
  }

private:
  // Lists that do not change become tensors before the loop begins.
  bool stackConstants() {
    for (size_t i = 0; i < before.size(); ++i)
      if (const List *list = n.lists.find(before[i]); list && isConstant(body, i))
        if (list->whole || llvm::any_of(list->items, [](Value item) { return static_cast<bool>(item); })) {
          stacked[before[i]] = stackAll(n, *list, std::nullopt);
          if (!stacked[before[i]])
            return false;
        }
    return true;
  }

  // The variables that change, lists as tensors.
  bool findState() {
    std::optional<llvm::SmallVector<Value>> trial;
    stateOf.resize(before.size());
    for (size_t i = 0; i < before.size(); ++i) {
      if (isConstant(body, i))
        continue;
      const List *list = n.lists.find(before[i]);
      PartialShape shape;
      if (list && !list->whole && !trial) // what a round writes has the items' shape
        trial = n.importBody(body, before);
      if (trial && (trial->size() != before.size() || llvm::is_contained(*trial, Value())))
        return false;
      if (const List *later = list && trial ? n.lists.find((*trial)[i]) : nullptr)
        for (Value item : later->items)
          if (item)
            shape = ImportBuilder::shape(item).vec();
      stateOf[i] = initial.size();
      initial.push_back(tensorOf(before[i], shape));
      if (!initial.back())
        return false;
    }
    return true;
  }

  Value tensorOf(Value value, const PartialShape &shape) {
    const List *list = n.lists.find(value);
    return list ? stackAll(n, *list, shape) : value;
  }

  // Variable `i` whose tensor is this.
  Value inside(size_t i, Value tensor) {
    const List *list = n.lists.find(before[i]);
    return list ? wholeList(*list, tensor) : tensor;
  }
  Value wholeList(List list, Value whole) {
    list.items.clear();
    list.whole = whole;
    return n.lists.add(n.b.context(), std::move(list));
  }

  Value captured(DataLoop &loop, Value value) {
    const List *list = n.lists.find(value);
    if (!list)
      return loop.capture(value);
    if (!list->whole && llvm::all_of(list->items, [](Value item) { return !item; }))
      return value; // a list that is only written, elsewhere
    auto found = stacked.find(value);
    return wholeList(*list, loop.capture(found != stacked.end() ? found->second : Value()));
  }

  NodeImport &n;
  const Body &condition, &body;
  llvm::ArrayRef<Value> before;
  std::vector<std::optional<size_t>> stateOf; // of the loop's variables; none: it is constant
  llvm::SmallVector<Value> initial;
  llvm::DenseMap<Value, Value> stacked;
};

Results whileLoop(NodeImport &n) {
  std::vector<BodyPtr> condition = n.bodies("cond"), body = n.bodies("body");
  llvm::SmallVector<Value> state(n.allInputs());
  if (n.b.failed())
    return poison(state.size());
  if (condition[0]->results.size() != 1 || body[0]->results.size() != state.size() || body[0]->arguments.size() != state.size())
    return n.error("its functions have other arguments or results than the loop needs"), poison(state.size());
  for (int64_t round = 0;; ++round) {
    auto goesOn = n.importBody(*condition[0], state);
    if (!goesOn || !goesOn->front())
      return poison(state.size());
    if (n.lists.find(goesOn->front()))
      return n.error("the condition is a list of tensors"), poison(state.size());
    std::optional<bool> truth = knownTruth(n, goesOn->front());
    if (!truth)
      return LoopOverData(n, *condition[0], *body[0], state).run(goesOn->front());
    if (!*truth)
      return Results(llvm::ArrayRef<Value>(state));
    if (round == kMaxRounds)
      return n.error("the loop has more than " + llvm::Twine(kMaxRounds) + " rounds"), poison(state.size());
    auto next = n.importBody(*body[0], state);
    if (!next || llvm::is_contained(*next, Value()))
      return poison(state.size());
    state = *next;
  }
}

} // namespace

void addLoopOps(OpRows &rows) {
  for (const char *name : {"While", "StatelessWhile"})
    rows.push_back(OpRow(name, -1, kAll, whileLoop).atLeast(1).takesListsAnywhere().takesExtents());
}

} // namespace aotc::tf
