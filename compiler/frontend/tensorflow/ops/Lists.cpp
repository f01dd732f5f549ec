#include "compiler/frontend/tensorflow/ops/Lists.h"

#include "mlir/IR/BuiltinTypes.h"

namespace aotc::tf {

// Every change makes a new list, so that n writes to n items cost n * n.
static constexpr size_t kMaxItems = size_t(1) << 24;

mlir::Value ListTable::add(mlir::MLIRContext *context, List list) {
  items += list.items.size() + 1;
  if (items > kMaxItems)
    return {};
  lists.push_back(std::move(list));
  return names.addArgument(mlir::NoneType::get(context), mlir::UnknownLoc::get(context));
}

const List *ListTable::find(mlir::Value value) const {
  auto argument = llvm::dyn_cast_or_null<mlir::BlockArgument>(value);
  return argument && argument.getOwner() == &names ? &lists[argument.getArgNumber()] : nullptr;
}

} // namespace aotc::tf
