// Depthwise convolution: vectors run across channels, tiles across the last
// spatial dimension. Padding costs nothing: taps outside the image are left
// out, at run time along the outer dimensions, at compile time along the last.
#include "backends/cpu/kernels/Kernels.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

constexpr LoopHints kRolled{/*mayUnroll=*/false};

// One spatial dimension.
struct Axis {
  static constexpr int64_t kMostLaidOut = 16; // taps that may become those of the last axis

  bool isFlat() const { return in == 1 && out == 1 && taps == 1; }

  int64_t in, out, taps, stride, dilation, low;
  int64_t inPitch, tapPitch; // elements

  // Whether tap k of output position x reads inside the image.
  bool inside(int64_t x, int64_t k) const {
    int64_t at = x * stride - low + k * dilation;
    return at >= 0 && at < in;
  }
};

class Depthwise {
public:
  Depthwise(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue)
      : emitter(emitter), gen(emitter.gen), c(c), choice(choice), epilogue(epilogue),
        axes(axesOf(llvm::cast<nn::ConvOp>(c.op))), channels(c.groups) {}

  static llvm::SmallVector<Axis, 3> axesOf(nn::ConvOp op) {
    llvm::ArrayRef<int64_t> in = nn::shapeOf(op.getInput()), taps = nn::shapeOf(op.getFilter());
    llvm::ArrayRef<int64_t> out = nn::shapeOf(op.getResult());
    int64_t pitch = in.back(), tapPitch = in.back();
    llvm::SmallVector<Axis, 3> axes(in.size() - 2);
    for (size_t d = axes.size(); d-- > 0;) {
      axes[d] = {in[d + 1], out[d + 1], taps[d], op.getStrides()[d], op.getDilations()[d], op.getPadLow()[d],
                 pitch, tapPitch};
      pitch *= in[d + 1];
      tapPitch *= taps[d];
    }
    return axes;
  }

  void emit() {
    dropFlatAxes(axes);
    int64_t image = channels, lines = 1;
    for (const Axis &axis : axes)
      image *= axis.in;
    for (size_t d = 0; d + 1 < axes.size(); ++d)
      lines *= axes[d].out;
    int64_t images = nn::shapeOf(c.lhs)[0], positions = positionsOf(axes);
    if (images * positions == 1) { // tasks share the only line
      lhs = emitter.inputPointer(c.lhs);
      row = gen.index(0);
      return alongLine(/*isShared=*/true);
    }
    // Images and the positions of the first of several dimensions are one loop, which tasks share.
    RegionEmitter::Share share = emitter.share(images * positions);
    gen.loop(share.lo, share.hi, 1, [&](llvm::Value *i) {
      llvm::Value *n = images == 1 ? gen.index(0) : gen.builder.CreateUDiv(i, gen.index(positions));
      llvm::Value *x = images == 1 ? i : gen.builder.CreateURem(i, gen.index(positions));
      llvm::Value *lhs = gen.address(emitter.inputPointer(c.lhs), gen.mul(n, image), choice.elementBytes);
      if (axes.size() > 1)
        at(0, x, lhs, gen.mul(n, lines), {});
      else
        outer(0, lhs, gen.mul(n, lines), {});
    }, kRolled);
  }

  // How many parts tasks can have at most.
  static int64_t partsOf(const Contraction &c, const Isa &isa) {
    llvm::SmallVector<Axis, 3> axes = axesOf(llvm::cast<nn::ConvOp>(c.op));
    dropFlatAxes(axes);
    int64_t parts = nn::shapeOf(c.lhs)[0] * positionsOf(axes);
    return parts > 1 ? parts : tilesOf(axes.back(), isa).tiles();
  }

  void emit(const Lines &some) {
    lines = &some;
    gen.loop(some.begin, some.end, 1, [&](llvm::Value *x) {
      llvm::SmallVector<Taps, 2> taps{tapsAt(axes[0], x)};
      llvm::Value *line = some.outputRing ? gen.builder.CreateURem(x, gen.index(some.outputRing)) : x;
      outer(1, some.input, line, taps);
    }, kRolled);
  }

private:
  // An image one pixel wide is a line along its height: tiles need pixels to keep several sums apart.
  static void dropFlatAxes(llvm::SmallVectorImpl<Axis> &axes) {
    while (axes.size() > 1 && axes.back().isFlat() && axes[axes.size() - 2].taps <= Axis::kMostLaidOut)
      axes.pop_back();
  }

  static int64_t positionsOf(llvm::ArrayRef<Axis> axes) { return axes.size() > 1 ? axes[0].out : 1; }

  // Of a line.
  static Split tilesOf(const Axis &axis, const Isa &isa) {
    return splitEvenly(axis.out, std::min<int64_t>(isa.numVectorRegisters / 2 - 1, 14));
  }

  // Of an outer dimension: the taps [begin, end) inside the image; tap k reads position start + k * dilation,
  // in a ring of lines modulo its extent, of which start is below.
  struct Taps {
    llvm::Value *start, *begin, *end;
  };

  // Loops over the output positions of axes[d...] but the last; `line` counts the lines before.
  void outer(size_t d, llvm::Value *lhs, llvm::Value *line, llvm::SmallVector<Taps, 2> taps) {
    if (d + 1 == axes.size()) {
      this->lhs = lhs;
      this->taps = taps;
      row = gen.mul(line, axes.back().out);
      return alongLine(/*isShared=*/false);
    }
    gen.loop(0, axes[d].out, 1, [&](llvm::Value *x) { at(d, x, lhs, line, taps); }, kRolled);
  }

  // The same at position x of axes[d].
  void at(size_t d, llvm::Value *x, llvm::Value *lhs, llvm::Value *line, llvm::SmallVector<Taps, 2> taps) {
    const Axis &axis = axes[d];
    // `line` so far counts whole lines of the image; positions of this axis cover several.
    int64_t inner = 1;
    for (size_t i = d + 1; i + 1 < axes.size(); ++i)
      inner *= axes[i].out;
    taps.push_back(tapsAt(axis, x));
    outer(d + 1, lhs, gen.add(line, gen.mul(x, inner)), taps);
  }

  Taps tapsAt(const Axis &axis, llvm::Value *x) {
    Taps taps = clipped(axis, gen.add(gen.mul(x, axis.stride), -axis.low));
    if (int64_t ring = ringLines()) {
      int64_t lifted = llvm::divideCeil(axis.low, ring) * ring; // not negative
      taps.start = gen.builder.CreateURem(gen.add(taps.start, lifted), gen.index(ring));
    }
    return taps;
  }
  int64_t ringLines() const { return lines ? lines->inputRing : 0; }

  Taps clipped(const Axis &axis, llvm::Value *start) {
    bool whole = true;
    for (int64_t x : {int64_t{0}, axis.out - 1})
      for (int64_t k : {int64_t{0}, axis.taps - 1})
        whole &= axis.inside(x, k);
    llvm::Value *zero = gen.index(0), *all = gen.index(axis.taps);
    if (whole)
      return {start, zero, all};
    auto &b = gen.builder;
    auto limit = [&](llvm::Value *distance) { // first tap at or past `distance`, in [0, taps]
      distance = b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, distance, zero);
      if (axis.dilation > 1)
        distance = b.CreateUDiv(gen.add(distance, axis.dilation - 1), gen.index(axis.dilation));
      return b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, distance, all);
    };
    return {start, limit(b.CreateNeg(start)), limit(b.CreateSub(gen.index(axis.in), start))};
  }

  // The tiles of one line: those at the edges one by one, the others in loops.
  void alongLine(bool isShared) {
    Split split = tilesOf(axes.back(), emitter.isa);
    RegionEmitter::Share share{gen.index(0), gen.index(split.tiles())};
    if (isShared)
      share = emitter.share(split.tiles());
    for (int64_t t = 0; t < split.tiles();) {
      int64_t size = split.sizeOf(t), first = split.startOf(t);
      if (!isInside(first, size)) {
        gen.loop(gen.larger(share.lo, gen.index(t)), gen.smaller(share.hi, gen.index(t + 1)), 1,
                 [&](llvm::Value *) { tileAt(gen.index(0), first, size, /*clip=*/true); }, kRolled);
        ++t;
        continue;
      }
      int64_t end = t;
      while (end < split.tiles() && split.sizeOf(end) == size && isInside(split.startOf(end), size))
        ++end;
      gen.loop(gen.larger(share.lo, gen.index(t)), gen.smaller(share.hi, gen.index(end)), 1, [&](llvm::Value *i) {
        tileAt(gen.mul(gen.add(i, -t), size), first, size, /*clip=*/false);
      }, kRolled);
      t = end;
    }
  }

  bool isInside(int64_t first, int64_t size) const {
    return axes.back().inside(first, 0) && axes.back().inside(first + size - 1, axes.back().taps - 1);
  }

  // Pixels [at + first, + size) of the line, all channels. With `clip`, `at` is 0.
  void tileAt(llvm::Value *at, int64_t first, int64_t size, bool clip) {
    const Axis &axis = axes.back();
    llvm::Value *base = gen.address(lhs, gen.mul(at, axis.stride * axis.inPitch), choice.elementBytes);
    auto vectors = [&](llvm::Value *channel, int64_t lanes) {
      Values sums(size, epilogue.initial(channel, 0, lanes, lanes));
      llvm::Value *from = gen.address(base, channel, choice.elementBytes);
      llvm::Value *weights = gen.address(emitter.inputPointer(c.rhs), channel, choice.elementBytes);
      sums = overTaps(0, from, weights, sums, first, clip, lanes);
      Finisher finisher(epilogue, gen.add(row, at), channel);
      for (int64_t m = 0; m < size; ++m)
        finisher.add(sums[m], {first + m, 0, lanes});
    };
    int64_t whole = channels / choice.lanes * choice.lanes;
    gen.loop(0, whole, choice.lanes, [&](llvm::Value *channel) { vectors(channel, choice.lanes); }, kRolled);
    if (whole < channels)
      vectors(gen.index(whole), channels - whole);
  }

  // Loops over the outer taps from dimension d on; the last dimension's are laid out.
  Values overTaps(size_t d, llvm::Value *from, llvm::Value *weights, Values sums, int64_t first, bool clip,
                  int64_t lanes) {
    if (d + 1 < axes.size()) {
      auto body = [&](llvm::Value *k, llvm::ArrayRef<llvm::Value *> carried) {
        // One address step from the image's first line: pointers outside it are never formed.
        llvm::Value *position = gen.add(taps[d].start, gen.mul(k, axes[d].dilation));
        if (int64_t ring = ringLines()) {
          auto &b = gen.builder;
          llvm::Value *around = gen.add(position, -ring);
          position = b.CreateSelect(b.CreateICmpSLT(around, gen.index(0)), position, around);
        }
        return overTaps(d + 1, gen.address(from, gen.mul(position, axes[d].inPitch), choice.elementBytes),
                        gen.address(weights, gen.mul(k, axes[d].tapPitch), choice.elementBytes), Values(carried),
                        first, clip, lanes);
      };
      return gen.loop(taps[d].begin, taps[d].end, 1, sums, body, kRolled);
    }
    const Axis &axis = axes.back();
    for (int64_t k = 0; k < axis.taps; ++k) {
      llvm::Value *weight = nullptr;
      for (size_t m = 0; m < sums.size(); ++m) {
        if (clip && !axis.inside(first + m, k))
          continue;
        if (!weight)
          weight = emitter.load(c.element, weights, gen.index(k * channels), lanes);
        int64_t pixel = (first + static_cast<int64_t>(m)) * axis.stride - axis.low + k * axis.dilation;
        llvm::Value *value = emitter.load(c.element, from, gen.index(pixel * axis.inPitch), lanes);
        sums[m] = gen.fma(value, weight, sums[m]);
      }
    }
    return sums;
  }

  RegionEmitter &emitter;
  IRGen &gen;
  const Contraction &c;
  const Choice &choice;
  Epilogue &epilogue;
  llvm::SmallVector<Axis, 3> axes;
  int64_t channels;
  const Lines *lines = nullptr; // null: the whole group
  // Of the line being emitted.
  llvm::Value *lhs = nullptr, *row = nullptr;
  llvm::SmallVector<Taps, 2> taps;
};

} // namespace

int64_t depthwiseParts(const Contraction &c, const Isa &isa) { return Depthwise::partsOf(c, isa); }

void emitDepthwise(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue) {
  Depthwise(emitter, c, choice, epilogue).emit();
}

void emitDepthwiseLines(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
                        const Lines &lines) {
  Depthwise(emitter, c, choice, epilogue).emit(lines);
}

} // namespace aotc::cpu
