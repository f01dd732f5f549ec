// Contractions of any rank and type as plain loops: what the kernels do not
// take. Lanes run over the output columns (matmul) or channels (conv).
#include "backends/cpu/codegen/LoopNest.h"
#include "backends/cpu/codegen/Regions.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Quant.h"
#include "llvm/ADT/TypeSwitch.h"

#include <functional>

using namespace aotc;
using namespace aotc::cpu;
using llvm::ArrayRef;
using llvm::Value;
using mlir::Operation;

namespace {

mlir::Type elementOf(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}

class Contraction {
public:
  Contraction(RegionEmitter &emitter, Operation *op)
      : emitter(emitter), gen(emitter.gen), op(op), space(gen), shape(nn::shapeOf(op->getResult(0))),
        nest(gen, space, shape), element(elementOf(op->getResult(0))) {}

  void emit() {
    nest.share(emitter);
    Index linear = IndexSpace::linearize(nest.indices(), emitter.outputShape());
    int64_t bytes = std::max<int64_t>(4, RegionEmitter::bytesOf(element));
    // Without a loop over channels lanes would run along the image, where windows are clipped for one
    // element.
    bool single = shape.back() == 1 && !mlir::isa<nn::MatMulOp>(op);
    int64_t lanes = single ? 1 : chooseLanes(emitter.isa, bytes, nest.innerExtent(), 4);
    nest.emit(lanes, [&](LoopStep step) {
      Evaluator evaluator(emitter, space, step.lanes, step.lane);
      Value *zero = gen.zero(emitter.registerType(element, step.lanes));
      Value *sum =
          llvm::TypeSwitch<Operation *, Value *>(op)
              .Case([&](nn::MatMulOp matmul) { return emitMatMul(matmul, evaluator, zero); })
              .Case([&](nn::ConvOp conv) { return emitConv(conv, evaluator, zero); })
              .Case([&](nn::ConvTransposeOp conv) { return emitConvTranspose(conv, evaluator, zero); });
      evaluator.bind(op->getResult(0), emitter.roundTo(element, sum));
      Value *value = evaluator.vectorAt(emitter.yielded(), nest.indices());
      emitter.store(elementOf(emitter.yielded()), value, emitter.outputPointer(), space.emit(linear));
    });
  }

private:
  // sum + lhs * rhs at one index, in the type of the accumulator.
  Value *multiplyAdd(Evaluator &evaluator, ArrayRef<Index> lhs, ArrayRef<Index> rhs, Value *sum) {
    auto operand = [&](unsigned i, ArrayRef<Index> indices) {
      mlir::Value tensor = op->getOperand(i);
      // A fresh evaluator: what one trip of a loop computes is of no use to others.
      Evaluator trip(emitter, space, evaluator.laneCount(), evaluator.lane());
      Value *value = trip.vectorAt(tensor, indices);
      if (!mlir::isa<mlir::FloatType>(element))
        value = gen.builder.CreateIntCast(value, sum->getType(), elementOf(tensor).isSignlessInteger());
      if (int64_t zero = nn::zeroPoint(op, i))
        value = gen.builder.CreateSub(value, gen.constantInt(value->getType(), static_cast<uint64_t>(zero)));
      return value;
    };
    Value *a = operand(0, lhs), *b = operand(1, rhs);
    if (mlir::isa<mlir::FloatType>(element))
      return gen.fma(a, b, sum);
    return gen.builder.CreateAdd(sum, gen.builder.CreateMul(a, b));
  }

  // body(sum) for every value of a loop variable.
  Value *sumOver(int64_t extent, Value *sum, llvm::function_ref<Value *(Index, Value *)> body) {
    return windowLoop(gen, space, {gen.index(0), gen.index(extent)}, extent, sum, body);
  }

  Value *emitMatMul(nn::MatMulOp matmul, Evaluator &evaluator, Value *sum) {
    ArrayRef<int64_t> lhsShape = nn::shapeOf(matmul.getLhs()), rhsShape = nn::shapeOf(matmul.getRhs());
    size_t rank = shape.size();
    int64_t depth = lhsShape[matmul.getTransposeLhs() ? rank - 2 : rank - 1];
    Indices lhs(nest.indices()), rhs(nest.indices());
    for (size_t d = 0; d + 2 < rank; ++d) {
      lhs[d] = lhsShape[d] == 1 ? Index(0) : lhs[d];
      rhs[d] = rhsShape[d] == 1 ? Index(0) : rhs[d];
    }
    return sumOver(depth, sum, [&](Index k, Value *partial) {
      Indices a(lhs), b(rhs);
      a[rank - 1] = b[rank - 2] = k;
      if (matmul.getTransposeLhs())
        std::swap(a[rank - 2], a[rank - 1]);
      if (matmul.getTransposeRhs())
        std::swap(b[rank - 2], b[rank - 1]);
      return multiplyAdd(evaluator, a, b, partial);
    });
  }

  // Channel `c` of the group that output channel `o` belongs to.
  Index groupChannel(Index o, Index c, int64_t outputsPerGroup, int64_t inputsPerGroup) {
    return space.quotient(o, outputsPerGroup) * inputsPerGroup + c;
  }

  Value *emitConv(nn::ConvOp conv, Evaluator &evaluator, Value *sum) {
    ArrayRef<int64_t> input = nn::shapeOf(conv.getInput()), filter = nn::shapeOf(conv.getFilter());
    size_t spatial = input.size() - 2;
    int64_t channels = filter[spatial], groups = conv.getGroups(), outputs = shape.back();
    if (llvm::is_contained(filter, 0) || llvm::is_contained(input, 0))
      return sum;
    Indices from(nest.indices()), tap(filter.size());
    tap[spatial + 1] = nest.indices().back();
    std::function<Value *(size_t, Value *)> dimension = [&](size_t d, Value *partial) -> Value * {
      if (d == spatial)
        return sumOver(channels, partial, [&](Index c, Value *s) {
          tap[spatial] = c;
          from.back() = groupChannel(nest.indices().back(), c, outputs / groups, channels);
          return multiplyAdd(evaluator, from, tap, s);
        });
      // Taps outside the image are skipped.
      Index first = nest.indices()[d + 1] * conv.getStrides()[d] - conv.getPadLow()[d];
      int64_t dilation = conv.getDilations()[d];
      WindowPart part = clipWindow(gen, space, first, filter[d], dilation, input[d + 1]);
      return windowLoop(gen, space, part, filter[d], partial, [&](Index k, Value *s) {
        tap[d] = k;
        from[d + 1] = first + k * dilation;
        return dimension(d + 1, s);
      });
    };
    return dimension(0, sum);
  }

  Value *emitConvTranspose(nn::ConvTransposeOp conv, Evaluator &evaluator, Value *sum) {
    ArrayRef<int64_t> input = nn::shapeOf(conv.getInput()), filter = nn::shapeOf(conv.getFilter());
    size_t spatial = input.size() - 2;
    int64_t groups = conv.getGroups(), channels = input.back() / groups, outputs = shape.back() / groups;
    if (llvm::is_contained(filter, 0) || llvm::is_contained(input, 0))
      return sum;
    Indices from(nest.indices()), tap(filter.size());
    tap[spatial] = space.remainder(nest.indices().back(), outputs);
    std::function<Value *(size_t, Value *)> dimension = [&](size_t d, Value *partial) -> Value * {
      if (d == spatial)
        return sumOver(channels, partial, [&](Index c, Value *s) {
          from.back() = tap[spatial + 1] = groupChannel(nest.indices().back(), c, outputs, channels);
          return multiplyAdd(evaluator, from, tap, s);
        });
      return sumOver(filter[d], partial, [&](Index k, Value *s) {
        tap[d] = k;
        // r = s*stride + k*dilation - low
        Value *scaled = space.emit(nest.indices()[d + 1] + conv.getPadLow()[d] - k * conv.getDilations()[d]);
        Value *stride = gen.index(conv.getStrides()[d]), *zero = gen.index(0);
        Value *position = gen.builder.CreateSDiv(scaled, stride);
        Value *exact = gen.builder.CreateICmpEQ(gen.builder.CreateMul(position, stride), scaled);
        Value *inside = gen.builder.CreateAnd(gen.builder.CreateICmpSGE(scaled, zero),
                                              gen.builder.CreateICmpSLT(position, gen.index(input[d + 1])));
        from[d + 1] = space.runtime(position, {0, input[d + 1] - 1});
        return gen.ifThen(gen.builder.CreateAnd(exact, inside), {s},
                          [&] { return Values{dimension(d + 1, s)}; })[0];
      });
    };
    return dimension(0, sum);
  }

  RegionEmitter &emitter;
  IRGen &gen;
  Operation *op;
  IndexSpace space;
  ArrayRef<int64_t> shape;
  LoopNest nest;
  mlir::Type element;
};

} // namespace

void cpu::emitContractionRegion(RegionEmitter &emitter) {
  for (Operation &op : emitter.body)
    if (mlir::isa<nn::MatMulOp, nn::ConvOp, nn::ConvTransposeOp>(op))
      return Contraction(emitter, &op).emit();
}
