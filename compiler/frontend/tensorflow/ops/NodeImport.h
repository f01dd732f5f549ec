// One node as an import function sees it: operands, attributes, the builder.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_NODEIMPORT_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_NODEIMPORT_H

#include "compiler/frontend/common/ImportBuilder.h"
#include "compiler/frontend/tensorflow/reader/Graph.h"

namespace aotc::tf {

using mlir::Value;
using Dims = llvm::ArrayRef<int64_t>;
using DimVector = llvm::SmallVector<int64_t>;

// Numbers the random operations of a graph.
struct RandomStreams {
  int64_t seed = 0;
  int64_t next = 0;
};

class NodeImport {
public:
  NodeImport(ImportBuilder &b, const Node &node, llvm::ArrayRef<Value> inputs, RandomStreams &streams)
      : b(b), node(node), inputs(inputs), streams(streams) {}

  ImportBuilder &b;
  const Node &node;

  size_t numInputs() const { return inputs.size(); }
  Value in(size_t i) const { return inputs[i]; }
  llvm::ArrayRef<Value> allInputs() const { return inputs; }
  Dims shape(size_t i) const { return ImportBuilder::shape(inputs[i]); }
  int64_t rank(size_t i) const { return ImportBuilder::rank(inputs[i]); }
  DType dtype(size_t i) const { return ImportBuilder::dtype(inputs[i]); }

  // Attributes; a missing one yields the default, one of another type is
  // reported. An absent list is empty.
  bool has(llvm::StringRef name) const { return node.attrs.count(name.str()) != 0; }
  int64_t integer(llvm::StringRef name, int64_t byDefault);
  double real(llvm::StringRef name, double byDefault);
  bool flag(llvm::StringRef name, bool byDefault = false);
  std::string text(llvm::StringRef name, llvm::StringRef byDefault);
  DimVector integers(llvm::StringRef name);
  llvm::SmallVector<double> reals(llvm::StringRef name);
  // nullopt: reported (missing without a default, or not one of our types).
  std::optional<DType> type(llvm::StringRef name, std::optional<DType> byDefault = std::nullopt);

  // Operands that the row declares as constants.
  Tensor constant(size_t i);      // empty if the operand turns out not to be known
  DimVector constantInts(size_t i); // its elements
  std::optional<int64_t> constantInt(size_t i); // reports more or less than one element
  // Operand `i` as an axis within `rank`; reports one outside.
  std::optional<int64_t> constantAxis(size_t i, int64_t rank);
  // Operand `i` as ascending distinct axes within `rank`.
  std::optional<DimVector> constantAxes(size_t i, int64_t rank);

  bool channelsFirst() { return text("data_format", "NHWC").substr(0, 2) == "NC"; }

  Value error(const llvm::Twine &message, const llvm::Twine &remedy = "") { return b.error(message, remedy); }
  int64_t seed() const { return streams.seed; }
  int64_t newStream() { return streams.next++; }

private:
  template <typename T> const T *attr(llvm::StringRef name, llvm::StringRef expected);

  llvm::ArrayRef<Value> inputs;
  RandomStreams &streams;
};

} // namespace aotc::tf
#endif
