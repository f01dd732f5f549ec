// Depthwise convolution of bytes: the taps of a column of the window, four at a time, are one 32-bit lane a channel.
// Columns are put together once and serve all outputs of a tile that read them. What lies outside the image is the zero
// point, so that each channel has one sum to start from.
#include "backends/cpu/kernels/Dot.h"
#include "backends/cpu/kernels/Kernels.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

using llvm::Value;
constexpr LoopHints kRolled{/*mayUnroll=*/false};
constexpr int64_t kLaneBytes = 16; // what unpacking works within

// A spatial dimension.
struct Axis {
  int64_t in = 1, out = 1, taps = 1, stride = 1, dilation = 1, low = 0, pitch = 0; // pitch in bytes

  bool isInside(int64_t position, int64_t tap) const {
    int64_t at = position * stride - low + tap * dilation;
    return at >= 0 && at < in;
  }
  // The positions [first, last) all of whose taps are inside.
  int64_t firstWhole() const { return std::min(out, static_cast<int64_t>(llvm::divideCeil(low, stride))); }
  int64_t lastWhole() const {
    int64_t most = in - 1 + low - (taps - 1) * dilation;
    return most < 0 ? firstWhole() : std::clamp(most / stride + 1, firstWhole(), out);
  }
};

// The last two dimensions, the ones before them (in order), and what a line of two has where there is one only.
struct Geometry {
  explicit Geometry(nn::ConvOp op) {
    llvm::ArrayRef<int64_t> in = nn::shapeOf(op.getInput()), taps = nn::shapeOf(op.getFilter()), out = nn::shapeOf(op.getResult());
    int64_t pitch = in.back();
    llvm::SmallVector<Axis, 3> axes(in.size() - 2);
    for (size_t d = axes.size(); d-- > 0;) {
      axes[d] = {in[d + 1], out[d + 1], taps[d], op.getStrides()[d], op.getDilations()[d], op.getPadLow()[d], pitch};
      pitch *= in[d + 1];
    }
    image = pitch;
    // A line of one pixel: its columns are all there is.
    if (axes.size() == 1 || (axes.back().out == 1 && axes.back().taps == 1 && axes.back().low == 0)) {
      across.pitch = in.back();
      across.in = 1;
      if (axes.size() > 1)
        axes.pop_back();
    } else {
      across = axes.pop_back_val();
    }
    down = axes.pop_back_val();
    outer.assign(axes.begin(), axes.end());
  }

  int64_t image; // bytes
  llvm::SmallVector<Axis, 1> outer;
  Axis down, across;
  int64_t quads() const { return llvm::divideCeil(down.taps, 4); }
};

class DepthwiseBytes {
public:
  DepthwiseBytes(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue)
      : emitter(emitter), gen(emitter.gen), b(gen.builder), c(c), choice(choice), epilogue(epilogue),
        g(llvm::cast<nn::ConvOp>(c.op)), channels(c.groups) {}

  void emit() {
    int64_t images = nn::shapeOf(c.lhs)[0], positions = 1;
    for (const Axis &axis : g.outer)
      positions *= axis.out;
    int64_t lines = g.down.out;
    // Lines at the top and the bottom ask of each row whether it exists.
    int64_t first = g.outer.empty() ? g.down.firstWhole() : lines, last = g.outer.empty() ? g.down.lastWhole() : lines;
    RegionEmitter::Share share = emitter.share(images * positions * lines);
    gen.loop(share.lo, share.hi, 1, [&](Value *number) {
      Value *y = b.CreateURem(number, gen.index(lines)), *rest = b.CreateUDiv(number, gen.index(lines));
      Value *whole = b.CreateAnd(b.CreateICmpSGE(y, gen.index(first)), b.CreateICmpSLT(y, gen.index(last)));
      auto emitLine = [&](bool checks) { line(y, rest, gen.mul(number, g.across.out), checks); };
      if (first < last)
        gen.ifThen(whole, [&] { emitLine(false); });
      if (first > 0 || last < lines)
        gen.ifThen(b.CreateNot(whole), [&] { emitLine(true); });
    }, kRolled);
  }

private:
  // Line y of position `rest` of the dimensions outside.
  void line(Value *y, Value *rest, Value *outputRow, bool checks) {
    row = outputRow;
    Value *image = nullptr;
    positions.clear();
    for (const Axis &axis : llvm::reverse(g.outer)) {
      positions.insert(positions.begin(), b.CreateURem(rest, gen.index(axis.out)));
      rest = b.CreateUDiv(rest, gen.index(axis.out));
    }
    image = gen.address(emitter.inputPointer(c.lhs), gen.mul(rest, g.image), 1);
    // Two sums an output, the weights of a column, its bytes and what multiplying takes.
    int64_t registers = emitter.isa.numVectorRegisters - 2 * g.across.taps - 2 - dotRegisters(emitter.isa);
    Split split = splitEvenly(g.across.out, std::clamp<int64_t>(registers / 2, 3, 8));
    // Tiles at the ends, some of whose columns are outside, one by one; the others in loops.
    for (int64_t t = 0; t < split.tiles();) {
      int64_t size = split.sizeOf(t), start = split.startOf(t), end = t + 1;
      bool inside = isInside(start, size);
      while (inside && end < split.tiles() && split.sizeOf(end) == size && isInside(split.startOf(end), size))
        ++end;
      gen.loop(0, end - t, 1, [&](Value *i) { tile(image, y, gen.mul(i, size), start, size, checks); }, kRolled);
      t = end;
    }
  }

  bool isInside(int64_t start, int64_t size) const {
    return g.across.isInside(start, 0) && g.across.isInside(start + size - 1, g.across.taps - 1);
  }

  // Outputs [at + start, + size) of the line, all channels.
  void tile(Value *image, Value *y, Value *at, int64_t start, int64_t size, bool checks) {
    image = gen.address(image, gen.mul(at, g.across.stride * g.across.pitch), 1);
    Value *outputRow = gen.add(row, at);
    int64_t widest = kLaneBytes * c.lanes, whole = channels / widest * widest;
    auto some = [&](Value *channel, int64_t width, int64_t valid) { block(image, y, channel, width, valid, outputRow, start, size, checks); };
    gen.loop(0, whole, widest, [&](Value *channel) { some(channel, widest, widest); }, kRolled);
    for (int64_t channel = whole; channel < channels; channel += kLaneBytes)
      some(gen.index(channel), kLaneBytes, std::min(channels - channel, kLaneBytes));
  }

  // `width` channels, of which `valid` exist: the first and the second half of each 16 one after the other, which leaves
  // registers for a tile.
  void block(Value *image, Value *y, Value *channel, int64_t width, int64_t valid, Value *outputRow, int64_t start, int64_t size,
             bool checks) {
    int64_t lanes = width / kLaneBytes;
    llvm::SmallVector<Values, 8> pieces(size * lanes); // of each output and lane the channels of its halves
    for (int64_t half = 0; half < 2 && 8 * half < valid; ++half) {
      Columns columns{image, y, channel, width, valid, half, checks};
      Values sums;
      for (int64_t m = 0; m < size; ++m)
        for (int64_t part = 0; part < 2; ++part)
          sums.push_back(laneWeights(columns, gen.index(0), part));
      sums = overOuter(0, columns, {}, sums, start, size);
      // Each lane of 16 bytes has had the quads of four channels in each of two parts.
      for (int64_t m = 0; m < size; ++m)
        for (int64_t lane = 0; lane < lanes; ++lane) {
          llvm::SmallVector<int> mask;
          for (int i = 0; i < 8; ++i)
            mask.push_back(static_cast<int>(4 * lane + i % 4 + (i / 4) * (width / 4)));
          pieces[m * lanes + lane].push_back(b.CreateShuffleVector(sums[2 * m], sums[2 * m + 1], mask));
        }
    }
    for (int64_t m = 0; m < size; ++m)
      for (int64_t lane = 0; lane < lanes; ++lane) {
        int64_t count = std::min<int64_t>(valid - lane * kLaneBytes, kLaneBytes);
        Value *sum = firstLanes(gen, gen.joined(pieces[m * lanes + lane]), count), *from = gen.add(channel, lane * kLaneBytes);
        sum = b.CreateAdd(sum, epilogue.initial(from, 0, count, count));
        epilogue.finish(sum, outputRow, start + m, from, 0, count);
      }
  }

  // What columns of the window are read from.
  struct Columns {
    Value *image, *y, *channel;
    int64_t width, valid, half;
    bool checks;
  };
  // A position along the dimensions outside of the line: whether it exists, and which taps it is of.
  struct OuterTap {
    Value *offset = nullptr, *exists = nullptr, *number = nullptr;
  };

  // Loops over the taps of the outer dimensions from d on.
  Values overOuter(size_t d, const Columns &columns, OuterTap tap, Values sums, int64_t start, int64_t size) {
    if (d == g.outer.size())
      return overColumns(columns, tap, sums, start, size);
    const Axis &axis = g.outer[d];
    return gen.loop(0, axis.taps, 1, sums, [&](Value *k, llvm::ArrayRef<Value *> carried) {
      Value *at = gen.add(gen.add(gen.mul(positions[d], axis.stride), gen.mul(k, axis.dilation)), -axis.low), *exists = nullptr;
      at = clamped(at, axis.in, exists);
      OuterTap next;
      next.offset = tap.offset ? gen.add(tap.offset, gen.mul(at, axis.pitch)) : gen.mul(at, axis.pitch);
      next.exists = tap.exists ? b.CreateAnd(tap.exists, exists) : exists;
      next.number = tap.number ? gen.add(gen.mul(tap.number, axis.taps), k) : k;
      return overOuter(d + 1, columns, next, Values(carried), start, size);
    }, kRolled);
  }

  Value *clamped(Value *at, int64_t extent, Value *&exists) {
    exists = b.CreateICmpULT(at, gen.index(extent));
    return gen.smaller(gen.larger(at, gen.index(0)), gen.index(extent - 1));
  }

  // All columns that the tile reads, from left to right, each added to the outputs that it is a tap of.
  Values overColumns(const Columns &columns, OuterTap tap, Values sums, int64_t start, int64_t size) {
    const Axis &axis = g.across;
    struct Row {
      Value *base, *exists;
    };
    llvm::SmallVector<Row, 4> rows;
    for (int64_t k = 0; k < g.down.taps; ++k) {
      Value *at = gen.add(gen.mul(columns.y, g.down.stride), k * g.down.dilation - g.down.low), *exists = nullptr;
      if (columns.checks) {
        at = clamped(at, g.down.in, exists);
        exists = tap.exists ? b.CreateAnd(exists, tap.exists) : exists;
      }
      Value *base = gen.address(columns.image, gen.mul(at, g.down.pitch), 1);
      if (tap.offset)
        base = gen.address(base, tap.offset, 1);
      rows.push_back({gen.address(base, columns.channel, 1), exists});
    }
    auto element = [&](const Row &row, int64_t x) -> Value * {
      llvm::Type *type = IRGen::vectorOf(gen.i8(), columns.width);
      Value *outside = gen.constantInt(type, static_cast<uint64_t>(c.padding));
      if (x < 0 || x >= axis.in)
        return outside;
      Value *value = b.CreateAlignedLoad(IRGen::vectorOf(gen.i8(), columns.valid), gen.address(row.base, gen.index(x * axis.pitch), 1), llvm::Align(1));
      if (columns.valid == 1)
        value = b.CreateInsertElement(gen.zero(IRGen::vectorOf(gen.i8(), 2)), value, uint64_t{0});
      if (columns.valid < columns.width) {
        llvm::SmallVector<int> mask;
        for (int64_t i = 0; i < columns.width; ++i)
          mask.push_back(static_cast<int>(std::min(i, IRGen::lanesOf(value) - 1)));
        value = b.CreateShuffleVector(value, mask);
      }
      if (!row.exists)
        return value;
      // In arithmetic: a choice would become a branch.
      Value *mask = gen.splat(b.CreateSExt(row.exists, gen.i8()), columns.width);
      return b.CreateOr(b.CreateAnd(value, mask), b.CreateAnd(outside, b.CreateNot(mask)));
    };
    int64_t first = start * axis.stride - axis.low, end = (start + size - 1) * axis.stride - axis.low + (axis.taps - 1) * axis.dilation;
    for (int64_t x = first; x <= end; ++x) {
      llvm::SmallVector<std::pair<int64_t, int64_t>, 8> uses; // output, tap
      for (int64_t m = 0; m < size; ++m)
        for (int64_t k = 0; k < axis.taps; ++k)
          if ((start + m) * axis.stride - axis.low + k * axis.dilation == x)
            uses.push_back({m, k});
      if (uses.empty())
        continue;
      for (int64_t q = 0; q < g.quads(); ++q) {
        Values bytes;
        for (int64_t i = 0; i < 4; ++i) {
          int64_t k = 4 * q + i;
          // Weights are zero where there is no tap.
          bytes.push_back(k < g.down.taps ? element(rows[k], x) : bytes[i % 2 == 1 || i < 2 ? i - 1 : 0]);
        }
        Value *lower = interleaved(bytes[0], bytes[1], columns.half, 1), *upper = interleaved(bytes[2], bytes[3], columns.half, 1);
        Value *parts[] = {quadsOf(lower, upper, 0), quadsOf(lower, upper, 1)};
        for (auto [m, k] : uses)
          for (int64_t part = 0; part < 2; ++part) {
            Value *number = gen.index(1 + k * outerTaps() * g.quads() + q);
            if (tap.number)
              number = gen.add(number, gen.mul(tap.number, g.quads()));
            Value *&sum = sums[2 * m + part];
            sum = emitDot(gen, sum, parts[part], laneWeights(columns, number, part), c.exactPairs);
          }
      }
    }
    return sums;
  }

  int64_t outerTaps() const {
    int64_t taps = 1;
    for (const Axis &axis : g.outer)
      taps *= axis.taps;
    return taps;
  }

  // Elements of `bytes` bytes of the half of each lane, x's and y's by turns.
  Value *interleaved(Value *x, Value *y, int64_t half, int64_t bytes) {
    int64_t count = IRGen::lanesOf(x), perLane = kLaneBytes / bytes;
    llvm::SmallVector<int> mask;
    for (int64_t lane = 0; lane < count; lane += perLane)
      for (int64_t i = 0; i < perLane / 2; ++i) {
        mask.push_back(static_cast<int>(lane + half * perLane / 2 + i));
        mask.push_back(static_cast<int>(count + lane + half * perLane / 2 + i));
      }
    return b.CreateShuffleVector(x, y, mask);
  }

  // Of pairs of bytes the quads of the half `part` of each lane, as unsigned bytes in i32.
  Value *quadsOf(Value *lower, Value *upper, int64_t part) {
    int64_t bytes = IRGen::lanesOf(lower);
    auto inWords = [&](Value *v) { return b.CreateBitCast(v, IRGen::vectorOf(b.getInt16Ty(), bytes / 2)); };
    Value *quads = b.CreateBitCast(interleaved(inWords(lower), inWords(upper), part, 2), IRGen::vectorOf(gen.i32(), bytes / 4));
    return c.lhsElement.isUnsignedInteger() ? quads : b.CreateXor(quads, gen.constantInt(quads->getType(), 0x80808080));
  }

  // Row `number` of the packed weights of the channels that part `part` of the lanes has, one a 32-bit lane.
  Value *laneWeights(const Columns &columns, Value *number, int64_t part) {
    // A block past the whole ones has one lane of their places.
    auto *first = llvm::dyn_cast<llvm::ConstantInt>(columns.channel);
    int64_t lane = columns.width < kLaneBytes * c.lanes && first ? first->getSExtValue() / kLaneBytes % c.lanes : 0;
    Value *offset = gen.add(gen.mul(number, choice.panelWidth), columns.channel);
    offset = gen.add(offset, (2 * columns.half + part) * 4 * c.lanes - lane * (kLaneBytes - 4));
    return gen.load(IRGen::vectorOf(gen.i32(), columns.width / 4), gen.address(emitter.inputPointer(c.rhs), offset, 4));
  }

  RegionEmitter &emitter;
  IRGen &gen;
  llvm::IRBuilder<> &b;
  const Contraction &c;
  const Choice &choice;
  Epilogue &epilogue;
  Geometry g;
  int64_t channels;
  Value *row = nullptr; // of the output, where the line starts
  llvm::SmallVector<Value *, 1> positions; // along the outer dimensions
};

} // namespace

void emitDepthwiseBytes(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue) {
  DepthwiseBytes(emitter, c, choice, epilogue).emit();
}

DepthwiseQuads depthwiseQuads(nn::ConvOp op) {
  Geometry g(op);
  return {g.across.taps, g.down.taps};
}

int64_t depthwiseBytesParts(const Contraction &c) {
  Geometry g(llvm::cast<nn::ConvOp>(c.op));
  int64_t parts = nn::shapeOf(c.lhs)[0] * g.down.out;
  for (const Axis &axis : g.outer)
    parts *= axis.out;
  return parts;
}

} // namespace aotc::cpu
