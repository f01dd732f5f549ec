// Strides, dilations and padding as ONNX's attributes give them.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_OPS_WINDOWS_H
#define AOTC_COMPILER_FRONTEND_ONNX_OPS_WINDOWS_H

#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {

// What a windowed operation does along its spatial dimensions.
struct SpatialWindow : Window {
  DimVector kernel, results; // extents of the window and of the result
  DimVector declaredHigh;    // padding at the end without what ceil_mode adds
};

// A list attribute with one entry a spatial dimension, all `byDefault` where it
// is missing; reports another length, or an entry below `least`.
std::optional<DimVector> spatialList(NodeImport &n, llvm::StringRef name, size_t spatial, int64_t byDefault,
                                     int64_t least);
// `pads`: the entries of all starts, then of all ends.
std::optional<std::pair<DimVector, DimVector>> explicitPads(NodeImport &n, size_t spatial);

// The window that strides, dilations, pads and auto_pad ask for, over an input
// of these spatial extents. With `ceilMode` a last window that starts inside the
// input or the padding before it may reach past the padding after it.
std::optional<SpatialWindow> resolveWindow(NodeImport &n, Dims input, Dims kernel, bool ceilMode = false);

// [N, C, ...] moved to channels last, and the result of `compute` back.
template <typename Compute> Value inChannelsLast(NodeImport &n, Value input, Compute compute) {
  Value moved = n.b.channelsLast(input), result = moved ? compute(moved) : Value();
  return result ? n.b.channelsFirst(result) : Value();
}

} // namespace aotc::onnx
#endif
