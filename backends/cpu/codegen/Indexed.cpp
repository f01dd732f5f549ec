// Operations that read or write at indices known at run time: gather_nd,
// scatter_nd, dynamic_slice.
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

// Loads an index and leaves the function unless it lies in [0, limit).
Index checkedIndex(RegionEmitter &emitter, IndexSpace &space, mlir::Value indices, Value *base,
                   const Index &at, int64_t limit) {
  IRGen &gen = emitter.gen;
  Value *index = emitter.load(elementOf(indices), base, space.emit(at));
  index = gen.builder.CreateSExt(index, gen.i64());
  emitter.failIf(gen.builder.CreateICmpUGE(index, gen.index(limit)), AOTC_INDEX_OUT_OF_RANGE, index);
  return space.runtime(index, {0, std::max<int64_t>(limit - 1, 0)});
}

// Copies the elements of `nest` from `from` to `to`.
void emitCopy(RegionEmitter &emitter, IndexSpace &space, LoopNest &nest, mlir::Value tensor, Value *source,
              const Index &from, const Index &to) {
  mlir::Type element = elementOf(tensor);
  int64_t lanes = chooseLanes(emitter.isa, RegionEmitter::bytesOf(element), nest.innerExtent(), 4);
  nest.emit(lanes, [&](LoopStep step) {
    Evaluator evaluator(emitter, space, step.lanes, step.lane);
    Value *value = evaluator.splat(evaluator.load(tensor, source, from));
    emitter.store(element, value, emitter.outputPointer(), space.emit(to));
  });
}

// One index vector at `vector` of `indices` ([..., K]), indexing from dimension `first` of `operand` on.
Indices checkedVector(RegionEmitter &emitter, IndexSpace &space, mlir::BlockArgument indices,
                      const Index &vector, mlir::Value operand, int64_t first) {
  int64_t depth = nn::shapeOf(indices).back();
  Indices result;
  for (int64_t k = 0; k < depth; ++k)
    result.push_back(checkedIndex(emitter, space, indices, emitter.inputPointer(indices), vector * depth + k,
                                  nn::shapeOf(operand)[first + k]));
  return result;
}

void arrangeFor(LoopNest &nest, ArrayRef<Index> indices) {
  IndexUses uses;
  uses.indices.assign(indices.begin(), indices.end());
  nest.arrange(uses);
}

} // namespace

void cpu::emitGatherNd(RegionEmitter &emitter, nn::GatherNdOp op) {
  IRGen &gen = emitter.gen;
  IndexSpace space(gen);
  auto indices = mlir::cast<mlir::BlockArgument>(op.getIndices());
  auto operand = mlir::cast<mlir::BlockArgument>(op.getOperand());
  ArrayRef<int64_t> indexShape = nn::shapeOf(indices), shape = nn::shapeOf(operand);
  int64_t batch = op.getBatchDims(), depth = indexShape.back();
  ArrayRef<int64_t> sliceShape = shape.drop_front(batch + depth);
  LoopNest vectors(gen, space, indexShape.drop_back()), slice(gen, space, sliceShape);
  Index vector = IndexSpace::linearize(vectors.indices(), indexShape.drop_back());
  Index inSlice = IndexSpace::linearize(slice.indices(), sliceShape);
  arrangeFor(slice, {inSlice});
  if (batch == 0)
    arrangeFor(vectors, {vector});
  vectors.share(emitter);
  int64_t sliceElements = elementsOf(sliceShape);
  vectors.emit(1, [&](LoopStep) {
    Indices from(ArrayRef<Index>(vectors.indices()).take_front(batch));
    from.append(checkedVector(emitter, space, indices, vector, operand, batch));
    from.append(slice.indices().begin(), slice.indices().end());
    emitCopy(emitter, space, slice, operand, emitter.inputPointer(operand),
             IndexSpace::linearize(from, shape), vector * sliceElements + inSlice);
  });
}

void cpu::emitScatterNd(RegionEmitter &emitter, nn::ScatterNdOp op) {
  IRGen &gen = emitter.gen;
  IndexSpace space(gen);
  auto operand = mlir::cast<mlir::BlockArgument>(op.getOperand());
  auto indices = mlir::cast<mlir::BlockArgument>(op.getIndices());
  auto updates = mlir::cast<mlir::BlockArgument>(op.getUpdates());
  mlir::Type element = elementOf(operand);
  ArrayRef<int64_t> shape = nn::shapeOf(operand), indexShape = nn::shapeOf(indices);
  if (!emitter.inPlace(0, operand.getArgNumber())) {
    LoopNest all(gen, space, shape);
    Index linear = IndexSpace::linearize(all.indices(), shape);
    arrangeFor(all, {linear});
    emitCopy(emitter, space, all, operand, emitter.inputPointer(operand), linear, linear);
  }
  ArrayRef<int64_t> sliceShape = shape.drop_front(indexShape.back());
  LoopNest vectors(gen, space, indexShape.drop_back()), slice(gen, space, sliceShape);
  Index vector = IndexSpace::linearize(vectors.indices(), indexShape.drop_back());
  Index inSlice = IndexSpace::linearize(slice.indices(), sliceShape);
  arrangeFor(slice, {inSlice});
  int64_t sliceElements = elementsOf(sliceShape);
  nn::ReduceFn fn = op.getFn() == nn::ScatterFn::Max   ? nn::ReduceFn::Max
                    : op.getFn() == nn::ScatterFn::Min ? nn::ReduceFn::Min
                    : op.getFn() == nn::ScatterFn::Mul ? nn::ReduceFn::Prod
                                                       : nn::ReduceFn::Sum;
  vectors.emit(1, [&](LoopStep) {
    Indices to(checkedVector(emitter, space, indices, vector, operand, 0));
    to.append(slice.indices().begin(), slice.indices().end());
    Index target = IndexSpace::linearize(to, shape), source = vector * sliceElements + inSlice;
    int64_t lanes = chooseLanes(emitter.isa, widestElement(emitter.body), slice.innerExtent(), 4);
    slice.emit(lanes, [&](LoopStep step) {
      Evaluator evaluator(emitter, space, step.lanes, step.lane);
      Value *value = evaluator.splat(evaluator.load(updates, emitter.inputPointer(updates), source));
      if (op.getFn() != nn::ScatterFn::Update) {
        Value *old = evaluator.splat(evaluator.load(operand, emitter.outputPointer(), target));
        value = emitter.roundTo(element, Reduction(emitter, fn, element).combine(old, value));
      }
      emitter.store(element, value, emitter.outputPointer(), space.emit(target));
    });
  });
}

void cpu::emitDynamicSlice(RegionEmitter &emitter, nn::DynamicSliceOp op) {
  IRGen &gen = emitter.gen;
  IndexSpace space(gen);
  auto operand = mlir::cast<mlir::BlockArgument>(op.getOperand());
  auto starts = mlir::cast<mlir::BlockArgument>(op.getStarts());
  ArrayRef<int64_t> shape = nn::shapeOf(operand), extents = nn::shapeOf(op.getResult());
  LoopNest nest(gen, space, extents);
  Indices from(nest.indices());
  for (size_t d = 0; d < shape.size(); ++d)
    from[d] = from[d] + checkedIndex(emitter, space, starts, emitter.inputPointer(starts),
                                     static_cast<int64_t>(d), shape[d] - extents[d] + 1);
  Index source = IndexSpace::linearize(from, shape), to = IndexSpace::linearize(nest.indices(), extents);
  arrangeFor(nest, {source, to});
  nest.share(emitter);
  emitCopy(emitter, space, nest, operand, emitter.inputPointer(operand), source, to);
}
