#include "backends/cpu/kernels/Kernels.h"
#include "backends/cpu/kernels/Attention.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

constexpr LoopHints kRolled{/*mayUnroll=*/false};

// One product of the batch, all its groups.
void emitGroups(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
                const Product &product) {
  IRGen &gen = emitter.gen;
  int64_t panels = llvm::divideCeil(c.columns, choice.panelWidth());
  int64_t rhsStride = choice.rhs == Choice::Rhs::Direct ? c.columns : panels * c.depth * choice.panelWidth();
  gen.loop(0, c.groups, 1, [&](llvm::Value *group) {
    Product part = product;
    part.lhs = gen.address(product.lhs, gen.mul(group, c.lhsGroupStride), choice.elementBytes);
    part.rhs = gen.address(product.rhs, gen.mul(group, rhsStride), choice.elementBytes);
    part.column = gen.add(product.column, gen.mul(group, c.columns));
    for (const Phase &phase : c.phases) {
      Product shifted = part;
      shifted.lhs = gen.address(part.lhs, gen.index(phase.firstPixel), choice.elementBytes);
      shifted.rhs = gen.address(part.rhs, gen.index(phase.firstStep * choice.panelWidth()), choice.elementBytes);
      shifted.row = gen.add(part.row, phase.firstRow);
      emitGemm(emitter, c.withPhase(phase), choice, epilogue, shifted);
    }
    if (!c.phases.empty())
      return;
    if (choice.kernel == Choice::Kernel::Gemv)
      emitGemv(emitter, c, choice, epilogue, part);
    else
      emitGemm(emitter, c, choice, epilogue, part);
  }, kRolled);
}

// Packs rhs group by group.
llvm::Value *packedRhs(RegionEmitter &emitter, const Contraction &c, const Choice &choice, const Scratch &scratch,
                       llvm::Value *rhs) {
  IRGen &gen = emitter.gen;
  llvm::Value *to = gen.address(emitter.scratchPointer(), gen.index(scratch.border), 1);
  int64_t panelElements = llvm::divideCeil(c.columns, choice.panelWidth()) * c.depth * choice.panelWidth();
  gen.loop(0, c.groups, 1, [&](llvm::Value *group) {
    emitPanels(emitter, c, choice, gen.address(rhs, gen.mul(group, c.columns), choice.elementBytes),
               gen.address(to, gen.mul(group, panelElements), choice.elementBytes));
  }, kRolled);
  return to;
}

class BatchLoops {
public:
  BatchLoops(RegionEmitter &emitter, const Contraction &c, const Choice &choice)
      : emitter(emitter), gen(emitter.gen), c(c), choice(choice), scratch(scratchOf(c, choice)),
        epilogue(emitter, c) {}

  void emit() {
    llvm::Value *rhs = emitter.inputPointer(c.rhs);
    // An operand that every product shares is packed once.
    packInside = llvm::any_of(c.batch, [](const BatchDim &d) { return d.rhsStride != 0; });
    if (choice.rhs == Choice::Rhs::PackedAtRunTime && !packInside)
      rhs = packedRhs(emitter, c, choice, scratch, rhs);
    run(0, emitter.inputPointer(c.lhs), rhs, gen.index(0));
  }

private:
  // Loops over batch[dim...]; `row` counts products done.
  void run(size_t dim, llvm::Value *lhs, llvm::Value *rhs, llvm::Value *index) {
    if (dim == c.batch.size())
      return one(lhs, rhs, index);
    const BatchDim &d = c.batch[dim];
    gen.loop(0, d.extent, 1, [&](llvm::Value *i) {
      run(dim + 1, gen.address(lhs, gen.mul(i, d.lhsStride), choice.elementBytes),
          gen.address(rhs, gen.mul(i, d.rhsStride), choice.elementBytes), gen.add(gen.mul(index, d.extent), i));
    }, kRolled);
  }

  void one(llvm::Value *lhs, llvm::Value *rhs, llvm::Value *index) {
    if (choice.rhs == Choice::Rhs::PackedAtRunTime && packInside)
      rhs = packedRhs(emitter, c, choice, scratch, rhs);
    if (scratch.border > 0) {
      emitBorderedCopy(emitter, c, lhs, emitter.scratchPointer());
      lhs = emitter.scratchPointer();
    }
    emitGroups(emitter, c, choice, epilogue, {lhs, rhs, gen.mul(index, c.rows), gen.index(0)});
  }

  RegionEmitter &emitter;
  IRGen &gen;
  const Contraction &c;
  const Choice &choice;
  Scratch scratch;
  GroupEpilogue epilogue;
  bool packInside = false;
};

} // namespace

bool emitContractionKernel(RegionEmitter &emitter) {
  if (!emitter.kernel())
    return false;
  if (emitter.op.getKind() == nn::FusionKind::Attention) {
    emitAttention(emitter);
    return true;
  }
  std::optional<Contraction> c = analyzeContraction(emitter.body);
  if (!c || !hasSupportedEpilogue(*c, emitter.body))
    return false;
  std::optional<Choice> choice = chooseKernel(*c, emitter.isa);
  if (!choice)
    return false;
  if (choice->kernel == Choice::Kernel::Depthwise) {
    GroupEpilogue epilogue(emitter, *c);
    emitDepthwise(emitter, *c, *choice, epilogue);
    return true;
  }
  BatchLoops(emitter, *c, *choice).emit();
  return true;
}

} // namespace aotc::cpu
