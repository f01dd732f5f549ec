#include "ir/NN/Strided.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace aotc::nn {

using Dims = ArrayRef<int64_t>;

StridedView denseView(Dims shape) {
  StridedView view{SmallVector<int64_t>(shape), SmallVector<int64_t>(shape.size()), 0};
  int64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0; stride *= shape[d])
    view.strides[d] = stride;
  return view;
}

std::optional<StridedView> reshaped(const StridedView &view, Dims shape) {
  if (llvm::is_contained(view.shape, 0) || llvm::is_contained(shape, 0))
    return std::nullopt;
  StridedView from{{}, {}, view.offset}; // without extents of 1
  for (auto [extent, stride] : llvm::zip(view.shape, view.strides))
    if (extent != 1) {
      from.shape.push_back(extent);
      from.strides.push_back(stride);
    }
  StridedView to{SmallVector<int64_t>(shape), SmallVector<int64_t>(shape.size(), 0), view.offset};
  // Runs of dimensions with equal numbers of elements correspond.
  size_t i = 0, j = 0;
  while (i < from.shape.size()) {
    size_t firstFrom = i, firstTo = j;
    int64_t left = from.shape[i++], right = 1;
    while (left != right) {
      if (right < left && j < shape.size())
        right *= shape[j++];
      else if (left < right && i < from.shape.size())
        left *= from.shape[i++];
      else
        return std::nullopt;
    }
    for (size_t d = firstFrom; d + 1 < i; ++d)
      if (from.strides[d] != from.strides[d + 1] * from.shape[d + 1])
        return std::nullopt;
    int64_t stride = from.strides[i - 1];
    for (size_t d = j; d-- > firstTo; stride *= shape[d])
      to.strides[d] = stride;
  }
  return to;
}

std::optional<StridedView> moved(const StridedView &operand, Operation *move) {
  StridedView view = operand;
  return llvm::TypeSwitch<Operation *, std::optional<StridedView>>(move)
      .Case([&](ReshapeOp op) { return reshaped(operand, shapeOf(op.getResult())); })
      .Case([&](TransposeOp op) {
        for (auto [d, from] : llvm::enumerate(op.getPermutation())) {
          view.shape[d] = operand.shape[from];
          view.strides[d] = operand.strides[from];
        }
        return view;
      })
      .Case([&](SliceOp op) {
        view.shape.assign(shapeOf(op.getResult()).begin(), shapeOf(op.getResult()).end());
        for (size_t d = 0; d < view.shape.size(); ++d) {
          view.offset += op.getStarts()[d] * operand.strides[d];
          view.strides[d] *= view.shape[d] == 1 ? 1 : op.getStrides()[d];
        }
        return view;
      })
      .Case([&](BroadcastOp op) {
        view.shape.assign(shapeOf(op.getResult()).begin(), shapeOf(op.getResult()).end());
        for (size_t d = 0; d < view.shape.size(); ++d)
          if (operand.shape[d] == 1)
            view.strides[d] = 0;
        return view;
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<StridedView> movedBack(const StridedView &result, Operation *move) {
  if (isa<ReshapeOp>(move))
    return reshaped(result, shapeOf(move->getOperand(0)));
  auto transpose = dyn_cast<TransposeOp>(move);
  if (!transpose)
    return std::nullopt;
  StridedView view = result;
  for (auto [d, from] : llvm::enumerate(transpose.getPermutation())) {
    view.shape[from] = result.shape[d];
    view.strides[from] = result.strides[d];
  }
  return view;
}

} // namespace aotc::nn
