#include "test/e2e/tf_ops/Cases.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace aotc::tfops {
namespace {

// Little-endian fields: u32 counts, and u32 lengths before bytes.
class Fields {
public:
  Fields(absl::string_view bytes) : rest(bytes) {}

  bool done() const { return rest.empty() || broken; }
  bool isBroken() const { return broken; }

  uint32_t number() {
    uint32_t value = 0;
    absl::string_view bytes = take(4);
    for (size_t i = 0; i < bytes.size(); ++i)
      value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
  }
  std::string text() { return std::string(take(number())); }

private:
  absl::string_view take(size_t count) {
    if (count > rest.size()) {
      broken = true;
      return {};
    }
    absl::string_view bytes = rest.substr(0, count);
    rest.remove_prefix(count);
    return bytes;
  }

  absl::string_view rest;
  bool broken = false;
};

absl::Status readTensors(Fields &fields, const std::string &path,
                         std::vector<std::pair<std::string, Tensor>> &tensors) {
  uint32_t count = fields.number();
  for (uint32_t i = 0; i < count && !fields.isBroken(); ++i) {
    std::string name = fields.text(), npy = fields.text();
    auto tensor = parseNpy(npy, absl::StrCat(path, ": ", name));
    if (!tensor.ok())
      return tensor.status();
    tensors.emplace_back(name, *std::move(tensor));
  }
  return absl::OkStatus();
}

} // namespace

absl::StatusOr<std::vector<Case>> loadCases(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream stream;
  stream << file.rdbuf();
  std::string bytes = stream.str();
  Fields fields(bytes);
  if (fields.text() != "aotc tf cases 1")
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a file of cases"));
  std::vector<Case> cases;
  while (!fields.done()) {
    Case c;
    c.name = fields.text();
    c.graph = fields.text();
    c.rtol = std::stod("0" + fields.text());
    for (auto *tensors : {&c.inputs, &c.outputs})
      if (absl::Status status = readTensors(fields, path, *tensors); !status.ok())
        return status;
    cases.push_back(std::move(c));
  }
  if (fields.isBroken())
    return absl::InvalidArgumentError(absl::StrCat(path, ": truncated"));
  return cases;
}

std::vector<std::string> caseFiles(const std::string &folder) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto &entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".cases")
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace aotc::tfops
