// When a convolution is computed by minimal filtering (ir/NN/Winograd.h), and
// how its tiles are blocked.
#ifndef AOTC_BACKENDS_CPU_KERNELS_WINOGRADPLAN_H
#define AOTC_BACKENDS_CPU_KERNELS_WINOGRADPLAN_H

#include "backends/cpu/Isa.h"
#include "backends/cpu/kernels/Choice.h"
#include "backends/cpu/kernels/Contraction.h"
#include "ir/Tensor/Tensor.h"

namespace aotc::cpu {

// Tiles of all images are numbered in row-major order and taken in blocks of
// rows * rowTiles: each is transformed, multiplied position by position with a
// run of filters' columns in register tiles of `rows` tiles, and transformed back.
// Tasks share the blocks; few blocks are all transformed first, so that tasks
// can share the runs of columns of each.
struct WinogradPlan {
  int64_t tile = 0, extent = 0; // of the output tile, of the input tile
  int64_t positions = 0;        // extent^2
  int64_t images = 0, channels = 0, outputs = 0;
  int64_t depth = 0;    // steps of a product: channels, or of bytes pairs of them
  int64_t height = 0, width = 0;       // of the input
  int64_t outHeight = 0, outWidth = 0;
  int64_t low[2] = {0, 0};             // zeros above and left of the input
  int64_t down = 0, across = 0;        // tiles of an image
  int64_t rows = 0, rowTiles = 0;      // of a block
  int64_t tiles() const { return images * down * across; }
  int64_t perBlock() const { return rows * rowTiles; }
  int64_t blocks() const { return (tiles() + perBlock() - 1) / perBlock(); }

  bool transformsFirst = false;
  int64_t transformTasks = 1, tasks = 1;
  int64_t columnRuns = 0; // each as wide as a register tile
  int64_t units() const { return transformsFirst ? blocks() * columnRuns : blocks(); } // that tasks share

  // Elements of 32 bits: a block's transformed inputs [positions][perBlock][depth] and
  // products [positions][perBlock][columns], positions a cache line further apart
  // so that they do not fall into one set of the cache; in place of products,
  // an input tile at the border with its zeros; an output tile that the image cuts.
  struct Scratch {
    int64_t inputPitch = 0, productPitch = 0;
    int64_t inputs = 0, products = 0, outputTile = 0;
  } scratch;
  int64_t inputCopies() const { return transformsFirst ? blocks() : tasks; }
  int64_t scratchElements() const {
    return inputCopies() * scratch.inputs + tasks * (scratch.products + scratch.outputTile);
  }
  double cost = 0; // of the whole convolution, in multiply-adds of a vector
};

// `choice` gives the panels and limits the scratch. The convolution must be one that mayUseWinograd allows.
WinogradPlan planWinograd(const Contraction &c, int64_t tile, const Choice &choice, const Isa &isa);

// 2-D, 3x3, stride 1, dense, f32; or bytes on a CPU where that is faster.
bool mayUseWinograd(const Contraction &c, const Isa &isa);

// Whether the rounding error with this filter [3, 3, C, O] stays low enough; of bytes there is none.
bool isAccurateWinograd(int64_t tile, const Tensor &filter);

// The tile that is fastest for this filter [3, 3, C, O] among those whose
// rounding error stays low; 0: compute directly.
int64_t chooseWinogradTile(const Contraction &c, const Choice &choice, const Isa &isa, const Tensor &filter);

// Expected error of an output element over its expected magnitude for inputs
// of independent elements, the worst over the output channels. Tile 0: of the direct sum.
double winogradError(int64_t tile, const Tensor &filter);

// [panels, positions, C, width] of a filter [3, 3, C, O], zero padded; of bytes as nn.unpack_winograd says.
Tensor packWinograd(int64_t tile, int64_t width, const Tensor &filter);

} // namespace aotc::cpu
#endif
