// An ONNX model as the reader hands it to the importer: names resolved to
// numbers of values, only nodes that the outputs need, in an order where every
// producer precedes its consumers. No protobuf and no MLIR in here.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_READER_GRAPH_H
#define AOTC_COMPILER_FRONTEND_ONNX_READER_GRAPH_H

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/frontend/common/PartialShape.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::onnx {

// TensorProto.DataType.
using ElementType = int32_t;
inline constexpr ElementType kUndefined = 0, kFloat = 1, kUint8 = 2, kInt8 = 3, kUint16 = 4, kInt16 = 5, kInt32 = 6,
                             kInt64 = 7, kString = 8, kBool8 = 9, kFloat16 = 10, kDouble = 11, kUint32 = 12,
                             kUint64 = 13, kComplex64 = 14, kComplex128 = 15, kBfloat16 = 16, kFloat8E4M3FN = 17,
                             kFloat8E4M3FNUZ = 18, kFloat8E5M2 = 19, kFloat8E5M2FNUZ = 20, kUint4 = 21, kInt4 = 22,
                             kFloat4E2M1 = 23, kFloat8E8M0 = 24, kUint2 = 25, kInt2 = 26;

std::optional<DType> dtypeOf(ElementType type); // nullopt: not one of ours
ElementType elementTypeOf(DType type);
std::string nameOf(ElementType type); // "FLOAT16", or "type 77"
// Bits of an element of a narrow type: 8-bit and narrower floating point, 2- and
// 4-bit integers. 0: not narrow. Narrow numbers are kept one a byte, as codes.
int narrowBits(ElementType type);
// dtypeOf(), or u8 or i8 for the codes of narrow numbers.
std::optional<DType> storageOf(ElementType type);

struct TypedTensor {
  Tensor tensor;
  ElementType type = kUndefined; // storageOf() it is the tensor's
};

// A value that cannot be used: the reason, or nothing if it was reported.
struct BadValue {
  std::string reason;
};

// An attribute of the function around the node.
struct AttributeRef {
  std::string name;
};

struct Graph;
using Attr = std::variant<int64_t, float, std::string, TypedTensor, BadValue, AttributeRef, std::shared_ptr<const Graph>,
                          std::vector<int64_t>, std::vector<float>, std::vector<std::string>>;
using Attrs = std::map<std::string, Attr>;

// Values are numbers, indexes into Graph::values; -1 is an operand or output that is left out.
struct Node {
  std::string name; // or that of its first output
  std::string op, domain, overload;
  Attrs attrs;
  std::vector<int> inputs, outputs; // without those left out at the end
};

struct Graph {
  struct Initializer {
    int value;
    std::variant<TypedTensor, BadValue> content; // what is bad was reported
  };
  // Of a graph in a node: a value of the graph around it.
  struct Capture {
    int outer, inner;
  };

  std::vector<std::string> values; // their names
  std::vector<Initializer> initializers;
  std::vector<Capture> captures;
  std::vector<int> inputs, outputs;
  std::vector<Node> nodes;
};

// Versions of operator sets by domain; "" is ai.onnx.
using Opsets = std::map<std::string, int64_t>;

// An operation of the model's own.
struct Function {
  std::string name, domain, overload;
  Graph body;
  Attrs defaults; // of attributes
  Opsets opsets;
};

} // namespace aotc::onnx
#endif
