// Which kernel computes a contraction, and with which tiles.
#ifndef AOTC_BACKENDS_CPU_KERNELS_CHOICE_H
#define AOTC_BACKENDS_CPU_KERNELS_CHOICE_H

#include <algorithm>
#include <limits>

#include "backends/cpu/Isa.h"
#include "backends/cpu/kernels/Contraction.h"

namespace aotc::cpu {

struct Choice {
  enum class Kernel { Gemm, Gemv, Depthwise, Winograd };
  enum class Rhs { Packed, PackedAtRunTime, Direct };
  Kernel kernel = Kernel::Gemm;
  Rhs rhs = Rhs::Packed;
  int64_t elementBytes = 4; // of sums and of rhs, of which four bytes are one
  int64_t lhsBytes = 4;
  int64_t lanes = 1;   // elements of a vector
  int64_t vectors = 1; // of a tile
  // Columns of a panel of rhs. Variants of one object for several CPUs share
  // the panels: tiles then are wider or narrower than a panel.
  int64_t panelWidth = 1;
  // What a Winograd kernel takes at most if it can do with less, in bytes. The
  // scratch of the region when its code is emitted, which gives a plan within it.
  int64_t scratchLimit = std::numeric_limits<int64_t>::max();

  int64_t tileWidth() const { return lanes * vectors; }
  bool bytes() const { return lhsBytes < elementBytes; }
  llvm::StringRef name() const;
  // Rows of the largest tile for products of `productRows` rows.
  int64_t rows(const Isa &isa, int64_t productRows) const;
};

// Of the op that unpacks a packed operand: tiles are as wide as panels, because tuning found so.
inline constexpr char kWholeTilesAttr[] = "whole_tiles";

// None when the generic path does better. Once rhs is packed, the choice is one for its panels.
std::optional<Choice> chooseKernel(const Contraction &c, const Isa &isa);

// The width of panels that serve all `choices` of one contraction best.
int64_t commonPanelWidth(llvm::ArrayRef<Choice> choices);

// Rows of a register tile of `vectors` vectors: accumulators, one load per
// vector and one broadcast fill the registers without spilling. `bytes`: of products of bytes.
int64_t tileRows(const Isa &isa, int64_t vectors, bool bytes = false);

// `count` pixels in as few tiles of at most `most` as possible, sizes as even
// as possible: `large` tiles of `size`, then `small` tiles of `size - 1`.
struct Split {
  int64_t size, large, small;
  int64_t tiles() const { return large + small; }
  // Of tile `t`: its pixels, and the first of them.
  int64_t sizeOf(int64_t t) const { return size - (t >= large); }
  int64_t startOf(int64_t t) const { return t * size - std::max<int64_t>(t - large, 0); }
};
Split splitEvenly(int64_t count, int64_t most);

// The most parts that the work of a depthwise kernel divides into.
int64_t depthwiseParts(const Contraction &c, const Isa &isa);

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

// Runs of columns that a matrix-vector kernel walks together: one stream of
// reads does not fill the memory's bandwidth.
int64_t gemvStreams(const Contraction &c, const Choice &choice, const Isa &isa);

// Of scratch memory that each range of tasks has for itself, at most.
inline constexpr int64_t kMostCopies = 4;

// How the tasks of the kernel's stage share its work. Depthwise kernels share
// lines; for Winograd kernels see WinogradPlan.
struct Division {
  enum class Along {
    Products, // the batch
    Groups,
    Pixels, // units of the tiling
    Columns, // of tiles, and units within them
  };
  Along along = Along::Pixels;
  int64_t tasks = 1;
};
Division chooseDivision(const Contraction &c, const Choice &choice, const Isa &isa);

// Temporary memory of one call, in bytes: panels that all products share, then
// for each range of tasks the bordered image and panels of the product at hand;
// or what a Winograd kernel keeps of its tiles.
struct Scratch {
  int64_t border = 0, panels = 0, winograd = 0;
  bool sharedPanels = true;
  int64_t copies = 1; // of what belongs to one product
  int64_t copyBytes() const { return border + (sharedPanels ? 0 : panels); }
  int64_t total() const { return winograd + copies * copyBytes() + (sharedPanels ? panels : 0); }
};
Scratch scratchOf(const Contraction &c, const Choice &choice, const Isa &isa);

} // namespace aotc::cpu
#endif
