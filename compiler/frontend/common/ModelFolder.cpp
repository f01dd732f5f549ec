#include "compiler/frontend/common/ModelFolder.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace aotc {
namespace {

absl::Status systemError(int code) {
  return absl::Status(absl::ErrnoToStatusCode(code), absl::StrCat("cannot be read: ", std::strerror(code)));
}

absl::Status refused(absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(why, ", which could lead out of the model's folder; copy the file itself there"));
}

} // namespace

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept {
  std::swap(fd, other.fd);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd >= 0)
    close(fd);
}

absl::Status ModelFile::read(uint64_t offset, size_t count, char *to) const {
  if (offset > bytes || count > bytes - offset)
    return absl::InvalidArgumentError(
        absl::StrCat("has ", bytes, " bytes; ", count, " bytes at ", offset, " lie past its end"));
  while (count > 0) {
    ssize_t got = pread(file.number(), to, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return systemError(errno);
    if (got == 0)
      return absl::InvalidArgumentError("became shorter while it was read");
    to += got;
    offset += got;
    count -= got;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ModelFile::readAll(uint64_t limit) const {
  if (bytes > limit)
    return absl::InvalidArgumentError(absl::StrCat("has ", bytes, " bytes, more than ", limit));
  std::string content(bytes, '\0');
  if (absl::Status status = read(0, content.size(), content.data()); !status.ok())
    return status;
  return content;
}

absl::StatusOr<ModelFolder> ModelFolder::open(const std::string &path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() < 0)
    return systemError(errno);
  return ModelFolder(std::move(folder));
}

absl::StatusOr<ModelFile> ModelFolder::openFile(absl::string_view name) const {
  if (name.empty() || name[0] == '/' || name.find('\0') != absl::string_view::npos)
    return absl::InvalidArgumentError("is not a name of a file in the model's folder");
  std::vector<std::string> parts = absl::StrSplit(name, '/', absl::SkipEmpty());
  int at = folder.number();
  Descriptor held; // keeps `at` open below the folder
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "..")
      return absl::InvalidArgumentError("leads out of the model's folder");
    // A pipe must not block here.
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (i + 1 < parts.size() ? O_DIRECTORY : O_NONBLOCK);
    Descriptor next(openat(at, parts[i].c_str(), flags));
    if (next.number() < 0) {
      int code = errno;
      struct stat info;
      if (fstatat(at, parts[i].c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode))
        return refused("is reached through a symbolic link");
      return systemError(code);
    }
    held = std::move(next);
    at = held.number();
  }
  struct stat info;
  if (fstat(at, &info) != 0)
    return systemError(errno);
  if (!S_ISREG(info.st_mode))
    return absl::InvalidArgumentError("is not a regular file");
  if (info.st_nlink > 1)
    return refused("has several hard links");
  return ModelFile(std::move(held), static_cast<uint64_t>(info.st_size));
}

} // namespace aotc
