// Family Reduce: sums, extrema, sorting and running sums along axes.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

using nn::ReduceFn;

ImportFn reduce(ReduceFn fn) {
  return [fn](NodeImport &n) {
    auto axes = n.constantAxes(1, n.rank(0));
    return axes ? n.b.reduceExtents(fn, n.in(0), *axes, n.flag("keep_dims")) : Value();
  };
}

Results euclideanNorm(NodeImport &n) {
  auto axes = n.constantAxes(1, n.rank(0));
  if (!axes)
    return Value();
  Value squares = n.b.reduce(ReduceFn::Sum, n.b.mul(n.in(0), n.in(0)), *axes, n.flag("keep_dims"));
  return n.b.unary(nn::UnaryFn::Sqrt, squares);
}

ImportFn argReduce(nn::ArgReduceFn fn) {
  return [fn](NodeImport &n) {
    auto axis = n.numInputs() > 1 ? n.constantAxis(1, n.rank(0)) : n.b.normalizeAxis(0, n.rank(0));
    auto type = n.type("output_type", DType::I64);
    return axis && type ? n.b.argReduce(fn, n.in(0), *axis, *type, /*keepDims=*/false) : Value();
  };
}

Results topK(NodeImport &n, std::optional<int64_t> k) {
  if (!k)
    return Value();
  auto type = n.type("index_type", DType::I32);
  if (n.rank(0) < 1 || *k < 0 || *k > n.shape(0).back())
    return n.error("cannot take " + llvm::Twine(*k) + " of the last dimension");
  if (!type)
    return Value();
  auto [values, indices] = n.b.topK(n.in(0), *k, *type);
  return {values, indices};
}

ImportFn cumulative(nn::CumulativeFn fn) {
  return [fn](NodeImport &n) {
    auto axis = n.constantAxis(1, n.rank(0));
    return axis ? n.b.cumulative(fn, n.in(0), *axis, n.flag("exclusive"), n.flag("reverse")) : Value();
  };
}

} // namespace

void addReduceOps(OpRows &rows) {
  const struct {
    const char *name;
    ReduceFn fn;
    TypeSet types;
  } reductions[] = {{"Sum", ReduceFn::Sum, kNumbers},   {"Mean", ReduceFn::Mean, kNumbers},
                    {"Max", ReduceFn::Max, kNumbers},   {"Min", ReduceFn::Min, kNumbers},
                    {"Prod", ReduceFn::Prod, kNumbers}, {"All", ReduceFn::All, kBool},
                    {"Any", ReduceFn::Any, kBool}};
  for (auto [name, fn, types] : reductions)
    rows.push_back(OpRow(name, 2, types, reduce(fn)).needsConstant(1, "axes").takesExtents());
  rows.push_back(OpRow("EuclideanNorm", 2, kFloats, euclideanNorm).needsConstant(1, "axes"));
  rows.push_back(OpRow("ArgMax", 2, kNumbers, argReduce(nn::ArgReduceFn::Max)).atLeast(1).needsConstant(1, "axis"));
  rows.push_back(OpRow("ArgMin", 2, kNumbers, argReduce(nn::ArgReduceFn::Min)).atLeast(1).needsConstant(1, "axis"));
  rows.emplace_back("TopK", 1, kNumbers, [](NodeImport &n) { return topK(n, n.integer("k", 0)); });
  rows.push_back(OpRow("TopKV2", 2, kNumbers, [](NodeImport &n) { return topK(n, n.constantInt(1)); })
                     .needsConstant(1, "k"));
  rows.push_back(OpRow("Cumsum", 2, kNumbers, cumulative(nn::CumulativeFn::Sum)).needsConstant(1, "axis"));
  rows.push_back(OpRow("Cumprod", 2, kNumbers, cumulative(nn::CumulativeFn::Prod)).needsConstant(1, "axis"));
}

} // namespace aotc::tf
