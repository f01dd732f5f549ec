// Accumulators of reductions.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_REDUCTION_H
#define AOTC_BACKENDS_CPU_CODEGEN_REDUCTION_H

#include "backends/cpu/codegen/LoopNest.h"

namespace aotc::cpu {

// How the elements of one reduction combine, in register types.
class Reduction {
public:
  Reduction(RegionEmitter &emitter, nn::ReduceFn fn, mlir::Type element)
      : emitter(emitter), gen(emitter.gen), fn(fn), element(element) {}

  llvm::Value *neutral(int64_t lanes);
  // An operand's element in the type that is summed up: bytes may be as i32.
  llvm::Value *widened(llvm::Value *value, mlir::Type from);
  llvm::Value *combine(llvm::Value *a, llvm::Value *b);
  // The scalar that the lanes combine to.
  llvm::Value *horizontal(llvm::Value *vector);
  // The result from the combination of `count` elements.
  llvm::Value *finish(llvm::Value *combined, int64_t count);

private:
  RegionEmitter &emitter;
  IRGen &gen;
  nn::ReduceFn fn;
  mlir::Type element;
};

// Reduces all elements of `nest` to one scalar a reduction: full steps
// accumulate in vectors, the rests of loops in scalars beside them.
// `element(step)` gives the elements of one step, one vector a reduction.
Values reduceNest(LoopNest &nest, llvm::MutableArrayRef<Reduction> reductions, int64_t lanes,
                  llvm::function_ref<Values(LoopStep)> element);

} // namespace aotc::cpu
#endif
