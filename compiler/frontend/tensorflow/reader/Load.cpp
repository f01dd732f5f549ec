#include "compiler/frontend/tensorflow/reader/Load.h"

#include <climits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "compiler/frontend/common/ProtoFile.h"
#include "compiler/frontend/tensorflow/reader/Limits.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/text_format.h"

namespace aotc::tf {
namespace {

namespace pb = google::protobuf;

// Keeps the first error of the text parser, which prints to stderr otherwise.
class FirstError : public pb::io::ErrorCollector {
public:
  void AddError(int line, int column, const std::string &message) override {
    if (text.empty())
      text = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  void AddWarning(int, int, const std::string &) override {} // unknown fields
  std::string text;
};

// Text starts with a field's name or a comment and holds no control bytes. The
// wire format of a graph starts with a line feed and a length: either that is
// no letter, or the node is so short that the tag of NodeDef.op, 0x12, is near.
bool looksLikeText(absl::string_view bytes) {
  absl::string_view start = absl::StripLeadingAsciiWhitespace(bytes);
  if (start.empty() || (!absl::ascii_isalpha(start[0]) && start[0] != '#'))
    return false;
  for (unsigned char c : bytes.substr(0, 1024))
    if (absl::ascii_iscntrl(c) && !absl::ascii_isspace(c))
      return false;
  return true;
}

absl::Status tooManyNodes() {
  return absl::InvalidArgumentError(absl::StrCat("has more than ", kMaxNodes, " nodes"));
}

// Messages that are reached by these fields, one inside the other.
size_t countMessages(absl::string_view bytes, absl::Span<const int> fields) {
  pb::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  const uint32_t wanted = static_cast<uint32_t>(fields.front()) << 3 | 2;
  size_t count = 0;
  while (uint32_t tag = stream.ReadTagNoLastTag()) {
    uint32_t length = 0;
    uint64_t number = 0;
    bool ok = false;
    switch (tag & 7) {
    case 0: ok = stream.ReadVarint64(&number); break;
    case 1: ok = stream.Skip(8); break;
    case 2: {
      ok = stream.ReadVarint32(&length) && length <= INT_MAX;
      const int start = stream.CurrentPosition();
      ok = ok && stream.Skip(length);
      if (tag != wanted)
        break;
      count += fields.size() == 1 || !ok ? 1 : countMessages(bytes.substr(start, length), fields.subspan(1));
      break;
    }
    case 5: ok = stream.Skip(4); break;
    default: break; // groups: the parser judges
    }
    if (!ok)
      break;
  }
  return count;
}

// The first problem, empty if there is none.
std::string parseText(absl::string_view bytes, pb::Message &message) {
  pb::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  FirstError error;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.AllowUnknownField(true);
  parser.AllowUnknownExtension(true);
  parser.SetRecursionLimit(kMaxMessageDepth);
  return parser.Parse(&stream, &message) ? "" : error.text;
}

} // namespace

absl::Status parseMessage(absl::string_view bytes, absl::string_view what, absl::Span<const int> nodeFields,
                          pb::Message &message) {
  if (bytes.empty())
    return absl::InvalidArgumentError("is empty");
  if (bytes.size() > INT_MAX)
    return absl::InvalidArgumentError("is larger than 2 GiB, the limit of protocol buffers");
  pb::LogSilencer silencer; // of names that are no UTF-8; the parser fails anyway
  if (looksLikeText(bytes)) {
    std::string problem = parseText(bytes, message);
    return problem.empty() ? absl::OkStatus()
                           : absl::InvalidArgumentError(absl::StrCat("is not ", what, " in text form: ", problem));
  }
  // A node of two bytes takes a hundred when parsed: count before parsing.
  if (countMessages(bytes, nodeFields) > kMaxNodes)
    return tooManyNodes();
  if (parseBinary(bytes, message))
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("is not ", what, ", or is damaged: the protocol buffer does not parse"));
}

absl::StatusOr<GraphDefPtr> parseGraphDef(absl::string_view bytes) {
  auto graph = std::make_shared<proto::GraphDef>();
  absl::Status status = parseMessage(bytes, "a TensorFlow graph", {proto::GraphDef::kNodeFieldNumber}, *graph);
  if (!status.ok() && !bytes.empty() && bytes[0] == 0x08) // both formats start with a version number
    return absl::InvalidArgumentError("is not a TensorFlow graph; a SavedModel, which is given as a folder, or an "
                                      "ONNX model perhaps");
  if (!status.ok())
    return status;
  if (graph->node_size() == 0)
    return absl::InvalidArgumentError("is not a TensorFlow graph: it has no nodes");
  if (static_cast<size_t>(graph->node_size()) > kMaxNodes) // of a text
    return tooManyNodes();
  return GraphDefPtr(std::move(graph));
}

absl::StatusOr<GraphDefPtr> loadGraphDef(const std::string &path) {
  absl::StatusOr<MappedFile> file = MappedFile::open(path);
  if (!file.ok())
    return file.status();
  return parseGraphDef(file->bytes());
}

} // namespace aotc::tf
