// Family Quant: operations that training uses to imitate 8-bit arithmetic.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

using nn::BinaryFn;
using nn::UnaryFn;

// x clamped to [min, max] and rounded to one of 2^num_bits steps, of which one
// is exactly 0: the range is shifted ("nudged") so that it is.
Value fakeQuant(NodeImport &n, Value x, Value min, Value max) {
  ImportBuilder &b = n.b;
  int64_t bits = n.integer("num_bits", 8);
  if (bits < 2 || bits > 16)
    return n.error("num_bits must be 2 to 16, got " + llvm::Twine(bits));
  double lowest = n.flag("narrow_range") ? 1 : 0, highest = static_cast<double>((int64_t(1) << bits) - 1);
  Value scale = b.binary(BinaryFn::Div, b.sub(max, min), highest - lowest);
  Value zeroPoint = b.clamp(b.sub(b.scalar(DType::F32, lowest), b.div(min, scale)), lowest, highest);
  zeroPoint = b.unary(UnaryFn::Floor, b.binary(BinaryFn::Add, zeroPoint, 0.5));
  Value from = b.mul(b.sub(b.scalar(DType::F32, lowest), zeroPoint), scale);
  Value to = b.mul(b.sub(b.scalar(DType::F32, highest), zeroPoint), scale);
  Value clamped = b.binary(BinaryFn::Min, b.binary(BinaryFn::Max, x, from), to);
  Value steps = b.mul(b.sub(clamped, from), b.unary(UnaryFn::Reciprocal, scale));
  Value result = b.add(b.mul(b.unary(UnaryFn::Floor, b.binary(BinaryFn::Add, steps, 0.5)), scale), from);
  // An empty range around zero quantises to zero.
  Value empty = b.binary(BinaryFn::And, b.compare(nn::CompareFn::Eq, min, 0.0), b.compare(nn::CompareFn::Eq, max, 0.0));
  return b.select(empty, b.scalar(DType::F32, 0), result);
}

Results byArgs(NodeImport &n) {
  return fakeQuant(n, n.in(0), n.b.scalar(DType::F32, n.real("min", -6)), n.b.scalar(DType::F32, n.real("max", 6)));
}

Results byVars(NodeImport &n) {
  if (n.rank(1) != 0 || n.rank(2) != 0)
    return n.error("min and max must be scalars");
  return fakeQuant(n, n.in(0), n.in(1), n.in(2));
}

Results byChannel(NodeImport &n) {
  if (n.rank(0) < 1 || n.rank(1) != 1 || n.shape(1) != n.shape(2) || n.shape(1)[0] != n.shape(0).back())
    return n.error("min and max need one entry a channel");
  return fakeQuant(n, n.in(0), n.in(1), n.in(2));
}

} // namespace

void addQuantOps(OpRows &rows) {
  const TypeSet f32{DType::F32};
  rows.emplace_back("FakeQuantWithMinMaxArgs", 1, f32, byArgs);
  rows.emplace_back("FakeQuantWithMinMaxVars", 3, f32, byVars);
  rows.emplace_back("FakeQuantWithMinMaxVarsPerChannel", 3, f32, byChannel);
}

} // namespace aotc::tf
