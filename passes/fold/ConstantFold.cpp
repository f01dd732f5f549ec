#include "passes/fold/Passes.h"

#include <cstring>

#include "ir/Interp/Interp.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::passes {
#define GEN_PASS_DEF_CONSTANTFOLD
#include "passes/fold/Passes.h.inc"

namespace {

// Bytes of a tensor of our types; nothing for other types and absurd sizes.
std::optional<uint64_t> bytesOf(mlir::Value value) {
  auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
  std::optional<DType> dtype = type ? nn::dtypeOf(type.getElementType()) : std::nullopt;
  if (!dtype)
    return std::nullopt;
  llvm::ArrayRef<int64_t> shape = type.getShape();
  std::optional<int64_t> count = elementCount({shape.data(), shape.size()}, byteSize(*dtype));
  if (!count)
    return std::nullopt;
  return static_cast<uint64_t>(*count) * byteSize(*dtype);
}

// What a constant takes in the object: a splat is one element.
uint64_t storedBytes(mlir::Value constant) {
  if (nn::splatValue(constant))
    return byteSize(nn::dtypeOf(constant));
  return bytesOf(constant).value_or(0);
}

bool isUniform(const Tensor &tensor) {
  size_t width = byteSize(tensor.dtype()), bytes = tensor.bytes();
  return bytes == 0 || std::memcmp(tensor.data(), tensor.data() + width, bytes - width) == 0;
}

class ConstantFold : public impl::ConstantFoldBase<ConstantFold> {
public:
  using ConstantFoldBase::ConstantFoldBase;

  void runOnOperation() override {
    remainingSteps = maxSteps;
    for (mlir::Block &block : getOperation().getBody())
      for (mlir::Operation &op : llvm::make_early_inc_range(block))
        if (isCandidate(&op))
          fold(&op);
  }

private:
  // What says which numbers integers stand for: nn.dequantize, and broadcast factors.
  static bool isQuantization(mlir::Operation *op) {
    auto readsFactor = [](mlir::Operation *user) { return mlir::isa<nn::QuantizeOp, nn::DequantizeOp>(user); };
    return mlir::isa<nn::DequantizeOp>(op) || (mlir::isa<nn::BroadcastOp>(op) && llvm::any_of(op->getUsers(), readsFactor));
  }

  bool isCandidate(mlir::Operation *op) {
    if (!mlir::isa_and_present<nn::NNDialect>(op->getDialect()) ||
        mlir::isa<nn::ConstantOp, nn::RandomOp>(op) || (keepQuantized && isQuantization(op)))
      return false;
    if (auto fusion = mlir::dyn_cast<nn::FusionOp>(op))
      if (!fusion.getBody().getOps<nn::RandomOp>().empty())
        return false;
    return llvm::all_of(op->getOperands(), nn::isConstant);
  }

  bool isWithinLimits(mlir::Operation *op) {
    for (mlir::Value result : op->getResults()) {
      std::optional<uint64_t> bytes = bytesOf(result);
      if (!bytes || *bytes > maxResultBytes)
        return false;
    }
    // Evaluation expands splats, whose extents may be absurd.
    for (mlir::Value operand : op->getOperands())
      if (nn::splatValue(operand) && bytesOf(operand).value_or(UINT64_MAX) > maxResultBytes)
        return false;
    return evaluationSteps(op) <= remainingSteps;
  }

  // Whether results of this many bytes are too much for the constants they come from.
  bool growsTooMuch(mlir::Operation *op, uint64_t resultBytes) {
    if (mlir::isa<nn::DequantizeOp>(op)) // what still reads the numbers would compute them in every call
      return false;
    uint64_t sources = 0;
    for (mlir::Value operand : op->getOperands())
      sources = llvm::SaturatingAdd(sources, storedBytes(operand));
    return resultBytes > sources && resultBytes - sources > maxGrowth;
  }

  void fold(mlir::Operation *op) {
    uint64_t resultBytes = 0;
    bool isLimited = !isWithinLimits(op);
    for (mlir::Value result : op->getResults())
      resultBytes = llvm::SaturatingAdd(resultBytes, bytesOf(result).value_or(0));
    // Splats mostly give splats, which take no room however large they are; only
    // the evaluation tells. Other growth shows before it.
    auto isSplat = [](mlir::Value operand) { return nn::splatValue(operand).has_value(); };
    bool maySplat = op->getNumOperands() > 0 && llvm::all_of(op->getOperands(), isSplat);
    bool grows = growsTooMuch(op, resultBytes);
    if (isLimited || (grows && !maySplat)) {
      ++limited;
      return;
    }
    std::vector<Tensor> operands;
    for (mlir::Value operand : op->getOperands())
      operands.push_back(*nn::constantOf(operand));
    remainingSteps -= evaluationSteps(op);
    absl::StatusOr<std::vector<Tensor>> results = evaluateOp(op, operands);
    if (!results.ok()) {
      ++failed;
      return;
    }
    if (grows && !llvm::all_of(*results, isUniform)) {
      ++limited;
      return;
    }
    ++folded;
    mlir::OpBuilder builder(op);
    for (auto [value, tensor] : llvm::zip_equal(op->getResults(), *results))
      value.replaceAllUsesWith(nn::makeConstant(builder, op->getLoc(), tensor));
    // Operands go when they have no other use, so that the weights that went
    // into a constant do not take memory next to it.
    llvm::SmallSetVector<mlir::Operation *, 4> sources;
    for (mlir::Value operand : op->getOperands())
      sources.insert(operand.getDefiningOp());
    op->erase();
    for (mlir::Operation *source : sources)
      if (source->use_empty())
        source->erase();
  }

  uint64_t remainingSteps = 0;
};

} // namespace
} // namespace aotc::passes
