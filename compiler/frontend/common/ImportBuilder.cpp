// Nodes, diagnostics, constants and eager evaluation.
#include "compiler/frontend/common/ImportBuilder.h"

#include "ir/Interp/Interp.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace aotc {

// Past this size a tensor cannot be meant seriously.
static constexpr size_t kAbsurdBytes = size_t(1) << 40;
static constexpr size_t kMaxRank = 32;
// A broadcast constant or a sequence larger than this stays an operation,
// which costs no weights; whoever needs its elements evaluates it then.
static constexpr size_t kCompactBytes = 4096;

static size_t bytesOf(Value value) {
  return ImportBuilder::elements(value) * byteSize(ImportBuilder::dtype(value));
}

// Holds elements that the operands (if any) determine in fewer bytes.
static bool isCompact(Operation *op) {
  if (ImportBuilder::isStoredQuantized(op->getResult(0)))
    return true;
  return isa<nn::BroadcastOp, nn::IotaOp>(op) && bytesOf(op->getResult(0)) > kCompactBytes;
}

ImportBuilder::ImportBuilder(OpBuilder &builder, std::string file, Diagnostics &diagnostics, FoldLimits limits)
    : builder(builder), diagnostics(diagnostics),
      handler(builder.getContext(),
              [this](mlir::Diagnostic &diagnostic) {
                if (captured.empty())
                  captured = diagnostic.str();
              }),
      file(std::move(file)), loc(builder.getUnknownLoc()), left(limits) {}

void ImportBuilder::startNode(StringRef name, StringRef op) {
  nodeName = name.str();
  nodeOp = op.str();
  nodeFailed = false;
  MLIRContext *ctx = context();
  // Names the node to every later message; the operation's type is metadata.
  loc = FusedLoc::get(ctx,
                      {NameLoc::get(StringAttr::get(ctx, name)), FileLineColLoc::get(ctx, file.empty() ? "-" : file, 0, 0)},
                      StringAttr::get(ctx, op));
}

Value ImportBuilder::error(const Twine &message, const Twine &remedy) {
  if (!nodeFailed)
    diagnostics.error(nodeName, nodeOp, message.str(), remedy.str());
  nodeFailed = true;
  return {};
}

ImportBuilder::Dims ImportBuilder::shape(Value value) { return value ? nn::shapeOf(value) : Dims(); }
DType ImportBuilder::dtype(Value value) { return value ? nn::dtypeOf(value) : DType::F32; }
int64_t ImportBuilder::elements(Value value) {
  return value ? mlir::cast<RankedTensorType>(value.getType()).getNumElements() : 1;
}

std::optional<int64_t> ImportBuilder::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  error("axis " + Twine(axis) + " is outside rank " + Twine(rank));
  return std::nullopt;
}

RankedTensorType ImportBuilder::checked(RankedTensorType type) {
  if (!type)
    return {};
  DType element = *nn::dtypeOf(type.getElementType());
  auto count = elementCount({type.getShape().data(), type.getShape().size()}, byteSize(element));
  if (count && *count * byteSize(element) <= kAbsurdBytes && type.getShape().size() <= kMaxRank)
    return type;
  error("absurd dimensions: " + typeString(element, {type.getShape().data(), type.getShape().size()}));
  return {};
}

RankedTensorType ImportBuilder::type(DType element, Dims shape) {
  if (llvm::any_of(shape, [](int64_t extent) { return extent < 0; })) {
    error("negative dimension in shape " + toString({shape.data(), shape.size()}));
    return {};
  }
  return checked(nn::tensorType(context(), element, shape));
}

// "'nn.conv' op has ..." without the operation, which the user never wrote.
static StringRef withoutOp(StringRef message) {
  size_t end = message.find("' op ");
  return message.starts_with("'nn.") && end != StringRef::npos ? message.drop_front(end + 5) : message;
}

RankedTensorType ImportBuilder::infer(llvm::function_ref<nn::TypeOr(nn::EmitError)> infer) {
  captured.clear();
  nn::TypeOr result = infer([&] { return mlir::emitError(loc); });
  if (succeeded(result))
    return checked(*result);
  error(captured);
  return {};
}

Value ImportBuilder::constant(const Tensor &tensor) { return nn::makeConstant(builder, loc, tensor); }

Value ImportBuilder::splat(DType element, Dims shape, double value) {
  auto t = type(element, shape);
  return t ? nn::makeSplat(builder, loc, t, value) : Value();
}

Value ImportBuilder::indices(DType element, Dims values) {
  Tensor t(element, {static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i)
    t.setI(i, values[i]);
  return constant(t);
}

static bool isSimplyKnown(Value value) {
  Operation *op = value ? value.getDefiningOp() : nullptr;
  return op && (isa<nn::ConstantOp, nn::IotaOp>(op) ||
                (isa<nn::BroadcastOp>(op) && nn::isConstant(op->getOperand(0))));
}

bool ImportBuilder::isKnown(Value value) { return isSimplyKnown(value) || isStoredQuantized(value); }

bool ImportBuilder::isStoredQuantized(Value value) {
  // Transposes, reshapes and the broadcast of a bias; longer chains are evaluated.
  constexpr int kMostMoves = 4;
  for (int moves = 0; value && moves <= kMostMoves; ++moves) {
    Operation *op = value.getDefiningOp();
    if (!isa_and_nonnull<nn::TransposeOp, nn::ReshapeOp, nn::BroadcastOp>(op))
      return isa_and_nonnull<nn::DequantizeOp>(op) && llvm::all_of(op->getOperands(), isSimplyKnown);
    value = op->getOperand(0);
  }
  return false;
}

std::optional<Tensor> ImportBuilder::constantOf(Value value) {
  Operation *op = value ? value.getDefiningOp() : nullptr;
  if (!op)
    return std::nullopt;
  if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
    // A splat's elements are made up on the spot.
    if (isa<DenseElementsAttr>(constant.getValue()) && bytesOf(value) > left.resultBytes)
      return std::nullopt;
    return nn::fromAttr(constant.getValue());
  }
  if (!isKnown(value) || !charge(op))
    return std::nullopt;
  std::vector<Tensor> operands;
  for (Value operand : op->getOperands()) {
    auto known = constantOf(operand);
    if (!known)
      return std::nullopt;
    operands.push_back(std::move(*known));
  }
  auto results = evaluateOp(op, operands);
  return results.ok() ? std::optional(std::move(results->front())) : std::nullopt;
}

bool ImportBuilder::charge(Operation *op) {
  size_t bytes = 0;
  for (Value result : op->getResults()) {
    if (bytesOf(result) > left.resultBytes)
      return false;
    bytes += bytesOf(result);
  }
  uint64_t steps = evaluationSteps(op);
  if (bytes > left.totalBytes || steps > left.steps)
    return false;
  left.totalBytes -= bytes;
  left.steps -= steps;
  return true;
}

// True if the operation was replaced by constants (or by poison).
bool ImportBuilder::evaluate(Operation *op, SmallVectorImpl<Value> &results) {
  if (isa<nn::RandomOp>(op) || isCompact(op))
    return false;
  if (!llvm::all_of(op->getOperands(), isKnown) || !charge(op))
    return false;
  std::vector<Tensor> operands;
  for (Value operand : op->getOperands()) {
    auto tensor = constantOf(operand);
    if (!tensor)
      return false;
    operands.push_back(std::move(*tensor));
  }
  auto values = evaluateOp(op, operands);
  if (!values.ok() && absl::IsUnimplemented(values.status()))
    return false;
  if (!values.ok())
    error("has constant operands that make it fail: " + std::string(values.status().message()));
  for (unsigned i = 0; i < op->getNumResults(); ++i)
    results.push_back(values.ok() ? constant((*values)[i]) : Value());
  return true;
}

void ImportBuilder::finish(Operation *op, SmallVectorImpl<Value> &results) {
  captured.clear();
  if (mlir::failed(mlir::verify(op))) {
    error(withoutOp(captured));
    results.assign(op->getNumResults(), Value());
    op->erase();
    return;
  }
  // Tensors without elements are constants, so that no kernel ever meets one.
  bool empty = llvm::all_of(op->getResults(), [](Value result) { return elements(result) == 0; });
  if (empty)
    for (Value result : op->getResults())
      results.push_back(constant(Tensor(dtype(result), shape(result).vec())));
  if (empty || evaluate(op, results)) {
    op->erase();
    return;
  }
  results.assign(op->result_begin(), op->result_end());
}

} // namespace aotc
