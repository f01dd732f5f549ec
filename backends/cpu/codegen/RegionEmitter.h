// The function of one plan.region while it is being emitted.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_REGIONEMITTER_H
#define AOTC_BACKENDS_CPU_CODEGEN_REGIONEMITTER_H

#include "aotc/abi.h"
#include "backends/cpu/codegen/IRGen.h"
#include "ir/Plan/Plan.h"

namespace aotc::cpu {

// What a region function gets besides its buffers, in the entry's frame:
// { int64_t detail (out: the offending value), uint64_t seed }.
llvm::StructType *regionContextType(llvm::LLVMContext &context);
// i32 (inputs..., outputs..., scratch if the region has it, context).
llvm::FunctionType *regionFunctionType(plan::RegionOp op, llvm::LLVMContext &context);

// Elements have a type in memory and one in registers:
//   i1         i8 (0 or 1)     i1
//   f16, bf16  i16 (the bits)  float, always a value that the narrow type has
//   others     the same in both; signedness is a matter of the operation
class RegionEmitter {
public:
  RegionEmitter(plan::RegionOp op, IRGen &gen, llvm::Function *function);

  plan::RegionOp op;
  mlir::Block &body;
  IRGen &gen;
  const Isa &isa;

  mlir::DictionaryAttr kernel() { return op.getKernelAttr(); }
  // The value that the group yields.
  mlir::Value yielded(unsigned i = 0) { return body.getTerminator()->getOperand(i); }

  // Addresses (pointers to the first element; element-aligned).
  llvm::Value *inputPointer(unsigned i) { return inputs[i]; }
  llvm::Value *inputPointer(mlir::BlockArgument argument) { return inputs[argument.getArgNumber()]; }
  llvm::Value *outputPointer(unsigned i = 0) { return outputs[i]; }
  llvm::Value *callSeed();                          // i64
  llvm::Value *scratchPointer() { return scratch; } // 64-byte aligned; null without scratch
  // Whether output `i` lies in the same place as input `input`.
  bool inPlace(unsigned i, unsigned input) { return outputs[i] == inputs[input]; }

  // Types of elements (scalar MLIR element types).
  llvm::Type *registerType(mlir::Type element, int64_t lanes = 1);
  llvm::Type *memoryType(mlir::Type element, int64_t lanes = 1);
  static int64_t bytesOf(mlir::Type element); // in memory

  // Loads or stores `lanes` consecutive elements, converting between memory
  // and registers. `offset` in elements.
  llvm::Value *load(mlir::Type element, llvm::Value *base, llvm::Value *offset, int64_t lanes = 1,
                    int64_t displacement = 0);
  void store(mlir::Type element, llvm::Value *value, llvm::Value *base, llvm::Value *offset,
             int64_t displacement = 0);
  // Between the two types, lane by lane.
  llvm::Value *toRegister(mlir::Type element, llvm::Value *memory);
  llvm::Value *toMemory(mlir::Type element, llvm::Value *value);
  // Rounds a register value that was computed in f32 to f16 or bf16; nothing for other types.
  llvm::Value *roundTo(mlir::Type element, llvm::Value *value);

  // The result of an elementwise nn operation on scalars or 1-D vectors in
  // register types; all operands and the result have the same number of lanes.
  llvm::Value *elementwise(mlir::Operation *op, llvm::ArrayRef<llvm::Value *> operands);

  // The value of `tensor` in this body at `index` (one i64 a dimension), or of
  // `lanes` neighbours along its last dimension from there. `bound` gives the
  // values of tensors that the caller has in registers, at that very index:
  // an epilogue is evaluate(yielded(), index, lanes, {{contraction, accumulators}}).
  llvm::Value *evaluate(mlir::Value tensor, llvm::ArrayRef<llvm::Value *> index, int64_t lanes,
                        const llvm::DenseMap<mlir::Value, llvm::Value *> &bound);

  // Whether elementwise() can leave the function (integer division).
  static bool canFail(mlir::Operation *op);
  // Leaves the function with `status` when `condition` (i1) holds. `detail`: i64.
  void failIf(llvm::Value *condition, aotc_status_code status, llvm::Value *detail);

private:
  llvm::Function *function;
  llvm::SmallVector<llvm::Value *> inputs, outputs;
  llvm::Value *scratch = nullptr;
  llvm::Value *context = nullptr; // RegionContext *
};

} // namespace aotc::cpu
#endif
