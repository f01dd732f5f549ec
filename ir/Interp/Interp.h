// The reference evaluator: slow, obvious, the oracle of the tests and the
// engine of constant folding. One file an op family.
#ifndef AOTC_IR_INTERP_INTERP_H
#define AOTC_IR_INTERP_INTERP_H

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/Tensor/Tensor.h"

namespace mlir {
class Operation;
namespace func {
class FuncOp;
}
} // namespace mlir

namespace aotc {

// Evaluates one nn operation (not func.return). Fails with OutOfRange for a
// bad index, InvalidArgument for integer division by zero, Unimplemented for
// an operation it does not know.
absl::StatusOr<std::vector<Tensor>> evaluateOp(mlir::Operation *op, absl::Span<const Tensor> operands,
                                               uint64_t callSeed = 0);

// Evaluates a function of nn operations in order, freeing dead values.
absl::StatusOr<std::vector<Tensor>> evaluateFunc(mlir::func::FuncOp func, absl::Span<const Tensor> arguments,
                                                 uint64_t callSeed = 0);

// Scalar steps that evaluateOp would take, for limits on constant folding
// (multiply-adds of a contraction, elements of everything else), saturating.
uint64_t evaluationSteps(mlir::Operation *op);

} // namespace aotc
#endif
