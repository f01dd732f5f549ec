// Tensors whose extents depend on data; see Extents.h.
#include "compiler/frontend/common/ImportBuilder.h"

#include "ir/NN/IntegerRange.h"

#include <cmath>

using namespace mlir;

namespace aotc {

using nn::BinaryFn;
using nn::CompareFn;

// Both are computed in the same way from the same values. `steps` bounds the look.
static bool isSame(Value a, Value b, int &steps) {
  if (a == b)
    return true;
  Operation *x = a.getDefiningOp(), *y = b.getDefiningOp();
  if (!x || !y || --steps < 0 || x->getName() != y->getName() || x->getNumOperands() != y->getNumOperands() ||
      x->getAttrDictionary() != y->getAttrDictionary() || a.getType() != b.getType() || isa<nn::RandomOp>(x) ||
      cast<OpResult>(a).getResultNumber() != cast<OpResult>(b).getResultNumber())
    return false;
  for (auto [p, q] : llvm::zip(x->getOperands(), y->getOperands()))
    if (!isSame(p, q, steps))
      return false;
  return true;
}

static bool isSameExtent(Value a, Value b) {
  constexpr int kMaxSteps = 10000;
  int steps = kMaxSteps;
  return a == b || (a && b && isSame(a, b, steps));
}

bool ImportBuilder::hasExtents(ArrayRef<Value> values) const {
  return llvm::any_of(values, [&](Value value) { return value && !extents.of(value).empty(); });
}

// Element `i` of a vector, as a scalar; looks through what puts vectors together.
Value ImportBuilder::element(Value vector, int64_t i) {
  while (vector) {
    Operation *op = vector.getDefiningOp();
    if (auto concat = dyn_cast_or_null<nn::ConcatOp>(op); concat && rank(vector) == 1) {
      for (Value part : concat.getInputs()) {
        vector = part;
        if (i < shape(part)[0])
          break;
        i -= shape(part)[0];
      }
      continue;
    }
    if (auto reshape = dyn_cast_or_null<nn::ReshapeOp>(op); reshape && elements(vector) == 1 && rank(reshape.getOperand()) <= 1) {
      vector = reshape.getOperand();
      continue;
    }
    if (auto cast = dyn_cast_or_null<nn::CastOp>(op); cast && rank(vector) == 1 && elements(vector) > 1)
      return this->cast(element(cast.getOperand(), i), dtype(vector));
    break;
  }
  return vector && rank(vector) == 1 ? reshape(sliceAxis(vector, 0, i, 1), {}) : vector;
}

Value ImportBuilder::extentOf(Value tensor, int64_t dim) {
  Value extent = extents.of(tensor, dim);
  return extent ? extent : scalar(DType::I64, static_cast<double>(shape(tensor)[dim]));
}

std::optional<int64_t> ImportBuilder::boundOf(Value extent) {
  if (std::optional<Tensor> known = constantOf(extent))
    return known->i(0);
  std::optional<nn::IntegerRange> range = nn::rangeOf(extent);
  // A bound of 2^31 elements comes from the type, not from a shape.
  if (!range || range->high < 0 || range->high >= INT32_MAX)
    return std::nullopt;
  return range->high;
}

std::optional<Extents> ImportBuilder::elementwiseExtents(ArrayRef<Value> operands, Value result) {
  Extents all(rank(result));
  for (Value operand : operands) {
    if (!operand)
      continue;
    const int64_t shift = rank(result) - rank(operand);
    for (int64_t d = 0; d < rank(operand); ++d) {
      Value extent = extents.of(operand, d);
      Value &known = all[d + shift];
      if (extent && known && !isSameExtent(known, extent)) {
        error("the operands have extents that depend on different data");
        return std::nullopt;
      }
      known = extent ? extent : known;
    }
  }
  for (Value operand : operands) {
    const int64_t shift = operand ? rank(result) - rank(operand) : 0;
    for (int64_t d = 0; operand && d < rank(operand); ++d)
      if (all[d + shift] && !extents.of(operand, d) && shape(operand)[d] != 1) {
        error("an operand of extent " + Twine(shape(operand)[d]) + " meets one whose extent depends on data");
        return std::nullopt;
      }
  }
  return all;
}

std::optional<std::pair<Value, int64_t>> ImportBuilder::bounded(Value extent, const Twine &what) {
  std::optional<int64_t> most = boundOf(extent);
  auto given = bounds.find(nodeName);
  if (given != bounds.end())
    usedBounds.insert(nodeName);
  if (given != bounds.end() && (!most || *most > given->second)) {
    // The gather refuses what is larger.
    return std::pair(gather(iota(DType::I64, {given->second + 1}, 0), extent, 0), given->second);
  }
  if (most)
    return std::pair(extent, *most);
  error(what + " depends on data and nothing bounds it", "give --bound " + Twine(nodeName) + "=N");
  return std::nullopt;
}

int64_t ImportBuilder::boundOr(int64_t otherwise) {
  auto given = bounds.find(nodeName);
  if (given == bounds.end())
    return otherwise;
  usedBounds.insert(nodeName);
  return given->second;
}

void ImportBuilder::reportSpareBounds() {
  for (const auto &[name, most] : bounds)
    if (!usedBounds.count(name))
      diagnostics.note(name, "", "no extent of this node depends on data; --bound is ignored");
}

// Positions along the leading dimension of what is true there: those in a row, then any.
Value ImportBuilder::positionsOfTrue(Value flags) {
  const int64_t count = elements(flags);
  Value flat = reshape(flags, {count});
  Value number = cast(flat, DType::I64);
  // The place of each in the row; what is false goes behind all places.
  Value place = cumulative(nn::CumulativeFn::Sum, number, 0, /*exclusive=*/true, /*reverse=*/false);
  Value target = select(flat, place, splat(DType::I64, {count}, static_cast<double>(count)));
  Value row = scatterNd(nn::ScatterFn::Update, splat(DType::I64, {count + 1}, 0), reshape(target, {count, 1}),
                        iota(DType::I64, {count}, 0));
  Value positions = sliceAxis(row, 0, 0, count);
  extents.set(positions, {reduce(nn::ReduceFn::Sum, number, {0}, false)});
  return positions;
}

Value ImportBuilder::selectTrue(Value flags) {
  const int64_t count = elements(flags), dims = rank(flags);
  Value positions = positionsOfTrue(flags);
  if (!positions)
    return {};
  SmallVector<Value> coordinates;
  int64_t inner = count;
  Value rest = positions;
  for (int64_t d = 0; d < dims; ++d) {
    inner = shape(flags)[d] > 0 ? inner / shape(flags)[d] : 1;
    double divisor = static_cast<double>(std::max<int64_t>(inner, 1));
    coordinates.push_back(reshape(binary(BinaryFn::Div, rest, divisor), {count, 1}));
    rest = binary(BinaryFn::TruncMod, rest, divisor);
  }
  if (coordinates.empty())
    return error("needs an operand of rank at least 1");
  Value result = concat(coordinates, 1);
  extents.set(result, {extents.of(positions, 0), Value()});
  return result;
}

Value ImportBuilder::maskTail(Value x, double value) {
  ArrayRef<Value> own = extents.of(x);
  Value result = x;
  for (auto [d, extent] : llvm::enumerate(own)) {
    if (!extent)
      continue;
    DimVector alone(rank(x), 1);
    alone[d] = shape(x)[d];
    Value inside = compare(CompareFn::Lt, iota(DType::I64, alone, d), reshape(extent, DimVector(rank(x), 1)));
    result = select(inside, result, scalar(dtype(x), value));
  }
  return result;
}

Value ImportBuilder::walk(Value x, int64_t axis, Value first, int64_t most, int64_t step) {
  const int64_t extent = shape(x)[axis];
  if (extent == 0 || most == 0)
    return sliceAxis(x, axis, 0, 0);
  Value at = add(binary(BinaryFn::Mul, iota(DType::I64, {most}, 0), static_cast<double>(step)), reshape(first, {1}));
  at = binary(BinaryFn::Min, binary(BinaryFn::Max, at, 0.0), static_cast<double>(extent - 1));
  return gather(x, at, axis);
}

Value ImportBuilder::rangeAlong(Value x, int64_t axis, Value first, Value last, int64_t step, Value &count) {
  Value length = binary(BinaryFn::Max, add(sub(last, first), scalar(DType::I64, static_cast<double>(step - 1))), 0.0);
  count = binary(BinaryFn::Div, length, static_cast<double>(step));
  const int64_t whole = (shape(x)[axis] + step - 1) / step;
  const int64_t most = std::min(whole, boundOf(count).value_or(whole));
  Value result = walk(x, axis, first, most, step);
  if (constantOf(count))
    count = {};
  return result;
}

Value ImportBuilder::clampedPosition(Value at, Value extent) {
  at = cast(at, DType::I64);
  at = select(compare(CompareFn::Lt, at, 0.0), add(at, extent), at);
  return binary(BinaryFn::Min, binary(BinaryFn::Max, at, 0.0), extent);
}

Value ImportBuilder::packed(Value x) {
  Extents own(extents.of(x));
  // Elements lie densely as they are where only the outermost of several extents is cut.
  size_t outermost = 0;
  while (outermost < own.size() && !own[outermost] && shape(x)[outermost] == 1)
    ++outermost;
  bool dense = true;
  for (size_t d = outermost + 1; d < own.size(); ++d)
    dense &= !own[d];
  const int64_t count = elements(x);
  if (dense || count == 0)
    return x;
  // Where element i of the dense tensor lies in the padded one.
  Value rest = iota(DType::I64, {count}, 0), source = splat(DType::I64, {count}, 0);
  int64_t stride = 1;
  for (size_t d = own.size(); d-- > 0;) {
    Value extent = binary(BinaryFn::Max, extentOf(x, d), 1.0);
    Value at = d == 0 ? rest : binary(BinaryFn::TruncMod, rest, extent);
    source = add(source, binary(BinaryFn::Mul, at, static_cast<double>(stride)));
    rest = binary(BinaryFn::Div, rest, extent);
    stride *= shape(x)[d];
  }
  source = binary(BinaryFn::Min, source, static_cast<double>(count - 1));
  Value flat = gather(reshape(x, {count}), source, 0);
  return reshape(flat, DimVector(shape(x)));
}

Value ImportBuilder::shapeVector(Value x, DType type) {
  if (extents.of(x).empty())
    return indices(type, shape(x));
  SmallVector<Value> all;
  for (int64_t d = 0; d < rank(x); ++d)
    all.push_back(reshape(cast(extentOf(x, d), type), {1}));
  return concat(all, 0);
}

std::optional<ImportBuilder::RuntimeShape> ImportBuilder::shapeFrom(Value vector) {
  RuntimeShape result;
  if (rank(vector) != 1 || shape(vector)[0] > 32) {
    error("a shape must be a vector of at most 32 extents");
    return std::nullopt;
  }
  for (int64_t i = 0; i < shape(vector)[0]; ++i) {
    Value extent = element(vector, i);
    if (std::optional<Tensor> known = constantOf(extent)) {
      result.most.push_back(known->i(0));
      result.extents.push_back({});
      continue;
    }
    auto limited = bounded(binary(BinaryFn::Max, cast(extent, DType::I64), 0.0), "extent " + Twine(i));
    if (!limited)
      return std::nullopt;
    result.most.push_back(limited->second);
    result.extents.push_back(limited->first);
  }
  return result;
}

Value ImportBuilder::fill(Value value, Value shape) {
  std::optional<RuntimeShape> wanted = shapeFrom(shape);
  if (!wanted)
    return {};
  Value result = broadcastTo(value, wanted->most);
  if (result)
    extents.set(result, wanted->extents);
  return result;
}

Value ImportBuilder::reshapeTo(Value x, Value target) {
  DimVector wanted;
  std::optional<size_t> open;
  for (int64_t i = 0; i < elements(target); ++i) {
    std::optional<Tensor> known = constantOf(element(target, i));
    const int64_t extent = known ? known->i(0) : -1;
    if (extent < -1 || (extent == -1 && open))
      return error(known ? "bad target shape" : "more than one extent of the target shape depends on data; all but one must be known at compile time");
    if (extent == -1)
      open = i;
    wanted.push_back(extent);
  }
  auto product = [](Dims dims) {
    int64_t result = 1; // both are parts of shapes that exist, or the reshape fails below
    for (int64_t d : dims)
      result = d >= 0 && result < (int64_t(1) << 40) ? result * d : result;
    return result;
  };
  ArrayRef<Value> own = extents.of(x);
  if (own.empty()) {
    const int64_t others = open ? product(Dims(wanted).take_front(*open)) * product(Dims(wanted).drop_front(*open + 1)) : 1;
    if (open && (others == 0 ? elements(x) != 0 : elements(x) % others != 0))
      return error("cannot reshape " + Twine(elements(x)) + " elements to that shape");
    if (open)
      wanted[*open] = others == 0 ? 0 : elements(x) / others;
    return reshape(x, wanted);
  }
  size_t at = 0;
  while (!own[at])
    ++at;
  const bool single = llvm::none_of(own.drop_front(at + 1), [](Value v) { return static_cast<bool>(v); });
  const int64_t outer = product(shape(x).take_front(at)), inner = product(shape(x).drop_front(at + 1));
  const int64_t newInner = open ? product(Dims(wanted).drop_front(*open + 1)) : 0;
  if (!single || !open || product(Dims(wanted).take_front(*open)) != outer || newInner == 0 ||
      shape(x)[at] * inner % newInner != 0)
    return error("this reshape of a tensor whose extent depends on data is not supported");
  Value extent = own[at];
  wanted[*open] = shape(x)[at] * inner / newInner;
  Value result = reshape(x, wanted);
  Extents all(wanted.size());
  if (inner != newInner)
    extent = binary(BinaryFn::Div, binary(BinaryFn::Mul, extent, static_cast<double>(inner)), static_cast<double>(newInner));
  all[*open] = extent;
  extents.set(result, all);
  return result;
}

Value ImportBuilder::concatExtents(ArrayRef<Value> parts, int64_t axis) {
  Value padded = concat(parts, axis);
  if (!padded || !hasExtents(parts))
    return padded;
  Extents all(rank(padded));
  bool alongAxis = false;
  for (Value part : parts)
    for (int64_t d = 0; d < rank(part); ++d) {
      Value extent = extents.of(part, d);
      alongAxis |= d == axis && extent;
      if (d != axis && part != parts.front() && !isSameExtent(all[d], extent))
        return error("the operands have extents that depend on different data");
      all[d] = extent;
    }
  all[axis] = {};
  if (alongAxis) {
    const int64_t most = shape(padded)[axis];
    Value row = iota(DType::I64, {most}, 0), source = row, start = scalar(DType::I64, 0);
    int64_t paddedStart = 0;
    for (Value part : parts) {
      Value moved = add(sub(row, start), scalar(DType::I64, static_cast<double>(paddedStart)));
      source = select(compare(CompareFn::Ge, row, start), moved, source);
      start = add(start, extentOf(part, axis));
      paddedStart += shape(part)[axis];
    }
    source = binary(BinaryFn::Min, source, static_cast<double>(most - 1));
    padded = gather(padded, source, axis);
    all[axis] = start;
  }
  extents.set(padded, all);
  return padded;
}

Value ImportBuilder::gatherExtents(Value x, Value indices, int64_t axis, int64_t batchDims) {
  // What lies behind the extent must be in range as well.
  Value result = gather(x, maskTail(indices, 0), axis, batchDims);
  if (!result || !hasExtents({x, indices}))
    return result;
  Extents all;
  for (int64_t d = 0; d < axis; ++d)
    all.push_back(extents.of(x, d));
  for (int64_t d = batchDims; d < rank(indices); ++d)
    all.push_back(extents.of(indices, d));
  for (int64_t d = axis + 1; d < rank(x); ++d)
    all.push_back(extents.of(x, d));
  extents.set(result, all);
  return result;
}

Value ImportBuilder::reduceExtents(nn::ReduceFn fn, Value x, Dims axes, bool keepDims) {
  bool masked = false;
  for (int64_t axis : axes)
    masked |= static_cast<bool>(extents.of(x, axis));
  if (!hasExtents(x))
    return reduce(fn, x, axes, keepDims);
  const double largest = isFloat(dtype(x)) ? INFINITY : static_cast<double>(INT32_MAX);
  Value operand = x;
  if (masked) {
    const bool narrow = byteSize(dtype(x)) < 4 && !isFloat(dtype(x)) && dtype(x) != DType::I1;
    if (narrow && (fn == nn::ReduceFn::Max || fn == nn::ReduceFn::Min))
      return error("the extremum of narrow integers over an extent that depends on data is not supported");
    switch (fn) {
    case nn::ReduceFn::Max: operand = maskTail(x, -largest); break;
    case nn::ReduceFn::Min: operand = maskTail(x, largest); break;
    case nn::ReduceFn::Prod:
    case nn::ReduceFn::All: operand = maskTail(x, 1); break;
    default: operand = maskTail(x, 0);
    }
  }
  const bool mean = masked && fn == nn::ReduceFn::Mean;
  Value result = reduce(mean ? nn::ReduceFn::Sum : fn, operand, axes, keepDims);
  if (mean)
    for (int64_t axis : axes)
      result = div(result, cast(extentOf(x, axis), dtype(x)));
  Extents all;
  for (int64_t d = 0; d < rank(x); ++d) {
    const bool gone = llvm::is_contained(axes, d);
    if (!gone || keepDims)
      all.push_back(gone ? Value() : extents.of(x, d));
  }
  extents.set(result, all);
  return result;
}

} // namespace aotc
