#include "ir/NN/Samples.h"

#include "ir/NN/Constants.h"
#include "ir/NN/NN.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cstring>

using namespace mlir;

namespace aotc::nn {
namespace {

int64_t product(ArrayRef<int64_t> extents) {
  int64_t result = 1;
  for (int64_t extent : extents)
    result *= extent;
  return result;
}

class Comparison {
public:
  Comparison(func::FuncOp one, int64_t sizeOfOne, func::FuncOp other, int64_t sizeOfOther)
      : one(one), other(other), sizeOfOne(sizeOfOne), sizeOfOther(sizeOfOther) {}

  std::optional<Mixing> run() {
    if (one.getNumArguments() != other.getNumArguments() || one.getNumResults() != other.getNumResults())
      return Mixing{one, "has other inputs or outputs for other sizes"};
    Block &a = one.front(), &b = other.front();
    for (auto [x, y] : llvm::zip(a.getArguments(), b.getArguments()))
      if (!learn(x, y) || !isOutermost(x))
        return Mixing{one, "has an input whose outermost dimension is not the symbol's"};
    auto p = a.begin(), q = b.begin();
    auto skipKnown = [](Block::iterator &at, Block &block) {
      while (at != block.end() && isKnown(*at))
        ++at;
    };
    for (;; ++p, ++q) {
      // Whether a constant is one or a broadcast of one depends on its size.
      skipKnown(p, a);
      skipKnown(q, b);
      if (p == a.end() || q == b.end())
        break;
      if (std::string reason = compare(*p, *q); !reason.empty())
        return Mixing{&*p, reason};
    }
    if (p != a.end() || q != b.end())
      return Mixing{one, "has other operations for other sizes"};
    for (Value result : a.getTerminator()->getOperands())
      if (!isOutermost(result))
        return Mixing{one, "has an output whose outermost dimension is not the symbol's"};
    return std::nullopt;
  }

private:
  // What a dimension of samples is in the first function; -1: the value has none.
  int64_t dimOf(Value value) const { return dims.lookup_or(value, -1); }

  bool learn(Value x, Value y) {
    std::optional<int64_t> dim = sampleDim(x.getType(), sizeOfOne, y.getType(), sizeOfOther);
    if (!dim)
      return false;
    dims.map[x] = *dim;
    counterpart[x] = y;
    return true;
  }

  bool isOutermost(Value value) const {
    const int64_t dim = dimOf(value);
    return dim < 0 || product(shapeOf(value).take_front(dim)) == 1;
  }

  std::string compare(Operation &x, Operation &y) {
    const std::string differs = "is another operation for other sizes";
    if (x.getName() != y.getName() || x.getNumOperands() != y.getNumOperands() || x.getNumResults() != y.getNumResults())
      return differs;
    for (auto [p, q] : llvm::zip(x.getOperands(), y.getOperands()))
      if (counterpart.lookup(p) != q)
        if (std::string reason = compareKnown(p, q); !reason.empty())
          return reason;
    for (auto [p, q] : llvm::zip(x.getResults(), y.getResults()))
      if (!learn(p, q))
        return "has a result of another shape for other sizes";
    if (x.hasTrait<OpTrait::IsTerminator>())
      return "";
    if (x.getAttrDictionary() != y.getAttrDictionary())
      return "has other attributes for other sizes";
    return check(x);
  }

  static bool isKnown(Operation &op) {
    return isa<ConstantOp>(op) || (isa<BroadcastOp>(op) && isConstant(op.getOperand(0)));
  }

  // What a known value is for the first sample, if it is the same for all of `size`.
  static std::optional<Tensor> sampleOf(Value value, int64_t dim, int64_t size) {
    Operation *op = value.getDefiningOp();
    Shape shape(shapeOf(value).vec());
    if (dim >= 0)
      shape[dim] /= size;
    Tensor source = fromAttr(cast<ConstantOp>(isa<ConstantOp>(op) ? op : op->getOperand(0).getDefiningOp()).getValue());
    const bool broadcast = isa<BroadcastOp>(op);
    if (broadcast && dim >= 0 && source.shape()[dim] != 1)
      return std::nullopt;
    const size_t width = byteSize(source.dtype());
    Tensor sample(source.dtype(), shape);
    // Element by element, by the strides of what there is.
    std::vector<int64_t> strides(shape.size(), 0), at(shape.size(), 0);
    int64_t stride = 1;
    for (size_t d = shape.size(); d-- > 0;) {
      strides[d] = broadcast && source.shape()[d] == 1 ? 0 : stride;
      stride *= source.shape()[d];
    }
    const int64_t step = dim >= 0 && !broadcast ? strides[dim] * shape[dim] : 0; // to the next sample
    char *to = sample.mutableData();
    for (int64_t i = 0; i < sample.size(); ++i, to += width) {
      int64_t from = 0;
      for (size_t d = 0; d < shape.size(); ++d)
        from += at[d] * strides[d];
      std::memcpy(to, source.data() + from * width, width);
      for (int64_t s = 1; step > 0 && s < size; ++s)
        if (std::memcmp(to, source.data() + (from + s * step) * width, width) != 0)
          return std::nullopt;
      for (size_t d = shape.size(); d-- > 0 && ++at[d] == shape[d];)
        at[d] = 0;
    }
    return sample;
  }

  // Of values without a counterpart.
  std::string compareKnown(Value x, Value y) {
    const std::string differs = "has an operand that is another for other sizes";
    if (!x.getDefiningOp() || !y.getDefiningOp() || !isKnown(*x.getDefiningOp()) || !isKnown(*y.getDefiningOp()) || !learn(x, y))
      return differs;
    std::optional<double> p = isConstant(x) ? splatValue(x) : std::nullopt, q = isConstant(y) ? splatValue(y) : std::nullopt;
    if (p && q && *p == *q)
      return "";
    std::optional<Tensor> a = sampleOf(x, dimOf(x), sizeOfOne), b = sampleOf(y, dimOf(x), sizeOfOther);
    if (!a || !b)
      return "has a constant operand that differs from sample to sample";
    return a->raw() == b->raw() ? "" : "has a constant operand that depends on the size";
  }

  std::string check(Operation &op) {
    const bool any = llvm::any_of(op.getOperands(), [&](Value v) { return dimOf(v) >= 0; });
    const int64_t result = op.getNumResults() > 0 ? dimOf(op.getResult(0)) : -1;
    if (!any && result < 0)
      return isa<RandomOp>(op) ? "draws random numbers" : "";
    if (any && llvm::any_of(op.getResults(), [&](Value v) { return dimOf(v) < 0; }))
      return "brings samples together";
    return llvm::TypeSwitch<Operation *, std::string>(&op)
        .Case([&](RandomOp) { return "draws random numbers"; })
        .Case([&](IotaOp iota) { return iota.getAxis() == static_cast<uint64_t>(result) ? "numbers the samples" : ""; })
        .Case([&](ReshapeOp reshape) { return checkReshape(reshape, result); })
        .Case([&](BroadcastOp broadcast) {
          const int64_t from = dimOf(broadcast.getOperand());
          return from < 0 || from == result ? "" : "brings samples together";
        })
        .Case([&](TransposeOp transpose) {
          return transpose.getPermutation()[result] == dimOf(transpose.getOperand()) ? "" : "brings samples together";
        })
        .Case([&](ConcatOp concat) {
          return concat.getAxis() == static_cast<uint64_t>(result) ? "joins samples" : sameDim(op, result);
        })
        .Case([&](SliceOp slice) {
          const bool whole = slice.getStarts()[result] == 0 && slice.getStrides()[result] == 1 &&
                             slice.getType().getShape()[result] == shapeOf(slice.getOperand())[result];
          return whole ? sameDim(op, result) : "takes some of the samples";
        })
        .Case([&](DynamicSliceOp slice) {
          const bool whole = slice.getType().getShape()[result] == shapeOf(slice.getOperand())[result];
          return whole && dimOf(slice.getStarts()) < 0 ? sameDim(op, result) : "takes some of the samples";
        })
        .Case([&](ReverseOp reverse) {
          return llvm::is_contained(reverse.getAxes(), result) ? "reverses the samples" : sameDim(op, result);
        })
        .Case([&](PadOp pad) {
          const bool kept = pad.getLow()[result] == 0 && pad.getHigh()[result] == 0 && dimOf(pad.getValue()) < 0;
          return kept && dimOf(pad.getOperand()) == result ? "" : "pads the samples";
        })
        .Case([&](GatherOp gather) { return checkGather(gather, result); })
        .Case([&](GatherNdOp gather) { return checkGatherNd(gather, result); })
        .Case([&](MatMulOp matmul) { return checkMatMul(matmul, result); })
        .Case<ConvOp, ConvTransposeOp, PoolOp, ResizeOp>([&](Operation *image) {
          const bool batch = result == 0 && dimOf(image->getOperand(0)) == 0;
          return batch && llvm::all_of(image->getOperands().drop_front(), [&](Value v) { return dimOf(v) < 0; })
                     ? ""
                     : "has the samples along a dimension of images or filters";
        })
        .Case([&](ReduceOp reduce) { return checkReduce(reduce, result); })
        .Case([&](ArgReduceOp reduce) {
          const int64_t from = dimOf(reduce->getOperand(0)), axis = reduce.getAxis();
          const bool kept = static_cast<int64_t>(shapeOf(reduce->getOperand(0)).size()) ==
                            static_cast<int64_t>(shapeOf(reduce->getResult(0)).size());
          return from != axis && (kept || from < axis ? from : from - 1) == result ? "" : "compares samples";
        })
        .Case([&](TopKOp top) {
          return result + 1 == static_cast<int64_t>(shapeOf(top.getOperand()).size()) ? "compares samples" : sameDim(op, result);
        })
        .Case([&](CumulativeOp sum) {
          return static_cast<int64_t>(sum.getAxis()) == result ? "sums over samples" : sameDim(op, result);
        })
        .Case([&](SoftmaxOp softmax) {
          return static_cast<int64_t>(softmax.getAxis()) == result ? "sums over samples" : sameDim(op, result);
        })
        .Default([&](Operation *) { return isElementwise(&op) ? sameDim(op, result) : "may bring samples together"; });
  }

  // All operands that have the dimension have it there.
  std::string sameDim(Operation &op, int64_t result) {
    for (Value operand : op.getOperands())
      if (dimOf(operand) >= 0 && dimOf(operand) != result)
        return "brings different samples together";
    return "";
  }

  // The elements of a sample stay side by side, in the same order as samples before.
  std::string checkReshape(ReshapeOp reshape, int64_t result) {
    const int64_t from = dimOf(reshape.getOperand());
    ArrayRef<int64_t> before = shapeOf(reshape.getOperand()), after = reshape.getType().getShape();
    const bool stays = from >= 0 && product(before.take_front(from)) == product(after.take_front(result));
    return stays ? "" : "brings samples together";
  }

  std::string checkGather(GatherOp gather, int64_t result) {
    const int64_t operand = dimOf(gather.getOperand()), indices = dimOf(gather.getIndices());
    const int64_t axis = gather.getAxis(), batch = gather.getBatchDims();
    const int64_t indexRank = shapeOf(gather.getIndices()).size();
    if (operand == axis)
      return "takes some of the samples";
    // Where the dimension of either lands.
    const int64_t fromOperand = operand < axis ? operand : operand - 1 + indexRank - batch;
    const int64_t fromIndices = indices < batch ? indices : indices - batch + axis;
    if (operand >= 0 && indices >= 0 && (operand >= batch || indices >= batch))
      return "brings samples together";
    return (operand < 0 || fromOperand == result) && (indices < 0 || fromIndices == result) ? "" : "brings samples together";
  }

  std::string checkGatherNd(GatherNdOp gather, int64_t result) {
    const int64_t indices = dimOf(gather.getIndices()), last = shapeOf(gather.getIndices()).size() - 1;
    const int64_t batch = gather.getBatchDims(), operand = dimOf(gather.getOperand());
    const bool alone = operand < 0 || (operand < batch && operand == indices);
    return alone && indices >= 0 && indices != last && indices == result ? "" : "takes some of the samples";
  }

  std::string checkMatMul(MatMulOp matmul, int64_t result) {
    const int64_t rank = matmul.getType().getRank(), lhs = dimOf(matmul.getLhs()), rhs = dimOf(matmul.getRhs());
    if (result < rank - 2) { // of either operand or of both
      return (lhs < 0 || lhs == result) && (rhs < 0 || rhs == result) ? "" : "multiplies samples with each other";
    }
    const int64_t rows = matmul.getTransposeLhs() ? rank - 1 : rank - 2, columns = matmul.getTransposeRhs() ? rank - 2 : rank - 1;
    if (result == rank - 2)
      return lhs == rows && rhs < 0 ? "" : "multiplies samples with each other";
    return rhs == columns && lhs < 0 ? "" : "multiplies samples with each other";
  }

  std::string checkReduce(ReduceOp reduce, int64_t result) {
    const int64_t from = dimOf(reduce.getOperand());
    const bool kept = shapeOf(reduce.getOperand()).size() == shapeOf(reduce->getResult(0)).size();
    int64_t to = from;
    for (int64_t axis : reduce.getAxes()) {
      if (axis == from)
        return "sums over samples";
      to -= !kept && axis < from;
    }
    return to == result ? "" : "brings samples together";
  }

  struct Dims {
    DenseMap<Value, int64_t> map;
    int64_t lookup_or(Value value, int64_t otherwise) const {
      auto found = map.find(value);
      return found == map.end() ? otherwise : found->second;
    }
  };

  func::FuncOp one, other;
  const int64_t sizeOfOne, sizeOfOther;
  Dims dims;
  DenseMap<Value, Value> counterpart;
};

} // namespace

std::optional<int64_t> sampleDim(Type one, int64_t sizeOfOne, Type other, int64_t sizeOfOther) {
  auto a = dyn_cast<RankedTensorType>(one), b = dyn_cast<RankedTensorType>(other);
  if (!a || !b || a.getRank() != b.getRank() || a.getElementType() != b.getElementType())
    return std::nullopt;
  int64_t dim = -1;
  for (int64_t d = 0; d < a.getRank(); ++d) {
    const int64_t p = a.getShape()[d], q = b.getShape()[d];
    if (p == q)
      continue;
    if (dim >= 0 || p % sizeOfOne != 0 || q % sizeOfOther != 0 || p / sizeOfOne != q / sizeOfOther)
      return std::nullopt;
    dim = d;
  }
  return dim;
}

std::optional<Mixing> findMixing(func::FuncOp one, int64_t sizeOfOne, func::FuncOp other, int64_t sizeOfOther) {
  return Comparison(one, sizeOfOne, other, sizeOfOther).run();
}

} // namespace aotc::nn
