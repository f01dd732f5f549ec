// CRC-32C, with which TensorFlow protects blocks of checkpoints and records.
#ifndef AOTC_IR_TENSOR_CRC32C_H
#define AOTC_IR_TENSOR_CRC32C_H

#include <cstdint>

#include "absl/strings/string_view.h"

namespace aotc {

uint32_t crc32c(absl::string_view bytes);
// As files store it, so that a sum over bytes that hold sums stays a good one.
inline uint32_t maskedCrc32c(absl::string_view bytes) {
  uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

} // namespace aotc
#endif
