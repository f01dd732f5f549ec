#include "backends/cpu/codegen/RegionEmitter.h"

#include "backends/cpu/codegen/Evaluator.h"
#include "ir/NN/Constants.h"
#include "llvm/IR/MDBuilder.h"

using namespace aotc;
using namespace aotc::cpu;
using llvm::Value;

llvm::StructType *cpu::regionContextType(llvm::LLVMContext &context) {
  llvm::Type *i64 = llvm::Type::getInt64Ty(context);
  return llvm::StructType::get(context, {i64, i64, llvm::PointerType::get(context, 0)});
}

llvm::FunctionType *cpu::regionFunctionType(plan::RegionOp op, llvm::LLVMContext &context) {
  size_t pointers = op.getNumOperands() + op.getNumResults() + (op.getScratch() ? 1 : 0) + 1;
  llvm::SmallVector<llvm::Type *> parameters(pointers, llvm::PointerType::get(context, 0));
  return llvm::FunctionType::get(llvm::Type::getInt32Ty(context), parameters, false);
}

RegionEmitter::RegionEmitter(plan::RegionOp op, IRGen &gen, llvm::Function *function)
    : op(op), body(op.getBody().front()), gen(gen), isa(gen.isa) {
  bind(function);
}

RegionEmitter::RegionEmitter(RegionEmitter &outer, mlir::Block &body, llvm::ArrayRef<Value *> inputs, Value *output)
    : op(outer.op), body(body), gen(outer.gen), isa(outer.isa), function(outer.function), inputs(inputs),
      outputs({output}), context(outer.context) {}

void RegionEmitter::bind(llvm::Function *newFunction) {
  function = newFunction;
  inputs.clear();
  outputs.clear();
  auto *argument = function->arg_begin();
  for (size_t i = 0; i < op.getNumOperands(); ++i)
    inputs.push_back(&*argument++);
  for (size_t i = 0; i < op.getNumResults(); ++i)
    outputs.push_back(&*argument++);
  if (op.getScratch())
    scratch = &*argument++;
  context = &*argument;

  // Buffers that start at one address are one pointer; LLVM may take all
  // others for disjoint unless some overlap by a part.
  bool disjoint = true;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    plan::PlaceAttr in = plan::placeOf(input);
    for (auto [j, attr] : llvm::enumerate(op.getPlaces())) {
      auto out = mlir::cast<plan::PlaceAttr>(attr);
      if (in.getSpace() != out.getSpace() || in.getIndex() != out.getIndex())
        continue;
      if (in.getOffset() == out.getOffset() && in.getBytes() != 0 && out.getBytes() != 0)
        inputs[i] = outputs[j];
      else if (in.getOffset() < out.getOffset() + out.getBytes() &&
               out.getOffset() < in.getOffset() + in.getBytes())
        disjoint = false;
    }
  }
  if (disjoint)
    for (llvm::Argument &argument : function->args())
      if (argument.getType()->isPointerTy())
        argument.addAttr(llvm::Attribute::NoAlias);
}

void RegionEmitter::failIf(Value *condition, Value *status, Value *detail) {
  if (auto *constant = llvm::dyn_cast<llvm::ConstantInt>(condition); constant && constant->isZero())
    return;
  auto &b = gen.builder;
  llvm::LLVMContext &llvmContext = gen.module.getContext();
  auto *fail = llvm::BasicBlock::Create(llvmContext, "fail", function);
  auto *ok = llvm::BasicBlock::Create(llvmContext, "ok", function);
  llvm::MDNode *unlikely = llvm::MDBuilder(llvmContext).createBranchWeights(1, 1 << 20);
  b.CreateCondBr(condition, fail, ok, unlikely);
  b.SetInsertPoint(fail);
  gen.store(detail, b.CreateStructGEP(regionContextType(llvmContext), context, 0));
  b.CreateRet(status);
  b.SetInsertPoint(ok);
}

llvm::ArrayRef<int64_t> RegionEmitter::outputShape(unsigned i) {
  return nn::shapeOf(body.getTerminator()->getOperand(i));
}

Value *RegionEmitter::outputPointer(unsigned i) {
  nn::InsertOp insert = nn::insertOf(body);
  if (!insert)
    return outputs[i];
  auto type = mlir::cast<mlir::RankedTensorType>(insert.getType());
  return gen.address(outputs[i], gen.index(insert.getStart()), bytesOf(type.getElementType()));
}

Value *RegionEmitter::callSeed() {
  llvm::StructType *type = regionContextType(gen.module.getContext());
  return gen.load(gen.i64(), gen.builder.CreateStructGEP(type, context, 1));
}

Value *RegionEmitter::evaluate(mlir::Value tensor, llvm::ArrayRef<Value *> index, int64_t lanes,
                               const llvm::DenseMap<mlir::Value, Value *> &bound) {
  IndexSpace space(gen);
  auto shape = mlir::cast<mlir::RankedTensorType>(tensor.getType()).getShape();
  Indices indices;
  Variable lane = kNoVariable;
  for (auto [d, value] : llvm::enumerate(index)) {
    indices.push_back(space.runtime(value, {0, shape[d] - 1}));
    if (d + 1 == index.size() && !indices.back().isConstant())
      lane = indices.back().terms[0].first;
  }
  Evaluator evaluator(*this, space, lanes, lane);
  for (auto [value, registers] : bound)
    evaluator.bind(value, registers);
  return evaluator.vectorAt(tensor, indices);
}
