// The files of a model that is a folder, or that names files beside itself.
// Such names are untrusted: only regular files below the folder are opened.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_MODELFOLDER_H
#define AOTC_COMPILER_FRONTEND_COMMON_MODELFOLDER_H

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace aotc {

// An open file descriptor.
class Descriptor {
public:
  explicit Descriptor(int number = -1) : fd(number) {}
  Descriptor(Descriptor &&other) noexcept : fd(other.fd) { other.fd = -1; }
  Descriptor &operator=(Descriptor &&other) noexcept;
  ~Descriptor();
  int number() const { return fd; }

private:
  int fd;
};

class ModelFile {
public:
  ModelFile(Descriptor file, uint64_t bytes) : file(std::move(file)), bytes(bytes) {}

  uint64_t size() const { return bytes; }
  // Both refuse what lies past the end; messages do not name the file.
  absl::Status read(uint64_t offset, size_t count, char *to) const;
  absl::StatusOr<std::string> readAll(uint64_t limit) const;

private:
  Descriptor file;
  uint64_t bytes;
};

class ModelFolder {
public:
  static absl::StatusOr<ModelFolder> open(const std::string &path);

  // `name` is relative to the folder, parts separated by '/'. Refused are
  // absolute names, "..", symbolic links on the way, files with several hard
  // links, and what is no regular file. NotFound: there is no such file.
  // Messages do not name the file.
  absl::StatusOr<ModelFile> openFile(absl::string_view name) const;

private:
  explicit ModelFolder(Descriptor folder) : folder(std::move(folder)) {}
  Descriptor folder;
};

} // namespace aotc
#endif
