// Between MLIR types and attributes and host tensors.
#ifndef AOTC_IR_NN_CONSTANTS_H
#define AOTC_IR_NN_CONSTANTS_H

#include "ir/Tensor/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include <optional>

namespace mlir {
class ModuleOp;
class OpBuilder;
} // namespace mlir

namespace aotc::nn {

mlir::Type elementType(mlir::MLIRContext *context, DType type);
std::optional<DType> dtypeOf(mlir::Type elementType); // nullopt: not one of ours
mlir::RankedTensorType tensorType(mlir::MLIRContext *context, DType type, llvm::ArrayRef<int64_t> shape);
// DType of a tensor-typed value whose element type is one of ours.
DType dtypeOf(mlir::Value tensor);
llvm::ArrayRef<int64_t> shapeOf(mlir::Value tensor);

// Above this size (bytes) a constant becomes a resource blob; below, a dense
// attribute that the printer shows.
inline constexpr size_t kResourceThreshold = 256;

// The bytes are shared with `tensor` for resource blobs, never copied.
mlir::ElementsAttr toAttr(mlir::MLIRContext *context, const Tensor &tensor);
// Splats are expanded. The result may view the attribute's blob, which lives
// as long as the context.
Tensor fromAttr(mlir::ElementsAttr attr);
// The constant behind `value` (an nn.constant), if it is one.
std::optional<Tensor> constantOf(mlir::Value value);
bool isConstant(mlir::Value value);
// The number when all elements are equal (a splat or a scalar), as a double.
std::optional<double> splatValue(mlir::Value value);

// Frees the bytes of resource blobs from toAttr that no attribute in `module`
// refers to; otherwise they live as long as the context, which must hold no other module.
void releaseUnusedConstants(mlir::ModuleOp module);

// Creates an nn.constant.
mlir::Value makeConstant(mlir::OpBuilder &builder, mlir::Location loc, const Tensor &tensor);
// A constant of `type` with every element `value`.
mlir::Value makeSplat(mlir::OpBuilder &builder, mlir::Location loc, mlir::RankedTensorType type, double value);

} // namespace aotc::nn
#endif
