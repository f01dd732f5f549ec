#include "compiler/frontend/tensorflow/savedmodel/Snappy.h"

#include "compiler/frontend/tensorflow/savedmodel/Varint.h"

namespace aotc::tf {

std::optional<std::string> decompressSnappy(absl::string_view bytes) {
  // Three bytes say at most "copy 64".
  constexpr uint64_t kMaxRatio = 22;
  std::optional<uint64_t> length = takeVarint(bytes);
  if (!length || *length > kMaxRatio * bytes.size())
    return std::nullopt;
  std::string result;
  result.reserve(*length);
  auto takeNumber = [&](size_t count) { // little endian; the caller has checked
    size_t number = 0;
    for (size_t i = 0; i < count; ++i)
      number |= static_cast<size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    bytes.remove_prefix(count);
    return number;
  };
  while (!bytes.empty()) {
    const size_t tag = takeNumber(1);
    size_t count = (tag >> 2) + 1;
    if ((tag & 3) == 0) { // a literal; long ones have their length behind the tag
      if (count > 60) {
        const size_t lengthBytes = count - 60;
        if (bytes.size() < lengthBytes)
          return std::nullopt;
        count = takeNumber(lengthBytes) + 1;
      }
      if (count > bytes.size() || count > *length - result.size())
        return std::nullopt;
      result.append(bytes.data(), count);
      bytes.remove_prefix(count);
      continue;
    }
    const size_t offsetBytes = (tag & 3) == 3 ? 4 : tag & 3;
    if (bytes.size() < offsetBytes)
      return std::nullopt;
    size_t offset = takeNumber(offsetBytes);
    if (offsetBytes == 1) {
      offset |= tag >> 5 << 8;
      count = (tag >> 2 & 7) + 4;
    }
    if (offset == 0 || offset > result.size() || count > *length - result.size())
      return std::nullopt;
    for (; count > 0; --count) // the copy may read what it writes
      result.push_back(result[result.size() - offset]);
  }
  if (result.size() != *length)
    return std::nullopt;
  return result;
}

} // namespace aotc::tf
