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

// The first row of a panel holds what sums start from, which makes products with bytes of 0 to 255 those with numbers.
Tensor packQuads(const Contraction &c, int64_t width, const Tensor &rhs) {
  // A depthwise filter is one matrix, with a column a channel.
  int64_t groups = c.depthwise ? 1 : c.groups, columns = c.depthwise ? c.groups : c.columns;
  int64_t columnStride = c.depthwise ? c.rhsGroupStride : c.rhsColumnStride;
  int64_t panels = llvm::divideCeil(columns, width), quads = llvm::divideCeil(c.run, 4);
  int64_t zero = c.padding + (c.lhsElement.isUnsignedInteger() ? 0 : 128), rows = (c.depth - 1) / quads * c.run;
  Tensor result(DType::I8, {groups, panels, c.depth, width, 4});
  const auto *from = rhs.as<int8_t>();
  auto *to = result.mutableAs<int8_t>();
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t n = 0; n < columns; ++n) {
      int8_t *column = to + ((g * panels + n / width) * c.depth * width + nn::UnpackQuadsOp::place(n % width, c.lanes)) * 4;
      const int8_t *source = from + g * c.rhsGroupStride + n * columnStride;
      int32_t sum = 0;
      for (int64_t k = 0; k < rows; ++k) {
        int8_t weight = source[k / c.rhsTapRows * c.rhsTapStride + k % c.rhsTapRows * c.rhsRowStride];
        int64_t row = k % c.interleave * (rows / c.interleave) + k / c.interleave;
        column[(1 + row / c.run * quads + row % c.run / 4) * width * 4 + row % c.run % 4] = weight;
        sum += weight;
      }
      auto start = static_cast<uint32_t>(-zero * sum);
      for (int byte = 0; byte < 4; ++byte)
        column[byte] = static_cast<int8_t>(start >> 8 * byte);
    }
  return result;
}

// See nn.unpack_quads.
bool hasExactPairs(const Tensor &quads) {
  const Shape &shape = quads.shape();
  const auto *bytes = quads.as<int8_t>();
  int64_t panel = shape[2] * shape[3] * 4, first = shape[3] * 4;
  for (int64_t at = 0; at < quads.size(); at += 2) {
    if (at % panel < first)
      continue;
    int a = bytes[at], b = bytes[at + 1];
    int positive = std::max(a, 0) + std::max(b, 0), negative = std::min(a, 0) + std::min(b, 0);
    if (255 * positive > INT16_MAX || 255 * negative < INT16_MIN)
      return false;
  }
  return true;
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
    if (choices[0].rhs != Choice::Rhs::Packed && (choices[0].kernel != Choice::Kernel::Depthwise || c->bytes) &&
        canPack(*c, operand)) {
      std::optional<Candidate> tuned = isas.size() == 1 ? tunedCandidate(fusion, isas[0], winograd) : std::nullopt;
      if (winograd)
        c->winogradTile = chooseWinograd(fusion, *c, choices);
      if (tuned) {
        c->winogradTile = tuned->winogradTile;
        choices[0].vectors = tuned->vectors;
      }
      if (c->bytes && c->depthwise) { // in the order of the vectors' lanes where they are of one size
        auto lanesOf = [](const Choice &choice) { return std::max<int64_t>(choice.lanes / 4, 1); };
        c->lanes = lanesOf(choices[0]);
        if (!llvm::all_of(choices, [&](const Choice &choice) { return lanesOf(choice) == c->lanes; }))
          c->lanes = 1;
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
    if (c.bytes && preferSize) // the transformed filters are larger
      return 0;
    if (!llvm::all_of(isas, [&](const Isa &isa) { return mayUseWinograd(c, isa); }))
      return 0;
    int64_t tile = 0;
    for (auto [isa, choice] : llvm::zip(isas, choices)) {
      if (choice.kernel != Choice::Kernel::Gemm)
        return 0;
      // Networks of bytes hold little; a block of tiles still needs its room.
      constexpr int64_t kRoomOfBytes = 64 << 10;
      choice.scratchLimit = std::max({leastPeak - liveBytes(fusion), scratchOf(c, choice, isa).border, c.bytes ? kRoomOfBytes : 0});
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
    if (c.bytes && c.winogradTile == 0) // the panels hold zero points and runs
      form += (c.run * 512 + c.padding + (c.lhsElement.isUnsignedInteger() ? 0 : 128)) << 24;
    Value &panels = packedConstants[{original, {form, c.rhsTransposed ? -width : width}}];
    OpBuilder b(fusion);
    if (!panels) {
      b.setInsertionPointAfter(original.getDefiningOp());
      Tensor rhs = *nn::constantOf(original);
      panels = nn::makeConstant(b, original.getLoc(),
                                c.winogradTile > 0    ? packWinograd(c.winogradTile, width, rhs)
                                : c.bytes             ? packQuads(c, width, rhs)
                                : c.element.isF64() ? packPanels<double>(c, width, rhs)
                                                    : packPanels<float>(c, width, rhs));
    }
    fusion.getInputsMutable()[index].assign(panels);
    Type logical = c.rhs.getType();
    BlockArgument argument = fusion.getBody().getArgument(index);
    argument.setType(panels.getType());
    b.setInsertionPointToStart(&fusion.getBody().front());
    if (c.bytes && c.winogradTile == 0) {
      bool exact = hasExactPairs(*nn::constantOf(panels));
      auto unpack = b.create<nn::UnpackQuadsOp>(c.op->getLoc(), logical, argument, c.run, c.rhsTransposed, exact,
                                                    c.interleave, c.lanes);
      c.op->setOperand(1, unpack);
      return;
    }
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
