// Elementwise operations with NumPy's broadcasting.
#include "compiler/frontend/common/ImportBuilder.h"

using namespace mlir;

namespace aotc {

bool ImportBuilder::broadcastTogether(MutableArrayRef<Value> values) {
  if (!llvm::all_of(values, [](Value v) { return static_cast<bool>(v); }))
    return false;
  DimVector common;
  for (Value value : values) {
    captured.clear();
    auto shape = nn::broadcastShapes(common, nn::shapeOf(value), [&] { return mlir::emitError(loc); });
    if (mlir::failed(shape)) {
      error(captured);
      return false;
    }
    common.assign(shape->begin(), shape->end());
  }
  for (Value &value : values)
    if (!(value = broadcastTo(value, common)))
      return false;
  return true;
}

Value ImportBuilder::unary(nn::UnaryFn fn, Value x) {
  if (!x)
    return {};
  auto result = mlir::cast<RankedTensorType>(x.getType());
  if (fn == nn::UnaryFn::IsNan || fn == nn::UnaryFn::IsInf || fn == nn::UnaryFn::IsFinite)
    result = result.clone(nn::elementType(context(), DType::I1));
  else if (fn == nn::UnaryFn::PopCount)
    result = result.clone(nn::elementType(context(), DType::U8));
  return create<nn::UnaryOp>(result, fn, x);
}

static std::string mismatch(Value a, Value b) {
  return "operands have different element types, " + std::string(name(nn::dtypeOf(a))) + " and " +
         std::string(name(nn::dtypeOf(b)));
}

Value ImportBuilder::binary(nn::BinaryFn fn, Value a, Value b) {
  Value operands[] = {a, b};
  if (!broadcastTogether(operands))
    return {};
  if (dtype(a) != dtype(b))
    return error(mismatch(a, b));
  return create<nn::BinaryOp>(operands[0].getType(), fn, operands[0], operands[1]);
}

Value ImportBuilder::binary(nn::BinaryFn fn, Value a, double b) {
  return a ? binary(fn, a, scalar(dtype(a), b)) : Value();
}

Value ImportBuilder::compare(nn::CompareFn fn, Value a, Value b) {
  Value operands[] = {a, b};
  if (!broadcastTogether(operands))
    return {};
  if (dtype(a) != dtype(b))
    return error(mismatch(a, b));
  auto result = mlir::cast<RankedTensorType>(operands[0].getType()).clone(nn::elementType(context(), DType::I1));
  return create<nn::CompareOp>(result, fn, operands[0], operands[1]);
}

Value ImportBuilder::compare(nn::CompareFn fn, Value a, double b) {
  return a ? compare(fn, a, scalar(dtype(a), b)) : Value();
}

Value ImportBuilder::select(Value condition, Value onTrue, Value onFalse) {
  Value operands[] = {condition, onTrue, onFalse};
  if (!broadcastTogether(operands))
    return {};
  if (dtype(onTrue) != dtype(onFalse))
    return error(mismatch(onTrue, onFalse));
  return create<nn::SelectOp>(operands[1].getType(), operands[0], operands[1], operands[2]);
}

Value ImportBuilder::clamp(Value x, double low, double high) {
  if (!x)
    return {};
  if (!isFloat(dtype(x)))
    return binary(nn::BinaryFn::Min, binary(nn::BinaryFn::Max, x, low), high);
  return create<nn::ClampOp>(x.getType(), x, llvm::APFloat(low), llvm::APFloat(high));
}

Value ImportBuilder::cast(Value x, DType to) {
  if (!x || dtype(x) == to)
    return x;
  return create<nn::CastOp>(mlir::cast<RankedTensorType>(x.getType()).clone(nn::elementType(context(), to)), x);
}

Value ImportBuilder::bitcast(Value x, DType to) {
  if (!x || dtype(x) == to)
    return x;
  return create<nn::BitcastOp>(mlir::cast<RankedTensorType>(x.getType()).clone(nn::elementType(context(), to)), x);
}

llvm::SmallVector<Value> ImportBuilder::custom(StringRef callee, ArrayRef<Value> operands, DictionaryAttr attributes,
                                               ArrayRef<StringRef> names, ArrayRef<Type> types) {
  SmallVector<Value> results;
  finish(builder.create<nn::CustomOp>(loc, types, callee, operands, attributes, builder.getStrArrayAttr(names)), results);
  return results;
}

Value ImportBuilder::random(nn::RandomFn fn, DType element, Dims shape, int64_t seed, int64_t stream, int64_t low,
                            int64_t high) {
  if (loopDepth > 0) // each round would draw the same
    return error("random numbers in a loop over data are not supported");
  auto result = type(element, shape);
  return result ? create<nn::RandomOp>(result, fn, seed, stream, low, high) : Value();
}

} // namespace aotc
