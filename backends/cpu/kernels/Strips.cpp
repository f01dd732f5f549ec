// A chain of convolutions strip by strip. Each stage makes the lines that the
// next one asks for, from lines that it asks of the stage before; rings keep
// the lines that are still to be read, so no line is computed twice by one
// range of tasks. Ranges start with lines of their own.
#include "backends/cpu/kernels/Kernels.h"
#include "backends/cpu/kernels/StripsPlan.h"

#include <memory>

namespace aotc::cpu {

namespace {

constexpr LoopHints kRolled{/*mayUnroll=*/false};

class Strips {
public:
  explicit Strips(RegionEmitter &emitter) : emitter(emitter), gen(emitter.gen) {
    for (auto fusion : emitter.body.getOps<nn::FusionOp>())
      stages.push_back(*stripStageOf(fusion, emitter.isa));
    stages.back().c.rowStride = emitter.outputShape().back();
    copyBytes = planStrips(stages, number("lines"));
  }

  void emit() {
    emitter.stage(number("tasks"), [&] { range(); });
  }

private:
  int64_t number(llvm::StringRef name) {
    return emitter.kernel().getAs<mlir::IntegerAttr>(name).getInt();
  }

  void range() {
    llvm::Value *own = gen.address(emitter.scratchPointer(), gen.mul(emitter.firstTask(), copyBytes), 1);
    std::vector<std::unique_ptr<RegionEmitter>> emitters;
    std::vector<std::unique_ptr<GroupEpilogue>> epilogues;
    bodies.clear();
    llvm::Value *image = nullptr; // of the next stage
    for (StripStage &stage : stages) {
      bool isLast = &stage == &stages.back();
      llvm::Value *result =
          isLast ? emitter.outputPointer() : gen.address(own, gen.index(stage.ringOffset), 1);
      Values inputs;
      for (mlir::Value input : stage.fusion.getInputs()) {
        auto argument = mlir::dyn_cast<mlir::BlockArgument>(input);
        inputs.push_back(argument ? emitter.inputPointer(argument) : image);
      }
      emitters.push_back(std::make_unique<RegionEmitter>(emitter, stage.fusion.getBody().front(), inputs, result));
      epilogues.push_back(std::make_unique<GroupEpilogue>(*emitters.back(), stage.c));
      bodies.push_back({*emitters.back(), *epilogues.back()});
      image = result;
    }
    border = gen.address(own, gen.index(stages.front().borderOffset), 1);

    const StripStage &last = stages.back();
    RegionEmitter::Share share = emitter.share(last.lines);
    Values done(stages.size());
    done.back() = share.lo;
    for (size_t i = stages.size(); i-- > 1;)
      done[i - 1] = inImage(i, firstOf(i, done[i]));
    make(stages.size() - 1, share.hi, done);
  }

  // Makes the lines of stage i below `end` that are not yet `done`, one entry a stage.
  Values make(size_t i, llvm::Value *end, llvm::ArrayRef<llvm::Value *> done) {
    const StripStage &stage = stages[i];
    Values before(done.take_front(i));
    before = gen.loop(done[i], end, stage.chunk, before, [&](llvm::Value *begin, llvm::ArrayRef<llvm::Value *> state) {
      llvm::Value *chunkEnd = gen.smaller(gen.add(begin, stage.chunk), end);
      Values next(state);
      if (i > 0)
        next = make(i - 1, inImage(i, gen.add(firstOf(i, gen.add(chunkEnd, -1)), stage.reach)), state);
      compute(i, begin, chunkEnd);
      return next;
    }, kRolled);
    before.push_back(gen.larger(done[i], end));
    return before;
  }

  // The first line, perhaps before the image, that line y of stage i reads.
  llvm::Value *firstOf(size_t i, llvm::Value *y) {
    return gen.add(gen.mul(y, stages[i].stride), -stages[i].low);
  }
  llvm::Value *inImage(size_t i, llvm::Value *line) {
    return gen.smaller(gen.larger(line, gen.index(0)), gen.index(stages[i].inLines));
  }

  void compute(size_t i, llvm::Value *begin, llvm::Value *end) {
    const StripStage &stage = stages[i];
    auto [own, epilogue] = bodies[i];
    Lines lines{begin, end, own.inputPointer(stage.c.lhs)};
    lines.inputRing = i > 0 ? stages[i - 1].ring : 0;
    lines.inputPitch = stage.inPitch;
    lines.outputRing = stage.ring;
    if (stage.isDepthwise())
      return emitDepthwiseLines(own, stage.c, stage.choice, epilogue, lines);
    if (stage.c.border.needed) {
      lines.inputFirst = gen.mul(begin, stage.stride);
      llvm::Value *last = gen.add(gen.mul(gen.add(end, -1), stage.stride), stage.reach);
      emitBorderedLines(own, stage.c, lines.input, border, lines.inputFirst, last);
      lines.input = border;
    }
    emitGemmLines(own, stage.c, stage.choice, epilogue, own.inputPointer(stage.c.rhs), lines);
  }

  // A stage where it is emitted.
  struct Body {
    RegionEmitter &emitter;
    GroupEpilogue &epilogue;
  };

  RegionEmitter &emitter;
  IRGen &gen;
  std::vector<StripStage> stages;
  std::vector<Body> bodies;
  int64_t copyBytes = 0;
  llvm::Value *border = nullptr;
};

} // namespace

void emitStrips(RegionEmitter &emitter) { Strips(emitter).emit(); }

} // namespace aotc::cpu
