#include "compiler/frontend/tensorflow/ops/OpTable.h"

#include "llvm/ADT/StringMap.h"

namespace aotc::tf {

std::string TypeSet::str() const {
  std::string text;
  for (unsigned i = 0; i <= static_cast<unsigned>(DType::U64); ++i)
    if (contains(static_cast<DType>(i)))
      text += (text.empty() ? "" : " ") + std::string(name(static_cast<DType>(i)));
  return text;
}

const OpRows &allOps() {
  static const OpRows rows = [] {
    OpRows all;
    for (auto add : {addMathOps, addMatMulOps, addConvOps, addPoolOps, addNormOps, addReduceOps, addShapeOps,
                     addSliceOps, addGatherOps, addImageOps, addSequenceOps, addRandomOps, addQuantOps, addControlOps})
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

std::string nearestOp(llvm::StringRef name) {
  std::string best;
  unsigned bestDistance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const OpRow &row : allOps()) {
    unsigned distance = llvm::StringRef(row.name).edit_distance_insensitive(name, true, bestDistance);
    if (distance < bestDistance) {
      best = row.name;
      bestDistance = distance;
    }
  }
  return best;
}

} // namespace aotc::tf
