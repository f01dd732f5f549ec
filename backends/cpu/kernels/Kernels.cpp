#include "backends/cpu/kernels/Kernels.h"
#include "backends/cpu/codegen/Tasks.h"
#include "backends/cpu/kernels/Attention.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

constexpr LoopHints kRolled{/*mayUnroll=*/false};

// What has to be done before the products, then the products of the batch.
class ContractionStages {
public:
  ContractionStages(RegionEmitter &emitter, const Contraction &c, const Choice &choice)
      : emitter(emitter), gen(emitter.gen), c(c), choice(choice), scratch(scratchOf(c, choice, emitter.isa)),
        division(chooseDivision(c, choice, emitter.isa)), epilogue(emitter, c) {}

  void emit() {
    if (choice.rhs == Choice::Rhs::PackedAtRunTime && scratch.sharedPanels)
      emitter.stage(taskCount(copyNanoseconds(scratch.panels), c.columns / choice.panelWidth, emitter.isa),
                    [&] { pack(emitter.inputPointer(c.rhs), emitter.scratchPointer()); });
    // The image of a single product; those of a batch are copied one by one.
    oneImage = scratch.border > 0 && c.products() == 1;
    if (oneImage)
      emitter.stage(taskCount(copyNanoseconds(scratch.border), nn::shapeOf(c.lhs)[1], emitter.isa),
                    [&] { emitBorderedCopy(emitter, c, emitter.inputPointer(c.lhs), ownScratch()); });
    emitter.stage(division.tasks, [&] {
      llvm::Value *own = ownScratch();
      divided(Division::Along::Products, c.products(), [&](llvm::Value *index) { product(index, own); });
    });
  }

private:
  // A loop that tasks may be divided along.
  void divided(Division::Along along, int64_t extent, llvm::function_ref<void(llvm::Value *)> body) {
    if (division.along != along)
      return gen.loop(0, extent, 1, body, kRolled);
    RegionEmitter::Share share = emitter.share(extent);
    emitter.unshared([&] { gen.loop(share.lo, share.hi, 1, body, kRolled); });
  }

  // Where the range of tasks makes copies of its own, past the panels that all products share.
  llvm::Value *ownScratch() {
    if (scratch.total() == 0)
      return nullptr;
    llvm::Value *copy = scratch.copies > 1 ? emitter.firstTask() : gen.index(0);
    llvm::Value *shared = gen.index(scratch.sharedPanels ? scratch.panels : 0);
    return gen.address(gen.address(emitter.scratchPointer(), shared, 1), gen.mul(copy, scratch.copyBytes()), 1);
  }

  void product(llvm::Value *index, llvm::Value *own) {
    llvm::Value *lhs = emitter.inputPointer(c.lhs), *rhs = emitter.inputPointer(c.rhs), *rest = index;
    for (size_t d = c.batch.size(); d-- > 0;) {
      llvm::Value *extent = gen.index(c.batch[d].extent);
      llvm::Value *position = d ? gen.builder.CreateURem(rest, extent) : rest;
      rest = d ? gen.builder.CreateUDiv(rest, extent) : rest;
      lhs = gen.address(lhs, gen.mul(position, c.batch[d].lhsStride), choice.lhsBytes);
      rhs = gen.address(rhs, gen.mul(position, c.batch[d].rhsStride), choice.elementBytes);
    }
    if (choice.rhs == Choice::Rhs::PackedAtRunTime) {
      llvm::Value *panels = scratch.sharedPanels ? emitter.scratchPointer() : gen.address(own, gen.index(scratch.border), 1);
      if (!scratch.sharedPanels)
        pack(rhs, panels);
      rhs = panels;
    }
    if (scratch.border > 0) {
      if (!oneImage)
        emitBorderedCopy(emitter, c, lhs, own);
      lhs = own;
    }
    bool sharesColumns = division.along == Division::Along::Columns;
    groups({lhs, rhs, gen.mul(index, c.rows), gen.index(0), sharesColumns});
  }

  void groups(const Product &product) {
    int64_t panels = llvm::divideCeil(c.columns, choice.panelWidth);
    int64_t rhsStride = choice.rhs == Choice::Rhs::Direct ? c.columns : panels * c.depth * choice.panelWidth;
    divided(Division::Along::Groups, c.groups, [&](llvm::Value *group) {
      Product part = product;
      part.lhs = gen.address(product.lhs, gen.mul(group, c.lhsGroupStride), choice.lhsBytes);
      part.rhs = gen.address(product.rhs, gen.mul(group, rhsStride), choice.elementBytes);
      part.column = gen.add(product.column, gen.mul(group, c.columns));
      for (const Phase &phase : c.phases) {
        Product shifted = part;
        shifted.lhs = gen.address(part.lhs, gen.index(phase.firstPixel), choice.lhsBytes);
        shifted.rhs = gen.address(part.rhs, gen.index(phase.firstStep * choice.panelWidth), choice.elementBytes);
        shifted.row = gen.add(part.row, phase.firstRow);
        emitGemm(emitter, c.withPhase(phase), choice, epilogue, shifted);
      }
      if (!c.phases.empty())
        return;
      if (choice.kernel == Choice::Kernel::Gemv)
        emitGemv(emitter, c, choice, epilogue, part);
      else
        emitGemm(emitter, c, choice, epilogue, part);
    });
  }

  // Packs rhs group by group.
  void pack(llvm::Value *rhs, llvm::Value *to) {
    int64_t panelElements = llvm::divideCeil(c.columns, choice.panelWidth) * c.depth * choice.panelWidth;
    gen.loop(0, c.groups, 1, [&](llvm::Value *group) {
      emitPanels(emitter, c, choice, gen.address(rhs, gen.mul(group, c.columns), choice.elementBytes),
                 gen.address(to, gen.mul(group, panelElements), choice.elementBytes));
    }, kRolled);
  }

  RegionEmitter &emitter;
  IRGen &gen;
  const Contraction &c;
  const Choice &choice;
  Scratch scratch;
  Division division;
  GroupEpilogue epilogue;
  bool oneImage = false;
};

} // namespace

bool emitContractionKernel(RegionEmitter &emitter) {
  if (!emitter.kernel())
    return false;
  if (emitter.op.getKind() == nn::FusionKind::Strips) {
    emitStrips(emitter);
    return true;
  }
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
    emitter.stage(chooseDivision(*c, *choice, emitter.isa).tasks,
                  [&] {
                    if (c->bytes)
                      emitDepthwiseBytes(emitter, *c, *choice, epilogue);
                    else
                      emitDepthwise(emitter, *c, *choice, epilogue);
                  });
    return true;
  }
  if (choice->kernel == Choice::Kernel::Winograd) {
    choice->scratchLimit = emitter.op.getScratch()->getBytes();
    GroupEpilogue epilogue(emitter, *c);
    emitWinograd(emitter, *c, *choice, epilogue);
    return true;
  }
  ContractionStages(emitter, *c, *choice).emit();
  return true;
}

} // namespace aotc::cpu
