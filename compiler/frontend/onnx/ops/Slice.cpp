// Family Slice: parts of tensors, and frames around them.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <numeric>

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;

// The axes that a list names, or all of them; nullopt: reported.
std::optional<DimVector> orderedAxes(NodeImport &n, const std::optional<DimVector> &given, size_t count) {
  DimVector axes;
  if (!given) {
    axes.resize(count);
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (int64_t axis : given ? *given : axes)
    if (auto normal = n.b.normalizeAxis(axis, n.rank(0)); !normal)
      return std::nullopt;
    else if (given)
      axes.push_back(*normal);
  DimVector sorted(axes);
  llvm::sort(sorted);
  if (axes.size() != count || std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    n.error("the axes do not fit: there must be " + llvm::Twine(count) + ", all different");
    return std::nullopt;
  }
  return axes;
}

// One axis of a slice as Python has it: the elements first, first + step, ...
struct Range {
  int64_t first, count;
};

Range resolveRange(int64_t start, int64_t end, int64_t step, int64_t extent) {
  auto clamped = [&](int64_t at, int64_t low, int64_t high) {
    return std::clamp(at < 0 ? at + extent : at, low, high);
  };
  if (step > 0) {
    start = clamped(start, 0, extent);
    end = clamped(end, 0, extent);
    return {start, end <= start ? 0 : (end - start - 1) / step + 1};
  }
  start = clamped(start, -1, extent - 1);
  end = end < -extent ? -1 : clamped(end, -1, extent - 1);
  return {start, start <= end ? 0 : (start - end - 1) / -step + 1};
}

Value sliceAlong(NodeImport &n, Dims starts, Dims ends, Dims axes, Dims steps) {
  constexpr int64_t kLargest = int64_t(1) << 40; // steps past this reach one element
  Value x = n.in(0);
  DimVector first(n.rank(0), 0), counts(n.shape(0)), strides(n.rank(0), 1), reversed;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    const int64_t size = n.shape(0)[axis];
    if (n.b.extents.of(n.in(0), axis)) // of the attributes' form
      return n.error("slices along an extent that depends on data");
    int64_t extent = size, step = std::clamp(steps[i], -kLargest, kLargest);
    if (step == 0)
      return n.error("a step is 0");
    Range range = resolveRange(starts[i], ends[i], step, extent);
    counts[axis] = range.count;
    strides[axis] = range.count > 1 ? std::abs(step) : 1;
    first[axis] = range.count == 0 ? 0 : step > 0 ? range.first : extent - 1 - range.first;
    if (step < 0 && range.count > 0)
      reversed.push_back(axis);
  }
  llvm::sort(reversed);
  if (!reversed.empty())
    x = n.b.reverse(x, reversed);
  Value result = n.b.slice(x, first, counts, strides);
  n.b.extents.set(result, Extents(n.b.extents.of(n.in(0))));
  return result;
}

Results sliceByAttributes(NodeImport &n) {
  DimVector starts = n.integers("starts"), ends = n.integers("ends"), steps(starts.size(), 1);
  if (starts.size() != ends.size())
    return n.error("starts and ends have different lengths");
  auto axes = orderedAxes(n, n.has("axes") ? std::optional(n.integers("axes")) : std::nullopt, starts.size());
  return axes ? sliceAlong(n, starts, ends, *axes, steps) : Value();
}

// Starts or ends that data decides, or along extents that do.
Results sliceOfData(NodeImport &n) {
  ImportBuilder &b = n.b;
  const int64_t count = ImportBuilder::elements(n.in(1));
  auto axes = orderedAxes(n, n.in(3) ? std::optional(n.constantInts(3)) : std::nullopt, count);
  DimVector steps = n.in(4) ? n.constantInts(4) : DimVector(count, 1);
  if (!axes)
    return Value();
  if (n.rank(1) != 1 || n.rank(2) != 1 || n.shape(2)[0] != count || static_cast<int64_t>(steps.size()) != count)
    return n.error("starts, ends and steps have different lengths");
  constexpr int64_t kMostSteps = int64_t(1) << 31;
  Value x = n.in(0);
  Extents extents(b.extents.of(x));
  extents.resize(n.rank(0));
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    if (steps[i] < 1 || steps[i] > kMostSteps)
      return n.error("a step of " + llvm::Twine(steps[i]) + " with starts or ends that depend on data; give a positive one");
    Value extent = b.extentOf(n.in(0), axis);
    Value first = b.clampedPosition(b.element(n.in(1), i), extent), last = b.clampedPosition(b.element(n.in(2), i), extent);
    x = b.rangeAlong(x, axis, first, last, steps[i], extents[axis]);
    if (!x)
      return Value();
  }
  b.extents.set(x, extents);
  return x;
}

Results slice(NodeImport &n) {
  if (!n.b.constantOf(n.in(1)) || !n.b.constantOf(n.in(2)) || n.b.hasExtents({n.in(0)}))
    return sliceOfData(n);
  DimVector starts = n.constantInts(1), ends = n.constantInts(2);
  DimVector steps = n.in(4) ? n.constantInts(4) : DimVector(starts.size(), 1);
  if (starts.size() != ends.size() || starts.size() != steps.size())
    return n.error("starts, ends and steps have different lengths");
  auto axes = orderedAxes(n, n.in(3) ? std::optional(n.constantInts(3)) : std::nullopt, starts.size());
  return axes ? sliceAlong(n, starts, ends, *axes, steps) : Value();
}

// Sizes of the parts: given, or equal but for a smaller last one.
Results split(NodeImport &n) {
  auto axis = n.b.normalizeAxis(n.integer("axis", 0), n.rank(0));
  if (!axis)
    return Value();
  int64_t extent = n.shape(0)[*axis];
  bool byOperand = n.opset() >= 13;
  bool given = byOperand ? static_cast<bool>(n.in(1)) : n.has("split");
  DimVector sizes = !given ? DimVector() : byOperand ? n.constantInts(1) : n.integers("split");
  if (!given) {
    int64_t parts = n.integer("num_outputs", n.numOutputs());
    if (parts < 1 || parts > std::max<int64_t>(extent, n.numOutputs()))
      return n.error("cannot make " + llvm::Twine(parts) + " parts of extent " + llvm::Twine(extent));
    int64_t size = extent / parts + (extent % parts != 0), left = extent;
    for (int64_t i = 0; i < parts; ++i) {
      sizes.push_back(std::min(size, left));
      left -= sizes.back();
    }
  }
  Results results(llvm::ArrayRef<Value>{});
  int64_t at = 0;
  for (int64_t size : sizes) {
    if (size < 0 || size > extent - at)
      return n.error("parts " + toString({sizes.data(), sizes.size()}) + " do not fit extent " + llvm::Twine(extent));
    results.push_back(n.b.sliceAxis(n.in(0), *axis, at, size));
    at += size;
  }
  return at == extent ? results
                      : n.error("parts " + toString({sizes.data(), sizes.size()}) + " do not fill extent " +
                                llvm::Twine(extent));
}

// Where element i of the padded axis comes from; `reach`: low + extent + high.
Value sourceIndices(NodeImport &n, bool wrap, int64_t low, int64_t extent, int64_t reach) {
  DimVector sources;
  for (int64_t i = 0; i < reach; ++i) {
    int64_t at = i - low, period = wrap ? extent : std::max<int64_t>(2 * (extent - 1), 1);
    at = ((at % period) + period) % period;
    sources.push_back(at < extent ? at : period - at);
  }
  return n.b.indices(DType::I64, sources);
}

Value padAlong(NodeImport &n, llvm::StringRef mode, Dims axes, Dims pads, Value value) {
  constexpr int64_t kMostCopies = int64_t(1) << 20; // of indices
  DimVector low(n.rank(0), 0), high(n.rank(0), 0), starts(n.rank(0), 0), counts(n.shape(0));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    low[axis] = pads[i];
    high[axis] = pads[axes.size() + i];
    // Negative ones take away.
    int64_t cutLow = std::max<int64_t>(0, -std::max(low[axis], -counts[axis]));
    int64_t cutHigh = std::max<int64_t>(0, -std::max(high[axis], -counts[axis]));
    if (low[axis] < -n.shape(0)[axis] || high[axis] < -n.shape(0)[axis] || cutLow + cutHigh > counts[axis])
      return n.error("pads take more than there is");
    starts[axis] = cutLow;
    counts[axis] -= cutLow + cutHigh;
    low[axis] = std::max<int64_t>(low[axis], 0);
    high[axis] = std::max<int64_t>(high[axis], 0);
  }
  Value x = n.b.slice(n.in(0), starts, counts);
  if (mode == "constant")
    return n.b.pad(nn::PadMode::Constant, x, low, high, value);
  if (mode == "edge")
    return n.b.pad(nn::PadMode::Edge, x, low, high);
  const bool wrap = mode == "wrap";
  for (int64_t axis = 0; axis < n.rank(0); ++axis) {
    if (!wrap && low[axis] < counts[axis] && high[axis] < counts[axis])
      continue; // one reflection is a pad
    int64_t reach;
    if (counts[axis] == 0 || low[axis] > kMostCopies || high[axis] > kMostCopies ||
        (reach = low[axis] + counts[axis] + high[axis]) > 4 * kMostCopies)
      return n.error("pads are too large for an axis of " + llvm::Twine(counts[axis]) + " elements");
    if (low[axis] + high[axis] > 0)
      x = n.b.gather(x, sourceIndices(n, wrap, low[axis], counts[axis], reach), axis);
    low[axis] = high[axis] = 0;
  }
  return n.b.pad(nn::PadMode::Reflect, x, low, high);
}

Results padByAttributes(NodeImport &n) {
  DimVector pads = n.integers("pads");
  auto axes = orderedAxes(n, std::nullopt, n.rank(0));
  if (pads.size() != 2 * axes->size())
    return n.error("pads has " + llvm::Twine(pads.size()) + " entries for rank " + llvm::Twine(n.rank(0)));
  return padAlong(n, n.text("mode", "constant"), *axes, pads, n.b.scalar(n.dtype(0), n.real("value", 0)));
}

Results pad(NodeImport &n) {
  DimVector pads = n.constantInts(1);
  auto given = n.in(3) ? std::optional(n.constantInts(3)) : std::nullopt;
  auto axes = orderedAxes(n, given, given ? given->size() : n.rank(0));
  if (!axes)
    return Value();
  if (pads.size() != 2 * axes->size())
    return n.error("pads has " + llvm::Twine(pads.size()) + " entries for " + llvm::Twine(axes->size()) + " axes");
  Value value = n.in(2) ? n.b.reshape(n.in(2), {}) : n.b.scalar(n.dtype(0), 0);
  return padAlong(n, n.text("mode", "constant"), *axes, pads, value);
}

// To the extents of operand 1, as much at both ends as can be.
Results centerCropPad(NodeImport &n) {
  DimVector wanted = n.constantInts(1);
  auto axes = orderedAxes(n, n.has("axes") ? std::optional(n.integers("axes")) : std::nullopt, wanted.size());
  if (!axes)
    return Value();
  DimVector pads(2 * axes->size());
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    int64_t extent = n.shape(0)[axis];
    if (wanted[i] < 0 || wanted[i] > (int64_t(1) << 40))
      return n.error("impossible extent " + llvm::Twine(wanted[i]));
    int64_t missing = wanted[i] - extent; // what does not halve goes to the end
    pads[i] = missing / 2;
    pads[axes->size() + i] = missing - missing / 2;
  }
  return padAlong(n, "constant", *axes, pads, n.b.scalar(n.dtype(0), 0));
}

Results trilu(NodeImport &n) {
  if (n.rank(0) < 2)
    return n.error("needs matrices");
  Dims matrix = n.shape(0).take_back(2);
  Value row = n.b.iota(DType::I64, {matrix[0], 1}, 0), column = n.b.iota(DType::I64, {1, matrix[1]}, 1);
  Value k = n.in(1) ? n.b.reshape(n.b.cast(n.in(1), DType::I64), {}) : n.b.scalar(DType::I64, 0);
  Value keep = n.b.compare(n.flag("upper", true) ? CompareFn::Ge : CompareFn::Le, n.b.sub(column, row), k);
  return n.b.select(keep, n.in(0), n.b.scalar(n.dtype(0), 0));
}

Results reverseSequence(NodeImport &n) {
  return n.b.reverseSequence(n.in(0), n.in(1), n.integer("time_axis", 0), n.integer("batch_axis", 1));
}

} // namespace

void addSliceOps(OpRows &rows) {
  rows.push_back(OpRow("Slice", 1, 1, kAll, sliceByAttributes).until(9).takesExtents());
  rows.push_back(OpRow("Slice", 10, 5, kAll, slice)
                     .atLeast(3)
                     .needsConstant(3, "axes")
                     .needsConstant(4, "steps")
                     .movesElements().takesExtents());
  rows.push_back(OpRow("Split", 2, 1, kAll, split).until(12));
  rows.push_back(OpRow("Split", 13, 2, kAll, split).atLeast(1).needsConstant(1, "split").movesElements());
  rows.push_back(OpRow("Pad", 2, 1, kAll, padByAttributes).until(10).oneOf("mode", {"constant", "reflect", "edge"}));
  rows.push_back(OpRow("Pad", 11, 4, kAll, pad)
                     .atLeast(2)
                     .needsConstant(1, "pads")
                     .needsConstant(3, "axes")
                     .oneOf("mode", {"constant", "reflect", "edge", "wrap"})
                     .movesElements());
  rows.push_back(OpRow("CenterCropPad", 18, 2, kAll, centerCropPad).needsConstant(1, "shape"));
  rows.push_back(OpRow("Trilu", 14, 2, kAll, trilu).atLeast(1));
  rows.emplace_back("ReverseSequence", 10, 2, kAll, reverseSequence);
}

} // namespace aotc::onnx
