// Verifiers of the families Conv and Pool.
#include "ir/NN/NN.h"
#include "ir/NN/Quant.h"
#include "ir/NN/Verify.h"

using namespace mlir;
using namespace aotc::nn;

LogicalResult aotc::nn::expectContraction(Operation *op, RankedTensorType got, FailureOr<RankedTensorType> natural,
                                          int64_t zeroA, int64_t zeroB) {
  if (failed(natural))
    return failure();
  Type a = elementOf(op->getOperand(0)), b = elementOf(op->getOperand(1));
  if (!isNumber(a))
    return op->emitOpError("needs numbers, got ") << a;
  bool sums = isByte(a) && got.getElementType().isSignlessInteger(32);
  if (a != b && !sums) // matmul_c4
    return op->emitOpError("needs operands of one element type, got ") << a << " and " << b;
  if ((zeroA != 0 || zeroB != 0) && (!sums || !boundsOf(a).holds(zeroA) || !boundsOf(b).holds(zeroB))) // matmul_c5, conv_c6
    return op->emitOpError("has zero points that do not fit operands ") << a << " and " << b << " of a result " << got;
  return expectType(op, got, widenedAs(got, natural));
}

LogicalResult MatMulOp::verify() {
  return expectContraction(*this, typeOf(getResult()),
                           inferMatMul(typeOf(getLhs()), typeOf(getRhs()), getTransposeLhs(), getTransposeRhs(),
                                       [&] { return emitOpError(); }),
                           getLhsZero(), getRhsZero());
}

LogicalResult ConvOp::verify() { // conv_c4
  return expectContraction(*this, typeOf(getResult()),
                           inferConv(typeOf(getInput()), typeOf(getFilter()), getStrides(), getDilations(),
                                     getPadLow(), getPadHigh(), getGroups(), [&] { return emitOpError(); }),
                           getInputZero(), getFilterZero());
}

LogicalResult ConvTransposeOp::verify() {
  auto result = typeOf(getResult());
  if (failed(checkConvTranspose(typeOf(getInput()), typeOf(getFilter()), result, getStrides(), getDilations(),
                                getPadLow(), getGroups(), [&] { return emitOpError(); })))
    return failure();
  return expectContraction(*this, result, TypeOr(result.clone(elementOf(getInput()))));
}

LogicalResult UnpackPanelsOp::verify() {
  auto in = typeOf(getOperand()), out = typeOf(getResult());
  if (in.getRank() != 4 || out.getRank() < 2 || in.getElementType() != out.getElementType()) // unpack_panels_c1
    return emitOpError("needs an operand of rank 4 and a result of rank >= 2 of one element type, got ")
           << in << " and " << out;
  int64_t groups = in.getDimSize(0), width = in.getDimSize(3), last = out.getShape().back();
  if (groups < 1 || width < 1 || last < 1 || last % groups != 0 || out.getNumElements() == 0)
    return emitOpError("has panels ") << in << " that do not hold " << out;
  int64_t columns = getTransposed() ? out.getDimSize(out.getRank() - 2) : last / groups;
  if (in.getDimSize(2) * columns * groups != out.getNumElements() ||
      in.getDimSize(1) != static_cast<int64_t>(llvm::divideCeil(columns, width))) // unpack_panels_c2
    return emitOpError("has panels ") << in << " that do not hold " << out;
  return success();
}

LogicalResult UnpackWinogradOp::verify() {
  auto in = typeOf(getOperand()), out = typeOf(getResult());
  ArrayRef<int64_t> packed = in.getShape(), shape = out.getShape();
  bool real = in.getRank() == 4 && in.getElementType().isF32() && (packed[1] == 16 || packed[1] == 36);
  bool words = in.getRank() == 5 && in.getElementType().isSignlessInteger(16) && packed[1] == 16 && packed[4] == 2;
  if (!real && !words) // unpack_winograd_c1
    return emitOpError("needs f32 panels of 16 or 36 positions, or i16 ones of pairs and 16 positions, got ") << in;
  if (out.getRank() != 4 || !(real ? out.getElementType().isF32() : out.getElementType().isSignlessInteger(8)) || shape[0] != 3 ||
      shape[1] != 3 || static_cast<int64_t>(llvm::divideCeil(shape[2], words ? 2 : 1)) != packed[2] || packed[3] < 1 || shape[3] < 1 ||
      packed[0] != static_cast<int64_t>(llvm::divideCeil(shape[3], packed[3]))) // unpack_winograd_c2
    return emitOpError("has panels ") << in << " that do not hold " << out;
  return success();
}

LogicalResult PoolOp::verify() { // pool_c3
  if (!isNumber(elementOf(getInput())))
    return emitOpError("needs numbers");
  auto natural = inferPool(typeOf(getInput()), getWindow(), getStrides(), getDilations(), getPadLow(), getPadHigh(),
                           [&] { return emitOpError(); });
  return expectType(*this, typeOf(getResult()), getFn() == PoolFn::Sum ? widenedAs(typeOf(getResult()), natural) : natural);
}

LogicalResult ResizeOp::verify() {
  auto in = typeOf(getInput()), out = typeOf(getResult());
  int64_t rank = in.getRank();
  if (rank < 3 || rank > 5 || out.getRank() != rank || in.getDimSize(0) != out.getDimSize(0) ||
      in.getShape().back() != out.getShape().back() || in.getElementType() != out.getElementType()) // resize_c1
    return emitOpError("needs rank 3 to 5 and keeps the outer and the channel extents, got ") << in << " and " << out;
  if (static_cast<int64_t>(getScales().size()) != rank - 2 ||
      llvm::any_of(getScales(), [](float s) { return !(s >= 0.0f); })) // resize_c2
    return emitOpError("needs one scale >= 0 a spatial dimension");
  for (int64_t i = 1; i < rank - 1; ++i)
    if (in.getDimSize(i) < 1 && out.getDimSize(i) > 0)
      return emitOpError("resamples an empty extent");
  if (getMode() == ResizeMode::Linear && !isFloat(in.getElementType())) // resize_c3
    return emitOpError("interpolates floating point only");
  return success();
}
