// Emits the value of one element, or of several neighbours along one loop, of
// an expression tree of nn operations.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_EVALUATOR_H
#define AOTC_BACKENDS_CPU_CODEGEN_EVALUATOR_H

#include "backends/cpu/codegen/Index.h"
#include "backends/cpu/codegen/RegionEmitter.h"

namespace aotc::cpu {

// Where an element of an operand of a data movement comes from.
struct Source {
  mlir::Value tensor;
  Indices indices;
};

class Evaluator {
public:
  // With `lanes` > 1, `laneVariable` is the loop variable of which the lanes
  // take value, value + 1, ...; results then are vectors.
  Evaluator(RegionEmitter &emitter, IndexSpace &space, int64_t lanes = 1, Variable laneVariable = kNoVariable)
      : emitter(emitter), gen(emitter.gen), space(space), lanes(lanes), laneVariable(laneVariable) {}

  int64_t laneCount() const { return lanes; }
  Variable lane() const { return laneVariable; }

  // Gives `tensor` the value `value` at every index: the accumulators of a
  // contraction, the scalar of a reduction (splat as needed).
  void bind(mlir::Value tensor, llvm::Value *value) { bound[tensor] = value; }
  // `tensor`'s dimensions from `firstDim` on lie at `base` and are read from there.
  void place(mlir::Value tensor, llvm::Value *base, unsigned firstDim) { placed[tensor] = {base, firstDim}; }

  // The value of `tensor` at `indices` (one a dimension) in register types; a
  // scalar when all lanes see the same.
  llvm::Value *at(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  // An element of `tensor` in memory at `base`.
  llvm::Value *load(mlir::Value tensor, llvm::Value *base, const Index &linear);
  // at(), always with all lanes.
  llvm::Value *vectorAt(mlir::Value tensor, llvm::ArrayRef<Index> indices) {
    return splat(at(tensor, indices));
  }
  llvm::Value *splat(llvm::Value *value) {
    return gen.lanesOf(value) == lanes ? value : gen.splat(value, lanes);
  }

private:
  llvm::Value *compute(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  llvm::Value *perLane(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  llvm::Value *pad(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  llvm::Value *concat(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  llvm::Value *gather(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  llvm::Value *iota(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  llvm::Value *constant(mlir::Value tensor, llvm::ArrayRef<Index> indices);
  // Whether all lanes see one value of the index.
  bool uniform(const Index &index) { return lanes == 1 || !space.dependsOn(index, laneVariable); }

  RegionEmitter &emitter;
  IRGen &gen;
  IndexSpace &space;
  int64_t lanes;
  Variable laneVariable;
  struct Place {
    llvm::Value *base;
    unsigned firstDim;
  };
  llvm::DenseMap<mlir::Value, llvm::Value *> bound;
  llvm::DenseMap<mlir::Value, Place> placed;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<std::pair<Indices, llvm::Value *>, 1>> known;
};

// The source of an element of a broadcast, reshape, transpose, slice or
// reverse, and of a pad (ignoring `constant` mode's border).
Source sourceOf(mlir::Operation *op, llvm::ArrayRef<Index> indices, IndexSpace &space);

// What the loops around an expression have to know: the indices that are
// computed from loop variables, and the points where a choice changes.
struct IndexUses {
  std::vector<Index> indices;
  struct Boundary {
    Index index;
    int64_t at; // the choice depends on index < at
  };
  std::vector<Boundary> boundaries;
};
void collectUses(mlir::Value tensor, llvm::ArrayRef<Index> indices, IndexSpace &space, IndexUses &uses);

} // namespace aotc::cpu
#endif
