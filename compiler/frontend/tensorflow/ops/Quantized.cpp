// Family Quantized: TensorFlow's operations on integers that come with their ranges.
#include <cmath>

#include "compiler/frontend/tensorflow/ops/OpTable.h"
#include "compiler/frontend/tensorflow/ops/Quant.h"
#include "compiler/frontend/tensorflow/ops/Windows.h"

namespace aotc::tf {
namespace {

using nn::BinaryFn;
using nn::Rounding;
using nn::UnaryFn;

// `real` as an integer of a range, which an integer type need not hold. In f64, where stepsOf rounds to f32.
int64_t unclampedCode(float real, Range range, IntegerType type) {
  if (range.min == range.max)
    return type.low;
  double count = static_cast<double>(type.high - type.low) + 1;
  double width = (range.max - range.min) * (count / (count - 1)), perUnit = count / width;
  return nearestInteger(real * perUnit) - nearestInteger(range.min * perUnit) + type.low;
}

int64_t codeOf(float real, Range range, DType type) {
  IntegerType limits = integerType(type);
  return std::clamp(unclampedCode(real, range, limits), limits.low, limits.high);
}

float realOf(int64_t code, Range range, IntegerType type) {
  if (range.min == range.max)
    return range.min;
  double count = static_cast<double>(type.high - type.low) + 1;
  double step = (range.max - range.min) * (count / (count - 1)) / count;
  double start = std::round(range.min / static_cast<float>(step)) * static_cast<float>(step);
  return static_cast<float>(start + static_cast<double>(code - type.low) * step);
}

Range productRange(Range a, DType typeA, Range b, DType typeB) {
  auto level = [](Range range, DType type) {
    IntegerType codes = integerType(type);
    return (range.max - range.min) / static_cast<float>(codes.high - codes.low);
  };
  IntegerType sums = integerType(DType::I32);
  float step = level(a, typeA) * level(b, typeB);
  return {step * static_cast<float>(sums.low), step * static_cast<float>(sums.high)};
}

Results withRange(NodeImport &n, Value codes, Range range) {
  return {codes, n.b.scalar(DType::F32, range.min), n.b.scalar(DType::F32, range.max)};
}

// Two operands with ranges of [min, max], each wider than nothing.
struct Pair {
  Range left, right;
  int32_t zeroLeft, zeroRight; // codes of real 0, which the types need not hold
};
std::optional<Pair> pairOf(NodeImport &n) {
  auto left = rangesOf(n, 2), right = rangesOf(n, 4);
  if (!left || !right)
    return std::nullopt;
  if (byteSize(n.dtype(0)) != 1 || byteSize(n.dtype(1)) != 1) {
    n.error("needs two tensors of 8-bit integers");
    return std::nullopt;
  }
  if (left->front().min == left->front().max || right->front().min == right->front().max) {
    n.error("has an empty range");
    return std::nullopt;
  }
  auto zero = [&](const Ranges &ranges, size_t operand) {
    return static_cast<int32_t>(unclampedCode(0, ranges.front(), integerType(n.dtype(operand))));
  };
  return Pair{left->front(), right->front(), zero(*left, 0), zero(*right, 1)};
}

// Around 0, with room for sums; nullopt: reported.
std::optional<Range> rangeOfSums(NodeImport &n, float largest, int64_t room) {
  float limit = largest * static_cast<float>(room);
  if (std::isfinite(limit - -limit))
    return Range{-limit, limit};
  n.error("has ranges that are too wide");
  return std::nullopt;
}

bool holdZeros(NodeImport &n, const Pair &pair) {
  IntegerType left = integerType(n.dtype(0)), right = integerType(n.dtype(1));
  return pair.zeroLeft >= left.low && pair.zeroLeft <= left.high && pair.zeroRight >= right.low && pair.zeroRight <= right.high;
}

Value centred(NodeImport &n, Value codes, int64_t zero) {
  return n.b.binary(BinaryFn::Sub, n.b.cast(codes, DType::I32), static_cast<double>(zero));
}

Results matMul(NodeImport &n) {
  auto pair = pairOf(n);
  if (!pair)
    return Value();
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return n.error("needs two matrices");
  Value left = n.flag("transpose_a") ? n.b.transpose(n.in(0), {1, 0}) : n.in(0);
  Value right = n.flag("transpose_b") ? n.b.transpose(n.in(1), {1, 0}) : n.in(1);
  Value sums = holdZeros(n, *pair) ? n.b.matmul(left, right, ZeroPoints{pair->zeroLeft, pair->zeroRight})
                                   : n.b.matmul(centred(n, left, pair->zeroLeft), centred(n, right, pair->zeroRight));
  return withRange(n, sums, productRange(pair->left, n.dtype(0), pair->right, n.dtype(1)));
}

// With padding SAME, windows that leave out pixels because strides are longer lie in the middle.
Value centredWindows(NodeImport &n, Value input, Dims kernel, const DimVector &strides, const SpatialWindow &window) {
  DimVector starts(ImportBuilder::rank(input), 0), sizes(ImportBuilder::shape(input));
  for (size_t i = 0; i < kernel.size(); ++i) {
    int64_t spare = sizes[i + 1] - (window.results[i] - 1) * strides[i] - kernel[i];
    if (spare > 0 && n.text("padding", "") == "SAME") {
      starts[i + 1] = spare / 2;
      sizes[i + 1] -= spare;
    }
  }
  return n.b.slice(input, starts, sizes);
}

Results conv2D(NodeImport &n) {
  auto pair = pairOf(n);
  if (!pair)
    return Value();
  if (n.rank(0) != 4 || n.rank(1) != 4)
    return n.error("needs an input and a filter of rank 4");
  auto strides = splitLayout(n, "strides", n.integers("strides"), 2), dilations = splitLayout(n, "dilations", n.integers("dilations"), 2);
  if (!strides || !dilations)
    return Value();
  if (strides->batch != 1 || strides->channel != 1 || llvm::any_of(n.integers("dilations"), [](int64_t d) { return d != 1; }))
    return n.error("strides of batch and channels and all dilations must be 1");
  if (n.shape(0)[3] != n.shape(1)[2])
    return n.error("filter for " + llvm::Twine(n.shape(1)[2]) + " channels, input of " + llvm::Twine(n.shape(0)[3]));
  Dims kernel = n.shape(1).take_front(2);
  auto window = resolveWindow(n, n.shape(0).slice(1, 2), kernel, strides->spatial, dilations->spatial);
  if (!window)
    return Value();
  if (llvm::is_contained(window->results, 0))
    return n.error("has no results");
  Value input = centredWindows(n, n.in(0), kernel, strides->spatial, *window);
  Value sums = holdZeros(n, *pair) ? n.b.conv(input, n.in(1), *window, 1, ZeroPoints{pair->zeroLeft, pair->zeroRight})
                                   : n.b.conv(centred(n, input, pair->zeroLeft), centred(n, n.in(1), pair->zeroRight), *window);
  return withRange(n, sums, productRange(pair->left, n.dtype(0), pair->right, n.dtype(1)));
}

Results multiply(NodeImport &n) {
  auto pair = pairOf(n);
  if (!pair)
    return Value();
  Value product = n.b.mul(centred(n, n.in(0), pair->zeroLeft), centred(n, n.in(1), pair->zeroRight));
  return withRange(n, product, productRange(pair->left, n.dtype(0), pair->right, n.dtype(1)));
}

// Bytes as integers of a wide range. All codes are on a line between the first two; a single one is converted for itself.
Value widened(NodeImport &n, Value bytes, Range from, Range to, bool isSingle) {
  const IntegerType codes = integerType(DType::U8), wide = integerType(DType::I32);
  auto converted = [&](int64_t code) { return unclampedCode(realOf(code, from, codes), to, wide); };
  int64_t first = converted(0), step = converted(1) - first;
  if (!isSingle)
    return n.b.binary(BinaryFn::Add, n.b.binary(BinaryFn::Mul, n.b.cast(bytes, DType::I32), static_cast<double>(step)), static_cast<double>(first));
  std::vector<int32_t> table;
  for (int64_t code = codes.low; code <= codes.high; ++code)
    table.push_back(static_cast<int32_t>(converted(code)));
  Value all = n.b.constant(Tensor::of<int32_t>(DType::I32, {codes.high + 1}, table));
  return n.b.gather(all, n.b.cast(bytes, DType::I32), 0);
}

Results add(NodeImport &n) {
  auto pair = pairOf(n);
  if (!pair)
    return Value();
  if (n.dtype(0) != DType::U8 || n.dtype(1) != DType::U8)
    return n.error("needs unsigned bytes");
  float least = std::min(pair->left.min, pair->right.min), most = std::max(pair->left.max, pair->right.max);
  auto range = rangeOfSums(n, std::max(std::fabs(least), std::fabs(most)), 1 << 14);
  if (!range)
    return Value();
  bool leftIsSingle = ImportBuilder::elements(n.in(0)) == 1, rightIsSingle = !leftIsSingle && ImportBuilder::elements(n.in(1)) == 1;
  Value left = widened(n, n.in(0), pair->left, *range, leftIsSingle);
  return withRange(n, n.b.add(left, widened(n, n.in(1), pair->right, *range, rightIsSingle)), *range);
}

Results biasAdd(NodeImport &n) {
  auto pair = pairOf(n);
  if (!pair)
    return Value();
  if (n.rank(0) < 2 || n.rank(1) != 1 || n.shape(1)[0] != n.shape(0).back())
    return n.error("needs a matrix or more and one bias a channel");
  auto [left, right, zeroLeft, zeroRight] = *pair;
  auto range = rangeOfSums(n, std::max({left.max, -left.min, right.max, -right.min}), 1 << 17);
  if (!range)
    return Value();
  Steps steps = stepsOf(*range, DType::I32);
  auto inRange = [&](Value codes, Range from) { // at most 2^14 steps
    IntegerType narrow = integerType(DType::I16);
    Value x = n.b.quantize(Rounding::FloatAway, realsOf(n, codes, from), n.b.scalar(DType::F32, steps.inverse), steps.zero,
                           static_cast<double>(narrow.low), static_cast<double>(narrow.high), DType::I16);
    return n.b.cast(x, DType::I32);
  };
  Value sum = n.b.add(inRange(n.in(0), left), inRange(n.in(1), right));
  return withRange(n, n.b.binary(BinaryFn::Add, sum, static_cast<double>(codeOf(0, *range, DType::I32))), *range);
}

// Limits of real numbers, 0 and perhaps another; the range stays.
ImportFn clampTo(std::optional<float> most) {
  return [=](NodeImport &n) -> Results {
    auto range = rangesOf(n, 1);
    if (!range)
      return Value();
    auto code = [&](float real) { return static_cast<double>(codeOf(real, range->front(), n.dtype(0))); };
    Value result = n.b.binary(BinaryFn::Max, n.in(0), code(0));
    return {most ? n.b.binary(BinaryFn::Min, result, code(*most)) : result, n.in(1), n.in(2)};
  };
}

Results reshape(NodeImport &n) { return {n.b.reshapeTo(n.in(0), n.in(1)), n.in(2), n.in(3)}; }

// Operands: the axis, then parts, their minima and their maxima.
Results concat(NodeImport &n) {
  if (n.numInputs() % 3 != 1)
    return n.error("needs a minimum and a maximum for each part");
  size_t count = n.numInputs() / 3;
  auto axis = n.constantAxis(0, n.rank(1));
  llvm::SmallVector<Range> ranges;
  for (size_t i = count + 1; i < n.numInputs(); ++i)
    if (!ImportBuilder::isKnown(n.in(i)))
      return n.error("operand " + llvm::Twine(i) + " (a minimum or maximum) must be known at compile time");
  for (size_t i = 0; i < count; ++i) {
    Tensor min = n.constant(1 + count + i), max = n.constant(1 + 2 * count + i);
    if (min.size() != 1 || max.size() != 1)
      return n.error("minima and maxima must be scalars");
    ranges.push_back({static_cast<float>(min.f(0)), static_cast<float>(max.f(0))});
  }
  if (!axis)
    return Value();
  Range all = ranges.front();
  for (Range range : ranges)
    all = {std::min(all.min, range.min), std::max(all.max, range.max)};
  DType type = n.dtype(1);
  if (isSigned(type)) {
    float limit = std::max(std::fabs(all.min), std::fabs(all.max));
    all = {-limit, limit};
  }
  IntegerType codes = integerType(type);
  Steps steps = stepsOf(all, type);
  llvm::SmallVector<Value> parts;
  for (auto [i, range] : llvm::enumerate(ranges)) {
    Value part = n.in(1 + i);
    if (n.dtype(1 + i) != type)
      return n.error("parts have different types");
    bool isSame = range.min == all.min && range.max == all.max;
    if (!isSame && (byteSize(type) > 2 || steps.zero < codes.low || steps.zero > codes.high))
      return n.error("cannot bring parts of different ranges together where they are 32-bit integers or the range has no 0");
    parts.push_back(isSame ? part
                           : n.b.quantize(Rounding::FloatAway, realsOf(n, part, range), n.b.scalar(DType::F32, steps.inverse), steps.zero,
                                          static_cast<double>(codes.low), static_cast<double>(codes.high), type));
  }
  return withRange(n, n.b.concat(parts, *axis), all);
}

// What the elements of i32 codes of a range cover, with 0, which data decides.
std::pair<Value, Value> coveredRange(NodeImport &n, Range range) {
  ImportBuilder &b = n.b;
  auto real = [&](nn::ReduceFn extremum) -> Value {
    if (range.min == range.max)
      return b.scalar(DType::F32, range.min);
    DimVector axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0)));
    Value code = b.cast(b.reduce(extremum, n.in(0), axes, /*keepDims=*/false), DType::F64);
    const double count = 0x1p32, step = (range.max - range.min) * (count / (count - 1)) / count;
    double start = std::round(range.min / static_cast<float>(step)) * static_cast<float>(step);
    code = b.binary(BinaryFn::Sub, code, static_cast<double>(integerType(DType::I32).low));
    return b.cast(b.binary(BinaryFn::Add, b.binary(BinaryFn::Mul, code, step), start), DType::F32);
  };
  Value min = real(nn::ReduceFn::Min);
  return {b.binary(BinaryFn::Min, min, 0.0), real(nn::ReduceFn::Max)};
}

// A number to the nearest integer, halves away from zero.
Value nearest(ImportBuilder &b, Value x) {
  Value whole = b.unary(UnaryFn::Trunc, x), rest = b.sub(x, whole);
  auto one = [&](nn::CompareFn fn, double half) { return b.cast(b.compare(fn, rest, half), DType::I64); };
  Value up = b.sub(one(nn::CompareFn::Ge, 0.5), one(nn::CompareFn::Le, -0.5));
  return b.add(b.cast(whole, DType::I64), up);
}

// i32 codes of a range as unsigned bytes of another, in fixed point with 16 and 48 bits behind it.
Value narrowed(NodeImport &n, Range from, Value min, Value max) {
  ImportBuilder &b = n.b;
  auto scalar = [&](Value v) { return b.reshape(v, {}); };
  auto wide = [&](Value v) { return b.cast(v, DType::F64); };
  constexpr double kSteps = 255, kUnit = 1 << 16, kHalf = 1 << 15;
  min = scalar(min);
  Value width = b.sub(scalar(max), min);
  if (!width)
    return {};
  // Nothing is known of an empty range but that all is 0 there.
  Value isEmpty = b.compare(nn::CompareFn::Eq, width, 0.0), none = b.scalar(DType::I64, 0);
  width = b.select(isEmpty, b.scalar(DType::F32, 1), width);
  Value perStep = b.cast(b.div(b.scalar(DType::F64, kSteps), wide(width)), DType::F32);
  const auto centre = static_cast<float>((from.min + from.max) / 2.0);
  const double numerator = kSteps * kUnit * static_cast<double>(from.max - from.min);
  Value factor = b.cast(b.div(b.scalar(DType::F64, numerator), wide(width)), DType::I64);
  Value centreAt = b.cast(b.binary(BinaryFn::Mul, b.mul(b.scalar(DType::F32, centre), perStep), kUnit), DType::I64);
  Value startAt = nearest(b, b.div(b.binary(BinaryFn::Mul, b.binary(BinaryFn::Mul, wide(min), kSteps), kUnit), wide(width)));
  factor = b.select(isEmpty, none, factor);
  Value offset = b.select(isEmpty, none, b.sub(centreAt, startAt));
  Value x = b.binary(BinaryFn::ShiftRight, b.mul(b.cast(n.in(0), DType::I64), factor), 32);
  x = b.binary(BinaryFn::ShiftRight, b.add(x, b.binary(BinaryFn::Add, offset, kHalf)), 16);
  return b.cast(b.binary(BinaryFn::Min, b.binary(BinaryFn::Max, x, 0.0), kSteps), DType::U8);
}

Results requantizationRange(NodeImport &n) {
  auto range = rangesOf(n, 1);
  if (!range)
    return Value();
  auto [min, max] = coveredRange(n, range->front());
  return {min, max};
}

bool narrowsToUnsignedBytes(NodeImport &n) {
  if (n.type("out_type", DType::U8) == DType::U8)
    return true;
  n.error("out_type must be DT_QUINT8");
  return false;
}

Results requantize(NodeImport &n) {
  auto range = rangesOf(n, 1);
  if (!range || !narrowsToUnsignedBytes(n))
    return Value();
  if (ImportBuilder::elements(n.in(3)) != 1 || ImportBuilder::elements(n.in(4)) != 1)
    return n.error("the requested range must be scalars");
  return {narrowed(n, range->front(), n.in(3), n.in(4)), n.in(3), n.in(4)};
}

Results quantizeDown(NodeImport &n) {
  auto range = rangesOf(n, 1);
  if (!range || !narrowsToUnsignedBytes(n))
    return Value();
  auto [min, max] = coveredRange(n, range->front());
  return {narrowed(n, range->front(), min, max), min, max};
}

} // namespace

void addQuantizedOps(OpRows &rows) {
  const TypeSet bytes{DType::U8, DType::I8}, codes{DType::U8, DType::I32}, sums{DType::I32};
  auto range = [](OpRow row, int operand) { return std::move(row).needsConstant(operand, "min").needsConstant(operand + 1, "max"); };
  auto pair = [&](OpRow row) { rows.push_back(range(range(std::move(row), 2), 4)); };
  pair(OpRow("QuantizedConv2D", 6, bytes, conv2D).oneOf("padding", {"SAME", "VALID"}));
  pair(OpRow("QuantizedMatMul", 6, bytes, matMul));
  pair(OpRow("QuantizedBiasAdd", 6, bytes, biasAdd));
  pair(OpRow("QuantizedAdd", 6, bytes, add));
  pair(OpRow("QuantizedMul", 6, bytes, multiply));
  rows.push_back(range(OpRow("QuantizedRelu", 3, codes, clampTo(std::nullopt)), 1));
  rows.push_back(range(OpRow("QuantizedRelu6", 3, codes, clampTo(6.0f)), 1));
  rows.emplace_back("QuantizedReshape", 4, kAll, reshape);
  rows.push_back(OpRow("QuantizedConcat", -1, kIndexInts, concat).atLeast(4).needsConstant(0, "axis"));
  rows.push_back(range(OpRow("Requantize", 5, sums, requantize), 1));
  rows.push_back(range(OpRow("RequantizationRange", 3, sums, requantizationRange), 1));
  rows.push_back(range(OpRow("QuantizeDownAndShrinkRange", 3, sums, quantizeDown), 1));
}

} // namespace aotc::tf
