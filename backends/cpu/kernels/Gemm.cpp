// Matrix-matrix products and convolutions as implicit ones: for each block of
// pixels, for the columns of each tile, for each tile's pixels.
#include "backends/cpu/kernels/Kernels.h"
#include "backends/cpu/kernels/Product.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

class Gemm {
public:
  Gemm(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue, const Product &product,
       const Lines *lines = nullptr)
      : emitter(emitter), gen(emitter.gen), c(c), choice(choice), epilogue(epilogue), product(product), lines(lines) {}

  void emit() {
    int64_t width = choice.tileWidth(), full = c.columns / width, rest = c.columns % width;
    if (full > 0)
      columns(0, full, choice.vectors, choice.lanes);
    if (rest > 0) {
      int64_t vectors = llvm::divideCeil(rest, choice.lanes);
      columns(full, 1, vectors, rest - (vectors - 1) * choice.lanes);
    }
  }

private:
  // The tiles' columns [first, first + count), of which `vectors` vectors are
  // computed and `valid` lanes of the last one stored.
  void columns(int64_t first, int64_t count, int64_t vectors, int64_t valid) {
    this->vectors = vectors;
    this->valid = valid;
    if (lines) {
      tiling.mode = Tiling::Mode::Rows;
      tiling.split = splitEvenly(c.pixels.back().extent, tileRows(emitter.isa, vectors, c.bytes));
      return gen.loop(first, first + count, 1,
                      [&](llvm::Value *number) { tileUnits(number, lines->begin, lines->end); }, kRolled);
    }
    tiling = chooseTiling(c, choice, emitter.isa, vectors);
    prefetch = prefetchPays(count);
    int64_t perBlock = count == 1 ? tiling.units : tiling.unitsPerBlock;
    if (product.sharesColumns && perBlock == tiling.units)
      return sharedColumns(first, count);
    RegionEmitter::Share share = emitter.share(tiling.units);
    gen.loop(share.lo, share.hi, perBlock, [&](llvm::Value *unit) {
      llvm::Value *end = share.hi;
      if (perBlock < tiling.units)
        end = gen.smaller(gen.add(unit, perBlock), end);
      gen.loop(first, first + count, 1, [&](llvm::Value *number) { tileUnits(number, unit, end); }, kRolled);
    }, kRolled);
  }

  // The same when ranges of tasks cover parts of all units of all tiles' columns, laid end to end.
  void sharedColumns(int64_t first, int64_t count) {
    RegionEmitter::Share share = emitter.share(count * tiling.units);
    auto &b = gen.builder;
    llvm::Value *size = gen.index(tiling.units);
    llvm::Value *end = b.CreateUDiv(gen.add(share.hi, tiling.units - 1), size);
    gen.loop(b.CreateUDiv(share.lo, size), end, 1, [&](llvm::Value *number) {
      llvm::Value *start = gen.mul(number, tiling.units);
      tileUnits(gen.add(number, first), gen.larger(b.CreateSub(share.lo, start), gen.index(0)),
                gen.smaller(b.CreateSub(share.hi, start), size));
    }, kRolled);
  }

  void tileUnits(llvm::Value *number, llvm::Value *begin, llvm::Value *end) {
    column = gen.add(product.column, gen.mul(number, choice.tileWidth()));
    rhs = tileAddress(emitter, c, choice, product.rhs, number);
    units(begin, end);
  }

  // Columns that come from L3 or memory and serve few tiles: the tiles of the
  // columns before fetch them. Each of four successive tiles takes every fourth row.
  bool prefetchPays(int64_t count) const {
    constexpr int64_t kFewTiles = 64;
    int64_t rhsBytes = count * c.depth * choice.tileWidth() * choice.elementBytes;
    return choice.rhs == Choice::Rhs::Packed && count > 1 && choice.tileWidth() >= choice.panelWidth &&
           rhsBytes > emitter.isa.l2Bytes / 2 && tiling.mode != Tiling::Mode::Rows &&
           tiling.unitsPerBlock * tiling.split.tiles() >= 4 && c.rows / tiling.split.size <= kFewTiles;
  }

  void units(llvm::Value *begin, llvm::Value *end) {
    switch (tiling.mode) {
    case Tiling::Mode::Flat:
      return tiles(begin, end, tiling.split, gen.index(0), product.lhs);
    case Tiling::Mode::Rows:
      return gen.loop(begin, end, 1, [&](llvm::Value *row) {
        Line line = lineAt(row);
        tiles(gen.index(0), gen.index(tiling.split.tiles()), tiling.split, line.row, line.lhs);
      }, kRolled);
    case Tiling::Mode::Unrolled:
      return gen.loop(begin, end, 1, [&](llvm::Value *unit) { crossingTiles(unit); }, kRolled);
    }
  }

  // A pixel of a tile: displacements in lhs (elements) and in the output (rows).
  struct Place {
    int64_t lhs, row;
  };
  using Places = llvm::SmallVector<Place, 16>;

  // Tiles [begin, end) of a run of evenly strided pixels that starts at output row `row`.
  void tiles(llvm::Value *begin, llvm::Value *end, const Split &split, llvm::Value *row, llvm::Value *lhs) {
    auto sized = [&](int64_t lo, int64_t hi, int64_t size) {
      if (lo == hi || size == 0)
        return;
      // The part of a block that lies in a run of tiles.
      gen.loop(gen.larger(begin, gen.index(lo)), gen.smaller(end, gen.index(hi)), 1, [&](llvm::Value *t) {
        // Tile t of this size starts after `lo` tiles that are one pixel larger.
        llvm::Value *pixel = gen.add(gen.mul(t, size), lo);
        Places places;
        for (int64_t m = 0; m < size; ++m)
          places.push_back({m * c.pixels.back().stride, m * rowStep(c.pixels.size() - 1)});
        llvm::Value *offset = gen.mul(pixel, c.pixels.back().stride);
        tile(gen.address(lhs, offset, choice.lhsBytes), places,
             gen.add(row, gen.mul(pixel, rowStep(c.pixels.size() - 1))), t);
      }, kRolled);
    };
    sized(0, split.large, split.size);
    sized(split.large, split.tiles(), split.size - 1);
  }

  void crossingTiles(llvm::Value *unit) {
    size_t last = c.pixels.size() - 1;
    const Dim &across = c.pixels[last], &down = c.pixels[last - 1];
    Line line = lineAt(gen.mul(unit, tiling.unitRows));
    int64_t pixel = 0;
    for (int64_t t = 0; t < tiling.split.tiles(); ++t) {
      int64_t size = tiling.split.size - (t >= tiling.split.large);
      Places places;
      for (int64_t m = pixel; m < pixel + size; ++m) {
        int64_t y = m / across.extent, x = m % across.extent;
        places.push_back({y * down.stride + x * across.stride, y * rowStep(last - 1) + x * rowStep(last)});
      }
      tile(line.lhs, places, line.row, gen.index(t));
      pixel += size;
    }
  }

  // Output rows between neighbours along dimension d of the pixels.
  int64_t rowStep(size_t d) const {
    if (!c.outputRows.empty())
      return c.outputRows[d];
    int64_t step = 1;
    for (size_t i = d + 1; i < c.pixels.size(); ++i)
      step *= c.pixels[i].extent;
    return step;
  }

  // The first pixel of a line (all pixel dimensions but the last, flattened): its address and output row.
  struct Line {
    llvm::Value *lhs, *row;
  };
  Line lineAt(llvm::Value *number) {
    if (lines) {
      llvm::Value *from = gen.mul(number, c.pixels[0].stride / lines->inputPitch);
      from = lines->inputFirst ? gen.builder.CreateSub(from, lines->inputFirst) : inRing(from, lines->inputRing);
      return {gen.address(product.lhs, gen.mul(from, lines->inputPitch), choice.lhsBytes),
              gen.mul(inRing(number, lines->outputRing), c.pixels.back().extent)};
    }
    llvm::Value *offset = gen.index(0), *row = gen.index(0), *rest = number;
    for (size_t d = c.pixels.size() - 1; d-- > 0;) {
      llvm::Value *extent = gen.index(c.pixels[d].extent);
      llvm::Value *position = d ? gen.builder.CreateURem(rest, extent) : rest;
      rest = d ? gen.builder.CreateUDiv(rest, extent) : rest;
      offset = gen.add(offset, gen.mul(position, c.pixels[d].stride));
      row = gen.add(row, gen.mul(position, rowStep(d)));
    }
    if (c.outputRows.empty())
      row = gen.mul(number, c.pixels.back().extent);
    return {gen.address(product.lhs, offset, choice.lhsBytes), row};
  }

  llvm::Value *inRing(llvm::Value *line, int64_t ring) {
    return ring ? gen.builder.CreateURem(line, gen.index(ring)) : line;
  }

  // Number `ordinal` of the tiles of these columns.
  void tile(llvm::Value *lhs, const Places &places, llvm::Value *row, llvm::Value *ordinal) {
    Tile t;
    t.lhs = lhs;
    for (const Place &place : places)
      t.pixels.push_back(place.lhs);
    t.streams = {rhs};
    t.vectors = vectors;
    bool direct = choice.rhs == Choice::Rhs::Direct;
    t.rhsRow = direct ? c.rhsRowStride : choice.panelWidth;
    t.readable = direct ? valid : choice.lanes;
    if (prefetch) {
      llvm::Value *part = gen.mul(gen.builder.CreateAnd(ordinal, 3), choice.panelWidth);
      t.ahead = gen.address(rhs, part, choice.elementBytes, c.depth * choice.tileWidth());
    }
    Values first;
    for (int64_t v = 0; v < vectors; ++v)
      first.push_back(initialSums(emitter, c, choice, epilogue, rhs, column, v, validOf(v)));
    Values initial;
    for (size_t m = 0; m < places.size(); ++m)
      initial.append(first);
    Values sums = accumulate(emitter, c, choice, t, initial);
    llvm::Value *outRow = gen.add(product.row, row);
    Finisher finisher(epilogue, outRow, column);
    for (size_t m = 0; m < places.size(); ++m)
      for (int64_t v = 0; v < vectors; ++v)
        finisher.add(sums[m * vectors + v], {places[m].row, v * choice.lanes, validOf(v)});
  }

  int64_t validOf(int64_t vector) const { return vector + 1 == vectors ? valid : choice.lanes; }

  static constexpr LoopHints kRolled{/*mayUnroll=*/false};

  RegionEmitter &emitter;
  IRGen &gen;
  const Contraction &c;
  const Choice &choice;
  Epilogue &epilogue;
  const Product &product;
  const Lines *lines; // null: all of the product
  // Of the columns being emitted.
  Tiling tiling;
  int64_t vectors = 0, valid = 0;
  bool prefetch = false;
  llvm::Value *rhs = nullptr, *column = nullptr;
};

} // namespace

void emitGemm(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
              const Product &product) {
  Gemm(emitter, c, choice, epilogue, product).emit();
}

void emitGemmLines(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
                   llvm::Value *rhs, const Lines &lines) {
  Product product{lines.input, rhs, emitter.gen.index(0), emitter.gen.index(0)};
  Gemm(emitter, c, choice, epilogue, product, &lines).emit();
}

} // namespace aotc::cpu
