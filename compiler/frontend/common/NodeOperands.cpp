#include "compiler/frontend/common/NodeOperands.h"

#include <cmath>

namespace aotc {

Tensor NodeOperands::constant(size_t i) {
  if (auto known = b.constantOf(in(i)))
    return *known;
  error("operand " + llvm::Twine(i) + " is too large to be evaluated at compile time");
  return Tensor(dtype(i), {0});
}

DimVector NodeOperands::constantInts(size_t i) {
  Tensor tensor = constant(i);
  DimVector values;
  if (tensor.size() > (int64_t(1) << 20)) { // shapes, axes and the like are short
    error("operand " + llvm::Twine(i) + " has too many elements");
    return values;
  }
  for (int64_t k = 0; k < tensor.size(); ++k)
    values.push_back(tensor.i(k));
  return values;
}

std::optional<int64_t> NodeOperands::constantInt(size_t i) {
  DimVector values = constantInts(i);
  if (values.size() == 1)
    return values.front();
  error("operand " + llvm::Twine(i) + " must have one element, not " + llvm::Twine(values.size()));
  return std::nullopt;
}

std::optional<int64_t> NodeOperands::constantAxis(size_t i, int64_t rank) {
  auto axis = constantInt(i);
  return axis ? b.normalizeAxis(*axis, rank) : std::nullopt;
}

std::optional<DimVector> NodeOperands::distinctAxes(Dims given, int64_t rank) {
  DimVector axes;
  for (int64_t one : given) {
    auto axis = b.normalizeAxis(one, rank);
    if (!axis)
      return std::nullopt;
    axes.push_back(*axis);
  }
  llvm::sort(axes);
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) {
    error("an axis is named twice");
    return std::nullopt;
  }
  return axes;
}

Value NodeOperands::range(bool mayBeEmpty) {
  for (size_t i = 0; i < 2; ++i)
    if (in(i) && !b.constantOf(in(i)))
      return runTimeRange();
  Tensor start = constant(0), limit = constant(1), delta = constant(2);
  if (start.size() != 1 || limit.size() != 1 || delta.size() != 1)
    return error("start, limit and delta must be scalars");
  DType type = dtype(0);
  double count = std::ceil((limit.f(0) - start.f(0)) / delta.f(0));
  if (!isFloat(type) && delta.i(0) != 0) { // exact where doubles are not
    __int128 span = static_cast<__int128>(limit.i(0)) - start.i(0), step = delta.i(0);
    count = static_cast<double>((span + step - (step > 0 ? 1 : -1)) / step);
  }
  if (delta.f(0) == 0 || !std::isfinite(count))
    return error("delta is 0, or a bound is not finite");
  if (mayBeEmpty)
    count = std::max(count, 0.0);
  if (count < 0)
    return error(delta.f(0) > 0 ? "start is above limit" : "start is below limit");
  if (count > 1e12)
    return error("absurd number of elements");
  int64_t size = static_cast<int64_t>(count);
  Value steps = b.mul(b.iota(type, {size}, 0), b.reshape(in(2), {}));
  return b.add(steps, b.reshape(in(0), {}));
}

Value NodeOperands::runTimeRange() {
  Tensor delta = constant(2);
  if (isFloat(dtype(0)) || delta.size() != 1 || delta.i(0) == 0)
    return error(isFloat(dtype(0)) ? "start and limit must be known at compile time, unless they are integers" : "delta must be one number other than 0");
  for (size_t i = 0; i < 2; ++i)
    if (ImportBuilder::elements(in(i)) != 1)
      return error("start, limit and delta must be scalars");
  const int64_t step = delta.i(0);
  Value start = b.cast(b.reshape(in(0), {}), DType::I64), limit = b.cast(b.reshape(in(1), {}), DType::I64);
  Value span = step > 0 ? b.sub(limit, start) : b.sub(start, limit);
  const auto magnitude = static_cast<double>(std::abs(step));
  // Rounded up; what is negative after rounding is no element.
  Value count = b.binary(nn::BinaryFn::Div, b.binary(nn::BinaryFn::Add, b.binary(nn::BinaryFn::Max, span, 0.0), magnitude - 1), magnitude);
  auto limited = b.bounded(count, "the number of elements");
  if (!limited)
    return {};
  Value row = b.binary(nn::BinaryFn::Mul, b.iota(DType::I64, {limited->second}, 0), static_cast<double>(step));
  Value result = b.cast(b.add(row, start), dtype(0));
  b.extents.set(result, {limited->first});
  return result;
}

} // namespace aotc
