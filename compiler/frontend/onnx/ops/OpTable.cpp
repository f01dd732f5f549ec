#include "compiler/frontend/onnx/ops/OpTable.h"

#include <tuple>

namespace aotc::onnx {

const OpRows &allOps() {
  static const OpRows rows = [] {
    OpRows all;
    for (auto add :
         {addAttentionOps, addCastOps, addConstantOps, addControlOps, addConvOps, addGatherOps, addKnownOps,
          addLegacyOps, addMatMulOps, addMathOps, addMlOps, addNormOps, addPoolOps, addQuantOps,
          addRandomOps, addRecurrentOps, addReduceOps, addResizeOps, addSamplingOps, addShapeOps,
          addSignalOps, addSliceOps, addTextOps, addTreeOps})
      add(all);
    llvm::sort(all, [](const OpRow &a, const OpRow &b) {
      return std::tie(a.name, a.domainName, a.first) < std::tie(b.name, b.domainName, b.first);
    });
    for (size_t i = 1; i < all.size(); ++i)
      assert((all[i - 1].name != all[i].name || all[i - 1].domainName != all[i].domainName ||
              all[i - 1].last < all[i].first) &&
             "two rows for one version");
    return all;
  }();
  return rows;
}

llvm::ArrayRef<OpRow> findOps(llvm::StringRef domain, llvm::StringRef name) {
  using Key = std::pair<llvm::StringRef, llvm::StringRef>;
  auto keyOf = [](const OpRow &row) { return Key(row.name, row.domainName); };
  llvm::ArrayRef<OpRow> rows = allOps();
  const Key wanted(name, domain);
  auto from = llvm::partition_point(rows, [&](const OpRow &row) { return keyOf(row) < wanted; });
  auto to = std::find_if(from, rows.end(), [&](const OpRow &row) { return keyOf(row) != wanted; });
  return {from, to};
}

} // namespace aotc::onnx
