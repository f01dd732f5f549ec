#include "backends/cpu/codegen/Sequence.h"

#include "aotc/abi.h"
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
      callRegion(region);
    copyResults();
  }

private:
  // The region's function for the machine at hand.
  llvm::FunctionCallee calleeOf(plan::RegionOp region) {
    size_t number = parts.functionOf.lookup(region);
    llvm::Function *first = parts.functions[0][number];
    if (!values.table)
      return first;
    Value *offset = gen.add(values.functionsOffset, number * kDistanceBytes);
    return {first->getFunctionType(),
            b.CreateIntrinsic(llvm::Intrinsic::load_relative, {gen.i64()}, {values.table, offset})};
  }

  Value *pointerTo(plan::PlaceAttr place) {
    auto within = [&](Value *base, int64_t offset) -> Value * {
      if (!base) // an empty tensor in a space of no bytes
        return llvm::Constant::getNullValue(gen.pointer());
      return offset == 0 ? base : b.CreateConstInBoundsGEP1_64(gen.i8(), base, offset);
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
    failUnless(b.CreateICmpEQ(code, b.getInt32(AOTC_OK)), code, region.getIndex());
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
      if (!inPlace && bytes != 0)
        b.CreateMemCpy(pointerTo(to), llvm::Align(1), pointerTo(from), llvm::Align(1), bytes);
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

void cpu::emitSequence(IRGen &gen, const EntryParts &parts, mlir::func::FuncOp func, const CallValues &values, FailUnless failUnless) {
  SequenceEmitter(gen, parts, func, values, failUnless).emit();
}
