// Family Control: graphs in nodes. What is known at compile time decides which run, and how often.
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

Results ifThenElse(NodeImport &n) {
  auto condition = n.constantInt(0);
  if (!condition)
    return poison(n);
  auto results = n.importBody(*condition ? "then_branch" : "else_branch", {});
  return results ? Results(*results) : poison(n);
}

size_t outputsOfBody(NodeImport &n) {
  auto found = n.node.attrs.find("body");
  auto *body = found == n.node.attrs.end() ? nullptr : std::get_if<std::shared_ptr<const Graph>>(&found->second);
  return body ? (*body)->outputs.size() : 0;
}

// The known truth of a condition; nullopt: reported.
std::optional<bool> truthOf(NodeImport &n, Value condition) {
  auto known = condition ? n.b.constantOf(condition) : std::nullopt;
  if (known && known->size() == 1)
    return known->i(0) != 0;
  if (!n.b.failed())
    n.error("the loop's condition must be known at compile time", "make it a constant, or derive it from shapes");
  return std::nullopt;
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

// Operands: most rounds, first condition, then what is carried from round to round.
Results loop(NodeImport &n) {
  size_t carried = n.numInputs() > 2 ? n.numInputs() - 2 : 0, outputs = outputsOfBody(n);
  if (outputs < carried + 1)
    return n.error("the body yields fewer values than are carried"), poison(n);
  int64_t most = kMaxRounds + 1;
  if (n.in(0)) {
    auto given = n.constantInt(0);
    if (!given)
      return poison(n);
    most = *given;
  }
  llvm::SmallVector<Value> state(n.allInputs().drop_front(std::min<size_t>(2, n.numInputs())));
  Value condition = n.in(1) ? n.in(1) : n.b.scalar(DType::I1, 1);
  std::vector<llvm::SmallVector<Value>> scanned(outputs - carried - 1);
  for (int64_t round = 0; round < most; ++round) {
    auto goesOn = truthOf(n, condition);
    if (!goesOn)
      return poison(n);
    if (!*goesOn)
      break;
    if (round == kMaxRounds)
      return n.error("has more than " + llvm::Twine(kMaxRounds) + " rounds"), poison(n);
    llvm::SmallVector<Value> arguments{n.b.scalar(DType::I64, static_cast<double>(round)), condition};
    arguments.append(state);
    auto results = n.importBody("body", arguments);
    if (!results || llvm::is_contained(*results, Value()))
      return poison(n);
    condition = results->front();
    state.assign(results->begin() + 1, results->begin() + 1 + carried);
    for (size_t k = 0; k < scanned.size(); ++k)
      scanned[k].push_back((*results)[1 + carried + k]);
  }
  Results all(state);
  for (const auto &rounds : scanned)
    all.push_back(rounds.empty() ? n.error("has no rounds, so that its scan outputs have no shape")
                                 : stack(n, rounds, 0));
  return all;
}

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
  rows.push_back(OpRow("If", 1, 1, kBool, ifThenElse).needsConstant(0, "condition"));
  rows.push_back(OpRow("Loop", 1, -1, kIndexInts, loop).needsConstant(0, "the number of rounds"));
  rows.push_back(OpRow("OptionalHasElement", 15, 1, kAll, optionalHasElement).atLeast(0).takesNarrow());
  rows.push_back(OpRow("OptionalGetElement", 15, 1, kAll, optionalGetElement).movesElements());
  rows.push_back(OpRow("Scan", 8, -1, kAll, batchedScan).until(8).atLeast(0));
  rows.push_back(OpRow("Scan", 9, -1, kAll, scan).atLeast(1));
}

} // namespace aotc::onnx
