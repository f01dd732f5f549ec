// Places of constants in the weights section.
#ifndef AOTC_PASSES_SCHEDULE_WEIGHTS_H
#define AOTC_PASSES_SCHEDULE_WEIGHTS_H

#include <optional>

#include "ir/Tensor/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace aotc::plan {

inline constexpr int64_t kAlignment = 64; // of arena buffers and weights

class WeightLayout {
public:
  // Offset of a constant; one with the same bytes shares its place. Nothing
  // when the section would pass 2^62 bytes.
  std::optional<int64_t> place(mlir::ElementsAttr value);
  int64_t bytes() const { return end; }

private:
  struct Entry {
    Tensor tensor;
    int64_t offset;
  };
  llvm::DenseMap<mlir::Attribute, int64_t> byAttribute;
  llvm::DenseMap<uint64_t, llvm::SmallVector<Entry, 1>> byHash;
  int64_t end = 0;
};

} // namespace aotc::plan
#endif
