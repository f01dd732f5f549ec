#include "compiler/artifact/OutputFile.h"
#include "absl/strings/str_cat.h"
#include "llvm/Support/Error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = llvm::sys::fs;

namespace aotc {
namespace {

absl::Status cannotWrite(const std::string &path, const std::string &reason) {
  return absl::UnavailableError(absl::StrCat(path, ": cannot be written: ", reason));
}

absl::Status writeAll(const std::string &path, int fd, const std::string &bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return cannotWrite(path, std::strerror(errno));
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

} // namespace

OutputFiles::~OutputFiles() {
  for (File &f : files) {
    if (f.temporary)
      llvm::consumeError(f.temporary->discard());
    if (f.direct >= 0)
      ::close(f.direct);
  }
}

absl::Status OutputFiles::open(const std::string &path) {
  for (const File &f : files)
    if (f.path == path)
      return absl::InvalidArgumentError(absl::StrCat(path, ": two outputs would go to the same file"));
  File file;
  file.path = path;
  struct stat st;
  bool exists = ::stat(path.c_str(), &st) == 0;
  if (exists && S_ISDIR(st.st_mode))
    return cannotWrite(path, "it is a folder");
  if (exists && !S_ISREG(st.st_mode)) {
    file.direct = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file.direct < 0)
      return cannotWrite(path, std::strerror(errno));
  } else {
    if (exists && ::access(path.c_str(), W_OK) != 0)
      return cannotWrite(path, std::strerror(errno));
    llvm::Expected<fs::TempFile> temporary = fs::TempFile::create(path + ".tmp-%%%%%%");
    if (!temporary)
      return cannotWrite(path, llvm::toString(temporary.takeError()));
    file.temporary = std::move(*temporary);
  }
  files.push_back(std::move(file));
  return absl::OkStatus();
}

absl::Status OutputFiles::write(const std::string &path, const std::string &bytes) {
  for (File &f : files)
    if (f.path == path)
      return writeAll(path, f.temporary ? f.temporary->FD : f.direct, bytes);
  return absl::InternalError(absl::StrCat(path, " was not opened"));
}

absl::Status OutputFiles::commit() {
  for (File &f : files) {
    if (!f.temporary)
      continue;
    // createUniqueFile opens with 0600-like modes on some systems; outputs get what the umask leaves.
    mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(f.temporary->FD, 0666 & ~mask);
    if (llvm::Error error = f.temporary->keep(f.path)) {
      f.temporary.reset();
      return cannotWrite(f.path, llvm::toString(std::move(error)));
    }
    f.temporary.reset();
  }
  return absl::OkStatus();
}

absl::Status writeFile(const std::string &path, const std::string &bytes) {
  OutputFiles files;
  if (absl::Status s = files.open(path); !s.ok())
    return s;
  if (absl::Status s = files.write(path, bytes); !s.ok())
    return s;
  return files.commit();
}

} // namespace aotc
