// Data movements as views: where the elements of a moved tensor lie in the
// memory of the tensor that they come from.
#ifndef AOTC_IR_NN_STRIDED_H
#define AOTC_IR_NN_STRIDED_H

#include <optional>

#include "mlir/IR/Operation.h"

namespace aotc::nn {

// Element (i, j, ...) is at offset + i * strides[0] + j * strides[1] + ...
struct StridedView {
  llvm::SmallVector<int64_t> shape, strides; // in elements
  int64_t offset = 0;
};

StridedView denseView(llvm::ArrayRef<int64_t> shape);
// The same elements in another shape; nothing where no strides say it, or without elements.
std::optional<StridedView> reshaped(const StridedView &view, llvm::ArrayRef<int64_t> shape);
// The result of nn.transpose, nn.slice, nn.reshape or nn.broadcast on what
// `operand` shows; nothing for other operations.
std::optional<StridedView> moved(const StridedView &operand, mlir::Operation *move);
// What nn.transpose or nn.reshape must have read, given where its result lies.
std::optional<StridedView> movedBack(const StridedView &result, mlir::Operation *move);

} // namespace aotc::nn
#endif
