// Family Conv: convolutions and their gradients towards the input.
#include "compiler/frontend/tensorflow/ops/OpTable.h"
#include "compiler/frontend/tensorflow/ops/Windows.h"

namespace aotc::tf {
namespace {

// Strides and dilations of a convolution, which skips no batches or channels.
struct ConvAttrs {
  DimVector strides, dilations;
};

std::optional<ConvAttrs> convAttrs(NodeImport &n, size_t spatial) {
  auto strides = splitLayout(n, "strides", n.integers("strides"), spatial);
  auto dilations = splitLayout(n, "dilations", n.integers("dilations"), spatial);
  if (!strides || !dilations)
    return std::nullopt;
  if (strides->batch != 1 || strides->channel != 1 || dilations->batch != 1 || dilations->channel != 1) {
    n.error("strides and dilations of batch and channels must be 1");
    return std::nullopt;
  }
  return ConvAttrs{strides->spatial, dilations->spatial};
}

bool checkRanks(NodeImport &n, Value input, Value filter, int64_t spatial) {
  if (ImportBuilder::rank(input) == spatial + 2 && ImportBuilder::rank(filter) == spatial + 2)
    return true;
  n.error("needs an input and a filter of rank " + llvm::Twine(spatial + 2));
  return false;
}

// `filter` is [K.., C/groups, O].
Value convolve(NodeImport &n, Value input, Value filter, const ConvAttrs &attrs, int64_t groups) {
  Dims in = ImportBuilder::shape(input), kernel = ImportBuilder::shape(filter);
  size_t spatial = attrs.strides.size();
  auto window = resolveWindow(n, in.slice(1, spatial), kernel.take_front(spatial), attrs.strides, attrs.dilations);
  if (!window)
    return {};
  DimVector result{in[0]};
  llvm::append_range(result, window->results);
  result.push_back(kernel.back());
  if (llvm::is_contained(result, 0))
    return n.b.splat(ImportBuilder::dtype(input), result, 0);
  return n.b.conv(input, filter, *window, groups);
}

ImportFn conv(int64_t spatial) {
  return [spatial](NodeImport &n) {
    auto attrs = convAttrs(n, spatial);
    if (!attrs || !checkRanks(n, n.in(0), n.in(1), spatial))
      return Value();
    return inChannelsLast(n, n.in(0), [&](Value input) -> Value {
      int64_t channels = ImportBuilder::shape(input).back(), filterChannels = n.shape(1)[spatial];
      if (filterChannels < 1 || channels % filterChannels != 0)
        return n.error("filter for " + llvm::Twine(filterChannels) + " channels, input of " + llvm::Twine(channels));
      return convolve(n, input, n.in(1), *attrs, std::max<int64_t>(channels / filterChannels, 1));
    });
  };
}

// TensorFlow's [K.., C, M] as a filter of C groups: [K.., 1, C*M].
Value depthwiseFilter(NodeImport &n, Value filter) {
  DimVector shape(ImportBuilder::shape(filter));
  int64_t channels = shape[2];
  shape[2] = 1;
  shape[3] *= channels; // extents of an existing tensor
  return n.b.reshape(filter, shape);
}

Results depthwise(NodeImport &n) {
  auto attrs = convAttrs(n, 2);
  if (!attrs || !checkRanks(n, n.in(0), n.in(1), 2))
    return Value();
  Value filter = depthwiseFilter(n, n.in(1));
  return inChannelsLast(n, n.in(0), [&](Value input) -> Value {
    int64_t channels = ImportBuilder::shape(input).back();
    if (channels != n.shape(1)[2])
      return n.error("filter for " + llvm::Twine(n.shape(1)[2]) + " channels, input of " + llvm::Twine(channels));
    return convolve(n, input, filter, *attrs, std::max<int64_t>(channels, 1));
  });
}

// Operands: the shape of the result, the filter [K.., O/groups, C], the input.
Value backpropInput(NodeImport &n, int64_t spatial, bool depthwise) {
  auto attrs = convAttrs(n, spatial);
  if (!attrs || !checkRanks(n, n.in(2), n.in(1), spatial))
    return {};
  DimVector result = n.constantInts(0);
  bool first = n.channelsFirst();
  Value filter = depthwise ? depthwiseFilter(n, n.in(1)) : n.in(1);
  if (result.size() == static_cast<size_t>(spatial)) { // newer graphs may give the spatial extents only
    result.insert(result.begin(), n.shape(2)[0]);
    int64_t channels = n.shape(1)[spatial];
    result.insert(first ? result.begin() + 1 : result.end(), channels);
  }
  if (result.size() != static_cast<size_t>(spatial + 2))
    return n.error("input_sizes has " + llvm::Twine(result.size()) + " entries");
  if (first) { // to channels last
    result.push_back(result[1]);
    result.erase(result.begin() + 1);
  }
  if (llvm::any_of(result, [](int64_t extent) { return extent < 0; }))
    return n.error("negative extent in input_sizes");
  return inChannelsLast(n, n.in(2), [&](Value input) -> Value {
    Dims in = ImportBuilder::shape(input), kernel = ImportBuilder::shape(filter);
    auto window = resolveWindow(n, Dims(result).slice(1, spatial), kernel.take_front(spatial), attrs->strides,
                                attrs->dilations);
    if (!window)
      return {};
    if (Dims(window->results) != in.slice(1, spatial))
      return n.error("a convolution of input_sizes does not have the extents of the operand");
    int64_t filterChannels = kernel[spatial];
    if (filterChannels < 1 || result.back() % filterChannels != 0)
      return n.error("filter for " + llvm::Twine(filterChannels) + " channels, input_sizes of " +
                     llvm::Twine(result.back()));
    return n.b.convTranspose(input, filter, result, *window, std::max<int64_t>(result.back() / filterChannels, 1));
  });
}

} // namespace

void addConvOps(OpRows &rows) {
  auto add = [&](OpRow row, std::vector<std::string> layouts, bool explicitPadding) {
    std::vector<std::string> paddings{"SAME", "VALID"};
    if (explicitPadding)
      paddings.push_back("EXPLICIT");
    rows.push_back(std::move(row).oneOf("data_format", std::move(layouts)).oneOf("padding", std::move(paddings)));
  };
  const std::vector<std::string> images{"NHWC", "NCHW"}, volumes{"NDHWC", "NCDHW"};
  add(OpRow("Conv2D", 2, kFloats | TypeSet{DType::I32}, conv(2)), images, true);
  add(OpRow("Conv3D", 2, kFloats, conv(3)), volumes, false);
  add(OpRow("DepthwiseConv2dNative", 2, kFloats, depthwise), images, true);
  auto gradient = [](int64_t spatial, bool depthwise) {
    return [=](NodeImport &n) { return backpropInput(n, spatial, depthwise); };
  };
  add(OpRow("Conv2DBackpropInput", 3, kIndexInts, gradient(2, false)).needsConstant(0, "input_sizes"), images, true);
  add(OpRow("DepthwiseConv2dNativeBackpropInput", 3, kIndexInts, gradient(2, true)).needsConstant(0, "input_sizes"),
      images, true);
  add(OpRow("Conv3DBackpropInputV2", 3, kIndexInts, gradient(3, false)).needsConstant(0, "input_sizes"), volumes,
      false);
}

} // namespace aotc::tf
