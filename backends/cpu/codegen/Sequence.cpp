#include "backends/cpu/codegen/Sequence.h"

#include "aotc/abi.h"
#include "backends/cpu/IsaCheck.h"
#include "ir/NN/Control.h"
#include "ir/NN/State.h"
#include "ir/Plan/Plan.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

class SequenceEmitter {
public:
  SequenceEmitter(IRGen &gen, const EntryParts &parts, mlir::func::FuncOp func, const CallValues &values, FailUnless failUnless)
      : gen(gen), b(gen.builder), parts(parts), func(func), values(values), failUnless(failUnless),
        stateOffsets(plan::stateOffsets(func)) {}

  void emit() {
    for (auto region : func.getOps<plan::RegionOp>())
      if (nn::WhileOp loop = plan::loopOf(region))
        runLoop(region, loop);
      else
        callRegion(region);
    copyResults();
  }

private:
  // The region's function for the machine at hand.
  llvm::FunctionCallee calleeOf(plan::RegionOp region) {
    size_t number = parts.object.functionOf.lookup(region);
    llvm::Function *first = parts.object.functions[0][number];
    if (!values.table)
      return first;
    Value *offset = gen.add(values.functionsOffset, number * kDistanceBytes);
    return {first->getFunctionType(),
            b.CreateIntrinsic(llvm::Intrinsic::load_relative, {gen.i64()}, {values.table, offset})};
  }

  Value *pointerTo(plan::PlaceAttr place) {
    auto within = [&](Value *base, int64_t offset) -> Value * {
      // Null: an empty tensor in a space of no bytes.
      return !base || offset == 0 ? orNull(gen, base) : b.CreateConstInBoundsGEP1_64(gen.i8(), base, offset);
    };
    switch (place.getSpace()) {
    case plan::Space::Arena:
      return within(values.arena, place.getOffset());
    case plan::Space::Input:
      return within(values.inputs[place.getIndex()], place.getOffset());
    case plan::Space::Output:
      return within(values.outputs[place.getIndex()], place.getOffset());
    case plan::Space::Weights:
      return within(values.weights, place.getOffset());
    case plan::Space::State:
      return within(values.state, stateOffsets[place.getIndex()] + place.getOffset());
    }
    llvm_unreachable("space");
  }

  void callRegion(plan::RegionOp region) {
    llvm::SmallVector<Value *> arguments;
    for (mlir::Value input : region.getInputs())
      arguments.push_back(pointerTo(plan::placeOf(input)));
    for (mlir::Value output : region.getOutputs())
      arguments.push_back(pointerTo(plan::placeOf(output)));
    if (auto scratch = region.getScratch())
      arguments.push_back(pointerTo(*scratch));
    arguments.push_back(values.regionContext);
    Value *code = b.CreateCall(calleeOf(region), arguments);
    failUnless(b.CreateICmpEQ(code, b.getInt32(AOTC_OK)), code, b.getInt32(region.getIndex()));
  }

  void copy(Value *to, Value *from, int64_t bytes) {
    if (bytes != 0)
      b.CreateMemCpy(to, llvm::Align(1), from, llvm::Align(1), bytes);
  }

  // state = initial; goesOn = ...; while (goesOn) goesOn = step(constants, state); results = state
  // The state and the step's arena lie behind the arena of this function.
  void runLoop(plan::RegionOp region, nn::WhileOp loop) {
    mlir::func::FuncOp step = nn::stepOf(loop);
    llvm::Function *callee = emitSequenceFunction(gen, parts, step, values.table);
    auto pointerOf = [&](mlir::Value operand) {
      return pointerTo(plan::placeOf(region.getInputs()[mlir::cast<mlir::BlockArgument>(operand).getArgNumber()]));
    };
    llvm::SmallVector<int64_t> offsets = plan::stateOffsets(step);
    Value *state = b.CreateConstInBoundsGEP1_64(gen.i8(), values.arena, plan::ownFrameBytes(func));
    Value *arena = b.CreateConstInBoundsGEP1_64(gen.i8(), state, offsets.back());
    auto stateAt = [&](size_t i) { return b.CreateConstInBoundsGEP1_64(gen.i8(), state, offsets[i]); };
    for (auto [i, initial] : llvm::enumerate(loop.getInitial()))
      copy(stateAt(i), pointerOf(initial), plan::denseBytes(initial.getType()));
    auto constants = loop.getInputs().drop_back(loop.getNumResults());
    auto *tableType = llvm::ArrayType::get(gen.pointer(), std::max<size_t>(constants.size(), 1));
    Value *inputs = entryAlloca(gen, tableType), *flag = entryAlloca(gen, gen.i8()), *outputs = entryAlloca(gen, gen.pointer()),
          *failed = entryAlloca(gen, gen.i32());
    for (auto [i, constant] : llvm::enumerate(constants))
      b.CreateStore(pointerOf(constant), b.CreateConstInBoundsGEP2_64(tableType, inputs, 0, i));
    b.CreateStore(flag, outputs);
    b.CreateStore(gen.load(gen.i8(), pointerOf(loop.getGoesOn())), flag);

    llvm::Function *function = b.GetInsertBlock()->getParent();
    auto block = [&](const char *name) { return llvm::BasicBlock::Create(function->getContext(), name, function); };
    llvm::BasicBlock *before = b.GetInsertBlock(), *head = block("loop"), *body = block("round"), *end = block("end");
    b.CreateBr(head);
    b.SetInsertPoint(head);
    llvm::PHINode *round = b.CreatePHI(gen.i64(), 2);
    round->addIncoming(gen.index(0), before);
    b.CreateCondBr(b.CreateICmpNE(gen.load(gen.i8(), flag), b.getInt8(0)), body, end);
    b.SetInsertPoint(body);
    failUnless(b.CreateICmpSLT(round, gen.index(loop.getMaxRounds())), b.getInt32(AOTC_LOOP_LIMIT), b.getInt32(region.getIndex()));
    Value *code = b.CreateCall(callee, {values.regionContext, inputs, outputs, state, arena, orNull(gen, values.weights),
                                        values.functionsOffset ? values.functionsOffset : gen.index(0), failed});
    failUnless(b.CreateICmpEQ(code, b.getInt32(AOTC_OK)), code, gen.load(gen.i32(), failed));
    round->addIncoming(gen.add(round, 1), b.GetInsertBlock());
    b.CreateBr(head);
    b.SetInsertPoint(end);
    for (auto [i, result] : llvm::enumerate(region.getOutputs()))
      copy(pointerTo(plan::placeOf(result)), stateAt(i), plan::denseBytes(result.getType()));
  }

  // Results that no region writes, arguments and constants returned as they
  // are, and new states that had to wait until nothing could fail.
  void copyResults() {
    auto returned = mlir::cast<mlir::func::ReturnOp>(func.front().getTerminator());
    for (auto [i, value] : llvm::enumerate(returned.getOperands())) {
      int64_t state = static_cast<int64_t>(i) - nn::outputCount(func), bytes = plan::denseBytes(value.getType());
      auto to = plan::PlaceAttr::get(func.getContext(), state < 0 ? plan::Space::Output : plan::Space::State,
                                     state < 0 ? i : state, 0, bytes);
      plan::PlaceAttr from = plan::placeOf(value);
      bool inPlace = from.getSpace() == to.getSpace() && from.getIndex() == to.getIndex() && from.getOffset() == 0;
      if (!inPlace)
        copy(pointerTo(to), pointerTo(from), bytes);
    }
  }

  IRGen &gen;
  llvm::IRBuilder<> &b;
  const EntryParts &parts;
  mlir::func::FuncOp func;
  const CallValues &values;
  FailUnless failUnless;
  llvm::SmallVector<int64_t> stateOffsets; // in the caller's block; last its size
};

} // namespace

Value *cpu::entryAlloca(IRGen &gen, llvm::Type *type) {
  llvm::IRBuilder<> &b = gen.builder;
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  llvm::BasicBlock &entry = b.GetInsertBlock()->getParent()->getEntryBlock();
  b.SetInsertPoint(&entry, entry.begin());
  return b.CreateAlloca(type);
}

Value *cpu::orNull(IRGen &gen, Value *pointer) { return pointer ? pointer : llvm::Constant::getNullValue(gen.pointer()); }

void cpu::emitSequence(IRGen &gen, const EntryParts &parts, mlir::func::FuncOp func, const CallValues &values, FailUnless failUnless) {
  SequenceEmitter(gen, parts, func, values, failUnless).emit();
}

llvm::Function *cpu::emitSequenceFunction(IRGen &gen, const EntryParts &parts, mlir::func::FuncOp func, llvm::GlobalVariable *table) {
  const std::string name = parts.entry.name + "_" + func.getName().str();
  if (llvm::Function *known = gen.module.getFunction(name))
    return known;
  llvm::IRBuilder<> &b = gen.builder;
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  llvm::LLVMContext &context = gen.module.getContext();
  llvm::Type *p = gen.pointer();
  auto *type = llvm::FunctionType::get(gen.i32(), {p, p, p, p, p, p, gen.i64(), p}, false);
  auto *body = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, gen.module);
  body->setDoesNotThrow();
  body->addFnAttr(llvm::Attribute::NoInline);
  restrictToBase(*body, parts.object.options.targets[0]);
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", body));
  auto load = [&](Value *from, size_t count) {
    llvm::SmallVector<Value *> pointers;
    for (size_t i = 0; i < count; ++i)
      pointers.push_back(b.CreateLoad(p, b.CreateConstInBoundsGEP1_64(p, from, i)));
    return pointers;
  };
  enum Argument { Context, Inputs, Outputs, State, Arena, Weights, Functions, Region };
  CallValues values{load(body->getArg(Inputs), nn::inputCount(func)), load(body->getArg(Outputs), nn::outputCount(func)),
                    body->getArg(State), body->getArg(Arena), body->getArg(Weights), body->getArg(Context), table, body->getArg(Functions)};
  emitSequence(gen, parts, func, values, [&](Value *ok, Value *code, Value *region) {
    auto *failed = llvm::BasicBlock::Create(context, "failed", body), *next = llvm::BasicBlock::Create(context, "next", body);
    b.CreateCondBr(ok, next, failed);
    b.SetInsertPoint(failed);
    b.CreateStore(region, body->getArg(Region));
    b.CreateRet(code);
    b.SetInsertPoint(next);
  });
  b.CreateRet(b.getInt32(AOTC_OK));
  return body;
}
