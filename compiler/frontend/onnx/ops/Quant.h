// Scales and zero points.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_OPS_QUANT_H
#define AOTC_COMPILER_FRONTEND_ONNX_OPS_QUANT_H

#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {

// One number for all, or a vector with one for each position along `axis` of a tensor of this rank,
// in a shape that broadcasts.
Value alongAxis(NodeImport &n, Value numbers, int64_t rank, int64_t axis);

// 8-bit operand minus its zero point (null: zero), as i32; `axis` as above, -1: one number only.
Value centred(NodeImport &n, Value x, Value zeroPoint, int64_t axis);

// i32 sums of products of numbers with two scales as numbers of the scale and zero point of a result,
// which has the zero point's type.
Value requantize(NodeImport &n, Value sums, Value scaleA, Value scaleB, Value resultScale, Value resultZero);

} // namespace aotc::onnx
#endif
