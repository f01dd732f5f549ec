// A loop in which data decides how often it runs, while it is imported: what is built goes into the function of a round until
// finish() or the end of the object.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_DATALOOP_H
#define AOTC_COMPILER_FRONTEND_COMMON_DATALOOP_H

#include "compiler/frontend/common/ImportBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc {

class DataLoop {
public:
  using Value = mlir::Value;

  // `goesOn`: whether there is a first round; `initial`: the state before it.
  DataLoop(ImportBuilder &b, Value goesOn, llvm::ArrayRef<Value> initial);
  ~DataLoop();
  DataLoop(const DataLoop &) = delete;

  // The state before a round, as the function sees it.
  llvm::ArrayRef<Value> state() const { return inside; }
  // What `outside`, which is the same in every round, is in the function.
  Value capture(Value outside);
  // Ends the round with the condition for another one and the state then, and yields the state after the last round.
  // Poison: reported. `maxRounds`: a call with more fails.
  llvm::SmallVector<Value> finish(Value goesOnThen, llvm::ArrayRef<Value> next, int64_t maxRounds = kMaxRounds);

  static constexpr int64_t kMaxRounds = int64_t(1) << 24; // where nothing else bounds them

private:
  void leave();

  ImportBuilder &b;
  Value goesOn;
  llvm::SmallVector<Value> initial, captured, inside;
  mlir::func::FuncOp step;
  mlir::OpBuilder::InsertPoint before;
  llvm::DenseMap<Value, Value> known; // from outside to inside
};

} // namespace aotc
#endif
