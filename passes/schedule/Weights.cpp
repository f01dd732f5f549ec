#include "passes/schedule/Weights.h"
#include "ir/NN/Constants.h"
#include "ir/Plan/Plan.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/schedule/PlanReport.h"
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

LogicalResult shareWeights(ModuleOp module) {
  auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
  if (functions.size() < 2)
    return success();
  WeightLayout layout;
  uint64_t index = 0;
  for (func::FuncOp func : functions) {
    for (auto weight : func.getOps<WeightOp>()) {
      std::optional<int64_t> offset = layout.place(weight.getValue());
      if (!offset)
        return failure();
      PlaceAttr place = weight.getPlace();
      weight.setPlaceAttr(PlaceAttr::get(func.getContext(), place.getSpace(), place.getIndex(), *offset, place.getBytes()));
    }
    for (auto region : func.getOps<RegionOp>())
      region.setIndex(index++);
  }
  Builder builder(module.getContext());
  for (func::FuncOp func : functions)
    func->setAttr("plan.weights_bytes", builder.getI64IntegerAttr(layout.bytes()));
  return success();
}

} // namespace aotc::plan
