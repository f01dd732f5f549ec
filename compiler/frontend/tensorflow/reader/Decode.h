// Attribute values and tensors of the wire format.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_DECODE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_DECODE_H

#include <optional>

#include "absl/container/flat_hash_map.h"
#include "compiler/frontend/tensorflow/proto/graph.pb.h"
#include "compiler/frontend/tensorflow/reader/Graph.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"

namespace aotc::tf {

TypeCode typeCode(int value); // of a DataType; references become plain types
PartialShape partialShape(const proto::TensorShapeProto &shape);

// Decodes what one file holds. Tensors are copies, so that no small one keeps
// the file's message, and share one where a function is inlined many times.
class Decoder {
public:
  // `expandable`: bytes that all tensors which repeat their last value may take.
  explicit Decoder(int64_t expandable = kMaxExpandedBytes) : expandable(expandable) {}

  // nullopt: nothing in it that a compiler could use.
  std::optional<Attr> attr(const proto::AttrValue &value);
  // A Tensor or a BadTensor.
  const Attr &tensor(const proto::TensorProto &tensor);

private:
  Attr decode(const proto::TensorProto &tensor);
  template <typename To, typename List>
  Attr fromList(const proto::TensorProto &tensor, DType type, Shape shape, const List &list);

  int64_t expandable; // what is left of it
  absl::flat_hash_map<const proto::TensorProto *, Attr> decoded;
};

} // namespace aotc::tf
#endif
