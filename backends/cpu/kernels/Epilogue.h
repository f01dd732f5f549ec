// What follows a contraction: elementwise operations on its result while it
// still is in registers, then a store.
#ifndef AOTC_BACKENDS_CPU_KERNELS_EPILOGUE_H
#define AOTC_BACKENDS_CPU_KERNELS_EPILOGUE_H

#include "backends/cpu/codegen/RegionEmitter.h"
#include "backends/cpu/kernels/Contraction.h"
#include "llvm/ADT/DenseMap.h"

namespace aotc::cpu {

class Epilogue {
public:
  virtual ~Epilogue() = default;
  // The first value of an accumulator of `lanes` lanes, of which the first
  // `valid` count.
  virtual llvm::Value *initial(llvm::Value *column, int64_t displacement, int64_t lanes, int64_t valid) = 0;
  // Takes the accumulator at output row `row + rowDisplacement` and columns
  // [column + displacement, + valid) through the epilogue and stores it.
  virtual void finish(llvm::Value *accumulator, llvm::Value *row, int64_t rowDisplacement, llvm::Value *column,
                      int64_t displacement, int64_t valid) = 0;
};

// The first `count` lanes.
llvm::Value *firstLanes(IRGen &gen, llvm::Value *vector, int64_t count);
// Where position number `position` of `dims` lies, in elements.
llvm::Value *offsetAt(IRGen &gen, const Dims &dims, llvm::Value *position);

// Whether `value` is one number, perhaps broadcast.
bool repeatsNumber(mlir::Value value);
// That number as `lanes` lanes; null where there is none.
llvm::Value *splatConstant(RegionEmitter &emitter, mlir::Value value, int64_t lanes);

// Whether every operation after the contraction is one that GroupEpilogue emits.
bool hasSupportedEpilogue(const Contraction &c, mlir::Block &body);

// Whether they read operands that differ from pixel to pixel.
bool epilogueReadsPixels(const Contraction &c, mlir::Block &body);

// The operations after the contraction in its group. Accumulators start with
// the bias, or zero.
class GroupEpilogue : public Epilogue {
public:
  GroupEpilogue(RegionEmitter &emitter, const Contraction &c);
  llvm::Value *initial(llvm::Value *column, int64_t displacement, int64_t lanes, int64_t valid) override;
  void finish(llvm::Value *accumulator, llvm::Value *row, int64_t rowDisplacement, llvm::Value *column,
              int64_t displacement, int64_t valid) override;

private:
  // An operand seen from the result: element (row, column) is at
  // rows(row) + column * columnStride.
  struct Leaf {
    mlir::BlockArgument argument;
    Dims rows;
    int64_t columnStride;
    bool isEqualInAllRows() const;
  };
  struct Place;

  static std::optional<Leaf> leafOf(mlir::Value value, llvm::ArrayRef<int64_t> resultShape);
  friend bool hasSupportedEpilogue(const Contraction &c, mlir::Block &body);
  friend bool epilogueReadsPixels(const Contraction &c, mlir::Block &body);

  llvm::Value *evaluate(mlir::Value value, Place &place); // once a place
  llvm::Value *compute(mlir::Value value, Place &place);
  llvm::Value *loadLeaf(const Leaf &leaf, const Place &place);

  RegionEmitter &emitter;
  const Contraction &c;
  llvm::DenseMap<mlir::Value, Leaf> leaves;
  mlir::Operation *biasAdd = nullptr; // absorbed by initial()
  mlir::Value bias;
};

} // namespace aotc::cpu
#endif
