// Operations that are C functions of the user's (aotc/custom_op.h).
#include "aotc/custom_op.h"
#include "backends/cpu/codegen/AbiData.h"
#include "backends/cpu/codegen/Regions.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

namespace {

llvm::Constant *attributesOf(AbiData &abi, llvm::IRBuilder<> &b, mlir::DictionaryAttr attributes) {
  llvm::SmallVector<llvm::Constant *> all;
  for (mlir::NamedAttribute attr : attributes) {
    llvm::Constant *values = nullptr;
    int32_t kind = AOTC_ATTR_STRING;
    size_t count = 0;
    auto take = [&](auto array, int32_t of) {
      kind = of;
      count = array.size();
      values = count == 0 ? abi.null() : abi.data(llvm::ConstantDataArray::get(b.getContext(), array));
    };
    if (auto integers = mlir::dyn_cast<mlir::DenseI64ArrayAttr>(attr.getValue())) {
      take(llvm::ArrayRef<uint64_t>(reinterpret_cast<const uint64_t *>(integers.asArrayRef().data()), integers.size()), AOTC_ATTR_INT);
    } else if (auto numbers = mlir::dyn_cast<mlir::DenseF64ArrayAttr>(attr.getValue())) {
      take(numbers.asArrayRef(), AOTC_ATTR_FLOAT);
    } else {
      auto text = mlir::cast<mlir::StringAttr>(attr.getValue()).getValue();
      count = text.size();
      values = abi.string(text);
    }
    all.push_back(llvm::ConstantStruct::getAnon({abi.string(attr.getName().getValue()), b.getInt32(kind), b.getInt32(count), values}));
  }
  return abi.array(all);
}

} // namespace

void cpu::emitCustom(RegionEmitter &emitter, nn::CustomOp op) {
  IRGen &gen = emitter.gen;
  llvm::IRBuilder<> &b = gen.builder;
  AbiData abi(gen.module);
  llvm::SmallVector<std::string> inputNames, outputNames;
  for (auto [i, name] : llvm::enumerate(op.getNames().getAsValueRange<mlir::StringAttr>()))
    (i < op.getInputs().size() ? inputNames : outputNames).push_back(name.str());
  auto table = [&](size_t count, llvm::function_ref<Value *(size_t)> pointerAt) {
    auto *type = llvm::ArrayType::get(gen.pointer(), std::max<size_t>(count, 1));
    Value *all = b.CreateAlloca(type);
    for (size_t i = 0; i < count; ++i)
      b.CreateStore(pointerAt(i), b.CreateConstInBoundsGEP2_64(type, all, 0, i));
    return all;
  };
  const size_t inputs = op.getInputs().size(), outputs = op.getNumResults();
  Value *inputData = table(inputs, [&](size_t i) { return emitter.inputPointer(mlir::cast<mlir::BlockArgument>(op.getInputs()[i])); });
  Value *outputData = table(outputs, [&](size_t i) { return emitter.outputPointer(i); });
  llvm::Type *i32 = gen.i32(), *p = gen.pointer();
  auto *type = llvm::StructType::get(b.getContext(), {i32, i32, i32, i32, p, p, p, p, p});
  const llvm::DataLayout &layout = gen.module.getDataLayout();
  if (layout.getPointerSize() == sizeof(void *) && layout.getTypeAllocSize(type) != sizeof(aotc_op_call))
    llvm::report_fatal_error("custom_op.h and the code disagree");
  Value *call = b.CreateAlloca(type);
  Value *fields[] = {b.getInt32(layout.getTypeAllocSize(type)),
                     b.getInt32(inputs),
                     b.getInt32(outputs),
                     b.getInt32(op.getParameters().size()),
                     abi.tensors(op.getInputs().getTypes(), inputNames),
                     abi.tensors(op.getResultTypes(), outputNames),
                     attributesOf(abi, b, op.getParameters()),
                     inputData,
                     outputData};
  for (auto [i, field] : llvm::enumerate(fields))
    b.CreateStore(field, b.CreateStructGEP(type, call, i));
  llvm::FunctionCallee callee = gen.module.getOrInsertFunction(op.getCallee(), llvm::FunctionType::get(i32, {p}, false));
  Value *status = b.CreateCall(callee, {call});
  emitter.failIf(b.CreateICmpNE(status, b.getInt32(AOTC_OK)), status, gen.index(0));
}
