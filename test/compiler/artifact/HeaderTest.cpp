#include "compiler/artifact/Header.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include <fstream>
#include <sstream>

namespace aotc {
namespace {

ModelInfo keywordSpotting() {
  ModelInfo m;
  m.name = "kws";
  m.modelFile = "model.pb";
  m.modelHash = std::string(64, '7');
  m.targets = {{"x86_64-linux-gnu", "znver3", "+avx2"}};
  m.inputs = {{"input", DType::F32, {1, 49, 10, 1}}};
  m.outputs = {{"probs", DType::F32, {1, 12}}};
  m.weightsBytes = 96384;
  m.codeBytes = 7912;
  m.arenaBytes = 16384;
  return m;
}

// AOTC_UPDATE_GOLDEN in the environment rewrites the files instead.
void expectGolden(const std::string &text, const std::string &file) {
  std::string path = absl::StrCat(AOTC_TEST_INPUTS, "/", file);
  if (std::getenv("AOTC_UPDATE_GOLDEN"))
    std::ofstream(path) << text;
  std::ifstream stream(path);
  std::stringstream golden;
  golden << stream.rdbuf();
  EXPECT_EQ(text, golden.str());
}

TEST(Header, LooksAsItDid) { expectGolden(writeHeader(keywordSpotting(), {"kws.h", false}), "kws.h"); }

TEST(Header, EveryKindOfTensor) {
  ModelInfo m = keywordSpotting();
  m.inputs = {{"a/b", DType::I1, {2}},
              {"a_b", DType::F16, {}},
              {"int", DType::BF16, {3, 0}},
              {"arena", DType::U64, {1}}};
  m.outputs = {{"kws_call", DType::I8, {1}}, {"0", DType::F64, {2, 2}}};
  expectGolden(writeHeader(m, {"kws.h", false}), "kinds.h");
}

TEST(Header, SelfContainedCarriesTheAbi) {
  std::string text = writeHeader(keywordSpotting(), {"kws.h", true});
  EXPECT_FALSE(absl::StrContains(text, "#include <aotc/abi.h>"));
  EXPECT_TRUE(absl::StrContains(text, "#define AOTC_ABI_VERSION 1u"));
}

TEST(Header, HostileNamesStayInsideTheComment) {
  ModelInfo m = keywordSpotting();
  m.modelFile = "*/ int x; /*";
  m.inputs[0].name = "a*/b\\\n#error \?\?/ \xff";
  std::string text = writeHeader(m, {"a*/.h", false});
  size_t end = text.find("*/");
  EXPECT_EQ(text.substr(end, 11), "*/\n#ifndef ");
  EXPECT_FALSE(absl::StrContains(text, "\\"));
  EXPECT_FALSE(absl::StrContains(text, "\n#error"));
}

TEST(Identifiers, MadeFromAnything) {
  EXPECT_EQ(makeIdentifier("digits"), "digits");
  EXPECT_EQ(makeIdentifier("a/b:1"), "a_b_1");
  EXPECT_EQ(makeIdentifier("7up"), "t7up");
  EXPECT_EQ(makeIdentifier("class"), "class_");
  EXPECT_EQ(makeIdentifier("__x"), "x");
  EXPECT_EQ(makeIdentifier(""), "tensor");
  EXPECT_EQ(makeIdentifier("\xc3\xa9"), "tensor");
}

TEST(Identifiers, AreUnique) {
  EXPECT_EQ(makeIdentifiers({"x", "x", "x_2", "y"}, {"y"}),
            (std::vector<std::string>{"x", "x_2", "x_2_2", "y_2"}));
}

TEST(Identifiers, KeywordsAreNone) {
  EXPECT_TRUE(isIdentifier("digits_2"));
  for (const char *bad : {"", "2x", "int", "class", "a-b", "a b", "uint8_t"})
    EXPECT_FALSE(isIdentifier(bad)) << bad;
}

} // namespace
} // namespace aotc
