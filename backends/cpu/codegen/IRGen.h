// Structured loops and typed memory access over LLVM's IRBuilder.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_IRGEN_H
#define AOTC_BACKENDS_CPU_CODEGEN_IRGEN_H

#include "backends/cpu/Isa.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace aotc::cpu {

// How LLVM may treat a loop.
struct LoopHints {
  bool mayUnroll = true; // off: keep the loop rolled (its body is big or already unrolled)
};

using Values = llvm::SmallVector<llvm::Value *, 8>;

// Index arithmetic is i64. A "value" may be a scalar or a 1-D vector
// everywhere; operands of one operation have one type.
class IRGen {
public:
  IRGen(llvm::Module &module, const Isa &isa) : builder(module.getContext()), module(module), isa(isa) {}

  llvm::IRBuilder<> builder;
  llvm::Module &module;
  const Isa &isa;

  // Types.
  llvm::Type *i8() { return builder.getInt8Ty(); }
  llvm::Type *i32() { return builder.getInt32Ty(); }
  llvm::Type *i64() { return builder.getInt64Ty(); }
  llvm::Type *f32() { return builder.getFloatTy(); }
  llvm::Type *f64() { return builder.getDoubleTy(); }
  llvm::Type *pointer() { return builder.getPtrTy(); }
  // A vector of `lanes` elements, or the scalar when lanes is 1.
  static llvm::Type *vectorOf(llvm::Type *scalar, int64_t lanes);
  static int64_t lanesOf(llvm::Type *type);
  static int64_t lanesOf(llvm::Value *value) { return lanesOf(value->getType()); }

  // Constants. `like` gives the type (scalar, or vector: a splat).
  llvm::Value *index(int64_t value) { return builder.getInt64(value); }
  llvm::Value *constant(llvm::Type *like, double value); // floating point
  llvm::Value *constantInt(llvm::Type *like, uint64_t value);
  llvm::Value *zero(llvm::Type *type) { return llvm::Constant::getNullValue(type); }
  llvm::Value *splat(llvm::Value *scalar, int64_t lanes);
  // `count` lanes of a vector; and vectors of one type, a power of two of them, one after the other.
  llvm::Value *part(llvm::Value *vector, int64_t first, int64_t count);
  llvm::Value *joined(llvm::ArrayRef<llvm::Value *> parts);

  // Index arithmetic (i64, no signed wrap); constants fold.
  llvm::Value *add(llvm::Value *a, llvm::Value *b);
  llvm::Value *add(llvm::Value *a, int64_t b) { return add(a, index(b)); }
  llvm::Value *mul(llvm::Value *a, int64_t b);
  llvm::Value *smaller(llvm::Value *a, llvm::Value *b);
  llvm::Value *larger(llvm::Value *a, llvm::Value *b);

  // for (i = lo; i < hi; i += step) body(i). A loop of one trip is emitted
  // without a branch when the bounds are constants, one of none not at all.
  void loop(llvm::Value *lo, llvm::Value *hi, int64_t step, llvm::function_ref<void(llvm::Value *)> body,
            LoopHints hints = {});
  void loop(int64_t lo, int64_t hi, int64_t step, llvm::function_ref<void(llvm::Value *)> body,
            LoopHints hints = {}) {
    loop(index(lo), index(hi), step, body, hints);
  }
  // The same with values carried from one trip to the next in registers: body
  // gets their values and returns the next ones; the result is the last ones.
  Values loop(llvm::Value *lo, llvm::Value *hi, int64_t step, llvm::ArrayRef<llvm::Value *> initial,
              llvm::function_ref<Values(llvm::Value *, llvm::ArrayRef<llvm::Value *>)> body,
              LoopHints hints = {});
  Values loop(int64_t lo, int64_t hi, int64_t step, llvm::ArrayRef<llvm::Value *> initial,
              llvm::function_ref<Values(llvm::Value *, llvm::ArrayRef<llvm::Value *>)> body,
              LoopHints hints = {}) {
    return loop(index(lo), index(hi), step, initial, body, hints);
  }
  // The same value, of which LLVM knows nothing.
  llvm::Value *opaque(llvm::Value *value);
  // while (condition(i)) i = step(i); returns the last i.
  llvm::Value *whileLoop(llvm::Value *initial, llvm::function_ref<llvm::Value *(llvm::Value *)> condition,
                         llvm::function_ref<llvm::Value *(llvm::Value *)> step);
  void ifThen(llvm::Value *condition, llvm::function_ref<void()> then);
  void returnIf(llvm::Value *condition, llvm::Value *result);
  // The values that `then` returns, or `otherwise` when the condition does not hold.
  Values ifThen(llvm::Value *condition, llvm::ArrayRef<llvm::Value *> otherwise,
                llvm::function_ref<Values()> then);

  // Memory. Accesses assume the alignment of one scalar, as inputs may lie at
  // any address aligned to the element.
  // base + offset elements of `bytes` bytes each, + displacement elements.
  llvm::Value *address(llvm::Value *base, llvm::Value *offset, int64_t bytes, int64_t displacement = 0);
  llvm::Value *load(llvm::Type *type, llvm::Value *pointer);
  void store(llvm::Value *value, llvm::Value *pointer);
  // A read prefetch into all cache levels.
  void prefetch(llvm::Value *pointer);

  // a * b + c, in one instruction where the ISA has it.
  llvm::Value *fma(llvm::Value *a, llvm::Value *b, llvm::Value *c);
  // One instruction; when either is NaN the result is `b`.
  llvm::Value *fastMax(llvm::Value *a, llvm::Value *b);
  llvm::Value *fastMin(llvm::Value *a, llvm::Value *b);
  // NaN when either is NaN.
  llvm::Value *nanMax(llvm::Value *a, llvm::Value *b);
  llvm::Value *nanMin(llvm::Value *a, llvm::Value *b);
  llvm::Value *intrinsic(llvm::Intrinsic::ID id, llvm::ArrayRef<llvm::Value *> operands);
  // f(x) lane by lane for a scalar C function `name` of the operands' type.
  llvm::Value *libcall(llvm::StringRef name, llvm::ArrayRef<llvm::Value *> operands);

private:
  llvm::MDNode *loopMetadata(LoopHints hints);
};

} // namespace aotc::cpu
#endif
