#include "backends/cpu/codegen/Reduction.h"

#include <cmath>

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;
using nn::ReduceFn;

Value *Reduction::neutral(int64_t lanes) {
  llvm::Type *type = emitter.registerType(element, lanes);
  bool isFloat = mlir::isa<mlir::FloatType>(element), isSigned = element.isSignlessInteger();
  unsigned bits = element.getIntOrFloatBitWidth();
  switch (fn) {
  case ReduceFn::Sum:
  case ReduceFn::Mean:
  case ReduceFn::Any:
    return gen.zero(type);
  case ReduceFn::Prod:
    return isFloat ? gen.constant(type, 1) : gen.constantInt(type, 1);
  case ReduceFn::All:
    return llvm::Constant::getAllOnesValue(type);
  case ReduceFn::Max:
  case ReduceFn::Min: {
    bool max = fn == ReduceFn::Max;
    if (isFloat)
      return gen.constant(type, max ? -HUGE_VAL : HUGE_VAL);
    llvm::APInt value =
        isSigned ? (max ? llvm::APInt::getSignedMinValue(bits) : llvm::APInt::getSignedMaxValue(bits))
                 : (max ? llvm::APInt::getZero(bits) : llvm::APInt::getMaxValue(bits));
    return llvm::ConstantInt::get(type, value);
  }
  }
  llvm_unreachable("reduction");
}

Value *Reduction::widened(Value *value, mlir::Type from) {
  if (from == element)
    return value;
  return gen.builder.CreateIntCast(value, emitter.registerType(element, IRGen::lanesOf(value)), !from.isUnsignedInteger());
}

Value *Reduction::combine(Value *a, Value *b) {
  auto &builder = gen.builder;
  bool isFloat = mlir::isa<mlir::FloatType>(element), isSigned = element.isSignlessInteger();
  switch (fn) {
  case ReduceFn::Sum:
  case ReduceFn::Mean:
    return isFloat ? builder.CreateFAdd(a, b) : builder.CreateAdd(a, b);
  case ReduceFn::Prod:
    return isFloat ? builder.CreateFMul(a, b) : builder.CreateMul(a, b);
  case ReduceFn::Any:
    return builder.CreateOr(a, b);
  case ReduceFn::All:
    return builder.CreateAnd(a, b);
  case ReduceFn::Max:
    return isFloat ? gen.nanMax(a, b)
                   : gen.intrinsic(isSigned ? llvm::Intrinsic::smax : llvm::Intrinsic::umax, {a, b});
  case ReduceFn::Min:
    return isFloat ? gen.nanMin(a, b)
                   : gen.intrinsic(isSigned ? llvm::Intrinsic::smin : llvm::Intrinsic::umin, {a, b});
  }
  llvm_unreachable("reduction");
}

Value *Reduction::horizontal(Value *vector) {
  auto &b = gen.builder;
  for (int64_t lanes = IRGen::lanesOf(vector); lanes > 1; lanes /= 2) {
    llvm::SmallVector<int> low, high;
    for (int64_t i = 0; i < lanes / 2; ++i) {
      low.push_back(i);
      high.push_back(lanes / 2 + i);
    }
    if (lanes == 2)
      return combine(b.CreateExtractElement(vector, uint64_t{0}),
                     b.CreateExtractElement(vector, uint64_t{1}));
    vector = combine(b.CreateShuffleVector(vector, low), b.CreateShuffleVector(vector, high));
  }
  return vector;
}

Value *Reduction::finish(Value *combined, int64_t count) {
  if (fn == ReduceFn::Mean) {
    llvm::Type *type = combined->getType();
    if (mlir::isa<mlir::FloatType>(element))
      combined = gen.builder.CreateFDiv(combined, gen.constant(type, count));
    else if (count == 0)
      combined = gen.zero(type);
    else { // wide: the count need not fit the element
      llvm::Type *wide = IRGen::vectorOf(gen.i64(), IRGen::lanesOf(type));
      bool isSigned = element.isSignlessInteger();
      Value *sum = gen.builder.CreateIntCast(combined, wide, isSigned),
            *divisor = gen.constantInt(wide, count);
      Value *mean = isSigned ? gen.builder.CreateSDiv(sum, divisor) : gen.builder.CreateUDiv(sum, divisor);
      combined = gen.builder.CreateTrunc(mean, type);
    }
  }
  return emitter.roundTo(element, combined);
}

Values cpu::reduceNest(LoopNest &nest, llvm::MutableArrayRef<Reduction> reductions, int64_t lanes,
                       llvm::function_ref<Values(LoopStep)> element) {
  Values initial; // vectors, then scalars
  for (Reduction &reduction : reductions)
    initial.push_back(reduction.neutral(lanes));
  for (Reduction &reduction : reductions)
    initial.push_back(reduction.neutral(1));
  size_t count = reductions.size();
  Values last = nest.emit(lanes, initial, [&](LoopStep step, llvm::ArrayRef<Value *> state) {
    Values next(state);
    for (auto [i, value] : llvm::enumerate(element(step))) {
      size_t slot = step.lanes == lanes ? i : count + i;
      next[slot] =
          reductions[i].combine(next[slot], step.lanes == lanes ? value : reductions[i].horizontal(value));
    }
    return next;
  });
  Values results;
  for (size_t i = 0; i < count; ++i)
    results.push_back(reductions[i].combine(reductions[i].horizontal(last[i]), last[count + i]));
  return results;
}
