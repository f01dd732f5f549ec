#include "compiler/frontend/onnx/reader/Load.h"

#include <climits>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/common/ProtoFile.h"
#include "compiler/frontend/onnx/reader/Limits.h"
#include "compiler/frontend/onnx/reader/Reader.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/stubs/logging.h"

namespace aotc::onnx {
namespace {

namespace pb = google::protobuf;

enum WireType { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

// Calls `visit(field, wire type, content of a length-delimited field)` until it
// yields false or the bytes make no sense.
template <typename Visit> void walk(absl::string_view bytes, Visit visit) {
  pb::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()), static_cast<int>(bytes.size()));
  while (uint32_t tag = stream.ReadTagNoLastTag()) {
    uint32_t length = 0;
    uint64_t number;
    absl::string_view content;
    bool ok = false;
    switch (tag & 7) {
    case kVarint: ok = stream.ReadVarint64(&number); break;
    case kFixed64: ok = stream.Skip(8); break;
    case kLength: {
      ok = stream.ReadVarint32(&length) && length <= INT_MAX;
      const int start = stream.CurrentPosition();
      ok = ok && stream.Skip(static_cast<int>(length));
      content = ok ? bytes.substr(start, length) : absl::string_view();
      break;
    }
    case kFixed32: ok = stream.Skip(4); break;
    default: break; // groups: the parser judges
    }
    if (!ok || !visit(static_cast<int>(tag >> 3), tag & 7, content))
      return;
  }
}

// A message or string of two bytes takes a hundred when parsed: they are counted before.
size_t countMessages(absl::string_view bytes, const pb::Descriptor &type, int depth) {
  size_t count = 1;
  walk(bytes, [&](int number, int wireType, absl::string_view content) {
    const pb::FieldDescriptor *field = type.FindFieldByNumber(number);
    if (!field || wireType != kLength)
      return true;
    if (const pb::Descriptor *inner = field->message_type(); inner && depth < kMaxMessageDepth)
      count += countMessages(content, *inner, depth + 1);
    else if (!field->is_packable())
      ++count;
    return count <= kMaxMessages;
  });
  return count;
}

} // namespace

bool isOnnxModel(absl::string_view bytes) {
  bool found = false;
  if (bytes.size() <= INT_MAX)
    walk(bytes, [&](int number, int wireType, absl::string_view) {
      // Neither GraphDef nor SavedModel has these.
      found = wireType == kLength && (number == proto::ModelProto::kGraphFieldNumber ||
                                      number == proto::ModelProto::kOpsetImportFieldNumber);
      return !found;
    });
  return found;
}

absl::StatusOr<std::unique_ptr<proto::ModelProto>> parseModelProto(absl::string_view bytes) {
  if (bytes.empty())
    return absl::InvalidArgumentError("is empty");
  if (bytes.size() > INT_MAX)
    return absl::InvalidArgumentError("is larger than 2 GiB, the limit of protocol buffers; "
                                      "save its weights as external data");
  if (countMessages(bytes, *proto::ModelProto::descriptor(), 0) > kMaxMessages)
    return absl::InvalidArgumentError(absl::StrCat("has more than ", kMaxMessages, " parts"));
  pb::LogSilencer silencer; // of names that are no UTF-8
  auto model = std::make_unique<proto::ModelProto>();
  if (!parseBinary(bytes, *model))
    return absl::InvalidArgumentError("is not an ONNX model, or is damaged: the protocol buffer does not parse");
  if (!model->has_graph())
    return absl::InvalidArgumentError("is not an ONNX model: it has no graph");
  return model;
}

} // namespace aotc::onnx
