// Family Shape: other shapes, order and repetition of the same elements.
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

// Extents [start, end) of the shape, counted from the end when negative.
Results shape(NodeImport &n) {
  Dims dims = n.shape(0);
  int64_t rank = dims.size();
  auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  int64_t start = clamped(n.integer("start", 0)), end = clamped(n.integer("end", rank));
  if (n.b.hasExtents({n.in(0)}))
    return n.b.sliceAxis(n.b.shapeVector(n.in(0), DType::I64), 0, start, std::max(end - start, int64_t(0)));
  return n.b.indices(DType::I64, dims.slice(start, std::max(end - start, int64_t(0))));
}

Results size(NodeImport &n) {
  if (n.b.hasExtents({n.in(0)}))
    return n.b.reduce(nn::ReduceFn::Prod, n.b.shapeVector(n.in(0), DType::I64), {0}, false);
  return n.b.reshape(n.b.indices(DType::I64, {ImportBuilder::elements(n.in(0))}), {});
}

Results identity(NodeImport &n) { return n.in(0); }

// What `to`, the operand in another shape, has of its extents: dimension d is the operand's from[d], or -1 for a new one.
Value withExtents(NodeImport &n, Value to, Dims from) {
  Extents extents;
  for (int64_t d : from)
    extents.push_back(d < 0 ? Value() : n.b.extents.of(n.in(0), d));
  n.b.extents.set(to, extents);
  return to;
}

// A shape, or an operand, with extents that depend on data.
Value reshapeOfData(NodeImport &n) {
  ImportBuilder &b = n.b;
  llvm::SmallVector<Value> parts;
  for (int64_t d = 0; d < ImportBuilder::elements(n.in(1)); ++d) {
    Value extent = b.element(n.in(1), d);
    std::optional<Tensor> known = b.constantOf(extent);
    if (known && known->i(0) == 0 && !n.flag("allowzero")) {
      if (d >= n.rank(0))
        return n.error("shape keeps extent " + llvm::Twine(d) + " of an operand of rank " + llvm::Twine(n.rank(0)));
      extent = b.extentOf(n.in(0), d);
    }
    parts.push_back(b.reshape(extent, {1}));
  }
  return b.reshapeTo(n.in(0), b.concat(parts, 0));
}

// 0 keeps the operand's extent unless allowzero is set, -1 takes what is left.
Results reshape(NodeImport &n) {
  if (n.b.hasExtents({n.in(0)}) || !n.b.constantOf(n.in(1)))
    return n.rank(1) == 1 && ImportBuilder::elements(n.in(1)) > 0 ? reshapeOfData(n) : n.error("the shape must be a vector");
  DimVector to = n.constantInts(1);
  int64_t known = 1, inferred = -1;
  for (size_t d = 0; d < to.size(); ++d) {
    if (to[d] == 0 && !n.flag("allowzero")) {
      if (d >= n.shape(0).size())
        return n.error("shape keeps extent " + llvm::Twine(d) + " of an operand of rank " + llvm::Twine(n.rank(0)));
      to[d] = n.shape(0)[d];
    }
    if (to[d] == -1 && inferred >= 0)
      return n.error("shape has more than one -1");
    if (to[d] < -1 || (to[d] != -1 && llvm::MulOverflow(known, to[d], known)))
      return n.error("impossible shape " + toString({to.data(), to.size()}));
    if (to[d] == -1)
      inferred = d;
  }
  if (inferred >= 0) {
    int64_t elements = ImportBuilder::elements(n.in(0));
    if (known == 0 ? elements != 0 : elements % known != 0)
      return n.error(llvm::Twine(elements) + " elements do not fit shape " + toString({to.data(), to.size()}));
    to[inferred] = known == 0 ? 0 : elements / known;
  }
  return n.b.reshape(n.in(0), to);
}

// The axes of an attribute up to opset 12 and of operand 1 since; nullopt: reported.
std::optional<DimVector> axesOf(NodeImport &n, int64_t rank) {
  return n.opset() >= 13 && n.in(1) ? n.constantAxes(1, rank) : n.distinctAxes(n.integers("axes"), rank);
}

Results squeeze(NodeImport &n) {
  auto axes = axesOf(n, n.rank(0));
  if (!axes)
    return Value();
  bool all = !n.in(1) && !n.has("axes");
  DimVector to, from;
  for (int64_t d = 0; d < n.rank(0); ++d) {
    bool drop = all ? n.shape(0)[d] == 1 && !n.b.extents.of(n.in(0), d) : llvm::is_contained(*axes, d);
    if (drop && n.shape(0)[d] != 1)
      return n.error("extent " + llvm::Twine(d) + " is " + llvm::Twine(n.shape(0)[d]) + ", not 1");
    if (!drop) {
      to.push_back(n.shape(0)[d]);
      from.push_back(d);
    }
  }
  return withExtents(n, n.b.reshape(n.in(0), to), from);
}

Results unsqueeze(NodeImport &n) {
  size_t count = n.opset() >= 13 ? ImportBuilder::elements(n.in(1)) : n.integers("axes").size();
  if (count > 64)
    return n.error("has too many axes");
  auto axes = axesOf(n, n.rank(0) + count);
  if (!axes)
    return Value();
  DimVector to(n.shape(0)), from(llvm::to_vector(llvm::seq(n.rank(0))));
  for (int64_t axis : *axes) { // ascending
    to.insert(to.begin() + axis, 1);
    from.insert(from.begin() + axis, -1);
  }
  return withExtents(n, n.b.reshape(n.in(0), to), from);
}

Results flatten(NodeImport &n) {
  int64_t rank = n.rank(0), axis = n.integer("axis", 1);
  if (axis < -rank || axis > rank)
    return n.error("axis " + llvm::Twine(axis) + " is outside rank " + llvm::Twine(rank));
  axis = axis < 0 ? axis + rank : axis;
  int64_t rows = 1, columns = 1;
  for (int64_t d = 0; d < rank; ++d) {
    int64_t &product = d < axis ? rows : columns;
    if (llvm::MulOverflow(product, n.shape(0)[d], product)) // of an empty tensor
      return n.error("absurd dimensions");
  }
  return n.b.reshape(n.in(0), {rows, columns});
}

Results expand(NodeImport &n) {
  DimVector to = n.constantInts(1);
  Dims from = n.shape(0);
  if (to.size() < from.size())
    to.insert(to.begin(), from.size() - to.size(), 1);
  for (size_t i = 0; i < from.size(); ++i) { // both ways: 1 in the shape keeps the extent
    int64_t &extent = to[to.size() - 1 - i];
    extent = extent == 1 ? from[from.size() - 1 - i] : extent;
  }
  return n.b.broadcastTo(n.in(0), to);
}

Results transpose(NodeImport &n) {
  DimVector permutation = n.integers("perm");
  if (!n.has("perm"))
    for (int64_t d = n.rank(0); d-- > 0;)
      permutation.push_back(d);
  Value result = n.b.transpose(n.in(0), permutation);
  return result ? withExtents(n, result, permutation) : result;
}

Results concat(NodeImport &n) {
  if (!n.has("axis"))
    return n.error("attribute 'axis' is missing");
  auto axis = n.b.normalizeAxis(n.integer("axis", 0), n.rank(0));
  return axis ? n.b.concatExtents(n.allInputs(), *axis) : Value();
}

Results tile(NodeImport &n) {
  DimVector repeats = n.constantInts(1);
  if (repeats.size() != static_cast<size_t>(n.rank(0)))
    return n.error(llvm::Twine(repeats.size()) + " repeats for rank " + llvm::Twine(n.rank(0)));
  return n.b.tile(n.in(0), repeats);
}

// The block size of an image [N, C, H, W], or 0 when a problem was reported.
int64_t blockSize(NodeImport &n) {
  constexpr int64_t kMost = int64_t(1) << 20; // products of three stay exact
  int64_t block = n.integer("blocksize", 0);
  if (n.rank(0) == 4 && block > 0 && block < kMost && llvm::all_of(n.shape(0), [](int64_t d) { return d < kMost; }))
    return block;
  n.error(n.rank(0) == 4 ? "has an impossible 'blocksize' or too large an operand" : "needs an operand of rank 4");
  return 0;
}

Results depthToSpace(NodeImport &n) {
  int64_t block = blockSize(n);
  if (block == 0)
    return Value();
  Dims from = n.shape(0);
  if (from[1] % (block * block) != 0)
    return n.error(llvm::Twine(from[1]) + " channels are not divisible by the square of the block size");
  int64_t depth = from[1] / (block * block);
  bool crd = n.text("mode", "DCR") == "CRD";
  Value x = crd ? n.b.reshape(n.in(0), {from[0], depth, block, block, from[2], from[3]})
                : n.b.reshape(n.in(0), {from[0], block, block, depth, from[2], from[3]});
  x = crd ? n.b.transpose(x, {0, 1, 4, 2, 5, 3}) : n.b.transpose(x, {0, 3, 4, 1, 5, 2});
  return n.b.reshape(x, {from[0], depth, from[2] * block, from[3] * block});
}

Results spaceToDepth(NodeImport &n) {
  int64_t block = blockSize(n);
  if (block == 0)
    return Value();
  Dims from = n.shape(0);
  if (from[2] % block != 0 || from[3] % block != 0)
    return n.error("the image is not divisible by the block size");
  int64_t height = from[2] / block, width = from[3] / block;
  Value x = n.b.reshape(n.in(0), {from[0], from[1], height, block, width, block});
  x = n.text("mode", "DCR") == "CRD" ? n.b.transpose(x, {0, 1, 3, 5, 2, 4}) : n.b.transpose(x, {0, 3, 5, 1, 2, 4});
  return n.b.reshape(x, {from[0], from[1] * block * block, height, width});
}

} // namespace

void addShapeOps(OpRows &rows) {
  rows.push_back(OpRow("Shape", 1, 1, kAll, shape).takesNarrow().takesExtents());
  rows.push_back(OpRow("Size", 1, 1, kAll, size).takesNarrow().takesExtents());
  rows.push_back(OpRow("Identity", 1, 1, kAll, identity).movesElements().takesExtents());
  rows.push_back(OpRow("Reshape", 5, 2, kAll, reshape).movesElements().takesExtents());
  rows.push_back(OpRow("Squeeze", 1, 1, kAll, squeeze).until(12).takesExtents());
  rows.push_back(OpRow("Squeeze", 13, 2, kAll, squeeze).atLeast(1).needsConstant(1, "axes").movesElements().takesExtents());
  rows.push_back(OpRow("Unsqueeze", 1, 1, kAll, unsqueeze).until(12).takesExtents());
  rows.push_back(OpRow("Unsqueeze", 13, 2, kAll, unsqueeze).needsConstant(1, "axes").movesElements().takesExtents());
  rows.push_back(OpRow("Flatten", 1, 1, kAll, flatten).movesElements());
  rows.push_back(OpRow("Expand", 8, 2, kAll, expand).needsConstant(1, "shape"));
  rows.push_back(OpRow("Transpose", 1, 1, kAll, transpose).movesElements().takesExtents());
  rows.push_back(OpRow("Concat", 4, -1, kAll, concat).atLeast(1).takesExtents());
  rows.push_back(OpRow("Tile", 6, 2, kAll, tile).needsConstant(1, "repeats"));
  rows.push_back(OpRow("DepthToSpace", 1, 1, kAll, depthToSpace).oneOf("mode", {"DCR", "CRD"}));
  rows.push_back(OpRow("SpaceToDepth", 1, 1, kAll, spaceToDepth).oneOf("mode", {"DCR", "CRD"}));
}

} // namespace aotc::onnx
