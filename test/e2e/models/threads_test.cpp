// Whole networks give the same bits for every number of threads.
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "aotc/threads.h"
#include "compiler/artifact/Loader.h"
#include "compiler/driver/Compile.h"
#include "gtest/gtest.h"
#include "ir/Tensor/Tensor.h"
#include "llvm/Support/JSON.h"

namespace aotc {
namespace {

// Of AOTC_MODELS_DIR.
std::vector<std::string> networks() {
  std::vector<std::string> result;
  std::stringstream names(AOTC_NETWORKS);
  for (std::string name; std::getline(names, name, ',');)
    result.push_back(name);
  return result;
}

class Threads : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Threads);

TEST_P(Threads, DoNotChangeResults) {
  std::string folder = std::string(AOTC_MODELS_DIR) + "/" + GetParam();
  std::stringstream text;
  text << std::ifstream(folder + "/io.json").rdbuf();
  llvm::Expected<llvm::json::Value> io = llvm::json::parse(text.str());
  ASSERT_TRUE(bool(io));

  CompileOptions options;
  options.modelPath = folder + "/model.pb";
  options.emit = {Emit::Obj};
  for (const llvm::json::Value &value : *io->getAsObject()->getArray("inputs")) {
    const llvm::json::Object &input = *value.getAsObject();
    InputSpec spec;
    spec.name = input.getString("name")->str();
    spec.npyPath = folder + "/" + input.getString("file")->str();
    options.inputs.push_back(spec);
  }
  auto compiled = compileModel(options);
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  auto model = LoadedModel::load(compiled->object, options.name);
  ASSERT_TRUE(model.ok()) << model.status();
  std::vector<Tensor> inputs;
  for (const TensorInfo &input : compiled->model.inputs)
    for (const InputSpec &spec : options.inputs)
      if (withoutPort0(spec.name) == input.name) {
        auto tensor = loadNpy(spec.npyPath);
        ASSERT_TRUE(tensor.ok()) << tensor.status();
        inputs.push_back(*std::move(tensor));
      }
  auto alone = (*model)->run(inputs);
  ASSERT_TRUE(alone.ok()) << alone.status();

  for (uint32_t threads : {1, 2, 3, 8}) {
    std::unique_ptr<aotc_threads, void (*)(aotc_threads *)> pool(aotc_threads_create(threads), aotc_threads_destroy);
    for (int repeat = 0; repeat < 3; ++repeat) {
      auto together = (*model)->run(inputs, {aotc_threads_parallel(pool.get())});
      ASSERT_TRUE(together.ok()) << together.status();
      for (size_t i = 0; i < alone->size(); ++i)
        EXPECT_TRUE((*together)[i].raw() == (*alone)[i].raw()) << "output " << i << " on " << threads << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Threads, testing::ValuesIn(networks()),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace aotc
