// A tensor in host memory: what readers produce, the interpreter computes on
// and the tools load and store.
#ifndef AOTC_IR_TENSOR_TENSOR_H
#define AOTC_IR_TENSOR_TENSOR_H

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ir/Tensor/DType.h"

namespace aotc {

using Shape = std::vector<int64_t>;

// What integers stand for: real = (code - zero) * scale.
struct Scale {
  float scale = 1;
  int64_t zero = 0;
};

// Number of elements, or nullopt when a dim is negative or the product of
// dims (or of dims and `elementBytes`) exceeds 2^62.
std::optional<int64_t> elementCount(absl::Span<const int64_t> shape, size_t elementBytes = 1);
std::string toString(absl::Span<const int64_t> shape); // "[1,28,28]"

// Row-major and dense. Copies share the bytes; mutableData() copies them first
// when they are shared, so a Tensor behaves as a value.
class Tensor {
public:
  Tensor() : Tensor(DType::F32, Shape{0}) {}
  // Zero-filled. The size must have been checked with elementCount().
  Tensor(DType type, Shape shape);
  // Views `bytes`, which `owner` keeps alive (e.g. a mapped file). Size must match.
  Tensor(DType type, Shape shape, const char *bytes, std::shared_ptr<const void> owner);

  DType dtype() const { return type; }
  const Shape &shape() const { return dims; }
  int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  int64_t size() const { return count; }                       // elements
  size_t bytes() const { return count * byteSize(type); }
  const char *data() const { return begin; }
  char *mutableData();
  absl::Span<const char> raw() const { return {begin, bytes()}; }

  template <typename T> const T *as() const { return reinterpret_cast<const T *>(begin); }
  template <typename T> T *mutableAs() { return reinterpret_cast<T *>(mutableData()); }

  // Any element as a double or an int64 (u64 wraps); i = row-major index.
  double f(int64_t i) const;
  int64_t i(int64_t i) const;
  void setF(int64_t i, double value); // integers truncate, bool is value != 0
  void setI(int64_t i, int64_t value);

  // Same bytes, other shape of the same size.
  Tensor reshaped(Shape shape) const;
  // A copy of the first elements, in a shape of at most as many.
  Tensor leading(Shape shape) const;

  template <typename T> static Tensor of(DType type, Shape shape, absl::Span<const T> values) {
    Tensor t(type, std::move(shape));
    if (!values.empty()) // memcpy wants a non-null source
      std::memcpy(t.mutableData(), values.data(), t.bytes());
    return t;
  }

private:
  DType type;
  Shape dims;
  int64_t count;
  std::shared_ptr<const void> owner;
  const char *begin;
  bool writable; // `owner` is a buffer of our own
};

// "f32[1,28,28]"
std::string typeString(const Tensor &t);
std::string typeString(DType type, absl::Span<const int64_t> shape);

// NumPy's .npy format, versions 1 to 3, C order or Fortran order (transposed
// on load), little endian or big endian. bfloat16 is stored as '<V2' by
// ml_dtypes and read as bf16. Errors name the file.
absl::StatusOr<Tensor> loadNpy(const std::string &path);
absl::Status saveNpy(const std::string &path, const Tensor &tensor);
// The same from memory; `path` is for messages.
absl::StatusOr<Tensor> parseNpy(absl::string_view bytes, const std::string &path);

} // namespace aotc
#endif
