#include "backends/cpu/kernels/Contraction.h"
#include "backends/cpu/kernels/Kernels.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Quant.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace aotc::cpu {

int64_t extentOf(const Dims &dims) {
  int64_t n = 1;
  for (const Dim &d : dims)
    n *= d.extent;
  return n;
}

Dims mergeDims(const Dims &dims) {
  Dims out;
  for (const Dim &d : dims) {
    if (d.extent == 1)
      continue;
    if (!out.empty() && out.back().stride == d.extent * d.stride)
      out.back() = {out.back().extent * d.extent, d.stride};
    else
      out.push_back(d);
  }
  if (out.empty())
    out.push_back({1, 1});
  return out;
}

static Steps mergeSteps(const Steps &steps) {
  Steps out;
  for (const Step &s : steps) {
    if (s.extent == 1)
      continue;
    if (!out.empty() && out.back().stride == s.extent * s.stride && out.back().rows == s.extent * s.rows)
      out.back() = {out.back().extent * s.extent, s.stride, s.rows};
    else
      out.push_back(s);
  }
  if (out.empty())
    out.push_back({1, 1, 1});
  return out;
}

Contraction Contraction::withPhase(const Phase &phase) const {
  Contraction c = *this;
  c.phases.clear();
  c.pixels = phase.pixels;
  c.steps = phase.steps;
  c.outputRows = phase.outputRows;
  c.rows = extentOf(phase.pixels);
  return c;
}

int64_t Contraction::panelWidth() const { return nn::shapeOf(rhs)[3]; }

int64_t Contraction::products() const {
  int64_t n = 1;
  for (const BatchDim &d : batch)
    n *= d.extent;
  return n;
}

int64_t Contraction::borderedElements() const {
  if (!border.needed)
    return 0;
  int64_t n = nn::shapeOf(lhs).back();
  for (int64_t e : border.extents)
    n *= e;
  return n;
}

ArrayRef<int64_t> Contraction::resultShape() const { return nn::shapeOf(op->getResult(0)); }

static bool describe(Contraction &c, nn::MatMulOp op) {
  ArrayRef<int64_t> a = nn::shapeOf(op.getLhs()), b = nn::shapeOf(op.getRhs()), r = c.resultShape();
  size_t outer = r.size() - 2;
  int64_t m = r[outer], n = r[outer + 1], k = op.getTransposeLhs() ? a[outer] : a[outer + 1];
  c.depth = k;
  c.columns = n;
  c.rhsTapRows = k;
  c.rhsRowStride = op.getTransposeRhs() ? 1 : n;
  c.rhsColumnStride = op.getTransposeRhs() ? k : 1;
  c.rhsTransposed = op.getTransposeRhs();
  int64_t lhsStride = m * k, rhsStride = k * n;
  bool sharedRhs = true;
  for (size_t i = outer; i-- > 0;) {
    c.batch.insert(c.batch.begin(), {r[i], a[i] == 1 ? 0 : lhsStride, b[i] == 1 ? 0 : rhsStride});
    lhsStride *= a[i];
    rhsStride *= b[i];
    sharedRhs &= b[i] == 1;
  }
  Dims pixels;
  if (sharedRhs) { // one tall product
    for (const BatchDim &d : c.batch)
      pixels.push_back({d.extent, d.lhsStride});
    c.batch.clear();
  }
  pixels.push_back({m, op.getTransposeLhs() ? 1 : k});
  c.rows = extentOf(pixels);
  c.pixels = mergeDims(pixels);
  c.steps = {{k, op.getTransposeLhs() ? m : 1, 1}};
  return true;
}

// Whether a bordered copy of the image is a reasonable thing to hold. Padding
// far beyond the image exists in hostile models only.
static bool isModest(const Contraction &c) {
  if (!c.border.needed)
    return true;
  ArrayRef<int64_t> in = nn::shapeOf(c.lhs);
  uint64_t image = in.back(), bordered = in.back();
  for (size_t d = 0; d < c.border.extents.size(); ++d) {
    image = llvm::SaturatingMultiply<uint64_t>(image, in[d + 1]);
    bordered = llvm::SaturatingMultiply<uint64_t>(bordered, c.border.extents[d]);
  }
  constexpr uint64_t kSmall = 1 << 20;
  return bordered <= kSmall || bordered / 8 <= image;
}

static bool describe(Contraction &c, nn::ConvOp op) {
  ArrayRef<int64_t> in = nn::shapeOf(op.getInput()), f = nn::shapeOf(op.getFilter()), r = c.resultShape();
  size_t n = in.size() - 2;
  int64_t channels = in[n + 1];
  c.groups = op.getGroups();
  c.columns = r[n + 1] / c.groups;
  c.lhsGroupStride = channels / c.groups;
  c.depthwise = c.groups > 1 && c.lhsGroupStride == 1 && c.columns == 1;
  c.rhsRowStride = r[n + 1];
  c.rhsGroupStride = c.columns;

  SmallVector<int64_t, 3> extents;
  for (size_t d = 0; d < n; ++d) {
    int64_t reach = (r[d + 1] - 1) * op.getStrides()[d] + (f[d] - 1) * op.getDilations()[d] + 1;
    c.border.needed |= op.getPadLow()[d] > 0 || reach > in[d + 1];
    c.border.low.push_back(op.getPadLow()[d]);
    c.border.extents.push_back(reach);
  }
  if (!isModest(c))
    return false;
  for (size_t d = 0; d < n; ++d)
    extents.push_back(c.border.needed ? c.border.extents[d] : in[d + 1]);

  Dims pixels;
  Steps steps{{c.lhsGroupStride, 1, 1}};
  int64_t pitch = channels, rows = c.lhsGroupStride;
  for (size_t d = n; d-- > 0;) {
    pixels.insert(pixels.begin(), {r[d + 1], op.getStrides()[d] * pitch});
    steps.insert(steps.begin(), {f[d], op.getDilations()[d] * pitch, rows});
    pitch *= extents[d];
    rows *= f[d];
  }
  // One bordered image is held at a time; without a border the images are rows like any.
  if (c.border.needed)
    c.batch.push_back({in[0], pitch, 0});
  else
    pixels.insert(pixels.begin(), {in[0], pitch});
  if (c.border.needed) { // the source image is dense
    int64_t image = channels;
    for (size_t d = 0; d < n; ++d)
      image *= in[d + 1];
    c.batch.back().lhsStride = image;
  }
  c.rows = extentOf(pixels);
  c.depth = c.rhsTapRows = rows;
  c.pixels = mergeDims(pixels);
  c.steps = mergeSteps(steps);
  return true;
}

// What one dimension of a transposed convolution does for the output positions
// first, first + stride...: tap firstTap + j * tapStep reads input position
// start + i - j * back for the i-th of them.
struct PhaseDim {
  int64_t first, count, firstTap, taps, tapStep, start, back;
};

static SmallVector<PhaseDim, 2> phasesOf(int64_t out, int64_t kernel, int64_t stride, int64_t dilation, int64_t low) {
  SmallVector<PhaseDim, 2> phases;
  int64_t divisor = std::gcd(stride, dilation), tapStep = stride / divisor;
  for (int64_t first = 0; first < std::min(stride, out); ++first) {
    int64_t tap = 0, limit = std::min(kernel, tapStep);
    while (tap < limit && (first + low - tap * dilation) % stride != 0)
      ++tap;
    PhaseDim phase{first, (out - first + stride - 1) / stride, 0, 0, tapStep, 0, dilation / divisor};
    if (tap < limit) {
      phase.firstTap = tap;
      phase.taps = (kernel - tap + tapStep - 1) / tapStep;
      phase.start = (first + low - tap * dilation) / stride;
    }
    phases.push_back(phase);
  }
  return phases;
}

static bool describe(Contraction &c, nn::ConvTransposeOp op) {
  ArrayRef<int64_t> in = nn::shapeOf(op.getInput()), f = nn::shapeOf(op.getFilter()), r = c.resultShape();
  size_t n = in.size() - 2;
  int64_t channels = in[n + 1];
  c.groups = op.getGroups();
  c.columns = r[n + 1] / c.groups;
  c.lhsGroupStride = channels / c.groups;
  c.rhsTapRows = c.rhsGroupStride = c.lhsGroupStride;
  c.rhsTapStride = c.columns * channels;
  c.rhsRowStride = 1;
  c.rhsColumnStride = channels;
  c.rhsTransposed = c.onlyPacked = true;
  c.depth = c.lhsGroupStride;
  for (size_t d = 0; d < n; ++d)
    c.depth *= f[d];

  SmallVector<SmallVector<PhaseDim, 2>, 3> dims;
  int64_t image = channels, outImage = 1;
  for (size_t d = 0; d < n; ++d) {
    dims.push_back(phasesOf(r[d + 1], f[d], op.getStrides()[d], op.getDilations()[d], op.getPadLow()[d]));
    int64_t low = 0, reach = 1;
    for (const PhaseDim &p : dims.back())
      if (p.taps > 0) {
        low = std::max(low, (p.taps - 1) * p.back - p.start);
        reach = std::max(reach, p.start + p.count);
      }
    c.border.low.push_back(low);
    c.border.extents.push_back(low + reach);
    c.border.needed |= low > 0 || reach > in[d + 1];
    image *= in[d + 1];
    outImage *= r[d + 1];
  }
  if (!isModest(c))
    return false;
  c.batch.push_back({in[0], image, 0});
  c.rows = outImage;

  // Every combination of one phase a dimension, the innermost dimension first.
  c.phases.push_back({});
  c.phases.back().steps.push_back({c.lhsGroupStride, 1, 1});
  int64_t pitch = channels, rows = c.lhsGroupStride, outRows = 1;
  for (size_t d = n; d-- > 0;) {
    SmallVector<Phase, 4> wider;
    for (const Phase &inner : c.phases)
      for (const PhaseDim &p : dims[d]) {
        Phase phase = inner;
        phase.firstPixel += (p.taps ? p.start + (c.border.needed ? c.border.low[d] : 0) : 0) * pitch;
        phase.firstStep += p.firstTap * rows;
        phase.firstRow += p.first * outRows;
        phase.pixels.insert(phase.pixels.begin(), {p.count, pitch});
        phase.outputRows.insert(phase.outputRows.begin(), op.getStrides()[d] * outRows);
        phase.steps.insert(phase.steps.begin(), {p.taps, -p.back * pitch, p.tapStep * rows});
        wider.push_back(std::move(phase));
      }
    c.phases = std::move(wider);
    pitch *= c.border.needed ? c.border.extents[d] : in[d + 1];
    rows *= f[d];
    outRows *= r[d + 1];
  }
  for (Phase &phase : c.phases)
    phase.steps = mergeSteps(phase.steps);
  return true;
}

// Bytes of either sign times signed constant ones, with sums in i32 from a zero point of the left side alone.
static bool multipliesBytes(const Contraction &c) {
  auto isByte = [](Value value, bool isSigned) {
    Type element = cast<RankedTensorType>(value.getType()).getElementType();
    return isSigned ? element.isSignlessInteger(8) : element.isInteger(8);
  };
  if (!c.element.isSignlessInteger(32) || !isByte(c.lhs, false) || !isByte(c.op->getOperand(1), true))
    return false;
  if (nn::zeroPoint(c.op, 1) != 0)
    return false;
  auto matmul = dyn_cast<nn::MatMulOp>(c.op);
  return matmul ? !matmul.getTransposeLhs() : isa<nn::ConvOp>(c.op);
}

// From rows of rhs to quads of them.
static void toQuads(Contraction &c) {
  c.padding = nn::zeroPoint(c.op, 0);
  c.onlyPacked = true;
  if (c.depthwise) {
    DepthwiseQuads quads = depthwiseQuads(cast<nn::ConvOp>(c.op));
    c.run = quads.run;
    c.interleave = quads.interleave;
    c.depth = 1 + c.depth / c.run * llvm::divideCeil(c.run, 4);
    return;
  }
  if (c.steps.back().stride != 1 || c.steps.back().rows != 1)
    c.steps.push_back({1, 1, 1});
  c.run = c.steps.back().extent;
  int64_t quads = llvm::divideCeil(c.run, 4);
  for (Step &step : MutableArrayRef(c.steps).drop_back())
    step.rows = step.rows / c.run * quads;
  c.steps.back() = {quads, 4, 1};
  c.depth = 1 + c.depth / c.run * quads;
  // A bordered copy has room behind it.
  c.tail = c.border.needed ? 0 : c.run % 4;
}

std::optional<Contraction> analyzeContraction(Block &body) {
  Contraction c;
  for (Operation &op : body)
    if (isa<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>(op)) {
      if (c.op)
        return std::nullopt;
      c.op = &op;
    }
  if (!c.op || body.getTerminator()->getNumOperands() != 1)
    return std::nullopt;
  c.element = cast<RankedTensorType>(c.op->getResult(0).getType()).getElementType();
  Value lhs = c.op->getOperand(0), rhs = c.op->getOperand(1);
  if (auto unpack = rhs.getDefiningOp<nn::UnpackPanelsOp>()) {
    c.unpack = unpack;
    rhs = unpack.getOperand();
  } else if (auto unpack = rhs.getDefiningOp<nn::UnpackWinogradOp>()) {
    c.unpack = unpack;
    rhs = unpack.getOperand();
    c.winogradTile = nn::shapeOf(rhs)[1] == 16 ? 2 : 4;
    c.words = unpack.getOperand().getType().getElementType().isSignlessInteger(16);
  }
  if (auto unpack = rhs.getDefiningOp<nn::UnpackQuadsOp>()) {
    c.unpack = unpack;
    c.exactPairs = unpack.getExactPairs();
    c.lanes = static_cast<int64_t>(unpack.getLanes());
    rhs = unpack.getOperand();
  }
  c.lhs = dyn_cast<BlockArgument>(lhs);
  c.rhs = dyn_cast<BlockArgument>(rhs);
  if (!c.lhs || !c.rhs)
    return std::nullopt;
  c.lhsElement = cast<RankedTensorType>(lhs.getType()).getElementType();
  c.bytes = multipliesBytes(c);
  if (!c.bytes && (!(c.element.isF32() || c.element.isF64()) || c.lhsElement != c.element))
    return std::nullopt;
  Value yielded = nn::computedBy(body);
  if (nn::shapeOf(yielded) != c.resultShape())
    return std::nullopt;
  auto count = cast<RankedTensorType>(yielded.getType()).getNumElements();
  if (count == 0 || cast<RankedTensorType>(lhs.getType()).getNumElements() == 0)
    return std::nullopt; // the generic path writes what there is
  bool described = llvm::TypeSwitch<Operation *, bool>(c.op)
                       .Case<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>([&](auto op) { return describe(c, op); })
                       .Default(false);
  if (described && c.bytes)
    toQuads(c);
  c.rowStride = nn::shapeOf(body.getTerminator()->getOperand(0)).back();
  return described ? std::optional(std::move(c)) : std::nullopt;
}

} // namespace aotc::cpu
