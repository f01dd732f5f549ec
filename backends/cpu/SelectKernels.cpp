// aotc-cpu-select: kernels for contractions, weights into panels.
#include "backends/cpu/Passes.h"
#include "backends/cpu/codegen/Regions.h"
#include "backends/cpu/kernels/Attention.h"
#include "backends/cpu/kernels/Candidates.h"
#include "backends/cpu/kernels/Epilogue.h"
#include "backends/cpu/kernels/WinogradPlan.h"
#include "ir/NN/Constants.h"
#include "ir/Plan/Plan.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace aotc::cpu {
#define GEN_PASS_DEF_CPUSELECT
#include "backends/cpu/Passes.h.inc"

namespace {

// [groups, panels, depth, width] of the rhs that `c` describes, zero padded.
template <typename T> Tensor packPanels(const Contraction &c, int64_t width, const Tensor &rhs) {
  int64_t panels = llvm::divideCeil(c.columns, width);
  Tensor result(rhs.dtype(), {c.groups, panels, c.depth, width});
  const T *from = rhs.as<T>();
  T *to = result.mutableAs<T>();
  for (int64_t g = 0; g < c.groups; ++g)
    for (int64_t n = 0; n < c.columns; ++n) {
      T *column = to + (g * panels + n / width) * c.depth * width + n % width;
      const T *source = from + g * c.rhsGroupStride + n * c.rhsColumnStride;
      for (int64_t k = 0; k < c.depth; ++k)
        column[k * width] = source[k / c.rhsTapRows * c.rhsTapStride + k % c.rhsTapRows * c.rhsRowStride];
    }
  return result;
}

class CpuSelect : public impl::CpuSelectBase<CpuSelect> {
  using CpuSelectBase::CpuSelectBase;

  void runOnOperation() override {
    llvm::SmallPtrSet<Operation *, 16> unused;
    isas.clear();
    for (const TargetSpec &target : targetsFrom(triple, cpu, features))
      isas.push_back(isaOf(target));
    leastPeak = 0;
    getOperation().walk([&](nn::FusionOp fusion) { leastPeak = std::max(leastPeak, liveBytes(fusion)); });
    getOperation().walk([&](nn::FusionOp fusion) {
      if (fusion.getKind() == nn::FusionKind::Attention)
        return selectAttention(fusion);
      if (fusion.getKind() != nn::FusionKind::Contraction || !select(fusion))
        fusion.setScratch(largest([&](const Isa &isa) { return genericScratchBytes(fusion, isa); }));
      fusion->removeAttr(kTuningAttr);
    });
    for (auto &[key, panels] : packedConstants)
      if (key.first.use_empty())
        unused.insert(key.first.getDefiningOp());
    for (Operation *constant : unused)
      constant->erase();
    packedConstants.clear();
  }

  // What a group reads and writes besides constants.
  static int64_t liveBytes(nn::FusionOp fusion) {
    llvm::SmallSetVector<Value, 8> values(fusion->result_begin(), fusion->result_end());
    for (Value input : fusion.getInputs())
      if (!nn::isConstant(input))
        values.insert(input);
    int64_t bytes = 0;
    for (Value value : values)
      bytes += plan::denseBytes(value.getType());
    return bytes;
  }

  bool select(nn::FusionOp fusion) {
    Block &body = fusion.getBody().front();
    std::optional<Contraction> c = analyzeContraction(body);
    if (!c || !hasSupportedEpilogue(*c, body))
      return false;
    SmallVector<Choice> choices = choicesFor(*c);
    if (choices.empty())
      return false;
    Value operand = fusion.getInputs()[c->rhs.getArgNumber()];
    if (c->onlyPacked && !canPack(*c, operand))
      return false;
    if (choices[0].rhs != Choice::Rhs::Packed && choices[0].kernel != Choice::Kernel::Depthwise &&
        canPack(*c, operand)) {
      std::optional<Candidate> tuned = isas.size() == 1 ? tunedCandidate(fusion, isas[0], winograd) : std::nullopt;
      if (winograd)
        c->winogradTile = chooseWinograd(fusion, *c, choices);
      if (tuned) {
        c->winogradTile = tuned->winogradTile;
        choices[0].vectors = tuned->vectors;
      }
      pack(fusion, *c, commonPanelWidth(choices));
      if (tuned)
        c->op->getOperand(1).getDefiningOp()->setAttr(kWholeTilesAttr, UnitAttr::get(&getContext()));
      ++packed;
      int64_t limit = choices[0].scratchLimit;
      c = analyzeContraction(body);
      choices = choicesFor(*c);
      for (Choice &choice : choices)
        choice.scratchLimit = limit;
    }
    // The highest target's tiles stand for all of them.
    const Choice &last = choices.back();
    setKernel(fusion, last.name(), last.rows(isas.back(), c->rows), last.tileWidth());
    int64_t scratch = 0;
    for (auto [isa, choice] : llvm::zip(isas, choices))
      scratch = std::max(scratch, scratchOf(*c, choice, isa).total());
    fusion.setScratch(scratch);
    return true;
  }

  // The choice of each target, or none where one has no kernel.
  SmallVector<Choice> choicesFor(const Contraction &c) {
    SmallVector<Choice> choices;
    for (const Isa &isa : isas) {
      std::optional<Choice> choice = chooseKernel(c, isa);
      if (!choice)
        return {};
      choices.push_back(*choice);
    }
    return choices;
  }

  // Of minimal filtering, where it is the way for every target, otherwise 0.
  // Limits the scratch of `choices` to what the network holds anyway.
  int64_t chooseWinograd(nn::FusionOp fusion, const Contraction &c, MutableArrayRef<Choice> choices) {
    if (!mayUseWinograd(c))
      return 0;
    int64_t tile = 0;
    for (auto [isa, choice] : llvm::zip(isas, choices)) {
      if (choice.kernel != Choice::Kernel::Gemm)
        return 0;
      choice.scratchLimit = std::max(leastPeak - liveBytes(fusion), scratchOf(c, choice, isa).border);
      tile = chooseWinogradTile(c, choice, isa, *nn::constantOf(fusion.getInputs()[c.rhs.getArgNumber()]));
      if (tile == 0)
        return 0;
    }
    return tile;
  }

  void selectAttention(nn::FusionOp fusion) {
    nn::Attention attention = attentionOf(fusion.getBody().front());
    auto plan = [&](const Isa &isa) { return planAttention(attention, fusion.getBody().front(), isa); };
    AttentionPlan last = plan(isas.back());
    setKernel(fusion, "attention", last.scoresChoice.rows(isas.back(), last.scores.rows), last.block);
    fusion.setScratch(largest([&](const Isa &isa) { return plan(isa).scratchBytes(); }));
  }

  void setKernel(nn::FusionOp fusion, StringRef name, int64_t rows, int64_t columns) {
    Builder b(&getContext());
    fusion.setKernelAttr(b.getDictionaryAttr({b.getNamedAttr("name", b.getStringAttr(name)),
                                              b.getNamedAttr("rows", b.getI64IntegerAttr(rows)),
                                              b.getNamedAttr("columns", b.getI64IntegerAttr(columns))}));
    ++kernels;
  }

  // Of all targets.
  int64_t largest(llvm::function_ref<int64_t(const Isa &)> bytes) {
    int64_t result = 0;
    for (const Isa &isa : isas)
      result = std::max(result, bytes(isa));
    return result;
  }

  void pack(nn::FusionOp fusion, const Contraction &c, int64_t width) {
    unsigned index = c.rhs.getArgNumber();
    Value original = fusion.getInputs()[index];
    // Equal operands that are packed alike share the panels.
    int64_t form = c.winogradTile > 0 ? -c.winogradTile : c.groups;
    Value &panels = packedConstants[{original, {form, c.rhsTransposed ? -width : width}}];
    OpBuilder b(fusion);
    if (!panels) {
      b.setInsertionPointAfter(original.getDefiningOp());
      Tensor rhs = *nn::constantOf(original);
      panels = nn::makeConstant(b, original.getLoc(),
                                c.winogradTile > 0    ? packWinograd(c.winogradTile, width, rhs)
                                : c.element.isF64() ? packPanels<double>(c, width, rhs)
                                                    : packPanels<float>(c, width, rhs));
    }
    fusion.getInputsMutable()[index].assign(panels);
    Type logical = c.rhs.getType();
    BlockArgument argument = fusion.getBody().getArgument(index);
    argument.setType(panels.getType());
    b.setInsertionPointToStart(&fusion.getBody().front());
    Value unpack = c.winogradTile > 0
                       ? b.create<nn::UnpackWinogradOp>(c.op->getLoc(), logical, argument).getResult()
                       : b.create<nn::UnpackPanelsOp>(c.op->getLoc(), logical, argument, c.rhsTransposed).getResult();
    c.op->setOperand(1, unpack);
  }

  SmallVector<Isa> isas; // of the targets
  int64_t leastPeak = 0; // of the arena, whatever the order and without scratch
  llvm::DenseMap<std::pair<Value, std::pair<int64_t, int64_t>>, Value> packedConstants;
};

} // namespace
} // namespace aotc::cpu
