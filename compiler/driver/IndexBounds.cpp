// Which inputs serve as indices, and into how large a dimension.
#include "compiler/driver/State.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc {
namespace {

// Operations that pass the values of this operand on, perhaps fewer or repeated.
bool passesOn(mlir::Operation *op) {
  return llvm::isa<nn::ReshapeOp, nn::BroadcastOp, nn::TransposeOp, nn::ConcatOp, nn::SliceOp, nn::ReverseOp,
                   nn::CastOp, nn::SelectOp, nn::PadOp>(op);
}

int64_t smallestExtent(mlir::Value operand, int64_t first, int64_t count) {
  return *std::min_element(nn::shapeOf(operand).begin() + first,
                           nn::shapeOf(operand).begin() + first + count);
}

// The extent that `use` indexes, if it is an index operand.
std::optional<int64_t> boundOf(mlir::OpOperand &use) {
  mlir::Operation *op = use.getOwner();
  if (use.getOperandNumber() != 1)
    return std::nullopt;
  auto vectors = [&](int64_t batchDims) -> std::optional<int64_t> {
    int64_t count = nn::shapeOf(use.get()).back();
    if (count == 0)
      return std::nullopt;
    return smallestExtent(op->getOperand(0), batchDims, count);
  };
  if (auto gather = llvm::dyn_cast<nn::GatherOp>(op))
    return smallestExtent(gather.getOperand(), gather.getAxis(), 1);
  if (auto gather = llvm::dyn_cast<nn::GatherNdOp>(op))
    return vectors(gather.getBatchDims());
  if (llvm::isa<nn::ScatterNdOp>(op))
    return vectors(0);
  if (auto slice = llvm::dyn_cast<nn::DynamicSliceOp>(op)) {
    int64_t bound = std::numeric_limits<int64_t>::max();
    for (auto [whole, part] : llvm::zip(nn::shapeOf(op->getOperand(0)), nn::shapeOf(slice.getResult())))
      bound = std::min(bound, whole - part + 1);
    return bound;
  }
  return std::nullopt;
}

} // namespace

std::vector<std::optional<int64_t>> findIndexBounds(mlir::ModuleOp module) {
  auto function = *module.getOps<mlir::func::FuncOp>().begin();
  std::vector<std::optional<int64_t>> bounds;
  for (mlir::BlockArgument argument : function.getArguments()) {
    std::optional<int64_t> bound;
    llvm::SmallVector<mlir::Value> work{argument};
    llvm::DenseSet<mlir::Value> seen{argument};
    while (!work.empty())
      for (mlir::OpOperand &use : work.pop_back_val().getUses()) {
        if (std::optional<int64_t> here = boundOf(use))
          bound = std::min(bound.value_or(*here), *here);
        else if (passesOn(use.getOwner()) && seen.insert(use.getOwner()->getResult(0)).second)
          work.push_back(use.getOwner()->getResult(0));
      }
    bounds.push_back(bound);
  }
  return bounds;
}

} // namespace aotc
