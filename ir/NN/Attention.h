// The attention pattern: softmax(f(q . k^T)) . v, with f elementwise.
#ifndef AOTC_IR_NN_ATTENTION_H
#define AOTC_IR_NN_ATTENTION_H

#include "ir/NN/NN.h"
#include "ir/NN/Strided.h"

namespace aotc::nn {

struct Attention {
  MatMulOp scores, product; // [batch..., rows, keys] and [batch..., rows, columns]
  // f, from scores on: the elementwise operations that depend on the scores, in
  // an order in which each follows what it reads. What else they read is
  // broadcast or has the shape of the scores.
  llvm::SmallVector<mlir::Operation *> scoring;
  mlir::Value logits; // the result of f
  // The softmax over keys.
  ReduceOp max, sum;
  mlir::Operation *shift, *exponential; // exponential(shift(logits, max))
  mlir::Operation *inverse;             // of the sum; null where `normalize` divides
  mlir::Operation *normalize;
  // Reshapes between the softmax and the product that leave rows and keys as they are.
  llvm::SmallVector<mlir::Operation *, 1> reshapes;

  // A matrix of each product, seen in the tensor that it is moved out of.
  struct Operand {
    mlir::Value base;
    llvm::SmallVector<mlir::Operation *, 2> moves; // from base to the product
    StridedView view;                              // [batch..., rows, columns]
  };
  Operand query, key, value; // [rows, depth], [keys, depth], [keys, columns]
  Operand result;            // the product in what the moves after it make of it: `base`

  int64_t batch() const { return elementsIn(llvm::ArrayRef<int64_t>(result.view.shape).drop_back(2)); }
  int64_t rows() const { return query.view.shape[query.view.shape.size() - 2]; }
  int64_t keys() const { return key.view.shape[key.view.shape.size() - 2]; }
  int64_t depth() const { return key.view.shape.back(); }
  int64_t columns() const { return value.view.shape.back(); }

private:
  static int64_t elementsIn(llvm::ArrayRef<int64_t> shape) {
    int64_t count = 1;
    for (int64_t extent : shape)
      count *= extent;
    return count;
  }
};

// The pattern that ends in `product`, in f32, with everything between the two
// products used by nothing else; values and results have neighbouring columns.
std::optional<Attention> matchAttention(MatMulOp product);

// `value` as a view of the tensor that it is broadcast and moved out of: an
// operand of f, for example.
Attention::Operand broadcastSource(mlir::Value value);

} // namespace aotc::nn
#endif
