// A stage of several tasks becomes
//   i32 work(the region's arguments..., i64 begin, i64 end)   the range of tasks
//   void task(i64 number, ptr frame)                          one of them, for aotc_parallel.run
// and, once an object, i32 NAME_fork(ptr frame, ptr task, i64 tasks), which
// hands the tasks over and finds the first one that failed. The frame lies on
// the stack of the region's function:
//   { ptr context, [kMostTasks x i32] statuses, [kMostTasks x i64] details, [n x ptr] arguments }
#include "backends/cpu/codegen/Stages.h"

#include "backends/cpu/codegen/RegionEmitter.h"
#include "backends/cpu/codegen/Tasks.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

enum ContextField : unsigned { kDetail, kSeed, kParallel };
enum FrameField : unsigned { kContext, kStatuses, kDetails, kArguments };

llvm::StructType *frameType(llvm::LLVMContext &context, size_t arguments) {
  llvm::Type *pointer = llvm::PointerType::get(context, 0);
  return llvm::StructType::get(context, {pointer, llvm::ArrayType::get(llvm::Type::getInt32Ty(context), kMostTasks),
                                         llvm::ArrayType::get(llvm::Type::getInt64Ty(context), kMostTasks),
                                         llvm::ArrayType::get(pointer, arguments)});
}

std::string forkName(const llvm::Module &module) { return (module.getName() + "_fork").str(); }

// Code over one frame.
class FrameAccess {
public:
  FrameAccess(IRGen &gen, Value *frame, size_t arguments)
      : gen(gen), b(gen.builder), type(frameType(gen.module.getContext(), arguments)), frame(frame) {}

  Value *at(FrameField field) { return b.CreateStructGEP(type, frame, field); }
  Value *at(FrameField field, Value *i) { return b.CreateInBoundsGEP(type, frame, {gen.index(0), b.getInt32(field), i}); }
  Value *context() { return b.CreateLoad(gen.pointer(), at(kContext)); }

private:
  IRGen &gen;
  llvm::IRBuilder<> &b;
  llvm::StructType *type;
  Value *frame;
};

Value *contextField(IRGen &gen, Value *context, ContextField field) {
  return gen.builder.CreateStructGEP(regionContextType(gen.module.getContext()), context, field);
}

llvm::Function *createInternal(llvm::Module &module, llvm::FunctionType *type, const llvm::Twine &name) {
  auto *function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, module);
  function->setDoesNotThrow();
  function->addFnAttr(llvm::Attribute::NoInline);
  return function;
}

llvm::Function *forkFunction(IRGen &gen) {
  if (llvm::Function *known = gen.module.getFunction(forkName(gen.module)))
    return known;
  auto &b = gen.builder;
  llvm::IRBuilderBase::InsertPointGuard guard(b);
  llvm::LLVMContext &context = gen.module.getContext();
  auto *type = llvm::FunctionType::get(gen.i32(), {gen.pointer(), gen.pointer(), gen.i64()}, false);
  llvm::Function *function = createInternal(gen.module, type, forkName(gen.module));
  Value *frame = function->getArg(0), *task = function->getArg(1), *tasks = function->getArg(2);
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
  FrameAccess access(gen, frame, 0);
  b.CreateMemSet(access.at(kStatuses), b.getInt8(0), kMostTasks * 4, llvm::Align(4));
  Value *regionContext = access.context();
  Value *parallel = b.CreateLoad(gen.pointer(), contextField(gen, regionContext, kParallel));
  auto field = [&](unsigned i) {
    return b.CreateLoad(gen.pointer(), b.CreateStructGEP(parallelType(context), parallel, i));
  };
  auto *runType =
      llvm::FunctionType::get(b.getVoidTy(), {gen.pointer(), gen.i64(), gen.pointer(), gen.pointer()}, false);
  b.CreateCall(runType, field(3), {field(2), tasks, task, frame});
  gen.loop(gen.index(0), tasks, 1, [&](Value *i) {
    Value *status = gen.load(gen.i32(), access.at(kStatuses, i));
    Value *failed = b.CreateIsNotNull(status);
    gen.ifThen(failed, [&] {
      gen.store(gen.load(gen.i64(), access.at(kDetails, i)), contextField(gen, regionContext, kDetail));
    });
    gen.returnIf(failed, status);
  }, {/*mayUnroll=*/false});
  b.CreateRet(b.getInt32(AOTC_OK));
  return function;
}

// void task(i64 number, ptr frame)
llvm::Function *taskFunction(IRGen &gen, llvm::Function *work, size_t pointers) {
  auto &b = gen.builder;
  llvm::IRBuilderBase::InsertPointGuard guard(b);
  llvm::LLVMContext &context = gen.module.getContext();
  auto *type = llvm::FunctionType::get(b.getVoidTy(), {gen.i64(), gen.pointer()}, false);
  llvm::Function *function = createInternal(gen.module, type, work->getName() + "_task");
  Value *number = function->getArg(0), *frame = function->getArg(1);
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
  FrameAccess access(gen, frame, pointers);
  // A context of its own: `detail` is this task's.
  Value *own = b.CreateAlloca(regionContextType(context));
  gen.store(gen.load(gen.i64(), contextField(gen, access.context(), kSeed)), contextField(gen, own, kSeed));
  Values arguments;
  for (size_t i = 0; i < pointers; ++i)
    arguments.push_back(b.CreateLoad(gen.pointer(), access.at(kArguments, gen.index(i))));
  arguments.append({own, number, gen.add(number, 1)});
  Value *status = b.CreateCall(work, arguments);
  gen.ifThen(b.CreateIsNotNull(status), [&] {
    gen.store(status, access.at(kStatuses, number));
    gen.store(gen.load(gen.i64(), contextField(gen, own, kDetail)), access.at(kDetails, number));
  });
  b.CreateRetVoid();
  return function;
}

} // namespace

llvm::StructType *cpu::parallelType(llvm::LLVMContext &context) {
  llvm::Type *i32 = llvm::Type::getInt32Ty(context), *pointer = llvm::PointerType::get(context, 0);
  return llvm::StructType::get(context, {i32, i32, pointer, pointer});
}

bool cpu::hasParallelStages(const llvm::Module &module) { return module.getFunction(forkName(module)); }

void RegionEmitter::stage(int64_t tasks, llvm::function_ref<void()> emit) {
  if (tasks == 1)
    return emit();
  auto &b = gen.builder;
  llvm::LLVMContext &llvmContext = gen.module.getContext();
  llvm::Function *region = function;
  size_t count = region->arg_size(), pointers = count - 1; // without the context
  llvm::SmallVector<llvm::Type *> parameters(count, gen.pointer());
  parameters.append({gen.i64(), gen.i64()});
  llvm::Function *work =
      createInternal(gen.module, llvm::FunctionType::get(gen.i32(), parameters, false),
                     region->getName() + "_stage" + llvm::Twine(stages++));
  work->setAttributes(llvm::AttributeList::get(
      llvmContext, llvm::AttributeList::FunctionIndex,
      llvm::AttrBuilder(llvmContext, region->getAttributes().getFnAttrs())));
  {
    llvm::IRBuilderBase::InsertPointGuard guard(b);
    bind(work);
    range = {work->getArg(count), work->getArg(count + 1), tasks};
    b.SetInsertPoint(llvm::BasicBlock::Create(llvmContext, "entry", work));
    emit();
    b.CreateRet(b.getInt32(AOTC_OK));
    range.reset();
    bind(region);
  }

  auto block = [&](const char *name) { return llvm::BasicBlock::Create(llvmContext, name, region); };
  llvm::BasicBlock *alone = block("alone"), *together = block("together"), *joined = block("joined");
  Value *parallel = b.CreateLoad(gen.pointer(), contextField(gen, context, kParallel));
  b.CreateCondBr(b.CreateIsNull(parallel), alone, together);

  b.SetInsertPoint(alone);
  Values arguments;
  for (llvm::Argument &argument : region->args())
    arguments.push_back(&argument);
  Values all(arguments);
  all.append({gen.index(0), gen.index(tasks)});
  Value *statusAlone = b.CreateCall(work, all);
  b.CreateBr(joined);

  b.SetInsertPoint(together);
  llvm::BasicBlock &entry = region->getEntryBlock();
  Value *frame = llvm::IRBuilder<>(&entry, entry.begin()).CreateAlloca(frameType(llvmContext, pointers));
  FrameAccess access(gen, frame, pointers);
  b.CreateStore(context, access.at(kContext));
  for (size_t i = 0; i < pointers; ++i)
    b.CreateStore(arguments[i], access.at(kArguments, gen.index(i)));
  llvm::Function *task = taskFunction(gen, work, pointers);
  Value *statusTogether = b.CreateCall(forkFunction(gen), {frame, task, gen.index(tasks)});
  b.CreateBr(joined);

  b.SetInsertPoint(joined);
  llvm::PHINode *status = b.CreatePHI(gen.i32(), 2);
  status->addIncoming(statusAlone, alone);
  status->addIncoming(statusTogether, together);
  gen.returnIf(b.CreateIsNotNull(status), status);
}

void RegionEmitter::unshared(llvm::function_ref<void()> emit) {
  std::optional<TaskRange> saved = std::exchange(range, std::nullopt);
  emit();
  range = saved;
}

RegionEmitter::Share RegionEmitter::share(int64_t extent) {
  if (!range)
    return {gen.index(0), gen.index(extent)};
  auto at = [&](Value *task) { return gen.builder.CreateUDiv(gen.mul(task, extent), gen.index(range->tasks)); };
  return {at(range->begin), at(range->end)};
}
