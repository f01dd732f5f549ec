// The sorted table in LevelDB's file format that is a checkpoint's index.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_TABLE_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_TABLE_H

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace aotc::tf {

// Of a table, decompressed. An honest index has a hundred bytes a variable.
inline constexpr size_t kMaxTableBytes = size_t(256) << 20;

class Table {
public:
  // Checks all blocks. Messages do not name the file.
  static absl::StatusOr<Table> parse(absl::string_view file);

  using Entry = std::pair<std::string, std::string>;
  const std::vector<Entry> &entries() const { return sorted; }
  // Null: no such key.
  const std::string *find(absl::string_view key) const;

private:
  std::vector<Entry> sorted; // by key
};

} // namespace aotc::tf
#endif
