#include "passes/fuse/NarrowConstants.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/IR/Builders.h"

#include <cstring>
#include <optional>

using namespace mlir;

namespace aotc::passes {

// The tensor at position 0 along `axis` when all other positions are equal to it.
static std::optional<Tensor> sliceIfRepeated(const Tensor &tensor, size_t axis) {
  const Shape &shape = tensor.shape();
  int64_t outer = 1, extent = shape[axis];
  size_t inner = byteSize(tensor.dtype()); // bytes
  for (size_t d = 0; d < axis; ++d)
    outer *= shape[d];
  for (size_t d = axis + 1; d < shape.size(); ++d)
    inner *= shape[d];
  const char *block = tensor.data();
  // Shifted by one position, each block must equal itself.
  for (int64_t o = 0; o < outer; ++o, block += extent * inner)
    if (std::memcmp(block, block + inner, (extent - 1) * inner) != 0)
      return std::nullopt;
  Shape narrow = shape;
  narrow[axis] = 1;
  Tensor result(tensor.dtype(), std::move(narrow));
  char *out = result.mutableData();
  for (int64_t o = 0; o < outer; ++o)
    std::memcpy(out + o * inner, tensor.data() + o * extent * inner, inner);
  return result;
}

void narrowConstants(Block &block) {
  for (auto constant : llvm::make_early_inc_range(block.getOps<nn::ConstantOp>())) {
    if (nn::splatValue(constant) || llvm::none_of(constant->getUsers(), nn::isElementwise))
      continue;
    Tensor tensor = nn::fromAttr(constant.getValue());
    if (tensor.size() == 0)
      continue;
    bool narrower = false;
    for (size_t axis = 0; axis < tensor.shape().size(); ++axis)
      if (tensor.shape()[axis] > 1)
        if (auto slice = sliceIfRepeated(tensor, axis)) {
          tensor = *std::move(slice);
          narrower = true;
        }
    if (!narrower)
      continue;
    OpBuilder builder(constant->getContext());
    builder.setInsertionPointAfter(constant);
    Value narrow = nn::makeConstant(builder, constant.getLoc(), tensor);
    Value wide = builder.create<nn::BroadcastOp>(constant.getLoc(), constant.getType(), narrow);
    constant.getResult().replaceUsesWithIf(wide, [](OpOperand &use) { return nn::isElementwise(use.getOwner()); });
  }
}

} // namespace aotc::passes
