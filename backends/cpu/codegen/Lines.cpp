// Operations along axes: reduce, arg_reduce, top_k, cumulative, softmax.
#include "backends/cpu/codegen/Math.h"
#include "backends/cpu/codegen/Reduction.h"
#include "backends/cpu/codegen/Regions.h"
#include "ir/NN/Constants.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::ArrayRef;
using llvm::Value;

namespace {

mlir::Type elementOf(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}

// Loops over what is left of `operand` without some axes, and over those axes.
// Lanes run over the first when the innermost dimension is among them.
struct AxisLoops {
  AxisLoops(RegionEmitter &emitter, IndexSpace &space, mlir::Value operand, ArrayRef<int64_t> axes)
      : shape(nn::shapeOf(operand)), kept(withOnes(shape, axes, true)), along(withOnes(shape, axes, false)),
        outer(emitter.gen, space, kept), inner(emitter.gen, space, along) {
    for (size_t d = 0; d < shape.size(); ++d)
      all.push_back(outer.indices()[d] + inner.indices()[d]);
    linear = IndexSpace::linearize(all, shape);
    IndexUses uses;
    uses.indices = {linear, IndexSpace::linearize(outer.indices(), kept)};
    outer.arrange(uses);
    outer.share(emitter);
    uses.indices = {linear, IndexSpace::linearize(inner.indices(), along)};
    inner.arrange(uses);
    across = outer.inner() != kNoVariable && space.substituted(linear).coefficient(outer.inner()) == 1;
  }

  static llvm::SmallVector<int64_t> withOnes(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes, bool atAxes) {
    llvm::SmallVector<int64_t> result(shape);
    for (size_t d = 0; d < shape.size(); ++d)
      if (llvm::is_contained(axes, static_cast<int64_t>(d)) == atAxes)
        result[d] = 1;
    return result;
  }
  // The position along one axis (or along merged ones).
  Index position() { return IndexSpace::linearize(inner.indices(), along); }

  ArrayRef<int64_t> shape;
  llvm::SmallVector<int64_t> kept, along;
  LoopNest outer, inner;
  Indices all;  // of an element of the operand
  Index linear; // its number
  bool across;  // lanes run over the kept dimensions
};

} // namespace

void cpu::emitReduce(RegionEmitter &emitter, nn::ReduceOp op) {
  IRGen &gen = emitter.gen;
  IndexSpace space(gen);
  AxisLoops loops(emitter, space, op.getOperand(), op.getAxes());
  mlir::Type element = elementOf(op.getResult());
  Index result = IndexSpace::linearize(loops.outer.indices(), loops.kept);
  int64_t count = elementsOf(loops.along), bytes = widestElement(emitter.body);
  auto lanesOf = [&](LoopNest &nest) { return chooseLanes(emitter.isa, bytes, nest.innerExtent(), 4); };
  loops.outer.emit(loops.across ? lanesOf(loops.outer) : 1, [&](LoopStep outer) {
    Reduction reduction(emitter, op.getFn(), element);
    auto elementAt = [&](LoopStep step) {
      return reduction.widened(Evaluator(emitter, space, step.lanes, step.lane).vectorAt(op.getOperand(), loops.all),
                               elementOf(op.getOperand()));
    };
    Value *total;
    if (loops.across)
      total = loops.inner.emit(1, {reduction.neutral(outer.lanes)}, [&](LoopStep, ArrayRef<Value *> state) {
        return Values{reduction.combine(state[0], elementAt(outer))};
      })[0];
    else
      total = reduceNest(loops.inner, reduction, lanesOf(loops.inner),
                         [&](LoopStep step) { return Values{elementAt(step)}; })[0];
    emitter.store(element, reduction.finish(total, count), emitter.outputPointer(), space.emit(result));
  });
}

void cpu::emitArgReduce(RegionEmitter &emitter, nn::ArgReduceOp op) {
  IRGen &gen = emitter.gen;
  auto &b = gen.builder;
  IndexSpace space(gen);
  AxisLoops loops(emitter, space, op.getOperand(), {static_cast<int64_t>(op.getAxis())});
  mlir::Type element = elementOf(op.getOperand()), indexElement = elementOf(op.getResult());
  bool isFloat = mlir::isa<mlir::FloatType>(element), isMax = op.getFn() == nn::ArgReduceFn::Max;
  bool isSigned = element.isSignlessInteger() && !element.isInteger(1);
  Index result = IndexSpace::linearize(loops.outer.indices(), loops.kept);
  int64_t lanes =
      loops.across ? chooseLanes(emitter.isa, widestElement(emitter.body), loops.outer.innerExtent(), 1) : 1;
  loops.outer.emit(lanes, [&](LoopStep step) {
    auto elementAt = [&] {
      return Evaluator(emitter, space, step.lanes, step.lane).vectorAt(op.getOperand(), loops.all);
    };
    // The first element is the best so far.
    llvm::Type *indexType = emitter.registerType(indexElement, step.lanes);
    Value *none = llvm::PoisonValue::get(emitter.registerType(element, step.lanes));
    Values best = loops.inner.emit(1, {none, gen.zero(indexType)}, [&](LoopStep, ArrayRef<Value *> state) {
      Value *x = elementAt(), *y = state[0], *position = space.emit(loops.position());
      Value *better = isFloat    ? (isMax ? b.CreateFCmpOGT(x, y) : b.CreateFCmpOLT(x, y))
                      : isSigned ? (isMax ? b.CreateICmpSGT(x, y) : b.CreateICmpSLT(x, y))
                                 : (isMax ? b.CreateICmpUGT(x, y) : b.CreateICmpULT(x, y));
      Value *first = b.CreateICmpEQ(position, gen.index(0));
      Value *narrow = gen.splat(b.CreateIntCast(position, indexType->getScalarType(), true), step.lanes);
      // `first` is tested before the poison of the start.
      Value *bestIndex = b.CreateSelect(first, narrow, b.CreateSelect(better, narrow, state[1]));
      Value *bestValue = b.CreateSelect(first, x, b.CreateSelect(better, x, y));
      return Values{bestValue, bestIndex};
    });
    emitter.store(indexElement, best[1], emitter.outputPointer(), space.emit(result));
  });
}

void cpu::emitSoftmax(RegionEmitter &emitter, nn::SoftmaxOp op) {
  IRGen &gen = emitter.gen;
  auto &b = gen.builder;
  IndexSpace space(gen);
  AxisLoops loops(emitter, space, op.getOperand(), {static_cast<int64_t>(op.getAxis())});
  mlir::Type element = elementOf(op.getOperand());
  int64_t bytes = widestElement(emitter.body);
  auto lanesOf = [&](LoopNest &nest) { return chooseLanes(emitter.isa, bytes, nest.innerExtent(), 1); };
  loops.outer.emit(loops.across ? lanesOf(loops.outer) : 1, [&](LoopStep outer) {
    Reduction maximum(emitter, nn::ReduceFn::Max, element), sum(emitter, nn::ReduceFn::Sum, element);
    Value *top = nullptr;
    auto shifted = [&](LoopStep step) {
      Value *x = Evaluator(emitter, space, step.lanes, step.lane).vectorAt(op.getOperand(), loops.all);
      return top ? b.CreateFSub(x, IRGen::lanesOf(top) == step.lanes ? top : gen.splat(top, step.lanes)) : x;
    };
    auto exponential = [&](LoopStep step) { return emitMath(gen, nn::UnaryFn::Exp, shifted(step)); };
    auto reduced = [&](Reduction &reduction, llvm::function_ref<Value *(LoopStep)> value) {
      if (!loops.across)
        return reduceNest(loops.inner, reduction, lanesOf(loops.inner),
                          [&](LoopStep step) { return Values{value(step)}; })[0];
      return loops.inner.emit(1, {reduction.neutral(outer.lanes)}, [&](LoopStep, ArrayRef<Value *> state) {
        return Values{reduction.combine(state[0], value(outer))};
      })[0];
    };
    top = reduced(maximum, shifted);
    Value *total = reduced(sum, exponential);
    Value *logTotal = op.getLog() ? emitMath(gen, nn::UnaryFn::Log, total) : nullptr;
    loops.inner.emit(loops.across ? 1 : lanesOf(loops.inner), [&](LoopStep inner) {
      LoopStep step = loops.across ? outer : inner;
      auto spread = [&](Value *value) {
        return IRGen::lanesOf(value) == step.lanes ? value : gen.splat(value, step.lanes);
      };
      Value *value = op.getLog() ? b.CreateFSub(shifted(step), spread(logTotal))
                                 : b.CreateFDiv(exponential(step), spread(total));
      emitter.store(element, value, emitter.outputPointer(), space.emit(loops.linear));
    });
  });
}

void cpu::emitCumulative(RegionEmitter &emitter, nn::CumulativeOp op) {
  IRGen &gen = emitter.gen;
  IndexSpace space(gen);
  int64_t axis = op.getAxis();
  AxisLoops loops(emitter, space, op.getOperand(), {axis});
  mlir::Type element = elementOf(op.getOperand());
  nn::ReduceFn fn = op.getFn() == nn::CumulativeFn::Sum ? nn::ReduceFn::Sum : nn::ReduceFn::Prod;
  Indices all(loops.all);
  if (op.getReverse() && loops.shape[axis] > 0)
    all[axis] = loops.all[axis] * -1 + (loops.shape[axis] - 1);
  Index linear = IndexSpace::linearize(all, loops.shape);
  int64_t lanes =
      loops.across ? chooseLanes(emitter.isa, widestElement(emitter.body), loops.outer.innerExtent(), 2) : 1;
  loops.outer.emit(lanes, [&](LoopStep step) {
    Reduction reduction(emitter, fn, element);
    loops.inner.emit(1, {reduction.neutral(step.lanes)}, [&](LoopStep, ArrayRef<Value *> state) {
      Value *x = Evaluator(emitter, space, step.lanes, step.lane).vectorAt(op.getOperand(), all);
      Value *next = reduction.combine(state[0], x);
      emitter.store(element, emitter.roundTo(element, op.getExclusive() ? state[0] : next),
                    emitter.outputPointer(), space.emit(linear));
      return Values{next};
    });
  });
}

// Inserts every element into the sorted best k so far.
void cpu::emitTopK(RegionEmitter &emitter, nn::TopKOp op) {
  IRGen &gen = emitter.gen;
  auto &b = gen.builder;
  ArrayRef<int64_t> shape = nn::shapeOf(op.getOperand());
  int64_t extent = shape.back(), k = nn::shapeOf(op.getValues()).back(), rows = elementsOf(shape.drop_back());
  if (k == 0)
    return;
  mlir::Type element = elementOf(op.getOperand()), indexElement = elementOf(op.getIndices());
  bool isFloat = mlir::isa<mlir::FloatType>(element), isSigned = element.isSignlessInteger();
  // Equal values keep their order, as elements come in the order of their indices; NaN goes last.
  auto better = [&](Value *x, Value *y) {
    if (!isFloat)
      return isSigned ? b.CreateICmpSGT(x, y) : b.CreateICmpUGT(x, y);
    Value *number = b.CreateFCmpORD(x, x);
    return b.CreateAnd(number, b.CreateFCmpUGT(x, y));
  };
  Value *values = emitter.outputPointer(0), *positions = emitter.outputPointer(1);
  llvm::Type *indexType = emitter.registerType(indexElement);
  RegionEmitter::Share share = emitter.share(rows);
  gen.loop(share.lo, share.hi, 1, [&](Value *row) {
    Value *first = gen.mul(row, k), *from = gen.mul(row, extent);
    gen.loop(0, extent, 1, [&](Value *i) {
      Value *x = emitter.load(element, emitter.inputPointer(0), gen.add(from, i));
      auto valueBefore = [&](Value *at) { return emitter.load(element, values, gen.add(first, at), 1, -1); };
      // Past k elements x competes with the last one and takes its place.
      Value *full = b.CreateICmpSGE(i, gen.index(k));
      Value *end = b.CreateSelect(full, gen.index(k), i);
      Value *enters =
          b.CreateOr(b.CreateNot(full), better(x, emitter.load(element, values, first, 1, k - 1)));
      gen.ifThen(enters, [&] {
        Value *start = b.CreateSelect(full, gen.index(k - 1), end);
        Value *at = gen.whileLoop(
            start,
            [&](Value *j) {
              return gen.ifThen(b.CreateICmpSGT(j, gen.index(0)), {b.getFalse()},
                                [&] { return Values{better(x, valueBefore(j))}; })[0];
            },
            [&](Value *j) {
              emitter.store(element, valueBefore(j), values, gen.add(first, j));
              emitter.store(indexElement, emitter.load(indexElement, positions, gen.add(first, j), 1, -1),
                            positions, gen.add(first, j));
              return gen.add(j, -1);
            });
        emitter.store(element, x, values, gen.add(first, at));
        emitter.store(indexElement, b.CreateIntCast(i, indexType, true), positions, gen.add(first, at));
      });
    });
  });
}
