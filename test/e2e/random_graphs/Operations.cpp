// One function an operation (or a pattern of a few): how random graphs grow.
#include <cmath>
#include <numeric>

#include "test/e2e/random_graphs/Generator.h"

namespace aotc::test {

using mlir::Value;
using Fn = nn::UnaryFn;
using BinaryFn = nn::BinaryFn;

llvm::ArrayRef<Generator::Row> Generator::table() {
  static const Row rows[] = {
      {&Generator::unary, 14},    {&Generator::binary, 20},        {&Generator::clamp, 3},
      {&Generator::select, 2},    {&Generator::widenAndNarrow, 1}, {&Generator::integers, 3},
      {&Generator::bools, 1},     {&Generator::matmul, 8},         {&Generator::conv, 12},
      {&Generator::pool, 4},      {&Generator::convTranspose, 2},  {&Generator::resize, 2},
      {&Generator::reduce, 6},    {&Generator::normalize, 2},      {&Generator::softmax, 3},
      {&Generator::topK, 1},      {&Generator::cumulative, 1},     {&Generator::reshape, 5},
      {&Generator::transpose, 5}, {&Generator::concat, 4},         {&Generator::slice, 4},
      {&Generator::reverse, 1},   {&Generator::dynamicSlice, 1},   {&Generator::pad, 3},
      {&Generator::gather, 2},    {&Generator::gatherNd, 1},       {&Generator::scatterNd, 1},
      {&Generator::broadcast, 2}, {&Generator::iota, 1},           {&Generator::attention, 3},
  };
  return rows;
}

Value Generator::unary(Value x) {
  double size = bound(x);
  static constexpr Fn kBounded[] = {Fn::Sigmoid, Fn::Tanh, Fn::Sin, Fn::Cos, Fn::Erf, Fn::Erfc, Fn::Atan};
  static constexpr Fn kLinear[] = {Fn::Neg, Fn::Abs, Fn::Relu, Fn::Relu, Fn::Asinh};
  static constexpr Fn kOfPositive[] = {Fn::Sqrt, Fn::Rsqrt, Fn::Log, Fn::Log1p, Fn::Reciprocal};
  switch (random.pick(0, 3)) {
  case 0:
    return keep(unaryOp(kBounded[random.pick(0, 6)], x), 2);
  case 1:
    return keep(unaryOp(kLinear[random.pick(0, 4)], x), size);
  case 2: {
    Value positive = binaryOp(BinaryFn::Add, unaryOp(Fn::Abs, x), splat(x, 0.5));
    return keep(unaryOp(kOfPositive[random.pick(0, 4)], positive), std::max(3.0, size));
  }
  default:
    if (size <= 2)
      return keep(unaryOp(random.chance(50) ? Fn::Exp : Fn::Expm1, x), std::exp(size));
    return keep(unaryOp(Fn::Softplus, x), size + 1);
  }
}

Value Generator::binary(Value x) {
  Value y = partner(x);
  if (random.chance(30))
    std::swap(x, y);
  double a = bound(x), c = bound(y);
  switch (random.pick(0, 6)) {
  case 0:
  case 1:
    return keep(binaryOp(BinaryFn::Add, x, y), a + c);
  case 2:
    return keep(binaryOp(BinaryFn::Sub, x, y), a + c);
  case 3:
  case 4:
    return keep(binaryOp(BinaryFn::Mul, x, y), a * c);
  case 5:
    return keep(binaryOp(random.chance(50) ? BinaryFn::Max : BinaryFn::Min, x, y), std::max(a, c));
  default:
    return keep(binaryOp(BinaryFn::Div, x, binaryOp(BinaryFn::Add, unaryOp(Fn::Abs, y), splat(y, 1))), a);
  }
}

Value Generator::clamp(Value x) {
  auto high = static_cast<double>(random.pick(0, 6));
  double low = random.chance(50) ? 0 : -static_cast<double>(random.pick(0, 3));
  return keep(b.create<nn::ClampOp>(x.getType(), x, llvm::APFloat(low), llvm::APFloat(high)),
              std::max(-low, high));
}

// Where both sides are nearly equal it does not matter which one is chosen.
Value Generator::select(Value x) {
  Value y = partner(x);
  Value isLess = b.create<nn::CompareOp>(type(shape(x), DType::I1), nn::CompareFn::Lt, x, y);
  return keep(b.create<nn::SelectOp>(x.getType(), isLess, x, y), std::max(bound(x), bound(y)));
}

Value Generator::widenAndNarrow(Value x) {
  if (floats == DType::F64)
    return {};
  Value wide = b.create<nn::CastOp>(type(shape(x), DType::F64), x);
  return keep(b.create<nn::CastOp>(x.getType(), wide), bound(x));
}

Value Generator::integers(Value) {
  Value x = anyValue([](Value v) { return typeOf(v).getElementType().isSignlessInteger(32); });
  Tensor other(DType::I32, Shape(typeOf(x).getShape().vec()));
  for (int64_t i = 0; i < other.size(); ++i)
    other.setI(i, random.pick(1, 40));
  static constexpr BinaryFn kFns[] = {
      BinaryFn::Add,      BinaryFn::Sub,      BinaryFn::Mul,       BinaryFn::Div,       BinaryFn::FloorDiv,
      BinaryFn::FloorMod, BinaryFn::TruncMod, BinaryFn::Max,       BinaryFn::Min,       BinaryFn::And,
      BinaryFn::Or,       BinaryFn::Xor,      BinaryFn::ShiftLeft, BinaryFn::ShiftRight};
  x = keep(binaryOp(kFns[random.pick(0, 13)], x, nn::makeConstant(b, b.getLoc(), other)), 0);
  if (random.chance(30))
    x = keep(unaryOp(random.chance(50) ? Fn::Abs : Fn::Not, x), 0);
  Value number = b.create<nn::CastOp>(type(shape(x)), x);
  return keep(binaryOp(BinaryFn::Mul, number, splat(number, std::ldexp(1.0, -31))), 1);
}

Value Generator::bools(Value) {
  Value x = anyValue([](Value v) { return typeOf(v).getElementType().isSignlessInteger(32); });
  auto bools = type(shape(x), DType::I1);
  Value positive = b.create<nn::CompareOp>(bools, nn::CompareFn::Gt, x, splat(x, 0));
  Value small = b.create<nn::CompareOp>(bools, nn::CompareFn::Le, x, splat(x, 50));
  Value both = binaryOp(random.chance(50) ? BinaryFn::And : BinaryFn::Or, positive, unaryOp(Fn::Not, small));
  keep(both, 1);
  Dims reduced = shape(x);
  int64_t axis = axisOf(x);
  reduced[axis] = 1;
  keep(b.create<nn::ReduceOp>(type(reduced, DType::I1),
                              random.chance(50) ? nn::ReduceFn::Any : nn::ReduceFn::All, both, axis),
       1);
  return keep(b.create<nn::CastOp>(type(shape(x)), both), 1);
}

Value Generator::matmul(Value x) {
  if (rank(x) < 2)
    return {};
  bool transposeLhs = random.chance(15), transposeRhs = random.chance(30);
  Dims dims = shape(x);
  int64_t depth = dims[dims.size() - (transposeLhs ? 2 : 1)], columns = random.pick(1, 20);
  for (size_t d = 0; d + 2 < dims.size(); ++d)
    if (random.chance(60))
      dims[d] = 1;
  dims[dims.size() - 2] = transposeRhs ? columns : depth;
  dims[dims.size() - 1] = transposeRhs ? depth : columns;
  Value y;
  if (random.chance(25))
    y = anyValue([&](Value v) { return isFloat(v) && shape(v) == dims; });
  if (!y)
    y = constant(dims, 2.0 / depth);
  auto result = nn::inferMatMul(typeOf(x), typeOf(y), transposeLhs, transposeRhs, error());
  if (mlir::failed(result) || result->getNumElements() > kMaxElements)
    return {};
  Value product = b.create<nn::MatMulOp>(*result, x, y, transposeLhs, transposeRhs);
  bounds[product] = bound(x) * bound(y) * depth;
  if (random.chance(50))
    return keep(binaryOp(BinaryFn::Add, product, perChannel(product, 1)), bound(product) + 1);
  return keep(product, bound(product));
}

Value Generator::conv(Value x) {
  if (rank(x) < 3 || rank(x) > 5)
    return {};
  Window w = window(x, true);
  int64_t channels = shape(x).back(), groups = random.chance(30) ? channels : 1;
  int64_t outputs = groups > 1 ? groups * random.pick(1, 2) : random.pick(1, 20);
  Dims filter = w.extents;
  filter.append({channels / groups, outputs});
  auto result =
      nn::inferConv(typeOf(x), type(filter), w.strides, w.dilations, w.low, w.high, groups, error());
  if (mlir::failed(result) || result->getNumElements() > kMaxElements || result->getNumElements() == 0)
    return {};
  int64_t depth = type(filter).getNumElements() / outputs;
  Value weights = constant(filter, 2.0 / static_cast<double>(depth));
  Value y = b.create<nn::ConvOp>(*result, x, weights, w.strides, w.dilations, w.low, w.high, groups);
  double size = 2 * bound(x);
  if (random.chance(50)) { // batch normalisation as importers leave it, and an activation
    y = binaryOp(BinaryFn::Add, binaryOp(BinaryFn::Mul, y, perChannel(y, 1)), perChannel(y, 1));
    size += 1;
    if (random.chance(60))
      y = unaryOp(Fn::Relu, y);
  }
  return keep(y, size);
}

Value Generator::convTranspose(Value x) {
  if (rank(x) < 3 || rank(x) > 5)
    return {};
  int64_t outputs = random.pick(1, 6), channels = shape(x).back();
  Window w = window(x, false);
  Dims filter = w.extents, extents = {shape(x).front()};
  filter.append({outputs, channels});
  int64_t depth = channels;
  for (size_t d = 0; d < w.extents.size(); ++d) {
    int64_t full = (shape(x)[d + 1] - 1) * w.strides[d] + w.extents[d];
    extents.push_back(std::max<int64_t>(1, full - w.low[d] - w.high[d]));
    depth *= w.extents[d];
  }
  extents.push_back(outputs);
  if (type(extents).getNumElements() > kMaxElements)
    return {};
  Value weights = constant(filter, 2.0 / static_cast<double>(depth));
  return keep(b.create<nn::ConvTransposeOp>(type(extents), x, weights, w.strides, w.dilations, w.low),
              2 * bound(x));
}

Value Generator::pool(Value x) {
  if (rank(x) < 3 || rank(x) > 5)
    return {};
  Window w = window(x, false);
  auto fn = static_cast<nn::PoolFn>(random.pick(0, 2));
  auto result = nn::inferPool(typeOf(x), w.extents, w.strides, w.dilations, w.low, w.high, error());
  if (mlir::failed(result) || result->getNumElements() == 0)
    return {};
  bool countPadding = fn == nn::PoolFn::Avg && random.chance(30);
  return keep(
      b.create<nn::PoolOp>(*result, fn, x, w.extents, w.strides, w.dilations, w.low, w.high, countPadding),
      bound(x) * (fn == nn::PoolFn::Sum ? 9 : 1));
}

Value Generator::resize(Value x) {
  if (rank(x) < 3 || rank(x) > 5)
    return {};
  Dims extents = shape(x);
  llvm::SmallVector<float> scales;
  for (size_t d = 1; d + 1 < extents.size(); ++d) {
    int64_t to = random.pick(1, 8);
    scales.push_back(static_cast<float>(extents[d]) / static_cast<float>(to));
    extents[d] = to;
  }
  if (type(extents).getNumElements() > kMaxElements)
    return {};
  bool linear = random.chance(60);
  auto coord = static_cast<nn::CoordMode>(linear ? random.pick(0, 2) : 3);
  return keep(b.create<nn::ResizeOp>(type(extents), linear ? nn::ResizeMode::Linear : nn::ResizeMode::Nearest,
                                     x, coord, nn::RoundMode::Floor, scales),
              bound(x));
}

Value Generator::reduce(Value x) {
  Dims axes, extents = shape(x);
  int64_t count = 1;
  for (int64_t d = 0; d < rank(x); ++d)
    if (random.chance(45)) {
      axes.push_back(d);
      count *= extents[d];
      extents[d] = 1;
    }
  auto fn = static_cast<nn::ReduceFn>(random.pick(0, 3));
  Value y = b.create<nn::ReduceOp>(type(extents), fn, x, axes);
  return keep(y, bound(x) * (fn == nn::ReduceFn::Sum ? static_cast<double>(count) : 1));
}

// Layer normalisation.
Value Generator::normalize(Value x) {
  Dims last = {rank(x) - 1}, extents = shape(x);
  if (rank(x) == 0 || extents.back() < 2)
    return {};
  extents.back() = 1;
  Value mean = b.create<nn::ReduceOp>(type(extents), nn::ReduceFn::Mean, x, last);
  Value centred = binaryOp(BinaryFn::Sub, x, broadcastTo(mean, shape(x)));
  Value variance = b.create<nn::ReduceOp>(type(extents), nn::ReduceFn::Mean,
                                          binaryOp(BinaryFn::Mul, centred, centred), last);
  Value deviation = unaryOp(Fn::Rsqrt, binaryOp(BinaryFn::Add, variance, splat(variance, 0.1)));
  Value scaled = binaryOp(BinaryFn::Mul, centred, broadcastTo(deviation, shape(x)));
  return keep(binaryOp(BinaryFn::Mul, scaled, perChannel(scaled, 1)), kMaxMagnitude * 2);
}

Value Generator::softmax(Value x) {
  if (rank(x) == 0)
    return {};
  bool log = random.chance(25);
  int64_t axis = random.chance(80) ? rank(x) - 1 : axisOf(x);
  return keep(b.create<nn::SoftmaxOp>(x.getType(), x, axis, log), log ? 2 * bound(x) + 6 : 1);
}

Value Generator::topK(Value x) {
  if (rank(x) == 0)
    return {};
  Dims extents = shape(x);
  extents.back() = random.pick(1, extents.back());
  // Not the indices: rounding may swap nearly equal values.
  return keep(b.create<nn::TopKOp>(type(extents), type(extents, DType::I32), x).getValues(), bound(x));
}

Value Generator::cumulative(Value x) {
  if (rank(x) == 0)
    return {};
  int64_t axis = axisOf(x);
  return keep(b.create<nn::CumulativeOp>(x.getType(), nn::CumulativeFn::Sum, x, axis, random.chance(30),
                                         random.chance(30)),
              bound(x) * static_cast<double>(shape(x)[axis]));
}

Value Generator::reshape(Value x) {
  Dims extents = shape(x);
  switch (random.pick(0, 3)) {
  case 0: // flatten
    extents = {typeOf(x).getNumElements()};
    if (extents[0] == 1 && random.chance(50))
      extents.clear();
    break;
  case 1: // all but the batch
    if (extents.empty())
      return {};
    extents = {extents[0], typeOf(x).getNumElements() / extents[0]};
    break;
  case 2: // a unit dimension
    if (extents.size() == 5)
      return {};
    extents.insert(extents.begin() + random.pick(0, static_cast<int64_t>(extents.size())), 1);
    break;
  default: { // join two
    if (extents.size() < 2)
      return {};
    auto at = extents.begin() + random.pick(0, static_cast<int64_t>(extents.size()) - 2);
    *at *= at[1];
    extents.erase(at + 1);
  }
  }
  return keep(b.create<nn::ReshapeOp>(type(extents), x), bound(x));
}

Value Generator::transpose(Value x) {
  Dims permutation(rank(x));
  std::iota(permutation.begin(), permutation.end(), 0);
  if (rank(x) == 4 && random.chance(50))
    permutation = random.chance(50) ? Dims{0, 3, 1, 2} : Dims{0, 2, 3, 1};
  else
    for (size_t i = permutation.size(); i > 1; --i)
      std::swap(permutation[i - 1], permutation[random.pick(0, static_cast<int64_t>(i) - 1)]);
  auto result = nn::inferTranspose(typeOf(x), permutation, error());
  return keep(b.create<nn::TransposeOp>(*result, x, permutation), bound(x));
}

Value Generator::concat(Value x) {
  if (rank(x) == 0)
    return {};
  int64_t axis = axisOf(x);
  llvm::SmallVector<Value> parts = {x};
  double size = bound(x);
  for (int64_t i = random.pick(0, 2); i > 0; --i) {
    Dims extents = shape(x);
    extents[axis] = 0;
    Value y = anyValue([&](Value v) {
      Dims other = shape(v);
      if (!isFloat(v) || other.size() != extents.size())
        return false;
      other[axis] = 0;
      return other == extents;
    });
    parts.push_back(random.chance(15) ? constant(shape(y)) : y);
    size = std::max(size, bound(parts.back()));
  }
  llvm::SmallVector<mlir::Type> types;
  for (Value part : parts)
    types.push_back(part.getType());
  auto result = nn::inferConcat(types, axis, error());
  if (mlir::failed(result) || result->getNumElements() > kMaxElements)
    return {};
  return keep(b.create<nn::ConcatOp>(*result, parts, axis), size);
}

Value Generator::slice(Value x) {
  Dims starts, strides, extents;
  for (int64_t extent : shape(x)) {
    bool whole = random.chance(50);
    starts.push_back(whole ? 0 : random.pick(0, extent - 1));
    strides.push_back(whole || random.chance(70) ? 1 : random.pick(1, 3));
    int64_t most = (extent - 1 - starts.back()) / strides.back() + 1;
    extents.push_back(whole ? extent : random.pick(1, most));
  }
  return keep(b.create<nn::SliceOp>(type(extents), x, starts, strides), bound(x));
}

Value Generator::dynamicSlice(Value x) {
  if (rank(x) == 0)
    return {};
  Dims extents, ranges;
  for (int64_t extent : shape(x)) {
    extents.push_back(random.pick(1, extent));
    ranges.push_back(extent - extents.back() + 1);
  }
  return keep(b.create<nn::DynamicSliceOp>(type(extents), x, indices({}, ranges)), bound(x));
}

Value Generator::reverse(Value x) {
  Dims axes;
  for (int64_t d = 0; d < rank(x); ++d)
    if (random.chance(50))
      axes.push_back(d);
  return keep(b.create<nn::ReverseOp>(x.getType(), x, axes), bound(x));
}

Value Generator::pad(Value x) {
  auto mode = random.chance(60) ? nn::PadMode::Constant : static_cast<nn::PadMode>(random.pick(1, 3));
  Dims low, high;
  for (int64_t extent : shape(x)) {
    int64_t most = random.chance(50) ? std::min<int64_t>(2, extent - 1) : 0;
    low.push_back(random.pick(0, most));
    high.push_back(random.pick(0, most));
  }
  auto result = nn::inferPad(mode, typeOf(x), low, high, error());
  if (mlir::failed(result) || result->getNumElements() > kMaxElements)
    return {};
  Tensor value(floats, {});
  value.setF(0, random.chance(70) ? 0 : random.uniform());
  return keep(b.create<nn::PadOp>(*result, mode, x, nn::makeConstant(b, b.getLoc(), value), low, high),
              std::max(bound(x), 1.0));
}

Value Generator::gather(Value x) {
  if (rank(x) == 0)
    return {};
  int64_t axis = axisOf(x), extent = shape(x)[axis];
  Dims picks(random.pick(1, 5), extent); // as many indices below `extent`
  Value at = indices({}, picks);
  auto result = nn::inferGather(typeOf(x), typeOf(at), axis, 0, error());
  if (mlir::failed(result) || result->getNumElements() > kMaxElements)
    return {};
  return keep(b.create<nn::GatherOp>(*result, x, at, axis), bound(x));
}

Value Generator::gatherNd(Value x) {
  if (rank(x) == 0)
    return {};
  Dims extents = shape(x);
  extents.resize(random.pick(1, rank(x)));
  Value at = indices({random.pick(1, 4)}, extents);
  auto result = nn::inferGatherNd(typeOf(x), typeOf(at), 0, error());
  if (mlir::failed(result) || result->getNumElements() > kMaxElements)
    return {};
  return keep(b.create<nn::GatherNdOp>(*result, x, at), bound(x));
}

Value Generator::scatterNd(Value x) {
  if (rank(x) == 0)
    return {};
  Dims extents = shape(x), indexed(extents);
  indexed.resize(random.pick(1, rank(x)));
  int64_t rows = random.pick(1, 4);
  Dims updates = {rows};
  updates.append(extents.begin() + indexed.size(), extents.end());
  auto fn = static_cast<nn::ScatterFn>(random.pick(0, 3));
  Value at = indices({rows}, indexed);
  return keep(b.create<nn::ScatterNdOp>(x.getType(), fn, x, at, constant(updates)),
              bound(x) + static_cast<double>(rows));
}

Value Generator::broadcast(Value x) {
  Dims extents = shape(x);
  for (int64_t &extent : extents)
    if (extent == 1)
      extent = random.pick(1, 5);
  if (type(extents).getNumElements() > kMaxElements)
    return {};
  return keep(broadcastTo(x, extents), bound(x));
}

Value Generator::iota(Value x) {
  if (rank(x) == 0)
    return {};
  int64_t axis = axisOf(x);
  Value position = b.create<nn::IotaOp>(type(shape(x), random.chance(50) ? floats : DType::I32), axis);
  if (!isFloat(position))
    position = b.create<nn::CastOp>(x.getType(), position);
  double scale = 1.0 / static_cast<double>(shape(x)[axis]);
  return keep(binaryOp(BinaryFn::Add, x, binaryOp(BinaryFn::Mul, position, splat(x, scale))), bound(x) + 1);
}

} // namespace aotc::test
