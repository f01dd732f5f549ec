// Multi-head attention in the forms that frameworks write it in.
#include "test/e2e/random_graphs/Generator.h"

namespace aotc::test {

using mlir::Value;

Value Generator::attention(Value x) {
  if (rank(x) == 0)
    return {};
  int64_t depth = shape(x).back(), tokens = depth ? typeOf(x).getNumElements() / depth : 0;
  if (tokens < 2 || tokens > 70 || depth > 64)
    return {};
  int64_t heads = random.pick(1, 3), size = random.pick(1, 9), batch = tokens % 2 == 0 && random.chance(30) ? 2 : 1;
  tokens /= batch;
  auto reshape = [&](Value v, Dims dims) -> Value { return b.create<nn::ReshapeOp>(type(dims), v); };
  auto transpose = [&](Value v, Dims permutation) -> Value {
    Dims dims;
    for (int64_t d : permutation)
      dims.push_back(shape(v)[d]);
    return b.create<nn::TransposeOp>(type(dims), v, permutation);
  };
  auto matmul = [&](Value lhs, Value rhs, bool transposeRhs) -> Value {
    auto result = nn::inferMatMul(typeOf(lhs), typeOf(rhs), false, transposeRhs, error());
    return b.create<nn::MatMulOp>(*result, lhs, rhs, false, transposeRhs);
  };
  Value flat = reshape(x, {batch * tokens, depth});
  Value parts[3];          // queries, keys, values: [batch, heads, tokens, size]
  if (random.chance(50)) { // one projection
    Value all = matmul(flat, constant({depth, 3 * heads * size}, 2.0 / depth), false);
    all = transpose(reshape(all, {batch, tokens, 3, heads, size}), {2, 0, 3, 1, 4});
    for (int64_t i = 0; i < 3; ++i)
      parts[i] = reshape(
          b.create<nn::SliceOp>(type({1, batch, heads, tokens, size}), all, Dims{i, 0, 0, 0, 0}, Dims{1, 1, 1, 1, 1}),
          {batch, heads, tokens, size});
  } else {
    for (Value &part : parts)
      part = transpose(
          reshape(matmul(flat, constant({depth, heads * size}, 2.0 / depth), false), {batch, tokens, heads, size}),
          {0, 2, 1, 3});
  }
  bool explicitly = random.chance(30); // transposed keys
  Value scores = matmul(parts[0], explicitly ? transpose(parts[1], {0, 1, 3, 2}) : parts[1], !explicitly);
  scores = binaryOp(nn::BinaryFn::Mul, scores, splat(scores, 0.25));
  Dims dims = shape(scores), mask = dims;
  for (int64_t &extent : mask)
    extent = random.chance(50) ? 1 : extent;
  if (random.chance(60))
    scores = binaryOp(nn::BinaryFn::Add, scores, broadcastTo(constant(mask, 4), dims));
  Value weights = b.create<nn::SoftmaxOp>(scores.getType(), scores, 3, false);
  if (random.chance(15))
    keep(weights, 1); // read by others too
  Value result = matmul(weights, parts[2], false);
  double magnitude = 2 * bound(x);
  if (random.chance(30))
    return keep(result, magnitude);
  return keep(reshape(transpose(result, {0, 2, 1, 3}), {batch * tokens, heads * size}), magnitude);
}

} // namespace aotc::test
