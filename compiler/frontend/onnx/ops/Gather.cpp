// Family Gather: elements picked, put and combined by indices.
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::ScatterFn;

// Negative indices count from the end; `extents` broadcasts to them.
Value fromStart(ImportBuilder &b, Value indices, Value extents) {
  Value wrapped = b.add(indices, b.cast(extents, ImportBuilder::dtype(indices)));
  return b.select(b.compare(CompareFn::Lt, indices, 0.0), wrapped, indices);
}

Value fromStart(ImportBuilder &b, Value indices, int64_t extent) {
  return fromStart(b, indices, b.reshape(b.indices(DType::I64, {extent}), {}));
}

bool areIndices(NodeImport &n, size_t operand) {
  if (kIndexInts.contains(n.dtype(operand)))
    return true;
  n.error("indices are " + std::string(name(n.dtype(operand))) + ", not " + kIndexInts.str());
  return false;
}

Results gather(NodeImport &n) {
  auto axis = n.b.normalizeAxis(n.integer("axis", 0), n.rank(0));
  if (!axis || !areIndices(n, 1))
    return Value();
  Value extent = n.b.extents.of(n.in(0), *axis);
  Value at = extent ? fromStart(n.b, n.in(1), extent) : fromStart(n.b, n.in(1), n.shape(0)[*axis]);
  n.b.extents.set(at, Extents(n.b.extents.of(n.in(1))));
  return n.b.gatherExtents(n.in(0), at, *axis);
}

Results gatherNd(NodeImport &n) {
  int64_t batch = n.integer("batch_dims", 0);
  if (!areIndices(n, 1))
    return Value();
  if (n.rank(1) < 1 || batch < 0 || batch > n.rank(0) || n.shape(1).back() > n.rank(0) - batch)
    return n.error("indices of " + llvm::Twine(n.rank(1) < 1 ? 0 : n.shape(1).back()) + " entries for rank " +
                   llvm::Twine(n.rank(0)) + " with " + llvm::Twine(batch) + " batch dimensions");
  Value extents = n.b.indices(DType::I64, n.shape(0).slice(batch, n.shape(1).back()));
  Value at = fromStart(n.b, n.in(1), extents);
  if (!n.b.hasExtents(n.allInputs()))
    return n.b.gatherNd(n.in(0), at, batch);
  if (n.b.hasExtents({n.in(0)}) || batch > 0)
    return n.error("gathers from a tensor whose extents depend on data, or with batch dimensions");
  Extents own(n.b.extents.of(n.in(1)));
  n.b.extents.set(at, own);
  Value result = n.b.gatherNd(n.in(0), n.b.maskTail(at, 0), 0);
  own.resize(n.rank(1) - 1);
  own.resize(ImportBuilder::rank(result));
  n.b.extents.set(result, own);
  return result;
}

// The numbers in row-major order of the elements of `shape` that the indices
// name: those of each element's own place, but for `axis`. Null: reported.
Value linearIndices(NodeImport &n, Value indices, int64_t axis, Dims shape) {
  ImportBuilder &b = n.b;
  Dims of = ImportBuilder::shape(indices);
  bool fits = of.size() == shape.size();
  for (size_t d = 0; fits && d < of.size(); ++d)
    fits = d == static_cast<size_t>(axis) || of[d] <= shape[d];
  if (!fits)
    return n.error("indices of shape " + toString({of.data(), of.size()}) + " do not fit shape " +
                   toString({shape.data(), shape.size()}));
  Value sum, index = b.cast(fromStart(b, indices, shape[axis]), DType::I64);
  int64_t stride = 1; // of an existing tensor
  for (int64_t d = shape.size(); d-- > 0;) {
    DimVector along(shape.size(), 1);
    along[d] = of[d];
    Value at = d == axis ? index : b.iota(DType::I64, along, d);
    Value term = stride == 1 ? at : b.mul(at, b.reshape(b.indices(DType::I64, {stride}), {}));
    sum = sum ? b.add(sum, term) : term;
    stride *= shape[d];
  }
  // An index past its axis must not name an element of another row.
  Value inside = b.binary(BinaryFn::And, b.compare(CompareFn::Ge, index, 0.0),
                          b.compare(CompareFn::Lt, index, static_cast<double>(shape[axis])));
  return b.select(inside, sum, b.scalar(DType::I64, -1));
}

Results gatherElements(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto axis = b.normalizeAxis(n.integer("axis", 0), n.rank(0));
  if (!axis || !areIndices(n, 1))
    return Value();
  if (ImportBuilder::elements(n.in(1)) == 0)
    return b.splat(n.dtype(0), n.shape(1), 0);
  if (ImportBuilder::elements(n.in(0)) == 0)
    return n.error("the operand has no elements");
  Value linear = linearIndices(n, n.in(1), *axis, n.shape(0));
  return linear ? b.gather(b.reshape(n.in(0), {ImportBuilder::elements(n.in(0))}), linear, 0) : Value();
}

ScatterFn scatterFn(NodeImport &n) {
  std::string how = n.text("reduction", "none");
  return how == "add"   ? ScatterFn::Add
         : how == "mul" ? ScatterFn::Mul
         : how == "max" ? ScatterFn::Max
         : how == "min" ? ScatterFn::Min
                        : ScatterFn::Update;
}

Results scatterElements(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto axis = b.normalizeAxis(n.integer("axis", 0), n.rank(0));
  if (!axis || !areIndices(n, 1))
    return Value();
  if (n.shape(1) != n.shape(2))
    return n.error("indices and updates have different shapes");
  int64_t count = ImportBuilder::elements(n.in(1)), all = ImportBuilder::elements(n.in(0));
  if (count == 0 || all == 0)
    return n.in(0);
  Value linear = linearIndices(n, n.in(1), *axis, n.shape(0));
  if (!linear)
    return Value();
  Value flat = b.scatterNd(scatterFn(n), b.reshape(n.in(0), {all}), b.reshape(linear, {count, 1}),
                           b.reshape(n.in(2), {count}));
  return b.reshape(flat, n.shape(0));
}

Results scatterNd(NodeImport &n) {
  if (!areIndices(n, 1))
    return Value();
  if (n.rank(1) < 1 || n.shape(1).back() > n.rank(0))
    return n.error("indices do not fit rank " + llvm::Twine(n.rank(0)));
  Value extents = n.b.indices(DType::I64, n.shape(0).take_front(n.shape(1).back()));
  return n.b.scatterNd(scatterFn(n), n.in(0), fromStart(n.b, n.in(1), extents), n.in(2));
}

// Operand 2 holds the values for other places and for the one of the index.
Results oneHot(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto depth = n.constantInt(1);
  auto axis = b.normalizeAxis(n.integer("axis", -1), n.rank(0) + 1);
  if (!depth || !axis)
    return Value();
  if (*depth < 1 || n.rank(2) != 1 || n.shape(2)[0] != 2)
    return n.error("needs a depth of at least 1 and two values");
  Value index = fromStart(b, b.cast(n.in(0), DType::I64), *depth);
  DimVector along(n.rank(0) + 1, 1);
  along[*axis] = *depth;
  Value hit = b.compare(CompareFn::Eq, b.expandDims(index, *axis), b.iota(DType::I64, along, *axis));
  auto value = [&](int64_t i) { return b.reshape(b.sliceAxis(n.in(2), 0, i, 1), {}); };
  return b.select(hit, value(1), value(0));
}

} // namespace

void addGatherOps(OpRows &rows) {
  rows.push_back(OpRow("Gather", 1, 2, kAll, gather).movesElements().takesExtents());
  rows.push_back(OpRow("GatherElements", 11, 2, kAll, gatherElements).movesElements());
  rows.push_back(OpRow("GatherND", 11, 2, kAll, gatherNd).movesElements().takesExtents());
  rows.push_back(OpRow("Scatter", 9, 3, kAll, scatterElements).until(10));
  const std::vector<std::string> reductions{"none", "add", "mul", "max", "min"};
  rows.push_back(OpRow("ScatterElements", 11, 3, kAll, scatterElements).oneOf("reduction", reductions));
  rows.push_back(OpRow("ScatterND", 11, 3, kAll, scatterNd).oneOf("reduction", reductions));
  rows.push_back(OpRow("OneHot", 9, 3, kNumbers, oneHot).needsConstant(1, "depth"));
}

} // namespace aotc::onnx
