// Family Shape: cutting out of a tensor.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

#include "llvm/ADT/bit.h"

namespace aotc::tf {
namespace {

using nn::BinaryFn;

Results slice(NodeImport &n) {
  int64_t rank = n.rank(0);
  DimVector sizes = n.constantInts(2);
  if (sizes.size() != static_cast<size_t>(rank) || n.rank(1) != 1 || n.shape(1)[0] != rank)
    return n.error("begin and size need one entry for each of " + llvm::Twine(rank) + " dimensions");
  auto begin = n.b.constantOf(n.in(1));
  for (int64_t i = 0; i < rank; ++i) {
    int64_t extent = n.shape(0)[i], start = begin ? begin->i(i) : 0;
    if (sizes[i] == -1 && !begin)
      return n.error("size -1 with a begin that is not known at compile time");
    if (start < 0 || start > extent || sizes[i] < -1 || sizes[i] > extent - start)
      return n.error("size " + llvm::Twine(sizes[i]) + " at " + llvm::Twine(start) + " reaches past the extent of " +
                     llvm::Twine(extent));
    if (sizes[i] == -1)
      sizes[i] = extent - start;
  }
  if (!begin)
    return n.b.dynamicSlice(n.in(0), n.in(1), sizes);
  DimVector starts;
  for (int64_t i = 0; i < rank; ++i)
    starts.push_back(begin->i(i));
  return n.b.slice(n.in(0), starts, sizes);
}

// What one dimension of the operand goes through.
struct DimSpec {
  int64_t entry = -1; // of begin, end and strides; -1: taken whole
  bool shrink = false;
};

// The masks of a StridedSlice laid out over the operand's dimensions.
struct SliceSpec {
  llvm::SmallVector<DimSpec> dims;       // one for each dimension of the operand
  llvm::SmallVector<int64_t> resultDims; // operand dims in order of the result; -1: new axis
};

std::optional<SliceSpec> parseMasks(NodeImport &n, int64_t entries) {
  uint64_t ellipsis = n.integer("ellipsis_mask", 0), newAxis = n.integer("new_axis_mask", 0),
           shrink = n.integer("shrink_axis_mask", 0);
  int64_t rank = n.rank(0), consumed = 0;
  if (entries > 32 || llvm::popcount(ellipsis) > 1) {
    n.error(entries > 32 ? "more than 32 entries" : "more than one ellipsis");
    return std::nullopt;
  }
  for (int64_t i = 0; i < entries; ++i)
    consumed += !(ellipsis >> i & 1) && !(newAxis >> i & 1);
  if (consumed > rank) {
    n.error("indexes " + llvm::Twine(consumed) + " dimensions of an operand of rank " + llvm::Twine(rank));
    return std::nullopt;
  }
  SliceSpec spec;
  auto takeWhole = [&](int64_t count) {
    for (; count > 0; --count) {
      spec.resultDims.push_back(spec.dims.size());
      spec.dims.push_back({});
    }
  };
  for (int64_t i = 0; i < entries; ++i) {
    if (ellipsis >> i & 1) {
      takeWhole(rank - consumed);
    } else if (newAxis >> i & 1) {
      spec.resultDims.push_back(-1);
    } else {
      bool shrinks = shrink >> i & 1;
      if (!shrinks)
        spec.resultDims.push_back(spec.dims.size());
      spec.dims.push_back({i, shrinks});
    }
  }
  takeWhole(rank - static_cast<int64_t>(spec.dims.size()));
  return spec;
}

// Drops shrunk dimensions and adds new ones.
Value finishShape(NodeImport &n, Value sliced, const SliceSpec &spec) {
  DimVector shape;
  for (int64_t dim : spec.resultDims)
    shape.push_back(dim < 0 || !sliced ? 1 : ImportBuilder::shape(sliced)[dim]);
  return n.b.reshape(sliced, shape);
}

// The positions from `begin` towards `end` (exclusive): first, count.
struct Walk {
  int64_t first, count;
};

Walk clampRange(int64_t extent, int64_t begin, int64_t end, int64_t stride, bool wholeBegin, bool wholeEnd) {
  // A walk backwards starts at most at the last element and ends at least before the first.
  int64_t least = stride > 0 ? 0 : -1, most = stride > 0 ? extent : extent - 1;
  auto clamp = [&](int64_t at) { return std::clamp(at < 0 ? at + extent : at, least, most); };
  int64_t first = wholeBegin ? (stride > 0 ? least : most) : clamp(begin);
  int64_t last = wholeEnd ? (stride > 0 ? most : least) : clamp(end);
  int64_t span = stride > 0 ? last - first : first - last, step = stride > 0 ? stride : -stride;
  return {first, span > 0 ? (span - 1) / step + 1 : 0};
}

Value staticSlice(NodeImport &n, const SliceSpec &spec, const Tensor &begin, const Tensor &end,
                  const Tensor &strides) {
  uint64_t beginMask = n.integer("begin_mask", 0), endMask = n.integer("end_mask", 0);
  DimVector starts, sizes, steps, reversed;
  for (auto [dim, entry] : llvm::enumerate(spec.dims)) {
    int64_t extent = n.shape(0)[dim];
    if (entry.entry < 0) {
      starts.push_back(0);
      sizes.push_back(extent);
      steps.push_back(1);
      continue;
    }
    int64_t at = entry.entry, stride = strides.i(at), first = begin.i(at);
    if (stride == 0 || stride == std::numeric_limits<int64_t>::min())
      return n.error("stride " + llvm::Twine(at) + " is 0");
    Walk walk{first < 0 ? first + extent : first, 1};
    if (entry.shrink) {
      if (stride < 0)
        return n.error("a negative stride where one element is picked");
      if (walk.first < 0 || walk.first >= extent)
        return n.error("index " + llvm::Twine(first) + " is outside an extent of " + llvm::Twine(extent));
    } else {
      walk = clampRange(extent, first, end.i(at), stride, beginMask >> at & 1, endMask >> at & 1);
    }
    int64_t step = walk.count > 1 ? std::abs(stride) : 1;
    if (stride < 0 && walk.count > 1)
      reversed.push_back(dim);
    // Walked backwards, the slice starts at the last element taken.
    starts.push_back(walk.count == 0 ? 0 : stride > 0 ? walk.first : walk.first - (walk.count - 1) * step);
    sizes.push_back(walk.count);
    steps.push_back(step);
  }
  return n.b.reverse(n.b.slice(n.in(0), starts, sizes, steps), reversed);
}

// Begins or ends that are computed at run time, or extents that depend on data.
class RuntimeSlice {
public:
  RuntimeSlice(NodeImport &n, const SliceSpec &spec)
      : n(n), b(n.b), spec(spec), beginMask(n.integer("begin_mask", 0)), endMask(n.integer("end_mask", 0)) {}

  Value run() {
    Value x = n.in(0);
    DimVector picks(n.shape(0));
    llvm::SmallVector<Value> starts;
    Extents extents(n.rank(0));
    bool anyPick = false;
    for (auto [dim, entry] : llvm::enumerate(spec.dims)) {
      extents[dim] = b.extents.of(n.in(0), dim);
      starts.push_back(b.splat(DType::I64, {1}, 0));
      if (isWhole(entry))
        continue;
      Value extent = b.extentOf(n.in(0), dim);
      if (entry.shrink) {
        anyPick = true;
        starts.back() = b.reshape(wrapped(1, entry.entry, extent), {1});
        picks[dim] = 1;
        extents[dim] = {};
        continue;
      }
      x = range(x, dim, entry.entry, extent, extents[dim]);
      if (!x)
        return {};
      picks[dim] = ImportBuilder::shape(x)[dim];
    }
    if (anyPick)
      x = b.dynamicSlice(x, b.concat(starts, 0), picks);
    return finish(x, extents);
  }

private:
  bool isWhole(const DimSpec &entry) const {
    return entry.entry < 0 || (!entry.shrink && (beginMask >> entry.entry & 1) && (endMask >> entry.entry & 1) && stride(entry.entry) == 1);
  }
  int64_t stride(int64_t entry) const { return n.constant(3).i(entry); }

  // An entry of begin or end, counted from the end where it is negative.
  Value wrapped(size_t operand, int64_t entry, Value extent) {
    Value at = b.cast(b.element(n.in(operand), entry), DType::I64);
    return b.select(b.compare(nn::CompareFn::Lt, at, 0.0), b.add(at, extent), at);
  }
  Value clamped(size_t operand, int64_t entry, Value extent) { return b.clampedPosition(b.element(n.in(operand), entry), extent); }

  // Elements begin, begin + stride, ... before end; sets how many where that is not known.
  Value range(Value x, int64_t dim, int64_t entry, Value extent, Value &count) {
    const int64_t step = stride(entry);
    if (step < 1)
      return n.error("a stride of " + llvm::Twine(step) + " with a begin or end that depends on data", "use a positive one");
    Value first = beginMask >> entry & 1 ? b.scalar(DType::I64, 0) : clamped(1, entry, extent);
    Value last = endMask >> entry & 1 ? extent : clamped(2, entry, extent);
    return b.rangeAlong(x, dim, first, last, step, count);
  }

  // Drops shrunk dimensions and adds new ones.
  Value finish(Value x, const Extents &extents) {
    DimVector shape;
    Extents kept;
    for (int64_t dim : spec.resultDims) {
      shape.push_back(dim < 0 || !x ? 1 : ImportBuilder::shape(x)[dim]);
      kept.push_back(dim < 0 ? Value() : extents[dim]);
    }
    Value result = b.reshape(x, shape);
    b.extents.set(result, kept);
    return result;
  }

  NodeImport &n;
  ImportBuilder &b;
  const SliceSpec &spec;
  const uint64_t beginMask, endMask;
};

Results stridedSlice(NodeImport &n) {
  int64_t entries = ImportBuilder::elements(n.in(1));
  for (int i : {1, 2, 3})
    if (n.rank(i) != 1 || n.shape(i)[0] != entries)
      return n.error("begin, end and strides must be vectors of one length");
  auto spec = parseMasks(n, entries);
  if (!spec)
    return Value();
  // One extent of a shape that depends on data is looked up where it comes from.
  auto begin = n.b.constantOf(n.in(1)), end = n.b.constantOf(n.in(2));
  const bool picks = llvm::all_of(spec->dims, [](const DimSpec &d) { return d.entry < 0 || d.shrink; });
  if (n.rank(0) == 1 && picks && begin && spec->resultDims.empty() && !n.b.hasExtents(n.in(0))) {
    int64_t at = begin->i(spec->dims[0].entry);
    at += at < 0 ? n.shape(0)[0] : 0;
    if (at >= 0 && at < n.shape(0)[0])
      return n.b.element(n.in(0), at);
  }
  if (begin && !end && picks)
    end = begin; // not looked at
  if (begin && end && !n.b.hasExtents(n.in(0)))
    return finishShape(n, staticSlice(n, *spec, *begin, *end, n.constant(3)), *spec);
  return RuntimeSlice(n, *spec).run();
}

Results reverseV2(NodeImport &n) {
  auto axes = n.constantAxes(1, n.rank(0));
  return axes ? n.b.reverse(n.in(0), *axes) : Value();
}

// V1 takes one bool a dimension.
Results reverse(NodeImport &n) {
  DimVector flags = n.constantInts(1), axes;
  if (flags.size() != static_cast<size_t>(n.rank(0)))
    return n.error("needs one flag for each of " + llvm::Twine(n.rank(0)) + " dimensions");
  for (size_t i = 0; i < flags.size(); ++i)
    if (flags[i])
      axes.push_back(i);
  return n.b.reverse(n.in(0), axes);
}

// Elements move by `shift` along each axis, around the end.
Results roll(NodeImport &n) {
  DimVector shifts = n.constantInts(1), axes = n.constantInts(2);
  if (shifts.size() != axes.size())
    return n.error("needs one shift for each axis");
  Value x = n.in(0);
  for (auto [shift, given] : llvm::zip(shifts, axes)) {
    auto axis = n.b.normalizeAxis(given, n.rank(0));
    if (!axis)
      return Value();
    int64_t extent = n.shape(0)[*axis];
    int64_t cut = extent > 0 ? (extent - shift % extent) % extent : 0;
    if (cut != 0)
      x = n.b.concat({n.b.sliceAxis(x, *axis, cut, extent - cut), n.b.sliceAxis(x, *axis, 0, cut)}, *axis);
  }
  return x;
}

// Vector product of 3-vectors along the last axis: (a rolled by 1) * (b rolled
// by 2) less the same with the roles of a and b swapped.
Results cross(NodeImport &n) {
  if (n.rank(0) < 1 || n.shape(0) != n.shape(1) || n.shape(0).back() != 3)
    return n.error("needs two tensors of one shape whose last extent is 3");
  int64_t axis = n.rank(0) - 1;
  auto from = [&](Value x, int64_t cut) {
    return n.b.concat({n.b.sliceAxis(x, axis, cut, 3 - cut), n.b.sliceAxis(x, axis, 0, cut)}, axis);
  };
  Value a = n.in(0), b = n.in(1);
  return n.b.sub(n.b.mul(from(a, 1), from(b, 2)), n.b.mul(from(a, 2), from(b, 1)));
}

} // namespace

void addSliceOps(OpRows &rows) {
  rows.push_back(OpRow("Slice", 3, kAll, slice).needsConstant(2, "size"));
  rows.push_back(OpRow("StridedSlice", 4, kAll, stridedSlice).needsConstant(3, "strides").takesExtents());
  rows.push_back(OpRow("ReverseV2", 2, kAll, reverseV2).needsConstant(1, "axis"));
  rows.push_back(OpRow("Reverse", 2, kAll, reverse).needsConstant(1, "dims"));
  rows.push_back(OpRow("Roll", 3, kAll, roll).needsConstant(1, "shift").needsConstant(2, "axis"));
  rows.push_back(OpRow("Cross", 2, kNumbers, cross));
}

} // namespace aotc::tf
