// Result types of nn operations, shared by verifiers, frontends and passes.
// Each function reports through `error` what is wrong and returns failure;
// size arithmetic is overflow-checked, so untrusted shapes may come in.
#ifndef AOTC_IR_NN_INFER_H
#define AOTC_IR_NN_INFER_H

#include "ir/NN/NN.h"
#include "mlir/IR/Diagnostics.h"

namespace aotc::nn {

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;
using Dims = llvm::ArrayRef<int64_t>;
using TypeOr = mlir::FailureOr<mlir::RankedTensorType>;

TypeOr inferMatMul(mlir::RankedTensorType lhs, mlir::RankedTensorType rhs, bool transposeLhs,
                   bool transposeRhs, EmitError error);
TypeOr inferConv(mlir::RankedTensorType input, mlir::RankedTensorType filter, Dims strides, Dims dilations,
                 Dims padLow, Dims padHigh, int64_t groups, EmitError error);
// The result extents of conv_transpose are the caller's choice; this checks
// `result` against the operands.
mlir::LogicalResult checkConvTranspose(mlir::RankedTensorType input, mlir::RankedTensorType filter,
                                       mlir::RankedTensorType result, Dims strides, Dims dilations,
                                       Dims padLow, int64_t groups, EmitError error);
TypeOr inferPool(mlir::RankedTensorType input, Dims window, Dims strides, Dims dilations, Dims padLow,
                 Dims padHigh, EmitError error);
TypeOr inferConcat(mlir::TypeRange inputs, int64_t axis, EmitError error);
TypeOr inferTranspose(mlir::RankedTensorType operand, Dims permutation, EmitError error);
TypeOr inferPad(PadMode mode, mlir::RankedTensorType operand, Dims low, Dims high, EmitError error);
TypeOr inferGather(mlir::RankedTensorType operand, mlir::RankedTensorType indices, int64_t axis,
                   int64_t batchDims, EmitError error);
TypeOr inferGatherNd(mlir::RankedTensorType operand, mlir::RankedTensorType indices, int64_t batchDims,
                     EmitError error);
TypeOr inferReduce(mlir::RankedTensorType operand, Dims axes, EmitError error);
// numpy broadcasting of two shapes (right-aligned).
mlir::FailureOr<llvm::SmallVector<int64_t>> broadcastShapes(Dims a, Dims b, EmitError error);

} // namespace aotc::nn
#endif
