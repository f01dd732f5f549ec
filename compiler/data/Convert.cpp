#include "compiler/data/Convert.h"

#include <algorithm>
#include <limits>

#include "compiler/data/File.h"

namespace aotc::data {
namespace {

struct Half {
  uint16_t bits;
};
struct Bfloat {
  uint16_t bits;
};
struct Bool {
  uint8_t bits;
};

double toDouble(Half value) { return halfToFloat(value.bits); }
double toDouble(Bfloat value) { return bfloatToFloat(value.bits); }
double toDouble(Bool value) { return value.bits != 0; }
template <typename T> double toDouble(T value) { return static_cast<double>(value); }

int64_t toInteger(Bool value) { return value.bits != 0; }
template <typename T> int64_t toInteger(T value) { return static_cast<int64_t>(value); }

void fromDouble(double value, Half &to) { to.bits = floatToHalf(static_cast<float>(value)); }
void fromDouble(double value, Bfloat &to) { to.bits = floatToBfloat(static_cast<float>(value)); }
template <typename T> void fromDouble(double value, T &to) { to = static_cast<T>(value); }

template <typename T> T load(const char *values, int64_t i) {
  T value;
  std::memcpy(&value, values + i * sizeof(T), sizeof(T));
  return value;
}
template <typename T> void store(char *values, int64_t i, T value) {
  std::memcpy(values + i * sizeof(T), &value, sizeof(T));
}

// Calls `with` with a value of the C++ type of `type`.
template <typename With> void forIntegers(DType type, With with) {
  switch (type) {
  case DType::I1:
    return with(Bool{});
  case DType::I8:
    return with(int8_t());
  case DType::I16:
    return with(int16_t());
  case DType::I32:
    return with(int32_t());
  case DType::I64:
    return with(int64_t());
  case DType::U8:
    return with(uint8_t());
  case DType::U16:
    return with(uint16_t());
  case DType::U32:
    return with(uint32_t());
  case DType::U64:
    return with(uint64_t());
  default:
    return;
  }
}
template <typename With> void forFloats(DType type, With with) {
  switch (type) {
  case DType::F64:
    return with(double());
  case DType::F32:
    return with(float());
  case DType::F16:
    return with(Half{});
  case DType::BF16:
    return with(Bfloat{});
  default:
    return;
  }
}

// The largest number of an integer type as an int64; through which all pass.
int64_t highest(DType type) {
  const int bits = static_cast<int>(8 * byteSize(type)) - isSigned(type);
  return type == DType::I1 ? 1 : bits >= 63 ? std::numeric_limits<int64_t>::max() : (int64_t{1} << bits) - 1;
}

constexpr int64_t kChunk = 1024; // stays in the first cache

absl::Status convertIntegers(DType from, const char *values, int64_t count, DType to, char *target) {
  const int64_t high = highest(to), low = isSigned(to) ? -high - 1 : 0;
  int64_t chunk[kChunk];
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t size = std::min(kChunk, count - begin);
    forIntegers(from, [&](auto type) {
      for (int64_t i = 0; i < size; ++i)
        chunk[i] = toInteger(load<decltype(type)>(values, begin + i));
    });
    for (int64_t i = 0; i < size; ++i) {
      // Of u64, which only itself can hold beyond int64.
      const bool wrapped = from == DType::U64 && chunk[i] < 0;
      if (!wrapped && chunk[i] >= low && chunk[i] <= high)
        continue;
      std::string value = wrapped ? absl::StrCat(static_cast<uint64_t>(chunk[i])) : absl::StrCat(chunk[i]);
      return invalid("has ", value, ", which ", std::string(name(to)), " does not hold");
    }
    forIntegers(to, [&](auto type) {
      for (int64_t i = 0; i < size; ++i)
        if constexpr (std::is_same_v<decltype(type), Bool>)
          store(target, begin + i, Bool{static_cast<uint8_t>(chunk[i])});
        else
          store(target, begin + i, static_cast<decltype(type)>(chunk[i]));
    });
  }
  return absl::OkStatus();
}

void convertToFloats(DType from, const char *values, int64_t count, DType to, char *target) {
  double chunk[kChunk];
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t size = std::min(kChunk, count - begin);
    auto read = [&](auto type) {
      for (int64_t i = 0; i < size; ++i)
        chunk[i] = toDouble(load<decltype(type)>(values, begin + i));
    };
    forIntegers(from, read);
    forFloats(from, read);
    forFloats(to, [&](auto type) {
      for (int64_t i = 0; i < size; ++i) {
        fromDouble(chunk[i], type);
        store(target, begin + i, type);
      }
    });
  }
}

} // namespace

bool converts(DType from, DType to) { return from == to || isFloat(to) || !isFloat(from); }

absl::Status convert(DType from, const char *values, int64_t count, DType to, char *target) {
  if (from == to) {
    if (count > 0)
      std::memcpy(target, values, count * byteSize(to));
    return absl::OkStatus();
  }
  if (!isFloat(to))
    return convertIntegers(from, values, count, to, target);
  convertToFloats(from, values, count, to, target);
  return absl::OkStatus();
}

} // namespace aotc::data
