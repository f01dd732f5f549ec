// Family Resize: resampling along axes.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <cmath>
#include <numeric>

namespace aotc::onnx {
namespace {

// How results are placed over the operand, and how values between elements come about.
struct Sampling {
  std::string mode = "nearest", coordinates = "half_pixel", nearest = "round_prefer_floor";
  double cubicCoefficient = -0.75, extrapolation = 0;
  bool antialias = false, excludeOutside = false;
};

// One axis: each result is a weighted sum of `taps` elements.
struct Axis {
  int64_t input, result;
  double scale;                  // result extent over input extent, before rounding
  double roiBegin = 0, roiEnd = 1;
};

struct AxisTaps {
  size_t taps = 0;
  std::vector<int64_t> indices;   // [result][taps]
  std::vector<double> weights;    // likewise
  std::vector<bool> extrapolated; // [result]
};

double sourceCoordinate(const Sampling &s, const Axis &a, double at) {
  double width = a.scale * static_cast<double>(a.input), in = static_cast<double>(a.input);
  if (s.coordinates == "align_corners")
    return width == 1 ? 0 : at * (in - 1) / (width - 1);
  if (s.coordinates == "asymmetric")
    return at / a.scale;
  if (s.coordinates == "tf_half_pixel_for_nn")
    return (at + 0.5) / a.scale;
  if (s.coordinates == "tf_crop_and_resize") {
    double extent = (a.roiEnd - a.roiBegin) * (in - 1);
    return (width == 1 ? extent / 2 : at * extent / (width - 1)) + a.roiBegin * (in - 1);
  }
  if (s.coordinates == "pytorch_half_pixel" && width == 1)
    return -0.5;
  double offset = s.coordinates == "half_pixel_symmetric" ? in / 2 * (1 - static_cast<double>(a.result) / width) : 0;
  return offset + (at + 0.5) / a.scale - 0.5;
}

double cubicKernel(double x, double a) {
  x = std::fabs(x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// Weights of the elements at `first`, `first` + 1... relative to the one at or before the coordinate,
// which lies `ratio` in (0, 1] past it.
std::vector<double> kernelAt(const Sampling &s, double ratio, double scale, int64_t &first) {
  if (s.mode == "nearest") {
    first = 0;
    bool right = ratio == 1 || s.nearest == "ceil" || (s.nearest == "round_prefer_floor" && ratio > 0.5) ||
                 (s.nearest == "round_prefer_ceil" && ratio >= 0.5);
    return right ? std::vector<double>{0, 1} : std::vector<double>{1, 0};
  }
  double reach = s.mode == "cubic" ? 2 : 1, shrink = s.antialias ? std::min(scale, 1.0) : 1.0;
  first = static_cast<int64_t>(std::floor(-reach / shrink)) + 1;
  std::vector<double> weights;
  for (int64_t i = first; i < 2 - first; ++i) {
    double x = (static_cast<double>(i) - ratio) * shrink;
    weights.push_back(s.mode == "cubic" ? cubicKernel(x, s.cubicCoefficient) : std::clamp(1 - std::fabs(x), 0.0, 1.0));
  }
  if (double sum = std::accumulate(weights.begin(), weights.end(), 0.0); s.antialias && sum != 0)
    for (double &w : weights)
      w /= sum;
  return weights;
}

// Past this, a result depends on more elements than it is worth listing.
constexpr int64_t kMaxTaps = 4096;

std::optional<AxisTaps> tapsOf(NodeImport &n, const Sampling &s, const Axis &a) {
  AxisTaps t;
  for (int64_t r = 0; r < a.result; ++r) {
    double x = sourceCoordinate(s, a, static_cast<double>(r));
    double limit = static_cast<double>(a.input) + 4; // coordinates past it read the border anyway
    t.extrapolated.push_back(s.coordinates == "tf_crop_and_resize" && (x < 0 || x > static_cast<double>(a.input - 1)));
    x = std::isfinite(x) ? std::clamp(x, -limit, 2 * limit) : 0;
    double below = std::floor(x), ratio = x - below;
    if (ratio == 0) { // an element is to the right of the one before it
      below -= 1;
      ratio = 1;
    }
    if (s.antialias && a.scale * static_cast<double>(kMaxTaps) < 8) {
      n.error("shrinks by a factor of more than " + llvm::Twine(kMaxTaps / 8));
      return std::nullopt;
    }
    int64_t first;
    std::vector<double> weights = kernelAt(s, ratio, a.scale, first);
    t.taps = weights.size();
    double sum = 0;
    for (size_t k = 0; k < weights.size(); ++k) {
      int64_t index = static_cast<int64_t>(below) + first + static_cast<int64_t>(k);
      if (s.excludeOutside && (index < 0 || index >= a.input))
        weights[k] = 0;
      sum += weights[k];
      t.indices.push_back(std::clamp<int64_t>(index, 0, a.input - 1));
    }
    for (double w : weights)
      t.weights.push_back(s.excludeOutside && sum != 0 ? w / sum : w);
  }
  return t;
}

// Elements of an axis in the order of `indices`, by the cheapest operation that there is.
Value pick(NodeImport &n, Value x, int64_t axis, llvm::ArrayRef<int64_t> indices) {
  ImportBuilder &b = n.b;
  if (!x)
    return {};
  DimVector shape(ImportBuilder::shape(x));
  int64_t count = indices.size(), extent = shape[axis];
  auto follows = [&](auto &&rule) {
    for (int64_t i = 0; i < count; ++i)
      if (indices[i] != rule(i))
        return false;
    return true;
  };
  if (int64_t times = count / extent; times * extent == count && follows([&](int64_t i) { return i / times; })) {
    DimVector repeated(shape);
    repeated.insert(repeated.begin() + axis + 1, times);
    shape[axis] = count;
    return b.reshape(b.broadcastTo(b.expandDims(x, axis + 1), repeated), shape);
  }
  int64_t stride = count > 1 ? indices[1] - indices[0] : 1;
  if (stride > 0 && follows([&](int64_t i) { return indices[0] + i * stride; })) {
    DimVector starts(shape.size(), 0), strides(shape.size(), 1);
    starts[axis] = indices[0];
    strides[axis] = stride;
    shape[axis] = count;
    return b.slice(x, starts, shape, strides);
  }
  return b.gather(x, b.indices(DType::I32, indices), axis);
}

Value resizeAxis(NodeImport &n, Value x, int64_t axis, const Sampling &s, const Axis &a) {
  ImportBuilder &b = n.b;
  auto taps = tapsOf(n, s, a);
  if (!taps)
    return {};
  DType type = ImportBuilder::dtype(x);
  DimVector along(ImportBuilder::rank(x), 1);
  along[axis] = a.result;
  auto constant = [&](auto &&entry) {
    Tensor t(type, {along.begin(), along.end()});
    for (int64_t r = 0; r < a.result; ++r)
      t.setF(r, entry(r));
    return b.constant(t);
  };
  Value sum;
  if (s.mode == "nearest") {
    std::vector<int64_t> indices;
    for (int64_t r = 0; r < a.result; ++r)
      indices.push_back(taps->indices[2 * r + (taps->weights[2 * r] == 0)]);
    sum = pick(n, x, axis, indices);
  } else {
    for (size_t k = 0; k < taps->taps; ++k) {
      std::vector<int64_t> indices;
      bool any = false;
      for (int64_t r = 0; r < a.result; ++r) {
        indices.push_back(taps->indices[r * taps->taps + k]);
        any |= taps->weights[r * taps->taps + k] != 0;
      }
      if (!any)
        continue;
      Value term = b.mul(pick(n, x, axis, indices), constant([&](int64_t r) { return taps->weights[r * taps->taps + k]; }));
      sum = sum ? b.add(sum, term) : term;
    }
  }
  if (llvm::is_contained(taps->extrapolated, true)) {
    Value outside = b.cast(constant([&](int64_t r) { return taps->extrapolated[r] ? 1 : 0; }), DType::I1);
    sum = b.select(outside, b.scalar(type, s.extrapolation), sum);
  }
  return sum;
}

// Linear resampling of images and the like is one operation of the dialect.
std::optional<nn::CoordMode> dialectCoordinates(const Sampling &s, llvm::ArrayRef<Axis> axes) {
  if (s.mode != "linear" || s.antialias || s.excludeOutside || axes.size() < 3 || axes.size() > 5)
    return std::nullopt;
  for (size_t dim = 0; dim < axes.size(); ++dim)
    if (dim < 2 ? axes[dim].input != axes[dim].result : axes[dim].result < 2)
      return std::nullopt;
  if (s.coordinates == "half_pixel" || s.coordinates == "pytorch_half_pixel")
    return nn::CoordMode::HalfPixel;
  if (s.coordinates == "asymmetric")
    return nn::CoordMode::Asymmetric;
  bool whole = llvm::all_of(axes, [](const Axis &a) { // the corners of results that were not rounded
    return a.scale * static_cast<double>(a.input) == static_cast<double>(a.result);
  });
  return s.coordinates == "align_corners" && whole ? std::optional(nn::CoordMode::AlignCorners) : std::nullopt;
}

Value resizeAll(NodeImport &n, const Sampling &s, llvm::ArrayRef<Axis> axes) {
  ImportBuilder &b = n.b;
  DimVector shape;
  for (const Axis &a : axes) {
    if (a.result < 0 || a.result > (int64_t(1) << 30) || (a.input < 1 && a.result > 0))
      return n.error("cannot resize extent " + llvm::Twine(a.input) + " to " + llvm::Twine(a.result));
    shape.push_back(a.result);
  }
  DType type = n.dtype(0);
  if (llvm::is_contained(shape, 0))
    return b.splat(type, shape, 0);
  // Values that are only moved keep their type.
  bool moves = s.mode == "nearest" && s.coordinates != "tf_crop_and_resize";
  Value x = moves || type == DType::F64 ? n.in(0) : b.cast(n.in(0), DType::F32);
  if (auto coordinates = dialectCoordinates(s, axes)) {
    llvm::SmallVector<float> scales;
    DimVector result{shape[0]};
    for (const Axis &a : axes.drop_front(2)) {
      scales.push_back(static_cast<float>(*coordinates == nn::CoordMode::AlignCorners
                                              ? static_cast<double>(a.input - 1) / static_cast<double>(a.result - 1)
                                              : 1 / a.scale));
      result.push_back(a.result);
    }
    result.push_back(shape[1]);
    Value moved = b.channelsLast(x);
    moved = b.resize(nn::ResizeMode::Linear, moved, result, *coordinates, nn::RoundMode::Floor, scales);
    return moved ? b.cast(b.channelsFirst(moved), type) : Value();
  }
  for (auto [dim, a] : llvm::enumerate(axes)) {
    bool whole = a.roiBegin == 0 && a.roiEnd == 1;
    if (x && (a.input != a.result || a.scale != 1 || !whole))
      x = resizeAxis(n, x, dim, s, a);
  }
  return b.cast(x, type);
}

Sampling samplingOf(NodeImport &n) {
  Sampling s;
  s.mode = n.text("mode", s.mode);
  s.coordinates = n.text("coordinate_transformation_mode", s.coordinates);
  s.nearest = n.text("nearest_mode", s.nearest);
  s.cubicCoefficient = n.real("cubic_coeff_a", s.cubicCoefficient);
  s.extrapolation = n.real("extrapolation_value", 0);
  s.antialias = n.integer("antialias", 0) != 0 && s.mode != "nearest";
  s.excludeOutside = n.integer("exclude_outside", 0) != 0;
  return s;
}

// The axes that roi, scales and sizes have entries for: all, or those of attribute `axes`.
std::optional<DimVector> resizedAxes(NodeImport &n) {
  DimVector axes;
  if (!n.has("axes")) {
    axes.resize(n.rank(0));
    std::iota(axes.begin(), axes.end(), 0);
    return axes;
  }
  for (int64_t given : n.integers("axes")) {
    auto axis = n.b.normalizeAxis(given, n.rank(0));
    if (!axis)
      return std::nullopt;
    if (llvm::is_contained(axes, *axis)) {
      n.error("an axis is named twice");
      return std::nullopt;
    }
    axes.push_back(*axis);
  }
  return axes;
}

std::vector<Axis> unchanged(NodeImport &n) {
  std::vector<Axis> axes;
  for (int64_t extent : n.shape(0))
    axes.push_back({extent, extent, 1});
  return axes;
}

// Extents and factors from a list of scales for some axes; false: reported.
bool scaleAxes(NodeImport &n, std::vector<Axis> &all, Dims axes, llvm::ArrayRef<double> scales) {
  if (scales.size() != axes.size())
    return n.error("has " + llvm::Twine(scales.size()) + " scales for " + llvm::Twine(axes.size()) + " axes"), false;
  for (auto [axis, scale] : llvm::zip(axes, scales)) {
    double extent = std::floor(scale * static_cast<double>(all[axis].input));
    if (!(scale > 0) || !(extent < 1e9))
      return n.error("scales must be positive and of reasonable size"), false;
    all[axis].scale = scale;
    all[axis].result = static_cast<int64_t>(extent);
  }
  return true;
}

bool sizeAxes(NodeImport &n, std::vector<Axis> &all, Dims axes, Dims sizes) {
  if (sizes.size() != axes.size())
    return n.error("has " + llvm::Twine(sizes.size()) + " sizes for " + llvm::Twine(axes.size()) + " axes"), false;
  std::string policy = n.text("keep_aspect_ratio_policy", "stretch");
  std::vector<double> scales;
  for (auto [axis, size] : llvm::zip(axes, sizes)) {
    if (all[axis].input < 1 || size < 0)
      return n.error("cannot resize extent " + llvm::Twine(all[axis].input) + " to " + llvm::Twine(size)), false;
    scales.push_back(static_cast<double>(size) / static_cast<double>(all[axis].input));
  }
  if (policy != "stretch" && !scales.empty()) {
    auto ends = std::minmax_element(scales.begin(), scales.end());
    scales.assign(scales.size(), policy == "not_larger" ? *ends.first : *ends.second);
  }
  for (auto [i, axis] : llvm::enumerate(axes)) {
    double extent = std::floor(scales[i] * static_cast<double>(all[axis].input) + 0.5);
    all[axis].scale = scales[i];
    all[axis].result = policy == "stretch" ? sizes[i] : static_cast<int64_t>(std::min(extent, 2e9));
  }
  return true;
}

llvm::SmallVector<double> constantReals(NodeImport &n, size_t i) {
  llvm::SmallVector<double> values;
  Tensor tensor = n.constant(i);
  for (int64_t k = 0; k < std::min<int64_t>(tensor.size(), 1024); ++k)
    values.push_back(tensor.f(k));
  return values;
}

// An optional operand that is absent, or there without elements as older models have it.
bool isThere(NodeImport &n, size_t i) { return n.in(i) && ImportBuilder::elements(n.in(i)) > 0; }

Results resize(NodeImport &n) {
  Sampling s = samplingOf(n);
  auto axes = resizedAxes(n);
  if (!axes)
    return Value();
  std::vector<Axis> all = unchanged(n);
  if (s.coordinates == "tf_crop_and_resize") {
    llvm::SmallVector<double> roi = isThere(n, 1) ? constantReals(n, 1) : llvm::SmallVector<double>();
    if (roi.size() != 2 * axes->size())
      return n.error("tf_crop_and_resize needs a roi with a begin and an end for each axis");
    for (auto [i, axis] : llvm::enumerate(*axes)) {
      all[axis].roiBegin = roi[i];
      all[axis].roiEnd = roi[axes->size() + i];
    }
  }
  bool ok;
  if (isThere(n, 3))
    ok = sizeAxes(n, all, *axes, n.constantInts(3));
  else if (isThere(n, 2))
    ok = scaleAxes(n, all, *axes, constantReals(n, 2));
  else
    return n.error("needs scales or sizes");
  return ok ? resizeAll(n, s, all) : Value();
}

// Before opset 11, and Upsample: no choice of coordinates.
ImportFn resizeByScales(bool scalesAreAttribute) {
  return [scalesAreAttribute](NodeImport &n) -> Results {
    Sampling s;
    s.mode = n.text("mode", "nearest");
    s.coordinates = "asymmetric";
    s.nearest = "floor";
    std::vector<Axis> all = unchanged(n);
    DimVector axes(n.rank(0));
    std::iota(axes.begin(), axes.end(), 0);
    llvm::SmallVector<double> scales = scalesAreAttribute ? n.reals("scales") : constantReals(n, 1);
    return scaleAxes(n, all, axes, scales) ? resizeAll(n, s, all) : Value();
  };
}

} // namespace

void addResizeOps(OpRows &rows) {
  const std::vector<std::string> modes{"nearest", "linear"};
  rows.push_back(OpRow("Upsample", 7, 1, kAll, resizeByScales(true)).until(8).oneOf("mode", modes));
  rows.push_back(OpRow("Upsample", 9, 2, kAll, resizeByScales(false)).oneOf("mode", modes).needsConstant(1, "scales"));
  rows.push_back(
      OpRow("Resize", 10, 2, kAll, resizeByScales(false)).until(10).oneOf("mode", modes).needsConstant(1, "scales"));
  rows.push_back(OpRow("Resize", 11, 4, kAll, resize)
                     .atLeast(1)
                     .oneOf("mode", {"nearest", "linear", "cubic"})
                     .oneOf("coordinate_transformation_mode",
                            {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
                             "tf_crop_and_resize", "tf_half_pixel_for_nn"})
                     .oneOf("nearest_mode", {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
                     .oneOf("keep_aspect_ratio_policy", {"stretch", "not_larger", "not_smaller"})
                     .needsConstant(1, "roi")
                     .needsConstant(2, "scales")
                     .needsConstant(3, "sizes"));
}

} // namespace aotc::onnx
