// aotc-cpu-fuse-strips: chains of convolutions that run in strips.
#include "backends/cpu/Passes.h"
#include "backends/cpu/codegen/Tasks.h"
#include "backends/cpu/kernels/StripsPlan.h"
#include "ir/Plan/Plan.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace aotc::cpu {
#define GEN_PASS_DEF_CPUFUSESTRIPS
#include "backends/cpu/Passes.h.inc"

namespace {

using Chain = std::vector<StripStage>;

class CpuFuseStrips : public impl::CpuFuseStripsBase<CpuFuseStrips> {
  using CpuFuseStripsBase::CpuFuseStripsBase;

  void runOnOperation() override {
    isa = isaOf(targetsFrom(triple, cpu, features).back()); // the plan is one for all
    std::vector<Chain> chains;
    for (auto fusion : getOperation().getOps<nn::FusionOp>()) {
      std::optional<StripStage> stage = stripStageOf(fusion, isa);
      if (!stage)
        continue;
      auto chain = llvm::find_if(chains, [&](const Chain &c) { return continues(c, *stage); });
      if (chain == chains.end())
        chains.push_back({std::move(*stage)});
      else
        chain->push_back(std::move(*stage));
    }
    for (Chain &chain : chains)
      if (chain.size() > 1)
        fuse(chain);
  }

  // Whether `stage` may read the end of the chain strip by strip, and that pays.
  bool continues(const Chain &chain, const StripStage &stage) {
    const StripStage &last = chain.back();
    Value result = last.fusion->getResult(0);
    nn::FusionOp reader = stage.fusion;
    int64_t weights = bytesOfWeights(reader);
    for (const StripStage &other : chain)
      weights += bytesOfWeights(other.fusion);
    return result.hasOneUse() && reader.getInputs()[stage.c.lhs.getArgNumber()] == result && stage.canFollow() &&
           !last.readsPixels && last.resultBytes() >= (preferSize ? kSmallest : kLarge) &&
           weights <= isa.l2Bytes;
  }

  static int64_t bytesOfWeights(nn::FusionOp fusion) {
    int64_t bytes = 0;
    for (Value input : fusion->getOperands())
      if (input.getDefiningOp<nn::ConstantOp>())
        bytes += plan::denseBytes(input.getType());
    return bytes;
  }

  void fuse(Chain &chain) {
    nn::FusionOp last = chain.back().fusion;
    llvm::SmallSetVector<Value, 8> inputs;
    SmallVector<Location> locations;
    double time = 0;
    int64_t saved = 0;
    for (const StripStage &stage : chain) {
      nn::FusionOp fusion = stage.fusion;
      for (Value input : fusion.getInputs())
        inputs.insert(input);
      locations.push_back(fusion.getLoc());
      time += bodyNanoseconds(fusion.getBody().front(), isa);
      saved += stage.resultBytes();
    }
    saved -= chain.back().resultBytes();
    for (const StripStage &stage : chain)
      inputs.remove(stage.fusion->getResult(0));

    // As many lines as stay in a part of L2 beside the weights.
    int64_t lines = preferSize ? 1 : 4;
    while (lines > 1 && (lines > chain.back().lines || planStrips(chain, lines) > isa.l2Bytes / 4))
      lines /= 2;
    int64_t bytes = planStrips(chain, lines);
    int64_t tasks = preferSize ? 1 : taskCount(time, std::min(chain.back().lines, kMostCopies), isa);
    if (tasks > 2 && tasks * bytes > saved / 2)
      tasks = 2;

    OpBuilder b(last);
    DictionaryAttr kernel = b.getDictionaryAttr({b.getNamedAttr("name", b.getStringAttr("strips")),
                                                 b.getNamedAttr("lines", b.getI64IntegerAttr(lines)),
                                                 b.getNamedAttr("tasks", b.getI64IntegerAttr(tasks))});
    auto strip = b.create<nn::FusionOp>(b.getFusedLoc(locations), last->getResultTypes(), nn::FusionKind::Strips,
                                        inputs.getArrayRef(), kernel, tasks * bytes, /*rowDims=*/0);
    Block &body = strip.getBody().emplaceBlock();
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
    b.setInsertionPointToStart(&body);
    for (const StripStage &stage : chain)
      cast<nn::FusionOp>(b.clone(*stage.fusion, mapping)).setScratch(0);
    b.create<nn::YieldOp>(last.getLoc(), mapping.lookup(last->getResult(0)));
    last->getResult(0).replaceAllUsesWith(strip->getResult(0));
    for (const StripStage &stage : llvm::reverse(chain))
      stage.fusion->erase();
    ++fused;
  }

  // Smaller tensors stay in a cache: strips of them take as long as the whole, or longer.
  static constexpr int64_t kLarge = 256 << 10, kSmallest = 4 << 10;

  Isa isa;
};

} // namespace
} // namespace aotc::cpu
