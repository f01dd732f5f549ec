// Family MatMul: matrix products and Einsum.
#include "compiler/frontend/common/Einsum.h"
#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

using nn::BinaryFn;

// As numpy.matmul: vectors count as a row on the left and as a column on the right.
Results matMul(NodeImport &n) {
  Value a = n.in(0), b = n.in(1);
  if (n.rank(0) < 1 || n.rank(1) < 1)
    return n.error("needs operands of rank at least 1");
  if (n.rank(0) == 1)
    a = n.b.expandDims(a, 0);
  if (n.rank(1) == 1)
    b = n.b.expandDims(b, 1);
  Value product = n.b.matmul(a, b);
  DimVector shape(ImportBuilder::shape(product));
  if (!product)
    return product;
  if (n.rank(1) == 1)
    shape.pop_back();
  if (n.rank(0) == 1)
    shape.erase(shape.end() - (n.rank(1) == 1 ? 1 : 2));
  return n.b.reshape(product, shape);
}

Value scaled(NodeImport &n, Value x, double factor) {
  if (factor == 1)
    return x;
  if (isFloat(ImportBuilder::dtype(x)))
    return n.b.binary(BinaryFn::Mul, x, factor);
  DType type = ImportBuilder::dtype(x); // of integers times a float
  return n.b.cast(n.b.binary(BinaryFn::Mul, n.b.cast(x, DType::F64), factor), type);
}

Results gemm(NodeImport &n) {
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return n.error("needs two matrices, got ranks " + llvm::Twine(n.rank(0)) + " and " + llvm::Twine(n.rank(1)));
  Value product = n.b.matmul(n.in(0), n.in(1), n.flag("transA"), n.flag("transB"));
  product = product ? scaled(n, product, n.real("alpha", 1)) : Value();
  double beta = n.real("beta", 1);
  if (!product || !n.in(2) || beta == 0)
    return product;
  DimVector shape(ImportBuilder::shape(product));
  Value sum = n.b.add(product, scaled(n, n.in(2), beta));
  if (sum && ImportBuilder::shape(sum) != Dims(shape))
    return n.error("operand C does not broadcast to the product's shape");
  return sum;
}

Results einsum(NodeImport &n) { return aotc::einsum(n.b, n.allInputs(), n.text("equation", "")); }

} // namespace

void addMatMulOps(OpRows &rows) {
  rows.emplace_back("MatMul", 1, 2, kNumbers, matMul);
  rows.push_back(OpRow("Gemm", 7, 3, kNumbers, gemm).atLeast(2));
  rows.push_back(OpRow("Einsum", 12, -1, kNumbers, einsum).atLeast(1));
}

} // namespace aotc::onnx
