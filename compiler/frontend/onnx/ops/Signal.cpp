// Family Signal: Fourier transforms and what surrounds them.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <cmath>

namespace aotc::onnx {
namespace {

constexpr double kPi = 3.14159265358979323846;
// Transforms are products with a matrix of at most this many entries.
constexpr int64_t kMaxMatrix = int64_t(1) << 24;

enum class Direction { Forward, Inverse, InverseToReal };

struct Transform {
  int64_t inputs, inputParts; // elements along the axis that are read, and 1 (real) or 2 numbers of each
  int64_t length;             // of the transform
  int64_t results, resultParts;
  Direction direction;
};

// [inputs * inputParts, results * resultParts]
std::optional<Tensor> matrixOf(NodeImport &n, const Transform &t) {
  int64_t rows, columns, entries;
  if (t.length < 1 || llvm::MulOverflow(t.inputs, t.inputParts, rows) ||
      llvm::MulOverflow(t.results, t.resultParts, columns) || llvm::MulOverflow(rows, columns, entries) ||
      entries > kMaxMatrix) {
    n.error("a transform of length " + llvm::Twine(t.length) + " is not supported", "lengths from 1 to about 2000 are");
    return std::nullopt;
  }
  Tensor matrix(DType::F64, Shape{rows, columns});
  for (int64_t i = 0; i < t.inputs; ++i)
    for (int64_t k = 0; k < t.results; ++k) {
      // The product of two positions below 2^24.
      double angle = 2 * kPi * static_cast<double>(i * k % t.length) / static_cast<double>(t.length);
      double sign = t.direction == Direction::Forward ? -1 : 1, factor = 1;
      if (t.direction != Direction::Forward)
        factor = 1 / static_cast<double>(t.length);
      if (t.direction == Direction::InverseToReal && i > 0 && 2 * i != t.length)
        factor *= 2; // stands for its conjugate as well
      double cosine = factor * std::cos(angle), sine = factor * sign * std::sin(angle);
      double parts[2][2] = {{cosine, sine}, {-sine, cosine}}; // [of the input][of the result]
      for (int64_t p = 0; p < t.inputParts; ++p)
        for (int64_t q = 0; q < t.resultParts; ++q)
          matrix.setF((i * t.inputParts + p) * columns + k * t.resultParts + q, parts[p][q]);
    }
  return matrix;
}

// `x` is [..., n, parts].
Value transform(NodeImport &n, Value x, const Transform &t) {
  ImportBuilder &b = n.b;
  auto matrix = matrixOf(n, t);
  if (!x || !matrix)
    return {};
  DType type = ImportBuilder::dtype(x), wide = type == DType::F64 ? DType::F64 : DType::F32;
  DimVector shape(ImportBuilder::shape(x));
  size_t axis = shape.size() - 2;
  Value read = b.sliceAxis(x, static_cast<int64_t>(axis), 0, t.inputs);
  int64_t outer = 1; // product of extents of an existing tensor
  for (int64_t extent : Dims(shape).take_front(axis))
    outer *= extent;
  Value rows = b.cast(b.reshape(read, {outer, t.inputs * t.inputParts}), wide);
  Value result = b.cast(b.matmul(rows, b.cast(b.constant(*matrix), wide)), type);
  shape[axis] = t.results;
  shape[axis + 1] = t.resultParts;
  return b.reshape(result, shape);
}

Value dftAlong(NodeImport &n, int64_t axis, std::optional<int64_t> wanted) {
  int64_t rank = n.rank(0), parts = n.shape(0).back(), extent = n.shape(0)[axis];
  bool inverse = n.integer("inverse", 0) != 0, oneSided = n.integer("onesided", 0) != 0;
  if (axis == rank - 1 || parts < 1 || parts > 2)
    return n.error("needs an operand that ends with 1 or 2 numbers an element, which the axis isn't");
  Transform t;
  t.direction = !inverse ? Direction::Forward : oneSided ? Direction::InverseToReal : Direction::Inverse;
  t.length = wanted.value_or(t.direction == Direction::InverseToReal ? 2 * (extent - 1) : extent);
  t.inputs = std::min(extent, t.direction == Direction::InverseToReal ? t.length / 2 + 1 : t.length);
  t.inputParts = parts;
  t.results = t.direction == Direction::Forward && oneSided ? t.length / 2 + 1 : t.length;
  t.resultParts = t.direction == Direction::InverseToReal ? 1 : 2;
  if (t.inputs < 1)
    return n.error("has nothing to transform");
  DimVector permutation;
  for (int64_t dim = 0; dim + 1 < rank; ++dim)
    if (dim != axis)
      permutation.push_back(dim);
  permutation.append({axis, rank - 1});
  DimVector back(rank);
  for (auto [to, from] : llvm::enumerate(permutation))
    back[from] = static_cast<int64_t>(to);
  Value result = transform(n, n.b.transpose(n.in(0), permutation), t);
  return result ? n.b.transpose(result, back) : Value();
}

// The axis is an attribute until opset 20 and an operand then.
ImportFn dft(bool axisIsOperand) {
  return [axisIsOperand](NodeImport &n) -> Results {
    if (n.rank(0) < 2)
      return n.error("needs an operand of rank at least 2");
    std::optional<int64_t> given = axisIsOperand ? std::optional<int64_t>(-2) : n.integer("axis", 1);
    if (axisIsOperand && n.in(2))
      given = n.constantInt(2);
    auto axis = given ? n.b.normalizeAxis(*given, n.rank(0)) : std::nullopt;
    std::optional<int64_t> length = n.in(1) ? n.constantInt(1) : std::nullopt;
    if (!axis || (n.in(1) && !length))
      return Value();
    return dftAlong(n, *axis, length);
  };
}

Results stft(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.rank(0) < 2 || n.rank(0) > 3)
    return n.error("needs signals [batch, length, 1 or 2]");
  Value signal = n.rank(0) == 2 ? b.expandDims(n.in(0), 2) : n.in(0);
  DimVector shape(ImportBuilder::shape(signal));
  auto step = n.constantInt(1);
  auto given = n.in(3) ? n.constantInt(3) : std::nullopt;
  if (!step || (n.in(3) && !given))
    return Value();
  int64_t length = given ? *given : n.in(2) ? ImportBuilder::elements(n.in(2)) : shape[1], parts = shape[2];
  if (*step < 1 || length < 1 || length > shape[1] || parts < 1 || parts > 2 ||
      (n.in(2) && ImportBuilder::elements(n.in(2)) != length))
    return n.error("needs a step of at least 1 and frames that fit the signal and the window");
  int64_t frames = 1 + (shape[1] - length) / *step;
  // Each frame a row: where its elements lie.
  Value starts = b.binary(nn::BinaryFn::Mul, b.iota(DType::I64, {frames, 1}, 0), static_cast<double>(*step));
  Value framed = b.gather(signal, b.add(starts, b.iota(DType::I64, {1, length}, 1)), 1);
  if (n.in(2))
    framed = b.mul(framed, b.reshape(n.in(2), {length, 1}));
  bool oneSided = n.integer("onesided", 1) != 0;
  return transform(n, framed, {length, parts, length, oneSided ? length / 2 + 1 : length, 2, Direction::Forward});
}

Results melWeightMatrix(NodeImport &n) {
  auto bins = n.constantInt(0), length = n.constantInt(1), rate = n.constantInt(2);
  Tensor lower = n.constant(3), upper = n.constant(4);
  auto type = n.type("output_datatype", DType::F32);
  if (!bins || !length || !rate || !type)
    return Value();
  int64_t rows = *length / 2 + 1;
  if (*bins < 1 || *length < 1 || *rate < 1 || lower.size() != 1 || upper.size() != 1 || *bins > kMaxMatrix ||
      rows > kMaxMatrix / *bins)
    return n.error("needs positive counts of reasonable size and two frequencies");
  auto toMel = [](double hertz) { return 2595 * std::log1p(hertz / 700) / std::log(10.0); };
  double low = toMel(lower.f(0)), step = (toMel(upper.f(0)) - low) / static_cast<double>(*bins + 2);
  std::vector<int64_t> edges;
  for (int64_t i = 0; i < *bins + 2; ++i) {
    double hertz = 700 * std::expm1((low + step * static_cast<double>(i)) / 2595 * std::log(10.0));
    double edge = std::floor(static_cast<double>(*length + 1) * hertz / static_cast<double>(*rate));
    if (!(edge >= 0) || edge >= static_cast<double>(rows))
      return n.error("has frequencies outside the spectrum");
    edges.push_back(static_cast<int64_t>(edge));
  }
  Tensor matrix(*type, Shape{rows, *bins});
  for (int64_t i = 0; i < *bins; ++i) {
    int64_t first = edges[i], centre = edges[i + 1], last = edges[i + 2];
    if (first == centre)
      matrix.setF(centre * *bins + i, 1);
    for (int64_t j = first; first < centre && j <= centre; ++j)
      matrix.setF(j * *bins + i, static_cast<double>(j - first) / static_cast<double>(centre - first));
    for (int64_t j = centre; j < last; ++j)
      matrix.setF(j * *bins + i, static_cast<double>(last - j) / static_cast<double>(last - centre));
  }
  return n.b.constant(matrix);
}

} // namespace

void addSignalOps(OpRows &rows) {
  rows.push_back(OpRow("DFT", 17, 2, kFloats, dft(false)).until(19).atLeast(1).needsConstant(1, "dft_length"));
  rows.push_back(
      OpRow("DFT", 20, 3, kFloats, dft(true)).atLeast(1).needsConstant(1, "dft_length").needsConstant(2, "axis"));
  rows.push_back(OpRow("STFT", 17, 4, kFloats, stft)
                     .atLeast(2)
                     .needsConstant(1, "frame_step")
                     .needsConstant(3, "frame_length"));
  rows.push_back(OpRow("MelWeightMatrix", 17, 5, kIndexInts, melWeightMatrix)
                     .needsConstant(0, "num_mel_bins")
                     .needsConstant(1, "dft_length")
                     .needsConstant(2, "sample_rate")
                     .needsConstant(3, "lower_edge_hertz")
                     .needsConstant(4, "upper_edge_hertz"));
}

} // namespace aotc::onnx
