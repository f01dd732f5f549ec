// From a file to a parsed message.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LOAD_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LOAD_H

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/frontend/tensorflow/proto/graph.pb.h"

namespace aotc::tf {

using GraphDefPtr = std::shared_ptr<const proto::GraphDef>;

// Parses a binary or text message, told apart by their content. `what` it is
// for messages: "a TensorFlow graph". `nodeFields` lead to a graph's nodes.
absl::Status parseMessage(absl::string_view bytes, absl::string_view what, absl::Span<const int> nodeFields,
                          google::protobuf::Message &message);

// Binary and text graphs are told apart by their content. Messages name
// neither the file nor a node.
absl::StatusOr<GraphDefPtr> parseGraphDef(absl::string_view bytes);
absl::StatusOr<GraphDefPtr> loadGraphDef(const std::string &path);

} // namespace aotc::tf
#endif
