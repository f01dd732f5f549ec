// One object for a range of batch sizes agrees with objects for each.
#include <cmath>
#include <random>

#include "absl/strings/str_cat.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/Compile.h"
#include "gtest/gtest.h"

namespace aotc {
namespace {

struct Network {
  std::string name;
  std::vector<std::pair<std::string, std::string>> inputs; // name, extents after the batch
};

std::unique_ptr<LoadedModel> load(const Network &network, const std::string &batch) {
  CompileOptions options;
  options.modelPath = std::string(AOTC_MODELS_DIR) + "/" + network.name + "/model.pb";
  options.emit = {Emit::Obj};
  for (const auto &[name, rest] : network.inputs) {
    auto spec = parseInputSpec("--input", absl::StrCat(name, "=[", batch, ",", rest, "]"));
    EXPECT_TRUE(spec.ok()) << spec.status();
    options.inputs.push_back(*spec);
  }
  auto compiled = compileModel(options);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  if (!compiled.ok())
    return nullptr;
  auto model = LoadedModel::load(compiled->object, options.name);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *std::move(model) : nullptr;
}

class Batches : public testing::TestWithParam<Network> {};

TEST_P(Batches, AgreeWithObjectsOfOneSize) {
  std::unique_ptr<LoadedModel> all = load(GetParam(), "batch:1..64");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->info().num_dims, 1u);
  std::mt19937 random(1);
  std::uniform_real_distribution<float> distribution(-1, 1);
  for (int64_t size : {1, 2, 3, 5, 16, 31, 64}) {
    SCOPED_TRACE(size);
    std::unique_ptr<LoadedModel> one = load(GetParam(), absl::StrCat(size));
    ASSERT_TRUE(one);
    std::vector<Tensor> inputs;
    for (uint32_t i = 0; i < one->info().num_inputs; ++i) {
      const aotc_tensor_info &info = one->info().inputs[i];
      Tensor input(DType::F32, Shape(info.shape, info.shape + info.rank));
      for (int64_t k = 0; k < input.size(); ++k)
        input.setF(k, distribution(random));
      inputs.push_back(std::move(input));
    }
    auto expected = one->run(inputs), actual = all->run(inputs);
    ASSERT_TRUE(expected.ok()) << expected.status();
    ASSERT_TRUE(actual.ok()) << actual.status();
    for (size_t i = 0; i < expected->size(); ++i) {
      ASSERT_EQ((*actual)[i].shape(), (*expected)[i].shape());
      for (int64_t k = 0; k < (*expected)[i].size(); ++k)
        ASSERT_NEAR((*actual)[i].f(k), (*expected)[i].f(k), 1e-6 * std::max(1.0, std::abs((*expected)[i].f(k))));
    }
  }
  // Sizes outside of the range.
  for (int64_t size : {0, 65}) {
    std::vector<Tensor> inputs;
    for (uint32_t i = 0; i < all->info().num_inputs; ++i) {
      const aotc_tensor_info &info = all->info().inputs[i];
      Shape shape(info.shape, info.shape + info.rank);
      shape[0] = size;
      inputs.emplace_back(DType::F32, shape);
    }
    EXPECT_FALSE(all->run(inputs).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Batches,
                         testing::Values(Network{"cms_ckf", {{"x", "29"}, {"y", "1"}}}, Network{"cms_qcd2020", {{"x", "29"}, {"y", "1"}}},
                                         Network{"fc_layers", {{"X", "784"}}}),
                         [](const auto &info) { return info.param.name; });

} // namespace
} // namespace aotc
