#include "compiler/frontend/common/NonMaxSuppression.h"

#include <cmath>

#include "compiler/frontend/common/DataLoop.h"

namespace aotc {

using nn::BinaryFn;
using nn::CompareFn;
using nn::ReduceFn;
using mlir::Value;

namespace {

// Of boxes [..., 4], each as [..., 1].
struct Corners {
  Value low[2], high[2], area;
};

Corners cornersOf(ImportBuilder &b, Value boxes, bool centred) {
  const int64_t last = ImportBuilder::rank(boxes) - 1;
  Corners corners;
  for (int dim = 0; dim < 2; ++dim) {
    Value p = b.sliceAxis(boxes, last, dim, 1), q = b.sliceAxis(boxes, last, dim + 2, 1);
    if (centred) {
      Value half = b.binary(BinaryFn::Mul, q, 0.5);
      q = b.add(p, half);
      p = b.sub(p, half);
    }
    corners.low[dim] = b.binary(BinaryFn::Min, p, q);
    corners.high[dim] = b.binary(BinaryFn::Max, p, q);
  }
  corners.area = b.mul(b.sub(corners.high[0], corners.low[0]), b.sub(corners.high[1], corners.low[1]));
  return corners;
}

} // namespace

std::optional<BoxSelection> suppressNonMaxima(ImportBuilder &b, Value boxes, Value scores, Value most, Value overlap, Value least,
                                              bool centred) {
  llvm::ArrayRef<int64_t> shape = ImportBuilder::shape(scores);
  if (ImportBuilder::rank(boxes) != 3 || shape.size() != 3 || ImportBuilder::shape(boxes)[2] != 4 ||
      ImportBuilder::shape(boxes)[0] != shape[0] || ImportBuilder::shape(boxes)[1] != shape[2])
    return b.error("needs boxes [batch, boxes, 4] and scores [batch, classes, boxes]"), std::nullopt;
  const int64_t batch = shape[0], classes = shape[1], count = shape[2];
  Value limit = b.binary(BinaryFn::Min, b.binary(BinaryFn::Max, most, 0.0), static_cast<double>(count));
  const int64_t rounds = b.boundOf(limit).value_or(count);
  Value none = b.splat(DType::I64, {batch, classes, rounds}, 0), nowhere = b.splat(DType::I1, {batch, classes, rounds}, 0);
  if (count == 0 || rounds == 0 || batch == 0 || classes == 0)
    return BoxSelection{none, nowhere};
  const DType type = ImportBuilder::dtype(scores);
  Value lowest = b.scalar(type, -INFINITY);
  // What may still be taken has its score.
  Value left = b.select(b.compare(CompareFn::Gt, scores, least), scores, lowest);
  auto anyLeft = [&](Value of) { return b.reduce(ReduceFn::Any, b.compare(CompareFn::Gt, of, lowest), {0, 1, 2}, false); };

  Value goesOn = b.binary(BinaryFn::And, b.compare(CompareFn::Gt, limit, 0.0), anyLeft(left));
  DataLoop loop(b, goesOn, {b.scalar(DType::I64, 0), left, none, nowhere});
  auto capture = [&](Value value) { return loop.capture(value); };
  Value round = loop.state()[0], now = loop.state()[1];
  boxes = capture(boxes);
  lowest = b.scalar(type, -INFINITY);
  Value best = b.argReduce(nn::ArgReduceFn::Max, now, 2, DType::I64, true); // [batch, classes, 1]
  Value isGood = b.compare(CompareFn::Gt, b.reduce(ReduceFn::Max, now, {2}, true), lowest);
  Value here = b.compare(CompareFn::Eq, b.iota(DType::I64, {1, 1, rounds}, 2), b.reshape(round, {1, 1, 1}));
  Value writes = b.binary(BinaryFn::And, here, isGood);
  Value taken = b.select(writes, best, loop.state()[2]), isTaken = b.binary(BinaryFn::Or, writes, loop.state()[3]);
  // The chosen box of every class against all boxes: [batch, classes, 4] and [batch, 1, count, 4].
  Value chosen = b.gather(boxes, b.reshape(best, {batch, classes}), 1, 1);
  Corners one = cornersOf(b, b.reshape(chosen, {batch, classes, 1, 4}), centred);
  Corners all = cornersOf(b, b.reshape(boxes, {batch, 1, count, 4}), centred);
  Value common;
  for (int dim = 0; dim < 2; ++dim) {
    Value extent = b.sub(b.binary(BinaryFn::Min, one.high[dim], all.high[dim]), b.binary(BinaryFn::Max, one.low[dim], all.low[dim]));
    extent = b.binary(BinaryFn::Max, extent, 0.0);
    common = common ? b.mul(common, extent) : extent;
  }
  Value both = b.sub(b.add(one.area, all.area), common);
  Value share = b.reshape(b.div(common, both), {batch, classes, count}); // NaN of two points overlaps nothing
  Value overlaps = b.compare(CompareFn::Gt, share, b.cast(capture(overlap), ImportBuilder::dtype(share)));
  Value isBest = b.compare(CompareFn::Eq, b.iota(DType::I64, {1, 1, count}, 2), best);
  Value then = b.select(b.binary(BinaryFn::Or, overlaps, isBest), lowest, now);
  Value next = b.binary(BinaryFn::Add, round, 1.0);
  Value again = b.binary(BinaryFn::And, b.compare(CompareFn::Lt, next, capture(limit)), anyLeft(then));
  auto results = loop.finish(again, {next, then, taken, isTaken}, rounds);
  if (b.failed() || !results[2])
    return std::nullopt;
  return BoxSelection{results[2], results[3]};
}

} // namespace aotc
