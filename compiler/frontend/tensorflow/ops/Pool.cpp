// Family Pool: windows that take the maximum or the mean.
#include "compiler/frontend/tensorflow/ops/OpTable.h"
#include "compiler/frontend/tensorflow/ops/Windows.h"

namespace aotc::tf {
namespace {

// Windows along the channels: they must tile them.
Value poolChannels(NodeImport &n, nn::PoolFn fn, Value input, int64_t window, int64_t stride) {
  DimVector shape(ImportBuilder::shape(input));
  int64_t channels = shape.back();
  if (window != stride || channels % window != 0 || fn != nn::PoolFn::Max)
    return n.error("windows along the channels must be maxima that divide them evenly");
  shape.back() = channels / window;
  shape.push_back(window);
  return n.b.reduce(nn::ReduceFn::Max, n.b.reshape(input, shape), {static_cast<int64_t>(shape.size()) - 1}, false);
}

Value pool(NodeImport &n, nn::PoolFn fn, Value x, size_t spatial, Dims sizes, Dims strideList) {
  if (n.rank(0) != static_cast<int64_t>(spatial + 2))
    return n.error("needs an operand of rank " + llvm::Twine(spatial + 2));
  auto window = splitLayout(n, "ksize", sizes, spatial);
  auto strides = splitLayout(n, "strides", strideList, spatial);
  if (!window || !strides)
    return {};
  if (window->batch != 1 || strides->batch != 1)
    return n.error("windows along the batch are not supported");
  return inChannelsLast(n, x, [&](Value input) -> Value {
    auto isOne = [](int64_t x) { return x == 1; };
    if (window->channel != 1 || strides->channel != 1) {
      if (!llvm::all_of(window->spatial, isOne) || !llvm::all_of(strides->spatial, isOne))
        return n.error("windows along both channels and space are not supported");
      return poolChannels(n, fn, input, window->channel, strides->channel);
    }
    Dims in = ImportBuilder::shape(input);
    DimVector ones(spatial, 1);
    auto resolved = resolveWindow(n, in.slice(1, spatial), window->spatial, strides->spatial, ones);
    if (!resolved)
      return {};
    DimVector result{in[0]};
    llvm::append_range(result, resolved->results);
    result.push_back(in.back());
    if (llvm::is_contained(result, 0))
      return n.b.splat(ImportBuilder::dtype(x), result, 0);
    return n.b.pool(fn, input, window->spatial, *resolved);
  });
}

ImportFn poolByAttrs(nn::PoolFn fn, size_t spatial) {
  return [=](NodeImport &n) { return pool(n, fn, n.in(0), spatial, n.integers("ksize"), n.integers("strides")); };
}

// Codes with a range, which stays.
Results quantizedMaxPool(NodeImport &n) {
  return {pool(n, nn::PoolFn::Max, n.in(0), 2, n.integers("ksize"), n.integers("strides")), n.in(1), n.in(2)};
}

// Rounded down.
Results quantizedAvgPool(NodeImport &n) {
  auto sums = [&](Value x) { return pool(n, nn::PoolFn::Sum, x, 2, n.integers("ksize"), n.integers("strides")); };
  Value total = sums(n.b.cast(n.in(0), DType::I32)), count = sums(n.b.splat(DType::I32, n.shape(0), 1));
  return {n.b.cast(n.b.div(total, count), n.dtype(0)), n.in(1), n.in(2)};
}

Results maxPoolV2(NodeImport &n) {
  DimVector sizes = n.constantInts(1), strides = n.constantInts(2);
  return pool(n, nn::PoolFn::Max, n.in(0), 2, sizes, strides);
}

} // namespace

void addPoolOps(OpRows &rows) {
  const std::vector<std::string> images{"NHWC", "NCHW"}, volumes{"NDHWC", "NCDHW"};
  const std::vector<std::string> paddings{"SAME", "VALID"};
  rows.push_back(OpRow("MaxPool", 1, kNumbers, poolByAttrs(nn::PoolFn::Max, 2))
                     .oneOf("data_format", images)
                     .oneOf("padding", {"SAME", "VALID", "EXPLICIT"}));
  rows.push_back(OpRow("MaxPoolV2", 3, kNumbers, maxPoolV2)
                     .needsConstant(1, "ksize")
                     .needsConstant(2, "strides")
                     .oneOf("data_format", images)
                     .oneOf("padding", paddings));
  rows.push_back(OpRow("AvgPool", 1, kFloats, poolByAttrs(nn::PoolFn::Avg, 2))
                     .oneOf("data_format", images)
                     .oneOf("padding", paddings));
  rows.push_back(OpRow("QuantizedMaxPool", 3, {DType::U8, DType::I8}, quantizedMaxPool).oneOf("padding", paddings));
  rows.push_back(OpRow("QuantizedAvgPool", 3, {DType::U8}, quantizedAvgPool).oneOf("padding", paddings));
  rows.push_back(OpRow("MaxPool3D", 1, kFloats, poolByAttrs(nn::PoolFn::Max, 3))
                     .oneOf("data_format", volumes)
                     .oneOf("padding", paddings));
  rows.push_back(OpRow("AvgPool3D", 1, kFloats, poolByAttrs(nn::PoolFn::Avg, 3))
                     .oneOf("data_format", volumes)
                     .oneOf("padding", paddings));
}

} // namespace aotc::tf
