// Family Known: operators whose results' extents depend on values. They are evaluated where these are known.
#include "compiler/frontend/onnx/ops/OpTable.h"

#include "compiler/frontend/common/NonMaxSuppression.h"

#include <cmath>
#include <numeric>

namespace aotc::onnx {
namespace {

Value indexTensor(NodeImport &n, Shape shape, llvm::ArrayRef<int64_t> values) {
  return n.b.constant(Tensor::of<int64_t>(DType::I64, std::move(shape), {values.data(), values.size()}));
}

// Past this, an evaluation that compares elements with each other takes too long.
constexpr int64_t kMaxElements = 1 << 22;

// Coordinates of what is not zero, known at run time.
Results nonZeroOfData(NodeImport &n) {
  ImportBuilder &b = n.b;
  Value x = n.rank(0) == 0 ? b.reshape(n.in(0), {1}) : n.in(0);
  Value flags = n.dtype(0) == DType::I1 ? x : b.compare(nn::CompareFn::Ne, x, 0.0);
  b.extents.set(flags, Extents(b.extents.of(x)));
  Value rows = b.selectTrue(b.hasExtents({flags}) ? b.maskTail(flags, 0) : flags);
  Value result = b.transpose(rows, {1, 0});
  if (result && rows)
    b.extents.set(result, {Value(), b.extents.of(rows, 0)});
  return result;
}

Results nonZero(NodeImport &n) {
  if (!n.b.constantOf(n.in(0)))
    return nonZeroOfData(n);
  Tensor x = n.constant(0);
  int64_t rank = std::max<int64_t>(x.rank(), 1); // a scalar counts as a vector
  std::vector<int64_t> hits;
  for (int64_t i = 0; i < x.size(); ++i)
    if (isFloat(x.dtype()) ? x.f(i) != 0 : x.i(i) != 0)
      hits.push_back(i);
  std::vector<int64_t> positions(rank * hits.size());
  for (size_t k = 0; k < hits.size(); ++k) {
    int64_t rest = hits[k];
    for (int64_t dim = rank; dim-- > 0;) {
      int64_t extent = x.rank() == 0 ? 1 : x.shape()[dim];
      positions[dim * hits.size() + k] = rest % extent;
      rest /= extent;
    }
  }
  return indexTensor(n, {rank, static_cast<int64_t>(hits.size())}, positions);
}

// Slices along an axis (or elements) whose condition, which has to be known, holds.
Results compress(NodeImport &n) {
  ImportBuilder &b = n.b;
  const bool isKnown = b.constantOf(n.in(1)).has_value();
  Tensor condition = isKnown ? n.constant(1) : Tensor();
  Value x = n.in(0);
  int64_t axis = 0;
  if (n.has("axis")) {
    auto given = b.normalizeAxis(n.integer("axis", 0), n.rank(0));
    if (!given)
      return Value();
    axis = *given;
  } else {
    x = b.reshape(x, {ImportBuilder::elements(x)});
  }
  int64_t extent = ImportBuilder::shape(x)[axis];
  if (!isKnown) {
    if (n.rank(1) != 1 || n.dtype(1) != DType::I1)
      return n.error("the condition must be a vector of bools");
    const int64_t used = std::min(n.shape(1)[0], extent);
    return b.gatherExtents(x, b.positionsOfTrue(b.sliceAxis(n.in(1), 0, 0, used)), axis);
  }
  DimVector chosen;
  for (int64_t i = 0; i < std::min(condition.size(), extent); ++i)
    if (condition.i(i) != 0)
      chosen.push_back(i);
  return b.gather(x, b.indices(DType::I64, chosen), axis);
}

// Slices of a known tensor along an axis, ordered by their elements.
class Slices {
public:
  Slices(const Tensor &x, int64_t axis) : x(x), extent(x.shape()[axis]) {
    for (int64_t dim = 0; dim < x.rank(); ++dim)
      (dim < axis ? outer : dim > axis ? inner : unused) *= x.shape()[dim];
  }
  int compare(int64_t a, int64_t b) const {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        if (int order = compareElements(at(o, a, i), at(o, b, i)))
          return order;
    return 0;
  }

private:
  int64_t at(int64_t o, int64_t s, int64_t i) const { return (o * extent + s) * inner + i; }
  int compareElements(int64_t a, int64_t b) const {
    if (isFloat(x.dtype())) { // NaN comes last
      double p = x.f(a), q = x.f(b);
      if (std::isnan(p) || std::isnan(q))
        return static_cast<int>(std::isnan(p)) - static_cast<int>(std::isnan(q));
      return p < q ? -1 : p > q;
    }
    if (x.dtype() == DType::U64) {
      auto p = static_cast<uint64_t>(x.i(a)), q = static_cast<uint64_t>(x.i(b));
      return p < q ? -1 : p > q;
    }
    int64_t p = x.i(a), q = x.i(b);
    return p < q ? -1 : p > q;
  }

  const Tensor &x;
  const int64_t extent;
  int64_t outer = 1, inner = 1, unused = 1;
};

Results unique(NodeImport &n) {
  ImportBuilder &b = n.b;
  Tensor x = n.constant(0);
  const Results poison{Value(), Value(), Value(), Value()};
  if (x.size() > kMaxElements)
    return n.error("has too many elements"), poison;
  int64_t axis = 0;
  if (n.has("axis")) {
    auto given = b.normalizeAxis(n.integer("axis", 0), x.rank());
    if (!given)
      return poison;
    axis = *given;
  } else {
    x = x.reshaped({x.size()});
  }
  int64_t extent = x.shape()[axis];
  Slices slices(x, axis);
  std::vector<int64_t> order(extent);
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](int64_t p, int64_t q) {
    int by = slices.compare(p, q);
    return by != 0 ? by < 0 : p < q;
  });
  struct Group {
    int64_t first, count;
  };
  std::vector<Group> groups;
  std::vector<int64_t> groupOf(extent);
  for (int64_t k = 0; k < extent; ++k) {
    if (k == 0 || slices.compare(order[k - 1], order[k]) != 0)
      groups.push_back({order[k], 0});
    ++groups.back().count;
    groupOf[order[k]] = static_cast<int64_t>(groups.size()) - 1;
  }
  std::vector<int64_t> place(groups.size()), by(groups.size());
  std::iota(by.begin(), by.end(), 0);
  if (n.integer("sorted", 1) == 0) // in the order in which they appear
    llvm::sort(by, [&](int64_t p, int64_t q) { return groups[p].first < groups[q].first; });
  std::vector<int64_t> first, count, inverse;
  for (size_t k = 0; k < by.size(); ++k) {
    place[by[k]] = static_cast<int64_t>(k);
    first.push_back(groups[by[k]].first);
    count.push_back(groups[by[k]].count);
  }
  for (int64_t group : groupOf)
    inverse.push_back(place[group]);
  int64_t found = groups.size();
  Value chosen = indexTensor(n, {found}, first);
  return Results{b.gather(b.constant(x), chosen, axis), chosen, indexTensor(n, {extent}, inverse),
                 indexTensor(n, {found}, count)};
}

// --- NonMaxSuppression

struct Box {
  double low[2], high[2];
  double area() const { return (high[0] - low[0]) * (high[1] - low[1]); }
};

bool overlaps(const Box &a, const Box &b, double threshold) {
  double common = 1;
  for (int dim = 0; dim < 2; ++dim) {
    double extent = std::min(a.high[dim], b.high[dim]) - std::max(a.low[dim], b.low[dim]);
    if (!(extent > 0))
      return false;
    common *= extent;
  }
  double all = a.area() + b.area() - common;
  return a.area() > 0 && b.area() > 0 && all > 0 && common / all > threshold;
}

std::vector<Box> boxesOf(const Tensor &boxes, int64_t batch, bool centred) {
  std::vector<Box> list;
  for (int64_t i = 0; i < boxes.shape()[1]; ++i) {
    double v[4];
    for (int64_t k = 0; k < 4; ++k)
      v[k] = boxes.f((batch * boxes.shape()[1] + i) * 4 + k);
    Box box;
    for (int dim = 0; dim < 2; ++dim) {
      double p = centred ? v[dim] - v[dim + 2] / 2 : v[dim], q = centred ? v[dim] + v[dim + 2] / 2 : v[dim + 2];
      box.low[dim] = std::min(p, q);
      box.high[dim] = std::max(p, q);
    }
    list.push_back(box);
  }
  return list;
}

// Rows [batch, class, box] of boxes that data chooses.
Results nonMaxSuppressionOfData(NodeImport &n) {
  ImportBuilder &b = n.b;
  auto number = [&](size_t i, DType type, double byDefault) {
    return n.in(i) ? b.reshape(b.cast(n.in(i), type), {}) : b.scalar(type, byDefault);
  };
  const DType type = n.dtype(1);
  auto selection = suppressNonMaxima(b, n.in(0), n.in(1), number(2, DType::I64, 0), number(3, type, 0),
                                     number(4, type, -std::numeric_limits<double>::infinity()), n.flag("center_point_box"));
  if (!selection)
    return Value();
  Value places = b.selectTrue(selection->isTaken);
  if (!places)
    return Value();
  Extents extents(b.extents.of(places));
  Value box = b.gatherNd(selection->boxes, places);
  Value rows = b.concat({b.sliceAxis(places, 1, 0, 2), b.expandDims(box, 1)}, 1);
  b.extents.set(rows, extents);
  return rows;
}

Results nonMaxSuppression(NodeImport &n) {
  for (Value operand : n.allInputs())
    if (operand && !n.b.constantOf(operand))
      return nonMaxSuppressionOfData(n);
  Tensor boxes = n.constant(0), scores = n.constant(1);
  if (boxes.rank() != 3 || scores.rank() != 3 || boxes.shape()[2] != 4 || boxes.shape()[0] != scores.shape()[0] ||
      boxes.shape()[1] != scores.shape()[2])
    return n.error("needs boxes [batch, boxes, 4] and scores [batch, classes, boxes]");
  int64_t count = boxes.shape()[1];
  if (count > 4096 || scores.size() > kMaxElements)
    return n.error("has too many boxes");
  auto number = [&](size_t i, double byDefault) {
    Tensor t = n.in(i) ? n.constant(i) : Tensor();
    return t.size() > 0 ? t.f(0) : byDefault;
  };
  double most = number(2, 0), overlap = number(3, 0), least = number(4, -std::numeric_limits<double>::infinity());
  std::vector<int64_t> selected;
  for (int64_t batch = 0; batch < boxes.shape()[0]; ++batch) {
    std::vector<Box> all = boxesOf(boxes, batch, n.integer("center_point_box", 0) != 0);
    for (int64_t c = 0; c < scores.shape()[1]; ++c) {
      auto score = [&](int64_t box) { return scores.f((batch * scores.shape()[1] + c) * count + box); };
      std::vector<int64_t> order, kept;
      for (int64_t i = 0; i < count; ++i)
        if (score(i) > least)
          order.push_back(i);
      llvm::sort(order, [&](int64_t p, int64_t q) { return score(p) != score(q) ? score(p) > score(q) : p < q; });
      for (int64_t i : order) {
        if (static_cast<double>(kept.size()) >= most)
          break;
        if (llvm::any_of(kept, [&](int64_t k) { return overlaps(all[i], all[k], overlap); }))
          continue;
        kept.push_back(i);
        selected.insert(selected.end(), {batch, c, i});
      }
    }
  }
  return indexTensor(n, {static_cast<int64_t>(selected.size() / 3), 3}, selected);
}

} // namespace

void addKnownOps(OpRows &rows) {
  rows.push_back(OpRow("NonZero", 9, 1, kAll, nonZero).takesExtents());
  rows.push_back(OpRow("Compress", 9, 2, kAll, compress));
  rows.push_back(OpRow("Unique", 11, 1, kAll, unique).needsConstant(0, "X, which the results' extents depend on"));
  rows.push_back(OpRow("NonMaxSuppression", 10, 5, kFloats, nonMaxSuppression).atLeast(2));
}

} // namespace aotc::onnx
