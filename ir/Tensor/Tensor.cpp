#include "ir/Tensor/Tensor.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <new>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace aotc {
namespace {

// Readers of arbitrary files rely on the alignment of the widest SIMD load.
constexpr std::align_val_t kAlignment{64};

std::shared_ptr<char> allocate(size_t bytes) {
  auto *buffer = static_cast<char *>(::operator new(bytes ? bytes : 1, kAlignment));
  return {buffer, [](char *p) { ::operator delete(p, kAlignment); }};
}

template <typename T> T load(const char *begin, int64_t i) {
  T value; // views of files need not be aligned
  std::memcpy(&value, begin + i * sizeof(T), sizeof(T));
  return value;
}

template <typename T> void store(char *begin, int64_t i, T value) {
  std::memcpy(begin + i * sizeof(T), &value, sizeof(T));
}

// Saturates where the conversion of C++ is undefined; NaN gives 0.
int64_t toInt64(double value) {
  if (std::isnan(value))
    return 0;
  if (value >= 0x1p63)
    return std::numeric_limits<int64_t>::max();
  if (value < -0x1p63)
    return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

} // namespace

std::optional<int64_t> elementCount(absl::Span<const int64_t> shape, size_t elementBytes) {
  constexpr int64_t kLimit = int64_t{1} << 62;
  for (int64_t dim : shape)
    if (dim < 0)
      return std::nullopt;
  for (int64_t dim : shape)
    if (dim == 0)
      return 0;
  auto total = static_cast<int64_t>(elementBytes);
  for (int64_t dim : shape)
    if (__builtin_mul_overflow(total, dim, &total) || total > kLimit)
      return std::nullopt;
  return elementBytes ? total / static_cast<int64_t>(elementBytes) : 0;
}

std::string toString(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

Tensor::Tensor(DType type, Shape shape)
    : type(type), dims(std::move(shape)), count(0), begin(nullptr), writable(true) {
  std::optional<int64_t> checked = elementCount(dims, byteSize(type));
  assert(checked && "unchecked tensor size");
  count = *checked;
  std::shared_ptr<char> buffer = allocate(bytes());
  std::memset(buffer.get(), 0, bytes());
  begin = buffer.get();
  owner = std::move(buffer);
}

Tensor::Tensor(DType type, Shape shape, const char *bytes, std::shared_ptr<const void> owner)
    : type(type), dims(std::move(shape)), count(0), owner(std::move(owner)), begin(bytes), writable(false) {
  std::optional<int64_t> checked = elementCount(dims, byteSize(type));
  assert(checked && "unchecked tensor size");
  count = *checked;
}

char *Tensor::mutableData() {
  if (!writable || owner.use_count() != 1) {
    std::shared_ptr<char> copy = allocate(bytes());
    if (count)
      std::memcpy(copy.get(), begin, bytes());
    begin = copy.get();
    owner = std::move(copy);
    writable = true;
  }
  return const_cast<char *>(begin);
}

double Tensor::f(int64_t i) const {
  switch (type) {
  case DType::F64:
    return load<double>(begin, i);
  case DType::F32:
    return load<float>(begin, i);
  case DType::F16:
    return halfToFloat(load<uint16_t>(begin, i));
  case DType::BF16:
    return bfloatToFloat(load<uint16_t>(begin, i));
  case DType::U64:
    return static_cast<double>(load<uint64_t>(begin, i));
  default:
    return static_cast<double>(this->i(i));
  }
}

int64_t Tensor::i(int64_t i) const {
  switch (type) {
  case DType::I1:
    return load<uint8_t>(begin, i) != 0;
  case DType::I8:
    return load<int8_t>(begin, i);
  case DType::I16:
    return load<int16_t>(begin, i);
  case DType::I32:
    return load<int32_t>(begin, i);
  case DType::U8:
    return load<uint8_t>(begin, i);
  case DType::U16:
    return load<uint16_t>(begin, i);
  case DType::U32:
    return load<uint32_t>(begin, i);
  case DType::I64:
  case DType::U64:
    return load<int64_t>(begin, i);
  default:
    return toInt64(f(i));
  }
}

void Tensor::setF(int64_t i, double value) {
  switch (type) {
  case DType::F64:
    return store(mutableData(), i, value);
  case DType::F32:
    return store(mutableData(), i, static_cast<float>(value));
  case DType::F16:
    return store(mutableData(), i, floatToHalf(static_cast<float>(value)));
  case DType::BF16:
    return store(mutableData(), i, floatToBfloat(static_cast<float>(value)));
  case DType::I1:
    return setI(i, value != 0);
  case DType::U64:
    // The upper half of the range does not pass through int64.
    return store(mutableData(), i,
                 value >= 0x1p64   ? std::numeric_limits<uint64_t>::max()
                 : value >= 0x1p63 ? static_cast<uint64_t>(value)
                                   : static_cast<uint64_t>(toInt64(value)));
  default:
    return setI(i, toInt64(value));
  }
}

void Tensor::setI(int64_t i, int64_t value) {
  switch (byteSize(type)) {
  case 1:
    return store(mutableData(), i, static_cast<uint8_t>(type == DType::I1 ? value != 0 : value));
  case 2:
    if (isFloat(type))
      return setF(i, static_cast<double>(value));
    return store(mutableData(), i, static_cast<uint16_t>(value));
  case 4:
    if (isFloat(type))
      return store(mutableData(), i, static_cast<float>(value));
    return store(mutableData(), i, static_cast<uint32_t>(value));
  default:
    if (isFloat(type))
      return setF(i, static_cast<double>(value));
    return store(mutableData(), i, value);
  }
}

Tensor Tensor::leading(Shape shape) const {
  Tensor result(type, std::move(shape));
  assert(result.bytes() <= bytes());
  if (result.bytes() > 0)
    std::memcpy(result.mutableData(), begin, result.bytes());
  return result;
}

Tensor Tensor::reshaped(Shape shape) const {
  Tensor result = *this;
  assert(elementCount(shape) == count && "reshape changes the number of elements");
  result.dims = std::move(shape);
  return result;
}

std::string typeString(const Tensor &t) { return typeString(t.dtype(), t.shape()); }

std::string typeString(DType type, absl::Span<const int64_t> shape) {
  std::string_view typeName = name(type);
  return absl::StrCat(absl::string_view(typeName.data(), typeName.size()), toString(shape));
}

} // namespace aotc
