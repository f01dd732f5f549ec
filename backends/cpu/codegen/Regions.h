// The generic code path: every group that no kernel of its own computes.
#ifndef AOTC_BACKENDS_CPU_CODEGEN_REGIONS_H
#define AOTC_BACKENDS_CPU_CODEGEN_REGIONS_H

#include "backends/cpu/codegen/RegionEmitter.h"

namespace aotc::cpu {

// Emits the body of the region's function up to its return.
void emitGenericRegion(RegionEmitter &emitter);

// Temporary memory that emitGenericRegion needs for a group, 0 if none.
int64_t genericScratchBytes(nn::FusionOp group, const Isa &isa);

// One function a family; each emits the loops of its groups.
void emitLoopRegion(RegionEmitter &emitter);
void emitRowRegion(RegionEmitter &emitter);
void emitContractionRegion(RegionEmitter &emitter);
void emitReduce(RegionEmitter &emitter, nn::ReduceOp op);
void emitPool(RegionEmitter &emitter, nn::PoolOp op);
void emitResize(RegionEmitter &emitter, nn::ResizeOp op);
void emitArgReduce(RegionEmitter &emitter, nn::ArgReduceOp op);
void emitTopK(RegionEmitter &emitter, nn::TopKOp op);
void emitCumulative(RegionEmitter &emitter, nn::CumulativeOp op);
void emitSoftmax(RegionEmitter &emitter, nn::SoftmaxOp op);
void emitGatherNd(RegionEmitter &emitter, nn::GatherNdOp op);
void emitScatterNd(RegionEmitter &emitter, nn::ScatterNdOp op);
void emitDynamicSlice(RegionEmitter &emitter, nn::DynamicSliceOp op);
void emitRandom(RegionEmitter &emitter, nn::RandomOp op);
void emitCustom(RegionEmitter &emitter, nn::CustomOp op);

int64_t rowScratchBytes(mlir::Block &body, int64_t rowDims);

// Rough cost of one element of an elementwise operation; an addition is 1.
int64_t elementCost(mlir::Operation *op);
// Bytes of the widest element that a body computes on.
int64_t widestElement(mlir::Block &body);

} // namespace aotc::cpu
#endif
