#include "compiler/frontend/onnx/ops/Narrow.h"

#include <cmath>

namespace aotc::onnx {

using mlir::Value;
using nn::BinaryFn;
using nn::CompareFn;

// Codes as in onnx.proto. FLOAT8E8M0 is an exponent alone.
static constexpr NarrowType kTypes[] = {
    {17, DType::U8, 8, true, 3, 7, 0x7e, -1, 0x7f, true},    // FLOAT8E4M3FN
    {18, DType::U8, 8, true, 3, 8, 0x7f, -1, 0x80, false},   // FLOAT8E4M3FNUZ
    {19, DType::U8, 8, true, 2, 15, 0x7b, 0x7c, 0x7e, true}, // FLOAT8E5M2
    {20, DType::U8, 8, true, 2, 16, 0x7f, -1, 0x80, false},  // FLOAT8E5M2FNUZ
    {21, DType::U8, 4, false, 0, 0, 0, 0, 0, false},         // UINT4
    {22, DType::I8, 4, false, 0, 0, 0, 0, 0, false},         // INT4
    {23, DType::U8, 4, true, 1, 1, 0x7, -1, -1, true},       // FLOAT4E2M1
    {24, DType::U8, 8, true, 0, 127, 0xfe, -1, 0xff, false}, // FLOAT8E8M0
    {25, DType::U8, 2, false, 0, 0, 0, 0, 0, false},         // UINT2
    {26, DType::I8, 2, false, 0, 0, 0, 0, 0, false},         // INT2
};

const NarrowType *narrowType(int32_t code) {
  for (const NarrowType &type : kTypes)
    if (type.code == code)
      return &type;
  return nullptr;
}

static bool isExponentOnly(const NarrowType &type) { return type.isFloat && type.mantissa == 0; }

static float valueOf(int code, const NarrowType &type) {
  if (code == type.nan)
    return std::nanf("");
  if (isExponentOnly(type))
    return std::ldexp(1.0f, code - type.bias);
  int sign = 1 << (type.bits - 1), magnitude = code & (sign - 1);
  float negative = code & sign ? -1.0f : 1.0f;
  if (magnitude == type.infinity)
    return negative * std::numeric_limits<float>::infinity();
  if (type.negativeZero && magnitude > type.largest) // codes past infinity, or the one past the largest number
    return std::nanf("");
  int exponent = magnitude >> type.mantissa, fraction = magnitude & ((1 << type.mantissa) - 1);
  int scale = std::max(exponent, 1) - type.bias - type.mantissa;
  return negative * std::ldexp(static_cast<float>(fraction + (exponent > 0 ? 1 << type.mantissa : 0)), scale);
}

Value decodeNarrow(ImportBuilder &b, Value codes, const NarrowType &type) {
  if (!type.isFloat)
    return b.cast(codes, DType::I32);
  Tensor table(DType::F32, Shape{256});
  for (int code = 0; code < 256; ++code) // bits above a narrower code are ignored
    table.setF(code, valueOf(code & ((1 << type.bits) - 1), type));
  return b.gather(b.constant(table), b.cast(codes, DType::I32), 0);
}

static Value wrapInteger(ImportBuilder &b, Value x, const NarrowType &type) {
  Value wide = b.cast(x, DType::I32);
  // Shifts drop the upper bits; the one back repeats the sign or does not.
  bool isSigned = type.storage == DType::I8;
  Value shifted = b.binary(BinaryFn::ShiftLeft, b.bitcast(wide, isSigned ? DType::I32 : DType::U32), 32 - type.bits);
  return b.cast(b.binary(BinaryFn::ShiftRight, shifted, 32 - type.bits), type.storage);
}

static Value encodeExponent(ImportBuilder &b, Value x, const NarrowType &type, const NarrowRounding &rounding) {
  Value bits = b.bitcast(b.unary(nn::UnaryFn::Abs, x), DType::I32);
  Value exponent = b.binary(BinaryFn::ShiftRight, bits, 23);
  Value fraction = b.binary(BinaryFn::And, bits, 0x7fffff);
  if (rounding.mode != "down") {
    Value up = rounding.mode == "up" ? b.compare(CompareFn::Gt, fraction, 0)
                                     // Halfway goes to the even exponent.
                                     : b.compare(CompareFn::Gt, b.add(fraction, b.binary(BinaryFn::And, exponent, 1)),
                                                 0x400000);
    exponent = b.add(exponent, b.cast(up, DType::I32));
  }
  Value limited = b.binary(BinaryFn::Min, exponent, rounding.saturate ? type.largest : type.nan);
  Value isNan = b.unary(nn::UnaryFn::IsNan, x);
  return b.cast(b.select(isNan, b.scalar(DType::I32, type.nan), limited), type.storage);
}

Value encodeNarrow(ImportBuilder &b, Value x, const NarrowType &type, const NarrowRounding &rounding) {
  if (!type.isFloat)
    return wrapInteger(b, x, type);
  x = b.cast(x, DType::F32);
  if (isExponentOnly(type))
    return encodeExponent(b, x, type, rounding);
  auto plus = [&](Value v, double c) { return b.binary(BinaryFn::Add, v, c); };
  Value magnitude = b.unary(nn::UnaryFn::Abs, x), bits = b.bitcast(magnitude, DType::I32);
  // Normal numbers: rounding to nearest even of the bits may carry into the exponent, as it should.
  int dropped = 23 - type.mantissa;
  Value odd = b.binary(BinaryFn::And, b.binary(BinaryFn::ShiftRight, bits, dropped), 1);
  Value rounded = b.binary(BinaryFn::ShiftRight, b.add(plus(bits, (1 << (dropped - 1)) - 1), odd), dropped);
  Value normal = plus(rounded, -static_cast<double>((127 - type.bias) << type.mantissa));
  // Subnormal ones are multiples of the smallest.
  int smallest = 1 - type.bias - type.mantissa;
  Value scaled = b.binary(BinaryFn::Mul, magnitude, std::ldexp(1.0, -smallest));
  Value subnormal = b.cast(b.unary(nn::UnaryFn::RoundEven, scaled), DType::I32);
  Value code = b.select(b.compare(CompareFn::Lt, magnitude, std::ldexp(1.0, 1 - type.bias)), subnormal, normal);
  int past = rounding.saturate || type.nan < 0 ? type.largest : type.infinity >= 0 ? type.infinity : type.nan;
  code = b.select(b.compare(CompareFn::Gt, code, type.largest), b.scalar(DType::I32, past), code);
  Value sign = b.binary(BinaryFn::And, b.binary(BinaryFn::ShiftRight, b.bitcast(x, DType::I32), 32 - type.bits),
                        1 << (type.bits - 1));
  if (type.negativeZero) {
    code = b.binary(BinaryFn::Or, code, sign);
  } else { // the code of -0 is NaN's
    Value isZero = b.compare(CompareFn::Eq, code, 0);
    code = b.binary(BinaryFn::Or, code, b.select(isZero, b.scalar(DType::I32, 0), sign));
  }
  // A type without NaN gives its -0, as ml_dtypes does.
  Value nan = b.scalar(DType::I32, type.nan >= 0 ? type.nan : 1 << (type.bits - 1));
  if (type.negativeZero)
    nan = b.binary(BinaryFn::Or, nan, sign);
  return b.cast(b.select(b.unary(nn::UnaryFn::IsNan, x), nan, code), type.storage);
}

} // namespace aotc::onnx
