// What follows a contraction: elementwise operations on its result while it
// still is in registers, then a store.
#ifndef AOTC_BACKENDS_CPU_KERNELS_EPILOGUE_H
#define AOTC_BACKENDS_CPU_KERNELS_EPILOGUE_H

#include "backends/cpu/codegen/Quantize.h"
#include "backends/cpu/kernels/Contraction.h"
#include "llvm/ADT/DenseMap.h"

namespace aotc::cpu {

class Epilogue {
public:
  virtual ~Epilogue() = default;
  // The first value of an accumulator of `lanes` lanes, of which the first
  // `valid` count.
  virtual llvm::Value *initial(llvm::Value *column, int64_t displacement, int64_t lanes, int64_t valid) = 0;
  // A part of the output that lies in one row: columns [column, + count) of it, relative to those that finish() is given.
  struct Spot {
    int64_t row = 0, column = 0, count = 1;
  };
  // Takes the accumulator of a spot through the epilogue and stores it. Lanes beyond the spot's count are left out.
  virtual void finish(llvm::Value *accumulator, Spot spot, llvm::Value *row, llvm::Value *column) = 0;
  // The same of several spots of one count, whose accumulators have as many lanes. They are best `together()` at a time.
  virtual void finishAll(llvm::ArrayRef<llvm::Value *> accumulators, llvm::ArrayRef<Spot> spots, llvm::Value *row,
                         llvm::Value *column) {
    for (auto [accumulator, spot] : llvm::zip_equal(accumulators, spots))
      finish(accumulator, spot, row, column);
  }
  virtual int64_t together() const { return 1; }
};

// Collects accumulators that are finished together.
class Finisher {
public:
  Finisher(Epilogue &epilogue, llvm::Value *row, llvm::Value *column) : epilogue(epilogue), row(row), column(column) {}
  ~Finisher() { flush(); }
  Finisher(const Finisher &) = delete;
  Finisher &operator=(const Finisher &) = delete;
  void add(llvm::Value *accumulator, Epilogue::Spot spot);

private:
  void flush();
  Epilogue &epilogue;
  llvm::Value *row, *column;
  Values accumulators;
  llvm::SmallVector<Epilogue::Spot, 4> spots;
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
  void finish(llvm::Value *accumulator, Spot spot, llvm::Value *row, llvm::Value *column) override;
  void finishAll(llvm::ArrayRef<llvm::Value *> accumulators, llvm::ArrayRef<Spot> spots, llvm::Value *row,
                 llvm::Value *column) override;
  int64_t together() const override;
  // Of an accumulator whose lanes are in that order.
  void finishQuads(llvm::Value *accumulator, Spot spot, llvm::Value *row, llvm::Value *column);
  // initial() in that order.
  llvm::Value *initialQuads(llvm::Value *column, int64_t lanes);

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

  void finishPlace(llvm::Value *accumulators, llvm::ArrayRef<Spot> spots, llvm::Value *row, llvm::Value *column, LaneOrder order);
  llvm::Value *evaluate(mlir::Value value, Place &place); // once a place
  llvm::Value *compute(mlir::Value value, Place &place);
  llvm::Value *loadLeaf(const Leaf &leaf, const Place &place);
  llvm::Value *inOrder(llvm::Value *elements, const Place &place);

  RegionEmitter &emitter;
  const Contraction &c;
  llvm::DenseMap<mlir::Value, Leaf> leaves;
  mlir::Operation *biasAdd = nullptr; // absorbed by initial()
  mlir::Value bias;
};

} // namespace aotc::cpu
#endif
