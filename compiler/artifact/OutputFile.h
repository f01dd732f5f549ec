// Output files that appear whole or not at all.
#ifndef AOTC_COMPILER_ARTIFACT_OUTPUTFILE_H
#define AOTC_COMPILER_ARTIFACT_OUTPUTFILE_H

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "llvm/Support/FileSystem.h"

namespace aotc {

// Files are written to temporaries beside their final places; commit() renames
// them all. Without commit() nothing is left, also when a signal ends the process.
class OutputFiles {
public:
  ~OutputFiles();
  // Creates the temporary, so that an unwritable place shows before the work
  // and not after. Devices and pipes are written directly.
  absl::Status open(const std::string &path);
  // `path` must be open.
  absl::Status write(const std::string &path, const std::string &bytes);
  absl::Status commit();

private:
  struct File {
    std::string path;
    std::optional<llvm::sys::fs::TempFile> temporary; // none: written directly
    int direct = -1;
  };
  std::vector<File> files;
};

// The same for one small file.
absl::Status writeFile(const std::string &path, const std::string &bytes);

} // namespace aotc
#endif
