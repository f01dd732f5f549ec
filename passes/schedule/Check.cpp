// aotc-verify-plan: replays a plan on a map of who wrote each byte.
#include "ir/NN/Constants.h"
#include "ir/NN/State.h"
#include "ir/Plan/Plan.h"
#include "passes/schedule/InPlace.h"
#include "passes/schedule/Passes.h"

#include <map>

using namespace mlir;
using namespace aotc::plan;

namespace aotc::passes {
#define GEN_PASS_DEF_VERIFYPLAN
#include "passes/schedule/Passes.h.inc"

namespace {

// The writer of each byte of one space; absent bytes were never written.
class Bytes {
public:
  void write(int64_t offset, int64_t bytes, const void *writer) {
    if (bytes == 0)
      return;
    split(offset);
    split(offset + bytes);
    runs.erase(runs.lower_bound(offset), runs.lower_bound(offset + bytes));
    runs[offset] = {offset + bytes, writer};
  }

  bool holds(int64_t offset, int64_t bytes, const void *writer) const {
    int64_t end = offset + bytes;
    while (offset < end) {
      auto run = runs.upper_bound(offset);
      if (run == runs.begin() || (--run)->second.end <= offset || run->second.writer != writer)
        return false;
      offset = run->second.end;
    }
    return true;
  }

private:
  struct Run {
    int64_t end;
    const void *writer;
  };

  void split(int64_t at) {
    auto run = runs.upper_bound(at);
    if (run == runs.begin())
      return;
    --run;
    if (run->first < at && at < run->second.end) {
      Run tail = run->second;
      run->second.end = at;
      runs[at] = tail;
    }
  }

  std::map<int64_t, Run> runs;
};

bool overlap(PlaceAttr a, PlaceAttr b) {
  return a.getSpace() == b.getSpace() && a.getIndex() == b.getIndex() && a.getBytes() > 0 && b.getBytes() > 0 &&
         a.getOffset() < b.getOffset() + b.getBytes() && b.getOffset() < a.getOffset() + a.getBytes();
}

class Checker {
public:
  explicit Checker(func::FuncOp func) : func(func) {}

  LogicalResult run() {
    for (BlockArgument argument : func.getArguments())
      if (PlaceAttr place = placeOf(argument); place.getSpace() == Space::State)
        bytesOf(place).write(0, place.getBytes(), argument.getAsOpaquePointer());
    for (Operation &op : func.getOps()) {
      LogicalResult result = success();
      if (auto weight = dyn_cast<WeightOp>(op))
        result = checkWeight(weight);
      else if (auto region = dyn_cast<RegionOp>(op))
        result = checkRegion(region);
      else if (auto end = dyn_cast<func::ReturnOp>(op))
        result = checkReturn(end);
      else if (!isa<ViewOp, JoinOp>(op))
        return op.emitOpError("is no part of a plan");
      else
        result = checkWhole(&op);
      if (failed(result))
        return failure();
    }
    return success();
  }

private:
  int64_t limitOf(PlaceAttr place) {
    auto number = [&](StringRef name) {
      auto attr = func->getAttrOfType<IntegerAttr>(name);
      return attr ? attr.getInt() : 0;
    };
    int64_t index = place.getIndex();
    switch (place.getSpace()) {
    case Space::Arena: return index == 0 ? number("plan.arena_bytes") : 0;
    case Space::Weights: return index == 0 ? number("plan.weights_bytes") : 0;
    case Space::Input: return index < func.getNumArguments() ? denseBytes(func.getArgumentTypes()[index]) : 0;
    case Space::State:
      return index < nn::stateCount(func) ? denseBytes(func.getArgumentTypes()[nn::inputCount(func) + index]) : 0;
    case Space::Output: return index < func.getNumResults() ? denseBytes(func.getResultTypes()[index]) : 0;
    }
    return 0;
  }

  LogicalResult checkBounds(Operation *op, PlaceAttr place) {
    if (place.getOffset() < 0 || place.getBytes() < 0 || place.getIndex() < 0 ||
        place.getBytes() > limitOf(place) - place.getOffset())
      return op->emitOpError("has a place outside its space: ") << place;
    return success();
  }

  LogicalResult checkWeight(WeightOp op) {
    PlaceAttr place = op.getPlace();
    if (place.getSpace() != Space::Weights || place.getBytes() != denseBytes(op.getType()))
      return op.emitOpError("has a place that does not fit");
    if (failed(checkBounds(op, place)))
      return failure();
    // Ordered by offset; an equal place must have equal contents.
    auto next = weights.lower_bound(place.getOffset());
    if (next != weights.end() && next->first == place.getOffset()) {
      if (next->second.getPlace().getBytes() != place.getBytes() ||
          (next->second.getValue() != op.getValue() &&
           nn::fromAttr(next->second.getValue()).raw() != nn::fromAttr(op.getValue()).raw()))
        return op.emitOpError("shares its place with other contents");
      return success();
    }
    bool overlaps = (next != weights.end() && overlap(next->second.getPlace(), place)) ||
                    (next != weights.begin() && overlap(std::prev(next)->second.getPlace(), place));
    if (overlaps)
      return op.emitOpError("overlaps another weight");
    weights.insert({place.getOffset(), op});
    return success();
  }

  Bytes &bytesOf(PlaceAttr place) { return spaces[{static_cast<int>(place.getSpace()), place.getIndex()}]; }

  // Whether `bytes` from `offset` on of the value still are what its producers wrote.
  bool isIntact(Value value, int64_t offset, int64_t bytes) {
    Operation *op = value.getDefiningOp();
    if (bytes == 0 || (op ? isa<WeightOp>(op) : nn::stateOf(cast<BlockArgument>(value)) < 0))
      return true;
    if (auto view = dyn_cast_or_null<ViewOp>(op))
      return isIntact(view.getOperand(), view.getByteOffset() + offset, bytes);
    if (auto join = dyn_cast_or_null<JoinOp>(op)) {
      int64_t begin = 0;
      for (Value part : join.getInputs()) {
        int64_t end = begin + denseBytes(part.getType());
        int64_t from = std::max(begin, offset), to = std::min(end, offset + bytes);
        if (from < to && !isIntact(part, from - begin, to - from))
          return false;
        begin = end;
      }
      return offset + bytes <= begin;
    }
    PlaceAttr place = placeOf(value);
    return bytesOf(place).holds(place.getOffset() + offset, bytes, value.getAsOpaquePointer());
  }

  // Positions of the innermost dimension, as ranges that do not touch.
  using Ranges = std::map<int64_t, int64_t>;

  static void add(Ranges &ranges, int64_t begin, int64_t end) {
    auto at = ranges.upper_bound(begin);
    if (at != ranges.begin() && std::prev(at)->second >= begin)
      --at;
    while (at != ranges.end() && at->first <= end) {
      begin = std::min(begin, at->first);
      end = std::max(end, at->second);
      at = ranges.erase(at);
    }
    ranges[begin] = end;
  }

  // Whether all of the operation's operands were written as a whole.
  LogicalResult checkWhole(Operation *op) {
    for (Value operand : op->getOperands())
      if (partial.contains(operand))
        return op->emitOpError("reads more of a tensor than was written");
    return success();
  }

  // Operands that were written in part are read there, or written on.
  LogicalResult checkPartsRead(RegionOp region) {
    for (auto [index, input] : llvm::enumerate(region.getInputs())) {
      auto found = partial.find(input);
      if (found == partial.end())
        continue;
      auto isWritten = [&](int64_t begin, int64_t end) {
        auto at = found->second.upper_bound(begin);
        return at != found->second.begin() && std::prev(at)->second >= end;
      };
      for (Operation *user : region.getBody().getArgument(index).getUsers()) {
        auto slice = dyn_cast<nn::SliceOp>(user);
        int64_t begin = slice ? slice.getStarts().back() : 0;
        int64_t steps = slice ? nn::shapeOf(slice.getResult()).back() - 1 : 0;
        if (!isa<nn::InsertOp>(user) && !(slice && isWritten(begin, begin + steps * slice.getStrides().back() + 1)))
          return region.emitOpError("reads more of operand ") << index << " than was written";
      }
    }
    return success();
  }

  // Notes what the region writes of its result if it writes a part.
  LogicalResult checkInsert(RegionOp region) {
    Block &body = region.getBody().front();
    nn::InsertOp insert = nn::insertOf(body);
    if (!insert)
      return success();
    int64_t begin = insert.getStart(), end = begin + nn::shapeOf(insert.getSource()).back();
    Ranges ranges;
    if (insert.getInto()) {
      Value into = region.getInputs()[cast<BlockArgument>(insert.getInto()).getArgNumber()];
      PlaceAttr from = placeOf(into), to = placeOf(region.getResult(0));
      if (from != to)
        return region.emitOpError("writes a part of another tensor than it reads");
      auto found = partial.find(into);
      if (found == partial.end())
        return success();
      // Nobody can read `into` as it was from now on.
      ranges = std::move(found->second);
      partial.erase(found);
    }
    add(ranges, begin, end);
    bool isWhole = ranges.begin()->first == 0 && ranges.begin()->second == nn::shapeOf(region.getResult(0)).back();
    if (!isWhole)
      partial[region.getResult(0)] = std::move(ranges);
    return success();
  }

  LogicalResult checkRegion(RegionOp region) {
    if (failed(checkPartsRead(region)) || failed(checkInsert(region)))
      return failure();
    if (static_cast<int64_t>(region.getIndex()) != nextIndex++)
      return region.emitOpError("is not numbered in order");
    for (auto [index, input] : llvm::enumerate(region.getInputs()))
      if (!isIntact(input, 0, denseBytes(input.getType())))
        return region.emitOpError("reads operand ") << index << " after it was overwritten";
    SmallVector<PlaceAttr> writes;
    for (Attribute attr : region.getPlaces())
      writes.push_back(cast<PlaceAttr>(attr));
    if (PlaceAttr scratch = region.getScratchAttr()) {
      if (scratch.getSpace() != Space::Arena || scratch.getOffset() % 64 != 0)
        return region.emitOpError("has misplaced scratch");
      writes.push_back(scratch);
    }
    for (auto [w, place] : llvm::enumerate(writes)) {
      if (place.getSpace() == Space::Input || place.getSpace() == Space::Weights)
        return region.emitOpError("writes to a space that is read only");
      if (failed(checkBounds(region, place)))
        return failure();
      for (PlaceAttr other : ArrayRef<PlaceAttr>(writes).take_front(w))
        if (overlap(place, other))
          return region.emitOpError("has results or scratch that overlap");
      for (auto [index, input] : llvm::enumerate(region.getInputs())) {
        PlaceAttr read = placeOf(input);
        if (!overlap(place, read))
          continue;
        bool same = w < region.getNumResults() && read.getOffset() == place.getOffset() &&
                    denseBytes(input.getType()) == denseBytes(region.getResult(w).getType());
        if (!same || !readsInPlace(region.getKind(), region.getBody().front(), index, region.getKernelAttr()))
          return region.emitOpError("writes over operand ") << index << " while it is read";
      }
    }
    for (auto [place, result] : llvm::zip(writes, region.getResults()))
      bytesOf(place).write(place.getOffset(), place.getBytes(), result.getAsOpaquePointer());
    if (PlaceAttr scratch = region.getScratchAttr())
      bytesOf(scratch).write(scratch.getOffset(), scratch.getBytes(), nullptr);
    return success();
  }

  LogicalResult checkReturn(func::ReturnOp op) {
    if (failed(checkWhole(op)))
      return failure();
    for (auto [index, value] : llvm::enumerate(op.getOperands())) {
      PlaceAttr place = placeOf(value);
      int64_t state = static_cast<int64_t>(index) - nn::outputCount(func);
      Space space = state < 0 ? Space::Output : Space::State;
      bool there = place.getSpace() == space && place.getOffset() == 0 &&
                   place.getIndex() == (state < 0 ? static_cast<int64_t>(index) : state);
      if (!there && !(state >= 0 && place.getSpace() == Space::Arena))
        return op.emitOpError("returns operand ") << index << " from another place than its output";
      if (!isIntact(value, 0, denseBytes(value.getType())))
        return op.emitOpError("returns operand ") << index << " after it was overwritten";
    }
    return success();
  }

  func::FuncOp func;
  int64_t nextIndex = 0;
  std::map<int64_t, WeightOp> weights;
  llvm::DenseMap<Value, Ranges> partial; // what of tensors was written, where not all of it
  std::map<std::pair<int, int64_t>, Bytes> spaces;
};

struct VerifyPlanPass : impl::VerifyPlanBase<VerifyPlanPass> {
  void runOnOperation() override {
    if (!getOperation().isExternal() && failed(Checker(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace
} // namespace aotc::passes
