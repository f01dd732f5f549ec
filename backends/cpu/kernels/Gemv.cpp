// Products with one or two rows: bound by reading rhs once.
#include "backends/cpu/kernels/Kernels.h"
#include "backends/cpu/kernels/Product.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

namespace {

class Gemv {
public:
  Gemv(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue, const Product &product)
      : emitter(emitter), gen(emitter.gen), c(c), choice(choice), epilogue(epilogue), product(product) {}

  void emit() {
    int64_t width = choice.tileWidth(), full = c.columns / width, rest = c.columns % width;
    int64_t streams = gemvStreams(c, choice, emitter.isa), trips = full / streams, left = full % streams;
    // Stream s covers the columns of tiles [s * trips, (s + 1) * trips).
    shared(trips, [&](llvm::Value *first) { tile(first, trips, streams, choice.vectors, choice.lanes); });
    if (left > 0)
      shared(1, [&](llvm::Value *) { tile(gen.index(full - left), 1, left, choice.vectors, choice.lanes); });
    if (rest > 0) {
      int64_t vectors = llvm::divideCeil(rest, choice.lanes);
      shared(1, [&](llvm::Value *) {
        tile(gen.index(full), 0, 1, vectors, rest - (vectors - 1) * choice.lanes);
      });
    }
  }

private:
  void shared(int64_t trips, llvm::function_ref<void(llvm::Value *)> body) {
    RegionEmitter::Share share = emitter.share(trips);
    gen.loop(share.lo, share.hi, 1, body, LoopHints{/*mayUnroll=*/false});
  }

  // `streams` runs of columns from tile number `first` on, `distance` tiles apart.
  void tile(llvm::Value *first, int64_t distance, int64_t streams, int64_t vectors, int64_t valid) {
    bool direct = choice.rhs == Choice::Rhs::Direct;
    Tile t;
    t.lhs = product.lhs;
    for (int64_t m = 0; m < c.rows; ++m)
      t.pixels.push_back(m * c.pixels.back().stride);
    t.vectors = vectors;
    t.rhsRow = direct ? c.rhsRowStride : choice.panelWidth;
    t.readable = direct ? valid : choice.lanes;
    Values columns, initial;
    for (int64_t s = 0; s < streams; ++s) {
      llvm::Value *number = gen.add(first, s * distance);
      columns.push_back(gen.add(product.column, gen.mul(number, choice.tileWidth())));
      t.streams.push_back(tileAddress(emitter, c, choice, product.rhs, number));
    }
    auto validOf = [&](int64_t v) { return v + 1 == vectors ? valid : choice.lanes; };
    for (int64_t m = 0; m < c.rows; ++m)
      for (auto [stream, column] : llvm::enumerate(columns))
        for (int64_t v = 0; v < vectors; ++v)
          initial.push_back(initialSums(emitter, c, choice, epilogue, t.streams[stream], column, v, validOf(v)));
    constexpr size_t kSumsInFlight = 8; // two multiply-adds a cycle of latency four
    t.chains = std::min<int64_t>(llvm::bit_floor(std::max<uint64_t>(kSumsInFlight / initial.size(), 1)), 4);
    Values sums = accumulate(emitter, c, choice, t, initial);
    size_t next = 0;
    for (int64_t m = 0; m < c.rows; ++m)
      for (llvm::Value *column : columns) {
        Finisher finisher(epilogue, product.row, column);
        for (int64_t v = 0; v < vectors; ++v)
          finisher.add(sums[next++], {m, v * choice.lanes, validOf(v)});
      }
  }

  RegionEmitter &emitter;
  IRGen &gen;
  const Contraction &c;
  const Choice &choice;
  Epilogue &epilogue;
  const Product &product;
};

} // namespace

void emitGemv(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
              const Product &product) {
  Gemv(emitter, c, choice, epilogue, product).emit();
}

} // namespace aotc::cpu
