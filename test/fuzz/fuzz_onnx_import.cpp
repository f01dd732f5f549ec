// Any readable ONNX model gives a module that verifies or at least one diagnostic.
#include "absl/strings/str_cat.h"
#include "compiler/frontend/onnx/Importer.h"
#include "mlir/IR/MLIRContext.h"
#include "test/fuzz/Driver.h"
#include "test/fuzz/OnnxSeeds.h"

namespace {

using namespace aotc;

// Unknown extents become 1, as in the driver.
Shape settle(const PartialShape &declared) {
  Shape shape = declared.value_or(Shape{1});
  for (int64_t &extent : shape)
    extent = extent < 0 ? 1 : extent;
  return elementCount(shape, 8) ? shape : Shape{1};
}

fuzz::Outcome run(const std::string &mutant) {
  Diagnostics diagnostics;
  absl::StatusOr<onnx::Model> model = onnx::parseModel(fuzz::onnxBytes(mutant), "mutant", {}, diagnostics);
  if (!model.ok())
    return {};
  onnx::ImportOptions options;
  for (const onnx::InputInfo &input : model->inputs) {
    onnx::ImportInput settled;
    settled.name = input.name;
    settled.dtype = onnx::storageOf(input.type).value_or(DType::F32);
    settled.shape = settle(input.shape);
    options.inputs.push_back(std::move(settled));
  }
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  auto module = onnx::importModel(&context, *model, options, diagnostics);
  fuzz::Outcome outcome{module.ok(), ""};
  if (!module.ok() && !diagnostics.hasErrors())
    outcome.failure = absl::StrCat("refused without a diagnostic: ", module.status().message());
  for (const Diagnostic &error : diagnostics.errors())
    if (error.message.empty())
      outcome.failure = "an empty diagnostic";
  return outcome;
}

} // namespace

int main(int argc, char **argv) {
  return fuzz::runFuzzer(argc, argv, {run, &onnx::proto::ModelProto::default_instance()});
}
