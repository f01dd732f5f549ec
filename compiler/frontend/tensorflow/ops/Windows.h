// Strides, dilations and padding as TensorFlow's attributes give them.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_WINDOWS_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_WINDOWS_H

#include "compiler/frontend/tensorflow/ops/NodeImport.h"

namespace aotc::tf {

// What a windowed operation does along its spatial dimensions.
struct SpatialWindow : Window {
  DimVector results; // extents of the result
};

// Entries of a list with one value for each dimension of the layout (batch and
// channels included), split into the spatial ones and the other two.
struct LayoutList {
  DimVector spatial;
  int64_t batch = 1, channel = 1;
};
// An empty list stands for all 1; reports a list of the wrong length.
std::optional<LayoutList> splitLayout(NodeImport &n, llvm::StringRef what, Dims list, size_t spatial);

// The padding that `padding` and `explicit_paddings` ask for, over an input of
// these spatial extents with windows of `kernel` elements.
std::optional<SpatialWindow> resolveWindow(NodeImport &n, Dims input, Dims kernel, Dims strides, Dims dilations);

// An input that TensorFlow keeps channels first is moved to channels last, and
// the result of `compute` back.
template <typename Compute> Value inChannelsLast(NodeImport &n, Value input, Compute compute) {
  if (!n.channelsFirst())
    return compute(input);
  Value moved = n.b.channelsLast(input), result = moved ? compute(moved) : Value();
  return result ? n.b.channelsFirst(result) : Value();
}

} // namespace aotc::tf
#endif
