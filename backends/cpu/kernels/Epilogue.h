// What follows a contraction: elementwise operations on its result while it
// still is in registers, then one store.
#ifndef AOTC_BACKENDS_CPU_KERNELS_EPILOGUE_H
#define AOTC_BACKENDS_CPU_KERNELS_EPILOGUE_H

#include "backends/cpu/codegen/RegionEmitter.h"
#include "backends/cpu/kernels/Contraction.h"
#include "llvm/ADT/DenseMap.h"

namespace aotc::cpu {

// Whether every operation after the contraction is one that Epilogue emits.
bool hasSupportedEpilogue(const Contraction &c, mlir::Block &body);

class Epilogue {
public:
  Epilogue(RegionEmitter &emitter, const Contraction &c);

  // The first value of an accumulator of `lanes` lanes, of which the first
  // `valid` count: the bias, or zero.
  llvm::Value *initial(llvm::Value *column, int64_t displacement, int64_t lanes, int64_t valid);
  // Takes the accumulator at output row `row + rowDisplacement` and columns
  // [column + displacement, + valid) through the epilogue and stores it.
  void finish(llvm::Value *accumulator, llvm::Value *row, int64_t rowDisplacement, llvm::Value *column,
              int64_t displacement, int64_t valid);

private:
  // An operand seen from the result: element (row, column) is at
  // rows(row) + column * columnStride.
  struct Leaf {
    mlir::BlockArgument argument;
    Dims rows;
    int64_t columnStride;
  };
  struct Place;

  static std::optional<Leaf> leafOf(mlir::Value value, llvm::ArrayRef<int64_t> resultShape);
  friend bool hasSupportedEpilogue(const Contraction &c, mlir::Block &body);

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
