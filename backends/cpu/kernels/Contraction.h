// A contraction group in the terms of its kernels: matmul and convolution
// become one strided matrix product, whatever their rank.
#ifndef AOTC_BACKENDS_CPU_KERNELS_CONTRACTION_H
#define AOTC_BACKENDS_CPU_KERNELS_CONTRACTION_H

#include <optional>

#include "ir/NN/NN.h"

namespace aotc::cpu {

// A loop over `extent` positions, `stride` elements apart.
struct Dim {
  int64_t extent;
  int64_t stride;
};
using Dims = llvm::SmallVector<Dim, 4>;

int64_t extentOf(const Dims &dims);
// Drops extents of 1 and joins neighbours that form one evenly strided run.
// At least one dimension stays.
Dims mergeDims(const Dims &dims);

// A loop of the reduction: `stride` elements of lhs and `rows` rows of rhs apart.
struct Step {
  int64_t extent, stride, rows;
};
using Steps = llvm::SmallVector<Step, 4>;

// Outer loops of which each step is a product of its own.
struct BatchDim {
  int64_t extent;
  int64_t lhsStride, rhsStride; // elements; 0: shared
};

// The zero border that a convolution reads, per spatial dimension.
struct Border {
  bool needed = false;
  llvm::SmallVector<int64_t, 3> low;     // zeros before the image
  llvm::SmallVector<int64_t, 3> extents; // of the bordered image
};

// A part of the output of a transposed convolution: the positions of one
// remainder modulo the strides, to which the same taps contribute.
struct Phase {
  int64_t firstPixel = 0; // offset into lhs
  int64_t firstStep = 0;  // row of rhs
  int64_t firstRow = 0;   // of the output
  Dims pixels;
  Steps steps;
  llvm::SmallVector<int64_t, 4> outputRows; // between neighbours along each dimension of pixels
};

// out[q, g*columns + n] = sum over k of lhs[pixel(q) + g*lhsGroupStride + step(k)] * rhs[g][k][n]
// for each step of the batch; q counts the rows of the output in memory order.
struct Contraction {
  mlir::Operation *op = nullptr;     // nn.matmul, nn.conv or nn.conv_transpose
  mlir::BlockArgument lhs, rhs;      // of the group's body
  mlir::Operation *unpack = nullptr; // nn.unpack_panels, nn.unpack_winograd or nn.unpack_quads: rhs holds panels
  int64_t winogradTile = 0;          // of nn.unpack_winograd: the extent of the output tile
  mlir::Type element;                // of sums: f32, f64 or, of products of bytes, i32
  mlir::Type lhsElement;             // `element`, or i8 or ui8

  llvm::SmallVector<BatchDim, 4> batch;
  Dims pixels; // merged; offsets into lhs (into the bordered image if there is a border)
  Steps steps; // merged; the reduction
  // As Phase::outputRows; empty: the rows follow each other.
  llvm::SmallVector<int64_t, 4> outputRows;
  llvm::SmallVector<Phase, 4> phases; // instead of pixels and steps
  int64_t rows = 0, depth = 0, columns = 0; // extents of one product
  int64_t groups = 1, lhsGroupStride = 0;
  bool depthwise = false; // one input channel and one column a group
  Border border;
  // rhs as it is stored: row k, column n of group g is at
  // k / rhsTapRows * rhsTapStride + k % rhsTapRows * rhsRowStride + n * rhsColumnStride + g * rhsGroupStride.
  int64_t rhsTapRows = 0, rhsTapStride = 0, rhsRowStride = 0, rhsColumnStride = 1, rhsGroupStride = 0;
  bool rhsTransposed = false; // as nn.unpack_panels means it
  bool onlyPacked = false;    // no kernel reads this rhs as it is stored

  // Of bytes (nn.unpack_quads): a row of a panel is a quad of rows of rhs, a step of the innermost loop four bytes of
  // lhs, and `depth` counts such rows and the one that panels begin with.
  bool bytes = false;
  int64_t run = 0;         // bytes of lhs that follow each other; of depthwise ones, taps of a column
  int64_t interleave = 1, lanes = 1; // of nn.unpack_quads
  int64_t tail = 0;        // of the last quad of a run, those that may be read; 0: all four
  int64_t padding = 0;     // what the border holds
  bool exactPairs = false;
  bool words = false; // of a Winograd kernel for bytes: rows of rhs are pairs of 16-bit integers, as those of lhs
  int64_t panelWidth() const; // of a packed rhs

  int64_t rowStride = 0; // elements between rows of the output
  int64_t products() const; // of the batch
  // The bordered image in elements; 0 without a border.
  int64_t borderedElements() const;
  llvm::ArrayRef<int64_t> resultShape() const;
  // One phase as a contraction without phases.
  Contraction withPhase(const Phase &phase) const;
};

// Null when no kernel here computes this group; the generic path does then.
std::optional<Contraction> analyzeContraction(mlir::Block &body);

} // namespace aotc::cpu
#endif
