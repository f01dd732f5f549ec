#include "compiler/frontend/tensorflow/savedmodel/Table.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "ir/Tensor/Crc32c.h"
#include "compiler/frontend/tensorflow/savedmodel/Snappy.h"
#include "compiler/frontend/tensorflow/savedmodel/Varint.h"

namespace aotc::tf {
namespace {

constexpr size_t kFooterBytes = 48, kTrailerBytes = 5;
constexpr uint64_t kMagic = 0xdb4775248b80fb57u;

absl::Status damaged(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("is damaged: ", what));
}

uint64_t fixed(absl::string_view bytes, size_t count) { // little endian
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

// Where a block lies in the file, without its trailer.
struct Handle {
  uint64_t offset = 0, size = 0;
};
std::optional<Handle> takeHandle(absl::string_view &bytes) {
  std::optional<uint64_t> offset = takeVarint(bytes), size = takeVarint(bytes);
  if (!offset || !size)
    return std::nullopt;
  return Handle{*offset, *size};
}

class Parser {
public:
  explicit Parser(absl::string_view file) : file(file) {}

  absl::StatusOr<std::vector<Table::Entry>> run() {
    if (file.size() < kFooterBytes || fixed(file.substr(file.size() - 8), 8) != kMagic)
      return absl::InvalidArgumentError("is not the index of a checkpoint: its last bytes are not a table's");
    absl::string_view footer = file.substr(file.size() - kFooterBytes);
    std::optional<Handle> metaIndex = takeHandle(footer), index = takeHandle(footer);
    if (!metaIndex || !index)
      return damaged("the footer does not say where the blocks are");
    std::vector<Table::Entry> blocks, entries;
    if (absl::Status status = readBlock(*index, blocks); !status.ok())
      return status;
    uint64_t end = 0; // of the block before: no block is read twice, so work stays linear
    for (const auto &[lastKey, where] : blocks) {
      absl::string_view bytes = where;
      std::optional<Handle> handle = takeHandle(bytes);
      if (!handle || handle->offset < end)
        return damaged("its blocks are not in order");
      if (absl::Status status = readBlock(*handle, entries); !status.ok())
        return status;
      end = handle->offset + handle->size + kTrailerBytes;
    }
    auto descends = [](const Table::Entry &a, const Table::Entry &b) { return a.first >= b.first; };
    if (std::adjacent_find(entries.begin(), entries.end(), descends) != entries.end())
      return damaged("its keys are not in order");
    return entries;
  }

private:
  absl::Status readBlock(Handle handle, std::vector<Table::Entry> &entries) {
    const uint64_t room = file.size() - kFooterBytes;
    if (handle.offset > room || handle.size > room - handle.offset ||
        kTrailerBytes > room - handle.offset - handle.size)
      return damaged(absl::StrCat("a block at ", handle.offset, " lies past its end"));
    absl::string_view withType = file.substr(handle.offset, handle.size + 1);
    if (maskedCrc32c(withType) != fixed(file.substr(handle.offset + handle.size + 1), 4))
      return damaged(absl::StrCat("the checksum of the block at ", handle.offset, " is wrong"));
    absl::string_view block = withType.substr(0, handle.size);
    const char type = withType.back();
    if (type == 0)
      return parseBlock(block, handle, entries);
    if (type != 1)
      return damaged(absl::StrCat("a block has the unknown compression ", static_cast<int>(type)));
    std::optional<std::string> plain = decompressSnappy(block);
    if (!plain)
      return damaged(absl::StrCat("the block at ", handle.offset, " does not decompress"));
    return parseBlock(*plain, handle, entries);
  }

  // Entries, each of which shares the beginning of its key with the one before,
  // then offsets for binary search and their number.
  absl::Status parseBlock(absl::string_view block, Handle handle, std::vector<Table::Entry> &entries) {
    auto bad = [&] { return damaged(absl::StrCat("the block at ", handle.offset, " does not parse")); };
    if (block.size() < 4)
      return bad();
    const uint64_t restarts = fixed(block.substr(block.size() - 4), 4);
    if (restarts > block.size() / 4 - 1)
      return bad();
    block.remove_suffix(4 + 4 * restarts);
    std::string key;
    while (!block.empty()) {
      std::optional<uint64_t> shared = takeVarint(block), own = takeVarint(block), value = takeVarint(block);
      if (!shared || !own || !value || *shared > key.size() || *own > block.size() ||
          *value > block.size() - *own)
        return bad();
      key.resize(*shared);
      key.append(block.data(), *own);
      bytes += key.size() + *value + sizeof(Table::Entry);
      if (bytes > kMaxTableBytes)
        return absl::InvalidArgumentError(absl::StrCat("takes more than ", kMaxTableBytes >> 20, " MiB"));
      entries.emplace_back(key, std::string(block.substr(*own, *value)));
      block.remove_prefix(*own + *value);
    }
    return absl::OkStatus();
  }

  absl::string_view file;
  size_t bytes = 0; // of all entries so far
};

} // namespace

absl::StatusOr<Table> Table::parse(absl::string_view file) {
  absl::StatusOr<std::vector<Entry>> entries = Parser(file).run();
  if (!entries.ok())
    return entries.status();
  Table table;
  table.sorted = *std::move(entries);
  return table;
}

const std::string *Table::find(absl::string_view key) const {
  auto found = std::lower_bound(sorted.begin(), sorted.end(), key,
                                [](const Entry &entry, absl::string_view k) { return entry.first < k; });
  return found != sorted.end() && found->first == key ? &found->second : nullptr;
}

} // namespace aotc::tf
