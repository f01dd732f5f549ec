// Contractions, windows and reductions.
#include "compiler/frontend/common/ImportBuilder.h"

using namespace mlir;

namespace aotc {

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

// Equal ranks; extents of 1 stand for shared batches. False: poison.
static bool matchRanks(ImportBuilder &builder, Value &a, Value &b) {
  for (Value *operand : {&a, &b})
    while (a && b && ImportBuilder::rank(*operand) < std::max(ImportBuilder::rank(a), ImportBuilder::rank(b)))
      *operand = builder.expandDims(*operand, 0);
  return a && b;
}

Value ImportBuilder::matmul(Value a, Value b, bool transposeA, bool transposeB) {
  if (!matchRanks(*this, a, b))
    return {};
  auto result = infer(
      [&](nn::EmitError emit) { return nn::inferMatMul(typeOf(a), typeOf(b), transposeA, transposeB, emit); });
  return result ? create<nn::MatMulOp>(result, a, b, transposeA, transposeB) : Value();
}

Value ImportBuilder::matmul(Value a, Value b, ZeroPoints zeros) {
  if (!matchRanks(*this, a, b))
    return {};
  auto result = infer([&](nn::EmitError emit) { return nn::inferMatMul(typeOf(a), typeOf(b), false, false, emit); });
  if (!result)
    return {};
  return create<nn::MatMulOp>(result.clone(builder.getI32Type()), a, b, false, false, zeros.left, zeros.right);
}

Value ImportBuilder::conv(Value input, Value filter, const Window &w, int64_t groups, ZeroPoints zeros) {
  if (!input || !filter)
    return {};
  auto result = infer([&](nn::EmitError emit) {
    return nn::inferConv(typeOf(input), typeOf(filter), w.strides, w.dilations, w.padLow, w.padHigh, groups, emit);
  });
  if (!result)
    return {};
  return create<nn::ConvOp>(result.clone(builder.getI32Type()), input, filter, w.strides, w.dilations, w.padLow, w.padHigh,
                            groups, zeros.left, zeros.right);
}

Value ImportBuilder::conv(Value input, Value filter, const Window &w, int64_t groups) {
  if (!input || !filter)
    return {};
  auto result = infer([&](nn::EmitError emit) {
    return nn::inferConv(typeOf(input), typeOf(filter), w.strides, w.dilations, w.padLow, w.padHigh, groups, emit);
  });
  return result ? create<nn::ConvOp>(result, input, filter, w.strides, w.dilations, w.padLow, w.padHigh, groups)
                : Value();
}

Value ImportBuilder::convTranspose(Value input, Value filter, Dims resultShape, const Window &w, int64_t groups) {
  if (!input || !filter)
    return {};
  auto result = type(dtype(input), resultShape);
  if (!result)
    return {};
  return create<nn::ConvTransposeOp>(result, input, filter, w.strides, w.dilations, w.padLow, groups);
}

Value ImportBuilder::pool(nn::PoolFn fn, Value input, Dims extents, const Window &w, bool countPadding) {
  if (!input)
    return {};
  auto result = infer([&](nn::EmitError emit) {
    return nn::inferPool(typeOf(input), extents, w.strides, w.dilations, w.padLow, w.padHigh, emit);
  });
  if (!result)
    return {};
  return create<nn::PoolOp>(result, fn, input, extents, w.strides, w.dilations, w.padLow, w.padHigh, countPadding);
}

Value ImportBuilder::resize(nn::ResizeMode mode, Value input, Dims resultShape, nn::CoordMode coord,
                            nn::RoundMode round, ArrayRef<float> scales) {
  if (!input)
    return {};
  auto result = type(dtype(input), resultShape);
  return result ? create<nn::ResizeOp>(result, mode, input, coord, round, scales) : Value();
}

static void dropExtents(ImportBuilder::DimVector &shape, ImportBuilder::Dims axes) {
  for (int64_t axis : llvm::reverse(axes))
    shape.erase(shape.begin() + axis);
}

Value ImportBuilder::reduce(nn::ReduceFn fn, Value x, Dims axes, bool keepDims) {
  if (!x || axes.empty())
    return x;
  auto result = infer([&](nn::EmitError emit) { return nn::inferReduce(typeOf(x), axes, emit); });
  if (!result)
    return {};
  Value reduced = create<nn::ReduceOp>(result, fn, x, axes);
  if (!reduced || keepDims)
    return reduced;
  DimVector shape(result.getShape());
  dropExtents(shape, axes);
  return reshape(reduced, shape);
}

Value ImportBuilder::argReduce(nn::ArgReduceFn fn, Value x, int64_t axis, DType indexType, bool keepDims) {
  if (!x)
    return {};
  DimVector shape(ImportBuilder::shape(x));
  shape[axis] = 1;
  auto result = type(indexType, shape);
  Value reduced = result ? create<nn::ArgReduceOp>(result, fn, x, axis) : Value();
  if (!reduced || keepDims)
    return reduced;
  dropExtents(shape, {axis});
  return reshape(reduced, shape);
}

std::pair<Value, Value> ImportBuilder::topK(Value x, int64_t k, DType indexType) {
  if (!x || rank(x) < 1)
    return {x ? error("needs an operand of rank at least 1") : Value(), Value()};
  DimVector shape(ImportBuilder::shape(x));
  shape.back() = k;
  auto values = type(dtype(x), shape), indices = type(indexType, shape);
  if (!values || !indices)
    return {};
  SmallVector<Value> results;
  finish(builder.create<nn::TopKOp>(loc, values, indices, x), results);
  return {results[0], results[1]};
}

Value ImportBuilder::cumulative(nn::CumulativeFn fn, Value x, int64_t axis, bool exclusive, bool reverse) {
  return x ? create<nn::CumulativeOp>(x.getType(), fn, x, axis, exclusive, reverse) : Value();
}

Value ImportBuilder::softmax(Value x, int64_t axis, bool log) {
  return x ? create<nn::SoftmaxOp>(x.getType(), x, axis, log) : Value();
}

} // namespace aotc
