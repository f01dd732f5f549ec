// Family Quant: real numbers as integers with a range, and arithmetic on real numbers that imitates them.
#include "compiler/frontend/tensorflow/ops/Quant.h"

#include <cmath>
#include <limits>

#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {

using nn::BinaryFn;
using nn::Rounding;
using nn::UnaryFn;

std::optional<Ranges> rangesOf(NodeImport &n, size_t operand, int64_t count) {
  Ranges ranges;
  Tensor mins = n.constant(operand), maxs = n.constant(operand + 1);
  if (mins.size() != count || maxs.size() != count) {
    n.error("needs " + llvm::Twine(count) + " minima and maxima, got " + llvm::Twine(mins.size()) + " and " + llvm::Twine(maxs.size()));
    return std::nullopt;
  }
  for (int64_t i = 0; i < count; ++i) {
    ranges.push_back({static_cast<float>(mins.f(i)), static_cast<float>(maxs.f(i))});
    if (!(ranges.back().min <= ranges.back().max) || !std::isfinite(ranges.back().max - ranges.back().min)) {
      n.error("the range " + std::to_string(ranges.back().min) + " to " + std::to_string(ranges.back().max) + " is none");
      return std::nullopt;
    }
  }
  return ranges;
}

IntegerType integerType(DType type) {
  int64_t span = int64_t(1) << (8 * byteSize(type));
  return isSigned(type) ? IntegerType{-span / 2, span / 2 - 1} : IntegerType{0, span - 1};
}

int64_t nearestInteger(double x) {
  constexpr double kMost = 0x1p60;
  return std::isnan(x) ? 0 : std::llround(std::clamp(x, -kMost, kMost));
}

Steps stepsOf(Range range, DType type) {
  IntegerType codes = integerType(type);
  auto spaces = static_cast<double>(codes.high - codes.low);
  Steps steps;
  steps.scale = static_cast<float>((range.max - range.min) / spaces);
  steps.start = range.min == range.max ? range.min : std::round(range.min / steps.scale) * steps.scale;
  steps.inverse = range.min == range.max ? 0 : static_cast<float>(spaces / (range.max - range.min));
  steps.zero = codes.low - nearestInteger(range.min * steps.inverse);
  return steps;
}

Value realsOf(NodeImport &n, Value codes, Range range) {
  DType type = ImportBuilder::dtype(codes);
  Steps steps = stepsOf(range, type);
  Value reals = n.b.dequantize(codes, n.b.scalar(DType::F32, steps.scale), 0);
  float offset = steps.start - static_cast<float>(integerType(type).low) * steps.scale;
  return offset == 0 ? reals : n.b.binary(BinaryFn::Add, reals, offset);
}

namespace {

// One number, or one a position of `axis`.
Value alongAxis(NodeImport &n, llvm::ArrayRef<float> numbers, int64_t axis) {
  if (axis < 0)
    return n.b.scalar(DType::F32, numbers.front());
  Shape shape(n.rank(0), 1);
  shape[axis] = static_cast<int64_t>(numbers.size());
  return n.b.constant(Tensor::of<float>(DType::F32, shape, absl::MakeConstSpan(numbers.data(), numbers.size())));
}

template <typename T> Value alongAxis(NodeImport &n, llvm::ArrayRef<T> all, float T::*number, int64_t axis) {
  std::vector<float> numbers;
  for (const T &one : all)
    numbers.push_back(one.*number);
  return alongAxis(n, numbers, axis);
}

// The axis that ranges lie along, -1 for one range, and how many there are; nullopt: reported.
struct RangeAxis {
  int64_t axis, count;
};
std::optional<RangeAxis> rangeAxis(NodeImport &n) {
  int64_t axis = n.integer("axis", -1);
  if (axis < -1 || axis >= n.rank(0)) {
    n.error("there is no axis " + llvm::Twine(axis));
    return std::nullopt;
  }
  return RangeAxis{axis, axis < 0 ? 1 : n.shape(0)[axis]};
}

// A range that was shifted ("nudged") so that one of its steps is exactly 0.
struct Nudged {
  float scale, inverse, from, to;
  int64_t zero;
};

// Nullopt: reported.
std::optional<Nudged> nudge(NodeImport &n, Range range, int64_t lowest, int64_t highest) {
  const auto low = static_cast<float>(lowest), high = static_cast<float>(highest);
  Nudged result;
  result.scale = (range.max - range.min) / (high - low);
  result.inverse = (high - low) / (range.max - range.min);
  if (!(result.scale > 0) || !std::isfinite(result.inverse)) {
    n.error("the range " + std::to_string(range.min) + " to " + std::to_string(range.max) + " is empty");
    return std::nullopt;
  }
  float zero = low - range.min / result.scale;
  result.zero = zero < low ? lowest : zero > high ? highest : std::llround(zero);
  result.from = (low - static_cast<float>(result.zero)) * result.scale;
  result.to = (high - static_cast<float>(result.zero)) * result.scale;
  return result;
}

struct Bits {
  int64_t lowest, highest;
};
std::optional<Bits> fakeBits(NodeImport &n) {
  int64_t bits = n.integer("num_bits", 8);
  if (bits >= 2 && bits <= 16)
    return Bits{n.flag("narrow_range") ? 1 : 0, (int64_t(1) << bits) - 1};
  n.error("num_bits must be 2 to 16, got " + llvm::Twine(bits));
  return std::nullopt;
}

// Whole numbers within these limits, times a scale. Of known ones the limits are looked up, and they are stored around 0 if
// they fit, which kernels multiply.
Value storedSteps(NodeImport &n, Value steps, Bits limits, Value scale) {
  ImportBuilder &b = n.b;
  if (auto known = b.constantOf(steps)) {
    double least = 0, most = 0;
    for (int64_t i = 0; i < known->size(); ++i) {
      least = std::min(least, known->f(i));
      most = std::max(most, known->f(i));
    }
    limits = {static_cast<int64_t>(least), static_cast<int64_t>(most)};
  }
  IntegerType bytes = integerType(DType::I8);
  bool isAroundZero = limits.lowest >= bytes.low && limits.highest <= bytes.high;
  int64_t span = limits.highest - limits.lowest, zero = isAroundZero ? 0 : -limits.lowest;
  DType type = isAroundZero ? DType::I8 : span <= integerType(DType::U8).high ? DType::U8 : DType::U16;
  if (span > integerType(DType::U16).high)
    return b.mul(steps, scale);
  Value codes = b.quantize(Rounding::FloatRne, steps, b.scalar(DType::F32, 1), zero, static_cast<double>(limits.lowest + zero),
                           static_cast<double>(limits.highest + zero), type);
  return b.dequantize(codes, scale, zero);
}

// `divides` by the scale instead of multiplying by its reciprocal.
Value fakeQuant(NodeImport &n, Range range, bool divides) {
  ImportBuilder &b = n.b;
  Value x = n.in(0);
  auto bits = fakeBits(n);
  if (!bits)
    return {};
  if (range.min == 0 && range.max == 0)
    return b.splat(DType::F32, n.shape(0), 0);
  auto nudged = nudge(n, range, bits->lowest, bits->highest);
  if (!nudged)
    return {};
  Value scale = b.scalar(DType::F32, nudged->scale), factor = divides ? scale : b.scalar(DType::F32, nudged->inverse);
  Value codes = b.quantize(divides ? Rounding::DivideUp : Rounding::FloatUp, x, factor, nudged->zero, static_cast<double>(bits->lowest),
                           static_cast<double>(bits->highest), bits->highest > integerType(DType::U8).high ? DType::U16 : DType::U8,
                           nudged->from);
  if (!ImportBuilder::isKnown(codes))
    return b.dequantize(codes, scale, nudged->zero);
  Value steps = b.binary(BinaryFn::Sub, b.cast(codes, DType::F32), static_cast<double>(nudged->zero));
  return storedSteps(n, steps, *bits, scale);
}

Results byArgs(NodeImport &n) {
  return fakeQuant(n, {static_cast<float>(n.real("min", -6)), static_cast<float>(n.real("max", 6))}, /*divides=*/false);
}

Results byVars(NodeImport &n) {
  auto range = rangesOf(n, 1);
  return range ? fakeQuant(n, range->front(), /*divides=*/true) : Value();
}

Results byChannel(NodeImport &n) {
  if (n.rank(0) < 1 || n.rank(1) != 1)
    return n.error("min and max need one entry a channel");
  ImportBuilder &b = n.b;
  int64_t last = n.rank(0) - 1;
  auto bits = fakeBits(n);
  auto ranges = rangesOf(n, 1, n.shape(0)[last]);
  if (!bits || !ranges)
    return Value();
  std::vector<Nudged> channels;
  std::vector<float> zeros; // in steps from the lowest number
  Bits limits{0, 0};
  for (Range range : *ranges) {
    Nudged zero{1, 0, 0, 0, bits->lowest};
    auto nudged = range.min == 0 && range.max == 0 ? std::optional(zero) : nudge(n, range, bits->lowest, bits->highest);
    if (!nudged)
      return Value();
    channels.push_back(*nudged);
    zeros.push_back(static_cast<float>(nudged->zero - bits->lowest));
    limits.lowest = std::min(limits.lowest, bits->lowest - nudged->zero);
    limits.highest = std::max(limits.highest, bits->highest - nudged->zero);
  }
  if (channels.empty())
    return n.in(0);
  auto each = [&](float Nudged::*number) { return alongAxis<Nudged>(n, channels, number, last); };
  Value from = each(&Nudged::from);
  Value x = b.binary(BinaryFn::Max, b.binary(BinaryFn::Min, n.in(0), each(&Nudged::to)), from);
  x = b.sub(b.mul(b.sub(x, from), each(&Nudged::inverse)), alongAxis(n, zeros, last));
  return storedSteps(n, b.unary(UnaryFn::Floor, b.binary(BinaryFn::Add, x, 0.5)), limits, each(&Nudged::scale));
}

// The factor that takes the range into these integers, 0 to 0, and its reciprocal.
struct Scaling {
  double factor, inverse;
};
template <typename T> Scaling scalingFor(T min, T max, int64_t low, int64_t high) {
  const auto least = static_cast<T>(low), most = static_cast<T>(high);
  constexpr T kNone = std::numeric_limits<T>::max();
  T fromMin = least * min > 0 ? least / min : kNone, fromMax = most * max > 0 ? most / max : kNone;
  if (fromMin < fromMax)
    return {static_cast<double>(fromMin), static_cast<double>(min / least)};
  return {static_cast<double>(fromMax), static_cast<double>(max / most)};
}

// Extremes of a known operand, one pair a position of the axis.
template <typename T> std::optional<std::vector<std::pair<T, T>>> extremesOf(NodeImport &n, RangeAxis axis) {
  auto known = n.b.constantOf(n.in(0));
  if (!known) {
    n.error("a range that is computed from the operand is not supported", "quantize with range_given");
    return std::nullopt;
  }
  std::vector<std::pair<T, T>> extremes(axis.count, {std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity()});
  int64_t inner = 1;
  for (int64_t extent : axis.axis < 0 ? Dims() : n.shape(0).drop_front(axis.axis + 1))
    inner *= extent;
  for (int64_t i = 0; i < known->size(); ++i) {
    auto &[min, max] = extremes[axis.axis < 0 ? 0 : i / inner % axis.count];
    min = std::min(min, static_cast<T>(known->f(i)));
    max = std::max(max, static_cast<T>(known->f(i)));
  }
  return extremes;
}

template <typename T> Value quantizeAndDequantize(NodeImport &n, int64_t bits, bool halvesUp) {
  ImportBuilder &b = n.b;
  bool isSigned = n.flag("signed_input", true), isGiven = n.flag("range_given", n.numInputs() == 4);
  auto axis = rangeAxis(n);
  if (!axis)
    return {};
  if (bits < 1 || bits > 52)
    return n.error("num_bits must be 1 to 52, got " + llvm::Twine(bits));
  int64_t high = (int64_t(1) << (isSigned ? bits - 1 : bits)) - 1;
  int64_t low = isSigned ? -high - (n.flag("narrow_range") ? 0 : 1) : 0;
  std::vector<std::pair<T, T>> ranges;
  if (isGiven) {
    Tensor mins = n.constant(1), maxs = n.constant(2);
    if (mins.size() != axis->count || maxs.size() != axis->count)
      return n.error("needs " + llvm::Twine(axis->count) + " minima and maxima");
    for (int64_t i = 0; i < axis->count; ++i)
      ranges.emplace_back(static_cast<T>(mins.f(i)), static_cast<T>(maxs.f(i)));
  } else if (auto extremes = extremesOf<T>(n, *axis)) {
    ranges = *std::move(extremes);
  } else {
    return {};
  }
  DType type = n.dtype(0);
  Shape shape(axis->axis < 0 ? 0 : n.rank(0), 1);
  if (axis->axis >= 0)
    shape[axis->axis] = axis->count;
  Tensor factors(type, shape), scales(type, shape);
  bool isNegative = false;
  for (int64_t i = 0; i < axis->count; ++i) {
    Scaling scaling = scalingFor<T>(ranges[i].first, ranges[i].second, low, high);
    factors.setF(i, scaling.factor);
    scales.setF(i, scaling.inverse);
    isNegative |= ranges[i].first < 0;
  }
  Value factor = b.constant(factors), scale = b.constant(scales);
  bool limits = isGiven || isSigned || !isNegative; // else nothing does
  if (type == DType::F32 && bits <= 16 && limits) {
    DType codes = bits <= 8 ? (isSigned ? DType::I8 : DType::U8) : (isSigned ? DType::I16 : DType::U16);
    Value quantized = b.quantize(halvesUp ? Rounding::FloatUp : Rounding::FloatRne, n.in(0), factor, 0, static_cast<double>(low),
                                 static_cast<double>(high), codes);
    return b.dequantize(quantized, scale, 0);
  }
  Value x = b.mul(n.in(0), factor);
  x = halvesUp ? b.unary(UnaryFn::Floor, b.binary(BinaryFn::Add, x, 0.5)) : b.unary(UnaryFn::RoundEven, x);
  if (limits)
    x = b.clamp(x, static_cast<double>(low), static_cast<double>(high));
  return b.mul(x, scale);
}

Results quantizeAndDequantize(NodeImport &n, int64_t bits, bool halvesUp) {
  return n.dtype(0) == DType::F64 ? quantizeAndDequantize<double>(n, bits, halvesUp) : quantizeAndDequantize<float>(n, bits, halvesUp);
}

// Also V4, which differs in its gradient.
Results quantizeAndDequantizeV2(NodeImport &n) {
  return quantizeAndDequantize(n, n.integer("num_bits", 8), n.text("round_mode", "HALF_TO_EVEN") == "HALF_UP");
}

Results quantizeAndDequantizeV3(NodeImport &n) {
  auto bits = n.constantInt(3);
  return bits ? quantizeAndDequantize(n, *bits, /*halvesUp=*/false) : Value();
}

// The range that is used instead of one that is too narrow, or without 0.
Range widened(NodeImport &n, Range range) {
  float margin = std::max(1.0f, std::max(std::fabs(range.min), std::fabs(range.max))) * static_cast<float>(n.real("ensure_minimum_range", 0.01f));
  float min = std::min(0.0f, range.min);
  return {min, std::max(0.0f, std::max(range.max, min + margin))};
}

Results quantizeV2(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto type = n.type("T");
  auto axis = rangeAxis(n);
  auto ranges = type && axis ? rangesOf(n, 1, axis->count) : std::nullopt;
  if (!ranges)
    return Value();
  if (!isInteger(*type) || byteSize(*type) > 2)
    return n.error("cannot quantize to " + std::string(name(*type)));
  const IntegerType codes = integerType(*type);
  const auto low = static_cast<double>(codes.low), high = static_cast<double>(codes.high);
  for (Range &range : *ranges)
    range = widened(n, range);
  const std::string mode = n.text("mode", "MIN_COMBINED");
  bool halvesToEven = n.text("round_mode", "HALF_AWAY_FROM_ZERO") == "HALF_TO_EVEN";
  std::vector<float> factors;
  Value result;
  if (mode == "SCALED") {
    auto least = codes.low + (n.flag("narrow_range") ? 1 : 0);
    for (Range &range : *ranges) {
      auto factor = static_cast<float>(scalingFor<float>(range.min, range.max, least, codes.high).factor);
      factors.push_back(factor);
      range = {static_cast<float>(least) / factor, static_cast<float>(codes.high) / factor};
    }
    result = b.quantize(halvesToEven ? Rounding::FloatRne : Rounding::FloatAway, n.in(0), alongAxis(n, factors, axis->axis), 0,
                        static_cast<double>(least), high, *type);
  } else if (halvesToEven) {
    return n.error("halves are rounded to even in mode SCALED only");
  } else if (mode == "MIN_FIRST") {
    if (axis->axis >= 0 && axis->count > 1)
      return n.error("mode MIN_FIRST takes one range");
    Steps steps = stepsOf(ranges->front(), *type);
    result = b.quantize(Rounding::FloatAway, n.in(0), b.scalar(DType::F32, steps.inverse), steps.zero, low, high, *type);
  } else { // real 0 may lie between two codes
    for (Range range : *ranges)
      factors.push_back(static_cast<float>((high - low) / (range.max - range.min)));
    Value x = b.mul(b.sub(n.in(0), alongAxis<Range>(n, *ranges, &Range::min, axis->axis)), alongAxis(n, factors, axis->axis));
    if (isSigned(*type))
      x = b.binary(BinaryFn::Add, x, low);
    result = b.quantize(isSigned(*type) ? Rounding::FloatAway : Rounding::FloatUp, x, b.scalar(DType::F32, 1), 0, low, high, *type);
  }
  auto bound = [&](float Range::*which) {
    Value all = alongAxis<Range>(n, *ranges, which, axis->axis);
    return axis->axis < 0 ? all : b.reshape(all, {axis->count});
  };
  return {result, bound(&Range::min), bound(&Range::max)};
}

Results dequantize(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto axis = rangeAxis(n);
  auto ranges = axis ? rangesOf(n, 1, axis->count) : std::nullopt;
  if (!ranges)
    return Value();
  DType type = n.dtype(0), to = n.type("dtype", DType::F32).value_or(DType::F32);
  const IntegerType codes = integerType(type);
  const std::string mode = n.text("mode", "MIN_COMBINED");
  std::vector<float> scales;
  if (mode == "MIN_FIRST") {
    if (axis->axis >= 0 && axis->count > 1)
      return n.error("mode MIN_FIRST takes one range");
    return b.cast(realsOf(n, n.in(0), ranges->front()), to);
  }
  if (mode == "SCALED") {
    auto least = static_cast<float>(codes.low + (n.flag("narrow_range") ? 1 : 0)), most = static_cast<float>(codes.high);
    for (Range range : *ranges)
      scales.push_back(isSigned(type) ? std::max(range.min / least, range.max / most) : range.max / most);
    return b.cast(b.dequantize(n.in(0), alongAxis(n, scales, axis->axis), 0), to);
  }
  const float span = static_cast<float>(codes.high) - static_cast<float>(codes.low);
  for (Range range : *ranges)
    scales.push_back((range.max - range.min) / span);
  Value scale = alongAxis(n, scales, axis->axis), x;
  if (byteSize(type) <= 2)
    x = b.dequantize(n.in(0), scale, codes.low);
  else
    x = b.mul(b.binary(BinaryFn::Add, b.cast(n.in(0), DType::F32), -static_cast<double>(codes.low)), scale);
  if (llvm::any_of(*ranges, [](Range range) { return range.min != 0; }))
    x = b.add(x, alongAxis<Range>(n, *ranges, &Range::min, axis->axis));
  return b.cast(x, to);
}

} // namespace

void addQuantOps(OpRows &rows) {
  const TypeSet f32{DType::F32}, reals{DType::F32, DType::F64};
  const TypeSet codes{DType::I8, DType::U8, DType::I16, DType::U16, DType::I32};
  auto add = [&](OpRow row) { rows.push_back(std::move(row).needsConstant(1, "min").needsConstant(2, "max")); };
  rows.emplace_back("FakeQuantWithMinMaxArgs", 1, f32, byArgs);
  add(OpRow("FakeQuantWithMinMaxVars", 3, f32, byVars));
  add(OpRow("FakeQuantWithMinMaxVarsPerChannel", 3, f32, byChannel));
  add(OpRow("QuantizeAndDequantizeV2", 3, reals, quantizeAndDequantizeV2).oneOf("round_mode", {"HALF_TO_EVEN", "HALF_UP"}));
  add(OpRow("QuantizeAndDequantizeV3", 4, reals, quantizeAndDequantizeV3).needsConstant(3, "num_bits"));
  add(OpRow("QuantizeAndDequantizeV4", 3, reals, quantizeAndDequantizeV2).oneOf("round_mode", {"HALF_TO_EVEN", "HALF_UP"}));
  const std::vector<std::string> modes{"MIN_COMBINED", "MIN_FIRST", "SCALED"};
  add(OpRow("QuantizeV2", 3, f32, quantizeV2).oneOf("mode", modes).oneOf("round_mode", {"HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"}));
  add(OpRow("Dequantize", 3, codes, dequantize).oneOf("mode", modes));
}

} // namespace aotc::tf
