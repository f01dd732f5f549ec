// Family Shape: extents, reshaping, joining and padding.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

#include "llvm/Support/MathExtras.h"

namespace aotc::tf {
namespace {

// More tensors than this out of one node are nonsense that would eat the machine.
constexpr int64_t kMaxParts = int64_t(1) << 16;

Value shapeOf(NodeImport &n, size_t operand, DType type) { return n.b.shapeVector(n.in(operand), type); }

Results shape(NodeImport &n) {
  auto type = n.type("out_type", DType::I32);
  return type ? shapeOf(n, 0, *type) : Value();
}

Results shapeN(NodeImport &n) {
  auto type = n.type("out_type", DType::I32);
  Results results(llvm::ArrayRef<Value>{});
  for (size_t i = 0; i < n.numInputs(); ++i)
    results.push_back(type ? shapeOf(n, i, *type) : Value());
  return results;
}

Value scalarInt(NodeImport &n, DType type, int64_t value) {
  Tensor t(type, {});
  t.setI(0, value);
  return n.b.constant(t);
}

Results size(NodeImport &n) {
  auto type = n.type("out_type", DType::I32);
  if (!type || !n.b.hasExtents(n.in(0)))
    return type ? scalarInt(n, *type, ImportBuilder::elements(n.in(0))) : Value();
  Value count = n.b.scalar(DType::I64, 1);
  for (int64_t d = 0; d < n.rank(0); ++d)
    count = n.b.mul(count, n.b.extentOf(n.in(0), d));
  return n.b.cast(count, *type);
}

Results rank(NodeImport &n) { return scalarInt(n, DType::I32, n.rank(0)); }

Results reshape(NodeImport &n) {
  if (n.rank(1) != 1 && ImportBuilder::elements(n.in(1)) != 0)
    return n.error("the target shape is no vector");
  return n.b.reshapeTo(n.in(0), n.in(1));
}

Results transpose(NodeImport &n) {
  DimVector permutation = n.constantInts(1);
  Value result = n.b.transpose(n.in(0), permutation);
  Extents extents;
  for (int64_t d : permutation)
    extents.push_back(n.b.extents.of(n.in(0), d));
  n.b.extents.set(result, extents);
  return result;
}

Results invertPermutation(NodeImport &n) {
  DimVector permutation = n.constantInts(0), inverse(permutation.size(), -1);
  for (size_t i = 0; i < permutation.size(); ++i) {
    int64_t to = permutation[i];
    if (to < 0 || to >= static_cast<int64_t>(inverse.size()) || inverse[to] != -1)
      return n.error("operand 0 is not a permutation");
    inverse[to] = i;
  }
  return n.b.indices(n.dtype(0), inverse);
}

Results squeeze(NodeImport &n) {
  DimVector axes = n.integers(n.has("squeeze_dims") ? "squeeze_dims" : "axis"), shape;
  llvm::SmallVector<bool> dropped(n.rank(0), axes.empty());
  for (int64_t given : axes) {
    auto axis = n.b.normalizeAxis(given, n.rank(0));
    if (!axis)
      return Value();
    if (n.shape(0)[*axis] != 1)
      return n.error("cannot squeeze dimension " + llvm::Twine(*axis) + " of extent " +
                     llvm::Twine(n.shape(0)[*axis]));
    dropped[*axis] = true;
  }
  Extents extents;
  for (int64_t d = 0; d < n.rank(0); ++d)
    if (Value extent = n.b.extents.of(n.in(0), d); n.shape(0)[d] != 1 || !dropped[d] || extent) {
      shape.push_back(n.shape(0)[d]);
      extents.push_back(extent);
    }
  Value result = n.b.reshape(n.in(0), shape);
  n.b.extents.set(result, extents);
  return result;
}

Results expandDims(NodeImport &n) {
  auto axis = n.constantAxis(1, n.rank(0) + 1);
  if (!axis)
    return Value();
  Value result = n.b.expandDims(n.in(0), *axis);
  Extents extents(n.b.extents.of(n.in(0)));
  extents.resize(n.rank(0));
  extents.insert(extents.begin() + *axis, Value());
  n.b.extents.set(result, extents);
  return result;
}

Results pack(NodeImport &n) {
  auto axis = n.b.normalizeAxis(n.integer("axis", 0), n.rank(0) + 1);
  if (!axis)
    return Value();
  llvm::SmallVector<Value> parts;
  for (Value x : n.allInputs()) {
    if (ImportBuilder::shape(x) != n.shape(0))
      return n.error("operands have different shapes");
    parts.push_back(n.b.expandDims(x, *axis));
  }
  return n.b.concat(parts, *axis);
}

Results unpack(NodeImport &n) {
  auto axis = n.b.normalizeAxis(n.integer("axis", 0), n.rank(0));
  if (!axis)
    return Value();
  int64_t count = n.shape(0)[*axis];
  if (n.integer("num", count) != count)
    return n.error("yields " + llvm::Twine(n.integer("num", 0)) + " tensors of an extent of " + llvm::Twine(count));
  if (count > kMaxParts)
    return n.error("more than " + llvm::Twine(kMaxParts) + " parts");
  DimVector shape(n.shape(0));
  shape.erase(shape.begin() + *axis);
  Results results(llvm::ArrayRef<Value>{});
  for (int64_t i = 0; i < count && !n.b.failed(); ++i)
    results.push_back(n.b.reshape(n.b.sliceAxis(n.in(0), *axis, i, 1), shape));
  return results;
}

Results concat(NodeImport &n, size_t axisOperand, size_t first) {
  auto parts = n.allInputs().slice(first, n.numInputs() - 1);
  auto axis = n.constantAxis(axisOperand, ImportBuilder::rank(parts.front()));
  return axis ? n.b.concatExtents(parts, *axis) : Value();
}

// Parts of `sizes` elements along the axis.
Results splitInto(NodeImport &n, Value x, int64_t axis, Dims sizes) {
  Results results(llvm::ArrayRef<Value>{});
  int64_t start = 0;
  for (int64_t size : sizes) {
    results.push_back(n.b.sliceAxis(x, axis, start, size));
    start += size;
    if (n.b.failed())
      break;
  }
  return results;
}

Results split(NodeImport &n) {
  auto axis = n.constantAxis(0, n.rank(1));
  int64_t count = n.integer("num_split", 1);
  if (!axis)
    return Value();
  int64_t extent = n.shape(1)[*axis];
  if (count < 1 || extent % count != 0 || count > kMaxParts)
    return n.error("cannot split an extent of " + llvm::Twine(extent) + " into " + llvm::Twine(count));
  return splitInto(n, n.in(1), *axis, DimVector(count, extent / count));
}

Results splitV(NodeImport &n) {
  auto axis = n.constantAxis(2, n.rank(0));
  if (!axis)
    return Value();
  DimVector sizes = n.constantInts(1);
  int64_t extent = n.shape(0)[*axis], rest = extent, *open = nullptr;
  for (int64_t &size : sizes) {
    if (size == -1 && !open)
      open = &size;
    else if (size < 0 || size > rest)
      return n.error("sizes do not add up to the extent of " + llvm::Twine(extent));
    else
      rest -= size;
  }
  if (open)
    *open = rest;
  else if (rest != 0)
    return n.error("sizes do not add up to the extent of " + llvm::Twine(extent));
  return splitInto(n, n.in(0), *axis, sizes);
}

Results pad(NodeImport &n) {
  DimVector pairs = n.constantInts(1), low, high;
  if (pairs.size() != 2 * static_cast<size_t>(n.rank(0)))
    return n.error("paddings has " + llvm::Twine(pairs.size()) + " entries for rank " + llvm::Twine(n.rank(0)));
  for (size_t i = 0; i < pairs.size(); i += 2) {
    low.push_back(pairs[i]);
    high.push_back(pairs[i + 1]);
  }
  nn::PadMode mode = nn::PadMode::Constant;
  if (n.node.op == "MirrorPad")
    mode = n.text("mode", "REFLECT") == "REFLECT" ? nn::PadMode::Reflect : nn::PadMode::Symmetric;
  Value value = n.numInputs() > 2 ? n.b.reshape(n.in(2), {}) : n.b.splat(n.dtype(0), {}, 0);
  return n.b.pad(mode, n.in(0), low, high, value);
}

Results tile(NodeImport &n) {
  DimVector multiples = n.constantInts(1);
  if (multiples.size() != static_cast<size_t>(n.rank(0)))
    return n.error(llvm::Twine(multiples.size()) + " multiples for rank " + llvm::Twine(n.rank(0)));
  return n.b.tile(n.in(0), multiples);
}

Results fill(NodeImport &n) {
  if (n.rank(1) != 0)
    return n.error("the value must be a scalar");
  return n.b.fill(n.in(1), n.in(0));
}

Results broadcastTo(NodeImport &n) { return n.b.broadcastTo(n.in(0), n.constantInts(1)); }

Results broadcastArgs(NodeImport &n) {
  DimVector a = n.constantInts(0), b = n.constantInts(1);
  if (a.size() < b.size())
    std::swap(a, b);
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t &x = a[a.size() - b.size() + i];
    if (x != b[i] && x != 1 && b[i] != 1)
      return n.error("shapes do not broadcast");
    x = x == 1 ? b[i] : x;
  }
  return n.b.indices(n.dtype(0), a);
}

// The offset of each operand in a concatenation, as shape vectors.
Results concatOffset(NodeImport &n) {
  auto axis = n.constantAxis(0, n.shape(1).empty() ? 0 : n.shape(1)[0]);
  Results results(llvm::ArrayRef<Value>{});
  int64_t offset = 0;
  for (size_t i = 1; axis && i < n.numInputs(); ++i) {
    DimVector shape = n.constantInts(i), at(shape.size(), 0);
    if (*axis >= static_cast<int64_t>(shape.size()))
      return n.error("shapes have different ranks");
    at[*axis] = offset;
    if (llvm::AddOverflow(offset, shape[*axis], offset))
      return n.error("offsets overflow");
    results.push_back(n.b.indices(n.dtype(i), at));
  }
  return results;
}

Results ensureShape(NodeImport &n) {
  auto found = n.node.attrs.find("shape");
  auto *shape = found == n.node.attrs.end() ? nullptr : std::get_if<PartialShape>(&found->second);
  if (!shape || !*shape)
    return n.in(0);
  bool fits = (*shape)->size() == static_cast<size_t>(n.rank(0));
  for (size_t i = 0; fits && i < (*shape)->size(); ++i)
    fits = (**shape)[i] == -1 || (**shape)[i] == n.shape(0)[i];
  return fits ? n.in(0) : n.error("operand of shape " + toString({n.shape(0).data(), n.shape(0).size()}) +
                                  " is not of shape " + toString(**shape));
}

} // namespace

void addShapeOps(OpRows &rows) {
  for (const char *name : {"Shape", "VariableShape"})
    rows.push_back(OpRow(name, 1, kAll, shape).takesExtents());
  rows.push_back(OpRow("ShapeN", -1, kAll, shapeN).atLeast(1).takesExtents());
  rows.push_back(OpRow("Size", 1, kAll, size).takesExtents());
  rows.push_back(OpRow("Rank", 1, kAll, rank).takesExtents());
  rows.push_back(OpRow("Reshape", 2, kAll, reshape).takesExtents());
  rows.push_back(OpRow("Transpose", 2, kAll, transpose).needsConstant(1, "permutation").takesExtents());
  rows.push_back(OpRow("InvertPermutation", 1, kIndexInts, invertPermutation).needsConstant(0, "permutation"));
  rows.push_back(OpRow("Squeeze", 1, kAll, squeeze).takesExtents());
  rows.push_back(OpRow("ExpandDims", 2, kAll, expandDims).needsConstant(1, "axis").takesExtents());
  rows.push_back(OpRow("Pack", -1, kAll, pack).atLeast(1));
  rows.emplace_back("Unpack", 1, kAll, unpack);
  rows.push_back(OpRow("Concat", -1, kAll, [](NodeImport &n) { return concat(n, 0, 1); })
                     .atLeast(2)
                     .needsConstant(0, "axis")
                     .takesExtents());
  rows.push_back(OpRow("ConcatV2", -1, kAll, [](NodeImport &n) { return concat(n, n.numInputs() - 1, 0); })
                     .atLeast(2)
                     .needsConstant(OpRow::kLastOperand, "axis")
                     .takesExtents());
  rows.push_back(OpRow("ConcatOffset", -1, kIndexInts, concatOffset).atLeast(2).needsConstant(OpRow::kEveryOperand, "shapes"));
  rows.push_back(OpRow("Split", 2, kAll, split).needsConstant(0, "axis"));
  rows.push_back(OpRow("SplitV", 3, kAll, splitV).needsConstant(1, "sizes").needsConstant(2, "axis"));
  rows.push_back(OpRow("Pad", 2, kAll, pad).needsConstant(1, "paddings"));
  rows.push_back(OpRow("PadV2", 3, kAll, pad).needsConstant(1, "paddings"));
  rows.push_back(OpRow("MirrorPad", 2, kAll, pad)
                     .needsConstant(1, "paddings")
                     .oneOf("mode", {"REFLECT", "SYMMETRIC"}));
  rows.push_back(OpRow("Tile", 2, kAll, tile).needsConstant(1, "multiples"));
  rows.push_back(OpRow("Fill", 2, kIndexInts, fill).takesExtents());
  rows.push_back(OpRow("BroadcastTo", 2, kAll, broadcastTo).needsConstant(1, "shape"));
  rows.push_back(OpRow("BroadcastArgs", 2, kIndexInts, broadcastArgs)
                     .needsConstant(0, "first shape")
                     .needsConstant(1, "second shape"));
  rows.emplace_back("EnsureShape", 1, kAll, ensureShape);
}

} // namespace aotc::tf
