// Family Control.
#include "absl/strings/str_cat.h"
#include "ir/Interp/Interp.h"
#include "ir/Interp/Kernels.h"
#include "ir/NN/Control.h"

namespace aotc::interp {
namespace {

absl::StatusOr<Results> whileLoop(mlir::Operation *operation, const Arguments &in) {
  auto op = mlir::cast<nn::WhileOp>(operation);
  mlir::func::FuncOp step = nn::stepOf(op);
  if (!step)
    return absl::UnimplementedError(absl::StrCat("the loop's function @", op.getStep().str(), " is missing"));
  const size_t states = op.getNumResults(), constants = in.operands.size() - 1 - states;
  Results arguments(in.operands.begin() + 1, in.operands.end());
  bool goesOn = in[0].i(0) != 0;
  for (int64_t round = 0; goesOn; ++round) {
    if (round == static_cast<int64_t>(op.getMaxRounds()))
      return absl::OutOfRangeError(absl::StrCat("the loop goes on after ", op.getMaxRounds(), " rounds"));
    absl::StatusOr<Results> next = evaluateFunc(step, arguments, in.callSeed);
    if (!next.ok())
      return next.status();
    goesOn = next->front().i(0) != 0;
    std::move(next->begin() + 1, next->end(), arguments.begin() + constants);
  }
  return Results(arguments.begin() + constants, arguments.end());
}

} // namespace

std::vector<Kernel> controlKernels() { return {Kernel{nn::WhileOp::getOperationName(), whileLoop, kMovesBytes}}; }

} // namespace aotc::interp
