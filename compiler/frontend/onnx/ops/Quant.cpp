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

Value centred(NodeImport &n, Value x, Value zeroPoint, int64_t axis) {
  Value wide = n.b.cast(x, DType::I32);
  if (!zeroPoint || !x)
    return wide;
  Value zero = alongAxis(n, zeroPoint, ImportBuilder::rank(x), axis);
  return zero ? n.b.sub(wide, n.b.cast(zero, DType::I32)) : Value();
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
  return toInteger(b, b.mul(b.cast(sums, DType::F32), factor), number(resultZero), low, high, type);
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
  DType wide = n.dtype(0) == DType::F64 ? DType::F64 : DType::F32;
  Value x = b.div(b.cast(n.in(0), wide), b.cast((*spread)(n.in(1)), wide));
  Value zero = (*spread)(n.in(2));
  n.setElementType(0, code);
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
  Value x = number(n.in(0));
  if (n.in(2))
    x = b.sub(x, number((*spread)(n.in(2))));
  DType type = n.has("output_dtype") && n.integer("output_dtype", 0) != 0
                   ? n.type("output_dtype", n.dtype(1)).value_or(DType::F32)
                   : n.dtype(1);
  DType wide = n.dtype(1) == DType::F64 ? DType::F64 : DType::F32;
  return b.cast(b.mul(b.cast(x, wide), b.cast((*spread)(n.in(1)), wide)), type);
}

// Zero points of the rows of the left and of the columns of the right operand of a matrix product.
Value productOf(NodeImport &n, size_t a, size_t zeroA, size_t b, size_t zeroB) {
  if (n.rank(a) < 1 || n.rank(b) < 1)
    return n.error("needs matrices");
  Value left = centred(n, n.in(a), n.in(zeroA), n.rank(a) - 2), right = centred(n, n.in(b), n.in(zeroB), n.rank(b) - 1);
  if (!left || !right)
    return {};
  // Vectors are matrices of one row or column.
  DimVector shape;
  bool leftIsVector = n.rank(a) == 1, rightIsVector = n.rank(b) == 1;
  if (leftIsVector)
    left = n.b.expandDims(left, 0);
  if (rightIsVector)
    right = n.b.expandDims(right, 1);
  Value product = n.b.matmul(left, right);
  if (!product || !(leftIsVector || rightIsVector))
    return product;
  shape.assign(ImportBuilder::shape(product).begin(), ImportBuilder::shape(product).end());
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

} // namespace

void addQuantOps(OpRows &rows) {
  const TypeSet bytes{DType::I8, DType::U8};
  const TypeSet codes = bytes | TypeSet{DType::I16, DType::U16, DType::I32};
  rows.push_back(OpRow("QuantizeLinear", 10, 3, kFloats | TypeSet{DType::I32}, quantizeLinear).atLeast(2));
  rows.push_back(OpRow("DequantizeLinear", 10, 3, codes, dequantizeLinear).atLeast(2).takesNarrow());
  rows.push_back(OpRow("MatMulInteger", 10, 4, bytes, matMulInteger).atLeast(2));
  rows.push_back(OpRow("QLinearMatMul", 10, 8, bytes, qLinearMatMul));
}

} // namespace aotc::onnx
