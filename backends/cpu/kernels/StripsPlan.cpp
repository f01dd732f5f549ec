#include "backends/cpu/kernels/StripsPlan.h"

#include "backends/cpu/kernels/Epilogue.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

std::optional<StripStage> stripStageOf(nn::FusionOp fusion, const Isa &isa) {
  mlir::Block &body = fusion.getBody().front();
  if (fusion.getKind() != nn::FusionKind::Contraction || !fusion.getKernelAttr())
    return std::nullopt;
  std::optional<Contraction> c = analyzeContraction(body);
  if (!c || !hasSupportedEpilogue(*c, body) || !mlir::isa<nn::ConvOp>(c->op))
    return std::nullopt;
  std::optional<Choice> choice = chooseKernel(*c, isa);
  auto conv = mlir::cast<nn::ConvOp>(c->op);
  llvm::ArrayRef<int64_t> in = nn::shapeOf(conv.getInput()), out = c->resultShape();
  bool isDepthwise = choice && choice->kernel == Choice::Kernel::Depthwise;
  bool isDense = choice && choice->kernel == Choice::Kernel::Gemm && choice->rhs == Choice::Rhs::Packed &&
                 c->groups == 1;
  if (c->bytes || in.size() != 4 || in[0] != 1 || !(isDepthwise || isDense) ||
      nn::dtypeOf(fusion.getResult(0)) != nn::dtypeOf(c->op->getResult(0)))
    return std::nullopt;
  StripStage stage{fusion, std::move(*c), *choice};
  stage.lines = out[1];
  stage.lineElements = out[2] * out[3];
  stage.stride = conv.getStrides()[0];
  stage.reach = (nn::shapeOf(conv.getFilter())[0] - 1) * conv.getDilations()[0] + 1;
  stage.low = conv.getPadLow()[0];
  stage.inLines = in[1];
  stage.inPitch = in[2] * in[3];
  stage.readsPixels = epilogueReadsPixels(stage.c, body);
  if (isDense) {
    if (stage.c.border.needed)
      stage.inPitch = stage.c.border.extents[1] * in[3];
    stage.c.pixels = {{out[1], stage.stride * stage.inPitch}, {out[2], conv.getStrides()[1] * in[3]}};
  }
  return stage;
}

int64_t planStrips(llvm::MutableArrayRef<StripStage> stages, int64_t strip) {
  int64_t bytes = 0;
  auto take = [&](int64_t lines, int64_t pitch, const StripStage &stage) {
    int64_t offset = bytes;
    bytes += static_cast<int64_t>(llvm::alignTo(lines * pitch * stage.choice.elementBytes, 64));
    return offset;
  };
  stages.back().chunk = strip;
  stages.back().ring = 0;
  for (size_t i = stages.size(); i-- > 1;) {
    const StripStage &reader = stages[i];
    StripStage &stage = stages[i - 1];
    stage.ring = std::min((reader.chunk - 1) * reader.stride + reader.reach, stage.lines);
    stage.chunk = std::min(reader.chunk * reader.stride, stage.ring);
    stage.ringOffset = take(stage.ring, stage.lineElements, stage);
  }
  StripStage &first = stages.front();
  if (!first.isDepthwise() && first.c.border.needed)
    first.borderOffset = take((first.chunk - 1) * first.stride + first.reach, first.inPitch, first);
  return bytes;
}

} // namespace aotc::cpu
