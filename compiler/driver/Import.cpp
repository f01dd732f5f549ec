// The import phase: reads the file, decides every input's type, builds the module.
#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "compiler/driver/Errors.h"
#include "compiler/driver/Pipeline.h"
#include "compiler/driver/State.h"
#include "compiler/frontend/common/ModelFolder.h"
#include "compiler/frontend/tensorflow/Importer.h"
#include "compiler/frontend/tensorflow/reader/Reader.h"
#include "compiler/frontend/tensorflow/savedmodel/SavedModel.h"
#include "ir/NN/Constants.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <climits>

namespace aotc {
namespace {

// An .npy stands for its type and shape.
absl::StatusOr<std::vector<InputSpec>> readSpecs(const CompileOptions &options) {
  std::vector<InputSpec> specs = options.inputs;
  for (InputSpec &spec : specs) {
    if (spec.npyPath.empty())
      continue;
    absl::StatusOr<Tensor> tensor = loadNpy(spec.npyPath);
    if (!tensor.ok())
      return ioError(std::string(tensor.status().message()));
    spec.shape = tensor->shape();
    spec.dtype = tensor->dtype();
  }
  return specs;
}

// "[?,28,28]": what a user can copy into --input, `known` where the file knows.
std::string shapeHint(const tf::PartialShape &declared) {
  if (!declared)
    return "[d,d,...]";
  return absl::StrCat("[",
                      absl::StrJoin(*declared, ",",
                                    [](std::string *out, int64_t d) {
                                      d < 0 ? absl::StrAppend(out, "N") : absl::StrAppend(out, d);
                                    }),
                      "]");
}

// The inputs of the model matched with the specs: by name, else by position.
class InputResolver {
public:
  InputResolver(const std::vector<InputSpec> &specs, Diagnostics &diagnostics,
                std::vector<std::string> &notes, const std::string &file)
      : specs(specs), diagnostics(diagnostics), notes(notes), file(file) {}

  std::vector<tf::ImportInput> resolve(const std::vector<tf::InputInfo> &inputs) {
    std::vector<const InputSpec *> chosen(inputs.size(), nullptr);
    size_t position = 0;
    for (const InputSpec &spec : specs) {
      size_t i = matchSpec(spec, inputs, position);
      if (i >= inputs.size()) {
        reportSpare(spec, inputs);
        continue;
      }
      if (chosen[i])
        diagnostics.error(inputs[i].name, "", "two --input options are for this input", "give one");
      chosen[i] = &spec;
    }
    std::vector<tf::ImportInput> result;
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::optional<DType> type = resolveType(inputs[i], chosen[i]);
      std::optional<Shape> shape = resolveShape(inputs[i], chosen[i]);
      result.push_back(tf::ImportInput{inputs[i].name, inputs[i].edge, type.value_or(DType::F32),
                                       shape.value_or(Shape{1}), type && shape});
    }
    if (!assumed.empty())
      notes.push_back(absl::StrCat(printable(file), ": unknown leading dimension taken as 1 for ",
                                   absl::StrJoin(assumed, ", "), "; set another with --input"));
    return result;
  }

private:
  void reportSpare(const InputSpec &spec, const std::vector<tf::InputInfo> &inputs) {
    if (!spec.name.empty()) { // the reader has reported names that the graph does not have
      notes.push_back(absl::StrCat(printable(file), ": the outputs do not depend on input '",
                                   printable(spec.name), "'; it is ignored"));
      return;
    }
    std::string names = absl::StrJoin(
        inputs, ", ", [](std::string *out, const tf::InputInfo &i) { absl::StrAppend(out, i.name); });
    diagnostics.error(
        "", "",
        absl::StrCat("more --input options without a name than the model's ", inputs.size(), " inputs"),
        absl::StrCat("the inputs are ", names));
  }

  // Both: nullopt when a problem was reported.
  std::optional<DType> resolveType(const tf::InputInfo &input, const InputSpec *spec) {
    std::optional<DType> wanted = spec ? spec->dtype : std::nullopt;
    if (input.type.value == 0) {
      if (!wanted)
        diagnostics.error(input.name, "", "the file does not tell this tensor's type",
                          absl::StrCat("give --input ", input.name, "=", shapeHint(input.shape), ":DTYPE"));
      return wanted;
    }
    std::optional<DType> declared = tf::dtypeOf(input.type);
    if (!declared) {
      diagnostics.error(input.name, "Placeholder",
                        absl::StrCat("inputs of type ", tf::nameOf(input.type), " are not supported"),
                        "cut the graph after it with --input NODE=[d,d,...]:DTYPE");
      return std::nullopt;
    }
    if (wanted && *wanted != *declared) {
      diagnostics.error(input.name, "",
                        absl::StrCat("the input is ", std::string(name(*declared)), ", ",
                                     spec->npyPath.empty() ? "--input" : spec->npyPath, " gives ",
                                     std::string(name(*wanted))));
      return std::nullopt;
    }
    return *declared;
  }

  std::optional<Shape> resolveShape(const tf::InputInfo &input, const InputSpec *spec) {
    tf::PartialShape shape = input.shape;
    if (spec && spec->shape) {
      if (shape && !compatible(*shape, *spec->shape)) {
        diagnostics.error(input.name, "",
                          absl::StrCat("the model declares shape ", shapeHint(shape), ", ",
                                       spec->npyPath.empty() ? "--input" : spec->npyPath, " gives ",
                                       shapeHint(spec->shape)));
        return std::nullopt;
      }
      if (!shape)
        shape = spec->shape;
      for (size_t d = 0; d < shape->size(); ++d)
        if ((*shape)[d] < 0)
          (*shape)[d] = (*spec->shape)[d];
    }
    if (shape && !shape->empty() && (*shape)[0] < 0) {
      (*shape)[0] = 1;
      assumed.push_back(absl::StrCat("'", input.name, "'"));
    }
    if (!shape || absl::c_any_of(*shape, [](int64_t d) { return d < 0; })) {
      diagnostics.error(input.name, "", shape ? "the shape has unknown dimensions" : "the shape is unknown",
                        absl::StrCat("give --input ", input.name, "=", shapeHint(shape),
                                     shape ? " with numbers for N" : " with numbers for d, [] for a scalar"));
      return std::nullopt;
    }
    if (!elementCount(*shape, 8)) {
      diagnostics.error(input.name, "", absl::StrCat("the shape ", toString(*shape), " is too large"));
      return std::nullopt;
    }
    return *shape;
  }

  static bool compatible(const std::vector<int64_t> &declared, const std::vector<int64_t> &given) {
    if (declared.size() != given.size())
      return false;
    for (size_t d = 0; d < given.size(); ++d)
      if (declared[d] >= 0 && given[d] >= 0 && declared[d] != given[d])
        return false;
    return true;
  }

  const std::vector<InputSpec> &specs;
  Diagnostics &diagnostics;
  std::vector<std::string> &notes;
  const std::string &file;
  std::vector<std::string> assumed; // inputs whose batch became 1
};

std::vector<TensorInfo> interfaceOf(mlir::func::FuncOp function, mlir::TypeRange types,
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

static absl::Status importTensorFlow(Compilation &c) {
  const CompileOptions &o = c.options;
  absl::StatusOr<std::vector<InputSpec>> specs = readSpecs(o);
  if (!specs.ok())
    return specs.status();

  Diagnostics diagnostics;
  tf::ReadOptions readOptions;
  readOptions.outputs = o.outputs;
  for (const InputSpec &spec : *specs)
    if (!spec.name.empty())
      readOptions.cutInputs.push_back(spec.name);
  absl::StatusOr<tf::Model> model =
      llvm::sys::fs::is_directory(o.modelPath)
          ? tf::readSavedModel(o.modelPath, o.signature, readOptions, diagnostics)
          : tf::readGraph(o.modelPath, readOptions, diagnostics);
  if (!model.ok())
    return toStatus(o.modelPath, diagnostics);

  tf::TFImportOptions importOptions;
  importOptions.inputs =
      InputResolver(*specs, diagnostics, c.result.notes, o.modelPath).resolve(model->inputs);
  importOptions.outputs = model->outputs;
  importOptions.seed = static_cast<int64_t>(o.seed);
  absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> module =
      tf::importGraph(&c.context, model->graph, importOptions, diagnostics);
  if (diagnostics.hasErrors())
    return toStatus(o.modelPath, diagnostics);
  if (!module.ok())
    return modelError(absl::StrCat(o.modelPath, ": ", module.status().message()));
  for (const Diagnostic &note : diagnostics.notes())
    c.result.notes.push_back(formatDiagnostic(o.modelPath, note));
  c.module = std::move(*module);
  return absl::OkStatus();
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
  buffer->reset(); // the reader maps the file itself
  return importTensorFlow(c);
}

absl::Status importModel(Compilation &c) {
  if (absl::Status status = importFile(c); !status.ok())
    return status;
  nn::releaseUnusedConstants(*c.module);

  auto function = *c.module->getOps<mlir::func::FuncOp>().begin();
  c.result.model.inputs = interfaceOf(function, function.getArgumentTypes(), [&](unsigned i) {
    return function.getArgAttrOfType<mlir::StringAttr>(i, "nn.name");
  });
  c.result.model.outputs = interfaceOf(function, function.getResultTypes(), [&](unsigned i) {
    return function.getResultAttrOfType<mlir::StringAttr>(i, "nn.name");
  });
  c.result.indexBounds = findIndexBounds(*c.module);
  return absl::OkStatus();
}

std::vector<std::string> importableOps() { return absl::StrSplit(tf::listOps(), '\n', absl::SkipEmpty()); }

} // namespace aotc
