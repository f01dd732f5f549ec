// Family Reduce: reductions, extrema, running sums and softmax.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include <numeric>

namespace aotc::onnx {
namespace {

using nn::BinaryFn;
using nn::ReduceFn;
using nn::UnaryFn;

struct Reduction {
  Value operand;
  DimVector axes; // ascending
  bool keepDims;
};

using Combine = std::function<Value(ImportBuilder &, const Reduction &)>;

Value reduced(ImportBuilder &b, ReduceFn fn, const Reduction &r) { return b.reduceExtents(fn, r.operand, r.axes, r.keepDims); }

Value squareSum(ImportBuilder &b, const Reduction &r) {
  return b.reduce(ReduceFn::Sum, b.mul(r.operand, r.operand), r.axes, r.keepDims);
}

// A function of floats that is also there for integers, which come out truncated.
Value inFloat(ImportBuilder &b, UnaryFn fn, Value x) {
  DType type = ImportBuilder::dtype(x);
  return isFloat(type) ? b.unary(fn, x) : b.cast(b.unary(fn, b.cast(x, DType::F64)), type);
}

// log(sum(exp(x))) without overflow: shifted by the largest element where that is finite.
Value logSumExp(ImportBuilder &b, const Reduction &r) {
  DType type = ImportBuilder::dtype(r.operand), wide = isFloat(type) ? type : DType::F64;
  Value x = b.cast(r.operand, wide);
  Value largest = b.reduce(ReduceFn::Max, x, r.axes, /*keepDims=*/true);
  Value shift = b.select(b.unary(UnaryFn::IsFinite, largest), largest, b.scalar(wide, 0));
  Value sum = b.reduce(ReduceFn::Sum, b.unary(UnaryFn::Exp, b.sub(x, shift)), r.axes, /*keepDims=*/true);
  Value result = b.cast(b.add(b.unary(UnaryFn::Log, sum), shift), type);
  return r.keepDims || !result ? result : b.reduce(ReduceFn::Sum, result, r.axes, false);
}

// Axes come from an attribute up to `lastWithAttribute` and from operand 1 since.
ImportFn reduction(int64_t lastWithAttribute, Combine combine) {
  return [=](NodeImport &n) -> Results {
    Reduction r{n.in(0), {}, n.flag("keepdims", true)};
    bool byOperand = n.opset() > lastWithAttribute;
    DimVector given = byOperand ? (n.in(1) ? n.constantInts(1) : DimVector()) : n.integers("axes");
    auto axes = n.distinctAxes(given, n.rank(0));
    if (!axes)
      return Value();
    r.axes = *axes;
    if (given.empty() && !(byOperand && n.flag("noop_with_empty_axes"))) {
      r.axes.resize(n.rank(0));
      std::iota(r.axes.begin(), r.axes.end(), 0);
    }
    return combine(n.b, r);
  };
}

ImportFn argReduce(nn::ArgReduceFn fn) {
  return [fn](NodeImport &n) -> Results {
    auto axis = n.b.normalizeAxis(n.integer("axis", 0), n.rank(0));
    if (!axis)
      return Value();
    bool keepDims = n.flag("keepdims", true);
    if (!n.flag("select_last_index"))
      return n.b.argReduce(fn, n.in(0), *axis, DType::I64, keepDims);
    Value fromEnd = n.b.argReduce(fn, n.b.reverse(n.in(0), {*axis}), *axis, DType::I64, keepDims);
    return n.b.sub(n.b.scalar(DType::I64, n.shape(0)[*axis] - 1), fromEnd);
  };
}

// Reverses the order of all values of a type, twice gives the same back.
Value mirrored(ImportBuilder &b, Value x) {
  return b.unary(isFloat(ImportBuilder::dtype(x)) ? UnaryFn::Neg : UnaryFn::Not, x);
}

Results topK(NodeImport &n, int64_t k) {
  auto axis = n.b.normalizeAxis(n.integer("axis", -1), n.rank(0));
  if (!axis)
    return Value();
  if (k < 0 || k > n.shape(0)[*axis])
    return n.error("k is " + llvm::Twine(k) + ", the axis has " + llvm::Twine(n.shape(0)[*axis]) + " elements");
  bool largest = n.flag("largest", true);
  DimVector toLast(n.rank(0)), back(n.rank(0));
  std::iota(toLast.begin(), toLast.end(), 0);
  std::swap(toLast[*axis], toLast.back());
  Value x = n.b.transpose(n.in(0), toLast); // its own inverse
  auto [values, indices] = n.b.topK(largest ? x : mirrored(n.b, x), k, DType::I64);
  if (values && !largest)
    values = mirrored(n.b, values);
  return {n.b.transpose(values, toLast), n.b.transpose(indices, toLast)};
}

Results topKByOperand(NodeImport &n) {
  auto k = n.constantInt(1);
  return k ? topK(n, *k) : Results(Value());
}

ImportFn cumulative(nn::CumulativeFn fn) {
  return [fn](NodeImport &n) -> Results {
    auto axis = n.constantAxis(1, n.rank(0));
    return axis ? n.b.cumulative(fn, n.in(0), *axis, n.flag("exclusive"), n.flag("reverse")) : Value();
  };
}

// Up to opset 12 over all dimensions from the axis on, as one; since over the axis alone.
ImportFn softmax(bool log, bool flattened) {
  return [=](NodeImport &n) -> Results {
    int64_t rank = std::max<int64_t>(n.rank(0), 1); // a scalar counts as a vector
    Value x = n.rank(0) == 0 ? n.b.reshape(n.in(0), {1}) : n.in(0);
    int64_t axis = n.integer("axis", flattened ? 1 : -1);
    if (flattened && axis == rank) // all of it are rows
      return n.b.splat(n.dtype(0), n.shape(0), log ? 0 : 1);
    auto from = n.b.normalizeAxis(axis, rank);
    if (!from)
      return Value();
    if (!flattened)
      return n.b.reshape(n.b.softmax(x, *from, log), n.shape(0));
    if (ImportBuilder::elements(x) == 0)
      return x;
    int64_t rows = 1, columns = 1; // of an existing tensor
    for (int64_t d = 0; d < rank; ++d)
      (d < *from ? rows : columns) *= ImportBuilder::shape(x)[d];
    return n.b.reshape(n.b.softmax(n.b.reshape(x, {rows, columns}), 1, log), n.shape(0));
  };
}

Combine simple(ReduceFn fn) {
  return [fn](ImportBuilder &b, const Reduction &r) { return reduced(b, fn, r); };
}

// Extrema of bools are any and all.
Combine extremum(ReduceFn fn, ReduceFn ofBools) {
  return [=](ImportBuilder &b, const Reduction &r) {
    return reduced(b, ImportBuilder::dtype(r.operand) == DType::I1 ? ofBools : fn, r);
  };
}

} // namespace

void addReduceOps(OpRows &rows) {
  const struct {
    const char *name;
    Combine combine;
  } reductions[] = {
      {"ReduceMax", extremum(ReduceFn::Max, ReduceFn::Any)},
      {"ReduceMin", extremum(ReduceFn::Min, ReduceFn::All)},
      {"ReduceMean", simple(ReduceFn::Mean)},
      {"ReduceProd", simple(ReduceFn::Prod)},
      {"ReduceSum", simple(ReduceFn::Sum)},
      {"ReduceSumSquare", squareSum},
      {"ReduceLogSumExp", logSumExp},
      {"ReduceL1",
       [](ImportBuilder &b, const Reduction &r) {
         return b.reduce(ReduceFn::Sum, b.unary(UnaryFn::Abs, r.operand), r.axes, r.keepDims);
       }},
      {"ReduceL2",
       [](ImportBuilder &b, const Reduction &r) { return inFloat(b, UnaryFn::Sqrt, squareSum(b, r)); }},
      {"ReduceLogSum",
       [](ImportBuilder &b, const Reduction &r) { return inFloat(b, UnaryFn::Log, reduced(b, ReduceFn::Sum, r)); }},
  };
  for (const auto &[name, combine] : reductions) {
    int64_t lastWithAttribute = llvm::StringRef(name) == "ReduceSum" ? 12 : 17;
    bool ofBools = llvm::StringRef(name) == "ReduceMax" || llvm::StringRef(name) == "ReduceMin";
    rows.push_back(OpRow(name, 1, 2, ofBools ? kAll : kNumbers, reduction(lastWithAttribute, combine))
                       .atLeast(1)
                       .needsConstant(1, "axes"));
    if (llvm::is_contained({"ReduceMean", "ReduceProd", "ReduceSum"}, llvm::StringRef(name)))
      rows.back().extents = ExtentRule::Own;
  }
  rows.emplace_back("ArgMax", 1, 1, kNumbers, argReduce(nn::ArgReduceFn::Max));
  rows.emplace_back("ArgMin", 1, 1, kNumbers, argReduce(nn::ArgReduceFn::Min));
  rows.push_back(OpRow("TopK", 1, 1, kNumbers, [](NodeImport &n) { return topK(n, n.integer("k", -1)); }).until(9));
  rows.push_back(OpRow("TopK", 10, 2, kNumbers, topKByOperand).needsConstant(1, "k"));
  rows.push_back(OpRow("CumSum", 11, 2, kNumbers, cumulative(nn::CumulativeFn::Sum)).needsConstant(1, "axis"));
  rows.push_back(OpRow("CumProd", 26, 2, kNumbers, cumulative(nn::CumulativeFn::Prod)).needsConstant(1, "axis"));
  for (bool log : {false, true}) {
    const char *name = log ? "LogSoftmax" : "Softmax";
    rows.push_back(OpRow(name, 1, 1, kFloats, softmax(log, /*flattened=*/true)).until(12));
    rows.emplace_back(name, 13, 1, kFloats, softmax(log, /*flattened=*/false));
  }
}

} // namespace aotc::onnx
