#include "compiler/data/File.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/escaping.h"

namespace aotc::data {
namespace {

absl::Status systemError() {
  int code = errno;
  return absl::Status(absl::ErrnoToStatusCode(code), std::strerror(code));
}

class File : public Bytes {
public:
  explicit File(int number) : number(number) {}
  ~File() override { close(number); }

  absl::Status measure() {
    struct stat info;
    if (fstat(number, &info) != 0)
      return systemError();
    if (!S_ISREG(info.st_mode))
      return damaged("is not a regular file");
    bytes = static_cast<uint64_t>(info.st_size);
    return absl::OkStatus();
  }

  uint64_t size() const override { return bytes; }

  absl::Status read(uint64_t offset, size_t count, char *to) override {
    if (offset > bytes || count > bytes - offset)
      return damaged("has ", bytes, " bytes; ", count, " bytes at ", offset, " lie past its end");
    while (count > 0) {
      ssize_t got = pread(number, to, count, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return systemError();
      if (got == 0)
        return damaged("became shorter while it was read");
      to += got;
      offset += got;
      count -= got;
    }
    return absl::OkStatus();
  }

private:
  int number;
  uint64_t bytes = 0;
};

} // namespace

absl::StatusOr<std::string> Bytes::read(uint64_t offset, size_t count) {
  if (offset > size() || count > size() - offset) // before memory is taken
    return damaged("has ", size(), " bytes; ", count, " bytes at ", offset, " lie past its end");
  std::string bytes(count, '\0');
  if (absl::Status status = read(offset, count, bytes.data()); !status.ok())
    return status;
  return bytes;
}

absl::StatusOr<std::shared_ptr<Bytes>> openFile(const std::string &path) {
  int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not block here
  if (number < 0)
    return systemError();
  auto file = std::make_shared<File>(number);
  if (absl::Status status = file->measure(); !status.ok())
    return status;
  return file;
}

std::string shown(absl::string_view name) {
  constexpr size_t kMaxLength = 200;
  std::string text = absl::Utf8SafeCHexEscape(name.substr(0, kMaxLength));
  return name.size() > kMaxLength ? text + "..." : text;
}

absl::Status of(absl::string_view what, const absl::Status &status) {
  return status.ok() ? status : absl::Status(status.code(), absl::StrCat(what, ": ", status.message()));
}

uint64_t fixedAt(absl::string_view bytes, size_t offset, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

} // namespace aotc::data
