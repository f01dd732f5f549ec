// Parts of NumPy's .npy format, for those who read a file piece by piece;
// whole files: loadNpy() in Tensor.h.
#ifndef AOTC_IR_TENSOR_NPY_H
#define AOTC_IR_TENSOR_NPY_H

#include "ir/Tensor/Tensor.h"

namespace aotc {

struct NpyHeader {
  DType type = DType::F32;
  bool swapBytes = false;    // big endian
  bool fortranOrder = false; // the first dimension is the innermost
  Shape shape;
  size_t dataOffset = 0; // of the values in the file

  // The shape was checked: this does not overflow.
  size_t dataBytes() const { return static_cast<size_t>(*elementCount(shape)) * byteSize(type); }
};

// No header takes more; NumPy itself refuses headers above 10000 bytes.
inline constexpr size_t kMaxNpyHeader = 1 << 16;

// From the start of a file: kMaxNpyHeader bytes or, of a shorter one, all.
absl::StatusOr<NpyHeader> parseNpyHeader(absl::string_view start, const std::string &path);

// Makes elements of ours of those that the file holds: the byte order, and bools of 0 and 1.
void finishNpyValues(const NpyHeader &header, char *values, size_t bytes);

} // namespace aotc
#endif
