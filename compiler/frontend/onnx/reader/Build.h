// From messages to graphs: names become numbers of values.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_READER_BUILD_H
#define AOTC_COMPILER_FRONTEND_ONNX_READER_BUILD_H

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "compiler/frontend/common/Diagnostics.h"
#include "compiler/frontend/onnx/reader/Decode.h"

namespace aotc::onnx {

// Builds one graph. The messages must outlive it, and are consumed.
class GraphBuilder {
public:
  // `outer` builds the graph around this one, if there is any.
  GraphBuilder(Decoder &decoder, Diagnostics &diagnostics, GraphBuilder *outer = nullptr)
      : decoder(decoder), diagnostics(diagnostics), outer(outer) {}

  // First the names of all values become known...
  void define(proto::GraphProto &message);
  void define(proto::FunctionProto &message);
  // ...which then have numbers; -1: there is none of the name.
  int find(const std::string &name) const;
  // The same for an output, which a graph around this one may have; reports unknown ones.
  int findOutput(const std::string &name);
  std::string suggestion(const std::string &name) const; // a remedy for a name that does not exist
  const std::vector<std::string> &names() const { return graph.values; }
  bool isInitializer(int value) const { return initializers.count(value) != 0; }

  // ...and nodes are built that `outputs` need. What stands before `cuts` is left out.
  Graph build(std::vector<int> inputs, std::vector<int> outputs, const absl::flat_hash_set<int> &cuts = {});
  // Whether what was built needs the value.
  bool isUsed(int value) const { return used.count(value) != 0; }

private:
  using TensorSource = std::variant<proto::TensorProto *, proto::SparseTensorProto *>;

  int valueOf(const std::string &name); // a new one or that of the name
  void addInitializer(const std::string &name, TensorSource source);
  void addNodes(google::protobuf::RepeatedPtrField<proto::NodeProto> &list);
  int resolve(const std::string &name); // here or, as a capture, in the graph around; -1: nowhere
  std::vector<int> dependencies(int node) const; // producers of what the node and its graphs read
  std::vector<int> neededNodes(const std::vector<int> &outputs, const absl::flat_hash_set<int> &cuts);
  Node buildNode(proto::NodeProto &node);
  std::shared_ptr<const Graph> buildInner(proto::GraphProto &message);
  void buildInitializers(const absl::flat_hash_set<int> &cuts);

  Decoder &decoder;
  Diagnostics &diagnostics;
  GraphBuilder *outer;
  Graph graph;
  std::vector<proto::NodeProto *> nodes;
  absl::flat_hash_map<std::string, int> index; // of values
  absl::flat_hash_map<int, int> producers;     // nodes by value
  absl::flat_hash_map<int, TensorSource> initializers;
  absl::flat_hash_set<int> used;
};

// Versions of operator sets that a file names.
Opsets opsetsOf(const google::protobuf::RepeatedPtrField<proto::OperatorSetIdProto> &list);
// A function of a model or of the library; the message is consumed.
Function buildFunction(proto::FunctionProto &message, Decoder &decoder, Diagnostics &diagnostics);

} // namespace aotc::onnx
#endif
