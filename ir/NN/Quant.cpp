// Verifiers of the family Quant.
#include "ir/NN/Quant.h"

#include "ir/NN/Verify.h"

#include <cmath>

using namespace mlir;

namespace aotc::nn {

Bounds boundsOf(Type integer) {
  unsigned width = integer.getIntOrFloatBitWidth();
  if (integer.isUnsignedInteger())
    return {0, (int64_t(1) << width) - 1};
  return {-(int64_t(1) << (width - 1)), (int64_t(1) << (width - 1)) - 1};
}

bool isByteTensor(Value value) { return isByte(elementOf(value)); }

int64_t zeroPoint(Operation *contraction, unsigned i) {
  uint64_t zero = 0;
  if (auto matmul = dyn_cast<MatMulOp>(contraction))
    zero = i == 0 ? matmul.getLhsZero() : matmul.getRhsZero();
  else if (auto conv = dyn_cast<ConvOp>(contraction))
    zero = i == 0 ? conv.getInputZero() : conv.getFilterZero();
  return static_cast<int64_t>(zero);
}

constexpr char kScale[] = "nn.scale", kZero[] = "nn.zero";

static std::optional<Scale> scaleIn(DictionaryAttr attributes) {
  auto scale = attributes ? attributes.getAs<FloatAttr>(kScale) : FloatAttr();
  auto zero = attributes ? attributes.getAs<IntegerAttr>(kZero) : IntegerAttr();
  if (!scale || !scale.getType().isF32() || !zero)
    return std::nullopt;
  return Scale{scale.getValue().convertToFloat(), zero.getInt()};
}

std::optional<Scale> argumentScale(func::FuncOp func, unsigned i) { return scaleIn(func.getArgAttrDict(i)); }
std::optional<Scale> resultScale(func::FuncOp func, unsigned i) { return scaleIn(func.getResultAttrDict(i)); }

void setArgumentScale(func::FuncOp func, unsigned i, Scale scale) {
  Builder b(func.getContext());
  func.setArgAttr(i, kScale, b.getF32FloatAttr(scale.scale));
  func.setArgAttr(i, kZero, b.getI64IntegerAttr(scale.zero));
}

void setResultScale(func::FuncOp func, unsigned i, Scale scale) {
  Builder b(func.getContext());
  func.setResultAttr(i, kScale, b.getF32FloatAttr(scale.scale));
  func.setResultAttr(i, kZero, b.getI64IntegerAttr(scale.zero));
}

bool divides(Rounding rounding) { return rounding == Rounding::Divide || rounding == Rounding::DivideUp; }

Halves halvesOf(Rounding rounding) {
  switch (rounding) {
  case Rounding::FloatUp:
  case Rounding::DivideUp: return Halves::Up;
  case Rounding::FloatAway: return Halves::Away;
  default: return Halves::Even;
  }
}

Rounding multiplying(Rounding rounding) {
  switch (halvesOf(rounding)) {
  case Halves::Up: return Rounding::FloatUp;
  case Halves::Away: return Rounding::FloatAway;
  case Halves::Even: return Rounding::FloatRne;
  }
  llvm_unreachable("a rounding of halves");
}

int64_t quantized(QuantizeOp op, float x, float factor) {
  auto zero = static_cast<int64_t>(op.getZero()), low = static_cast<int64_t>(op.getLow()),
       high = static_cast<int64_t>(op.getHigh());
  auto origin = op.getOrigin();
  if (origin)
    x -= origin->convertToFloat();
  x = divides(op.getRounding()) ? x / factor : x * factor;
  if (origin)
    x -= static_cast<float>(zero - low);
  switch (halvesOf(op.getRounding())) {
  case Halves::Even: x = std::nearbyint(x); break;
  case Halves::Up: x = std::floor(x + 0.5f); break;
  case Halves::Away: x = std::round(x); break;
  }
  double code = static_cast<double>(x) + static_cast<double>(zero);
  bool above = code > static_cast<double>(high), within = code >= static_cast<double>(low); // NaN is neither
  return above ? high : within ? static_cast<int64_t>(code) : low;
}

FixedFactor fixedFactor(float factor) {
  int exponent;
  double fraction = std::frexp(static_cast<double>(factor), &exponent); // in [1/2, 1)
  if (fraction == 0 || !std::isfinite(factor))
    return {0, 1};
  auto multiplier = static_cast<int64_t>(std::ldexp(fraction, 24)); // f32 has 24 bits: exact
  int shift = 24 - exponent;
  if (shift < 1) // factors of 2^23 and above saturate every result but that of zero
    return {multiplier, 1};
  if (shift > 62)
    return {0, 1};
  return {multiplier, shift};
}

int64_t scaled(int64_t x, FixedFactor factor) {
  return (x * factor.multiplier + (int64_t(1) << (factor.shift - 1))) >> factor.shift;
}

// Integers of 8 or 16 bits.
static bool isNarrow(Type element) { return element.isInteger(8) || element.isInteger(16); }

LogicalResult QuantizeOp::verify() {
  if (failed(sameShape(*this, getOperand(), getResult())) || failed(sameShape(*this, getFactor(), getResult()))) // quantize_c1
    return failure();
  Type in = elementOf(getOperand()), out = elementOf(getResult());
  bool integer = in.isSignlessInteger(32);
  bool takesReals = in.isF32() && getRounding() != Rounding::Fixed;
  if ((!takesReals && (!integer || getOrigin())) || !elementOf(getFactor()).isF32()) // quantize_c2
    return emitOpError() << stringifyRounding(getRounding()) << " does not take " << in << " and factors "
                         << elementOf(getFactor()) << (getOrigin() ? " with an origin" : "");
  auto zero = static_cast<int64_t>(getZero()), low = static_cast<int64_t>(getLow()),
       high = static_cast<int64_t>(getHigh());
  if (!isNarrow(out)) // quantize_c3
    return emitOpError("yields integers of 8 or 16 bits, not ") << out;
  Bounds bounds = boundsOf(out);
  if (!bounds.holds(zero) || !bounds.holds(low) || !bounds.holds(high) || low > high) // quantize_c3
    return emitOpError("has a zero point or bounds that ") << out << " does not hold";
  return success();
}

LogicalResult DequantizeOp::verify() {
  if (failed(sameShape(*this, getOperand(), getResult())) || failed(sameShape(*this, getFactor(), getResult()))) // dequantize_c1
    return failure();
  Type in = elementOf(getOperand());
  if ((!isNarrow(in) && !in.isSignlessInteger(32)) || !elementOf(getFactor()).isF32() || !elementOf(getResult()).isF32()) // dequantize_c2
    return emitOpError("takes 8-, 16- or 32-bit integers and f32 factors to f32, not ")
           << in << ", " << elementOf(getFactor()) << " and " << elementOf(getResult());
  if (!boundsOf(in).holds(static_cast<int64_t>(getZero()))) // dequantize_c2
    return emitOpError("has a zero point that ") << in << " does not hold";
  return success();
}

LogicalResult UnpackQuadsOp::verify() {
  auto in = typeOf(getOperand()), out = typeOf(getResult());
  auto isI8 = [](RankedTensorType type) { return type.getElementType().isSignlessInteger(8); };
  if (in.getRank() != 5 || in.getDimSize(4) != 4 || !isI8(in) || out.getRank() < 2 || !isI8(out)) // unpack_quads_c1
    return emitOpError("needs i8 quads of rank 5 and an i8 result of rank >= 2, got ") << in << " and " << out;
  auto run = static_cast<int64_t>(getRun()), interleave = static_cast<int64_t>(getInterleave()), lanes = static_cast<int64_t>(getLanes());
  int64_t groups = in.getDimSize(0), quads = in.getDimSize(2) - 1, width = in.getDimSize(3), last = out.getShape().back();
  bool fits = run >= 1 && interleave >= 1 && lanes >= 1 && lanes <= 16 && (lanes == 1 || width % (16 * lanes) == 0) && groups >= 1 && width >= 1 && quads >= 0 && last >= 1 && last % groups == 0 && out.getNumElements() > 0;
  if (fits) {
    int64_t columns = getTransposed() ? out.getDimSize(out.getRank() - 2) : last / groups;
    int64_t rows = out.getNumElements() / groups / columns;
    fits = rows % run == 0 && rows % interleave == 0 && (!getTransposed() || run == last / groups) &&
           quads == rows / run * static_cast<int64_t>(llvm::divideCeil(run, 4)) &&
           in.getDimSize(1) == static_cast<int64_t>(llvm::divideCeil(columns, width));
  }
  if (!fits) // unpack_quads_c2
    return emitOpError("has quads ") << in << " in runs of " << run << " that do not hold " << out;
  return success();
}

} // namespace aotc::nn
