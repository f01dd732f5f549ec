// Family Shape: blocks of space, resampling, boxes.
#include "compiler/frontend/common/NonMaxSuppression.h"
#include "compiler/frontend/tensorflow/ops/OpTable.h"
#include "compiler/frontend/tensorflow/ops/Windows.h"

namespace aotc::tf {
namespace {

bool checkBlock(NodeImport &n, int64_t block) {
  if (n.rank(0) == 4 && block >= 1 && block <= (int64_t(1) << 20))
    return true;
  n.error(n.rank(0) != 4 ? "needs an operand of rank 4" : "block size " + std::to_string(block));
  return false;
}

Value spaceToDepthLast(NodeImport &n, Value x, int64_t block) {
  Dims in = ImportBuilder::shape(x);
  if (in[1] % block != 0 || in[2] % block != 0)
    return n.error("blocks of " + llvm::Twine(block) + " do not tile the image");
  Value tiles = n.b.reshape(x, {in[0], in[1] / block, block, in[2] / block, block, in[3]});
  return n.b.reshape(n.b.transpose(tiles, {0, 1, 3, 2, 4, 5}),
                     {in[0], in[1] / block, in[2] / block, block * block * in[3]});
}

Value depthToSpaceLast(NodeImport &n, Value x, int64_t block) {
  Dims in = ImportBuilder::shape(x);
  if (in[3] % (block * block) != 0)
    return n.error("blocks of " + llvm::Twine(block) + " do not divide " + llvm::Twine(in[3]) + " channels");
  int64_t channels = in[3] / (block * block);
  Value tiles = n.b.reshape(x, {in[0], in[1], in[2], block, block, channels});
  return n.b.reshape(n.b.transpose(tiles, {0, 1, 3, 2, 4, 5}), {in[0], in[1] * block, in[2] * block, channels});
}

template <Value (*Move)(NodeImport &, Value, int64_t)> Results moveBlocks(NodeImport &n) {
  int64_t block = n.integer("block_size", 2);
  if (!checkBlock(n, block))
    return Value();
  return inChannelsLast(n, n.in(0), [&](Value x) { return Move(n, x, block); });
}

// Checks block extents and pairs of paddings or crops against the operand.
bool checkBlocks(NodeImport &n, Dims block, Dims pairs) {
  bool fits = static_cast<int64_t>(block.size()) < n.rank(0) && pairs.size() == 2 * block.size();
  for (int64_t b : block)
    fits &= b >= 1 && b <= (int64_t(1) << 20);
  for (int64_t p : pairs)
    fits &= p >= 0 && p <= (int64_t(1) << 40);
  if (!fits)
    n.error("block shape and paddings or crops do not fit the operand");
  return fits;
}

// [N, S.., rest] with each S padded and cut into blocks, whose places go into
// the batch: [block.. * N, S / block.., rest].
Results spaceToBatch(NodeImport &n, Dims block, Dims pairs) {
  if (!checkBlocks(n, block, pairs))
    return Value();
  int64_t rank = n.rank(0), spatial = block.size();
  DimVector low(rank, 0), high(rank, 0);
  for (int64_t i = 0; i < spatial; ++i) {
    low[i + 1] = pairs[2 * i];
    high[i + 1] = pairs[2 * i + 1];
  }
  Value padded = n.b.pad(nn::PadMode::Constant, n.in(0), low, high, n.b.splat(n.dtype(0), {}, 0));
  if (!padded)
    return Value();
  Dims in = ImportBuilder::shape(padded);
  DimVector split{in[0]}, permutation, result{in[0]};
  for (int64_t i = 0; i < spatial; ++i) {
    if (in[i + 1] % block[i] != 0)
      return n.error("blocks of " + llvm::Twine(block[i]) + " do not tile an extent of " + llvm::Twine(in[i + 1]));
    split.append({in[i + 1] / block[i], block[i]});
    permutation.push_back(2 * i + 2);
    result[0] = llvm::SaturatingMultiply<uint64_t>(result[0], block[i]);
    result.push_back(in[i + 1] / block[i]);
  }
  permutation.push_back(0);
  for (int64_t i = 0; i < spatial; ++i)
    permutation.push_back(2 * i + 1);
  for (int64_t dim = spatial + 1; dim < rank; ++dim) {
    permutation.push_back(split.size());
    split.push_back(in[dim]);
    result.push_back(in[dim]);
  }
  return n.b.reshape(n.b.transpose(n.b.reshape(padded, split), permutation), result);
}

Results batchToSpace(NodeImport &n, Dims block, Dims crops) {
  if (!checkBlocks(n, block, crops))
    return Value();
  int64_t rank = n.rank(0), spatial = block.size(), batch = n.shape(0)[0];
  Dims in = n.shape(0);
  DimVector split(block), permutation{spatial}, merged, starts{0}, sizes;
  for (int64_t b : block) {
    if (batch % b != 0)
      return n.error("blocks do not divide a batch of " + llvm::Twine(in[0]));
    batch /= b;
  }
  split.push_back(batch);
  merged.push_back(batch);
  sizes.push_back(batch);
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t extent = in[i + 1] * block[i]; // at most the operand's elements
    permutation.append({spatial + 1 + i, i});
    split.push_back(in[i + 1]);
    merged.push_back(extent);
    starts.push_back(crops[2 * i]);
    sizes.push_back(extent - crops[2 * i] - crops[2 * i + 1]);
    if (sizes.back() < 0)
      return n.error("crops more than an extent of " + llvm::Twine(extent));
  }
  for (int64_t dim = spatial + 1; dim < rank; ++dim) {
    permutation.push_back(split.size());
    split.push_back(in[dim]);
    merged.push_back(in[dim]);
    starts.push_back(0);
    sizes.push_back(in[dim]);
  }
  return n.b.slice(n.b.reshape(n.b.transpose(n.b.reshape(n.in(0), split), permutation), merged), starts, sizes);
}

template <Results (*Move)(NodeImport &, Dims, Dims)> Results moveBatchNd(NodeImport &n) {
  DimVector block = n.constantInts(1), pairs = n.constantInts(2);
  return Move(n, block, pairs);
}

// V1: one block size for two dimensions.
template <Results (*Move)(NodeImport &, Dims, Dims)> Results moveBatch2d(NodeImport &n) {
  int64_t block = n.integer("block_size", 2);
  return Move(n, {block, block}, n.constantInts(1));
}

Results resize(NodeImport &n, nn::ResizeMode mode) {
  DimVector size = n.constantInts(1);
  if (n.rank(0) != 4 || size.size() != 2)
    return n.error("needs an image of rank 4 and a size of two entries");
  bool alignCorners = n.flag("align_corners"), halfPixel = n.flag("half_pixel_centers");
  bool nearest = mode == nn::ResizeMode::Nearest;
  if (alignCorners && halfPixel)
    return n.error("align_corners and half_pixel_centers exclude each other");
  Value image = nearest ? n.in(0) : n.b.cast(n.in(0), DType::F32);
  DimVector result{n.shape(0)[0], size[0], size[1], n.shape(0)[3]};
  llvm::SmallVector<float, 2> scales;
  for (int i : {0, 1}) {
    int64_t in = n.shape(0)[i + 1], out = size[i];
    if (in < 1 || out < 1)
      return n.error("needs extents of at least 1");
    scales.push_back(alignCorners && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                             : static_cast<float>(in) / static_cast<float>(out));
  }
  auto coord = nn::CoordMode::Asymmetric; // the scale of align_corners says it all
  if (halfPixel)
    coord = nearest ? nn::CoordMode::HalfPixelNearest : nn::CoordMode::HalfPixel;
  return n.b.resize(mode, image, result, coord, alignCorners ? nn::RoundMode::HalfAway : nn::RoundMode::Floor, scales);
}

// Boxes [n, 4] by their scores [n]. How many are left depends on data; V4 may pad them.
Results nonMaxSuppression(NodeImport &n) {
  ImportBuilder &b = n.b;
  const bool countsToo = n.node.op == "NonMaxSuppressionV4";
  const Results poison = countsToo ? Results{Value(), Value()} : Results(Value());
  if (n.rank(0) != 2 || n.rank(1) != 1 || ImportBuilder::elements(n.in(2)) != 1)
    return n.error("needs boxes [n, 4], scores [n] and one largest number of boxes"), poison;
  const DType type = n.dtype(1);
  auto number = [&](size_t i, double byDefault) { return n.in(i) ? b.reshape(b.cast(n.in(i), type), {}) : b.scalar(type, byDefault); };
  Value most = b.reshape(b.cast(n.in(2), DType::I64), {});
  auto selection = suppressNonMaxima(b, b.expandDims(n.in(0), 0), b.expandDims(b.expandDims(n.in(1), 0), 0), most,
                                     number(3, n.real("iou_threshold", 0.5)), number(4, -std::numeric_limits<double>::infinity()), false);
  if (!selection)
    return poison;
  const int64_t rounds = ImportBuilder::shape(selection->boxes)[2];
  Value boxes = b.cast(b.reshape(selection->boxes, {rounds}), DType::I32);
  Value count = b.reduce(nn::ReduceFn::Sum, b.cast(b.reshape(selection->isTaken, {rounds}), DType::I64), {0}, false);
  if (countsToo && n.flag("pad_to_max_output_size")) {
    auto padded = n.constantInt(2);
    if (!padded)
      return poison;
    if (*padded < rounds || *padded > std::numeric_limits<int32_t>::max())
      return n.error("cannot pad to " + llvm::Twine(*padded) + " boxes"), poison;
    boxes = b.pad(nn::PadMode::Constant, boxes, {0}, {*padded - rounds});
  } else {
    b.extents.set(boxes, {count});
  }
  return countsToo ? Results{boxes, b.cast(count, DType::I32)} : Results(boxes);
}

} // namespace

void addImageOps(OpRows &rows) {
  rows.push_back(OpRow("NonMaxSuppression", 3, kFloats, nonMaxSuppression).atLeast(3));
  rows.push_back(OpRow("NonMaxSuppressionV2", 4, kFloats, nonMaxSuppression).atLeast(4));
  for (const char *name : {"NonMaxSuppressionV3", "NonMaxSuppressionV4"})
    rows.push_back(OpRow(name, 5, kFloats, nonMaxSuppression).atLeast(5));
  const std::vector<std::string> layouts{"NHWC", "NCHW"};
  rows.push_back(OpRow("SpaceToDepth", 1, kAll, moveBlocks<spaceToDepthLast>).oneOf("data_format", layouts));
  rows.push_back(OpRow("DepthToSpace", 1, kAll, moveBlocks<depthToSpaceLast>).oneOf("data_format", layouts));
  rows.push_back(OpRow("SpaceToBatchND", 3, kAll, moveBatchNd<spaceToBatch>)
                     .needsConstant(1, "block shape")
                     .needsConstant(2, "paddings"));
  rows.push_back(OpRow("BatchToSpaceND", 3, kAll, moveBatchNd<batchToSpace>)
                     .needsConstant(1, "block shape")
                     .needsConstant(2, "crops"));
  rows.push_back(OpRow("SpaceToBatch", 2, kAll, moveBatch2d<spaceToBatch>).needsConstant(1, "paddings"));
  rows.push_back(OpRow("BatchToSpace", 2, kAll, moveBatch2d<batchToSpace>).needsConstant(1, "crops"));
  rows.push_back(OpRow("ResizeBilinear", 2, kNumbers, [](NodeImport &n) { return resize(n, nn::ResizeMode::Linear); })
                     .needsConstant(1, "size"));
  rows.push_back(OpRow("ResizeNearestNeighbor", 2, kNumbers,
                       [](NodeImport &n) { return resize(n, nn::ResizeMode::Nearest); })
                     .needsConstant(1, "size"));
}

} // namespace aotc::tf
