#include "compiler/driver/TuningFile.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "compiler/driver/Errors.h"

namespace aotc {

constexpr char kFirstLine[] = "aotc tuning 1";

absl::StatusOr<TuningFile> TuningFile::parse(const std::string &path, const std::string &text) {
  TuningFile file;
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines[0] != kFirstLine)
    return ioError(absl::StrCat(path, ": not a tuning file of this version: the first line must be '", kFirstLine, "'"));
  if (!lines.back().empty())
    return ioError(absl::StrCat(path, ": the last line is cut off; write the file anew with --tune"));
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    std::vector<std::string> fields = absl::StrSplit(lines[i], '\t');
    if (fields.size() != 3 || fields[0].empty() || fields[1].empty())
      return ioError(absl::StrCat(path, ":", i + 1, ": damaged: a line is CPU, kernel and choice, divided by tabs"));
    if (!file.entries.try_emplace({fields[0], fields[1]}, fields[2]).second)
      return ioError(absl::StrCat(path, ":", i + 1, ": this kernel has an entry already"));
  }
  return file;
}

std::string TuningFile::write() const {
  std::string text = absl::StrCat(kFirstLine, "\n");
  for (const auto &[key, choice] : entries)
    absl::StrAppend(&text, key.first, "\t", key.second, "\t", choice, "\n");
  return text;
}

std::optional<std::string> TuningFile::find(const std::string &cpu, const std::string &kernel) const {
  auto found = entries.find({cpu, kernel});
  return found == entries.end() ? std::nullopt : std::optional(found->second);
}

} // namespace aotc
