// Family MatMul: matrix products and Einsum.
#include "compiler/frontend/common/Einsum.h"
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

Results matMul(NodeImport &n) {
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return n.error("needs two matrices, got ranks " + llvm::Twine(n.rank(0)) + " and " + llvm::Twine(n.rank(1)));
  return n.b.matmul(n.in(0), n.in(1), n.flag("transpose_a"), n.flag("transpose_b"));
}

Results batchMatMul(NodeImport &n) {
  Value a = n.in(0), b = n.in(1);
  if (n.rank(0) < 2 || n.rank(1) < 2)
    return n.error("needs operands of rank at least 2");
  DType out = n.type("Tout", n.dtype(0)).value_or(n.dtype(0));
  if (out != n.dtype(0)) { // V3 multiplies in the wider type
    a = n.b.cast(a, out);
    b = n.b.cast(b, out);
  }
  return n.b.matmul(a, b, n.flag("adj_x"), n.flag("adj_y"));
}

Results einsum(NodeImport &n) {
  if (n.numInputs() > 2)
    return n.error("more than two operands are not supported");
  return aotc::einsum(n.b, n.allInputs(), n.text("equation", ""));
}

} // namespace

void addMatMulOps(OpRows &rows) {
  rows.emplace_back("MatMul", 2, kNumbers, matMul);
  rows.emplace_back("SparseMatMul", 2, kFloats, matMul); // dense operands; sparsity is a hint only
  for (const char *name : {"BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"})
    rows.emplace_back(name, 2, kNumbers, batchMatMul);
  rows.push_back(OpRow("Einsum", 2, kNumbers, einsum).atLeast(1));
}

} // namespace aotc::tf
