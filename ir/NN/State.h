// State: pairs of an argument and a result of a function. What a call returns
// there, the next call takes.
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

// Reports attributes that do not fit the function.
mlir::LogicalResult verifyStates(mlir::func::FuncOp func);

} // namespace aotc::nn
#endif
