// How a chain of convolutions runs strip by strip: a few lines of the last
// result at a time, and of the tensors between them only the lines that those need.
#ifndef AOTC_BACKENDS_CPU_KERNELS_STRIPSPLAN_H
#define AOTC_BACKENDS_CPU_KERNELS_STRIPSPLAN_H

#include "backends/cpu/Isa.h"
#include "backends/cpu/kernels/Choice.h"
#include "backends/cpu/kernels/Contraction.h"

namespace aotc::cpu {

// One convolution of the chain, with its epilogue.
struct StripStage {
  nn::FusionOp fusion;
  Contraction c; // dense ones: pixels are lines and positions of a line
  Choice choice;
  int64_t lines = 0, lineElements = 0;            // of the result
  int64_t inLines = 0, inPitch = 0;               // of the image, bordered if the kernel needs that; elements
  int64_t stride = 1, low = 0, reach = 1;         // along lines: line y reads [y * stride - low, + reach)
  bool readsPixels = false;                       // the epilogue does
  // Set by planStrips. Lines that are computed at once.
  int64_t chunk = 0;
  // The last lines of the result are kept in a ring of so many; 0: all, in the region's result.
  int64_t ring = 0;
  // Bytes from the start of a range's scratch: of the ring, of the copied lines of a bordered image.
  int64_t ringOffset = 0, borderOffset = 0;

  bool isDepthwise() const { return choice.kernel == Choice::Kernel::Depthwise; }
  int64_t resultBytes() const { return lines * lineElements * choice.elementBytes; }
  // Whether it can read an image of which only some lines are kept.
  bool canFollow() const { return stride <= reach && (isDepthwise() || (reach == 1 && !c.border.needed)); }
};

// Null when this contraction group cannot be a part of a chain.
std::optional<StripStage> stripStageOf(nn::FusionOp fusion, const Isa &isa);

// Plans strips of `strip` lines; returns the bytes of scratch that each range of tasks needs.
int64_t planStrips(llvm::MutableArrayRef<StripStage> stages, int64_t strip);

} // namespace aotc::cpu
#endif
