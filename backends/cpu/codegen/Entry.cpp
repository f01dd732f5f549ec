#include "backends/cpu/codegen/Entry.h"

#include "backends/cpu/IsaCheck.h"
#include "backends/cpu/codegen/AbiData.h"
#include "backends/cpu/codegen/RegionEmitter.h"
#include "backends/cpu/codegen/Sequence.h"
#include "backends/cpu/codegen/Stages.h"
#include "ir/NN/Constants.h"
#include "ir/NN/Quant.h"
#include "ir/NN/State.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

// The structs of abi.h in the target's layout; fields by their number.
struct AbiType {
  llvm::StructType *type;
  // Where the target has the host's pointers, its layout must be the header's.
  void check(const llvm::DataLayout &layout, llvm::ArrayRef<size_t> offsets, size_t size) const {
    if (layout.getPointerSize() != sizeof(void *))
      return;
    const llvm::StructLayout *structLayout = layout.getStructLayout(type);
    for (auto [field, offset] : llvm::enumerate(offsets))
      if (structLayout->getElementOffset(field) != offset)
        llvm::report_fatal_error("abi.h and the entry disagree");
    if (structLayout->getSizeInBytes() != size)
      llvm::report_fatal_error("abi.h and the entry disagree");
  }
};

namespace call {
enum Field : unsigned {
  StructBytes,
  Reserved,
  Inputs,
  Outputs,
  Dims,
  OutDims,
  State,
  Arena,
  Weights,
  Parallel,
  Seed,
  Error,
  Stream
};
AbiType type(const llvm::Module &module) {
  llvm::LLVMContext &context = module.getContext();
  llvm::Type *i32 = llvm::Type::getInt32Ty(context), *i64 = llvm::Type::getInt64Ty(context);
  llvm::Type *p = llvm::PointerType::get(context, 0);
  AbiType abi{llvm::StructType::get(context, {i32, i32, p, p, p, p, p, p, p, p, i64, p, p})};
  abi.check(module.getDataLayout(),
            {offsetof(aotc_call, struct_bytes), offsetof(aotc_call, reserved), offsetof(aotc_call, inputs),
             offsetof(aotc_call, outputs), offsetof(aotc_call, dims), offsetof(aotc_call, out_dims),
             offsetof(aotc_call, state), offsetof(aotc_call, arena), offsetof(aotc_call, weights),
             offsetof(aotc_call, parallel), offsetof(aotc_call, seed), offsetof(aotc_call, error),
             offsetof(aotc_call, stream)},
            sizeof(aotc_call));
  return abi;
}
} // namespace call

namespace error {
enum Field : unsigned { Code, Region, Detail };
AbiType type(const llvm::Module &module) {
  llvm::LLVMContext &context = module.getContext();
  llvm::Type *i32 = llvm::Type::getInt32Ty(context), *i64 = llvm::Type::getInt64Ty(context);
  AbiType abi{llvm::StructType::get(context, {i32, i32, i64})};
  abi.check(module.getDataLayout(),
            {offsetof(aotc_error, code), offsetof(aotc_error, region), offsetof(aotc_error, detail)},
            sizeof(aotc_error));
  return abi;
}
} // namespace error

class EntryEmitter {
public:
  EntryEmitter(IRGen &gen, const EntryParts &parts)
      : gen(gen), b(gen.builder), parts(parts), func(parts.largest()), context(gen.module.getContext()),
        callType(call::type(gen.module).type), errorType(error::type(gen.module).type),
        stateOffsets(plan::stateOffsets(parts.largest())) {}

  llvm::Function *emit() {
    auto *type = llvm::FunctionType::get(gen.i32(), {gen.pointer()}, false);
    function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, parts.entry.name + "_call",
                                      gen.module);
    function->setDoesNotThrow();
    restrictToBase(*function, parts.object.options.targets[0]); // it runs before the check
    callPointer = function->getArg(0);
    b.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
    regionContext = b.CreateAlloca(regionContextType(context));
    emitFailure();

    check(b.CreateIsNotNull(callPointer));
    check(b.CreateICmpUGE(gen.load(gen.i32(), field(call::StructBytes)),
                          b.getInt32(gen.module.getDataLayout().getTypeAllocSize(callType))));
    gen.store(gen.index(0), b.CreateStructGEP(regionContextType(context), regionContext, 0));
    gen.store(gen.load(gen.i64(), field(call::Seed)),
              b.CreateStructGEP(regionContextType(context), regionContext, 1));
    if (hasParallelStages(gen.module))
      b.CreateStore(usableParallel(), b.CreateStructGEP(regionContextType(context), regionContext, 2));
    chooseTarget();
    if (parts.entry.symbol) {
      runSizes(*parts.entry.symbol);
    } else {
      loadPointers();
      runRegions();
    }
    b.CreateRet(b.getInt32(AOTC_OK));
    return function;
  }

private:
  Value *field(call::Field number) { return b.CreateStructGEP(callType, callPointer, number); }
  Value *loadPointer(Value *at) { return b.CreateLoad(gen.pointer(), at); }
  int64_t attribute(llvm::StringRef name, int64_t otherwise) {
    auto attr = func->getAttrOfType<mlir::IntegerAttr>(name);
    return attr ? attr.getInt() : otherwise;
  }

  // call->parallel, or null where the regions may as well run on this thread.
  Value *usableParallel() {
    AbiType abi{parallelType(context)};
    abi.check(gen.module.getDataLayout(),
              {offsetof(aotc_parallel, struct_bytes), offsetof(aotc_parallel, threads),
               offsetof(aotc_parallel, pool), offsetof(aotc_parallel, run)},
              sizeof(aotc_parallel));
    Value *given = loadPointer(field(call::Parallel)), *none = llvm::Constant::getNullValue(gen.pointer());
    return gen.ifThen(b.CreateIsNotNull(given), {none}, [&] {
      auto at = [&](unsigned i) { return b.CreateStructGEP(abi.type, given, i); };
      Value *known = b.CreateICmpUGE(gen.load(gen.i32(), at(0)),
                                     b.getInt32(gen.module.getDataLayout().getTypeAllocSize(abi.type)));
      Value *several = b.CreateICmpUGT(gen.load(gen.i32(), at(1)), b.getInt32(1));
      Value *callable = b.CreateIsNotNull(loadPointer(at(3)));
      return Values{b.CreateSelect(b.CreateAnd(b.CreateAnd(known, several), callable), given, none)};
    })[0];
  }

  // One block that fills *call->error and returns.
  void emitFailure() {
    llvm::BasicBlock *entry = b.GetInsertBlock();
    failure = llvm::BasicBlock::Create(context, "failure", function);
    b.SetInsertPoint(failure);
    status = b.CreatePHI(gen.i32(), 4);
    failedRegion = b.CreatePHI(gen.i32(), 4);
    Value *errorPointer = loadPointer(field(call::Error));
    gen.ifThen(b.CreateIsNotNull(errorPointer), [&] {
      auto at = [&](error::Field number) { return b.CreateStructGEP(errorType, errorPointer, number); };
      gen.store(status, at(error::Code));
      gen.store(failedRegion, at(error::Region));
      Value *detail = gen.load(gen.i64(), b.CreateStructGEP(regionContextType(context), regionContext, 0));
      gen.store(detail, at(error::Detail));
    });
    b.CreateRet(status);
    // Without a call there is no place for the error.
    invalid = llvm::BasicBlock::Create(context, "invalid", function);
    b.SetInsertPoint(invalid);
    b.CreateRet(b.getInt32(AOTC_INVALID_ARGUMENT));
    b.SetInsertPoint(entry);
  }

  void failUnless(Value *ok, Value *code, int32_t region) { failUnless(ok, code, b.getInt32(region)); }
  void failUnless(Value *ok, Value *code, Value *region) {
    auto *next = llvm::BasicBlock::Create(context, "next", function);
    status->addIncoming(code, b.GetInsertBlock());
    failedRegion->addIncoming(region, b.GetInsertBlock());
    b.CreateCondBr(ok, next, failure);
    b.SetInsertPoint(next);
  }
  void check(Value *ok) {
    auto *next = llvm::BasicBlock::Create(context, "next", function);
    b.CreateCondBr(ok, next, invalid);
    b.SetInsertPoint(next);
  }

  // Loads a pointer that must be aligned and, unless `mayBeNull`, not null.
  Value *checkedPointer(Value *at, int64_t align, bool mayBeNull) {
    Value *pointer = loadPointer(at);
    Value *address = b.CreatePtrToInt(pointer, gen.i64());
    Value *ok = b.CreateICmpEQ(b.CreateAnd(address, align - 1), gen.index(0));
    if (!mayBeNull)
      ok = b.CreateAnd(ok, b.CreateIsNotNull(pointer));
    failUnless(ok, b.getInt32(AOTC_INVALID_ARGUMENT), -1);
    return pointer;
  }

  // Refuses machines that are none of the targets.
  void chooseTarget() {
    llvm::IRBuilderBase::InsertPoint here = b.saveIP();
    llvm::Function *check = emitTargetCheck(gen, parts.object.options.targets, parts.entry.name);
    b.restoreIP(here);
    if (!check)
      return;
    Value *answer = b.CreateCall(check);
    failUnless(b.CreateICmpNE(answer, b.getInt32(kNoTarget)), b.getInt32(AOTC_UNSUPPORTED_CPU), -1);
    if (parts.object.functions.size() == 1)
      return;
    // Distances from the table, which need no relocation when the program starts.
    size_t count = parts.object.functions.size() * parts.object.functions[0].size();
    auto *type = llvm::ArrayType::get(gen.i32(), count);
    table = new llvm::GlobalVariable(gen.module, type, /*isConstant=*/true, llvm::GlobalValue::PrivateLinkage,
                                     nullptr, parts.entry.name + "_functions");
    auto address = [&](llvm::Constant *of) { return llvm::ConstantExpr::getPtrToInt(of, gen.i64()); };
    llvm::SmallVector<llvm::Constant *> all;
    for (const std::vector<llvm::Function *> &functions : parts.object.functions)
      for (llvm::Function *function : functions)
        all.push_back(llvm::ConstantExpr::getTrunc(
            llvm::ConstantExpr::getSub(address(function), address(table)), gen.i32()));
    table->setInitializer(llvm::ConstantArray::get(type, all));
    Value *target = gen.add(b.CreateZExt(answer, gen.i64()), -int64_t(kFirstTarget));
    functionsOffset = gen.mul(target, parts.object.functions[0].size() * kDistanceBytes);
  }
  void loadTensors(call::Field table, mlir::TypeRange types, llvm::SmallVectorImpl<Value *> &pointers) {
    if (types.empty())
      return;
    Value *pointerTable = loadPointer(field(table));
    failUnless(b.CreateIsNotNull(pointerTable), b.getInt32(AOTC_INVALID_ARGUMENT), -1);
    for (auto [i, type] : llvm::enumerate(types)) {
      auto tensor = mlir::cast<mlir::RankedTensorType>(type);
      pointers.push_back(checkedPointer(b.CreateConstInBoundsGEP1_64(gen.pointer(), pointerTable, i),
                                        RegionEmitter::bytesOf(tensor.getElementType()),
                                        tensor.getNumElements() == 0));
    }
  }

  void loadPointers() {
    loadTensors(call::Inputs, func.getArgumentTypes().take_front(nn::inputCount(func)), inputs);
    loadTensors(call::Outputs, func.getResultTypes().take_front(nn::tensorCount(func)), outputs);
    if (nn::hasExtents(func))
      outputs.push_back(checkedPointer(field(call::OutDims), sizeof(int64_t), false));
    if (stateOffsets.back() > 0)
      state = checkedPointer(field(call::State), plan::kStateAlignment, false);
    if (parts.arenaBytes() > 0)
      arena = checkedPointer(field(call::Arena), attribute("plan.arena_align", 64), false);
    if (parts.object.weights) {
      Value *given = checkedPointer(field(call::Weights), 64, true);
      weights = b.CreateSelect(b.CreateIsNull(given), parts.object.weights, given);
    }
  }

  // The regions of the one function.
  void runRegions() {
    CallValues values{inputs, outputs, state, arena, weights, regionContext, table, functionsOffset};
    emitSequence(gen, parts, func, values, [&](Value *ok, Value *code, Value *region) { failUnless(ok, code, region); });
  }

  // A call of a size of the symbolic dimension: of one of the sizes that have a function, or of several of them.
  void runSizes(const SymbolicDim &symbol) {
    Value *given = loadPointer(field(call::Dims));
    failUnless(b.CreateIsNotNull(given), b.getInt32(AOTC_INVALID_ARGUMENT), -1);
    Value *size = gen.load(gen.i64(), given);
    b.CreateStore(size, detail());
    failUnless(b.CreateAnd(b.CreateICmpSGE(size, gen.index(symbol.low)), b.CreateICmpSLE(size, gen.index(symbol.high))),
               b.getInt32(AOTC_DIMENSION_OUT_OF_RANGE), -1);
    b.CreateStore(gen.index(0), detail());
    loadPointers();
    llvm::SmallVector<llvm::Function *> callees;
    for (mlir::func::FuncOp function : parts.funcs)
      callees.push_back(emitSequenceFunction(gen, parts, function, table));
    auto *tableType = llvm::ArrayType::get(gen.pointer(), std::max<size_t>(inputs.size(), 1));
    auto *outTableType = llvm::ArrayType::get(gen.pointer(), std::max<size_t>(outputs.size(), 1));
    Value *inTable = entryAlloca(gen, tableType), *outTable = entryAlloca(gen, outTableType), *region = entryAlloca(gen, gen.i32());

    // done = 0; do { take the largest size that is left; done += that } while (done < size)
    auto block = [&](const char *name) { return llvm::BasicBlock::Create(context, name, function); };
    llvm::BasicBlock *before = b.GetInsertBlock(), *loop = block("piece"), *called = block("called"), *end = block("end");
    b.CreateBr(loop);
    b.SetInsertPoint(loop);
    llvm::PHINode *done = b.CreatePHI(gen.i64(), 2);
    done->addIncoming(gen.index(0), before);
    Value *left = b.CreateSub(size, done);
    fillTable(inTable, tableType, inputs, false, symbol, done);
    fillTable(outTable, outTableType, outputs, true, symbol, done);
    b.CreateStore(b.getInt32(-1), region);
    llvm::BasicBlock *none = block("none");
    llvm::SmallVector<std::pair<llvm::BasicBlock *, Value *>> results;
    for (auto [callee, taken] : llvm::zip(callees, symbol.sizes)) {
      llvm::BasicBlock *call = block("size"), *next = block("smaller");
      Value *fits = symbol.pieces ? b.CreateICmpSGE(left, gen.index(taken)) : b.CreateICmpEQ(left, gen.index(taken));
      b.CreateCondBr(fits, call, next);
      b.SetInsertPoint(call);
      results.push_back({call, b.CreateCall(callee, {regionContext, inTable, outTable, orNull(gen, state), orNull(gen, arena), orNull(gen, weights),
                                                     functionsOffset ? functionsOffset : gen.index(0), region})});
      b.CreateBr(called);
      b.SetInsertPoint(next);
    }
    b.CreateBr(none);
    b.SetInsertPoint(none);
    b.CreateUnreachable(); // size 1 fits, or every size has a function
    b.SetInsertPoint(called);
    llvm::PHINode *code = b.CreatePHI(gen.i32(), results.size()), *took = b.CreatePHI(gen.i64(), results.size());
    for (auto [result, taken] : llvm::zip(results, symbol.sizes)) {
      code->addIncoming(result.second, result.first);
      took->addIncoming(gen.index(taken), result.first);
    }
    failUnless(b.CreateICmpEQ(code, b.getInt32(AOTC_OK)), code, gen.load(gen.i32(), region));
    Value *now = b.CreateAdd(done, took);
    done->addIncoming(now, b.GetInsertBlock());
    b.CreateCondBr(b.CreateICmpSLT(now, size), loop, end);
    b.SetInsertPoint(end);
  }

  Value *detail() { return b.CreateStructGEP(regionContextType(context), regionContext, 0); }

  // Where the piece's part of each tensor begins.
  void fillTable(Value *table, llvm::Type *type, llvm::ArrayRef<Value *> pointers, bool output, const SymbolicDim &symbol, Value *done) {
    for (auto [i, pointer] : llvm::enumerate(pointers)) {
      Value *from = pointer;
      for (const SymbolicDim::Axis &axis : symbol.axes)
        if (axis.output == output && axis.tensor == static_cast<int64_t>(i)) {
          mlir::func::FuncOp largest = parts.largest();
          mlir::Type tensor = output ? largest.getResultTypes()[i] : largest.getArgumentTypes()[i];
          from = b.CreateGEP(gen.i8(), pointer, gen.mul(done, plan::denseBytes(tensor) / symbol.high));
        }
      b.CreateStore(from, b.CreateConstInBoundsGEP2_64(type, table, 0, i));
    }
  }

  IRGen &gen;
  llvm::IRBuilder<> &b;
  const EntryParts &parts;
  mlir::func::FuncOp func;
  llvm::LLVMContext &context;
  llvm::StructType *callType, *errorType;
  llvm::SmallVector<int64_t> stateOffsets; // in the caller's block; last its size
  llvm::Function *function = nullptr;
  Value *callPointer = nullptr, *regionContext = nullptr, *arena = nullptr, *weights = nullptr,
        *state = nullptr;
  // Of the regions' functions for each target, where there are several, and where this machine's begin.
  llvm::GlobalVariable *table = nullptr;
  Value *functionsOffset = nullptr;
  llvm::SmallVector<Value *> inputs, outputs;
  llvm::BasicBlock *failure = nullptr, *invalid = nullptr;
  llvm::PHINode *status = nullptr, *failedRegion = nullptr;
};

// NAME_info.
class InfoEmitter : AbiData {
public:
  InfoEmitter(llvm::Module &module, const EntryParts &parts) : AbiData(module), parts(parts) {}

  void emit(llvm::Function *entry) {
    const EmitOptions &options = parts.object.options;
    llvm::SmallVector<std::string> inputNames, outputNames;
    llvm::SmallVector<std::optional<Scale>> inputScales, outputScales;
    mlir::func::FuncOp func = parts.largest();
    for (unsigned i = 0; i < nn::inputCount(func); ++i) {
      inputNames.push_back(nameOf(func.getArgAttr(i, "nn.name")));
      inputScales.push_back(nn::argumentScale(func, i));
    }
    for (unsigned i = 0; i < nn::tensorCount(func); ++i) {
      outputNames.push_back(nameOf(func.getResultAttr(i, "nn.name")));
      outputScales.push_back(nn::resultScale(func, i));
    }
    auto attribute = [&](llvm::StringRef name, uint64_t otherwise) {
      auto attr = func->getAttrOfType<mlir::IntegerAttr>(name);
      return b.getInt64(attr ? attr.getInt() : otherwise);
    };
    llvm::Constant *hash = llvm::ConstantDataArray::get(module.getContext(), parts.object.weightsHash);
    llvm::SmallVector<llvm::Constant *> fields = {b.getInt32(0),
                                                  b.getInt32(AOTC_ABI_VERSION),
                                                  string(parts.entry.name),
                                                  string(options.aotcVersion),
                                                  string(options.targets[0].triple),
                                                  string(cpuNames(options.targets)),
                                                  tensors(func.getArgumentTypes().take_front(inputNames.size()), inputNames, inputScales),
                                                  tensors(func.getResultTypes().take_front(outputNames.size()), outputNames, outputScales),
                                                  b.getInt32(inputNames.size()),
                                                  b.getInt32(outputNames.size()),
                                                  b.getInt64(parts.arenaBytes()),
                                                  attribute("plan.arena_align", 64),
                                                  b.getInt64(parts.object.weightsBytes),
                                                  b.getInt64(plan::stateOffsets(func).back()),
                                                  hash,
                                                  entry,
                                                  emitStateInit(),
                                                  outDims(),
                                                  b.getInt32(outDimCount),
                                                  b.getInt32(parts.entry.symbol ? 1 : 0),
                                                  symbols(),
                                                  symbolAxes(),
                                                  b.getInt32(parts.entry.symbol ? parts.entry.symbol->axes.size() : 0),
                                                  b.getInt32(0)};
    AbiType abi{llvm::ConstantStruct::getTypeForElements(module.getContext(), fields)};
    abi.check(module.getDataLayout(),
              {offsetof(aotc_model_info, struct_bytes), offsetof(aotc_model_info, abi_version),
               offsetof(aotc_model_info, name), offsetof(aotc_model_info, aotc_version),
               offsetof(aotc_model_info, target), offsetof(aotc_model_info, cpu),
               offsetof(aotc_model_info, inputs), offsetof(aotc_model_info, outputs),
               offsetof(aotc_model_info, num_inputs), offsetof(aotc_model_info, num_outputs),
               offsetof(aotc_model_info, arena_bytes), offsetof(aotc_model_info, arena_align),
               offsetof(aotc_model_info, weights_bytes), offsetof(aotc_model_info, state_bytes),
               offsetof(aotc_model_info, weights_hash), offsetof(aotc_model_info, call),
               offsetof(aotc_model_info, state_init), offsetof(aotc_model_info, out_dims),
               offsetof(aotc_model_info, num_out_dims), offsetof(aotc_model_info, num_dims),
               offsetof(aotc_model_info, dims), offsetof(aotc_model_info, dim_axes),
               offsetof(aotc_model_info, num_dim_axes), offsetof(aotc_model_info, reserved)},
              sizeof(aotc_model_info));
    fields[0] = b.getInt32(module.getDataLayout().getTypeAllocSize(abi.type)); // struct_bytes
    llvm::Constant *info = llvm::ConstantStruct::get(abi.type, fields);
    auto *global = new llvm::GlobalVariable(module, info->getType(), true, llvm::GlobalValue::ExternalLinkage,
                                            info, parts.entry.name + "_info");
    global->setAlignment(llvm::Align(8));
  }

private:
  static std::string nameOf(mlir::Attribute attr) {
    auto name = mlir::dyn_cast_or_null<mlir::StringAttr>(attr);
    return name ? name.str() : "";
  }
  // void NAME_state_init(void *state): the values before the first call; null without state.
  llvm::Constant *emitStateInit() {
    mlir::func::FuncOp func = parts.largest();
    llvm::SmallVector<int64_t> offsets = plan::stateOffsets(func);
    if (offsets.back() == 0)
      return null();
    auto *function = llvm::Function::Create(llvm::FunctionType::get(b.getVoidTy(), {pointer}, false),
                                            llvm::GlobalValue::ExternalLinkage, parts.entry.name + "_state_init",
                                            module);
    function->setDoesNotThrow();
    restrictToBase(*function, parts.object.options.targets[0]);
    b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", function));
    llvm::Value *block = function->getArg(0);
    b.CreateMemSet(block, b.getInt8(0), offsets.back(), llvm::Align(1));
    for (int64_t k = 0; k < nn::stateCount(func); ++k) {
      std::optional<Tensor> initial = nn::initialState(func, k);
      if (!initial || llvm::all_of(initial->raw(), [](char c) { return c == 0; }))
        continue;
      llvm::Constant *value = data(llvm::ConstantDataArray::getString(
          module.getContext(), llvm::StringRef(initial->data(), initial->bytes()), /*AddNull=*/false));
      b.CreateMemCpy(b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), block, offsets[k]), llvm::Align(1), value,
                     llvm::Align(1), initial->bytes());
    }
    b.CreateRetVoid();
    return function;
  }
  // The dimensions whose extents calls return, in the order of the vector of extents.
  llvm::Constant *outDims() {
    mlir::func::FuncOp func = parts.largest();
    std::vector<nn::OutDim> dims = nn::outDims(func);
    outDimCount = dims.size();
    llvm::SmallVector<llvm::Constant *> all;
    for (nn::OutDim dim : dims)
      all.push_back(llvm::ConstantStruct::getAnon({b.getInt32(dim.output), b.getInt32(dim.axis)}));
    return array(all);
  }
  llvm::Constant *symbols() {
    const std::optional<SymbolicDim> &symbol = parts.entry.symbol;
    return symbol ? data(llvm::ConstantStruct::getAnon({string(symbol->name), b.getInt64(symbol->low), b.getInt64(symbol->high)})) : null();
  }
  llvm::Constant *symbolAxes() {
    llvm::SmallVector<llvm::Constant *> all;
    if (parts.entry.symbol)
      for (const SymbolicDim::Axis &axis : parts.entry.symbol->axes) {
        const int64_t first = axis.output ? nn::inputCount(parts.largest()) : 0;
        all.push_back(llvm::ConstantStruct::getAnon({b.getInt32(0), b.getInt32(first + axis.tensor), b.getInt32(axis.axis), b.getInt32(0),
                                                     b.getInt64(axis.factor)}));
      }
    return array(all);
  }
  const EntryParts &parts;
  uint32_t outDimCount = 0;
};

} // namespace

int64_t EntryParts::arenaBytes() const {
  int64_t bytes = 0;
  for (mlir::func::FuncOp func : funcs)
    bytes = std::max(bytes, plan::frameBytes(func));
  return bytes;
}

llvm::Function *cpu::emitEntry(IRGen &gen, const EntryParts &parts) {
  return EntryEmitter(gen, parts).emit();
}

void cpu::emitModelInfo(llvm::Module &module, const EntryParts &parts, llvm::Function *entry) {
  InfoEmitter(module, parts).emit(entry);
}
