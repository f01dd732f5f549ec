// Moves reshapes behind elementwise operations.
#ifndef AOTC_PASSES_FUSE_SINKRESHAPES_H
#define AOTC_PASSES_FUSE_SINKRESHAPES_H

#include "mlir/IR/Block.h"

namespace aotc::passes {

// A reshape between a contraction, reduction or elementwise operation and its
// elementwise consumers would end a group; f(reshape(x)) is reshape(f(x)).
void sinkReshapes(mlir::Block &block);

} // namespace aotc::passes
#endif
