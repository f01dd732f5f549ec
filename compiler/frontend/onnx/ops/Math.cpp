// Family Math: elementwise operations.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <cmath>

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::UnaryFn;




ImportFn unary(UnaryFn fn) {
  return [fn](NodeImport &n) { return n.b.unary(fn, n.in(0)); };
}

ImportFn binary(BinaryFn fn) {
  return [fn](NodeImport &n) { return n.b.binary(fn, n.in(0), n.in(1)); };
}

ImportFn compare(CompareFn fn) {
  return [fn](NodeImport &n) { return n.b.compare(fn, n.in(0), n.in(1)); };
}

// Folds any number of operands.
ImportFn variadic(BinaryFn fn, bool mean = false) {
  return [=](NodeImport &n) {
    Value all = n.in(0);
    for (Value x : n.allInputs().drop_front())
      all = n.b.binary(fn, all, x);
    return mean ? n.b.binary(BinaryFn::Div, all, static_cast<double>(n.numInputs())) : all;
  };
}

Value times(ImportBuilder &b, Value x, double factor) { return factor == 1 ? x : b.binary(BinaryFn::Mul, x, factor); }
Value plus(ImportBuilder &b, Value x, double term) { return b.binary(BinaryFn::Add, x, term); }

// `below` where x < 0, x itself elsewhere.
Value whereNegative(ImportBuilder &b, Value x, Value below, Value above) {
  return b.select(b.compare(CompareFn::Lt, x, 0.0), below, above);
}

Results leakyRelu(NodeImport &n) {
  return whereNegative(n.b, n.in(0), times(n.b, n.in(0), n.real("alpha", 0.01f)), n.in(0));
}

Results prelu(NodeImport &n) { return whereNegative(n.b, n.in(0), n.b.mul(n.in(0), n.in(1)), n.in(0)); }

Results thresholdedRelu(NodeImport &n) {
  Value above = n.b.compare(CompareFn::Gt, n.in(0), n.real("alpha", 1));
  return n.b.select(above, n.in(0), n.b.scalar(n.dtype(0), 0));
}

Results elu(NodeImport &n) {
  Value below = times(n.b, n.b.unary(UnaryFn::Expm1, n.in(0)), n.real("alpha", 1));
  return whereNegative(n.b, n.in(0), below, n.in(0));
}

Results selu(NodeImport &n) {
  double alpha = n.real("alpha", 1.67326319217681884765625f), gamma = n.real("gamma", 1.05070102214813232421875f);
  Value below = times(n.b, n.b.unary(UnaryFn::Expm1, n.in(0)), alpha * gamma);
  return whereNegative(n.b, n.in(0), below, times(n.b, n.in(0), gamma));
}

// alpha * (e^(x / alpha) - 1) below zero.
Results celu(NodeImport &n) {
  double alpha = n.real("alpha", 1);
  if (alpha == 0)
    return n.error("attribute 'alpha' is 0");
  Value below = times(n.b, n.b.unary(UnaryFn::Expm1, times(n.b, n.in(0), 1 / alpha)), alpha);
  return whereNegative(n.b, n.in(0), below, n.in(0));
}

Value hardSigmoid(ImportBuilder &b, Value x, double alpha, double beta) {
  return b.clamp(plus(b, times(b, x, alpha), beta), 0, 1);
}

Results gelu(NodeImport &n) {
  ImportBuilder &b = n.b;
  Value x = n.in(0), inner;
  if (n.text("approximate", "none") == "tanh") {
    Value cube = b.mul(b.mul(x, x), x);
    inner = b.unary(UnaryFn::Tanh, times(b, b.add(x, times(b, cube, 0.044715)), std::sqrt(2 / M_PI)));
  } else {
    inner = b.unary(UnaryFn::Erf, times(b, x, M_SQRT1_2));
  }
  return b.mul(times(b, x, 0.5), plus(b, inner, 1));
}

Results shrink(NodeImport &n) {
  ImportBuilder &b = n.b;
  double bias = n.real("bias", 0), lambda = n.real("lambd", 0.5f);
  Value x = n.in(0), zero = b.scalar(n.dtype(0), 0);
  Value high = b.select(b.compare(CompareFn::Gt, x, lambda), plus(b, x, -bias), zero);
  return b.select(b.compare(CompareFn::Lt, x, -lambda), plus(b, x, bias), high);
}

Results clipByAttributes(NodeImport &n) {
  constexpr double kMost = std::numeric_limits<float>::max();
  double low = n.real("min", -kMost), high = n.real("max", kMost);
  Value x = n.in(0);
  // An absent bound does not bound infinities.
  if (n.has("min"))
    x = n.b.binary(BinaryFn::Max, x, low);
  return n.has("max") ? n.b.binary(BinaryFn::Min, x, high) : x;
}

Results clip(NodeImport &n) {
  for (int bound : {1, 2})
    if (n.in(bound) && ImportBuilder::elements(n.in(bound)) != 1)
      return n.error("bounds must be scalars");
  auto bound = [&](size_t i) { return n.b.reshape(n.in(i), {}); };
  Value x = n.in(0);
  if (n.in(1))
    x = n.b.binary(BinaryFn::Max, x, bound(1));
  return n.in(2) ? n.b.binary(BinaryFn::Min, x, bound(2)) : x;
}

// Operands may have different types: integers are exponents of floats.
Results pow(NodeImport &n) {
  DType type = n.dtype(0);
  if (isFloat(type) || n.dtype(1) == type)
    return n.b.binary(BinaryFn::Pow, n.in(0), n.b.cast(n.in(1), type));
  DType wide = isFloat(n.dtype(1)) ? DType::F64 : type;
  return n.b.cast(n.b.binary(BinaryFn::Pow, n.b.cast(n.in(0), wide), n.b.cast(n.in(1), wide)), type);
}

Results mod(NodeImport &n) {
  return n.b.binary(n.flag("fmod") ? BinaryFn::TruncMod : BinaryFn::FloorMod, n.in(0), n.in(1));
}

Results bitShift(NodeImport &n) {
  if (!n.has("direction"))
    return n.error("attribute 'direction' is missing");
  const double width = 8.0 * byteSize(n.dtype(0));
  Value past = n.b.compare(CompareFn::Ge, n.in(1), width);
  if (isSigned(n.dtype(0)))
    past = n.b.binary(BinaryFn::Or, past, n.b.compare(CompareFn::Lt, n.in(1), 0.0));
  Value zero = n.b.scalar(n.dtype(0), 0);
  if (n.text("direction", "LEFT") == "LEFT")
    return n.b.select(past, zero, n.b.binary(BinaryFn::ShiftLeft, n.in(0), n.in(1)));
  // What comes in from the left are copies of the sign.
  if (isSigned(n.dtype(0)))
    return n.b.binary(BinaryFn::ShiftRight, n.in(0), n.b.select(past, n.b.scalar(n.dtype(0), width - 1), n.in(1)));
  return n.b.select(past, zero, n.b.binary(BinaryFn::ShiftRight, n.in(0), n.in(1)));
}

Results isInf(NodeImport &n) {
  bool negative = n.flag("detect_negative", true), positive = n.flag("detect_positive", true);
  Value infinite = n.b.unary(UnaryFn::IsInf, n.in(0));
  if (negative && positive)
    return infinite;
  if (!negative && !positive)
    return n.b.splat(DType::I1, n.shape(0), 0);
  CompareFn sign = positive ? CompareFn::Gt : CompareFn::Lt;
  return n.b.binary(BinaryFn::And, infinite, n.b.compare(sign, n.in(0), 0.0));
}

Results bitCast(NodeImport &n) {
  auto to = n.type("to");
  if (to && byteSize(*to) != byteSize(n.dtype(0)))
    return n.error("element types have different widths");
  if (to == DType::U8 && n.dtype(0) == DType::I1) // a byte that is 0 or 1
    return n.b.cast(n.in(0), *to);
  return to ? n.b.bitcast(n.in(0), *to) : Value();
}

Results where(NodeImport &n) { return n.b.select(n.in(0), n.in(1), n.in(2)); }

// Rounding functions leave integers alone.
ImportFn rounding(UnaryFn fn) {
  return [fn](NodeImport &n) { return isFloat(n.dtype(0)) ? n.b.unary(fn, n.in(0)) : n.in(0); };
}

void addUnary(OpRows &rows) {
  const struct {
    const char *name;
    int64_t since;
    UnaryFn fn;
    TypeSet types;
  } plain[] = {
      {"Abs", 6, UnaryFn::Abs, kNumbers},     {"Neg", 6, UnaryFn::Neg, kNumbers},
      {"Sign", 9, UnaryFn::Sign, kNumbers},   {"Sqrt", 6, UnaryFn::Sqrt, kFloats},
      {"Exp", 6, UnaryFn::Exp, kFloats},      {"Log", 6, UnaryFn::Log, kFloats},
      {"Sin", 7, UnaryFn::Sin, kFloats},      {"Cos", 7, UnaryFn::Cos, kFloats},
      {"Tan", 7, UnaryFn::Tan, kFloats},      {"Asin", 7, UnaryFn::Asin, kFloats},
      {"Acos", 7, UnaryFn::Acos, kFloats},    {"Atan", 7, UnaryFn::Atan, kFloats},
      {"Sinh", 9, UnaryFn::Sinh, kFloats},    {"Cosh", 9, UnaryFn::Cosh, kFloats},
      {"Tanh", 6, UnaryFn::Tanh, kFloats},    {"Asinh", 9, UnaryFn::Asinh, kFloats},
      {"Acosh", 9, UnaryFn::Acosh, kFloats},  {"Atanh", 9, UnaryFn::Atanh, kFloats},
      {"Erf", 9, UnaryFn::Erf, kFloats},      {"Sigmoid", 6, UnaryFn::Sigmoid, kFloats},
      {"Relu", 6, UnaryFn::Relu, kNumbers},   {"Softplus", 1, UnaryFn::Softplus, kFloats},
      {"Not", 1, UnaryFn::Not, kBool},        {"BitwiseNot", 18, UnaryFn::Not, kInts},
      {"IsNaN", 9, UnaryFn::IsNan, kFloats},  {"Reciprocal", 6, UnaryFn::Reciprocal, kFloats}};
  for (const auto &op : plain)
    rows.emplace_back(op.name, op.since, 1, op.types, unary(op.fn));
  rows.emplace_back("Floor", 6, 1, kFloats, rounding(UnaryFn::Floor));
  rows.emplace_back("Ceil", 6, 1, kFloats, rounding(UnaryFn::Ceil));
  rows.emplace_back("Round", 11, 1, kFloats, rounding(UnaryFn::RoundEven));
  rows.emplace_back("IsInf", 10, 1, kFloats, isInf);
}

void addActivations(OpRows &rows) {
  rows.emplace_back("LeakyRelu", 6, 1, kFloats, leakyRelu);
  rows.emplace_back("PRelu", 7, 2, kNumbers, prelu);
  rows.emplace_back("ThresholdedRelu", 10, 1, kFloats, thresholdedRelu);
  rows.emplace_back("Elu", 6, 1, kFloats, elu);
  rows.emplace_back("Selu", 6, 1, kFloats, selu);
  rows.emplace_back("Celu", 12, 1, kFloats, celu);
  rows.push_back(OpRow("Gelu", 20, 1, kFloats, gelu).oneOf("approximate", {"none", "tanh"}));
  rows.emplace_back("HardSigmoid", 6, 1, kFloats, [](NodeImport &n) {
    return hardSigmoid(n.b, n.in(0), n.real("alpha", 0.2f), n.real("beta", 0.5f));
  });
  rows.emplace_back("HardSwish", 14, 1, kFloats, [](NodeImport &n) {
    return n.b.mul(n.in(0), hardSigmoid(n.b, n.in(0), 1.0 / 6, 0.5));
  });
  rows.emplace_back("Mish", 18, 1, kFloats, [](NodeImport &n) {
    return n.b.mul(n.in(0), n.b.unary(UnaryFn::Tanh, n.b.unary(UnaryFn::Softplus, n.in(0))));
  });
  rows.emplace_back("Swish", 24, 1, kFloats, [](NodeImport &n) {
    return n.b.mul(n.in(0), n.b.unary(UnaryFn::Sigmoid, times(n.b, n.in(0), n.real("alpha", 1))));
  });
  rows.emplace_back("Softsign", 1, 1, kFloats, [](NodeImport &n) {
    return n.b.div(n.in(0), plus(n.b, n.b.unary(UnaryFn::Abs, n.in(0)), 1));
  });
  rows.emplace_back("Shrink", 9, 1, kNumbers, shrink);
}

void addBinary(OpRows &rows) {
  const struct {
    const char *name;
    int64_t since;
    BinaryFn fn;
    TypeSet types;
  } plain[] = {{"Add", 7, BinaryFn::Add, kNumbers},       {"Sub", 7, BinaryFn::Sub, kNumbers},
               {"Mul", 7, BinaryFn::Mul, kNumbers},       {"Div", 7, BinaryFn::Div, kNumbers},
               {"And", 7, BinaryFn::And, kBool},          {"Or", 7, BinaryFn::Or, kBool},
               {"Xor", 7, BinaryFn::Xor, kBool},          {"BitwiseAnd", 18, BinaryFn::And, kInts},
               {"BitwiseOr", 18, BinaryFn::Or, kInts},    {"BitwiseXor", 18, BinaryFn::Xor, kInts}};
  for (const auto &op : plain)
    rows.emplace_back(op.name, op.since, 2, op.types, binary(op.fn));
  const struct {
    const char *name;
    int64_t since;
    CompareFn fn;
    TypeSet types;
  } comparisons[] = {{"Equal", 7, CompareFn::Eq, kAll},
                     {"Less", 7, CompareFn::Lt, kNumbers},
                     {"LessOrEqual", 12, CompareFn::Le, kNumbers},
                     {"Greater", 7, CompareFn::Gt, kNumbers},
                     {"GreaterOrEqual", 12, CompareFn::Ge, kNumbers}};
  for (const auto &op : comparisons)
    rows.emplace_back(op.name, op.since, 2, op.types, compare(op.fn));
  const struct {
    const char *name;
    BinaryFn fn;
    bool mean;
    TypeSet types;
  } folds[] = {{"Max", BinaryFn::Max, false, kNumbers},
               {"Min", BinaryFn::Min, false, kNumbers},
               {"Sum", BinaryFn::Add, false, kFloats},
               {"Mean", BinaryFn::Add, true, kFloats}};
  for (const auto &op : folds)
    rows.push_back(OpRow(op.name, 6, -1, op.types, variadic(op.fn, op.mean)).atLeast(1));
  rows.emplace_back("Pow", 7, 2, kNumbers, pow);
  rows.emplace_back("Mod", 10, 2, kNumbers, mod);
  rows.push_back(OpRow("BitShift", 11, 2, kInts, bitShift).oneOf("direction", {"LEFT", "RIGHT"}));
}

} // namespace

void addMathOps(OpRows &rows) {
  const size_t first = rows.size();
  addUnary(rows);
  addActivations(rows);
  addBinary(rows);
  rows.push_back(OpRow("Clip", 6, 1, kFloats, clipByAttributes).until(10));
  rows.push_back(OpRow("Clip", 11, 3, kNumbers, clip).atLeast(1));
  rows.emplace_back("BitCast", 26, 1, kAll, bitCast);
  rows.emplace_back("Where", 9, 3, kBool, where);
  for (OpRow &row : llvm::MutableArrayRef<OpRow>(rows).drop_front(first))
    row.extents = ExtentRule::Elementwise;
}

} // namespace aotc::onnx
