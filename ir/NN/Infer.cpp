#include "ir/NN/Infer.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace aotc::nn {

// Extents of the tensors that we make stay below this, so that sums of two
// never overflow; products are checked where they are formed.
static constexpr int64_t kMaxExtent = int64_t(1) << 40;

static FailureOr<int64_t> windowExtent(int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                                       int64_t low, int64_t high, EmitError error) {
  if (stride < 1 || dilation < 1 || low < 0 || high < 0 || stride > kMaxExtent || dilation > kMaxExtent ||
      low > kMaxExtent || high > kMaxExtent)
    return error() << "needs strides and dilations >= 1 and padding >= 0";
  int64_t reach;
  if (kernel < 1 || llvm::MulOverflow(kernel - 1, dilation, reach) || reach > kMaxExtent)
    return error() << "needs a window of at least one element and of reasonable reach, got " << kernel;
  int64_t span = in + low + high - (reach + 1);
  return span < 0 ? 0 : span / stride + 1;
}

static LogicalResult checkSpatial(size_t spatial, ArrayRef<Dims> lists, EmitError error) {
  if (spatial < 1 || spatial > 3)
    return error() << "needs 1 to 3 spatial dimensions, got " << static_cast<int64_t>(spatial);
  for (Dims list : lists)
    if (list.size() != spatial)
      return error() << "needs one attribute entry for each of " << spatial << " spatial dimensions, got "
                     << list.size();
  return success();
}

// Of one type, or bytes of either sign: what the result makes of these is the verifier's affair.
static bool sameElement(RankedTensorType a, RankedTensorType b, EmitError error) {
  if (a.getElementType() == b.getElementType() || (a.getElementType().isInteger(8) && b.getElementType().isInteger(8)))
    return true;
  error() << "needs operands of one element type, got " << a << " and " << b;
  return false;
}

TypeOr inferMatMul(RankedTensorType lhs, RankedTensorType rhs, bool transposeLhs, bool transposeRhs,
                   EmitError error) {
  int64_t rank = lhs.getRank();
  if (rank < 2 || rhs.getRank() != rank) // matmul_c1
    return error() << "needs operands of equal rank of at least 2, got " << lhs << " and " << rhs;
  if (!sameElement(lhs, rhs, error)) // matmul_c4
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t i = 0; i < rank - 2; ++i) {
    int64_t a = lhs.getDimSize(i), b = rhs.getDimSize(i);
    if (a != b && a != 1 && b != 1) // matmul_c2
      return error() << "has batch extents that do not broadcast: " << a << " and " << b;
    shape.push_back(a == 1 ? b : a);
  }
  int64_t m = lhs.getDimSize(rank - (transposeLhs ? 1 : 2)), k = lhs.getDimSize(rank - (transposeLhs ? 2 : 1));
  int64_t k2 = rhs.getDimSize(rank - (transposeRhs ? 1 : 2)), n = rhs.getDimSize(rank - (transposeRhs ? 2 : 1));
  if (k != k2) // matmul_c3
    return error() << "contracts extents that differ: " << k << " and " << k2;
  shape.append({m, n});
  return RankedTensorType::get(shape, lhs.getElementType());
}

TypeOr inferConv(RankedTensorType input, RankedTensorType filter, Dims strides, Dims dilations, Dims padLow,
                 Dims padHigh, int64_t groups, EmitError error) {
  int64_t rank = input.getRank();
  if (rank < 3 || rank > 5 || filter.getRank() != rank) // conv_c1
    return error() << "needs input and filter of equal rank 3 to 5, got " << input << " and " << filter;
  if (failed(checkSpatial(rank - 2, {strides, dilations, padLow, padHigh}, error))) // conv_c2
    return failure();
  if (!sameElement(input, filter, error)) // conv_c5
    return failure();
  int64_t channels = input.getShape().back(), out = filter.getShape().back();
  if (groups < 1 || channels % groups || out % groups || filter.getDimSize(rank - 2) != channels / groups) // conv_c3
    return error() << "has " << groups << " groups that do not fit " << channels << " input channels and filter "
                   << filter;
  SmallVector<int64_t> shape{input.getDimSize(0)};
  for (int64_t i = 0; i < rank - 2; ++i) {
    auto extent = windowExtent(input.getDimSize(i + 1), filter.getDimSize(i), strides[i], dilations[i], padLow[i],
                               padHigh[i], error);
    if (failed(extent))
      return failure();
    shape.push_back(*extent);
  }
  shape.push_back(out);
  return RankedTensorType::get(shape, input.getElementType());
}

LogicalResult checkConvTranspose(RankedTensorType input, RankedTensorType filter, RankedTensorType result,
                                 Dims strides, Dims dilations, Dims padLow, int64_t groups, EmitError error) {
  int64_t rank = input.getRank();
  if (rank < 3 || rank > 5 || filter.getRank() != rank || result.getRank() != rank) // conv_transpose_c1
    return error() << "needs input, filter and result of equal rank 3 to 5";
  if (failed(checkSpatial(rank - 2, {strides, dilations, padLow}, error)))
    return failure();
  for (int64_t i = 0; i < rank - 2; ++i)
    if (strides[i] < 1 || dilations[i] < 1 || padLow[i] < 0) // conv_transpose_c2
      return error() << "needs strides and dilations >= 1 and padding >= 0";
  if (!sameElement(input, filter, error)) // conv_transpose_c4
    return failure();
  int64_t channels = input.getShape().back(), out = result.getShape().back();
  if (groups < 1 || channels % groups || out % groups || filter.getShape().back() != channels ||
      filter.getDimSize(rank - 2) != out / groups || result.getDimSize(0) != input.getDimSize(0)) // conv_transpose_c3
    return error() << "has filter " << filter << " and " << groups << " groups that do not fit input " << input
                   << " and result " << result;
  return success();
}

TypeOr inferPool(RankedTensorType input, Dims window, Dims strides, Dims dilations, Dims padLow, Dims padHigh,
                 EmitError error) {
  int64_t rank = input.getRank();
  if (rank < 3 || rank > 5) // pool_c1
    return error() << "needs an input of rank 3 to 5, got " << input;
  if (failed(checkSpatial(rank - 2, {window, strides, dilations, padLow, padHigh}, error))) // pool_c2
    return failure();
  SmallVector<int64_t> shape{input.getDimSize(0)};
  for (int64_t i = 0; i < rank - 2; ++i) {
    int64_t in = input.getDimSize(i + 1);
    auto extent = windowExtent(in, window[i], strides[i], dilations[i], padLow[i], padHigh[i], error);
    if (failed(extent))
      return failure();
    // pool_c4: the first window must reach position 0 and the last must start before the end.
    for (int64_t position : {int64_t(0), *extent - 1}) {
      int64_t start = position * strides[i] - padLow[i];
      int64_t firstInside = start >= 0 ? start : start + llvm::divideCeil(-start, dilations[i]) * dilations[i];
      if (*extent > 0 && (firstInside >= in || firstInside > start + (window[i] - 1) * dilations[i]))
        return error() << "has a window that lies in the padding only";
    }
    shape.push_back(*extent);
  }
  shape.push_back(input.getShape().back());
  return RankedTensorType::get(shape, input.getElementType());
}

TypeOr inferConcat(TypeRange inputs, int64_t axis, EmitError error) {
  if (inputs.empty()) // concat_c1
    return error() << "needs at least one operand";
  auto first = cast<RankedTensorType>(inputs.front());
  if (axis < 0 || axis >= first.getRank()) // concat_c1
    return error() << "has axis " << axis << " outside rank " << first.getRank();
  SmallVector<int64_t> shape(first.getShape());
  for (Type type : inputs.drop_front()) {
    auto next = cast<RankedTensorType>(type);
    bool fits = next.getRank() == first.getRank() && next.getElementType() == first.getElementType();
    for (int64_t i = 0; fits && i < first.getRank(); ++i)
      fits = i == axis || next.getDimSize(i) == first.getDimSize(i);
    if (!fits) // concat_c2
      return error() << "joins tensors that do not fit along axis " << axis << ": " << first << " and " << next;
    if (llvm::AddOverflow(shape[axis], next.getDimSize(axis), shape[axis]))
      return error() << "has an extent that overflows";
  }
  return RankedTensorType::get(shape, first.getElementType());
}

TypeOr inferTranspose(RankedTensorType operand, Dims permutation, EmitError error) {
  SmallVector<int64_t> shape;
  SmallVector<bool> seen(operand.getRank(), false);
  for (int64_t dim : permutation) {
    if (dim < 0 || dim >= operand.getRank() || seen[dim])
      break;
    seen[dim] = true;
    shape.push_back(operand.getDimSize(dim));
  }
  if (permutation.size() != seen.size() || shape.size() != seen.size()) // transpose_c1
    return error() << "needs a permutation of the " << operand.getRank() << " dimensions";
  return RankedTensorType::get(shape, operand.getElementType());
}

TypeOr inferPad(PadMode mode, RankedTensorType operand, Dims low, Dims high, EmitError error) {
  size_t rank = operand.getRank();
  if (low.size() != rank || high.size() != rank) // pad_c1
    return error() << "needs one low and one high entry for each of " << rank << " dimensions";
  SmallVector<int64_t> shape;
  for (size_t i = 0; i < rank; ++i) {
    int64_t extent = operand.getDimSize(i), most = std::max(low[i], high[i]);
    if (low[i] < 0 || high[i] < 0 || most > kMaxExtent || extent > kMaxExtent) // pad_c1
      return error() << "needs padding >= 0 of reasonable size";
    bool fits = mode == PadMode::Constant || most == 0 || (mode == PadMode::Reflect && most < extent) ||
                (mode == PadMode::Symmetric && most <= extent) || (mode == PadMode::Edge && extent > 0);
    if (!fits) // pad_c3
      return error() << "pads extent " << extent << " by " << most << ", more than its mode can mirror";
    shape.push_back(low[i] + extent + high[i]);
  }
  return RankedTensorType::get(shape, operand.getElementType());
}

static LogicalResult checkIndices(RankedTensorType indices, EmitError error) {
  Type element = indices.getElementType();
  if (!element.isSignlessInteger(32) && !element.isSignlessInteger(64))
    return error() << "needs i32 or i64 indices, got " << indices;
  return success();
}

TypeOr inferGather(RankedTensorType operand, RankedTensorType indices, int64_t axis, int64_t batchDims,
                   EmitError error) {
  if (failed(checkIndices(indices, error))) // gather_c1
    return failure();
  if (batchDims < 0 || batchDims > axis || axis >= operand.getRank() || batchDims > indices.getRank()) // gather_c2
    return error() << "has axis " << axis << " and batch dims " << batchDims << " that do not fit " << operand
                   << " and " << indices;
  SmallVector<int64_t> shape(operand.getShape().take_front(axis));
  for (int64_t i = 0; i < batchDims; ++i)
    if (operand.getDimSize(i) != indices.getDimSize(i)) // gather_c2
      return error() << "has batch extents that differ";
  llvm::append_range(shape, indices.getShape().drop_front(batchDims));
  llvm::append_range(shape, operand.getShape().drop_front(axis + 1));
  return RankedTensorType::get(shape, operand.getElementType());
}

TypeOr inferGatherNd(RankedTensorType operand, RankedTensorType indices, int64_t batchDims, EmitError error) {
  if (failed(checkIndices(indices, error))) // gather_nd_c1
    return failure();
  if (indices.getRank() < 1) // gather_nd_c1
    return error() << "needs indices of rank at least 1";
  int64_t depth = indices.getShape().back();
  if (batchDims < 0 || batchDims >= indices.getRank() || depth > operand.getRank() ||
      batchDims + depth > operand.getRank()) // gather_nd_c2
    return error() << "has index vectors of " << depth << " entries and batch dims " << batchDims
                   << " that do not fit " << operand;
  for (int64_t i = 0; i < batchDims; ++i)
    if (operand.getDimSize(i) != indices.getDimSize(i)) // gather_nd_c2
      return error() << "has batch extents that differ";
  SmallVector<int64_t> shape(indices.getShape().drop_back());
  llvm::append_range(shape, operand.getShape().drop_front(batchDims + depth));
  return RankedTensorType::get(shape, operand.getElementType());
}

TypeOr inferReduce(RankedTensorType operand, Dims axes, EmitError error) {
  SmallVector<int64_t> shape(operand.getShape());
  int64_t last = -1;
  for (int64_t axis : axes) {
    if (axis <= last || axis >= operand.getRank()) // reduce_c1
      return error() << "needs ascending axes inside rank " << operand.getRank();
    shape[axis] = 1;
    last = axis;
  }
  return RankedTensorType::get(shape, operand.getElementType());
}

FailureOr<SmallVector<int64_t>> broadcastShapes(Dims a, Dims b, EmitError error) {
  SmallVector<int64_t> shape(std::max(a.size(), b.size()));
  for (size_t i = 0; i < shape.size(); ++i) {
    auto extent = [&](Dims dims) { return i < dims.size() ? dims[dims.size() - 1 - i] : 1; };
    int64_t x = extent(a), y = extent(b);
    if (x != y && x != 1 && y != 1)
      return error() << "has shapes that do not broadcast: extents " << x << " and " << y;
    shape[shape.size() - 1 - i] = x == 1 ? y : x;
  }
  return shape;
}

} // namespace aotc::nn
