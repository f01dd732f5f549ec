#include "ir/Tensor/DType.h"

#include <cstring>
#include <iterator>

namespace aotc {
namespace {

struct Info {
  DType type;
  std::string_view name;
  uint8_t bytes;
};

// In the order of the enumeration.
constexpr Info kInfos[] = {
    {DType::F64, "f64", 8}, {DType::F32, "f32", 4}, {DType::F16, "f16", 2}, {DType::BF16, "bf16", 2},
    {DType::I1, "bool", 1}, {DType::I8, "i8", 1},   {DType::I16, "i16", 2}, {DType::I32, "i32", 4},
    {DType::I64, "i64", 8}, {DType::U8, "u8", 1},   {DType::U16, "u16", 2}, {DType::U32, "u32", 4},
    {DType::U64, "u64", 8},
};

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

} // namespace

size_t byteSize(DType type) { return kInfos[static_cast<size_t>(type)].bytes; }

std::string_view name(DType type) { return kInfos[static_cast<size_t>(type)].name; }

std::optional<DType> parseDType(std::string_view name) {
  for (const Info &info : kInfos)
    if (info.name == name)
      return info.type;
  return std::nullopt;
}

bool isFloat(DType type) {
  return type == DType::F64 || type == DType::F32 || type == DType::F16 || type == DType::BF16;
}

bool isSigned(DType type) {
  return type == DType::I8 || type == DType::I16 || type == DType::I32 || type == DType::I64;
}

bool isInteger(DType type) { return !isFloat(type) && type != DType::I1; }

float halfToFloat(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 0x1f;
  uint32_t fraction = bits & 0x3ff;
  if (exponent == 0) { // zero or subnormal: fraction * 2^-24 is exact in f32
    float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return fromBits(bitsOf(magnitude) | sign);
  }
  if (exponent == 0x1f)
    return fromBits(sign | 0x7f800000 | fraction << 13);
  return fromBits(sign | (exponent + 112) << 23 | fraction << 13);
}

uint16_t floatToHalf(float value) {
  uint32_t bits = bitsOf(value);
  auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) // NaN: keep the upper payload, make it quiet
    return sign | 0x7e00 | static_cast<uint16_t>((bits >> 13) & 0x3ff);
  if (bits >= 0x477ff000) // from 65520 on rounds to infinity
    return sign | 0x7c00;
  if (bits < 0x38800000) {
    // Below 2^-14 the result is subnormal: adding 0.5 puts its last bit
    // (2^-24) at the last bit of the f32 sum, which rounds to nearest even.
    float shifted = fromBits(bits) + 0.5f;
    return sign | static_cast<uint16_t>(bitsOf(shifted) - bitsOf(0.5f));
  }
  uint32_t rounded = bits + 0xfff + ((bits >> 13) & 1);
  return sign | static_cast<uint16_t>((rounded >> 13) - (112u << 10));
}

float bfloatToFloat(uint16_t bits) { return fromBits(static_cast<uint32_t>(bits) << 16); }

uint16_t floatToBfloat(float value) {
  uint32_t bits = bitsOf(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

} // namespace aotc
