#include "compiler/frontend/onnx/reader/ExternalData.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace aotc::onnx {

ExternalData::ExternalData(const std::string &modelPath) {
  size_t slash = modelPath.rfind('/');
  folderPath = slash == std::string::npos ? "." : slash == 0 ? "/" : modelPath.substr(0, slash);
}

absl::StatusOr<ExternalData::File *> ExternalData::open(const std::string &location) {
  if (auto found = files.find(location); found != files.end())
    return &found->second;
  if (!folder) {
    absl::StatusOr<ModelFolder> opened = ModelFolder::open(folderPath);
    if (!opened.ok())
      return opened.status();
    folder = std::make_unique<ModelFolder>(std::move(*opened));
  }
  absl::StatusOr<ModelFile> file = folder->openFile(location);
  if (!file.ok())
    return file.status();
  // Ranges do not overlap in honest files, but for a few that tensors share.
  uint64_t budget = 2 * file->size();
  return &files.emplace(location, File{std::move(*file), budget}).first->second;
}

absl::StatusOr<std::shared_ptr<const std::string>> ExternalData::read(const proto::TensorProto &tensor,
                                                                      uint64_t size) {
  std::string location;
  uint64_t offset = 0, length = size;
  for (const auto &entry : tensor.external_data()) {
    bool ok = true;
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset")
      ok = absl::SimpleAtoi(entry.value(), &offset);
    else if (entry.key() == "length")
      ok = absl::SimpleAtoi(entry.value(), &length);
    if (!ok)
      return absl::InvalidArgumentError(
          absl::StrCat("has external data whose ", entry.key(), " '", entry.value(), "' is no number"));
  }
  if (location.empty())
    return absl::InvalidArgumentError("has external data without a location");
  auto problem = [&](const auto &what) {
    return absl::InvalidArgumentError(absl::StrCat("has external data in '", location, "', which ", what));
  };
  if (length != size)
    return problem(absl::StrCat("should be ", length, " bytes, but the tensor takes ", size));
  auto [known, fresh] = ranges.try_emplace({location, offset, size});
  if (!fresh)
    return known->second ? absl::StatusOr<std::shared_ptr<const std::string>>(known->second)
                         : problem("cannot be used");
  absl::StatusOr<File *> file = open(location);
  if (!file.ok())
    return problem(file.status().message());
  if (offset > (*file)->file.size() || size > (*file)->file.size() - offset)
    return problem(absl::StrCat("has ", (*file)->file.size(), " bytes; ", size, " bytes at ", offset,
                                " lie past its end"));
  if (size > (*file)->left)
    return problem("several tensors share in parts");
  (*file)->left -= size;
  auto bytes = std::make_shared<std::string>(size, '\0');
  if (absl::Status status = (*file)->file.read(offset, size, bytes->data()); !status.ok())
    return problem(status.message());
  return known->second = std::move(bytes);
}

} // namespace aotc::onnx
