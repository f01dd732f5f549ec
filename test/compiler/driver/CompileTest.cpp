#include "compiler/driver/Compile.h"
#include "absl/strings/match.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/Errors.h"
#include "gtest/gtest.h"

namespace aotc {
namespace {

CompileOptions optionsFor(const std::string &model) {
  CompileOptions options;
  options.modelPath = std::string(AOTC_TEST_MODELS) + "/" + model;
  return options;
}

TEST(Compile, InProcessAndLoaded) {
  absl::StatusOr<CompileResult> result = compileModel(optionsFor("affine.pbtxt"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model.inputs[0].shape, (Shape{1, 3}));
  EXPECT_EQ(result->notes.size(), 1u); // the batch of 1
  absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(result->object, "model");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_STREQ((*model)->info().inputs[0].name, "x");
  Tensor x = Tensor::of<float>(DType::F32, {1, 3}, {1, 2, 3});
  absl::StatusOr<std::vector<Tensor>> y = (*model)->run({x});
  ASSERT_TRUE(y.ok()) << y.status();
  EXPECT_EQ((*y)[0].f(0), 6.5);
  EXPECT_FALSE((*model)->run({}).ok());
  EXPECT_FALSE((*model)->run({Tensor(DType::F32, {1, 4})}).ok());
}

TEST(Compile, KnowsWhatItsInputsIndex) {
  absl::StatusOr<CompileResult> result = compileModel(optionsFor("lookup.pbtxt"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->indexBounds, (std::vector<std::optional<int64_t>>{5}));
}

TEST(Compile, AnIndexOutsideIsAStatus) {
  absl::StatusOr<CompileResult> result = compileModel(optionsFor("lookup.pbtxt"));
  ASSERT_TRUE(result.ok()) << result.status();
  absl::StatusOr<std::unique_ptr<LoadedModel>> model = LoadedModel::load(result->object, "model");
  ASSERT_TRUE(model.ok()) << model.status();
  Tensor ids(DType::I32, {64});
  EXPECT_TRUE((*model)->run({ids}).ok());
  ids.setI(63, 5);
  absl::StatusOr<std::vector<Tensor>> rows = (*model)->run({ids});
  EXPECT_TRUE(absl::StrContains(rows.status().message(), "AOTC_INDEX_OUT_OF_RANGE")) << rows.status();
  EXPECT_EQ(exitCodeOf(rows.status()), ExitCode::Call);
}

TEST(Compile, StopsAfterAPhase) {
  CompileOptions options = optionsFor("affine.pbtxt");
  options.stopAfter = "fuse";
  absl::StatusOr<CompileResult> result = compileModel(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(absl::StrContains(result->stoppedIR, "nn.fusion"));
  EXPECT_TRUE(result->object.empty());
  EXPECT_EQ(result->model.phases.size(), 4u);
}

TEST(Compile, BytesThatAreNoObjectDoNotLoad) {
  EXPECT_FALSE(LoadedModel::load("not an object", "model").ok());
  EXPECT_FALSE(LoadedModel::load("", "model").ok());
}

TEST(Loader, AllowsMathAndMemoryFunctionsOnly) {
  for (const char *name : {"memcpy", "expf", "exp", "fmaf", "lgammaf"})
    EXPECT_TRUE(isAllowedExternal(name)) << name;
  for (const char *name : {"malloc", "printf", "_ZGVbN4v_expf", "memcpyf", "__extendhfsf2", ""})
    EXPECT_FALSE(isAllowedExternal(name)) << name;
}

} // namespace
} // namespace aotc
