// aotc-schedule: fusion groups become kernels in order, over placed buffers.
#include "ir/NN/Constants.h"
#include "ir/NN/State.h"
#include "passes/schedule/Buffers.h"
#include "passes/schedule/InPlace.h"
#include "passes/schedule/Offsets.h"
#include "passes/schedule/Order.h"
#include "passes/schedule/Passes.h"
#include "passes/schedule/Weights.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace aotc::plan;

namespace aotc::passes {
#define GEN_PASS_DEF_SCHEDULE
#include "passes/schedule/Passes.h.inc"

namespace {

int64_t aligned(int64_t bytes) { return static_cast<int64_t>(llvm::alignTo(bytes, kAlignment)); }

class Scheduler {
public:
  Scheduler(func::FuncOp func, Buffers buffers) : func(func), buffers(std::move(buffers)) {
    for (auto fusion : func.getOps<nn::FusionOp>())
      if (this->buffers.formOf(fusion) == Form::Kernel) {
        position[fusion] = kernels.size();
        kernels.push_back(fusion);
      }
  }

  LogicalResult run() {
    if (failed(checkTotal()) || failed(reorder()))
      return failure();
    computeLifetimes();
    shareInPlace();
    updateStates();
    placeArena();
    return emit();
  }

  int64_t arenaBytes() const { return plan.total; }
  size_t kernelCount() const { return kernels.size(); }

private:
  // After this no sum of sizes overflows.
  LogicalResult checkTotal() {
    std::optional<int64_t> total = 0;
    auto add = [&](int64_t bytes) {
      constexpr int64_t limit = int64_t(1) << 62;
      total = total && bytes >= 0 && bytes <= limit ? llvm::checkedAdd(*total, bytes + kAlignment) : std::nullopt;
    };
    for (int s = 0; s < buffers.count(); ++s)
      add(buffers.storage(s).bytes);
    for (nn::FusionOp kernel : kernels)
      add(kernel.getScratch());
    if (!total)
      return func.emitError("the tensors need more memory than can be addressed");
    return success();
  }

  // Kernels that write what `value` shows.
  void producersOf(Value value, llvm::SetVector<int> &result) {
    auto fusion = withoutReshapes(value).getDefiningOp<nn::FusionOp>();
    if (!fusion)
      return;
    if (auto found = position.find(fusion); found != position.end()) {
      result.insert(found->second);
      return;
    }
    for (Value input : fusion.getInputs())
      producersOf(input, result);
  }

  // Operands whose memory the kernel's result may take over as far as the
  // kernel and the sizes go; whether they die there is known later.
  SmallVector<int> inPlaceStorages(nn::FusionOp kernel) {
    SmallVector<int> result;
    if (kernel.getNumResults() != 1)
      return result;
    Slot out = buffers.slotOf(kernel.getResult(0));
    if (!buffers.isWhole(out) || out.bytes == 0)
      return result;
    llvm::SmallDenseSet<int> unsafe{out.storage};
    Block &body = kernel.getBody().front();
    for (auto [index, input] : llvm::enumerate(kernel.getInputs())) {
      Slot slot = buffers.slotOf(input);
      const Storage &storage = buffers.storage(slot.storage);
      if (!buffers.isWhole(slot) || slot.bytes != out.bytes || storage.space != Space::Arena || storage.kept ||
          !readsInPlace(kernel.getKind(), body, index, kernel.getKernelAttr()))
        unsafe.insert(slot.storage);
    }
    for (Value input : kernel.getInputs()) {
      int storage = buffers.slotOf(input).storage;
      if (unsafe.insert(storage).second)
        result.push_back(storage);
    }
    return result;
  }

  // Kernels that must read `kernel`'s operand before it is overwritten in part.
  LogicalResult readersBefore(nn::FusionOp kernel, llvm::SetVector<int> &result) {
    Value into = insertTarget(kernel);
    if (!into)
      return success();
    for (Operation *user : into.getUsers()) {
      auto found = position.find(user);
      if (user != kernel && (found == position.end() || found->second > position.lookup(kernel)))
        return kernel.emitOpError("overwrites a part of what is read later");
      if (user != kernel)
        result.insert(found->second);
    }
    return success();
  }

  LogicalResult reorder() {
    OrderProblem problem;
    for (int s = 0; s < buffers.count(); ++s) {
      const Storage &storage = buffers.storage(s);
      problem.bytes.push_back(storage.space == Space::Arena ? aligned(storage.bytes) : 0);
    }
    for (nn::FusionOp kernel : kernels) {
      OrderProblem::Kernel entry;
      llvm::SetVector<int> before, reads, writes;
      for (Value input : kernel.getInputs()) {
        producersOf(input, before);
        reads.insert(buffers.slotOf(input).storage);
      }
      for (Value result : kernel.getResults())
        writes.insert(buffers.slotOf(result).storage);
      if (failed(readersBefore(kernel, before)))
        return failure();
      entry.before.assign(before.begin(), before.end());
      entry.reads.assign(reads.begin(), reads.end());
      entry.writes.assign(writes.begin(), writes.end());
      for (int storage : inPlaceStorages(kernel))
        entry.inPlace.push_back(storage);
      entry.scratch = aligned(kernel.getScratch());
      problem.kernels.push_back(std::move(entry));
    }
    std::vector<nn::FusionOp> ordered;
    for (int kernel : chooseOrder(problem))
      ordered.push_back(kernels[kernel]);
    kernels = std::move(ordered);
    return success();
  }

  void computeLifetimes() {
    auto touch = [&](Value value, int step) {
      Storage &storage = buffers.storage(buffers.slotOf(value).storage);
      storage.first = storage.first < 0 ? step : storage.first;
      storage.last = step;
    };
    for (auto [step, kernel] : llvm::enumerate(kernels)) {
      for (Value input : kernel.getInputs())
        touch(input, step);
      for (Value result : kernel.getResults())
        touch(result, step);
    }
    for (int s = 0; s < buffers.count(); ++s)
      if (Storage &storage = buffers.storage(s); storage.kept)
        storage.last = static_cast<int>(kernels.size()) - 1;
  }

  void shareInPlace() {
    for (auto [step, kernel] : llvm::enumerate(kernels)) {
      int now = static_cast<int>(step);
      for (int operand : inPlaceStorages(kernel)) {
        int result = buffers.slotOf(kernel.getResult(0)).storage;
        Storage &from = buffers.storage(operand), &to = buffers.storage(result);
        if (from.last != now || to.first != now)
          continue;
        to.first = from.first;
        buffers.merge(operand, result, 0);
        break;
      }
    }
  }

  // Writes a new state where the old one lies, if nobody reads that any more
  // and no kernel fails from then on, so that failed calls leave the state as
  // it was. Other new states wait in the arena.
  void updateStates() {
    int lastFailing = -1;
    for (auto [step, kernel] : llvm::enumerate(kernels))
      if (mayFail(kernel.getBody()))
        lastFailing = static_cast<int>(step);
    Operation *terminator = func.front().getTerminator();
    for (int64_t k = 0; k < nn::stateCount(func); ++k) {
      Slot next = buffers.slotOf(terminator->getOperand(nn::outputCount(func) + k));
      Storage &storage = buffers.storage(next.storage);
      Slot old = buffers.slotOf(func.getArgument(nn::inputCount(func) + k));
      if (!buffers.isWhole(next) || storage.first <= lastFailing || !isReadBefore(old, storage.first, next.storage))
        continue;
      storage.space = Space::State;
      storage.index = k;
    }
  }

  // Whether nothing reads `old` after the kernel at `step`, which may read it
  // while it writes the whole of `next` over it.
  bool isReadBefore(Slot old, int step, int next) {
    const Storage &storage = buffers.storage(old.storage);
    if (storage.last < step)
      return true;
    nn::FusionOp kernel = kernels[step];
    if (storage.last > step || kernel.getNumResults() != 1)
      return false;
    Slot result = buffers.slotOf(kernel.getResult(0));
    if (result.storage != next || !buffers.isWhole(result))
      return false;
    for (auto [index, input] : llvm::enumerate(kernel.getInputs())) {
      Slot slot = buffers.slotOf(input);
      if (slot.storage == old.storage &&
          (!buffers.isWhole(slot) || slot.bytes != result.bytes ||
           !readsInPlace(kernel.getKind(), kernel.getBody().front(), index, kernel.getKernelAttr())))
        return false;
    }
    return true;
  }

  // Every storage that is a tensor's own, merged ones left out.
  void placeArena() {
    std::vector<Interval> intervals;
    std::vector<int> ids;
    llvm::DenseSet<int> seen;
    for (nn::FusionOp kernel : kernels)
      for (auto [index, result] : llvm::enumerate(kernel.getResults())) {
        int id = buffers.slotOf(result).storage;
        const Storage &storage = buffers.storage(id);
        naive += aligned(denseBytes(nn::computedBy(kernel.getBody().front(), index).getType()));
        if (storage.space != Space::Arena || !seen.insert(id).second)
          continue;
        intervals.push_back({storage.bytes, storage.first, storage.last});
        ids.push_back(id);
      }
    for (auto [step, kernel] : llvm::enumerate(kernels)) {
      naive += aligned(kernel.getScratch());
      intervals.push_back({static_cast<int64_t>(kernel.getScratch()), static_cast<int>(step),
                           static_cast<int>(step)});
    }
    plan = assignOffsets(intervals, kAlignment);
    for (auto [k, id] : llvm::enumerate(ids))
      buffers.storage(id).offset = plan.offsets[k];
    scratchOffsets = ArrayRef<int64_t>(plan.offsets).drop_front(ids.size());
  }

  PlaceAttr placeAt(Value value) {
    Slot slot = buffers.slotOf(value);
    const Storage &storage = buffers.storage(slot.storage);
    return PlaceAttr::get(func.getContext(), storage.space, storage.index, storage.offset + slot.offset, slot.bytes);
  }

  // The planned counterpart of a value; views and joins appear on demand.
  FailureOr<Value> planned(OpBuilder &builder, Value value) {
    if (isa<BlockArgument>(value))
      return value;
    if (auto known = results.lookup(value))
      return known;
    Operation *op = value.getDefiningOp();
    Value result;
    if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
      auto offset = weights.place(constant.getValue());
      if (!offset)
        return op->emitError("the weights need more memory than can be addressed");
      auto place = PlaceAttr::get(func.getContext(), Space::Weights, 0, *offset, denseBytes(value.getType()));
      result = builder.create<WeightOp>(op->getLoc(), constant.getValue(), place);
    } else {
      SmallVector<Value> operands;
      for (Value operand : op->getOperands()) {
        FailureOr<Value> done = planned(builder, operand);
        if (failed(done))
          return failure();
        operands.push_back(*done);
      }
      auto fusion = dyn_cast<nn::FusionOp>(op);
      if (fusion && buffers.formOf(fusion) == Form::Join)
        result = builder.create<JoinOp>(op->getLoc(), value.getType(), operands, placeAt(value));
      else
        result = builder.create<ViewOp>(op->getLoc(), value.getType(), operands[0],
                                        fusion ? *contiguousSlice(fusion) : 0);
    }
    results[value] = result;
    return result;
  }

  LogicalResult emit() {
    Block &block = func.front();
    std::vector<Operation *> old;
    for (Operation &op : block.without_terminator())
      old.push_back(&op);
    Operation *terminator = block.getTerminator();
    OpBuilder builder(terminator);
    for (auto [step, kernel] : llvm::enumerate(kernels)) {
      SmallVector<Value> inputs;
      for (Value input : kernel.getInputs()) {
        FailureOr<Value> done = planned(builder, input);
        if (failed(done))
          return failure();
        inputs.push_back(*done);
      }
      SmallVector<Attribute> places;
      for (Value result : kernel.getResults())
        places.push_back(placeAt(result));
      PlaceAttr scratch;
      if (kernel.getScratch() > 0)
        scratch = PlaceAttr::get(func.getContext(), Space::Arena, 0, scratchOffsets[step], kernel.getScratch());
      auto region = builder.create<RegionOp>(kernel.getLoc(), kernel.getResultTypes(), step, kernel.getKind(),
                                             inputs, kernel.getKernelAttr(), builder.getArrayAttr(places), scratch,
                                             kernel.getRowDims());
      region.getBody().takeBody(kernel.getBody());
      for (auto [before, after] : llvm::zip(kernel.getResults(), region.getResults()))
        results[before] = after;
    }
    for (OpOperand &operand : terminator->getOpOperands()) {
      FailureOr<Value> done = planned(builder, operand.get());
      if (failed(done))
        return failure();
      operand.set(*done);
    }
    for (Operation *op : llvm::reverse(old))
      op->erase();
    auto set = [&](StringRef name, int64_t value) { func->setAttr(name, builder.getI64IntegerAttr(value)); };
    set("plan.arena_bytes", plan.total);
    set("plan.arena_align", kAlignment);
    set("plan.lower_bound", plan.lowerBound);
    set("plan.naive_bytes", naive);
    set("plan.weights_bytes", weights.bytes());
    return success();
  }

  func::FuncOp func;
  Buffers buffers;
  std::vector<nn::FusionOp> kernels;
  llvm::DenseMap<Operation *, int> position; // before reordering
  OffsetPlan plan;
  ArrayRef<int64_t> scratchOffsets; // into plan.offsets, one a kernel
  int64_t naive = 0;
  WeightLayout weights;
  llvm::DenseMap<Value, Value> results;
};

struct SchedulePass : impl::ScheduleBase<SchedulePass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    for (Operation &op : func.getOps())
      if (!isa<nn::FusionOp, nn::ConstantOp, nn::ReshapeOp, func::ReturnOp>(op)) {
        op.emitOpError("must be in a fusion group before scheduling");
        return signalPassFailure();
      }
    addReturnCopies(func);
    FailureOr<Buffers> buffers = Buffers::build(func);
    if (failed(buffers))
      return signalPassFailure();
    Scheduler scheduler(func, std::move(*buffers));
    if (failed(scheduler.run()))
      return signalPassFailure();
    arenaBytes = scheduler.arenaBytes();
    regions = scheduler.kernelCount();
  }
};

} // namespace
} // namespace aotc::passes
