// Which kernel computes a contraction, and with which tiles.
#ifndef AOTC_BACKENDS_CPU_KERNELS_CHOICE_H
#define AOTC_BACKENDS_CPU_KERNELS_CHOICE_H

#include "backends/cpu/Isa.h"
#include "backends/cpu/kernels/Contraction.h"

namespace aotc::cpu {

struct Choice {
  enum class Kernel { Gemm, Gemv, Depthwise };
  enum class Rhs { Packed, PackedAtRunTime, Direct };
  Kernel kernel = Kernel::Gemm;
  Rhs rhs = Rhs::Packed;
  int64_t elementBytes = 4;
  int64_t lanes = 1;   // elements of a vector
  int64_t vectors = 1; // of a panel

  int64_t panelWidth() const { return lanes * vectors; }
  llvm::StringRef name() const;
  // Rows of the largest tile for products of `productRows` rows.
  int64_t rows(const Isa &isa, int64_t productRows) const;
};

// None when the generic path does better.
std::optional<Choice> chooseKernel(const Contraction &c, const Isa &isa);

// Rows of a register tile of `vectors` vectors: accumulators, one load per
// vector and one broadcast fill the registers without spilling.
int64_t tileRows(const Isa &isa, int64_t vectors);

// `count` pixels in as few tiles of at most `most` as possible, sizes as even
// as possible: `large` tiles of `size`, then `small` tiles of `size - 1`.
struct Split {
  int64_t size, large, small;
  int64_t tiles() const { return large + small; }
};
Split splitEvenly(int64_t count, int64_t most);

// How a panel walks over the pixels. A unit is what one step of the outer loop covers.
struct Tiling {
  enum class Mode {
    Flat,     // evenly strided pixels: a unit is a tile
    Rows,     // tiles within a row: a unit is a row
    Unrolled, // small images: a unit is `unitRows` rows, its tiles cross them at fixed displacements
  };
  Mode mode = Mode::Flat;
  Split split{};         // of all pixels, of a row, of a unit
  int64_t unitRows = 1;
  int64_t units = 0;
  int64_t unitsPerBlock = 0; // as many as keep their share of lhs in half of L2
};
Tiling chooseTiling(const Contraction &c, const Choice &choice, const Isa &isa, int64_t vectors);

// Temporary memory of one call: the bordered image, then the panels. In bytes.
struct Scratch {
  int64_t border = 0, panels = 0;
  int64_t total() const { return border + panels; }
};
Scratch scratchOf(const Contraction &c, const Choice &choice);

} // namespace aotc::cpu
#endif
