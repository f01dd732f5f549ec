#include "ir/NN/IntegerRange.h"

#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace aotc::nn {
namespace {

using Range = std::optional<IntegerRange>;

// Values are looked at once for each path to them; real extents come from a few operations.
constexpr int kMaxSteps = 10000, kMaxDepth = 200;

bool isIntegral(Value value) { return !isFloat(dtypeOf(value)); }

class RangeFinder {
public:
  Range of(Value value, int depth) {
    Operation *op = value.getDefiningOp();
    if (!isIntegral(value))
      return std::nullopt;
    const Range ofType = typeRange(dtypeOf(value));
    if (!op || depth > kMaxDepth || ++steps > kMaxSteps)
      return ofType;
    Range range = ofOperation(op, cast<OpResult>(value).getResultNumber(), depth);
    // Narrow arithmetic wraps around.
    bool fits = range && (!ofType || (range->low >= ofType->low && range->high <= ofType->high));
    return fits ? range : ofType;
  }

private:
  static Range typeRange(DType type) {
    switch (type) {
    case DType::I1: return IntegerRange{0, 1};
    case DType::I8: return IntegerRange{INT8_MIN, INT8_MAX};
    case DType::U8: return IntegerRange{0, UINT8_MAX};
    case DType::I16: return IntegerRange{INT16_MIN, INT16_MAX};
    case DType::U16: return IntegerRange{0, UINT16_MAX};
    case DType::I32: return IntegerRange{INT32_MIN, INT32_MAX};
    case DType::U32: return IntegerRange{0, UINT32_MAX};
    case DType::I64: return IntegerRange{INT64_MIN, INT64_MAX};
    default: return std::nullopt;
    }
  }

  static Range ofConstant(ConstantOp constant) {
    if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()); dense && dense.isSplat()) {
      int64_t value = fromAttr(dense.resizeSplat(dense.getType().clone(ArrayRef<int64_t>{}))).i(0);
      return IntegerRange{value, value};
    }
    Tensor tensor = fromAttr(constant.getValue());
    if (tensor.size() == 0 || tensor.size() > (int64_t(1) << 20) || tensor.dtype() == DType::U64)
      return std::nullopt;
    IntegerRange range{tensor.i(0), tensor.i(0)};
    for (int64_t i = 1; i < tensor.size(); ++i)
      range = {std::min(range.low, tensor.i(i)), std::max(range.high, tensor.i(i))};
    return range;
  }

  static Range joined(Range a, Range b) {
    if (!a || !b)
      return std::nullopt;
    return IntegerRange{std::min(a->low, b->low), std::max(a->high, b->high)};
  }

  Range ofAll(OperandRange operands, int depth) {
    Range range = operands.empty() ? std::nullopt : of(operands[0], depth);
    for (Value operand : operands.drop_front())
      range = joined(range, of(operand, depth));
    return range;
  }

  Range ofOperation(Operation *op, unsigned result, int depth) {
    ++depth;
    return llvm::TypeSwitch<Operation *, Range>(op)
        .Case([&](ConstantOp constant) { return ofConstant(constant); })
        .Case([&](IotaOp iota) {
          return IntegerRange{0, std::max<int64_t>(iota.getType().getShape()[iota.getAxis()], 1) - 1};
        })
        .Case<ReshapeOp, BroadcastOp, TransposeOp, SliceOp, DynamicSliceOp, ReverseOp, GatherOp, GatherNdOp>(
            [&](Operation *moves) { return of(moves->getOperand(0), depth); })
        .Case([&](CastOp cast) { return of(cast.getOperand(), depth); })
        .Case([&](ConcatOp concat) { return ofAll(concat->getOperands(), depth); })
        .Case([&](SelectOp select) { return joined(of(select.getOnTrue(), depth), of(select.getOnFalse(), depth)); })
        .Case([&](BinaryOp binary) { return ofBinary(binary, depth); })
        .Case([&](UnaryOp unary) { return ofUnary(unary, depth); })
        .Case([&](ReduceOp reduce) { return ofReduce(reduce, depth); })
        .Case([&](CumulativeOp sum) {
          Range each = of(sum.getOperand(), depth);
          return sum.getFn() == CumulativeFn::Sum ? times(each, sum.getType().getShape()[sum.getAxis()]) : Range();
        })
        .Case([&](ScatterNdOp scatter) {
          bool replaces = scatter.getFn() == ScatterFn::Update;
          return replaces ? joined(of(scatter->getOperand(0), depth), of(scatter->getOperand(2), depth)) : Range();
        })
        .Case([&](ArgReduceOp arg) { return indexRange(arg->getOperand(0), arg.getAxis()); })
        .Case([&](TopKOp top) {
          return result == 1 ? indexRange(top->getOperand(0), rankOf(top->getOperand(0)) - 1) : of(top->getOperand(0), depth);
        })
        .Default([](Operation *) { return Range(); });
  }

  static int64_t rankOf(Value value) { return static_cast<int64_t>(shapeOf(value).size()); }
  static Range indexRange(Value value, int64_t axis) {
    return IntegerRange{0, std::max<int64_t>(shapeOf(value)[axis], 1) - 1};
  }

  Range ofUnary(UnaryOp unary, int depth) {
    Range x = of(unary.getOperand(), depth);
    if (!x || x->low == INT64_MIN)
      return std::nullopt;
    switch (unary.getFn()) {
    case UnaryFn::Neg: return IntegerRange{-x->high, -x->low};
    case UnaryFn::Relu: return IntegerRange{std::max<int64_t>(x->low, 0), std::max<int64_t>(x->high, 0)};
    case UnaryFn::Abs:
      return IntegerRange{x->low > 0 ? x->low : x->high < 0 ? -x->high : 0, std::max(-x->low, x->high)};
    default: return std::nullopt;
    }
  }

  static Range fromEnds(std::optional<int64_t> low, std::optional<int64_t> high) {
    return low && high ? Range(IntegerRange{*low, *high}) : std::nullopt;
  }

  static Range times(Range x, int64_t most) {
    if (!x)
      return x;
    auto low = llvm::checkedMul<int64_t>(std::min<int64_t>(x->low, 0), most);
    auto high = llvm::checkedMul<int64_t>(std::max<int64_t>(x->high, 0), most);
    return fromEnds(low, high);
  }

  Range ofBinary(BinaryOp binary, int depth) {
    Range a = of(binary.getLhs(), depth), b = of(binary.getRhs(), depth);
    switch (binary.getFn()) {
    case BinaryFn::Min:
      if (a && b)
        return IntegerRange{std::min(a->low, b->low), std::min(a->high, b->high)};
      return std::nullopt;
    case BinaryFn::Max:
      if (a && b)
        return IntegerRange{std::max(a->low, b->low), std::max(a->high, b->high)};
      return std::nullopt;
    default: break;
    }
    if (!a || !b)
      return std::nullopt;
    switch (binary.getFn()) {
    case BinaryFn::Add: return fromEnds(llvm::checkedAdd(a->low, b->low), llvm::checkedAdd(a->high, b->high));
    case BinaryFn::Sub: return fromEnds(llvm::checkedSub(a->low, b->high), llvm::checkedSub(a->high, b->low));
    case BinaryFn::Mul: {
      if (a->low < 0 || b->low < 0)
        return std::nullopt;
      return fromEnds(llvm::checkedMul(a->low, b->low), llvm::checkedMul(a->high, b->high));
    }
    case BinaryFn::Div:
    case BinaryFn::FloorDiv:
      if (a->low < 0 || b->low < 1)
        return std::nullopt;
      return IntegerRange{a->low / b->high, a->high / b->low};
    case BinaryFn::FloorMod:
      if (b->low < 1)
        return std::nullopt;
      return IntegerRange{0, b->high - 1};
    case BinaryFn::And:
      if (a->low < 0 || b->low < 0)
        return std::nullopt;
      return IntegerRange{0, std::min(a->high, b->high)};
    default: return std::nullopt;
    }
  }

  Range ofReduce(ReduceOp reduce, int depth) {
    Range each = of(reduce.getOperand(), depth);
    int64_t count = 1, result = std::max<int64_t>(cast<RankedTensorType>(reduce.getType()).getNumElements(), 1);
    count = cast<RankedTensorType>(reduce.getOperand().getType()).getNumElements() / result;
    switch (reduce.getFn()) {
    case ReduceFn::Sum: return times(each, count);
    case ReduceFn::Max:
    case ReduceFn::Min: return count > 0 ? each : std::nullopt;
    default: return std::nullopt;
    }
  }

  int steps = 0;
};

} // namespace

std::optional<IntegerRange> rangeOf(Value value) { return RangeFinder().of(value, 0); }

} // namespace aotc::nn
