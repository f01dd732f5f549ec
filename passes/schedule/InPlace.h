// When a kernel's result may take over an operand's memory.
#ifndef AOTC_PASSES_SCHEDULE_INPLACE_H
#define AOTC_PASSES_SCHEDULE_INPLACE_H

#include "ir/NN/NN.h"
#include "mlir/IR/Block.h"

namespace aotc::plan {

// The rule of plan.region: whether `body` reads its argument only at the
// position that it writes. Says nothing about other readers of that memory.
bool readsInPlace(nn::FusionKind kind, mlir::Block &body, unsigned argument, mlir::DictionaryAttr kernel);

// Whether a kernel may return an error: it indexes by values, or divides integers.
bool mayFail(mlir::Region &body);

} // namespace aotc::plan
#endif
