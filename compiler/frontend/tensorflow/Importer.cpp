#include "compiler/frontend/tensorflow/Importer.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "compiler/frontend/tensorflow/ops/OpTable.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"

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
      std::string near = isControlFlow(node.op) ? "" : nearestOp(node.op);
      builder.error("operation '" + node.op + "' is not supported" + (isControlFlow(node.op) ? " (control flow)" : ""),
                    near.empty() ? "" : "the nearest supported operation is '" + near + "'");
      return std::nullopt;
    }
    NodeImport import(builder, node, inputs, streams);
    // Attributes and types are checked even where operands are poison, so that all are listed.
    checkRow(import, *row);
    if (builder.failed() || anyPoison)
      return std::nullopt;
    for (const auto &[operand, what] : row->constants)
      for (int i = 0, e = inputs.size(); i < e; ++i) {
        bool meant = operand == i || operand == OpRow::kEveryOperand || (operand == OpRow::kLastOperand && i + 1 == e);
        if (meant && inputs[i] && !ImportBuilder::isKnown(inputs[i]))
          builder.error("operand " + Twine(i) + " (" + what + ") must be known at compile time",
                        "make it a constant, or derive it from shapes");
      }
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
    int count = static_cast<int>(node.inputs.size());
    if (count < row.minInputs || (row.maxInputs >= 0 && count > row.maxInputs)) {
      std::string wanted = std::to_string(row.minInputs);
      if (row.maxInputs < 0)
        wanted = "at least " + wanted;
      else if (row.maxInputs != row.minInputs)
        wanted += " to " + std::to_string(row.maxInputs);
      builder.error("has " + Twine(count) + " operands, not " + wanted);
    }
    for (const auto &[attr, values] : row.choices) {
      if (!import.has(attr))
        continue;
      std::string value = import.text(attr, "");
      if (!llvm::is_contained(values, value) && !builder.failed())
        builder.error("attribute '" + attr + "' is '" + value + "'", "supported: " + llvm::join(values, ", "));
    }
    std::optional<DType> type;
    if (count > 0 && import.in(0))
      type = import.dtype(0);
    else if (count == 0) // the attributes may be another operand's
      for (const char *attr : {"T", "dtype"})
        if (!type && import.has(attr)) // an unsupported type is reported here
          type = import.type(attr, DType::F32);
    if (type && !row.types.contains(*type))
      builder.error("element type " + std::string(name(*type)) + " is not supported",
                    "supported: " + row.types.str());
  }

  const Graph &graph;
  ImportBuilder builder;
  RandomStreams streams;
  std::map<size_t, Value> bound; // by node
  std::vector<Outputs> outputs;  // of each node
  std::vector<bool> neverRuns;   // nodes of which an operand is dead
};

// Folding leaves constants behind that nobody uses.
void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

absl::Status failedStatus(const Diagnostics &diagnostics) {
  size_t count = diagnostics.errors().size() + diagnostics.droppedErrors();
  return absl::InvalidArgumentError(absl::StrCat("the graph has ", count, " problem", count == 1 ? "" : "s"));
}

} // namespace

absl::StatusOr<OwningOpRef<ModuleOp>> importGraph(MLIRContext *context, const Graph &graph,
                                                  const TFImportOptions &options, Diagnostics &diagnostics) {
  context->loadDialect<nn::NNDialect, func::FuncDialect>();
  OpBuilder builder(context);
  Location loc = FileLineColLoc::get(context, graph.path.empty() ? "-" : graph.path, 0, 0);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);

  SmallVector<Type> types;
  for (const ImportInput &input : options.inputs) {
    if (!elementCount(input.shape, byteSize(input.dtype)))
      return absl::InvalidArgumentError(
          absl::StrCat("input '", input.name, "' has absurd dimensions: ", typeString(input.dtype, input.shape)));
    types.push_back(nn::tensorType(context, input.dtype, input.shape));
  }
  auto func = func::FuncOp::create(loc, "main", builder.getFunctionType(types, {}));
  module->push_back(func);
  Block *body = func.addEntryBlock();
  builder.setInsertionPointToStart(body);

  Importer importer(builder, graph, options, diagnostics);
  for (auto [input, argument] : llvm::zip(options.inputs, body->getArguments()))
    importer.bind(input.edge, input.known ? argument : Value());
  importer.run();

  SmallVector<Value> results;
  for (const OutputInfo &output : options.outputs)
    results.push_back(importer.result(output));
  if (diagnostics.hasErrors())
    return failedStatus(diagnostics);
  if (llvm::is_contained(results, Value()))
    return absl::InternalError("an output was lost without a message");
  builder.create<func::ReturnOp>(loc, results);
  func.setType(builder.getFunctionType(types, ValueRange(results).getTypes()));
  for (auto [i, input] : llvm::enumerate(options.inputs))
    func.setArgAttr(i, "nn.name", builder.getStringAttr(input.name));
  for (auto [i, output] : llvm::enumerate(options.outputs))
    func.setResultAttr(i, "nn.name", builder.getStringAttr(output.name));
  eraseDead(*body);
  if (failed(verify(*module)))
    return absl::InternalError("the imported module does not verify");
  return module;
}

std::string listOps() {
  std::string text;
  for (const OpRow &row : allOps()) {
    absl::StrAppend(&text, row.name, "  [", row.types.str(), "]");
    for (const auto &[operand, what] : row.constants)
      absl::StrAppend(&text, "  constant ", what);
    text += "\n";
  }
  return text;
}

} // namespace aotc::tf
