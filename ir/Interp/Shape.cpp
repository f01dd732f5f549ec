#include "absl/strings/str_cat.h"
#include "ir/Interp/Kernels.h"

namespace aotc::interp {
namespace {

// Not widened: these kernels move bytes.
Tensor makeSame(mlir::Value value) { return Tensor(nn::dtypeOf(value), shapeOf(value)); }

// result[i] = source[sum over d of tables[d][index of i in d]].
void gatherElements(const Tensor &source, Tensor &result, const OffsetTables &tables) {
  visitBytes(source.dtype(), [&](auto tag) {
    const auto *from = source.as<decltype(tag)>();
    auto *to = result.mutableAs<decltype(tag)>();
    walk(result.shape(), tables, [&](int64_t i, int64_t offset) { to[i] = from[offset]; });
  });
}

// The result whose index i along dimension d is index source(d, i) of the operand.
template <typename F> Tensor remapped(const Tensor &operand, mlir::Value value, F source) {
  Tensor result = makeSame(value);
  if (result.size() == 0)
    return result;
  Shape strides = rowMajorStrides(operand.shape());
  OffsetTables tables(result.rank());
  for (size_t d = 0; d < tables.size(); ++d)
    for (int64_t i = 0; i < result.shape()[d]; ++i)
      tables[d].push_back(source(d, i) * strides[d]);
  gatherElements(operand, result, tables);
  return result;
}

absl::StatusOr<Tensor> reshape(nn::ReshapeOp op, const Arguments &in) {
  return in[0].reshaped(shapeOf(op.getResult()));
}

absl::StatusOr<Tensor> broadcast(nn::BroadcastOp op, const Arguments &in) {
  return remapped(in[0], op.getResult(), [&](size_t d, int64_t i) { return in[0].shape()[d] == 1 ? 0 : i; });
}

absl::StatusOr<Tensor> transpose(nn::TransposeOp op, const Arguments &in) {
  Tensor result = makeSame(op.getResult());
  if (result.size() == 0)
    return result;
  Shape strides = rowMajorStrides(in[0].shape()), permuted;
  for (int64_t d : op.getPermutation())
    permuted.push_back(strides[d]);
  gatherElements(in[0], result, strideTables(result.shape(), permuted));
  return result;
}

absl::StatusOr<Tensor> slice(nn::SliceOp op, const Arguments &in) {
  return remapped(in[0], op.getResult(),
                  [&](size_t d, int64_t i) { return op.getStarts()[d] + i * op.getStrides()[d]; });
}

absl::StatusOr<Tensor> dynamicSlice(nn::DynamicSliceOp op, const Arguments &in) {
  Shape extents = shapeOf(op.getResult());
  for (int64_t d = 0; d < in[0].rank(); ++d)
    if (int64_t start = in[1].i(d); start < 0 || start > in[0].shape()[d] - extents[d])
      return absl::OutOfRangeError(absl::StrCat("start ", start, " of dimension ", d, " is out of range"));
  return remapped(in[0], op.getResult(), [&](size_t d, int64_t i) { return in[1].i(d) + i; });
}

absl::StatusOr<Tensor> reverse(nn::ReverseOp op, const Arguments &in) {
  return remapped(in[0], op.getResult(), [&](size_t d, int64_t i) {
    bool reversed = llvm::is_contained(op.getAxes(), static_cast<int64_t>(d));
    return reversed ? in[0].shape()[d] - 1 - i : i;
  });
}

// Where padding at position i (possibly outside [0, extent)) comes from.
int64_t mirrored(nn::PadMode mode, int64_t i, int64_t extent) {
  if (i >= 0 && i < extent)
    return i;
  switch (mode) {
  case nn::PadMode::Reflect:
    return i < 0 ? -i : 2 * (extent - 1) - i;
  case nn::PadMode::Symmetric:
    return i < 0 ? -i - 1 : 2 * extent - 1 - i;
  default:
    return i < 0 ? 0 : extent - 1;
  }
}

absl::StatusOr<Tensor> pad(nn::PadOp op, const Arguments &in) {
  const Tensor &operand = in[0];
  if (op.getMode() != nn::PadMode::Constant)
    return remapped(operand, op.getResult(), [&](size_t d, int64_t i) {
      return mirrored(op.getMode(), i - op.getLow()[d], operand.shape()[d]);
    });
  Tensor result = makeSame(op.getResult());
  if (result.size() == 0)
    return result;
  OffsetTables tables(result.rank());
  Shape strides = rowMajorStrides(result.shape());
  for (size_t d = 0; d < tables.size(); ++d)
    for (int64_t i = 0; i < operand.shape()[d]; ++i)
      tables[d].push_back((op.getLow()[d] + i) * strides[d]);
  visitBytes(operand.dtype(), [&](auto tag) {
    const auto *from = operand.as<decltype(tag)>();
    auto *to = result.mutableAs<decltype(tag)>();
    std::fill_n(to, result.size(), *in[1].as<decltype(tag)>());
    walk(operand.shape(), tables, [&](int64_t i, int64_t offset) { to[offset] = from[i]; });
  });
  return result;
}

absl::StatusOr<Tensor> concat(nn::ConcatOp op, const Arguments &in) {
  Tensor result = makeSame(op.getResult());
  if (result.size() == 0)
    return result;
  auto axis = static_cast<size_t>(op.getAxis());
  absl::Span<const int64_t> shape = result.shape();
  int64_t outer = product(shape.first(axis));
  size_t row = product(shape.subspan(axis)) * byteSize(result.dtype());
  char *to = result.mutableData();
  for (const Tensor &operand : in.operands) {
    size_t part = operand.bytes() / outer;
    for (int64_t i = 0; i < outer && part; ++i)
      std::memcpy(to + i * row, operand.data() + i * part, part);
    to += part;
  }
  return result;
}

absl::StatusOr<Tensor> insert(nn::InsertOp op, const Arguments &in) {
  Tensor result(nn::dtypeOf(op.getResult()), shapeOf(op.getResult()));
  if (in.operands.size() > 1)
    std::memcpy(result.mutableData(), in[1].data(), result.bytes());
  size_t width = byteSize(result.dtype()), row = result.shape().back() * width;
  size_t part = in[0].shape().back() * width;
  for (int64_t i = 0, rows = part ? in[0].bytes() / part : 0; i < rows; ++i)
    std::memcpy(result.mutableData() + i * row + op.getStart() * width, in[0].data() + i * part, part);
  return result;
}

absl::Status indexError(int64_t index, int64_t extent) {
  return absl::OutOfRangeError(absl::StrCat("index ", index, " is outside [0, ", extent, ")"));
}

absl::StatusOr<Tensor> gather(nn::GatherOp op, const Arguments &in) {
  Tensor result = makeSame(op.getResult());
  absl::Span<const int64_t> shape = in[0].shape(), indexShape = in[1].shape();
  auto axis = static_cast<size_t>(op.getAxis()), batchDims = static_cast<size_t>(op.getBatchDims());
  int64_t extent = shape[axis];
  for (int64_t i = 0; i < in[1].size(); ++i)
    if (int64_t index = in[1].i(i); index < 0 || index >= extent)
      return indexError(index, extent);
  if (result.size() == 0)
    return result;
  int64_t batch = product(shape.first(batchDims)),
          outer = product(shape.subspan(batchDims, axis - batchDims));
  int64_t picks = product(indexShape.subspan(batchDims));
  size_t bytes = product(shape.subspan(axis + 1)) * byteSize(result.dtype());
  char *to = result.mutableData();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t p = 0; p < picks; ++p, to += bytes) {
        int64_t row = (b * outer + o) * extent + in[1].i(b * picks + p);
        std::memcpy(to, in[0].data() + row * bytes, bytes);
      }
  return result;
}

// Element offset of the slice that index vector `row` picks from the dims
// `indexed` on of an operand, or an error.
absl::StatusOr<int64_t> sliceOffset(const Tensor &indices, int64_t row, absl::Span<const int64_t> shape,
                                    size_t indexed) {
  Shape strides = rowMajorStrides(shape);
  int64_t depth = indices.shape().back();
  uint64_t offset = 0; // strides of an empty operand may have wrapped
  for (int64_t k = 0; k < depth; ++k) {
    int64_t index = indices.i(row * depth + k), extent = shape[indexed + k];
    if (index < 0 || index >= extent)
      return indexError(index, extent);
    offset += static_cast<uint64_t>(index) * strides[indexed + k];
  }
  return static_cast<int64_t>(offset);
}

absl::StatusOr<Tensor> gatherNd(nn::GatherNdOp op, const Arguments &in) {
  Tensor result = makeSame(op.getResult());
  absl::Span<const int64_t> shape = in[0].shape(), indexShape = in[1].shape();
  auto batchDims = static_cast<size_t>(op.getBatchDims());
  auto depth = static_cast<size_t>(indexShape.back());
  absl::Span<const int64_t> vectors = indexShape.first(indexShape.size() - 1);
  // Index vectors are checked even when the slices they pick are empty, as long as there are any.
  if (*elementCount(vectors) == 0)
    return result;
  int64_t batch = product(shape.first(batchDims)), rows = product(vectors.subspan(batchDims));
  int64_t batchElements = product(shape.subspan(batchDims));
  size_t bytes = product(shape.subspan(batchDims + depth)) * byteSize(result.dtype());
  char *to = result.mutableData();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t r = 0; r < rows; ++r, to += bytes) {
      absl::StatusOr<int64_t> offset = sliceOffset(in[1], b * rows + r, shape, batchDims);
      if (!offset.ok())
        return offset.status();
      if (result.size())
        std::memcpy(to, in[0].data() + (b * batchElements + *offset) * byteSize(result.dtype()), bytes);
    }
  return result;
}

template <typename T> T combine(nn::ScatterFn fn, T old, T update) {
  using Wide = Accumulator<T>;
  switch (fn) {
  case nn::ScatterFn::Update:
    return update;
  case nn::ScatterFn::Add:
    return static_cast<T>(static_cast<Wide>(old) + static_cast<Wide>(update));
  case nn::ScatterFn::Mul:
    return static_cast<T>(static_cast<Wide>(old) * static_cast<Wide>(update));
  case nn::ScatterFn::Max:
    return maximum(old, update);
  case nn::ScatterFn::Min:
    return minimum(old, update);
  }
  llvm_unreachable("scatter function");
}

absl::StatusOr<Tensor> scatterNd(nn::ScatterNdOp op, const Arguments &in) {
  const Tensor &indices = in[1];
  Tensor result = in[0];
  absl::Span<const int64_t> indexShape = indices.shape();
  int64_t rows = *elementCount(indexShape.first(indexShape.size() - 1));
  int64_t slice = rows ? in[2].size() / rows : 0;
  absl::Status status;
  visit(result.dtype(), [&](auto tag) {
    const auto *updates = in[2].as<decltype(tag)>();
    auto *to = result.mutableAs<decltype(tag)>();
    for (int64_t r = 0; r < rows && status.ok(); ++r) {
      absl::StatusOr<int64_t> offset = sliceOffset(indices, r, result.shape(), 0);
      status = offset.status();
      for (int64_t i = 0; i < slice && status.ok(); ++i)
        to[*offset + i] = combine(op.getFn(), to[*offset + i], updates[r * slice + i]);
    }
  });
  if (!status.ok())
    return status;
  return result;
}

absl::StatusOr<Tensor> iota(nn::IotaOp op, const Arguments &) {
  Tensor result = makeResult(op.getResult());
  if (result.size() == 0)
    return result;
  Shape strides(result.rank(), 0);
  strides[op.getAxis()] = 1;
  visit(result.dtype(), [&](auto tag) {
    auto *to = result.mutableAs<decltype(tag)>();
    walk(result.shape(), strideTables(result.shape(), strides),
         [&](int64_t i, int64_t position) { to[i] = static_cast<decltype(tag)>(position); });
  });
  return result;
}

} // namespace

std::vector<Kernel> shapeKernels() {
  return {
      kernel<nn::ReshapeOp, reshape>(kMovesBytes),     kernel<nn::BroadcastOp, broadcast>(kMovesBytes),
      kernel<nn::TransposeOp, transpose>(kMovesBytes), kernel<nn::ConcatOp, concat>(kMovesBytes),
      kernel<nn::SliceOp, slice>(kMovesBytes),         kernel<nn::DynamicSliceOp, dynamicSlice>(kMovesBytes),
      kernel<nn::ReverseOp, reverse>(kMovesBytes),     kernel<nn::PadOp, pad>(kMovesBytes),
      kernel<nn::GatherOp, gather>(kMovesBytes),       kernel<nn::GatherNdOp, gatherNd>(kMovesBytes),
      kernel<nn::ScatterNdOp, scatterNd>(kComputes),   kernel<nn::IotaOp, iota>(kComputes),
      kernel<nn::InsertOp, insert>(kMovesBytes)};
}

} // namespace aotc::interp
