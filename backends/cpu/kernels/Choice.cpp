#include "backends/cpu/kernels/Choice.h"

#include <numeric>

#include "backends/cpu/codegen/Tasks.h"
#include "backends/cpu/kernels/Dot.h"
#include "backends/cpu/kernels/Kernels.h"
#include "backends/cpu/kernels/WinogradPlan.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"

namespace aotc::cpu {

llvm::StringRef Choice::name() const {
  switch (kernel) {
  case Kernel::Gemm:
    return "gemm";
  case Kernel::Gemv:
    return "gemv";
  case Kernel::Depthwise:
    return "depthwise";
  case Kernel::Winograd:
    return "winograd";
  }
  llvm_unreachable("unknown kernel");
}

int64_t Choice::rows(const Isa &isa, int64_t productRows) const {
  if (kernel == Kernel::Winograd)
    return tileRows(isa, vectors);
  return kernel == Kernel::Gemm ? splitEvenly(productRows, tileRows(isa, vectors, bytes())).size : productRows;
}

int64_t tileRows(const Isa &isa, int64_t vectors, bool bytes) {
  // Without a fused multiply-add the products need registers of their own.
  int64_t spare = bytes ? 1 + dotRegisters(isa) : isa.hasFma ? 1 : 5;
  int64_t rows = (isa.numVectorRegisters - vectors - spare) / vectors;
  // More rows than this no longer save loads, and leave the scheduler no
  // registers for the loads that it moves ahead: 14x32 on AVX-512 spills.
  return std::clamp<int64_t>(rows, 1, 12);
}

// Tiles of two vectors balance loads and multiply-adds on 16 registers; the
// short vectors of 32-register machines take four.
static int64_t tileVectors(const Isa &isa, int64_t lanes, int64_t columns, bool bytes) {
  int64_t wide = isa.numVectorRegisters >= 32 && lanes * 4 <= 16 ? 4 : 2;
  int64_t needed = llvm::divideCeil(columns, lanes);
  if (needed <= wide + 1 && tileRows(isa, needed, bytes) >= 4)
    return needed; // one tile without padding
  return std::min(wide, needed);
}

// Lanes of the vectors that cover `columns` in the least time: where the widest
// ones are mostly padding, or run at half the rate, half as many.
static int64_t denseLanes(const Isa &isa, int64_t elementBytes, int64_t columns) {
  int64_t widest = isa.lanes(elementBytes);
  if (isa.numVectorRegisters < 32 || widest * elementBytes < 64)
    return widest;
  auto turns = [&](int64_t lanes) {
    return llvm::divideCeil(columns, lanes) * llvm::divideCeil(lanes * elementBytes, isa.datapathBytes);
  };
  return columns <= widest / 2 || turns(widest / 2) < turns(widest) ? widest / 2 : widest;
}

// Turns to tiles that divide the panels that rhs has, or are made up of them.
// False when there are none.
static bool fitToPanels(const Contraction &c, const Isa &isa, Choice &choice) {
  choice.rhs = Choice::Rhs::Packed;
  choice.panelWidth = c.panelWidth();
  if (choice.panelWidth == 0 || choice.panelWidth % choice.lanes != 0)
    return false;
  int64_t whole = choice.panelWidth / choice.lanes, tile = choice.tileWidth();
  bool wantsWhole = choice.kernel == Choice::Kernel::Gemv || c.unpack->hasAttr(kWholeTilesAttr);
  int64_t sums = whole * (choice.kernel == Choice::Kernel::Gemv ? c.rows : 1);
  if (wantsWhole && sums <= isa.numVectorRegisters / 2)
    choice.vectors = whole; // every line of a panel is read at once
  else if (choice.panelWidth % tile != 0 && tile % choice.panelWidth != 0 &&
           c.columns > std::min(tile, choice.panelWidth))
    choice.vectors = 1;
  return true;
}

int64_t commonPanelWidth(llvm::ArrayRef<Choice> choices) {
  constexpr int64_t kLine = 64;
  int64_t lanes = 1, best = 0;
  for (const Choice &choice : choices)
    lanes = std::max(lanes, choice.lanes);
  // Narrow panels of whole cache lines: wide tiles read several side by side as
  // fast as one, but narrow tiles in wide panels skip over lines.
  auto rank = [](const Choice &choice, int64_t width) {
    return std::pair(width * choice.elementBytes % kLine != 0, width);
  };
  if (choices.front().kernel == Choice::Kernel::Depthwise) // the widest is a multiple of all
    return llvm::max_element(choices, [](const Choice &a, const Choice &b) { return a.panelWidth < b.panelWidth; })->panelWidth;
  for (const Choice &choice : choices)
    if (choice.tileWidth() % lanes == 0 && (best == 0 || rank(choice, choice.tileWidth()) < rank(choice, best)))
      best = choice.tileWidth();
  return best;
}

std::optional<Choice> chooseKernel(const Contraction &c, const Isa &isa) {
  Choice choice;
  choice.elementBytes = c.element.isF64() ? 8 : 4;
  choice.lhsBytes = c.bytes ? 1 : choice.elementBytes;
  choice.lanes = isa.lanes(choice.elementBytes);
  if (c.bytes && choice.lanes == 1)
    return std::nullopt;
  if (c.bytes && c.depthwise) {
    // Columns of taps are straight-line code, as are their outputs.
    constexpr int64_t kMostColumns = 16, kMostTaps = 64;
    if (c.interleave > kMostColumns || c.run > kMostTaps || c.interleave * c.run > kMostTaps)
      return std::nullopt;
    choice.kernel = Choice::Kernel::Depthwise;
    choice.lanes = std::min<int64_t>(choice.lanes, 4 * llvm::PowerOf2Ceil(llvm::divideCeil(c.groups, 16))); // wider ones were padding
    choice.rhs = c.unpack ? Choice::Rhs::Packed : Choice::Rhs::PackedAtRunTime;
    choice.panelWidth = c.unpack ? c.panelWidth() : llvm::alignTo(c.groups, choice.lanes * 4);
    return choice;
  }
  if (c.depthwise) {
    // The last dimension's taps, and the tiles at its edges, are straight-line code.
    constexpr int64_t kMostTaps = 32, kMostEdgeTaps = 1024;
    llvm::ArrayRef<int64_t> filter = nn::shapeOf(c.op->getOperand(1));
    int64_t taps = filter[filter.size() - 3], in = nn::shapeOf(c.lhs)[filter.size() - 2];
    int64_t low = c.border.low.back(), padding = low + std::max<int64_t>(c.border.extents.back() - low - in, 0);
    if (taps > kMostTaps || padding * taps > kMostEdgeTaps)
      return std::nullopt;
    choice.kernel = Choice::Kernel::Depthwise;
    choice.rhs = Choice::Rhs::Direct;
    return choice;
  }
  // Each phase of a transposed convolution is code of its own.
  constexpr size_t kMostPhases = 16;
  if (c.phases.size() > kMostPhases || (!c.phases.empty() && c.groups > 1 && c.columns == 1))
    return std::nullopt;
  choice.lanes = denseLanes(isa, choice.elementBytes, c.columns);
  choice.vectors = tileVectors(isa, choice.lanes, c.columns, c.bytes);
  if (c.winogradTile > 0)
    choice.kernel = Choice::Kernel::Winograd;
  else if (c.rows <= 2 && c.steps.size() == 1 && c.phases.empty())
    choice.kernel = Choice::Kernel::Gemv;
  choice.panelWidth = choice.tileWidth();
  if (c.unpack)
    return fitToPanels(c, isa, choice) ? std::optional(choice) : std::nullopt;
  // Packing at run time pays when many tiles read a panel; a transposed
  // operand has no rows to load vectors from.
  if (c.rhsColumnStride != 1 || c.rows > 4 * tileRows(isa, choice.vectors))
    choice.rhs = Choice::Rhs::PackedAtRunTime;
  else
    choice.rhs = Choice::Rhs::Direct;
  return choice;
}

Split splitEvenly(int64_t count, int64_t most) {
  int64_t tiles = llvm::divideCeil(count, most), size = llvm::divideCeil(count, tiles);
  int64_t small = size * tiles - count;
  return {size, tiles - small, small};
}

// Half cycles of one reduction step over the tiles of `split`, for a machine
// with two multiply-adds and two loads a cycle of latency four.
static int64_t stepCost(const Split &split, int64_t vectors) {
  auto tile = [&](int64_t rows) { return std::max<int64_t>({rows * vectors, rows + vectors, 8}) + 1; };
  return split.large * tile(split.size) + split.small * tile(split.size - 1);
}

// Pixels whose distance is a multiple of a large power of two share sets of the
// first cache; a tile reads no more of them at once than a set has ways, two
// left for the panel.
static int64_t conflictFreeRows(const Contraction &c, const Choice &choice) {
  constexpr int64_t kWaySize = 4096, kWays = 8;
  int64_t distance = c.pixels.back().stride * choice.lhsBytes;
  return kWaySize / std::gcd(distance, kWaySize) * (kWays - 2);
}

Tiling chooseTiling(const Contraction &c, const Choice &choice, const Isa &isa, int64_t vectors) {
  constexpr int64_t kMostUnrolledTiles = 10;
  int64_t rows = std::min(tileRows(isa, vectors, c.bytes), conflictFreeRows(c, choice));
  Tiling t;
  int64_t unitElements; // of lhs that one more unit touches
  int64_t unitPixels;
  if (c.pixels.size() == 1) {
    t.split = splitEvenly(c.rows, rows);
    t.units = t.split.tiles();
    unitElements = t.split.size * c.pixels[0].stride;
    unitPixels = t.split.size;
  } else {
    int64_t width = c.pixels.back().extent, height = c.pixels[c.pixels.size() - 2].extent;
    t.mode = Tiling::Mode::Rows;
    t.split = splitEvenly(width, rows);
    int64_t best = stepCost(t.split, vectors);
    for (int64_t unitRows = 2; unitRows <= height; ++unitRows) {
      Split split = splitEvenly(unitRows * width, rows);
      if (split.tiles() > kMostUnrolledTiles)
        break;
      if (height % unitRows != 0 || stepCost(split, vectors) >= best * unitRows)
        continue;
      best = stepCost(split, vectors) / unitRows;
      t.mode = Tiling::Mode::Unrolled;
      t.split = split;
      t.unitRows = unitRows;
    }
    t.units = c.rows / width / t.unitRows;
    unitElements = t.unitRows * c.pixels[c.pixels.size() - 2].stride;
    unitPixels = t.unitRows * width;
  }
  // The panels of rhs write the block's rows of the output one after the other;
  // where they can be read again cheaply, the block leaves room for those too.
  int64_t rhsBytes = c.depth * c.columns * choice.elementBytes;
  if (rhsBytes <= isa.l2Bytes / 4)
    unitElements += unitPixels * c.columns;
  int64_t unitBytes = std::max<int64_t>(unitElements, 1) * choice.lhsBytes;
  int64_t fit = std::max<int64_t>(isa.l2Bytes / 2 / unitBytes, 1);
  int64_t blocks = llvm::divideCeil(t.units, fit);
  // Each block reads all panels again, from afar if they are many; without
  // blocks each panel reads all of lhs again, which is nearer as a rule.
  int64_t panels = llvm::divideCeil(c.columns, choice.tileWidth());
  int64_t lhsBytes = t.units * unitElements * choice.lhsBytes;
  if (rhsBytes > isa.l2Bytes && 2 * blocks * rhsBytes > (panels + 1) * lhsBytes)
    blocks = 1;
  t.unitsPerBlock = llvm::divideCeil(t.units, blocks);
  return t;
}

int64_t gemvStreams(const Contraction &c, const Choice &choice, const Isa &isa) {
  int64_t sums = isa.numVectorRegisters / 2; // the others hold operands
  return std::clamp<int64_t>(sums / (choice.vectors * c.rows), 1, c.rows == 1 ? 4 : 2);
}

// Whether rhs differs between products, so that each packs its own.
static bool packsEachProduct(const Contraction &c, const Choice &choice) {
  return choice.rhs == Choice::Rhs::PackedAtRunTime &&
         llvm::any_of(c.batch, [](const BatchDim &d) { return d.rhsStride != 0; });
}

Division chooseDivision(const Contraction &c, const Choice &choice, const Isa &isa) {
  double time = bodyNanoseconds(*c.op->getBlock(), isa);
  int64_t wanted = taskCount(time, kMostTasks, isa);
  if (wanted == 1)
    return {};
  int64_t products = c.products(), tiles = c.columns / choice.tileWidth();
  if (choice.kernel == Choice::Kernel::Depthwise)
    return {Division::Along::Pixels, std::min(wanted, c.bytes ? depthwiseBytesParts(c) : depthwiseParts(c, isa))};
  if (products > 1 && (packsEachProduct(c, choice) || c.border.needed)) {
    return {Division::Along::Products, std::min({wanted, products, kMostCopies})};
  }
  if (products >= wanted)
    return {Division::Along::Products, wanted};
  if (c.groups >= wanted)
    return {Division::Along::Groups, wanted};
  if (choice.kernel == Choice::Kernel::Gemv)
    return {Division::Along::Columns, std::max<int64_t>(std::min(wanted, tiles / gemvStreams(c, choice, isa)), 1)};
  Contraction product = c.phases.empty() ? c : c.withPhase(c.phases.front());
  Tiling tiling = chooseTiling(product, choice, isa, choice.vectors);
  // Tasks of other pixels read all of rhs, those of other columns all of lhs.
  int64_t lhs = extentOf(product.pixels) * product.pixels.back().stride, rhs = c.depth * c.columns;
  if (tiles > 1 && tiling.unitsPerBlock == tiling.units && (tiling.units < 2 * wanted || rhs > lhs))
    return {Division::Along::Columns, std::min(wanted, tiles * tiling.units)};
  return {Division::Along::Pixels, std::min(wanted, tiling.units)};
}

Scratch scratchOf(const Contraction &c, const Choice &choice, const Isa &isa) {
  Scratch s;
  if (choice.kernel == Choice::Kernel::Winograd) {
    s.winograd = planWinograd(c, c.winogradTile, choice, isa).scratchElements() * choice.elementBytes;
    return s;
  }
  if (choice.kernel != Choice::Kernel::Depthwise)
    s.border = llvm::alignTo(c.borderedElements() * choice.lhsBytes + (c.bytes && c.border.needed ? 4 : 0), 64);
  if (choice.rhs == Choice::Rhs::PackedAtRunTime)
    s.panels = llvm::alignTo(c.groups * llvm::divideCeil(c.columns, choice.panelWidth) * c.depth *
                                 choice.panelWidth * choice.elementBytes,
                             64);
  s.sharedPanels = !packsEachProduct(c, choice);
  Division division = chooseDivision(c, choice, isa);
  if (division.along == Division::Along::Products)
    s.copies = division.tasks;
  return s;
}

} // namespace aotc::cpu
