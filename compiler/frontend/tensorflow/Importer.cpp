#include "compiler/frontend/tensorflow/Importer.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/ops/OpTable.h"

using namespace mlir;

namespace aotc::tf {
namespace {

class Importer {
public:
  Importer(OpBuilder &builder, const Graph &graph, const TFImportOptions &options, Diagnostics &diagnostics)
      : graph(graph), builder(builder, graph.path, diagnostics) {
    streams.seed = options.seed;
  }

  // `argument` is what the graph's input at `edge` yields; null: that was reported.
  void bind(Edge edge, Value argument) {
    // Tensors without elements are constants everywhere (see ImportBuilder).
    if (argument && ImportBuilder::elements(argument) == 0)
      argument = builder.constant(Tensor(ImportBuilder::dtype(argument), ImportBuilder::shape(argument).vec()));
    bound[edge.node] = argument;
  }

  void run() {
    outputs.resize(graph.nodes.size());
    neverRuns.resize(graph.nodes.size());
    for (size_t i = 0; i < graph.nodes.size(); ++i)
      outputs[i] = importNode(i);
  }

  Value result(const OutputInfo &wanted) {
    if (!isNode(wanted.edge))
      return {};
    const Node &producer = graph.nodes[wanted.edge.node];
    builder.startNode(producer.name, producer.op);
    Operand result = output(wanted.edge, "the requested output");
    return result.dead ? builder.error("the requested output is in a branch that is never taken") : result.value;
  }

private:
  // What a node yields: nullopt when it was reported, so that consumers keep silent.
  // Dead values are null (see OpRow::takesDead).
  using Outputs = std::optional<SmallVector<Value, 1>>;
  struct Operand {
    Value value;
    bool dead = false;
  };

  // False for an edge that the reader has reported as broken.
  bool isNode(Edge edge) const { return edge.node >= 0 && edge.node < static_cast<int>(graph.nodes.size()); }

  Operand output(Edge edge, const Twine &user) {
    if (!isNode(edge))
      return {};
    const Outputs &values = outputs[edge.node];
    if (!values)
      return {Value(), neverRuns[edge.node]};
    if (edge.port >= 0 && edge.port < static_cast<int>(values->size()))
      return {(*values)[edge.port], !(*values)[edge.port]};
    builder.error(user + " is port " + Twine(edge.port) + " of '" + graph.nodes[edge.node].name +
                  "', which has " + Twine(values->size()) + " outputs here");
    return {};
  }

  Outputs importNode(size_t index) {
    const Node &node = graph.nodes[index];
    builder.startNode(node.name, node.op);
    if (auto found = bound.find(index); found != bound.end())
      return found->second ? Outputs(SmallVector<Value, 1>{found->second}) : std::nullopt;
    const OpRow *row = findOp(node.op);
    SmallVector<Value> inputs;
    bool anyDead = false, anyPoison = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      Operand operand = output(node.inputs[i], "operand " + Twine(i));
      anyDead |= operand.dead;
      anyPoison |= !operand.dead && !operand.value;
      inputs.push_back(operand.value);
    }
    neverRuns[index] = anyDead && !(row && row->mayTakeDead);
    if (neverRuns[index])
      return std::nullopt;
    if (!row) {
      std::string near = isControlFlow(node.op) ? "" : nearestRow(allOps(), node.op);
      builder.error("operation '" + node.op + "' is not supported" + (isControlFlow(node.op) ? " (control flow)" : ""),
                    near.empty() ? "" : "the nearest supported operation is '" + near + "'");
      return std::nullopt;
    }
    NodeImport import(builder, node, inputs, streams);
    // Attributes and types are checked even where operands are poison, so that all are listed.
    checkRow(import, *row);
    if (builder.failed() || anyPoison)
      return std::nullopt;
    row->checkConstants(builder, inputs);
    if (builder.failed())
      return std::nullopt;
    Results values = row->import(import);
    if (builder.failed() || (!row->mayYieldDead && llvm::is_contained(values, Value())))
      return std::nullopt;
    return SmallVector<Value, 1>(values);
  }

  // Their names resemble those of unrelated operations.
  static bool isControlFlow(StringRef op) {
    for (StringRef prefix : {"Enter", "Exit", "NextIteration", "LoopCond", "While", "StatelessWhile", "If", "StatelessIf",
                             "Case", "StatelessCase", "For", "TensorArray", "TensorList", "RefEnter", "RefExit", "Stack"})
      if (op.starts_with(prefix))
        return true;
    return false;
  }

  void checkRow(NodeImport &import, const OpRow &row) {
    const Node &node = import.node;
    row.checkCount(builder, node.inputs.size());
    for (const auto &choice : row.choices)
      if (import.has(choice.attr))
        row.checkChoice(builder, choice, import.text(choice.attr, ""));
    std::optional<DType> type;
    if (import.in(0))
      type = import.dtype(0);
    else if (node.inputs.empty()) // the attributes may be another operand's
      for (const char *attr : {"T", "dtype"})
        if (!type && import.has(attr)) // an unsupported type is reported here
          type = import.type(attr, DType::F32);
    if (type)
      row.checkType(builder, *type);
  }

  const Graph &graph;
  ImportBuilder builder;
  RandomStreams streams;
  std::map<size_t, Value> bound; // by node
  std::vector<Outputs> outputs;  // of each node
  std::vector<bool> neverRuns;   // nodes of which an operand is dead
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
    importer.bind(input.edge, input.known ? main->argument(i) : Value());
  importer.run();

  SmallVector<Value> results;
  SmallVector<std::string> names;
  for (const OutputInfo &output : options.outputs) {
    results.push_back(importer.result(output));
    names.push_back(output.name);
  }
  return std::move(*main).finish(results, names, diagnostics);
}

std::string listOps() {
  std::string text;
  for (const OpRow &row : allOps())
    absl::StrAppend(&text, row.name, "  ", row.describe(), "\n");
  return text;
}

} // namespace aotc::tf
