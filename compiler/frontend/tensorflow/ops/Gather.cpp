// Family Shape: reading and writing at computed places.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

using nn::BinaryFn;
using nn::CompareFn;

Results gather(NodeImport &n) {
  if (n.rank(0) < 1)
    return n.error("needs an operand of rank at least 1");
  return n.b.gatherExtents(n.in(0), n.in(1), 0);
}

Results gatherV2(NodeImport &n) {
  auto axis = n.constantAxis(2, n.rank(0));
  int64_t batchDims = n.integer("batch_dims", 0);
  if (batchDims < 0)
    batchDims += n.rank(1);
  return axis ? n.b.gatherExtents(n.in(0), n.in(1), *axis, batchDims) : Value();
}

// Of a variable, whose handle stands for its value.
Results resourceGather(NodeImport &n) {
  int64_t batchDims = n.integer("batch_dims", 0);
  auto axis = n.b.normalizeAxis(batchDims, n.rank(0));
  return axis ? n.b.gatherExtents(n.in(0), n.in(1), *axis, batchDims) : Value();
}

Results gatherNd(NodeImport &n) {
  Value result = n.b.gatherNd(n.in(0), n.b.maskTail(n.in(1), 0));
  if (result && n.b.hasExtents(n.allInputs())) {
    Extents extents;
    for (int64_t d = 0; d + 1 < n.rank(1); ++d)
      extents.push_back(n.b.extents.of(n.in(1), d));
    for (int64_t d = n.shape(1).back(); d < n.rank(0); ++d)
      extents.push_back(n.b.extents.of(n.in(0), d));
    n.b.extents.set(result, extents);
  }
  return result;
}

Results oneHot(NodeImport &n) {
  auto depth = n.constantInt(1);
  auto axis = n.b.normalizeAxis(n.integer("axis", -1), n.rank(0) + 1);
  if (!depth || !axis)
    return Value();
  if (*depth < 0 || *depth > std::numeric_limits<int32_t>::max())
    return n.error("depth " + llvm::Twine(*depth) + " is out of range");
  DType compared = n.dtype(0) == DType::I64 ? DType::I64 : DType::I32; // a narrow type may not hold the depth
  Value indices = n.b.expandDims(n.b.cast(n.in(0), compared), *axis);
  DimVector shape(n.rank(0) + 1, 1);
  shape[*axis] = *depth;
  Value hit = n.b.compare(CompareFn::Eq, indices, n.b.iota(compared, shape, *axis));
  return n.b.select(hit, n.b.reshape(n.in(2), {}), n.b.reshape(n.in(3), {}));
}

Results scatterNd(NodeImport &n) {
  Value zeros = n.b.splat(n.dtype(1), n.constantInts(2), 0);
  if (n.dtype(1) == DType::I1)
    return n.error("element type bool is not supported");
  return n.b.scatterNd(nn::ScatterFn::Add, zeros, n.in(0), n.in(1));
}

ImportFn tensorScatter(nn::ScatterFn fn) {
  return [fn](NodeImport &n) { return n.b.scatterNd(fn, n.in(0), n.in(1), n.in(2)); };
}

Results tensorScatterSub(NodeImport &n) {
  return n.b.scatterNd(nn::ScatterFn::Add, n.in(0), n.in(1), n.b.unary(nn::UnaryFn::Neg, n.in(2)));
}

// Where positions along dimension `d` of operand 0 are before `extent`.
Value insideOf(NodeImport &n, Value extent, int64_t d) {
  DimVector alone(n.rank(0), 1), ones(n.rank(0), 1);
  alone[d] = n.shape(0)[d];
  Value inside = n.b.compare(CompareFn::Lt, n.b.iota(DType::I64, alone, d), n.b.reshape(extent, ones));
  return n.b.broadcastTo(inside, n.shape(0));
}

// Indices of the true elements. Their number is a shape: known, or an extent that depends on data.
Results where(NodeImport &n) {
  std::optional<Tensor> known = n.b.constantOf(n.in(0));
  if (!known) {
    Value flags = n.dtype(0) == DType::I1 ? n.in(0) : n.b.compare(CompareFn::Ne, n.in(0), 0);
    for (int64_t d = 0; d < n.rank(0); ++d)
      if (Value extent = n.b.extents.of(n.in(0), d))
        flags = n.b.binary(BinaryFn::And, flags, insideOf(n, extent, d));
    return n.b.selectTrue(flags);
  }
  const Tensor &condition = *known;
  int64_t rank = condition.rank();
  if (condition.size() > (int64_t(1) << 20))
    return n.error("condition has too many elements");
  std::vector<int64_t> found;
  for (int64_t i = 0; i < condition.size(); ++i) {
    if (condition.f(i) == 0)
      continue;
    size_t at = found.size();
    found.resize(at + rank);
    for (int64_t dim = rank - 1, rest = i; dim >= 0; --dim) {
      found[at + dim] = rest % condition.shape()[dim];
      rest /= condition.shape()[dim];
    }
  }
  int64_t count = rank > 0 ? found.size() / rank : 0;
  if (rank == 0) // [1, 0] or [0, 0]
    count = condition.size() == 1 && condition.f(0) != 0;
  return n.b.constant(Tensor::of<int64_t>(DType::I64, {count, rank}, found));
}

// Row i of the result comes from wherever operand indices name i; known indices only.
Results dynamicStitch(NodeImport &n) {
  size_t count = n.numInputs() / 2;
  if (n.numInputs() % 2 != 0 || count == 0)
    return n.error("needs as many indices as data operands");
  DimVector rowShape(n.shape(count).drop_front(std::min(n.rank(0), n.rank(count))));
  llvm::SmallVector<Value> parts;
  llvm::SmallVector<int64_t> source; // row of the joined data, by row of the result
  int64_t joined = 0;
  for (size_t i = 0; i < count; ++i) {
    DimVector shape(n.shape(i));
    llvm::append_range(shape, rowShape);
    if (Dims(shape) != n.shape(count + i))
      return n.error("indices and data do not fit");
    for (int64_t row : n.constantInts(i)) {
      if (row < 0 || row > (int64_t(1) << 20))
        return n.error("index " + llvm::Twine(row) + " is out of range");
      if (row >= static_cast<int64_t>(source.size()))
        source.resize(row + 1, 0); // rows that nobody names are undefined
      source[row] = joined++;
    }
    DimVector rows{ImportBuilder::elements(n.in(i))};
    llvm::append_range(rows, rowShape);
    parts.push_back(n.b.reshape(n.in(count + i), rows));
  }
  return n.b.gather(n.b.concat(parts, 0), n.b.indices(DType::I32, source), 0);
}

} // namespace

void addGatherOps(OpRows &rows) {
  rows.push_back(OpRow("Gather", 2, kAll, gather).takesExtents());
  rows.push_back(OpRow("GatherV2", 3, kAll, gatherV2).needsConstant(2, "axis").takesExtents());
  rows.push_back(OpRow("ResourceGather", 2, kAll, resourceGather).takesExtents());
  for (const char *name : {"GatherNd", "ResourceGatherNd"})
    rows.push_back(OpRow(name, 2, kAll, gatherNd).takesExtents());
  rows.push_back(OpRow("OneHot", 4, TypeSet{DType::I8, DType::U8, DType::I32, DType::I64}, oneHot)
                     .needsConstant(1, "depth"));
  rows.push_back(OpRow("ScatterNd", 3, kIndexInts, scatterNd).needsConstant(2, "shape"));
  rows.emplace_back("TensorScatterUpdate", 3, kAll, tensorScatter(nn::ScatterFn::Update));
  rows.emplace_back("TensorScatterAdd", 3, kNumbers, tensorScatter(nn::ScatterFn::Add));
  rows.emplace_back("TensorScatterMax", 3, kNumbers, tensorScatter(nn::ScatterFn::Max));
  rows.emplace_back("TensorScatterMin", 3, kNumbers, tensorScatter(nn::ScatterFn::Min));
  rows.emplace_back("TensorScatterSub", 3, kNumbers, tensorScatterSub);
  rows.push_back(OpRow("Where", 1, kAll, where).takesExtents());
  for (const char *name : {"DynamicStitch", "ParallelDynamicStitch"})
    rows.push_back(OpRow(name, -1, kAll, dynamicStitch).atLeast(2).needsConstant(0, "indices"));
}

} // namespace aotc::tf
