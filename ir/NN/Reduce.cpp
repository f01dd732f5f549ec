// Verifiers of the families Reduce and Norm.
#include "ir/NN/NN.h"
#include "ir/NN/Verify.h"

using namespace mlir;
using namespace aotc::nn;

static LogicalResult checkAxis(Operation *op, int64_t axis, Value tensor) {
  if (axis < 0 || axis >= typeOf(tensor).getRank())
    return op->emitOpError("has axis ") << axis << " outside rank " << typeOf(tensor).getRank();
  return success();
}

LogicalResult ReduceOp::verify() {
  bool logical = getFn() == ReduceFn::Any || getFn() == ReduceFn::All;
  if (logical != isBool(elementOf(getOperand()))) // reduce_c3
    return emitOpError() << stringifyReduceFn(getFn()) << " does not take " << elementOf(getOperand());
  auto natural = inferReduce(typeOf(getOperand()), getAxes(), [&] { return emitOpError(); });
  return expectType(*this, typeOf(getResult()), // reduce_c2
                    getFn() == ReduceFn::Sum ? widenedAs(typeOf(getResult()), natural) : natural);
}

LogicalResult ArgReduceOp::verify() {
  if (failed(checkAxis(*this, getAxis(), getOperand()))) // arg_reduce_c1
    return failure();
  auto operand = typeOf(getOperand()), result = typeOf(getResult());
  if (operand.getDimSize(getAxis()) < 1 || !isNumber(operand.getElementType())) // arg_reduce_c1
    return emitOpError("needs numbers and at least one element along the axis");
  SmallVector<int64_t> shape(operand.getShape());
  shape[getAxis()] = 1;
  if (result.getShape() != ArrayRef(shape) || isFloat(result.getElementType()) || isBool(result.getElementType())) // arg_reduce_c2
    return emitOpError("needs an integer result with extent 1 along the axis");
  return success();
}

LogicalResult TopKOp::verify() {
  auto operand = typeOf(getOperand()), values = typeOf(getValues()), indices = typeOf(getIndices());
  bool fits = operand.getRank() >= 1 && values.getRank() == operand.getRank() &&
              values.getElementType() == operand.getElementType() && isNumber(operand.getElementType()) &&
              indices.getShape() == values.getShape() && !isFloat(indices.getElementType()) &&
              !isBool(indices.getElementType()) &&
              values.getShape().drop_back() == operand.getShape().drop_back() &&
              values.getShape().back() <= operand.getShape().back();
  if (!fits) // top_k_c1
    return emitOpError("has results that do not fit its operand");
  return success();
}

LogicalResult CumulativeOp::verify() {
  if (failed(checkAxis(*this, getAxis(), getOperand()))) // cumulative_c1
    return failure();
  if (!isNumber(elementOf(getOperand()))) // cumulative_c2
    return emitOpError("needs numbers");
  return success();
}

LogicalResult SoftmaxOp::verify() {
  if (!isFloat(elementOf(getOperand()))) // softmax_c1
    return emitOpError("needs floating point");
  return checkAxis(*this, getAxis(), getOperand()); // softmax_c2
}
