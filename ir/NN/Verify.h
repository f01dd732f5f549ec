// Small checks that the verifiers of all families share.
#ifndef AOTC_IR_NN_VERIFY_H
#define AOTC_IR_NN_VERIFY_H

#include "ir/NN/Infer.h"

namespace aotc::nn {

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}
inline mlir::Type elementOf(mlir::Value value) { return typeOf(value).getElementType(); }
inline bool isBool(mlir::Type element) { return element.isSignlessInteger(1); }
inline bool isFloat(mlir::Type element) { return mlir::isa<mlir::FloatType>(element); }
inline bool isNumber(mlir::Type element) { return !isBool(element); }

// Fails unless `got` is `want`; `rule` names the broken rule.
inline mlir::LogicalResult expectType(mlir::Operation *op, mlir::RankedTensorType got,
                                      mlir::FailureOr<mlir::RankedTensorType> want) {
  if (mlir::failed(want))
    return mlir::failure();
  if (got != *want)
    return op->emitOpError("has result ") << got << ", expected " << *want;
  return mlir::success();
}

inline mlir::LogicalResult sameShape(mlir::Operation *op, mlir::Value a, mlir::Value b) {
  if (typeOf(a).getShape() != typeOf(b).getShape())
    return op->emitOpError("needs one shape, got ") << a.getType() << " and " << b.getType();
  return mlir::success();
}

inline mlir::LogicalResult sameElementType(mlir::Operation *op, mlir::Value a, mlir::Value b) {
  if (elementOf(a) != elementOf(b))
    return op->emitOpError("needs one element type, got ") << a.getType() << " and " << b.getType();
  return mlir::success();
}

// `natural`, or i32 in its place where it has 8-bit elements and the result asks for that.
inline mlir::FailureOr<mlir::RankedTensorType> widenedAs(mlir::RankedTensorType got,
                                                         mlir::FailureOr<mlir::RankedTensorType> natural) {
  if (mlir::succeeded(natural) && natural->getElementType().isInteger(8) && got.getElementType().isSignlessInteger(32))
    return natural->clone(got.getElementType());
  return natural;
}

// Result element type and zero points of a contraction (matmul C4 and C5, conv C5 and C6, conv_transpose
// C4): `natural` has the first operand's element type.
mlir::LogicalResult expectContraction(mlir::Operation *op, mlir::RankedTensorType got,
                                      mlir::FailureOr<mlir::RankedTensorType> natural, int64_t zeroA = 0,
                                      int64_t zeroB = 0);

} // namespace aotc::nn
#endif
