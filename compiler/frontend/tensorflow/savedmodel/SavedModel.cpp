#include "compiler/frontend/tensorflow/savedmodel/SavedModel.h"

#include <algorithm>
#include <climits>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "compiler/frontend/tensorflow/proto/saved_model.pb.h"
#include "compiler/frontend/tensorflow/reader/Assemble.h"
#include "compiler/frontend/tensorflow/reader/Decode.h"
#include "compiler/frontend/tensorflow/savedmodel/Restore.h"
#include "compiler/frontend/tensorflow/savedmodel/Variables.h"

namespace aotc::tf {
namespace {

constexpr char kVariables[] = "variables/variables";

// A signature's inputs or outputs by name; sorted, as protocol buffers do not keep an order.
using Interface = std::map<std::string, const proto::TensorInfo *>;

template <typename Map> std::string namesOf(const Map &map) {
  return map.empty() ? "none" : absl::StrJoin(map, ", ", [](std::string *out, const auto &entry) {
    absl::StrAppend(out, entry.first);
  });
}

class Reader {
public:
  Reader(const ModelFolder &folder, Diagnostics &diagnostics) : folder(folder), diagnostics(diagnostics) {}

  std::optional<Model> run(const std::string &signatureName, const ReadOptions &asked) {
    if (!load() || !chooseSignature(signatureName))
      return std::nullopt;
    inputs = interfaceOf(signature->inputs(), "input");
    outputs = interfaceOf(signature->outputs(), "output");
    ReadOptions options;
    options.declaredOutputs = asked.declaredOutputs;
    options.effects = true;
    std::vector<std::string> outputNames = asked.outputs;
    if (outputNames.empty())
      for (const auto &[name, info] : outputs)
        outputNames.push_back(name);
    if (outputNames.empty())
      error("the signature has no outputs", "choose nodes of the graph with --output NAME");
    for (const std::string &name : outputNames)
      options.outputs.push_back(wireName(name, outputs, "output"));
    std::set<std::string> cuts; // two inputs may be one tensor
    for (const auto &[name, info] : inputs)
      cuts.insert(info->name());
    for (const std::string &name : asked.cutInputs)
      cuts.insert(wireName(name, inputs, "input"));
    options.cutInputs.assign(cuts.begin(), cuts.end());
    if (diagnostics.hasErrors())
      return std::nullopt;
    GraphDefPtr graph(file, &metaGraph->graph_def());
    std::optional<Model> model = buildModel(graph, options, diagnostics);
    if (!model)
      return std::nullopt;
    nameInterface(*model, outputNames);
    reportTables(*model);
    freezeVariables(*model, [&](const std::string &name) { return valueOf(name); }, diagnostics);
    return model;
  }

private:
  void error(std::string message, std::string remedy = "") {
    diagnostics.error("", "", std::move(message), std::move(remedy));
  }

  bool load() {
    std::string name = "saved_model.pb";
    absl::StatusOr<ModelFile> opened = folder.openFile(name);
    if (absl::IsNotFound(opened.status())) {
      name = "saved_model.pbtxt";
      opened = folder.openFile(name);
    }
    if (absl::IsNotFound(opened.status())) {
      error("is a folder without a saved_model.pb", "give the folder of a SavedModel, or a model's file");
      return false;
    }
    absl::StatusOr<std::string> bytes = opened.ok() ? opened->readAll(INT_MAX) : opened.status();
    auto savedModel = std::make_shared<proto::SavedModel>();
    absl::Status status = bytes.status();
    if (status.ok())
      status = parseMessage(*bytes, "a SavedModel",
                            {proto::SavedModel::kMetaGraphsFieldNumber, proto::MetaGraphDef::kGraphDefFieldNumber,
                             proto::GraphDef::kNodeFieldNumber},
                            *savedModel);
    if (!status.ok()) {
      error(absl::StrCat(name, " ", status.message()));
      return false;
    }
    file = std::move(savedModel);
    return chooseMetaGraph();
  }

  // Files may hold a graph for training, or for other devices, too.
  bool chooseMetaGraph() {
    auto serves = [](const proto::MetaGraphDef &graph) {
      const auto &tags = graph.meta_info_def().tags();
      return std::find(tags.begin(), tags.end(), "serve") != tags.end();
    };
    for (const proto::MetaGraphDef &graph : file->meta_graphs()) {
      bool better = !metaGraph || (serves(graph) && (!serves(*metaGraph) || graph.meta_info_def().tags_size() <
                                                                                metaGraph->meta_info_def().tags_size()));
      if (better)
        metaGraph = &graph;
    }
    if (metaGraph)
      return true;
    error("the SavedModel has no graph");
    return false;
  }

  bool chooseSignature(const std::string &name) {
    std::map<std::string, const proto::SignatureDef *> signatures;
    for (const auto &[key, value] : metaGraph->signature_def())
      if (key != "__saved_model_init_op")
        signatures.emplace(key, &value);
    auto found = signatures.find(name.empty() ? "serving_default" : name);
    if (found == signatures.end() && name.empty() && signatures.size() == 1)
      found = signatures.begin();
    if (found != signatures.end()) {
      signature = found->second;
      return true;
    }
    if (signatures.empty())
      error("the SavedModel has no signatures", "save it with one, or freeze the graph");
    else
      error(name.empty() ? "the SavedModel has several signatures and none is 'serving_default'"
                         : absl::StrCat("the SavedModel has no signature '", name, "'"),
            absl::StrCat("choose with --signature one of ", namesOf(signatures)));
    return false;
  }

  template <typename Map> Interface interfaceOf(const Map &map, absl::string_view kind) {
    Interface result;
    for (const auto &[name, info] : map) {
      if (info.encoding_case() == proto::TensorInfo::kName)
        result.emplace(name, &info);
      else
        error(absl::StrCat("the signature's ", kind, " '", name, "' is not a dense tensor"),
              "save a signature with dense tensors only");
    }
    return result;
  }

  // The tensor's name in the graph.
  std::string wireName(const std::string &name, const Interface &interface, absl::string_view kind) {
    auto found = interface.find(name);
    if (found != interface.end())
      return found->second->name();
    std::optional<TensorName> parsed = parseTensorName(name);
    const auto &nodes = metaGraph->graph_def().node();
    if (!parsed || std::none_of(nodes.begin(), nodes.end(),
                                [&](const proto::NodeDef &node) { return node.name() == parsed->node; }))
      error(absl::StrCat(kind, " '", name, "': the signature has no such ", kind),
            absl::StrCat("its ", kind, "s are ", namesOf(interface)));
    return name;
  }

  void nameInterface(Model &model, const std::vector<std::string> &outputNames) {
    for (size_t i = 0; i < model.outputs.size(); ++i)
      model.outputs[i].name = outputNames[i];
    std::map<std::string, std::pair<std::string, const proto::TensorInfo *>> byWire;
    for (const auto &[name, info] : inputs)
      byWire.try_emplace(std::string(absl::StripSuffix(info->name(), ":0")), name, info);
    auto rank = [&](const InputInfo &input) { // nodes that are no inputs of the signature come last
      auto found = byWire.find(input.name);
      bool isOther = found == byWire.end();
      return std::tuple(isOther, isOther ? "" : found->second.first, input.edge.node);
    };
    std::sort(model.inputs.begin(), model.inputs.end(),
              [&](const InputInfo &a, const InputInfo &b) { return rank(a) < rank(b); });
    for (InputInfo &input : model.inputs) {
      auto found = byWire.find(input.name);
      if (found == byWire.end())
        continue;
      const auto &[name, info] = found->second;
      input.name = name;
      if (input.type.value == 0)
        input.type = typeCode(info->dtype());
      if (!input.shape && info->has_tensor_shape())
        input.shape = checkedShape(*info, name);
    }
  }

  PartialShape checkedShape(const proto::TensorInfo &info, const std::string &name) {
    PartialShape shape = partialShape(info.tensor_shape());
    if (!shape)
      return shape;
    Shape known = *shape;
    for (int64_t &dim : known)
      dim = dim == -1 ? 1 : dim;
    if (known.size() <= kMaxRank && elementCount(known, sizeof(double)))
      return shape;
    error(absl::StrCat("the signature's input '", name, "' has an impossible shape"));
    return std::nullopt;
  }

  // One message a table, in place of one for each operation that touches it.
  void reportTables(Model &model) {
    bool any = false;
    for (Node &node : model.graph.nodes) {
      const bool isTable = absl::StrContains(node.op, "HashTable");
      if (isTable)
        diagnostics.error(node.name, node.op, "hash tables are not supported",
                          "save a signature that takes the values that the look-up yields");
      any |= isTable;
      if (!isTable && !(any && absl::StartsWith(node.op, "LookupTable")))
        continue;
      node.op = "Const";
      node.inputs.clear();
      node.attrs = {{"value", BadTensor{}}};
    }
  }

  // Everything about the checkpoint happens when a variable first asks.
  absl::StatusOr<Tensor> valueOf(const std::string &variable) {
    if (!opened) {
      opened = true;
      const size_t before = diagnostics.errors().size();
      restored = findRestored(metaGraph->graph_def(), metaGraph->saver_def().restore_op_name(), diagnostics);
      absl::StatusOr<Bundle> checkpoint = Bundle::open(folder, kVariables);
      if (!checkpoint.ok())
        error(std::string(checkpoint.status().message()));
      else if (diagnostics.errors().size() == before)
        bundle = *std::move(checkpoint);
    }
    if (!bundle)
      return absl::AbortedError("");
    auto found = restored.find(variable);
    if (found == restored.end())
      return absl::NotFoundError("nothing restores it from the checkpoint");
    absl::StatusOr<Tensor> value = bundle->read(found->second.key, found->second.slice);
    if (value.ok())
      return value;
    return absl::Status(value.status().code(),
                        absl::StrCat("'", found->second.key, "': ", value.status().message()));
  }

  const ModelFolder &folder;
  Diagnostics &diagnostics;
  std::shared_ptr<const proto::SavedModel> file;
  const proto::MetaGraphDef *metaGraph = nullptr; // in `file`, as below
  const proto::SignatureDef *signature = nullptr;
  Interface inputs, outputs;
  std::map<std::string, Restored> restored;
  bool opened = false;
  std::optional<Bundle> bundle; // unless there was a problem with it, which was reported
};

} // namespace

absl::StatusOr<Model> readSavedModel(const std::string &path, const std::string &signature,
                                     const ReadOptions &options, Diagnostics &diagnostics) {
  absl::StatusOr<ModelFolder> folder = ModelFolder::open(path);
  std::optional<Model> model;
  if (folder.ok())
    model = Reader(*folder, diagnostics).run(signature, options);
  else
    diagnostics.error("", "", std::string(folder.status().message()));
  if (model) {
    model->graph.path = path;
    return *std::move(model);
  }
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", diagnostics.errors().front().message));
}

} // namespace aotc::tf
