#include "compiler/frontend/common/Einsum.h"

#include "llvm/ADT/StringExtras.h"

using mlir::Value;

namespace aotc {
namespace {

using Dims = ImportBuilder::Dims;
using DimVector = ImportBuilder::DimVector;

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
bool expandLabels(ImportBuilder &b, llvm::StringRef spec, int64_t rank, std::string &labels) {
  size_t dots = spec.find("...");
  std::string before = spec.substr(0, dots).str();
  std::string after = dots == llvm::StringRef::npos ? "" : spec.substr(dots + 3).str();
  int64_t rest = rank - static_cast<int64_t>(before.size() + after.size());
  if (rest < 0 || rest > kMaxEllipsis || (dots == llvm::StringRef::npos && rest != 0)) {
    b.error("labels '" + spec + "' do not fit rank " + llvm::Twine(rank));
    return false;
  }
  labels = before;
  for (int64_t i = rest; i > 0; --i)
    labels += ellipsisLabel(i - 1);
  labels += after;
  for (char label : before + after)
    if (!llvm::isAlpha(label)) {
      b.error("label '" + llvm::Twine(llvm::StringRef(&label, 1)) + "' is not a letter");
      return false;
    }
  return true;
}

// Elements where dimensions with the same label have the same index.
bool takeDiagonals(ImportBuilder &b, Labelled &x) {
  for (size_t i = 0; x.value && i < x.labels.size(); ++i) {
    size_t j = x.labels.find(x.labels[i], i + 1);
    if (j == std::string::npos)
      continue;
    Dims from = ImportBuilder::shape(x.value);
    int64_t extent = from[i], rank = from.size();
    if (from[j] != extent) {
      b.error("extents of a label that occurs twice differ");
      return false;
    }
    // Both to the end, where they are one dimension with the diagonal at equal distances.
    DimVector permutation, folded, diagonal;
    std::string labels;
    for (int64_t d = 0; d < rank; ++d)
      if (d != static_cast<int64_t>(i) && d != static_cast<int64_t>(j)) {
        permutation.push_back(d);
        diagonal.push_back(from[d]);
        labels += x.labels[d];
      }
    permutation.append({static_cast<int64_t>(i), static_cast<int64_t>(j)});
    folded = diagonal;
    folded.push_back(extent * extent);
    diagonal.push_back(extent);
    DimVector starts(folded.size(), 0), strides(folded.size(), 1);
    strides.back() = extent + 1;
    x.value = b.slice(b.reshape(b.transpose(x.value, permutation), folded), starts, diagonal, strides);
    x.labels = labels + x.labels[i];
    i = static_cast<size_t>(-1); // once more for a third one
  }
  return static_cast<bool>(x.value);
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
Value contract(ImportBuilder &b, Labelled x, Labelled y, llvm::StringRef result) {
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
      return b.error("extents of label '" + llvm::Twine(llvm::StringRef(&label, 1)) + "' differ");
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

// Labels that occur once among all, in order; those of an ellipsis come first.
std::string impliedResult(llvm::StringRef all) {
  std::string labels;
  for (int i = kMaxEllipsis; i-- > 0;)
    if (all.contains(ellipsisLabel(i)))
      labels += ellipsisLabel(i);
  for (char label = 'A'; label <= 'z'; ++label)
    if (all.count(label) == 1)
      labels += label;
  return labels;
}

} // namespace

Value einsum(ImportBuilder &b, llvm::ArrayRef<Value> values, llvm::StringRef text) {
  std::string equation = text.str();
  llvm::erase(equation, ' ');
  auto [left, result] = llvm::StringRef(equation).split("->");
  llvm::SmallVector<llvm::StringRef> specs;
  left.split(specs, ',');
  if (specs.size() != values.size())
    return b.error("equation '" + equation + "' does not fit " + llvm::Twine(values.size()) + " operands");
  llvm::SmallVector<Labelled> operands;
  std::string all;
  for (auto [value, spec] : llvm::zip(values, specs)) {
    operands.push_back({value, ""});
    if (!expandLabels(b, spec, ImportBuilder::rank(value), operands.back().labels))
      return {};
    all += operands.back().labels;
  }
  int64_t ellipsis = 0; // the longest among the operands
  while (ellipsis < kMaxEllipsis && all.find(ellipsisLabel(ellipsis)) != std::string::npos)
    ++ellipsis;
  std::string resultLabels = impliedResult(all);
  if (llvm::StringRef(equation).contains("->")) {
    int64_t named = result.size() - (result.contains("...") ? 3 : 0);
    if (!expandLabels(b, result, named + (result.contains("...") ? ellipsis : 0), resultLabels))
      return {};
  }
  for (size_t i = 0; i < resultLabels.size(); ++i) {
    if (all.find(resultLabels[i]) == std::string::npos)
      return b.error("a label of the result is in no operand");
    if (resultLabels.find(resultLabels[i], i + 1) != std::string::npos)
      return b.error("a label occurs twice in the result");
  }
  for (Labelled &operand : operands)
    if (!takeDiagonals(b, operand))
      return {};
  Labelled product = operands.front();
  for (size_t i = 1; i < operands.size(); ++i) {
    std::string later = resultLabels; // what is still needed
    for (size_t k = i + 1; k < operands.size(); ++k)
      later += operands[k].labels;
    std::string kept;
    for (char label : product.labels + operands[i].labels)
      if (later.find(label) != std::string::npos && kept.find(label) == std::string::npos)
        kept += label;
    kept = i + 1 == operands.size() ? resultLabels : kept;
    product = {contract(b, product, operands[i], kept), kept};
  }
  sumAway(b, product, resultLabels);
  return arrange(b, product, resultLabels);
}

} // namespace aotc
