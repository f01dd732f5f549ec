// Family Norm: normalisations over channels, rows, groups and neighbourhoods, and their like.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <numeric>

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::ReduceFn;
using nn::UnaryFn;

DimVector axesFrom(int64_t first, int64_t rank) {
  DimVector axes(rank - first);
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

// A vector over the channels as a tensor that broadcasts over [N, C, ...].
Value overChannels(NodeImport &n, Value vector, int64_t rank) {
  if (!vector)
    return {};
  DimVector shape(rank - 1, 1);
  shape[0] = ImportBuilder::elements(vector);
  return n.b.reshape(vector, shape);
}

bool isVector(NodeImport &n, size_t i, int64_t extent) {
  if (n.rank(i) == 1 && n.shape(i)[0] == extent)
    return true;
  n.error("operand " + llvm::Twine(i) + " must be a vector of " + llvm::Twine(extent) + " values");
  return false;
}

Value inverseDeviation(ImportBuilder &b, Value variance, double epsilon) {
  return b.unary(UnaryFn::Rsqrt, b.binary(BinaryFn::Add, variance, epsilon));
}

// Mean and variance over `axes`, extents kept as 1.
struct Moments {
  Value mean, variance, centred;
};

Moments momentsOf(ImportBuilder &b, Value x, Dims axes) {
  Value mean = b.reduce(ReduceFn::Mean, x, axes, true), centred = b.sub(x, mean);
  return {mean, b.reduce(ReduceFn::Mean, b.mul(centred, centred), axes, true), centred};
}

Results batchNormalization(NodeImport &n) {
  ImportBuilder &b = n.b;
  int64_t rank = n.rank(0);
  const Results poison{Value(), Value(), Value(), Value(), Value()};
  if (rank < 2)
    return n.error("needs an operand of rank at least 2"), poison;
  bool spatial = n.integer("spatial", 1) != 0; // until opset 9 each element may have numbers of its own
  Dims inner = n.shape(0).drop_front();
  for (size_t i = 1; i < 5; ++i)
    if (spatial ? !isVector(n, i, n.shape(0)[1]) : n.shape(i) != inner)
      return n.error("operand " + llvm::Twine(i) + " does not have the operand's extents"), poison;
  DType type = n.dtype(0), wide = n.dtype(3);
  double epsilon = n.real("epsilon", 1e-5), momentum = n.real("momentum", 0.9);
  auto shaped = [&](Value v) { return spatial ? overChannels(n, v, rank) : v; };
  Value mean = n.in(3), variance = n.in(4);
  Results results(Value{});
  if (n.integer("training_mode", 0) != 0) {
    DimVector axes = axesFrom(1, rank);
    axes[0] = 0; // all but the channels
    Moments now = momentsOf(b, b.cast(n.in(0), wide), axes);
    auto blend = [&](Value before, Value current) {
      return b.add(b.binary(BinaryFn::Mul, before, momentum), b.binary(BinaryFn::Mul, current, 1 - momentum));
    };
    DimVector vector{n.shape(0)[1]};
    Value currentMean = b.reshape(now.mean, vector), currentVariance = b.reshape(now.variance, vector);
    results.push_back(blend(mean, currentMean));
    results.push_back(blend(variance, currentVariance));
    mean = currentMean;
    variance = currentVariance;
  } else {
    results.append({mean, variance, mean, variance}); // unused: only training writes them
  }
  // One product and one sum an element; simplification folds them into a convolution before.
  Value scale = b.mul(b.cast(n.in(1), wide), inverseDeviation(b, variance, epsilon));
  Value shift = b.sub(b.cast(n.in(2), wide), b.mul(mean, scale));
  results[0] = b.cast(b.add(b.mul(b.cast(n.in(0), wide), shaped(scale)), shaped(shift)), type);
  return results;
}

Results instanceNormalization(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.rank(0) < 3 || !isVector(n, 1, n.shape(0)[1]) || !isVector(n, 2, n.shape(0)[1]))
    return n.error("needs an operand of rank at least 3");
  Moments m = momentsOf(b, b.cast(n.in(0), DType::F32), axesFrom(2, n.rank(0)));
  Value scale = b.cast(overChannels(n, n.in(1), n.rank(0)), DType::F32);
  Value bias = b.cast(overChannels(n, n.in(2), n.rank(0)), DType::F32);
  Value scaled = b.mul(b.mul(m.centred, inverseDeviation(b, m.variance, n.real("epsilon", 1e-5))), scale);
  return b.cast(b.add(scaled, bias), n.dtype(0));
}

// The type that statistics are computed in.
DType stashType(NodeImport &n) {
  DType type = n.has("stash_type") ? n.type("stash_type", DType::F32).value_or(DType::F32) : DType::F32;
  return n.dtype(0) == DType::F64 ? DType::F64 : type;
}

Results layerNormalization(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto axis = b.normalizeAxis(n.integer("axis", -1), n.rank(0));
  if (!axis)
    return Results{Value(), Value(), Value()};
  DType type = n.dtype(0), wide = stashType(n);
  Moments m = momentsOf(b, b.cast(n.in(0), wide), axesFrom(*axis, n.rank(0)));
  Value inverse = inverseDeviation(b, m.variance, n.real("epsilon", 1e-5));
  Value y = b.mul(b.cast(b.mul(m.centred, inverse), type), n.in(1));
  return Results{n.in(2) ? b.add(y, n.in(2)) : y, m.mean, inverse};
}

Results rmsNormalization(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto axis = b.normalizeAxis(n.integer("axis", -1), n.rank(0));
  if (!axis)
    return Value();
  DType type = n.dtype(0), wide = stashType(n);
  Value x = b.cast(n.in(0), wide);
  Value squares = b.reduce(ReduceFn::Mean, b.mul(x, x), axesFrom(*axis, n.rank(0)), true);
  Value normal = b.mul(x, inverseDeviation(b, squares, n.real("epsilon", 1e-5)));
  return b.cast(b.mul(b.cast(normal, type), n.in(1)), n.dtype(1));
}

// Until opset 21 scale and bias have an entry a group, then one a channel.
ImportFn groupNormalization(bool perChannel) {
  return [perChannel](NodeImport &n) -> Results {
    ImportBuilder &b = n.b;
    int64_t groups = n.integer("num_groups", 0);
    if (n.rank(0) < 2 || groups < 1 || n.shape(0)[1] % groups != 0)
      return n.error("needs channels that num_groups divides");
    int64_t channels = n.shape(0)[1], entries = perChannel ? channels : groups;
    if (!isVector(n, 1, entries) || !isVector(n, 2, entries))
      return Value();
    DType type = n.dtype(0), wide = stashType(n);
    DimVector shape(n.shape(0)), grouped{shape[0], groups, channels / groups};
    grouped.append(shape.begin() + 2, shape.end());
    Moments m = momentsOf(b, b.reshape(b.cast(n.in(0), wide), grouped), axesFrom(2, grouped.size()));
    Value normal = b.cast(b.mul(m.centred, inverseDeviation(b, m.variance, n.real("epsilon", 1e-5))), type);
    auto affine = [&](Value x, int64_t rank) {
      return b.add(b.mul(x, overChannels(n, n.in(1), rank)), overChannels(n, n.in(2), rank));
    };
    if (perChannel)
      return affine(b.reshape(normal, shape), shape.size());
    return b.reshape(affine(normal, grouped.size()), shape);
  };
}

// x / (bias + alpha/size * sum of squares of the channels around)^beta
Results lrn(NodeImport &n) {
  ImportBuilder &b = n.b;
  int64_t size = n.integer("size", 0);
  if (n.rank(0) < 2 || size < 1 || size > (int64_t(1) << 30))
    return n.error("needs an operand of rank at least 2 and a size of at least 1");
  DimVector shape(n.shape(0));
  int64_t inner = 1; // product of extents of an existing tensor
  for (int64_t extent : Dims(shape).drop_front(2))
    inner *= extent;
  Value x = b.cast(n.in(0), DType::F32);
  // The channels as the one spatial dimension of a pool.
  Value squares = b.reshape(b.mul(x, x), {shape[0], shape[1], inner});
  int64_t before = std::min((size - 1) / 2, shape[1]), after = std::min(size - 1 - (size - 1) / 2, shape[1]);
  Window window{{1}, {1}, {before}, {after}};
  Value sums = b.reshape(b.pool(nn::PoolFn::Sum, squares, {before + after + 1}, window), shape);
  Value base = b.binary(BinaryFn::Add,
                        b.binary(BinaryFn::Mul, sums, n.real("alpha", 1e-4) / static_cast<double>(size)),
                        n.real("bias", 1));
  return b.cast(b.div(x, b.binary(BinaryFn::Pow, base, n.real("beta", 0.75))), n.dtype(0));
}

Results lpNormalization(NodeImport &n) {
  ImportBuilder &b = n.b;
  int64_t p = n.integer("p", 2);
  auto axis = b.normalizeAxis(n.integer("axis", -1), n.rank(0));
  if (!axis || (p != 1 && p != 2))
    return axis ? n.error("p must be 1 or 2") : Value();
  Value x = n.in(0);
  Value norm = p == 1 ? b.reduce(ReduceFn::Sum, b.unary(UnaryFn::Abs, x), {*axis}, true)
                      : b.unary(UnaryFn::Sqrt, b.reduce(ReduceFn::Sum, b.mul(x, x), {*axis}, true));
  // A norm of zero gives zeros.
  Value isZero = b.compare(CompareFn::Eq, norm, 0);
  return b.div(x, b.select(isZero, b.scalar(n.dtype(0), 1), norm));
}

// 1 at the first maximum along the axis; until opset 13 the operand is seen as a matrix.
ImportFn hardmax(bool asMatrix) {
  return [asMatrix](NodeImport &n) -> Results {
    ImportBuilder &b = n.b;
    auto axis = b.normalizeAxis(n.integer("axis", asMatrix ? 1 : -1), n.rank(0));
    if (!axis)
      return Value();
    Value x = n.in(0);
    if (asMatrix) {
      int64_t outer = 1, inner = 1; // products of extents of an existing tensor
      for (auto [dim, extent] : llvm::enumerate(n.shape(0)))
        (static_cast<int64_t>(dim) < *axis ? outer : inner) *= extent;
      x = b.reshape(x, {outer, inner});
    }
    int64_t along = asMatrix ? 1 : *axis;
    if (!x || ImportBuilder::elements(x) == 0)
      return n.in(0);
    Value best = b.argReduce(nn::ArgReduceFn::Max, x, along, DType::I64, true);
    DimVector positions(ImportBuilder::rank(x), 1);
    positions[along] = ImportBuilder::shape(x)[along];
    Value hot = b.compare(CompareFn::Eq, b.iota(DType::I64, positions, along), best);
    return b.reshape(b.cast(hot, n.dtype(0)), n.shape(0));
  };
}

// Determinants by elimination, the largest remaining entry of each column being its pivot.
Results det(NodeImport &n) {
  ImportBuilder &b = n.b;
  constexpr int64_t kMaxSize = 64; // each column becomes operations of its own
  int64_t rank = n.rank(0);
  if (rank < 2 || n.shape(0)[rank - 1] != n.shape(0)[rank - 2] || n.shape(0)[rank - 1] > kMaxSize)
    return n.error("needs square matrices of at most " + llvm::Twine(kMaxSize) + " rows");
  DimVector batchShape(n.shape(0).drop_back(2));
  int64_t size = n.shape(0)[rank - 1], batch = 1; // product of extents of an existing tensor
  for (int64_t extent : batchShape)
    batch *= extent;
  DType type = n.dtype(0);
  Value rest = b.reshape(n.in(0), {batch, size, size}), product = b.splat(type, {batch}, 1);
  for (int64_t k = size; k > 0 && rest; --k) { // `rest`: the k x k part that is left
    Value column = b.reshape(b.sliceAxis(rest, 2, 0, 1), {batch, k});
    Value best = b.argReduce(nn::ArgReduceFn::Max, b.unary(UnaryFn::Abs, column), 1, DType::I32, true); // [batch, 1]
    Value pivot = b.reshape(b.gather(column, best, 1, 1), {batch});
    Value moved = b.reshape(b.compare(CompareFn::Ne, best, 0), {batch});
    product = b.mul(product, b.select(moved, b.unary(UnaryFn::Neg, pivot), pivot));
    if (k == 1)
      break;
    // Row 0 takes the place of the pivot's row.
    Value row = b.gather(rest, best, 1, 1); // [batch, 1, k]
    Value isPivot = b.reshape(b.compare(CompareFn::Eq, b.iota(DType::I32, {1, k}, 1), best), {batch, k, 1});
    Value swapped = b.sliceAxis(b.select(isPivot, b.sliceAxis(rest, 1, 0, 1), rest), 1, 1, k - 1);
    Value divisor = b.select(b.compare(CompareFn::Eq, pivot, 0), b.scalar(type, 1), pivot);
    Value factors = b.div(b.sliceAxis(swapped, 2, 0, 1), b.reshape(divisor, {batch, 1, 1}));
    rest = b.sub(b.sliceAxis(swapped, 2, 1, k - 1), b.mul(factors, b.sliceAxis(row, 2, 1, k - 1)));
  }
  return b.reshape(product, batchShape);
}

} // namespace

void addNormOps(OpRows &rows) {
  rows.push_back(OpRow("BatchNormalization", 1, 5, kFloats, batchNormalization));
  rows.push_back(OpRow("InstanceNormalization", 6, 3, kFloats, instanceNormalization));
  rows.push_back(OpRow("LayerNormalization", 17, 3, kFloats, layerNormalization).atLeast(2));
  rows.push_back(OpRow("RMSNormalization", 23, 2, kFloats, rmsNormalization));
  rows.push_back(OpRow("GroupNormalization", 18, 3, kFloats, groupNormalization(false)).until(20));
  rows.push_back(OpRow("GroupNormalization", 21, 3, kFloats, groupNormalization(true)));
  rows.push_back(OpRow("LRN", 1, 1, kFloats, lrn));
  rows.push_back(OpRow("LpNormalization", 1, 1, kFloats, lpNormalization));
  rows.push_back(OpRow("Hardmax", 1, 1, kFloats, hardmax(true)).until(12));
  rows.push_back(OpRow("Hardmax", 13, 1, kFloats, hardmax(false)));
  rows.push_back(OpRow("Det", 11, 1, kFloats, det));
}

} // namespace aotc::onnx
