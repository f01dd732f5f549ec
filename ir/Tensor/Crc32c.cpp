#include "ir/Tensor/Crc32c.h"

#include <array>

namespace aotc {
namespace {

// tables[k][b]: the remainder of byte b with k zero bytes behind it, so that
// eight bytes take eight independent look-ups.
using Tables = std::array<std::array<uint32_t, 256>, 8>;
constexpr Tables makeTables() {
  Tables tables{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    tables[0][b] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k)
    for (uint32_t b = 0; b < 256; ++b)
      tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 255];
  return tables;
}
constexpr Tables kTables = makeTables();

} // namespace

uint32_t crc32c(absl::string_view bytes) {
  uint32_t crc = ~0u;
  const auto *p = reinterpret_cast<const unsigned char *>(bytes.data());
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8)
    crc = kTables[7][(crc ^ p[0]) & 255] ^ kTables[6][(crc >> 8 ^ p[1]) & 255] ^
          kTables[5][(crc >> 16 ^ p[2]) & 255] ^ kTables[4][(crc >> 24 ^ p[3]) & 255] ^ kTables[3][p[4]] ^
          kTables[2][p[5]] ^ kTables[1][p[6]] ^ kTables[0][p[7]];
  for (; left > 0; --left, ++p)
    crc = crc >> 8 ^ kTables[0][(crc ^ *p) & 255];
  return ~crc;
}

} // namespace aotc
