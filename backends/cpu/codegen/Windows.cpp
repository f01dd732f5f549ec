// pool and resize: images with channels last, lanes along the channels.
#include "backends/cpu/codegen/Math.h"
#include "backends/cpu/codegen/Reduction.h"
#include "backends/cpu/codegen/Regions.h"
#include "ir/NN/Constants.h"

#include <functional>

using namespace aotc;
using namespace aotc::cpu;
using llvm::ArrayRef;
using llvm::Value;

static mlir::Type elementOf(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}

// A single channel has no loop: the innermost one runs along the image then,
// and window bounds and sample positions are those of one element.
static int64_t channelLanes(RegionEmitter &emitter, const LoopNest &nest, ArrayRef<int64_t> shape,
                            int64_t unroll) {
  return shape.back() == 1
             ? 1
             : chooseLanes(emitter.isa, widestElement(emitter.body), nest.innerExtent(), unroll);
}

namespace {

class Pool {
public:
  Pool(RegionEmitter &emitter, nn::PoolOp op)
      : emitter(emitter), gen(emitter.gen), op(op), space(gen), input(nn::shapeOf(op.getInput())),
        shape(nn::shapeOf(op.getResult())), nest(gen, space, shape), element(elementOf(op.getResult())) {}

  void emit() {
    nest.share(emitter);
    Index linear = IndexSpace::linearize(nest.indices(), shape);
    int64_t lanes = channelLanes(emitter, nest, shape, 4);
    nest.emit(lanes, [&](LoopStep step) {
      Reduction reduction(emitter, op.getFn() == nn::PoolFn::Max ? nn::ReduceFn::Max : nn::ReduceFn::Sum,
                          element);
      Indices from(nest.indices());
      Value *inside = gen.index(1); // window positions
      std::function<Value *(size_t, Value *)> dimension = [&](size_t d, Value *partial) -> Value * {
        if (d + 2 == input.size())
          return reduction.combine(
              partial, reduction.widened(Evaluator(emitter, space, step.lanes, step.lane).vectorAt(op.getInput(), from),
                                         elementOf(op.getInput())));
        return windowLoop(gen, space, parts[d], op.getWindow()[d], partial, [&](Index k, Value *sum) {
          from[d + 1] = first(d) + k * op.getDilations()[d];
          return dimension(d + 1, sum);
        });
      };
      parts.clear();
      for (size_t d = 0; d + 2 < input.size(); ++d) {
        parts.push_back(
            clipWindow(gen, space, first(d), op.getWindow()[d], op.getDilations()[d], input[d + 1]));
        Value *counted = op.getCountPadding() ? gen.index(op.getWindow()[d])
                                              : gen.builder.CreateSub(parts[d].hi, parts[d].lo);
        inside = gen.builder.CreateMul(inside, counted);
      }
      Value *total = dimension(0, reduction.neutral(step.lanes));
      if (op.getFn() == nn::PoolFn::Avg)
        total = mean(total, inside);
      emitter.store(element, emitter.roundTo(element, total), emitter.outputPointer(), space.emit(linear));
    });
  }

private:
  Index first(size_t d) { return nest.indices()[d + 1] * op.getStrides()[d] - op.getPadLow()[d]; }

  Value *mean(Value *total, Value *count) {
    int64_t lanes = IRGen::lanesOf(total);
    auto &b = gen.builder;
    if (mlir::isa<mlir::FloatType>(element)) {
      llvm::Type *scalar = total->getType()->getScalarType();
      return b.CreateFDiv(total, gen.splat(b.CreateSIToFP(count, scalar), lanes));
    }
    bool isSigned = element.isSignlessInteger();
    llvm::Type *wide = IRGen::vectorOf(gen.i64(), lanes);
    Value *sum = b.CreateIntCast(total, wide, isSigned), *divisor = gen.splat(count, lanes);
    return b.CreateTrunc(isSigned ? b.CreateSDiv(sum, divisor) : b.CreateUDiv(sum, divisor),
                         total->getType());
  }

  RegionEmitter &emitter;
  IRGen &gen;
  nn::PoolOp op;
  IndexSpace space;
  ArrayRef<int64_t> input, shape;
  LoopNest nest;
  mlir::Type element;
  llvm::SmallVector<WindowPart> parts;
};

class Resize {
public:
  Resize(RegionEmitter &emitter, nn::ResizeOp op)
      : emitter(emitter), gen(emitter.gen), b(gen.builder), op(op), space(gen),
        input(nn::shapeOf(op.getInput())), shape(nn::shapeOf(op.getResult())), nest(gen, space, shape),
        element(elementOf(op.getInput())) {}

  void emit() {
    nest.share(emitter);
    Index linear = IndexSpace::linearize(nest.indices(), shape);
    int64_t lanes = channelLanes(emitter, nest, shape, 2);
    nest.emit(lanes, [&](LoopStep step) {
      samples.clear();
      for (size_t d = 0; d + 2 < shape.size(); ++d)
        samples.push_back(sample(d));
      Indices from(nest.indices());
      Value *value = llvm::is_contained(input, 0) ? gen.zero(emitter.registerType(element, step.lanes))
                                                  : interpolated(0, from, step);
      emitter.store(element, value, emitter.outputPointer(), space.emit(linear));
    });
  }

private:
  // One source position and, for `linear`, its upper neighbour and weight.
  struct Sample {
    Index lower, upper;
    Value *weight = nullptr; // f32
  };

  Value *f32(double value) { return gen.constant(gen.f32(), value); }

  // All in f32, in the order of operations of the frameworks.
  Sample sample(size_t d) {
    int64_t from = input[d + 1], to = shape[d + 1];
    Value *position = b.CreateSIToFP(space.emit(nest.indices()[d + 1]), gen.f32());
    Value *scale = f32(op.getScales()[d]), *half = f32(0.5), *at = nullptr;
    switch (op.getCoord()) {
    case nn::CoordMode::Asymmetric:
      at = b.CreateFMul(position, scale);
      break;
    case nn::CoordMode::HalfPixel:
      at = b.CreateFSub(b.CreateFMul(b.CreateFAdd(position, half), scale), half);
      break;
    case nn::CoordMode::AlignCorners:
      at = to > 1 ? b.CreateFMul(position, f32(static_cast<float>(from - 1) / static_cast<float>(to - 1)))
                  : f32(0);
      break;
    case nn::CoordMode::HalfPixelNearest:
      at = b.CreateFMul(b.CreateFAdd(position, half), scale);
      break;
    }
    auto rounded = [&](nn::UnaryFn fn) { return emitMath(gen, fn, at); };
    Sample s;
    if (op.getMode() == nn::ResizeMode::Linear) {
      s.lower = clamped(rounded(nn::UnaryFn::Floor), from);
      s.upper = clamped(rounded(nn::UnaryFn::Ceil), from);
      Value *low = space.emit(s.lower);
      Value *weight = b.CreateFSub(at, b.CreateSIToFP(low, gen.f32()));
      s.weight = b.CreateSelect(b.CreateICmpEQ(low, space.emit(s.upper)), f32(0), weight);
      return s;
    }
    switch (op.getRound()) {
    case nn::RoundMode::Floor:
      at = rounded(nn::UnaryFn::Floor);
      break;
    case nn::RoundMode::Ceil:
      at = rounded(nn::UnaryFn::Ceil);
      break;
    case nn::RoundMode::HalfAway: // |x| + 0.5 may round up: compare with the floor instead
      at = halfUp(at, /*tie=*/true);
      break;
    case nn::RoundMode::HalfDown:
      at = halfUp(at, /*tie=*/false);
      break;
    }
    s.lower = clamped(at, from);
    return s;
  }

  // floor(at), plus 1 past the half; negative coordinates are clamped to 0 anyway.
  Value *halfUp(Value *at, bool tie) {
    Value *floor = emitMath(gen, nn::UnaryFn::Floor, at), *rest = b.CreateFSub(at, floor);
    Value *up = tie ? b.CreateFCmpOGE(rest, f32(0.5)) : b.CreateFCmpOGT(rest, f32(0.5));
    return b.CreateSelect(up, b.CreateFAdd(floor, f32(1)), floor);
  }

  Index clamped(Value *at, int64_t extent) {
    at = gen.fastMax(at, f32(0)); // NaN, from an infinite scale, counts as 0
    Value *position = b.CreateIntrinsic(llvm::Intrinsic::fptosi_sat, {gen.i64(), gen.f32()}, {at});
    position = gen.intrinsic(llvm::Intrinsic::smin, {position, gen.index(extent - 1)});
    return space.runtime(position, {0, extent - 1});
  }

  Value *interpolated(size_t d, Indices &from, LoopStep step) {
    if (d == samples.size())
      return Evaluator(emitter, space, step.lanes, step.lane).vectorAt(op.getInput(), from);
    from[d + 1] = samples[d].lower;
    Value *lower = interpolated(d + 1, from, step);
    if (!samples[d].weight)
      return lower;
    from[d + 1] = samples[d].upper;
    Value *upper = interpolated(d + 1, from, step);
    llvm::Type *type = lower->getType();
    Value *weight = gen.splat(b.CreateFPCast(samples[d].weight, type->getScalarType()), step.lanes);
    Value *between = b.CreateFAdd(lower, b.CreateFMul(b.CreateFSub(upper, lower), weight));
    // An infinite neighbour of weight 0 has no say.
    return b.CreateSelect(b.CreateFCmpOEQ(weight, gen.zero(type)), lower, between);
  }

  RegionEmitter &emitter;
  IRGen &gen;
  llvm::IRBuilder<> &b;
  nn::ResizeOp op;
  IndexSpace space;
  ArrayRef<int64_t> input, shape;
  LoopNest nest;
  mlir::Type element;
  llvm::SmallVector<Sample> samples;
};

} // namespace

void cpu::emitPool(RegionEmitter &emitter, nn::PoolOp op) { Pool(emitter, op).emit(); }
void cpu::emitResize(RegionEmitter &emitter, nn::ResizeOp op) { Resize(emitter, op).emit(); }
