#include "compiler/frontend/onnx/reader/Reader.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "compiler/frontend/common/ProtoFile.h"
#include "compiler/frontend/onnx/reader/Build.h"
#include "compiler/frontend/onnx/reader/Load.h"

namespace aotc::onnx {
namespace {

using proto::TypeProto;

// Names that exporters make up for extents that they do not know.
bool isAnonymous(absl::string_view symbol) {
  auto numbered = [&](absl::string_view prefix) {
    return absl::ConsumePrefix(&symbol, prefix) &&
           std::all_of(symbol.begin(), symbol.end(), [](char c) { return absl::ascii_isdigit(c); });
  };
  return symbol.empty() || symbol == "?" || symbol == "None" || absl::StartsWith(symbol, "dyn") ||
         numbered("unk__") || numbered("DynamicDimension.");
}

const char *otherType(const TypeProto &type) {
  switch (type.value_case()) {
  case TypeProto::kSequenceType: return "sequence";
  case TypeProto::kMapType: return "map";
  case TypeProto::kOpaqueType: return "opaque";
  case TypeProto::kSparseTensorType: return "sparse tensor";
  case TypeProto::kOptionalType: return "optional";
  default: return "";
  }
}

InputInfo describe(const std::string &name, int value, const TypeProto &type) {
  InputInfo info{name, value, type.tensor_type().elem_type(), otherType(type), std::nullopt, {}};
  if (!type.tensor_type().has_shape())
    return info;
  info.shape.emplace();
  for (const auto &dim : type.tensor_type().shape().dim()) {
    info.shape->push_back(dim.dim_value() > 0 ? dim.dim_value() : -1);
    info.symbols.push_back(isAnonymous(dim.dim_param()) ? "" : dim.dim_param());
  }
  return info;
}

class ModelBuilder {
public:
  ModelBuilder(proto::ModelProto &message, const std::string &path, const ReadOptions &options,
               Diagnostics &diagnostics)
      : message(message), options(options), diagnostics(diagnostics), decoder(path), builder(decoder, diagnostics) {
    model.path = path;
  }

  Model run() {
    proto::GraphProto &graph = *message.mutable_graph();
    builder.define(graph);
    for (const std::string &name : options.cutInputs)
      if (int value = findNamed(name, "input"); value >= 0)
        cuts.insert(value);
    chooseOutputs();
    std::vector<int> values;
    for (const OutputInfo &output : model.outputs)
      values.push_back(output.value);
    model.graph = builder.build({}, std::move(values), cuts);
    chooseInputs();
    for (const InputInfo &input : model.inputs)
      model.graph.inputs.push_back(input.value);
    model.opsets = opsetsOf(message.opset_import());
    for (auto &function : *message.mutable_functions())
      model.functions.push_back(buildFunction(function, decoder, diagnostics));
    return std::move(model);
  }

private:
  int findNamed(const std::string &name, const char *what) {
    int value = builder.find(name);
    value = value < 0 ? builder.find(name + ":0") : value;
    if (value < 0)
      diagnostics.error(name, "", absl::StrCat("the graph has no value of this name to be an ", what),
                        builder.suggestion(name));
    return value;
  }

  void chooseOutputs() {
    for (const std::string &name : options.outputs)
      if (int value = findNamed(name, "output"); value >= 0)
        model.outputs.push_back({builder.names()[value], value});
    if (!options.outputs.empty())
      return;
    for (const auto &output : message.graph().output()) {
      if (int value = builder.findOutput(output.name()); value >= 0)
        model.outputs.push_back({output.name(), value});
      std::string other = otherType(output.type());
      if (output.type().tensor_type().elem_type() == kString)
        other = "STRING tensor";
      if (!other.empty())
        diagnostics.error(output.name(), "", absl::StrCat("outputs of type ", other, " are not supported"),
                          "choose others with --output");
    }
    if (model.outputs.empty() && !diagnostics.hasErrors())
      diagnostics.error("", "", "the graph has no outputs", "name a value with --output");
  }

  void chooseInputs() {
    const proto::GraphProto &graph = message.graph();
    // The interface that the model declares stays whole, unless the user asks for another.
    const bool all = options.outputs.empty() && cuts.empty();
    absl::flat_hash_set<int> declared;
    for (const auto &input : graph.input()) {
      int value = builder.find(input.name());
      declared.insert(value);
      if (cuts.count(value) || (!builder.isInitializer(value) && (all || builder.isUsed(value))))
        model.inputs.push_back(describe(input.name(), value, input.type()));
    }
    absl::flat_hash_map<std::string, const TypeProto *> types;
    for (const auto &info : graph.value_info())
      types[info.name()] = &info.type();
    for (const std::string &name : options.cutInputs) {
      int value = builder.find(name);
      value = value < 0 ? builder.find(name + ":0") : value;
      if (value < 0 || !declared.insert(value).second)
        continue;
      const std::string &full = model.graph.values[value]; // the builder has given them away
      auto type = types.find(full);
      model.inputs.push_back(describe(full, value, type == types.end() ? TypeProto() : *type->second));
    }
  }

  proto::ModelProto &message;
  const ReadOptions &options;
  Diagnostics &diagnostics;
  Decoder decoder;
  GraphBuilder builder;
  absl::flat_hash_set<int> cuts;
  Model model;
};

absl::StatusOr<Model> failure(const std::string &path, const absl::Status &status, Diagnostics &diagnostics) {
  diagnostics.error("", "", std::string(status.message()));
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

} // namespace

absl::StatusOr<Model> parseModel(absl::string_view bytes, const std::string &path, const ReadOptions &options,
                                 Diagnostics &diagnostics) {
  auto message = parseModelProto(bytes);
  if (!message.ok())
    return failure(path, message.status(), diagnostics);
  Model model = ModelBuilder(**message, path, options, diagnostics).run();
  if (!model.outputs.empty())
    return model;
  const Diagnostic &first = diagnostics.errors().front();
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", first.message));
}

absl::StatusOr<Model> readModel(const std::string &path, const ReadOptions &options, Diagnostics &diagnostics) {
  absl::StatusOr<MappedFile> file = MappedFile::open(path);
  return file.ok() ? parseModel(file->bytes(), path, options, diagnostics)
                   : failure(path, file.status(), diagnostics);
}

} // namespace aotc::onnx
