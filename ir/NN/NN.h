// The nn dialect's C++ classes. Generated from NNOps.td.
#ifndef AOTC_IR_NN_NN_H
#define AOTC_IR_NN_NN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace aotc::nn {
// See NN_Elementwise in NNBase.td.
template <typename ConcreteType>
class Elementwise : public mlir::OpTrait::TraitBase<ConcreteType, Elementwise> {};
} // namespace aotc::nn

#include "ir/NN/NNDialect.h.inc"
#include "ir/NN/NNEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/NN/NNAttrs.h.inc"
#define GET_OP_CLASSES
#include "ir/NN/NNOps.h.inc"

namespace aotc::nn {
inline bool isElementwise(mlir::Operation *op) { return op->hasTrait<Elementwise>(); }
// The nn.insert that a group yields, if it does.
InsertOp insertOf(mlir::Block &body);
// What a group computes: what it yields, or puts into what it yields.
mlir::Value computedBy(mlir::Block &body, unsigned i = 0);
} // namespace aotc::nn

#endif
