// Arguments and results of a function that are no tensors of the model's interface.
//
// State: pairs of an argument and a result. What a call returns there, the next
// call takes.
//
// Extents: results may have extents that depend on data. Their types have the
// largest possible ones; their elements are dense in the actual ones.
#ifndef AOTC_IR_NN_STATE_H
#define AOTC_IR_NN_STATE_H

#include "ir/Tensor/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc::nn {

// The function's last arguments and results, as many as its attribute
// `nn.states` says, in the same order. `nn.initial` of such an argument is its
// value before the first call; without it, zeros.
int64_t stateCount(mlir::func::FuncOp func);
inline int64_t inputCount(mlir::func::FuncOp func) { return func.getNumArguments() - stateCount(func); }
inline int64_t outputCount(mlir::func::FuncOp func) { return func.getNumResults() - stateCount(func); }
// The number of the state whose argument this is, or -1.
int64_t stateOf(mlir::BlockArgument argument);

std::optional<Tensor> initialState(mlir::func::FuncOp func, int64_t state);
// Makes an input and an output a state; the others move up. They must have one type.
void makeState(mlir::func::FuncOp func, int64_t input, int64_t output, const std::optional<Tensor> &initial);

// The last of the outputs is an i64 vector of extents (attribute `nn.extents` of the function). A result's
// attribute `nn.extents` says for each dimension which of them is its extent, or -1 for the type's own.
bool hasExtents(mlir::func::FuncOp func);
// Outputs that are tensors of the model.
inline int64_t tensorCount(mlir::func::FuncOp func) { return outputCount(func) - hasExtents(func); }
// Of a result; empty: all are the type's own.
llvm::ArrayRef<int64_t> extentsOf(mlir::func::FuncOp func, int64_t result);
// The dimensions whose extents the vector has, in its order.
struct OutDim {
  int64_t output, axis;
};
std::vector<OutDim> outDims(mlir::func::FuncOp func);
// Makes the last of the results the extents; `of` has an entry for each of the others.
void setExtents(mlir::func::FuncOp func, llvm::ArrayRef<llvm::SmallVector<int64_t>> of);

// Reports attributes that do not fit the function.
mlir::LogicalResult verifyStates(mlir::func::FuncOp func);

} // namespace aotc::nn
#endif
