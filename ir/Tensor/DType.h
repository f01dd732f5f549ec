// Element types of tensors and their scalar conversions.
#ifndef AOTC_IR_TENSOR_DTYPE_H
#define AOTC_IR_TENSOR_DTYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aotc {

enum class DType : uint8_t { F64, F32, F16, BF16, I1, I8, I16, I32, I64, U8, U16, U32, U64 };

// Bytes of one element; bool takes one byte (0 or 1).
size_t byteSize(DType type);
// "f32", "bool", "u8"...: the names of the command line and of messages.
std::string_view name(DType type);
std::optional<DType> parseDType(std::string_view name);
bool isFloat(DType type);
bool isSigned(DType type); // signed integers
bool isInteger(DType type); // integers of either sign, not bool

// IEEE binary16 and bfloat16; rounding to nearest even.
float halfToFloat(uint16_t bits);
uint16_t floatToHalf(float value);
float bfloatToFloat(uint16_t bits);
uint16_t floatToBfloat(float value);

} // namespace aotc
#endif
