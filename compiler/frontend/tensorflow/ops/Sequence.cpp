// Family Shape: sequences and matrices made of positions.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {
namespace {

using nn::BinaryFn;
using nn::CompareFn;

Results range(NodeImport &n) { return n.range(/*mayBeEmpty=*/false); }

Results linSpace(NodeImport &n) {
  auto count = n.constantInt(2);
  if (!count)
    return Value();
  if (*count < 1 || n.rank(0) != 0 || n.rank(1) != 0)
    return n.error("needs scalars and at least one element");
  if (*count == 1)
    return n.b.reshape(n.in(0), {1});
  Value step = n.b.binary(BinaryFn::Div, n.b.sub(n.in(1), n.in(0)), static_cast<double>(*count - 1));
  Value inner = n.b.add(n.b.mul(n.b.iota(n.dtype(0), {*count}, 0), step), n.in(0));
  // The last element is `stop` itself, without rounding.
  return n.b.concat({n.b.sliceAxis(inner, 0, 0, *count - 1), n.b.reshape(n.in(1), {1})}, 0);
}

// Row and column numbers of matrices of this shape, broadcastable to it.
struct Positions {
  Value row, column;
};

Positions positions(NodeImport &n, int64_t rows, int64_t columns) {
  return {n.b.iota(DType::I64, {rows, 1}, 0), n.b.iota(DType::I64, {1, columns}, 1)};
}

Results bandPart(NodeImport &n) {
  if (n.rank(0) < 2 || ImportBuilder::elements(n.in(1)) != 1 || ImportBuilder::elements(n.in(2)) != 1)
    return n.error("needs matrices and two scalars");
  Dims matrix = n.shape(0).take_back(2);
  Positions at = positions(n, matrix[0], matrix[1]);
  auto within = [&](size_t operand, Value distance) {
    Value bound = n.b.cast(n.b.reshape(n.in(operand), {}), DType::I64);
    return n.b.binary(BinaryFn::Or, n.b.compare(CompareFn::Lt, bound, 0.0),
                      n.b.compare(CompareFn::Le, distance, bound));
  };
  Value keep = n.b.binary(BinaryFn::And, within(1, n.b.sub(at.row, at.column)), within(2, n.b.sub(at.column, at.row)));
  return n.b.select(keep, n.in(0), n.b.splat(n.dtype(0), {}, 0));
}

// The main diagonal only; the newer versions' other arguments must say so.
bool isMainDiagonal(NodeImport &n, size_t diagonal, std::initializer_list<size_t> extents) {
  bool main = true;
  if (n.numInputs() > diagonal)
    for (int64_t k : n.constantInts(diagonal))
      main &= k == 0;
  for (size_t operand : extents)
    if (n.numInputs() > operand)
      main &= n.constantInts(operand) == DimVector{-1};
  if (!main)
    n.error("diagonals other than the main one of a square matrix are not supported");
  return main;
}

Results matrixDiag(NodeImport &n) {
  if (n.rank(0) < 1 || !isMainDiagonal(n, 1, {2, 3}))
    return n.error("needs an operand of rank at least 1");
  int64_t extent = n.shape(0).back();
  Positions at = positions(n, extent, extent);
  Value padding = n.numInputs() > 4 ? n.b.reshape(n.in(4), {}) : n.b.splat(n.dtype(0), {}, 0);
  return n.b.select(n.b.compare(CompareFn::Eq, at.row, at.column), n.b.expandDims(n.in(0), n.rank(0)), padding);
}

Results matrixDiagPart(NodeImport &n) {
  if (n.rank(0) < 2 || !isMainDiagonal(n, 1, {}))
    return n.error("needs an operand of rank at least 2");
  DimVector flat(n.shape(0).drop_back(2));
  int64_t rows = n.shape(0)[n.rank(0) - 2], columns = n.shape(0).back();
  flat.push_back(rows * columns); // elements of an existing tensor
  DimVector places;
  if (std::min(rows, columns) > (int64_t(1) << 20))
    return n.error("matrices are too large");
  for (int64_t i = 0; i < std::min(rows, columns); ++i)
    places.push_back(i * columns + i);
  return n.b.gather(n.b.reshape(n.in(0), flat), n.b.indices(DType::I64, places), n.rank(0) - 2);
}

Results matrixSetDiag(NodeImport &n) {
  if (n.rank(0) < 2 || n.rank(1) != n.rank(0) - 1 || !isMainDiagonal(n, 2, {}))
    return n.error("needs matrices and their diagonals");
  int64_t rows = n.shape(0)[n.rank(0) - 2], columns = n.shape(0).back();
  if (n.shape(1).back() != std::min(rows, columns))
    return n.error("the diagonal has " + llvm::Twine(n.shape(1).back()) + " elements");
  Positions at = positions(n, rows, columns);
  // Along the longer side the diagonal is padded with what is never chosen.
  DimVector low(n.rank(1), 0), high(n.rank(1), 0);
  high.back() = columns - n.shape(1).back();
  Value diagonal = n.b.pad(nn::PadMode::Constant, n.in(1), low, high, n.b.splat(n.dtype(0), {}, 0));
  return n.b.select(n.b.compare(CompareFn::Eq, at.row, at.column), n.b.expandDims(diagonal, n.rank(1) - 1), n.in(0));
}

Results reverseSequence(NodeImport &n) {
  return n.b.reverseSequence(n.in(0), n.in(1), n.integer("seq_dim", 0), n.integer("batch_dim", 0));
}

} // namespace

void addSequenceOps(OpRows &rows) {
  rows.push_back(OpRow("Range", 3, kNumbers, range).needsConstant(2, "delta").takesExtents());
  rows.push_back(OpRow("LinSpace", 3, kFloats, linSpace).needsConstant(2, "num"));
  rows.emplace_back("MatrixBandPart", 3, kAll, bandPart);
  rows.emplace_back("MatrixDiag", 1, kAll, matrixDiag);
  rows.emplace_back("MatrixDiagPart", 1, kAll, matrixDiagPart);
  rows.emplace_back("MatrixSetDiag", 2, kAll, matrixSetDiag);
  for (const char *name : {"MatrixDiagV2", "MatrixDiagV3"})
    rows.push_back(OpRow(name, 5, kAll, matrixDiag)
                       .needsConstant(1, "diagonal")
                       .needsConstant(2, "rows")
                       .needsConstant(3, "columns"));
  for (const char *name : {"MatrixDiagPartV2", "MatrixDiagPartV3"})
    rows.push_back(OpRow(name, 3, kAll, matrixDiagPart).needsConstant(1, "diagonal"));
  for (const char *name : {"MatrixSetDiagV2", "MatrixSetDiagV3"})
    rows.push_back(OpRow(name, 3, kAll, matrixSetDiag).needsConstant(2, "diagonal"));
  rows.emplace_back("ReverseSequence", 2, kAll, reverseSequence);
}

} // namespace aotc::tf
