// A TensorFlow graph as the reader hands it to the importer: names resolved,
// functions inlined, only nodes that the outputs need, in an order where
// every producer precedes its consumers. No protobuf and no MLIR in here.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_GRAPH_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_GRAPH_H

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/frontend/common/PartialShape.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::tf {

// A TensorFlow type enum value (types.proto); 100 is subtracted from
// reference types by the reader. dtypeOf() maps to ours where there is one.
struct TypeCode {
  int value = 0;
};
std::optional<DType> dtypeOf(TypeCode type);
std::string nameOf(TypeCode type); // "DT_FLOAT", or "type 77"

// A function attribute: its name (bodies are inlined by the reader).
struct FunctionName {
  std::string name;
};

// What a loop or a branch runs; see below.
struct Body;
using BodyPtr = std::shared_ptr<Body>;

// A constant that is not numeric (string, variant, resource...), or whose
// bytes do not agree with its shape: the reason, or nothing if it was reported.
struct BadTensor {
  std::string reason;
};

using Attr = std::variant<int64_t, float, bool, std::string, TypeCode, PartialShape, Tensor, BadTensor,
                          FunctionName, BodyPtr, std::vector<BodyPtr>, std::vector<int64_t>, std::vector<float>, std::vector<bool>,
                          std::vector<std::string>, std::vector<TypeCode>, std::vector<PartialShape>>;

struct Edge {
  int node = 0; // index into Graph::nodes
  int port = 0; // which of its outputs
};

struct Node {
  std::string name;
  std::string op;
  std::map<std::string, Attr> attrs;
  std::vector<Edge> inputs; // data inputs, in order
  // Of a node without data inputs: what says in which branch or loop it runs. Other control inputs are dropped.
  std::vector<Edge> controls;
};

// The graph in an attribute of While ("cond", "body"), If ("then_branch", "else_branch") or Case ("branches").
struct Body {
  std::vector<Node> nodes;    // producers first
  std::vector<int> arguments; // the node (of op "_Arg") of each argument; -1: nothing needs it
  std::vector<Edge> results;
};

std::vector<Body *> bodiesOf(const Node &node);

struct Graph {
  std::string path; // of the file, for messages
  std::vector<Node> nodes;
};

} // namespace aotc::tf
#endif
