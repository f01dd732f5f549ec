// What a model file may ask for. Generous for honest files; they keep hostile
// ones from eating the machine.
#ifndef AOTC_COMPILER_FRONTEND_ONNX_READER_LIMITS_H
#define AOTC_COMPILER_FRONTEND_ONNX_READER_LIMITS_H

#include <cstddef>
#include <cstdint>

namespace aotc::onnx {

inline constexpr size_t kMaxMessages = size_t(1) << 23;        // messages and strings of a file
inline constexpr int64_t kMaxExpandedBytes = int64_t(1) << 30; // of tensors that a file stores in fewer bytes
inline constexpr size_t kMaxRank = 64;

} // namespace aotc::onnx
#endif
