#include "compiler/frontend/tensorflow/Importer.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/common/ImportCustom.h"
#include "compiler/frontend/tensorflow/ops/OpTable.h"

using namespace mlir;

namespace aotc::tf {
namespace {

constexpr int kMaxBodyDepth = 64;                // of bodies in bodies
constexpr uint64_t kMaxImportedNodes = 1u << 20; // bodies are imported anew wherever they run

// What a node yields: nullopt when it was reported, so that consumers keep silent.
// Dead values are null (see OpRow::takesDead).
using Outputs = std::optional<SmallVector<Value, 1>>;

// The graph, or a body while it is imported.
struct Frame {
  explicit Frame(const std::vector<Node> &nodes) : nodes(nodes), outputs(nodes.size()), neverRuns(nodes.size()) {}

  const std::vector<Node> &nodes;
  std::map<size_t, Value> bound; // by node: what inputs and arguments yield; null: that was reported
  std::vector<Outputs> outputs;  // of each node
  std::vector<bool> neverRuns;   // nodes of which an operand is dead
};

class Importer {
public:
  Importer(OpBuilder &builder, const Graph &graph, const TFImportOptions &options, Diagnostics &diagnostics)
      : builder(builder, graph.path, diagnostics), main(graph.nodes) {
    streams.seed = options.seed;
    this->builder.setBounds(options.bounds);
    if (options.customOps)
      customOps = *options.customOps;
  }

  // `argument` is what the graph's input at `edge` yields; null: that was reported.
  void bind(Edge edge, Value argument) {
    // Tensors without elements are constants everywhere (see ImportBuilder).
    if (argument && ImportBuilder::elements(argument) == 0)
      argument = builder.constant(Tensor(ImportBuilder::dtype(argument), ImportBuilder::shape(argument).vec()));
    main.bound[edge.node] = argument;
  }

  void run() { importNodes(main); }

  Value result(const OutputInfo &wanted) {
    if (!isNode(main, wanted.edge))
      return {};
    const Node &producer = main.nodes[wanted.edge.node];
    builder.startNode(producer.name, producer.op);
    Operand result = output(main, wanted.edge, "the requested output");
    if (lists.find(result.value))
      return builder.error("the requested output is a list of tensors", "choose what stacks it or reads from it");
    return result.dead ? builder.error("the requested output is in a branch that is never taken") : result.value;
  }

  ImportBuilder builder;

private:
  struct Operand {
    Value value;
    bool dead = false;
  };

  class Context : public NodeContext {
  public:
    Context(Importer &importer, const Node &node) : importer(importer), node(node) {}
    std::optional<SmallVector<Value>> importBody(const Body &body, ArrayRef<Value> arguments) override {
      return importer.importBody(node, body, arguments);
    }

  private:
    Importer &importer;
    const Node &node;
  };

  // False for an edge that the reader has reported as broken.
  static bool isNode(const Frame &frame, Edge edge) {
    return edge.node >= 0 && edge.node < static_cast<int>(frame.nodes.size());
  }

  Operand output(const Frame &frame, Edge edge, const Twine &user) {
    if (!isNode(frame, edge))
      return {};
    const Outputs &values = frame.outputs[edge.node];
    if (!values)
      return {Value(), frame.neverRuns[edge.node]};
    if (edge.port >= 0 && edge.port < static_cast<int>(values->size()))
      return {(*values)[edge.port], !(*values)[edge.port]};
    builder.error(user + " is port " + Twine(edge.port) + " of '" + frame.nodes[edge.node].name +
                  "', which has " + Twine(values->size()) + " outputs here");
    return {};
  }

  void importNodes(Frame &frame) {
    for (size_t i = 0; i < frame.nodes.size() && !exhausted(); ++i)
      frame.outputs[i] = importNode(frame, i);
  }

  // Counts a node; true where there were too many.
  bool exhausted() {
    if (++imported <= kMaxImportedNodes)
      return false;
    if (imported == kMaxImportedNodes + 1)
      builder.error("the model's loops unroll to more than " + Twine(kMaxImportedNodes) + " nodes");
    return true;
  }

  Outputs importNode(Frame &frame, size_t index) {
    const Node &node = frame.nodes[index];
    builder.startNode(node.name, node.op);
    if (auto found = frame.bound.find(index); found != frame.bound.end())
      return found->second ? Outputs(SmallVector<Value, 1>{found->second}) : std::nullopt;
    const CustomOp *custom = findCustomOp(customOps, node.op);
    const OpRow *row = custom ? nullptr : findOp(node.op);
    SmallVector<Value> inputs;
    bool anyDead = false, anyPoison = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      Operand operand = output(frame, node.inputs[i], "operand " + Twine(i));
      anyDead |= operand.dead;
      anyPoison |= !operand.dead && !operand.value;
      inputs.push_back(operand.value);
    }
    for (Edge control : node.controls)
      anyDead |= output(frame, control, "a control operand").dead;
    frame.neverRuns[index] = anyDead && !(row && row->mayTakeDead);
    if (frame.neverRuns[index])
      return std::nullopt;
    if (custom) {
      Context context(*this, node);
      NodeImport import(builder, node, inputs, context, lists, streams);
      if (anyPoison)
        return std::nullopt;
      auto values = importCustomOp(builder, *custom, inputs, [&](const CustomAttr &attr) { return customValues(import, attr); });
      return builder.failed() ? std::nullopt : Outputs(SmallVector<Value, 1>(ArrayRef<Value>(values)));
    }
    if (!row) {
      std::string near = nearestRow(allOps(), node.op);
      builder.error("operation '" + node.op + "' is not supported",
                    near.empty() ? "declare it with --custom-op if it is yours" : "the nearest supported operation is '" + near + "'");
      return std::nullopt;
    }
    Context context(*this, node);
    NodeImport import(builder, node, inputs, context, lists, streams);
    // Attributes and types are checked even where operands are poison, so that all are listed.
    checkRow(import, *row);
    if (anyPoison)
      checkBodies(node);
    if (builder.failed() || anyPoison)
      return std::nullopt;
    row->checkConstants(builder, inputs);
    row->checkExtents(builder, inputs);
    if (builder.failed())
      return std::nullopt;
    Results values = row->import(import);
    row->setExtents(builder, inputs, values);
    if (builder.failed() || (!row->mayYieldDead && llvm::is_contained(values, Value())))
      return std::nullopt;
    return SmallVector<Value, 1>(values);
  }

  // Of a node that cannot be imported: lists what else is wrong in its bodies.
  void checkBodies(const Node &node) {
    for (const Body *body : bodiesOf(node))
      importBody(node, *body, SmallVector<Value>(body->arguments.size()));
  }

  std::optional<SmallVector<Value>> importBody(const Node &node, const Body &body, ArrayRef<Value> arguments) {
    if (arguments.size() != body.arguments.size()) {
      builder.error("a function of the node has " + Twine(body.arguments.size()) + " arguments, not " + Twine(arguments.size()));
      return std::nullopt;
    }
    if (depth == kMaxBodyDepth) {
      builder.error("loops and branches nest deeper than " + Twine(kMaxBodyDepth));
      return std::nullopt;
    }
    ++depth;
    Frame frame(body.nodes);
    for (auto [index, argument] : llvm::zip(body.arguments, arguments))
      if (index >= 0)
        frame.bound[index] = argument;
    importNodes(frame);
    SmallVector<Value> results;
    for (Edge edge : body.results) {
      builder.startNode(node.name, node.op);
      Operand result = output(frame, edge, "a result of the function");
      if (result.dead)
        builder.error("a result of the function is in a branch that is never taken");
      results.push_back(result.value);
    }
    --depth;
    builder.startNode(node.name, node.op);
    return results;
  }

  void checkRow(NodeImport &import, const OpRow &row) {
    const Node &node = import.node;
    row.checkCount(builder, node.inputs.size());
    for (const auto &choice : row.choices)
      if (import.has(choice.attr))
        row.checkChoice(builder, choice, import.text(choice.attr, ""));
    for (auto [i, input] : llvm::enumerate(import.allInputs()))
      if (lists.find(input) && !row.mayBeList(i))
        builder.error("operand " + Twine(i) + " is a list of tensors");
    std::optional<DType> type;
    if (import.in(0) && !lists.find(import.in(0)))
      type = import.dtype(0);
    else if (node.inputs.empty()) // the attributes may be another operand's
      for (const char *attr : {"T", "dtype"})
        if (!type && import.has(attr)) // an unsupported type is reported here
          type = import.type(attr, DType::F32);
    if (type)
      row.checkType(builder, *type);
  }

  Frame main;
  RandomStreams streams;
  CustomOps customOps;
  ListTable lists;
  int depth = 0; // of bodies that are being imported
  uint64_t imported = 0;
};

} // namespace

absl::StatusOr<OwningOpRef<ModuleOp>> importGraph(MLIRContext *context, const Graph &graph,
                                                  const TFImportOptions &options, Diagnostics &diagnostics) {
  std::vector<ArgumentType> arguments(options.inputs.begin(), options.inputs.end());
  auto main = MainFunction::create(context, graph.path, arguments);
  if (!main.ok())
    return main.status();

  Importer importer(main->builder(), graph, options, diagnostics);
  for (auto [i, input] : llvm::enumerate(options.inputs))
    importer.bind(input.edge, input.known ? main->argument(i, importer.builder) : Value());
  importer.run();

  SmallVector<Value> results;
  SmallVector<std::string> names;
  for (const OutputInfo &output : options.outputs) {
    results.push_back(importer.result(output));
    names.push_back(output.name);
  }
  return std::move(*main).finish(importer.builder, results, names, diagnostics);
}

std::string listOps() {
  std::string text;
  for (const OpRow &row : allOps())
    absl::StrAppend(&text, row.name, "  ", row.describe(), "\n");
  return text;
}

} // namespace aotc::tf
