// Element types of ONNX that are narrower than the dialect's: they are stored one a byte and computed wider.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_OPS_NARROW_H
#define AOTC_COMPILER_FRONTEND_ONNX_OPS_NARROW_H

#include "compiler/frontend/common/ImportBuilder.h"

namespace aotc::onnx {

// How a type codes numbers. Integers are their value; floating point is sign, exponent and mantissa.
struct NarrowType {
  int32_t code;    // in TensorProto
  DType storage;   // U8 or I8
  int bits;
  bool isFloat;
  int mantissa, bias;      // of floating point
  int largest;             // code of the largest finite magnitude
  int infinity;            // code of infinity, or -1: there is none
  int nan;                 // code of NaN, or -1: there is none
  bool negativeZero;       // -0 has a code of its own
};

// nullptr: not a narrow type.
const NarrowType *narrowType(int32_t code);

// What codes of the type mean, as f32 (or i32 for integers).
mlir::Value decodeNarrow(ImportBuilder &b, mlir::Value codes, const NarrowType &type);

// How a cast to a narrow type treats what it cannot express.
struct NarrowRounding {
  bool saturate = true;    // past the largest value: that value instead of infinity or NaN
  std::string mode = "up"; // of an exponent without mantissa: up, down, nearest
};
// Codes of numbers of any of the dialect's types: floating point rounds to nearest even, integers wrap.
mlir::Value encodeNarrow(ImportBuilder &b, mlir::Value x, const NarrowType &type, const NarrowRounding &rounding = {});

} // namespace aotc::onnx
#endif
