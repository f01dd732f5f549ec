// Operations that move elements.
#include "compiler/frontend/common/ImportBuilder.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace aotc {

static std::string describe(Value value) {
  auto shape = nn::shapeOf(value);
  return typeString(nn::dtypeOf(value), {shape.data(), shape.size()});
}

Value ImportBuilder::reshape(Value x, Dims to) {
  if (!x || shape(x) == to)
    return x;
  auto result = type(dtype(x), to);
  if (!result)
    return {};
  if (result.getNumElements() != elements(x))
    return error("cannot reshape " + describe(x) + " to " + toString({to.data(), to.size()}));
  // The same bytes: free at any size.
  if (auto constantOp = x.getDefiningOp<nn::ConstantOp>()) {
    auto dense = dyn_cast<DenseElementsAttr>(constantOp.getValue());
    if (dense && dense.isSplat())
      return builder.create<nn::ConstantOp>(loc, mlir::cast<ElementsAttr>(dense.resizeSplat(result)));
    return constant(nn::fromAttr(constantOp.getValue()).reshaped(to.vec()));
  }
  return create<nn::ReshapeOp>(result, x);
}

Value ImportBuilder::broadcastTo(Value x, Dims to) {
  if (!x || shape(x) == to)
    return x;
  auto result = type(dtype(x), to);
  if (!result)
    return {};
  Dims from = shape(x);
  bool fits = from.size() <= to.size();
  for (size_t i = 0; fits && i < from.size(); ++i) {
    int64_t extent = from[from.size() - 1 - i];
    fits = extent == 1 || extent == to[to.size() - 1 - i];
  }
  if (!fits)
    return error("cannot broadcast " + describe(x) + " to " + toString({to.data(), to.size()}));
  if (auto constantOp = x.getDefiningOp<nn::ConstantOp>()) {
    auto dense = dyn_cast<DenseElementsAttr>(constantOp.getValue());
    if (dense && dense.isSplat() && result.getNumElements() > 0)
      return builder.create<nn::ConstantOp>(loc, mlir::cast<ElementsAttr>(dense.resizeSplat(result)));
  }
  DimVector padded(to.size() - from.size(), 1);
  llvm::append_range(padded, from);
  Value same = reshape(x, padded);
  return !same || Dims(padded) == to ? same : create<nn::BroadcastOp>(result, same);
}

Value ImportBuilder::transpose(Value x, Dims permutation) {
  if (!x)
    return {};
  auto result = infer([&](nn::EmitError emit) {
    return nn::inferTranspose(mlir::cast<RankedTensorType>(x.getType()), permutation, emit);
  });
  if (!result || llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return result ? x : Value();
  // Where only extents of 1 move, the order of the elements stays.
  DimVector moved;
  for (int64_t dim : permutation)
    if (shape(x)[dim] != 1)
      moved.push_back(dim);
  if (llvm::is_sorted(moved))
    return reshape(x, result.getShape());
  return create<nn::TransposeOp>(result, x, permutation);
}

Value ImportBuilder::concat(ArrayRef<Value> inputs, int64_t axis) {
  if (!llvm::all_of(inputs, [](Value v) { return static_cast<bool>(v); }))
    return {};
  SmallVector<Type> types(ValueRange(inputs).getTypes());
  auto result = infer([&](nn::EmitError emit) { return nn::inferConcat(types, axis, emit); });
  if (!result)
    return {};
  SmallVector<Value> filled; // what has elements
  llvm::copy_if(inputs, std::back_inserter(filled), [&](Value v) { return elements(v) > 0; });
  if (filled.size() == 1)
    return filled.front();
  return create<nn::ConcatOp>(result, filled.empty() ? ValueRange(inputs) : ValueRange(filled), axis);
}

Value ImportBuilder::slice(Value x, Dims starts, Dims sizes, Dims strides) {
  if (!x)
    return {};
  DimVector ones(sizes.size(), 1);
  if (strides.empty())
    strides = ones;
  if (shape(x) == sizes && llvm::all_of(starts, [](int64_t s) { return s == 0; }))
    return x;
  auto result = type(dtype(x), sizes);
  return result ? create<nn::SliceOp>(result, x, starts, strides) : Value();
}

Value ImportBuilder::sliceAxis(Value x, int64_t axis, int64_t start, int64_t size) {
  DimVector starts(rank(x), 0), sizes(shape(x));
  if (!x)
    return {};
  starts[axis] = start;
  sizes[axis] = size;
  return slice(x, starts, sizes);
}

Value ImportBuilder::dynamicSlice(Value x, Value starts, Dims sizes) {
  if (!x || !starts)
    return {};
  auto result = type(dtype(x), sizes);
  return result ? create<nn::DynamicSliceOp>(result, x, starts) : Value();
}

Value ImportBuilder::reverse(Value x, Dims axes) {
  if (!x || llvm::all_of(axes, [&](int64_t axis) { return axis >= 0 && axis < rank(x) && shape(x)[axis] == 1; }))
    return x;
  return create<nn::ReverseOp>(x.getType(), x, axes);
}

Value ImportBuilder::pad(nn::PadMode mode, Value x, Dims low, Dims high, Value value) {
  if (!x)
    return {};
  auto isZero = [](int64_t p) { return p == 0; };
  auto result = infer([&](nn::EmitError emit) {
    return nn::inferPad(mode, mlir::cast<RankedTensorType>(x.getType()), low, high, emit);
  });
  if (!result)
    return {};
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return x;
  if (!value)
    value = scalar(dtype(x), 0);
  return create<nn::PadOp>(result, mode, x, value, low, high);
}

Value ImportBuilder::gather(Value x, Value indices, int64_t axis, int64_t batchDims) {
  if (!x || !indices)
    return {};
  auto result = infer([&](nn::EmitError emit) {
    return nn::inferGather(mlir::cast<RankedTensorType>(x.getType()),
                           mlir::cast<RankedTensorType>(indices.getType()), axis, batchDims, emit);
  });
  return result ? create<nn::GatherOp>(result, x, indices, axis, batchDims) : Value();
}

Value ImportBuilder::gatherNd(Value x, Value indices, int64_t batchDims) {
  if (!x || !indices)
    return {};
  auto result = infer([&](nn::EmitError emit) {
    return nn::inferGatherNd(mlir::cast<RankedTensorType>(x.getType()),
                             mlir::cast<RankedTensorType>(indices.getType()), batchDims, emit);
  });
  return result ? create<nn::GatherNdOp>(result, x, indices, batchDims) : Value();
}

Value ImportBuilder::scatterNd(nn::ScatterFn fn, Value x, Value indices, Value updates) {
  if (!x || !indices || !updates)
    return {};
  return create<nn::ScatterNdOp>(x.getType(), fn, x, indices, updates);
}

Value ImportBuilder::iota(DType element, Dims shape, int64_t axis) {
  auto result = type(element, shape);
  return result ? create<nn::IotaOp>(result, axis) : Value();
}

Value ImportBuilder::tile(Value x, Dims multiples) {
  if (!x)
    return {};
  DimVector split, repeated, merged;
  for (auto [extent, times] : llvm::zip(shape(x), multiples)) {
    int64_t total;
    if (times < 0 || llvm::MulOverflow(extent, times, total))
      return error("multiples must be >= 0 and of reasonable size, got " + Twine(times));
    if (times != 1) { // a dimension of its own for the copies
      split.push_back(1);
      repeated.push_back(times);
    }
    split.push_back(extent);
    repeated.push_back(extent);
    merged.push_back(total);
  }
  return reshape(broadcastTo(reshape(x, split), repeated), merged);
}

Value ImportBuilder::expandDims(Value x, int64_t axis) {
  DimVector to(shape(x));
  to.insert(to.begin() + std::clamp<int64_t>(axis, 0, to.size()), 1);
  return reshape(x, to);
}

Value ImportBuilder::reverseSequence(Value x, Value lengths, int64_t axis, int64_t batchAxis) {
  auto seq = normalizeAxis(axis, rank(x)), batch = normalizeAxis(batchAxis, rank(x));
  if (!x || !lengths || !seq || !batch)
    return {};
  if (*seq == *batch || rank(lengths) != 1 || shape(lengths)[0] != shape(x)[*batch])
    return error("needs one length for each sequence");
  DimVector permutation{*batch, *seq}, inverse(rank(x));
  for (int64_t dim = 0; dim < rank(x); ++dim)
    if (dim != *seq && dim != *batch)
      permutation.push_back(dim);
  for (auto [i, dim] : llvm::enumerate(permutation))
    inverse[dim] = i;
  Value limit = expandDims(lengths, 1), at = iota(dtype(lengths), {1, shape(x)[*seq]}, 1);
  Value mirrored = binary(nn::BinaryFn::Sub, sub(limit, at), 1);
  Value source = select(compare(nn::CompareFn::Lt, at, limit), mirrored, at);
  return transpose(gather(transpose(x, permutation), source, 1, 1), inverse);
}

Value ImportBuilder::channelsLast(Value x) {
  DimVector permutation{0};
  for (int64_t dim = 2; dim < rank(x); ++dim)
    permutation.push_back(dim);
  permutation.push_back(1);
  return transpose(x, permutation);
}

Value ImportBuilder::channelsFirst(Value x) {
  DimVector permutation{0, rank(x) - 1};
  for (int64_t dim = 1; dim + 1 < rank(x); ++dim)
    permutation.push_back(dim);
  return transpose(x, permutation);
}

} // namespace aotc
