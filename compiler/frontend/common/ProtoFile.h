// Files and messages of protocol buffers, which are untrusted.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_PROTOFILE_H
#define AOTC_COMPILER_FRONTEND_COMMON_PROTOFILE_H

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace aotc {

inline constexpr int kMaxMessageDepth = 64; // of nested messages

// The bytes of a regular file as long as this lives. Messages do not name the file.
class MappedFile {
public:
  static absl::StatusOr<MappedFile> open(const std::string &path);
  absl::string_view bytes() const { return content; }

private:
  std::shared_ptr<const void> mapping;
  absl::string_view content;
};

// False: damaged, or nested too deeply.
bool parseBinary(absl::string_view bytes, google::protobuf::Message &message);

} // namespace aotc
#endif
