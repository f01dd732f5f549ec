// Random functions of nn operations for differential tests: what a pass or the
// code generator makes of them has to compute the same as the evaluator does.
#ifndef AOTC_TEST_E2E_RANDOM_GRAPHS_RANDOMGRAPH_H
#define AOTC_TEST_E2E_RANDOM_GRAPHS_RANDOMGRAPH_H

#include <cstdint>
#include <string>
#include <vector>

#include "ir/Tensor/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace aotc::test {

// A module with one public function, @main, of about `operations` operations
// on small tensors (f32 or, in some, f64; a few i32 and i1), equal for equal arguments.
// It verifies. Values stay within [-8, 8] for arguments in [-1, 1], and no
// function jumps where rounding could tip it, so that results are comparable.
// Arguments and results carry names as an imported model's do.
mlir::OwningOpRef<mlir::ModuleOp> buildRandomGraph(mlir::MLIRContext &context, uint64_t seed, int operations);

// Arguments for it: floats in [-1, 1], integers in [-100, 100].
std::vector<Tensor> randomArguments(mlir::func::FuncOp func, uint64_t seed);

// Empty when the results agree: integers exactly, floats to `tolerance` times
// max(1, largest expected magnitude); otherwise says where they do not.
std::string difference(const std::vector<Tensor> &actual, const std::vector<Tensor> &expected,
                       double tolerance);

} // namespace aotc::test
#endif
