// Turns constants that repeat themselves into broadcasts.
#ifndef AOTC_PASSES_FUSE_NARROWCONSTANTS_H
#define AOTC_PASSES_FUSE_NARROWCONSTANTS_H

#include "mlir/IR/Block.h"

namespace aotc::passes {

// Constant folding expands a bias to its result's shape. Kernels read the bias
// itself: fewer bytes, and an epilogue knows it as one value a channel.
void narrowConstants(mlir::Block &block);

} // namespace aotc::passes
#endif
