// One node as an import function sees it: operands, attributes, the builder.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_OPS_NODEIMPORT_H
#define AOTC_COMPILER_FRONTEND_ONNX_OPS_NODEIMPORT_H

#include "compiler/frontend/common/NodeOperands.h"
#include "compiler/frontend/onnx/reader/Graph.h"

namespace aotc::onnx {

// Where a node stands: what the importer offers to import functions.
class NodeContext {
public:
  virtual ~NodeContext() = default;
  // Version of the operator set that the node is from.
  virtual int64_t opset() const = 0;
  virtual ElementType elementType(size_t operand) const = 0;
  // What a value of the surrounding graph is in a body.
  using Capture = llvm::function_ref<Value(Value)>;
  // Imports a graph of the node in place and yields its outputs; nullopt: a
  // problem was reported.
  virtual std::optional<llvm::SmallVector<Value>> importBody(const Graph &body, llvm::ArrayRef<Value> arguments,
                                                             Capture capture) = 0;
};

class NodeImport : public NodeOperands {
public:
  NodeImport(ImportBuilder &b, const Node &node, llvm::ArrayRef<Value> inputs, NodeContext &context,
             RandomStreams &streams)
      : NodeOperands(b, inputs), node(node), context(context), streams(streams) {}

  const Node &node;

  // Operands that are left out are null; in(i) of any i may be asked for.
  size_t numOutputs() const { return node.outputs.size(); }
  int64_t opset() const { return context.opset(); }

  // Attributes; a missing one yields the default, one of another kind is
  // reported. An absent list is empty.
  bool has(llvm::StringRef name) const { return node.attrs.count(name.str()) != 0; }
  int64_t integer(llvm::StringRef name, int64_t byDefault);
  double real(llvm::StringRef name, double byDefault);
  bool flag(llvm::StringRef name, bool byDefault = false) { return integer(name, byDefault) != 0; }
  std::string text(llvm::StringRef name, llvm::StringRef byDefault);
  DimVector integers(llvm::StringRef name);
  llvm::SmallVector<double> reals(llvm::StringRef name);
  std::vector<std::string> texts(llvm::StringRef name);
  // nullopt: missing, or reported. Codes of a narrow type are u8 or i8.
  std::optional<Tensor> tensor(llvm::StringRef name);
  const TypedTensor *typedTensor(llvm::StringRef name);
  // An element type that is given as its number; nullopt: reported (missing
  // without a default, or not one of ours).
  std::optional<DType> type(llvm::StringRef name, std::optional<DType> byDefault = std::nullopt);
  static std::optional<DType> dtypeOf(ElementType type) { return onnx::dtypeOf(type); }

  // Element types that the dialect does not have are known by these numbers;
  // values of them hold codes (see Graph.h). An output has the type that its
  // value has, unless it is said here.
  ElementType elementType(size_t operand) const { return context.elementType(operand); }
  void setElementType(size_t output, ElementType type);
  ElementType outputType(size_t output) const { return output < types.size() ? types[output] : kUndefined; }

  // A graph attribute, imported in place with these values for its inputs.
  std::optional<llvm::SmallVector<Value>> importBody(
      llvm::StringRef name, llvm::ArrayRef<Value> arguments,
      NodeContext::Capture capture = [](Value value) { return value; });

  int64_t seed() const { return streams.seed; }
  int64_t newStream() { return streams.next++; }

private:
  template <typename T> const T *attr(llvm::StringRef name, llvm::StringRef expected);

  NodeContext &context;
  RandomStreams &streams;
  llvm::SmallVector<ElementType, 2> types; // of outputs; kUndefined: that of the value
};

} // namespace aotc::onnx
#endif
