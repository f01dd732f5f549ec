// Any readable graph gives a module that verifies or at least one diagnostic.
//
// Takes also files of recorded cases (test/e2e/tf_ops), whose graphs are small
// and hold every operation.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/Importer.h"
#include "compiler/frontend/tensorflow/proto/graph.pb.h"
#include "mlir/IR/MLIRContext.h"
#include "test/e2e/tf_ops/Cases.h"
#include "test/fuzz/Driver.h"

namespace {

using namespace aotc;

// Unknown extents become 1, as in the driver.
Shape settle(const PartialShape &declared) {
  Shape shape = declared.value_or(Shape{1});
  for (int64_t &extent : shape)
    extent = extent < 0 ? 1 : extent;
  return elementCount(shape, 8) ? shape : Shape{1};
}

fuzz::Outcome run(const std::string &bytes) {
  Diagnostics diagnostics;
  absl::StatusOr<tf::Model> model = tf::parseGraph(bytes, "mutant", {}, diagnostics);
  if (!model.ok())
    return {};
  tf::TFImportOptions options;
  options.outputs = model->outputs;
  for (const tf::InputInfo &input : model->inputs)
    options.inputs.push_back(
        {{input.name, tf::dtypeOf(input.type).value_or(DType::F32), settle(input.shape)}, input.edge});
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  auto module = tf::importGraph(&context, model->graph, options, diagnostics);
  fuzz::Outcome outcome{module.ok(), ""};
  if (!module.ok() && !diagnostics.hasErrors())
    outcome.failure = absl::StrCat("refused without a diagnostic: ", module.status().message());
  for (const Diagnostic &error : diagnostics.errors())
    if (error.message.empty())
      outcome.failure = "an empty diagnostic";
  return outcome;
}

// The graphs of a file of cases, as files in a folder of their own.
std::string unpack(const std::string &path) {
  namespace fs = std::filesystem;
  fs::path folder = fs::temp_directory_path() / absl::StrCat("aotc-fuzz-", getpid()) / fs::path(path).stem();
  fs::create_directories(folder);
  auto cases = tfops::loadCases(path);
  for (size_t i = 0; cases.ok() && i < cases->size(); ++i)
    std::ofstream(folder / absl::StrCat(i, ".pb"), std::ios::binary) << (*cases)[i].graph;
  return folder.string();
}

} // namespace

int main(int argc, char **argv) {
  std::vector<std::string> arguments(argv, argv + argc);
  for (std::string &argument : arguments)
    if (std::filesystem::path(argument).extension() == ".cases")
      argument = unpack(argument);
  std::vector<char *> pointers;
  for (std::string &argument : arguments)
    pointers.push_back(argument.data());
  int status = fuzz::runFuzzer(argc, pointers.data(), {run, &tf::proto::GraphDef::default_instance()});
  std::error_code ignored;
  std::filesystem::remove_all(std::filesystem::temp_directory_path() / absl::StrCat("aotc-fuzz-", getpid()), ignored);
  return status;
}
