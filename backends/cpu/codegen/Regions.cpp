#include "backends/cpu/codegen/Regions.h"

#include "backends/cpu/codegen/Index.h"
#include "backends/cpu/codegen/Tasks.h"
#include "ir/NN/Constants.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::ArrayRef;
using mlir::Operation;

// Parts of a group's work that different tasks can have, at most.
static int64_t independentParts(mlir::Block &body, nn::FusionKind kind, int64_t rowDims) {
  if (kind == nn::FusionKind::Row)
    for (auto reduce : body.getOps<nn::ReduceOp>())
      return elementsOf(nn::shapeOf(reduce.getOperand()).drop_back(rowDims));
  ArrayRef<int64_t> result = nn::shapeOf(nn::computedBy(body));
  auto lines = [&](int64_t axis) { return result[axis] == 0 ? 0 : elementsOf(result) / result[axis]; };
  return llvm::TypeSwitch<Operation *, int64_t>(&body.front())
      .Case([](nn::ScatterNdOp) { return 1; }) // updates may meet
      .Case([](nn::CustomOp) { return 1; })
      .Case([&](nn::TopKOp) { return elementsOf(result.drop_back()); })
      .Case<nn::SoftmaxOp, nn::CumulativeOp>([&](auto op) { return lines(op.getAxis()); })
      .Default([&](Operation *) { return elementsOf(result); });
}

static int64_t genericTasks(mlir::Block &body, nn::FusionKind kind, int64_t rowDims, const Isa &isa) {
  return taskCount(bodyNanoseconds(body, isa), independentParts(body, kind, rowDims), isa);
}

static void emitLoops(RegionEmitter &emitter) {
  switch (emitter.op.getKind()) {
  case nn::FusionKind::Loop:
    return emitLoopRegion(emitter);
  case nn::FusionKind::Row:
    return emitRowRegion(emitter);
  case nn::FusionKind::Contraction:
    return emitContractionRegion(emitter);
  case nn::FusionKind::Attention:
  case nn::FusionKind::Strips:
    llvm_unreachable("the kernel generator computes every group of this kind");
  case nn::FusionKind::Single:
    break;
  }
  Operation *only = &emitter.body.front();
  llvm::TypeSwitch<Operation *>(only)
      .Case([&](nn::ReduceOp op) { emitReduce(emitter, op); })
      .Case([&](nn::PoolOp op) { emitPool(emitter, op); })
      .Case([&](nn::ResizeOp op) { emitResize(emitter, op); })
      .Case([&](nn::ArgReduceOp op) { emitArgReduce(emitter, op); })
      .Case([&](nn::TopKOp op) { emitTopK(emitter, op); })
      .Case([&](nn::CumulativeOp op) { emitCumulative(emitter, op); })
      .Case([&](nn::SoftmaxOp op) { emitSoftmax(emitter, op); })
      .Case([&](nn::GatherNdOp op) { emitGatherNd(emitter, op); })
      .Case([&](nn::ScatterNdOp op) { emitScatterNd(emitter, op); })
      .Case([&](nn::DynamicSliceOp op) { emitDynamicSlice(emitter, op); })
      .Case([&](nn::RandomOp op) { emitRandom(emitter, op); })
      .Case([&](nn::CustomOp op) { emitCustom(emitter, op); })
      .Case<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>(
          [&](Operation *) { emitContractionRegion(emitter); })
      // Whatever moves elements is a loop over its result.
      .Default([&](Operation *) { emitLoopRegion(emitter); });
}

void cpu::emitGenericRegion(RegionEmitter &emitter) {
  plan::RegionOp op = emitter.op;
  bool empty = llvm::all_of(op.getResultTypes(), [](mlir::Type type) {
    return llvm::is_contained(mlir::cast<mlir::RankedTensorType>(type).getShape(), 0);
  });
  if (empty && op.getKind() != nn::FusionKind::Single) // single operations may have indices to check
    return;
  emitter.stage(genericTasks(emitter.body, op.getKind(), op.getRowDims(), emitter.isa), [&] { emitLoops(emitter); });
}

int64_t cpu::genericScratchBytes(nn::FusionOp group, const Isa &isa) {
  if (group.getKind() != nn::FusionKind::Row)
    return 0;
  mlir::Block &body = group.getBody().front();
  return rowScratchBytes(body, group.getRowDims()) * genericTasks(body, group.getKind(), group.getRowDims(), isa);
}

int64_t cpu::elementCost(Operation *op) {
  constexpr int64_t kDivision = 6, kFunction = 20;
  if (auto unary = mlir::dyn_cast<nn::UnaryOp>(op)) {
    nn::UnaryFn fn = unary.getFn();
    if (fn == nn::UnaryFn::Sqrt || fn == nn::UnaryFn::Rsqrt || fn == nn::UnaryFn::Reciprocal)
      return kDivision;
    bool function = fn >= nn::UnaryFn::Exp && fn <= nn::UnaryFn::Softplus;
    return function ? kFunction : 1;
  }
  if (auto binary = mlir::dyn_cast<nn::BinaryOp>(op)) {
    nn::BinaryFn fn = binary.getFn();
    if (fn == nn::BinaryFn::Pow || fn == nn::BinaryFn::Atan2)
      return kFunction;
    return fn >= nn::BinaryFn::Div && fn <= nn::BinaryFn::TruncMod ? kDivision : 1;
  }
  return nn::isElementwise(op) ? 1 : 0;
}

int64_t cpu::widestElement(mlir::Block &body) {
  int64_t widest = 1;
  auto consider = [&](mlir::Value value) {
    mlir::Type element = mlir::cast<mlir::RankedTensorType>(value.getType()).getElementType();
    int64_t bytes = RegionEmitter::bytesOf(element);
    // f16 and bf16 are computed on as f32.
    widest = std::max(widest, mlir::isa<mlir::FloatType>(element) ? std::max<int64_t>(bytes, 4) : bytes);
  };
  for (mlir::Value argument : body.getArguments())
    consider(argument);
  for (Operation &op : body)
    for (mlir::Value result : op.getResults())
      consider(result);
  return widest;
}
