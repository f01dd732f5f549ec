// Family Math: elementwise operations and constants of computation.

#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

using nn::BinaryFn;
using nn::CompareFn;
using nn::UnaryFn;

ImportFn unary(UnaryFn fn) {
  return [fn](NodeImport &n) { return n.b.unary(fn, n.in(0)); };
}

// Rounding functions leave integers alone.
ImportFn rounding(UnaryFn fn) {
  return [fn](NodeImport &n) { return isFloat(n.dtype(0)) ? n.b.unary(fn, n.in(0)) : n.in(0); };
}

ImportFn binary(BinaryFn fn) {
  return [fn](NodeImport &n) { return n.b.binary(fn, n.in(0), n.in(1)); };
}

ImportFn compare(CompareFn fn) {
  return [fn](NodeImport &n) { return n.b.compare(fn, n.in(0), n.in(1)); };
}

// fn(x, y), but 0 wherever operand `tested` is 0, whatever the other one is.
ImportFn zeroWhereZero(int tested, std::function<Value(ImportBuilder &, Value, Value)> fn) {
  return [=](NodeImport &n) {
    Value isZero = n.b.compare(CompareFn::Eq, n.in(tested), 0.0);
    return n.b.select(isZero, n.b.scalar(n.dtype(0), 0), fn(n.b, n.in(0), n.in(1)));
  };
}

Value square(ImportBuilder &b, Value x) { return b.mul(x, x); }

Results addN(NodeImport &n) {
  Value sum = n.in(0);
  for (Value x : n.allInputs().drop_front()) {
    if (ImportBuilder::shape(x) != n.shape(0))
      return n.error("operands have different shapes");
    sum = n.b.add(sum, x);
  }
  return sum;
}

Results biasAdd(NodeImport &n) {
  if (n.rank(1) != 1 || n.rank(0) < 2)
    return n.error("needs a value of rank at least 2 and a bias of rank 1");
  int64_t channel = n.channelsFirst() ? 1 : n.rank(0) - 1;
  if (n.shape(0)[channel] != n.shape(1)[0])
    return n.error("bias of " + llvm::Twine(n.shape(1)[0]) + " elements for " + llvm::Twine(n.shape(0)[channel]) +
                   " channels");
  DimVector shape(n.rank(0) - channel, 1); // broadcasting aligns at the end
  shape[0] = n.shape(1)[0];
  return n.b.add(n.in(0), n.b.reshape(n.in(1), shape));
}

Results leakyRelu(NodeImport &n) {
  double alpha = n.real("alpha", 0.2);
  Value scaled = n.b.binary(BinaryFn::Mul, n.in(0), alpha);
  if (alpha <= 1)
    return n.b.binary(BinaryFn::Max, n.in(0), scaled);
  return n.b.select(n.b.compare(CompareFn::Gt, n.in(0), 0.0), n.in(0), scaled);
}

// alpha * (e^x - 1) below zero, x above, all times scale.
Value elu(ImportBuilder &b, Value x, double scale, double scaleAlpha) {
  Value below = b.unary(UnaryFn::Expm1, x), above = x;
  if (scaleAlpha != 1)
    below = b.binary(BinaryFn::Mul, below, scaleAlpha);
  if (scale != 1)
    above = b.binary(BinaryFn::Mul, x, scale);
  return b.select(b.compare(CompareFn::Lt, x, 0.0), below, above);
}

Results softsign(NodeImport &n) {
  Value x = n.in(0);
  return n.b.div(x, n.b.binary(BinaryFn::Add, n.b.unary(UnaryFn::Abs, x), 1));
}

Results clipByValue(NodeImport &n) {
  for (int bound : {1, 2})
    if (n.rank(bound) != 0 && n.shape(bound) != n.shape(0))
      return n.error("bounds must be scalars or have the value's shape");
  return n.b.binary(BinaryFn::Max, n.b.binary(BinaryFn::Min, n.in(0), n.in(2)), n.in(1));
}

Results approximateEqual(NodeImport &n) {
  Value distance = n.b.unary(UnaryFn::Abs, n.b.sub(n.in(0), n.in(1)));
  return n.b.compare(CompareFn::Lt, distance, n.real("tolerance", 1e-5f));
}

// The number of boundaries at or below each element.
Results bucketize(NodeImport &n) {
  Value count = n.b.splat(DType::I32, n.shape(0), 0);
  auto boundaries = n.reals("boundaries");
  if (boundaries.size() > 1000)
    return n.error("more than 1000 boundaries");
  Value x = n.b.cast(n.in(0), n.dtype(0) == DType::F64 || n.dtype(0) == DType::I64 ? DType::F64 : DType::F32);
  for (double boundary : boundaries)
    count = n.b.add(count, n.b.cast(n.b.compare(CompareFn::Ge, x, boundary), DType::I32));
  return count;
}

// V1: the condition has the operands' shape, or is a scalar or a vector that
// chooses along the first dimension.
Results select(NodeImport &n) {
  Value condition = n.in(0);
  if (n.shape(1) != n.shape(2))
    return n.error("operands have different shapes");
  if (n.shape(0) != n.shape(1) && n.rank(0) == 1 && n.rank(1) >= 1) {
    if (n.shape(0)[0] != n.shape(1)[0])
      return n.error("condition and operands differ in the first extent");
    DimVector shape(n.rank(1), 1);
    shape[0] = n.shape(0)[0];
    condition = n.b.reshape(condition, shape);
  } else if (n.shape(0) != n.shape(1) && n.rank(0) != 0) {
    return n.error("condition must have the operands' shape, their first extent, or be a scalar");
  }
  return n.b.select(condition, n.in(1), n.in(2));
}

Results cast(NodeImport &n) {
  auto to = n.type("DstT");
  return to ? n.b.cast(n.in(0), *to) : Value();
}

Results bitcast(NodeImport &n) {
  auto to = n.type("type");
  if (to && byteSize(*to) != byteSize(n.dtype(0)))
    return n.error("bitcast between element types of different widths");
  return to ? n.b.bitcast(n.in(0), *to) : Value();
}

ImportFn filled(double value) {
  return [value](NodeImport &n) { return n.b.splat(n.dtype(0), n.shape(0), value); };
}

Results reciprocal(NodeImport &n) {
  if (isFloat(n.dtype(0)))
    return n.b.unary(UnaryFn::Reciprocal, n.in(0));
  return n.b.div(n.b.scalar(n.dtype(0), 1), n.in(0));
}

void addActivations(OpRows &rows) {
  rows.emplace_back("Relu", 1, kNumbers, unary(UnaryFn::Relu));
  rows.emplace_back("Relu6", 1, kNumbers, [](NodeImport &n) { return n.b.clamp(n.in(0), 0, 6); });
  rows.emplace_back("LeakyRelu", 1, kFloats, leakyRelu);
  rows.emplace_back("Elu", 1, kFloats, [](NodeImport &n) { return elu(n.b, n.in(0), 1, 1); });
  rows.emplace_back("Selu", 1, kFloats, [](NodeImport &n) {
    return elu(n.b, n.in(0), 1.0507009873554804934193349852946, 1.7580993408473768599402175208123);
  });
  rows.emplace_back("Softplus", 1, kFloats, unary(UnaryFn::Softplus));
  rows.emplace_back("Softsign", 1, kFloats, softsign);
  rows.emplace_back("Sigmoid", 1, kFloats, unary(UnaryFn::Sigmoid));
  rows.emplace_back("Tanh", 1, kFloats, unary(UnaryFn::Tanh));
  for (const char *name : {"BiasAdd", "BiasAddV1"})
    rows.push_back(OpRow(name, 2, kNumbers, biasAdd).oneOf("data_format", {"NHWC", "NCHW"}));
}

void addUnary(OpRows &rows) {
  const struct {
    const char *name;
    UnaryFn fn;
  } transcendental[] = {
      {"Sqrt", UnaryFn::Sqrt},   {"Rsqrt", UnaryFn::Rsqrt}, {"Exp", UnaryFn::Exp},     {"Expm1", UnaryFn::Expm1},
      {"Log", UnaryFn::Log},     {"Log1p", UnaryFn::Log1p}, {"Sin", UnaryFn::Sin},     {"Cos", UnaryFn::Cos},
      {"Tan", UnaryFn::Tan},     {"Asin", UnaryFn::Asin},   {"Acos", UnaryFn::Acos},   {"Atan", UnaryFn::Atan},
      {"Sinh", UnaryFn::Sinh},   {"Cosh", UnaryFn::Cosh},   {"Asinh", UnaryFn::Asinh}, {"Acosh", UnaryFn::Acosh},
      {"Atanh", UnaryFn::Atanh}, {"Erf", UnaryFn::Erf},     {"Erfc", UnaryFn::Erfc},   {"Lgamma", UnaryFn::Lgamma},
      {"Rint", UnaryFn::RoundEven}, {"IsNan", UnaryFn::IsNan}, {"IsInf", UnaryFn::IsInf},
      {"IsFinite", UnaryFn::IsFinite}};
  for (auto [name, fn] : transcendental)
    rows.emplace_back(name, 1, kFloats, unary(fn));
  rows.emplace_back("Neg", 1, kNumbers, unary(UnaryFn::Neg));
  rows.emplace_back("Abs", 1, kNumbers, unary(UnaryFn::Abs));
  rows.emplace_back("Sign", 1, kNumbers, unary(UnaryFn::Sign));
  rows.emplace_back("Floor", 1, kNumbers, rounding(UnaryFn::Floor));
  rows.emplace_back("Ceil", 1, kNumbers, rounding(UnaryFn::Ceil));
  rows.emplace_back("Round", 1, kNumbers, rounding(UnaryFn::RoundEven));
  for (const char *name : {"Inv", "Reciprocal"})
    rows.emplace_back(name, 1, kNumbers, reciprocal);
  rows.emplace_back("Square", 1, kNumbers, [](NodeImport &n) { return square(n.b, n.in(0)); });
  rows.emplace_back("LogicalNot", 1, kBool, unary(UnaryFn::Not));
  rows.emplace_back("Invert", 1, kInts, unary(UnaryFn::Not));
  rows.emplace_back("PopulationCount", 1, kInts, unary(UnaryFn::PopCount));
}

void addBinary(OpRows &rows) {
  const struct {
    const char *name;
    BinaryFn fn;
    TypeSet types;
  } plain[] = {{"Add", BinaryFn::Add, kNumbers},
               {"AddV2", BinaryFn::Add, kNumbers},
               {"Sub", BinaryFn::Sub, kNumbers},
               {"Mul", BinaryFn::Mul, kNumbers},
               {"Div", BinaryFn::Div, kNumbers},
               {"RealDiv", BinaryFn::Div, kNumbers},
               {"TruncateDiv", BinaryFn::Div, kInts},
               {"FloorDiv", BinaryFn::FloorDiv, kNumbers},
               {"FloorMod", BinaryFn::FloorMod, kNumbers},
               {"Mod", BinaryFn::TruncMod, kNumbers},
               {"TruncateMod", BinaryFn::TruncMod, kNumbers},
               {"Pow", BinaryFn::Pow, kNumbers},
               {"Maximum", BinaryFn::Max, kNumbers},
               {"Minimum", BinaryFn::Min, kNumbers},
               {"Atan2", BinaryFn::Atan2, kFloats},
               {"LogicalAnd", BinaryFn::And, kBool},
               {"LogicalOr", BinaryFn::Or, kBool},
               {"BitwiseAnd", BinaryFn::And, kInts},
               {"BitwiseOr", BinaryFn::Or, kInts},
               {"BitwiseXor", BinaryFn::Xor, kInts},
               {"LeftShift", BinaryFn::ShiftLeft, kInts},
               {"RightShift", BinaryFn::ShiftRight, kInts}};
  for (auto [name, fn, types] : plain)
    rows.emplace_back(name, 2, types, binary(fn));
  const struct {
    const char *name;
    CompareFn fn;
  } comparisons[] = {{"Equal", CompareFn::Eq}, {"NotEqual", CompareFn::Ne},  {"Less", CompareFn::Lt},
                     {"LessEqual", CompareFn::Le}, {"Greater", CompareFn::Gt}, {"GreaterEqual", CompareFn::Ge}};
  for (auto [name, fn] : comparisons)
    rows.emplace_back(name, 2, fn == CompareFn::Eq || fn == CompareFn::Ne ? kAll : kNumbers, compare(fn));
  rows.emplace_back("ApproximateEqual", 2, kNumbers, approximateEqual);
  rows.emplace_back("SquaredDifference", 2, kNumbers,
                    [](NodeImport &n) { return square(n.b, n.b.sub(n.in(0), n.in(1))); });
  rows.emplace_back("DivNoNan", 2, kFloats,
                    zeroWhereZero(1, [](ImportBuilder &b, Value x, Value y) { return b.div(x, y); }));
  rows.emplace_back("MulNoNan", 2, kFloats,
                    zeroWhereZero(1, [](ImportBuilder &b, Value x, Value y) { return b.mul(x, y); }));
  rows.emplace_back("Xdivy", 2, kFloats,
                    zeroWhereZero(0, [](ImportBuilder &b, Value x, Value y) { return b.div(x, y); }));
  rows.emplace_back("Xlogy", 2, kFloats, zeroWhereZero(0, [](ImportBuilder &b, Value x, Value y) {
                      return b.mul(x, b.unary(UnaryFn::Log, y));
                    }));
  rows.emplace_back("Xlog1py", 2, kFloats, zeroWhereZero(0, [](ImportBuilder &b, Value x, Value y) {
                      return b.mul(x, b.unary(UnaryFn::Log1p, y));
                    }));
  for (const char *name : {"AddN", "AccumulateNV2"})
    rows.push_back(OpRow(name, -1, kNumbers, addN).atLeast(1));
}

} // namespace

void addMathOps(OpRows &rows) {
  const size_t before = rows.size();
  addActivations(rows);
  addUnary(rows);
  addBinary(rows);
  rows.emplace_back("ClipByValue", 3, kNumbers, clipByValue);
  rows.emplace_back("Bucketize", 1, TypeSet{DType::F32, DType::F64, DType::I32, DType::I64}, bucketize);
  rows.emplace_back("Select", 3, kBool, select);
  rows.emplace_back("SelectV2", 3, kBool,
                    [](NodeImport &n) { return n.b.select(n.in(0), n.in(1), n.in(2)); });
  rows.emplace_back("Cast", 1, kAll, cast);
  rows.emplace_back("Bitcast", 1, kNumbers, bitcast);
  rows.emplace_back("ZerosLike", 1, kAll, filled(0));
  rows.emplace_back("OnesLike", 1, kAll, filled(1));
  for (OpRow &row : llvm::drop_begin(rows, before)) // Select's condition may stand for rows
    row.extents = row.name == "Select" ? ExtentRule::Refuse : ExtentRule::Elementwise;
}

} // namespace aotc::tf
