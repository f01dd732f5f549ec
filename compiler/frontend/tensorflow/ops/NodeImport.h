// One node as an import function sees it: operands, attributes, the builder.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_NODEIMPORT_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_OPS_NODEIMPORT_H

#include "compiler/frontend/common/NodeOperands.h"
#include "compiler/frontend/tensorflow/ops/Lists.h"
#include "compiler/frontend/tensorflow/reader/Graph.h"

namespace aotc::tf {

// What an import function may ask the importer for.
class NodeContext {
public:
  virtual ~NodeContext() = default;
  // The results of a body for these arguments, in place; null ones were reported. Empty: a problem of the body as such.
  virtual std::optional<llvm::SmallVector<Value>> importBody(const Body &body, llvm::ArrayRef<Value> arguments) = 0;
};

class NodeImport : public NodeOperands {
public:
  NodeImport(ImportBuilder &b, const Node &node, llvm::ArrayRef<Value> inputs, NodeContext &context, ListTable &lists,
             RandomStreams &streams)
      : NodeOperands(b, inputs), node(node), lists(lists), context(context), streams(streams) {}

  const Node &node;
  ListTable &lists;

  // The bodies of an attribute; empty: reported.
  std::vector<BodyPtr> bodies(llvm::StringRef name);
  std::optional<llvm::SmallVector<Value>> importBody(const Body &body, llvm::ArrayRef<Value> arguments) {
    return context.importBody(body, arguments);
  }

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

  bool channelsFirst() { return text("data_format", "NHWC").substr(0, 2) == "NC"; }

  int64_t seed() const { return streams.seed; }
  int64_t newStream() { return streams.next++; }

private:
  template <typename T> const T *attr(llvm::StringRef name, llvm::StringRef expected);

  NodeContext &context;
  RandomStreams &streams;
};

} // namespace aotc::tf
#endif
