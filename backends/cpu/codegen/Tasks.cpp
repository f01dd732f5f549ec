#include "backends/cpu/codegen/Tasks.h"

#include "backends/cpu/codegen/Regions.h"
#include "ir/Interp/Interp.h"

using namespace aotc;
using namespace aotc::cpu;

namespace {

constexpr double kGigahertz = 3;
constexpr double kBytesPerNanosecond = 32; // from the second-level cache and beyond

// Additions of one element that an operation costs, all elements together.
double workOf(mlir::Operation &op) {
  if (mlir::isa<nn::ConstantOp, nn::ReshapeOp, nn::UnpackPanelsOp, nn::UnpackWinogradOp, nn::UnpackQuadsOp, nn::InsertOp>(op))
    return 0;
  double steps = static_cast<double>(evaluationSteps(&op));
  if (mlir::isa<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>(op))
    return steps / 2; // two multiply-adds a cycle
  if (nn::isElementwise(&op)) {
    auto type = mlir::cast<mlir::RankedTensorType>(op.getResult(0).getType());
    return static_cast<double>(type.getNumElements() * std::max<int64_t>(elementCost(&op), 1));
  }
  constexpr double kExponential = 20, kMovement = 2;
  return steps * (mlir::isa<nn::SoftmaxOp>(op)                 ? kExponential
                  : mlir::isa<nn::ReduceOp, nn::PoolOp>(op) ? 1
                                                            : kMovement);
}

// Many machines run vectors of 64 bytes at half the rate.
double lanesAtOnce(int64_t elementBytes, const Isa &isa) {
  return static_cast<double>(std::max<int64_t>(std::min(isa.lanes(elementBytes), 32 / elementBytes), 1));
}

} // namespace

bool cpu::mayFail(mlir::Block &body) {
  return llvm::any_of(body, [](mlir::Operation &op) {
    return RegionEmitter::canFail(&op) ||
           mlir::isa<nn::GatherOp, nn::GatherNdOp, nn::ScatterNdOp, nn::DynamicSliceOp>(op);
  });
}

double cpu::copyNanoseconds(int64_t bytes) { return 2 * static_cast<double>(bytes) / kBytesPerNanosecond; }

double cpu::vectorNanoseconds(double multiplyAdds, int64_t elementBytes, const Isa &isa) {
  double lanes = static_cast<double>(isa.lanes(elementBytes));
  return multiplyAdds / 2 * lanes / lanesAtOnce(elementBytes, isa) / kGigahertz;
}

double cpu::bodyNanoseconds(mlir::Block &body, const Isa &isa) {
  double work = 0, bytes = 0;
  for (mlir::Operation &op : body.without_terminator())
    work += workOf(op);
  for (mlir::Value argument : body.getArguments())
    bytes += static_cast<double>(plan::denseBytes(argument.getType()));
  for (mlir::Value result : body.getTerminator()->getOperands())
    bytes += static_cast<double>(plan::denseBytes(result.getType()));
  return std::max(work / (lanesAtOnce(widestElement(body), isa) * kGigahertz), bytes / kBytesPerNanosecond);
}

int64_t cpu::taskCount(double nanoseconds, int64_t extent, const Isa &isa) {
  double worthwhile = static_cast<double>(isa.stageNanoseconds);
  int64_t tasks = 1;
  if (nanoseconds >= worthwhile) {
    // Two at once; more of them only while each is long enough that claiming it and the shorter loops don't show.
    tasks = 2;
    while (tasks < kMostTasks && static_cast<double>(tasks) * 2 * worthwhile <= nanoseconds)
      tasks *= 2;
  }
  return std::max<int64_t>(std::min(tasks, extent), 1);
}
