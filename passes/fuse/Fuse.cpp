// aotc-fuse: groups become nn.fusion operations.
#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "passes/fuse/Grouping.h"
#include "passes/fuse/NarrowConstants.h"
#include "passes/fuse/Passes.h"
#include "passes/fuse/SinkReshapes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace aotc::passes {
#define GEN_PASS_DEF_FUSE
#include "passes/fuse/Passes.h.inc"

namespace {

// Splats cost nothing as numbers in the kernel; the tensors that a contraction
// or a lone operation works on stay in memory.
bool livesInside(const Group &group, Operation *user, Value operand) {
  return group.kind != nn::FusionKind::Single && !isContraction(user) && nn::splatValue(operand);
}

Location locationOf(const Group &group, MLIRContext *context) {
  SmallVector<Location> locations{group.main->getLoc()};
  for (Operation *op : group.ops)
    if (!isa<nn::BroadcastOp>(op))
      locations.push_back(op->getLoc());
  return FusedLoc::get(context, locations);
}

class Materializer {
public:
  explicit Materializer(MLIRContext *context) : builder(context) {}

  void build(const Group &group) {
    SmallVector<Operation *> ops(group.ops.begin(), group.ops.end());
    // A contraction comes first, so that its operands are the group's first.
    bool rooted = group.kind == nn::FusionKind::Contraction;
    llvm::sort(ops, [&](Operation *a, Operation *b) {
      if (rooted && (a == group.main || b == group.main))
        return a == group.main && b != group.main;
      return a->isBeforeInBlock(b);
    });
    llvm::SetVector<Value> inputs;
    for (Operation *op : ops)
      for (Value operand : op->getOperands())
        if (!group.ops.contains(operand.getDefiningOp()) && !livesInside(group, op, operand))
          inputs.insert(operand);
    Location loc = locationOf(group, builder.getContext());
    builder.setInsertionPoint(group.yield);
    auto fusion = builder.create<nn::FusionOp>(loc, group.yield->getResultTypes(), group.kind,
                                               inputs.getArrayRef(), DictionaryAttr(), 0, group.rowDims);
    fill(group, ops, inputs.getArrayRef(), fusion.getBody());
    built.push_back({group.yield, fusion});
  }

  // The grouped operations refer to each other until every group is built, and die.
  void connect() {
    for (auto [original, fusion] : built)
      original->replaceUsesWithIf(fusion, [&](OpOperand &use) {
        Operation *user = use.getOwner();
        return isa<nn::FusionOp, nn::ReshapeOp>(user) || user->hasTrait<OpTrait::IsTerminator>();
      });
  }

private:
  void fill(const Group &group, ArrayRef<Operation *> ops, ArrayRef<Value> inputs, Region &region) {
    Block *body = builder.createBlock(&region);
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
    for (Operation *op : ops) {
      for (Value operand : op->getOperands())
        if (!mapping.contains(operand))
          mapping.map(operand, builder.clone(*operand.getDefiningOp())->getResult(0));
      Operation *copy = builder.clone(*op, mapping);
      if (auto reduce = dyn_cast<nn::ReduceOp>(copy); reduce && group.kind == nn::FusionKind::Row)
        reduce.setAxes(llvm::to_vector(
            llvm::seq(reduce.getType().getRank() - group.rowDims, reduce.getType().getRank())));
    }
    SmallVector<Value> results;
    for (Value result : group.yield->getResults())
      results.push_back(mapping.lookup(result));
    builder.create<nn::YieldOp>(group.yield->getLoc(), results);
  }

  OpBuilder builder;
  SmallVector<std::pair<Operation *, nn::FusionOp>> built;
};

struct FusePass : impl::FuseBase<FusePass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    Block &block = func.front();
    eraseDead(block);
    narrowConstants(block);
    sinkReshapes(block);
    Materializer materializer(&getContext());
    for (const Group &group : formGroups(block)) {
      materializer.build(group);
      ++groups;
      fused += group.ops.size();
    }
    materializer.connect();
    eraseDead(block);
    if (failed(verifyFusion(func)))
      signalPassFailure();
  }
};

} // namespace
} // namespace aotc::passes
