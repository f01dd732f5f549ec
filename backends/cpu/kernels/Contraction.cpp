#include "backends/cpu/kernels/Contraction.h"
#include "ir/NN/Constants.h"

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

int64_t Contraction::borderedElements() const {
  if (!border.needed)
    return 0;
  int64_t n = nn::shapeOf(lhs).back();
  for (int64_t e : border.extents)
    n *= e;
  return n;
}

ArrayRef<int64_t> Contraction::resultShape() const { return nn::shapeOf(op->getResult(0)); }

static void describe(Contraction &c, nn::MatMulOp op) {
  ArrayRef<int64_t> a = nn::shapeOf(op.getLhs()), b = nn::shapeOf(op.getRhs()), r = c.resultShape();
  size_t outer = r.size() - 2;
  int64_t m = r[outer], n = r[outer + 1], k = op.getTransposeLhs() ? a[outer] : a[outer + 1];
  c.depth = k;
  c.columns = n;
  c.rhsRowStride = op.getTransposeRhs() ? 1 : n;
  c.rhsColumnStride = op.getTransposeRhs() ? k : 1;
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
  c.steps = mergeDims({{k, op.getTransposeLhs() ? m : 1}});
}

static void describe(Contraction &c, nn::ConvOp op) {
  ArrayRef<int64_t> in = nn::shapeOf(op.getInput()), f = nn::shapeOf(op.getFilter()), r = c.resultShape();
  size_t n = in.size() - 2;
  int64_t channels = in[n + 1];
  c.groups = op.getGroups();
  c.columns = r[n + 1] / c.groups;
  c.lhsGroupStride = channels / c.groups;
  c.depthwise = c.groups > 1 && c.lhsGroupStride == 1 && c.columns == 1;
  c.rhsRowStride = r[n + 1];

  SmallVector<int64_t, 3> extents;
  for (size_t d = 0; d < n; ++d) {
    int64_t reach = (r[d + 1] - 1) * op.getStrides()[d] + (f[d] - 1) * op.getDilations()[d] + 1;
    c.border.needed |= op.getPadLow()[d] > 0 || reach > in[d + 1];
    c.border.low.push_back(op.getPadLow()[d]);
    c.border.extents.push_back(reach);
  }
  for (size_t d = 0; d < n; ++d)
    extents.push_back(c.border.needed ? c.border.extents[d] : in[d + 1]);

  Dims pixels, steps;
  int64_t pitch = channels;
  for (size_t d = n; d-- > 0;) {
    pixels.insert(pixels.begin(), {r[d + 1], op.getStrides()[d] * pitch});
    steps.insert(steps.begin(), {f[d], op.getDilations()[d] * pitch});
    pitch *= extents[d];
  }
  steps.push_back({c.lhsGroupStride, 1});
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
  c.depth = extentOf(steps);
  c.pixels = mergeDims(pixels);
  c.steps = mergeDims(steps);
}

std::optional<Contraction> analyzeContraction(Block &body) {
  Contraction c;
  for (Operation &op : body)
    if (isa<nn::MatMulOp, nn::ConvOp>(op)) {
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
  }
  c.lhs = dyn_cast<BlockArgument>(lhs);
  c.rhs = dyn_cast<BlockArgument>(rhs);
  if (!(c.element.isF32() || c.element.isF64()) || !c.lhs || !c.rhs ||
      nn::elementType(c.element.getContext(), nn::dtypeOf(lhs)) != c.element)
    return std::nullopt;
  Value yielded = body.getTerminator()->getOperand(0);
  if (nn::shapeOf(yielded) != c.resultShape())
    return std::nullopt;
  auto count = cast<RankedTensorType>(yielded.getType()).getNumElements();
  if (count == 0 || cast<RankedTensorType>(lhs.getType()).getNumElements() == 0)
    return std::nullopt; // the generic path writes what there is
  if (auto matmul = dyn_cast<nn::MatMulOp>(c.op))
    describe(c, matmul);
  else
    describe(c, cast<nn::ConvOp>(c.op));
  return c;
}

} // namespace aotc::cpu
