// Files that are read piece by piece, as they may be larger than memory.
// Private to this folder. Messages do not name the file.
#ifndef AOTC_COMPILER_DATA_FILE_H
#define AOTC_COMPILER_DATA_FILE_H

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace aotc::data {

class Bytes {
public:
  virtual ~Bytes() = default;
  virtual uint64_t size() const = 0;
  // Refuses what lies past the end.
  virtual absl::Status read(uint64_t offset, size_t count, char *to) = 0;

  absl::StatusOr<std::string> read(uint64_t offset, size_t count);
};

// A regular file. Not mapped: one that becomes shorter must give an error, not a signal.
absl::StatusOr<std::shared_ptr<Bytes>> openFile(const std::string &path);

// Names come from files and may hold anything, terminal escapes included.
std::string shown(absl::string_view name);

// What was given does not fit.
template <typename... Parts> absl::Status invalid(const Parts &...parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}
// A file is not what it should be.
template <typename... Parts> absl::Status damaged(const Parts &...parts) {
  return absl::DataLossError(absl::StrCat(parts...));
}

// The same problem, said of `what`: "what: problem".
absl::Status of(absl::string_view what, const absl::Status &status);

// Of up to 8 bytes, little endian.
uint64_t fixedAt(absl::string_view bytes, size_t offset, size_t count);

} // namespace aotc::data
#endif
