#include "compiler/frontend/tensorflow/savedmodel/SliceKey.h"

#include <algorithm>

namespace aotc::tf {
namespace {

// Encodings whose bytes sort as the values do (TensorFlow's ordered_code).

void appendUnsigned(std::string &to, uint64_t value) { // a length, then big endian
  std::string bytes;
  for (; value; value >>= 8)
    bytes.insert(bytes.begin(), static_cast<char>(value & 255));
  to.push_back(static_cast<char>(bytes.size()));
  to += bytes;
}

void appendString(std::string &to, const std::string &text) {
  for (char c : text) {
    to.push_back(c);
    if (c == '\0')
      to.push_back('\xff');
    else if (c == '\xff')
      to.push_back('\0');
  }
  to += {'\0', '\1'};
}

// `length` bytes hold 7 * length bits in two's complement; as many of their
// highest bits as there are bytes tell the length, inverted for negative values.
void appendSigned(std::string &to, int64_t value) {
  const uint64_t magnitude = value < 0 ? ~value : value;
  int length = 1;
  while (length < 10 && magnitude >> std::min(7 * length - 1, 63))
    ++length;
  std::string bytes(10, value < 0 ? '\xff' : '\0');
  for (int i = 0; i < 8; ++i)
    bytes[9 - i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  bytes = bytes.substr(10 - length);
  const unsigned header = 0xffff & ~(0xffffu >> length);
  bytes[0] ^= static_cast<char>(header >> 8);
  if (length > 1)
    bytes[1] ^= static_cast<char>(header);
  to += bytes;
}

} // namespace

std::string sliceKey(const std::string &tensor, const proto::TensorSliceProto &slice) {
  std::string key;
  appendUnsigned(key, 0);
  appendString(key, tensor);
  appendUnsigned(key, slice.extent_size());
  for (const auto &extent : slice.extent()) {
    bool whole = extent.has_length_case() != proto::TensorSliceProto::Extent::kLength;
    appendSigned(key, whole ? 0 : extent.start());
    appendSigned(key, whole ? -1 : extent.length());
  }
  return key;
}

} // namespace aotc::tf
