// Numbers of seven bits a byte, the lowest first.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_VARINT_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_SAVEDMODEL_VARINT_H

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace aotc::tf {

// Removes a number from the front of `bytes`; nullopt if it does not end there.
inline std::optional<uint64_t> takeVarint(absl::string_view &bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= static_cast<uint64_t>(byte & 127) << (7 * i);
    if (byte < 128) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

} // namespace aotc::tf
#endif
