#include "backends/cpu/kernels/Product.h"
#include "backends/cpu/kernels/Dot.h"

namespace aotc::cpu {

namespace {

// Trips of the innermost loop that are laid out one after the other. The loop
// stays rolled beyond that: in long straight lines equal broadcasts of
// neighbouring pixels are merged and spill.
int64_t unrollOf(int64_t extent, int64_t chains) {
  if (chains > 1)
    return chains;
  for (int64_t unroll : {4, 5, 3, 2})
    if (extent % unroll == 0)
      return unroll;
  return 4;
}

class ProductLoops {
public:
  ProductLoops(RegionEmitter &emitter, const Contraction &c, const Choice &choice, const Tile &tile)
      : emitter(emitter), gen(emitter.gen), c(c), choice(choice), tile(tile) {}

  // Loops over steps[dim...] from the given addresses.
  Values run(size_t dim, llvm::Value *lhs, llvm::ArrayRef<llvm::Value *> streams, llvm::Value *ahead, Values sums) {
    const Step &steps = c.steps[dim];
    if (dim + 1 == c.steps.size())
      return innermost(steps, lhs, streams, ahead, sums);
    auto body = [&](llvm::Value *i, llvm::ArrayRef<llvm::Value *> carried) {
      llvm::Value *rows = gen.mul(i, steps.rows * tile.rhsRow);
      Values moved;
      for (llvm::Value *stream : streams)
        moved.push_back(at(stream, rows));
      return run(dim + 1, lhsAt(lhs, gen.mul(i, steps.stride)), moved, ahead ? at(ahead, rows) : nullptr,
                 Values(carried));
    };
    return gen.loop(0, steps.extent, 1, sums, body, kRolled);
  }

private:
  static constexpr int64_t kLineBytes = 64;
  static constexpr LoopHints kRolled{/*mayUnroll=*/false};

  llvm::Value *at(llvm::Value *base, llvm::Value *offset, int64_t displacement = 0) {
    return gen.address(base, offset, choice.elementBytes, displacement);
  }
  llvm::Value *lhsAt(llvm::Value *base, llvm::Value *offset, int64_t displacement = 0) {
    return gen.address(base, offset, choice.lhsBytes, displacement);
  }

  Values innermost(const Step &steps, llvm::Value *lhs, llvm::ArrayRef<llvm::Value *> streams, llvm::Value *ahead,
                   Values sums) {
    int64_t whole = steps.extent - (c.tail > 0);
    int64_t unroll = unrollOf(whole, tile.chains), main = whole / unroll * unroll;
    auto body = [&](llvm::Value *k, llvm::ArrayRef<llvm::Value *> carried) {
      Values next(carried);
      for (int64_t column = 0; ahead && column < choice.tileWidth(); column += kLineBytes / choice.elementBytes)
        gen.prefetch(at(ahead, gen.mul(k, steps.rows * tile.rhsRow), columnOffset(c, choice, column)));
      for (int64_t u = 0; u < unroll; ++u)
        step(steps, lhs, streams, k, u, next);
      return next;
    };
    sums = gen.loop(0, main, unroll, sums, body, kRolled);
    for (int64_t k = main; k < steps.extent; ++k)
      step(steps, lhs, streams, gen.index(main), k - main, sums, k < whole ? 0 : c.tail);
    return sums;
  }

  // One reduction step: k + u of the innermost loop.
  // `tail`: that many bytes of lhs may be read, 0: all.
  void step(const Step &steps, llvm::Value *lhs, llvm::ArrayRef<llvm::Value *> streams, llvm::Value *k, int64_t u,
            Values &sums, int64_t tail = 0) {
    size_t perChain = sums.size() / tile.chains;
    llvm::Value *rhsOffset = gen.mul(k, steps.rows * tile.rhsRow), *lhsOffset = gen.mul(k, steps.stride);
    Values rhs;
    for (llvm::Value *stream : streams)
      for (int64_t v = 0; v < tile.vectors; ++v) {
        bool last = v + 1 == tile.vectors && tile.readable > 0;
        rhs.push_back(loadVector(at(stream, rhsOffset,
                                    u * steps.rows * tile.rhsRow + columnOffset(c, choice, v * choice.lanes)),
                                 last ? tile.readable : choice.lanes));
      }
    size_t sum = u % tile.chains * perChain;
    for (int64_t pixel : tile.pixels) {
      llvm::Value *from = lhsAt(lhs, lhsOffset, pixel + u * steps.stride);
      llvm::Value *scalar = c.bytes ? quad(from, tail) : gen.load(emitter.memoryType(c.element), from);
      llvm::Value *spread = gen.splat(scalar, choice.lanes);
      for (llvm::Value *vector : rhs) {
        sums[sum] = c.words   ? emitDotOfWords(gen, sums[sum], spread, vector)
                    : c.bytes ? emitDot(gen, sums[sum], spread, vector, c.exactPairs)
                              : gen.fma(spread, vector, sums[sum]);
        ++sum;
      }
    }
  }

  // Four bytes as unsigned ones, of which the last may not be read: weights are zero there.
  llvm::Value *quad(llvm::Value *from, int64_t tail) {
    auto &b = gen.builder;
    auto part = [&](llvm::Type *type, int64_t at) -> llvm::Value * {
      llvm::Value *loaded = b.CreateAlignedLoad(type, gen.address(from, gen.index(at), 1), llvm::Align(1));
      return type == gen.i32() ? loaded : b.CreateShl(b.CreateZExt(loaded, gen.i32()), 8 * at);
    };
    llvm::Value *word = tail == 0   ? part(gen.i32(), 0)
                        : tail == 1 ? part(gen.i8(), 0)
                        : tail == 2 ? part(b.getInt16Ty(), 0)
                                    : b.CreateOr(part(b.getInt16Ty(), 0), part(gen.i8(), 2));
    // Signed ones are 128 less; the panel's first row makes up for that.
    return c.words || c.lhsElement.isUnsignedInteger() ? word : b.CreateXor(word, gen.constantInt(gen.i32(), 0x80808080));
  }

  // `count` lanes from memory, the rest undefined.
  llvm::Value *loadVector(llvm::Value *pointer, int64_t count) {
    llvm::Type *type = emitter.registerType(c.element, count);
    llvm::Value *value = gen.load(type, pointer);
    if (count == choice.lanes)
      return value;
    if (count == 1)
      return gen.splat(value, choice.lanes);
    llvm::SmallVector<int> mask(choice.lanes, 0);
    for (int64_t i = 0; i < count; ++i)
      mask[i] = i;
    return gen.builder.CreateShuffleVector(value, mask);
  }

  RegionEmitter &emitter;
  IRGen &gen;
  const Contraction &c;
  const Choice &choice;
  const Tile &tile;
};

} // namespace

llvm::Value *tileAddress(RegionEmitter &emitter, const Contraction &c, const Choice &choice, llvm::Value *rhs,
                         llvm::Value *tile) {
  IRGen &gen = emitter.gen;
  auto at = [&](llvm::Value *base, llvm::Value *offset) { return gen.address(base, offset, choice.elementBytes); };
  int64_t tileWidth = choice.tileWidth();
  if (choice.rhs == Choice::Rhs::Direct)
    return at(rhs, gen.mul(tile, tileWidth));
  if (choice.panelWidth <= tileWidth) // a tile is some panels
    return at(rhs, gen.mul(tile, tileWidth * c.depth));
  llvm::Value *perPanel = gen.index(choice.panelWidth / tileWidth);
  llvm::Value *panel = gen.builder.CreateUDiv(tile, perPanel), *part = gen.builder.CreateURem(tile, perPanel);
  return at(at(rhs, gen.mul(panel, choice.panelWidth * c.depth)), gen.mul(part, tileWidth));
}

int64_t columnOffset(const Contraction &c, const Choice &choice, int64_t column) {
  if (choice.rhs == Choice::Rhs::Direct)
    return column;
  return column / choice.panelWidth * choice.panelWidth * c.depth + column % choice.panelWidth;
}

llvm::Value *initialSums(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
                         llvm::Value *rhs, llvm::Value *column, int64_t vector, int64_t valid) {
  IRGen &gen = emitter.gen;
  llvm::Value *bias = epilogue.initial(column, vector * choice.lanes, choice.lanes, valid);
  if (!c.bytes)
    return bias;
  llvm::Value *at = gen.address(rhs, gen.index(columnOffset(c, choice, vector * choice.lanes)), choice.elementBytes);
  return gen.builder.CreateAdd(bias, gen.load(emitter.registerType(c.element, choice.lanes), at));
}

Values accumulate(RegionEmitter &emitter, const Contraction &c, const Choice &choice, const Tile &tile,
                  llvm::ArrayRef<llvm::Value *> initial) {
  Values sums(initial);
  sums.append(initial.size() * (tile.chains - 1), emitter.gen.zero(initial[0]->getType()));
  IRGen &gen = emitter.gen;
  Values streams(tile.streams.begin(), tile.streams.end());
  if (c.bytes && !c.words) // past the first row
    for (llvm::Value *&stream : streams)
      stream = gen.address(stream, gen.index(tile.rhsRow), choice.elementBytes);
  sums = ProductLoops(emitter, c, choice, tile).run(0, tile.lhs, streams, tile.ahead, sums);
  auto add = [&](llvm::Value *x, llvm::Value *y) { return c.bytes ? gen.builder.CreateAdd(x, y) : gen.builder.CreateFAdd(x, y); };
  for (size_t chain = tile.chains; chain-- > 1;)
    for (size_t i = 0; i < initial.size(); ++i)
      sums[i] = add(sums[i], sums[chain * initial.size() + i]);
  sums.resize(initial.size());
  return sums;
}

} // namespace aotc::cpu
