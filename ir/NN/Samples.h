// Whether a network treats the samples of a batch one by one.
#ifndef AOTC_IR_NN_SAMPLES_H
#define AOTC_IR_NN_SAMPLES_H

#include <optional>
#include <string>

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aotc::nn {

// Why some result of a sample depends on more than that sample.
struct Mixing {
  mlir::Operation *op; // of the first function
  std::string reason;  // "sums over the dimension"
};

// Compares one network as imported for two sizes of a symbolic dimension. Nothing: it has the same operations for both,
// every tensor that differs does so in one dimension, of which each sample has as much, and no operation brings samples
// together or tells them apart. Arguments and results that have the dimension have it outermost (but for extents of 1),
// so that a call for some samples can be made on a part of them.
std::optional<Mixing> findMixing(mlir::func::FuncOp one, int64_t sizeOfOne, mlir::func::FuncOp other, int64_t sizeOfOther);

// The dimension of a type in which two of a network's tensors differ, or -1. Nothing where they differ in
// several, or not in proportion to the sizes.
std::optional<int64_t> sampleDim(mlir::Type one, int64_t sizeOfOne, mlir::Type other, int64_t sizeOfOther);

} // namespace aotc::nn
#endif
