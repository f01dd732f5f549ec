// Whole networks through the importer and the interpreter against their stored
// outputs: tells a frontend's mistake from a code generator's.
#include <gtest/gtest.h>

#include <filesystem>

#include "test/e2e/tf_ops/Interpret.h"
#include "tools/common/Compare.h"

namespace aotc::tfops {
namespace {

const std::string kNetworks[] = {"autoencoder", "bert_small",      "cms_ckf",      "cms_qcd2020", "cnn_32x32",
                                 "cnn_64x64",   "customvision_227", "detect_320",  "fc_layers",   "lstm_tf1",
                                 "mlp",         "mnist_mobilenet", "mnist_resnet", "mobilenetv2", "tiny_ad",
                                 "tiny_ic",     "tiny_kws",        "tiny_vww",     "tiny_ww"};

class Networks : public testing::TestWithParam<std::string> {};

// The tensors of io.json in order: {"name": "x", ... "file": "in0.npy"}.
NamedTensors loadTensors(const std::string &folder, const std::string &prefix, const std::vector<std::string> &names) {
  NamedTensors tensors;
  for (size_t i = 0; i < names.size(); ++i) {
    auto tensor = loadNpy(folder + "/" + prefix + std::to_string(i) + ".npy");
    if (tensor.ok())
      tensors.emplace_back(names[i], *std::move(tensor));
  }
  return tensors;
}

TEST_P(Networks, AgreeWithStoredOutputs) {
  std::string folder = std::string(AOTC_MODELS_DIR) + "/" + GetParam();
  if (!std::filesystem::exists(folder + "/model.pb"))
    GTEST_SKIP() << "no reference network in " << folder;
  Diagnostics diagnostics;
  auto model = tf::readGraph(folder + "/model.pb", {}, diagnostics);
  ASSERT_TRUE(model.ok()) << describe(diagnostics);
  ASSERT_FALSE(diagnostics.hasErrors()) << describe(diagnostics);
  std::vector<std::string> inputs;
  for (const tf::InputInfo &input : model->inputs)
    inputs.push_back(input.name);
  // These networks have one output.
  auto expected = loadNpy(folder + "/out0.npy");
  ASSERT_TRUE(expected.ok()) << expected.status();
  auto results = interpret(*std::move(model), loadTensors(folder, "in", inputs), InputsAs::Arguments);
  ASSERT_TRUE(results.ok()) << results.status();
  auto outcome = tools::compare(results->front(), *expected, {});
  EXPECT_TRUE(outcome.pass) << outcome.reason << ", relative error " << outcome.maxRelError;
}

INSTANTIATE_TEST_SUITE_P(TensorFlow, Networks, testing::ValuesIn(kNetworks),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace aotc::tfops
