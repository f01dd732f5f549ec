// The functions of a module that operations of the others run.
#ifndef AOTC_IR_NN_CONTROL_H
#define AOTC_IR_NN_CONTROL_H

#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace aotc::nn {

// A round of the loop.
mlir::func::FuncOp stepOf(WhileOp loop);

// Of the private functions, those that no other runs.
void eraseUnusedFunctions(mlir::ModuleOp module);

} // namespace aotc::nn
#endif
