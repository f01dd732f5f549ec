#include "passes/schedule/PlanReport.h"
#include "ir/Plan/Plan.h"
#include "passes/schedule/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_format.h"

using namespace mlir;

namespace aotc::plan {

// Regions whose results `value` shows, through views and joins.
static void ownersOf(Value value, llvm::SmallVectorImpl<Value> &owners) {
  Operation *op = value.getDefiningOp();
  if (!op || isa<WeightOp>(op))
    return;
  if (isa<RegionOp>(op)) {
    owners.push_back(value);
    return;
  }
  for (Value operand : op->getOperands())
    ownersOf(operand, owners);
}

// Largest sum of disjoint bytes: buffers that share a place count once.
static int64_t liveBytes(const std::vector<PlanReport::Buffer> &buffers, int64_t step) {
  std::map<int64_t, int64_t> ends;
  for (const auto &buffer : buffers)
    if (buffer.first <= step && step <= buffer.last && buffer.bytes > 0)
      ends[buffer.offset] = std::max(ends[buffer.offset], buffer.offset + buffer.bytes);
  int64_t sum = 0, covered = 0;
  for (auto [begin, end] : ends) {
    sum += std::max<int64_t>(0, end - std::max(begin, covered));
    covered = std::max(covered, end);
  }
  return sum;
}

PlanReport describePlan(func::FuncOp planned) {
  PlanReport report;
  auto number = [&](StringRef name) {
    auto attr = planned->getAttrOfType<IntegerAttr>(name);
    return attr ? attr.getInt() : 0;
  };
  report.arenaBytes = number("plan.arena_bytes");
  report.arenaAlign = number("plan.arena_align");
  report.lowerBound = number("plan.lower_bound");
  report.naiveBytes = number("plan.naive_bytes");
  report.weightsBytes = number("plan.weights_bytes");

  llvm::DenseMap<Value, size_t> bufferOf;
  for (auto region : planned.getOps<RegionOp>()) {
    int64_t step = region.getIndex();
    std::string name = nodeName(region.getLoc());
    report.regions.push_back({step, name, nn::stringifyFusionKind(region.getKind()).str(), 0});
    llvm::SmallVector<Value> owners;
    for (Value input : region.getInputs())
      ownersOf(input, owners);
    bool any = false;
    std::set<int64_t> read;
    for (Value owner : owners)
      if (auto found = bufferOf.find(owner); found != bufferOf.end()) {
        report.buffers[found->second].last = step;
        read.insert(report.buffers[found->second].offset);
        any = true;
      }
    for (auto [result, attr] : llvm::zip(region.getResults(), region.getPlaces())) {
      auto place = cast<PlaceAttr>(attr);
      if (place.getSpace() != Space::Arena)
        continue;
      bufferOf[result] = report.buffers.size();
      report.buffers.push_back({name, false, any && read.count(place.getOffset()) > 0, step, step,
                                place.getOffset(), place.getBytes()});
    }
    if (auto scratch = region.getScratchAttr())
      report.buffers.push_back({name, true, false, step, step, scratch.getOffset(), scratch.getBytes()});
  }
  for (auto &region : report.regions)
    region.liveBytes = liveBytes(report.buffers, region.index);
  return report;
}

std::string formatPlan(const PlanReport &report) {
  std::string text = absl::StrFormat("arena %d bytes (lower bound %d, without sharing %d), weights %d bytes\n",
                                     report.arenaBytes, report.lowerBound, report.naiveBytes, report.weightsBytes);
  text += "region kind              live  node\n";
  for (const auto &region : report.regions)
    text += absl::StrFormat("%6d %-11s %10d  %s\n", region.index, region.kind, region.liveBytes, region.name);
  text += "    offset      bytes  first  last  buffer\n";
  for (const auto &buffer : report.buffers)
    text += absl::StrFormat("%10d %10d %6d %5d  %s%s\n", buffer.offset, buffer.bytes, buffer.first, buffer.last,
                            buffer.name, buffer.scratch ? " (scratch)" : buffer.inPlace ? " (in place)" : "");
  return text;
}

} // namespace aotc::plan

namespace aotc::passes {
#define GEN_PASS_DEF_PRINTPLAN
#include "passes/schedule/Passes.h.inc"

namespace {

struct PrintPlanPass : impl::PrintPlanBase<PrintPlanPass> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    llvm::errs() << plan::formatPlan(plan::describePlan(getOperation()));
    markAllAnalysesPreserved();
  }
};

} // namespace
} // namespace aotc::passes
