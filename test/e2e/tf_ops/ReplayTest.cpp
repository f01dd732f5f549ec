// Replays the recorded cases through the importer and the interpreter.
#include <gtest/gtest.h>

#include "test/e2e/tf_ops/Agreement.h"
#include "test/e2e/tf_ops/Interpret.h"

namespace aotc::tfops {
namespace {

// Another folder than the recorded one, e.g. a fresh recording.
std::string casesFolder() {
  const char *folder = std::getenv("AOTC_TF_CASES");
  return folder ? folder : AOTC_TF_CASES_DIR;
}

std::string problemOf(const Case &c, InputsAs as) {
  tf::ReadOptions options;
  for (const auto &[name, value] : c.outputs)
    options.outputs.push_back(name);
  Diagnostics diagnostics;
  auto model = tf::parseGraph(c.graph, c.name, options, diagnostics);
  if (!model.ok() || diagnostics.hasErrors())
    return "cannot be read:" + describe(diagnostics);
  auto results = interpret(*std::move(model), c.inputs, as);
  if (!results.ok())
    return std::string(results.status().message());
  return disagreement(c, *results);
}

class Replay : public testing::TestWithParam<std::string> {};

TEST_P(Replay, AgreesWithTensorFlow) {
  auto cases = loadCases(GetParam());
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_FALSE(cases->empty());
  for (const Case &c : *cases) {
    EXPECT_EQ(problemOf(c, InputsAs::Arguments), "") << c.name;
    EXPECT_EQ(problemOf(c, InputsAs::Constants), "") << c.name << " (folded)";
  }
}

std::string familyName(const testing::TestParamInfo<std::string> &info) {
  size_t slash = info.param.rfind('/');
  std::string stem = info.param.substr(slash + 1);
  return stem.substr(0, stem.find('.'));
}

INSTANTIATE_TEST_SUITE_P(TensorFlow, Replay, testing::ValuesIn(caseFiles(casesFolder())), familyName);

TEST(Recorded, HasCasesOfAllFamilies) {
  size_t count = 0;
  for (const std::string &file : caseFiles(casesFolder())) {
    auto cases = loadCases(file);
    ASSERT_TRUE(cases.ok()) << cases.status();
    count += cases->size();
  }
  EXPECT_GE(count, 400u);
  RecordProperty("cases", static_cast<int>(count));
}

} // namespace
} // namespace aotc::tfops
