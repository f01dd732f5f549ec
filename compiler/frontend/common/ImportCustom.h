// Nodes of operations that the user declares become nn.custom.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_IMPORTCUSTOM_H
#define AOTC_COMPILER_FRONTEND_COMMON_IMPORTCUSTOM_H

#include "compiler/frontend/common/CustomOp.h"
#include "compiler/frontend/common/ImportBuilder.h"

namespace aotc {

// The results of a node with these operands. `valuesOf` yields an attribute of the node, or nothing where it has none or
// that was reported. Poison: reported.
llvm::SmallVector<mlir::Value> importCustomOp(ImportBuilder &b, const CustomOp &op, llvm::ArrayRef<mlir::Value> operands,
                                              llvm::function_ref<std::optional<CustomValues>(const CustomAttr &)> valuesOf);

// The attribute of a frontend's node.
template <typename NodeImport> std::optional<CustomValues> customValues(NodeImport &n, const CustomAttr &attr) {
  if (!n.has(attr.name))
    return std::nullopt;
  auto list = [](const auto &values) { return CustomValues(std::vector(values.begin(), values.end())); };
  switch (attr.kind) {
  case CustomAttr::Int:
    return CustomValues(std::vector<int64_t>{n.integer(attr.name, 0)});
  case CustomAttr::Bool:
    return CustomValues(std::vector<int64_t>{n.flag(attr.name)});
  case CustomAttr::Float:
    return CustomValues(std::vector<double>{n.real(attr.name, 0)});
  case CustomAttr::String:
    return CustomValues(n.text(attr.name, ""));
  case CustomAttr::Ints:
    return list(n.integers(attr.name));
  case CustomAttr::Floats:
    return list(n.reals(attr.name));
  }
  return std::nullopt;
}

} // namespace aotc
#endif
