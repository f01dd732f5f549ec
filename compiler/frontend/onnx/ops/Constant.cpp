// Family Constant: values from attributes and shapes.
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

Results constant(NodeImport &n) {
  for (const char *name : {"value", "sparse_value"})
    if (n.has(name)) {
      auto *value = n.typedTensor(name);
      if (!value)
        return Value();
      n.setElementType(0, value->type);
      return n.b.constant(value->tensor);
    }
  if (n.has("value_int"))
    return n.b.reshape(n.b.indices(DType::I64, {n.integer("value_int", 0)}), {});
  if (n.has("value_ints"))
    return n.b.indices(DType::I64, n.integers("value_ints"));
  if (n.has("value_float"))
    return n.b.scalar(DType::F32, n.real("value_float", 0));
  if (n.has("value_floats")) {
    auto values = n.reals("value_floats");
    Tensor tensor(DType::F32, {static_cast<int64_t>(values.size())});
    for (auto [i, value] : llvm::enumerate(values))
      tensor.setF(i, value);
    return n.b.constant(tensor);
  }
  if (n.has("value_string") || n.has("value_strings"))
    return n.error("holds STRING elements, which are not supported");
  return n.error("has no attribute with a value");
}

Results constantOfShape(NodeImport &n) {
  auto *value = n.typedTensor("value");
  if (value && value->tensor.size() != 1)
    return n.error("attribute 'value' must have one element");
  if (!value)
    return n.b.fill(n.b.scalar(DType::F32, 0), n.in(0));
  n.setElementType(0, value->type);
  return n.b.fill(n.b.reshape(n.b.constant(value->tensor), {}), n.in(0));
}

Results range(NodeImport &n) { return n.range(/*mayBeEmpty=*/true); }

Results eyeLike(NodeImport &n) {
  auto type = n.type("dtype", n.dtype(0));
  if (!type || n.rank(0) != 2)
    return type ? n.error("needs a matrix") : Value();
  Value row = n.b.iota(DType::I64, {n.shape(0)[0], 1}, 0), column = n.b.iota(DType::I64, {1, n.shape(0)[1]}, 1);
  Value distance = n.b.indices(DType::I64, {n.integer("k", 0)});
  return n.b.cast(n.b.compare(nn::CompareFn::Eq, n.b.sub(column, row), distance), *type);
}

} // namespace

void addConstantOps(OpRows &rows) {
  rows.push_back(OpRow("Constant", 1, 0, kAll, constant));
  rows.push_back(OpRow("ConstantOfShape", 9, 1, kIndexInts, constantOfShape).takesExtents());
  rows.push_back(OpRow("Range", 11, 3, kNumbers, range).needsConstant(2, "delta").takesExtents());
  rows.emplace_back("EyeLike", 9, 1, kAll, eyeLike);
}

} // namespace aotc::onnx
