// What kernels need to know about a CPU. The only place that depends on an
// instruction set.
#ifndef AOTC_BACKENDS_CPU_ISA_H
#define AOTC_BACKENDS_CPU_ISA_H

#include <cstdint>

#include "backends/Backend.h"

namespace aotc::cpu {

// How sums of products of four neighbouring bytes are computed, one 32-bit lane a sum.
enum class Dot {
  None,  // not at all: bytes are widened
  Words, // by pairs in 16 bits, unsigned times signed, which may saturate (SSSE3's, AVX2's pmaddubsw)
  Quads, // in one instruction, unsigned times signed (VNNI)
  Mixed  // in one instruction, unsigned times signed, of Arm's i8mm (usdot)
};

struct Isa {
  bool isX86 = false;
  Dot dot = Dot::None;
  int64_t vectorBytes = 0;         // of one vector register; 0: no vector unit
  int64_t datapathBytes = 64;      // of wider vectors each instruction takes two turns
  int64_t numVectorRegisters = 16; // architectural; scalar registers without a vector unit
  bool hasFma = false;
  bool hasEmbeddedBroadcast = false; // an arithmetic instruction broadcasts a scalar from memory
  bool hasHalfConversion = false;    // f16 <-> f32 in hardware
  bool hasRounding = false;          // floor, ceil, trunc, round-to-even as instructions
  int64_t l1Bytes = 32 << 10;
  int64_t l2Bytes = 512 << 10;
  int64_t stageNanoseconds = 2000; // the shortest work that is worth meeting other threads for

  // Whether four vectors of 32-bit lanes become one of bytes in three instructions, with saturation.
  bool packsBytes() const { return isX86 && vectorBytes >= 32; }

  // Elements of one register; 1 without a vector unit.
  int64_t lanes(int64_t elementBytes) const {
    return vectorBytes > elementBytes ? vectorBytes / elementBytes : 1;
  }
};

// What isaOf() gives as stageNanoseconds from now on. For tests: 0 divides whatever can be divided.
void setStageNanoseconds(int64_t nanoseconds);

// `target` is resolved: its features are those of its CPU made explicit.
Isa isaOf(const TargetSpec &target);

} // namespace aotc::cpu
#endif
