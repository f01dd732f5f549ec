// Vectorised loops over the elements of a shape.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_LOOPNEST_H
#define AOTC_BACKENDS_CPU_CODEGEN_LOOPNEST_H

#include "backends/cpu/codegen/Evaluator.h"

namespace aotc::cpu {

// One innermost step: `lanes` elements from the values that the variables
// have, along `lane`. kNoVariable: a nest without loops.
struct LoopStep {
  int64_t lanes;
  Variable lane;
};

class LoopNest {
public:
  // The loops over the elements of `shape`, in row-major order.
  LoopNest(IRGen &gen, IndexSpace &space, llvm::ArrayRef<int64_t> shape);

  // Of an element, in terms of the loops.
  const Indices &indices() const { return all; }
  // Merges neighbouring loops that all indices in use see as one, and splits
  // loops where a choice changes.
  void arrange(const IndexUses &uses);

  // The innermost loop, kNoVariable when there is none.
  Variable inner() const { return loops.empty() ? kNoVariable : loops.back(); }
  // Elements of the longest innermost run; 0 for an empty shape.
  int64_t innerExtent() const;

  // Restricts emit() to what a stage's range of tasks has of the nest.
  void share(RegionEmitter &emitter) { sharing = &emitter; }

  // Emits the loops; the innermost advances by `lanes` (a power of two), its
  // rest by ever smaller powers of two.
  void emit(int64_t lanes, llvm::function_ref<void(LoopStep)> body) {
    emit(lanes, {}, [&](LoopStep step, llvm::ArrayRef<llvm::Value *>) {
      body(step);
      return Values();
    });
  }
  // The same with carried values.
  using Body = llvm::function_ref<Values(LoopStep, llvm::ArrayRef<llvm::Value *>)>;
  Values emit(int64_t lanes, llvm::ArrayRef<llvm::Value *> initial, Body body);

private:
  Values level(size_t depth, int64_t lanes, llvm::ArrayRef<llvm::Value *> carried, Body body);
  Values innermost(Range part, int64_t lanes, llvm::ArrayRef<llvm::Value *> carried, Body body);
  llvm::SmallVector<Range> parts(Variable variable) const;
  Variable chooseShared() const;

  IRGen &gen;
  IndexSpace &space;
  Indices all;
  bool empty = false;
  RegionEmitter *sharing = nullptr;
  Variable shared = kNoVariable; // the loop that tasks divide
  llvm::SmallVector<Variable> loops;
  llvm::SmallVector<Range> partsNow; // of the innermost loop, in the nest that is being emitted
  llvm::DenseMap<Variable, llvm::SmallVector<int64_t>> splits; // inside (0, extent), ascending
};

// How many elements a step of a nest over `extent` elements takes whose widest
// element has `bytes` bytes: whole registers, `unroll` of them at most, unless
// the loop is shorter.
int64_t chooseLanes(const Isa &isa, int64_t bytes, int64_t extent, int64_t unroll);

// The window positions k in [0, window) for which first + k * dilation lies in [0, extent).
struct WindowPart {
  llvm::Value *lo, *hi; // k in [lo, hi)
};
WindowPart clipWindow(IRGen &gen, IndexSpace &space, const Index &first, int64_t window, int64_t dilation,
                      int64_t extent);
// A loop over them that carries one value; k is the constant 0 for a window of one position.
llvm::Value *windowLoop(IRGen &gen, IndexSpace &space, WindowPart part, int64_t window, llvm::Value *initial,
                        llvm::function_ref<llvm::Value *(Index k, llvm::Value *)> body);

} // namespace aotc::cpu
#endif
