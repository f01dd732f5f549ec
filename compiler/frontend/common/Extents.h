// Extents that data decides, while a graph is imported. A tensor with such an extent is a tensor of the largest extent that
// is possible, whose first elements along that dimension mean something, and a scalar that says how many do; what lies behind
// them is any value that the operation could have yielded.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_EXTENTS_H
#define AOTC_COMPILER_FRONTEND_COMMON_EXTENTS_H

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "mlir/IR/Value.h"

namespace aotc {

// One a dimension: an i64 scalar, or null where the tensor's own extent is meant. Empty: all null.
using Extents = llvm::SmallVector<mlir::Value, 4>;

// How an operation takes operands with such extents.
enum class ExtentRule {
  Refuse,      // with a message
  Elementwise, // results have the operands' extents, aligned at the last dimension
  Own,         // the import function looks at them
};

class ExtentTable {
public:
  llvm::ArrayRef<mlir::Value> of(mlir::Value tensor) const {
    auto found = extents.find(tensor);
    return found == extents.end() ? llvm::ArrayRef<mlir::Value>() : llvm::ArrayRef<mlir::Value>(found->second);
  }
  mlir::Value of(mlir::Value tensor, size_t dim) const {
    llvm::ArrayRef<mlir::Value> all = of(tensor);
    return dim < all.size() ? all[dim] : mlir::Value();
  }
  void set(mlir::Value tensor, Extents of) {
    if (tensor && llvm::any_of(of, [](mlir::Value v) { return static_cast<bool>(v); }))
      extents[tensor] = std::move(of);
  }

private:
  llvm::DenseMap<mlir::Value, Extents> extents;
};

} // namespace aotc
#endif
