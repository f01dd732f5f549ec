// The plan dialect's C++ classes and queries.
#ifndef AOTC_IR_PLAN_PLAN_H
#define AOTC_IR_PLAN_PLAN_H

#include "ir/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>

#include "ir/Plan/PlanDialect.h.inc"
#include "ir/Plan/PlanEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/Plan/PlanAttrs.h.inc"
#define GET_OP_CLASSES
#include "ir/Plan/PlanOps.h.inc"

namespace aotc::plan {

// Where a value of a planned function lies.
PlaceAttr placeOf(mlir::Value value);

// Dense bytes of a tensor type (bool: one byte an element).
int64_t denseBytes(mlir::Type tensorType);

// Where each state of a function begins in the block that the caller keeps,
// and where the block ends.
inline constexpr int64_t kStateAlignment = 64;
llvm::SmallVector<int64_t> stateOffsets(mlir::func::FuncOp func);

// What a function needs of an arena, with the functions that its loops run: these come behind its own part, state first.
int64_t frameBytes(mlir::func::FuncOp func);
int64_t ownFrameBytes(mlir::func::FuncOp func);
// The loop that a region is, or null.
nn::WhileOp loopOf(RegionOp region);

// The node of the model that a kernel is named after: the first name in its
// location, empty when it has none.
std::string nodeName(mlir::Location loc);

} // namespace aotc::plan
#endif
