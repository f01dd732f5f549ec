// What integers a value can hold, as far as the operations that make it tell.
#ifndef AOTC_IR_NN_INTEGERRANGE_H
#define AOTC_IR_NN_INTEGERRANGE_H

#include <optional>

#include "mlir/IR/Value.h"

namespace aotc::nn {

struct IntegerRange {
  int64_t low, high; // inclusive
};

// Of all elements of an integer or bool tensor. Nothing where an operation on the way is not
// looked through, a bound overflows, or the way is too long.
std::optional<IntegerRange> rangeOf(mlir::Value value);

} // namespace aotc::nn
#endif
