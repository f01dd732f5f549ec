#include "compiler/frontend/tensorflow/ops/OpTable.h"

#include "llvm/ADT/StringMap.h"

namespace aotc::tf {

const OpRows &allOps() {
  static const OpRows rows = [] {
    OpRows all;
    for (auto add : {addMathOps, addMatMulOps, addConvOps, addPoolOps, addNormOps, addReduceOps, addShapeOps,
                     addSliceOps, addGatherOps, addImageOps, addSequenceOps, addRandomOps, addQuantOps, addQuantizedOps,
                     addControlOps, addListOps, addLoopOps, addSparseOps})
      add(all);
    llvm::sort(all, [](const OpRow &a, const OpRow &b) { return a.name < b.name; });
    return all;
  }();
  return rows;
}

const OpRow *findOp(llvm::StringRef name) {
  static const llvm::StringMap<const OpRow *> index = [] {
    llvm::StringMap<const OpRow *> map;
    for (const OpRow &row : allOps()) {
      [[maybe_unused]] bool fresh = map.try_emplace(row.name, &row).second;
      assert(fresh && "two rows for one operation");
    }
    return map;
  }();
  return index.lookup(name);
}

} // namespace aotc::tf
