// Imports ONNX models.
#include "compiler/driver/Errors.h"
#include "compiler/driver/Inputs.h"
#include "compiler/driver/State.h"
#include "compiler/frontend/onnx/Importer.h"

namespace aotc {

absl::Status importONNX(Compilation &c) {
  const CompileOptions &o = c.options;
  absl::StatusOr<std::vector<InputSpec>> specs = readSpecs(c.inputs);
  if (!specs.ok())
    return specs.status();
  Diagnostics diagnostics;
  onnx::ReadOptions readOptions;
  readOptions.outputs = o.outputs;
  readOptions.cutInputs = namedInputs(*specs, o.fixed);
  absl::StatusOr<onnx::Model> model = onnx::readModel(o.modelPath, readOptions, diagnostics);
  if (!model.ok())
    return toStatus(o.modelPath, diagnostics);

  std::vector<DeclaredInput> declared;
  for (const onnx::InputInfo &input : model->inputs) {
    std::string typeName = input.other;
    if (typeName.empty() && input.type != onnx::kUndefined)
      typeName = onnx::nameOf(input.type);
    declared.push_back({input.name, onnx::storageOf(input.type), typeName, input.shape, input.symbols});
  }
  onnx::ImportOptions importOptions;
  importOptions.seed = static_cast<int64_t>(o.seed);
  importOptions.bounds = o.bounds;
  importOptions.customOps = &o.customOps;
  auto resolved = resolveInputs(*specs, o.fixed, declared, o.modelPath, diagnostics, c.result.notes);
  for (auto [input, settled] : llvm::zip(model->inputs, resolved))
    importOptions.inputs.push_back({{input.name, settled.dtype, settled.shape, settled.value}, settled.known});
  return keepModule(c, diagnostics, onnx::importModel(&c.context, *model, importOptions, diagnostics));
}

} // namespace aotc
