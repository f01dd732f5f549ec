// The import phase: reads the file, decides every input's type, builds the module.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/Inputs.h"
#include "compiler/driver/Pipeline.h"
#include "compiler/driver/State.h"
#include "compiler/driver/StatePairs.h"
#include "compiler/driver/Symbols.h"
#include "compiler/frontend/common/ModelFolder.h"
#include "compiler/frontend/onnx/Importer.h"
#include "compiler/frontend/tensorflow/Importer.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"
#include "compiler/frontend/tensorflow/savedmodel/SavedModel.h"
#include "ir/NN/Constants.h"
#include "ir/NN/State.h"
#include "ir/Plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <climits>

namespace aotc {
namespace {

std::vector<TensorInfo> interfaceOf(mlir::TypeRange types,
                                    llvm::function_ref<mlir::StringAttr(unsigned)> nameOf) {
  std::vector<TensorInfo> result;
  for (auto [i, type] : llvm::enumerate(types)) {
    auto tensor = mlir::cast<mlir::RankedTensorType>(type);
    mlir::StringAttr name = nameOf(i);
    result.push_back(TensorInfo{name ? name.str() : absl::StrCat("tensor", i),
                                *nn::dtypeOf(tensor.getElementType()), Shape(tensor.getShape())});
  }
  return result;
}

} // namespace

absl::Status keepModule(Compilation &c, const Diagnostics &diagnostics,
                        absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> module) {
  if (diagnostics.hasErrors())
    return toStatus(c.options.modelPath, diagnostics);
  if (!module.ok())
    return modelError(absl::StrCat(c.options.modelPath, ": ", module.status().message()));
  for (const Diagnostic &note : diagnostics.notes())
    c.result.notes.push_back(formatDiagnostic(c.options.modelPath, note));
  c.module = std::move(*module);
  return absl::OkStatus();
}

static absl::Status importTensorFlow(Compilation &c) {
  const CompileOptions &o = c.options;
  absl::StatusOr<std::vector<InputSpec>> specs = readSpecs(c.inputs);
  if (!specs.ok())
    return specs.status();

  Diagnostics diagnostics;
  tf::ReadOptions readOptions;
  readOptions.outputs = o.outputs;
  for (const CustomOp &op : o.customOps)
    for (const CustomTensor &result : op.results)
      readOptions.declaredOutputs[op.name].push_back(result.name);
  readOptions.cutInputs = namedInputs(*specs, o.fixed);
  absl::StatusOr<tf::Model> model =
      llvm::sys::fs::is_directory(o.modelPath)
          ? tf::readSavedModel(o.modelPath, o.signature, readOptions, diagnostics)
          : tf::readGraph(o.modelPath, readOptions, diagnostics);
  if (!model.ok())
    return toStatus(o.modelPath, diagnostics);

  tf::TFImportOptions importOptions;
  std::vector<DeclaredInput> declared;
  for (const tf::InputInfo &input : model->inputs)
    declared.push_back({input.name, tf::dtypeOf(input.type), input.type.value == 0 ? "" : tf::nameOf(input.type),
                        input.shape, {}});
  auto resolved = resolveInputs(*specs, o.fixed, declared, o.modelPath, diagnostics, c.result.notes);
  for (auto [input, settled] : llvm::zip(model->inputs, resolved))
    importOptions.inputs.push_back({{input.name, settled.dtype, settled.shape, settled.value}, input.edge, settled.known});
  importOptions.outputs = model->outputs;
  for (const tf::VariableState &state : model->states) {
    importOptions.inputs.push_back({{state.name, state.initial.dtype(), state.initial.shape(), std::nullopt}, state.input, true});
    importOptions.outputs.push_back({state.name, state.output});
  }
  importOptions.seed = static_cast<int64_t>(o.seed);
  importOptions.bounds = o.bounds;
  importOptions.customOps = &o.customOps;
  absl::Status status = keepModule(c, diagnostics, tf::importGraph(&c.context, model->graph, importOptions, diagnostics));
  return status.ok() ? makeStates(c, model->states) : status;
}

// The index of a SavedModel's variables has their checksums.
static std::string savedModelHash(const std::string &path) {
  std::string content;
  if (absl::StatusOr<ModelFolder> folder = ModelFolder::open(path); folder.ok())
    for (const char *name : {"saved_model.pb", "saved_model.pbtxt", "variables/variables.index"})
      if (absl::StatusOr<ModelFile> file = folder->openFile(name); file.ok())
        if (absl::StatusOr<std::string> bytes = file->readAll(INT_MAX); bytes.ok())
          content += *bytes;
  return sha256Hex(content.data(), content.size());
}

static absl::Status importFile(Compilation &c) {
  const std::string &path = c.options.modelPath;
  if (llvm::sys::fs::is_directory(path)) {
    c.result.model.modelHash = savedModelHash(path);
    return importTensorFlow(c);
  }
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return ioError(absl::StrCat(path, ": cannot be read: ", buffer.getError().message()));
  llvm::StringRef content = (*buffer)->getBuffer();
  c.result.model.modelHash = sha256Hex(content.data(), content.size());
  if (isNNModule(content))
    return importNNModule(c, content);
  const bool isONNX = onnx::isOnnxModel({content.data(), content.size()});
  buffer->reset(); // the reader maps the file itself
  return isONNX ? importONNX(c) : importTensorFlow(c);
}

absl::Status importModel(Compilation &c) {
  absl::StatusOr<std::optional<SymbolRange>> symbol = findSymbol(c.options);
  if (!symbol.ok())
    return symbol.status();
  if (absl::Status status = *symbol ? importSizes(c, **symbol, importFile) : importFile(c); !status.ok())
    return status;
  if (absl::Status status = pairStates(c); !status.ok())
    return status;
  nn::releaseUnusedConstants(*c.module);

  auto function = *c.module->getOps<mlir::func::FuncOp>().begin();
  const int64_t inputs = nn::inputCount(function), outputs = nn::tensorCount(function);
  auto argumentName = [&](unsigned i) { return function.getArgAttrOfType<mlir::StringAttr>(i, "nn.name"); };
  auto resultName = [&](unsigned i) { return function.getResultAttrOfType<mlir::StringAttr>(i, "nn.name"); };
  ModelInfo &model = c.result.model;
  model.inputs = interfaceOf(function.getArgumentTypes().take_front(inputs), argumentName);
  model.outputs = interfaceOf(function.getResultTypes().take_front(outputs), resultName);
  for (nn::OutDim dim : nn::outDims(function))
    model.outDims.push_back({dim.output, dim.axis});
  model.states = interfaceOf(function.getArgumentTypes().drop_front(inputs),
                             [&](unsigned i) { return argumentName(inputs + i); });
  model.stateBytes = plan::stateOffsets(function).back();
  c.result.indexBounds = findIndexBounds(*c.module);
  return absl::OkStatus();
}

std::string listTensorFlowOps() { return tf::listOps(); }
std::string listONNXOps() { return onnx::listOps(); }

} // namespace aotc
