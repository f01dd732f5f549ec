// The function of one plan.region while it is being emitted.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_REGIONEMITTER_H
#define AOTC_BACKENDS_CPU_CODEGEN_REGIONEMITTER_H

#include "aotc/abi.h"
#include "backends/cpu/codegen/IRGen.h"
#include "ir/Plan/Plan.h"

#include <optional>

namespace aotc::cpu {

// What a region function gets besides its buffers, in the entry's frame:
// { int64_t detail (out: the offending value), uint64_t seed,
//   const aotc_parallel *parallel (null: everything on this thread) }.
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
  // A group in the body of `outer`, at the place and in the stage where that
  // is: `body` reads from `inputs` and yields one value to `output`. It has no
  // scratch and no stages of its own.
  RegionEmitter(RegionEmitter &outer, mlir::Block &body, llvm::ArrayRef<llvm::Value *> inputs, llvm::Value *output);

  plan::RegionOp op;
  mlir::Block &body;
  IRGen &gen;
  const Isa &isa;

  mlir::DictionaryAttr kernel() { return op.getKernelAttr(); }
  // The value that the group computes. Its rows may be a part of the output's:
  // innermost extents differ then.
  mlir::Value yielded(unsigned i = 0) { return nn::computedBy(body, i); }
  // The shape of what lies at the output, whose strides addresses there have.
  llvm::ArrayRef<int64_t> outputShape(unsigned i = 0);

  // Addresses (pointers to the first element; element-aligned).
  llvm::Value *inputPointer(unsigned i) { return inputs[i]; }
  llvm::Value *inputPointer(mlir::BlockArgument argument) { return inputs[argument.getArgNumber()]; }
  llvm::Value *outputPointer(unsigned i = 0);
  llvm::Value *callSeed();                          // i64
  llvm::Value *scratchPointer() { return scratch; } // 64-byte aligned; null without scratch
  // Stages are the steps of a region between which threads meet. Emits `body`
  // as the next one: code in place when `tasks` is 1, else a function over a
  // range of tasks, which runs all of them or, given aotc_call.parallel, hands
  // them to other threads one by one. In `body`, share() tells which part of a
  // loop the range covers. Each element has to be written by one task and
  // computed alike however many tasks a range has. Values from outside `body`
  // are out of reach inside it. At most kMostTasks.
  void stage(int64_t tasks, llvm::function_ref<void()> body);
  // The part [lo, hi) of `extent` positions that is this range's; all of them outside stages.
  struct Share {
    llvm::Value *lo, *hi;
  };
  Share share(int64_t extent);
  // Emits `body` with nothing more to share: inside a loop that is shared already.
  void unshared(llvm::function_ref<void()> body);
  // The first task of the range, below the stage's `tasks`: tells ranges apart that run at the same time.
  llvm::Value *firstTask() { return range ? range->begin : gen.index(0); }

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
  // Leaves the region with `status` when `condition` (i1) holds. `detail`: i64.
  void failIf(llvm::Value *condition, aotc_status_code status, llvm::Value *detail) {
    failIf(condition, gen.builder.getInt32(status), detail);
  }
  void failIf(llvm::Value *condition, llvm::Value *status, llvm::Value *detail);

private:
  // Takes addresses from the leading arguments of `function`, into which code goes from now on.
  void bind(llvm::Function *function);

  struct TaskRange {
    llvm::Value *begin, *end;
    int64_t tasks; // of the stage
  };

  llvm::Function *function = nullptr;
  llvm::SmallVector<llvm::Value *> inputs, outputs;
  llvm::Value *scratch = nullptr;
  llvm::Value *context = nullptr; // RegionContext *
  std::optional<TaskRange> range; // of the stage that is being emitted
  int stages = 0;                 // with functions of their own
};

} // namespace aotc::cpu
#endif
