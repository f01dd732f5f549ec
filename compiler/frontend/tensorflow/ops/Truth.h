// What loops and branches share.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_TRUTH_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_TRUTH_H

#include "compiler/frontend/tensorflow/ops/OpTable.h"

namespace aotc::tf {

inline Results poison(size_t count) { return Results(llvm::ArrayRef<Value>(llvm::SmallVector<Value>(count))); }

// Whether a condition holds, where that is known. TensorFlow takes numbers and tensors, too.
inline std::optional<bool> knownTruth(NodeImport &n, Value condition) {
  if (ImportBuilder::rank(condition) > 0)
    return ImportBuilder::elements(condition) > 0;
  std::optional<Tensor> known = n.b.constantOf(condition);
  return known ? std::optional(known->f(0) != 0) : std::nullopt;
}

// A condition as a bool scalar.
inline Value truthOf(NodeImport &n, Value condition) {
  if (std::optional<bool> known = condition ? knownTruth(n, condition) : std::nullopt)
    return n.b.scalar(DType::I1, *known);
  return ImportBuilder::dtype(condition) == DType::I1 ? condition : n.b.compare(nn::CompareFn::Ne, condition, 0);
}

} // namespace aotc::tf
#endif
