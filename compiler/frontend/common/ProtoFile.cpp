#include "compiler/frontend/common/ProtoFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"

namespace aotc {

absl::StatusOr<MappedFile> MappedFile::open(const std::string &path) {
  auto failure = [] {
    int code = errno;
    return absl::Status(absl::ErrnoToStatusCode(code), absl::StrCat("cannot be read: ", std::strerror(code)));
  };
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not block here
  if (file < 0)
    return failure();
  absl::Cleanup closeFile = [file] { close(file); };
  struct stat info;
  if (fstat(file, &info) != 0)
    return failure();
  if (S_ISDIR(info.st_mode))
    return absl::InvalidArgumentError("is a directory; a model's file is needed");
  if (!S_ISREG(info.st_mode))
    return absl::InvalidArgumentError("is not a regular file");
  MappedFile mapped;
  if (info.st_size == 0)
    return mapped;
  size_t size = static_cast<size_t>(info.st_size);
  void *bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED)
    return failure();
  mapped.mapping = std::shared_ptr<const void>(bytes, [size](const void *at) { munmap(const_cast<void *>(at), size); });
  mapped.content = {static_cast<const char *>(bytes), size};
  return mapped;
}

bool parseBinary(absl::string_view bytes, google::protobuf::Message &message) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kMaxMessageDepth);
  return message.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

} // namespace aotc
