// Replays the recorded cases through the whole compiler: the object's results
// against TensorFlow's.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/Compile.h"
#include "test/e2e/tf_ops/Agreement.h"

namespace aotc::tfops {
namespace {

absl::StatusOr<std::vector<Tensor>> runCompiled(const Case &c) {
  CompileOptions options;
  options.modelPath = absl::StrCat(testing::TempDir(), "/tf_case_", getpid(), ".pb");
  std::ofstream(options.modelPath, std::ios::binary) << c.graph;
  for (const auto &[name, value] : c.inputs) {
    InputSpec spec;
    spec.name = name;
    spec.shape = value.shape();
    spec.dtype = value.dtype();
    options.inputs.push_back(spec);
  }
  for (const auto &[name, value] : c.outputs)
    options.outputs.push_back(name);
  auto compiled = compileModel(options);
  std::remove(options.modelPath.c_str());
  if (!compiled.ok())
    return compiled.status();
  auto loaded = LoadedModel::load(compiled->object, options.name);
  if (!loaded.ok())
    return loaded.status();
  std::vector<Tensor> arguments;
  for (const TensorInfo &input : compiled->model.inputs)
    for (const auto &[name, value] : c.inputs)
      if (name == input.name)
        arguments.push_back(value);
  return (*loaded)->run(arguments);
}

std::string problemOf(const Case &c) {
  auto results = runCompiled(c);
  return results.ok() ? disagreement(c, *results) : std::string(results.status().message());
}

class Compiled : public testing::TestWithParam<std::string> {};

TEST_P(Compiled, AgreesWithTensorFlow) {
  auto cases = loadCases(GetParam());
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_FALSE(cases->empty());
  for (const Case &c : *cases)
    EXPECT_EQ(problemOf(c), "") << c.name;
}

std::string familyName(const testing::TestParamInfo<std::string> &info) {
  size_t slash = info.param.rfind('/');
  std::string stem = info.param.substr(slash + 1);
  return stem.substr(0, stem.find('.'));
}

INSTANTIATE_TEST_SUITE_P(TensorFlow, Compiled, testing::ValuesIn(caseFiles(AOTC_TF_CASES_DIR)), familyName);

} // namespace
} // namespace aotc::tfops
