// Convolutions by minimal filtering: blocks of input tiles are transformed,
// multiplied position by position with a panel of transformed filters, and
// transformed back through the epilogue.
#include "backends/cpu/kernels/WinogradPlan.h"

#include "backends/cpu/kernels/Kernels.h"
#include "backends/cpu/kernels/Product.h"
#include "ir/NN/Winograd.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

constexpr LoopHints kRolled{/*mayUnroll=*/false};

// matrix * x, vectors taken as scalars, of numbers or, with factors of 1 and -1, of integers that wrap. Rows (or columns)
// that differ only in signs share their sums.
class Transform {
public:
  Transform(IRGen &gen, const nn::Matrix &matrix) : gen(gen), m(matrix) {}

  Values apply(llvm::ArrayRef<llvm::Value *> x) {
    Values out(m.rows, nullptr);
    for (int64_t r = 0; r < m.rows; ++r) {
      if (out[r])
        continue;
      int64_t twin = r + 1;
      while (twin < m.rows && !differOnlyInSigns(r, twin))
        ++twin;
      if (twin == m.rows) {
        out[r] = byColumns(r, x);
        continue;
      }
      llvm::Value *same = sum(x, [&](int64_t c) { return m(r, c) == m(twin, c) ? m(r, c) : 0; });
      llvm::Value *other = sum(x, [&](int64_t c) { return m(r, c) != m(twin, c) ? m(r, c) : 0; });
      out[r] = added(same, other);
      out[twin] = subtracted(same, other);
    }
    return out;
  }

private:
  static bool isReal(llvm::Value *value) { return value->getType()->isFPOrFPVectorTy(); }
  llvm::Value *added(llvm::Value *x, llvm::Value *y) {
    return isReal(x) ? gen.builder.CreateFAdd(x, y) : gen.builder.CreateAdd(x, y);
  }
  llvm::Value *subtracted(llvm::Value *x, llvm::Value *y) {
    if (isReal(x) && llvm::isa<llvm::ConstantAggregateZero, llvm::ConstantFP>(x))
      return gen.builder.CreateFNeg(y);
    return isReal(x) ? gen.builder.CreateFSub(x, y) : gen.builder.CreateSub(x, y);
  }
  bool differOnlyInSigns(int64_t a, int64_t b) const {
    bool same = false, other = false;
    for (int64_t c = 0; c < m.columns; ++c) {
      if (std::abs(m(a, c)) != std::abs(m(b, c)))
        return false;
      if (m(a, c) != 0)
        (m(a, c) == m(b, c) ? same : other) = true;
    }
    return same && other;
  }

  // The sum and the difference of two columns that have equal magnitudes in every row.
  struct Pair {
    llvm::Value *sum, *difference;
  };
  Pair pairOf(int64_t column, llvm::ArrayRef<llvm::Value *> x) {
    auto &known = pairs[column];
    if (!known.sum)
      known = {added(x[column], x[column + 1]), subtracted(x[column], x[column + 1])};
    return known;
  }
  bool isPair(int64_t column) const {
    if (column + 1 >= m.columns)
      return false;
    for (int64_t r = 0; r < m.rows; ++r)
      if (m(r, column) == 0 ? m(r, column + 1) != 0 : std::abs(m(r, column)) != std::abs(m(r, column + 1)))
        return false;
    return true;
  }

  llvm::Value *byColumns(int64_t r, llvm::ArrayRef<llvm::Value *> x) {
    Values terms;
    llvm::SmallVector<double, 8> factors;
    for (int64_t c = 0; c < m.columns; ++c) {
      if (m.rows < m.columns && isPair(c)) {
        if (m(r, c) != 0) {
          Pair pair = pairOf(c, x);
          terms.push_back(m(r, c) == m(r, c + 1) ? pair.sum : pair.difference);
          factors.push_back(m(r, c));
        }
        ++c;
        continue;
      }
      terms.push_back(x[c]);
      factors.push_back(m(r, c));
    }
    return sum(terms, [&](int64_t i) { return factors[i]; });
  }

  llvm::Value *sum(llvm::ArrayRef<llvm::Value *> x, llvm::function_ref<double(int64_t)> factor) {
    llvm::Value *total = nullptr;
    auto add = [&](bool units) {
      for (size_t i = 0; i < x.size(); ++i) {
        double f = factor(i);
        if (f == 0 || (std::abs(f) == 1) != units)
          continue;
        auto &b = gen.builder;
        if (!units)
          total = total ? gen.fma(x[i], gen.constant(x[i]->getType(), f), total)
                        : b.CreateFMul(x[i], gen.constant(x[i]->getType(), f));
        else if (f > 0)
          total = total ? added(total, x[i]) : x[i];
        else
          total = subtracted(total ? total : gen.zero(x[i]->getType()), x[i]);
      }
    };
    add(/*units=*/true);
    add(/*units=*/false);
    return total;
  }

  IRGen &gen;
  const nn::Matrix &m;
  llvm::DenseMap<int64_t, Pair> pairs;
};

class WinogradKernel {
public:
  WinogradKernel(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue)
      : emitter(emitter), gen(emitter.gen), b(gen.builder), c(c), choice(choice), epilogue(epilogue),
        p(planWinograd(c, c.winogradTile, choice, emitter.isa)), matrices(nn::winograd(p.tile)) {}

  void emit() {
    if (!p.transformsFirst)
      return emitter.stage(p.tasks, [&] { blocks(); });
    emitter.stage(p.transformTasks, [&] { transforms(); });
    emitter.stage(p.tasks, [&] { runsOfBlocks(); });
  }

private:
  // Of the range's blocks everything.
  void blocks() {
    takeScratch();
    RegionEmitter::Share share = emitter.share(p.blocks());
    gen.loop(share.lo, share.hi, 1, [&](llvm::Value *block) {
      startBlock(block, emitter.firstTask());
      gen.loop(0, p.perBlock(), 1, [&](llvm::Value *t) { transformInput(t); }, kRolled);
      runs(gen.index(0), gen.index(p.columnRuns));
    }, kRolled);
  }

  // The inputs of all blocks.
  void transforms() {
    takeScratch();
    RegionEmitter::Share share = emitter.share(p.blocks() * p.perBlock());
    gen.loop(share.lo, share.hi, 1, [&](llvm::Value *tile) {
      llvm::Value *size = gen.index(p.perBlock()), *block = b.CreateUDiv(tile, size);
      startBlock(block, block);
      transformInput(b.CreateURem(tile, size));
    }, kRolled);
  }

  // The rest: ranges cover parts of the column runs of all blocks, laid end to end.
  void runsOfBlocks() {
    takeScratch();
    RegionEmitter::Share share = emitter.share(p.units());
    llvm::Value *end = b.CreateUDiv(gen.add(share.hi, p.columnRuns - 1), gen.index(p.columnRuns));
    gen.loop(b.CreateUDiv(share.lo, gen.index(p.columnRuns)), end, 1, [&](llvm::Value *block) {
      startBlock(block, block);
      llvm::Value *start = gen.mul(block, p.columnRuns);
      runs(gen.larger(b.CreateSub(share.lo, start), gen.index(0)),
           gen.smaller(b.CreateSub(share.hi, start), gen.index(p.columnRuns)));
    }, kRolled);
  }

  // Ranges of tasks that run at the same time have products of their own.
  void takeScratch() {
    int64_t own = p.scratch.products + p.scratch.outputTile;
    llvm::Value *inputs = gen.index(p.inputCopies() * p.scratch.inputs);
    products = at(emitter.scratchPointer(), gen.add(inputs, gen.mul(emitter.firstTask(), own)));
    outputTile = at(products, gen.index(p.scratch.products));
  }

  void startBlock(llvm::Value *block, llvm::Value *copy) {
    firstTile = gen.mul(block, p.perBlock());
    inputs = at(emitter.scratchPointer(), gen.mul(copy, p.scratch.inputs));
  }

  // Column runs [begin, end) of the block.
  void runs(llvm::Value *begin, llvm::Value *end) {
    int64_t width = choice.tileWidth(), full = p.outputs / width, rest = p.outputs % width;
    gen.loop(begin, gen.smaller(end, gen.index(full)), 1,
             [&](llvm::Value *number) { columns(number, choice.vectors, choice.lanes); }, kRolled);
    if (rest > 0) {
      int64_t vectors = llvm::divideCeil(rest, choice.lanes);
      gen.loop(gen.larger(begin, gen.index(full)), end, 1,
               [&](llvm::Value *number) { columns(number, vectors, rest - (vectors - 1) * choice.lanes); }, kRolled);
    }
  }

  struct TilePlace {
    llvm::Value *image, *y, *x; // first output position
  };
  TilePlace placeOf(llvm::Value *tile) {
    llvm::Value *across = gen.index(p.across), *line = b.CreateUDiv(tile, across);
    llvm::Value *x = b.CreateURem(tile, across), *down = gen.index(p.down);
    bool one = p.images == 1;
    return {one ? gen.index(0) : b.CreateUDiv(line, down), gen.mul(one ? line : b.CreateURem(line, down), p.tile),
            gen.mul(x, p.tile)};
  }
  llvm::Value *at(llvm::Value *base, llvm::Value *offset, int64_t displacement = 0) {
    return gen.address(base, offset, choice.elementBytes, displacement);
  }
  llvm::Value *smin(llvm::Value *x, int64_t y) {
    return b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, x, gen.index(y));
  }
  llvm::Value *smax(llvm::Value *x, int64_t y) {
    return b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, x, gen.index(y));
  }

  // Addresses in the image, which bytes have elements of their own in.
  llvm::Value *pixel(llvm::Value *base, llvm::Value *offset, int64_t displacement = 0) {
    return gen.address(base, offset, choice.lhsBytes, displacement);
  }
  // The type and, in bytes, the size of transformed inputs.
  llvm::Type *inputType(int64_t lanes) {
    return c.bytes ? IRGen::vectorOf(b.getInt16Ty(), lanes) : emitter.registerType(c.element, lanes);
  }
  int64_t inputBytes() const { return c.bytes ? 2 : choice.elementBytes; }

  // Calls f(channel, lanes) for all channels.
  void overChannels(llvm::function_ref<void(llvm::Value *, int64_t)> f) {
    int64_t lanes = choice.lanes * (c.bytes ? 2 : 1), whole = p.channels / lanes * lanes;
    gen.loop(0, whole, lanes, [&](llvm::Value *channel) { f(channel, lanes); }, kRolled);
    if (whole < p.channels)
      f(gen.index(whole), p.channels - whole);
  }

  // Input tile `t` of the block. Past the last tile it repeats that one, so
  // that every product works on numbers.
  void transformInput(llvm::Value *t) {
    TilePlace place = placeOf(smin(gen.add(firstTile, t), p.tiles() - 1));
    llvm::Value *y = gen.add(place.y, -p.low[0]), *x = gen.add(place.x, -p.low[1]);
    llvm::Value *image = pixel(emitter.inputPointer(c.lhs), gen.mul(place.image, p.height * p.width * p.channels));
    llvm::Value *to = at(inputs, gen.mul(t, p.depth));
    bool neverInside = p.height < p.extent || p.width < p.extent;
    bool alwaysInside = p.low[0] == 0 && p.low[1] == 0 && p.down * p.tile + 2 <= p.height &&
                        p.across * p.tile + 2 <= p.width;
    llvm::Value *inside = b.CreateAnd(
        b.CreateAnd(b.CreateICmpSGE(y, gen.index(0)), b.CreateICmpSLE(y, gen.index(p.height - p.extent))),
        b.CreateAnd(b.CreateICmpSGE(x, gen.index(0)), b.CreateICmpSLE(x, gen.index(p.width - p.extent))));
    if (!neverInside) {
      auto fromImage = [&] {
        llvm::Value *offset = gen.add(gen.mul(y, p.width * p.channels), gen.mul(x, p.channels));
        transformed(pixel(image, offset), p.width * p.channels, to);
      };
      if (alwaysInside)
        return fromImage();
      gen.ifThen(inside, fromImage);
    }
    auto fromBorder = [&] {
      copyWithBorder(image, y, x);
      transformed(products, p.extent * p.channels, to);
    };
    if (neverInside)
      return fromBorder();
    gen.ifThen(b.CreateNot(inside), fromBorder);
  }

  void transformed(llvm::Value *from, int64_t pitch, llvm::Value *to) {
    overChannels([&](llvm::Value *channel, int64_t lanes) {
      llvm::Value *source = pixel(from, channel), *target = gen.address(to, channel, inputBytes());
      llvm::SmallVector<Values, 6> columns;
      for (int64_t j = 0; j < p.extent; ++j) {
        Values column;
        for (int64_t i = 0; i < p.extent; ++i)
          column.push_back(loadInput(source, i * pitch + j * p.channels, lanes));
        columns.push_back(Transform(gen, matrices.input).apply(column));
      }
      for (int64_t i = 0; i < p.extent; ++i) {
        Values row;
        for (int64_t j = 0; j < p.extent; ++j)
          row.push_back(columns[j][i]);
        row = Transform(gen, matrices.input).apply(row);
        for (int64_t j = 0; j < p.extent; ++j)
          gen.store(row[j], at(target, gen.index(0), (i * p.extent + j) * p.scratch.inputPitch));
      }
    });
  }

  // Of bytes their distance from the zero point.
  llvm::Value *loadInput(llvm::Value *from, int64_t displacement, int64_t lanes) {
    llvm::Value *value = emitter.load(c.lhsElement, from, gen.index(0), lanes, displacement);
    if (!c.bytes)
      return value;
    value = b.CreateIntCast(value, inputType(lanes), !c.lhsElement.isUnsignedInteger());
    return b.CreateSub(value, gen.constantInt(value->getType(), static_cast<uint64_t>(c.padding)));
  }

  // The input tile at (y, x) with zeros for what lies outside the image, where products come later.
  void copyWithBorder(llvm::Value *image, llvm::Value *y, llvm::Value *x) {
    llvm::Value *size = gen.index(p.positions * p.channels * choice.lhsBytes);
    auto outside = static_cast<uint8_t>(c.bytes ? c.padding : 0);
    b.CreateMemSet(products, b.getInt8(outside), size, llvm::Align(choice.lhsBytes));
    auto part = [&](llvm::Value *start, int64_t extent) {
      llvm::Value *first = smax(b.CreateNeg(start), 0);
      return std::pair(first, smin(b.CreateSub(gen.index(extent), start), p.extent));
    };
    auto rows = part(y, p.height), columns = part(x, p.width);
    gen.loop(rows.first, rows.second, 1, [&](llvm::Value *i) {
      gen.loop(columns.first, columns.second, 1, [&](llvm::Value *j) {
        // One step from the image's start: addresses outside it are never formed.
        llvm::Value *line = gen.mul(gen.add(y, i), p.width);
        llvm::Value *from = pixel(image, gen.mul(gen.add(line, gen.add(x, j)), p.channels));
        llvm::Value *to = pixel(products, gen.mul(gen.add(gen.mul(i, p.extent), j), p.channels));
        overChannels([&](llvm::Value *channel, int64_t lanes) {
          emitter.store(c.lhsElement, emitter.load(c.lhsElement, from, channel, lanes), to, channel);
        });
      }, kRolled);
    }, kRolled);
  }

  // All products of a block with the columns of tile number `number`, then their
  // outputs. `valid` lanes of the last of `vectors` vectors are outputs.
  void columns(llvm::Value *number, int64_t vectors, int64_t valid) {
    int64_t width = choice.tileWidth();
    llvm::Value *filters = tileAddress(emitter, reduction(), choice, emitter.inputPointer(c.rhs), number);
    gen.loop(0, p.positions, 1, [&](llvm::Value *e) {
      llvm::Value *filter = at(filters, gen.mul(e, p.depth * choice.panelWidth));
      llvm::Value *from = at(inputs, gen.mul(e, p.scratch.inputPitch));
      llvm::Value *to = at(products, gen.mul(e, p.scratch.productPitch));
      gen.loop(0, p.rowTiles, 1, [&](llvm::Value *r) {
        Tile tile;
        tile.lhs = at(from, gen.mul(r, p.rows * p.depth));
        for (int64_t m = 0; m < p.rows; ++m)
          tile.pixels.push_back(m * p.depth * (choice.elementBytes / choice.lhsBytes));
        tile.streams = {filter};
        tile.vectors = vectors;
        tile.rhsRow = choice.panelWidth;
        tile.readable = choice.lanes;
        Values zeros(p.rows * vectors, gen.zero(emitter.registerType(c.element, choice.lanes)));
        Values sums = accumulate(emitter, reduction(), choice, tile, zeros);
        llvm::Value *at = this->at(to, gen.mul(r, p.rows * width));
        for (int64_t m = 0; m < p.rows; ++m)
          for (int64_t v = 0; v < vectors; ++v)
            emitter.store(c.element, sums[m * vectors + v], at, gen.index(0), m * width + v * choice.lanes);
      }, kRolled);
    }, kRolled);

    llvm::Value *column = gen.mul(number, width);
    llvm::Value *count = smin(b.CreateSub(gen.index(p.tiles()), firstTile), p.perBlock());
    gen.loop(gen.index(0), count, 1, [&](llvm::Value *t) {
      TilePlace place = placeOf(gen.add(firstTile, t));
      for (int64_t v = 0; v < vectors; ++v)
        transformOutput(t, place, column, v * choice.lanes, v + 1 == vectors ? valid : choice.lanes);
    }, kRolled);
  }

  // The reduction over the channels as a contraction of its own; a panel of
  // rhs has its rows for every position.
  const Contraction &reduction() {
    channelSum.element = c.element;
    channelSum.bytes = channelSum.words = c.bytes;
    channelSum.steps = {{p.depth, choice.elementBytes / choice.lhsBytes, 1}};
    channelSum.depth = p.positions * p.depth;
    return channelSum;
  }

  void transformOutput(llvm::Value *t, const TilePlace &place, llvm::Value *column, int64_t displacement,
                       int64_t valid) {
    llvm::Value *from = at(products, gen.mul(t, choice.tileWidth()), displacement);
    llvm::SmallVector<Values, 6> columns;
    for (int64_t j = 0; j < p.extent; ++j) {
      Values in;
      for (int64_t i = 0; i < p.extent; ++i)
        in.push_back(emitter.load(c.element, from, gen.index(0), choice.lanes,
                                  (i * p.extent + j) * p.scratch.productPitch));
      columns.push_back(Transform(gen, matrices.output).apply(in));
    }
    llvm::Value *bias = epilogue.initial(column, displacement, choice.lanes, valid);
    Values pixels;
    for (int64_t i = 0; i < p.tile; ++i) {
      Values row;
      for (int64_t j = 0; j < p.extent; ++j)
        row.push_back(columns[j][i]);
      for (llvm::Value *value : Transform(gen, matrices.output).apply(row))
        pixels.push_back(c.bytes ? b.CreateAdd(b.CreateAShr(value, 2), bias) : b.CreateFAdd(value, bias));
    }
    llvm::Value *line = gen.add(gen.mul(place.image, p.outHeight), place.y);
    llvm::Value *row = gen.add(gen.mul(line, p.outWidth), place.x);
    auto whole = [&] {
      Finisher finisher(epilogue, row, column);
      for (int64_t i = 0; i < p.tile; ++i)
        for (int64_t j = 0; j < p.tile; ++j)
          finisher.add(pixels[i * p.tile + j], {i * p.outWidth + j, displacement, valid});
    };
    if (p.scratch.outputTile == 0)
      return whole();
    llvm::Value *rows = smin(b.CreateSub(gen.index(p.outHeight), place.y), p.tile);
    llvm::Value *across = smin(b.CreateSub(gen.index(p.outWidth), place.x), p.tile);
    llvm::Value *isWhole = b.CreateICmpEQ(b.CreateAdd(rows, across), gen.index(2 * p.tile));
    if (p.outHeight >= p.tile && p.outWidth >= p.tile)
      gen.ifThen(isWhole, whole);
    gen.ifThen(b.CreateNot(isWhole), [&] {
      for (size_t i = 0; i < pixels.size(); ++i)
        emitter.store(c.element, pixels[i], outputTile, gen.index(0), static_cast<int64_t>(i) * choice.lanes);
      gen.loop(gen.index(0), rows, 1, [&](llvm::Value *i) {
        gen.loop(gen.index(0), across, 1, [&](llvm::Value *j) {
          llvm::Value *pixel = gen.mul(gen.add(gen.mul(i, p.tile), j), choice.lanes);
          llvm::Value *value = emitter.load(c.element, outputTile, pixel, choice.lanes);
          Finisher(epilogue, gen.add(row, gen.add(gen.mul(i, p.outWidth), j)), column).add(value, {0, displacement, valid});
        }, kRolled);
      }, kRolled);
    });
  }

  RegionEmitter &emitter;
  IRGen &gen;
  llvm::IRBuilder<> &b;
  const Contraction &c;
  const Choice &choice;
  Epilogue &epilogue;
  WinogradPlan p;
  const nn::Winograd &matrices;
  Contraction channelSum;
  // Parts of the scratch.
  llvm::Value *inputs = nullptr, *products = nullptr, *outputTile = nullptr;
  llvm::Value *firstTile = nullptr; // of the block
};

} // namespace

void emitWinograd(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue) {
  WinogradKernel(emitter, c, choice, epilogue).emit();
}

} // namespace aotc::cpu
