#include "passes/simplify/Values.h"

using namespace mlir;
using namespace aotc::nn;

namespace aotc::passes {

// Chains longer than this are left alone, which bounds the time of a look.
static constexpr int kLookDepth = 8;

RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }
bool isFloat(Value value) { return isa<FloatType>(typeOf(value).getElementType()); }
bool isInteger(Value value) {
  return isa<IntegerType>(typeOf(value).getElementType()) && !typeOf(value).getElementType().isInteger(1);
}

// What broadcasts and reshapes repeat.
static Value origin(Value value) {
  for (int i = 0; i < kLookDepth; ++i) {
    Operation *op = value.getDefiningOp();
    if (!isa_and_nonnull<BroadcastOp, ReshapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

std::optional<double> splatOf(Value value) { return splatValue(origin(value)); }
bool isConstantLike(Value value) { return isConstant(origin(value)); }

static bool isNonNegative(Value value, int depth) {
  if (auto splat = splatValue(value))
    return *splat >= 0;
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  if (auto unary = dyn_cast<UnaryOp>(op)) {
    switch (unary.getFn()) {
    case UnaryFn::Abs: return isFloat(value);
    case UnaryFn::Exp:
    case UnaryFn::Relu:
    case UnaryFn::Sqrt:
    case UnaryFn::Rsqrt:
    case UnaryFn::Sigmoid:
    case UnaryFn::Softplus: return true;
    default: return false;
    }
  }
  if (auto clamp = dyn_cast<ClampOp>(op))
    return clamp.getLow().convertToDouble() >= 0;
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    if (!isFloat(value)) // integers wrap
      return false;
    auto side = [&](Value v) { return isNonNegative(v, depth - 1); };
    switch (binary.getFn()) {
    case BinaryFn::Mul:
      return binary.getLhs() == binary.getRhs() || (side(binary.getLhs()) && side(binary.getRhs()));
    case BinaryFn::Max: return side(binary.getLhs()) || side(binary.getRhs());
    case BinaryFn::Add:
    case BinaryFn::Div:
    case BinaryFn::Min: return side(binary.getLhs()) && side(binary.getRhs());
    default: return false;
    }
  }
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return isFloat(value) && reduce.getFn() != ReduceFn::Max && isNonNegative(reduce.getOperand(), depth - 1);
  if (isa<BroadcastOp, ReshapeOp, TransposeOp, SliceOp, SoftmaxOp>(op)) {
    auto softmax = dyn_cast<SoftmaxOp>(op);
    return softmax ? !softmax.getLog() : isNonNegative(op->getOperand(0), depth - 1);
  }
  return false;
}

bool isNonNegative(Value value) { return isNonNegative(value, kLookDepth); }

std::optional<AxisConstant> axisConstant(Value value, int64_t axis) {
  if (!isFloat(value))
    return std::nullopt;
  if (auto splat = splatOf(value))
    return AxisConstant{{*splat}};
  if (auto cast = value.getDefiningOp<BroadcastOp>())
    value = cast.getOperand();
  auto constant = constantOf(value);
  if (!constant)
    return std::nullopt;
  for (auto [dim, extent] : llvm::enumerate(shapeOf(value)))
    if (static_cast<int64_t>(dim) != axis && extent != 1)
      return std::nullopt;
  AxisConstant result;
  for (int64_t i = 0; i < constant->size(); ++i)
    result.values.push_back(constant->f(i));
  return result.values.empty() ? std::nullopt : std::optional(std::move(result));
}

Value makeAxisConstant(OpBuilder &builder, Location loc, const AxisConstant &constant, RankedTensorType type,
                       int64_t axis) {
  if (constant.values.size() == 1)
    return makeSplat(builder, loc, type, constant.values.front());
  Shape shape(type.getRank(), 1);
  shape[axis] = constant.values.size();
  Tensor tensor(*dtypeOf(type.getElementType()), shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setF(i, constant.values[i]);
  return broadcast(builder, loc, makeConstant(builder, loc, tensor), type.getShape());
}

Value resizedSplat(OpBuilder &builder, Location loc, Value splat, Dims shape) {
  auto attr = cast<DenseElementsAttr>(splat.getDefiningOp<ConstantOp>().getValue());
  return builder.create<ConstantOp>(loc, cast<ElementsAttr>(attr.resizeSplat(typeOf(splat).clone(shape))));
}

Tensor mapElements(const Tensor &tensor, const std::function<double(double, int64_t)> &fn) {
  Tensor result(tensor.dtype(), tensor.shape());
  for (int64_t i = 0, e = tensor.size(); i < e; ++i)
    result.setF(i, fn(tensor.f(i), i));
  return result;
}

Tensor transposed(const Tensor &tensor, Dims permutation) {
  size_t rank = permutation.size();
  Shape shape(rank);
  std::vector<int64_t> strides(rank), sourceStrides(rank, 1);
  for (size_t d = rank; d-- > 1;)
    sourceStrides[d - 1] = sourceStrides[d] * tensor.shape()[d];
  for (size_t d = 0; d < rank; ++d) {
    shape[d] = tensor.shape()[permutation[d]];
    strides[d] = sourceStrides[permutation[d]];
  }
  Tensor result(tensor.dtype(), shape);
  if (result.size() == 0)
    return result;
  const size_t width = byteSize(tensor.dtype());
  const char *in = tensor.data();
  char *out = result.mutableData();
  std::vector<int64_t> index(rank, 0);
  int64_t offset = 0;
  for (int64_t i = 0, e = result.size(); i < e; ++i, out += width) {
    std::memcpy(out, in + offset * width, width);
    for (size_t d = rank; d-- > 0;) {
      offset += strides[d];
      if (++index[d] < shape[d])
        break;
      offset -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return result;
}

DimVector inverse(Dims permutation) {
  DimVector result(permutation.size());
  for (auto [i, p] : llvm::enumerate(permutation))
    result[p] = i;
  return result;
}

DimVector permuted(Dims values, Dims permutation) {
  DimVector result;
  for (int64_t p : permutation)
    result.push_back(values[p]);
  return result;
}

bool isIdentity(Dims permutation) {
  for (auto [i, p] : llvm::enumerate(permutation))
    if (static_cast<int64_t>(i) != p)
      return false;
  return true;
}

bool movesNothing(Dims shape, Dims permutation) {
  int64_t last = -1;
  for (int64_t p : permutation) {
    if (shape[p] == 1)
      continue;
    if (p < last)
      return false;
    last = p;
  }
  return true;
}

Value reshape(OpBuilder &builder, Location loc, Value value, Dims shape) {
  auto type = typeOf(value).clone(shape);
  return type == value.getType() ? value : builder.create<ReshapeOp>(loc, type, value).getResult();
}

Value broadcast(OpBuilder &builder, Location loc, Value value, Dims shape) {
  auto type = typeOf(value).clone(shape);
  return type == value.getType() ? value : builder.create<BroadcastOp>(loc, type, value).getResult();
}

Value transpose(OpBuilder &builder, Location loc, Value value, Dims permutation) {
  if (isIdentity(permutation))
    return value;
  auto type = typeOf(value).clone(permuted(shapeOf(value), permutation));
  return builder.create<TransposeOp>(loc, type, value, permutation);
}

Value cloneWith(OpBuilder &builder, Operation *op, ValueRange operands, Type resultType) {
  OperationState state(op->getLoc(), op->getName(), operands, resultType, op->getAttrs());
  return builder.create(state)->getResult(0);
}

} // namespace aotc::passes
