#include <cstdio>
#include <fstream>

#include "absl/strings/match.h"
#include "ir/Tensor/Tensor.h"
#include "gtest/gtest.h"

namespace aotc {
namespace {

std::string npy(const std::string &header, const std::string &data, char version = 1) {
  std::string file("\x93NUMPY");
  file += {version, '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  if (version > 1)
    file += std::string(2, '\0');
  return file + header + data;
}

std::string header(const std::string &descr, const std::string &shape, const std::string &fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

// The message of the error that parsing gives; "" when there is none.
std::string errorOf(const std::string &file) {
  auto result = parseNpy(file, "x.npy");
  return result.ok() ? "" : std::string(result.status().message());
}

TEST(Npy, RoundTripsEveryType) {
  std::string path = testing::TempDir() + "/aotc_npy_test.npy";
  for (DType type : {DType::F64, DType::F32, DType::F16, DType::BF16, DType::I1, DType::I8, DType::I16,
                     DType::I32, DType::I64, DType::U8, DType::U16, DType::U32, DType::U64})
    for (const Shape &shape : {Shape{}, Shape{3}, Shape{2, 0}, Shape{2, 3, 1}}) {
      Tensor tensor(type, shape);
      for (int64_t i = 0; i < tensor.size(); ++i)
        tensor.setI(i, i % 2 ? 1 : i);
      ASSERT_TRUE(saveNpy(path, tensor).ok());
      auto loaded = loadNpy(path);
      ASSERT_TRUE(loaded.ok()) << loaded.status();
      EXPECT_EQ(typeString(*loaded), typeString(tensor));
      EXPECT_EQ(loaded->raw(), tensor.raw());
    }
  std::remove(path.c_str());
}

TEST(Npy, DataStartsAtAMultipleOf64Bytes) {
  std::string path = testing::TempDir() + "/aotc_npy_align.npy";
  for (int64_t dim : {int64_t{1}, int64_t{0}}) {
    ASSERT_TRUE(saveNpy(path, Tensor(DType::U8, Shape(20, dim))).ok());
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    EXPECT_EQ((static_cast<int64_t>(file.tellg()) - dim) % 64, 0);
  }
  std::remove(path.c_str());
}

TEST(Npy, ReadsBothByteOrders) {
  auto little = parseNpy(npy(header("<i2", "(2,)"), std::string("\1\0\2\0", 4)), "x.npy");
  auto big = parseNpy(npy(header(">i2", "(2,)"), std::string("\0\1\0\2", 4), 2), "x.npy");
  ASSERT_TRUE(little.ok() && big.ok());
  EXPECT_EQ(little->raw(), big->raw());
  EXPECT_EQ(little->i(1), 2);
}

TEST(Npy, TransposesFortranOrder) {
  // Columns (1,2), (3,4), (5,6) of a 2x3 matrix.
  auto t = parseNpy(npy(header("|u1", "(2, 3)", "True"), "\1\2\3\4\5\6", 3), "x.npy");
  ASSERT_TRUE(t.ok()) << t.status();
  EXPECT_EQ(t->raw(), absl::Span<const char>("\1\3\5\2\4\6", 6));
}

TEST(Npy, ReadsWhatNumpyWrites) {
  EXPECT_EQ(errorOf(npy("{\"descr\":'<f4','shape':(),'fortran_order':False}", "abcd")), "");
  EXPECT_EQ(errorOf(npy(header("=f4", "(1L, 1L)"), "abcd")), "");
  auto b = parseNpy(npy(header("|b1", "(2,)"), std::string("\2\0", 2)), "x.npy");
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(b->raw(), absl::Span<const char>("\1\0", 2)); // bool is 0 or 1
}

TEST(Npy, RefusesHostileFiles) {
  EXPECT_EQ(errorOf(""), "x.npy: not a .npy file");
  EXPECT_EQ(errorOf("\x93NUMPY\1"), "x.npy: not a .npy file");
  EXPECT_EQ(errorOf(npy("{}", "", 4)), "x.npy: .npy format version 4 is not supported");
  EXPECT_EQ(errorOf(npy("{}", "")), "x.npy: malformed .npy header");
  EXPECT_EQ(errorOf(npy(header("<f4", "(4,)"), "abcd")),
            "x.npy: truncated .npy data: f32[4] takes 16 bytes, 4 left");
  EXPECT_EQ(errorOf(npy(header("<c8", "(1,)"), "12345678")), "x.npy: element type '<c8' is not supported");
  EXPECT_EQ(errorOf(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "abcd")),
            "x.npy: structured element types are not supported");
  EXPECT_EQ(errorOf(npy(header("<f4", "(4611686018427387904, 4611686018427387904)"), "")),
            "x.npy: the shape [4611686018427387904,4611686018427387904] is too large");
  EXPECT_EQ(errorOf(npy(header("<f4", "(99999999999999999999,)"), "")), "x.npy: malformed .npy header");
  EXPECT_EQ(errorOf(npy(header("<f4", "(-1,)"), "")), "x.npy: malformed .npy header");
  std::string deep = "(";
  for (int i = 0; i < 65; ++i)
    deep += "1,";
  EXPECT_EQ(errorOf(npy(header("<f4", deep + ")"), "abcd")), "x.npy: malformed .npy header");
  std::string huge("\x93NUMPY\2\0\xff\xff\xff\x7f", 12);
  EXPECT_EQ(errorOf(huge), "x.npy: the .npy header of 2147483647 bytes is too long");
}

TEST(Npy, EveryPrefixOfAFileIsRefusedCleanly) {
  std::string file = npy(header("<f4", "(2, 3)"), std::string(24, 'x'));
  ASSERT_EQ(errorOf(file), "");
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(errorOf(file.substr(0, length)), "") << length;
}

TEST(Npy, FileErrorsNameTheFile) {
  EXPECT_TRUE(absl::StrContains(loadNpy("/nonexistent/a.npy").status().message(), "/nonexistent/a.npy"));
  EXPECT_TRUE(absl::StrContains(loadNpy("/tmp").status().message(), "/tmp"));
  EXPECT_FALSE(saveNpy("/nonexistent/a.npy", Tensor()).ok());
}

} // namespace
} // namespace aotc
