// The file that holds what tuning measured, so that later builds choose alike:
//
//   aotc tuning 1
//   CPU <tab> KERNEL <tab> CHOICE
//
// sorted, one line a kernel. An empty CHOICE: the cost model's own.
#ifndef AOTC_COMPILER_DRIVER_TUNINGFILE_H
#define AOTC_COMPILER_DRIVER_TUNINGFILE_H

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace aotc {

class TuningFile {
public:
  // An error names the line that is damaged; `path` opens it.
  static absl::StatusOr<TuningFile> parse(const std::string &path, const std::string &text);
  std::string write() const;

  std::optional<std::string> find(const std::string &cpu, const std::string &kernel) const;
  void set(const std::string &cpu, const std::string &kernel, const std::string &choice) {
    entries[{cpu, kernel}] = choice;
  }

private:
  std::map<std::pair<std::string, std::string>, std::string> entries;
};

} // namespace aotc
#endif
