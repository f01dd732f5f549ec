// Family Pool: windows that take the maximum, the mean or a norm, and their inverse.
#include "compiler/frontend/onnx/ops/Quant.h"
#include "compiler/frontend/onnx/ops/Windows.h"

#include <numeric>

namespace aotc::onnx {
namespace {

// Windows over [N, C, S...] that the attributes describe; nullopt: reported.
std::optional<SpatialWindow> poolWindow(NodeImport &n) {
  int64_t rank = n.rank(0);
  if (rank < 3 || rank > 5) {
    n.error("needs an operand of rank 3 to 5");
    return std::nullopt;
  }
  auto kernel = spatialList(n, "kernel_shape", static_cast<size_t>(rank - 2), 1, 1);
  if (!kernel)
    return std::nullopt;
  return resolveWindow(n, n.shape(0).drop_front(2), *kernel, n.integer("ceil_mode", 0) != 0);
}

DimVector resultShape(NodeImport &n, const SpatialWindow &window) {
  DimVector shape{n.shape(0)[0], n.shape(0)[1]};
  llvm::append_range(shape, window.results);
  return shape;
}

Value pool(NodeImport &n, nn::PoolFn fn, Value input, const SpatialWindow &window, bool countPadding = false) {
  DimVector shape = resultShape(n, window);
  if (llvm::is_contained(shape, 0))
    return n.b.splat(ImportBuilder::dtype(input), shape, 0);
  return inChannelsLast(n, input, [&](Value moved) {
    return n.b.pool(fn, moved, window.kernel, window, countPadding);
  });
}

// For each result position of one dimension: where its window begins in the input.
int64_t windowStart(const SpatialWindow &w, size_t dim, int64_t position) {
  return position * w.strides[dim] - w.padLow[dim];
}

// How many positions of each window count for a mean: those inside the input, or inside the
// padding that the attributes declare as well. An f32 tensor of the windows' extents.
Tensor countedPositions(const SpatialWindow &w, Dims input, bool countPadding) {
  Tensor counts(DType::F32, Shape(w.results.begin(), w.results.end()));
  std::vector<std::vector<int64_t>> along(w.results.size());
  for (size_t dim = 0; dim < w.results.size(); ++dim)
    for (int64_t r = 0; r < w.results[dim]; ++r) {
      int64_t first = countPadding ? -w.padLow[dim] : 0;
      int64_t end = input[dim] + (countPadding ? w.declaredHigh[dim] : 0), inside = 0;
      for (int64_t k = 0; k < w.kernel[dim]; ++k) {
        int64_t at = windowStart(w, dim, r) + k * w.dilations[dim];
        inside += at >= first && at < end;
      }
      along[dim].push_back(inside);
    }
  for (int64_t i = 0; i < counts.size(); ++i) {
    int64_t rest = i, product = 1;
    for (size_t dim = w.results.size(); dim-- > 0; rest /= w.results[dim])
      product *= along[dim][rest % w.results[dim]];
    counts.setF(i, static_cast<double>(std::max<int64_t>(product, 1)));
  }
  return counts;
}

// Sums over windows divided by how many positions count.
Value mean(NodeImport &n, Value input, const SpatialWindow &window) {
  bool countPadding = n.integer("count_include_pad", 0) != 0;
  // nn.pool counts all positions of a window or those inside the input.
  if (!countPadding || window.declaredHigh == DimVector(window.padHigh.begin(), window.padHigh.end()))
    return pool(n, nn::PoolFn::Avg, input, window, countPadding);
  Value sums = pool(n, nn::PoolFn::Sum, input, window);
  Value counts = n.b.constant(countedPositions(window, n.shape(0).drop_front(2), countPadding));
  return n.b.div(sums, n.b.cast(counts, ImportBuilder::dtype(input)));
}

Results averagePool(NodeImport &n) {
  auto window = poolWindow(n);
  return window ? mean(n, n.in(0), *window) : Value();
}

// Of bytes with a scale and a zero point: ONNX Runtime's quantizer adds it.
Results qLinearAveragePool(NodeImport &n) {
  if (n.flag("channels_last"))
    return n.error("attribute 'channels_last' is not supported");
  auto window = poolWindow(n);
  Value x = window ? toReal(n, n.in(0), n.in(1), n.in(2)) : Value();
  return x ? toCodes(n, mean(n, x, *window), n.in(3), n.in(4), n.dtype(0)) : Value();
}

Value power(NodeImport &n, Value x, double exponent) {
  if (exponent == 1)
    return x;
  if (exponent == 0.5)
    return n.b.unary(nn::UnaryFn::Sqrt, x);
  return exponent == 2 ? n.b.mul(x, x) : n.b.binary(nn::BinaryFn::Pow, x, exponent);
}

Results lpPool(NodeImport &n) {
  auto window = poolWindow(n);
  double p = static_cast<double>(n.integer("p", 2));
  if (!window || p < 1)
    return window ? n.error("p must be at least 1") : Value();
  Value powers = power(n, n.b.unary(nn::UnaryFn::Abs, n.in(0)), p);
  return power(n, pool(n, nn::PoolFn::Sum, powers, *window), 1 / p);
}

// The input's positions (as indices into all of it, in row-major or for one image in column-major
// order) that a window starts at, and how far each of its elements is from there.
struct WindowIndices {
  Tensor starts, offsets; // i64 of the extents of the windows, and [window elements]
};

WindowIndices windowIndices(const SpatialWindow &w, Dims input, bool columnMajor) {
  size_t spatial = input.size();
  DimVector pitch(spatial, 1);
  for (size_t i = 1; i < spatial; ++i) {
    size_t dim = columnMajor ? i : spatial - 1 - i, from = columnMajor ? i - 1 : dim + 1;
    pitch[dim] = pitch[from] * input[from];
  }
  auto fill = [&](Dims extents, auto &&indexAlong) {
    Tensor t(DType::I64, extents.vec());
    for (int64_t i = 0; i < t.size(); ++i) {
      int64_t rest = i, sum = 0;
      for (size_t dim = spatial; dim-- > 0; rest /= extents[dim])
        sum += indexAlong(dim, rest % extents[dim]) * pitch[dim];
      t.setI(i, sum);
    }
    return t;
  };
  Tensor starts = fill(w.results, [&](size_t dim, int64_t at) { return windowStart(w, dim, at); });
  Tensor offsets = fill(w.kernel, [&](size_t dim, int64_t at) { return at * w.dilations[dim]; });
  return {starts, offsets.reshaped({offsets.size()})};
}

// Past this, a window's elements side by side take too much memory.
constexpr int64_t kMaxWindowElements = 1 << 12;

Value lowest(NodeImport &n, DType type) {
  if (isFloat(type))
    return n.b.scalar(type, -std::numeric_limits<double>::infinity());
  return n.b.scalar(type, isSigned(type) ? -std::ldexp(1.0, static_cast<int>(8 * byteSize(type)) - 1) : 0.0);
}

// Maxima and where in the whole operand they lie: the elements of each window side by side.
Results maxPoolWithIndices(NodeImport &n, const SpatialWindow &w) {
  ImportBuilder &b = n.b;
  Dims input = n.shape(0);
  size_t spatial = w.results.size();
  int64_t elements = 1;
  for (int64_t extent : w.kernel)
    if (llvm::MulOverflow(elements, extent, elements) || elements > kMaxWindowElements)
      return Results{n.error("windows of more than 4096 elements cannot yield indices"), Value()};
  DimVector low{0, 0}, high{0, 0};
  low.append(w.padLow.begin(), w.padLow.end());
  high.append(w.padHigh.begin(), w.padHigh.end());
  Value padded = b.pad(nn::PadMode::Constant, n.in(0), low, high, lowest(n, n.dtype(0)));
  DimVector shape = resultShape(n, w), strides{1, 1};
  strides.append(w.strides.begin(), w.strides.end());
  std::vector<Value> parts;
  for (int64_t k = 0; k < elements; ++k) {
    DimVector starts(spatial + 2, 0);
    int64_t rest = k;
    for (size_t dim = spatial; dim-- > 0; rest /= w.kernel[dim])
      starts[dim + 2] = rest % w.kernel[dim] * w.dilations[dim];
    parts.push_back(b.expandDims(b.slice(padded, starts, shape, strides), static_cast<int64_t>(spatial + 2)));
  }
  Value windows = b.concat(parts, static_cast<int64_t>(spatial + 2));
  if (!windows)
    return Results{Value(), Value()};
  int64_t last = static_cast<int64_t>(spatial + 2);
  Value maxima = b.reduce(nn::ReduceFn::Max, windows, {last}, false);
  Value which = b.argReduce(nn::ArgReduceFn::Max, windows, last, DType::I32, false);
  WindowIndices at = windowIndices(w, input.drop_front(2), n.integer("storage_order", 0) != 0);
  int64_t image = 1; // product of extents of an existing tensor
  for (int64_t extent : input.drop_front(2))
    image *= extent;
  DimVector planes(spatial + 2, 1);
  planes[0] = input[0];
  planes[1] = input[1];
  Value plane = b.binary(nn::BinaryFn::Mul, b.iota(DType::I64, {input[0] * input[1]}, 0), static_cast<double>(image));
  Value index = b.add(b.gather(b.constant(at.offsets), which, 0), b.constant(at.starts));
  return Results{maxima, b.add(index, b.reshape(plane, planes))};
}

Results maxPool(NodeImport &n) {
  auto window = poolWindow(n);
  if (!window)
    return n.numOutputs() > 1 ? Results{Value(), Value()} : Results(Value());
  return n.numOutputs() > 1 ? maxPoolWithIndices(n, *window) : Results(pool(n, nn::PoolFn::Max, n.in(0), *window));
}

std::optional<DimVector> spatialAxes(NodeImport &n) {
  if (n.rank(0) < 2) {
    n.error("needs an operand of rank at least 2");
    return std::nullopt;
  }
  DimVector axes(n.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return axes;
}

ImportFn globalPool(nn::ReduceFn fn) {
  return [fn](NodeImport &n) {
    auto axes = spatialAxes(n);
    return axes ? n.b.reduce(fn, n.in(0), *axes, true) : Value();
  };
}

Results globalLpPool(NodeImport &n) {
  auto axes = spatialAxes(n);
  double p = static_cast<double>(n.integer("p", 2));
  if (!axes || p < 1)
    return axes ? n.error("p must be at least 1") : Value();
  Value powers = power(n, n.b.unary(nn::UnaryFn::Abs, n.in(0)), p);
  return power(n, n.b.reduce(nn::ReduceFn::Sum, powers, *axes, true), 1 / p);
}

// Each value goes to where its index points, in a tensor of the extents that the pooling had.
Results maxUnpool(NodeImport &n) {
  ImportBuilder &b = n.b;
  int64_t rank = n.rank(0);
  if (rank < 3 || n.shape(1) != n.shape(0))
    return n.error("needs values of rank at least 3 and an index for each");
  size_t spatial = static_cast<size_t>(rank - 2);
  auto kernel = spatialList(n, "kernel_shape", spatial, 1, 1), strides = spatialList(n, "strides", spatial, 1, 1);
  auto pads = explicitPads(n, spatial);
  if (!kernel || !strides || !pads)
    return Value();
  DimVector shape{n.shape(0)[0], n.shape(0)[1]};
  int64_t total = shape[0] * shape[1]; // extents of an existing tensor
  for (size_t i = 0; i < spatial; ++i) {
    int64_t extent = (n.shape(0)[i + 2] - 1) * (*strides)[i] - pads->first[i] - pads->second[i] + (*kernel)[i];
    if (extent < 1 || llvm::MulOverflow(total, extent, total))
      return n.error("the padding is larger than the result");
    shape.push_back(extent);
  }
  int64_t count = ImportBuilder::elements(n.in(0));
  Value flat = b.scatterNd(nn::ScatterFn::Update, b.splat(n.dtype(0), {total}, 0), b.reshape(n.in(1), {count, 1}),
                           b.reshape(n.in(0), {count}));
  Value image = b.reshape(flat, shape);
  if (!n.in(2))
    return image;
  DimVector wanted = n.constantInts(2), low(rank, 0), high;
  if (wanted.size() != shape.size())
    return n.error("output_shape has " + llvm::Twine(wanted.size()) + " entries");
  for (auto [to, from] : llvm::zip(wanted, shape)) {
    if (to < from)
      return n.error("output_shape is smaller than what was pooled");
    high.push_back(to - from);
  }
  return b.pad(nn::PadMode::Constant, image, low, high);
}

} // namespace

void addPoolOps(OpRows &rows) {
  const std::vector<std::string> autoPads{"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"};
  const TypeSet pooled = kFloats | TypeSet{DType::I8, DType::U8};
  rows.push_back(OpRow("MaxPool", 1, 1, pooled, maxPool).oneOf("auto_pad", autoPads));
  rows.push_back(OpRow("AveragePool", 1, 1, kFloats, averagePool).oneOf("auto_pad", autoPads));
  rows.push_back(OpRow("QLinearAveragePool", 1, 5, {DType::I8, DType::U8}, qLinearAveragePool)
                     .atLeast(4)
                     .oneOf("auto_pad", autoPads)
                     .domain("com.microsoft"));
  rows.push_back(OpRow("LpPool", 2, 1, kFloats, lpPool).oneOf("auto_pad", autoPads));
  rows.push_back(OpRow("GlobalAveragePool", 1, 1, kFloats, globalPool(nn::ReduceFn::Mean)));
  rows.push_back(OpRow("GlobalMaxPool", 1, 1, kFloats, globalPool(nn::ReduceFn::Max)));
  rows.push_back(OpRow("GlobalLpPool", 2, 1, kFloats, globalLpPool));
  rows.push_back(OpRow("MaxUnpool", 9, 3, kFloats, maxUnpool).atLeast(2).needsConstant(2, "output_shape"));
}

} // namespace aotc::onnx
