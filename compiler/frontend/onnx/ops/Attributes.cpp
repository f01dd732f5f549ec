#include "compiler/frontend/onnx/ops/OpTable.h"

namespace aotc::onnx {
namespace {

struct AttributeRow {
  llvm::StringLiteral op, domain, names;
};

constexpr AttributeRow kAttributes[] = {
#include "compiler/frontend/onnx/ops/Attributes.inc"
};

} // namespace

std::optional<llvm::SmallVector<llvm::StringRef>> attributesOf(llvm::StringRef domain, llvm::StringRef op) {
  using Key = std::pair<llvm::StringRef, llvm::StringRef>;
  const Key wanted(op, domain);
  auto keyOf = [](const AttributeRow &row) { return Key(row.op, row.domain); };
  llvm::ArrayRef<AttributeRow> rows(kAttributes);
  auto row = llvm::partition_point(rows, [&](const AttributeRow &row) { return keyOf(row) < wanted; });
  if (row == rows.end() || keyOf(*row) != wanted)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef> names;
  row->names.split(names, ' ', -1, /*KeepEmpty=*/false);
  return names;
}

} // namespace aotc::onnx
