// What the op families of the evaluator share; internal to ir/Interp.
#ifndef AOTC_IR_INTERP_KERNELS_H
#define AOTC_IR_INTERP_KERNELS_H

#include <limits>
#include <type_traits>

#include "absl/status/statusor.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::interp {

struct Arguments {
  absl::Span<const Tensor> operands;
  uint64_t callSeed;
  const Tensor &operator[](size_t i) const { return operands[i]; }
};

using Results = std::vector<Tensor>;

// How one operation is evaluated. Data pointers of operands are aligned.
struct Kernel {
  llvm::StringRef name;
  absl::StatusOr<Results> (*run)(mlir::Operation *, const Arguments &);
  // f16 and bf16 operands come in as f32, and f32 results are rounded back:
  // kernels that compute see f32 and f64 only. Kernels that move bytes take them as they are.
  bool widensFloats;
};

enum : bool { kMovesBytes = false, kComputes = true };

// A table row for `absl::StatusOr<Tensor> fn(Op, const Arguments &)`.
template <typename Op, absl::StatusOr<Tensor> (*fn)(Op, const Arguments &)> Kernel kernel(bool widensFloats) {
  return {Op::getOperationName(),
          [](mlir::Operation *op, const Arguments &in) -> absl::StatusOr<Results> {
            absl::StatusOr<Tensor> result = fn(mlir::cast<Op>(op), in);
            if (!result.ok())
              return result.status();
            return Results{*std::move(result)};
          },
          widensFloats};
}

// One table a family.
std::vector<Kernel> mathKernels();
std::vector<Kernel> shapeKernels();
std::vector<Kernel> convKernels();
std::vector<Kernel> reduceKernels();
std::vector<Kernel> quantKernels();
std::vector<Kernel> randomKernels();
std::vector<Kernel> controlKernels();

inline DType widened(DType type) { return type == DType::F16 || type == DType::BF16 ? DType::F32 : type; }
Tensor widen(const Tensor &tensor);              // f16, bf16 to f32
Tensor narrow(const Tensor &tensor, DType type); // f32 to f16, bf16

// Integers minus a zero point, as i32 (wraps).
Tensor centred(const Tensor &codes, int64_t zero);

// Bytes that a result in i32 sums up, as i32; else the operand.
inline Tensor widenedAs(const Tensor &operand, const Tensor &result) {
  return byteSize(operand.dtype()) == 1 && result.dtype() == DType::I32 ? centred(operand, 0) : operand;
}

inline Shape shapeOf(mlir::Value value) {
  llvm::ArrayRef<int64_t> shape = nn::shapeOf(value);
  return Shape(shape.begin(), shape.end());
}

// Zero-filled, of the type that a computing kernel has to produce.
inline Tensor makeResult(mlir::Value value) { return Tensor(widened(nn::dtypeOf(value)), shapeOf(value)); }

// Calls f(T()) with the type that holds an element; i1 is held by uint8_t.
template <typename F> auto visit(DType type, F f) {
  switch (type) {
  case DType::F64:
    return f(double());
  case DType::F16: // computing kernels never see f16 and bf16
  case DType::BF16:
  case DType::F32:
    return f(float());
  case DType::I8:
    return f(int8_t());
  case DType::I16:
    return f(int16_t());
  case DType::I32:
    return f(int32_t());
  case DType::I64:
    return f(int64_t());
  case DType::I1:
  case DType::U8:
    return f(uint8_t());
  case DType::U16:
    return f(uint16_t());
  case DType::U32:
    return f(uint32_t());
  case DType::U64:
    return f(uint64_t());
  }
  llvm_unreachable("element type");
}

// Calls f(T()) with an unsigned integer as wide as the element.
template <typename F> auto visitBytes(DType type, F f) {
  switch (byteSize(type)) {
  case 1:
    return f(uint8_t());
  case 2:
    return f(uint16_t());
  case 4:
    return f(uint32_t());
  default:
    return f(uint64_t());
  }
}

// What sums and products of T are taken in: double, or unsigned integers
// whose wrapping makes the low bits right for every narrower type.
template <typename T> using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

template <typename T> T maximum(T a, T b) {
  if (a != a || b != b) // NaN
    return a + b;
  return a < b ? b : a;
}
template <typename T> T minimum(T a, T b) {
  if (a != a || b != b)
    return a + b;
  return b < a ? b : a;
}

// Elements between neighbours along each dimension. The products of an empty
// shape may exceed 64 bits; they wrap and are never used.
Shape rowMajorStrides(absl::Span<const int64_t> shape);
int64_t product(absl::Span<const int64_t> extents);

// offsets[d][i] is what index i of dimension d adds to an offset.
using OffsetTables = std::vector<std::vector<int64_t>>;
// Of i * strides[d]. Only for shapes that are not empty.
OffsetTables strideTables(absl::Span<const int64_t> shape, absl::Span<const int64_t> strides);

// Calls f(i, offset) for every element i of `shape` in row-major order.
template <typename F> void walk(absl::Span<const int64_t> shape, const OffsetTables &tables, F f) {
  int64_t count = *elementCount(shape);
  if (count == 0)
    return;
  if (shape.empty())
    return f(int64_t{0}, int64_t{0});
  Shape index(shape.size(), 0);
  int64_t inner = shape.back();
  const std::vector<int64_t> &innerTable = tables.back();
  for (int64_t i = 0; i < count; i += inner) {
    int64_t base = 0;
    for (size_t d = 0; d + 1 < shape.size(); ++d)
      base += tables[d][index[d]];
    for (int64_t j = 0; j < inner; ++j)
      f(i + j, base + innerTable[j]);
    for (size_t d = shape.size() - 1; d-- > 0;) {
      if (++index[d] < shape[d])
        break;
      index[d] = 0;
    }
  }
}

} // namespace aotc::interp
#endif
