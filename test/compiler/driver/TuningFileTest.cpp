#include "compiler/driver/TuningFile.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace aotc {
namespace {

std::string errorOf(const std::string &text) {
  absl::StatusOr<TuningFile> file = TuningFile::parse("t.tune", text);
  return file.ok() ? "" : std::string(file.status().message());
}

TEST(TuningFile, WritesWhatItReadsSorted) {
  TuningFile file;
  file.set("znver4/1", "nn.matmul b", "vectors=3 winograd=0");
  file.set("znver4/1", "nn.conv a", "");
  file.set("znver3/2", "nn.matmul b", "vectors=2 winograd=0");
  std::string text = file.write();
  EXPECT_EQ(text, "aotc tuning 1\n"
                  "znver3/2\tnn.matmul b\tvectors=2 winograd=0\n"
                  "znver4/1\tnn.conv a\t\n"
                  "znver4/1\tnn.matmul b\tvectors=3 winograd=0\n");
  absl::StatusOr<TuningFile> again = TuningFile::parse("t.tune", text);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->write(), text);
  EXPECT_EQ(again->find("znver4/1", "nn.conv a"), "");
  EXPECT_EQ(again->find("znver4/1", "nn.matmul b"), "vectors=3 winograd=0");
  EXPECT_EQ(again->find("znver5/1", "nn.matmul b"), std::nullopt);
}

TEST(TuningFile, RefusesDamage) {
  EXPECT_EQ(errorOf("aotc tuning 1\n"), "");
  EXPECT_TRUE(absl::StrContains(errorOf(""), "the first line must be"));
  EXPECT_TRUE(absl::StrContains(errorOf("aotc tuning 2\n"), "the first line must be"));
  EXPECT_TRUE(absl::StrContains(errorOf("aotc tuning 1\na\tb\tc"), "cut off"));
  EXPECT_TRUE(absl::StrContains(errorOf("aotc tuning 1\na\tb\n"), "t.tune:2: damaged"));
  EXPECT_TRUE(absl::StrContains(errorOf("aotc tuning 1\na\tb\tc\n\n"), "t.tune:3: damaged"));
  EXPECT_TRUE(absl::StrContains(errorOf("aotc tuning 1\na\tb\tc\na\tb\td\n"), "t.tune:3: this kernel"));
}

} // namespace
} // namespace aotc
