// Family Sequence: decoders of connectionist temporal classification, and sparse tensors.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

using nn::BinaryFn;
using nn::CompareFn;

// Graves et al., "Connectionist temporal classification" (ICML 2006), best path: of every step the likeliest class; equal
// neighbours count once, blanks not at all. The labels of all sequences follow each other, as a sparse matrix.
Results greedyDecoder(NodeImport &n) {
  ImportBuilder &b = n.b;
  const Results failed{Value(), Value(), Value(), Value()};
  if (n.rank(0) != 3 || n.rank(1) != 1 || n.shape(1)[0] != n.shape(0)[1])
    return n.error("needs inputs of shape [time, batch, classes] and one length for each sequence"), failed;
  const int64_t time = n.shape(0)[0], batch = n.shape(0)[1], classes = n.shape(0)[2];
  int64_t blank = n.integer("blank_index", -1);
  blank += blank < 0 ? classes : 0;
  if (blank < 0 || blank >= classes || time == 0 || batch == 0)
    return n.error("needs steps and sequences, and a blank that is one of the classes"), failed;
  Value lengths = b.reshape(b.cast(n.in(1), DType::I64), {batch, 1});
  Value logits = b.transpose(n.in(0), {1, 0, 2});
  Value best = b.argReduce(nn::ArgReduceFn::Max, logits, 2, DType::I64, /*keepDims=*/false); // [batch, time]
  Value inside = b.compare(CompareFn::Lt, b.iota(DType::I64, {batch, time}, 1), lengths);
  Value keep = b.binary(BinaryFn::And, inside, b.compare(CompareFn::Ne, best, static_cast<double>(blank)));
  if (n.flag("merge_repeated") && time > 1) {
    Value before = b.concat({b.splat(DType::I64, {batch, 1}, -1), b.sliceAxis(best, 1, 0, time - 1)}, 1);
    keep = b.binary(BinaryFn::And, keep, b.compare(CompareFn::Ne, best, before));
  }
  Value number = b.cast(keep, DType::I64);
  // Where a label stands in its sequence, and the labels in a row.
  Value place = b.cumulative(nn::CumulativeFn::Sum, number, 1, /*exclusive=*/true, /*reverse=*/false);
  Value positions = b.positionsOfTrue(keep);
  if (!positions)
    return failed;
  const int64_t count = batch * time;
  Value row = b.binary(BinaryFn::Div, positions, static_cast<double>(time));
  Value column = b.gather(b.reshape(place, {count}), positions, 0);
  Value values = b.gather(b.reshape(best, {count}), positions, 0);
  Value indices = b.concat({b.reshape(row, {count, 1}), b.reshape(column, {count, 1})}, 1);
  Value found = b.extents.of(positions, 0);
  b.extents.set(indices, {found, Value()});
  b.extents.set(values, {found});
  Value longest = b.reduce(nn::ReduceFn::Max, b.reduce(nn::ReduceFn::Sum, number, {1}, false), {0}, false);
  Value shape = b.concat({b.splat(DType::I64, {1}, static_cast<double>(batch)), b.reshape(longest, {1})}, 0);
  Value score = b.reduce(nn::ReduceFn::Max, logits, {2}, false);
  score = b.select(inside, score, b.splat(n.dtype(0), {batch, time}, 0));
  Value logProbability = b.unary(nn::UnaryFn::Neg, b.reduce(nn::ReduceFn::Sum, score, {1}, /*keepDims=*/true));
  return {indices, values, shape, logProbability};
}

// A dense tensor of a default with values at some positions.
Results sparseToDense(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto shape = b.shapeFrom(n.in(1));
  if (!shape)
    return Value();
  const int64_t rank = shape->most.size();
  Value indices = b.cast(n.in(0), DType::I64);
  if (n.rank(0) == 0)
    indices = b.reshape(indices, {1, 1});
  else if (n.rank(0) == 1)
    indices = b.reshape(indices, {n.shape(0)[0], 1});
  if (n.rank(0) > 2 || ImportBuilder::shape(indices)[1] != rank || n.rank(2) > 1 || n.rank(3) != 0 || n.dtype(2) != n.dtype(3))
    return n.error("needs a matrix of positions, a vector of values and a default value");
  const int64_t points = ImportBuilder::shape(indices)[0];
  std::optional<int64_t> count = elementCount({shape->most.data(), shape->most.size()}, 8);
  if (!count)
    return n.error("the tensor is too large");
  // One place more takes what lies behind the extent of the positions.
  Value flat = b.splat(DType::I64, {points}, 0);
  int64_t stride = 1;
  for (int64_t d = rank; d-- > 0;) {
    Value at = b.reshape(b.sliceAxis(indices, 1, d, 1), {points});
    flat = b.add(flat, b.binary(BinaryFn::Mul, at, static_cast<double>(stride)));
    stride *= shape->most[d];
  }
  if (Value found = b.extents.of(n.in(0), 0))
    flat = b.select(b.compare(CompareFn::Lt, b.iota(DType::I64, {points}, 0), found), flat,
                    b.scalar(DType::I64, static_cast<double>(*count)));
  Value base = b.broadcastTo(b.reshape(n.in(3), {1}), {*count + 1});
  Value filled = b.scatterNd(nn::ScatterFn::Update, base, b.reshape(flat, {points, 1}), b.broadcastTo(n.in(2), {points}));
  Value result = b.reshape(b.sliceAxis(filled, 0, 0, *count), shape->most);
  b.extents.set(result, shape->extents);
  return result;
}

} // namespace

void addSparseOps(OpRows &rows) {
  rows.emplace_back("CTCGreedyDecoder", 2, kFloats, greedyDecoder);
  rows.push_back(OpRow("SparseToDense", 4, kIndexInts, sparseToDense).takesExtents());
}

} // namespace aotc::tf
