#include "passes/schedule/Weights.h"
#include "ir/NN/Constants.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace aotc::plan {

std::optional<int64_t> WeightLayout::place(ElementsAttr value) {
  if (auto known = byAttribute.find(value); known != byAttribute.end())
    return known->second;
  Tensor tensor = nn::fromAttr(value);
  ArrayRef<uint8_t> raw(reinterpret_cast<const uint8_t *>(tensor.data()), tensor.bytes());
  auto &equals = byHash[llvm::xxh3_64bits(raw)];
  for (const Entry &entry : equals)
    if (entry.tensor.raw() == tensor.raw())
      return byAttribute[value] = entry.offset;
  int64_t offset = end, bytes = static_cast<int64_t>(llvm::alignTo(tensor.bytes(), kAlignment));
  if (bytes > (int64_t(1) << 62) - end)
    return std::nullopt;
  end += bytes;
  equals.push_back({tensor, offset});
  return byAttribute[value] = offset;
}

} // namespace aotc::plan
