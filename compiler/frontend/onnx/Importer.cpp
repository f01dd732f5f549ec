#include "compiler/frontend/onnx/Importer.h"

#include "absl/strings/str_cat.h"
#include "compiler/frontend/onnx/functions/FunctionLibrary.h"
#include "compiler/frontend/common/ImportCustom.h"
#include "compiler/frontend/onnx/ops/OpTable.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace aotc::onnx {
namespace {

constexpr int kMaxCallDepth = 64;                  // of functions in functions and graphs in graphs
constexpr uint64_t kMaxImportedNodes = 1u << 20; // bodies are imported anew wherever they are called

// One graph while it is imported.
struct Frame {
  const Graph &graph;
  const Opsets &opsets;
  const Attrs &attributes; // of the function around
  std::string prefix;      // of names of nodes
  // Values by number; null: the producer was reported, or the value is left out.
  std::vector<Value> values;
  std::vector<bool> leftOut; // optional inputs of functions
  std::vector<ElementType> types;

  Frame(const Graph &graph, const Opsets &opsets, const Attrs &attributes, std::string prefix)
      : graph(graph), opsets(opsets), attributes(attributes), prefix(std::move(prefix)), values(graph.values.size()),
        leftOut(graph.values.size()), types(graph.values.size(), kUndefined) {}

  void set(int value, Value to, ElementType type = kUndefined) {
    values[value] = to;
    types[value] = type;
  }
  ElementType typeOf(int value) const {
    return types[value] != kUndefined ? types[value] : elementTypeOf(ImportBuilder::dtype(values[value]));
  }
};

class Importer {
public:
  Importer(OpBuilder &builder, const Model &model, const ImportOptions &options, Diagnostics &diagnostics)
      : builder(builder, model.path, diagnostics), model(model) {
    streams.seed = options.seed;
    this->builder.setBounds(options.bounds);
    if (options.customOps)
      customOps = *options.customOps;
    for (const Function &function : model.functions)
      functions.try_emplace(std::make_tuple(function.domain, function.name, function.overload), &function);
  }

  // The argument is null where its input is fixed to a value, or where a problem was reported.
  SmallVector<Value> run(ArrayRef<Value> arguments) {
    Frame frame(model.graph, model.opsets, noAttributes, "");
    addInitializers(frame);
    for (auto [i, info] : llvm::enumerate(model.inputs)) {
      builder.startNode(info.name, "");
      Value argument = arguments[i];
      // Tensors without elements are constants everywhere (see ImportBuilder).
      if (argument && ImportBuilder::elements(argument) == 0)
        argument = builder.constant(Tensor(ImportBuilder::dtype(argument), ImportBuilder::shape(argument).vec()));
      frame.set(info.value, argument, narrowBits(info.type) ? info.type : kUndefined);
    }
    if (!checkOpset())
      return {};
    importNodes(frame);
    SmallVector<Value> results;
    for (const OutputInfo &output : model.outputs)
      results.push_back(frame.values[output.value]);
    return results;
  }

  ImportBuilder builder;

private:
  class Context : public NodeContext {
  public:
    Context(Importer &importer, Frame &frame, const Node &node, int64_t version)
        : importer(importer), frame(frame), node(node), version(version) {}
    int64_t opset() const override { return version; }
    ElementType elementType(size_t operand) const override {
      bool given = operand < node.inputs.size() && node.inputs[operand] >= 0;
      return given ? frame.typeOf(node.inputs[operand]) : kUndefined;
    }
    std::optional<SmallVector<Value>> importBody(const Graph &body, ArrayRef<Value> arguments, Capture capture) override {
      return importer.importBody(frame, node, body, arguments, capture);
    }

  private:
    Importer &importer;
    Frame &frame;
    const Node &node;
    int64_t version;
  };

  bool checkOpset() {
    auto found = model.opsets.find("");
    if (found == model.opsets.end()) // of models with operators of other domains only
      return true;
    if (found->second >= kOldestOpset && found->second <= kNewestOpset)
      return true;
    builder.startNode("", "");
    builder.error("the model is of opset " + Twine(found->second) + "; supported are " + Twine(kOldestOpset) + " to " +
                      Twine(kNewestOpset),
                  "convert it with onnx.version_converter");
    return false;
  }

  void addInitializers(Frame &frame) {
    for (const auto &[value, content] : frame.graph.initializers) {
      auto *tensor = std::get_if<TypedTensor>(&content);
      builder.startNode(frame.prefix + frame.graph.values[value], "");
      frame.set(value, tensor ? builder.constant(tensor->tensor) : Value(),
                tensor && narrowBits(tensor->type) ? tensor->type : kUndefined);
    }
  }

  void importNodes(Frame &frame) {
    for (const Node &node : frame.graph.nodes)
      importNode(frame, node);
  }

  void importNode(Frame &frame, const Node &given) {
    if (++imported > kMaxImportedNodes) {
      if (imported == kMaxImportedNodes + 1)
        builder.error("the functions of the model expand to more than " + Twine(kMaxImportedNodes) + " nodes");
      return;
    }
    std::optional<Node> resolved = resolveReferences(frame, given);
    const Node &node = resolved ? *resolved : given;
    startNode(frame, node);
    SmallVector<Value> inputs;
    bool anyPoison = false;
    for (int input : node.inputs) {
      inputs.push_back(input < 0 ? Value() : frame.values[input]);
      anyPoison |= input >= 0 && !frame.values[input] && !frame.leftOut[input];
    }
    if (const CustomOp *custom = findCustomOp(customOps, node.domain + (node.domain.empty() ? "" : ".") + node.op)) {
      if (!anyPoison)
        importCustom(frame, node, *custom, inputs);
      return;
    }
    auto function = functions.find(std::make_tuple(node.domain, node.op, node.overload));
    if (function != functions.end()) {
      importFunction(frame, node, *function->second, inputs);
      return;
    }
    if (const Function *body = libraryBody(frame, node)) {
      importFunction(frame, node, *body, inputs);
      return;
    }
    int64_t version = 0;
    const OpRow *row = findRow(frame, node, version);
    if (!row)
      return;
    Context context(*this, frame, node, version);
    NodeImport import(builder, node, inputs, context, streams);
    // Attributes and types are checked even where operands are poison, so that all are listed.
    checkRow(import, *row, anyPoison);
    if (builder.failed() || anyPoison)
      return;
    row->checkConstants(builder, inputs);
    row->checkExtents(builder, inputs);
    if (builder.failed())
      return;
    Results values = row->import(import);
    row->setExtents(builder, inputs, values);
    if (!builder.failed())
      setOutputs(frame, import, *row, values);
  }

  void importCustom(Frame &frame, const Node &node, const CustomOp &custom, ArrayRef<Value> inputs) {
    Context context(*this, frame, node, 0);
    NodeImport import(builder, node, inputs, context, streams);
    auto values = importCustomOp(builder, custom, inputs, [&](const CustomAttr &attr) { return customValues(import, attr); });
    for (auto [i, output] : llvm::enumerate(node.outputs))
      if (output >= 0 && i >= values.size())
        builder.error("output " + Twine(i) + " is not declared");
      else if (output >= 0 && !builder.failed())
        frame.set(output, values[i], kUndefined);
  }

  void startNode(const Frame &frame, const Node &node) { builder.startNode(frame.prefix + node.name, node.op); }

  // How ONNX defines an operation that has no row; null: it does not.
  const Function *libraryBody(const Frame &frame, const Node &node) {
    auto opset = frame.opsets.find(node.domain);
    if (opset == frame.opsets.end() || !findOps(node.domain, node.op).empty())
      return nullptr;
    std::vector<bool> present;
    for (int input : node.inputs)
      present.push_back(input >= 0 && !frame.leftOut[input]);
    return findLibraryFunction(node, opset->second, present);
  }

  // The row of the version that the graph asks for; null: reported.
  const OpRow *findRow(const Frame &frame, const Node &node, int64_t &version) {
    std::string what = "operation '" + node.op + "'" + (node.domain.empty() ? "" : " of domain '" + node.domain + "'");
    ArrayRef<OpRow> rows = findOps(node.domain, node.op);
    if (rows.empty()) {
      std::string near = nearestRow(allOps(), node.op);
      builder.error(what + " is not supported",
                    near.empty() || near == node.op ? "declare it with --custom-op if it is yours" : "the nearest supported operation is '" + near + "'");
      return nullptr;
    }
    auto opset = frame.opsets.find(node.domain);
    if (opset == frame.opsets.end()) {
      builder.error("the model does not import an operator set for " + what);
      return nullptr;
    }
    version = opset->second;
    for (const OpRow &row : rows)
      if (row.first <= version && version <= row.last)
        return &row;
    builder.error(what + " is not in opset " + Twine(version),
                  version < rows.front().first ? "it came with opset " + Twine(rows.front().first)
                                               : "it went after opset " + Twine(rows.back().last));
    return nullptr;
  }

  // Of a function's body: with attributes of the call in place of references to them.
  std::optional<Node> resolveReferences(const Frame &frame, const Node &node) {
    auto isReference = [](const auto &entry) { return std::holds_alternative<AttributeRef>(entry.second); };
    if (llvm::none_of(node.attrs, isReference))
      return std::nullopt;
    Node copy = node;
    copy.attrs.clear();
    for (const auto &[name, value] : node.attrs) {
      auto *reference = std::get_if<AttributeRef>(&value);
      auto found = reference ? frame.attributes.find(reference->name) : frame.attributes.end();
      if (!reference)
        copy.attrs.emplace(name, value);
      else if (found != frame.attributes.end())
        copy.attrs.emplace(name, found->second);
    }
    return copy;
  }

  void checkRow(NodeImport &import, const OpRow &row, bool anyPoison) {
    row.checkCount(builder, import.numInputs());
    for (int i = 0; i < row.minInputs && !anyPoison && !builder.failed(); ++i)
      if (!import.in(i))
        builder.error("operand " + Twine(i) + " is left out");
    checkAttributes(import.node);
    for (const auto &choice : row.choices)
      if (import.has(choice.attr))
        row.checkChoice(builder, choice, import.text(choice.attr, ""));
    if (!import.in(0))
      return;
    if (narrowBits(import.elementType(0)) && !row.movesNarrow && !row.readsNarrow)
      builder.error("element type " + nameOf(import.elementType(0)) + " is not supported",
                    "cast it to FLOAT before");
    row.checkType(builder, import.dtype(0));
  }

  // One that is not known could change what the operation means.
  void checkAttributes(const Node &node) {
    auto known = attributesOf(node.domain, node.op);
    if (!known)
      return;
    for (const auto &[name, value] : node.attrs)
      if (!llvm::is_contained(*known, name))
        builder.error("attribute '" + name + "' is unknown",
                      known->empty() ? "the operation has no attributes"
                                     : "its attributes are " + llvm::join(*known, ", "));
  }

  void setOutputs(Frame &frame, NodeImport &import, const OpRow &row, const Results &values) {
    const Node &node = import.node;
    for (auto [i, output] : llvm::enumerate(node.outputs)) {
      if (output < 0)
        continue;
      if (i >= values.size()) {
        builder.error("output " + Twine(i) + " is not supported");
        return;
      }
      ElementType type = import.outputType(i);
      if (type == kUndefined && row.movesNarrow && narrowBits(import.elementType(0)))
        type = import.elementType(0);
      frame.set(output, values[i], narrowBits(type) ? type : kUndefined);
    }
  }

  bool enter(const Twine &what) {
    if (depth < kMaxCallDepth)
      return true;
    builder.error(what + " is nested more than " + Twine(kMaxCallDepth) + " deep");
    return false;
  }

  // Runs `frame` and comes back to the node.
  void runInside(Frame &frame, const Frame &around, const Node &node) {
    ++depth;
    addInitializers(frame);
    importNodes(frame);
    --depth;
    startNode(around, node);
  }

  void importFunction(Frame &frame, const Node &node, const Function &function, ArrayRef<Value> inputs) {
    if (!enter("function '" + Twine(node.op) + "'"))
      return;
    if (llvm::is_contained(calls, &function)) {
      builder.error("function '" + Twine(node.op) + "' calls itself");
      return;
    }
    if (inputs.size() > function.body.inputs.size()) {
      builder.error("has " + Twine(inputs.size()) + " operands, not " + Twine(function.body.inputs.size()));
      return;
    }
    Attrs attributes = node.attrs;
    attributes.insert(function.defaults.begin(), function.defaults.end());
    Frame inner(function.body, function.opsets, attributes, frame.prefix + node.name + "/");
    for (auto [i, value] : llvm::enumerate(function.body.inputs)) {
      int given = i < node.inputs.size() ? node.inputs[i] : -1;
      inner.leftOut[value] = given < 0 || frame.leftOut[given];
      inner.set(value, i < inputs.size() ? inputs[i] : Value(), given < 0 ? kUndefined : frame.types[given]);
    }
    calls.push_back(&function);
    runInside(inner, frame, node);
    calls.pop_back();
    for (auto [i, output] : llvm::enumerate(node.outputs)) {
      if (output < 0)
        continue;
      if (i >= function.body.outputs.size()) {
        builder.error("output " + Twine(i) + " is not one of the function's");
        return;
      }
      int value = function.body.outputs[i];
      frame.set(output, value < 0 ? Value() : inner.values[value], value < 0 ? kUndefined : inner.types[value]);
    }
  }

  std::optional<SmallVector<Value>> importBody(Frame &frame, const Node &node, const Graph &body,
                                               ArrayRef<Value> arguments, NodeContext::Capture capture) {
    if (!enter("a graph"))
      return std::nullopt;
    if (arguments.size() != body.inputs.size()) {
      builder.error("a graph of the node has " + Twine(body.inputs.size()) + " inputs, not " + Twine(arguments.size()));
      return std::nullopt;
    }
    Frame inner(body, frame.opsets, frame.attributes, frame.prefix + node.name + "/");
    for (auto [outer, captured] : body.captures) {
      inner.set(captured, capture(frame.values[outer]), frame.types[outer]);
      inner.leftOut[captured] = frame.leftOut[outer];
    }
    for (auto [value, argument] : llvm::zip(body.inputs, arguments))
      inner.set(value, argument);
    runInside(inner, frame, node);
    SmallVector<Value> results;
    for (int output : body.outputs)
      results.push_back(output < 0 ? Value() : inner.values[output]);
    return results;
  }

  const Model &model;
  RandomStreams streams;
  CustomOps customOps;
  std::map<std::tuple<std::string, std::string, std::string>, const Function *> functions;
  const Attrs noAttributes;
  SmallVector<const Function *> calls; // that are being imported
  int depth = 0;
  uint64_t imported = 0;
};

} // namespace

absl::StatusOr<OwningOpRef<ModuleOp>> importModel(MLIRContext *context, const Model &model,
                                                  const ImportOptions &options, Diagnostics &diagnostics) {
  std::vector<ArgumentType> types;
  llvm::copy(options.inputs, std::back_inserter(types));
  auto main = MainFunction::create(context, model.path, types);
  if (!main.ok())
    return main.status();
  SmallVector<std::string> names;
  for (const OutputInfo &output : model.outputs)
    names.push_back(output.name);
  Importer importer(main->builder(), model, options, diagnostics);
  SmallVector<Value> arguments;
  for (auto [i, input] : llvm::enumerate(options.inputs))
    arguments.push_back(input.known ? main->argument(i, importer.builder) : Value());
  SmallVector<Value> results = importer.run(arguments);
  return std::move(*main).finish(importer.builder, results, names, diagnostics);
}

std::string listOps() {
  std::string text;
  for (const OpRow &row : allOps()) {
    std::string versions = absl::StrCat(std::max(row.first, row.domainName.empty() ? kOldestOpset : 1));
    absl::StrAppend(&versions, row.last == kNoEnd ? "+" : absl::StrCat("-", row.last));
    absl::StrAppend(&text, row.domainName, row.domainName.empty() ? "" : ".", row.name, "  ", versions, "  ",
                    row.describe(), "\n");
  }
  for (const LibraryOp &op : libraryOps())
    if (findOps(op.domain, op.name).empty())
      absl::StrAppend(&text, op.domain, op.domain.empty() ? "" : ".", op.name, "  ", op.since,
                      "+  by its definition\n");
  return text;
}

} // namespace aotc::onnx
