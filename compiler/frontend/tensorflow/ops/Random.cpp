// Family Random: counter-based numbers, one stream an operation.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

ImportFn random(nn::RandomFn fn) {
  return [fn](NodeImport &n) {
    auto type = n.type("dtype", DType::F32);
    if (!type)
      return Value();
    // The stream is the running number of the operation in the graph.
    return n.b.random(fn, *type, n.constantInts(0), n.seed(), n.newStream());
  };
}

Results uniformInt(NodeImport &n) {
  auto low = n.constantInt(1), high = n.constantInt(2);
  if (!low || !high)
    return Value();
  return n.b.random(nn::RandomFn::UniformInt, n.dtype(1), n.constantInts(0), n.seed(), n.newStream(), *low, *high);
}

} // namespace

void addRandomOps(OpRows &rows) {
  auto add = [&](const char *name, nn::RandomFn fn) {
    rows.push_back(OpRow(name, 1, kIndexInts, random(fn)).needsConstant(0, "shape"));
  };
  add("RandomUniform", nn::RandomFn::Uniform);
  add("RandomStandardNormal", nn::RandomFn::Normal);
  add("TruncatedNormal", nn::RandomFn::TruncatedNormal);
  rows.push_back(OpRow("RandomUniformInt", 3, kIndexInts, uniformInt)
                     .needsConstant(0, "shape")
                     .needsConstant(1, "minval")
                     .needsConstant(2, "maxval"));
}

} // namespace aotc::tf
