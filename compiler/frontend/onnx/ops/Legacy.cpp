// Family Legacy: what opset 7 changed. Before it, operands broadcast only where an attribute said so.
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

// The right operand with its first dimension at `axis` of the left one; without `broadcast` as it is.
Value aligned(NodeImport &n) {
  Value right = n.in(1);
  int64_t rank = n.rank(0), own = n.rank(1);
  if (!n.flag("broadcast") || !n.has("axis"))
    return right;
  int64_t axis = n.integer("axis", 0);
  axis = axis < 0 ? axis + rank : axis;
  if (axis < 0 || axis + own > rank)
    return n.error("axis " + llvm::Twine(axis) + " is outside rank " + llvm::Twine(rank));
  DimVector shape(n.shape(1));
  shape.append(rank - axis - own, 1);
  return n.b.reshape(right, shape);
}

ImportFn binary(nn::BinaryFn fn) {
  return [fn](NodeImport &n) { return n.b.binary(fn, n.in(0), aligned(n)); };
}
ImportFn compare(nn::CompareFn fn) {
  return [fn](NodeImport &n) { return n.b.compare(fn, n.in(0), aligned(n)); };
}

Results gemm(NodeImport &n) {
  ImportBuilder &b = n.b;
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return n.error("needs matrices");
  Value product = b.matmul(n.in(0), n.in(1), n.flag("transA"), n.flag("transB"));
  auto scaled = [&](Value v, double factor) { return factor == 1 ? v : b.binary(nn::BinaryFn::Mul, v, factor); };
  return b.add(scaled(product, n.real("alpha", 1)), scaled(n.in(2), n.real("beta", 1)));
}

// A slope for all or one for each channel.
Results prelu(NodeImport &n) {
  ImportBuilder &b = n.b;
  Value slope = n.in(1);
  if (n.rank(0) > 2 && n.rank(1) == 1) {
    DimVector shape(n.rank(0) - 1, 1);
    shape[0] = n.shape(1)[0];
    slope = b.reshape(slope, shape);
  }
  return b.select(b.compare(nn::CompareFn::Lt, n.in(0), 0), b.mul(n.in(0), slope), n.in(0));
}

} // namespace

void addLegacyOps(OpRows &rows) {
  auto add = [&](const char *name, int operands, TypeSet types, ImportFn import) {
    rows.push_back(OpRow(name, 1, operands, types, std::move(import)).until(6));
  };
  add("Add", 2, kNumbers, binary(nn::BinaryFn::Add));
  add("Sub", 2, kNumbers, binary(nn::BinaryFn::Sub));
  add("Mul", 2, kNumbers, binary(nn::BinaryFn::Mul));
  add("Div", 2, kNumbers, binary(nn::BinaryFn::Div));
  add("Pow", 2, kFloats, binary(nn::BinaryFn::Pow));
  add("And", 2, kBool, binary(nn::BinaryFn::And));
  add("Or", 2, kBool, binary(nn::BinaryFn::Or));
  add("Xor", 2, kBool, binary(nn::BinaryFn::Xor));
  add("Equal", 2, kAll, compare(nn::CompareFn::Eq));
  add("Less", 2, kNumbers, compare(nn::CompareFn::Lt));
  add("Greater", 2, kNumbers, compare(nn::CompareFn::Gt));
  add("Gemm", 3, kFloats, gemm);
  add("PRelu", 2, kFloats, prelu);
}

} // namespace aotc::onnx
