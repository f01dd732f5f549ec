#include "backends/cpu/kernels/Product.h"

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
      return run(dim + 1, at(lhs, gen.mul(i, steps.stride)), moved, ahead ? at(ahead, rows) : nullptr,
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

  Values innermost(const Step &steps, llvm::Value *lhs, llvm::ArrayRef<llvm::Value *> streams, llvm::Value *ahead,
                   Values sums) {
    int64_t unroll = unrollOf(steps.extent, tile.chains), main = steps.extent / unroll * unroll;
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
      step(steps, lhs, streams, gen.index(main), k - main, sums);
    return sums;
  }

  // One reduction step: k + u of the innermost loop.
  void step(const Step &steps, llvm::Value *lhs, llvm::ArrayRef<llvm::Value *> streams, llvm::Value *k, int64_t u,
            Values &sums) {
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
      llvm::Value *scalar = emitter.load(c.element, lhs, lhsOffset, 1, pixel + u * steps.stride);
      llvm::Value *spread = gen.splat(scalar, choice.lanes);
      for (llvm::Value *vector : rhs) {
        sums[sum] = gen.fma(spread, vector, sums[sum]);
        ++sum;
      }
    }
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

Values accumulate(RegionEmitter &emitter, const Contraction &c, const Choice &choice, const Tile &tile,
                  llvm::ArrayRef<llvm::Value *> initial) {
  Values sums(initial);
  sums.append(initial.size() * (tile.chains - 1), emitter.gen.zero(initial[0]->getType()));
  sums = ProductLoops(emitter, c, choice, tile).run(0, tile.lhs, tile.streams, tile.ahead, sums);
  for (size_t chain = tile.chains; chain-- > 1;)
    for (size_t i = 0; i < initial.size(); ++i)
      sums[i] = emitter.gen.builder.CreateFAdd(sums[i], sums[chain * initial.size() + i]);
  sums.resize(initial.size());
  return sums;
}

} // namespace aotc::cpu
