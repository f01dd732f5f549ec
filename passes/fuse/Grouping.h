// Which operations of a function become one kernel.
#ifndef AOTC_PASSES_FUSE_GROUPING_H
#define AOTC_PASSES_FUSE_GROUPING_H

#include <vector>

#include "ir/NN/NN.h"
#include "mlir/IR/Block.h"
#include "llvm/ADT/SetVector.h"

namespace aotc::passes {

struct Group {
  nn::FusionKind kind;
  mlir::Operation *main;  // what the kernel is named after
  mlir::Operation *yield; // its results are the group's
  llvm::SetVector<mlir::Operation *> ops;
  int64_t rowDims = 0;
  // Axes of the row reductions: the innermost rowDims.
};

// Groups of a block of nn operations, later ones first; an operation that is
// cheap may be in several. Constants and reshapes are in none.
std::vector<Group> formGroups(mlir::Block &block);

bool isContraction(mlir::Operation *op);
// Reductions over the innermost dimensions (extents of 1 do not count): how
// many those are; 0 for all other reductions.
int64_t rowDimsOf(mlir::Operation *reduce);
// Whether the innermost dimension of more than one element stays innermost.
bool keepsInnermost(mlir::Operation *move);
// Erases operations without uses.
void eraseDead(mlir::Block &block);

} // namespace aotc::passes
#endif
