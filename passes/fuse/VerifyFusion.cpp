// aotc-verify-fusion: the rules of nn.fusion (ir/NN/NNFusion.td), checked.
#include "ir/NN/Attention.h"
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "passes/fuse/Grouping.h"
#include "passes/fuse/Passes.h"

using namespace mlir;

namespace aotc::passes {
#define GEN_PASS_DEF_VERIFYFUSION
#include "passes/fuse/Passes.h.inc"

namespace {

using Dims = ArrayRef<int64_t>;

class BodyChecker {
public:
  explicit BodyChecker(nn::FusionOp fusion) : fusion(fusion), block(fusion.getBody().front()) {}

  LogicalResult run() {
    auto yield = cast<nn::YieldOp>(block.getTerminator());
    if (fusion.getKind() == nn::FusionKind::Attention)
      return checkAttention(yield);
    if (fusion.getKind() == nn::FusionKind::Strips)
      return checkStrips(yield);
    bool single = fusion.getKind() == nn::FusionKind::Single;
    if (!single && yield.getNumOperands() != 1)
      return fusion.emitOpError("must yield one value");
    for (Operation &op : block.without_terminator()) {
      if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
        if (!nn::splatValue(constant))
          return op.emitOpError("must be an operand of the group: only splats are constants inside");
        continue;
      }
      if (isa<nn::InsertOp>(op)) { // its own verifier knows the rest
        if (fusion.getKind() != nn::FusionKind::Loop && fusion.getKind() != nn::FusionKind::Contraction)
          return misplaced(op);
        continue;
      }
      if (failed(checkOp(op, nn::computedBy(block))))
        return failure();
    }
    int64_t count = llvm::count_if(block, [](Operation &op) { return !isa<nn::ConstantOp, nn::YieldOp>(op); });
    if (single && count != 1)
      return fusion.emitOpError("of kind single must hold one operation");
    if (fusion.getKind() == nn::FusionKind::Contraction && roots != 1)
      return fusion.emitOpError("must hold one contraction");
    return success();
  }

private:
  LogicalResult checkOp(Operation &op, Value yielded) {
    switch (fusion.getKind()) {
    case nn::FusionKind::Loop: return checkLoop(op, yielded);
    case nn::FusionKind::Row: return checkRow(op, yielded);
    case nn::FusionKind::Contraction: return checkContraction(op, yielded);
    case nn::FusionKind::Single: return checkSingle(op);
    case nn::FusionKind::Attention:
    case nn::FusionKind::Strips: break; // checked as a whole
    }
    return success();
  }

  static bool isArgument(Value value) { return isa<BlockArgument>(value); }
  LogicalResult misplaced(Operation &op) {
    return op.emitOpError("may not be in a group of kind ") << nn::stringifyFusionKind(fusion.getKind());
  }

  LogicalResult checkLoop(Operation &op, Value yielded) {
    if (isa<nn::PadOp, nn::ConcatOp>(op)) {
      if (op.getResult(0) != yielded)
        return op.emitOpError("must be the yielded operation of its group");
      return success();
    }
    if (nn::isElementwise(&op) || isa<nn::BroadcastOp, nn::SliceOp, nn::TransposeOp, nn::ReverseOp,
                                      nn::ReshapeOp, nn::IotaOp>(op))
      return success();
    return misplaced(op);
  }

  LogicalResult checkRow(Operation &op, Value yielded) {
    int64_t rowDims = fusion.getRowDims();
    Dims shape = nn::shapeOf(op.getResult(0));
    if (rowDims < 1 || rowDims > static_cast<int64_t>(shape.size()))
      return fusion.emitOpError("of kind row needs rowDims within the rank");
    if (auto reduce = dyn_cast<nn::ReduceOp>(op)) {
      Dims operand = nn::shapeOf(reduce.getOperand());
      if (static_cast<int64_t>(reduce.getAxes().size()) != rowDims ||
          reduce.getAxes().front() != reduce.getType().getRank() - rowDims || (!full.empty() && operand != full))
        return op.emitOpError("must reduce the row axes");
      full = operand;
      return success();
    }
    if (!nn::isElementwise(&op) && !isa<nn::BroadcastOp>(op))
      return misplaced(op);
    return success();
  }

  static bool isUnpack(Operation *op) { return op && isa<nn::UnpackPanelsOp, nn::UnpackWinogradOp, nn::UnpackQuadsOp>(op); }

  LogicalResult checkContraction(Operation &op, Value yielded) {
    Dims shape = nn::shapeOf(op.getResult(0));
    if (isContraction(&op)) {
      ++roots;
      for (Value operand : op.getOperands())
        if (!isArgument(operand) && !isUnpack(operand.getDefiningOp()))
          return op.emitOpError("must read arguments of its group");
      return success();
    }
    if (isUnpack(&op))
      return success();
    if (shape != nn::shapeOf(yielded))
      return op.emitOpError("must have the result's shape");
    if (isa<nn::BroadcastOp>(op) && !isArgument(op.getOperand(0)) && !nn::splatValue(op.getOperand(0)))
      return op.emitOpError("must broadcast an argument or a splat");
    if (!nn::isElementwise(&op) && !isa<nn::BroadcastOp>(op))
      return misplaced(op);
    return success();
  }

  // The pattern, and nothing beside it.
  LogicalResult checkAttention(nn::YieldOp yield) {
    std::optional<nn::Attention> a;
    for (auto matmul : block.getOps<nn::MatMulOp>())
      if (auto found = nn::matchAttention(matmul))
        a = std::move(found);
    if (!a || yield.getNumOperands() != 1 || yield.getOperand(0) != a->result.base)
      return fusion.emitOpError("of kind attention must hold and yield attention");
    for (const nn::Attention::Operand &operand : {a->query, a->key, a->value})
      if (!isArgument(operand.base))
        return fusion.emitOpError("of kind attention must read its matrices from arguments");
    llvm::SmallPtrSet<Operation *, 8> scoring(a->scoring.begin(), a->scoring.end());
    for (Operation *op : a->scoring)
      for (Value operand : op->getOperands()) {
        Value source = nn::broadcastSource(operand).base;
        if (operand != a->scores.getResult() && !scoring.contains(operand.getDefiningOp()) && !isArgument(source) &&
            !nn::splatValue(source))
          return op->emitOpError("must read arguments, splats or scores");
      }
    return success();
  }

  LogicalResult checkStrips(nn::YieldOp yield) {
    Value last;
    for (Operation &op : block.without_terminator()) {
      if (isa<nn::InsertOp>(op))
        continue;
      auto stage = dyn_cast<nn::FusionOp>(op);
      if (!stage || stage.getKind() != nn::FusionKind::Contraction)
        return misplaced(op);
      if (failed(BodyChecker(stage).run()))
        return failure();
      auto convs = stage.getBody().getOps<nn::ConvOp>();
      if (convs.empty() || nn::shapeOf((*convs.begin()).getInput()).size() != 4)
        return stage.emitOpError("must be a convolution over two spatial dimensions");
      auto image = dyn_cast<BlockArgument>((*convs.begin()).getInput());
      for (auto [argument, input] : llvm::zip(stage.getBody().getArguments(), stage.getInputs()))
        if (!isArgument(input) && (input != last || argument != image || !input.hasOneUse()))
          return stage.emitOpError("may read results of others only as its image, from the group before");
      if (last && (!image || stage.getInputs()[image.getArgNumber()] != last))
        return stage.emitOpError("must read the result of the group before");
      last = stage.getResult(0);
    }
    if (!last || yield.getNumOperands() != 1 || nn::computedBy(block) != last)
      return fusion.emitOpError("of kind strips must yield the result of its last group");
    return success();
  }

  LogicalResult checkSingle(Operation &op) {
    if (!llvm::all_of(op.getOperands(), isArgument))
      return op.emitOpError("must read arguments of its group");
    return success();
  }

  nn::FusionOp fusion;
  Block &block;
  Dims full;
  int roots = 0;
};

struct VerifyFusionPass : impl::VerifyFusionBase<VerifyFusionPass> {
  void runOnOperation() override {
    if (failed(verifyFusion(getOperation())))
      signalPassFailure();
  }
};

} // namespace

LogicalResult verifyFusion(func::FuncOp func) {
  for (Operation &op : func.getOps()) {
    if (isa<func::ReturnOp, nn::ConstantOp, nn::ReshapeOp>(op))
      continue;
    auto fusion = dyn_cast<nn::FusionOp>(op);
    if (!fusion)
      return op.emitOpError("is in no fusion group");
    if (failed(BodyChecker(fusion).run()))
      return failure();
  }
  return success();
}

} // namespace aotc::passes
