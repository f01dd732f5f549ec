// Scales and zero points.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_OPS_QUANT_H
#define AOTC_COMPILER_FRONTEND_ONNX_OPS_QUANT_H

#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {

// One number for all, or a vector with one for each position along `axis` of a tensor of this rank,
// in a shape that broadcasts.
Value alongAxis(NodeImport &n, Value numbers, int64_t rank, int64_t axis);

// Factors of a product of 8-bit numbers. Where zero points are numbers that are known they stay bytes.
struct ByteFactors {
  Value left, right;               // bytes, or i32 numbers less their zero points
  std::optional<ZeroPoints> zeros; // of bytes
  Value zeroLeft;                  // an i32 scalar that is computed; the zero point of `left` beyond `zeros`
};
// Zero points may be null: 0. Of the left operand one lies along `axisLeft`, -1: one number only; of the right likewise.
ByteFactors byteFactors(NodeImport &n, Value left, Value zeroLeft, int64_t axisLeft, Value right, Value zeroRight,
                        int64_t axisRight);
// What `zeroLeft` takes from each sum: itself times the sum of right factors over `axes`, which it keeps.
Value zeroPart(NodeImport &n, const ByteFactors &factors, Dims axes);

// i32 sums of products of numbers with two scales as numbers of the scale and zero point of a result,
// which has the zero point's type.
Value requantize(NodeImport &n, Value sums, Value scaleA, Value scaleB, Value resultScale, Value resultZero);

// Bytes as real numbers and back, by a scale and a zero point (null: 0), scalars or along `axis`.
Value toReal(NodeImport &n, Value codes, Value scale, Value zeroPoint, int64_t axis = -1);
Value toCodes(NodeImport &n, Value x, Value scale, Value zeroPoint, DType type, int64_t axis = -1);

} // namespace aotc::onnx
#endif
