#include "ir/Tensor/Crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace aotc {
namespace {

TEST(Crc32c, KnownValues) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
}

TEST(Crc32c, MaskedAsFilesStoreIt) {
  // The masked sum of a length of 8, as TensorFlow writes it in front of a record.
  EXPECT_EQ(maskedCrc32c(std::string("\x08\0\0\0\0\0\0\0", 8)), 0x0f2486ffu);
}

} // namespace
} // namespace aotc
