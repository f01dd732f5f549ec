// The reduction loop of a register tile, shared by the matrix-matrix and the
// matrix-vector kernels.
#ifndef AOTC_BACKENDS_CPU_KERNELS_PRODUCT_H
#define AOTC_BACKENDS_CPU_KERNELS_PRODUCT_H

#include "backends/cpu/codegen/RegionEmitter.h"
#include "backends/cpu/kernels/Choice.h"
#include "backends/cpu/kernels/Epilogue.h"

namespace aotc::cpu {

// Where the columns of a tile lie in rhs, the first group's: tile number `tile`
// of those that are choice.tileWidth() wide, and its column `column` from there.
llvm::Value *tileAddress(RegionEmitter &emitter, const Contraction &c, const Choice &choice, llvm::Value *rhs,
                         llvm::Value *tile);
int64_t columnOffset(const Contraction &c, const Choice &choice, int64_t column);

// A tile multiplies pixels of lhs with `streams.size()` runs of `vectors`
// vectors, which advance together by `rhsRow` elements a reduction step.
struct Tile {
  llvm::Value *lhs = nullptr;            // of the tile's first pixel
  llvm::SmallVector<int64_t, 16> pixels; // displacement of each pixel from there, in elements
  llvm::SmallVector<llvm::Value *, 4> streams;
  int64_t vectors = 1;
  int64_t rhsRow = 0;
  // Lanes of the last vector that may be read, for rhs without padding.
  int64_t readable = 0;
  // Independent sums over interleaved reduction steps, where a tile has too
  // few accumulators to hide the latency of one multiply-add.
  int64_t chains = 1;
  // Where to prefetch while streams[0] is read, one row of the tile's columns
  // every trip of the innermost loop; null: nowhere.
  llvm::Value *ahead = nullptr;
};

// What the sums of vector number `vector` of a tile start from: its columns' bias and, of bytes, the first row of the
// panel at `rhs`. `valid` of its lanes count.
llvm::Value *initialSums(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
                         llvm::Value *rhs, llvm::Value *column, int64_t vector, int64_t valid);

// Adds the product to `initial`; accumulators are ordered [pixel][stream][vector].
Values accumulate(RegionEmitter &emitter, const Contraction &c, const Choice &choice, const Tile &tile,
                  llvm::ArrayRef<llvm::Value *> initial);

} // namespace aotc::cpu
#endif
