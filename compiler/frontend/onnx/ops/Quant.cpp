// Family Quant: numbers that stand for others by a scale and a zero point.
#include "compiler/frontend/onnx/ops/Quant.h"

#include "compiler/frontend/onnx/ops/Narrow.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

namespace aotc::onnx {

using nn::BinaryFn;

Value alongAxis(NodeImport &n, Value numbers, int64_t rank, int64_t axis) {
  if (!numbers)
    return {};
  if (ImportBuilder::elements(numbers) == 1)
    return n.b.reshape(numbers, {});
  if (ImportBuilder::rank(numbers) != 1 || axis < 0)
    return n.error("scale and zero point must be one number" + llvm::Twine(axis < 0 ? "" : " or a vector"));
  DimVector shape(rank, 1);
  shape[axis] = ImportBuilder::elements(numbers);
  return n.b.reshape(numbers, shape);
}

// The zero point of all elements where it is known; null: 0.
static std::optional<int64_t> knownZero(ImportBuilder &b, Value zeroPoint) {
  if (!zeroPoint)
    return 0;
  auto known = b.constantOf(zeroPoint);
  if (!known || known->size() == 0)
    return std::nullopt;
  for (int64_t i = 1; i < known->size(); ++i)
    if (known->i(i) != known->i(0))
      return std::nullopt;
  return known->i(0);
}

// 8-bit operand minus its zero point, as i32.
static Value centred(NodeImport &n, Value x, Value zeroPoint, int64_t axis) {
  Value wide = n.b.cast(x, DType::I32);
  if (!zeroPoint || !x)
    return wide;
  Value zero = alongAxis(n, zeroPoint, ImportBuilder::rank(x), axis);
  return zero ? n.b.sub(wide, n.b.cast(zero, DType::I32)) : Value();
}

ByteFactors byteFactors(NodeImport &n, Value left, Value zeroLeft, int64_t axisLeft, Value right, Value zeroRight,
                        int64_t axisRight) {
  if (!left || !right)
    return {};
  if (zeroRight && !alongAxis(n, zeroRight, ImportBuilder::rank(right), axisRight))
    return {};
  auto knownLeft = knownZero(n.b, zeroLeft), knownRight = knownZero(n.b, zeroRight);
  bool isBytes = byteSize(ImportBuilder::dtype(left)) == 1 && byteSize(ImportBuilder::dtype(right)) == 1;
  if (isBytes && knownRight && knownLeft)
    return {left, right, ZeroPoints{*knownLeft, *knownRight}, {}};
  if (isBytes && knownRight && ImportBuilder::elements(zeroLeft) == 1)
    return {left, right, ZeroPoints{0, *knownRight}, n.b.cast(n.b.reshape(zeroLeft, {}), DType::I32)};
  return {centred(n, left, zeroLeft, axisLeft), centred(n, right, zeroRight, axisRight), std::nullopt, {}};
}

Value zeroPart(NodeImport &n, const ByteFactors &factors, Dims axes) {
  Value right = n.b.cast(factors.right, DType::I32);
  if (factors.zeros->right != 0)
    right = n.b.binary(BinaryFn::Sub, right, static_cast<double>(factors.zeros->right));
  return n.b.mul(n.b.reduce(nn::ReduceFn::Sum, right, axes, /*keepDims=*/true), factors.zeroLeft);
}

// Rounded f32 numbers plus a zero point, limited to what an integer type of these bounds holds.
static Value toInteger(ImportBuilder &b, Value x, Value zeroPoint, double low, double high, DType type) {
  x = b.unary(nn::UnaryFn::RoundEven, x);
  if (zeroPoint)
    x = b.add(x, b.cast(zeroPoint, ImportBuilder::dtype(x)));
  return b.cast(b.clamp(x, low, high), type);
}

static std::pair<double, double> boundsOf(DType type) {
  double span = std::ldexp(1.0, static_cast<int>(8 * byteSize(type)));
  return isSigned(type) ? std::pair(-span / 2, span / 2 - 1) : std::pair(0.0, span - 1);
}

Value requantize(NodeImport &n, Value sums, Value scaleA, Value scaleB, Value resultScale, Value resultZero) {
  ImportBuilder &b = n.b;
  auto number = [&](Value v) { return b.cast(v && ImportBuilder::elements(v) == 1 ? b.reshape(v, {}) : v, DType::F32); };
  Value factor = b.div(b.mul(number(scaleA), number(scaleB)), number(resultScale));
  DType type = ImportBuilder::dtype(resultZero);
  auto [low, high] = boundsOf(type);
  auto zero = knownZero(b, resultZero);
  if (zero && ImportBuilder::isKnown(factor))
    return b.quantize(nn::Rounding::FloatRne, sums, factor, *zero, low, high, type);
  return toInteger(b, b.mul(b.cast(sums, DType::F32), factor), number(resultZero), low, high, type);
}

Value toReal(NodeImport &n, Value codes, Value scale, Value zeroPoint, int64_t axis) {
  ImportBuilder &b = n.b;
  int64_t rank = ImportBuilder::rank(codes);
  scale = alongAxis(n, scale, rank, axis);
  if (!scale || !codes)
    return {};
  auto zero = knownZero(b, zeroPoint);
  if (zero && ImportBuilder::isKnown(scale) && ImportBuilder::dtype(scale) == DType::F32)
    return b.dequantize(codes, scale, *zero);
  Value numbers = centred(n, codes, zeroPoint, axis);
  DType wide = ImportBuilder::dtype(scale) == DType::F64 ? DType::F64 : DType::F32;
  return numbers ? b.mul(b.cast(numbers, wide), b.cast(scale, wide)) : Value();
}

Value toCodes(NodeImport &n, Value x, Value scale, Value zeroPoint, DType type, int64_t axis) {
  ImportBuilder &b = n.b;
  int64_t rank = ImportBuilder::rank(x);
  scale = alongAxis(n, scale, rank, axis);
  if (!scale || !x)
    return {};
  auto [low, high] = boundsOf(type);
  auto zero = knownZero(b, zeroPoint);
  DType from = ImportBuilder::dtype(x);
  if (zero && ImportBuilder::isKnown(scale) && ImportBuilder::dtype(scale) == DType::F32 &&
      (from == DType::F32 || from == DType::I32) && byteSize(type) <= 2)
    return b.quantize(nn::Rounding::Divide, x, scale, *zero, low, high, type);
  DType wide = from == DType::F64 ? DType::F64 : DType::F32;
  Value zeros = zeroPoint ? alongAxis(n, zeroPoint, rank, axis) : Value();
  if (zeroPoint && !zeros)
    return {};
  return toInteger(b, b.div(b.cast(x, wide), b.cast(scale, wide)), zeros, low, high, type);
}

namespace {

using Shaped = std::function<Value(Value)>;

// How scales and zero points spread over operand 0: one number, one a position of an axis, or one a
// block of `block_size` positions. Reports what does not fit.
std::optional<Shaped> spreadOverOperand(NodeImport &n) {
  ImportBuilder &b = n.b;
  int64_t rank = n.rank(0), block = n.integer("block_size", 0);
  if (ImportBuilder::elements(n.in(1)) == 1 && block == 0)
    return Shaped([&n](Value v) { return v ? n.b.reshape(v, {}) : v; });
  auto axis = b.normalizeAxis(n.integer("axis", 1), rank);
  if (!axis)
    return std::nullopt;
  if (block == 0)
    return Shaped([&n, rank, axis](Value v) { return alongAxis(n, v, rank, *axis); });
  DimVector blocks(n.shape(0));
  blocks[*axis] = block > 0 ? llvm::divideCeil(n.shape(0)[*axis], block) : 0;
  if (block < 1 || block > (int64_t(1) << 30) || n.shape(1) != Dims(blocks)) {
    n.error("needs a scale for each block of " + llvm::Twine(block) + " positions of the axis");
    return std::nullopt;
  }
  return Shaped([&n, axis, block, blocks](Value v) -> Value {
    if (!v || ImportBuilder::shape(v) != Dims(blocks))
      return v ? n.error("zero points and scales have different extents") : v;
    DimVector repeated(blocks), all(blocks);
    repeated.insert(repeated.begin() + *axis + 1, block);
    all[*axis] *= block; // rounds an extent of an existing tensor up
    Value each = n.b.reshape(n.b.broadcastTo(n.b.expandDims(v, *axis + 1), repeated), all);
    return n.b.sliceAxis(each, *axis, 0, n.shape(0)[*axis]);
  });
}

// Along which scales lie; one that is no axis belongs to a scale for all elements.
int64_t axisOf(NodeImport &n) {
  int64_t axis = n.integer("axis", 1), rank = n.rank(0);
  return axis >= -rank && axis < rank ? (axis + rank) % rank : -1;
}

Results quantizeLinear(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto spread = spreadOverOperand(n);
  if (!spread)
    return Value();
  int32_t code = n.in(2) ? n.elementType(2) : static_cast<int32_t>(n.integer("output_dtype", 0));
  if (code == 0)
    code = kUint8;
  const NarrowType *narrow = narrowType(code);
  auto type = narrow ? std::optional(narrow->storage) : n.dtypeOf(code);
  if (!type)
    return n.error("cannot quantize to this element type");
  n.setElementType(0, code);
  if (!narrow && isInteger(*type) && n.integer("block_size", 0) == 0)
    return toCodes(n, n.in(0), n.in(1), n.in(2), *type, axisOf(n));
  DType wide = n.dtype(0) == DType::F64 ? DType::F64 : DType::F32;
  Value x = b.div(b.cast(n.in(0), wide), b.cast((*spread)(n.in(1)), wide));
  Value zero = (*spread)(n.in(2));
  if (narrow && narrow->isFloat) {
    if (zero)
      x = b.add(x, b.cast(decodeNarrow(b, zero, *narrow), wide));
    return encodeNarrow(b, x, *narrow, {n.integer("saturate", 1) != 0, "up"});
  }
  if (!isInteger(*type))
    return n.error("cannot quantize to this element type");
  auto [low, high] = boundsOf(*type);
  if (narrow) {
    low = narrow->storage == DType::I8 ? -(1 << (narrow->bits - 1)) : 0;
    high = low + (1 << narrow->bits) - 1;
  }
  return toInteger(b, x, zero, low, high, *type);
}

Results dequantizeLinear(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto spread = spreadOverOperand(n);
  if (!spread)
    return Value();
  const NarrowType *narrow = narrowType(n.elementType(0));
  auto number = [&](Value v) { // as i32 or f32
    return !v || (narrow && narrow->isFloat) ? (v ? decodeNarrow(b, v, *narrow) : v) : b.cast(v, DType::I32);
  };
  DType type = n.has("output_dtype") && n.integer("output_dtype", 0) != 0
                   ? n.type("output_dtype", n.dtype(1)).value_or(DType::F32)
                   : n.dtype(1);
  if (!narrow && n.integer("block_size", 0) == 0)
    return b.cast(toReal(n, n.in(0), n.in(1), n.in(2), axisOf(n)), type);
  Value x = number(n.in(0));
  if (n.in(2))
    x = b.sub(x, number((*spread)(n.in(2))));
  DType wide = n.dtype(1) == DType::F64 ? DType::F64 : DType::F32;
  return b.cast(b.mul(b.cast(x, wide), b.cast((*spread)(n.in(1)), wide)), type);
}

// Of 8-bit operands with the scalars or vectors of zero points that they have by row and by column.
Value productOf(NodeImport &n, size_t a, size_t zeroA, size_t b, size_t zeroB) {
  if (n.rank(a) < 1 || n.rank(b) < 1)
    return n.error("needs matrices");
  ByteFactors factors = byteFactors(n, n.in(a), n.in(zeroA), n.rank(a) - 2, n.in(b), n.in(zeroB), n.rank(b) - 1);
  if (!factors.left || !factors.right)
    return {};
  // Vectors are matrices of one row or column.
  bool leftIsVector = n.rank(a) == 1, rightIsVector = n.rank(b) == 1;
  if (leftIsVector)
    factors.left = n.b.expandDims(factors.left, 0);
  if (rightIsVector)
    factors.right = n.b.expandDims(factors.right, 1);
  Value product = factors.zeros ? n.b.matmul(factors.left, factors.right, *factors.zeros)
                                : n.b.matmul(factors.left, factors.right);
  if (factors.zeroLeft && product)
    product = n.b.sub(product, zeroPart(n, factors, {ImportBuilder::rank(factors.right) - 2}));
  if (!product || !(leftIsVector || rightIsVector))
    return product;
  DimVector shape(ImportBuilder::shape(product));
  if (rightIsVector)
    shape.pop_back();
  if (leftIsVector)
    shape.erase(shape.end() - (rightIsVector ? 1 : 2));
  return n.b.reshape(product, shape);
}

Results matMulInteger(NodeImport &n) { return productOf(n, 0, 2, 1, 3); }

// Operands: a, b and the result each with scale and zero point.
Results qLinearMatMul(NodeImport &n) {
  Value sums = productOf(n, 0, 2, 3, 5);
  if (!sums)
    return Value();
  int64_t rank = ImportBuilder::rank(sums);
  return requantize(n, sums, alongAxis(n, n.in(1), rank, rank - 2), alongAxis(n, n.in(4), rank, rank - 1), n.in(6),
                    n.in(7));
}

// Operators that ONNX Runtime's quantizer adds to ONNX's: real functions of numbers with a scale and a zero point.
// Operands come in threes (numbers, scale, zero point), and the last two are of the result.
Value operandAt(NodeImport &n, size_t i) { return toReal(n, n.in(i), n.in(i + 1), n.in(i + 2)); }
Value resultAs(NodeImport &n, Value x, size_t scale, DType type) { return toCodes(n, x, n.in(scale), n.in(scale + 1), type); }

ImportFn qLinearBinary(BinaryFn fn) {
  return [fn](NodeImport &n) { return resultAs(n, n.b.binary(fn, operandAt(n, 0), operandAt(n, 3)), 6, n.dtype(0)); };
}

Results qLinearSigmoid(NodeImport &n) {
  return resultAs(n, n.b.unary(nn::UnaryFn::Sigmoid, operandAt(n, 0)), 3, n.dtype(0));
}

Results qLinearLeakyRelu(NodeImport &n) {
  Value x = operandAt(n, 0);
  if (!x)
    return Value();
  Value below = n.b.binary(BinaryFn::Mul, x, n.real("alpha", 0.01f));
  return resultAs(n, n.b.select(n.b.compare(nn::CompareFn::Lt, x, 0.0), below, x), 3, n.dtype(0));
}

Results qLinearSoftmax(NodeImport &n) {
  Value x = operandAt(n, 0);
  auto axis = n.b.normalizeAxis(n.integer("axis", -1), n.rank(0));
  if (!x || !axis)
    return Value();
  if (n.integer("opset", 13) >= 13) {
    DimVector order = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0)));
    std::swap(order[*axis], order.back());
    Value last = n.b.transpose(x, order);
    last = last ? n.b.softmax(last, n.rank(0) - 1) : Value();
    return resultAs(n, last ? n.b.transpose(last, order) : Value(), 3, n.dtype(0));
  }
  int64_t rows = 1, columns = 1; // all dimensions from the axis on are one
  for (auto [d, extent] : llvm::enumerate(n.shape(0)))
    (static_cast<int64_t>(d) < *axis ? rows : columns) *= extent;
  Value flat = n.b.reshape(x, {rows, columns});
  return resultAs(n, flat ? n.b.reshape(n.b.softmax(flat, 1), n.shape(0)) : Value(), 3, n.dtype(0));
}

Results qLinearGlobalAveragePool(NodeImport &n) {
  if (n.rank(0) < 3)
    return n.error("needs an operand of rank at least 3");
  int64_t first = n.flag("channels_last") ? 1 : 2;
  DimVector axes = llvm::to_vector(llvm::seq<int64_t>(first, first + n.rank(0) - 2));
  return resultAs(n, n.b.reduce(nn::ReduceFn::Mean, operandAt(n, 0), axes, /*keepDims=*/true), 3, n.dtype(0));
}

// The result's scale and zero point stand first.
Results qLinearConcat(NodeImport &n) {
  llvm::SmallVector<Value> parts;
  for (size_t i = 2; i + 2 < n.numInputs(); i += 3)
    parts.push_back(operandAt(n, i));
  if (parts.empty() || !parts.front())
    return parts.empty() ? n.error("needs at least one operand") : Value();
  auto axis = n.b.normalizeAxis(n.integer("axis", 0), ImportBuilder::rank(parts.front()));
  return axis ? resultAs(n, n.b.concat(parts, *axis), 0, n.dtype(2)) : Value();
}

// A product of matrices as Gemm has it; a bias of the products' scale; f32 where the result has no scale.
Results qGemm(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.rank(0) != 2 || n.rank(3) != 2)
    return n.error("needs two matrices");
  bool transposed = n.flag("transB");
  ByteFactors factors = byteFactors(n, n.in(0), n.in(2), -1, n.in(3), n.in(5), transposed ? 0 : 1);
  Value left = n.flag("transA") ? b.transpose(factors.left, {1, 0}) : factors.left;
  factors.right = transposed ? b.transpose(factors.right, {1, 0}) : factors.right;
  if (!left || !factors.right)
    return Value();
  Value sums = factors.zeros ? b.matmul(left, factors.right, *factors.zeros) : b.matmul(left, factors.right);
  if (factors.zeroLeft && sums)
    sums = b.sub(sums, zeroPart(n, factors, {0}));
  if (n.in(6))
    sums = b.add(sums, n.in(6));
  Value scale = alongAxis(n, n.in(4), 2, 1);
  scale = scale ? b.mul(b.binary(BinaryFn::Mul, b.reshape(n.in(1), {}), n.real("alpha", 1)), scale) : scale;
  if (!sums || !scale)
    return Value();
  if (n.in(7) && n.in(8))
    return requantize(n, sums, b.scalar(DType::F32, 1), scale, n.in(7), n.in(8));
  return ImportBuilder::isKnown(scale) ? b.dequantize(sums, scale, 0) : b.mul(b.cast(sums, DType::F32), scale);
}

} // namespace

void addQuantOps(OpRows &rows) {
  const TypeSet bytes{DType::I8, DType::U8};
  const TypeSet codes = bytes | TypeSet{DType::I16, DType::U16, DType::I32};
  rows.push_back(OpRow("QuantizeLinear", 10, 3, kFloats | TypeSet{DType::I32}, quantizeLinear).atLeast(2));
  rows.push_back(OpRow("DequantizeLinear", 10, 3, codes, dequantizeLinear).atLeast(2).takesNarrow());
  rows.push_back(OpRow("MatMulInteger", 10, 4, bytes, matMulInteger).atLeast(2));
  rows.push_back(OpRow("QLinearMatMul", 10, 8, bytes, qLinearMatMul));
  const std::string runtime = "com.microsoft";
  rows.push_back(OpRow("QuantizeLinear", 1, 3, kFloats, quantizeLinear).atLeast(2).domain(runtime));
  rows.push_back(OpRow("DequantizeLinear", 1, 3, codes, dequantizeLinear).atLeast(2).takesNarrow().domain(runtime));
  rows.push_back(OpRow("QLinearAdd", 1, 8, bytes, qLinearBinary(BinaryFn::Add)).atLeast(7).domain(runtime));
  rows.push_back(OpRow("QLinearMul", 1, 8, bytes, qLinearBinary(BinaryFn::Mul)).atLeast(7).domain(runtime));
  rows.push_back(OpRow("QLinearSigmoid", 1, 5, bytes, qLinearSigmoid).atLeast(4).domain(runtime));
  rows.push_back(OpRow("QLinearLeakyRelu", 1, 5, bytes, qLinearLeakyRelu).atLeast(4).domain(runtime));
  rows.push_back(OpRow("QLinearSoftmax", 1, 5, bytes, qLinearSoftmax).atLeast(4).domain(runtime));
  rows.push_back(OpRow("QLinearGlobalAveragePool", 1, 5, bytes, qLinearGlobalAveragePool).atLeast(4).domain(runtime));
  rows.push_back(OpRow("QLinearConcat", 1, -1, kFloats, qLinearConcat).atLeast(5).domain(runtime));
  rows.push_back(OpRow("QGemm", 1, 9, bytes, qGemm).atLeast(6).domain(runtime));
}

} // namespace aotc::onnx
