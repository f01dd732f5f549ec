// Attribute values and tensors of the wire format.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_READER_DECODE_H
#define AOTC_COMPILER_FRONTEND_ONNX_READER_DECODE_H

#include "compiler/frontend/onnx/proto/onnx.pb.h"
#include "compiler/frontend/onnx/reader/ExternalData.h"
#include "compiler/frontend/onnx/reader/Graph.h"
#include "compiler/frontend/onnx/reader/Limits.h"

namespace aotc::onnx {

using TensorOrBad = std::variant<TypedTensor, BadValue>;

// Decodes what one file holds. Messages are consumed: large tensors take their
// bytes out of them instead of copying.
class Decoder {
public:
  explicit Decoder(const std::string &modelPath) : external(modelPath) {}

  TensorOrBad tensor(proto::TensorProto &tensor);
  // Zeros but for the elements that are listed.
  TensorOrBad tensor(proto::SparseTensorProto &sparse);
  // Whatever is no graph.
  Attr attr(proto::AttributeProto &attribute);

private:
  absl::StatusOr<std::shared_ptr<const std::string>> bytesOf(proto::TensorProto &tensor, size_t expected);

  ExternalData external;
  int64_t expandable = kMaxExpandedBytes; // what is left of it
};

// By the field that is set, where the type is missing.
proto::AttributeProto::AttributeType kindOf(const proto::AttributeProto &attribute);

} // namespace aotc::onnx
#endif
