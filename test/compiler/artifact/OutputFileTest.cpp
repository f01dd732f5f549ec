#include "compiler/artifact/OutputFile.h"
#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;

namespace aotc {
namespace {

class OutputFile : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  std::string path(const char *name) { return (folder / name).string(); }
  size_t fileCount() { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }
  static std::string read(const std::string &path) {
    std::ifstream stream(path);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  fs::path folder;
};

TEST_F(OutputFile, AppearsAtCommit) {
  OutputFiles files;
  ASSERT_TRUE(files.open(path("a")).ok());
  ASSERT_TRUE(files.write(path("a"), "text").ok());
  EXPECT_FALSE(fs::exists(path("a")));
  ASSERT_TRUE(files.commit().ok());
  EXPECT_EQ(read(path("a")), "text");
  EXPECT_EQ(fileCount(), 1u);
}

TEST_F(OutputFile, LeavesNothingWithoutCommit) {
  std::ofstream(path("old")) << "before";
  {
    OutputFiles files;
    ASSERT_TRUE(files.open(path("a")).ok());
    ASSERT_TRUE(files.open(path("old")).ok());
    ASSERT_TRUE(files.write(path("old"), "after").ok());
  }
  EXPECT_EQ(fileCount(), 1u);
  EXPECT_EQ(read(path("old")), "before");
}

TEST_F(OutputFile, SaysWhatCannotBeWritten) {
  OutputFiles files;
  EXPECT_NE(files.open(path("none/a")).message().find("cannot be written"), std::string::npos);
  EXPECT_NE(files.open(folder.string()).message().find("it is a folder"), std::string::npos);
}

TEST_F(OutputFile, TwoOutputsNeedTwoFiles) {
  OutputFiles files;
  ASSERT_TRUE(files.open(path("a")).ok());
  EXPECT_FALSE(files.open(path("a")).ok());
}

TEST_F(OutputFile, WritesDevicesDirectly) { EXPECT_TRUE(writeFile("/dev/null", "text").ok()); }

} // namespace
} // namespace aotc
