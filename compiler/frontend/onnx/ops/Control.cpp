// Family Control: graphs in nodes.
#include "compiler/frontend/common/DataLoop.h"
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

// Rounds of a loop; the body is imported anew for each.
constexpr int64_t kMaxRounds = 1 << 14;

Results poison(NodeImport &n) {
  Results results(Value{});
  results.resize(n.numOutputs());
  return results;
}

Value truthOf(NodeImport &n, Value condition) {
  return ImportBuilder::elements(condition) == 1 ? n.b.reshape(condition, {}) : n.error("the condition must be one element");
}

// Where data decides, both branches run, and one is chosen.
Results ifThenElse(NodeImport &n) {
  if (n.b.constantOf(n.in(0))) {
    auto condition = n.constantInt(0);
    auto results = condition ? n.importBody(*condition ? "then_branch" : "else_branch", {}) : std::nullopt;
    return results ? Results(*results) : poison(n);
  }
  Value condition = truthOf(n, n.in(0));
  auto onTrue = n.importBody("then_branch", {}), onFalse = n.importBody("else_branch", {});
  if (!condition || !onTrue || !onFalse)
    return poison(n);
  if (onTrue->size() != onFalse->size())
    return n.error("its branches yield different numbers of values"), poison(n);
  Results results = poison(n);
  for (auto [result, a, b] : llvm::zip(results, *onTrue, *onFalse)) {
    if (!a || !b)
      continue;
    if (n.b.hasExtents({a, b}) || a.getType() != b.getType())
      return n.error("the branches yield tensors of different shapes or types, and data decides between them",
                     "fix an input that decides with --set"), poison(n);
    result = n.b.select(condition, a, b);
  }
  return results;
}

size_t outputsOfBody(NodeImport &n) {
  auto found = n.node.attrs.find("body");
  auto *body = found == n.node.attrs.end() ? nullptr : std::get_if<std::shared_ptr<const Graph>>(&found->second);
  return body ? (*body)->outputs.size() : 0;
}

// Results of all rounds as one tensor along a new dimension.
Value stack(NodeImport &n, llvm::ArrayRef<Value> rounds, int64_t axis) {
  llvm::SmallVector<Value> parts;
  for (Value value : rounds) {
    if (!value || axis > ImportBuilder::rank(value))
      return value ? n.error("a scan output has rank " + llvm::Twine(ImportBuilder::rank(value))) : Value();
    parts.push_back(n.b.expandDims(value, axis));
  }
  return n.b.concat(parts, axis);
}

// Operands: most rounds, first condition, then what is carried from round to round. As long as it is known that there is
// another round, each is imported by itself; from there on data decides, and the loop stays one.
class Loop {
public:
  explicit Loop(NodeImport &n)
      : n(n), b(n.b), carried(n.numInputs() > 2 ? n.numInputs() - 2 : 0),
        state(n.allInputs().drop_front(std::min<size_t>(2, n.numInputs()))) {}

  Results run() {
    const size_t outputs = outputsOfBody(n);
    if (outputs < carried + 1)
      return n.error("the body yields fewer values than are carried"), poison(n);
    scanned.resize(outputs - carried - 1);
    std::optional<Tensor> most = n.in(0) ? b.constantOf(n.in(0)) : std::nullopt;
    if (n.in(0) && ImportBuilder::elements(n.in(0)) != 1)
      return n.error("the number of rounds must be one element"), poison(n);
    Value condition = n.in(1) ? truthOf(n, n.in(1)) : b.scalar(DType::I1, 1);
    for (int64_t round = 0; condition; ++round) {
      std::optional<Tensor> goesOn = b.constantOf(condition);
      if (!goesOn || (n.in(0) && !most))
        return overData(round, condition, most);
      if (!goesOn->i(0) || (most && round >= most->i(0)))
        return results();
      if (round == kMaxRounds)
        return n.error("has more than " + llvm::Twine(kMaxRounds) + " rounds"), poison(n);
      auto yielded = importRound(b.scalar(DType::I64, static_cast<double>(round)), condition, state);
      if (!yielded)
        return poison(n);
      condition = truthOf(n, yielded->front());
      state.assign(yielded->begin() + 1, yielded->begin() + 1 + carried);
      for (size_t k = 0; k < scanned.size(); ++k)
        scanned[k].push_back((*yielded)[1 + carried + k]);
    }
    return poison(n);
  }

private:
  Results results() {
    Results all(state);
    for (const auto &rounds : scanned)
      all.push_back(rounds.empty() ? n.error("has no rounds, so that its scan outputs have no shape")
                                   : stack(n, rounds, 0));
    return all;
  }

  std::optional<llvm::SmallVector<Value>> importRound(
      Value round, Value condition, llvm::ArrayRef<Value> before,
      NodeContext::Capture capture = [](Value value) { return value; }) {
    llvm::SmallVector<Value> arguments{round, condition};
    arguments.append(before.begin(), before.end());
    auto yielded = n.importBody("body", arguments, capture);
    return yielded && !llvm::is_contained(*yielded, Value()) ? yielded : std::nullopt;
  }

  // Rounds from this one on. Scan outputs are rows of tensors for as many rounds as there can be.
  Results overData(int64_t first, Value condition, const std::optional<Tensor> &most) {
    Value count = b.scalar(DType::I64, static_cast<double>(first));
    Value end = n.in(0) ? b.reshape(n.in(0), {}) : Value();
    int64_t bound = b.boundOr(DataLoop::kMaxRounds);
    llvm::SmallVector<Value> before{count};
    before.append(state);
    if (!scanned.empty()) {
      if (!findBound(end, most, bound) || !addScans(first, condition, count, bound, before))
        return poison(n);
    }
    DataLoop loop(b, goesOn(condition, count, end), before);
    llvm::SmallVector<Value> inside(loop.state());
    auto yielded = importRound(inside[0], b.scalar(DType::I1, 1), llvm::ArrayRef<Value>(inside).slice(1, carried),
                               [&](Value outside) { return loop.capture(outside); });
    if (!yielded)
      return poison(n);
    llvm::SmallVector<Value> then{b.binary(nn::BinaryFn::Add, inside[0], 1)};
    then.append(yielded->begin() + 1, yielded->begin() + 1 + carried);
    for (size_t k = 0; k < scanned.size(); ++k)
      then.push_back(b.scatterNd(nn::ScatterFn::Update, inside[1 + carried + k], b.reshape(inside[0], {1, 1}),
                                 b.expandDims((*yielded)[1 + carried + k], 0)));
    Value again = goesOn(truthOf(n, yielded->front()), then[0], loop.capture(end));
    auto after = loop.finish(again, then, bound);
    if (!after[0])
      return poison(n);
    for (size_t k = 0; k < scanned.size(); ++k) {
      Extents extents(ImportBuilder::rank(after[1 + carried + k]));
      extents[0] = after[0];
      b.extents.set(after[1 + carried + k], extents);
    }
    return Results(llvm::ArrayRef<Value>(after).drop_front());
  }

  Value goesOn(Value condition, Value count, Value end) {
    return end && condition ? b.binary(nn::BinaryFn::And, condition, b.compare(nn::CompareFn::Lt, count, end)) : condition;
  }

  bool findBound(Value &end, const std::optional<Tensor> &most, int64_t &bound) {
    if (most) {
      bound = std::min(bound, std::max<int64_t>(most->i(0), 0));
    } else if (end) {
      auto limited = b.bounded(b.binary(nn::BinaryFn::Max, end, 0.0), "the number of rounds");
      if (!limited)
        return false;
      std::tie(end, bound) = *limited;
    }
    if (bound < DataLoop::kMaxRounds)
      return true;
    n.error("nothing bounds the number of rounds, which is an extent of the scan outputs", "give --bound " + llvm::Twine(n.node.name) + "=N");
    return false;
  }

  // What the rounds so far wrote, with place for the others; a round shows the shape.
  bool addScans(int64_t first, Value condition, Value count, int64_t bound, llvm::SmallVectorImpl<Value> &before) {
    auto trial = importRound(count, condition, state);
    if (!trial)
      return false;
    for (size_t k = 0; k < scanned.size(); ++k) {
      Value item = (*trial)[1 + carried + k];
      DimVector rest{bound - first};
      rest.append(ImportBuilder::shape(item).begin(), ImportBuilder::shape(item).end());
      Value whole = b.splat(ImportBuilder::dtype(item), rest, 0);
      if (first > 0)
        whole = b.concat({stack(n, scanned[k], 0), whole}, 0);
      before.push_back(whole);
      if (!whole)
        return false;
    }
    return true;
  }

  NodeImport &n;
  ImportBuilder &b;
  const size_t carried;
  llvm::SmallVector<Value> state;
  std::vector<llvm::SmallVector<Value>> scanned; // of each scan output the rounds so far
};

Results loop(NodeImport &n) { return Loop(n).run(); }

// One entry for each of `count`, zero where the list is missing; nullopt: reported.
std::optional<DimVector> perValue(NodeImport &n, llvm::StringRef name, size_t count) {
  DimVector list = n.integers(name);
  if (list.empty())
    list.assign(count, 0);
  if (list.size() == count)
    return list;
  n.error(name + " has " + llvm::Twine(list.size()) + " entries, not " + llvm::Twine(count));
  return std::nullopt;
}

// `first`: the operand that begins the carried values; then come those that are read step by step.
Results scanFrom(NodeImport &n, size_t first, llvm::ArrayRef<Value> operands) {
  ImportBuilder &b = n.b;
  int64_t scans = n.integer("num_scan_inputs", 0);
  if (scans < 1 || scans > static_cast<int64_t>(operands.size()))
    return n.error("num_scan_inputs must be from 1 to the number of operands"), poison(n);
  size_t carried = operands.size() - scans, outputs = outputsOfBody(n);
  if (outputs < carried || llvm::is_contained(operands, Value()))
    return n.error("the body yields fewer values than are carried, or an operand is left out"), poison(n);
  size_t stacked = outputs - carried;
  auto inputAxes = perValue(n, "scan_input_axes", scans), outputAxes = perValue(n, "scan_output_axes", stacked);
  auto inputReversed = perValue(n, first == 0 ? "scan_input_directions" : "directions", scans);
  auto outputReversed = perValue(n, "scan_output_directions", stacked);
  if (!inputAxes || !outputAxes || !inputReversed || !outputReversed)
    return poison(n);
  int64_t rounds = -1;
  for (int64_t k = 0; k < scans; ++k) {
    Value x = operands[carried + k];
    auto axis = b.normalizeAxis((*inputAxes)[k], ImportBuilder::rank(x));
    if (!axis)
      return poison(n);
    (*inputAxes)[k] = *axis;
    int64_t extent = ImportBuilder::shape(x)[*axis];
    if ((rounds >= 0 && extent != rounds) || extent < 1 || extent > kMaxRounds)
      return n.error("needs 1 to " + llvm::Twine(kMaxRounds) + " steps, as many in all scan inputs"), poison(n);
    rounds = extent;
  }
  llvm::SmallVector<Value> state(operands.take_front(carried));
  std::vector<llvm::SmallVector<Value>> scanned(stacked);
  for (int64_t round = 0; round < rounds; ++round) {
    llvm::SmallVector<Value> arguments(state);
    for (int64_t k = 0; k < scans; ++k) {
      Value x = operands[carried + k];
      int64_t axis = (*inputAxes)[k], at = (*inputReversed)[k] ? rounds - 1 - round : round;
      DimVector shape(ImportBuilder::shape(x));
      shape.erase(shape.begin() + axis);
      arguments.push_back(b.reshape(b.sliceAxis(x, axis, at, 1), shape));
    }
    auto results = n.importBody("body", arguments);
    if (!results || llvm::is_contained(*results, Value()))
      return poison(n);
    state.assign(results->begin(), results->begin() + carried);
    for (size_t k = 0; k < stacked; ++k)
      scanned[k].push_back((*results)[carried + k]);
  }
  Results all(state);
  for (size_t k = 0; k < stacked; ++k) {
    auto axis = b.normalizeAxis((*outputAxes)[k], ImportBuilder::rank(scanned[k].front()) + 1);
    if (axis && (*outputReversed)[k])
      std::reverse(scanned[k].begin(), scanned[k].end());
    all.push_back(axis ? stack(n, scanned[k], *axis) : Value());
  }
  return all;
}

Results scan(NodeImport &n) { return scanFrom(n, 0, n.allInputs()); }

// In opset 8 all values have a batch before them, for each of which the body runs by itself.
Results batchedScan(NodeImport &n) {
  ImportBuilder &b = n.b;
  llvm::ArrayRef<Value> operands = n.allInputs().drop_front(1);
  if (n.in(0))
    return n.error("lengths of sequences are not supported"), poison(n);
  int64_t batch = -1;
  for (Value x : operands) {
    if (!x || ImportBuilder::rank(x) < 1 || (batch >= 0 && ImportBuilder::shape(x)[0] != batch))
      return n.error("needs operands of one batch"), poison(n);
    batch = ImportBuilder::shape(x)[0];
  }
  if (batch < 1 || batch > 1024)
    return n.error("needs a batch from 1 to 1024"), poison(n);
  std::vector<llvm::SmallVector<Value>> results(n.numOutputs());
  for (int64_t i = 0; i < batch; ++i) {
    llvm::SmallVector<Value> one;
    for (Value x : operands)
      one.push_back(b.reshape(b.sliceAxis(x, 0, i, 1), ImportBuilder::shape(x).drop_front()));
    Results yielded = scanFrom(n, 1, one);
    if (b.failed() || yielded.size() < results.size())
      return poison(n);
    for (size_t k = 0; k < results.size(); ++k)
      results[k].push_back(yielded[k]);
  }
  Results all(Value{});
  all.clear();
  for (const auto &parts : results)
    all.push_back(stack(n, parts, 0));
  return all;
}

// Whether an optional value is there is known: a tensor, or nothing.
Results optionalHasElement(NodeImport &n) { return n.b.scalar(DType::I1, n.in(0) ? 1 : 0); }

Results optionalGetElement(NodeImport &n) { return n.in(0); }

} // namespace

void addControlOps(OpRows &rows) {
  rows.push_back(OpRow("If", 1, 1, kBool, ifThenElse));
  rows.push_back(OpRow("Loop", 1, -1, kIndexInts, loop));
  rows.push_back(OpRow("OptionalHasElement", 15, 1, kAll, optionalHasElement).atLeast(0).takesNarrow());
  rows.push_back(OpRow("OptionalGetElement", 15, 1, kAll, optionalGetElement).movesElements());
  rows.push_back(OpRow("Scan", 8, -1, kAll, batchedScan).until(8).atLeast(0));
  rows.push_back(OpRow("Scan", 9, -1, kAll, scan).atLeast(1));
}

} // namespace aotc::onnx
