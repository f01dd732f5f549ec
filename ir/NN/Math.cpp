// Verifiers of the family Math.
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "ir/NN/Verify.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace aotc;
using namespace aotc::nn;

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getShapedType() != type)
    return nullptr;
  return builder.create<ConstantOp>(loc, elements);
}

LogicalResult ConstantOp::verify() {
  if (getValue().getShapedType() != getType()) // constant_c1
    return emitOpError("has a value of type ") << getValue().getShapedType() << ", not " << getType();
  if (!nn::dtypeOf(getType().getElementType()))
    return emitOpError("has an unknown element type");
  if (!isa<DenseElementsAttr, DenseResourceElementsAttr>(getValue()))
    return emitOpError("needs a dense or dense_resource value");
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult UnaryOp::verify() {
  if (failed(sameShape(*this, getOperand(), getResult()))) // unary_c1
    return failure();
  Type in = elementOf(getOperand()), out = elementOf(getResult()), want = in;
  UnaryFn fn = getFn();
  if (fn == UnaryFn::IsNan || fn == UnaryFn::IsInf || fn == UnaryFn::IsFinite)
    want = IntegerType::get(getContext(), 1);
  else if (fn == UnaryFn::PopCount)
    want = IntegerType::get(getContext(), 8, IntegerType::Unsigned);
  if (out != want) // unary_c2
    return emitOpError("yields element type ") << want << ", not " << out;
  bool suits;
  switch (fn) {
  case UnaryFn::Not: suits = !isFloat(in); break;
  case UnaryFn::PopCount: suits = !isFloat(in) && !isBool(in); break;
  case UnaryFn::Neg: case UnaryFn::Abs: case UnaryFn::Sign: case UnaryFn::Relu: suits = isNumber(in); break;
  default: suits = isFloat(in);
  }
  if (!suits) // unary_c3
    return emitOpError() << stringifyUnaryFn(fn) << " does not take element type " << in;
  return success();
}

LogicalResult BinaryOp::verify() {
  Type element = elementOf(getResult());
  bool suits;
  switch (getFn()) {
  case BinaryFn::And: case BinaryFn::Or: case BinaryFn::Xor: suits = !isFloat(element); break;
  case BinaryFn::ShiftLeft: case BinaryFn::ShiftRight: suits = !isFloat(element) && !isBool(element); break;
  case BinaryFn::Atan2: suits = isFloat(element); break;
  default: suits = isNumber(element);
  }
  if (!suits) // binary_c1
    return emitOpError() << stringifyBinaryFn(getFn()) << " does not take element type " << element;
  return success();
}

LogicalResult CompareOp::verify() {
  if (typeOf(getResult()) != typeOf(getLhs()).clone(IntegerType::get(getContext(), 1))) // compare_c1
    return emitOpError("needs an i1 result of the operands' shape");
  return success();
}

LogicalResult SelectOp::verify() {
  if (!isBool(elementOf(getCondition())) || typeOf(getCondition()).getShape() != typeOf(getResult()).getShape()) // select_c1
    return emitOpError("needs an i1 condition of the result's shape");
  return success();
}

LogicalResult ClampOp::verify() {
  if (!isFloat(elementOf(getResult()))) // clamp_c1
    return emitOpError("needs floating point");
  double low = getLow().convertToDouble(), high = getHigh().convertToDouble();
  if (!(low <= high)) // clamp_c2
    return emitOpError("needs low <= high");
  return success();
}

LogicalResult CastOp::verify() { return sameShape(*this, getOperand(), getResult()); } // cast_c1

LogicalResult BitcastOp::verify() {
  if (failed(sameShape(*this, getOperand(), getResult()))) // bitcast_c1
    return failure();
  Type in = elementOf(getOperand()), out = elementOf(getResult());
  if (isBool(in) || isBool(out) || in.getIntOrFloatBitWidth() != out.getIntOrFloatBitWidth()) // bitcast_c2
    return emitOpError("needs element types of one width, got ") << in << " and " << out;
  return success();
}

LogicalResult RandomOp::verify() {
  Type element = elementOf(getResult());
  bool integer = element.isSignlessInteger(32) || element.isSignlessInteger(64);
  if (getFn() == RandomFn::UniformInt ? !integer : !isFloat(element)) // random_c1
    return emitOpError() << stringifyRandomFn(getFn()) << " does not yield " << element;
  if (getFn() == RandomFn::UniformInt && static_cast<int64_t>(getLow()) >= static_cast<int64_t>(getHigh())) // random_c2
    return emitOpError("needs low < high");
  return success();
}
