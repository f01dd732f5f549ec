// The kernel generator: contraction and attention groups as register-tiled loop nests.
#ifndef AOTC_BACKENDS_CPU_KERNELS_KERNELS_H
#define AOTC_BACKENDS_CPU_KERNELS_KERNELS_H

#include "backends/cpu/codegen/RegionEmitter.h"
#include "backends/cpu/kernels/Choice.h"
#include "backends/cpu/kernels/Epilogue.h"

namespace aotc::cpu {

// Emits the kernel that the select phase chose. False, with nothing emitted,
// when it chose none: the generic path then computes the group.
bool emitContractionKernel(RegionEmitter &emitter);

// One of a batch of products: base addresses at their first elements.
struct Product {
  llvm::Value *lhs;  // the bordered image if there is a border
  llvm::Value *rhs;  // panels, or rows if the choice is Direct; of the first group
  llvm::Value *row;  // first row of the output
  llvm::Value *column; // first column of the output
  bool sharesColumns = false; // ranges of tasks share tiles' columns with the units in them, otherwise units
};

// The loops of each kernel over one product. The product's lhs, rhs and column
// are those of its group. Here and below, a stage's range of tasks does its share.
void emitGemm(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
              const Product &product);
void emitGemv(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
              const Product &product);
// The whole group; reads the border as absent instead of as zeros.
void emitDepthwise(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue);
// The same of bytes.
void emitDepthwiseBytes(RegionEmitter &emitter, const Contraction &c, const Choice &choice, GroupEpilogue &epilogue);
// How it wants its weights, as nn.unpack_quads has them.
struct DepthwiseQuads {
  int64_t interleave, run;
};
DepthwiseQuads depthwiseQuads(nn::ConvOp op);
int64_t depthwiseBytesParts(const Contraction &c);
void emitWinograd(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue);

// Lines [begin, end) of the one image that a convolution computes, where memory
// holds all lines of an image or, in a ring of n lines, line y at y % n.
struct Lines {
  llvm::Value *begin, *end;   // of the output
  llvm::Value *input;         // first element of the image, of its ring or of what `inputFirst` says
  int64_t inputRing = 0;      // lines; 0: no ring
  llvm::Value *inputFirst = nullptr; // the line of the bordered image that is at `input`; null: the first
  int64_t inputPitch = 0;     // elements between lines
  int64_t outputRing = 0;
};

// `c` has pixels [lines, positions of a line].
void emitGemmLines(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
                   llvm::Value *rhs, const Lines &lines);
// Of an image with two spatial dimensions; `inputFirst` is null.
void emitDepthwiseLines(RegionEmitter &emitter, const Contraction &c, const Choice &choice, Epilogue &epilogue,
                        const Lines &lines);
// A chain of convolutions, strip by strip.
void emitStrips(RegionEmitter &emitter);

// Writes the image at `image` into the zeroed border at `to`.
void emitBorderedCopy(RegionEmitter &emitter, const Contraction &c, llvm::Value *image, llvm::Value *to);
// The same of lines [begin, end) of the bordered image alone.
void emitBorderedLines(RegionEmitter &emitter, const Contraction &c, llvm::Value *image, llvm::Value *to,
                       llvm::Value *begin, llvm::Value *end);
// Writes the rows of rhs into panels at `to`, zero padded.
void emitPanels(RegionEmitter &emitter, const Contraction &c, const Choice &choice, llvm::Value *rhs,
                llvm::Value *to);

} // namespace aotc::cpu
#endif
