// Family Conv: convolutions, transposed ones and sums of overlapping blocks.
#include "compiler/frontend/onnx/ops/Quant.h"
#include "compiler/frontend/onnx/ops/Windows.h"

#include <numeric>

namespace aotc::onnx {
namespace {

// [O, C, K...] to [K..., C, O]: ONNX's filters to nn's, and those of ConvTranspose alike.
Value channelsLastFilter(NodeImport &n, Value filter) {
  DimVector permutation(ImportBuilder::rank(filter));
  std::iota(permutation.begin(), permutation.end(), 2);
  permutation[permutation.size() - 2] = 1;
  permutation.back() = 0;
  return n.b.transpose(filter, permutation);
}

// The number of spatial dimensions; reports ranks that do not fit each other.
std::optional<size_t> spatialRank(NodeImport &n, Value input, Value filter) {
  int64_t rank = ImportBuilder::rank(input);
  if (rank < 3 || rank > 5 || ImportBuilder::rank(filter) != rank) {
    n.error("needs an input and a filter of one rank from 3 to 5");
    return std::nullopt;
  }
  return static_cast<size_t>(rank - 2);
}

// The extents of the window: those of the filter, which kernel_shape may repeat.
std::optional<DimVector> kernelOf(NodeImport &n, Value filter) {
  DimVector kernel(ImportBuilder::shape(filter).drop_front(2)), given = n.integers("kernel_shape");
  if (!given.empty() && given != kernel) {
    n.error("kernel_shape differs from the filter's extents");
    return std::nullopt;
  }
  return kernel;
}

Value addBias(NodeImport &n, Value x, Value bias) {
  if (!bias || !x)
    return x;
  if (ImportBuilder::rank(bias) != 1 || ImportBuilder::shape(bias)[0] != ImportBuilder::shape(x).back())
    return n.error("the bias must be a vector with one entry a channel");
  return n.b.add(x, bias);
}

// Of bytes with a zero point that is computed: padding is done before, with it.
Value convWithZero(NodeImport &n, Value input, const ByteFactors &factors, Window window, int64_t groups) {
  DimVector low{0}, high{0};
  low.append(window.padLow.begin(), window.padLow.end());
  high.append(window.padHigh.begin(), window.padHigh.end());
  low.push_back(0);
  high.push_back(0);
  Value zero = n.b.cast(factors.zeroLeft, ImportBuilder::dtype(input));
  window.padLow.assign(window.padLow.size(), 0);
  window.padHigh = window.padLow;
  Value sums = n.b.conv(n.b.pad(nn::PadMode::Constant, input, low, high, zero), factors.right, window, groups, *factors.zeros);
  DimVector taps(ImportBuilder::rank(input) - 1);
  std::iota(taps.begin(), taps.end(), 0);
  return sums ? n.b.sub(sums, zeroPart(n, factors, taps)) : Value();
}

// Input [N, C, ...] and filter [O, C/group, K...] of one type, or of bytes with zero points, to [N, O, ...].
Value convolve(NodeImport &n, const ByteFactors &factors, Value bias) {
  Value input = factors.left, filter = factors.right;
  if (!input || !filter)
    return {};
  auto spatial = spatialRank(n, input, filter);
  auto kernel = spatial ? kernelOf(n, filter) : std::nullopt;
  if (!kernel)
    return {};
  int64_t groups = n.integer("group", 1), channels = ImportBuilder::shape(input)[1];
  int64_t filterChannels = ImportBuilder::shape(filter)[1], results = ImportBuilder::shape(filter)[0];
  if (groups < 1 || channels % groups != 0 || channels / groups != filterChannels || results % groups != 0)
    return n.error("filter for " + llvm::Twine(filterChannels) + " channels a group and " + llvm::Twine(groups) +
                   " groups, input of " + llvm::Twine(channels) + " channels");
  auto window = resolveWindow(n, ImportBuilder::shape(input).drop_front(2), *kernel);
  if (!window)
    return {};
  return inChannelsLast(n, input, [&](Value moved) -> Value {
    DimVector shape{ImportBuilder::shape(moved)[0]};
    llvm::append_range(shape, window->results);
    shape.push_back(results);
    if (llvm::is_contained(shape, 0) || channels == 0)
      return addBias(n, n.b.splat(factors.zeros ? DType::I32 : ImportBuilder::dtype(input), shape, 0), bias);
    Value taps = channelsLastFilter(n, filter);
    if (factors.zeroLeft)
      return addBias(n, convWithZero(n, moved, {moved, taps, factors.zeros, factors.zeroLeft}, *window, groups), bias);
    if (factors.zeros)
      return addBias(n, n.b.conv(moved, taps, *window, groups, *factors.zeros), bias);
    return addBias(n, n.b.conv(moved, taps, *window, groups), bias);
  });
}

Results conv(NodeImport &n) { return convolve(n, {n.in(0), n.in(1), std::nullopt, {}}, n.in(2)); }

Results convInteger(NodeImport &n) {
  return convolve(n, byteFactors(n, n.in(0), n.in(2), -1, n.in(1), n.in(3), 0), {});
}

// Operands: input, filter and result each with scale and zero point, then a bias of the products' scale.
Results qLinearConv(NodeImport &n) {
  Value sums = convolve(n, byteFactors(n, n.in(0), n.in(2), -1, n.in(3), n.in(5), 0), n.in(8));
  if (!sums)
    return Value();
  Value filterScale = alongAxis(n, n.in(4), ImportBuilder::rank(sums), 1);
  return requantize(n, sums, n.in(1), filterScale, n.in(6), n.in(7));
}

// What ConvTranspose's attributes say about its result, from the input's spatial extents.
struct TransposedWindow {
  Window window;
  DimVector results;
};

std::optional<TransposedWindow> transposedWindow(NodeImport &n, Dims input, Dims kernel) {
  size_t spatial = input.size();
  auto strides = spatialList(n, "strides", spatial, 1, 1), dilations = spatialList(n, "dilations", spatial, 1, 1);
  auto extra = spatialList(n, "output_padding", spatial, 0, 0);
  auto pads = explicitPads(n, spatial);
  auto outputs = n.has("output_shape") ? spatialList(n, "output_shape", spatial, 0, 0) : DimVector();
  if (!strides || !dilations || !extra || !pads || !outputs)
    return std::nullopt;
  std::string autoPad = n.text("auto_pad", "NOTSET");
  TransposedWindow t;
  t.window.strides.assign(strides->begin(), strides->end());
  t.window.dilations.assign(dilations->begin(), dilations->end());
  for (size_t i = 0; i < spatial; ++i) {
    int64_t full = (*strides)[i] * std::max<int64_t>(input[i] - 1, 0) + (*extra)[i] + (kernel[i] - 1) * (*dilations)[i] + 1;
    int64_t low = 0, high = 0;
    if (!outputs->empty() || autoPad.substr(0, 4) == "SAME") {
      int64_t wanted = outputs->empty() ? input[i] * (*strides)[i] : (*outputs)[i];
      int64_t total = std::max<int64_t>(full - wanted, 0);
      low = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      t.results.push_back(wanted);
    } else {
      if (autoPad == "NOTSET") {
        low = pads->first[i];
        high = pads->second[i];
      }
      t.results.push_back(full - low - high);
    }
    if (t.results.back() < 0) {
      n.error("the padding is larger than the result");
      return std::nullopt;
    }
    t.window.padLow.push_back(low);
    t.window.padHigh.push_back(0); // implied by the result's extent
  }
  return t;
}

Results convTranspose(NodeImport &n) {
  Value input = n.in(0), filter = n.in(1), bias = n.in(2);
  auto spatial = spatialRank(n, input, filter);
  auto kernel = spatial ? kernelOf(n, filter) : std::nullopt;
  if (!kernel)
    return Value();
  int64_t groups = n.integer("group", 1), channels = n.shape(0)[1];
  if (groups < 1 || channels % groups != 0 || n.shape(1)[0] != channels)
    return n.error("filter for " + llvm::Twine(n.shape(1)[0]) + " channels, input of " + llvm::Twine(channels));
  auto window = transposedWindow(n, n.shape(0).drop_front(2), *kernel);
  if (!window)
    return Value();
  return inChannelsLast(n, input, [&](Value moved) -> Value {
    DimVector shape{n.shape(0)[0]};
    llvm::append_range(shape, window->results);
    shape.push_back(n.shape(1)[1] * groups); // extents of existing tensors
    if (llvm::is_contained(shape, 0) || ImportBuilder::elements(moved) == 0)
      return addBias(n, n.b.splat(n.dtype(0), shape, 0), bias);
    return addBias(n, n.b.convTranspose(moved, channelsLastFilter(n, filter), shape, window->window, groups), bias);
  });
}

// Blocks [N, C*K, L] summed where they overlap, into an image of the extents of operand 1: the
// transposed convolution of each channel with a filter that puts entry k at position k.
Results col2im(NodeImport &n) {
  DimVector image = n.constantInts(1), block = n.constantInts(2);
  size_t spatial = image.size();
  if (spatial < 1 || spatial > 3 || block.size() != spatial || n.rank(0) != 3)
    return n.error("needs an operand of rank 3 and 1 to 3 extents of image and block");
  auto strides = spatialList(n, "strides", spatial, 1, 1), dilations = spatialList(n, "dilations", spatial, 1, 1);
  auto pads = explicitPads(n, spatial);
  if (!strides || !dilations || !pads)
    return Value();
  Window window;
  DimVector blocks, taps(block);
  int64_t size = 1, count = 1;
  for (size_t i = 0; i < spatial; ++i) {
    int64_t reach;
    if (block[i] < 1 || block[i] > n.shape(0)[1] || image[i] < 1 ||
        llvm::MulOverflow(block[i] - 1, (*dilations)[i], reach))
      return n.error("block or image without elements");
    int64_t room = image[i] + pads->first[i] + pads->second[i] - reach - 1;
    if (room < 0)
      return n.error("the block is larger than the image");
    blocks.push_back(room / (*strides)[i] + 1);
    if (llvm::MulOverflow(size, block[i], size) || llvm::MulOverflow(count, blocks.back(), count))
      return n.error("too many blocks");
  }
  if (n.shape(0)[1] % size != 0 || n.shape(0)[2] != count)
    return n.error("the operand must hold " + llvm::Twine(count) + " blocks of a multiple of " + llvm::Twine(size));
  window.strides.assign(strides->begin(), strides->end());
  window.dilations.assign(dilations->begin(), dilations->end());
  window.padLow.assign(pads->first.begin(), pads->first.end());
  window.padHigh.assign(spatial, 0);
  int64_t channels = n.shape(0)[1] / size, batch = n.shape(0)[0];
  // Every channel is an image of its own with `size` input channels.
  Value moved = n.b.transpose(n.b.reshape(n.in(0), {batch * channels, size, count}), {0, 2, 1});
  DimVector shape{batch * channels};
  llvm::append_range(shape, blocks);
  shape.push_back(size);
  moved = n.b.reshape(moved, shape);
  Tensor filter(n.dtype(0), Shape{size, size});
  for (int64_t k = 0; k < size; ++k)
    filter.setF(k * size + k, 1);
  DimVector filterShape(taps);
  filterShape.append({1, size}); // [K..., 1, size]
  DimVector result{batch * channels};
  llvm::append_range(result, image);
  result.push_back(1);
  Value sums = n.b.convTranspose(moved, n.b.reshape(n.b.constant(filter), filterShape), result, window);
  DimVector yielded{batch, channels};
  llvm::append_range(yielded, image);
  return sums ? n.b.reshape(sums, yielded) : Value();
}

// A depthwise convolution over the operand and the last values of the operand before it.
Results causalConvWithState(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.rank(0) != 3 || n.rank(1) != 3 || n.shape(1)[1] != 1 || n.shape(1)[0] != n.shape(0)[1] || n.shape(1)[2] < 1)
    return n.error("needs an input [N, C, L] and a filter [C, 1, K]");
  int64_t batch = n.shape(0)[0], channels = n.shape(0)[1], taps = n.shape(1)[2];
  Value before = n.in(3) ? n.in(3) : b.splat(n.dtype(0), {batch, channels, taps - 1}, 0);
  Value padded = b.concat({before, n.in(0)}, 2);
  if (!padded)
    return Results{Value(), Value()};
  Window window{{1}, {1}, {0}, {0}};
  Value moved = b.channelsLast(padded);
  Value y = moved ? b.conv(moved, channelsLastFilter(n, n.in(1)), window, channels) : Value();
  y = addBias(n, y, n.in(2));
  y = y ? b.channelsFirst(y) : Value();
  std::string activation = n.text("activation", "none");
  if (activation == "silu" || activation == "swish")
    y = b.mul(y, b.unary(nn::UnaryFn::Sigmoid, y));
  return Results{y, b.sliceAxis(padded, 2, ImportBuilder::shape(padded)[2] - (taps - 1), taps - 1)};
}

} // namespace

void addConvOps(OpRows &rows) {
  const std::vector<std::string> autoPads{"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"};
  const TypeSet bytes{DType::I8, DType::U8};
  rows.push_back(OpRow("Conv", 1, 3, kFloats, conv).atLeast(2).oneOf("auto_pad", autoPads));
  rows.push_back(OpRow("ConvTranspose", 1, 3, kFloats, convTranspose).atLeast(2).oneOf("auto_pad", autoPads));
  rows.push_back(OpRow("ConvInteger", 10, 4, bytes, convInteger).atLeast(2).oneOf("auto_pad", autoPads));
  rows.push_back(OpRow("QLinearConv", 10, 9, bytes, qLinearConv).atLeast(8).oneOf("auto_pad", autoPads));
  rows.push_back(OpRow("Col2Im", 18, 3, kNumbers, col2im).needsConstant(1, "image_shape").needsConstant(2, "block_shape"));
  rows.push_back(OpRow("CausalConvWithState", 27, 4, kFloats, causalConvWithState)
                     .atLeast(2)
                     .oneOf("activation", {"none", "silu", "swish"}));
}

} // namespace aotc::onnx
