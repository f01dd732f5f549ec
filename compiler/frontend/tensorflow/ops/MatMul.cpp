// Family MatMul: matrix products and Einsum.
#include "compiler/frontend/tensorflow/ops/OpTable.h"

#include "llvm/ADT/StringExtras.h"

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

// One operand of an Einsum whose dimensions carry labels; the dimensions of
// the ellipsis carry upper labels counted from the right.
struct Labelled {
  Value value;
  std::string labels;
};

// Stands for the ellipsis dimension `fromRight` places from its end.
constexpr int kMaxEllipsis = 20;
char ellipsisLabel(int fromRight) { return static_cast<char>(1 + fromRight); }

// Splits "ab...c" into one label a dimension; reports what does not fit.
bool expandLabels(NodeImport &n, llvm::StringRef spec, int64_t rank, std::string &labels) {
  size_t dots = spec.find("...");
  std::string before = spec.substr(0, dots).str();
  std::string after = dots == llvm::StringRef::npos ? "" : spec.substr(dots + 3).str();
  int64_t rest = rank - static_cast<int64_t>(before.size() + after.size());
  if (rest < 0 || rest > kMaxEllipsis || (dots == llvm::StringRef::npos && rest != 0)) {
    n.error("labels '" + spec + "' do not fit rank " + llvm::Twine(rank));
    return false;
  }
  labels = before;
  for (int64_t i = rest; i > 0; --i)
    labels += ellipsisLabel(i - 1);
  labels += after;
  for (char label : before + after)
    if (!llvm::isAlpha(label)) {
      n.error("label '" + llvm::Twine(llvm::StringRef(&label, 1)) + "' is not a letter");
      return false;
    }
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels.find(labels[i], i + 1) != std::string::npos) {
      n.error("a label that occurs twice in one operand is not supported");
      return false;
    }
  return true;
}

// Sums over the dimensions whose labels are not in `kept`.
void sumAway(ImportBuilder &b, Labelled &x, llvm::StringRef kept) {
  DimVector axes;
  std::string labels;
  for (size_t i = 0; i < x.labels.size(); ++i) {
    if (kept.contains(x.labels[i]))
      labels += x.labels[i];
    else
      axes.push_back(i);
  }
  x.value = b.reduce(nn::ReduceFn::Sum, x.value, axes, /*keepDims=*/false);
  x.labels = labels;
}

// Reorders to `labels`, which holds all of x's; missing ones become extents of 1.
Value arrange(ImportBuilder &b, const Labelled &x, llvm::StringRef labels) {
  if (!x.value)
    return {};
  DimVector permutation, shape;
  for (char label : labels) {
    size_t at = x.labels.find(label);
    if (at == std::string::npos) {
      shape.push_back(1);
      continue;
    }
    permutation.push_back(at);
    shape.push_back(ImportBuilder::shape(x.value)[at]);
  }
  return b.reshape(b.transpose(x.value, permutation), shape);
}

int64_t product(Dims dims) {
  int64_t size = 1; // of a part of an existing tensor: no overflow unless it is empty
  for (int64_t d : dims)
    size *= d;
  return size;
}

// Two operands: batch, free and contracted labels become one matrix product.
Value contract(NodeImport &n, Labelled x, Labelled y, llvm::StringRef result) {
  ImportBuilder &b = n.b;
  sumAway(b, x, y.labels + result.str());
  sumAway(b, y, x.labels + result.str());
  if (!x.value || !y.value)
    return {};
  std::string batch, contracted, freeX, freeY;
  for (char label : x.labels) {
    bool inY = y.labels.find(label) != std::string::npos, kept = result.contains(label);
    (inY ? (kept ? batch : contracted) : freeX) += label;
  }
  for (char label : y.labels)
    if (x.labels.find(label) == std::string::npos)
      freeY += label;
  for (char label : contracted)
    if (ImportBuilder::shape(x.value)[x.labels.find(label)] != ImportBuilder::shape(y.value)[y.labels.find(label)])
      return n.error("extents of label '" + llvm::Twine(llvm::StringRef(&label, 1)) + "' differ");
  Value left = arrange(b, x, batch + freeX + contracted), right = arrange(b, y, batch + contracted + freeY);
  if (!left || !right)
    return {};
  auto fold = [&](Value v, size_t batchDims, size_t rows) {
    Dims shape = ImportBuilder::shape(v);
    DimVector to(shape.take_front(batchDims));
    to.push_back(product(shape.slice(batchDims, rows)));
    to.push_back(product(shape.drop_front(batchDims + rows)));
    return b.reshape(v, to);
  };
  DimVector shape;
  for (size_t i = 0; i < batch.size(); ++i)
    shape.push_back(ImportBuilder::shape(ImportBuilder::shape(left)[i] == 1 ? right : left)[i]);
  llvm::append_range(shape, ImportBuilder::shape(left).slice(batch.size(), freeX.size()));
  llvm::append_range(shape, ImportBuilder::shape(right).drop_front(batch.size() + contracted.size()));
  Value matrix = b.matmul(fold(left, batch.size(), freeX.size()), fold(right, batch.size(), contracted.size()));
  return arrange(b, {b.reshape(matrix, shape), batch + freeX + freeY}, result);
}

Results einsum(NodeImport &n) {
  std::string equation = n.text("equation", "");
  llvm::erase(equation, ' ');
  auto [left, result] = llvm::StringRef(equation).split("->");
  llvm::SmallVector<llvm::StringRef> specs;
  left.split(specs, ',');
  if (!llvm::StringRef(equation).contains("->") || specs.size() != n.numInputs() || specs.size() > 2)
    return n.error("equation '" + equation + "' does not fit " + llvm::Twine(n.numInputs()) + " operands");
  llvm::SmallVector<Labelled, 2> operands;
  std::string all;
  for (size_t i = 0; i < specs.size(); ++i) {
    operands.push_back({n.in(i), ""});
    if (!expandLabels(n, specs[i], n.rank(i), operands.back().labels))
      return Value();
    all += operands.back().labels;
  }
  int64_t ellipsis = 0; // the longest among the operands
  while (ellipsis < kMaxEllipsis && all.find(ellipsisLabel(ellipsis)) != std::string::npos)
    ++ellipsis;
  int64_t named = result.size() - (result.contains("...") ? 3 : 0);
  std::string resultLabels;
  if (!expandLabels(n, result, named + (result.contains("...") ? ellipsis : 0), resultLabels))
    return Value();
  for (char label : resultLabels)
    if (all.find(label) == std::string::npos)
      return n.error("a label of the result is in no operand");
  if (operands.size() == 2)
    return contract(n, operands[0], operands[1], resultLabels);
  sumAway(n.b, operands[0], resultLabels);
  return arrange(n.b, operands[0], resultLabels);
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
