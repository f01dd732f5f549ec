// Writes tables and checkpoints, honest and otherwise, for tests of their readers.
#ifndef AOTC_TEST_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_WRITER_H
#define AOTC_TEST_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_WRITER_H

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/tensorflow/proto/saved_model.pb.h"
#include "ir/Tensor/Crc32c.h"

namespace aotc::tf {

inline std::string varint(uint64_t value) {
  std::string bytes;
  for (; value > 127; value >>= 7)
    bytes.push_back(static_cast<char>(value | 128));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

inline std::string fixed32(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i)
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

using Entries = std::vector<std::pair<std::string, std::string>>;

// Keys share what they can with the one before.
inline std::string block(const Entries &entries) {
  std::string bytes, last;
  for (const auto &[key, value] : entries) {
    size_t shared = 0;
    while (shared < key.size() && shared < last.size() && key[shared] == last[shared])
      ++shared;
    bytes += varint(shared) + varint(key.size() - shared) + varint(value.size()) + key.substr(shared) + value;
    last = key;
  }
  return bytes + fixed32(0) + fixed32(1); // one restart, at the first entry
}

// Blocks as they are, with the compression that they claim.
class TableWriter {
public:
  void add(const std::string &lastKey, const std::string &contents, char type = 0) {
    index.push_back({lastKey, append(contents, type)});
  }
  std::string finish() {
    std::string meta = append(block({}), 0), handle = append(block(index), 0);
    std::string footer = meta + handle;
    footer.resize(40, '\0');
    return file + footer + std::string("\x57\xfb\x80\x8b\x24\x75\x47\xdb");
  }
  Entries index;

private:
  std::string append(const std::string &contents, char type) {
    std::string handle = varint(file.size()) + varint(contents.size());
    std::string typed = contents + type;
    file += typed + fixed32(maskedCrc32c(typed));
    return handle;
  }
  std::string file;
};

inline std::string table(const Entries &entries) {
  TableWriter writer;
  writer.add(entries.empty() ? "" : entries.back().first, block(entries));
  return writer.finish();
}

// A literal of snappy's format.
inline std::string snappyLiteral(const std::string &text) {
  return std::string{static_cast<char>((59 + 4) << 2)} + fixed32(text.size() - 1) + text;
}

inline void writeFile(const std::filesystem::path &path, const std::string &bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace aotc::tf
#endif
