// What a model file may ask for. Generous for honest files; they keep hostile
// ones from eating the machine.
#ifndef AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LIMITS_H
#define AOTC_COMPILER_FRONTEND_TENSORFLOW_READER_LIMITS_H

#include <cstddef>
#include <cstdint>

namespace aotc::tf {

inline constexpr size_t kMaxNodes = size_t(1) << 22;          // of a file
inline constexpr int kMaxCallDepth = 64;                      // of nested function calls
inline constexpr uint64_t kMaxInlinedNodes = 1u << 20;        // that inlining may add
inline constexpr uint64_t kMaxInlinedBytes = 256u << 20;      // of names, inputs and attributes of these
inline constexpr int64_t kMaxPorts = 1 << 16;                 // outputs of a node
inline constexpr size_t kMaxExpandedInputs = size_t(1) << 24; // that stand for whole lists of tensors
inline constexpr size_t kMaxDefaultOutputs = 4096;
inline constexpr int64_t kMaxExpandedBytes = int64_t(1) << 30; // of tensors that repeat their last value
inline constexpr int kMaxRank = 254;                           // as in TensorFlow

} // namespace aotc::tf
#endif
