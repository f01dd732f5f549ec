#include "compiler/frontend/common/NodeOperands.h"

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

} // namespace aotc
