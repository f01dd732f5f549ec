// Depthwise convolution of bytes: the taps of a column of the window, four at a time, are one 32-bit lane a channel.
// Columns are put together once and serve all outputs of a tile that read them, those of two lines where a quad has room. What lies outside the image is the zero
// point, so that each channel has one sum to start from.
#include "backends/cpu/kernels/Dot.h"
#include "backends/cpu/kernels/Kernels.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

#include <array>
#include <map>

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
  // Lines that share their quads: those of two have room for the window of the second where a quad is not full.
  int64_t lines() const {
    bool fits = down.dilation == 1 && static_cast<int64_t>(llvm::divideCeil(down.taps + down.stride, 4)) == quads();
    return fits && down.out > 1 ? 2 : 1;
  }
};

class DepthwiseBytes {
public:
  DepthwiseBytes(RegionEmitter &emitter, const Contraction &c, const Choice &choice, GroupEpilogue &epilogue)
      : emitter(emitter), gen(emitter.gen), b(gen.builder), c(c), choice(choice), epilogue(epilogue),
        g(llvm::cast<nn::ConvOp>(c.op)), channels(c.groups) {}

  void emit() {
    int64_t positions = 1, units = llvm::divideCeil(g.down.out, g.lines());
    for (const Axis &axis : g.outer)
      positions *= axis.out;
    // Lines at the top and the bottom lack rows of the image. Few of them get code of their own; others ask of each row
    // whether it exists.
    constexpr int64_t kMostEnds = 4;
    int64_t first = 0, last = 0; // the units between
    if (g.outer.empty()) {
      first = llvm::divideCeil(g.down.firstWhole(), g.lines());
      last = std::max(g.down.lastWhole() / g.lines(), first);
    }
    bool ownEnds = g.outer.empty() && units - (last - first) <= kMostEnds;
    int64_t asking = g.down.out / g.lines(); // units with all their lines
    RegionEmitter::Share share = emitter.share(nn::shapeOf(c.lhs)[0] * positions * units);
    gen.loop(share.lo, share.hi, 1, [&](Value *number) {
      Value *unit = b.CreateURem(number, gen.index(units)), *rest = b.CreateUDiv(number, gen.index(units));
      Value *inside = b.CreateAnd(b.CreateICmpSGE(unit, gen.index(first)), b.CreateICmpSLT(unit, gen.index(last)));
      auto some = [&](Value *unit, Rows rows) {
        Value *y = gen.mul(unit, g.lines());
        rowsOf = rows;
        auto *known = llvm::dyn_cast<llvm::ConstantInt>(y);
        lines = known ? std::min(g.lines(), g.down.out - known->getSExtValue()) : g.lines();
        line(y, rest);
      };
      if (first < last)
        gen.ifThen(inside, [&] { some(unit, Rows::All); });
      for (int64_t end = ownEnds ? 0 : asking; end < units; ++end)
        if (end < first || end >= last)
          gen.ifThen(b.CreateICmpEQ(unit, gen.index(end)), [&] { some(gen.index(end), g.outer.empty() ? Rows::Known : Rows::Asked); });
      if (!ownEnds)
        gen.ifThen(b.CreateAnd(b.CreateNot(inside), b.CreateICmpSLT(unit, gen.index(asking))), [&] { some(unit, Rows::Asked); });
    }, kRolled);
  }

private:
  // Which rows of the image the window of a line has.
  enum class Rows { All, Known, Asked };

  // The lines from y on, of position `rest` of the dimensions outside.
  void line(Value *y, Value *rest) {
    row = gen.mul(gen.add(gen.mul(rest, g.down.out), y), g.across.out);
    Value *image = nullptr;
    positions.clear();
    for (const Axis &axis : llvm::reverse(g.outer)) {
      positions.insert(positions.begin(), b.CreateURem(rest, gen.index(axis.out)));
      rest = b.CreateUDiv(rest, gen.index(axis.out));
    }
    image = gen.address(emitter.inputPointer(c.lhs), gen.mul(rest, g.image), 1);
    // Two sums an output, bytes and what multiplying takes; weights come from memory where registers are few.
    int64_t registers = emitter.isa.numVectorRegisters - 3 - dotRegisters(emitter.isa);
    if (emitter.isa.numVectorRegisters >= 32)
      registers -= 2 * lines * g.across.taps;
    Split split = splitEvenly(g.across.out, std::clamp<int64_t>(registers / (2 * lines), 4 - lines, 8));
    // Tiles at the ends, some of whose columns are outside, one by one; the others in loops.
    for (int64_t t = 0; t < split.tiles();) {
      int64_t size = split.sizeOf(t), start = split.startOf(t), end = t + 1;
      bool inside = isInside(start, size);
      while (inside && end < split.tiles() && split.sizeOf(end) == size && isInside(split.startOf(end), size))
        ++end;
      gen.loop(0, end - t, 1, [&](Value *i) { tile(image, y, gen.mul(i, size), start, size); }, kRolled);
      t = end;
    }
  }

  bool isInside(int64_t start, int64_t size) const {
    return g.across.isInside(start, 0) && g.across.isInside(start + size - 1, g.across.taps - 1);
  }

  // Outputs [at + start, + size) of the lines, all channels.
  void tile(Value *image, Value *y, Value *at, int64_t start, int64_t size) {
    image = gen.address(image, gen.mul(at, g.across.stride * g.across.pitch), 1);
    Value *outputRow = gen.add(row, at);
    int64_t widest = kLaneBytes * c.lanes, whole = channels / widest * widest;
    auto some = [&](Value *channel, int64_t lane, int64_t width, int64_t valid) {
      block({image, y, channel, lane, width, valid}, outputRow, start, size);
    };
    gen.loop(0, whole, widest, [&](Value *channel) { some(channel, 0, widest, widest); }, kRolled);
    for (int64_t channel = whole, width; channel < channels; channel += width) {
      width = llvm::bit_floor(static_cast<uint64_t>(std::max(channels - channel, kLaneBytes)));
      some(gen.index(channel), (channel - whole) / kLaneBytes, width, std::min(channels - channel, width));
    }
  }

  // `width` channels from `channel` on, of which `valid` exist: lanes of 16 from lane `lane` of the packed weights on.
  struct Block {
    Value *image, *y, *channel;
    int64_t lane, width, valid;
    int64_t half = 0; // of each lane
  };

  // The first and the second half of each lane one after the other, which leaves registers for a tile.
  void block(Block block, Value *outputRow, int64_t start, int64_t size) {
    bool isOneLane = block.width == kLaneBytes; // whose order is the natural one
    Value *bias = isOneLane ? epilogue.initial(block.channel, 0, block.width, block.valid) : epilogue.initialQuads(block.channel, block.width);
    int64_t quarter = block.width / 4, outputs = lines * size;
    llvm::SmallVector<Values, 16> parts(outputs);
    for (block.half = 0; block.half < 2; ++block.half) {
      if (8 * block.half >= block.valid) {
        for (Values &parts : parts) // nobody reads them
          parts.append(2, llvm::PoisonValue::get(parts.front()->getType()));
        continue;
      }
      Values sums;
      for (int64_t part = 0; part < 2; ++part)
        sums.push_back(b.CreateAdd(laneWeights(block, gen.index(0), part), gen.part(bias, (2 * block.half + part) * quarter, quarter)));
      for (int64_t i = 1; i < outputs; ++i)
        sums.append({sums[0], sums[1]});
      sums = overOuter(0, block, {}, sums, start, size);
      for (int64_t i = 0; i < outputs; ++i)
        parts[i].append({sums[2 * i], sums[2 * i + 1]});
    }
    for (int64_t i = 0; i < outputs; ++i) {
      Epilogue::Spot spot{i / size * g.across.out + start + i % size, 0, block.valid};
      Value *sum = gen.joined(parts[i]);
      if (isOneLane)
        epilogue.finish(sum, spot, outputRow, block.channel);
      else
        epilogue.finishQuads(sum, spot, outputRow, block.channel);
    }
  }

  // A position along the dimensions outside of the line: whether it exists, and which taps it is of.
  struct OuterTap {
    Value *offset = nullptr, *exists = nullptr, *number = nullptr;
  };

  // Loops over the taps of the outer dimensions from d on.
  Values overOuter(size_t d, const Block &block, OuterTap tap, Values sums, int64_t start, int64_t size) {
    if (d == g.outer.size())
      return overColumns(block, tap, sums, start, size);
    const Axis &axis = g.outer[d];
    return gen.loop(0, axis.taps, 1, sums, [&](Value *k, llvm::ArrayRef<Value *> carried) {
      Value *at = gen.add(gen.add(gen.mul(positions[d], axis.stride), gen.mul(k, axis.dilation)), -axis.low), *exists = nullptr;
      at = clamped(at, axis.in, exists);
      OuterTap next;
      next.offset = tap.offset ? gen.add(tap.offset, gen.mul(at, axis.pitch)) : gen.mul(at, axis.pitch);
      next.exists = tap.exists ? b.CreateAnd(tap.exists, exists) : exists;
      next.number = tap.number ? gen.add(gen.mul(tap.number, axis.taps), k) : k;
      return overOuter(d + 1, block, next, Values(carried), start, size);
    }, kRolled);
  }

  Value *clamped(Value *at, int64_t extent, Value *&exists) {
    exists = b.CreateICmpULT(at, gen.index(extent));
    return gen.smaller(gen.larger(at, gen.index(0)), gen.index(extent - 1));
  }

  struct Row {
    Value *base, *exists; // null: it does not, or does
  };

  // Row k of the windows of the lines.
  Row rowOf(const Block &block, OuterTap tap, int64_t k) {
    Value *at = gen.add(gen.mul(block.y, g.down.stride), k * g.down.dilation - g.down.low), *exists = tap.exists;
    if (rowsOf == Rows::Known)
      if (int64_t known = llvm::cast<llvm::ConstantInt>(at)->getSExtValue(); known < 0 || known >= g.down.in)
        return {nullptr, nullptr};
    if (rowsOf == Rows::Asked) {
      at = clamped(at, g.down.in, exists);
      exists = tap.exists ? b.CreateAnd(exists, tap.exists) : exists;
    }
    Value *base = gen.address(block.image, gen.mul(at, g.down.pitch), 1);
    if (tap.offset)
      base = gen.address(base, tap.offset, 1);
    return {gen.address(base, block.channel, 1), exists};
  }

  // The channels of column x of a row.
  Value *element(const Block &block, const Row &row, int64_t x) {
    Value *outside = gen.constantInt(IRGen::vectorOf(gen.i8(), block.width), static_cast<uint64_t>(c.padding));
    if (!row.base || x < 0 || x >= g.across.in)
      return outside;
    Value *value = b.CreateAlignedLoad(IRGen::vectorOf(gen.i8(), block.valid), gen.address(row.base, gen.index(x * g.across.pitch), 1), llvm::Align(1));
    if (block.valid == 1)
      value = b.CreateInsertElement(gen.zero(IRGen::vectorOf(gen.i8(), 2)), value, uint64_t{0});
    if (block.valid < block.width) {
      llvm::SmallVector<int> mask;
      for (int64_t i = 0; i < block.width; ++i)
        mask.push_back(static_cast<int>(std::min(i, IRGen::lanesOf(value) - 1)));
      value = b.CreateShuffleVector(value, mask);
    }
    if (!row.exists)
      return value;
    // In arithmetic: a choice would become a branch.
    Value *mask = gen.splat(b.CreateSExt(row.exists, gen.i8()), block.width);
    return b.CreateOr(b.CreateAnd(value, mask), b.CreateAnd(outside, b.CreateNot(mask)));
  }

  // All columns that the tile reads, from left to right, each added to the outputs that it is a tap of.
  Values overColumns(const Block &block, OuterTap tap, Values sums, int64_t start, int64_t size) {
    const Axis &axis = g.across;
    int64_t height = g.down.taps + (lines - 1) * g.down.stride;
    llvm::SmallVector<Row, 8> rows;
    for (int64_t k = 0; k < height; ++k)
      rows.push_back(rowOf(block, tap, k));
    WeightCache weights;
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
          bytes.push_back(k < height ? element(block, rows[k], x) : bytes[i % 2 == 1 || i < 2 ? i - 1 : 0]);
        }
        Value *lower = interleaved(bytes[0], bytes[1], block.half, 1), *upper = interleaved(bytes[2], bytes[3], block.half, 1);
        Value *parts[] = {quadsOf(lower, upper, 0), quadsOf(lower, upper, 1)};
        for (int64_t line = 0; line < lines; ++line)
          for (auto [m, k] : uses)
            for (int64_t part = 0; part < 2; ++part) {
              Value *&sum = sums[2 * (line * size + m) + part];
              sum = emitDot(gen, sum, parts[part], lineWeights(weights, block, tap, line, k, q, part), c.exactPairs);
            }
      }
    }
    return sums;
  }

  // The weights of column k that meet quad q of the rows, seen from a line.
  using WeightCache = std::map<std::array<int64_t, 4>, Value *>;
  Value *lineWeights(WeightCache &known, const Block &block, OuterTap tap, int64_t line, int64_t k, int64_t q, int64_t part) {
    Value *&weights = known[{line, k, q, part}];
    if (weights)
      return weights;
    if (line == 0) {
      Value *number = gen.index(1 + k * outerTaps() * g.quads() + q);
      if (tap.number)
        number = gen.add(number, gen.mul(tap.number, g.quads()));
      return weights = laneWeights(block, number, part);
    }
    // The windows of further lines start some rows later.
    int64_t bits = 8 * line * g.down.stride;
    weights = b.CreateShl(lineWeights(known, block, tap, 0, k, q, part), bits);
    if (q > 0)
      weights = b.CreateOr(weights, b.CreateLShr(lineWeights(known, block, tap, 0, k, q - 1, part), 32 - bits));
    return weights;
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

  // Row `number` of the packed weights of the channels that part `part` of the half of the lanes has, one a 32-bit lane.
  Value *laneWeights(const Block &block, Value *number, int64_t part) {
    Value *offset = gen.add(gen.mul(number, choice.panelWidth), block.channel);
    offset = gen.add(offset, (2 * block.half + part) * 4 * c.lanes - block.lane * (kLaneBytes - 4));
    return gen.load(IRGen::vectorOf(gen.i32(), block.width / 4), gen.address(emitter.inputPointer(c.rhs), offset, 4));
  }

  RegionEmitter &emitter;
  IRGen &gen;
  llvm::IRBuilder<> &b;
  const Contraction &c;
  const Choice &choice;
  GroupEpilogue &epilogue;
  Geometry g;
  int64_t channels;
  // Of the lines that are being emitted.
  int64_t lines = 1;
  Rows rowsOf = Rows::All;
  Value *row = nullptr; // of the output, where the line starts
  llvm::SmallVector<Value *, 1> positions; // along the outer dimensions
};

} // namespace

void emitDepthwiseBytes(RegionEmitter &emitter, const Contraction &c, const Choice &choice, GroupEpilogue &epilogue) {
  DepthwiseBytes(emitter, c, choice, epilogue).emit();
}

DepthwiseQuads depthwiseQuads(nn::ConvOp op) {
  Geometry g(op);
  return {g.across.taps, g.down.taps};
}

int64_t depthwiseBytesParts(const Contraction &c) {
  Geometry g(llvm::cast<nn::ConvOp>(c.op));
  int64_t parts = nn::shapeOf(c.lhs)[0] * llvm::divideCeil(g.down.out, g.lines());
  for (const Axis &axis : g.outer)
    parts *= axis.out;
  return parts;
}

} // namespace aotc::cpu
