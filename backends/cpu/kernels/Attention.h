// Fused attention: for blocks of query rows, the scores of all keys in scratch
// memory, their softmax in place, the product with the values.
#ifndef AOTC_BACKENDS_CPU_KERNELS_ATTENTION_H
#define AOTC_BACKENDS_CPU_KERNELS_ATTENTION_H

#include "backends/cpu/codegen/RegionEmitter.h"
#include "backends/cpu/kernels/Choice.h"
#include "ir/NN/Attention.h"

namespace aotc::cpu {

// The scores of a block lie transposed, [keys, block]: vectors hold one key's
// scores for neighbouring rows. So the queries are the operand that is packed,
// once, keys and values are read where they lie, and the softmax needs nothing
// across lanes.
struct AttentionPlan {
  Contraction scores, values; // of one block
  Choice scoresChoice, valuesChoice;
  int64_t block = 0; // rows of a whole block: one panel
  int64_t panelBytes = 0, scoresBytes = 0; // of one block
  int64_t tasks = 1;                       // that blocks are divided into, each with scratch of its own
  int64_t blockBytes() const { return panelBytes + scoresBytes; }
  int64_t scratchBytes() const { return tasks * blockBytes(); }
};
AttentionPlan planAttention(nn::Attention &attention, mlir::Block &body, const Isa &isa);

// The attention that a group of its kind holds.
nn::Attention attentionOf(mlir::Block &body);

void emitAttention(RegionEmitter &emitter);

} // namespace aotc::cpu
#endif
