// The operands of a node as import functions see them, shared by all frontends.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_NODEOPERANDS_H
#define AOTC_COMPILER_FRONTEND_COMMON_NODEOPERANDS_H

#include "compiler/frontend/common/ImportBuilder.h"

namespace aotc {

using mlir::Value;
using Dims = llvm::ArrayRef<int64_t>;
using DimVector = llvm::SmallVector<int64_t>;

// Numbers the random operations of a graph.
struct RandomStreams {
  int64_t seed = 0;
  int64_t next = 0;
};

class NodeOperands {
public:
  ImportBuilder &b;

  size_t numInputs() const { return inputs.size(); }
  // Null past the end.
  Value in(size_t i) const { return i < inputs.size() ? inputs[i] : Value(); }
  llvm::ArrayRef<Value> allInputs() const { return inputs; }
  Dims shape(size_t i) const { return ImportBuilder::shape(in(i)); }
  int64_t rank(size_t i) const { return ImportBuilder::rank(in(i)); }
  DType dtype(size_t i) const { return ImportBuilder::dtype(in(i)); }

  // Operands that the row declares as constants.
  Tensor constant(size_t i);        // empty if the operand turns out not to be known
  DimVector constantInts(size_t i); // its elements
  std::optional<int64_t> constantInt(size_t i); // reports more or less than one element
  // Operand `i` as an axis within `rank`; reports one outside.
  std::optional<int64_t> constantAxis(size_t i, int64_t rank);
  // Operand `i` as ascending distinct axes within `rank`, and the same for numbers from elsewhere.
  std::optional<DimVector> constantAxes(size_t i, int64_t rank) { return distinctAxes(constantInts(i), rank); }
  std::optional<DimVector> distinctAxes(Dims given, int64_t rank);

  // start, start + delta, ... up to limit, from constant operands in this order.
  // A limit on the wrong side of start gives no elements, or is reported.
  Value range(bool mayBeEmpty);

  Value error(const llvm::Twine &message, const llvm::Twine &remedy = "") { return b.error(message, remedy); }

protected:
  NodeOperands(ImportBuilder &b, llvm::ArrayRef<Value> inputs) : b(b), inputs(inputs) {}

private:
  Value runTimeRange(); // where start or limit depend on data

  llvm::ArrayRef<Value> inputs;
};

} // namespace aotc
#endif
