// Family Sampling: values between the elements of an image, at coordinates that are computed.
#include "compiler/frontend/onnx/ops/Windows.h"

#include <array>
#include <numeric>

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::ReduceFn;
using nn::UnaryFn;

Value floorOf(ImportBuilder &b, Value x) { return b.unary(UnaryFn::Floor, x); }
Value plus(ImportBuilder &b, Value x, double y) { return b.binary(BinaryFn::Add, x, y); }
Value times(ImportBuilder &b, Value x, double y) { return b.binary(BinaryFn::Mul, x, y); }

Value bothTrue(ImportBuilder &b, Value x, Value y) { return x && y ? b.binary(BinaryFn::And, x, y) : x ? x : y; }

// One element along one dimension that a sample may depend on.
struct Tap {
  Value index;  // i32, inside the image
  Value weight; // null: 1
  Value inside; // i1: false where the element is zero; null: always inside
};

// Sums over all combinations of the dimensions' taps. `flat` is [B, elements, C], the taps' tensors
// [B, P] or what broadcasts to it, `pitches` the distances of neighbours. The result is [B, P, C].
Value sampleTaps(NodeImport &n, Value flat, llvm::ArrayRef<std::vector<Tap>> taps, Dims pitches) {
  ImportBuilder &b = n.b;
  Value sum;
  std::vector<size_t> at(taps.size(), 0);
  while (!b.failed()) {
    Value index, weight, inside;
    for (size_t dim = 0; dim < taps.size(); ++dim) {
      const Tap &tap = taps[dim][at[dim]];
      Value offset = times(b, tap.index, static_cast<double>(pitches[dim]));
      index = index ? b.add(index, offset) : offset;
      if (tap.weight)
        weight = weight ? b.mul(weight, tap.weight) : tap.weight;
      inside = bothTrue(b, inside, tap.inside);
    }
    Value term = b.gather(flat, index, 1, 1);
    auto perChannel = [&](Value v) { return v ? b.expandDims(v, ImportBuilder::rank(v)) : Value(); };
    if (inside)
      term = b.select(perChannel(inside), term, b.scalar(ImportBuilder::dtype(flat), 0));
    if (weight)
      term = b.mul(term, perChannel(weight));
    sum = sum ? b.add(sum, term) : term;
    size_t dim = taps.size(); // the next combination
    while (dim > 0 && ++at[dim - 1] == taps[dim - 1].size())
      at[--dim] = 0;
    if (dim == 0)
      return sum;
  }
  return {};
}

DimVector pitchesOf(Dims extents) {
  DimVector pitches(extents.size(), 1);
  for (size_t dim = extents.size(); dim-- > 1;)
    pitches[dim - 1] = pitches[dim] * extents[dim];
  return pitches;
}

int64_t productOf(Dims extents) { return std::accumulate(extents.begin(), extents.end(), int64_t(1), std::multiplies<>()); }

// [N, C, S...] to [N, elements, C].
Value flatten(NodeImport &n, Value x) {
  DimVector shape(ImportBuilder::shape(x));
  Value moved = n.b.channelsLast(x);
  return n.b.reshape(moved, {shape[0], productOf(Dims(shape).drop_front(2)), shape[1]});
}

// The element at f32 position `at` (whole numbers), zero outside.
Tap zeroOutside(ImportBuilder &b, Value at, int64_t extent, Value weight) {
  double last = static_cast<double>(extent - 1);
  Value inside = bothTrue(b, b.compare(CompareFn::Ge, at, 0), b.compare(CompareFn::Le, at, last));
  return {b.cast(b.clamp(at, 0, last), DType::I32), weight, inside};
}

// --- GridSample

struct GridMode {
  std::string interpolation, padding;
  bool alignCorners;
};

// Mirrored at the borders as often as it takes. Borders that coincide leave one position.
Value reflect(ImportBuilder &b, Value x, double low, double high) {
  double range = high - low;
  if (range <= 0)
    return b.splat(ImportBuilder::dtype(x), ImportBuilder::shape(x), 0);
  Value distance = b.unary(UnaryFn::Abs, plus(b, x, -low));
  Value phase = b.binary(BinaryFn::FloorMod, distance, 2 * range);
  Value folded = b.binary(BinaryFn::Min, phase, b.sub(b.scalar(ImportBuilder::dtype(x), 2 * range), phase));
  return plus(b, folded, low);
}

// The element that the padding mode puts at whole position `at`.
Tap gridTap(ImportBuilder &b, const GridMode &mode, Value at, int64_t extent, Value weight) {
  double last = static_cast<double>(extent - 1);
  if (mode.padding == "zeros")
    return zeroOutside(b, at, extent, weight);
  if (mode.padding == "reflection") {
    double edge = mode.alignCorners ? 0 : 0.5;
    at = b.unary(UnaryFn::Trunc, reflect(b, at, -edge, last + edge));
  }
  return {b.cast(b.clamp(at, 0, last), DType::I32), weight, {}};
}

// Weights of the four elements around a position `t` past the second of them.
std::array<Value, 4> cubicWeights(ImportBuilder &b, Value t) {
  constexpr double a = -0.75;
  auto polynomial = [&](Value x, std::initializer_list<double> coefficients) { // highest power first
    Value sum;
    for (double c : coefficients)
      sum = sum ? plus(b, b.mul(sum, x), c) : b.splat(ImportBuilder::dtype(x), ImportBuilder::shape(x), c);
    return sum;
  };
  auto near = [&](Value x) { return polynomial(x, {a + 2, -(a + 3), 0, 1}); };
  auto far = [&](Value x) { return polynomial(x, {a, -5 * a, 8 * a, -4 * a}); };
  Value rest = b.sub(b.scalar(ImportBuilder::dtype(t), 1), t);
  return {far(plus(b, t, 1)), near(t), near(rest), far(plus(b, rest, 1))};
}

std::vector<Tap> gridTaps(ImportBuilder &b, const GridMode &mode, Value normal, int64_t extent) {
  double last = static_cast<double>(extent - 1), edge = mode.alignCorners ? 0 : 0.5;
  Value x = mode.alignCorners ? times(b, plus(b, normal, 1), last / 2)
                              : times(b, plus(b, times(b, plus(b, normal, 1), static_cast<double>(extent)), -1), 0.5);
  if (mode.interpolation == "nearest")
    x = b.unary(UnaryFn::RoundEven, x);
  if (mode.padding == "border") {
    Value outside = b.binary(BinaryFn::Or, b.compare(CompareFn::Lt, x, -edge), b.compare(CompareFn::Gt, x, last + edge));
    x = b.select(outside, b.clamp(x, 0, last), x);
  } else if (mode.padding == "reflection") {
    x = reflect(b, x, -edge, last + edge);
  }
  if (mode.interpolation == "nearest")
    return {gridTap(b, mode, mode.padding == "reflection" ? b.unary(UnaryFn::Trunc, x) : x, extent, {})};
  Value below = floorOf(b, x), t = b.sub(x, below);
  if (mode.interpolation == "linear")
    return {gridTap(b, mode, below, extent, b.sub(b.scalar(DType::F32, 1), t)),
            gridTap(b, mode, plus(b, below, 1), extent, t)};
  std::vector<Tap> taps;
  auto weights = cubicWeights(b, t);
  for (int k = 0; k < 4; ++k)
    taps.push_back(gridTap(b, mode, plus(b, below, k - 1), extent, weights[k]));
  return taps;
}

Results gridSample(NodeImport &n) {
  ImportBuilder &b = n.b;
  int64_t rank = n.rank(0), spatial = rank - 2;
  if (rank < 3 || rank > 5 || n.rank(1) != rank || n.shape(1).back() != spatial || n.shape(1)[0] != n.shape(0)[0])
    return n.error("needs an image of 1 to 3 dimensions and as many coordinates a position");
  GridMode mode{n.text("mode", "linear"), n.text("padding_mode", "zeros"), n.integer("align_corners", 0) != 0};
  if (mode.interpolation == "bilinear" || mode.interpolation == "bicubic") // as opset 16 calls them
    mode.interpolation = mode.interpolation.substr(2);
  DimVector extents(n.shape(0).drop_front(2)), places(n.shape(1).drop_front().drop_back());
  int64_t batch = n.shape(0)[0], channels = n.shape(0)[1], count = productOf(places);
  DimVector result{batch, channels};
  result.append(places);
  if (llvm::is_contained(result, 0))
    return b.splat(n.dtype(0), result, 0);
  if (productOf(extents) == 0 || productOf(extents) > std::numeric_limits<int32_t>::max())
    return n.error("cannot sample an image without elements or of more than 2^31");
  DType type = n.dtype(0), wide = mode.interpolation == "nearest" || type == DType::F64 ? type : DType::F32;
  Value grid = b.reshape(b.cast(n.in(1), DType::F32), {batch, count, spatial});
  std::vector<std::vector<Tap>> taps;
  for (int64_t dim = 0; dim < spatial; ++dim) { // the last coordinate belongs to the first dimension
    Value normal = b.reshape(b.sliceAxis(grid, 2, spatial - 1 - dim, 1), {batch, count});
    taps.push_back(gridTaps(b, mode, normal, extents[dim]));
  }
  if (wide == DType::F64)
    for (auto &along : taps)
      for (Tap &tap : along)
        tap.weight = tap.weight ? b.cast(tap.weight, wide) : Value();
  Value sampled = b.cast(sampleTaps(n, flatten(n, b.cast(n.in(0), wide)), taps, pitchesOf(extents)), type);
  return b.reshape(b.transpose(sampled, {0, 2, 1}), result);
}

// --- AffineGrid

// The positions of a grid of these extents from -1 to 1, last dimension first, and a 1.
Tensor basePositions(Dims extents, bool alignCorners) {
  int64_t spatial = extents.size(), count = productOf(extents);
  Tensor base(DType::F64, Shape{count, spatial + 1});
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    for (int64_t dim = spatial; dim-- > 0; rest /= extents[dim]) {
      double size = static_cast<double>(extents[dim]), at = static_cast<double>(rest % extents[dim]);
      double position = alignCorners ? (size == 1 ? -1 : 2 * at / (size - 1) - 1) : (2 * at + 1) / size - 1;
      base.setF(i * (spatial + 1) + spatial - 1 - dim, position);
    }
    base.setF(i * (spatial + 1) + spatial, 1);
  }
  return base;
}

Results affineGrid(NodeImport &n) {
  ImportBuilder &b = n.b;
  DimVector size = n.constantInts(1);
  int64_t spatial = static_cast<int64_t>(size.size()) - 2;
  if (spatial < 2 || spatial > 3 || n.shape(0) != Dims({size[0], spatial, spatial + 1}))
    return n.error("needs a size of 4 or 5 entries and one matrix for each of a batch");
  int64_t count = 1;
  for (int64_t extent : Dims(size).drop_front(2))
    if (extent < 1 || llvm::MulOverflow(count, extent, count) || count > (int64_t(1) << 28))
      return n.error("the grid has no positions or too many");
  Dims extents = Dims(size).drop_front(2);
  Value base = b.cast(b.constant(basePositions(extents, n.integer("align_corners", 0) != 0)), n.dtype(0));
  DimVector result{size[0]};
  llvm::append_range(result, extents);
  result.push_back(spatial);
  return b.reshape(b.matmul(base, n.in(0), false, true), result);
}

// --- RoiAlign

// Along one dimension of the regions: the positions that a result's mean or maximum is taken of.
struct RoiAxis {
  int64_t extent, results, samples;
};

// Bilinear taps for positions [R, results*samples] from starts and sizes [R, 1].
std::vector<Tap> roiTaps(ImportBuilder &b, const RoiAxis &a, Value start, Value size) {
  int64_t count = a.results * a.samples;
  Value step = b.iota(DType::F32, {1, count}, 1);
  Value at = b.add(start, b.mul(times(b, plus(b, step, 0.5), 1 / static_cast<double>(count)), size));
  double last = static_cast<double>(a.extent - 1);
  Value inside = bothTrue(b, b.compare(CompareFn::Ge, at, -1), b.compare(CompareFn::Le, at, last + 1));
  at = b.clamp(at, 0, last);
  Value below = floorOf(b, at), above = b.binary(BinaryFn::Min, plus(b, below, 1), last), t = b.sub(at, below);
  return {{b.cast(below, DType::I32), b.sub(b.scalar(DType::F32, 1), t), inside},
          {b.cast(above, DType::I32), t, inside}};
}

Results roiAlign(NodeImport &n) {
  ImportBuilder &b = n.b;
  int64_t samples = n.integer("sampling_ratio", 0);
  if (n.rank(0) != 4 || n.rank(1) != 2 || n.shape(1)[1] != 4 || n.rank(2) != 1 || n.shape(2)[0] != n.shape(1)[0])
    return n.error("needs an image [N, C, H, W], regions [R, 4] and a batch index for each");
  int64_t height = n.integer("output_height", 1), width = n.integer("output_width", 1);
  if (samples < 1 || samples > 64 || height < 1 || width < 1 || height > 4096 || width > 4096)
    return n.error("needs results of 1 to 4096 and a sampling_ratio from 1 to 64",
                   "a ratio of 0 samples each region as often as its size asks for, which isn't supported");
  int64_t regions = n.shape(1)[0], channels = n.shape(0)[1], images = n.shape(0)[0];
  RoiAxis y{n.shape(0)[2], height, samples}, x{n.shape(0)[3], width, samples};
  if (regions == 0 || ImportBuilder::elements(n.in(0)) == 0)
    return b.splat(n.dtype(0), {regions, channels, height, width}, 0);
  bool halfPixel = n.text("coordinate_transformation_mode", n.opset() < 16 ? "output_half_pixel" : "half_pixel") == "half_pixel";
  Value rois = times(b, b.cast(n.in(1), DType::F32), n.real("spatial_scale", 1));
  if (halfPixel)
    rois = plus(b, rois, -0.5);
  auto corner = [&](int64_t column) { return b.sliceAxis(rois, 1, column, 1); };
  auto sizeOf = [&](int64_t from, int64_t to) {
    Value size = b.sub(corner(to), corner(from));
    return halfPixel ? size : b.binary(BinaryFn::Max, size, 1);
  };
  // Rows before columns: positions [R, rows, columns] as one list.
  int64_t rows = height * samples, columns = width * samples;
  auto spread = [&](std::vector<Tap> taps, bool alongRows) {
    for (Tap &tap : taps)
      for (Value *v : {&tap.index, &tap.weight, &tap.inside}) {
        Value shaped = b.reshape(*v, alongRows ? DimVector{regions, rows, 1} : DimVector{regions, 1, columns});
        *v = b.reshape(b.broadcastTo(shaped, {regions, rows, columns}), {1, regions * rows * columns});
      }
    return taps;
  };
  Value image = b.broadcastTo(b.reshape(b.cast(n.in(2), DType::I32), {regions, 1, 1}), {regions, rows, columns});
  std::vector<std::vector<Tap>> taps{{{b.reshape(image, {1, regions * rows * columns}), {}, {}}},
                                     spread(roiTaps(b, y, corner(1), sizeOf(1, 3)), true),
                                     spread(roiTaps(b, x, corner(0), sizeOf(0, 2)), false)};
  Value flat = b.reshape(b.channelsLast(b.cast(n.in(0), DType::F32)), {1, images * y.extent * x.extent, channels});
  DimVector pitches{y.extent * x.extent, x.extent, 1}, bins{regions, height, samples, width, samples, channels};
  Value result;
  if (n.text("mode", "avg") == "avg") {
    result = b.reduce(ReduceFn::Mean, b.reshape(sampleTaps(n, flat, taps, pitches), bins), {2, 4}, false);
  } else { // the largest weighted element, not the largest interpolated value
    for (const Tap &row : taps[1])
      for (const Tap &column : taps[2]) {
        Value one = b.reshape(sampleTaps(n, flat, {taps[0], {row}, {column}}, pitches), bins);
        one = b.reduce(ReduceFn::Max, one, {2, 4}, false);
        result = result ? b.binary(BinaryFn::Max, result, one) : one;
      }
  }
  return b.cast(result ? b.channelsFirst(result) : Value(), n.dtype(0));
}

// --- DeformConv

// A convolution whose filter's elements each read the image at an offset of their own.
Results deformConv(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.rank(0) != 4 || n.rank(1) != 4 || n.rank(2) != 4)
    return n.error("needs an image, a filter and offsets of rank 4");
  DimVector kernel(n.shape(1).drop_front(2));
  int64_t batch = n.shape(0)[0], channels = n.shape(0)[1], results = n.shape(1)[0];
  int64_t groups = n.integer("group", 1), offsetGroups = n.integer("offset_group", 1), taps = kernel[0] * kernel[1];
  auto window = resolveWindow(n, n.shape(0).drop_front(2), kernel);
  if (!window)
    return Value();
  int64_t rows = window->results[0], columns = window->results[1], count = rows * columns;
  if (groups < 1 || offsetGroups < 1 || channels % groups != 0 || channels % offsetGroups != 0 ||
      results % groups != 0 || n.shape(1)[1] != channels / groups ||
      n.shape(2) != Dims({batch, offsetGroups * taps * 2, rows, columns}) ||
      (n.in(4) && n.shape(4) != Dims({batch, offsetGroups * taps, rows, columns})))
    return n.error("has groups, offsets or a mask that do not fit");
  if (taps > 1024 || ImportBuilder::elements(n.in(0)) == 0 || count == 0)
    return n.error("needs an image with elements and a filter of at most 1024 positions");
  int64_t perGroup = channels / offsetGroups;
  DType type = n.dtype(0);
  auto channelOf = [&](Value x, int64_t channel) {
    return b.reshape(b.cast(b.sliceAxis(x, 1, channel, 1), DType::F32), {batch, count});
  };
  // Where the window of each result begins, along one dimension.
  auto starts = [&](size_t dim) {
    Value at = times(b, b.iota(DType::F32, {1, rows, columns}, static_cast<int64_t>(dim) + 1),
                     static_cast<double>(window->strides[dim]));
    return b.reshape(plus(b, at, -static_cast<double>(window->padLow[dim])), {1, count});
  };
  Value begin[2] = {starts(0), starts(1)};
  std::vector<Value> parts;
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t g = 0; g < offsetGroups; ++g) {
      int64_t channel = g * taps + tap, at[2] = {tap / kernel[1], tap % kernel[1]};
      std::vector<std::vector<Tap>> around;
      for (size_t dim = 0; dim < 2; ++dim) {
        Value position = plus(b, b.add(begin[dim], channelOf(n.in(2), 2 * channel + static_cast<int64_t>(dim))),
                              static_cast<double>(at[dim] * window->dilations[dim]));
        Value below = floorOf(b, position), t = b.sub(position, below);
        int64_t extent = n.shape(0)[dim + 2];
        around.push_back({zeroOutside(b, below, extent, b.sub(b.scalar(DType::F32, 1), t)),
                          zeroOutside(b, plus(b, below, 1), extent, t)});
      }
      Value image = flatten(n, b.cast(b.sliceAxis(n.in(0), 1, g * perGroup, perGroup), DType::F32));
      Value sampled = sampleTaps(n, image, around, {n.shape(0)[3], 1}); // [N, count, perGroup]
      if (n.in(4))
        sampled = b.mul(sampled, b.reshape(channelOf(n.in(4), channel), {batch, count, 1}));
      parts.push_back(sampled);
    }
  // What the filter reads as a matrix [taps, channels a group] for each result and group.
  Value read = b.reshape(b.concat(parts, 2), {batch, count, taps, groups, channels / groups});
  read = b.reshape(b.transpose(read, {0, 1, 3, 2, 4}), {batch, count, taps * channels});
  Value filter = b.reshape(b.transpose(n.in(1), {2, 3, 1, 0}), {1, taps * channels / groups, results});
  Value y = b.conv(b.cast(read, type), filter, Window{{1}, {1}, {0}, {0}}, groups);
  if (n.in(3))
    y = b.add(y, n.in(3));
  return b.reshape(b.transpose(y, {0, 2, 1}), {batch, results, rows, columns});
}

} // namespace

void addSamplingOps(OpRows &rows) {
  const std::vector<std::string> paddings{"zeros", "border", "reflection"};
  rows.push_back(OpRow("GridSample", 16, 2, kFloats, gridSample)
                     .oneOf("mode", {"linear", "nearest", "cubic", "bilinear", "bicubic"})
                     .oneOf("padding_mode", paddings));
  rows.push_back(OpRow("AffineGrid", 20, 2, kFloats, affineGrid).needsConstant(1, "size"));
  rows.push_back(OpRow("RoiAlign", 10, 3, kFloats, roiAlign).oneOf("mode", {"avg", "max"}));
  rows.push_back(OpRow("DeformConv", 19, 5, kFloats, deformConv).atLeast(3));
}

} // namespace aotc::onnx
