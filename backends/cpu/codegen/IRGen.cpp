#include "backends/cpu/codegen/IRGen.h"

#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Intrinsics.h"

using namespace aotc::cpu;
using namespace llvm;

Type *IRGen::vectorOf(Type *scalar, int64_t lanes) {
  return lanes == 1 ? scalar : FixedVectorType::get(scalar, lanes);
}

int64_t IRGen::lanesOf(Type *type) {
  auto vector = dyn_cast<FixedVectorType>(type);
  return vector ? vector->getNumElements() : 1;
}

Value *IRGen::constant(Type *like, double value) { return ConstantFP::get(like, value); }
Value *IRGen::constantInt(Type *like, uint64_t value) { return ConstantInt::get(like, value); }

Value *IRGen::splat(Value *scalar, int64_t lanes) {
  return lanes == 1 ? scalar : builder.CreateVectorSplat(lanes, scalar);
}

Value *IRGen::part(Value *vector, int64_t first, int64_t count) {
  return builder.CreateShuffleVector(vector, to_vector(seq<int>(first, first + count)));
}

Value *IRGen::joined(ArrayRef<Value *> parts) {
  if (parts.size() == 1)
    return parts[0];
  Value *low = joined(parts.take_front(parts.size() / 2)), *high = joined(parts.drop_front(parts.size() / 2));
  return builder.CreateShuffleVector(low, high, to_vector(seq<int>(0, 2 * lanesOf(low))));
}

Value *IRGen::add(Value *a, Value *b) {
  auto *constantA = dyn_cast<ConstantInt>(a), *constantB = dyn_cast<ConstantInt>(b);
  if (constantA && constantA->isZero())
    return b;
  if (constantB && constantB->isZero())
    return a;
  return builder.CreateNSWAdd(a, b);
}

Value *IRGen::mul(Value *a, int64_t b) { return b == 1 ? a : builder.CreateNSWMul(a, index(b)); }

Value *IRGen::smaller(Value *a, Value *b) {
  auto *constantA = dyn_cast<ConstantInt>(a), *constantB = dyn_cast<ConstantInt>(b);
  if (constantA && constantB)
    return constantA->getSExtValue() < constantB->getSExtValue() ? a : b;
  return builder.CreateBinaryIntrinsic(Intrinsic::smin, a, b);
}

Value *IRGen::larger(Value *a, Value *b) {
  auto *constantA = dyn_cast<ConstantInt>(a), *constantB = dyn_cast<ConstantInt>(b);
  if (constantA && constantB)
    return constantA->getSExtValue() < constantB->getSExtValue() ? b : a;
  return builder.CreateBinaryIntrinsic(Intrinsic::smax, a, b);
}

MDNode *IRGen::loopMetadata(LoopHints hints) {
  LLVMContext &context = module.getContext();
  auto flag = [&](StringRef name, Metadata *value = nullptr) {
    SmallVector<Metadata *, 2> parts{MDString::get(context, name)};
    if (value)
      parts.push_back(value);
    return MDNode::get(context, parts);
  };
  auto *off = ConstantAsMetadata::get(builder.getFalse());
  // Loops come vectorised from here; their remainders must not be vectorised again.
  SmallVector<Metadata *, 4> parts{nullptr, flag("llvm.loop.vectorize.enable", off)};
  if (!hints.mayUnroll)
    parts.push_back(flag("llvm.loop.unroll.disable"));
  MDNode *node = MDNode::getDistinct(context, parts);
  node->replaceOperandWith(0, node);
  return node;
}

Values IRGen::loop(Value *lo, Value *hi, int64_t step, ArrayRef<Value *> initial,
                   function_ref<Values(Value *, ArrayRef<Value *>)> body, LoopHints hints) {
  Values current(initial);
  auto *constantLo = dyn_cast<ConstantInt>(lo), *constantHi = dyn_cast<ConstantInt>(hi);
  bool known = constantLo && constantHi;
  if (known && constantLo->getSExtValue() >= constantHi->getSExtValue())
    return current;
  if (known && constantLo->getSExtValue() + step >= constantHi->getSExtValue())
    return body(lo, current);

  Function *function = builder.GetInsertBlock()->getParent();
  BasicBlock *before = builder.GetInsertBlock();
  auto *head = BasicBlock::Create(module.getContext(), "loop", function);
  auto *exit = BasicBlock::Create(module.getContext(), "exit", function);
  if (known)
    builder.CreateBr(head);
  else
    builder.CreateCondBr(builder.CreateICmpSLT(lo, hi), head, exit);

  builder.SetInsertPoint(head);
  PHINode *iv = builder.CreatePHI(i64(), 2);
  iv->addIncoming(lo, before);
  SmallVector<PHINode *> carried;
  for (Value *value : initial) {
    carried.push_back(builder.CreatePHI(value->getType(), 2));
    carried.back()->addIncoming(value, before);
  }
  Values next = body(iv, Values(carried.begin(), carried.end()));
  Value *nextIv = builder.CreateNSWAdd(iv, index(step));
  BasicBlock *latch = builder.GetInsertBlock();
  Instruction *branch = builder.CreateCondBr(builder.CreateICmpSLT(nextIv, hi), head, exit);
  branch->setMetadata(LLVMContext::MD_loop, loopMetadata(hints));
  iv->addIncoming(nextIv, latch);
  for (auto [phi, value] : zip(carried, next))
    phi->addIncoming(value, latch);

  builder.SetInsertPoint(exit);
  if (known)
    return next;
  Values results;
  for (auto [first, last] : zip(initial, next)) {
    PHINode *phi = builder.CreatePHI(last->getType(), 2);
    phi->addIncoming(first, before);
    phi->addIncoming(last, latch);
    results.push_back(phi);
  }
  return results;
}

void IRGen::loop(Value *lo, Value *hi, int64_t step, function_ref<void(Value *)> body, LoopHints hints) {
  loop(
      lo, hi, step, {},
      [&](Value *iv, ArrayRef<Value *>) {
        body(iv);
        return Values();
      },
      hints);
}

Value *IRGen::opaque(Value *value) {
  auto *type = FunctionType::get(value->getType(), {value->getType()}, false);
  return builder.CreateCall(InlineAsm::get(type, "", "=r,0", /*hasSideEffects=*/true), {value});
}

Value *IRGen::whileLoop(Value *initial, function_ref<Value *(Value *)> condition,
                        function_ref<Value *(Value *)> step) {
  Function *function = builder.GetInsertBlock()->getParent();
  BasicBlock *before = builder.GetInsertBlock();
  auto *head = BasicBlock::Create(module.getContext(), "while", function);
  auto *body = BasicBlock::Create(module.getContext(), "do", function);
  auto *exit = BasicBlock::Create(module.getContext(), "done", function);
  builder.CreateBr(head);
  builder.SetInsertPoint(head);
  PHINode *state = builder.CreatePHI(initial->getType(), 2);
  state->addIncoming(initial, before);
  builder.CreateCondBr(condition(state), body, exit);
  builder.SetInsertPoint(body);
  Value *next = step(state);
  state->addIncoming(next, builder.GetInsertBlock());
  builder.CreateBr(head);
  builder.SetInsertPoint(exit);
  return state;
}

Values IRGen::ifThen(Value *condition, ArrayRef<Value *> otherwise, function_ref<Values()> then) {
  Function *function = builder.GetInsertBlock()->getParent();
  BasicBlock *before = builder.GetInsertBlock();
  auto *taken = BasicBlock::Create(module.getContext(), "then", function);
  auto *after = BasicBlock::Create(module.getContext(), "after", function);
  builder.CreateCondBr(condition, taken, after);
  builder.SetInsertPoint(taken);
  Values values = then();
  BasicBlock *last = builder.GetInsertBlock();
  builder.CreateBr(after);
  builder.SetInsertPoint(after);
  for (auto [value, other] : zip(values, otherwise)) {
    PHINode *phi = builder.CreatePHI(value->getType(), 2);
    phi->addIncoming(value, last);
    phi->addIncoming(other, before);
    value = phi;
  }
  return values;
}

void IRGen::ifThen(Value *condition, function_ref<void()> then) {
  ifThen(condition, {}, [&] {
    then();
    return Values();
  });
}

void IRGen::returnIf(Value *condition, Value *result) {
  Function *function = builder.GetInsertBlock()->getParent();
  auto *taken = BasicBlock::Create(module.getContext(), "return", function);
  auto *after = BasicBlock::Create(module.getContext(), "after", function);
  builder.CreateCondBr(condition, taken, after);
  builder.SetInsertPoint(taken);
  builder.CreateRet(result);
  builder.SetInsertPoint(after);
}

Value *IRGen::address(Value *base, Value *offset, int64_t bytes, int64_t displacement) {
  Value *at = base;
  auto *constantOffset = dyn_cast<ConstantInt>(offset);
  if (!constantOffset)
    at = builder.CreateInBoundsGEP(builder.getIntNTy(8 * bytes), at, offset);
  else
    displacement += constantOffset->getSExtValue();
  return displacement ? builder.CreateConstInBoundsGEP1_64(i8(), at, displacement * bytes) : at;
}

static Align elementAlign(Type *type) { return Align(std::max(1u, type->getScalarSizeInBits() / 8)); }

Value *IRGen::load(Type *type, Value *pointer) {
  return builder.CreateAlignedLoad(type, pointer, elementAlign(type));
}
void IRGen::store(Value *value, Value *pointer) {
  builder.CreateAlignedStore(value, pointer, elementAlign(value->getType()));
}

void IRGen::prefetch(Value *pointer) {
  builder.CreateIntrinsic(Intrinsic::prefetch, {pointer->getType()},
                          {pointer, builder.getInt32(0), builder.getInt32(3), builder.getInt32(1)});
}

Value *IRGen::fma(Value *a, Value *b, Value *c) {
  if (isa.hasFma)
    return builder.CreateIntrinsic(Intrinsic::fma, {a->getType()}, {a, b, c});
  return builder.CreateFAdd(builder.CreateFMul(a, b), c);
}

Value *IRGen::fastMax(Value *a, Value *b) { return builder.CreateSelect(builder.CreateFCmpOGT(a, b), a, b); }
Value *IRGen::fastMin(Value *a, Value *b) { return builder.CreateSelect(builder.CreateFCmpOLT(a, b), a, b); }

// fastMax(a, b) is b when a is NaN; then a is taken after all.
Value *IRGen::nanMax(Value *a, Value *b) {
  return builder.CreateSelect(builder.CreateFCmpUNO(a, a), a, fastMax(a, b));
}
Value *IRGen::nanMin(Value *a, Value *b) {
  return builder.CreateSelect(builder.CreateFCmpUNO(a, a), a, fastMin(a, b));
}

Value *IRGen::intrinsic(Intrinsic::ID id, ArrayRef<Value *> operands) {
  return builder.CreateIntrinsic(id, {operands[0]->getType()}, operands);
}

Value *IRGen::libcall(StringRef name, ArrayRef<Value *> operands) {
  Type *scalar = operands[0]->getType()->getScalarType();
  SmallVector<Type *> parameters(operands.size(), scalar);
  FunctionCallee callee = module.getOrInsertFunction(name, FunctionType::get(scalar, parameters, false));
  auto *declaration = cast<Function>(callee.getCallee());
  declaration->setDoesNotThrow();
  declaration->setDoesNotAccessMemory();
  // No builtin: LLVM would join sinf and cosf into sincosf, which C99 lacks.
  auto call = [&](ArrayRef<Value *> scalars) {
    CallInst *result = builder.CreateCall(callee, scalars);
    result->addFnAttr(Attribute::NoBuiltin);
    return result;
  };
  int64_t lanes = lanesOf(operands[0]);
  if (lanes == 1)
    return call(operands);
  Value *result = PoisonValue::get(operands[0]->getType());
  for (int64_t lane = 0; lane < lanes; ++lane) {
    SmallVector<Value *> scalars;
    for (Value *operand : operands)
      scalars.push_back(builder.CreateExtractElement(operand, lane));
    result = builder.CreateInsertElement(result, call(scalars), lane);
  }
  return result;
}
