// Groups of kind `loop`: each element of the result on its own.
#include "backends/cpu/codegen/LoopNest.h"
#include "backends/cpu/codegen/Regions.h"
#include "ir/NN/Constants.h"

using namespace aotc;
using namespace aotc::cpu;

// Whether lanes along `lane` read neighbours (or one element) everywhere.
static bool isContiguous(const IndexUses &uses, IndexSpace &space, Variable lane) {
  return llvm::all_of(uses.indices, [&](const Index &original) {
    Index index = space.substituted(original);
    int64_t step = index.coefficient(lane);
    Index own;
    if (step != 0)
      own.terms.push_back({lane, step});
    return step >= -1 && step <= 1 && !space.dependsOn(index - own, lane);
  });
}

void cpu::emitLoopRegion(RegionEmitter &emitter) {
  mlir::Value yielded = emitter.yielded();
  auto type = mlir::cast<mlir::RankedTensorType>(yielded.getType());
  IRGen &gen = emitter.gen;
  IndexSpace space(gen);
  LoopNest nest(gen, space, type.getShape());
  Index linear = IndexSpace::linearize(nest.indices(), emitter.outputShape());
  IndexUses uses;
  uses.indices.push_back(linear);
  if (type.getNumElements() != 0)
    collectUses(yielded, nest.indices(), space, uses);
  nest.arrange(uses);
  nest.share(emitter);

  int64_t cost = 0;
  for (mlir::Operation &op : emitter.body)
    cost += elementCost(&op);
  bool contiguous = nest.inner() == kNoVariable || isContiguous(uses, space, nest.inner());
  int64_t unroll = cost > 16 || !contiguous ? 1 : 4;
  int64_t lanes = chooseLanes(emitter.isa, widestElement(emitter.body), nest.innerExtent(), unroll);
  // Lanes that are collected one by one pay only where there is work on them.
  if (!contiguous && cost < 8)
    lanes = 1;
  nest.emit(lanes, [&](LoopStep step) {
    Evaluator evaluator(emitter, space, step.lanes, step.lane);
    llvm::Value *value = evaluator.vectorAt(yielded, nest.indices());
    emitter.store(type.getElementType(), value, emitter.outputPointer(), space.emit(linear));
  });
}
